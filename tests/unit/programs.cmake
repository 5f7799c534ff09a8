unit_test(programs arguments confine)
