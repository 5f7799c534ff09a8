/*
 * test_bodies.c - heads and bodies, feet behind others: boxes drawn by hand
 */
#include "detector/bodies.h"
#include "near.h"
#include "testing.h"

static struct detection person(double left, double top, double right, double bottom)
{
    return (struct detection){ .object_class = DETECTION_PERSON,
                               .score = 0.9f,
                               .box = { left, top, right, bottom } };
}

static struct detection head(double left, double top, double right, double bottom)
{
    return (struct detection){ .object_class = DETECTION_HEAD,
                               .score = 0.8f,
                               .box = { left, top, right, bottom } };
}

static void find_heads(struct detection *items, size_t count)
{
    struct arena *scratch;
    assert_int_equal(arena_create(4096, &scratch), 0);
    assert_int_equal(bodies_find_heads(items, count, scratch), 0);
    arena_destroy(&scratch);
}

/* A person of 40 x 100 px; a head of 14 x 16 px at the middle of the top edge. */
static void a_head_on_top_of_a_body_is_its_head(void **state)
{
    (void) state;
    struct detection items[] = { person(100, 100, 140, 200), head(113, 101, 127, 117) };
    find_heads(items, 2);
    assert_int_equal(items[1].body, 0);
    assert_int_equal(items[0].body, DETECTION_ALONE);
}

static void heads_elsewhere_stay_alone(void **state)
{
    (void) state;
    struct detection items[] = {
        person(100, 100, 140, 200), head(113, 150, 127, 166), /* at the belt */
        head(150, 101, 164, 117),                             /* beside */
        head(113, 70, 127, 86),   /* above: somebody behind, whose body nobody found */
        head(105, 100, 135, 145), /* nearly half of the body: a face on a poster */
        head(119, 103, 122, 107), /* far too small */
    };
    find_heads(items, 6);
    for (size_t i = 1; i < 6; i++)
        assert_int_equal(items[i].body, DETECTION_ALONE);
}

/* Two heads fit the left body, and the one between fits both: nobody is left over. */
static void heads_and_bodies_find_each_other_one_to_one(void **state)
{
    (void) state;
    struct detection items[] = { head(128, 100, 142, 116), person(100, 100, 140, 200),
                                 person(125, 98, 165, 204), head(112, 102, 126, 118) };
    find_heads(items, 4);
    assert_int_equal(items[3].body, 1);
    assert_int_equal(items[0].body, 2);
}

static void the_second_head_of_a_body_stays_alone(void **state)
{
    (void) state;
    struct detection items[] = { person(100, 100, 140, 200), head(104, 101, 118, 117),
                                 head(113, 101, 127, 117) };
    find_heads(items, 3);
    assert_int_equal(items[2].body, 0); /* in the middle */
    assert_int_equal(items[1].body, DETECTION_ALONE);
}

/* The lowest tenth of the far box is 40 x 10 px; the near box covers its right half. */
static void feet_behind_a_nearer_person_are_covered(void **state)
{
    (void) state;
    struct detection items[] = { person(100, 100, 140, 200), person(120, 110, 170, 230) };
    bodies_cover_feet(items, 2);
    assert_near((double) items[0].feet_covered, 0.5, 1e-6);
    assert_near((double) items[1].feet_covered, 0, 1e-6);
}

static void heads_cover_nobodys_feet(void **state)
{
    (void) state;
    struct detection items[] = { person(100, 100, 140, 200), head(100, 185, 140, 230) };
    bodies_cover_feet(items, 2);
    assert_near((double) items[0].feet_covered, 0, 1e-6);
}

static void nobody_is_no_trouble(void **state)
{
    (void) state;
    find_heads(NULL, 0);
    bodies_cover_feet(NULL, 0);
    struct detection one = head(1, 2, 3, 4);
    find_heads(&one, 1);
    assert_int_equal(one.body, DETECTION_ALONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_on_top_of_a_body_is_its_head),
        cmocka_unit_test(heads_elsewhere_stay_alone),
        cmocka_unit_test(heads_and_bodies_find_each_other_one_to_one),
        cmocka_unit_test(the_second_head_of_a_body_stays_alone),
        cmocka_unit_test(feet_behind_a_nearer_person_are_covered),
        cmocka_unit_test(heads_cover_nobodys_feet),
        cmocka_unit_test(nobody_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
