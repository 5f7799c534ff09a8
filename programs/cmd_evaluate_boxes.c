/*
 * cmd_evaluate_boxes.c - floorfuse evaluate --boxes: how good a detector's boxes are
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "csv/number.h"
#include "eval/average_precision.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/curve_picture.h"

#define PROGRAM "floorfuse evaluate --boxes"

struct boxes_words {
    const char *truth, *result, *iou, *score, *picture;
    bool boxes, json, any_class;
};

/* One class of a result and the same of the truth. */
struct pair {
    const char *name;
    size_t truth, result;
};

static int usage(const char *sentence)
{
    fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", sentence);
    return EXIT_USAGE;
}

static int fail(const char *sentence)
{
    fprintf(stderr, PROGRAM ": %s\n", sentence);
    return EXIT_FAILED;
}

/* ---- what is printed ---- */

/* What a threshold of the user's would do. */
static void print_at(const struct precision_curve *c, double score)
{
    struct precision_step at = precision_curve_at(c, score);
    printf("  %-22s%10.2f %%  at score %.3f: ", "F1", 100 * precision_step_f1(at), score);
    if (isfinite(at.precision))
        printf("precision %.2f %%, recall %.2f %%\n", 100 * at.precision, 100 * at.recall);
    else
        printf("no box has as much\n");
}

static void print_table(const char *name, double iou, const struct box_evaluation *e)
{
    const struct precision_curve *c = &e->curve;
    printf("%s\n", name);
    printf("  %-22s%10.2f %%  at IoU %.2f, all-point\n", "AP", 100 * c->average_precision, iou);
    printf("  %-22s%10.2f %%\n", "AP50", 100 * e->average_precision_50);
    printf("  %-22s%10.2f %%  mean of IoU 0.50 to 0.95\n", "AP, COCO",
           100 * e->average_precision_coco);
    printf("  %-22s%10.2f %%  at score %.3f: precision %.2f %%, recall %.2f %%\n", "best F1",
           100 * e->f1, e->best_f1.score, 100 * e->best_f1.precision, 100 * e->best_f1.recall);
    printf("  %-22s%10zu    of %zu found, %zu false, at any score\n", "true boxes", c->truths,
           c->found, c->false_positives);
    printf("  %-22s%10zu    %zu more of the truth were not looked at\n", "pictures", e->pictures,
           e->pictures_left_out);
}

static json_t *rate(double share)
{
    return isfinite(share) ? json_real(100 * share) : json_null();
}

static int add_at(json_t *object, const struct precision_curve *c, double score)
{
    struct precision_step at = precision_curve_at(c, score);
    return json_object_set_new(object, "score", json_real(score)) ||
                   json_object_set_new(object, "f1_at_score", rate(precision_step_f1(at))) ||
                   json_object_set_new(object, "precision_at_score", rate(at.precision)) ||
                   json_object_set_new(object, "recall_at_score", rate(at.recall))
               ? -1
               : 0;
}

static json_t *json_of(const char *name, double iou, const struct box_evaluation *e)
{
    const struct precision_curve *c = &e->curve;
    return json_pack("{s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:I, s:I, s:I, s:I, s:I}",
                     "class", name, "iou", iou, "ap", rate(c->average_precision), "ap50",
                     rate(e->average_precision_50), "ap_coco", rate(e->average_precision_coco),
                     "best_f1", rate(e->f1), "precision", rate(e->best_f1.precision), "recall",
                     rate(e->best_f1.recall), "best_score", e->best_f1.score, "truths",
                     (json_int_t) c->truths, "found", (json_int_t) c->found, "false_positives",
                     (json_int_t) c->false_positives, "pictures", (json_int_t) e->pictures,
                     "pictures_left_out", (json_int_t) e->pictures_left_out);
}

/* ---- what is compared ---- */

/* NAN: none was asked for. */
static bool parse_score(const char *text, double *ret)
{
    *ret = NAN;
    return !text || (number_parse(text, ret) && isfinite(*ret));
}

static bool parse_iou(const char *text, double *ret)
{
    *ret = 0.5;
    return !text || (number_parse(text, ret) && *ret > 0 && *ret <= 1);
}

/* The picture's name for one of several classes: "pr.png" and "head" make "pr-head.png". */
static int write_picture(const struct boxes_words *words, const char *class, bool several,
                         double iou, const struct box_evaluation *e, struct error *err)
{
    char path[4096], title[BOX_NAME_SIZE + 32];
    const char *dot = strrchr(words->picture, '.');
    int stem = dot ? (int) (dot - words->picture) : (int) strlen(words->picture);
    if (several)
        (void) snprintf(path, sizeof(path), "%.*s-%s.png", stem, words->picture, class);
    else
        (void) snprintf(path, sizeof(path), "%s", words->picture);
    (void) snprintf(title, sizeof(title), "Finding: %s", class);
    return curve_picture_write(e, iou, title, path, err);
}

static int evaluate_pair(const struct boxes_words *words, const struct box_set *truth,
                         const struct box_set *result, const struct pair *pair, bool several,
                         json_t *list)
{
    struct box_evaluation e;
    struct error err = { "" };
    double iou, score;
    (void) parse_iou(words->iou, &iou);
    (void) parse_score(words->score, &score);
    if (box_evaluate(truth, pair->truth, result, pair->result, iou, &e) < 0)
        return fail("out of memory");
    int r = words->picture ? write_picture(words, pair->name, several, iou, &e, &err) : 0;
    if (words->json) {
        json_t *object = json_of(pair->name, iou, &e);
        if (isfinite(score))
            (void) add_at(object, &e.curve, score);
        (void) json_array_append_new(list, object);
    } else {
        print_table(pair->name, iou, &e);
        if (isfinite(score))
            print_at(&e.curve, score);
    }
    box_evaluation_release(&e);
    return r < 0 ? fail(err.text) : EXIT_OK;
}

/* Each class of the truth that the result has too. */
static int evaluate_classes(const struct boxes_words *words, const struct box_set *truth,
                            const struct box_set *result, json_t *list)
{
    size_t shared = 0, number;
    int exit_code = EXIT_OK;
    for (size_t i = 0; i < truth->classes.count; i++)
        shared += name_list_find(&result->classes, truth->classes.names[i], &number);
    if (shared == 0 && result->count > 0 && truth->count > 0)
        return fail("truth and result have no class in common; --any-class takes all boxes as one");
    if (shared > 0 && shared < truth->classes.count)
        fprintf(stderr,
                PROGRAM ": note: %zu of %zu classes of the truth have no box in the result and are "
                        "left out\n",
                truth->classes.count - shared, truth->classes.count);
    for (size_t i = 0; exit_code == EXIT_OK && i < truth->classes.count; i++) {
        struct pair pair = { truth->classes.names[i], i, 0 };
        if (name_list_find(&result->classes, pair.name, &pair.result))
            exit_code = evaluate_pair(words, truth, result, &pair, shared > 1, list);
    }
    return exit_code;
}

static int compare(const struct boxes_words *words, const struct box_set *truth,
                   const struct box_set *result)
{
    const struct pair all = { "all boxes", BOX_ANY_CLASS, BOX_ANY_CLASS };
    json_t *list = json_array();
    bool as_one = words->any_class || result->count == 0 || truth->count == 0;
    int exit_code = as_one ? evaluate_pair(words, truth, result, &all, false, list)
                           : evaluate_classes(words, truth, result, list);
    if (words->json && exit_code == EXIT_OK) {
        /* One class is one object, as other evaluations are. */
        json_t *shown = json_array_size(list) == 1 ? json_array_get(list, 0) : list;
        (void) json_dumpf(shown, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
        (void) putchar('\n');
    }
    json_decref(list);
    return exit_code;
}

int cmd_evaluate_boxes(int argc, char **argv)
{
    struct boxes_words words = { 0 };
    const struct argument arguments[] = {
        { "--boxes", NULL, NULL, &words.boxes, "score boxes in pictures, not tracks", false },
        { "--truth", "PATH", &words.truth, NULL,
          "CSV, MOTChallenge .txt, PASCAL VOC .xml or a folder of them", true },
        { "--result", "FILE", &words.result, NULL, "CSV, as floorfuse detect writes", true },
        { "--iou", "X", &words.iou, NULL, "least overlap with the truth (default: 0.5)", false },
        { "--score", "S", &words.score, NULL, "also say what a threshold of S would do", false },
        { "--any-class", NULL, NULL, &words.any_class, "take all boxes as one class", false },
        { "--pr-curve", "FILE.png", &words.picture, NULL, "draw precision over recall", false },
        { "--json", NULL, NULL, &words.json, "JSON, rates in percent", false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Compare boxes with the truth: AP, COCO's AP, precision and recall.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    struct box_set truth = { .boxes = NULL }, result = { .boxes = NULL };
    struct error err = { "" };
    double iou, score;
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    if (!parse_iou(words.iou, &iou))
        return usage("--iou must be above 0 and at most 1");
    if (!parse_score(words.score, &score))
        return usage("--score must be a number");
    if (box_set_read(words.truth, &truth, &err) < 0 ||
        box_set_read(words.result, &result, &err) < 0)
        exit_code = fail(err.text[0] ? err.text : "out of memory");
    else
        exit_code = compare(&words, &truth, &result);
    box_set_release(&truth);
    box_set_release(&result);
    return exit_code;
}
