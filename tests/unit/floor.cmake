unit_test(floor floor_map)
