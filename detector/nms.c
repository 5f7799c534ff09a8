/* nms.c - see nms.h */
#include "detector/nms.h"

#include <math.h>
#include <stdlib.h>

/* A part of a person is covered so far by the box around all of them. */
#define PART_COVERED 0.7

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_score_descending(const void *left, const void *right)
{
    const struct detection *a = left, *b = right;
    int order = compare((double) b->score, (double) a->score);
    if (order == 0)
        order = (int) a->object_class - (int) b->object_class;
    if (order == 0)
        order = compare(a->box.left, b->box.left);
    if (order == 0)
        order = compare(a->box.top, b->box.top);
    if (order == 0)
        order = compare(a->box.right, b->box.right);
    return order ? order : compare(a->box.bottom, b->box.bottom);
}

static bool is_covered(const struct detection *stay, size_t count, const struct detection *item,
                       double iou)
{
    for (size_t i = 0; i < count; i++) {
        if (stay[i].object_class == item->object_class && box_iou(stay[i].box, item->box) > iou)
            return true;
    }
    return false;
}

size_t nms(struct detection *items, size_t count, double iou)
{
    if (count == 0)
        return 0;
    qsort(items, count, sizeof(*items), by_score_descending);
    size_t stay = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_covered(items, stay, &items[i], iou))
            items[stay++] = items[i];
    }
    return stay;
}

static void swap(struct detection *a, struct detection *b)
{
    struct detection c = *a;
    *a = *b;
    *b = c;
}

/* Put the best of the items first. */
static void best_to_front(struct detection *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (by_score_descending(&items[i], &items[0]) < 0)
            swap(&items[i], &items[0]);
    }
}

/* Weaken what overlaps the best one; what is too weak goes to the end. Returns how many are left.
 */
static size_t weaken(const struct detection *best, struct detection *items, size_t count,
                     double sigma, double threshold)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        double iou = box_iou(best->box, items[i].box);
        if (items[i].object_class == best->object_class)
            items[i].score *= (float) exp(-iou * iou / sigma);
        if ((double) items[i].score >= threshold)
            swap(&items[left++], &items[i]);
    }
    return left;
}

size_t nms_soft(struct detection *items, size_t count, double sigma, double threshold)
{
    size_t stay = 0;
    while (stay < count) {
        best_to_front(&items[stay], count - stay);
        stay++;
        count = stay + weaken(&items[stay - 1], &items[stay], count - stay, sigma, threshold);
    }
    return stay;
}

static bool is_part(const struct detection *items, const bool *is_cut, size_t count, size_t part)
{
    for (size_t i = 0; is_cut[part] && i < count; i++) {
        if (!is_cut[i] && items[i].object_class == items[part].object_class &&
            box_covered(items[part].box, items[i].box) > PART_COVERED)
            return true;
    }
    return false;
}

size_t nms_parts(struct detection *items, bool *is_cut, size_t count)
{
    size_t stay = 0;
    /* Whole boxes never go, so what is left of the list is enough to compare with at any time. */
    for (size_t i = 0; i < count; i++) {
        if (is_part(items, is_cut, count, i))
            continue;
        swap(&items[stay], &items[i]);
        bool cut = is_cut[i];
        is_cut[i] = is_cut[stay];
        is_cut[stay++] = cut;
    }
    return stay;
}
