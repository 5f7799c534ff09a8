INSERT INTO definition (store_id, bucket_s, visit_s, cell_m) VALUES (7, 60, 5, 0.5), (7, 60, 5, 1), (8, 60, 5, 1);
