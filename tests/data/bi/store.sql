-- store.sql: a small chain whose numbers one can work out by hand. Golden files of the BI queries are made from it.
--
-- Chain corner-shops, stores berlin (1, Europe/Berlin) and brooklyn (2, America/New_York), local dates
-- 2026-10-24 (Saturday) to 2026-10-26 (Monday), one-minute buckets. In Berlin clocks go back on the Sunday:
-- 73 hours, 02:00 twice. Monday begins another ISO week.
--
-- Open    berlin    Mon-Sat 08:00-20:00, Sunday closed; the 25th is an exception: 12:00-18:00
--         brooklyn  Mon-Sat 09:30-19:30, Sunday 11:00-17:00
-- Floor   ground, 10 x 6 m: 40 x 24 cells of 0.25 m from (0, 0)
-- Zones   entrance (0, 0)-(2, 2), fresh (3, 0)-(7, 2), checkout (8, 0)-(10, 2), corner (8, 4)-(10, 6): 4, 8, 4, 4 m2
-- Shelves shelf-a (3, 3)-(5, 3.5), shelf-b (5.5, 3)-(7.5, 3.5), both 1 m2, counted 0.5 m in front of them
-- Camera  west sees columns 0-19; east columns 16-39 but not the uppermost square metre of the corner.
--         Walkable: 960 cells less 32 of shelves = 928, 58 m2; nobody sees 16 of them, 1 m2: observed 912 / 928.
--
-- In every minute in which a store is open and camera west is looking, g guests come in by the door and go out again.
-- g is 2 in berlin in the hours 12 and 17, else 1. Of them
--     all                              spend 10 s in entrance                    cell 122
--     those of even minutes            20 s in fresh and 5 s at shelf-a          cells 176 and 414
--     those of every fourth minute     15 s in checkout and 5 s at shelf-b       cells 154 and 424
-- On Monday in berlin those of every minute go to fresh and shelf-a: the planogram was changed. Nobody goes to corner.
--
-- Looking. All the time, but in berlin
--     Monday 13:00-14:00   no camera: nothing is counted, exposure 0
--     Sunday 14:00-16:00   west alone: fresh is half seen, checkout, corner and shelf-b are not
-- Zone exposure a minute: 60 s; of corner 45 s, for a quarter of it is in the blind spot.
--
--                         guests   fresh visits   checkout   people_s   open and seen
--     berlin   Saturday      840            420        210      23100            12 h
--              Sunday        480            240         90      12600             6 h
--              Monday        780            780        195      31200            11 h
--     brooklyn Saturday      600            300        150      16500            10 h
--              Sunday        360            180         90       9900             6 h
--              Monday        600            300        150      16500            10 h
--
-- Saturday in berlin: 12 hours, of which two with twice the guests: 14 * 60 = 840; people_s = 840 * 10 + 420 * 25
-- + 210 * 20. Sunday: hours 12 to 17, 8 * 60; checkout without hours 14 and 15: 6 * 15. Monday: 13 * 60.
--
-- Cameras deliver 600 frames a minute, of which east loses 6; 534 of east's and all of west's come within latency bin
-- 48 (shown as 2 / 2.1 * 1.1^48 = 92.4 ms), 60 of east's within bin 55 (180 ms): its median is 92.4, its 95 % 180 ms.
-- East has ten observations a guest in fresh and in checkout, west ten a guest. Both see the guests in fresh, once a second, east
-- 0.125 m to the right of where west sees them; on Monday in berlin 0.5 m, for somebody moved the camera.

BEGIN;

CREATE FUNCTION pg_temp.rectangle(x0 numeric, y0 numeric, x1 numeric, y1 numeric) RETURNS jsonb
LANGUAGE sql AS $$
SELECT jsonb_build_object('type', 'MultiPolygon', 'coordinates', jsonb_build_array(jsonb_build_array(
    jsonb_build_array(jsonb_build_array(x0, y0), jsonb_build_array(x1, y0), jsonb_build_array(x1, y1),
    jsonb_build_array(x0, y1), jsonb_build_array(x0, y0)))))
$$;

CREATE FUNCTION pg_temp.cells(x0 numeric, y0 numeric, x1 numeric, y1 numeric) RETURNS integer[]
LANGUAGE sql AS $$
SELECT array_agg(40 * r + c ORDER BY r, c)
FROM generate_series((y0 / 0.25)::integer, (y1 / 0.25)::integer - 1) AS r
CROSS JOIN generate_series((x0 / 0.25)::integer, (x1 / 0.25)::integer - 1) AS c
$$;

CREATE FUNCTION pg_temp.mask(cells integer[]) RETURNS bytea
LANGUAGE sql AS $$
SELECT cells_mask(cells, decode(repeat('00', 120), 'hex'))
$$;

-- ---- dimensions, the same in both stores ----

INSERT INTO chain (chain) VALUES ('corner-shops');
INSERT INTO store (store_id, chain, store, timezone) VALUES
    (1, 'corner-shops', 'berlin', 'Europe/Berlin'),
    (2, 'corner-shops', 'brooklyn', 'America/New_York');

INSERT INTO opening_hours (store_id, weekday, valid_from, opens_at, closes_at)
SELECT 1, d, date '2026-01-01', CASE WHEN d = 7 THEN '{}' ELSE '{08:00}' END::time[],
    CASE WHEN d = 7 THEN '{}' ELSE '{20:00}' END::time[]
FROM generate_series(1, 7) AS d
UNION ALL
SELECT 2, d, date '2026-01-01', CASE WHEN d = 7 THEN '{11:00}' ELSE '{09:30}' END::time[],
    CASE WHEN d = 7 THEN '{17:00}' ELSE '{19:30}' END::time[]
FROM generate_series(1, 7) AS d;
INSERT INTO opening_exception (store_id, local_date, opens_at, closes_at)
VALUES (1, '2026-10-25', '{12:00}', '{18:00}');

INSERT INTO floor (store_id, floor_id, floor) SELECT store_id, 1, 'ground' FROM store;
INSERT INTO grid (store_id, grid_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, rows)
SELECT store_id, 1, 1, 0, 0, 0.25, 40, 24 FROM store;
INSERT INTO definition (store_id, definition_id, bucket_s, visit_s, cell_m) SELECT store_id, 1, 60, 5, 0.25 FROM store;
INSERT INTO model (store_id, model_id, model, input_width, input_height)
SELECT store_id, 1, 'yolo-fastest-1.1_body', 320, 320 FROM store;

INSERT INTO walkable (store_id, grid_id, mask, cells)
SELECT store_id, 1, pg_temp.mask(array_agg(c ORDER BY c)), count(*)
FROM store CROSS JOIN generate_series(0, 959) AS c
WHERE NOT c = ANY (pg_temp.cells(3, 3, 5, 3.5) || pg_temp.cells(5.5, 3, 7.5, 3.5))
GROUP BY store_id;

CREATE TEMPORARY TABLE place (zone_id integer, kind text, zone text, x0 numeric, y0 numeric, x1 numeric, y1 numeric,
    height_m double precision, in_front integer[]);
INSERT INTO place VALUES
    (1, 'zone', 'entrance', 0, 0, 2, 2, NULL, NULL),
    (2, 'zone', 'fresh', 3, 0, 7, 2, NULL, NULL),
    (3, 'zone', 'checkout', 8, 0, 10, 2, NULL, NULL),
    (4, 'zone', 'corner', 8, 4, 10, 6, NULL, NULL),
    (5, 'fixture', 'shelf-a', 3, 3, 5, 3.5, 1.8, pg_temp.cells(3, 2.5, 5, 3)),
    (6, 'fixture', 'shelf-b', 5.5, 3, 7.5, 3.5, 1.8, pg_temp.cells(5.5, 2.5, 7.5, 3));

INSERT INTO zone (store_id, zone_id, floor_id, kind, zone, geojson, area_m2, height_m, valid_from)
SELECT store_id, zone_id, 1, kind, zone, pg_temp.rectangle(x0, y0, x1, y1), (x1 - x0) * (y1 - y0), height_m,
    '2026-10-01T00:00Z'
FROM store CROSS JOIN place;
INSERT INTO zone_cells (store_id, zone_id, grid_id, cells)
SELECT store_id, zone_id, 1, coalesce(in_front, pg_temp.cells(x0, y0, x1, y1)) FROM store CROSS JOIN place;

-- Upwards at x = 0.25: who comes in crosses it from left to right.
INSERT INTO counting_line (store_id, line_id, floor_id, line, geojson, inward, valid_from)
SELECT store_id, 1, 1, 'door', '{"type": "LineString", "coordinates": [[0.25, 0], [0.25, 2]]}', 'left_to_right',
    '2026-10-01T00:00Z'
FROM store;

INSERT INTO camera (store_id, camera_id, camera)
SELECT store_id, c.camera_id, c.camera FROM store CROSS JOIN (VALUES (1, 'east'), (2, 'west')) AS c (camera_id, camera);
INSERT INTO calibration (store_id, calibration_id, camera_id, version, first_used_at, text, author, note, valid_from,
    added_at)
SELECT store_id, camera_id, camera_id, encode(sha256(convert_to(camera, 'UTF8')), 'hex'), '2026-10-23T22:00Z', NULL,
    'installer', 'as mounted', '2026-10-01T00:00Z', '2026-10-01T00:00Z'
FROM camera;

CREATE TEMPORARY TABLE sight (camera_id integer, cells integer[]);
INSERT INTO sight VALUES
    (1, (SELECT array_agg(c) FROM unnest(pg_temp.cells(4, 0, 10, 6)) AS c
        WHERE NOT c = ANY (pg_temp.cells(9, 5, 10, 6)))),
    (2, pg_temp.cells(0, 0, 5, 6));
INSERT INTO footprint (store_id, footprint_id, camera_id, grid_id, calibration_id, mask)
SELECT store_id, camera_id, camera_id, 1, camera_id, pg_temp.mask(cells) FROM store CROSS JOIN sight;
INSERT INTO camera_set (store_id, camera_set_id, grid_id, camera_ids, footprint_ids, mask)
SELECT store_id, k.camera_set_id, 1, k.camera_ids, k.camera_ids, pg_temp.mask(k.cells)
FROM store
CROSS JOIN (VALUES
    (1, ARRAY[1, 2], (SELECT array_agg(DISTINCT c) FROM sight, unnest(cells) AS c)),
    (2, ARRAY[2], (SELECT cells FROM sight WHERE camera_id = 2)),
    (3, ARRAY[]::integer[], ARRAY[]::integer[])) AS k (camera_set_id, camera_ids, cells);

-- ---- facts ----

SELECT ensure_partitions('2026-10-01', '2026-10-31');

CREATE TEMPORARY TABLE minute AS
SELECT m.*, m.guests * (m.every_minute OR m.minute % 2 = 0)::integer AS to_fresh,
    m.guests * (m.east AND m.minute % 4 = 0)::integer AS to_checkout
FROM (
    SELECT l.*, (l.open AND l.west)::integer
        * CASE WHEN l.store_id = 1 AND l.hour IN (12, 17) THEN 2 ELSE 1 END AS guests
    FROM (
        SELECT s.store_id, b.bucket_at, extract(hour FROM w.at)::integer AS hour,
            extract(minute FROM w.at)::integer AS minute, o.ranges @> b.bucket_at AS open,
            NOT (s.store_id = 1 AND w.at >= '2026-10-26 13:00' AND w.at < '2026-10-26 14:00') AS west,
            NOT (s.store_id = 1 AND (w.at >= '2026-10-26 13:00' AND w.at < '2026-10-26 14:00'
                OR w.at >= '2026-10-25 14:00' AND w.at < '2026-10-25 16:00')) AS east,
            s.store_id = 1 AND w.at >= '2026-10-26' AS every_minute
        FROM store AS s
        CROSS JOIN LATERAL (SELECT opening_ranges(s.store_id, '2026-10-23', '2026-10-28') AS ranges OFFSET 0) AS o
        CROSS JOIN LATERAL generate_series(timestamp '2026-10-24' AT TIME ZONE s.timezone,
            timestamp '2026-10-27' AT TIME ZONE s.timezone - interval '1 minute', interval '1 minute') AS b (bucket_at)
        CROSS JOIN LATERAL (SELECT b.bucket_at AT TIME ZONE s.timezone AS at) AS w
    ) AS l
) AS m;

INSERT INTO heat_bucket (store_id, floor_id, bucket_at, grid_id, definition_id, peak_people, people_ms, first_cell,
    dwell_unit_ms, cells)
SELECT m.store_id, 1, m.bucket_at, 1, 1, m.guests, 1000 * (10 * m.guests + 25 * m.to_fresh + 20 * m.to_checkout),
    p.first_cell, p.dwell_unit_ms, p.cells
FROM minute AS m
CROSS JOIN LATERAL (
    -- Everybody crosses each cell once, 0.25 m to the right.
    SELECT coalesce(array_agg(v.cell ORDER BY v.cell), '{}') AS cell,
        coalesce(array_agg(1000 * v.n * v.stay_s ORDER BY v.cell), '{}') AS dwell_ms,
        coalesce(array_agg(v.n ORDER BY v.cell), '{}') AS passes,
        coalesce(array_agg(250 * v.n ORDER BY v.cell), '{}') AS path_mm,
        coalesce(array_agg(0 * v.n ORDER BY v.cell), '{}') AS zero
    FROM (VALUES (122, m.guests, 10), (176, m.to_fresh, 20), (414, m.to_fresh, 5), (154, m.to_checkout, 15),
        (424, m.to_checkout, 5)) AS v (cell, n, stay_s)
    WHERE v.n > 0
) AS a
CROSS JOIN LATERAL heat_pack(a.cell, a.dwell_ms, a.passes, a.path_mm, a.zero, a.path_mm) AS p;

INSERT INTO exposure (store_id, floor_id, bucket_at, camera_set_id, exposure_ms)
SELECT store_id, 1, bucket_at, CASE WHEN east THEN 1 WHEN west THEN 2 ELSE 3 END, 60000 FROM minute;

INSERT INTO zone_bucket (store_id, zone_id, bucket_at, definition_id, visits, entries, exits, peak_people, dwell_ms,
    exposure_ms)
SELECT m.store_id, v.zone_id, m.bucket_at, 1, v.n, v.n, v.n, v.n, 1000 * v.n * v.stay_s, 1000 * v.exposure_s
FROM minute AS m
CROSS JOIN LATERAL (VALUES
    (1, m.guests, 10, 60 * m.west::integer),
    (2, m.to_fresh, 20, 30 * m.west::integer + 30 * m.east::integer),
    (3, m.to_checkout, 15, 60 * m.east::integer),
    (4, 0, 0, 45 * m.east::integer)) AS v (zone_id, n, stay_s, exposure_s);

INSERT INTO line_bucket (store_id, line_id, bucket_at, left_to_right, right_to_left)
SELECT store_id, 1, bucket_at, guests, guests FROM minute;

INSERT INTO flow_bucket (store_id, from_zone_id, to_zone_id, bucket_at, people)
SELECT m.store_id, v.from_zone_id, v.to_zone_id, m.bucket_at, v.people
FROM minute AS m
CROSS JOIN LATERAL (VALUES (1, 2, m.to_fresh), (2, 3, m.to_checkout)) AS v (from_zone_id, to_zone_id, people)
WHERE v.people > 0;

-- A camera that is down but known has a row with nothing in it; with the whole network gone there is none.
INSERT INTO camera_bucket (store_id, floor_id, bucket_at, camera_id, calibration_id, model_id, frames, observations,
    missed, uptime_ms, latency_bin, latency_frames)
SELECT m.store_id, 1, m.bucket_at, v.camera_id, v.camera_id, 1, v.frames, v.observations, v.missed, v.uptime_ms, 48,
    v.latency_frames
FROM minute AS m
CROSS JOIN LATERAL (VALUES
    (1, m.east, 594 * m.east::integer, 10 * m.east::integer * (m.to_fresh + m.to_checkout), 6 * m.east::integer,
        60000 * m.east::integer, CASE WHEN m.east THEN ARRAY[534, 0, 0, 0, 0, 0, 0, 60] ELSE '{}' END),
    (2, m.west, 600, 10 * m.guests, 0, 60000, ARRAY[600])
) AS v (camera_id, looks, frames, observations, missed, uptime_ms, latency_frames)
WHERE m.west;

INSERT INTO pair_residual_bucket (store_id, floor_id, bucket_at, camera_a_id, camera_b_id, matches, sum_dx_m,
    sum_dy_m, sum_squared_m2)
SELECT m.store_id, 1, m.bucket_at, 1, 2, 20 * m.to_fresh, 20 * m.to_fresh * d.dx_m, 0,
    20 * m.to_fresh * d.dx_m * d.dx_m
FROM minute AS m
CROSS JOIN LATERAL (SELECT CASE WHEN m.every_minute THEN 0.5 ELSE 0.125 END AS dx_m) AS d
WHERE m.to_fresh > 0 AND m.east;

INSERT INTO finding (store_id, finding_id, floor_id, kind, camera_id, other_camera_id, size, unit, confidence,
    evidence, proposal, opened_at, closed_at) VALUES
    (1, 1, 1, 'calibration_shift', 1, 2, 0.5, 'm', 0.97, 2400, 'move the floor map of east by 0.5 m to the left',
        '2026-10-26T09:00Z', NULL),
    (1, 2, 1, 'clock_offset', 2, NULL, 0.8, 's', 0.9, 600, NULL, '2026-10-24T08:00Z', '2026-10-24T09:30Z');
INSERT INTO coverage_gap (store_id, gap_id, floor_id, zone_id, cause, geojson, area_m2, severity, first_seen_at,
    last_seen_at)
SELECT store_id, 1, 1, 4, 'no_line_of_sight', pg_temp.rectangle(9, 5, 10, 6), 1, 0.25, '2026-10-24T06:00Z',
    '2026-10-26T18:00Z'
FROM store;

DROP TABLE place, sight, minute;

COMMIT;

-- What a store's programs do between buckets, until nothing is left; seen from the day after.
DO $$
DECLARE
    s integer;
BEGIN
    FOR s IN SELECT store_id FROM store ORDER BY store_id LOOP
        WHILE roll_up(s, '2026-10-28T12:00Z') > 0 LOOP
        END LOOP;
    END LOOP;
END
$$;
ANALYZE;
