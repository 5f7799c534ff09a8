/*
 * autocalibrate.c - a camera from people who walk past it
 *
 * Boxes scatter by sd_box around their track, tracks by the spread of people's heights. Residuals
 * are whitened for both, so that least squares weighs what many boxes of one person say no more
 * than it is worth. What does not agree loses weight by Cauchy's function, box by box and track by
 * track, in rounds. The covariance is that of clusters: it takes each track's whole contribution as
 * one draw, whatever went on inside.
 * Sources: Huber & Ronchetti, Robust Statistics, 2nd ed., chapter 7 (weights); Liang & Zeger,
 * "Longitudinal data analysis using generalized linear models", Biometrika 73(1), 1986 (clusters).
 */
#include "calib/autocalibrate.h"

#include <errno.h>
#include <stdlib.h>

#include "calib/autocalibrate_residuals.h"
#include "calib/least_squares.h"

#define DEGREE (M_PI / 180)

/* Lenses of shops and streets: half of all are within a third of this, and next to all within
 * three times as much or as little. */
#define FOCAL_PRIOR_WIDTHS 0.95
#define FOCAL_PRIOR_LOG_SD 0.5
/* Cameras are put up more or less upright. */
#define ROLL_PRIOR_SD (6 * DEGREE)

/* What a first guess is made with: the scatter of boxes and people together. */
#define START_SD 0.08
#define ROUNDS   40
#define STARTS   15

/* Beyond these the answer is refused. */
#define TILT_MAX           (75 * DEGREE)
#define HORIZON_SD_HEIGHTS 0.15
#define HEIGHT_LOG_SD_MAX  0.30
#define AGREE_MIN          0.5
#define BOX_SHARE_MAX      0.25

struct auto_options auto_defaults(double width_px, double height_px)
{
    return (struct auto_options){
        .width_px = width_px,
        .height_px = height_px,
        .centre_x_px = width_px / 2,
        .centre_y_px = height_px / 2,
        .height_m = 1.70,
        .height_sd_m = 0.10,
        .scale_sd = 0.02,
    };
}

/* ---- the camera's geometry ---- */

/* Straight down, in the camera's frame. */
static void down_of(const struct auto_camera *camera, double down[static 3])
{
    down[0] = sin(camera->roll_rad) * cos(camera->tilt_rad);
    down[1] = cos(camera->roll_rad) * cos(camera->tilt_rad);
    down[2] = sin(camera->tilt_rad);
}

double auto_horizon_y_px(const struct auto_options *options, const struct auto_camera *camera,
                         double x_px)
{
    double down[3];
    down_of(camera, down);
    return options->centre_y_px -
           (camera->focal_px * down[2] + (x_px - options->centre_x_px) * down[0]) / down[1];
}

struct undistorted_px auto_vertical_point(const struct auto_options *options,
                                          const struct auto_camera *camera)
{
    double down[3];
    down_of(camera, down);
    return (struct undistorted_px){ options->centre_x_px + camera->focal_px * down[0] / down[2],
                                    options->centre_y_px + camera->focal_px * down[1] / down[2] };
}

void auto_camera_pose(const struct auto_camera *camera, struct matrix3 *ret_rotation,
                      double ret_translation[static 3])
{
    double down[3];
    down_of(camera, down);
    /* y: the way the camera looks, laid on the floor; x = y cross up. */
    double level = cos(camera->tilt_rad);
    double y[3] = { -down[2] * down[0] / level, -down[2] * down[1] / level,
                    (1 - down[2] * down[2]) / level };
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        ret_rotation->m[3 * i] = y[k] * down[j] - y[j] * down[k];
        ret_rotation->m[3 * i + 1] = y[i];
        ret_rotation->m[3 * i + 2] = -down[i];
        ret_translation[i] = camera->height_m * down[i];
    }
}

int auto_camera_projection(const struct auto_options *options, const struct auto_camera *camera,
                           struct projection *ret_projection)
{
    struct matrix3 rotation;
    double t[3], p[12];
    auto_camera_pose(camera, &rotation, t);
    for (int k = 0; k < 4; k++) {
        double column[3];
        for (int i = 0; i < 3; i++)
            column[i] = k < 3 ? rotation.m[3 * i + k] : t[i];
        p[k] = camera->focal_px * column[0] + options->centre_x_px * column[2];
        p[4 + k] = camera->focal_px * column[1] + options->centre_y_px * column[2];
        p[8 + k] = column[2];
    }
    return projection_of_matrix(p, ret_projection);
}

static struct auto_camera camera_of(const double *parameters)
{
    return (struct auto_camera){ .focal_px = exp(parameters[AUTO_LOG_FOCAL]),
                                 .tilt_rad = parameters[AUTO_TILT],
                                 .roll_rad = parameters[AUTO_ROLL],
                                 .height_m = exp(parameters[AUTO_LOG_HEIGHT]) };
}

/* ---- what is to be small ---- */

struct fit_problem {
    const struct auto_options *options;
    struct walker_scatter *scatter;
    bool start; /* no tracks, no weights: errors grow ever more slowly instead */
};

/* The errors that come before any box. */
enum { PRIOR_FOCAL, PRIOR_ROLL, PRIORS };

static void evaluate(const void *data, const double *parameters, double *residuals)
{
    const struct fit_problem *problem = data;
    struct walker_scatter *scatter = problem->scatter;
    struct auto_camera camera = camera_of(parameters);
    struct projection projection;
    residuals[PRIOR_FOCAL] =
        (parameters[AUTO_LOG_FOCAL] - log(FOCAL_PRIOR_WIDTHS * problem->options->width_px)) /
        FOCAL_PRIOR_LOG_SD;
    residuals[PRIOR_ROLL] = parameters[AUTO_ROLL] / ROLL_PRIOR_SD;
    bool valid = fabs(camera.tilt_rad) < 89 * DEGREE &&
                 auto_camera_projection(problem->options, &camera, &projection) == 0;
    walker_scatter_measure(scatter, valid ? &projection : NULL, residuals + PRIORS);
    if (problem->start)
        walker_scatter_soften(scatter, START_SD, residuals + PRIORS);
    else
        walker_scatter_whiten(scatter, residuals + PRIORS);
}

static struct residuals residuals_of(const struct fit_problem *problem)
{
    return (struct residuals){ evaluate, problem, AUTO_PARAMETERS,
                               PRIORS + (int) problem->scatter->walkers->count };
}

/* ---- the search ---- */

struct start {
    double parameters[AUTO_PARAMETERS], cost;
};

/* The height that makes people of middling height of a guess that is right but for the scale. */
static int scale_start(const struct fit_problem *problem, double *parameters)
{
    double *errors = problem->scatter->scratch;
    for (int round = 0; round < 3; round++) {
        struct auto_camera camera = camera_of(parameters);
        struct projection projection;
        int r = auto_camera_projection(problem->options, &camera, &projection);
        if (r < 0)
            return r;
        walker_scatter_measure(problem->scatter, &projection, errors);
        parameters[AUTO_LOG_HEIGHT] -= median_of(errors, problem->scatter->walkers->count);
        if (!(fabs(parameters[AUTO_LOG_HEIGHT]) < log(100)))
            return -ERANGE;
    }
    return 0;
}

/* From many guesses to the nearest minimum each; the best. */
static int search(struct fit_problem *problem, double *ret_parameters)
{
    static const double focal_widths[] = { 0.6, 1.0, 1.7 };
    static const double tilts[STARTS / 3] = { 5, 15, 28, 43, 60 };
    double best = INFINITY, cost;
    problem->start = true;
    struct residuals residuals = residuals_of(problem);
    for (int i = 0; i < STARTS; i++) {
        double parameters[AUTO_PARAMETERS] = {
            [AUTO_LOG_FOCAL] = log(focal_widths[i % 3] * problem->options->width_px),
            [AUTO_TILT] = tilts[i / 3] * DEGREE,
            [AUTO_LOG_HEIGHT] = log(4),
        };
        if (scale_start(problem, parameters) < 0)
            continue;
        int r = least_squares_minimise(&residuals, parameters, &cost);
        if (r == -ENOMEM)
            return r;
        if (r == 0 && cost < best) {
            best = cost;
            for (int k = 0; k < AUTO_PARAMETERS; k++)
                ret_parameters[k] = parameters[k];
        }
    }
    problem->start = false;
    return isfinite(best) ? 0 : -ERANGE;
}

/* Weigh, fit, and weigh again until nothing moves. */
static int refine(const struct fit_problem *problem, double *parameters)
{
    struct residuals residuals = residuals_of(problem);
    double cost;
    for (int round = 0; round < ROUNDS; round++) {
        double before[AUTO_PARAMETERS], step = 0;
        struct auto_camera camera = camera_of(parameters);
        struct projection projection;
        int r = auto_camera_projection(problem->options, &camera, &projection);
        if (r < 0)
            return r;
        walker_scatter_weigh(problem->scatter, &projection);
        for (int k = 0; k < AUTO_PARAMETERS; k++)
            before[k] = parameters[k];
        if ((r = least_squares_minimise(&residuals, parameters, &cost)) < 0)
            return r;
        for (int k = 0; k < AUTO_PARAMETERS; k++)
            step += fabs(parameters[k] - before[k]);
        if (step < 1e-5)
            break;
    }
    return 0;
}

/* ---- how sure ---- */

/* How much each residual moves when a parameter does: residual_count x AUTO_PARAMETERS. */
static void differentiate(const struct residuals *residuals, const double *parameters,
                          double *scratch, double *ret_jacobian)
{
    const double step = 1e-5;
    size_t n = (size_t) residuals->residual_count;
    for (int k = 0; k < AUTO_PARAMETERS; k++) {
        double moved[AUTO_PARAMETERS];
        for (int sign = 0; sign < 2; sign++) {
            for (int i = 0; i < AUTO_PARAMETERS; i++)
                moved[i] = parameters[i] + (i == k ? (sign ? step : -step) : 0);
            residuals->evaluate(residuals->problem, moved, scratch + (size_t) sign * n);
        }
        for (size_t i = 0; i < n; i++)
            ret_jacobian[i * AUTO_PARAMETERS + (size_t) k] =
                (scratch[n + i] - scratch[i]) / (2 * step);
    }
}

/* Sum over tracks of the square of their whole pull on the parameters, and of the priors'. */
static void add_pulls(const struct walkers *walkers, const double *jacobian,
                      const double *residuals,
                      double meat[static AUTO_PARAMETERS * AUTO_PARAMETERS])
{
    enum { N = AUTO_PARAMETERS };
    double few = (double) walkers->tracks / ((double) walkers->tracks - N);
    for (int p = 0; p < PRIORS; p++)
        for (int i = 0; i < N * N; i++)
            meat[i] += jacobian[p * N + i / N] * jacobian[p * N + i % N];
    const double *j = jacobian + (size_t) PRIORS * N;
    for (size_t first = 0, end; first < walkers->count; first = end) {
        double pull[N] = { 0 };
        for (end = first;
             end < walkers->count && walkers->items[end].track == walkers->items[first].track;
             end++)
            for (int k = 0; k < N; k++)
                pull[k] += j[end * N + (size_t) k] * residuals[PRIORS + end];
        for (int i = 0; i < N * N; i++)
            meat[i] += few * pull[i / N] * pull[i % N];
    }
}

/* bread meat bread, and no variance smaller than the bread's own. */
static void sandwich(const double *bread, const double *meat, double *ret_covariance)
{
    enum { N = AUTO_PARAMETERS };
    double half[N * N], grow[N];
    for (int i = 0; i < N * N; i++) {
        half[i] = 0;
        for (int k = 0; k < N; k++)
            half[i] += bread[i / N * N + k] * meat[k * N + i % N];
    }
    for (int i = 0; i < N * N; i++) {
        ret_covariance[i] = 0;
        for (int k = 0; k < N; k++)
            ret_covariance[i] += half[i / N * N + k] * bread[k * N + i % N];
    }
    for (int i = 0; i < N; i++)
        grow[i] = sqrt(fmax(1, bread[i * N + i] / ret_covariance[i * N + i]));
    for (int i = 0; i < N * N; i++)
        ret_covariance[i] *= grow[i / N] * grow[i % N];
}

static int find_covariance(const struct fit_problem *problem, const double *parameters,
                           double *ret_covariance)
{
    struct residuals residuals = residuals_of(problem);
    size_t n = (size_t) residuals.residual_count;
    double bread[AUTO_PARAMETERS * AUTO_PARAMETERS],
        meat[AUTO_PARAMETERS * AUTO_PARAMETERS] = { 0 };
    double *scratch = calloc(n * (AUTO_PARAMETERS + 2), sizeof(*scratch));
    int r = scratch ? least_squares_covariance(&residuals, parameters, bread, NULL) : -ENOMEM;
    if (r == 0) {
        double *jacobian = scratch + 2 * n;
        differentiate(&residuals, parameters, scratch, jacobian);
        residuals.evaluate(problem, parameters, scratch);
        add_pulls(problem->scatter->walkers, jacobian, scratch, meat);
        sandwich(bread, meat, ret_covariance);
        ret_covariance[AUTO_LOG_HEIGHT * (AUTO_PARAMETERS + 1)] +=
            problem->options->scale_sd * problem->options->scale_sd;
    }
    free(scratch);
    return r;
}

/* First order: the horizon's standard deviation at x. */
static double horizon_sd(const struct auto_options *options, const double *parameters,
                         const double *covariance, double x_px)
{
    double gradient[AUTO_PARAMETERS], variance = 0;
    for (int k = 0; k < AUTO_PARAMETERS; k++) {
        double y[2], moved[AUTO_PARAMETERS];
        for (int sign = 0; sign < 2; sign++) {
            for (int i = 0; i < AUTO_PARAMETERS; i++)
                moved[i] = parameters[i] + (i == k ? (sign ? 1e-5 : -1e-5) : 0);
            struct auto_camera camera = camera_of(moved);
            y[sign] = auto_horizon_y_px(options, &camera, x_px);
        }
        gradient[k] = (y[1] - y[0]) / 2e-5;
    }
    for (int i = 0; i < AUTO_PARAMETERS * AUTO_PARAMETERS; i++)
        variance += gradient[i / AUTO_PARAMETERS] * covariance[i] * gradient[i % AUTO_PARAMETERS];
    return sqrt(variance);
}

/* ---- the answer ---- */

static void fill_result(const struct fit_problem *problem, const double *parameters,
                        struct auto_result *result)
{
    double *c = result->covariance, sd[AUTO_PARAMETERS];
    for (int k = 0; k < AUTO_PARAMETERS; k++)
        sd[k] = sqrt(c[k * (AUTO_PARAMETERS + 1)]);
    result->camera = camera_of(parameters);
    result->sd =
        (struct auto_camera){ result->camera.focal_px * sd[AUTO_LOG_FOCAL], sd[AUTO_TILT],
                              sd[AUTO_ROLL], result->camera.height_m * sd[AUTO_LOG_HEIGHT] };
    for (int i = 0; i < 3; i++)
        result->horizon_sd_px[i] =
            horizon_sd(problem->options, parameters, c, problem->options->width_px * i / 2);
    result->focal_from_people = fmax(0, 1 - c[0] / (FOCAL_PRIOR_LOG_SD * FOCAL_PRIOR_LOG_SD));
    result->box_sd = problem->scatter->box_sd;
    result->person_sd = problem->scatter->spread_sd;
    result->used = walker_scatter_agreeing(problem->scatter);
}

static int check_enough(const struct walkers *walkers, struct error *err)
{
    if (walkers->count < AUTO_BOXES_MIN)
        return error_set(err, -EDOM,
                         "only %zu boxes of walking people can be used and %d are needed; record "
                         "longer, or at a time when more people pass",
                         walkers->count, AUTO_BOXES_MIN);
    if (walkers->tracks < AUTO_TRACKS_MIN)
        return error_set(err, -EDOM,
                         "only %zu walking people were seen and %d are needed; record longer, or "
                         "at a time when more people pass",
                         walkers->tracks, AUTO_TRACKS_MIN);
    return 0;
}

/*
 * Where people fill the picture only few places show them whole, and the spread of their heights
 * passes for perspective: in simulated stores such cameras came out up to half too low.
 */
static int check_room(const struct walker_scatter *scatter, const struct auto_options *options,
                      struct error *err)
{
    const struct walkers *walkers = scatter->walkers;
    for (size_t i = 0; i < walkers->count; i++)
        scatter->scratch[i] = walkers->items[i].box.bottom - walkers->items[i].box.top;
    double share = median_of(scatter->scratch, walkers->count) / options->height_px;
    if (share <= BOX_SHARE_MAX)
        return 0;
    return error_set(err, -EDOM,
                     "people fill the picture (%.0f %% of its height; at most %.0f %% can be "
                     "used), so that their heights do not tell the camera; mark points on the "
                     "floor (floorfuse calibrate fit)",
                     100 * share, 100 * BOX_SHARE_MAX);
}

static int check_result(const struct walkers *walkers, const struct auto_options *options,
                        const struct auto_result *result, struct error *err)
{
    if ((double) result->used < AGREE_MIN * (double) walkers->count)
        return error_set(err, -EDOM,
                         "no camera agrees with more than %.0f of 100 boxes; are they persons, of "
                         "one camera that did not move, in a picture of that size?",
                         100.0 * (double) result->used / (double) walkers->count);
    if (result->camera.tilt_rad > TILT_MAX)
        return error_set(err, -EDOM,
                         "the camera looks down so steeply (%.0f degrees) that heights of people "
                         "do not tell its place; mark points on the floor (floorfuse calibrate "
                         "fit)",
                         result->camera.tilt_rad / DEGREE);
    if (!(result->horizon_sd_px[1] < HORIZON_SD_HEIGHTS * options->height_px))
        return error_set(err, -EDOM,
                         "the horizon is known to %.0f px only: people walk all about equally far "
                         "away; record people who come near and go far",
                         result->horizon_sd_px[1]);
    if (!(result->sd.height_m < HEIGHT_LOG_SD_MAX * result->camera.height_m))
        return error_set(err, -EDOM,
                         "the camera's height is known to %.1f m only; record more people, near "
                         "and far, left and right",
                         result->sd.height_m);
    return 0;
}

int autocalibrate(const struct walkers *walkers, const struct auto_options *options,
                  struct auto_result *ret_result, struct error *err)
{
    struct walker_scatter scatter;
    struct auto_result result;
    double parameters[AUTO_PARAMETERS];
    int r = check_enough(walkers, err);
    if (r < 0)
        return r;
    r = walker_scatter_init(&scatter, walkers, options->height_m, options->height_sd_m,
                            options->height_px);
    struct fit_problem problem = { options, &scatter, false };
    if (r == 0 && check_room(&scatter, options, err) < 0) {
        walker_scatter_release(&scatter);
        return -EDOM;
    }
    if (r == 0)
        r = search(&problem, parameters);
    if (r == 0)
        r = refine(&problem, parameters);
    if (r == 0)
        r = find_covariance(&problem, parameters, result.covariance);
    if (r == 0)
        fill_result(&problem, parameters, &result);
    walker_scatter_release(&scatter);
    if (r == -ENOMEM)
        return error_set(err, r, "out of memory");
    if (r < 0)
        return error_set(err, -EDOM,
                         "people's heights do not determine a camera; record people "
                         "who come near and go far");
    r = check_result(walkers, options, &result, err);
    if (r == 0)
        *ret_result = result;
    return r;
}
