unit_test(sim visibility sensor)
