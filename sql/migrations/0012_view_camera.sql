-- 0012_view_camera.sql: cameras as BI tools read them: what they delivered, when they looked, how far they
-- agree.
CREATE VIEW v_camera_bucket AS
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
    b.missed
FROM camera_bucket AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS c USING (store_id, camera_id)
JOIN calibration AS k USING (store_id, calibration_id);

COMMENT ON VIEW v_camera_bucket IS 'What each camera delivered, one row per camera and bucket';
COMMENT ON COLUMN v_camera_bucket.store_id IS 'Key of the store, unique in the chain';
COMMENT ON COLUMN v_camera_bucket.chain IS 'Id of the chain';
COMMENT ON COLUMN v_camera_bucket.store IS 'Id of the store';
COMMENT ON COLUMN v_camera_bucket.floor IS 'Id of the floor';
COMMENT ON COLUMN v_camera_bucket.camera IS 'Id of the camera';
COMMENT ON COLUMN v_camera_bucket.bucket_at IS 'Start of the bucket';
COMMENT ON COLUMN v_camera_bucket.local_at IS 'Start of the bucket in the store''s time zone';
COMMENT ON COLUMN v_camera_bucket.calibration IS 'Version of the calibration in use (SHA-256)';
COMMENT ON COLUMN v_camera_bucket.frames IS 'Frames that arrived, also those with nobody in them';
COMMENT ON COLUMN v_camera_bucket.observations IS 'Detections in those frames';
COMMENT ON COLUMN v_camera_bucket.missed IS 'Numbered frames that never arrived';

CREATE VIEW v_exposure AS
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
    e.exposure_ms::double precision / 1000 AS exposure_s
FROM exposure AS e
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera_set AS k USING (store_id, camera_set_id);

COMMENT ON VIEW v_exposure IS 'How long exactly which cameras were looking, per floor and bucket';
COMMENT ON COLUMN v_exposure.store_id IS 'Key of the store, unique in the chain';
COMMENT ON COLUMN v_exposure.chain IS 'Id of the chain';
COMMENT ON COLUMN v_exposure.store IS 'Id of the store';
COMMENT ON COLUMN v_exposure.floor IS 'Id of the floor';
COMMENT ON COLUMN v_exposure.bucket_at IS 'Start of the bucket';
COMMENT ON COLUMN v_exposure.local_at IS 'Start of the bucket in the store''s time zone';
COMMENT ON COLUMN v_exposure.cameras IS 'Ids of the cameras that were looking; empty: none was';
COMMENT ON COLUMN v_exposure.exposure_s IS 'Seconds in which exactly these cameras were looking';

CREATE VIEW v_pair_residual AS
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
    sqrt(b.sum_squared_m2 / nullif(b.matches, 0)) AS rms_m
FROM pair_residual_bucket AS b
JOIN store AS s USING (store_id)
JOIN floor AS f USING (store_id, floor_id)
JOIN camera AS a ON a.store_id = b.store_id AND a.camera_id = b.camera_a_id
JOIN camera AS c ON c.store_id = b.store_id AND c.camera_id = b.camera_b_id;

COMMENT ON VIEW v_pair_residual IS
    'How two cameras agree about people both saw, one row per pair and bucket; weigh means by matches';
COMMENT ON COLUMN v_pair_residual.store_id IS 'Key of the store, unique in the chain';
COMMENT ON COLUMN v_pair_residual.chain IS 'Id of the chain';
COMMENT ON COLUMN v_pair_residual.store IS 'Id of the store';
COMMENT ON COLUMN v_pair_residual.floor IS 'Id of the floor';
COMMENT ON COLUMN v_pair_residual.camera_a IS 'Id of the first camera';
COMMENT ON COLUMN v_pair_residual.camera_b IS 'Id of the second camera';
COMMENT ON COLUMN v_pair_residual.bucket_at IS 'Start of the bucket';
COMMENT ON COLUMN v_pair_residual.local_at IS 'Start of the bucket in the store''s time zone';
COMMENT ON COLUMN v_pair_residual.matches IS 'How often both saw the same person at one tick';
COMMENT ON COLUMN v_pair_residual.mean_dx_m IS 'Mean of x of camera_a minus x of camera_b, metres';
COMMENT ON COLUMN v_pair_residual.mean_dy_m IS 'Mean of y of camera_a minus y of camera_b, metres';
COMMENT ON COLUMN v_pair_residual.rms_m IS 'Root of the mean squared distance, metres';
