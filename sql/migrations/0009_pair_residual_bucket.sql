-- 0009_pair_residual_bucket.sql: how two cameras agree about the people both saw.
-- Sums of (a - b) in floor metres; means and spreads are the reader's division.
CREATE TABLE pair_residual_bucket (
    store_id       integer NOT NULL,
    floor_id       integer NOT NULL,
    bucket_at      timestamptz NOT NULL,
    camera_a_id    integer NOT NULL,         -- the earlier by name
    camera_b_id    integer NOT NULL,
    matches        bigint NOT NULL,          -- people both saw, once a tick
    sum_dx_m       double precision NOT NULL,
    sum_dy_m       double precision NOT NULL,
    sum_squared_m2 double precision NOT NULL, -- of dx^2 + dy^2
    CONSTRAINT pair_residual_bucket_pkey
        PRIMARY KEY (store_id, floor_id, bucket_at, camera_a_id, camera_b_id),
    CONSTRAINT pair_residual_bucket_camera_a_id_fkey
        FOREIGN KEY (store_id, camera_a_id) REFERENCES camera (store_id, camera_id),
    CONSTRAINT pair_residual_bucket_camera_b_id_fkey
        FOREIGN KEY (store_id, camera_b_id) REFERENCES camera (store_id, camera_id)
) PARTITION BY RANGE (bucket_at);

COMMENT ON TABLE pair_residual_bucket IS 'Sums of position differences of two cameras in one bucket';

CREATE TABLE pair_residual_bucket_default PARTITION OF pair_residual_bucket DEFAULT;

COMMENT ON TABLE pair_residual_bucket_default IS 'Residuals of months that have no partition yet';
