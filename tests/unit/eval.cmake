unit_test(eval average_precision clear evaluate)
