unit_test(storage spool record heat_pack floor_places key_cache migrate migrate_data writer writer_places writer_spool query export cluster)
foreach(name migrate migrate_data writer writer_places writer_spool query export cluster)
    target_sources(test_${name} PRIVATE storage_fixture.c)
    set_tests_properties(unit_${name} PROPERTIES LABELS "db;unit" TIMEOUT 300) # a server each
endforeach()
set_tests_properties(unit_writer_spool PROPERTIES TIMEOUT 600) # the server crashes ten times
