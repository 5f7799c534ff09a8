/*
 * test_arena.c - memory for one turn
 */
#include "testing.h"

#include <string.h>

#include "base/arena.h"

static void allocations_are_aligned_zeroed_and_apart(void **state)
{
    (void) state;
    AUTO(arena_destroy) struct arena *arena = NULL;
    assert_int_equal(arena_create(256, &arena), 0);
    unsigned char *before = NULL;
    for (size_t bytes = 1; bytes < 200; bytes += 7) {
        unsigned char *memory = arena_allocate(arena, bytes, 1);
        assert_non_null(memory);
        assert_int_equal((uintptr_t) memory % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(memory[i], 0);
        memset(memory, 0xff, bytes);
        assert_ptr_not_equal(memory, before);
        before = memory;
    }
}

static void reset_gives_the_same_memory_again(void **state)
{
    (void) state;
    AUTO(arena_destroy) struct arena *arena = NULL;
    assert_int_equal(arena_create(64, &arena), 0);
    void *first = arena_allocate(arena, 1, 40);
    assert_non_null(arena_allocate(arena, 1, 4000)); /* larger than a block */
    size_t capacity = arena_capacity_bytes(arena);
    for (int turn = 0; turn < 100; turn++) {
        arena_reset(arena);
        assert_ptr_equal(arena_allocate(arena, 1, 40), first);
        assert_non_null(arena_allocate(arena, 1, 4000));
    }
    assert_int_equal(arena_capacity_bytes(arena), capacity);
}

static void an_overflowing_size_is_refused(void **state)
{
    (void) state;
    AUTO(arena_destroy) struct arena *arena = NULL;
    assert_int_equal(arena_create(64, &arena), 0);
    assert_null(arena_allocate(arena, SIZE_MAX / 2, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_zeroed_and_apart),
        cmocka_unit_test(reset_gives_the_same_memory_again),
        cmocka_unit_test(an_overflowing_size_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
