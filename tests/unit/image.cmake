unit_test(image image colour_map png canvas signature)
