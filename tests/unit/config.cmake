unit_test(config option opening_hours store_config)
