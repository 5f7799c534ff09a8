unit_test(sim visibility sensor simulation)
target_link_libraries(test_simulation PRIVATE fusion) # its walker, to compare with
