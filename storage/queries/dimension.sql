-- dimension.sql: the keys of a bucket's floor, grid, cameras and so on; rows that are missing are made.
-- Key statements look first and insert only what is missing, since an insert that meets a conflict would still use up
-- a number of the identity. When another writer inserts the same row at the same moment the key comes back NULL, and
-- the statement, run again, finds it. Where a list is asked for, keys come in its order.

-- floor_key: write the floor
WITH found AS (
    SELECT floor_id FROM floor WHERE store_id = $1::integer AND floor = $2
), made AS (
    INSERT INTO floor (store_id, floor)
    SELECT $1::integer, $2
    WHERE NOT EXISTS (SELECT FROM found)
    ON CONFLICT DO NOTHING
    RETURNING floor_id
)
SELECT coalesce((SELECT floor_id FROM found), (SELECT floor_id FROM made));

-- grid_key: write the grid
WITH wanted AS (
    SELECT $1::integer AS store_id, $2::integer AS floor_id, $3::double precision AS origin_x_m,
        $4::double precision AS origin_y_m, $5::double precision AS cell_m, $6::integer AS columns, $7::integer AS rows
), found AS (
    SELECT grid_id
    FROM grid
    JOIN wanted USING (store_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, rows)
), made AS (
    INSERT INTO grid (store_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, rows)
    SELECT store_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, rows
    FROM wanted
    WHERE NOT EXISTS (SELECT FROM found)
    ON CONFLICT DO NOTHING
    RETURNING grid_id
)
SELECT coalesce((SELECT grid_id FROM found), (SELECT grid_id FROM made));

-- camera_keys: write the cameras
WITH wanted AS (
    SELECT w.camera, w.n
    FROM unnest($2::text[]) WITH ORDINALITY AS w (camera, n)
), made AS (
    INSERT INTO camera (store_id, camera)
    SELECT $1::integer, w.camera
    FROM wanted AS w
    WHERE NOT EXISTS (SELECT FROM camera AS c WHERE c.store_id = $1::integer AND c.camera = w.camera)
    ON CONFLICT DO NOTHING
    RETURNING camera, camera_id
)
SELECT coalesce(c.camera_id, m.camera_id)
FROM wanted AS w
LEFT JOIN camera AS c ON c.store_id = $1::integer AND c.camera = w.camera
LEFT JOIN made AS m ON m.camera = w.camera
ORDER BY w.n;

-- calibration_keys: write the calibrations
-- A version that was told of before it was used is now in use, since $4.
WITH wanted AS (
    SELECT w.camera_id, w.version, w.n
    FROM unnest($2::integer[], $3::text[]) WITH ORDINALITY AS w (camera_id, version, n)
), used AS (
    UPDATE calibration AS k SET first_used_at = $4::timestamptz
    FROM wanted AS w
    WHERE k.store_id = $1::integer AND k.camera_id = w.camera_id AND k.version = w.version
        AND k.first_used_at IS NULL
), made AS (
    INSERT INTO calibration (store_id, camera_id, version, first_used_at)
    SELECT $1::integer, w.camera_id, w.version, $4::timestamptz
    FROM wanted AS w
    WHERE NOT EXISTS (
        SELECT FROM calibration AS k
        WHERE k.store_id = $1::integer AND k.camera_id = w.camera_id AND k.version = w.version
    )
    ON CONFLICT DO NOTHING
    RETURNING camera_id, version, calibration_id
)
SELECT coalesce(k.calibration_id, m.calibration_id)
FROM wanted AS w
LEFT JOIN calibration AS k ON k.store_id = $1::integer AND k.camera_id = w.camera_id AND k.version = w.version
LEFT JOIN made AS m ON m.camera_id = w.camera_id AND m.version = w.version
ORDER BY w.n;

-- calibration_put: write a calibration
-- A version that is known with its text stays as it is.
WITH known AS (
    UPDATE calibration SET text = $4, author = $5, note = $6, valid_from = $7::timestamptz
    WHERE store_id = $1::integer AND camera_id = $2::integer AND version = $3 AND text IS NULL
)
INSERT INTO calibration (store_id, camera_id, version, text, author, note, valid_from)
SELECT $1::integer, $2::integer, $3, $4, $5, $6, $7::timestamptz
WHERE NOT EXISTS (
    SELECT FROM calibration WHERE store_id = $1::integer AND camera_id = $2::integer AND version = $3
)
ON CONFLICT DO NOTHING;

-- model_keys: write the models
WITH wanted AS (
    SELECT w.model, w.input_width, w.input_height, w.n
    FROM unnest($2::text[], $3::integer[], $4::integer[]) WITH ORDINALITY AS w (model, input_width, input_height, n)
), made AS (
    INSERT INTO model (store_id, model, input_width, input_height)
    SELECT DISTINCT $1::integer, w.model, w.input_width, w.input_height
    FROM wanted AS w
    WHERE NOT EXISTS (
        SELECT FROM model AS m
        WHERE m.store_id = $1::integer AND m.model = w.model AND m.input_width = w.input_width
            AND m.input_height = w.input_height
    )
    ON CONFLICT DO NOTHING
    RETURNING model, input_width, input_height, model_id
)
SELECT coalesce(k.model_id, m.model_id)
FROM wanted AS w
LEFT JOIN model AS k ON k.store_id = $1::integer AND k.model = w.model AND k.input_width = w.input_width
    AND k.input_height = w.input_height
LEFT JOIN made AS m ON m.model = w.model AND m.input_width = w.input_width AND m.input_height = w.input_height
ORDER BY w.n;

-- footprint_keys: write the footprints
WITH wanted AS (
    SELECT w.camera_id, w.calibration_id, w.mask, sha256(w.mask) AS mask_sha256, w.n
    FROM unnest($3::integer[], $4::integer[], $5::bytea[]) WITH ORDINALITY AS w (camera_id, calibration_id, mask, n)
), made AS (
    INSERT INTO footprint (store_id, grid_id, camera_id, calibration_id, mask)
    SELECT $1::integer, $2::integer, w.camera_id, w.calibration_id, w.mask
    FROM wanted AS w
    WHERE NOT EXISTS (
        SELECT FROM footprint AS p
        WHERE p.store_id = $1::integer AND p.grid_id = $2::integer AND p.camera_id = w.camera_id
            AND p.calibration_id = w.calibration_id AND p.mask_sha256 = w.mask_sha256
    )
    ON CONFLICT DO NOTHING
    RETURNING camera_id, calibration_id, footprint_id
)
SELECT coalesce(p.footprint_id, m.footprint_id)
FROM wanted AS w
LEFT JOIN footprint AS p ON p.store_id = $1::integer AND p.grid_id = $2::integer AND p.camera_id = w.camera_id
    AND p.calibration_id = w.calibration_id AND p.mask_sha256 = w.mask_sha256
LEFT JOIN made AS m ON m.camera_id = w.camera_id AND m.calibration_id = w.calibration_id
ORDER BY w.n;

-- camera_set_keys: write the camera sets
-- A set comes as the text of an array, for SQL's arrays of arrays must be rectangular.
WITH wanted AS (
    SELECT w.camera_ids::integer[] AS camera_ids, w.footprint_ids::integer[] AS footprint_ids, w.mask, w.n
    FROM unnest($3::text[], $4::text[], $5::bytea[]) WITH ORDINALITY AS w (camera_ids, footprint_ids, mask, n)
), made AS (
    INSERT INTO camera_set (store_id, grid_id, camera_ids, footprint_ids, mask)
    SELECT $1::integer, $2::integer, w.camera_ids, w.footprint_ids, w.mask
    FROM wanted AS w
    WHERE NOT EXISTS (
        SELECT FROM camera_set AS k
        WHERE k.store_id = $1::integer AND k.grid_id = $2::integer AND k.footprint_ids = w.footprint_ids
    )
    ON CONFLICT DO NOTHING
    RETURNING footprint_ids, camera_set_id
)
SELECT coalesce(k.camera_set_id, m.camera_set_id)
FROM wanted AS w
LEFT JOIN camera_set AS k ON k.store_id = $1::integer AND k.grid_id = $2::integer
    AND k.footprint_ids = w.footprint_ids
LEFT JOIN made AS m ON m.footprint_ids = w.footprint_ids
ORDER BY w.n;

-- places_put: write the places of a floor
-- All places of a floor; docs in sql/migrations/0018_place.sql.
SELECT id, (extract(epoch FROM since) * 1000000)::bigint, is_same
FROM put_places($1::integer, $2::integer, $3::integer, $4::timestamptz, $5::jsonb, $6::bytea);
