-- Two buckets are told once more, now with model, uptime and latency.
INSERT INTO model (store_id, model, input_width, input_height) VALUES
    (7, 'person-tiny', 416, 416), (7, 'blobs', 0, 0), (8, 'person-tiny', 416, 416);
UPDATE camera_bucket SET model_id = 1, uptime_ms = 60000, latency_bin = 40, latency_frames = '{500,100}'
    WHERE store_id = 7 AND camera_id = 1 AND bucket_at = '2027-01-15 09:00Z';
UPDATE camera_bucket SET model_id = 2, uptime_ms = 30000, latency_bin = 41, latency_frames = '{300}'
    WHERE store_id = 7 AND camera_id = 2 AND bucket_at = '2026-11-30 12:00Z';
