-- 0032_roll_up_day.sql: hours to days, and what only days have: fixtures and coverage.
-- roll_up() of 0022 calls these; a day is always made from all of its hours.
-- Bounds of hour_at for some dates of any time zone, so that only their partitions are looked into.
CREATE FUNCTION rollup_low(p_dates date[]) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT (min(d)::timestamp AT TIME ZONE 'UTC') - interval '16 hours' FROM unnest(p_dates) AS d
$$;

COMMENT ON FUNCTION rollup_low(date[]) IS 'No hour of these local dates begins earlier';

CREATE FUNCTION rollup_high(p_dates date[]) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT (max(d)::timestamp AT TIME ZONE 'UTC') + interval '42 hours' FROM unnest(p_dates) AS d
$$;

COMMENT ON FUNCTION rollup_high(date[]) IS 'All hours of these local dates begin earlier';

CREATE FUNCTION rollup_day_sums(p_store_id integer, p_floor_id integer, p_dates date[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO floor_day AS t (store_id, floor_id, local_date, is_open, peak_people, zone_visits, crossed_in,
        crossed_out, people_ms, counted_ms, exposure_ms)
    SELECT store_id, floor_id, local_date, is_open, max(peak_people), sum(zone_visits), sum(crossed_in),
        sum(crossed_out), sum(people_ms), sum(counted_ms), sum(exposure_ms)
    FROM floor_hour
    WHERE store_id = p_store_id AND floor_id = p_floor_id AND local_date = ANY (p_dates)
        AND hour_at >= rollup_low(p_dates) AND hour_at < rollup_high(p_dates)
    GROUP BY store_id, floor_id, local_date, is_open
    ON CONFLICT (store_id, floor_id, local_date, is_open) DO UPDATE SET peak_people = excluded.peak_people,
        zone_visits = excluded.zone_visits, crossed_in = excluded.crossed_in,
        crossed_out = excluded.crossed_out, people_ms = excluded.people_ms,
        counted_ms = excluded.counted_ms, exposure_ms = excluded.exposure_ms
    WHERE (t.peak_people, t.zone_visits, t.crossed_in, t.crossed_out, t.people_ms, t.counted_ms, t.exposure_ms)
        IS DISTINCT FROM (excluded.peak_people, excluded.zone_visits, excluded.crossed_in,
        excluded.crossed_out, excluded.people_ms, excluded.counted_ms, excluded.exposure_ms);

    INSERT INTO exposure_day AS t (store_id, floor_id, local_date, is_open, camera_set_id, exposure_ms)
    SELECT h.store_id, h.floor_id, f.local_date, h.is_open, h.camera_set_id, sum(h.exposure_ms)
    FROM exposure_hour AS h
    JOIN floor_hour AS f USING (store_id, floor_id, hour_at, is_open)
    WHERE h.store_id = p_store_id AND h.floor_id = p_floor_id AND f.local_date = ANY (p_dates)
        AND h.hour_at >= rollup_low(p_dates) AND h.hour_at < rollup_high(p_dates)
        AND f.hour_at >= rollup_low(p_dates) AND f.hour_at < rollup_high(p_dates)
    GROUP BY h.store_id, h.floor_id, f.local_date, h.is_open, h.camera_set_id
    ON CONFLICT (store_id, floor_id, local_date, is_open, camera_set_id)
        DO UPDATE SET exposure_ms = excluded.exposure_ms
    WHERE t.exposure_ms <> excluded.exposure_ms;

    INSERT INTO zone_day AS t (store_id, zone_id, local_date, is_open, definition_id, peak_people, visits,
        entries, exits, dwell_ms, exposure_ms)
    SELECT h.store_id, h.zone_id, h.local_date, h.is_open, h.definition_id, max(h.peak_people),
        sum(h.visits), sum(h.entries), sum(h.exits), sum(h.dwell_ms), sum(h.exposure_ms)
    FROM zone_hour AS h
    JOIN zone AS d USING (store_id, zone_id)
    WHERE h.store_id = p_store_id AND d.floor_id = p_floor_id AND h.local_date = ANY (p_dates)
        AND h.hour_at >= rollup_low(p_dates) AND h.hour_at < rollup_high(p_dates)
    GROUP BY h.store_id, h.zone_id, h.local_date, h.is_open, h.definition_id
    ON CONFLICT (store_id, zone_id, local_date, is_open, definition_id) DO UPDATE SET
        peak_people = excluded.peak_people, visits = excluded.visits, entries = excluded.entries,
        exits = excluded.exits, dwell_ms = excluded.dwell_ms, exposure_ms = excluded.exposure_ms
    WHERE (t.peak_people, t.visits, t.entries, t.exits, t.dwell_ms, t.exposure_ms) IS DISTINCT FROM
        (excluded.peak_people, excluded.visits, excluded.entries, excluded.exits, excluded.dwell_ms,
        excluded.exposure_ms);

    INSERT INTO line_day AS t (store_id, line_id, local_date, is_open, left_to_right, right_to_left)
    SELECT h.store_id, h.line_id, h.local_date, h.is_open, sum(h.left_to_right), sum(h.right_to_left)
    FROM line_hour AS h
    JOIN counting_line AS d USING (store_id, line_id)
    WHERE h.store_id = p_store_id AND d.floor_id = p_floor_id AND h.local_date = ANY (p_dates)
        AND h.hour_at >= rollup_low(p_dates) AND h.hour_at < rollup_high(p_dates)
    GROUP BY h.store_id, h.line_id, h.local_date, h.is_open
    ON CONFLICT (store_id, line_id, local_date, is_open) DO UPDATE SET
        left_to_right = excluded.left_to_right, right_to_left = excluded.right_to_left
    WHERE (t.left_to_right, t.right_to_left)
        IS DISTINCT FROM (excluded.left_to_right, excluded.right_to_left);

    INSERT INTO flow_day AS t (store_id, from_zone_id, to_zone_id, local_date, is_open, people)
    SELECT h.store_id, h.from_zone_id, h.to_zone_id, h.local_date, h.is_open, sum(h.people)
    FROM flow_hour AS h
    JOIN zone AS d ON d.store_id = h.store_id AND d.zone_id = h.from_zone_id
    WHERE h.store_id = p_store_id AND d.floor_id = p_floor_id AND h.local_date = ANY (p_dates)
        AND h.hour_at >= rollup_low(p_dates) AND h.hour_at < rollup_high(p_dates)
    GROUP BY h.store_id, h.from_zone_id, h.to_zone_id, h.local_date, h.is_open
    ON CONFLICT (store_id, from_zone_id, to_zone_id, local_date, is_open)
        DO UPDATE SET people = excluded.people
    WHERE t.people <> excluded.people;

    INSERT INTO camera_day AS t (store_id, floor_id, camera_id, local_date, is_open, frames, observations,
        missed, uptime_ms, latency_bin, latency_frames)
    SELECT store_id, floor_id, camera_id, local_date, is_open, sum(frames), sum(observations), sum(missed),
        sum(uptime_ms), 0, latency_sum(latency_bin, latency_frames)
    FROM camera_hour
    WHERE store_id = p_store_id AND floor_id = p_floor_id AND local_date = ANY (p_dates)
        AND hour_at >= rollup_low(p_dates) AND hour_at < rollup_high(p_dates)
    GROUP BY store_id, floor_id, camera_id, local_date, is_open
    ON CONFLICT (store_id, floor_id, camera_id, local_date, is_open) DO UPDATE SET frames = excluded.frames,
        observations = excluded.observations, missed = excluded.missed, uptime_ms = excluded.uptime_ms,
        latency_bin = excluded.latency_bin, latency_frames = excluded.latency_frames
    WHERE (t.frames, t.observations, t.missed, t.uptime_ms, t.latency_frames) IS DISTINCT FROM
        (excluded.frames, excluded.observations, excluded.missed, excluded.uptime_ms, excluded.latency_frames);

    INSERT INTO pair_residual_day AS t (store_id, floor_id, camera_a_id, camera_b_id, local_date, is_open,
        matches, sum_dx_m, sum_dy_m, sum_squared_m2)
    SELECT store_id, floor_id, camera_a_id, camera_b_id, local_date, is_open, sum(matches), sum(sum_dx_m),
        sum(sum_dy_m), sum(sum_squared_m2)
    FROM pair_residual_hour
    WHERE store_id = p_store_id AND floor_id = p_floor_id AND local_date = ANY (p_dates)
        AND hour_at >= rollup_low(p_dates) AND hour_at < rollup_high(p_dates)
    GROUP BY store_id, floor_id, camera_a_id, camera_b_id, local_date, is_open
    ON CONFLICT (store_id, floor_id, camera_a_id, camera_b_id, local_date, is_open) DO UPDATE SET
        matches = excluded.matches, sum_dx_m = excluded.sum_dx_m, sum_dy_m = excluded.sum_dy_m,
        sum_squared_m2 = excluded.sum_squared_m2
    WHERE (t.matches, t.sum_dx_m, t.sum_dy_m, t.sum_squared_m2) IS DISTINCT FROM
        (excluded.matches, excluded.sum_dx_m, excluded.sum_dy_m, excluded.sum_squared_m2);
END
$$;

COMMENT ON FUNCTION rollup_day_sums(integer, integer, date[]) IS
    'Make the sums of local dates anew from their hours';

-- What the cells of a camera set's mask come to, for coverage and fixtures.
CREATE FUNCTION mask_cells(mask bytea) RETURNS SETOF integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT i FROM (SELECT mask || ''::bytea AS bits OFFSET 0) AS m
CROSS JOIN generate_series(0, 8 * octet_length(mask) - 1) AS i
WHERE get_bit(m.bits, i) = 1
$$;

COMMENT ON FUNCTION mask_cells(bytea) IS 'Numbers of the cells whose bit is set';

-- Cells may come in any order, and NULL stands for none; `like_mask` says how long the mask is.
CREATE FUNCTION cells_mask(cells integer[], like_mask bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT decode(string_agg(lpad(to_hex(coalesce(b.bits, 0)), 2, '0'), '' ORDER BY i), 'hex')
FROM generate_series(0, octet_length(like_mask) - 1) AS i
LEFT JOIN (
    SELECT c / 8 AS i, bit_or(1 << c % 8) AS bits FROM unnest(cells) AS c GROUP BY c / 8
) AS b USING (i)
$$;

COMMENT ON FUNCTION cells_mask(integer[], bytea) IS 'The mask with the bits of these cells set';

CREATE FUNCTION rollup_day_heat(p_store_id integer, p_floor_id integer, p_dates date[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO heat_day AS t (store_id, floor_id, local_date, is_open, grid_id, definition_id, day_at,
        day_end, first_bucket_at, last_bucket_end, cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm)
    SELECT p_store_id, p_floor_id, k.local_date, k.is_open, k.grid_id, k.definition_id, y.day_at, y.day_end,
        k.first_bucket_at, k.last_bucket_end, coalesce(a.cell, '{}'), coalesce(a.dwell_ms, '{}'), coalesce(a.passes, '{}'),
        coalesce(a.move_x_cm, '{}'), coalesce(a.move_y_cm, '{}'), coalesce(a.path_cm, '{}')
    FROM (
        SELECT local_date, is_open, grid_id, definition_id, min(first_bucket_at) AS first_bucket_at,
            max(last_bucket_end) AS last_bucket_end
        FROM heat_hour
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND local_date = ANY (p_dates)
            AND hour_at >= rollup_low(p_dates) AND hour_at < rollup_high(p_dates)
        GROUP BY local_date, is_open, grid_id, definition_id
    ) AS k
    JOIN store AS s ON s.store_id = p_store_id
    CROSS JOIN LATERAL local_day(k.local_date, s.timezone) AS y
    LEFT JOIN (
        SELECT c.local_date, c.is_open, c.grid_id, c.definition_id, array_agg(c.cell) AS cell,
            array_agg(c.dwell_ms) AS dwell_ms, array_agg(c.passes) AS passes,
            array_agg(c.move_x_cm) AS move_x_cm, array_agg(c.move_y_cm) AS move_y_cm,
            array_agg(c.path_cm) AS path_cm
        FROM (
            SELECT u.local_date, u.is_open, u.grid_id, u.definition_id, u.cell,
                sum(u.dwell_ms)::bigint AS dwell_ms, sum(u.passes)::integer AS passes,
                sum(u.move_x_cm)::integer AS move_x_cm, sum(u.move_y_cm)::integer AS move_y_cm,
                sum(u.path_cm)::integer AS path_cm
            FROM (
                SELECT local_date, is_open, grid_id, definition_id, unnest(cell) AS cell,
                    unnest(dwell_ms) AS dwell_ms, unnest(passes) AS passes, unnest(move_x_cm) AS move_x_cm,
                    unnest(move_y_cm) AS move_y_cm, unnest(path_cm) AS path_cm
                FROM heat_hour
                WHERE store_id = p_store_id AND floor_id = p_floor_id AND local_date = ANY (p_dates)
                    AND hour_at >= rollup_low(p_dates) AND hour_at < rollup_high(p_dates)
            ) AS u
            GROUP BY u.local_date, u.is_open, u.grid_id, u.definition_id, u.cell
            ORDER BY u.local_date, u.is_open, u.grid_id, u.definition_id, u.cell
        ) AS c
        GROUP BY c.local_date, c.is_open, c.grid_id, c.definition_id
    ) AS a USING (local_date, is_open, grid_id, definition_id)
    ON CONFLICT (store_id, floor_id, local_date, is_open, grid_id, definition_id) DO UPDATE SET
        day_at = excluded.day_at, day_end = excluded.day_end,
        first_bucket_at = excluded.first_bucket_at, last_bucket_end = excluded.last_bucket_end,
        cell = excluded.cell, dwell_ms = excluded.dwell_ms, passes = excluded.passes,
        move_x_cm = excluded.move_x_cm, move_y_cm = excluded.move_y_cm, path_cm = excluded.path_cm;

    -- How long each cell was seen, once for fixtures and coverage.
    WITH seen AS MATERIALIZED (
        SELECT e.local_date, e.is_open, k.grid_id, m.cell, sum(e.exposure_ms) AS exposure_ms
        FROM exposure_day AS e
        JOIN camera_set AS k USING (store_id, camera_set_id)
        CROSS JOIN LATERAL mask_cells(k.mask) AS m (cell)
        WHERE e.store_id = p_store_id AND e.floor_id = p_floor_id AND e.local_date = ANY (p_dates)
            AND e.exposure_ms > 0
        GROUP BY e.local_date, e.is_open, k.grid_id, m.cell
    ), fixture AS MATERIALIZED (
        SELECT z.zone_id, z.valid_from, z.valid_to, c.grid_id, cardinality(c.cells) AS cells,
            unnest(c.cells) AS cell
        FROM zone AS z JOIN zone_cells AS c USING (store_id, zone_id)
        WHERE z.store_id = p_store_id AND z.floor_id = p_floor_id AND z.kind = 'fixture'
    ), presence AS (
        SELECT f.zone_id, h.local_date, h.is_open, sum(h.passes) AS passes, sum(h.dwell_ms) AS dwell_ms,
            0::numeric AS exposure_ms
        FROM (
            SELECT local_date, is_open, grid_id, day_at, day_end, unnest(cell) AS cell,
                unnest(dwell_ms) AS dwell_ms, unnest(passes) AS passes
            FROM heat_day
            WHERE store_id = p_store_id AND floor_id = p_floor_id AND local_date = ANY (p_dates)
        ) AS h
        JOIN fixture AS f USING (grid_id, cell)
        WHERE f.valid_from < h.day_end AND (f.valid_to IS NULL OR f.valid_to >= h.day_end)
        GROUP BY f.zone_id, h.local_date, h.is_open
        UNION ALL
        SELECT f.zone_id, n.local_date, n.is_open, 0, 0, sum(n.exposure_ms / f.cells)
        FROM seen AS n
        JOIN fixture AS f USING (grid_id, cell)
        JOIN store AS s ON s.store_id = p_store_id
        CROSS JOIN LATERAL local_day(n.local_date, s.timezone) AS y
        WHERE f.valid_from < y.day_end AND (f.valid_to IS NULL OR f.valid_to >= y.day_end)
        GROUP BY f.zone_id, n.local_date, n.is_open
        UNION ALL
        SELECT d.zone_id, d.local_date, d.is_open, 0, 0, 0
        FROM fixture_day AS d JOIN zone AS z USING (store_id, zone_id)
        WHERE d.store_id = p_store_id AND z.floor_id = p_floor_id AND d.local_date = ANY (p_dates)
    ), coverage AS (
        SELECT g.grid_id, g.local_date, w.cells,
            count(*) FILTER (WHERE EXISTS (
                SELECT FROM seen AS n
                WHERE n.grid_id = g.grid_id AND n.local_date = g.local_date AND n.cell = c.cell)) AS observed,
            array_agg(c.cell) FILTER (WHERE NOT EXISTS (
                SELECT FROM seen AS n
                WHERE n.grid_id = g.grid_id AND n.local_date = g.local_date AND n.cell = c.cell)) AS unseen
        FROM (SELECT DISTINCT grid_id, local_date FROM heat_day
            WHERE store_id = p_store_id AND floor_id = p_floor_id AND local_date = ANY (p_dates)) AS g
        JOIN walkable AS w ON w.store_id = p_store_id AND w.grid_id = g.grid_id
        CROSS JOIN LATERAL mask_cells(w.mask) AS c (cell)
        GROUP BY g.grid_id, g.local_date, w.cells
    ), covered AS (
        INSERT INTO coverage_day (store_id, floor_id, grid_id, local_date, walkable_cells, observed_cells,
            unobserved)
        SELECT p_store_id, p_floor_id, c.grid_id, c.local_date, c.cells, c.observed, cells_mask(c.unseen, w.mask)
        FROM coverage AS c
        JOIN walkable AS w ON w.store_id = p_store_id AND w.grid_id = c.grid_id
        ON CONFLICT (store_id, floor_id, grid_id, local_date) DO UPDATE SET
            walkable_cells = excluded.walkable_cells, observed_cells = excluded.observed_cells,
            unobserved = excluded.unobserved
    )
    INSERT INTO fixture_day (store_id, zone_id, local_date, is_open, passes, dwell_ms, exposure_ms)
    SELECT p_store_id, zone_id, local_date, is_open, sum(passes), sum(dwell_ms), round(sum(exposure_ms))
    FROM presence
    GROUP BY zone_id, local_date, is_open
    ON CONFLICT (store_id, zone_id, local_date, is_open) DO UPDATE SET passes = excluded.passes,
        dwell_ms = excluded.dwell_ms, exposure_ms = excluded.exposure_ms;
END
$$;

COMMENT ON FUNCTION rollup_day_heat(integer, integer, date[]) IS
    'Make heat, fixtures and coverage of local dates anew from their hours';
