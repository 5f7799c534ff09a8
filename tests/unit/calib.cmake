unit_test(calib calibration placement footprint camera_table camera_file watch)
unit_test(calib least_squares marked_points view_quality)
# Their scenes take the simulator's random numbers.
unit_test(sim autocalibrate fit fit_accuracy rotation)
