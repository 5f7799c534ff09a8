-- 0026_view.sql: what BI tools read.
-- Measures are NULL where nobody could look and 0 where nobody came. A measure of people who were counted
-- although no camera was looking (a track coasts through a blind spot) is kept. Small counts that a reader may
-- not see are NULL as well; is_hidden tells the two apart.
-- In every view the limit for small counts is asked for once a query, not once a row.

-- ---- dimensions ----

CREATE VIEW v_date AS
SELECT local_date, year, quarter, month, month_name, day, iso_year, iso_week, weekday, weekday_name, is_weekend
FROM calendar_date;

CREATE VIEW v_hour AS
SELECT local_hour, hour_name, day_part FROM calendar_hour;

CREATE VIEW v_store AS
SELECT s.store_id, s.chain, s.store, s.timezone FROM store AS s;

CREATE VIEW v_floor AS
SELECT f.store_id, s.chain, s.store, f.floor_id, f.floor
FROM floor AS f JOIN store AS s USING (store_id);

CREATE VIEW v_grid AS
SELECT g.store_id, g.grid_id, g.floor_id, f.floor, g.origin_x_m, g.origin_y_m, g.cell_m, g.columns, g.rows
FROM grid AS g JOIN floor AS f USING (store_id, floor_id);

CREATE VIEW v_zone AS
SELECT z.store_id, s.chain, s.store, f.floor_id, f.floor, z.zone_id, z.kind, z.zone, z.area_m2, z.height_m,
    z.valid_from, z.valid_to, z.geojson
FROM zone AS z JOIN store AS s USING (store_id) JOIN floor AS f USING (store_id, floor_id);

CREATE VIEW v_line AS
SELECT l.store_id, s.chain, s.store, f.floor_id, f.floor, l.line_id, l.line, l.inward, l.valid_from, l.valid_to,
    l.geojson
FROM counting_line AS l JOIN store AS s USING (store_id) JOIN floor AS f USING (store_id, floor_id);

CREATE VIEW v_camera AS
SELECT c.store_id, s.chain, s.store, c.camera_id, c.camera
FROM camera AS c JOIN store AS s USING (store_id);

CREATE VIEW v_model AS
SELECT m.store_id, m.model_id, m.model, m.input_width, m.input_height FROM model AS m;

CREATE VIEW v_definition AS
SELECT d.store_id, d.definition_id, d.bucket_s, d.visit_s, d.cell_m, d.zone_hysteresis_m FROM definition AS d;

CREATE VIEW v_opening_hours AS
SELECT h.store_id, s.chain, s.store, h.weekday, h.valid_from, h.opens_at, h.closes_at
FROM opening_hours AS h JOIN store AS s USING (store_id);

CREATE VIEW v_opening_exception AS
SELECT e.store_id, s.chain, s.store, e.local_date, e.opens_at, e.closes_at, e.cancelled
FROM opening_exception AS e JOIN store AS s USING (store_id);

CREATE VIEW v_camera_set AS
SELECT k.store_id, k.camera_set_id, k.grid_id, k.camera_ids, k.mask FROM camera_set AS k;

-- ---- heat ----

-- Rows as they are stored, for programs that add cells up themselves. There is no telling what they will add up,
-- so these are empty for readers from whom small counts are hidden. Stores are joined from the left: who does not ask
-- for local times does not pay for them, nor for is_open() who does not ask for that.
CREATE VIEW v_heat_bucket AS
SELECT b.store_id, b.floor_id, b.bucket_at, b.grid_id, b.definition_id, d.bucket_s, b.people_ms, b.peak_people,
    b.first_cell, b.dwell_unit_ms, b.cells,
    (b.bucket_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM b.bucket_at AT TIME ZONE s.timezone)::integer AS local_hour,
    is_open(b.store_id, b.bucket_at) AS is_open
FROM heat_bucket AS b JOIN definition AS d USING (store_id, definition_id) LEFT JOIN store AS s USING (store_id)
WHERE (SELECT small_count_limit(current_user)) = 0;

CREATE VIEW v_heat_hour AS
SELECT store_id, floor_id, hour_at, hour_end, is_open, local_date, local_hour::integer, grid_id, definition_id, cell,
    dwell_ms, passes, move_x_cm, move_y_cm, path_cm
FROM heat_hour
WHERE first_bucket_at IS NOT NULL AND (SELECT small_count_limit(current_user)) = 0;

CREATE VIEW v_heat_day AS
SELECT store_id, floor_id, local_date, day_at, day_end, is_open, grid_id, definition_id, cell, dwell_ms, passes,
    move_x_cm, move_y_cm, path_cm, packed
FROM heat_day
WHERE first_bucket_at IS NOT NULL AND (SELECT small_count_limit(current_user)) = 0;

-- Opening hours of buckets that have many rows are a join from the left on an aggregate: it has one row, so it is left
-- out where nobody asks for it, and the planner remembers (Memoize) what it was for a bucket.
-- Keys for programs, which join v_camera_set; v_exposure has the same with names for people.
CREATE VIEW v_exposure_bucket AS
SELECT b.store_id, b.floor_id, b.bucket_at, b.camera_set_id, b.exposure_ms,
    (b.bucket_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM b.bucket_at AT TIME ZONE s.timezone)::integer AS local_hour,
    o.is_open
FROM exposure AS b LEFT JOIN store AS s USING (store_id)
LEFT JOIN LATERAL (
    SELECT bool_and(is_open(k.store_id, k.bucket_at)) AS is_open
    FROM (SELECT b.store_id, b.bucket_at OFFSET 0) AS k
) AS o ON true;

-- The views of buckets from before there were local dates, opening hours and models. Columns are added behind the others.
CREATE OR REPLACE VIEW v_exposure AS
SELECT
    e.store_id,
    s.chain,
    s.store,
    f.floor,
    e.bucket_at,
    e.bucket_at AT TIME ZONE s.timezone AS local_at,
    (SELECT coalesce(array_agg(c.camera ORDER BY c.camera), '{}')
     FROM camera AS c
     WHERE c.store_id = e.store_id AND c.camera_id = ANY (k.camera_ids)) AS cameras,
    e.exposure_ms::double precision / 1000 AS exposure_s,
    (e.bucket_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM e.bucket_at AT TIME ZONE s.timezone)::integer AS local_hour,
    o.is_open,
    f.floor_id
FROM exposure AS e
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera_set AS k USING (store_id, camera_set_id)
LEFT JOIN LATERAL (
    SELECT bool_and(is_open(k.store_id, k.bucket_at)) AS is_open
    FROM (SELECT e.store_id, e.bucket_at OFFSET 0) AS k
) AS o ON true;

CREATE VIEW v_exposure_hour AS
SELECT store_id, floor_id, hour_at, is_open, camera_set_id, exposure_ms FROM exposure_hour;

CREATE VIEW v_exposure_day AS
SELECT store_id, floor_id, local_date, is_open, camera_set_id, exposure_ms FROM exposure_day;

-- Late buckets from before the horizon of retention are never rolled up.
CREATE VIEW v_rollup_pending AS
SELECT p.store_id, p.floor_id, p.hour_at, p.hour_end, p.sums
FROM rollup_hour_pending AS p LEFT JOIN retention AS r USING (store_id)
WHERE p.hour_at >= coalesce(r.bucket_gone, '-infinity');

CREATE VIEW v_rollup_day_pending AS
SELECT store_id, floor_id, local_date FROM rollup_day_pending;

-- How long each cell of a grid was seen: sets of cameras with their time, opened. The concatenation unpacks
-- a long mask once instead of once a cell.
CREATE FUNCTION exposed_cells(masks bytea[], exposures_ms bigint[], cell_count integer)
RETURNS TABLE (cell integer, exposure_ms numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT n, sum(e.exposure_ms)
FROM (SELECT m || ''::bytea AS mask, x AS exposure_ms FROM unnest(masks, exposures_ms) AS u (m, x) OFFSET 0) AS e
CROSS JOIN generate_series(0, cell_count - 1) AS n
WHERE get_bit(e.mask, n) = 1
GROUP BY n;
END;

COMMENT ON FUNCTION exposed_cells(bytea[], bigint[], integer) IS
    'How long each cell was seen, by masks of camera sets and their times; cells never seen are left out';

-- All cells of a grid with what happened in them: what the three views of cells have in common.
CREATE FUNCTION open_cells(cell_count integer, masks bytea[], exposures_ms bigint[], p_cell integer[],
    p_dwell_ms bigint[], p_passes integer[], p_move_x_cm integer[], p_move_y_cm integer[],
    p_path_cm integer[], min_count integer)
RETURNS TABLE (cell integer, dwell_s double precision, passes bigint, move_x_m double precision,
    move_y_m double precision, path_m double precision, exposure_s double precision, is_hidden boolean)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT n.cell,
    CASE WHEN w.shown THEN coalesce(h.dwell_ms, 0)::double precision / 1000 END,
    CASE WHEN w.shown THEN coalesce(h.passes, 0)::bigint END,
    CASE WHEN w.shown THEN coalesce(h.move_x_cm, 0)::double precision / 100 END,
    CASE WHEN w.shown THEN coalesce(h.move_y_cm, 0)::double precision / 100 END,
    CASE WHEN w.shown THEN coalesce(h.path_cm, 0)::double precision / 100 END,
    coalesce(x.exposure_ms, 0)::double precision / 1000,
    w.hidden
FROM generate_series(0, cell_count - 1) AS n (cell)
LEFT JOIN unnest(p_cell, p_dwell_ms, p_passes, p_move_x_cm, p_move_y_cm, p_path_cm)
    AS h (cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm) USING (cell)
LEFT JOIN exposed_cells(masks, exposures_ms, cell_count) AS x USING (cell)
-- People who only stood here made no pass, but are somebody.
CROSS JOIN LATERAL (SELECT h.cell IS NOT NULL AND greatest(h.passes, 1) < min_count AS hidden OFFSET 0) AS p
CROSS JOIN LATERAL (SELECT p.hidden,
    NOT p.hidden AND (h.cell IS NOT NULL OR x.exposure_ms IS NOT NULL) AS shown) AS w;
END;

COMMENT ON FUNCTION open_cells(integer, bytea[], bigint[], integer[], bigint[], integer[], integer[], integer[],
    integer[], integer) IS
    'Every cell of a grid: NULL measures where nobody could look or counts are hidden, 0 where nobody came';

CREATE VIEW v_heat_cell AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, b.bucket_at, d.bucket_s,
    b.bucket_at AT TIME ZONE s.timezone AS local_at,
    (b.bucket_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM b.bucket_at AT TIME ZONE s.timezone)::integer AS local_hour,
    e.is_open,
    c.cell,
    g.origin_x_m + (c.cell % g.columns + 0.5::double precision) * g.cell_m AS x_m,
    g.origin_y_m + (c.cell / g.columns + 0.5::double precision) * g.cell_m AS y_m,
    g.cell_m, c.dwell_s, c.passes, c.move_x_m, c.move_y_m, c.path_m, c.exposure_s, c.is_hidden
FROM heat_bucket AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN grid AS g USING (store_id, grid_id)
JOIN definition AS d USING (store_id, definition_id)
CROSS JOIN LATERAL (
    -- Whether it is open is asked here, once a bucket and not once a cell.
    SELECT array_agg(k.mask) AS masks, array_agg(e.exposure_ms) AS exposures_ms,
        is_open(b.store_id, b.bucket_at) AS is_open
    FROM exposure AS e JOIN camera_set AS k USING (store_id, camera_set_id)
    WHERE e.store_id = b.store_id AND e.floor_id = b.floor_id AND e.bucket_at = b.bucket_at
        AND e.exposure_ms > 0 AND k.grid_id = b.grid_id
) AS e
CROSS JOIN LATERAL (
    SELECT array_agg(n.cell) AS cell, array_agg(n.dwell_ms) AS dwell_ms, array_agg(n.passes) AS passes,
        array_agg(n.move_x_cm) AS move_x_cm, array_agg(n.move_y_cm) AS move_y_cm, array_agg(n.path_cm) AS path_cm
    FROM (
        SELECT a.cell, sum(a.dwell_ms) AS dwell_ms, sum(a.passes)::integer AS passes,
            sum(a.move_x_cm)::integer AS move_x_cm, sum(a.move_y_cm)::integer AS move_y_cm,
            sum(a.path_cm)::integer AS path_cm
        FROM heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS a
        GROUP BY a.cell
        -- Entries that only bridge a gap mean nothing.
        HAVING sum(a.dwell_ms) > 0 OR sum(a.passes) > 0 OR sum(a.path_cm) <> 0
            OR sum(a.move_x_cm) <> 0 OR sum(a.move_y_cm) <> 0
    ) AS n
) AS h
CROSS JOIN LATERAL open_cells(g.columns * g.rows, e.masks, e.exposures_ms, h.cell, h.dwell_ms, h.passes,
    h.move_x_cm, h.move_y_cm, h.path_cm, (SELECT small_count_limit(current_user))) AS c;

CREATE VIEW v_heat_cell_hour AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, b.hour_at, b.local_date, b.local_hour::integer, b.is_open,
    c.cell,
    g.origin_x_m + (c.cell % g.columns + 0.5::double precision) * g.cell_m AS x_m,
    g.origin_y_m + (c.cell / g.columns + 0.5::double precision) * g.cell_m AS y_m,
    g.cell_m, c.dwell_s, c.passes, c.move_x_m, c.move_y_m, c.path_m, c.exposure_s, c.is_hidden
FROM heat_hour AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN grid AS g USING (store_id, grid_id)
CROSS JOIN LATERAL (
    SELECT array_agg(k.mask) AS masks, array_agg(e.exposure_ms) AS exposures_ms
    FROM exposure_hour AS e JOIN camera_set AS k USING (store_id, camera_set_id)
    WHERE e.store_id = b.store_id AND e.floor_id = b.floor_id AND e.hour_at = b.hour_at
        AND e.is_open = b.is_open AND e.exposure_ms > 0 AND k.grid_id = b.grid_id
) AS e
CROSS JOIN LATERAL open_cells(g.columns * g.rows, e.masks, e.exposures_ms, b.cell, b.dwell_ms, b.passes,
    b.move_x_cm, b.move_y_cm, b.path_cm, (SELECT small_count_limit(current_user))) AS c;

CREATE VIEW v_heat_cell_day AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, b.local_date, b.is_open, c.cell,
    g.origin_x_m + (c.cell % g.columns + 0.5::double precision) * g.cell_m AS x_m,
    g.origin_y_m + (c.cell / g.columns + 0.5::double precision) * g.cell_m AS y_m,
    g.cell_m, c.dwell_s, c.passes, c.move_x_m, c.move_y_m, c.path_m, c.exposure_s, c.is_hidden
FROM heat_day AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN grid AS g USING (store_id, grid_id)
CROSS JOIN LATERAL (
    SELECT array_agg(k.mask) AS masks, array_agg(e.exposure_ms) AS exposures_ms
    FROM exposure_day AS e JOIN camera_set AS k USING (store_id, camera_set_id)
    WHERE e.store_id = b.store_id AND e.floor_id = b.floor_id AND e.local_date = b.local_date
        AND e.is_open = b.is_open AND e.exposure_ms > 0 AND k.grid_id = b.grid_id
) AS e
CROSS JOIN LATERAL open_cells(g.columns * g.rows, e.masks, e.exposures_ms, b.cell, b.dwell_ms, b.passes,
    b.move_x_cm, b.move_y_cm, b.path_cm, (SELECT small_count_limit(current_user))) AS c;

-- ---- zones, lines, flows ----

-- Whether measures are shown, and why not: one rule for all views that count people. One small count hides its
-- row: of nine people at once and one visit that one is told. Views give the least of the counts that are not 0.
CREATE FUNCTION is_small(least_count bigint, min_count integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT min_count > 0 AND coalesce(least_count < min_count, false);
END;

COMMENT ON FUNCTION is_small(bigint, integer) IS
    'Whether a row is hidden from the reader: by its least count of people above 0, NULL: there is none';

CREATE VIEW v_zone_bucket AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, z.zone_id, z.zone, b.bucket_at, b.definition_id, d.bucket_s,
    d.visit_s,
    b.bucket_at AT TIME ZONE s.timezone AS local_at,
    (b.bucket_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM b.bucket_at AT TIME ZONE s.timezone)::integer AS local_hour,
    o.is_open,
    CASE WHEN w.shown THEN b.visits END AS visits,
    CASE WHEN w.shown THEN b.entries END AS entries,
    CASE WHEN w.shown THEN b.exits END AS exits,
    CASE WHEN w.shown THEN b.peak_people END AS peak_people,
    CASE WHEN w.shown THEN b.dwell_ms::double precision / 1000 END AS dwell_s,
    CASE WHEN w.shown THEN b.dwell_ms::double precision / nullif(b.exposure_ms, 0) END AS mean_people,
    b.exposure_ms::double precision / 1000 AS exposure_s, w.is_hidden
FROM zone_bucket AS b
JOIN zone AS z USING (store_id, zone_id)
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN definition AS d USING (store_id, definition_id)
LEFT JOIN LATERAL (
    SELECT bool_and(is_open(k.store_id, k.bucket_at)) AS is_open
    FROM (SELECT b.store_id, b.bucket_at OFFSET 0) AS k
) AS o ON true
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(least(nullif(b.visits, 0), nullif(b.entries, 0), nullif(b.exits, 0),
    nullif(b.peak_people, 0)), m.min_count) AS is_hidden) AS h
CROSS JOIN LATERAL (SELECT h.is_hidden,
    NOT h.is_hidden AND (b.exposure_ms > 0 OR b.dwell_ms > 0 OR b.entries > 0 OR b.exits > 0) AS shown) AS w;

CREATE VIEW v_zone_hour AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, z.zone_id, z.zone, b.hour_at, b.local_date,
    b.local_hour::integer, b.is_open, b.definition_id, d.visit_s,
    CASE WHEN w.shown THEN b.visits END AS visits,
    CASE WHEN w.shown THEN b.entries END AS entries,
    CASE WHEN w.shown THEN b.exits END AS exits,
    CASE WHEN w.shown THEN b.peak_people END AS peak_people,
    CASE WHEN w.shown THEN b.dwell_ms::double precision / 1000 END AS dwell_s,
    CASE WHEN w.shown THEN b.dwell_ms::double precision / nullif(b.exposure_ms, 0) END AS mean_people,
    b.exposure_ms::double precision / 1000 AS exposure_s, w.is_hidden
FROM zone_hour AS b
JOIN zone AS z USING (store_id, zone_id)
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN definition AS d USING (store_id, definition_id)
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(least(nullif(b.visits, 0), nullif(b.entries, 0), nullif(b.exits, 0),
    nullif(b.peak_people, 0)), m.min_count) AS is_hidden) AS h
CROSS JOIN LATERAL (SELECT h.is_hidden,
    NOT h.is_hidden AND (b.exposure_ms > 0 OR b.dwell_ms > 0 OR b.entries > 0 OR b.exits > 0) AS shown) AS w;

CREATE VIEW v_zone_day AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, z.zone_id, z.zone, b.local_date, b.is_open,
    b.definition_id, d.visit_s,
    CASE WHEN w.shown THEN b.visits END AS visits,
    CASE WHEN w.shown THEN b.entries END AS entries,
    CASE WHEN w.shown THEN b.exits END AS exits,
    CASE WHEN w.shown THEN b.peak_people END AS peak_people,
    CASE WHEN w.shown THEN b.dwell_ms::double precision / 1000 END AS dwell_s,
    CASE WHEN w.shown THEN b.dwell_ms::double precision / nullif(b.exposure_ms, 0) END AS mean_people,
    b.exposure_ms::double precision / 1000 AS exposure_s, w.is_hidden
FROM zone_day AS b
JOIN zone AS z USING (store_id, zone_id)
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN definition AS d USING (store_id, definition_id)
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(least(nullif(b.visits, 0), nullif(b.entries, 0), nullif(b.exits, 0),
    nullif(b.peak_people, 0)), m.min_count) AS is_hidden) AS h
CROSS JOIN LATERAL (SELECT h.is_hidden,
    NOT h.is_hidden AND (b.exposure_ms > 0 OR b.dwell_ms > 0 OR b.entries > 0 OR b.exits > 0) AS shown) AS w;

CREATE VIEW v_fixture_day AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, z.zone_id, z.zone AS fixture, b.local_date, b.is_open,
    CASE WHEN w.shown THEN b.passes END AS passes,
    CASE WHEN w.shown THEN b.dwell_ms::double precision / 1000 END AS dwell_s,
    CASE WHEN w.shown THEN b.dwell_ms::double precision / nullif(b.exposure_ms, 0) END AS mean_people,
    b.exposure_ms::double precision / 1000 AS exposure_s, w.is_hidden
FROM fixture_day AS b
JOIN zone AS z USING (store_id, zone_id)
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
-- Who only stood there made no pass, but is somebody.
CROSS JOIN LATERAL (SELECT is_small(nullif(greatest(b.passes, (b.dwell_ms > 0)::integer), 0), m.min_count)
    AS is_hidden) AS h
CROSS JOIN LATERAL (SELECT h.is_hidden,
    NOT h.is_hidden AND (b.exposure_ms > 0 OR b.dwell_ms > 0) AS shown) AS w;

-- A line has no exposure of its own: where no camera of its floor looked, nobody knows.
CREATE VIEW v_line_hour AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, l.line_id, l.line, b.hour_at, b.local_date,
    b.local_hour::integer, b.is_open, w.is_hidden,
    CASE WHEN w.shown THEN b.left_to_right END AS left_to_right,
    CASE WHEN w.shown THEN b.right_to_left END AS right_to_left,
    CASE WHEN w.shown THEN CASE l.inward WHEN 'left_to_right' THEN b.left_to_right
        WHEN 'right_to_left' THEN b.right_to_left END END AS crossed_in,
    CASE WHEN w.shown THEN CASE l.inward WHEN 'left_to_right' THEN b.right_to_left
        WHEN 'right_to_left' THEN b.left_to_right END END AS crossed_out
FROM line_hour AS b
JOIN counting_line AS l USING (store_id, line_id)
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
LEFT JOIN floor_hour AS e USING (store_id, floor_id, hour_at, is_open)
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(least(nullif(b.left_to_right, 0), nullif(b.right_to_left, 0)),
    m.min_count) AS is_hidden) AS h
CROSS JOIN LATERAL (SELECT h.is_hidden,
    NOT h.is_hidden AND (e.exposure_ms > 0 OR b.left_to_right > 0 OR b.right_to_left > 0) AS shown) AS w;

CREATE VIEW v_line_day AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, l.line_id, l.line, b.local_date, b.is_open, w.is_hidden,
    CASE WHEN w.shown THEN b.left_to_right END AS left_to_right,
    CASE WHEN w.shown THEN b.right_to_left END AS right_to_left,
    CASE WHEN w.shown THEN CASE l.inward WHEN 'left_to_right' THEN b.left_to_right
        WHEN 'right_to_left' THEN b.right_to_left END END AS crossed_in,
    CASE WHEN w.shown THEN CASE l.inward WHEN 'left_to_right' THEN b.right_to_left
        WHEN 'right_to_left' THEN b.left_to_right END END AS crossed_out
FROM line_day AS b
JOIN counting_line AS l USING (store_id, line_id)
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
LEFT JOIN floor_day AS e USING (store_id, floor_id, local_date, is_open)
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(least(nullif(b.left_to_right, 0), nullif(b.right_to_left, 0)),
    m.min_count) AS is_hidden) AS h
CROSS JOIN LATERAL (SELECT h.is_hidden,
    NOT h.is_hidden AND (e.exposure_ms > 0 OR b.left_to_right > 0 OR b.right_to_left > 0) AS shown) AS w;

CREATE VIEW v_flow_hour AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, b.from_zone_id, a.zone AS from_zone, b.to_zone_id,
    z.zone AS to_zone, b.hour_at, b.local_date, b.local_hour::integer, b.is_open, h.is_hidden,
    CASE WHEN NOT h.is_hidden THEN b.people END AS people
FROM flow_hour AS b
JOIN zone AS a ON a.store_id = b.store_id AND a.zone_id = b.from_zone_id
JOIN zone AS z ON z.store_id = b.store_id AND z.zone_id = b.to_zone_id
JOIN store AS s ON s.store_id = b.store_id
JOIN floor AS f ON f.store_id = b.store_id AND f.floor_id = a.floor_id
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(nullif(b.people, 0), m.min_count) AS is_hidden) AS h;

CREATE VIEW v_flow_day AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, b.from_zone_id, a.zone AS from_zone, b.to_zone_id,
    z.zone AS to_zone, b.local_date, b.is_open, h.is_hidden, CASE WHEN NOT h.is_hidden THEN b.people END AS people
FROM flow_day AS b
JOIN zone AS a ON a.store_id = b.store_id AND a.zone_id = b.from_zone_id
JOIN zone AS z ON z.store_id = b.store_id AND z.zone_id = b.to_zone_id
JOIN store AS s ON s.store_id = b.store_id
JOIN floor AS f ON f.store_id = b.store_id AND f.floor_id = a.floor_id
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(nullif(b.people, 0), m.min_count) AS is_hidden) AS h;

-- ---- floors and stores ----

CREATE VIEW v_floor_hour AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, b.hour_at, b.local_date, b.local_hour::integer, b.is_open,
    CASE WHEN w.shown THEN b.people_ms::double precision / 1000 END AS people_s,
    CASE WHEN w.shown THEN b.people_ms::double precision / nullif(b.exposure_ms, 0) END AS mean_people,
    CASE WHEN w.shown THEN b.peak_people END AS peak_people,
    CASE WHEN w.shown THEN b.zone_visits END AS zone_visits,
    CASE WHEN w.shown THEN b.crossed_in END AS crossed_in,
    CASE WHEN w.shown THEN b.crossed_out END AS crossed_out,
    b.exposure_ms::double precision / 1000 AS exposure_s,
    b.counted_ms::double precision / 1000 AS counted_s, w.is_hidden
FROM floor_hour AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(least(nullif(b.peak_people, 0), nullif(b.zone_visits, 0),
    nullif(b.crossed_in, 0), nullif(b.crossed_out, 0)), m.min_count) AS is_hidden) AS h
CROSS JOIN LATERAL (SELECT h.is_hidden,
    NOT h.is_hidden AND (b.exposure_ms > 0 OR b.people_ms > 0) AS shown) AS w;

-- Peaks of several floors are not at one moment: their greatest is what is certain.
CREATE VIEW v_store_day AS
SELECT b.store_id, s.chain, s.store, b.local_date, b.is_open,
    CASE WHEN w.shown THEN b.people_ms / 1000 END AS people_s,
    CASE WHEN w.shown THEN b.people_ms / nullif(b.exposure_ms, 0) END AS mean_people,
    CASE WHEN w.shown THEN b.peak_people END AS peak_people,
    CASE WHEN w.shown THEN b.zone_visits END AS zone_visits,
    CASE WHEN w.shown THEN b.crossed_in END AS crossed_in,
    CASE WHEN w.shown THEN b.crossed_out END AS crossed_out,
    b.exposure_ms::double precision / 1000 AS exposure_s,
    b.counted_ms::double precision / 1000 AS counted_s, w.is_hidden
FROM (
    -- Time is that of the floor that has most of it: floors are looked at side by side. A sum of doubles holds
    -- milliseconds exactly and takes a quarter of the memory of the numeric that a sum of bigint is.
    SELECT store_id, local_date, is_open, sum(people_ms::double precision) AS people_ms, max(peak_people) AS peak_people,
        sum(zone_visits) AS zone_visits, sum(crossed_in) AS crossed_in, sum(crossed_out) AS crossed_out,
        max(exposure_ms) AS exposure_ms, max(counted_ms) AS counted_ms
    FROM floor_day
    GROUP BY store_id, local_date, is_open
) AS b
JOIN store AS s USING (store_id)
CROSS JOIN (SELECT small_count_limit(current_user) AS min_count OFFSET 0) AS m
CROSS JOIN LATERAL (SELECT is_small(least(nullif(b.peak_people, 0), nullif(b.zone_visits, 0),
    nullif(b.crossed_in, 0), nullif(b.crossed_out, 0)), m.min_count) AS is_hidden) AS h
CROSS JOIN LATERAL (SELECT h.is_hidden,
    NOT h.is_hidden AND (b.exposure_ms > 0 OR b.people_ms > 0) AS shown) AS w;

-- ---- cameras ----

CREATE OR REPLACE VIEW v_camera_bucket AS
SELECT
    b.store_id,
    s.chain,
    s.store,
    f.floor,
    c.camera,
    b.bucket_at,
    b.bucket_at AT TIME ZONE s.timezone AS local_at,
    k.version AS calibration,
    b.frames,
    b.observations,
    b.missed,
    (b.bucket_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM b.bucket_at AT TIME ZONE s.timezone)::integer AS local_hour,
    o.is_open,
    b.model_id,
    m.model,
    b.uptime_ms::double precision / 1000 AS uptime_s,
    latency_quantile_ms(b.latency_bin, b.latency_frames, 0.5) AS latency_p50_ms,
    latency_quantile_ms(b.latency_bin, b.latency_frames, 0.95) AS latency_p95_ms,
    f.floor_id,
    c.camera_id
FROM camera_bucket AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS c USING (store_id, camera_id)
JOIN calibration AS k USING (store_id, calibration_id)
LEFT JOIN model AS m ON m.store_id = b.store_id AND m.model_id = b.model_id
LEFT JOIN LATERAL (
    SELECT bool_and(is_open(k.store_id, k.bucket_at)) AS is_open
    FROM (SELECT b.store_id, b.bucket_at OFFSET 0) AS k
) AS o ON true;

CREATE VIEW v_camera_health AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, c.camera_id, c.camera, b.hour_at, b.local_date,
    b.local_hour::integer, b.is_open, b.frames, b.observations, b.missed,
    b.missed::double precision / nullif(b.frames + b.missed, 0) AS missed_share,
    b.frames * 1000.0::double precision / nullif(b.uptime_ms, 0) AS frames_per_s,
    b.uptime_ms::double precision / 1000 AS uptime_s,
    least(b.uptime_ms::double precision / nullif(h.counted_ms, 0), 1) AS uptime_share,
    latency_quantile_ms(b.latency_bin, b.latency_frames, 0.5) AS latency_p50_ms,
    latency_quantile_ms(b.latency_bin, b.latency_frames, 0.95) AS latency_p95_ms,
    latency_quantile_ms(b.latency_bin, b.latency_frames, 0.99) AS latency_p99_ms
FROM camera_hour AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS c USING (store_id, camera_id)
LEFT JOIN floor_hour AS h USING (store_id, floor_id, hour_at, is_open);

CREATE VIEW v_camera_day AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, c.camera_id, c.camera, b.local_date, b.is_open, b.frames,
    b.observations, b.missed,
    b.missed::double precision / nullif(b.frames + b.missed, 0) AS missed_share,
    b.frames * 1000.0::double precision / nullif(b.uptime_ms, 0) AS frames_per_s,
    b.uptime_ms::double precision / 1000 AS uptime_s,
    least(b.uptime_ms::double precision / nullif(h.counted_ms, 0), 1) AS uptime_share,
    latency_quantile_ms(b.latency_bin, b.latency_frames, 0.5) AS latency_p50_ms,
    latency_quantile_ms(b.latency_bin, b.latency_frames, 0.95) AS latency_p95_ms,
    latency_quantile_ms(b.latency_bin, b.latency_frames, 0.99) AS latency_p99_ms
FROM camera_day AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS c USING (store_id, camera_id)
LEFT JOIN floor_day AS h USING (store_id, floor_id, local_date, is_open);

CREATE OR REPLACE VIEW v_pair_residual AS
SELECT
    b.store_id,
    s.chain,
    s.store,
    f.floor,
    a.camera AS camera_a,
    c.camera AS camera_b,
    b.bucket_at,
    b.bucket_at AT TIME ZONE s.timezone AS local_at,
    b.matches,
    b.sum_dx_m / nullif(b.matches, 0) AS mean_dx_m,
    b.sum_dy_m / nullif(b.matches, 0) AS mean_dy_m,
    sqrt(b.sum_squared_m2 / nullif(b.matches, 0)) AS rms_m,
    (b.bucket_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM b.bucket_at AT TIME ZONE s.timezone)::integer AS local_hour,
    o.is_open,
    f.floor_id,
    b.camera_a_id,
    b.camera_b_id
FROM pair_residual_bucket AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS a ON a.store_id = b.store_id AND a.camera_id = b.camera_a_id
JOIN camera AS c ON c.store_id = b.store_id AND c.camera_id = b.camera_b_id
LEFT JOIN LATERAL (
    SELECT bool_and(is_open(k.store_id, k.bucket_at)) AS is_open
    FROM (SELECT b.store_id, b.bucket_at OFFSET 0) AS k
) AS o ON true;

CREATE VIEW v_pair_residual_day AS
SELECT b.store_id, s.chain, s.store, f.floor_id, f.floor, b.camera_a_id, a.camera AS camera_a, b.camera_b_id,
    c.camera AS camera_b, b.local_date, b.is_open, b.matches,
    b.sum_dx_m / nullif(b.matches, 0) AS mean_dx_m,
    b.sum_dy_m / nullif(b.matches, 0) AS mean_dy_m,
    sqrt(b.sum_squared_m2 / nullif(b.matches, 0)) AS rms_m
FROM pair_residual_day AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS a ON a.store_id = b.store_id AND a.camera_id = b.camera_a_id
JOIN camera AS c ON c.store_id = b.store_id AND c.camera_id = b.camera_b_id;

-- What is known of contradictions: findings, and on each day the pairs of cameras that put the same people
-- at places a foot apart or more. One of two may be wrong, so those have both cameras and blame neither.
CREATE VIEW v_inconsistency AS
SELECT e.store_id, s.chain, s.store, f.floor, e.kind, c.camera, o.camera AS other_camera, e.size, e.unit,
    e.confidence, e.evidence, e.opened_at, e.closed_at, e.proposal
FROM finding AS e
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS c USING (store_id, camera_id)
LEFT JOIN camera AS o ON o.store_id = e.store_id AND o.camera_id = e.other_camera_id
UNION ALL
SELECT d.store_id, s.chain, s.store, f.floor, 'pair_offset', a.camera, c.camera, d.offset_m, 'm', NULL, d.matches,
    y.day_at, y.day_end, NULL
FROM (
    SELECT store_id, floor_id, camera_a_id, camera_b_id, local_date, sum(matches)::bigint AS matches,
        sqrt(power(sum(sum_dx_m), 2) + power(sum(sum_dy_m), 2)) / nullif(sum(matches), 0) AS offset_m
    FROM pair_residual_day
    GROUP BY store_id, floor_id, camera_a_id, camera_b_id, local_date
) AS d
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS a ON a.store_id = d.store_id AND a.camera_id = d.camera_a_id
JOIN camera AS c ON c.store_id = d.store_id AND c.camera_id = d.camera_b_id
CROSS JOIN LATERAL local_day(d.local_date, s.timezone) AS y
WHERE d.offset_m >= 0.3 AND d.matches >= 100;

CREATE VIEW v_coverage_day AS
SELECT d.store_id, s.chain, s.store, f.floor_id, f.floor, d.local_date,
    d.walkable_cells * g.cell_m * g.cell_m AS walkable_m2,
    d.observed_cells * g.cell_m * g.cell_m AS observed_m2,
    d.observed_cells::double precision / nullif(d.walkable_cells, 0) AS observed_share
FROM coverage_day AS d
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN grid AS g USING (store_id, grid_id);

-- Gaps that were found, and for each floor what no camera saw on the latest day.
CREATE VIEW v_coverage_gap AS
SELECT c.store_id, s.chain, s.store, f.floor, z.zone, c.cause, c.area_m2, c.severity, c.first_seen_at,
    c.last_seen_at, c.closed_at, c.geojson
FROM coverage_gap AS c
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
LEFT JOIN zone AS z USING (store_id, zone_id)
UNION ALL
SELECT d.store_id, s.chain, s.store, f.floor, NULL, 'never_observed',
    (d.walkable_cells - d.observed_cells) * g.cell_m * g.cell_m,
    1 - d.observed_cells::double precision / d.walkable_cells, y.day_at, y.day_end, NULL, NULL
FROM (
    SELECT DISTINCT ON (store_id, floor_id) store_id, floor_id, grid_id, local_date, walkable_cells, observed_cells
    FROM coverage_day
    ORDER BY store_id, floor_id, local_date DESC, grid_id DESC
) AS d
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN grid AS g USING (store_id, grid_id)
CROSS JOIN LATERAL local_day(d.local_date, s.timezone) AS y
WHERE d.walkable_cells > d.observed_cells;

CREATE VIEW v_rollup AS
SELECT p.store_id, s.chain, s.store, f.floor, count(*) AS pending_hours, min(p.hour_at) AS oldest_hour_at
FROM v_rollup_pending AS p
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
GROUP BY p.store_id, s.chain, s.store, f.floor;
