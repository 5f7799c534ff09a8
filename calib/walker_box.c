/*
 * walker_box.c - the box that a camera draws round an upright person
 */
#include "calib/walker_box.h"

#include <errno.h>
#include <stddef.h>

/* Each round leaves a fifth of the error or less. */
#define PLACE_ROUNDS 6
/* Nearer to the lens than this counts as behind it, m. */
#define NEAR_M 0.3

/* The two values w for which a w^2 - 2 b w + c = 0. */
static int edges(double a, double b, double c, double *ret_low, double *ret_high)
{
    double root2 = b * b - a * c;
    /* a < 0: the whole part is in front of the camera's plane. */
    if (!(a < 0) || !(root2 > 0))
        return -ERANGE;
    double root = sqrt(root2);
    *ret_low = (b + root) / a;
    *ret_high = (b - root) / a;
    return 0;
}

/* A flat or round part of a body: half its extent along the floor and upwards. */
struct body_part {
    double middle_m, radius_m, up_m;
};

/* Widen a box to hold a part at a place. */
static int take_in(const double p[static 12], struct floor_m place, struct body_part part,
                   struct box_px *box)
{
    const double radius2 = part.radius_m * part.radius_m, up2 = part.up_m * part.up_m;
    double centre[3], conic[3][3];
    struct box_px outline;
    for (int i = 0; i < 3; i++)
        centre[i] = p[4 * i] * place.x + p[4 * i + 1] * place.y + p[4 * i + 2] * part.middle_m +
                    p[4 * i + 3];
    if (!(centre[2] > NEAR_M))
        return -ERANGE;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k <= i; k++)
            conic[i][k] = radius2 * (p[4 * i] * p[4 * k] + p[4 * i + 1] * p[4 * k + 1]) +
                          up2 * p[4 * i + 2] * p[4 * k + 2] - centre[i] * centre[k];
    if (edges(conic[2][2], conic[2][0], conic[0][0], &outline.left, &outline.right) < 0 ||
        edges(conic[2][2], conic[2][1], conic[1][1], &outline.top, &outline.bottom) < 0)
        return -ERANGE;
    box->left = fmin(box->left, outline.left);
    box->top = fmin(box->top, outline.top);
    box->right = fmax(box->right, outline.right);
    box->bottom = fmax(box->bottom, outline.bottom);
    return 0;
}

int walker_box_at(const struct projection *projection, struct floor_m place, double height_m,
                  struct box_px *ret_box)
{
    const struct body_part parts[] = {
        { height_m - WALKER_HEAD_M, WALKER_HEAD_M, WALKER_HEAD_M },
        { WALKER_SHOULDERS * height_m, WALKER_SHOULDERS_M, 0 },
        { 0, WALKER_FEET_M, 0 },
    };
    struct box_px box = { INFINITY, INFINITY, -INFINITY, -INFINITY };
    for (int i = 0; i < 3; i++)
        if (take_in(projection->image_from_floor, place, parts[i], &box) < 0)
            return -ERANGE;
    *ret_box = box;
    return 0;
}

int walker_box_like(const struct projection *projection, struct box_px box, double height_m,
                    double share, struct box_px *ret_box, struct floor_m *ret_place)
{
    const double x = (box.left + box.right) / 2;
    const double y = box.bottom + share * (box.top - box.bottom);
    struct undistorted_px foot = { x, box.bottom };
    struct box_px found;
    struct floor_m place;
    for (int i = 0; i < PLACE_ROUNDS; i++) {
        int r = projection_to_plane(projection, foot, 0, &place, NULL);
        if (r == 0)
            r = walker_box_at(projection, place, height_m, &found);
        if (r < 0)
            return r;
        foot.x += x - (found.left + found.right) / 2;
        foot.y += y - (found.bottom + share * (found.top - found.bottom));
    }
    *ret_box = found;
    if (ret_place)
        *ret_place = place;
    return 0;
}

double walker_place_share(const struct projection *projection, struct box_px box, double height_m)
{
    const double step_px = 1;
    struct box_px here, lower;
    struct floor_m place;
    double share = 0.3, k;
    /* Twice, because the first time the place is not yet known well. */
    for (int i = 0; i < 2; i++) {
        if (walker_box_like(projection, box, height_m, share, &here, &place) < 0)
            return share;
        struct box_px moved = { here.left, here.top + step_px, here.right, here.bottom + step_px };
        if (walker_box_like(projection, moved, height_m, 0, &lower, NULL) < 0)
            return share;
        k = (lower.bottom - lower.top - here.bottom + here.top) / (lower.bottom - here.bottom);
        k = fmax(-0.9, fmin(0.9, k));
        share = (1 - k) / (2 - k);
    }
    return share;
}
