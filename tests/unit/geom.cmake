unit_test(geom matrix3 polygon grid assignment)
