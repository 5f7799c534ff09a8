unit_test(calib calibration placement footprint camera_table camera_file watch)
