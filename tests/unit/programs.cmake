unit_test(programs arguments checkpoints confine)
