unit_test(calib calibration placement footprint camera_table camera_file watch)
unit_test(calib import import_opencv import_tsai import_folder import_real)
unit_test(calib least_squares marked_points signature_file view_quality warp)
# Their scenes take the simulator's random numbers.
unit_test(sim autocalibrate autocalibrate_heights finding fit fit_accuracy lens_table rotation)
# Hundreds of fits each; sanitizers make them slow.
set_tests_properties(unit_fit_accuracy unit_autocalibrate PROPERTIES TIMEOUT 600)
