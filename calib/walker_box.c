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
    /* a < 0: the whole ellipsoid is in front of the camera's plane. */
    if (!(a < 0) || !(root2 > 0))
        return -ERANGE;
    double root = sqrt(root2);
    *ret_low = (b + root) / a;
    *ret_high = (b - root) / a;
    return 0;
}

int walker_box_at(const struct projection *projection, struct floor_m place, double height_m,
                  struct box_px *ret_box)
{
    const double *p = projection->image_from_floor;
    const double half = height_m / 2;
    const double radius2 = WALKER_RADIUS_M * WALKER_RADIUS_M;
    double centre[3], conic[3][3];
    for (int i = 0; i < 3; i++)
        centre[i] = p[4 * i] * place.x + p[4 * i + 1] * place.y + p[4 * i + 2] * half + p[4 * i + 3];
    if (!(centre[2] > NEAR_M))
        return -ERANGE;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k <= i; k++)
            conic[i][k] = radius2 * (p[4 * i] * p[4 * k] + p[4 * i + 1] * p[4 * k + 1]) +
                          half * half * p[4 * i + 2] * p[4 * k + 2] - centre[i] * centre[k];
    if (edges(conic[2][2], conic[2][0], conic[0][0], &ret_box->left, &ret_box->right) < 0)
        return -ERANGE;
    return edges(conic[2][2], conic[2][1], conic[1][1], &ret_box->top, &ret_box->bottom);
}

double walker_place_share(const struct projection *projection, double height_m)
{
    double k = fmin(0.9, height_m / projection->centre_z_m);
    return (1 - k) / (2 - k);
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
