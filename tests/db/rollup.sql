-- rollup.sql: buckets to hours and days, and reading any range of time from them.
-- Each test compares with sums over all buckets, made here in the plainest way.
\ir helper.sql
CREATE EXTENSION dblink SCHEMA helper;
SELECT no_plan();
SELECT setseed(0.22);

-- Buckets of a few days around both changes of clocks, in zones of every kind; store 5 has buckets of five minutes
-- over a single day.
SELECT helper.make_store(1, 'Europe/Berlin'), helper.make_store(2, 'America/New_York'),
    helper.make_store(3, 'Australia/Lord_Howe'), helper.make_store(4, 'Asia/Kathmandu'),
    helper.make_store(5, 'Australia/Adelaide', 300), helper.make_store(6, 'America/Havana');
SELECT ensure_partitions('2026-01-01', '2026-12-01');
INSERT INTO opening_hours (store_id, weekday, valid_from, opens_at, closes_at)
SELECT s, d, '2026-01-01', '{08:15,13:00}', '{12:30,01:45}' FROM generate_series(1, 5) AS s CROSS JOIN generate_series(1, 7) AS d
WHERE d <> 7 OR s < 3;

CREATE TEMP TABLE bucket AS
SELECT s.store_id, f AS floor_id, at, row_number() OVER (ORDER BY random()) AS turn
FROM (VALUES (1, timestamptz '2026-03-28 20:00+00', timestamptz '2026-03-30 03:00+00'), (1, '2026-10-24 20:00+00', '2026-10-26 03:00+00'),
    (2, '2026-11-01 02:00+00', '2026-11-02 09:00+00'), (3, '2026-04-04 11:00+00', '2026-04-05 16:00+00'),
    (3, '2026-10-03 11:00+00', '2026-10-04 16:00+00'), (4, '2026-07-31 16:00+00', '2026-08-01 20:00+00'),
    (5, '2026-07-01 14:00+00', '2026-07-01 23:00+00'), (6, '2026-03-08 03:00+00', '2026-03-08 09:00+00')) AS s (store_id, low, high)
CROSS JOIN generate_series(1, 2) AS f
CROSS JOIN LATERAL generate_series(s.low, s.high, CASE s.store_id WHEN 5 THEN interval '5 minutes' ELSE '15 minutes' END) AS at
WHERE random() < 0.95;

SELECT count(helper.put_chance(store_id, floor_id, at)) FROM (SELECT * FROM bucket ORDER BY turn OFFSET 0) AS b;
SELECT helper.roll_up_all(s, '2027-01-01 00:00+00') FROM generate_series(1, 6) AS s;

SELECT is_empty('TABLE rollup_hour_pending UNION ALL SELECT store_id, floor_id, NULL, NULL, sums FROM rollup_day_pending',
    'all is rolled up');

-- ---- sums are those of the buckets ----

CREATE TEMP VIEW bucket_time AS
SELECT b.store_id, b.floor_id, b.bucket_at, h.hour_at, h.local_date, h.local_hour, is_open(b.store_id, b.bucket_at) AS is_open
FROM heat_bucket AS b JOIN store AS s USING (store_id)
CROSS JOIN LATERAL local_hour(b.bucket_at, s.timezone) AS h;

CREATE TEMP TABLE at_time AS SELECT * FROM bucket_time;
CREATE INDEX ON at_time (store_id, floor_id, bucket_at);
ANALYZE at_time;

CREATE FUNCTION pg_temp.same(level text) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
    c record;
    time_key text := CASE level WHEN 'hour' THEN 'hour_at' ELSE 'local_date' END;
BEGIN
    FOR c IN
        SELECT * FROM (VALUES
            ('zone', 'b.zone_id, b.definition_id', 'peak_people', 'visits, entries, exits, dwell_ms, exposure_ms',
                'zone_bucket AS b JOIN zone AS z USING (store_id, zone_id) JOIN at_time AS t USING (store_id, floor_id, bucket_at)'),
            ('line', 'b.line_id', NULL, 'left_to_right, right_to_left',
                'line_bucket AS b JOIN counting_line AS z USING (store_id, line_id) JOIN at_time AS t USING (store_id, floor_id, bucket_at)'),
            ('flow', 'b.from_zone_id, b.to_zone_id', NULL, 'people',
                'flow_bucket AS b JOIN at_time AS t ON t.store_id = b.store_id AND t.bucket_at = b.bucket_at AND t.floor_id = 1'),
            ('camera', 'b.floor_id, b.camera_id', NULL, 'frames, observations, missed, uptime_ms',
                'camera_bucket AS b JOIN at_time AS t USING (store_id, floor_id, bucket_at)'),
            ('pair_residual', 'b.floor_id, b.camera_a_id, b.camera_b_id', NULL, 'matches, sum_dx_m, sum_dy_m, sum_squared_m2',
                'pair_residual_bucket AS b JOIN at_time AS t USING (store_id, floor_id, bucket_at)'),
            ('exposure', 'b.floor_id, b.camera_set_id', NULL, 'exposure_ms',
                'exposure AS b JOIN at_time AS t USING (store_id, floor_id, bucket_at)'),
            ('floor', 'b.floor_id', 'peak_people', 'people_ms',
                'heat_bucket AS b JOIN at_time AS t USING (store_id, floor_id, bucket_at)'))
            AS v (fact, key, peak, sums, source)
    LOOP
        RETURN NEXT is_empty(format(
            'WITH plain AS (SELECT b.store_id, %1$s, t.%2$s, t.is_open, %3$s FROM %4$s GROUP BY b.store_id, %1$s, t.%2$s, t.is_open), '
            'rolled AS (SELECT b.store_id, %1$s, b.%2$s, b.is_open, %5$s FROM %6$I AS b) '
            '(TABLE plain EXCEPT TABLE rolled) UNION ALL (TABLE rolled EXCEPT SELECT * FROM plain)', c.key, time_key,
            concat_ws(', ', 'max(b.' || c.peak || ')::integer',
                (SELECT string_agg(format('sum(b.%s)%s', n, CASE WHEN n LIKE 'sum%' THEN '' ELSE '::bigint' END), ', ') FROM unnest(string_to_array(c.sums, ', ')) AS n)),
            c.source,
            concat_ws(', ', c.peak, (SELECT string_agg(format('b.%s%s', n, CASE WHEN n LIKE 'sum%' THEN '' ELSE '::bigint' END), ', ') FROM unnest(string_to_array(c.sums, ', ')) AS n)),
            c.fact || '_' || level), c.fact || '_' || level || ' has the sums of the buckets');
    END LOOP;
END
$$;

SELECT pg_temp.same('hour');
SELECT pg_temp.same('day');

CREATE TEMP VIEW plain_heat AS
SELECT b.store_id, b.floor_id, b.grid_id, b.definition_id, b.bucket_at, e.*
FROM heat_bucket AS b CROSS JOIN LATERAL heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS e;

CREATE FUNCTION pg_temp.same_heat(level text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN is_empty(format(
        'WITH plain AS (SELECT b.store_id, b.floor_id, t.%1$s, t.is_open, b.grid_id, b.definition_id, b.cell, '
        'sum(dwell_ms)::bigint, sum(passes)::integer, sum(move_x_cm)::integer, sum(move_y_cm)::integer, sum(path_cm)::integer '
        'FROM plain_heat AS b JOIN at_time AS t USING (store_id, floor_id, bucket_at) GROUP BY 1, 2, 3, 4, 5, 6, 7 '
        'HAVING sum(dwell_ms) > 0 OR sum(passes) > 0 OR sum(move_x_cm) <> 0 OR sum(move_y_cm) <> 0 OR sum(path_cm) <> 0), '
        'rolled AS (SELECT store_id, floor_id, %1$s, is_open, grid_id, definition_id, unnest(cell), unnest(dwell_ms), unnest(passes), '
        'unnest(move_x_cm), unnest(move_y_cm), unnest(path_cm) FROM %2$I WHERE store_id <= 6) '
        '(TABLE plain EXCEPT TABLE rolled) UNION ALL (TABLE rolled EXCEPT SELECT * FROM plain)',
        CASE level WHEN 'hour' THEN 'hour_at' ELSE 'local_date' END, 'heat_' || level), 'heat_' || level || ' has the sums of the buckets');
END
$$;
SELECT pg_temp.same_heat('hour');
SELECT pg_temp.same_heat('day');

-- What a floor has from others, from the start.
SELECT is_empty($$
    SELECT t.store_id, t.floor_id, t.hour_at, t.is_open, count(*) * d.bucket_s * 1000
    FROM at_time AS t JOIN definition AS d ON d.store_id = t.store_id AND d.definition_id = 1 GROUP BY 1, 2, 3, 4, d.bucket_s
    EXCEPT SELECT store_id, floor_id, hour_at, is_open, counted_ms FROM floor_hour $$, 'floor_hour says for how long there are buckets');
SELECT is_empty($$
    SELECT store_id, floor_id, local_date, is_open, zone_visits, crossed_in, crossed_out, exposure_ms FROM floor_day
    EXCEPT
    SELECT f.store_id, f.floor_id, f.local_date, f.is_open,
        (SELECT sum(visits) FROM zone_bucket AS b JOIN zone AS z USING (store_id, zone_id)
            JOIN at_time AS t USING (store_id, floor_id, bucket_at)
            WHERE (t.store_id, t.floor_id, t.local_date, t.is_open) = (f.store_id, f.floor_id, f.local_date, f.is_open)),
        CASE f.floor_id WHEN 1 THEN (SELECT sum(left_to_right) FROM line_bucket AS b JOIN at_time AS t USING (store_id, bucket_at)
            WHERE b.line_id = 1 AND (t.store_id, t.floor_id, t.local_date, t.is_open) = (f.store_id, 1, f.local_date, f.is_open)) ELSE 0 END,
        CASE f.floor_id WHEN 1 THEN (SELECT sum(right_to_left) FROM line_bucket AS b JOIN at_time AS t USING (store_id, bucket_at)
            WHERE b.line_id = 1 AND (t.store_id, t.floor_id, t.local_date, t.is_open) = (f.store_id, 1, f.local_date, f.is_open)) ELSE 0 END,
        (SELECT coalesce(sum(exposure_ms), 0) FROM exposure AS b JOIN at_time AS t USING (store_id, floor_id, bucket_at)
            WHERE b.camera_set_id NOT IN (3, 13)
            AND (t.store_id, t.floor_id, t.local_date, t.is_open) = (f.store_id, f.floor_id, f.local_date, f.is_open))
    FROM floor_day AS f $$, 'floor_day adds up zones, lines whose way in is known, and what some camera saw');
SELECT is_empty($$
    SELECT store_id, floor_id, camera_id, local_date, is_open, latency_frames FROM camera_day
    EXCEPT
    SELECT b.store_id, b.floor_id, b.camera_id, t.local_date, t.is_open, latency_sum(b.latency_bin, b.latency_frames::bigint[])
    FROM camera_bucket AS b JOIN at_time AS t USING (store_id, floor_id, bucket_at) GROUP BY 1, 2, 3, 4, 5 $$, 'camera_day has all latencies');

-- ---- days of 23, 24.5, 25 hours; the hour that comes twice ----

SELECT results_eq($$
    SELECT store_id, local_date, local_hour::integer, array_agg(DISTINCT to_char(hour_at AT TIME ZONE 'UTC', 'HH24:MI') ORDER BY to_char(hour_at AT TIME ZONE 'UTC', 'HH24:MI'))
    FROM floor_hour WHERE floor_id = 1
        AND (store_id, local_date, local_hour) IN ((1, '2026-10-25', 2), (2, '2026-11-01', 1), (3, '2026-04-05', 1), (3, '2026-10-04', 2), (4, '2026-08-01', 5))
    GROUP BY 1, 2, 3 ORDER BY 1, 2 $$,
    $$ VALUES (1, '2026-10-25'::date, 2, '{00:00,01:00}'::text[]), (2, '2026-11-01', 1, '{05:00,06:00}'), (3, '2026-04-05', 1, '{14:00,15:00}'),
        (3, '2026-10-04', 2, '{15:30}'), (4, '2026-08-01', 5, '{23:15}') $$, 'a local hour that comes twice has two rows');
SELECT is((SELECT count(DISTINCT hour_at) FROM floor_hour WHERE store_id = 1 AND local_date = d::date), n,
    format('%s in Berlin has %s hours', d, n)) FROM (VALUES ('2026-03-29', 23::bigint), ('2026-10-25', 25)) AS v (d, n);
SELECT is_empty($$ SELECT FROM floor_hour WHERE store_id = 1 AND local_date = '2026-03-29' AND local_hour = 2 $$, 'and none from 2 to 3 in March');

-- ---- again, late, changed, in another order ----

SELECT helper.sum_of('{hour,day}') AS before \gset
SELECT roll_up_again(s, '-infinity', 'infinity') FROM generate_series(1, 6) AS s;
SELECT cmp_ok(helper.roll_up_all(1, '2027-01-01 00:00+00'), '>', 3, 'the work is done in several turns');
SELECT helper.roll_up_all(s, '2027-01-01 00:00+00') FROM generate_series(2, 6) AS s;
SELECT is(helper.sum_of('{hour,day}'), :'before'::text, 'rolled up again nothing changes');
SELECT is(roll_up(1, '2027-01-01 00:00+00'), 0, 'and there is nothing to do');

-- The same buckets into stores 11 .. 16 of the same zones, in another order, rolled up now and then.
SELECT helper.make_store(10 + store_id, timezone, CASE store_id WHEN 5 THEN 300 ELSE 900 END) FROM store WHERE store_id <= 6;
INSERT INTO opening_hours SELECT 10 + store_id, weekday, valid_from, opens_at, closes_at FROM opening_hours;

DO $$
DECLARE
    b record;
    f text;
    columns text;
    n integer := 0;
BEGIN
    FOR b IN SELECT store_id, floor_id, at FROM bucket ORDER BY random() LOOP
        FOR f IN SELECT fact FROM fact_table WHERE level = 'bucket' AND fact <> 'heat_bucket' UNION ALL SELECT 'heat_bucket' LOOP
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
            FROM pg_attribute WHERE attrelid = f::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'store_id';
            EXECUTE format('INSERT INTO %1$I (store_id, %2$s) SELECT store_id + 10, %2$s FROM %1$I WHERE store_id = $1 AND bucket_at = $2', f, columns)
                || CASE WHEN f = 'zone_bucket' THEN ' AND zone_id IN (SELECT zone_id FROM zone WHERE floor_id = $3 AND store_id = $1)'
                    WHEN f = 'line_bucket' THEN ' AND line_id = $3' WHEN f = 'flow_bucket' THEN ' AND $3 = 1' ELSE ' AND floor_id = $3' END
                USING b.store_id, b.at, b.floor_id;
        END LOOP;
        n := n + 1;
        IF n % 150 = 0 THEN
            PERFORM roll_up(10 + helper.dice(6) + 1, '2027-01-01 00:00+00');
        END IF;
    END LOOP;
END
$$;
SELECT helper.roll_up_all(10 + s, '2027-01-01 00:00+00') FROM generate_series(1, 6) AS s;

CREATE FUNCTION pg_temp.differences() RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
    f text;
    n bigint;
BEGIN
    FOR f IN SELECT fact FROM fact_table WHERE level <> 'bucket' ORDER BY fact LOOP
        EXECUTE format('SELECT count(*) FROM (SELECT to_jsonb(t) - ''store_id'', store_id FROM %1$I AS t WHERE store_id <= 6 '
            'EXCEPT SELECT to_jsonb(t) - ''store_id'', store_id - 10 FROM %1$I AS t WHERE store_id > 10) AS d', f) INTO n;
        IF n > 0 THEN
            RETURN NEXT f || ' ' || n;
        END IF;
    END LOOP;
END
$$;
SELECT is_empty('SELECT pg_temp.differences()', 'the order in which buckets come does not matter');

-- A bucket of long ago.
SELECT helper.make_store(20, 'Europe/Berlin');
SELECT helper.put_heat(20, 1, at, '{1}', '{1000}', '{1}')
FROM generate_series(timestamptz '2026-01-05 00:00+00', '2026-01-06 22:45+00', '15 minutes') AS at;
SELECT helper.put_zone(20, 1, '2026-01-05 09:00+00', 1, 2, 3, 4, 5000, 900000);
SELECT helper.roll_up_all(20, '2026-02-01 00:00+00');
SELECT results_eq($$ SELECT local_date, cell, dwell_ms, passes FROM heat_day WHERE store_id = 20 ORDER BY 1 $$,
    $$ VALUES ('2026-01-05'::date, '{1}'::integer[], '{92000}'::bigint[], '{92}'::integer[]), ('2026-01-06', '{1}', '{96000}', '{96}') $$,
    '92 and 96 quarter hours of one second');
SELECT helper.put_heat(20, 1, '2026-01-04 23:15+00', '{1,2}', '{500,700}', '{0,1}'),
    helper.put_heat(20, 1, '2026-01-05 09:00+00', '{2}', '{300}', '{5}'),
    helper.put_zone(20, 1, '2026-01-05 09:00+00', 0, 0, 0, 0, 0, 900000),
    helper.put_heat(20, 1, '2026-01-06 10:00+00', '{}', '{}', '{}');
SELECT is((SELECT array_agg(hour_at) FROM rollup_hour_pending WHERE store_id = 20),
    '{2026-01-04 23:00+00,2026-01-05 09:00+00,2026-01-06 10:00+00}'::timestamptz[], 'a late, a changed and an emptied bucket list their hours');
SELECT helper.roll_up_all(20, '2026-02-01 00:00+00');
SELECT results_eq($$ SELECT local_date, cell, dwell_ms, passes FROM heat_day WHERE store_id = 20 ORDER BY 1 $$,
    $$ VALUES ('2026-01-05'::date, '{1,2}'::integer[], '{91500,1000}'::bigint[], '{91,6}'::integer[]), ('2026-01-06', '{1}', '{95000}', '{95}') $$,
    'and all three are in');
SELECT results_eq($$ SELECT visits, entries, exits, peak_people, dwell_ms, exposure_ms FROM zone_day WHERE store_id = 20 $$,
    'VALUES (0, 0, 0, 0, 0::bigint, 900000::bigint)', 'what was taken back is zero, the row stays');

-- Everything of an hour is taken back, and hours of opening were entered late.
SELECT helper.put_heat(20, 1, at, '{}', '{}', '{}') FROM generate_series(timestamptz '2026-01-06 12:00+00', '2026-01-06 12:45+00', '15 minutes') AS at;
INSERT INTO opening_hours (store_id, weekday, valid_from, opens_at, closes_at) VALUES (20, 1, '2026-01-01', '{08:15}', '{18:00}'), (20, 2, '2026-01-01', '{}', '{}');
SELECT roll_up_again(20, '2026-01-01 00:00+00', '2026-02-01 00:00+00');
SELECT helper.roll_up_all(20, '2026-02-01 00:00+00');
SELECT results_eq($$ SELECT local_date, is_open, people_ms, counted_ms / 900000 FROM floor_day WHERE store_id = 20 ORDER BY 1, 2 $$,
    $$ VALUES ('2026-01-05'::date, false, 53000 + 1200::bigint, 54::bigint), ('2026-01-05', true, 38000 + 300, 39), ('2026-01-06', false, 91000, 96),
        ('2026-01-06', true, 0, 0) $$, 'open from 08:15 to 18:00 are 39 of 93 quarter hours; a closed day is closed');
SELECT results_eq($$ SELECT is_open, counted_ms / 900000 FROM floor_hour WHERE store_id = 20 AND hour_at = '2026-01-05 07:00+00' ORDER BY 1 $$,
    'VALUES (false, 1::bigint), (true, 3::bigint)', 'the hour of opening has a row for either part');
SELECT is((SELECT cell FROM heat_hour WHERE store_id = 20 AND hour_at = '2026-01-06 12:00+00' AND NOT is_open), '{}'::integer[],
    'an hour without people has no cells');

-- ---- today ----

SELECT helper.make_store(21, 'Asia/Kathmandu');
SELECT helper.put_heat(21, 1, at, '{3}', '{2000}', '{1}'), helper.put_zone(21, 1, at, 1, 1, 1, 1, 2000, 900000)
FROM generate_series(timestamptz '2026-01-05 00:00+00', '2026-01-05 02:15+00', '15 minutes') AS at;
SELECT helper.roll_up_all(21, '2026-01-05 02:31+00');
SELECT is((SELECT sum(visits) FROM zone_day WHERE store_id = 21), 10::bigint, 'today''s visits are counted');
SELECT is((SELECT max(hour_at) FROM heat_hour WHERE store_id = 21), '2026-01-05 01:15+00'::timestamptz,
    'heat of the hour that ended at 02:15 is there, of the next one not');
SELECT is((SELECT count(*) FROM heat_day WHERE store_id = 21), 0::bigint, 'nor that of the day');
SELECT is((SELECT dwell_s FROM heat_sum(21, 1, '2026-01-05 00:00+00', '2026-01-05 03:00+00')), 20::double precision, 'but heat_sum has all of it');
SELECT is(roll_up(21, '2026-01-05 03:19+00'), 0, 'an hour is over five minutes after its end');
SELECT cmp_ok(roll_up(21, '2026-01-05 03:20+00'), '>', 0, 'not earlier');
SELECT helper.roll_up_all(21, '2026-01-05 18:19+00');
SELECT is((SELECT count(*) FROM heat_day WHERE store_id = 21), 0::bigint, 'the day ends at 18:15');
SELECT helper.roll_up_all(21, '2026-01-05 18:20+00');
SELECT is((SELECT dwell_ms FROM heat_day WHERE store_id = 21), '{20000}'::bigint[], 'then its heat is made');

-- ---- bounded work ----

SELECT roll_up_again(1, '-infinity', 'infinity');
SELECT cmp_ok(roll_up(1, '2027-01-01 00:00+00', 3), '<=', 2 * (3 + 3 + 3 + 2), 'a call does no more than it is asked for');
SELECT helper.roll_up_all(1, '2027-01-01 00:00+00');

-- ---- fixtures and coverage ----
-- Shelf 30 has cells 4, 8 and 10. Camera 1 sees 4, camera 2 sees 4 and 8. Camera 1 alone for 60 s, both for 30 s:
-- cell 4 is seen 90 s, cell 8 for 30 s, cell 10 never: 40 s on average.
SELECT helper.make_store(22, 'UTC');
SELECT helper.put_heat(22, 1, '2026-01-05 10:00+00', '{4,5,8}', '{1000,2000,4000}', '{1,2,3}'),
    helper.put_exposure(22, 1, '2026-01-05 10:00+00', 1, 60000), helper.put_exposure(22, 1, '2026-01-05 10:00+00', 2, 30000),
    helper.put_exposure(22, 1, '2026-01-05 10:00+00', 3, 5000);
SELECT helper.roll_up_all(22, '2026-02-01 00:00+00');
SELECT results_eq('SELECT zone_id, passes, dwell_ms, exposure_ms FROM fixture_day WHERE store_id = 22',
    'VALUES (30, 4, 5000::bigint, 40000::bigint)', 'a fixture has what happened in front of it');
-- Walkable are 0 .. 7, 8, 10, 11 but 9; seen 0 .. 9, so 10 and 11 are not: byte 1, bits 2 and 3.
SELECT results_eq('SELECT walkable_cells, observed_cells, unobserved FROM coverage_day WHERE store_id = 22',
    $$ VALUES (11, 9, '\x000c'::bytea) $$, 'coverage is what some camera saw of the floor');

-- ---- reading any range ----

CREATE FUNCTION pg_temp.wrong_sums(n integer) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
    s integer;
    f integer;
    low timestamptz;
    high timestamptz;
    wrong bigint;
BEGIN
    FOR i IN 1 .. n LOOP
        SELECT store_id, floor_id, at - helper.dice(90) * interval '1 minute' INTO s, f, low
        FROM bucket WHERE store_id < 6 ORDER BY random() LIMIT 1;
        high := low + (CASE WHEN random() < 0.3 THEN 3 ELSE 60 END) * random() * interval '1 hour';
        IF random() < 0.3 THEN
            low := date_bin('1 day', low, '2026-01-01 23:00+00');
            high := date_bin('1 day', high, '2026-01-01 22:00+00') + interval '1 day';
        END IF;
        SELECT count(*) INTO wrong FROM (
            (SELECT grid_id, cell, round(1000 * dwell_s), passes, round(100 * move_x_m), round(100 * move_y_m), round(100 * path_m)
            FROM heat_sum(s, f, low, high)
            EXCEPT
            SELECT grid_id, cell, sum(dwell_ms), sum(passes), sum(move_x_cm), sum(move_y_cm), sum(path_cm)
            FROM plain_heat WHERE store_id = s AND floor_id = f AND bucket_at >= low AND bucket_at < high GROUP BY 1, 2)
            UNION ALL
            (SELECT grid_id, cell, sum(dwell_ms), sum(passes), sum(move_x_cm), sum(move_y_cm), sum(path_cm)
            FROM plain_heat WHERE store_id = s AND floor_id = f AND bucket_at >= low AND bucket_at < high GROUP BY 1, 2
            HAVING sum(dwell_ms) > 0 OR sum(passes) > 0 OR sum(move_x_cm) <> 0 OR sum(move_y_cm) <> 0 OR sum(path_cm) <> 0
            EXCEPT
            SELECT grid_id, cell, round(1000 * dwell_s), passes, round(100 * move_x_m), round(100 * move_y_m), round(100 * path_m)
            FROM heat_sum(s, f, low, high))
            UNION ALL
            (SELECT camera_set_id, round(1000 * exposure_s), 0, 0, 0, 0, 0 FROM exposure_sum(s, f, low, high)
            EXCEPT
            SELECT camera_set_id, sum(exposure_ms), 0, 0, 0, 0, 0 FROM exposure
            WHERE store_id = s AND floor_id = f AND bucket_at >= low AND bucket_at < high GROUP BY 1)
            UNION ALL
            (SELECT camera_set_id, sum(exposure_ms), 0, 0, 0, 0, 0 FROM exposure
            WHERE store_id = s AND floor_id = f AND bucket_at >= low AND bucket_at < high GROUP BY 1
            EXCEPT
            SELECT camera_set_id, round(1000 * exposure_s), 0, 0, 0, 0, 0 FROM exposure_sum(s, f, low, high))
        ) AS d;
        IF wrong > 0 THEN
            RETURN NEXT format('store %s floor %s from %s to %s', s, f, low, high);
        END IF;
    END LOOP;
END
$$;
SET timezone TO 'UTC';
SELECT is_empty('SELECT pg_temp.wrong_sums(60)', 'any range of time has the sums of its buckets');
SELECT results_eq($$ SELECT level, piece FROM heat_piece(1, 1, '2026-03-28 22:40+00', '2026-03-30 01:00+00') WHERE level = 'day' $$,
    $$ VALUES ('day', '[2026-03-28 23:00+00,2026-03-29 22:00+00)'::tstzrange) $$, 'whole days are read as days');
SELECT is_empty($$ SELECT FROM heat_piece(1, 1, '2026-03-28 22:40+00', '2026-03-30 01:00+00') AS a JOIN heat_piece(1, 1, '2026-03-28 22:40+00', '2026-03-30 01:00+00') AS b
    ON a.piece && b.piece AND a.piece <> b.piece $$, 'pieces do not overlap');
SELECT is((SELECT range_agg(piece) FROM heat_piece(1, 1, '2026-03-28 22:40+00', '2026-03-30 01:00+00')), '{[2026-03-28 22:40+00,2026-03-30 01:00+00)}'::tstzmultirange, 'and are all of the range');

-- With much on the lists: sums are pending, heat is, days are; a bit is done after each change.
CREATE FUNCTION pg_temp.change_and_read(turns integer) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
BEGIN
    FOR i IN 1 .. turns LOOP
        PERFORM helper.put_chance(store_id, floor_id, at)
        FROM (SELECT * FROM bucket WHERE store_id < 6 ORDER BY random() LIMIT 12 OFFSET 0) AS b;
        PERFORM roll_up(s, '2027-01-01 00:00+00', 2) FROM generate_series(1, 5) AS s;
        RETURN QUERY SELECT pg_temp.wrong_sums(8);
    END LOOP;
END
$$;
SELECT is_empty('SELECT pg_temp.change_and_read(6)', 'also while much of it is not rolled up');
SELECT cmp_ok((SELECT count(*) FROM rollup_hour_pending), '>', 0::bigint, 'which it was');
SELECT helper.roll_up_all(s, '2027-01-01 00:00+00') FROM generate_series(1, 6) AS s;
SELECT pg_temp.same_heat('day');

-- Days are made two a call: hours that are in do not make the day right.
SELECT helper.make_store(23, 'UTC');
SELECT helper.put_heat(23, 1, at, '{1}', '{1000}', '{1}') FROM generate_series(timestamptz '2026-05-01 12:00+00', '2026-05-05 12:00+00', '1 day') AS at;
SELECT helper.roll_up_all(23, '2027-01-01 00:00+00');
SELECT helper.put_heat(23, 1, at, '{1}', '{7000}', '{1}') FROM generate_series(timestamptz '2026-05-01 12:00+00', '2026-05-05 12:00+00', '1 day') AS at;
SELECT roll_up(23, '2027-01-01 00:00+00');
SELECT is((SELECT dwell_s FROM heat_sum(23, 1, '2026-05-01 00:00+00', '2026-05-06 00:00+00')), 35::double precision, 'a day that is still to be made anew is not read');

-- ---- two sessions ----

SELECT helper.make_store(24, 'UTC');
SELECT helper.put_heat(24, 1, '2026-06-01 10:00+00', '{1}', '{1000}', '{1}');
SELECT helper.dblink_connect(name, format('host=%s dbname=%s user=%s', current_setting('unix_socket_directories'), current_database(), current_user))
FROM (VALUES ('writer'), ('roller')) AS c (name);

-- Wait until a session waits for another, for ten seconds at most.
CREATE PROCEDURE pg_temp.wait_until_blocked(pid integer)
LANGUAGE plpgsql
AS $$
DECLARE
    deadline timestamptz := clock_timestamp() + interval '10 seconds';
BEGIN
    WHILE cardinality(pg_blocking_pids(pid)) = 0 LOOP
        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION 'session % is not blocked', pid;
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
END
$$;
SELECT pid AS roller FROM helper.dblink('roller', 'SELECT pg_backend_pid()') AS t (pid integer) \gset
SELECT pid AS writer FROM helper.dblink('writer', 'SELECT pg_backend_pid()') AS t (pid integer) \gset

-- The hour is on the list and a bucket of it not committed: the roll-up waits, and has it.
SELECT helper.dblink_exec('writer', 'BEGIN');
SELECT FROM helper.dblink('writer', $$ SELECT helper.put_heat(24, 1, '2026-06-01 10:15+00', '{1}', '{2000}', '{1}')::text $$) AS t (x text);
SELECT helper.dblink_send_query('roller', $$ SELECT roll_up(24, '2026-07-01 00:00+00') $$);
CALL pg_temp.wait_until_blocked(:roller);
SELECT helper.dblink_exec('writer', 'COMMIT');
SELECT FROM helper.dblink_get_result('roller') AS t (n integer);
SELECT FROM helper.dblink_get_result('roller') AS t (n integer);
SELECT is((SELECT people_ms FROM floor_hour WHERE store_id = 24), 3000::bigint, 'a roll-up waits for a bucket that is being written');

-- The hour is rolled up and off the list, a new bucket is not committed: nothing is taken, nothing forgotten.
SELECT helper.roll_up_all(24, '2026-07-01 00:00+00');
SELECT helper.dblink_exec('writer', 'BEGIN');
SELECT FROM helper.dblink('writer', $$ SELECT helper.put_heat(24, 1, '2026-06-01 10:30+00', '{1}', '{4000}', '{1}')::text $$) AS t (x text);
SELECT is(roll_up(24, '2026-07-01 00:00+00'), 0, 'what is not committed is not there');
SELECT helper.dblink_exec('writer', 'COMMIT');
SELECT helper.roll_up_all(24, '2026-07-01 00:00+00');
SELECT is((SELECT people_ms FROM floor_hour WHERE store_id = 24), 7000::bigint, 'and is taken in later');

-- The roll-up is at it and not committed: the writer waits, and its bucket is on the list afterwards.
SELECT helper.put_heat(24, 1, '2026-06-01 10:00+00', '{1}', '{8000}', '{1}');
SELECT helper.dblink_exec('roller', 'BEGIN');
SELECT FROM helper.dblink('roller', $$ SELECT helper.roll_up_all(24, '2026-07-01 00:00+00') $$) AS t (n integer);
SELECT helper.dblink_send_query('writer', $$ SELECT helper.put_heat(24, 1, '2026-06-01 10:45+00', '{1}', '{16000}', '{1}')::text $$);
CALL pg_temp.wait_until_blocked(:writer);
SELECT helper.dblink_exec('roller', 'COMMIT');
SELECT FROM helper.dblink_get_result('writer') AS t (x text);
SELECT FROM helper.dblink_get_result('writer') AS t (x text);
SELECT is((SELECT people_ms FROM floor_hour WHERE store_id = 24), 14000::bigint, 'a writer waits for a roll-up of its hour');
SELECT helper.roll_up_all(24, '2026-07-01 00:00+00');
SELECT is((SELECT people_ms FROM floor_hour WHERE store_id = 24), 30000::bigint, 'and its bucket follows');
SELECT is((SELECT dwell_ms FROM heat_day WHERE store_id = 24), '{30000}'::bigint[], 'up to the day');

SELECT * FROM finish();
