-- view.sql: what BI tools see. NULL where nobody could look, 0 where nobody came; expected values are worked out by hand.
\ir helper.sql
SELECT no_plan();

SELECT helper.make_store(s, 'UTC') FROM generate_series(1, 3) AS s;
SELECT ensure_partitions('2026-01-01', '2026-02-28');

-- Four buckets of one day, each in an hour of its own, and what each view says about floor 1, zone 1 and so on:
--   10:00  looked for 600 s, people came
--   11:00  looked for 600 s, nobody came
--   12:00  nobody looked, nobody came
--   13:00  nobody looked, but somebody was counted (a track coasts through a blind spot)
SELECT helper.put_heat(1, 1, '2026-01-05 10:00+00', '{1,4}', '{3000,1000}', '{2,0}', 5000, 2, '{300,0}', '{-100,0}', '{400,0}'),
    helper.put_heat(1, 1, '2026-01-05 11:00+00', '{}', '{}', '{}', 0, 0), helper.put_heat(1, 1, '2026-01-05 12:00+00', '{}', '{}', '{}', 0, 0),
    helper.put_heat(1, 1, '2026-01-05 13:00+00', '{1,4}', '{700,300}', '{1,1}', 1000, 1);
-- Camera 1 sees cells 0 .. 5, so 1 and 4 and of the shelf's cells 4, 8, 10 one.
SELECT helper.put_exposure(1, 1, '2026-01-05 10:00+00', 1, 600000), helper.put_exposure(1, 1, '2026-01-05 11:00+00', 1, 600000),
    helper.put_exposure(1, 1, '2026-01-05 12:00+00', 3, 900000), helper.put_exposure(1, 1, '2026-01-05 12:00+00', 1, 0);
SELECT helper.put_zone(1, 1, '2026-01-05 10:00+00', 2, 3, 1, 2, 3000, 600000), helper.put_zone(1, 1, '2026-01-05 11:00+00', 0, 0, 0, 0, 0, 600000),
    helper.put_zone(1, 1, '2026-01-05 12:00+00', 0, 0, 0, 0, 0, 0), helper.put_zone(1, 1, '2026-01-05 13:00+00', 1, 1, 0, 1, 700, 0);
SELECT helper.put_line(1, 1, '2026-01-05 10:00+00', 3, 1), helper.put_line(1, 1, '2026-01-05 11:00+00', 0, 0),
    helper.put_line(1, 1, '2026-01-05 12:00+00', 0, 0), helper.put_line(1, 1, '2026-01-05 13:00+00', 1, 0);
SELECT helper.put_heat(1, 2, '2026-01-05 10:00+00', '{}', '{}', '{}'), helper.put_line(1, 2, '2026-01-05 10:00+00', 4, 5),
    helper.put_exposure(1, 2, '2026-01-05 10:00+00', 11, 300000);
INSERT INTO flow_bucket VALUES (1, 1, 2, '2026-01-05 10:00+00', 2);
INSERT INTO camera_bucket (store_id, floor_id, bucket_at, camera_id, calibration_id, frames, observations, missed, uptime_ms, latency_bin, latency_frames)
VALUES (1, 1, '2026-01-05 10:00+00', 1, 1, 5400, 900, 600, 600000, 40, '{98,0,0,1,1}'), (1, 1, '2026-01-05 12:00+00', 1, 1, 0, 0, 0, 0, 0, '{}');
INSERT INTO pair_residual_bucket VALUES (1, 1, '2026-01-05 10:00+00', 1, 2, 60, 24, -12, 30), (1, 1, '2026-01-05 11:00+00', 1, 2, 40, 6, -12, 20),
    (1, 1, '2026-01-05 12:00+00', 1, 2, 0, 0, 0, 0);
SELECT helper.roll_up_all(1, '2026-02-01 00:00+00');

-- ---- zones ----

CREATE FUNCTION pg_temp.measures(view text, columns text, condition text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(concat_ws('' '', %s), '', '' ORDER BY %s) FROM %I WHERE store_id = 1 AND %s',
        (SELECT string_agg(format('coalesce(round(%s::numeric, 4)::double precision::text, ''-'')', c), ', ') FROM unnest(string_to_array(columns, ' ')) AS c),
        CASE WHEN view LIKE '%bucket%' OR view = 'v_heat_cell' THEN 'bucket_at' WHEN view ~ 'hour|health' THEN 'hour_at' ELSE 'local_date' END, view, condition)
        INTO answer;
    RETURN answer;
END
$$;

SELECT is(pg_temp.measures(v, 'visits entries exits peak_people dwell_s mean_people exposure_s', 'zone = ''entry'''),
    '2 3 1 2 3 0.005 600, 0 0 0 0 0 0 600, - - - - - - 0, 1 1 0 1 0.7 - 0', v) FROM unnest(ARRAY['v_zone_bucket', 'v_zone_hour']) AS v;
SELECT is(pg_temp.measures('v_zone_day', 'visits entries exits peak_people dwell_s mean_people exposure_s', 'zone = ''entry'''),
    '3 4 1 2 3.7 0.0031 1200', 'v_zone_day: 3.7 s in 1200 s are 0.0031 people');

-- ---- lines, flows ----

SELECT is(pg_temp.measures('v_line_hour', 'left_to_right right_to_left crossed_in crossed_out', 'line = ''door'''),
    '3 1 3 1, 0 0 0 0, - - - -, 1 0 1 0', 'v_line_hour');
SELECT is(pg_temp.measures('v_line_day', 'left_to_right right_to_left crossed_in crossed_out', 'line = ''door'''), '4 1 4 1', 'v_line_day');
SELECT is(pg_temp.measures('v_line_day', 'left_to_right right_to_left crossed_in crossed_out', 'line = ''stairs'''), '4 5 - -',
    'where no way is in nobody comes in');
SELECT results_eq('SELECT from_zone, to_zone, people FROM v_flow_hour UNION ALL SELECT from_zone, to_zone, people FROM v_flow_day',
    $$ VALUES ('entry', 'till', 2), ('entry', 'till', 2) $$, 'v_flow_hour, v_flow_day');

-- ---- floors and stores ----

SELECT is(pg_temp.measures('v_floor_hour', 'people_s mean_people peak_people zone_visits crossed_in crossed_out exposure_s counted_s', 'floor = ''ground'''),
    '5 0.0083 2 2 3 1 600 900, 0 0 0 0 0 0 600 900, - - - - - - 0 900, 1 - 1 1 1 0 0 900', 'v_floor_hour: 5 s in 600 s are 0.0083 people');
-- The ground floor has most of the time: 1200 s seen, 3600 s counted; the upper one 300 and 900.
SELECT is(pg_temp.measures('v_store_day', 'people_s peak_people zone_visits crossed_in crossed_out exposure_s counted_s', 'true'), '6 2 3 4 1 1200 3600', 'v_store_day');

-- ---- cells ----

SELECT is(pg_temp.measures(v, 'dwell_s passes move_x_m move_y_m path_m exposure_s', 'floor = ''ground'' AND cell = 1'),
    '3 2 0.3 -0.1 0.4 600, 0 0 0 0 0 600, - - - - - 0, 0.7 1 0 0 0 0', v || ': a cell that people were in')
FROM unnest(ARRAY['v_heat_cell', 'v_heat_cell_hour']) AS v;
SELECT is(pg_temp.measures(v, 'dwell_s passes exposure_s', 'floor = ''ground'' AND cell = 0'), '0 0 600, 0 0 600, - - 0, - - 0', v || ': one that nobody came to')
FROM unnest(ARRAY['v_heat_cell', 'v_heat_cell_hour']) AS v;
SELECT is(pg_temp.measures(v, 'dwell_s passes exposure_s', 'floor = ''ground'' AND cell = 11'), '- - 0, - - 0, - - 0, - - 0', v || ': one that nobody can see')
FROM unnest(ARRAY['v_heat_cell', 'v_heat_cell_hour']) AS v;
SELECT is(pg_temp.measures('v_heat_cell_day', 'dwell_s passes move_x_m move_y_m path_m exposure_s', 'floor = ''ground'' AND cell = ' || c), expected, 'v_heat_cell_day, cell ' || c)
FROM (VALUES (1, '3.7 3 0.3 -0.1 0.4 1200'), (4, '1.3 1 0 0 0 1200'), (0, '0 0 0 0 0 1200'), (11, '- - - - - 0')) AS t (c, expected);
SELECT is((SELECT count(*) FROM v_heat_cell_day WHERE floor = 'ground'), 12::bigint, 'every cell of the grid has a row');
-- Grid 1 begins at (-1, 2) with cells of 1 m in four columns: cell 6 is in column 2, row 1.
SELECT results_eq($$ SELECT DISTINCT x_m, y_m FROM v_heat_cell WHERE floor = 'ground' AND cell = 6 $$, 'VALUES (1.5::double precision, 3.5::double precision)', 'centres of cells');
-- Cell 4 alone of three was seen: 1200 s / 3.
SELECT is(pg_temp.measures('v_fixture_day', 'passes dwell_s mean_people exposure_s', 'true'), '1 1.3 0.0033 400', 'v_fixture_day');

-- ---- cameras ----

-- 99 of 100 frames lie below the quantile 0.99: rank floor(0.99 * 99) = 98 is in bin 43: 2 * 1.1^43 / 2.1 = 57.3715 ms.
SELECT is(pg_temp.measures('v_camera_health', 'frames missed missed_share frames_per_s uptime_s uptime_share latency_p50_ms latency_p99_ms', 'true'),
    '5400 600 0.1 9 600 0.6667 43.1041 57.3715, 0 0 - - 0 0 - -', 'v_camera_health: bin 40 is 2 * 1.1^40 / 2.1 = 43.1 ms');
SELECT is(pg_temp.measures('v_camera_day', 'frames missed missed_share uptime_s uptime_share', 'true'), '5400 600 0.1 600 0.1667', 'v_camera_day');
SELECT is(pg_temp.measures('v_pair_residual_day', 'matches mean_dx_m mean_dy_m rms_m', 'true'), '100 0.3 -0.24 0.7071', 'v_pair_residual_day');

-- ---- what is wrong ----

INSERT INTO finding (store_id, floor_id, kind, camera_id, other_camera_id, size, unit, confidence, evidence, opened_at, proposal)
VALUES (1, 1, 'clock_offset', 2, NULL, 80, 'ms', 0.9, 500, '2026-01-05 09:00+00', 'set its clock');
-- The pair: sqrt(0.3^2 + 0.24^2) = 0.3842 m on 100 matches.
SELECT results_eq($$ SELECT kind, camera, other_camera, round(size::numeric, 4), unit, evidence, opened_at, closed_at FROM v_inconsistency ORDER BY kind $$,
    $$ VALUES ('clock_offset', 'right', NULL, 80.0000, 'ms', 500::bigint, '2026-01-05 09:00+00'::timestamptz, NULL::timestamptz),
        ('pair_offset', 'left', 'right', 0.3842, 'm', 100, '2026-01-05 00:00+00', '2026-01-06 00:00+00') $$, 'v_inconsistency has findings and pairs');
UPDATE pair_residual_day SET matches = 99 WHERE store_id = 1;
SELECT is((SELECT count(*) FROM v_inconsistency WHERE kind = 'pair_offset'), 0::bigint, 'with fewer matches than 100 no pair');
UPDATE pair_residual_day SET matches = 100, sum_dx_m = 17, sum_dy_m = 24 WHERE store_id = 1;
SELECT is((SELECT count(*) FROM v_inconsistency WHERE kind = 'pair_offset'), 0::bigint, 'nor with less than 0.3 m');

INSERT INTO coverage_gap (store_id, floor_id, zone_id, cause, geojson, area_m2, severity, first_seen_at, last_seen_at)
VALUES (1, 1, 2, 'occluded', '{"type": "MultiPolygon"}', 2.5, 0.4, '2026-01-05 00:00+00', '2026-01-06 00:00+00');
-- Floor 1: of 11 walkable cells camera 1 saw 0 .. 5; so did it on floor 2.
SELECT results_eq($$ SELECT floor, zone, cause, area_m2, round(severity::numeric, 4), first_seen_at FROM v_coverage_gap ORDER BY floor, cause $$,
    $$ VALUES ('ground', NULL, 'never_observed', 5::double precision, 0.4545, '2026-01-05 00:00+00'::timestamptz),
        ('ground', 'till', 'occluded', 2.5, 0.4000, '2026-01-05 00:00+00'), ('upper', NULL, 'never_observed', 5, 0.4545, '2026-01-05 00:00+00') $$,
    'v_coverage_gap has gaps and what nobody saw');
SELECT results_eq($$ SELECT walkable_m2, observed_m2, round(observed_share::numeric, 4) FROM v_coverage_day WHERE floor = 'ground' $$,
    'VALUES (11::double precision, 6::double precision, 0.5455)', 'v_coverage_day');

INSERT INTO loss (store_id, since_at, camera, source, reason, unit, losses, first_at, last_at) VALUES
    (1, '2026-01-05 00:00+00', 'left', 'wire', 'missed', 'frames', 7, '2026-01-04 23:01+00', '2026-01-04 23:09+00'),
    (1, '2026-01-04 23:30:15+00', 'left', 'wire', 'missed', 'frames', 2, '2026-01-04 22:31+00', '2026-01-04 22:31+00'),
    (1, '2026-01-05 00:00+00', 'right', 'wire', 'missed', 'frames', 0, '2026-01-04 23:01+00', '2026-01-04 23:02+00'),
    (1, '2026-01-05 00:00+00', 'stranger', 'wire', 'unknown_camera', 'messages', 1, '2026-01-04 23:01+00', '2026-01-04 23:01+00'),
    (1, '2026-01-05 00:00+00', '', 'gate', 'unknown_key', 'connections', 3, '2026-01-04 23:01+00', '2026-01-04 23:01+00');
SELECT results_eq($$ SELECT store, local_date, local_hour, camera_id, camera, source, reason, unit, losses, last_at FROM v_loss ORDER BY since_at, camera $$,
    $$ VALUES ('store-1', '2026-01-04'::date, 23, 1, 'left', 'wire', 'missed', 'frames', 2::bigint, '2026-01-04 22:31+00'::timestamptz),
        ('store-1', '2026-01-05', 0, 1, 'left', 'wire', 'missed', 'frames', 7, '2026-01-04 23:09+00'),
        ('store-1', '2026-01-05', 0, NULL, 'stranger', 'wire', 'unknown_camera', 'messages', 1, '2026-01-04 23:01+00'),
        ('store-1', '2026-01-05', 0, NULL, NULL, 'gate', 'unknown_key', 'connections', 3, '2026-01-04 23:01+00') $$,
    'v_loss has what did not turn up, on the store''s days');

-- ---- hot and cold ----
-- Open hours of 2026-01-05, stores 1 and 2 of one chain and 3 of it without the zone "till". Person-seconds by square metre
-- and hour; areas are entry 2, till 4, toys 3, shelf 1 square metres:
--   store 2  entry 7200 s in 3600 s: 7200 / 2 = 3600    till 1800 s in 1800 s: 900    toys 5400 s in 3600 s: 1800
--   store 3  entry 1200 s in 3600 s: 600                                               toys never seen
SELECT helper.put_heat(s, f, '2026-01-05 10:00+00', '{}', '{}', '{}') FROM generate_series(2, 3) AS s CROSS JOIN generate_series(1, 2) AS f;
SELECT helper.put_zone(2, 1, '2026-01-05 10:00+00', 20, 0, 0, 1, 7200000, 3600000), helper.put_zone(2, 2, '2026-01-05 10:00+00', 5, 0, 0, 1, 1800000, 1800000),
    helper.put_zone(2, 4, '2026-01-05 10:00+00', 7, 0, 0, 1, 5400000, 3600000), helper.put_zone(3, 1, '2026-01-05 10:00+00', 3, 0, 0, 1, 1200000, 3600000),
    helper.put_zone(3, 4, '2026-01-05 10:00+00', 0, 0, 0, 0, 0, 0);
SELECT helper.roll_up_all(s, '2026-02-01 00:00+00') FROM generate_series(2, 3) AS s;
SELECT results_eq($$
    SELECT store_id, zone, visits, dwell_s_per_m2_h, rank, ranked, store_median, ratio_to_store, chain_stores
    FROM hot_cold('2026-01-05', '2026-01-06') WHERE store_id > 1 AND kind = 'zone' ORDER BY store_id, rank NULLS LAST $$,
    $$ VALUES (2, 'entry', 20::bigint, 3600::double precision, 1::bigint, 3::bigint, 1800::double precision, 2::double precision, 2::bigint),
        (2, 'toys', 7, 1800, 2, 3, 1800, 1, 0), (2, 'till', 5, 900, 3, 3, 1800, 0.5, 0),
        (3, 'entry', 3, 600, 1, 1, 600, 1, 2), (3, 'toys', NULL, NULL, NULL, 1, 600, NULL, 1) $$, 'hot_cold ranks within the store');
-- entry of store 1: 3.7 s in 1200 s on 2 m2 are 5.55. Medians of the others: of 600 and 3600 2100, of 5.55 and 600 302.775,
-- of 5.55 and 3600 1802.775.
SELECT results_eq($$
    SELECT store_id, round(chain_median::numeric, 4), round(ratio_to_chain::numeric, 4) FROM hot_cold('2026-01-05', '2026-01-06') WHERE zone = 'entry' ORDER BY 1 $$,
    'VALUES (1, 2100.0000, 0.0026), (2, 302.7750, 11.8900), (3, 1802.7750, 0.3328)', 'and compares with zones of the same name in the chain''s other stores');
-- toys: store 2 has the only value, so it has no others; store 3, which saw nothing, has that one.
SELECT results_eq($$
    SELECT store_id, chain_median, ratio_to_chain, chain_stores FROM hot_cold('2026-01-05', '2026-01-06') WHERE zone = 'toys' AND store_id > 1 ORDER BY 1 $$,
    'VALUES (2, NULL::double precision, NULL::double precision, 0::bigint), (3, 1800, NULL, 1)', 'where there are none it says so');
SELECT is_empty($$ SELECT FROM hot_cold('2026-01-06', '2026-02-01') $$, 'on other days there is nothing');

-- The shape that held counts, not one that was drawn later.
INSERT INTO zone (store_id, zone_id, floor_id, kind, zone, geojson, area_m2, valid_from)
VALUES (2, 101, 1, 'zone', 'entry', '{"type": "MultiPolygon"}', 200, '2026-01-20 00:00+00');
SELECT is((SELECT area_m2 FROM hot_cold('2026-01-05', '2026-01-06') WHERE store_id = 2 AND zone = 'entry'), 2::double precision, 'the area is that of the time');

-- Drawn anew within the period: entry of store 2 has its 7200 s in 3600 s on 2 m2, then as much on 200 m2.
-- 3600 * 14400 / (2 * 3600 + 200 * 3600) = 71.2871.
SELECT helper.put_heat(2, 1, '2026-01-21 10:00+00', '{}', '{}', '{}'), helper.put_zone(2, 101, '2026-01-21 10:00+00', 20, 0, 0, 1, 7200000, 3600000);
SELECT helper.roll_up_all(2, '2026-02-01 00:00+00');
SELECT results_eq($$ SELECT area_m2, visits, round(dwell_s_per_m2_h::numeric, 4), exposure_h FROM hot_cold('2026-01-05', '2026-01-22') WHERE store_id = 2 AND zone = 'entry' $$,
    'VALUES (200::double precision, 40::bigint, 71.2871, 2::double precision)', 'each shape counts with its own area');

-- Medians of others by the slow way: all but one's own. Store 16 has the name on two floors, some values are equal,
-- store 14 saw nothing.
SELECT helper.make_store(s, 'UTC', 900, 'median') FROM generate_series(11, 18) AS s;
INSERT INTO zone_day (store_id, zone_id, local_date, is_open, definition_id, peak_people, visits, entries, exits, dwell_ms, exposure_ms)
SELECT s, z, '2026-01-05', true, 1, 9, 9, 9, 9, 1000 * (s * 7 % 5 + z), CASE WHEN s = 14 THEN 0 ELSE 3600000 END
FROM generate_series(11, 18) AS s CROSS JOIN unnest(ARRAY[1, 4]) AS z WHERE s < 18 OR z = 1;
UPDATE zone SET zone = 'entry' WHERE store_id = 16 AND zone_id = 4;
CREATE TEMP VIEW hot AS SELECT * FROM hot_cold('2026-01-05', '2026-01-06') WHERE chain = 'median' AND kind = 'zone';
CREATE TEMP VIEW by_name AS SELECT store_id, zone, sum(dwell_s) / nullif(sum(area_m2 * exposure_h), 0) AS intensity FROM hot GROUP BY store_id, zone;
SELECT results_eq('SELECT store_id, floor, zone, round(chain_median::numeric, 9), chain_stores FROM hot ORDER BY 1, 2, 3', $$
    SELECT h.store_id, h.floor, h.zone,
        (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY b.intensity)::numeric, 9) FROM by_name AS b WHERE b.zone = h.zone AND b.store_id <> h.store_id),
        (SELECT count(b.intensity) FROM by_name AS b WHERE b.zone = h.zone AND b.store_id <> h.store_id)
    FROM hot AS h ORDER BY 1, 2, 3 $$, 'the median of the others is that of all without one''s own');

-- v_hot_cold is the same over the last 28 days.
SELECT helper.put_heat(2, 1, date_trunc('day', now(), 'UTC') - interval '3 days', '{}', '{}', '{}'),
    helper.put_zone(2, 2, date_trunc('day', now(), 'UTC') - interval '3 days', 5, 0, 0, 1, 1800000, 1800000);
SELECT helper.roll_up_all(2, now());
SELECT results_eq('SELECT zone, rank, dwell_s_per_m2_h FROM v_hot_cold', $$ VALUES ('till', 1::bigint, 900::double precision) $$, 'v_hot_cold is hot_cold of four weeks');

-- ---- differences ----

-- entry in store 2 on the 5th: 20 visits in an hour; on the 12th: 9 in half an hour are 18 an hour.
SELECT helper.put_heat(2, 1, '2026-01-12 10:00+00', '{}', '{}', '{}'), helper.put_zone(2, 1, '2026-01-12 10:00+00', 9, 0, 0, 1, 1000, 1800000);
SELECT helper.roll_up_all(2, '2026-02-01 00:00+00');
SELECT results_eq($$
    SELECT zone, a_exposure_s, b_exposure_s, a_visits_per_h, b_visits_per_h, difference_per_h, ratio
    FROM zone_difference(2, '2026-01-05', '2026-01-06', '2026-01-12', '2026-01-13') ORDER BY zone $$,
    $$ VALUES ('entry', 3600::double precision, 1800::double precision, 20::double precision, 18::double precision, -2::double precision, 0.9::double precision),
        ('till', 1800, NULL, 10, NULL, NULL, NULL), ('toys', 3600, NULL, 7, NULL, NULL, NULL) $$, 'zone_difference is of observed hours');

-- Store 3, cell 1: 60 s in 600 s seen = 360 an hour; then 90 s in 1800 s = 180 an hour. Cell 2 was seen and empty first. Cell 8 is seen
-- the second time only. Cell 11 nobody ever sees.
SELECT helper.put_heat(3, 1, '2026-01-13 10:00+00', '{1}', '{60000}', '{1}'), helper.put_exposure(3, 1, '2026-01-13 10:00+00', 1, 600000),
    helper.put_heat(3, 1, '2026-01-14 10:00+00', '{1,2,8}', '{90000,9000,18000}', '{1,1,1}'), helper.put_exposure(3, 1, '2026-01-14 10:00+00', 2, 1800000);
SELECT helper.roll_up_all(3, '2026-02-01 00:00+00');
SELECT results_eq($$
    SELECT cell, a_exposure_s, b_exposure_s, a_dwell_s_per_h, b_dwell_s_per_h, difference_s_per_h
    FROM heat_difference(3, 1, '2026-01-13 00:00+00', '2026-01-14 00:00+00', '2026-01-14 00:00+00', '2026-01-15 00:00+00') WHERE cell IN (1, 2, 3, 8, 11) ORDER BY 1 $$,
    $$ VALUES (1, 600::double precision, 1800::double precision, 360::double precision, 180::double precision, -180::double precision),
        (2, 600, 1800, 0, 18, 18), (3, 600, 1800, 0, 0, 0), (8, 0, 1800, NULL, 36, NULL) $$, 'heat_difference is of observed hours');

-- ---- local times and opening hours of buckets ----

-- Five and three quarter hours ahead of UTC: 10:00 is 15:45 there, 18:30 is 00:15 of the next day.
SELECT helper.make_store(5, 'Asia/Kathmandu', 900, 'other');
INSERT INTO opening_hours (store_id, weekday, valid_from, opens_at, closes_at) SELECT 5, d, '2026-01-01', '{09:00}', '{18:00}' FROM generate_series(1, 7) AS d;
INSERT INTO opening_exception VALUES (5, '2026-12-24', '{}', '{}', true), (5, '2026-12-25', '{10:00}', '{12:00}', false);
SELECT helper.put_heat(5, 1, at, '{1}', '{3000}', '{1}'), helper.put_exposure(5, 1, at, 2, 600000), helper.put_zone(5, 1, at, 1, 1, 1, 1, 3000, 600000, 2)
FROM unnest(ARRAY['2026-01-05 10:00+00', '2026-01-05 18:30+00']::timestamptz[]) AS at;
INSERT INTO flow_bucket SELECT 5, 1, 2, at, 2 FROM unnest(ARRAY['2026-01-05 10:00+00', '2026-01-05 18:30+00']::timestamptz[]) AS at;
INSERT INTO camera_bucket (store_id, floor_id, bucket_at, camera_id, calibration_id, frames, observations, missed, model_id, uptime_ms, latency_bin, latency_frames)
SELECT 5, 1, at, 2, 2, 100, 0, 0, model, 600000, 40, frames::integer[]
FROM (VALUES ('2026-01-05 10:00+00'::timestamptz, 1, '{94,0,0,6}'), ('2026-01-05 18:30+00', NULL, '{}')) AS t (at, model, frames);
INSERT INTO pair_residual_bucket SELECT 5, 1, at, 1, 2, 60, 24, -12, 30 FROM unnest(ARRAY['2026-01-05 10:00+00', '2026-01-05 18:30+00']::timestamptz[]) AS at;

CREATE FUNCTION pg_temp.rows_of(statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE 'SELECT string_agg(r::text, '', '' ORDER BY r::text) FROM (' || statement || ') AS r' INTO answer;
    RETURN answer;
END
$$;

SELECT is(pg_temp.rows_of(format('SELECT local_date, local_hour, is_open FROM %I WHERE store_id = 5', v)), '(2026-01-05,15,t), (2026-01-06,0,f)', v || ' has local times and opening hours')
FROM unnest(ARRAY['v_zone_bucket', 'v_exposure', 'v_exposure_bucket', 'v_camera_bucket', 'v_heat_bucket', 'v_pair_residual']) AS v;
-- Ranks floor(0.5 * 99) = 49 and floor(0.95 * 99) = 94 of 100 frames: bins 40 and 43.
SELECT is(pg_temp.rows_of('SELECT model, model_id, uptime_s, round(latency_p50_ms::numeric, 4), round(latency_p95_ms::numeric, 4) FROM v_camera_bucket WHERE store_id = 5'),
    '(,,600,,), (yolo,1,600,43.1041,57.3715)', 'v_camera_bucket has models, uptime and latency');

-- What nobody asks for costs nothing.
CREATE FUNCTION pg_temp.plan_of(p_role name, statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    PERFORM set_config('role', p_role, true);
    FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || statement LOOP
        plan := plan || line || chr(10);
    END LOOP;
    PERFORM set_config('role', session_user, true);
    RETURN plan;
END
$$;
CREATE ROLE analyst;
SELECT allow_reader('analyst', 'chain');
SELECT unalike(pg_temp.plan_of(r, format('SELECT bucket_at FROM %I WHERE store_id = 1', v)), '%is_open%', v || ' asks for opening hours only who wants them: ' || r)
FROM unnest(ARRAY['v_zone_bucket', 'v_exposure', 'v_exposure_bucket', 'v_camera_bucket', 'v_heat_bucket', 'v_pair_residual']) AS v
CROSS JOIN unnest(ARRAY[session_user, 'analyst']) AS r;
SELECT unalike(pg_temp.plan_of('analyst', format('SELECT bucket_at FROM %I WHERE store_id = 1', v)), '%Scan on public.store%', v || ' is not joined with stores in vain')
FROM unnest(ARRAY['v_exposure_bucket', 'v_heat_bucket']) AS v;

-- ---- keys of the star ----

SELECT helper.roll_up_all(5, '2026-02-01 00:00+00');
SELECT is(pg_temp.rows_of(format('SELECT DISTINCT %s FROM %I WHERE store_id = 5', columns, v)), keys, v || ' has the keys of its dimensions')
FROM (VALUES ('v_zone_bucket', 'floor_id, zone_id, definition_id', '(1,1,2)'), ('v_zone_hour', 'floor_id, zone_id, definition_id', '(1,1,2)'),
    ('v_zone_day', 'floor_id, zone_id, definition_id', '(1,1,2)'), ('v_flow_hour', 'floor_id, from_zone_id, to_zone_id', '(1,1,2)'),
    ('v_flow_day', 'floor_id, from_zone_id, to_zone_id', '(1,1,2)'), ('v_pair_residual', 'floor_id, camera_a_id, camera_b_id', '(1,1,2)'),
    ('v_pair_residual_day', 'floor_id, camera_a_id, camera_b_id', '(1,1,2)'), ('v_camera_bucket', 'floor_id, camera_id', '(1,2)'),
    ('v_camera_health', 'floor_id, camera_id', '(1,2)'), ('v_camera_day', 'floor_id, camera_id', '(1,2)'), ('v_floor_hour', 'floor_id', '(1)'),
    ('v_fixture_day', 'floor_id, zone_id', '(1,30)'), ('v_heat_cell', 'floor_id', '(1)'), ('v_heat_cell_hour', 'floor_id', '(1)'), ('v_heat_cell_day', 'floor_id', '(1)'),
    ('v_coverage_day', 'floor_id', '(1)'), ('v_exposure', 'floor_id', '(1)')) AS t (v, columns, keys);
SELECT results_eq('SELECT store, local_date, opens_at, closes_at, cancelled FROM v_opening_exception ORDER BY local_date',
    $$ VALUES ('store-5', date '2026-12-24', '{}'::time[], '{}'::time[], true), ('store-5', '2026-12-25', '{10:00}', '{12:00}', false) $$, 'v_opening_exception');

SELECT * FROM finish();
