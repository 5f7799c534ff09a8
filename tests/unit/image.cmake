unit_test(image image colour_map)
