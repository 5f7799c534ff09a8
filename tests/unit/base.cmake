unit_test(base clock arena buffer text file output_file process)
