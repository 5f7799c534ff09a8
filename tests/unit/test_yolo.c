/*
 * test_yolo.c - raw numbers to boxes, by hand
 *
 * logistic(0) = 1/2, logistic(ln 3) = 3/4, logistic(ln 4) = 4/5.
 */
#include <math.h>

#include "detector/yolo.h"
#include "near.h"
#include "testing.h"

#define LN2      0.69314718056f
#define LN3      1.09861228867f
#define LN4      1.38629436112f
#define NEVER    (-20.0f)
#define ROUNDING 1e-4 /* px; the network computes in floats */

/* Two columns, one row, one anchor of 8 x 16 px in a network of 64 x 32 px. */
static struct darknet_layer layer_of(int classes)
{
    return (struct darknet_layer){
        .type = DARKNET_YOLO,
        .out = { 2, 1, 5 + classes },
        .yolo = { .classes = classes, .anchor_count = 1, .anchors = { { 8, 16 } }, .scale_xy = 1 },
    };
}

static const struct darknet_shape network = { 64, 32, 3 };
static const enum detection_class person[] = { DETECTION_PERSON, 0, DETECTION_HEAD };

static void decode(const struct darknet_layer *layer, const float *raw, double threshold,
                   struct candidates *found)
{
    assert_int_equal(yolo_decode(layer, network, raw, person, threshold, found), 0);
    /* In px of a picture of 640 x 480 that was stretched to the network's 64 x 32. */
    for (size_t i = 0; i < found->count; i++) {
        struct box_px *box = &found->items[i].box;
        *box = (struct box_px){ box->left * 10, box->top * 15, box->right * 10, box->bottom * 15 };
    }
}

static void a_box_is_decoded_as_in_the_paper(void **state)
{
    (void) state;
    struct darknet_layer layer = layer_of(1);
    /* Pairs: left cell, right cell. */
    const float raw[] = { 0, 0, 0, LN3, 0, LN2, 0, 0, NEVER, LN3, 0, LN4 };
    struct candidates found = { 0 };
    decode(&layer, raw, 0.5, &found);
    assert_int_equal(found.count, 1);
    const struct detection *d = &found.items[0];
    assert_near((double) d->score, 0.75 * 0.8, 1e-6);
    assert_int_equal(d->object_class, DETECTION_PERSON);
    /* Centre: x = (1 + 0.5) / 2 * 640, y = 0.75 / 1 * 480. Size: 2 * 8 / 64 * 640 by 16 / 32 * 480.
     */
    assert_near(d->box.left, 480 - 80, ROUNDING);
    assert_near(d->box.right, 480 + 80, ROUNDING);
    assert_near(d->box.top, 360 - 120, ROUNDING);
    assert_near(d->box.bottom, 360 + 120, ROUNDING);
    candidates_release(&found);
}

static void scale_x_y_stretches_the_centre(void **state)
{
    (void) state;
    struct darknet_layer layer = layer_of(1);
    layer.yolo.scale_xy = 2;
    const float raw[] = { 0, 0, 0, LN3, 0, 0, 0, 0, NEVER, LN3, 0, LN4 };
    struct candidates found = { 0 };
    decode(&layer, raw, 0.5, &found);
    /* y = 0.75 * 2 - 0.5 = 1 */
    assert_near((found.items[0].box.top + found.items[0].box.bottom) / 2, 480, ROUNDING);
    assert_near((found.items[0].box.left + found.items[0].box.right) / 2, 480, ROUNDING);
    candidates_release(&found);
}

static void new_coords_are_activated_already(void **state)
{
    (void) state;
    struct darknet_layer layer = layer_of(1);
    layer.yolo.new_coords = true;
    const float raw[] = { 0.5f, 0, 0.25f, 0, 1, 0, 0.5f, 0, 0.75f, 0, 0.8f, 0 };
    struct candidates found = { 0 };
    decode(&layer, raw, 0.5, &found);
    assert_int_equal(found.count, 1);
    const struct detection *d = &found.items[0];
    assert_near((double) d->score, 0.6, 1e-6);
    /* Width (2 * 1)^2 * 8 / 64 * 640 = 320, height (2 * 0.5)^2 * 16 / 32 * 480 = 240. */
    assert_near(d->box.left, 0.25 * 640 - 160, ROUNDING);
    assert_near(d->box.bottom, 0.25 * 480 + 120, ROUNDING);
    candidates_release(&found);
}

static void classes_without_meaning_are_left_out(void **state)
{
    (void) state;
    struct darknet_layer layer = layer_of(3);
    const float raw[] = { 0, 0, 0, 0, 0, 0, 0, 0, 20, NEVER, NEVER, 0, 20, 0, LN3, 0 };
    struct candidates found = { 0 };
    decode(&layer, raw, 0.1, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].object_class, DETECTION_HEAD);
    assert_near((double) found.items[0].score, 0.75, 1e-6);
    candidates_release(&found);
}

static void numbers_that_are_none_give_no_box(void **state)
{
    (void) state;
    struct darknet_layer layer = layer_of(1);
    const float raw[] = { 0, NAN, 0, 0, 1e9f, 0, 0, 0, 20, 20, 20, 20 };
    struct candidates found = { 0 };
    decode(&layer, raw, 0.1, &found); /* a width of e^1e9, a centre that is NaN */
    assert_int_equal(found.count, 0);
    const float nan[] = { 0, 0, 0, 0, 0, 0, 0, 0, NAN, 20, 20, NAN };
    decode(&layer, nan, 0.1, &found);
    assert_int_equal(found.count, 0);
    candidates_release(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_is_decoded_as_in_the_paper),
        cmocka_unit_test(scale_x_y_stretches_the_centre),
        cmocka_unit_test(new_coords_are_activated_already),
        cmocka_unit_test(classes_without_meaning_are_left_out),
        cmocka_unit_test(numbers_that_are_none_give_no_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
