/*
 * visibility.c - what of a body a camera can see
 */
#include "sim/visibility.h"

#include <math.h>

/* The index of the first of `count` points k + 0.5 that lies beyond x. Not ceil: that is a call. */
static int point_beyond(double x, int count)
{
    if (!(x > 0))
        return 0;
    return x < count ? (int) (x + 0.5) : count;
}

/* The indices of those points between low and high that lie between from and to. */
static void points_between(double low, double high, int count, double from, double to,
                           int *ret_first, int *ret_end)
{
    double per_px = count / (high - low);
    *ret_first = point_beyond((from - low) * per_px, count);
    *ret_end = point_beyond((to - low) * per_px, count);
}

/* Bits of the rows [first, end). */
static uint64_t rows_mask(int first, int end)
{
    if (end <= first)
        return 0;
    uint64_t mask = end == BODY_ROWS ? ~UINT64_C(0) : (UINT64_C(1) << BODY_COLUMNS * end) - 1;
    return mask & ~((UINT64_C(1) << BODY_COLUMNS * first) - 1);
}

/* Bits of the columns [first, end) of all rows. */
static uint64_t columns_mask(int first, int end)
{
    if (end <= first)
        return 0;
    uint64_t row = ((UINT64_C(1) << end) - 1) & ~((UINT64_C(1) << first) - 1);
    return row * UINT64_C(0x1111111111111111);
}

static uint64_t within(struct silhouette body, double left, double top, double right, double bottom)
{
    int first, end;
    points_between(body.top, body.bottom, BODY_ROWS, top, bottom, &first, &end);
    uint64_t mask = rows_mask(first, end);
    if (mask == 0)
        return 0;
    points_between(body.left, body.right, BODY_COLUMNS, left, right, &first, &end);
    return mask & columns_mask(first, end);
}

uint64_t silhouette_outside(struct silhouette body, double width_px, double height_px)
{
    if (body.left >= 0 && body.top >= 0 && body.right <= width_px && body.bottom <= height_px)
        return 0;
    return ~within(body, 0, 0, width_px, height_px);
}

uint64_t silhouette_below(struct silhouette body, double y_px)
{
    int first, end;
    points_between(body.top, body.bottom, BODY_ROWS, y_px, INFINITY, &first, &end);
    return rows_mask(first, end);
}

uint64_t silhouette_covered(struct silhouette body, struct silhouette nearer)
{
    if (!silhouette_overlaps(body, nearer))
        return 0;
    /* The head is half as wide as the shoulders and an eighth of the height, as in BODY_MASK. */
    double neck = nearer.top + 2 * (nearer.bottom - nearer.top) / BODY_ROWS;
    double quarter = (nearer.right - nearer.left) / BODY_COLUMNS;
    return within(body, nearer.left, neck, nearer.right, nearer.bottom) |
           within(body, nearer.left + quarter, nearer.top, nearer.right - quarter, neck);
}

struct silhouette silhouette_visible_box(struct silhouette body, uint64_t visible)
{
    int first_row = __builtin_ctzll(visible) / BODY_COLUMNS;
    int end_row = (63 - __builtin_clzll(visible)) / BODY_COLUMNS + 1;
    uint64_t columns = visible; /* fold all rows into the first */
    for (int shift = 32; shift >= BODY_COLUMNS; shift /= 2)
        columns |= columns >> shift;
    int row = (int) (columns & 0xF);
    int first_column = __builtin_ctz((unsigned) row),
        end_column = 32 - __builtin_clz((unsigned) row);
    double row_px = (body.bottom - body.top) / BODY_ROWS;
    double column_px = (body.right - body.left) / BODY_COLUMNS;
    return (struct silhouette){ .left = body.left + first_column * column_px,
                                .top = body.top + first_row * row_px,
                                .right = body.right - (BODY_COLUMNS - end_column) * column_px,
                                .bottom = body.bottom - (BODY_ROWS - end_row) * row_px };
}
