-- Nobody ever looked at the upper floor.
INSERT INTO exposure (store_id, floor_id, bucket_at, camera_set_id, exposure_ms) VALUES
    (7, 1, '2026-10-31 23:59Z', 1, 50000),
    (7, 1, '2026-10-31 23:59Z', 2, 10000),
    (7, 1, '2026-11-01 00:00Z', 1, 60000),
    (7, 1, '2026-11-30 12:00Z', 3, 30000),
    (7, 1, '2027-01-15 09:00Z', 4, 60000),
    (8, 3, '2026-11-01 00:00Z', 5, 60000);
