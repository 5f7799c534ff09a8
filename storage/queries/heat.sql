-- heat.sql: sums of a floor over a range of time: its days, hours and buckets as they are stored, added up in C.

-- store_find: look up the store
-- A store may be given as "chain/store" where the id alone does not say which.
SELECT store_id, chain || '/' || store
FROM store
WHERE store = $1 OR chain || '/' || store = $1
ORDER BY chain;

-- floor_find: look up the floor
SELECT floor_id FROM floor WHERE store_id = $1::integer AND floor = $2;

-- heat_span: read the heat
-- Everything there is, for ranges without an end.
SELECT
    (extract(epoch FROM least(
        (SELECT min(bucket_at) FROM heat_bucket WHERE store_id = $1::integer AND floor_id = $2::integer),
        (SELECT min(first_bucket_at) FROM heat_hour WHERE store_id = $1::integer AND floor_id = $2::integer),
        (SELECT min(first_bucket_at) FROM heat_day WHERE store_id = $1::integer AND floor_id = $2::integer)
    )) * 1000000)::bigint,
    (extract(epoch FROM greatest(
        (SELECT max(bucket_at + d.bucket_s * interval '1 second')
            FROM heat_bucket
            JOIN definition AS d USING (store_id, definition_id)
            WHERE store_id = $1::integer AND floor_id = $2::integer),
        (SELECT max(last_bucket_end) FROM heat_hour WHERE store_id = $1::integer AND floor_id = $2::integer),
        (SELECT max(last_bucket_end) FROM heat_day WHERE store_id = $1::integer AND floor_id = $2::integer)
    )) * 1000000)::bigint;

-- heat_pieces: read the heat
-- Which whole days, whole hours and rest the range consists of.
SELECT level, lower(piece), upper(piece)
FROM heat_piece($1::integer, $2::integer, $3::timestamptz, $4::timestamptz);

-- heat_days: read the heat
-- The rows of one level in some ranges of time: arrays of their starts and ends. Local dates are within a day of UTC's;
-- they are what partitions and keys know.
SELECT d.grid_id, (extract(epoch FROM d.first_bucket_at) * 1000000)::bigint,
    (extract(epoch FROM d.last_bucket_end) * 1000000)::bigint, d.packed
FROM unnest($3::timestamptz[], $4::timestamptz[]) AS p (low, high)
JOIN heat_day AS d ON d.store_id = $1::integer AND d.floor_id = $2::integer
    AND d.local_date >= (p.low AT TIME ZONE 'UTC')::date - 1
    AND d.local_date <= (p.high AT TIME ZONE 'UTC')::date + 1
    AND d.day_at >= p.low AND d.day_end <= p.high
    AND d.first_bucket_at IS NOT NULL;

-- heat_hours: read the heat
SELECT h.grid_id, (extract(epoch FROM h.first_bucket_at) * 1000000)::bigint,
    (extract(epoch FROM h.last_bucket_end) * 1000000)::bigint,
    h.cell, h.dwell_ms, h.passes, h.move_x_cm, h.move_y_cm, h.path_cm
FROM unnest($3::timestamptz[], $4::timestamptz[]) AS p (low, high)
JOIN heat_hour AS h ON h.store_id = $1::integer AND h.floor_id = $2::integer
    AND h.hour_at >= p.low AND h.hour_at < p.high
    AND h.first_bucket_at IS NOT NULL;

-- heat_buckets: read the heat
SELECT b.grid_id, (extract(epoch FROM b.bucket_at) * 1000000)::bigint,
    (extract(epoch FROM b.bucket_at) * 1000000)::bigint + d.bucket_s * 1000000::bigint,
    b.first_cell, b.dwell_unit_ms, b.cells
FROM unnest($3::timestamptz[], $4::timestamptz[]) AS p (low, high)
JOIN heat_bucket AS b ON b.store_id = $1::integer AND b.floor_id = $2::integer
    AND b.bucket_at >= p.low AND b.bucket_at < p.high
JOIN definition AS d ON d.store_id = b.store_id AND d.definition_id = b.definition_id;

-- heat_counts: read the heat
-- How long there are buckets for and how many people were on the floor; $3 .. $8 are starts and ends of the days, hours
-- and ranges of buckets.
SELECT coalesce(sum(n.people_ms), 0), coalesce(sum(n.counted_ms), 0)
FROM (
    SELECT f.people_ms, f.counted_ms
    FROM floor_day AS f
    WHERE f.store_id = $1::integer AND f.floor_id = $2::integer AND f.local_date IN (
        SELECT d.local_date
        FROM unnest($3::timestamptz[], $4::timestamptz[]) AS p (low, high)
        JOIN heat_day AS d ON d.store_id = $1::integer AND d.floor_id = $2::integer
            AND d.local_date >= (p.low AT TIME ZONE 'UTC')::date - 1
            AND d.local_date <= (p.high AT TIME ZONE 'UTC')::date + 1
            AND d.day_at >= p.low AND d.day_end <= p.high
    )
    UNION ALL
    SELECT f.people_ms, f.counted_ms
    FROM unnest($5::timestamptz[], $6::timestamptz[]) AS p (low, high)
    JOIN floor_hour AS f ON f.store_id = $1::integer AND f.floor_id = $2::integer
        AND f.hour_at >= p.low AND f.hour_at < p.high
    UNION ALL
    SELECT b.people_ms, d.bucket_s * 1000
    FROM unnest($7::timestamptz[], $8::timestamptz[]) AS p (low, high)
    JOIN heat_bucket AS b ON b.store_id = $1::integer AND b.floor_id = $2::integer
        AND b.bucket_at >= p.low AND b.bucket_at < p.high
    JOIN definition AS d ON d.store_id = b.store_id AND d.definition_id = b.definition_id
) AS n;

-- grid_find: read the grid
SELECT origin_x_m, origin_y_m, cell_m, columns, rows
FROM grid
WHERE store_id = $1::integer AND grid_id = $2::integer;

-- heat_exposure: read the exposure
-- $3 .. $8 are those of heat_counts.
SELECT k.mask, e.exposure_ms
FROM (
    SELECT n.camera_set_id, sum(n.exposure_ms) AS exposure_ms
    FROM (
        SELECT e.camera_set_id, e.exposure_ms
        FROM exposure_day AS e
        WHERE e.store_id = $1::integer AND e.floor_id = $2::integer AND e.local_date IN (
            SELECT d.local_date
            FROM unnest($3::timestamptz[], $4::timestamptz[]) AS p (low, high)
            JOIN heat_day AS d ON d.store_id = $1::integer AND d.floor_id = $2::integer
                AND d.local_date >= (p.low AT TIME ZONE 'UTC')::date - 1
                AND d.local_date <= (p.high AT TIME ZONE 'UTC')::date + 1
                AND d.day_at >= p.low AND d.day_end <= p.high
        )
        UNION ALL
        SELECT e.camera_set_id, e.exposure_ms
        FROM unnest($5::timestamptz[], $6::timestamptz[]) AS p (low, high)
        JOIN exposure_hour AS e ON e.store_id = $1::integer AND e.floor_id = $2::integer
            AND e.hour_at >= p.low AND e.hour_at < p.high
        UNION ALL
        SELECT e.camera_set_id, e.exposure_ms
        FROM unnest($7::timestamptz[], $8::timestamptz[]) AS p (low, high)
        JOIN exposure AS e ON e.store_id = $1::integer AND e.floor_id = $2::integer
            AND e.bucket_at >= p.low AND e.bucket_at < p.high
    ) AS n
    GROUP BY n.camera_set_id
) AS e
JOIN camera_set AS k ON k.store_id = $1::integer AND k.camera_set_id = e.camera_set_id;
