/* fit_reliability.c - what a wrong mark could do without being noticed */
#include "calib/fit_reliability.h"

#include <errno.h>
#include <stdlib.h>

/* Of the parameters, which are of the order of 1. */
#define NUDGE 1e-6

/* A mark of which less than this share of a mistake is left in its residual is not checked. */
#define REDUNDANCY_MIN 1e-6

/* Places in the picture that are looked at, a side. */
#define PROBES 16

/* What the parameters do to a point, row-major, 2 x parameters. */
struct slopes {
    double values[2 * FIT_PARAMETERS_MAX];
};

/* ---- slopes ---- */

/* To where a mark appears, in standard deviations. */
static struct slopes mark_slopes(const struct fit *fit, const struct marked_point *mark)
{
    const double at[3] = { mark->x_m, mark->y_m, mark->z_m };
    int n = fit_model_parameters(fit->result.camera.model);
    struct slopes slopes;
    for (int k = 0; k < n; k++) {
        struct fit_camera up = fit->result.camera, down = up;
        up.parameters[k] += NUDGE;
        down.parameters[k] -= NUDGE;
        struct image_px a = fit_project(&fit->data.frame, &up, at);
        struct image_px b = fit_project(&fit->data.frame, &down, at);
        slopes.values[k] = (a.x - b.x) / (2 * NUDGE * fit->sigma_px);
        slopes.values[n + k] = (a.y - b.y) / (2 * NUDGE * fit->sigma_px);
    }
    return slopes;
}

/* Each parameter a little up and down. */
struct nudged {
    struct camera_model up[FIT_PARAMETERS_MAX], down[FIT_PARAMETERS_MAX];
};

static int nudge_all(const struct fit *fit, struct nudged *ret_nudged)
{
    for (int k = 0; k < fit_model_parameters(fit->result.camera.model); k++) {
        struct fit_camera up = fit->result.camera, down = up;
        up.parameters[k] += NUDGE;
        down.parameters[k] -= NUDGE;
        if (fit_camera_model(&fit->data.frame, &up, &ret_nudged->up[k]) < 0 ||
            fit_camera_model(&fit->data.frame, &down, &ret_nudged->down[k]) < 0)
            return -EDOM;
    }
    return 0;
}

/* To the floor point of a pixel, m. False where there is none. */
static bool place_slopes(const struct nudged *nudged, int n, struct image_px px,
                         struct slopes *ret_slopes)
{
    for (int k = 0; k < n; k++) {
        struct floor_m a, b;
        if (camera_model_floor(&nudged->up[k], px, 0, &a) < 0 ||
            camera_model_floor(&nudged->down[k], px, 0, &b) < 0)
            return false;
        ret_slopes->values[k] = (a.x - b.x) / (2 * NUDGE);
        ret_slopes->values[n + k] = (a.y - b.y) / (2 * NUDGE);
    }
    return true;
}

/* A pixel whose neighbour lies far away on the floor is too near the horizon to be of use. */
static bool is_of_use(const struct camera_model *model, struct image_px px)
{
    struct floor_m at, beside;
    return camera_model_floor(model, px, 0, &at) == 0 &&
           camera_model_floor(model, (struct image_px){ px.x, px.y - 1 }, 0, &beside) == 0 &&
           hypot(beside.x - at.x, beside.y - at.y) <= RELIABILITY_PIXEL_M;
}

/* Over the picture's floor. Returns how many. */
static size_t find_places(const struct fit *fit, const struct camera_model *model,
                          const struct nudged *nudged, struct slopes *ret_places)
{
    int n = fit_model_parameters(fit->result.camera.model);
    size_t count = 0;
    for (int i = 0; i < PROBES * PROBES; i++) {
        struct image_px px = { (i % PROBES + 0.5) / PROBES * fit->data.frame.width_px,
                               (i / PROBES + 0.5) / PROBES * fit->data.frame.height_px };
        if (is_of_use(model, px) && place_slopes(nudged, n, px, &ret_places[count]))
            count++;
    }
    return count;
}

/* ---- marks ---- */

/* A C B^T of 2 x n slopes and the parameters' covariance. */
static void join(const struct slopes *a, const double *covariance, const struct slopes *b, int n,
                 double ret_block[static 4])
{
    for (int i = 0; i < 4; i++) {
        const double *row = a->values + i / 2 * n, *column = b->values + i % 2 * n;
        ret_block[i] = 0;
        for (int j = 0; j < n; j++)
            for (int k = 0; k < n; k++)
                ret_block[i] += row[j] * covariance[j * n + k] * column[k];
    }
}

/* The larger eigenvalue of a symmetric 2x2, and the smaller. */
static double eigenvalue(double xx, double xy, double yy, int sign)
{
    return (xx + yy) / 2 + sign * hypot((xx - yy) / 2, xy);
}

/*
 * Of one mark: the largest mistake d (standard deviations) with d^T R d = noncentrality^2, R the
 * redundancy of the mark's own two residuals, and the largest effect d^T E d of such a mistake, by
 * the 2x2 generalised eigenvalue problem E x = l R x.
 */
static void judge_mark(const double hat[static 4], struct covariance2 effect, double *ret_mistake,
                       double *ret_effect_m)
{
    double xx = 1 - hat[0], xy = -(hat[1] + hat[2]) / 2, yy = 1 - hat[3];
    double least = eigenvalue(xx, xy, yy, -1);
    if (!(least > REDUNDANCY_MIN)) {
        *ret_mistake = *ret_effect_m = INFINITY;
        return;
    }
    double determinant = xx * yy - xy * xy;
    double trace = (yy * effect.xx - 2 * xy * effect.xy + xx * effect.yy) / determinant;
    double product = (effect.xx * effect.yy - effect.xy * effect.xy) / determinant;
    double largest = trace / 2 + sqrt(fmax(0, trace * trace / 4 - product));
    *ret_mistake = RELIABILITY_NONCENTRALITY / sqrt(least);
    *ret_effect_m = RELIABILITY_NONCENTRALITY * sqrt(largest);
}

/* What a mistake at a mark does to the places: mean of squares as a form of the mistake, m^2. */
static struct covariance2 effect_of(const struct fit *fit, const struct slopes *mark,
                                    const struct slopes *places, size_t count)
{
    int n = fit_model_parameters(fit->result.camera.model);
    struct covariance2 sum = { 0, 0, 0 };
    for (size_t j = 0; j < count; j++) {
        double e[4]; /* m a standard deviation */
        join(&places[j], fit->covariance, mark, n, e);
        sum.xx += (e[0] * e[0] + e[2] * e[2]) / (double) count;
        sum.xy += (e[0] * e[1] + e[2] * e[3]) / (double) count;
        sum.yy += (e[1] * e[1] + e[3] * e[3]) / (double) count;
    }
    return sum;
}

static void judge_all(const struct fit *fit, const struct slopes *places, size_t count,
                      struct reliability *ret_worst)
{
    int n = fit_model_parameters(fit->result.camera.model);
    *ret_worst = (struct reliability){ .effect_cm = -1 };
    for (size_t i = 0; i < fit->result.count; i++) {
        size_t point = fit->result.chosen[i];
        struct slopes mark = mark_slopes(fit, &fit->data.points[point]);
        double hat[4], mistake, effect_m;
        join(&mark, fit->covariance, &mark, n, hat);
        judge_mark(hat, effect_of(fit, &mark, places, count), &mistake, &effect_m);
        if (100 * effect_m > ret_worst->effect_cm)
            *ret_worst = (struct reliability){ point, mistake * fit->sigma_px, 100 * effect_m };
    }
}

int fit_find_reliability(const struct fit *fit, struct reliability *ret_reliability)
{
    struct camera_model model;
    struct nudged *nudged = calloc(1, sizeof(*nudged));
    struct slopes *places = calloc((size_t) PROBES * PROBES, sizeof(*places));
    int r = nudged && places ? fit_camera_model(&fit->data.frame, &fit->result.camera, &model)
                             : -ENOMEM;
    if (r == 0)
        r = nudge_all(fit, nudged);
    size_t count = r == 0 ? find_places(fit, &model, nudged, places) : 0;
    if (r == 0 && count == 0)
        r = -EDOM;
    if (r == 0)
        judge_all(fit, places, count, ret_reliability);
    free(nudged);
    free(places);
    return r == -EINVAL ? -EDOM : r;
}
