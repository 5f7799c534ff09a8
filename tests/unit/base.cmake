unit_test(base clock arena text file output_file process)
