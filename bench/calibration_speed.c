/*
 * calibration_speed.c - pixels to floor points a second, and pictures laid on a plan a second
 *
 * calibration_speed points|points_covariance|points_newton|warp|warp_naive prints one number: how
 * many a second, over about a second of work on one core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "calib/model.h"
#include "calib/warp.h"
#include "sim/random.h"

/* 4 m up in a corner, 720p, an ordinary barrel lens with k1..k3. */
#define CAMERA                                                          \
    "image = { width = 1280; height = 720; };\n"                        \
    "pinhole = {\n"                                                     \
    "    focal = [900.0, 900.0];\n"                                     \
    "    centre = [640.0, 360.0];\n"                                    \
    "    rotation = ((1.0, 0.0, 0.0), (0.0, -0.70710678, -0.70710678)," \
    "                (0.0, 0.70710678, -0.70710678));\n"                \
    "    translation = [0.0, 2.82842712, 2.82842712];\n"                \
    "};\n"                                                              \
    "lens = { k1 = -0.31; k2 = 0.12; k3 = -0.02; };\n"

#define POINTS    4096
#define RUN_NS    (1 * NS_PER_S)
#define PLAN_M_PX 0.01

static struct image_px points[POINTS];

/* Kept, so that nothing measured is left out. */
static volatile double sink;

typedef double one_round(const struct calibration *calibration);

static double round_plain(const struct calibration *calibration)
{
    const struct covariance2 exact = { 0, 0, 0 };
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
        struct floor_m p = { 0, 0 };
        if (calibration_floor_from_image(calibration, points[i], exact, 0, &p, NULL) == 0)
            sum += p.x + p.y;
    }
    sink = sum;
    return POINTS;
}

static double round_covariance(const struct calibration *calibration)
{
    const struct covariance2 noise = { 4.5, 0, 9 };
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
        struct floor_m p = { 0, 0 };
        struct covariance2 c = { 0, 0, 0 };
        if (calibration_floor_from_image(calibration, points[i], noise, 0, &p, &c) == 0)
            sum += p.x + p.y + c.xx;
    }
    sink = sum;
    return POINTS;
}

/* Newton's method for each point. */
static double round_newton(const struct calibration *calibration)
{
    const struct camera_model *model = &calibration->model;
    double sum = 0;
    for (int i = 0; i < POINTS; i++) {
        struct undistorted_px ideal;
        struct floor_m p = { 0, 0 };
        if (lens_undistort(&model->lens, points[i], &ideal, NULL) == 0 &&
            projection_to_plane(&model->projection, ideal, 0, &p, NULL) == 0)
            sum += p.x + p.y;
    }
    sink = sum;
    return POINTS;
}

static double rate_of(one_round *run, const struct calibration *calibration)
{
    double done = 0;
    int64_t start = clock_mono_ns(), now = start;
    while (now - start < RUN_NS) {
        for (int i = 0; i < 50; i++)
            done += run(calibration);
        now = clock_mono_ns();
    }
    return done * NS_PER_S / (double) (now - start);
}

/* ---- pictures ---- */

/* Each plan pixel projected and mixed in floating point, frame after frame. */
static void lay_naively(const struct calibration *calibration, const struct warp_target *target,
                        const struct image *frame, struct image *laid)
{
    for (uint32_t y = 0; y < target->height; y++) {
        for (uint32_t x = 0; x < target->width; x++) {
            struct floor_m p = { target->origin.x + (x + 0.5) * target->metres_per_pixel,
                                 target->origin.y +
                                     (target->height - y - 0.5) * target->metres_per_pixel };
            uint8_t *out = image_at(laid, x, y);
            struct image_px px;
            memset(out, 0, 4);
            if (calibration_image_from_floor(calibration, p, 0, &px) < 0 || !(px.x >= 0.5) ||
                !(px.y >= 0.5) || px.x >= frame->width - 1 || px.y >= frame->height - 1)
                continue;
            double u = px.x - 0.5, v = px.y - 0.5, s = u - floor(u), t = v - floor(v);
            const uint8_t *a = image_at(frame, (uint32_t) u, (uint32_t) v);
            const uint8_t *c = a + frame->stride_bytes;
            for (int k = 0; k < 3; k++)
                out[k] = (uint8_t) lround((1 - t) * ((1 - s) * a[k] + s * a[k + 3]) +
                                          t * ((1 - s) * c[k] + s * c[k + 3]));
            out[3] = 255;
        }
    }
}

static double warp_rate(const struct calibration *calibration, bool naive)
{
    const struct warp_target target = { 1280, 720, PLAN_M_PX, { -6.4, 1.2 }, 0 };
    struct image *frame = NULL, *laid = NULL;
    struct warp *warp = NULL;
    double done = 0;
    if (image_create(1280, 720, IMAGE_RGB8, &frame) < 0 ||
        image_create(1280, 720, IMAGE_RGBA8, &laid) < 0 ||
        warp_create(calibration, &target, &warp) < 0)
        abort();
    for (uint32_t i = 0; i < 1280 * 720 * 3; i++)
        frame->pixels[i] = (uint8_t) (i * 2654435761u >> 24);
    int64_t start = clock_mono_ns(), now = start;
    for (; now - start < RUN_NS; now = clock_mono_ns(), done++) {
        if (naive)
            lay_naively(calibration, &target, frame, laid);
        else if (warp_frame(warp, frame, laid) < 0)
            abort();
    }
    warp_destroy(&warp);
    image_unref(&frame);
    image_unref(&laid);
    return done * NS_PER_S / (double) (now - start);
}

int main(int argc, char **argv)
{
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    struct random random = random_stream(1, 0);
    const char *what = argc == 2 ? argv[1] : "";
    double rate = 0;
    if (calibration_parse(CAMERA, "bench", &calibration, &problems) < 0)
        abort();
    for (int i = 0; i < POINTS; i++)
        points[i] =
            (struct image_px){ random_between(&random, 0, 1280), random_between(&random, 0, 720) };
    if (strcmp(what, "points") == 0)
        rate = rate_of(round_plain, calibration);
    else if (strcmp(what, "points_covariance") == 0)
        rate = rate_of(round_covariance, calibration);
    else if (strcmp(what, "points_newton") == 0)
        rate = rate_of(round_newton, calibration);
    else if (strcmp(what, "warp") == 0 || strcmp(what, "warp_naive") == 0)
        rate = warp_rate(calibration, what[4] != '\0');
    else
        fprintf(stderr, "usage: calibration_speed "
                        "points|points_covariance|points_newton|warp|warp_naive\n");
    printf("%.6g\n", rate);
    calibration_destroy(&calibration);
    return rate > 0 ? 0 : 2;
}
