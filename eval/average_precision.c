/* average_precision.c - see average_precision.h */
#include "eval/average_precision.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOT_THERE ((size_t) -1)

/* One class, put in order: truths by picture, detections by score. */
struct comparison {
    const struct scored_box **truths; /* of picture p: those from first[p] to first[p + 1] */
    size_t *first;
    const struct scored_box **detections;
    size_t truth_count, detection_count, picture_count;
    size_t to_find;     /* truths that are not ignored */
    size_t *picture_of; /* of a picture of the result: its number in the truth, or NOT_THERE */
};

static void release(struct comparison *c)
{
    free(c->truths);
    free(c->first);
    free(c->detections);
    free(c->picture_of);
}

static int by_score_descending(const void *left, const void *right)
{
    const struct scored_box *a = *(const struct scored_box *const *) left;
    const struct scored_box *b = *(const struct scored_box *const *) right;
    return (a->score < b->score) - (a->score > b->score);
}

static bool is_of(const struct scored_box *box, size_t class)
{
    return class == BOX_ANY_CLASS || box->object_class == class;
}

/* Truths of pictures that the result has looked at, picture by picture. */
static void sort_truths(struct comparison *c, const struct box_set *truth, size_t class,
                        const bool *is_scored)
{
    for (size_t i = 0; i < truth->count; i++)
        c->first[truth->boxes[i].picture + 1] +=
            is_of(&truth->boxes[i], class) && is_scored[truth->boxes[i].picture];
    for (size_t p = 0; p < c->picture_count; p++)
        c->first[p + 1] += c->first[p];
    size_t *next = c->first + c->picture_count + 1; /* scratch behind */
    memcpy(next, c->first, c->picture_count * sizeof(*next));
    for (size_t i = 0; i < truth->count; i++) {
        const struct scored_box *box = &truth->boxes[i];
        if (!is_of(box, class) || !is_scored[box->picture])
            continue;
        c->truths[next[box->picture]++] = box;
        c->truth_count++;
        c->to_find += !box->ignored;
    }
}

static int prepare(const struct box_set *truth, size_t truth_class, const struct box_set *result,
                   size_t result_class, struct comparison *ret)
{
    struct comparison c = { .picture_count = truth->pictures.count };
    bool *is_scored = calloc(c.picture_count + 1, sizeof(*is_scored));
    c.truths = calloc(truth->count + 1, sizeof(*c.truths));
    c.first = calloc(2 * c.picture_count + 2, sizeof(*c.first));
    c.detections = calloc(result->count + 1, sizeof(*c.detections));
    c.picture_of = calloc(result->pictures.count + 1, sizeof(*c.picture_of));
    if (!is_scored || !c.truths || !c.first || !c.detections || !c.picture_of) {
        free(is_scored);
        release(&c);
        return -ENOMEM;
    }
    for (size_t i = 0; i < result->pictures.count; i++) {
        c.picture_of[i] = NOT_THERE;
        if (name_list_find(&truth->pictures, result->pictures.names[i], &c.picture_of[i]))
            is_scored[c.picture_of[i]] = true;
    }
    sort_truths(&c, truth, truth_class, is_scored);
    for (size_t i = 0; i < result->count; i++)
        if (is_of(&result->boxes[i], result_class))
            c.detections[c.detection_count++] = &result->boxes[i];
    qsort(c.detections, c.detection_count, sizeof(struct scored_box *), by_score_descending);
    free(is_scored);
    *ret = c;
    return 0;
}

/* The truth that a box overlaps most; NOT_THERE: none by so much. */
static size_t most_overlapped(const struct comparison *c, const struct scored_box *box, double iou)
{
    size_t picture = c->picture_of[box->picture], best = NOT_THERE;
    double best_iou = iou;
    for (size_t i = picture == NOT_THERE ? 0 : c->first[picture];
         picture != NOT_THERE && i < c->first[picture + 1]; i++) {
        double overlap = box_iou(c->truths[i]->box, box->box);
        if (overlap >= best_iou && (best == NOT_THERE || overlap > best_iou)) {
            best = i;
            best_iou = overlap;
        }
    }
    return best;
}

/* Add the step that ends with this detection, unless more of its score come. */
static void add_step(struct precision_curve *curve, const struct comparison *c, size_t i)
{
    double score = c->detections[i]->score;
    if (i + 1 < c->detection_count && c->detections[i + 1]->score == score)
        return;
    size_t all = curve->found + curve->false_positives;
    curve->steps[curve->count++] = (struct precision_step){
        .score = score,
        .precision = all ? (double) curve->found / (double) all : 1,
        .recall = c->to_find ? (double) curve->found / (double) c->to_find : NAN,
    };
}

/* The area below, each precision raised to the best at any higher recall. */
static double area(const struct precision_curve *curve)
{
    double sum = 0, best = 0;
    for (size_t i = curve->count; i > 0; i--) {
        double before = i > 1 ? curve->steps[i - 2].recall : 0;
        best = fmax(best, curve->steps[i - 1].precision);
        sum += (curve->steps[i - 1].recall - before) * best;
    }
    return sum;
}

static int trace(const struct comparison *c, double iou, struct precision_curve *ret_curve)
{
    struct precision_curve curve = { .truths = c->to_find };
    bool *met = calloc(c->truth_count + 1, sizeof(*met));
    curve.steps = calloc(c->detection_count + 1, sizeof(*curve.steps));
    if (!met || !curve.steps) {
        free(met);
        free(curve.steps);
        return -ENOMEM;
    }
    for (size_t i = 0; i < c->detection_count; i++) {
        size_t truth = most_overlapped(c, c->detections[i], iou);
        if (truth == NOT_THERE || (met[truth] && !c->truths[truth]->ignored))
            curve.false_positives++;
        else if (!c->truths[truth]->ignored)
            curve.found++;
        if (truth != NOT_THERE)
            met[truth] = true;
        add_step(&curve, c, i);
    }
    free(met);
    curve.average_precision = c->to_find ? area(&curve) : NAN;
    *ret_curve = curve;
    return 0;
}

static int average_at(const struct comparison *c, double iou, double *ret)
{
    struct precision_curve curve;
    int r = trace(c, iou, &curve);
    if (r < 0)
        return r;
    *ret = curve.average_precision;
    free(curve.steps);
    return 0;
}

static int add_coco(const struct comparison *c, struct box_evaluation *e)
{
    enum { STEPS = 10 };
    for (int i = 0; i < STEPS; i++) {
        double ap;
        int r = average_at(c, 0.5 + 0.05 * i, &ap);
        if (r < 0)
            return r;
        if (i == 0)
            e->average_precision_50 = ap;
        e->average_precision_coco += ap / STEPS;
    }
    return 0;
}

struct precision_step precision_curve_at(const struct precision_curve *curve, double score)
{
    struct precision_step step = { .score = score, .precision = NAN, .recall = 0 };
    for (size_t i = 0; i < curve->count && curve->steps[i].score >= score; i++) {
        step.precision = curve->steps[i].precision;
        step.recall = curve->steps[i].recall;
    }
    return step;
}

double precision_step_f1(struct precision_step step)
{
    double sum = step.precision + step.recall;
    return sum > 0 ? 2 * step.precision * step.recall / sum : 0;
}

static void find_best_f1(struct box_evaluation *e)
{
    for (size_t i = 0; i < e->curve.count; i++) {
        double f1 = precision_step_f1(e->curve.steps[i]);
        if (f1 > e->f1) {
            e->f1 = f1;
            e->best_f1 = e->curve.steps[i];
        }
    }
}

int box_evaluate(const struct box_set *truth, size_t truth_class, const struct box_set *result,
                 size_t result_class, double iou, struct box_evaluation *ret_evaluation)
{
    struct comparison c;
    struct box_evaluation e = { .pictures = result->pictures.count };
    int r = prepare(truth, truth_class, result, result_class, &c);
    if (r < 0)
        return r;
    size_t shared = 0;
    for (size_t i = 0; i < result->pictures.count; i++)
        shared += c.picture_of[i] != NOT_THERE;
    e.pictures_left_out = truth->pictures.count - shared;
    r = trace(&c, iou, &e.curve);
    if (r == 0)
        r = add_coco(&c, &e);
    release(&c);
    if (r < 0) {
        box_evaluation_release(&e);
        return r;
    }
    find_best_f1(&e);
    *ret_evaluation = e;
    return 0;
}

void box_evaluation_release(struct box_evaluation *evaluation)
{
    free(evaluation->curve.steps);
    evaluation->curve.steps = NULL;
}
