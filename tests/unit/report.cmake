unit_test(report heat_picture heat_view floor_picture)
