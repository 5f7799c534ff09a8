unit_test(calib calibration placement footprint)
