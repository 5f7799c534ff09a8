unit_test(geom convex_hull matrix3 polygon grid assignment)
