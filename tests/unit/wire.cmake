unit_test(wire message sequence pubsub key_file gatekeeper)
