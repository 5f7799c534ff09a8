unit_test(eval clear)
