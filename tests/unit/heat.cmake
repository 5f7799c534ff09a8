unit_test(heat heat_bucket camera_set latency_sketch)
