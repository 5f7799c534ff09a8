unit_test(fusion align kalman associate tracks accumulate fusion fusion_real observation_csv)
target_link_libraries(test_fusion_real PRIVATE eval)
