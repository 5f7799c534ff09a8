INSERT INTO camera_bucket (store_id, floor_id, bucket_at, camera_id, calibration_id, frames, observations,
    missed) VALUES
    (7, 1, '2026-10-31 23:59Z', 1, 1, 600, 900, 3),
    (7, 1, '2026-10-31 23:59Z', 2, 2, 500, 700, 0),
    (7, 1, '2026-11-01 00:00Z', 1, 1, 600, 0, 0),
    (7, 1, '2026-11-01 00:00Z', 2, 2, 600, 0, 0),
    (7, 1, '2026-11-30 12:00Z', 1, 4, 300, 20, 1),
    (7, 1, '2026-11-30 12:00Z', 2, 2, 300, 10, 0),
    (7, 1, '2027-01-15 09:00Z', 1, 4, 600, 5, 0),
    (8, 3, '2026-11-01 00:00Z', 3, 3, 900, 1200, 7);
-- The largest number that a boot and a frame can have.
INSERT INTO camera_position (store_id, camera_id, bucket_at, boot_id, last_sequence) VALUES
    (7, 1, '2027-01-15 09:00Z', 18446744073709551615, 599),
    (7, 2, '2026-11-30 12:00Z', 7, 18446744073709551615),
    (8, 3, '2026-11-01 00:00Z', 1, 0);
