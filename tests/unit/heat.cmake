unit_test(heat heat_bucket)
