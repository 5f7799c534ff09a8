-- 0011_view_heat_cell.sql: heat as BI tools read it, one row a cell.
-- Every cell of the grid has a row. Where nobody could look the measures are NULL, where somebody could
-- look and nobody came they are 0. A cell with people keeps its values even without exposure (a track
-- coasts through a blind spot).
CREATE VIEW v_heat_cell AS
SELECT
    b.store_id,
    s.chain,
    s.store,
    f.floor,
    b.bucket_at,
    d.bucket_s,
    b.bucket_at AT TIME ZONE s.timezone AS local_at,
    (b.bucket_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM b.bucket_at AT TIME ZONE s.timezone)::integer AS local_hour,
    c.cell,
    g.origin_x_m + (c.cell % g.columns + 0.5::double precision) * g.cell_m AS x_m,
    g.origin_y_m + (c.cell / g.columns + 0.5::double precision) * g.cell_m AS y_m,
    g.cell_m,
    c.dwell_ms::double precision / 1000 AS dwell_s,
    c.passes,
    c.move_x_mm::double precision / 1000 AS move_x_m,
    c.move_y_mm::double precision / 1000 AS move_y_m,
    c.path_mm::double precision / 1000 AS path_m,
    c.exposure_ms::double precision / 1000 AS exposure_s
FROM heat_bucket AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN grid AS g USING (store_id, grid_id)
JOIN definition AS d USING (store_id, definition_id)
-- Three kinds of rows fall together: every cell (zero where exposed, else unknown), the occupied
-- cells, the exposed cells. SUM ignores NULL, so a cell is NULL only if neither of the latter came.
CROSS JOIN LATERAL (
    SELECT
        p.cell,
        sum(p.dwell_ms) AS dwell_ms,
        sum(p.passes) AS passes,
        sum(p.move_x_mm) AS move_x_mm,
        sum(p.move_y_mm) AS move_y_mm,
        sum(p.path_mm) AS path_mm,
        sum(p.exposure_ms) AS exposure_ms
    FROM (
        SELECT
            n AS cell,
            NULL::integer AS dwell_ms,
            NULL::integer AS passes,
            NULL::integer AS move_x_mm,
            NULL::integer AS move_y_mm,
            NULL::integer AS path_mm,
            0::bigint AS exposure_ms
        FROM generate_series(0, g.columns * g.rows - 1) AS n
        UNION ALL
        SELECT h.cell, h.dwell_ms, h.passes, h.move_x_mm, h.move_y_mm, h.path_mm, 0
        FROM unnest(b.cell, b.dwell_ms, b.passes, b.move_x_mm, b.move_y_mm, b.path_mm)
            AS h (cell, dwell_ms, passes, move_x_mm, move_y_mm, path_mm)
        UNION ALL
        SELECT n, 0, 0, 0, 0, 0, x.exposure_ms
        FROM (
            -- OFFSET 0 keeps the planner from looking into masks that had no exposure here, and
            -- the concatenation unpacks a long mask once instead of once a cell.
            SELECT k.mask || ''::bytea AS mask, e.exposure_ms
            FROM exposure AS e
            JOIN camera_set AS k USING (store_id, camera_set_id)
            WHERE e.store_id = b.store_id AND e.floor_id = b.floor_id
                AND e.bucket_at = b.bucket_at AND e.exposure_ms > 0 AND k.grid_id = b.grid_id
            OFFSET 0
        ) AS x
        CROSS JOIN generate_series(0, g.columns * g.rows - 1) AS n
        WHERE get_bit(x.mask, n) = 1
    ) AS p
    GROUP BY p.cell
) AS c;

COMMENT ON VIEW v_heat_cell IS
    'Heat, one row per store, floor, bucket and cell of the grid; NULL measures where nobody could look';
COMMENT ON COLUMN v_heat_cell.store_id IS 'Key of the store, unique in the chain';
COMMENT ON COLUMN v_heat_cell.chain IS 'Id of the chain';
COMMENT ON COLUMN v_heat_cell.store IS 'Id of the store';
COMMENT ON COLUMN v_heat_cell.floor IS 'Id of the floor';
COMMENT ON COLUMN v_heat_cell.bucket_at IS 'Start of the bucket';
COMMENT ON COLUMN v_heat_cell.bucket_s IS 'Length of the bucket, seconds';
COMMENT ON COLUMN v_heat_cell.local_at IS 'Start of the bucket in the store''s time zone';
COMMENT ON COLUMN v_heat_cell.local_date IS 'Date of the bucket in the store''s time zone';
COMMENT ON COLUMN v_heat_cell.local_hour IS 'Hour of the day, 0 to 23, in the store''s time zone';
COMMENT ON COLUMN v_heat_cell.cell IS 'Number of the cell, row by row from the lower left';
COMMENT ON COLUMN v_heat_cell.x_m IS 'Centre of the cell, metres to the right on the plan';
COMMENT ON COLUMN v_heat_cell.y_m IS 'Centre of the cell, metres up on the plan';
COMMENT ON COLUMN v_heat_cell.cell_m IS 'Edge of the cell, metres';
COMMENT ON COLUMN v_heat_cell.dwell_s IS
    'Person-seconds spent in the cell; NULL where nobody could look, 0 where nobody came';
COMMENT ON COLUMN v_heat_cell.passes IS
    'How often somebody entered the cell; NULL where nobody could look';
COMMENT ON COLUMN v_heat_cell.move_x_m IS
    'Sum of movements to the right inside the cell, metres; NULL where nobody could look';
COMMENT ON COLUMN v_heat_cell.move_y_m IS
    'Sum of movements up inside the cell, metres; NULL where nobody could look';
COMMENT ON COLUMN v_heat_cell.path_m IS
    'Metres walked inside the cell; NULL where nobody could look';
COMMENT ON COLUMN v_heat_cell.exposure_s IS
    'Seconds in which at least one working camera could see the cell';
