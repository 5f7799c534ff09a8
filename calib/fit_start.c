/* fit_start.c - a first guess of a camera, without a guess to start from */
#include "calib/fit_start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/least_squares.h"
#include "calib/rotation.h"

/* A point in the units of the frame: all of the order of 1, so that the equations are. */
struct unit_point {
    double u, v;    /* picture, undistorted */
    double x, y, z; /* floor */
};

static struct unit_point unit_of(const struct fit_frame *frame, const struct marked_point *point)
{
    struct undistorted_px ideal = { point->px.x, point->px.y };
    if (lens_undistort(&frame->lens, point->px, &ideal, NULL) < 0)
        ideal = (struct undistorted_px){ point->px.x, point->px.y };
    return (struct unit_point){
        .u = (ideal.x - frame->centre_x_px) / frame->width_px,
        .v = (ideal.y - frame->centre_y_px) / frame->width_px,
        .x = (point->x_m - frame->origin_x_m) / frame->scale_m,
        .y = (point->y_m - frame->origin_y_m) / frame->scale_m,
        .z = point->z_m / frame->scale_m,
    };
}

/* Two equations in the 9 numbers of h: (u, v, 1) x H (x, y, 1) = 0. */
static void homography_rows(struct unit_point p, double *rows)
{
    const double first[9] = { p.x, p.y, 1, 0, 0, 0, -p.u * p.x, -p.u * p.y, -p.u };
    const double second[9] = { 0, 0, 0, p.x, p.y, 1, -p.v * p.x, -p.v * p.y, -p.v };
    memcpy(rows, first, sizeof(first));
    memcpy(rows + 9, second, sizeof(second));
}

/* Two equations in the 12 numbers of the projection matrix. */
static void matrix_rows(struct unit_point p, double *rows)
{
    const double first[12] = { p.x, p.y, p.z,        1,          0,          0,
                               0,   0,   -p.u * p.x, -p.u * p.y, -p.u * p.z, -p.u };
    const double second[12] = { 0,   0, 0,          0,          p.x,        p.y,
                                p.z, 1, -p.v * p.x, -p.v * p.y, -p.v * p.z, -p.v };
    memcpy(rows, first, sizeof(first));
    memcpy(rows + 12, second, sizeof(second));
}

int fit_start_homography(const struct fit_frame *frame, const struct point_choice *choice,
                         struct fit_camera *ret_camera)
{
    double *rows = calloc(18 * choice->count + 1, sizeof(double)), h[9];
    int count = 0;
    if (!rows)
        return -ENOMEM;
    for (size_t i = 0; i < choice->count; i++) {
        const struct marked_point *point = &choice->points[choice->chosen[i]];
        if (marked_on_floor(point))
            homography_rows(unit_of(frame, point), rows + 18 * count++);
    }
    int r = count >= 4 ? null_vector(rows, 2 * count, 9, h) : -EDOM;
    free(rows);
    if (r < 0)
        return r;
    if (!(fabs(h[8]) > 1e-9))
        return -EDOM;
    struct fit_camera camera = { .model = FIT_HOMOGRAPHY };
    for (int i = 0; i < 8; i++)
        camera.parameters[i] = h[i] / h[8];
    *ret_camera = camera;
    return 0;
}

/*
 * With h1, h2 the first columns, K = diag(f, f, 1): h1 . w h2 = 0 and h1 . w h1 = h2 . w h2 for
 * w = diag(1/f^2, 1/f^2, 1). Both are linear in 1/f^2: least squares of the two.
 */
static double focal_of(const double h[static 8])
{
    double a1 = h[0] * h[1] + h[3] * h[4], b1 = h[6] * h[7];
    double a2 = h[0] * h[0] + h[3] * h[3] - h[1] * h[1] - h[4] * h[4];
    double b2 = h[6] * h[6] - h[7] * h[7];
    double inverse2 = -(a1 * b1 + a2 * b2) / (a1 * a1 + a2 * a2);
    return inverse2 > 0 ? 1 / sqrt(inverse2) : 0;
}

int fit_start_of_homography(const struct fit_frame *frame, const struct fit_camera *homography,
                            double focal_px, struct fit_pinhole *ret_pinhole)
{
    double h[9], columns[9], aspect = frame->focal_y_px / frame->focal_x_px;
    memcpy(h, homography->parameters, 8 * sizeof(double));
    h[8] = 1;
    for (int i = 3; i < 6; i++)
        h[i] /= aspect;
    double focal = focal_px > 0 ? focal_px / frame->width_px : focal_of(h);
    if (!(focal > 0) || !isfinite(focal))
        return -EDOM;
    for (int i = 0; i < 9; i++)
        columns[i] = i < 6 ? h[i] / focal : h[i];
    double length1 = sqrt(columns[0] * columns[0] + columns[3] * columns[3] + h[6] * h[6]);
    double length2 = sqrt(columns[1] * columns[1] + columns[4] * columns[4] + h[7] * h[7]);
    double scale = 2 / (length1 + length2); /* h[8] = 1: the marked floor lies in front */
    if (!isfinite(scale))
        return -EDOM;
    struct matrix3 near_rotation, rotation;
    for (int row = 0; row < 3; row++) {
        near_rotation.m[3 * row] = columns[3 * row] * scale;
        near_rotation.m[3 * row + 1] = columns[3 * row + 1] * scale;
    }
    double *m = near_rotation.m;
    m[2] = m[3] * m[7] - m[6] * m[4];
    m[5] = m[6] * m[1] - m[0] * m[7];
    m[8] = m[0] * m[4] - m[3] * m[1];
    if (rotation_nearest(&near_rotation, &rotation) < 0)
        return -EDOM;
    struct fit_pinhole pinhole = { .focal_x_px = focal * frame->width_px,
                                   .focal_y_px = focal * frame->width_px * aspect,
                                   .centre_x_px = frame->centre_x_px,
                                   .centre_y_px = frame->centre_y_px,
                                   .rotation = rotation };
    const double t[3] = { columns[2] * scale, columns[5] * scale, columns[8] * scale };
    for (int i = 0; i < 3; i++) { /* -R^T t */
        double at = -(rotation.m[i] * t[0] + rotation.m[3 + i] * t[1] + rotation.m[6 + i] * t[2]);
        pinhole.centre_m[i] = at * frame->scale_m;
    }
    pinhole.centre_m[0] += frame->origin_x_m;
    pinhole.centre_m[1] += frame->origin_y_m;
    if (!(pinhole.centre_m[2] > 0))
        return -EDOM;
    *ret_pinhole = pinhole;
    return 0;
}

/*
 * M = K R by rows, last first (RQ decomposition): the third row of R is that of M, the second is
 * what of M's second row is square to it, and so on. Shear is dropped.
 */
static int take_apart(const double m[static 9], struct matrix3 *ret_rotation,
                      double ret_k[static 4])
{
    double scale = sqrt(m[6] * m[6] + m[7] * m[7] + m[8] * m[8]);
    struct matrix3 left;
    memcpy(left.m, m, sizeof(left.m));
    if (!(scale > 0) || !isfinite(scale))
        return -EDOM;
    scale = copysign(scale, matrix3_det(left));
    double r3[3], rest[2][3], k[4];
    for (int i = 0; i < 3; i++)
        r3[i] = m[6 + i] / scale;
    for (int row = 0; row < 2; row++) {
        const double *a = m + 3 * row;
        double along = (a[0] * r3[0] + a[1] * r3[1] + a[2] * r3[2]) / scale;
        k[2 + row] = along;
        for (int i = 0; i < 3; i++)
            rest[row][i] = a[i] / scale - along * r3[i];
        k[row] = sqrt(rest[row][0] * rest[row][0] + rest[row][1] * rest[row][1] +
                      rest[row][2] * rest[row][2]);
        if (!(k[row] > 0))
            return -EDOM;
    }
    struct matrix3 rotation;
    for (int i = 0; i < 3; i++) {
        rotation.m[i] = rest[0][i] / k[0];
        rotation.m[3 + i] = rest[1][i] / k[1];
        rotation.m[6 + i] = r3[i];
    }
    memcpy(ret_k, k, sizeof(k));
    return rotation_nearest(&rotation, ret_rotation) < 0 ? -EDOM : 0;
}

int fit_start_of_space(const struct fit_frame *frame, const struct point_choice *choice,
                       struct fit_pinhole *ret_pinhole)
{
    if (choice->count < 6)
        return -EDOM;
    double *rows = calloc(24 * choice->count, sizeof(double)), p[12], k[4], centre[3];
    if (!rows)
        return -ENOMEM;
    for (size_t i = 0; i < choice->count; i++)
        matrix_rows(unit_of(frame, &choice->points[choice->chosen[i]]), rows + 24 * i);
    int r = null_vector(rows, 2 * (int) choice->count, 12, p);
    free(rows);
    if (r < 0)
        return r;
    struct matrix3 left = { { p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10] } }, inverse;
    struct fit_pinhole pinhole = { .k1 = 0 };
    if (matrix3_invert(left, &inverse) < 0 || take_apart(left.m, &pinhole.rotation, k) < 0)
        return -EDOM;
    matrix3_apply(&inverse, -p[3], -p[7], -p[11], centre);
    double focal_px = (k[0] + k[1]) / 2 * frame->width_px;
    pinhole.focal_x_px = focal_px;
    pinhole.focal_y_px = focal_px * frame->focal_y_px / frame->focal_x_px;
    pinhole.centre_x_px = frame->centre_x_px + k[2] * frame->width_px;
    pinhole.centre_y_px = frame->centre_y_px + k[3] * frame->width_px;
    pinhole.centre_m[0] = frame->origin_x_m + centre[0] * frame->scale_m;
    pinhole.centre_m[1] = frame->origin_y_m + centre[1] * frame->scale_m;
    pinhole.centre_m[2] = centre[2] * frame->scale_m;
    if (!(pinhole.centre_m[2] > 0))
        return -EDOM;
    *ret_pinhole = pinhole;
    return 0;
}
