/* fit.c - a camera from marked points, and how good it is in centimetres */
#include "calib/fit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib/fit_contest.h"
#include "calib/least_squares.h"

#define SIGMA_DEFAULT_PX 1.0

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
    if (!(focal->values[0] > 0 && focal->values[1] > 0))
        return error_set(err, -EINVAL, "the lens file's focal lengths must be positive");
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
            .error_cm = contest_floor_error_cm(frame, &fit->result.camera, p),
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
    int r = contest_fit_all(contest, fit, options);
    if (r < 0)
        return error_set(err, r, "out of memory");
    int reference = contest_likeliest(fit, contest);
    if (reference < 0)
        return error_set(err, -EDOM, "%s: no camera fits these points%s%s", points->source,
                         options->model ? "; the model asked for: " : "",
                         options->model ? options->model : "");
    if (contest_is_mirrored(fit, contest, reference))
        return error_set(err, -EDOM,
                         "%s: the floor points are mirrored: seen from above, x must point right "
                         "and y up on the plan; were x and y exchanged, or are they plan pixels "
                         "with y pointing down?",
                         points->source);
    int model = contest_settle(fit, contest, &reference);
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
