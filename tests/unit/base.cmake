unit_test(base clock arena text file process)
