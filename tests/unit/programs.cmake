unit_test(programs arguments checkpoints recent_latency confine)
