-- partition.sql: partitions made ahead, late or not at all.
\ir helper.sql
SELECT no_plan();
SELECT setseed(0.10);

SELECT helper.make_store(1, 'Europe/Berlin');

CREATE FUNCTION pg_temp.kept_in(fact text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(DISTINCT tableoid::regclass::text, '','' ORDER BY tableoid::regclass::text) FROM %I', fact) INTO answer;
    RETURN answer;
END
$$;

-- ---- without partitions nothing is lost ----

SELECT helper.put_chance(1, f, at) FROM generate_series(1, 2) AS f
CROSS JOIN generate_series(timestamptz '2025-12-30 00:00+00', '2026-02-03 00:00+00', '2 hours') AS at;
SELECT helper.roll_up_all(1, '2026-03-01 00:00+00');
SELECT is_empty($$ SELECT fact, pg_temp.kept_in(fact) FROM fact_table WHERE pg_temp.kept_in(fact) <> fact || '_default' AND fact <> 'coverage_day' $$,
    'without partitions all rows are in the default ones');
SELECT helper.sum_of('{bucket,hour,day}') AS before \gset

-- ---- made late they take their rows ----

SELECT is(ensure_partitions('2026-01-31', '2026-01-31'), (SELECT count(*)::integer FROM fact_table), 'one partition of each fact holds a day');
SELECT is(helper.sum_of('{bucket,hour,day}'), :'before'::text, 'nothing is lost and nothing doubled');
SELECT is(pg_temp.kept_in('heat_bucket'), 'heat_bucket_2026_01,heat_bucket_default', 'January moved');
SELECT is((SELECT count(*) FROM heat_bucket_2026_01), 31 * 12 * 2::bigint, 'all of January');
SELECT is((SELECT count(*) FROM heat_bucket_default WHERE bucket_at >= '2026-01-01 00:00+00' AND bucket_at < '2026-02-01 00:00+00'), 0::bigint, 'and only there');
SELECT is(pg_temp.kept_in('floor_day'), 'floor_day_2026,floor_day_default', 'days have partitions of a year');
SELECT is((SELECT min(local_date) FROM floor_day_2026), '2026-01-01'::date, 'from its first date');
SELECT is(ensure_partitions('2026-01-31', '2026-01-31'), 0, 'what is there is not made again');
SELECT is(ensure_partitions('2026-01-01', '2026-01-15'), 0, 'a month has one');
SELECT is(ensure_partitions('2025-12-31', '2026-02-01'), (SELECT sum(CASE months WHEN 1 THEN 2 ELSE 1 END)::integer FROM fact_table),
    'a range of days has all its months and years');
SELECT is_empty($$ SELECT fact FROM fact_table WHERE pg_temp.kept_in(fact) LIKE '%default%' $$, 'nothing is left in the default ones');
SELECT is(helper.sum_of('{bucket,hour,day}'), :'before'::text, 'and still nothing is lost');

-- ---- made ahead ----

SELECT is(ensure_partitions('2026-03-01', '2027-02-28'), (SELECT sum(CASE months WHEN 1 THEN 12 ELSE 1 END)::integer FROM fact_table), 'a year ahead');
SELECT helper.put_heat(1, 1, at::timestamptz, '{1}', '{1000}', '{1}') FROM unnest(ARRAY['2026-03-31 23:45+00', '2026-04-01 00:00+00', '2027-01-01 00:00+00']) AS at;
SELECT is((SELECT array_agg(tableoid::regclass::text ORDER BY bucket_at) FROM heat_bucket WHERE bucket_at > '2026-03-01'),
    '{heat_bucket_2026_03,heat_bucket_2026_04,heat_bucket_2027_01}', 'months are those of UTC, whatever the session''s zone');
SELECT throws_like($$ SELECT ensure_partitions('2026-02-01', '2026-01-01') $$, '%is no range of at most ten years%', 'a range that ends before it begins is refused');
SELECT throws_like($$ SELECT ensure_partitions('2026-01-01', '2046-01-01') $$, '%is no range of at most ten years%', 'and a very long one');

-- ---- what a partition has ----

SELECT is_empty($$
    SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid JOIN fact_table AS f ON f.fact::regclass = i.inhparent
    WHERE obj_description(c.oid, 'pg_class') IS NULL
        OR NOT EXISTS (SELECT FROM pg_index AS x WHERE x.indrelid = c.oid AND x.indisprimary)
        OR (SELECT count(*) FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c')
            <> (SELECT count(*) FROM pg_constraint AS k WHERE k.conrelid = i.inhparent AND k.contype = 'c') $$,
    'each partition has a comment, the primary key and the checks');
SELECT is((SELECT count(*) FROM rollup_hour_pending WHERE hour_at < '2026-02-01 00:00+00'), 0::bigint, 'moving rows rolls nothing up again');

-- The planner looks into the partitions of a range only.
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan::text;
END
$$;
SELECT unalike(pg_temp.plan_of($$ SELECT * FROM heat_bucket WHERE store_id = 1 AND bucket_at >= '2026-01-05 00:00+00' AND bucket_at < '2026-01-06 00:00+00' $$),
    '%heat_bucket_2026_02%', 'a range of time reads its own partitions');

SELECT * FROM finish();
