-- retention.sql: what is deleted when, and what is not.
\ir helper.sql
CREATE EXTENSION dblink SCHEMA helper;
SELECT no_plan();

SELECT helper.make_store(1, 'Europe/Berlin'), helper.make_store(2, 'America/New_York'), helper.make_store(3, 'UTC'),
    helper.make_store(4, 'UTC');
SELECT ensure_partitions('2026-01-01', '2027-06-30');

-- ---- what is refused, in words ----

SELECT throws_like(format('SELECT set_retention(1, %s)', how), words, how)
FROM (VALUES ('2, 40, 400', 'buckets must be kept for 3 days at least%'), ('3, 39, 400', 'hours must be kept for 40 days at least%'),
    ('50, 49, 400', 'hours (49 days) must be kept as long as buckets (50 days)'),
    ('NULL, 400, 400', 'hours (400 days) must be kept as long as buckets (for ever)'),
    ('10, 50, 49', 'days (49 days) must be kept as long as hours (50 days)'),
    ('10, NULL, 400', 'days (400 days) must be kept as long as hours (for ever)')) AS t (how, words);
SELECT is_empty('TABLE retention', 'and nothing of it is written');
SELECT lives_ok(format('SELECT set_retention(1, %s)', how), how)
FROM unnest(ARRAY['3, 40, 40', '3, 40, NULL', '3, NULL, NULL', 'NULL, NULL, NULL', '400, 400, 400']) AS how;
SELECT is(apply_retention(3), 0::bigint, 'a store without a row keeps all');

-- ---- only what is rolled up goes ----

CREATE FUNCTION pg_temp.fill(p_store integer, step interval) RETURNS void
LANGUAGE sql
AS $$
SELECT helper.put_chance(p_store, 1, at) FROM generate_series(timestamptz '2026-01-25 00:00+00', '2026-02-12 23:00+00', step) AS at
$$;
CREATE FUNCTION pg_temp.count_of(p_level text, p_store integer) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    f text;
    one bigint;
    n bigint := 0;
BEGIN
    FOR f IN SELECT fact FROM fact_table WHERE level = p_level LOOP
        EXECUTE format('SELECT count(*) FROM %I WHERE store_id = $1', f) INTO one USING p_store;
        n := n + one;
    END LOOP;
    RETURN n;
END
$$;

SELECT setseed(0.23);
SELECT pg_temp.fill(s, CASE s WHEN 1 THEN interval '1 hour' ELSE interval '6 hours' END) FROM generate_series(1, 3) AS s;
SELECT set_retention(1, 5, 40, 60), set_retention(2, 10, 60, NULL);

SELECT apply_retention(1, '2026-02-20 12:00+00');
SELECT is((SELECT count(*) FROM heat_bucket WHERE store_id = 1), 19 * 24::bigint, 'buckets that are not rolled up stay, however old');
SELECT roll_up(1, '2026-02-13 12:00+00', 24);
SELECT apply_retention(1, '2026-02-20 12:00+00');
SELECT cmp_ok((SELECT min(bucket_at) FROM heat_bucket WHERE store_id = 1), '<=', (SELECT min(hour_at) FROM rollup_hour_pending WHERE store_id = 1),
    'while a part of them is, no others go');
SELECT helper.roll_up_all(s, '2026-02-13 12:00+00') FROM generate_series(1, 3) AS s;

SELECT helper.sum_of('{hour,day}') AS rolled \gset
SELECT helper.sum_of('{bucket}', 3) AS third \gset
SELECT pg_temp.count_of('bucket', 1) AS had \gset
-- 2026-02-13 12:00 minus five days is in 2026-02-08; whole days of UTC go, and Berlin's hours begin with them.
SELECT apply_retention(1, '2026-02-13 12:00+00') AS gone \gset
SELECT is(pg_temp.count_of('bucket', 1), :had - :gone::bigint, 'it says how many rows went');
SELECT is((SELECT min(bucket_at) FROM heat_bucket WHERE store_id = 1), '2026-02-08 00:00+00'::timestamptz, 'five days are kept');
SELECT is((SELECT min(bucket_at) FROM zone_bucket WHERE store_id = 1), '2026-02-08 00:00+00'::timestamptz, 'of all facts');
SELECT is(rollup_horizon(1), '2026-02-08 00:00+00'::timestamptz, 'and the horizon is there');
SELECT is(apply_retention(1, '2026-02-13 12:00+00'), 0::bigint, 'a second time nothing goes');
SELECT apply_retention(2, '2026-02-13 12:00+00');
SELECT is((SELECT min(bucket_at) FROM heat_bucket WHERE store_id = 2), '2026-02-03 00:00+00'::timestamptz, 'another store keeps ten');
SELECT is(helper.sum_of('{hour,day}'), :'rolled'::text, 'hours and days keep their sums');
SELECT is(helper.sum_of('{bucket}', 3), :'third'::text, 'a store that keeps all has lost nothing');
SELECT roll_up_again(1, '-infinity', 'infinity');
SELECT helper.roll_up_all(1, '2026-02-13 12:00+00');
SELECT is(helper.sum_of('{hour,day}'), :'rolled'::text, 'rolling up again what is left changes nothing');

-- A local hour is never cut: in Kathmandu it begins at a quarter past.
SELECT helper.make_store(5, 'Asia/Kathmandu', 900);
SELECT helper.put_heat(5, 1, at, '{1}', '{1000}', '{1}') FROM generate_series(timestamptz '2026-02-07 22:00+00', '2026-02-08 03:00+00', '15 minutes') AS at;
SELECT set_retention(5, 5, 40, 60);
SELECT helper.roll_up_all(5, '2026-02-13 12:00+00');
SELECT apply_retention(5, '2026-02-13 12:00+00');
SELECT is((SELECT min(bucket_at) FROM heat_bucket WHERE store_id = 5), '2026-02-07 23:15+00'::timestamptz, 'no hour is cut');

-- ---- late buckets from before the horizon ----

SELECT helper.sum_of('{hour,day}', 1) AS rolled \gset
SELECT helper.put_heat(1, 1, '2026-02-07 10:15+00', '{1}', '{1000}', '{1}'), helper.put_heat(1, 1, '2026-02-07 23:30+00', '{1}', '{1000}', '{1}');
SELECT helper.roll_up_all(1, '2026-02-13 12:00+00');
SELECT is(helper.sum_of('{hour,day}', 1), :'rolled'::text, 'a bucket from before the horizon does not touch its hour');
SELECT is((SELECT count(*) FROM v_rollup_pending WHERE store_id = 1), 0::bigint, 'and is not waited for');
SELECT is((SELECT count(*) FROM v_rollup WHERE store_id = 1), 0::bigint, 'nor said to be');
SELECT is(h.sum, d.sum, 'nor read instead of its day')
FROM (SELECT sum(dwell_s) FROM heat_sum(1, 1, '2026-02-06 23:00+00', '2026-02-07 23:00+00')) AS h,
    (SELECT sum(n) / 1000.0::double precision AS sum FROM heat_day CROSS JOIN LATERAL unnest(dwell_ms) AS n
    WHERE store_id = 1 AND local_date = '2026-02-07' AND floor_id = 1) AS d;
-- One after the horizon, but of the date in which the horizon lies, which in Berlin began an hour before it.
SELECT helper.put_heat(1, 1, '2026-02-08 09:00+00', '{1}', '{123456}', '{1}');
SELECT helper.roll_up_all(1, '2026-02-13 12:00+00');
SELECT is((SELECT count(*) FROM rollup_day_pending WHERE store_id = 1 AND local_date = '2026-02-08'), 0::bigint, 'it does not keep the date of the horizon from being made');
SELECT cmp_ok((SELECT max(n) FROM heat_day CROSS JOIN LATERAL unnest(dwell_ms) AS n WHERE store_id = 1 AND local_date = '2026-02-08'), '>=', 123456::bigint,
    'which has the late bucket');
SELECT cmp_ok(apply_retention(1, '2026-02-14 12:00+00'), '>', 0::bigint, 'nor the horizon from moving');
SELECT is(rollup_horizon(1), '2026-02-09 00:00+00'::timestamptz, 'by a day');
SELECT is((SELECT count(*) FROM rollup_hour_pending WHERE store_id = 1), 0::bigint, 'which clears the list');

-- ---- a late bucket after it stops what is younger ----

SELECT helper.put_heat(1, 1, '2026-02-09 13:00+00', '{1}', '{1000}', '{1}');
SELECT apply_retention(1, '2026-02-18 12:00+00');
SELECT is((SELECT min(bucket_at) FROM heat_bucket WHERE store_id = 1), '2026-02-09 13:00+00'::timestamptz,
    'an hour that is not rolled up stays, with all after it');
SELECT helper.roll_up_all(1, '2026-02-18 12:00+00');
SELECT apply_retention(1, '2026-02-18 12:00+00');
SELECT is((SELECT count(*) FROM heat_bucket WHERE store_id = 1), 0::bigint, 'until it is');

-- ---- hours and days; partitions ----

SELECT is((SELECT count(*) FROM floor_hour WHERE store_id = 1) > 400, true, 'hours are still there');
SELECT apply_retention(1, '2026-03-22 12:00+00');
SELECT is((SELECT min(hour_at) FROM floor_hour WHERE store_id = 1), '2026-02-09 23:00+00'::timestamptz,
    '40 days of hours are kept, whole local days');
SELECT is((SELECT min(local_date) FROM floor_day WHERE store_id = 1), '2026-01-25'::date, 'days are kept longer');
SELECT apply_retention(1, '2026-04-10 12:00+00');
SELECT is((SELECT count(*) FROM floor_hour WHERE store_id = 1), 0::bigint, 'hours are gone');
SELECT is((SELECT min(local_date) FROM floor_day WHERE store_id = 1), '2026-02-09'::date, '60 days of days are kept');
SELECT apply_retention(1, '2027-04-10 12:00+00');
SELECT is(pg_temp.count_of('bucket', 1) + pg_temp.count_of('hour', 1) + pg_temp.count_of('day', 1), 0::bigint, 'in the end all is gone');
SELECT is(helper.sum_of('{bucket}', 3), :'third'::text, 'but not of others');
SELECT has_table('heat_bucket_2026_01'::name, 'a partition with rows of others stays');

SELECT set_retention(3, 5, 40, 60), set_retention(2, 5, 40, 60), set_retention(5, 5, 40, 60);
SELECT apply_retention(s, '2027-04-10 12:00+00') FROM unnest(ARRAY[2, 3, 5]) AS s;
SELECT hasnt_table('heat_bucket_2026_01'::name, 'partitions in which nothing is left are dropped');
SELECT hasnt_table('zone_hour_2026_02'::name, 'of hours too');
SELECT hasnt_table('zone_day_2026'::name, 'and of days');
SELECT has_table('heat_bucket_2027_05'::name, 'those of the future are not');
SELECT has_table('heat_bucket_default'::name, 'nor is the default partition');
SELECT helper.put_heat(3, 1, '2026-01-26 10:00+00', '{1}', '{1000}', '{1}');
SELECT is((SELECT tableoid::regclass::text FROM heat_bucket WHERE store_id = 3), 'heat_bucket_default', 'a bucket whose partition is gone is kept as it comes');
SELECT apply_retention(3, '2027-04-12 12:00+00');
SELECT is((SELECT count(*) FROM heat_bucket WHERE store_id = 3), 0::bigint, 'and goes from there too');

-- A bucket of another store that is being written into a partition about to be dropped.
SELECT helper.make_store(6, 'UTC'), ensure_partitions('2026-05-01', '2026-05-01');
SELECT helper.put_heat(6, 1, '2026-05-20 10:00+00', '{1}', '{1000}', '{1}'), set_retention(6, 5, 40, 60);
SELECT helper.roll_up_all(6, '2026-06-01 00:00+00');
SELECT helper.dblink_connect(name, format('host=%s dbname=%s user=%s', current_setting('unix_socket_directories'), current_database(), current_user))
FROM (VALUES ('writer'), ('cleaner')) AS c (name);
SELECT pid AS cleaner FROM helper.dblink('cleaner', 'SELECT pg_backend_pid()') AS t (pid integer) \gset
SELECT helper.dblink_exec('writer', 'BEGIN');
SELECT FROM helper.dblink('writer', $$ SELECT helper.put_heat(4, 1, '2026-05-20 10:00+00', '{1}', '{1000}', '{1}')::text $$) AS t (x text);
SELECT helper.dblink_send_query('cleaner', $$ SELECT apply_retention(6, '2026-06-30 00:00+00') $$);
CALL helper.wait_until_blocked(:cleaner);
SELECT helper.dblink_exec('writer', 'COMMIT');
SELECT FROM helper.dblink_get_result('cleaner') AS t (n bigint);
SELECT FROM helper.dblink_get_result('cleaner') AS t (n bigint);
SELECT is((SELECT array_agg(store_id) FROM heat_bucket WHERE bucket_at = '2026-05-20 10:00+00'), '{4}',
    'a bucket of another store that is written at that moment is not dropped with the partition');

SELECT * FROM finish();
