unit_test(sim random sim_config paths crowd world walking_real)
unit_test(sim visibility sensor simulation output_publish)
target_link_libraries(test_simulation PRIVATE fusion) # its walker, to compare with
