/*
 * test_average_precision.c - AP by hand, and the files that boxes come in
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "eval/average_precision.h"
#include "near.h"
#include "testing.h"

/* A box of 10 x 10 px at x; one that is 5 px beside it overlaps it by 50 of 150: IoU 1/3. */
static void add(struct box_set *set, const char *picture, const char *class, double x, double score)
{
    struct scored_box box = { .score = score, .box = { x, 0, x + 10, 10 } };
    assert_int_equal(name_list_add(&set->pictures, picture, &box.picture), 0);
    assert_int_equal(name_list_add(&set->classes, class, &box.object_class), 0);
    assert_int_equal(box_set_add(set, box), 0);
}

static struct box_evaluation evaluate_at(const struct box_set *truth, const struct box_set *result,
                                         double iou)
{
    struct box_evaluation e;
    assert_int_equal(box_evaluate(truth, BOX_ANY_CLASS, result, BOX_ANY_CLASS, iou, &e), 0);
    return e;
}

/* Right, wrong, right, wrong, right of three: precision 1, 1/2, 2/3, 1/2, 3/5 at recall 1/3, 1/3,
 * 2/3, 2/3, 1, so AP = (1 + 2/3 + 3/5) / 3. */
static void the_area_is_that_of_the_paper(void **state)
{
    (void) state;
    struct box_set truth = { .boxes = NULL }, result = { .boxes = NULL };
    for (int i = 0; i < 3; i++)
        add(&truth, "a", "person", 100 * i, 1);
    add(&result, "a", "person", 200, 0.5);
    add(&result, "a", "person", 0, 0.9);
    add(&result, "a", "person", 50, 0.8);
    add(&result, "a", "person", 100, 0.7);
    add(&result, "a", "person", 150, 0.6);
    struct box_evaluation e = evaluate_at(&truth, &result, 0.5);
    assert_near(e.curve.average_precision, (1 + 2 / 3.0 + 3 / 5.0) / 3, 1e-12);
    assert_near(e.average_precision_50, e.curve.average_precision, 1e-12);
    assert_near(e.average_precision_coco, e.curve.average_precision, 1e-12); /* all are exact */
    /* F1: 0.5, 0.4, 2/3, 0.57, 0.75. */
    assert_near(e.f1, 0.75, 1e-12);
    assert_near(e.best_f1.score, 0.5, 1e-12);
    struct precision_step at = precision_curve_at(&e.curve, 0.65); /* the first three */
    assert_near(at.precision, 2 / 3.0, 1e-12);
    assert_near(at.recall, 2 / 3.0, 1e-12);
    assert_near(precision_step_f1(at), 2 / 3.0, 1e-12);
    at = precision_curve_at(&e.curve, 0.7); /* the score itself belongs to it */
    assert_near(at.recall, 2 / 3.0, 1e-12);
    at = precision_curve_at(&e.curve, 0.95);
    assert_true(isnan(at.precision));
    assert_near(precision_step_f1(at), 0, 1e-12);
    assert_int_equal(e.curve.found, 3);
    assert_int_equal(e.curve.false_positives, 2);
    box_evaluation_release(&e);
    box_set_release(&truth);
    box_set_release(&result);
}

/* Shifted by 2 px: 80 of 120, IoU 2/3, so it counts at 0.50, 0.55, 0.60, 0.65 of COCO's ten. */
static void coco_is_the_mean_over_overlaps(void **state)
{
    (void) state;
    struct box_set truth = { .boxes = NULL }, result = { .boxes = NULL };
    add(&truth, "a", "person", 0, 1);
    add(&result, "a", "person", 2, 0.9);
    struct box_evaluation e = evaluate_at(&truth, &result, 0.7);
    assert_near(e.curve.average_precision, 0, 1e-12);
    assert_near(e.average_precision_50, 1, 1e-12);
    assert_near(e.average_precision_coco, 0.4, 1e-12);
    box_evaluation_release(&e);
    box_set_release(&truth);
    box_set_release(&result);
}

/* Two of one score, one right and one wrong: precision 1/2 at recall 1, whichever comes first. */
static void equal_scores_are_one_step(void **state)
{
    (void) state;
    for (int order = 0; order < 2; order++) {
        struct box_set truth = { .boxes = NULL }, result = { .boxes = NULL };
        add(&truth, "a", "person", 0, 1);
        add(&result, "a", "person", order ? 0 : 50, 0.5);
        add(&result, "a", "person", order ? 50 : 0, 0.5);
        struct box_evaluation e = evaluate_at(&truth, &result, 0.5);
        assert_int_equal(e.curve.count, 1);
        assert_near(e.curve.average_precision, 0.5, 1e-12);
        box_evaluation_release(&e);
        box_set_release(&truth);
        box_set_release(&result);
    }
}

static void a_truth_is_met_once(void **state)
{
    (void) state;
    struct box_set truth = { .boxes = NULL }, result = { .boxes = NULL };
    add(&truth, "a", "person", 0, 1);
    add(&result, "a", "person", 0, 0.9);
    add(&result, "a", "person", 1, 0.8);
    struct box_evaluation e = evaluate_at(&truth, &result, 0.5);
    assert_int_equal(e.curve.found, 1);
    assert_int_equal(e.curve.false_positives, 1);
    assert_near(e.curve.average_precision, 1, 1e-12);
    box_evaluation_release(&e);
    box_set_release(&truth);
    box_set_release(&result);
}

static void ignored_truths_neither_help_nor_hurt(void **state)
{
    (void) state;
    struct box_set truth = { .boxes = NULL }, result = { .boxes = NULL };
    add(&truth, "a", "person", 0, 1);
    add(&truth, "a", "person", 100, 1);
    truth.boxes[1].ignored = true;
    add(&result, "a", "person", 0, 0.5);
    add(&result, "a", "person", 100, 0.9);
    add(&result, "a", "person", 101, 0.8);
    struct box_evaluation e = evaluate_at(&truth, &result, 0.5);
    assert_int_equal(e.curve.truths, 1);
    assert_int_equal(e.curve.false_positives, 0);
    assert_near(e.curve.average_precision, 1, 1e-12);
    box_evaluation_release(&e);
    box_set_release(&truth);
    box_set_release(&result);
}

/* A picture nobody looked at is left out; boxes in a picture without truth are wrong. */
static void pictures_go_by_name(void **state)
{
    (void) state;
    struct box_set truth = { .boxes = NULL }, result = { .boxes = NULL };
    add(&truth, "a", "person", 0, 1);
    add(&truth, "b", "person", 0, 1);
    add(&result, "a", "person", 0, 0.5);
    add(&result, "c", "person", 0, 0.9);
    struct box_evaluation e = evaluate_at(&truth, &result, 0.5);
    assert_int_equal(e.curve.truths, 1);
    assert_int_equal(e.pictures_left_out, 1);
    assert_int_equal(e.curve.false_positives, 1);
    assert_near(e.curve.average_precision, 0.5, 1e-12);
    box_evaluation_release(&e);
    box_set_release(&truth);
    box_set_release(&result);
}

static void without_truth_there_is_no_precision_to_average(void **state)
{
    (void) state;
    struct box_set truth = { .boxes = NULL }, result = { .boxes = NULL };
    add(&result, "a", "person", 0, 0.5);
    struct box_evaluation e = evaluate_at(&truth, &result, 0.5);
    assert_true(isnan(e.curve.average_precision));
    box_evaluation_release(&e);
    box_set_release(&result);
}

/* Against a list that is searched from end to end: numbers are given in order, once for each. */
static void names_keep_their_numbers(void **state)
{
    (void) state;
    struct box_set set = { .boxes = NULL };
    char name[32];
    size_t number;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < 1000; i++) {
            (void) snprintf(name, sizeof(name), "frame_%zu", i * 7919);
            assert_int_equal(name_list_add(&set.pictures, name, &number), 0);
            assert_int_equal(number, i);
        }
    assert_int_equal(set.pictures.count, 1000);
    assert_false(name_list_find(&set.pictures, "frame_1", &number));
    assert_false(name_list_find(&set.classes, "frame_0", &number));
    box_set_release(&set);
}

/* ---- files ---- */

static char path[] = "/tmp/floorfuse-test-boxes-XXXXXX.ext";

static const char *file_of(const char *ending, const char *text)
{
    struct error err = { "" };
    (void) snprintf(path, sizeof(path), "/tmp/floorfuse-test-%d.%s", (int) getpid(), ending);
    assert_int_equal(file_write(path, text, strlen(text), 0600, &err), 0);
    return path;
}

static struct box_set read_set(const char *ending, const char *text)
{
    struct box_set set;
    struct error err = { "" };
    if (box_set_read(file_of(ending, text), &set, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(unlink(path), 0);
    return set;
}

static void assert_refused(const char *ending, const char *text, const char *words)
{
    struct box_set set;
    struct error err = { "" };
    assert_int_equal(box_set_read(file_of(ending, text), &set, &err), -EINVAL);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_int_equal(unlink(path), 0);
}

static void assert_box(const struct scored_box *b, double left, double top, double right,
                       double bottom)
{
    assert_near(b->box.left, left, 1e-9);
    assert_near(b->box.top, top, 1e-9);
    assert_near(b->box.right, right, 1e-9);
    assert_near(b->box.bottom, bottom, 1e-9);
}

/* Frames and pixels are counted from 1 there, and a confidence of 0 is a place to ignore. */
static void motchallenge_is_read(void **state)
{
    (void) state;
    struct box_set set = read_set("txt", "1,9,499,158,31.5,75,1,-4,-7,0\n\n3,9,1,1,2,2,0,1,1,0\n");
    assert_int_equal(set.count, 2);
    assert_string_equal(set.pictures.names[0], "0");
    assert_string_equal(set.pictures.names[1], "2");
    assert_string_equal(set.classes.names[0], "person");
    assert_box(&set.boxes[0], 498, 157, 529.5, 232);
    assert_false(set.boxes[0].ignored);
    assert_true(set.boxes[1].ignored);
    box_set_release(&set);
    set = read_set("txt", "1,9,499,158,31.5,75,1\r\n\r\n"); /* as Windows ends lines */
    assert_int_equal(set.count, 1);
    box_set_release(&set);
    assert_refused("txt", "1,9,499,158,31.5,75,1\n1,2,x\n", ":2: is not a line of MOTChallenge");
    assert_refused("txt", "1,9,499,158,31.5,75,1\r2,9,499,158,31.5,75,1\n", ":1: ");
    assert_refused("txt", "0,9,499,158,31.5,75,1\n", ":1: ");
    assert_refused("txt", "1,9,499,158,31.5,nan,1\n", ":1: ");
}

/* Both ends of a box belong to it: 11 to 20 are the ten pixels from 10 to 20. */
static void pascal_voc_is_read(void **state)
{
    (void) state;
    struct box_set set = read_set(
        "xml", "<annotation><filename>other.jpg</filename>"
               "<object><name>head</name><difficult>1</difficult><part><name>x</name></part>"
               "<bndbox><xmin>11</xmin><ymin>21</ymin><xmax>20</xmax><ymax>40</ymax></bndbox>"
               "</object><object><name> a &amp; b</name><bndbox><ymax>4</ymax><xmin>1</xmin>"
               "<ymin>1</ymin><xmax>3</xmax></bndbox></object></annotation>");
    assert_int_equal(set.count, 2);
    assert_int_equal(set.pictures.count, 1);
    assert_true(strncmp(set.pictures.names[0], "floorfuse-test-", 15) == 0); /* the file's own */
    assert_box(&set.boxes[0], 10, 20, 20, 40);
    assert_true(set.boxes[0].ignored);
    assert_box(&set.boxes[1], 0, 0, 3, 4);
    assert_string_equal(set.classes.names[1], " a & b");
    box_set_release(&set);
    assert_refused("xml", "<a/>", "is not an <annotation>");
    assert_refused("xml", "<annotation>\n<object>", ":2: is not XML");
    assert_refused("xml", "<annotation><object><name>x</name></object></annotation>",
                   "without <name> or a whole <bndbox>");
    assert_refused("xml",
                   "<annotation><object><name>x</name><bndbox><xmin>5</xmin><ymin>1</ymin>"
                   "<xmax>4</xmax><ymax>2</ymax></bndbox></object></annotation>",
                   "empty <bndbox>");
    assert_refused("xml",
                   "<annotation><object><name>x</name><bndbox><xmin>five</xmin></bndbox></object>"
                   "</annotation>",
                   "no number");
}

static void csv_is_read(void **state)
{
    (void) state;
    struct box_set set =
        read_set("csv", "image,class,score,left_px,top_px,right_px,bottom_px\n"
                        "a/b.jpg,person,0.5,1,2,3,4\nc.png,,,,,,\nb.png,head,0.25,5,6,7,8\n");
    assert_int_equal(set.count, 2);
    assert_int_equal(set.pictures.count, 2); /* b and c */
    assert_string_equal(set.pictures.names[1], "c");
    assert_box(&set.boxes[1], 5, 6, 7, 8);
    assert_near(set.boxes[1].score, 0.25, 1e-12);
    assert_int_equal(set.boxes[1].picture, 0);
    box_set_release(&set);
    set = read_set("csv", "frame,left_px,top_px,right_px,bottom_px\n7,1,2,3,4\n");
    assert_string_equal(set.pictures.names[0], "7");
    assert_near(set.boxes[0].score, 1, 1e-12);
    box_set_release(&set);
    assert_refused("csv", "left_px,top_px,right_px,bottom_px\n", "\"frame\" or \"image\"");
    assert_refused("csv", "frame,left_px,top_px,right_px\n", "\"bottom_px\"");
    assert_refused("csv", "frame,left_px,top_px,right_px,bottom_px\n1,5,5,5,9\n", ":2: its box is");
    assert_refused("csv", "frame,left_px,top_px,right_px,bottom_px\n1,5,5,x,9\n", ":2");
}

static void the_sentence_may_be_unwanted(void **state)
{
    (void) state;
    struct box_set set;
    assert_int_equal(box_set_read(file_of("txt", "1,2,x\n"), &set, NULL), -EINVAL);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(box_set_read(file_of("csv", "frame\n"), &set, NULL), -EINVAL);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_area_is_that_of_the_paper),
        cmocka_unit_test(coco_is_the_mean_over_overlaps),
        cmocka_unit_test(equal_scores_are_one_step),
        cmocka_unit_test(a_truth_is_met_once),
        cmocka_unit_test(ignored_truths_neither_help_nor_hurt),
        cmocka_unit_test(pictures_go_by_name),
        cmocka_unit_test(without_truth_there_is_no_precision_to_average),
        cmocka_unit_test(names_keep_their_numbers),
        cmocka_unit_test(motchallenge_is_read),
        cmocka_unit_test(pascal_voc_is_read),
        cmocka_unit_test(csv_is_read),
        cmocka_unit_test(the_sentence_may_be_unwanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
