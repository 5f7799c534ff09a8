unit_test(csv csv number)
