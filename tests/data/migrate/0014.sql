-- The text of one that is in use becomes known; another is known before any bucket came with it.
UPDATE calibration SET text = 'image = {};', author = 'Ada', note = 'after the new shelves',
    valid_from = '2026-11-30 06:00Z' WHERE store_id = 7 AND version = encode(sha256('image = {};'), 'hex');
INSERT INTO calibration (store_id, camera_id, version, text, added_at) VALUES
    (8, 3, encode(sha256('image = { };'), 'hex'), 'image = { };', '2027-01-16 10:00Z');
