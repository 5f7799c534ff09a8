unit_test(programs arguments)
