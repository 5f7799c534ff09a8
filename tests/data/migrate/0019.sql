-- In January nobody looked at checkout, and somebody was counted in entrance all the same.
INSERT INTO zone_bucket (store_id, zone_id, bucket_at, definition_id, visits, entries, exits, peak_people, dwell_ms,
    exposure_ms) VALUES
    (7, 1, '2026-10-31 23:59Z', 1, 2, 4, 3, 3, 40000, 50000),
    (7, 4, '2026-10-31 23:59Z', 1, 0, 5, 5, 1, 6000, 20000),
    (7, 1, '2026-11-01 00:00Z', 1, 0, 1, 2, 1, 500, 60000),
    (7, 2, '2026-11-30 12:00Z', 1, 1, 2, 2, 2, 45000, 30000),
    (7, 2, '2027-01-15 09:00Z', 1, 0, 0, 0, 0, 0, 0),
    (7, 4, '2027-01-15 09:00Z', 1, 1, 1, 0, 1, 60000, 0);
INSERT INTO line_bucket (store_id, line_id, bucket_at, left_to_right, right_to_left) VALUES
    (7, 1, '2026-10-31 23:59Z', 7, 4),
    (7, 2, '2026-10-31 23:59Z', 1, 0),
    (7, 1, '2026-11-30 12:00Z', 2, 3),
    (8, 3, '2026-11-01 00:00Z', 5, 8);
INSERT INTO flow_bucket (store_id, from_zone_id, to_zone_id, bucket_at, people) VALUES
    (7, 4, 1, '2026-10-31 23:59Z', 3),
    (7, 1, 4, '2026-10-31 23:59Z', 1),
    (7, 4, 2, '2026-11-30 12:00Z', 2);
