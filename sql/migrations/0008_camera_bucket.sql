-- 0008_camera_bucket.sql: what each camera delivered, and up to where its frames are in the facts.
CREATE TABLE camera_bucket (
    store_id       integer NOT NULL,
    floor_id       integer NOT NULL,
    bucket_at      timestamptz NOT NULL,
    camera_id      integer NOT NULL,
    calibration_id integer NOT NULL,
    frames         bigint NOT NULL,          -- also those with nobody in them
    observations   bigint NOT NULL,
    missed         bigint NOT NULL,          -- numbered frames that never arrived
    CONSTRAINT camera_bucket_pkey PRIMARY KEY (store_id, floor_id, bucket_at, camera_id),
    CONSTRAINT camera_bucket_camera_id_fkey
        FOREIGN KEY (store_id, camera_id) REFERENCES camera (store_id, camera_id),
    CONSTRAINT camera_bucket_calibration_id_fkey
        FOREIGN KEY (store_id, calibration_id) REFERENCES calibration (store_id, calibration_id)
) PARTITION BY RANGE (bucket_at);

COMMENT ON TABLE camera_bucket IS 'Frames, observations and losses of one camera in one bucket';

CREATE TABLE camera_bucket_default PARTITION OF camera_bucket DEFAULT;

COMMENT ON TABLE camera_bucket_default IS 'Camera counts of months that have no partition yet';

-- Committed together with the bucket: after a crash, fusion asks for a replay from here.
-- Boot ids and sequence numbers are unsigned 64-bit, which bigint cannot hold.
CREATE TABLE camera_position (
    store_id      integer NOT NULL,
    camera_id     integer NOT NULL,
    bucket_at     timestamptz NOT NULL,      -- the latest bucket with frames of this camera
    boot_id       numeric(20, 0) NOT NULL,   -- one start of the camera program
    last_sequence numeric(20, 0) NOT NULL,   -- all frames of this boot up to this one are covered
    CONSTRAINT camera_position_pkey PRIMARY KEY (store_id, camera_id),
    CONSTRAINT camera_position_camera_id_fkey
        FOREIGN KEY (store_id, camera_id) REFERENCES camera (store_id, camera_id)
);

COMMENT ON TABLE camera_position IS 'Up to which frame each camera is covered by committed buckets';
