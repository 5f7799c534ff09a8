unit_test(calib calibration placement footprint camera_table camera_file watch)
unit_test(calib import import_opencv import_tsai import_folder import_real)
