INSERT INTO pair_residual_bucket (store_id, floor_id, bucket_at, camera_a_id, camera_b_id, matches, sum_dx_m,
    sum_dy_m, sum_squared_m2) VALUES
    (7, 1, '2026-10-31 23:59Z', 1, 2, 4, 0.4, -0.8, 1),
    (7, 1, '2026-11-30 12:00Z', 1, 2, 2, 0.5, 0.25, 0.125);
