unit_test(wire message sequence pubsub ring)
