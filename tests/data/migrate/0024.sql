INSERT INTO finding (store_id, floor_id, kind, camera_id, other_camera_id, size, unit, confidence, evidence, proposal,
    opened_at, closed_at) VALUES
    (7, 1, 'calibration_shift', 1, 2, 0.4, 'm', 0.9, 250, 'calibrate left anew', '2026-11-29 10:00Z',
        '2026-11-30 12:00Z'),
    (8, 3, 'ghost', 3, NULL, NULL, NULL, NULL, 12, NULL, '2026-11-01 00:00Z', NULL);
INSERT INTO coverage_gap (store_id, floor_id, zone_id, cause, geojson, area_m2, severity, first_seen_at, last_seen_at,
    closed_at) VALUES
    (7, 1, 4, 'no_line_of_sight',
        '{"type": "MultiPolygon", "coordinates": [[[[0, 3], [0.5, 3], [0.5, 3.5], [0, 3.5], [0, 3]]]]}', 0.25, 0.75,
        '2026-11-01 00:00Z', '2026-11-30 12:00Z', '2026-12-01 09:00Z'),
    (7, 2, NULL, 'camera_down',
        '{"type": "MultiPolygon", "coordinates": [[[[0, 0], [40, 0], [40, 10], [0, 10], [0, 0]]]]}', 400, 1,
        '2026-11-01 00:00Z', '2027-01-15 09:00Z', NULL);
