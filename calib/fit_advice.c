/* fit_advice.c - what a person should know about a fit before it is used */
#include "calib/fit_advice.h"

#include <errno.h>
#include <stdlib.h>

#include "calib/fit_error.h"
#include "calib/fit_reliability.h"
#include "geom/convex_hull.h"

/* Cameras hang between these heights over the floor. */
#define CAMERA_LOWEST_M  0.7
#define CAMERA_HIGHEST_M 60.0
/* Fields of view of 150 and 6 degrees. */
#define FOCAL_SHORTEST 0.13
#define FOCAL_LONGEST  9.0
/* Marks that reach less far than this beside their common line, as a share of its length. */
#define NARROW 0.15
/* Marks that cover less than this share of the picture's area below the horizon. */
#define CLUSTERED 0.12
/* Marks that scatter by more than this share of the picture's width. */
#define SCATTER_SHARE (4.0 / 1280)
/* A focal length less certain than this says little about heights. */
#define FOCAL_UNCERTAIN 0.1
/* With fewer points a person knows that they hardly check each other. */
#define CHECKED_POINTS_MIN 6
/* A mistake that goes unnoticed may do this many times what is allowed. */
#define UNNOTICED_SHARE 10.0
/* A fit of which some combination of numbers is this much less certain than another. */
#define ILL_CONDITIONED 1e4
/* More of the picture's floor than this beyond the allowed error is worth a word. */
#define EXTRAPOLATED 0.1
/* Places in the picture that are looked at, a side. */
#define PROBES 24

/* ---- the one number ---- */

static double expected_at_points_cm(const struct fit *fit)
{
    struct fit_error *error = NULL;
    double sum = 0;
    size_t count = 0;
    if (fit_error_create(fit, &error) < 0)
        return INFINITY;
    for (size_t i = 0; i < fit->result.count; i++) {
        const struct marked_point *p = &fit->data.points[fit->result.chosen[i]];
        struct covariance2 c;
        if (fit_error_at(error, (struct floor_m){ p->x_m, p->y_m }, p->z_m, &c) < 0)
            continue;
        sum += c.xx + c.yy;
        count++;
    }
    fit_error_destroy(&error);
    return count ? 100 * sqrt(sum / (double) count) : INFINITY;
}

double fit_judged_error_cm(const struct fit *fit, bool *ret_foretold)
{
    *ret_foretold = !isnan(fit->left_out_cm);
    return *ret_foretold ? fit->left_out_cm : expected_at_points_cm(fit);
}

/* ---- the marks ---- */

static void name_left_out(const struct marked_points *points, const struct fit *fit,
                          struct problems *warnings)
{
    char name[POINT_NAME_SIZE];
    for (size_t i = 0; i < points->count; i++) {
        const struct fit_point *p = &fit->points[i];
        if (p->kept)
            continue;
        if (!fit_model_has_height(fit->result.camera.model) && !marked_on_floor(&points->items[i]))
            problems_add(warnings, "%s is above the floor, which a homography cannot use; left out",
                         fit_point_name(points, i, name));
        else
            problems_add(warnings,
                         "%s does not agree with the others: it is %.0f px, %.0f cm on the floor, "
                         "from where they put it; left out, measure it again",
                         fit_point_name(points, i, name), p->error_px, p->error_cm);
    }
}

/* The share of the picture's floor that the hull of the kept marks covers. */
static int coverage_of(const struct fit *fit, const struct camera_model *model, double *ret_share,
                       double *ret_narrowness)
{
    size_t count = fit->result.count;
    double *xy = calloc(2 * count + 2 * count + 2, sizeof(double));
    if (!xy)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct marked_point *p = &fit->data.points[fit->result.chosen[i]];
        xy[2 * i] = p->px.x;
        xy[2 * i + 1] = p->px.y;
    }
    double *hull = xy + 2 * count;
    struct polygon polygon = { hull, convex_hull(xy, count, hull) };
    int floor_probes = 0;
    for (int i = 0; i < PROBES * PROBES; i++) {
        struct image_px p = { (i % PROBES + 0.5) / PROBES * fit->data.frame.width_px,
                              (i / PROBES + 0.5) / PROBES * fit->data.frame.height_px };
        struct floor_m at;
        floor_probes += camera_model_floor(model, p, 0, &at) == 0;
    }
    double floor_px2 =
        fit->data.frame.width_px * fit->data.frame.height_px * floor_probes / (PROBES * PROBES);
    double area_px2 = polygon.corners >= 3 ? polygon_area(polygon) : 0, longest = 0;
    for (size_t i = 0; i < polygon.corners; i++)
        for (size_t j = 0; j < i; j++)
            longest =
                fmax(longest, hypot(hull[2 * i] - hull[2 * j], hull[2 * i + 1] - hull[2 * j + 1]));
    *ret_share = floor_px2 > 0 ? area_px2 / floor_px2 : 0;
    *ret_narrowness = longest > 0 ? area_px2 / (longest * longest) : 0;
    free(xy);
    return 0;
}

static int judge_marks(const struct marked_points *points, const struct fit *fit,
                       const struct camera_model *model, struct problems *warnings)
{
    double share, narrowness;
    int r = coverage_of(fit, model, &share, &narrowness);
    if (r < 0)
        return r;
    if (points->count == MARKED_POINTS_MIN)
        problems_add(warnings,
                     "4 points cannot check each other: a wrong one would go unnoticed; mark at "
                     "least 2 more");
    if (narrowness < NARROW)
        problems_add(warnings, "the points lie nearly on one line; across it the camera is hardly "
                               "determined: mark points on both sides");
    else if (share < CLUSTERED)
        problems_add(warnings,
                     "the points are close together: they cover %.0f %% of the floor in the "
                     "picture; outside them the error grows quickly (see the map)",
                     100 * share);
    if (fit->sigma_px > SCATTER_SHARE * fit->data.frame.width_px)
        problems_add(warnings,
                     "the points scatter by %.1f px around the camera; clicks do not, so measure "
                     "floor points again or suspect the lens",
                     fit->sigma_px);
    return 0;
}

/* ---- the camera ---- */

static const char *unit_guess(double height_m)
{
    if (height_m >= 1500)
        return "; are the floor points in mm?";
    if (height_m >= 150)
        return "; are the floor points in cm?";
    if (height_m <= 0.05)
        return "; are the floor points in km, or the plan's scale wrong?";
    return "";
}

/* A pinhole camera that would see the floor like this, for judging; false when none is known. */
static bool pinhole_behind(const struct fit *fit, struct fit_pinhole *ret_pinhole)
{
    const struct fit_frame *frame = &fit->data.frame;
    if (fit_model_has_height(fit->result.camera.model)) {
        *ret_pinhole = fit_camera_pinhole(frame, &fit->result.camera);
        return true;
    }
    return fit_start_of_homography(frame, &fit->result.camera, 0, ret_pinhole) == 0;
}

static void judge_camera(const struct fit *fit, struct problems *warnings,
                         struct problems *refusals)
{
    struct fit_pinhole pinhole;
    if (!pinhole_behind(fit, &pinhole))
        return;
    double height_m = pinhole.centre_m[2], width = fit->data.frame.width_px;
    bool heights = fit_model_has_height(fit->result.camera.model);
    /* What stands behind a homography is only a hint, but a factor of 100 is a factor of 100. */
    double slack = heights ? 1 : 3;
    if (height_m < CAMERA_LOWEST_M / slack || height_m > CAMERA_HIGHEST_M * slack)
        problems_add(refusals, "the camera would hang %.4g m above the floor%s", height_m,
                     unit_guess(height_m));
    if (heights &&
        (pinhole.focal_x_px < FOCAL_SHORTEST * width || pinhole.focal_x_px > FOCAL_LONGEST * width))
        problems_add(refusals,
                     "the lens would see %.1f degrees across, which no camera does; check the "
                     "points and the picture's size",
                     2 * atan(width / 2 / pinhole.focal_x_px) * 180 / M_PI);
    int n = fit_model_parameters(fit->result.camera.model);
    bool focal_fitted = heights && fit->result.camera.model != FIT_POSE;
    double focal_sd = focal_fitted ? sqrt(fit->covariance[6 * n + 6]) * width : 0;
    if (focal_sd > FOCAL_UNCERTAIN * pinhole.focal_x_px)
        problems_add(warnings,
                     "focal length and camera height are known to %.0f %% only, so heads are "
                     "placed badly; mark a few points above the floor (z_m), or give --lens",
                     100 * focal_sd / pinhole.focal_x_px);
}

/* The whole lower picture should be floor that the lens model can undo. */
static void judge_lens(const struct camera_model *model, struct problems *warnings)
{
    struct undistorted_px ideal;
    double width = model->width_px, height = model->height_px;
    const struct image_px corners[4] = { { 0, 0 }, { width, 0 }, { 0, height }, { width, height } };
    for (int i = 0; i < 4; i++) {
        if (lens_undistort(&model->lens, corners[i], &ideal, NULL) == 0)
            continue;
        problems_add(warnings,
                     "the lens model does not reach the picture's corners; people there get no "
                     "place: mark points nearer to the corners");
        return;
    }
}

/* Beyond the marks the error grows: how much of the floor that is. */
static int judge_extrapolation(const struct fit *fit, const struct camera_model *model,
                               double max_error_cm, struct problems *warnings)
{
    struct fit_error *error = NULL;
    int floor = 0, beyond = 0, r = fit_error_create(fit, &error);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    for (int i = 0; i < PROBES * PROBES; i++) {
        struct image_px px = { (i % PROBES + 0.5) / PROBES * fit->data.frame.width_px,
                               (i / PROBES + 0.5) / PROBES * fit->data.frame.height_px };
        struct floor_m at, beside;
        struct covariance2 c;
        if (camera_model_floor(model, px, 0, &at) < 0 ||
            camera_model_floor(model, (struct image_px){ px.x, px.y - 1 }, 0, &beside) < 0 ||
            hypot(beside.x - at.x, beside.y - at.y) > RELIABILITY_PIXEL_M)
            continue; /* too near the horizon to be of use */
        floor++;
        beyond += fit_error_at(error, at, 0, &c) < 0 || 100 * covariance2_rms(c) > max_error_cm;
    }
    fit_error_destroy(&error);
    if (floor && beyond > EXTRAPOLATED * floor)
        problems_add(warnings,
                     "on %.0f %% of the floor in the picture, beyond the marked points, places are "
                     "expected to be off by more than %g cm (see the map); mark points there",
                     100.0 * beyond / floor, max_error_cm);
    return 0;
}

static void judge_error(const struct fit *fit, double max_error_cm, struct problems *refusals)
{
    bool foretold;
    double error_cm = fit_judged_error_cm(fit, &foretold);
    if (error_cm <= max_error_cm)
        return;
    if (isinf(error_cm)) {
        problems_add(refusals, "by the other points, one of them would lie above the horizon; mark "
                               "more points, far ones too");
        return;
    }
    problems_add(refusals,
                 foretold ? "points are %.0f cm from where the others put them, more than the "
                            "%g cm allowed; measure again, mark more points, or allow more with "
                            "--max-error-cm"
                          : "the expected error at the points is %.0f cm, more than the %g cm "
                            "allowed; mark more points, or allow more with --max-error-cm",
                 error_cm, max_error_cm);
}

/* What a single wrong mark could do without being noticed. */
static int judge_reliability(const struct marked_points *points, const struct fit *fit,
                             double max_error_cm, struct problems *warnings,
                             struct problems *refusals)
{
    struct reliability worst;
    char name[POINT_NAME_SIZE];
    if (points->count == MARKED_POINTS_MIN)
        return 0; /* said already */
    int r = fit_find_reliability(fit, &worst);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    bool refuse =
        points->count >= CHECKED_POINTS_MIN && worst.effect_cm > UNNOTICED_SHARE * max_error_cm;
    if (isinf(worst.effect_cm))
        problems_add(refuse ? refusals : warnings,
                     "no other point checks %s: were it wrong, nothing would show it; mark others "
                     "near it",
                     fit_point_name(points, worst.point, name));
    else if (worst.effect_cm > max_error_cm)
        problems_add(refuse ? refusals : warnings,
                     "%s is hardly checked by the other points: were it off by %.0f px, nothing "
                     "would show it and places would be off by %.1f m; mark others near it",
                     fit_point_name(points, worst.point, name), worst.mistake_px,
                     worst.effect_cm / 100);
    return 0;
}

int fit_advise(const struct marked_points *points, const struct fit *fit, double max_error_cm,
               struct problems *warnings, struct problems *refusals)
{
    struct camera_model model;
    if (fit_camera_model(&fit->data.frame, &fit->result.camera, &model) < 0) {
        problems_add(refusals, "the points give no camera above the floor");
        return 0;
    }
    name_left_out(points, fit, warnings);
    int r = judge_marks(points, fit, &model, warnings);
    if (r < 0)
        return r;
    r = judge_extrapolation(fit, &model, max_error_cm, warnings);
    if (r < 0)
        return r;
    if (fit->condition > ILL_CONDITIONED)
        problems_add(warnings,
                     "some of the camera's numbers can hardly be told apart (condition %.0e); mark "
                     "points farther apart, or at several heights",
                     fit->condition);
    judge_lens(&model, warnings);
    judge_camera(fit, warnings, refusals);
    judge_error(fit, max_error_cm, refusals);
    return judge_reliability(points, fit, max_error_cm, warnings, refusals);
}
