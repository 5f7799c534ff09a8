/* fit_contest.c - which camera model the points ask for */
#include "calib/fit_contest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A pinhole camera is not fitted to fewer. */
#define PINHOLE_POINTS_MIN 6

/* What the evidence of a homography pays for its one number more than a pinhole camera has. */
#define HOMOGRAPHY_FREEDOM 4.0

/* A camera of which some combination of numbers is less certain than this share of another is not
 * determined; see least_squares_covariance. */
#define CONDITION_MAX 1e6

/* Errors that differ by less than this part of a mark's expected error are equal. */
#define NEGLIGIBLE 0.01

/* Why a model cannot be tried on these points; NULL: it can. */
static const char *why_not(const struct fit_data *data, const struct fit_options *options,
                           enum fit_model model)
{
    size_t raised = 0;
    for (size_t i = 0; i < data->count; i++)
        raised += !marked_on_floor(&data->points[i]);
    if (options->model && strcmp(options->model, fit_model_name(model)) != 0)
        return "not asked for";
    if (model == FIT_POSE)
        return options->lens ? NULL : "needs --lens";
    if (options->lens && model != FIT_HOMOGRAPHY)
        return "the lens is given";
    if (model == FIT_HOMOGRAPHY)
        return data->count - raised >= 4 ? NULL : "needs 4 points on the floor";
    if (data->count < PINHOLE_POINTS_MIN)
        return "needs 6 points";
    if (fit_model_fits_centre(model) && raised < 2)
        return "needs 2 points above the floor";
    if (2 * data->count < (size_t) fit_model_parameters(model) + 3)
        return "needs more points";
    return NULL;
}

static bool all_on_floor(const struct fit_data *data)
{
    for (size_t i = 0; i < data->count; i++)
        if (!marked_on_floor(&data->points[i]))
            return false;
    return true;
}

double contest_floor_error_cm(const struct fit_frame *frame, const struct fit_camera *camera,
                              const struct marked_point *point)
{
    struct camera_model model;
    struct floor_m at;
    if (fit_camera_model(frame, camera, &model) < 0 ||
        camera_model_floor(&model, point->px, point->z_m, &at) < 0)
        return NAN;
    return 100 * hypot(at.x - point->x_m, at.y - point->y_m);
}

/* Each kept point foretold by the others: squared px in ret_squares. Returns 0 or -EDOM. */
static int leave_one_out(const struct fit *fit, const struct robust_fit *result,
                         double *ret_squares, double *ret_cm)
{
    if (2 * (result->count - 1) < (size_t) fit_model_parameters(result->camera.model))
        return -EDOM;
    for (size_t i = 0; i < result->count; i++) {
        struct fit_camera without;
        double error_px;
        if (fit_without(&fit->data, result, i, &without, &error_px) < 0)
            return -EDOM;
        ret_squares[i] = error_px * error_px;
        const struct marked_point *point = &fit->data.points[result->chosen[i]];
        ret_cm[i] = contest_floor_error_cm(&fit->data.frame, &without, point);
        /* A floor point that the others put in the sky is as wrong as can be; one near the
         * camera's height may well appear above where its plane does. */
        if (isnan(ret_cm[i]) && marked_on_floor(point))
            ret_cm[i] = INFINITY;
    }
    return 0;
}

/* Root mean square of what is finite; NaN when nothing is. */
static double root_mean_square(const double *values, size_t count)
{
    double sum = 0;
    size_t finite = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        sum += values[i] * values[i];
        finite++;
    }
    return finite ? sqrt(sum / (double) finite) : NAN;
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double) count;
}

/*
 * What the numbers of a lens are believed to be before any point is seen: focal lengths of 0.45 to
 * 1.8 picture widths, principal points within 4 % of a width from the middle, k1 within 0.3 and k2
 * within 0.2, each in two cases of three. Rows in the order of fit_model.c's packing.
 */
struct belief {
    double mean, sd;
};

static int lens_beliefs(enum fit_model model, struct belief ret_beliefs[static 4])
{
    static const struct belief focal = { 0.9, 0.6 }, centre = { 0, 0.04 }, k1 = { 0, 0.3 },
                               k2 = { 0, 0.2 };
    int count = 0;
    if (model == FIT_POSE || model == FIT_HOMOGRAPHY)
        return 0;
    ret_beliefs[count++] = focal;
    if (fit_model_fits_centre(model)) {
        ret_beliefs[count++] = centre;
        ret_beliefs[count++] = centre;
    }
    if (count + 6 < fit_model_parameters(model))
        ret_beliefs[count++] = k1;
    if (count + 6 < fit_model_parameters(model))
        ret_beliefs[count++] = k2;
    return count;
}

/*
 * How likely the points are under a model whose lens may be anything that lenses are: a model with
 * more freedom can follow a wrong point, but must pay for the odd lens this takes. A homography is
 * a pinhole camera of which the principal point slides along one line. Source: Laplace's
 * approximation, MacKay, Information Theory, Inference and Learning Algorithms, 2003, chapter 28
 * (Occam factors).
 */
static double evidence(const struct fit *fit, const struct robust_fit *result)
{
    struct fit trial = { .data = fit->data,
                         .result = *result,
                         .sigma_px = fit_sigma_px(&fit->data, result) };
    struct belief beliefs[4];
    int n = fit_model_parameters(result->camera.model);
    int count = lens_beliefs(result->camera.model, beliefs);
    double sum = result->score;
    if (result->camera.model == FIT_HOMOGRAPHY)
        return sum - HOMOGRAPHY_FREEDOM;
    if (fit_find_covariance(&trial) < 0)
        return -INFINITY;
    for (int i = 0; i < count; i++) {
        int at = 6 + i;
        double off = (result->camera.parameters[at] - beliefs[i].mean) / beliefs[i].sd;
        double sd = fmin(beliefs[i].sd, sqrt(trial.covariance[at * n + at]));
        sum += log(sd / beliefs[i].sd) - off * off / 2;
    }
    return sum;
}

int contest_fit_all(struct contest *contest, struct fit *fit, const struct fit_options *options)
{
    const struct robust_fit *hint = NULL;
    for (int m = 0; m < FIT_MODELS; m++) {
        struct fit_trial *trial = &fit->trials[m];
        const char *reason = why_not(&fit->data, options, (enum fit_model) m);
        int r = reason ? -EDOM
                       : fit_robustly(&fit->data, (enum fit_model) m, hint, &contest->own[m],
                                      &contest->rivals[m]);
        if (r == -ENOMEM)
            return r;
        trial->tried = r == 0;
        if (r == 0 && (!hint || contest->own[m].score > hint->score))
            hint = &contest->own[m];
        (void) snprintf(trial->why_not, sizeof(trial->why_not), "%s",
                        reason  ? reason
                        : r < 0 ? "the points do not determine it"
                                : "");
    }
    return 0;
}

int contest_likeliest(const struct fit *fit, const struct contest *contest)
{
    int best = -1;
    double best_likelihood = -INFINITY;
    bool raised = !all_on_floor(&fit->data);
    for (int m = 0; m < FIT_MODELS; m++) {
        if (!fit->trials[m].tried || (raised && m == FIT_HOMOGRAPHY))
            continue;
        double likelihood = evidence(fit, &contest->own[m]);
        if (best < 0 || likelihood > best_likelihood) {
            best = m;
            best_likelihood = likelihood;
        }
    }
    return best < 0 && fit->trials[FIT_HOMOGRAPHY].tried ? FIT_HOMOGRAPHY : best;
}

/* Points on the floor that a model keeps. */
static size_t floor_kept(const struct fit *fit, const struct robust_fit *result)
{
    size_t count = 0;
    for (size_t i = 0; i < result->count; i++)
        count += marked_on_floor(&fit->data.points[result->chosen[i]]);
    return count;
}

bool contest_is_mirrored(const struct fit *fit, const struct contest *contest, int reference)
{
    const struct robust_fit *map = &contest->own[FIT_HOMOGRAPHY];
    if (!fit->trials[FIT_HOMOGRAPHY].tried ||
        (reference != FIT_HOMOGRAPHY && map->count <= floor_kept(fit, &contest->own[reference])))
        return false;
    struct matrix3 h = fit_camera_homography(&fit->data.frame, &map->camera);
    return matrix3_det(h) > 0;
}

/* From straight above, focal length and height are one number: a model may fit and still be open.
 */
static bool is_determined(const struct fit *fit, const struct robust_fit *result)
{
    struct fit trial = { .data = fit->data,
                         .result = *result,
                         .sigma_px = fit_sigma_px(&fit->data, result) };
    return fit_find_covariance(&trial) == 0 && trial.condition < CONDITION_MAX;
}

/* Fit each model again to the points that one of them keeps, and see what it foretells. */
static void judge_models(struct fit *fit, struct contest *contest, int reference)
{
    const struct robust_fit *kept = &contest->own[reference];
    for (int m = 0; m < FIT_MODELS; m++) {
        struct fit_trial *trial = &fit->trials[m];
        struct robust_fit *result = &contest->results[m];
        if (!trial->tried)
            continue;
        *result = contest->own[m];
        size_t count = 0;
        for (size_t i = 0; i < kept->count; i++)
            if (fit_model_has_height((enum fit_model) m) ||
                marked_on_floor(&fit->data.points[kept->chosen[i]]))
                result->chosen[count++] = kept->chosen[i];
        result->count = count;
        struct camera_model model;
        if (fit_refine(&fit->data, result) < 0 ||
            fit_camera_model(&fit->data.frame, &result->camera, &model) < 0) {
            trial->tried = false;
            (void) snprintf(trial->why_not, sizeof(trial->why_not),
                            "does not fit the points that are right");
            continue;
        }
        if (!is_determined(fit, result)) {
            trial->tried = false;
            (void) snprintf(trial->why_not, sizeof(trial->why_not),
                            "the points do not determine it");
            continue;
        }
        trial->rms_px = sqrt(result->sum_of_squares / (double) count);
        contest->foretold[m] = leave_one_out(fit, result, contest->squares[m], contest->cm[m]) == 0;
        trial->left_out_px = contest->foretold[m] ? sqrt(mean_of(contest->squares[m], count)) : NAN;
        trial->left_out_cm = contest->foretold[m] ? root_mean_square(contest->cm[m], count) : NAN;
    }
}

/*
 * Whether model a foretells no worse than model b to within what these points can tell: the mean
 * of the paired differences is not above their standard error. Source: the one-standard-error rule,
 * Breiman et al., Classification and Regression Trees, 1984, section 3.4.3.
 */
static bool no_worse(const struct fit *fit, const struct contest *contest, int a, int b)
{
    double negligible_px = NEGLIGIBLE * fit->data.sigma_px;
    size_t count = contest->results[b].count;
    if (contest->results[a].count != count)
        return false;
    double mean = 0, variance = 0;
    for (size_t i = 0; i < count; i++)
        mean += (contest->squares[a][i] - contest->squares[b][i]) / (double) count;
    for (size_t i = 0; i < count; i++) {
        double d = contest->squares[a][i] - contest->squares[b][i] - mean;
        variance += d * d / (double) (count - 1);
    }
    return mean <= sqrt(variance / (double) count) + negligible_px * negligible_px;
}

/* The simplest model that foretells as well as the best; of models that cannot be judged, the
 * simplest. -1: none is left. */
static int choose_model(const struct fit *fit, const struct contest *contest)
{
    int best = -1, first = -1;
    for (int m = 0; m < FIT_MODELS; m++) {
        if (!fit->trials[m].tried)
            continue;
        if (first < 0)
            first = m;
        if (contest->foretold[m] &&
            (best < 0 || contest->results[m].count > contest->results[best].count ||
             (contest->results[m].count == contest->results[best].count &&
              fit->trials[m].left_out_px < fit->trials[best].left_out_px)))
            best = m;
    }
    for (int m = 0; best >= 0 && m < best; m++)
        if (fit->trials[m].tried && contest->foretold[m] && no_worse(fit, contest, m, best))
            return m;
    return best >= 0 ? best : first;
}

static bool same_points(const struct robust_fit *a, const struct robust_fit *b)
{
    return a->count == b->count &&
           memcmp(a->chosen, b->chosen, a->count * sizeof(a->chosen[0])) == 0;
}

int contest_settle(struct fit *fit, struct contest *contest, int *reference)
{
    int model = -1;
    for (int turn = 0; turn < FIT_MODELS; turn++) {
        judge_models(fit, contest, *reference);
        model = choose_model(fit, contest);
        if (model < 0 || model == *reference || model == FIT_HOMOGRAPHY ||
            same_points(&contest->own[model], &contest->own[*reference]))
            break;
        *reference = model;
    }
    return model;
}
