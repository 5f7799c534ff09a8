unit_test(config option store_config)
