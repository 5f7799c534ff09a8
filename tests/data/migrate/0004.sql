-- Cameras left 1, right 2 (north), door 3 (south). left is calibrated anew (4) in November.
-- left sees cells 0 to 5 of the ground floor, right 4 to 9, nobody 10 and 11; door sees 0 to 3 of 6.
INSERT INTO camera (store_id, camera) VALUES (7, 'left'), (7, 'right'), (8, 'door');
INSERT INTO calibration (store_id, camera_id, version, first_used_at) VALUES
    (7, 1, repeat('a', 64), '2026-10-31 23:59Z'),
    (7, 2, repeat('b', 64), '2026-10-31 23:59Z'),
    (8, 3, repeat('c', 64), '2026-11-01 00:00Z'),
    (7, 1, encode(sha256('image = {};'), 'hex'), '2026-11-30 12:00Z');
INSERT INTO footprint (store_id, camera_id, grid_id, calibration_id, mask) VALUES
    (7, 1, 1, 1, '\x3f00'),
    (7, 2, 1, 2, '\xf003'),
    (8, 3, 3, 3, '\x0f'),
    (7, 1, 1, 4, '\x3f00');
-- Sets: 1 both, 2 left alone, 3 both with left's new calibration, 4 left alone with it, 5 door.
INSERT INTO camera_set (store_id, grid_id, camera_ids, footprint_ids, mask) VALUES
    (7, 1, '{1,2}', '{1,2}', '\xff03'),
    (7, 1, '{1}', '{1}', '\x3f00'),
    (7, 1, '{1,2}', '{2,4}', '\xff03'),
    (7, 1, '{1}', '{4}', '\x3f00'),
    (8, 3, '{3}', '{3}', '\x0f');
