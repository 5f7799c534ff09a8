unit_test(programs arguments checkpoints recent_latency confine)

# Sources of the fusion program alone; the test is its clock, its cameras and its database.
unit_test(programs fusion_losses)
target_sources(test_fusion_losses PRIVATE ${PROJECT_SOURCE_DIR}/programs/fusion_losses.c)
foreach(name clock_wall_us intake_counts subscriber_refused replay_desk_refused storage_writer_counts storage_writer_put_losses)
    target_link_options(test_fusion_losses PRIVATE -Wl,--wrap=${name})
endforeach()
set_target_properties(test_fusion_losses PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF) # it would drop what wraps
