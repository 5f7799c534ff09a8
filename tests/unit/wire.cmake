unit_test(wire message message_replay pubsub ring replay_wire key_file gatekeeper gatekeeper_replay)
