-- 0027_reading.sql: heat of any time, hot and cold places, differences of two periods.
-- These functions read the views only and run as whoever calls them, so they show nobody more than the views
-- do.

-- Raw heat is empty for readers from whom small counts are hidden; a sum of it would look like an empty store.
CREATE FUNCTION reads_raw_heat() RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF small_count_limit(current_user) > 0 THEN
        RAISE EXCEPTION 'small counts are hidden from "%", so heat of any range of time cannot be added up; '
            'read v_heat_cell_hour or v_heat_cell_day', current_user USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION reads_raw_heat() IS 'Refuses readers from whom small counts are hidden';

-- A range of time as days, hours and buckets, as coarse as possible. What is on a list of roll_up(), or not
-- rolled up because it is not over, is read from its buckets; so the answer is always that of all buckets.
CREATE FUNCTION heat_piece(p_store_id integer, p_floor_id integer, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (level text, piece tstzrange)
LANGUAGE sql STABLE
AS $$
WITH pending AS MATERIALIZED (
    SELECT coalesce(range_agg(tstzrange(hour_at, hour_end)), '{}') AS hours
    FROM v_rollup_pending
    WHERE store_id = p_store_id AND floor_id = p_floor_id AND hour_end > p_from AND hour_at < p_to
), days AS MATERIALIZED (
    SELECT coalesce(range_agg(tstzrange(d.day_at, d.day_end)), '{}') AS days
    FROM v_heat_day AS d CROSS JOIN pending AS p
    WHERE d.store_id = p_store_id AND d.floor_id = p_floor_id AND d.day_at >= p_from AND d.day_end <= p_to
        -- Local dates are within a day of UTC's; this is what partitions and keys know.
        AND d.local_date >= (p_from AT TIME ZONE 'UTC')::date - 1
        AND d.local_date <= (p_to AT TIME ZONE 'UTC')::date + 1
        AND NOT p.hours && tstzrange(d.day_at, d.day_end)
        AND NOT EXISTS (SELECT FROM v_rollup_day_pending AS q
            WHERE q.store_id = p_store_id AND q.floor_id = p_floor_id AND q.local_date = d.local_date)
), hours AS MATERIALIZED (
    SELECT coalesce(range_agg(tstzrange(h.hour_at, h.hour_end)), '{}') AS hours
    FROM days AS d
    CROSS JOIN pending AS p
    CROSS JOIN LATERAL unnest(tstzmultirange(tstzrange(p_from, p_to)) - d.days) AS r
    CROSS JOIN LATERAL (
        SELECT h.hour_at, h.hour_end
        FROM v_heat_hour AS h
        WHERE h.store_id = p_store_id AND h.floor_id = p_floor_id
            AND h.hour_at >= p_from AND h.hour_at < p_to
            AND h.hour_at >= lower(r) AND h.hour_at < upper(r) AND h.hour_end <= upper(r)
        OFFSET 0
    ) AS h
    WHERE NOT p.hours && tstzrange(h.hour_at, h.hour_end)
)
SELECT 'day', r FROM days AS d CROSS JOIN LATERAL unnest(d.days) AS r
UNION ALL
SELECT 'hour', r FROM hours AS h CROSS JOIN LATERAL unnest(h.hours) AS r
UNION ALL
SELECT 'bucket', r FROM days AS d CROSS JOIN hours AS h
CROSS JOIN LATERAL unnest(tstzmultirange(tstzrange(p_from, p_to)) - d.days - h.hours) AS r
$$;

COMMENT ON FUNCTION heat_piece(integer, integer, timestamptz, timestamptz) IS
    'A range of time cut into whole days, whole hours and the rest, by what is rolled up';

-- Each level is read by the key, piece by piece: OFFSET 0 keeps the planner from joining the other way round,
-- over all rows of the store, and the whole range beside the piece's lets it leave out partitions. Doubles
-- hold these sums exactly (2^53 ms is 285,000 years), and add up faster than the numeric that a sum of bigint is.
CREATE FUNCTION heat_sum(p_store_id integer, p_floor_id integer, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (grid_id integer, cell integer, dwell_s double precision, passes bigint, move_x_m double precision,
    move_y_m double precision, path_m double precision)
LANGUAGE sql STABLE
AS $$
WITH piece AS MATERIALIZED (
    SELECT level, lower(piece) AS low, upper(piece) AS high
    FROM heat_piece(p_store_id, p_floor_id, p_from, p_to)
)
SELECT n.grid_id, n.cell, sum(n.dwell_ms) / 1000, sum(n.passes), sum(n.move_x_cm)::double precision / 100,
    sum(n.move_y_cm)::double precision / 100, sum(n.path_cm)::double precision / 100
FROM (
    SELECT d.grid_id, unnest(d.cell) AS cell, unnest(d.dwell_ms)::double precision AS dwell_ms,
        unnest(d.passes) AS passes, unnest(d.move_x_cm) AS move_x_cm, unnest(d.move_y_cm) AS move_y_cm,
        unnest(d.path_cm) AS path_cm
    FROM piece AS p
    CROSS JOIN LATERAL (
        SELECT * FROM v_heat_day AS d
        WHERE d.store_id = p_store_id AND d.floor_id = p_floor_id AND d.day_at >= p.low AND d.day_end <= p.high
            AND d.local_date >= (p_from AT TIME ZONE 'UTC')::date - 1
            AND d.local_date <= (p_to AT TIME ZONE 'UTC')::date + 1
        OFFSET 0
    ) AS d
    WHERE p.level = 'day'
    UNION ALL
    SELECT h.grid_id, unnest(h.cell), unnest(h.dwell_ms)::double precision, unnest(h.passes), unnest(h.move_x_cm),
        unnest(h.move_y_cm), unnest(h.path_cm)
    FROM piece AS p
    CROSS JOIN LATERAL (
        SELECT * FROM v_heat_hour AS h
        WHERE h.store_id = p_store_id AND h.floor_id = p_floor_id AND h.hour_at >= p_from AND h.hour_at < p_to
            AND h.hour_at >= p.low AND h.hour_at < p.high
        OFFSET 0
    ) AS h
    WHERE p.level = 'hour'
    UNION ALL
    SELECT b.grid_id, e.cell, e.dwell_ms, e.passes, e.move_x_cm, e.move_y_cm, e.path_cm
    FROM piece AS p
    CROSS JOIN LATERAL (
        SELECT b.grid_id, b.first_cell, b.dwell_unit_ms, b.cells FROM v_heat_bucket AS b
        WHERE b.store_id = p_store_id AND b.floor_id = p_floor_id AND b.bucket_at >= p_from AND b.bucket_at < p_to
            AND b.bucket_at >= p.low AND b.bucket_at < p.high
        OFFSET 0
    ) AS b
    CROSS JOIN LATERAL heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS e
    WHERE p.level = 'bucket'
) AS n
WHERE (SELECT reads_raw_heat())
GROUP BY n.grid_id, n.cell
HAVING sum(n.dwell_ms) > 0 OR sum(n.passes) > 0 OR sum(n.path_cm) <> 0 OR sum(n.move_x_cm) <> 0
    OR sum(n.move_y_cm) <> 0
$$;

COMMENT ON FUNCTION heat_sum(integer, integer, timestamptz, timestamptz) IS
    'Heat of a floor over any range of time, one row an occupied cell; composed of days, hours and buckets';

CREATE FUNCTION exposure_sum(p_store_id integer, p_floor_id integer, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (camera_set_id integer, exposure_s double precision)
LANGUAGE sql STABLE
AS $$
WITH piece AS MATERIALIZED (
    SELECT level, lower(piece) AS low, upper(piece) AS high
    FROM heat_piece(p_store_id, p_floor_id, p_from, p_to)
)
SELECT n.camera_set_id, sum(n.exposure_ms)::double precision / 1000
FROM (
    SELECT e.camera_set_id, e.exposure_ms
    FROM piece AS p
    JOIN (SELECT DISTINCT local_date, day_at, day_end FROM v_heat_day
        WHERE store_id = p_store_id AND floor_id = p_floor_id
            AND local_date >= (p_from AT TIME ZONE 'UTC')::date - 1
            AND local_date <= (p_to AT TIME ZONE 'UTC')::date + 1) AS d
        ON d.day_at >= p.low AND d.day_end <= p.high
    JOIN v_exposure_day AS e ON e.store_id = p_store_id AND e.floor_id = p_floor_id
        AND e.local_date = d.local_date
    WHERE p.level = 'day'
    UNION ALL
    SELECT e.camera_set_id, e.exposure_ms
    FROM piece AS p
    JOIN v_exposure_hour AS e ON e.store_id = p_store_id AND e.floor_id = p_floor_id
        AND e.hour_at >= p.low AND e.hour_at < p.high
    WHERE p.level = 'hour'
    UNION ALL
    SELECT e.camera_set_id, e.exposure_ms
    FROM piece AS p
    JOIN v_exposure_bucket AS e ON e.store_id = p_store_id AND e.floor_id = p_floor_id
        AND e.bucket_at >= p.low AND e.bucket_at < p.high
    WHERE p.level = 'bucket'
) AS n
GROUP BY n.camera_set_id
$$;

COMMENT ON FUNCTION exposure_sum(integer, integer, timestamptz, timestamptz) IS
    'How long exactly which camera sets were looking over any range of time';

-- Presence per hour in which the place was seen: periods of different length and cameras that were down do
-- not make a difference by themselves.
CREATE FUNCTION heat_difference(p_store_id integer, p_floor_id integer, a_from timestamptz, a_to timestamptz,
    b_from timestamptz, b_to timestamptz)
RETURNS TABLE (grid_id integer, cell integer, x_m double precision, y_m double precision,
    a_exposure_s double precision, b_exposure_s double precision,
    a_dwell_s_per_h double precision, b_dwell_s_per_h double precision, difference_s_per_h double precision)
LANGUAGE sql STABLE
AS $$
WITH heat AS MATERIALIZED (
    SELECT 'a' AS period, h.* FROM heat_sum(p_store_id, p_floor_id, a_from, a_to) AS h
    UNION ALL
    SELECT 'b', h.* FROM heat_sum(p_store_id, p_floor_id, b_from, b_to) AS h
), sets AS MATERIALIZED (
    SELECT 'a' AS period, e.* FROM exposure_sum(p_store_id, p_floor_id, a_from, a_to) AS e
    UNION ALL
    SELECT 'b', e.* FROM exposure_sum(p_store_id, p_floor_id, b_from, b_to) AS e
), seen AS MATERIALIZED (
    SELECT s.period, g.grid_id, x.cell, x.exposure_ms::double precision / 1000 AS exposure_s
    FROM (
        SELECT e.period, k.grid_id, array_agg(k.mask) AS masks,
            array_agg((e.exposure_s * 1000)::bigint) AS exposures_ms
        FROM sets AS e
        JOIN v_camera_set AS k ON k.store_id = p_store_id AND k.camera_set_id = e.camera_set_id
        WHERE e.exposure_s > 0
        GROUP BY e.period, k.grid_id
    ) AS s
    JOIN v_grid AS g ON g.store_id = p_store_id AND g.grid_id = s.grid_id
    CROSS JOIN LATERAL exposed_cells(s.masks, s.exposures_ms, g.columns * g.rows) AS x
), cells AS (
    SELECT n.grid_id, n.cell, sum(n.a_exposure) AS a_exposure, sum(n.b_exposure) AS b_exposure,
        sum(n.a_dwell) AS a_dwell, sum(n.b_dwell) AS b_dwell
    FROM (
        SELECT s.grid_id, s.cell, CASE s.period WHEN 'a' THEN s.exposure_s ELSE 0 END AS a_exposure,
            CASE s.period WHEN 'b' THEN s.exposure_s ELSE 0 END AS b_exposure, 0 AS a_dwell, 0 AS b_dwell
        FROM seen AS s
        UNION ALL
        SELECT h.grid_id, h.cell, 0, 0, CASE h.period WHEN 'a' THEN h.dwell_s ELSE 0 END,
            CASE h.period WHEN 'b' THEN h.dwell_s ELSE 0 END
        FROM heat AS h
    ) AS n
    GROUP BY n.grid_id, n.cell
)
SELECT c.grid_id, c.cell,
    g.origin_x_m + (c.cell % g.columns + 0.5::double precision) * g.cell_m,
    g.origin_y_m + (c.cell / g.columns + 0.5::double precision) * g.cell_m,
    c.a_exposure, c.b_exposure,
    3600 * c.a_dwell / nullif(c.a_exposure, 0), 3600 * c.b_dwell / nullif(c.b_exposure, 0),
    3600 * c.b_dwell / nullif(c.b_exposure, 0) - 3600 * c.a_dwell / nullif(c.a_exposure, 0)
FROM cells AS c
JOIN v_grid AS g ON g.store_id = p_store_id AND g.grid_id = c.grid_id
$$;

COMMENT ON FUNCTION heat_difference(integer, integer, timestamptz, timestamptz, timestamptz, timestamptz) IS
    'Presence per observed hour in period b minus period a, one row a cell; NULL where one of them saw nothing';

-- Time in which counts are hidden is no time seen: the count is not in the sum either.
CREATE FUNCTION zone_difference(p_store_id integer, a_from date, a_to date, b_from date, b_to date)
RETURNS TABLE (floor text, zone text, a_exposure_s double precision, b_exposure_s double precision,
    a_visits_per_h double precision, b_visits_per_h double precision, difference_per_h double precision,
    ratio double precision)
LANGUAGE sql STABLE
AS $$
SELECT n.floor, n.zone, n.a_exposure, n.b_exposure, n.a, n.b, n.b - n.a, n.b / nullif(n.a, 0)
FROM (
    SELECT w.floor, w.zone, w.a_exposure, w.b_exposure, 3600 * w.a_visits / nullif(w.a_exposure, 0) AS a,
        3600 * w.b_visits / nullif(w.b_exposure, 0) AS b
    FROM (
        SELECT z.floor, z.zone,
            sum(z.visits) FILTER (WHERE z.local_date >= a_from AND z.local_date < a_to) AS a_visits,
            sum(z.visits) FILTER (WHERE z.local_date >= b_from AND z.local_date < b_to) AS b_visits,
            sum(CASE WHEN z.visits IS NULL THEN 0 ELSE z.exposure_s END)
                FILTER (WHERE z.local_date >= a_from AND z.local_date < a_to) AS a_exposure,
            sum(CASE WHEN z.visits IS NULL THEN 0 ELSE z.exposure_s END)
                FILTER (WHERE z.local_date >= b_from AND z.local_date < b_to) AS b_exposure
        FROM v_zone_day AS z
        WHERE z.store_id = p_store_id AND z.is_open
            AND z.local_date >= least(a_from, b_from) AND z.local_date < greatest(a_to, b_to)
        GROUP BY z.floor, z.zone
    ) AS w
) AS n
$$;

COMMENT ON FUNCTION zone_difference(integer, date, date, date, date) IS
    'Visits per observed open hour of each zone, period [b_from, b_to) against [a_from, a_to)';

-- For planograms. Zones and fixtures are compared with others of their kind in the store, and with those of
-- the same name in the chain's other stores: like for like. Time in which counts are hidden is no time seen.
--
-- A store that has the name on several floors is one value of the chain's median. A store is left out of its own:
-- of n values in ascending order without the one of number r, the i-th is that of number i, or i + 1 from r on.
CREATE FUNCTION hot_cold(p_from date, p_to date)
RETURNS TABLE (store_id integer, chain text, store text, floor text, kind text, zone text, area_m2 double precision,
    visits bigint, dwell_s double precision, dwell_s_per_m2_h double precision, rank bigint, ranked bigint,
    store_median double precision, ratio_to_store double precision, chain_median double precision,
    chain_stores bigint, ratio_to_chain double precision, exposure_h double precision, observed_share double precision)
LANGUAGE sql STABLE
AS $$
WITH presence AS (
    SELECT store_id, zone_id, local_date, visits::bigint AS visits, dwell_s, exposure_s
    FROM v_zone_day WHERE is_open AND local_date >= p_from AND local_date < p_to
    UNION ALL
    SELECT store_id, zone_id, local_date, NULL, dwell_s, exposure_s
    FROM v_fixture_day WHERE is_open AND local_date >= p_from AND local_date < p_to
), counted AS (
    SELECT store_id, sum(counted_s) AS counted_s
    FROM v_store_day WHERE is_open AND local_date >= p_from AND local_date < p_to
    GROUP BY store_id
), shape AS (
    SELECT store_id, zone_id, sum(visits)::bigint AS visits, sum(dwell_s) AS dwell_s,
        sum(CASE WHEN dwell_s IS NULL THEN 0 ELSE exposure_s END) AS exposure_s, max(local_date) AS last_date
    FROM presence
    GROUP BY store_id, zone_id
), summed AS (
    -- Each shape with its own area; the area shown is that of the latest.
    SELECT z.store_id, z.chain, z.store, z.floor, z.kind, z.zone,
        (array_agg(z.area_m2 ORDER BY p.last_date DESC, z.valid_from DESC))[1] AS area_m2,
        sum(p.visits)::bigint AS visits, sum(p.dwell_s) AS dwell_s, sum(p.exposure_s) AS exposure_s,
        sum(z.area_m2 * p.exposure_s) AS exposure_m2_s,
        3600 * sum(p.dwell_s) / nullif(sum(z.area_m2 * p.exposure_s), 0) AS intensity
    FROM shape AS p JOIN v_zone AS z USING (store_id, zone_id)
    GROUP BY z.store_id, z.chain, z.store, z.floor, z.kind, z.zone
), by_store AS (
    SELECT store_id, kind, percentile_cont(0.5) WITHIN GROUP (ORDER BY intensity) AS median
    FROM summed GROUP BY store_id, kind
), named AS (
    SELECT chain, kind, zone, store_id, 3600 * sum(dwell_s) / nullif(sum(exposure_m2_s), 0) AS intensity
    FROM summed GROUP BY chain, kind, zone, store_id
), numbered AS (
    SELECT chain, kind, zone, store_id, intensity, CASE WHEN intensity IS NOT NULL
        THEN row_number() OVER (PARTITION BY chain, kind, zone ORDER BY intensity, store_id) END AS number
    FROM named
), by_chain AS (
    SELECT chain, kind, zone, array_agg(intensity ORDER BY number) FILTER (WHERE number IS NOT NULL) AS ordered
    FROM numbered GROUP BY chain, kind, zone
), by_others AS (
    SELECT n.chain, n.kind, n.zone, n.store_id, m.others,
        (c.ordered[m.low + (m.low >= n.number AND n.number IS NOT NULL)::integer]
            + c.ordered[m.high + (m.high >= n.number AND n.number IS NOT NULL)::integer]) / 2 AS median
    FROM numbered AS n
    JOIN by_chain AS c USING (chain, kind, zone)
    CROSS JOIN LATERAL (SELECT coalesce(cardinality(c.ordered), 0) - (n.number IS NOT NULL)::integer AS others) AS o
    CROSS JOIN LATERAL (SELECT o.others, (o.others + 1) / 2 AS low, o.others / 2 + 1 AS high) AS m
    WHERE m.others > 0
)
SELECT n.store_id, n.chain, n.store, n.floor, n.kind, n.zone, n.area_m2, n.visits, n.dwell_s, n.intensity,
    CASE WHEN n.intensity IS NOT NULL THEN rank() OVER w END,
    count(n.intensity) OVER (PARTITION BY n.store_id, n.kind),
    m.median, n.intensity / nullif(m.median, 0), h.median, coalesce(h.others, 0)::bigint,
    n.intensity / nullif(h.median, 0), n.exposure_s / 3600, least(n.exposure_s / nullif(c.counted_s, 0), 1)
FROM summed AS n
JOIN by_store AS m USING (store_id, kind)
LEFT JOIN by_others AS h ON h.chain = n.chain AND h.kind = n.kind AND h.zone = n.zone AND h.store_id = n.store_id
LEFT JOIN counted AS c ON c.store_id = n.store_id
WINDOW w AS (PARTITION BY n.store_id, n.kind ORDER BY n.intensity DESC NULLS LAST)
$$;

COMMENT ON FUNCTION hot_cold(date, date) IS
    'Zones and fixtures from hot to cold over the open hours of [p_from, p_to), against the store and the chain''s others';

-- The last four weeks: as many of each weekday.
CREATE VIEW v_hot_cold AS
SELECT * FROM hot_cold((now() - interval '28 days')::date, now()::date);
