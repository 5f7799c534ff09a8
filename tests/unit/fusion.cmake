unit_test(fusion clock_watch intake observe zones appearance align kalman smoother settle settle_save associate tracks sighting habits looks accumulate fusion fusion_evidence fusion_real fusion_save)
target_sources(test_fusion_save PRIVATE ${PROJECT_SOURCE_DIR}/bench/town.c)
target_link_libraries(test_fusion_real PRIVATE eval)
unit_test(fusion observation_csv)
# Random numbers come from the simulator.
unit_test(fusion joint placement_honest fusion_heads fusion_recalibrated)
target_link_libraries(test_joint PRIVATE sim)
target_link_libraries(test_placement_honest PRIVATE sim)
target_link_libraries(test_fusion_heads PRIVATE sim)
