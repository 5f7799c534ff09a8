unit_test(base clock arena buffer crc32 text utf8 file output_file process notify log loopback)
