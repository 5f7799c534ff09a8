/* fit.c - a camera from marked points, and how good it is in centimetres */
#include "calib/fit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib/least_squares.h"

#define SIGMA_DEFAULT_PX 1.0

/* A pinhole camera is not fitted to fewer. */
#define PINHOLE_POINTS_MIN 6

/* What the evidence of a homography pays for its one number more than a pinhole camera has. */
#define HOMOGRAPHY_FREEDOM 4.0

/* A camera of which some combination of numbers is less certain than this share of another is not
 * determined; see least_squares_covariance. */
#define CONDITION_MAX 1e6

/* Errors that differ by less than this part of a mark's expected error are equal. */
#define NEGLIGIBLE 0.01

/* Two choices of which points are wrong are told apart at odds of 20 to 1. */
#define ODDS_LOG 3.0

char *fit_point_name(const struct marked_points *points, size_t i,
                     char buffer[static POINT_NAME_SIZE])
{
    const struct marked_point *p = &points->items[i];
    (void) snprintf(buffer, POINT_NAME_SIZE, "%.400s:%ld%s%s%s", points->source, p->line,
                    p->name[0] ? " (" : "", p->name, p->name[0] ? ")" : "");
    return buffer;
}

/* ---- before the fit ---- */

static int take_lens(const struct fit_options *options, struct fit_frame *frame, struct error *err)
{
    const struct camera_file *file = options->lens;
    if (!file)
        return 0;
    if ((uint32_t) file->width_px != options->width ||
        (uint32_t) file->height_px != options->height)
        return error_set(err, -EINVAL,
                         "the lens file is for pictures of %dx%d, these are %ux%u; a lens belongs "
                         "to one picture size",
                         file->width_px, file->height_px, options->width, options->height);
    bool own = file->lens.focal.count == 2 && file->lens.centre.count == 2;
    const struct number_list *focal = own ? &file->lens.focal : &file->pinhole.focal;
    const struct number_list *centre = own ? &file->lens.centre : &file->pinhole.centre;
    if (focal->count != 2 || centre->count != 2)
        return error_set(err, -EINVAL,
                         "the lens file has neither pinhole nor lens.focal and lens.centre");
    frame->focal_x_px = focal->values[0];
    frame->focal_y_px = focal->values[1];
    frame->centre_x_px = centre->values[0];
    frame->centre_y_px = centre->values[1];
    frame->lens = (struct lens){ .k1 = file->lens.k1,
                                 .k2 = file->lens.k2,
                                 .p1 = file->lens.p1,
                                 .p2 = file->lens.p2,
                                 .k3 = file->lens.k3,
                                 .focal_x_px = frame->focal_x_px,
                                 .focal_y_px = frame->focal_y_px,
                                 .centre_x_px = frame->centre_x_px,
                                 .centre_y_px = frame->centre_y_px };
    const struct lens *l = &frame->lens;
    frame->lens.active = l->k1 != 0 || l->k2 != 0 || l->p1 != 0 || l->p2 != 0 || l->k3 != 0;
    if (frame->lens.active)
        lens_find_limit(&frame->lens);
    return 0;
}

/* How far the points reach beside the line that runs through them best, as a share of their length
 * along it; 0: all on one line. */
static double spread_beside_line(const double *xy, size_t count)
{
    double mx = 0, my = 0, xx = 0, xyy = 0, yy = 0;
    for (size_t i = 0; i < count; i++) {
        mx += xy[2 * i] / (double) count;
        my += xy[2 * i + 1] / (double) count;
    }
    for (size_t i = 0; i < count; i++) {
        double dx = xy[2 * i] - mx, dy = xy[2 * i + 1] - my;
        xx += dx * dx;
        xyy += dx * dy;
        yy += dy * dy;
    }
    double half = (xx + yy) / 2, root = sqrt((xx - yy) * (xx - yy) / 4 + xyy * xyy);
    return half + root > 0 ? sqrt(fmax(0, half - root) / (half + root)) : 0;
}

/* Points on one line, in the room or in the picture, determine nothing. */
#define ON_A_LINE 0.01

static int check_spread(const struct marked_points *points, struct error *err)
{
    double *xy = calloc(4 * points->count, sizeof(double));
    if (!xy)
        return error_set(err, -ENOMEM, "out of memory");
    size_t on_floor = 0;
    double *px = xy + 2 * points->count;
    for (size_t i = 0; i < points->count; i++) {
        const struct marked_point *p = &points->items[i];
        if (!marked_on_floor(p))
            continue;
        xy[2 * on_floor] = p->x_m;
        xy[2 * on_floor + 1] = p->y_m;
        px[2 * on_floor] = p->px.x;
        px[2 * on_floor + 1] = p->px.y;
        on_floor++;
    }
    bool line_m = on_floor >= 3 && spread_beside_line(xy, on_floor) < ON_A_LINE;
    bool line_px = on_floor >= 3 && spread_beside_line(px, on_floor) < ON_A_LINE;
    free(xy);
    if (on_floor == points->count && (line_m || line_px))
        return error_set(err, -EDOM,
                         "%s:%ld: all points up to here lie on one line %s, which determines no "
                         "floor; mark points on both sides of it",
                         points->source, points->items[points->count - 1].line,
                         line_m ? "on the floor" : "in the picture");
    return 0;
}

/* ---- models ---- */

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

/* The pixel's place under a camera against the marked place, cm. */
static double floor_error_cm(const struct fit_frame *frame, const struct fit_camera *camera,
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
        ret_cm[i] =
            floor_error_cm(&fit->data.frame, &without, &fit->data.points[result->chosen[i]]);
    }
    return 0;
}

/* Root mean square of what is finite; NaN when nothing is. */
static double root_mean_square(const double *values, size_t count)
{
    double sum = 0;
    size_t finite = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
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

/* All models on one choice of points, their squared errors beside each other. */
struct contest {
    struct robust_fit own[FIT_MODELS];     /* each with the points it would keep */
    struct robust_fit rivals[FIT_MODELS];  /* see fit_robustly */
    struct robust_fit results[FIT_MODELS]; /* each with the same points */
    double squares[FIT_MODELS][MARKED_POINTS_MAX];
    double cm[FIT_MODELS][MARKED_POINTS_MAX];
    bool foretold[FIT_MODELS]; /* squares and cm are filled */
};

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

static int fit_all_models(struct fit *fit, const struct fit_options *options,
                          struct contest *contest)
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

/*
 * The model whose own choice of points is likeliest; -1 when none was fitted. A homography sees
 * only the points on the floor, so where others are marked it is compared with nobody.
 */
static int likeliest(const struct fit *fit, const struct contest *contest)
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

/*
 * A camera sees the floor from above, so a seen piece of floor is turned over once between plan (y
 * up) and picture (y down). Where the determinant of px from floor says otherwise, the floor points
 * are mirrored; no camera but a homography fits those.
 */
static bool is_mirrored(const struct fit *fit, const struct contest *contest, int reference)
{
    if (reference != FIT_HOMOGRAPHY)
        return false;
    struct matrix3 h =
        fit_camera_homography(&fit->data.frame, &contest->own[FIT_HOMOGRAPHY].camera);
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

/* The likeliest model may keep a point that the chosen one would leave out: then the chosen one
 * says which points are right, and the models are judged again. */
static int settle_model(struct fit *fit, struct contest *contest, int *reference)
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

/* ---- the result ---- */

static bool point_kept(const struct robust_fit *fit, size_t point)
{
    for (size_t i = 0; i < fit->count; i++)
        if (fit->chosen[i] == point)
            return true;
    return false;
}

/* Refuse when another choice of the wrong points is about as likely. */
static int check_rival(const struct marked_points *points, const struct robust_fit *best,
                       const struct robust_fit *rival, struct error *err)
{
    size_t left_out = 0, instead = 0;
    char first[POINT_NAME_SIZE], second[POINT_NAME_SIZE];
    if (best->score - rival->score >= ODDS_LOG)
        return 0;
    for (size_t i = 0; i < points->count; i++) {
        if (point_kept(rival, i) && !point_kept(best, i))
            left_out = i;
        if (point_kept(best, i) && !point_kept(rival, i))
            instead = i;
    }
    return error_set(err, -EDOM,
                     "a point is wrong, but whether %s or %s cannot be told; measure both again or "
                     "mark more points",
                     fit_point_name(points, left_out, first),
                     fit_point_name(points, instead, second));
}

static void evaluate_in_sigmas(const void *context, const double *parameters, double *ret_residuals)
{
    const struct fit *fit = context;
    struct fit_camera camera = { .model = fit->result.camera.model };
    memcpy(camera.parameters, parameters,
           (size_t) fit_model_parameters(camera.model) * sizeof(double));
    for (size_t i = 0; i < fit->result.count; i++) {
        const struct marked_point *p = &fit->data.points[fit->result.chosen[i]];
        struct image_px at =
            fit_project(&fit->data.frame, &camera, (const double[]){ p->x_m, p->y_m, p->z_m });
        ret_residuals[2 * i] = (at.x - p->px.x) / fit->sigma_px;
        ret_residuals[2 * i + 1] = (at.y - p->px.y) / fit->sigma_px;
    }
}

int fit_find_covariance(struct fit *fit)
{
    struct residuals residuals = { .evaluate = evaluate_in_sigmas,
                                   .problem = fit,
                                   .parameter_count =
                                       fit_model_parameters(fit->result.camera.model),
                                   .residual_count = 2 * (int) fit->result.count };
    return least_squares_covariance(&residuals, fit->result.camera.parameters, fit->covariance,
                                    &fit->condition);
}

static void fill_points(struct fit *fit, const struct contest *contest, int model)
{
    const struct fit_frame *frame = &fit->data.frame;
    double sum_cm = 0, worst_cm = -1;
    size_t finite = 0;
    for (size_t i = 0; i < fit->data.count; i++) {
        const struct marked_point *p = &fit->data.points[i];
        struct image_px at =
            fit_project(frame, &fit->result.camera, (const double[]){ p->x_m, p->y_m, p->z_m });
        fit->points[i] = (struct fit_point){
            .error_px = hypot(at.x - p->px.x, at.y - p->px.y),
            .error_cm = floor_error_cm(frame, &fit->result.camera, p),
            .left_out_cm = NAN,
        };
    }
    for (size_t i = 0; i < fit->result.count; i++) {
        struct fit_point *point = &fit->points[fit->result.chosen[i]];
        point->kept = true;
        if (contest->foretold[model])
            point->left_out_cm = contest->cm[model][i];
        if (!isfinite(point->error_cm))
            continue;
        sum_cm += point->error_cm * point->error_cm;
        finite++;
        if (point->error_cm > worst_cm) {
            worst_cm = point->error_cm;
            fit->worst = fit->result.chosen[i];
        }
    }
    fit->rms_px = sqrt(fit->result.sum_of_squares / (double) fit->result.count);
    fit->rms_cm = finite ? sqrt(sum_cm / (double) finite) : NAN;
    fit->left_out_cm = fit->trials[model].left_out_cm;
}

static int run_contest(const struct marked_points *points, const struct fit_options *options,
                       struct contest *contest, struct fit *fit, struct error *err)
{
    int r = fit_all_models(fit, options, contest);
    if (r < 0)
        return error_set(err, r, "out of memory");
    int reference = likeliest(fit, contest);
    if (reference < 0)
        return error_set(err, -EDOM, "%s: no camera fits these points%s%s", points->source,
                         options->model ? "; the model asked for: " : "",
                         options->model ? options->model : "");
    if (is_mirrored(fit, contest, reference))
        return error_set(err, -EDOM,
                         "%s: the floor points are mirrored: seen from above, x must point right "
                         "and y up on the plan; were x and y exchanged, or are they plan pixels "
                         "with y pointing down?",
                         points->source);
    int model = settle_model(fit, contest, &reference);
    r = check_rival(points, &contest->own[reference], &contest->rivals[reference], err);
    if (r < 0)
        return r;
    if (model < 0)
        return error_set(err, -EDOM, "%s: no camera fits these points", points->source);
    fit->result = contest->results[model];
    fit->sigma_px = fit_sigma_px(&fit->data, &fit->result);
    r = fit_find_covariance(fit);
    if (r < 0)
        return error_set(err, -EDOM,
                         "%s: the points do not determine a camera; spread them over the floor",
                         points->source);
    fill_points(fit, contest, model);
    return 0;
}

int fit_points(const struct marked_points *points, const struct fit_options *options,
               struct fit *ret_fit, struct error *err)
{
    *ret_fit = (struct fit){ 0 };
    struct fit *fit = ret_fit;
    enum fit_model named;
    if (options->model && fit_model_named(options->model, &named) < 0)
        return error_set(err, -EINVAL, "there is no model \"%s\"; see --help", options->model);
    fit->data = (struct fit_data){
        .frame = fit_frame_of(options->width, options->height, points->items, points->count),
        .points = points->items,
        .count = points->count,
        .sigma_px = options->sigma_px > 0 ? options->sigma_px : SIGMA_DEFAULT_PX,
    };
    int r = take_lens(options, &fit->data.frame, err);
    if (r == 0)
        r = check_spread(points, err);
    if (r < 0)
        return r;
    struct contest *contest = calloc(1, sizeof(*contest));
    fit->points = calloc(points->count, sizeof(*fit->points));
    r = contest && fit->points ? run_contest(points, options, contest, fit, err)
                               : error_set(err, -ENOMEM, "out of memory");
    free(contest);
    return r;
}

void fit_release(struct fit *fit)
{
    free(fit->points);
    *fit = (struct fit){ 0 };
}
