-- Zones checkout 1, drawn anew as 2 when left was calibrated anew, and entrance 4; shelf 3, before which lie
-- cells 1 and 4. Lines door 1 and stairs 2 (no way in is said), gate 3 in the south.
INSERT INTO zone (store_id, floor_id, kind, zone, geojson, area_m2, height_m, valid_from, valid_to) VALUES
    (7, 1, 'zone', 'checkout',
        '{"type": "MultiPolygon", "coordinates": [[[[-1, 2], [0, 2], [0, 2.5], [-1, 2.5], [-1, 2]]]]}', 0.5, NULL,
        '2025-01-01 00:00Z', '2026-11-30 12:00Z'),
    (7, 1, 'zone', 'checkout',
        '{"type": "MultiPolygon", "coordinates": [[[[-1, 2], [1, 2], [1, 2.5], [-1, 2.5], [-1, 2]]]]}', 1, NULL,
        '2026-11-30 12:00Z', NULL),
    (7, 1, 'fixture', 'shelf',
        '{"type": "MultiPolygon", "coordinates": [[[[-1, 2.5], [-0.5, 2.5], [-0.5, 3], [-1, 3], [-1, 2.5]]]]}',
        0.25, 1.6, '2025-01-01 00:00Z', NULL),
    (7, 1, 'zone', 'entrance',
        '{"type": "MultiPolygon", "coordinates": [[[[0, 3], [1, 3], [1, 3.5], [0, 3.5], [0, 3]]]]}', 0.5, NULL,
        '2025-01-01 00:00Z', NULL);
INSERT INTO zone_cells (store_id, zone_id, grid_id, cells) VALUES
    (7, 1, 1, '{0,1}'), (7, 2, 1, '{0,1,2,3}'), (7, 3, 1, '{1,4}'), (7, 4, 1, '{10,11}');
INSERT INTO counting_line (store_id, floor_id, line, geojson, inward, valid_from, valid_to) VALUES
    (7, 1, 'door', '{"type": "LineString", "coordinates": [[-1, 3], [0, 3]]}', 'left_to_right',
        '2025-01-01 00:00Z', NULL),
    (7, 1, 'stairs', '{"type": "LineString", "coordinates": [[0, 2], [0, 3]]}', NULL,
        '2025-01-01 00:00Z', '2026-11-30 12:00Z'),
    (8, 3, 'gate', '{"type": "LineString", "coordinates": [[1, 0], [1, 2]]}', 'right_to_left',
        '2026-11-01 00:00Z', NULL);
-- Of the ground floor all but the last cell; one cell, 10, is never seen.
INSERT INTO walkable (store_id, grid_id, mask, cells) VALUES (7, 1, '\xff07', 11);
