/* nms.c - see nms.h */
#include "detector/nms.h"

#include <stdlib.h>

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
