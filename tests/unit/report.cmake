unit_test(report band_picture contour heat_picture heat_view floor_picture)
