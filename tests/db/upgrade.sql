-- upgrade.sql: a database from before packed cells and roll-ups keeps what it has.
\ir helper.sql
CREATE EXTENSION dblink SCHEMA helper;
SELECT no_plan();

CREATE DATABASE old;
\set said `for m in "$MIGRATIONS"/000*.sql "$MIGRATIONS"/001[0-4]*.sql; do psql -qX1 -v ON_ERROR_STOP=1 -d old -o /dev/null -f "$m" 2>&1; done`
SELECT is(:'said'::text, '', 'the first fourteen migrations');
SELECT helper.dblink_connect('old', format('host=%s dbname=old user=%s', current_setting('unix_socket_directories'), current_user));

-- Two months with partitions and one without; movement in whole centimetres, for that is what packed cells keep.
SELECT helper.dblink_exec('old', $$
    SELECT setseed(0.15);
    INSERT INTO chain VALUES ('chain');
    INSERT INTO store VALUES (1, 'chain', 'berlin', 'Europe/Berlin');
    INSERT INTO floor VALUES (1, 1, 'ground');
    INSERT INTO grid VALUES (1, 1, 1, 0, 0, 0.5, 40, 30);
    INSERT INTO definition VALUES (1, 1, 60, 5, 0.5);
    INSERT INTO camera VALUES (1, 1, 'left');
    INSERT INTO calibration VALUES (1, 1, 1, 'aa', now());
    INSERT INTO footprint VALUES (1, 1, 1, 1, 1, decode(repeat('ff0f', 75), 'hex'));
    INSERT INTO camera_set VALUES (1, 1, 1, '{1}', '{1}', decode(repeat('ff0f', 75), 'hex'));
    SELECT ensure_heat_partitions('2026-01-01', '2026-02-28');
    INSERT INTO heat_bucket
    SELECT 1, 1, at, 1, 1, c.people_ms, 3, c.cell, c.dwell_ms, c.passes, c.x, c.y, c.path
    FROM generate_series(timestamptz '2026-01-31 20:00+00', '2026-03-01 03:00+00', '7 hours') AS at
    CROSS JOIN LATERAL (
        SELECT sum(dwell_ms) AS people_ms, array_agg(cell ORDER BY cell) AS cell, array_agg(dwell_ms ORDER BY cell) AS dwell_ms,
            array_agg(passes ORDER BY cell) AS passes, array_agg(x ORDER BY cell) AS x, array_agg(y ORDER BY cell) AS y,
            array_agg(path ORDER BY cell) AS path
        FROM (
            SELECT cell, 100 * (1 + floor(random() ^ 6 * 9000))::integer AS dwell_ms, floor(random() * 9)::integer AS passes,
                10 * floor((random() - 0.5) * 900)::integer AS x, 10 * floor((random() - 0.5) * 900)::integer AS y,
                10 * floor(random() * 900)::integer AS path
            FROM generate_series(0, 1199) AS cell WHERE random() < 0.1 AND at IS NOT NULL
        ) AS n
    ) AS c;
    INSERT INTO heat_bucket VALUES (1, 1, '2026-02-02 00:30+00', 1, 1, 0, 0, '{}', '{}', '{}', '{}', '{}', '{}');
    INSERT INTO exposure SELECT 1, 1, bucket_at, 1, 60000 FROM heat_bucket;
    INSERT INTO camera_bucket SELECT 1, 1, bucket_at, 1, 1, 600, 900, 0 FROM heat_bucket;
    CREATE ROLE old_reader IN ROLE floorfuse_reader
$$);

CREATE FUNCTION pg_temp.ask(query text) RETURNS text
LANGUAGE sql
AS $$
SELECT t.answer FROM helper.dblink('old', query) AS t (answer text)
$$;
\set heat 'SELECT md5(string_agg(v::text, chr(10) ORDER BY v::text)) FROM (SELECT store_id, chain, store, floor, bucket_at, bucket_s, local_at, local_date, local_hour, cell, x_m, y_m, cell_m, dwell_s, passes, move_x_m, move_y_m, path_m, exposure_s FROM v_heat_cell) AS v'
SELECT pg_temp.ask(:'heat') AS before \gset

\set said `for m in "$MIGRATIONS"/001[5-9]*.sql "$MIGRATIONS"/00[2-9]*.sql; do psql -qX1 -v ON_ERROR_STOP=1 -d old -o /dev/null -f "$m" 2>&1; done; psql -qX -d old -o /dev/null -c 'SELECT apply_roles()' 2>&1`
SELECT is(:'said'::text, '', 'the others');
SELECT is(pg_temp.ask(:'heat'), :'before'::text, 'every cell of every bucket is what it was');
SELECT is(pg_temp.ask($$ SELECT string_agg(DISTINCT tableoid::regclass::text, ',' ORDER BY tableoid::regclass::text) FROM heat_bucket $$),
    'heat_bucket_2026_01,heat_bucket_2026_02,heat_bucket_2026_03', 'each month has its partition');
SELECT is(pg_temp.ask($$ SELECT count(*) FROM pg_class WHERE relname LIKE '%plain%' $$), '0', 'nothing of the old table is left');
SELECT is(pg_temp.ask('SELECT count(*) FROM rollup_hour_pending'), pg_temp.ask($$ SELECT count(DISTINCT date_trunc('hour', bucket_at)) FROM heat_bucket $$),
    'all hours are to be rolled up');
SELECT pg_temp.ask($$ SELECT sum(roll_up(1, '2026-04-01')) FROM generate_series(1, 30) $$);
SELECT is(pg_temp.ask('SELECT sum(people_ms) FROM floor_day'), pg_temp.ask('SELECT sum(people_ms) FROM heat_bucket'), 'and can be');
SELECT is(pg_temp.ask('SELECT ensure_partitions(''2026-01-15'', ''2026-03-15'')'),
    pg_temp.ask($$ SELECT sum(CASE WHEN months = 12 THEN 1 WHEN level = 'bucket' AND fact IN ('exposure', 'camera_bucket', 'pair_residual_bucket') THEN 0
        WHEN fact = 'heat_bucket' THEN 0 ELSE 3 END) FROM fact_table $$), 'other partitions are made by the new rules');
SELECT is(pg_temp.ask($$ SELECT string_agg(reader || coalesce(chain, '') || coalesce(store_id::text, ''), ',') FROM reader_scope $$), 'old_reader',
    'who could read everything still can');

SELECT * FROM finish();
