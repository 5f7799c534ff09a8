unit_test(wire message message_replay sequence pubsub ring replay_wire key_file gatekeeper gatekeeper_replay)
