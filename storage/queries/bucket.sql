-- bucket.sql: facts of several buckets at once. $1 is the store, the others are columns.
-- "_put" writes rows; those that are as they should be are left alone, so writing a bucket again costs little.
-- "_blank" is for buckets ($2, $3) that were there before: what is no more ($4 .. are the keys of what is) becomes
-- zero; nothing is deleted, because headquarters learns of inserts and updates only.

-- heat_bucket_add: write the buckets
-- The heat row comes first, so that two writers of one bucket queue up there; which buckets are new it tells.
INSERT INTO heat_bucket (store_id, floor_id, bucket_at, grid_id, definition_id, peak_people, people_ms, first_cell,
    dwell_unit_ms, cells)
SELECT $1::integer, w.*
FROM unnest($2::integer[], $3::timestamptz[], $4::integer[], $5::integer[], $6::integer[], $7::bigint[],
    $8::integer[], $9::integer[], $10::bytea[]) AS w
ON CONFLICT (store_id, floor_id, bucket_at) DO NOTHING
RETURNING floor_id;

-- heat_bucket_change: replace the buckets
UPDATE heat_bucket AS b SET grid_id = w.grid_id, definition_id = w.definition_id, peak_people = w.peak_people,
    people_ms = w.people_ms, first_cell = w.first_cell, dwell_unit_ms = w.dwell_unit_ms, cells = w.cells
FROM unnest($2::integer[], $3::timestamptz[], $4::integer[], $5::integer[], $6::integer[], $7::bigint[],
    $8::integer[], $9::integer[], $10::bytea[])
    AS w (floor_id, bucket_at, grid_id, definition_id, peak_people, people_ms, first_cell, dwell_unit_ms, cells)
WHERE b.store_id = $1::integer AND b.floor_id = w.floor_id AND b.bucket_at = w.bucket_at;

-- exposure_put: write the exposure
INSERT INTO exposure (store_id, floor_id, bucket_at, camera_set_id, exposure_ms)
SELECT $1::integer, w.floor_id, w.bucket_at, w.camera_set_id, sum(w.exposure_ms)
FROM unnest($2::integer[], $3::timestamptz[], $4::integer[], $5::bigint[])
    AS w (floor_id, bucket_at, camera_set_id, exposure_ms)
GROUP BY w.floor_id, w.bucket_at, w.camera_set_id
ON CONFLICT (store_id, floor_id, bucket_at, camera_set_id) DO UPDATE SET exposure_ms = excluded.exposure_ms
WHERE exposure.exposure_ms <> excluded.exposure_ms;

-- exposure_blank: replace the exposure
UPDATE exposure AS e SET exposure_ms = 0
FROM unnest($2::integer[], $3::timestamptz[]) AS w (floor_id, bucket_at)
WHERE e.store_id = $1::integer AND e.floor_id = w.floor_id AND e.bucket_at = w.bucket_at AND e.exposure_ms <> 0
    AND (e.floor_id, e.bucket_at, e.camera_set_id) NOT IN (
        SELECT * FROM unnest($4::integer[], $5::timestamptz[], $6::integer[])
    );

-- camera_bucket_put: write the camera counts
INSERT INTO camera_bucket (store_id, floor_id, bucket_at, camera_id, calibration_id, model_id, frames, observations,
    missed, uptime_ms, latency_bin, latency_frames)
SELECT $1::integer, w.floor_id, w.bucket_at, w.camera_id, w.calibration_id, nullif(w.model_id, 0), w.frames,
    w.observations, w.missed, w.uptime_ms, w.latency_bin, w.latency_frames::integer[]
FROM unnest($2::integer[], $3::timestamptz[], $4::integer[], $5::integer[], $6::integer[], $7::bigint[],
    $8::bigint[], $9::bigint[], $10::bigint[], $11::integer[], $12::text[])
    AS w (floor_id, bucket_at, camera_id, calibration_id, model_id, frames, observations, missed, uptime_ms,
    latency_bin, latency_frames)
ON CONFLICT (store_id, floor_id, bucket_at, camera_id) DO UPDATE SET
    calibration_id = excluded.calibration_id, model_id = excluded.model_id, frames = excluded.frames,
    observations = excluded.observations, missed = excluded.missed, uptime_ms = excluded.uptime_ms,
    latency_bin = excluded.latency_bin, latency_frames = excluded.latency_frames
WHERE (camera_bucket.calibration_id, camera_bucket.model_id, camera_bucket.frames, camera_bucket.observations,
    camera_bucket.missed, camera_bucket.uptime_ms, camera_bucket.latency_bin, camera_bucket.latency_frames)
    IS DISTINCT FROM (excluded.calibration_id, excluded.model_id, excluded.frames, excluded.observations,
    excluded.missed, excluded.uptime_ms, excluded.latency_bin, excluded.latency_frames);

-- camera_bucket_blank: replace the camera counts
UPDATE camera_bucket AS c SET frames = 0, observations = 0, missed = 0, uptime_ms = 0, latency_bin = 0,
    latency_frames = '{}'
FROM unnest($2::integer[], $3::timestamptz[]) AS w (floor_id, bucket_at)
WHERE c.store_id = $1::integer AND c.floor_id = w.floor_id AND c.bucket_at = w.bucket_at
    AND (c.floor_id, c.bucket_at, c.camera_id) NOT IN (
        SELECT * FROM unnest($4::integer[], $5::timestamptz[], $6::integer[])
    );

-- pair_residual_put: write the residuals
INSERT INTO pair_residual_bucket (store_id, floor_id, bucket_at, camera_a_id, camera_b_id, matches, sum_dx_m,
    sum_dy_m, sum_squared_m2)
SELECT $1::integer, w.*
FROM unnest($2::integer[], $3::timestamptz[], $4::integer[], $5::integer[], $6::bigint[], $7::double precision[],
    $8::double precision[], $9::double precision[]) AS w
ON CONFLICT (store_id, floor_id, bucket_at, camera_a_id, camera_b_id) DO UPDATE SET
    matches = excluded.matches, sum_dx_m = excluded.sum_dx_m, sum_dy_m = excluded.sum_dy_m,
    sum_squared_m2 = excluded.sum_squared_m2
WHERE (pair_residual_bucket.matches, pair_residual_bucket.sum_dx_m, pair_residual_bucket.sum_dy_m,
    pair_residual_bucket.sum_squared_m2)
    IS DISTINCT FROM (excluded.matches, excluded.sum_dx_m, excluded.sum_dy_m, excluded.sum_squared_m2);

-- pair_residual_blank: replace the residuals
UPDATE pair_residual_bucket AS p SET matches = 0, sum_dx_m = 0, sum_dy_m = 0, sum_squared_m2 = 0
FROM unnest($2::integer[], $3::timestamptz[]) AS w (floor_id, bucket_at)
WHERE p.store_id = $1::integer AND p.floor_id = w.floor_id AND p.bucket_at = w.bucket_at
    AND (p.floor_id, p.bucket_at, p.camera_a_id, p.camera_b_id) NOT IN (
        SELECT * FROM unnest($4::integer[], $5::timestamptz[], $6::integer[], $7::integer[])
    );

-- zone_bucket_put: write the zones
INSERT INTO zone_bucket (store_id, zone_id, bucket_at, definition_id, visits, entries, exits, peak_people, dwell_ms,
    exposure_ms)
SELECT $1::integer, w.*
FROM unnest($2::integer[], $3::timestamptz[], $4::integer[], $5::integer[], $6::integer[], $7::integer[],
    $8::integer[], $9::bigint[], $10::bigint[]) AS w
ON CONFLICT (store_id, zone_id, bucket_at) DO UPDATE SET
    definition_id = excluded.definition_id, visits = excluded.visits, entries = excluded.entries,
    exits = excluded.exits, peak_people = excluded.peak_people, dwell_ms = excluded.dwell_ms,
    exposure_ms = excluded.exposure_ms
WHERE (zone_bucket.definition_id, zone_bucket.visits, zone_bucket.entries, zone_bucket.exits,
    zone_bucket.peak_people, zone_bucket.dwell_ms, zone_bucket.exposure_ms)
    IS DISTINCT FROM (excluded.definition_id, excluded.visits, excluded.entries, excluded.exits,
    excluded.peak_people, excluded.dwell_ms, excluded.exposure_ms);

-- zone_bucket_blank: replace the zones
UPDATE zone_bucket AS b SET visits = 0, entries = 0, exits = 0, peak_people = 0, dwell_ms = 0, exposure_ms = 0
WHERE b.store_id = $1::integer AND (b.zone_id, b.bucket_at) IN (
    SELECT z.zone_id, w.bucket_at
    FROM unnest($2::integer[], $3::timestamptz[]) AS w (floor_id, bucket_at)
    JOIN zone AS z ON z.store_id = $1::integer AND z.floor_id = w.floor_id AND z.kind = 'zone'
    EXCEPT
    SELECT * FROM unnest($4::integer[], $5::timestamptz[])
);

-- line_bucket_put: write the lines
INSERT INTO line_bucket (store_id, line_id, bucket_at, left_to_right, right_to_left)
SELECT $1::integer, w.*
FROM unnest($2::integer[], $3::timestamptz[], $4::integer[], $5::integer[]) AS w
ON CONFLICT (store_id, line_id, bucket_at) DO UPDATE SET
    left_to_right = excluded.left_to_right, right_to_left = excluded.right_to_left
WHERE (line_bucket.left_to_right, line_bucket.right_to_left)
    IS DISTINCT FROM (excluded.left_to_right, excluded.right_to_left);

-- line_bucket_blank: replace the lines
UPDATE line_bucket AS b SET left_to_right = 0, right_to_left = 0
WHERE b.store_id = $1::integer AND (b.line_id, b.bucket_at) IN (
    SELECT l.line_id, w.bucket_at
    FROM unnest($2::integer[], $3::timestamptz[]) AS w (floor_id, bucket_at)
    JOIN counting_line AS l ON l.store_id = $1::integer AND l.floor_id = w.floor_id
    EXCEPT
    SELECT * FROM unnest($4::integer[], $5::timestamptz[])
);

-- flow_bucket_put: write the flows
INSERT INTO flow_bucket (store_id, from_zone_id, to_zone_id, bucket_at, people)
SELECT $1::integer, w.from_zone_id, w.to_zone_id, w.bucket_at, w.people
FROM unnest($2::integer[], $3::integer[], $4::timestamptz[], $5::integer[])
    AS w (from_zone_id, to_zone_id, bucket_at, people)
ON CONFLICT (store_id, from_zone_id, to_zone_id, bucket_at) DO UPDATE SET people = excluded.people
WHERE flow_bucket.people <> excluded.people;

-- flow_bucket_blank: replace the flows
UPDATE flow_bucket AS b SET people = 0
WHERE b.store_id = $1::integer AND b.people <> 0 AND (b.from_zone_id, b.to_zone_id, b.bucket_at) IN (
    SELECT y.zone_id, z.zone_id, w.bucket_at
    FROM unnest($2::integer[], $3::timestamptz[]) AS w (floor_id, bucket_at)
    JOIN zone AS y ON y.store_id = $1::integer AND y.floor_id = w.floor_id AND y.kind = 'zone'
    JOIN zone AS z ON z.store_id = $1::integer AND z.floor_id = w.floor_id AND z.kind = 'zone'
    EXCEPT
    SELECT * FROM unnest($4::integer[], $5::integer[], $6::timestamptz[])
);

-- camera_position_put: write the camera positions
-- An old bucket written again does not move a position back.
INSERT INTO camera_position (store_id, camera_id, bucket_at, boot_id, last_sequence)
SELECT DISTINCT ON (w.camera_id) $1::integer, w.*
FROM unnest($2::integer[], $3::timestamptz[], $4::numeric[], $5::numeric[])
    AS w (camera_id, bucket_at, boot_id, last_sequence)
ORDER BY w.camera_id, w.bucket_at DESC
ON CONFLICT (store_id, camera_id) DO UPDATE SET
    bucket_at = excluded.bucket_at, boot_id = excluded.boot_id, last_sequence = excluded.last_sequence
WHERE camera_position.bucket_at <= excluded.bucket_at;
