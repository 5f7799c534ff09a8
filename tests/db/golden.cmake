# What BI tools ask, on a sample chain: the dashboards of etc/grafana and the queries of docs/bi.md.
add_test(NAME db_golden
    COMMAND ${CMAKE_CURRENT_LIST_DIR}/golden.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
set_tests_properties(db_golden PROPERTIES LABELS db SKIP_RETURN_CODE 77 TIMEOUT 300)
