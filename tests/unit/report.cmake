unit_test(report heat_picture)
