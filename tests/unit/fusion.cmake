unit_test(fusion appearance align kalman smoother settle settle_save associate tracks sighting habits looks accumulate fusion fusion_real)
target_link_libraries(test_fusion_real PRIVATE eval)
unit_test(fusion observation_csv)
