unit_test(heat bucket_bytes heat_bucket camera_set latency_sketch)
