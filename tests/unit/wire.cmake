unit_test(wire message message_replay sequence pubsub ring)
