unit_test(eval clear evaluate)
