/*
 * test_nms.c - suppression, by hand
 */
#include <math.h>

#include "detector/nms.h"
#include "testing.h"

static struct detection box(float score, double left, double right, enum detection_class class)
{
    return (
        struct detection){ .object_class = class, .score = score, .box = { left, 0, right, 10 } };
}

#define PERSON DETECTION_PERSON
#define HEAD   DETECTION_HEAD

static void the_best_of_overlapping_boxes_stays(void **state)
{
    (void) state;
    /* [0, 10] and [2, 12] share 8 of 12: IoU 0.667. */
    struct detection items[] = { box(0.6f, 0, 10, PERSON), box(0.9f, 2, 12, PERSON) };
    assert_int_equal(nms(items, 2, 0.5), 1);
    assert_true(items[0].score == 0.9f);
}

static void boxes_that_overlap_less_both_stay_best_first(void **state)
{
    (void) state;
    /* [0, 10] and [5, 15] share 5 of 15: IoU 0.333. */
    struct detection items[] = { box(0.6f, 0, 10, PERSON), box(0.9f, 5, 15, PERSON) };
    assert_int_equal(nms(items, 2, 0.4), 2);
    assert_true(items[0].score == 0.9f && items[1].score == 0.6f);
}

static void overlap_equal_to_the_limit_is_allowed(void **state)
{
    (void) state;
    /* [0, 10] and [5, 10] share 5 of 10: IoU 0.5 exactly. */
    struct detection items[] = { box(0.6f, 0, 10, PERSON), box(0.9f, 5, 10, PERSON) };
    assert_int_equal(nms(items, 2, 0.5), 2);
}

static void classes_do_not_suppress_each_other(void **state)
{
    (void) state;
    struct detection items[] = { box(0.6f, 0, 10, PERSON), box(0.9f, 0, 10, HEAD) };
    assert_int_equal(nms(items, 2, 0.1), 2);
}

/* b is dropped because of a; c overlaps only b and so stays. */
static void what_was_dropped_suppresses_nothing(void **state)
{
    (void) state;
    struct detection items[] = { box(0.9f, 0, 10, PERSON), box(0.8f, 3, 13, PERSON),
                                 box(0.7f, 6, 16, PERSON) };
    assert_int_equal(nms(items, 3, 0.5), 2);
    assert_true(items[0].score == 0.9f && items[1].score == 0.7f);
}

static void the_order_of_the_input_does_not_matter(void **state)
{
    (void) state;
    struct detection a[] = { box(0.5f, 0, 10, PERSON), box(0.5f, 1, 11, PERSON),
                             box(0.5f, 30, 40, PERSON) };
    struct detection b[] = { a[2], a[1], a[0] };
    assert_int_equal(nms(a, 3, 0.5), 2);
    assert_int_equal(nms(b, 3, 0.5), 2);
    for (int i = 0; i < 2; i++)
        assert_true(a[i].box.left == b[i].box.left);
}

static void nothing_stays_nothing(void **state)
{
    (void) state;
    assert_int_equal(nms(NULL, 0, 0.5), 0);
}

/* IoU of [0, 10] and [2, 12] is 2/3: 0.8 exp(-(4/9) / 0.5) = 0.3289. */
static void soft_suppression_weakens(void **state)
{
    (void) state;
    struct detection items[] = { box(0.8f, 2, 12, PERSON), box(0.9f, 0, 10, PERSON),
                                 box(0.7f, 2, 12, HEAD), box(0.5f, 40, 50, PERSON) };
    assert_int_equal(nms_soft(items, 4, 0.5, 0.3), 4);
    assert_true(items[0].score == 0.9f);
    assert_true(items[1].score == 0.7f); /* another class */
    assert_true(items[2].score == 0.5f); /* elsewhere */
    assert_true(fabsf(items[3].score - 0.3289f) < 1e-4f);
}

static void soft_suppression_drops_what_gets_too_weak(void **state)
{
    (void) state;
    struct detection items[] = { box(0.8f, 2, 12, PERSON), box(0.9f, 0, 10, PERSON) };
    assert_int_equal(nms_soft(items, 2, 0.5, 0.33), 1);
    assert_true(items[0].score == 0.9f);
    assert_int_equal(nms_soft(items, 0, 0.5, 0.33), 0);
}

static void a_part_goes_where_the_whole_is_there(void **state)
{
    (void) state;
    struct detection items[] = { box(0.95f, 0, 5, PERSON), /* cut: half of the next */
                                 box(0.9f, 0, 10, PERSON), /* whole */
                                 box(0.9f, 2, 6, PERSON),  /* in it, but whole: a child */
                                 box(0.8f, 8, 20, PERSON), /* cut, but mostly elsewhere */
                                 box(0.7f, 1, 4, HEAD) };  /* cut; no whole head is there */
    bool is_cut[] = { true, false, false, true, true };
    assert_int_equal(nms_parts(items, is_cut, 5), 4);
    assert_true(items[0].score == 0.9f && items[0].box.right == 10);
    assert_true(items[1].box.right == 6);
    assert_true(items[2].box.right == 20 && is_cut[2]);
    assert_int_equal(items[3].object_class, DETECTION_HEAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_overlapping_boxes_stays),
        cmocka_unit_test(boxes_that_overlap_less_both_stay_best_first),
        cmocka_unit_test(overlap_equal_to_the_limit_is_allowed),
        cmocka_unit_test(classes_do_not_suppress_each_other),
        cmocka_unit_test(what_was_dropped_suppresses_nothing),
        cmocka_unit_test(the_order_of_the_input_does_not_matter),
        cmocka_unit_test(nothing_stays_nothing),
        cmocka_unit_test(soft_suppression_weakens),
        cmocka_unit_test(soft_suppression_drops_what_gets_too_weak),
        cmocka_unit_test(a_part_goes_where_the_whole_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
