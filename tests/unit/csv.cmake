unit_test(csv csv)
