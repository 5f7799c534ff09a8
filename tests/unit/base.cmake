unit_test(base clock arena buffer crc32 text file output_file process)
