/*
 * fit_bound.h - the least error that any unbiased fit can have: the Cramer-Rao bound
 *
 * Worked out from the formulas of fit_scene.h by differences, independent of calib/: the Fisher
 * information of the marks about where the camera hangs, how it is turned (with roll) and its
 * focal length, and what that leaves uncertain about the floor under a pixel.
 * Source: Kay, Fundamentals of Statistical Signal Processing: Estimation Theory, 1993, chapter 3.
 */
#ifndef FLOORFUSE_TESTS_FIT_BOUND_H
#define FLOORFUSE_TESTS_FIT_BOUND_H

#include <string.h>

#include "fit_scene.h"

#define BOUND_PARAMETERS 7

struct bound {
    double covariance[BOUND_PARAMETERS][BOUND_PARAMETERS];
};

/* Where a point appears in a camera a little off: x, y, height, heading, tilt, roll, focal. */
static struct image_px nudged_pixel(const struct true_camera *camera, int parameter, double by,
                                    double x_m, double y_m, double z_m)
{
    struct true_camera c = *camera;
    double roll = 0;
    switch (parameter) {
    case 0:
        c.x_m += by;
        break;
    case 1:
        c.y_m += by;
        break;
    case 2:
        c.height_m += by;
        break;
    case 3:
        c.heading_rad += by;
        break;
    case 4:
        c.tilt_rad += by;
        break;
    case 5:
        roll = by;
        break;
    default:
        c.focal_px += by * 1000;
        break;
    }
    struct image_px p = true_pixel(&c, x_m, y_m, z_m);
    double dx = p.x - c.centre_x_px, dy = p.y - c.centre_y_px;
    return (struct image_px){ c.centre_x_px + cos(roll) * dx - sin(roll) * dy,
                              c.centre_y_px + sin(roll) * dx + cos(roll) * dy };
}

#define NUDGE 1e-6

/* d pixel / d parameters, 2 rows. */
static void pixel_slopes(const struct true_camera *camera, double x_m, double y_m, double z_m,
                         double ret_slopes[2][BOUND_PARAMETERS])
{
    for (int k = 0; k < BOUND_PARAMETERS; k++) {
        struct image_px up = nudged_pixel(camera, k, NUDGE, x_m, y_m, z_m);
        struct image_px down = nudged_pixel(camera, k, -NUDGE, x_m, y_m, z_m);
        ret_slopes[0][k] = (up.x - down.x) / (2 * NUDGE);
        ret_slopes[1][k] = (up.y - down.y) / (2 * NUDGE);
    }
}

/* Gauss-Jordan with pivots. */
static void invert(double a[BOUND_PARAMETERS][BOUND_PARAMETERS],
                   double inverse[BOUND_PARAMETERS][BOUND_PARAMETERS])
{
    const int n = BOUND_PARAMETERS;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            inverse[i][j] = i == j;
    for (int c = 0; c < n; c++) {
        int pivot = c;
        for (int r = c + 1; r < n; r++)
            if (fabs(a[r][c]) > fabs(a[pivot][c]))
                pivot = r;
        for (int j = 0; j < n; j++) {
            double t = a[c][j], u = inverse[c][j];
            a[c][j] = a[pivot][j];
            inverse[c][j] = inverse[pivot][j];
            a[pivot][j] = t;
            inverse[pivot][j] = u;
        }
        double divisor = a[c][c];
        for (int j = 0; j < n; j++) {
            a[c][j] /= divisor;
            inverse[c][j] /= divisor;
        }
        for (int r = 0; r < n; r++) {
            double factor = a[r][c];
            for (int j = 0; r != c && j < n; j++) {
                a[r][j] -= factor * a[c][j];
                inverse[r][j] -= factor * inverse[c][j];
            }
        }
    }
}

/* Of the points from `first` on, which are right, each pixel with sigma_px. */
static struct bound bound_of(const struct true_camera *camera, const struct marked_point *points,
                             size_t first, size_t count, double sigma_px)
{
    double information[BOUND_PARAMETERS][BOUND_PARAMETERS] = { { 0 } };
    struct bound bound;
    for (size_t i = first; i < count; i++) {
        double s[2][BOUND_PARAMETERS];
        pixel_slopes(camera, points[i].x_m, points[i].y_m, points[i].z_m, s);
        for (int a = 0; a < BOUND_PARAMETERS; a++)
            for (int b = 0; b < BOUND_PARAMETERS; b++)
                information[a][b] +=
                    (s[0][a] * s[0][b] + s[1][a] * s[1][b]) / (sigma_px * sigma_px);
    }
    invert(information, bound.covariance);
    return bound;
}

/* The mean square of the error of the floor point whose pixel is exact, m^2: a camera that is off
 * by d puts the pixel's floor point off by -(d px / d floor)^-1 (d px / d camera) d. */
static double bound_error_m2(const struct bound *bound, const struct true_camera *camera,
                             double x_m, double y_m)
{
    double s[2][BOUND_PARAMETERS], sum = 0;
    struct image_px right = true_pixel(camera, x_m + NUDGE, y_m, 0);
    struct image_px left = true_pixel(camera, x_m - NUDGE, y_m, 0);
    struct image_px far = true_pixel(camera, x_m, y_m + NUDGE, 0);
    struct image_px near = true_pixel(camera, x_m, y_m - NUDGE, 0);
    double a = (right.x - left.x) / (2 * NUDGE), b = (far.x - near.x) / (2 * NUDGE);
    double c = (right.y - left.y) / (2 * NUDGE), d = (far.y - near.y) / (2 * NUDGE);
    pixel_slopes(camera, x_m, y_m, 0, s);
    for (int row = 0; row < 2; row++) {
        double g[BOUND_PARAMETERS];
        for (int k = 0; k < BOUND_PARAMETERS; k++)
            g[k] = row == 0 ? (d * s[0][k] - b * s[1][k]) / (a * d - b * c)
                            : (a * s[1][k] - c * s[0][k]) / (a * d - b * c);
        for (int i = 0; i < BOUND_PARAMETERS; i++)
            for (int j = 0; j < BOUND_PARAMETERS; j++)
                sum += g[i] * bound->covariance[i][j] * g[j];
    }
    return sum;
}

#endif
