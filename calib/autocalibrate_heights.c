/* autocalibrate_heights.c - heights for a camera of which only the floor is known */
#include "calib/autocalibrate_heights.h"

#include <errno.h>
#include <string.h>

/* Focal lengths of all cameras there are, in picture widths, and how many are tried between. */
#define FOCAL_SHORTEST 0.25
#define FOCAL_LONGEST  6.0
#define FOCAL_STEPS    24
#define BISECTIONS     25

/* Beyond this people and the floor's map contradict each other; and a camera whose height is less
 * certain than this share of it places no heads. */
#define SIGMAS_APART_MAX 4.0
#define UNCERTAIN        0.3

/* For slopes, of the logarithm of the focal length. */
#define NUDGE 0.02

/* Of a homography's numbers, which are of the order of 1. */
#define PARAMETER_NUDGE 1e-6

/* A column of the map with the principal point taken to the middle. */
static void centred_column(const struct matrix3 *map, int column, double x_px, double y_px,
                           double ret[static 3])
{
    double w = map->m[6 + column];
    ret[0] = map->m[column] - x_px * w;
    ret[1] = map->m[3 + column] - y_px * w;
    ret[2] = w;
}

double auto_focal_of_floor(const struct matrix3 *undistorted_from_floor, double centre_x_px,
                           double centre_y_px)
{
    double a[3], b[3];
    centred_column(undistorted_from_floor, 0, centre_x_px, centre_y_px, a);
    centred_column(undistorted_from_floor, 1, centre_x_px, centre_y_px, b);
    /* p + f^2 q = 0 for the right angle, r + f^2 s = 0 for the equal lengths: least squares. */
    double p = 2 * (a[0] * b[0] + a[1] * b[1]), q = 2 * a[2] * b[2];
    double r = a[0] * a[0] + a[1] * a[1] - b[0] * b[0] - b[1] * b[1];
    double s = a[2] * a[2] - b[2] * b[2];
    double squared = -(p * q + r * s) / (q * q + s * s);
    return squared > 0 && isfinite(squared) ? sqrt(squared) : NAN;
}

double auto_focal_log_sd(const struct fit *fit, double centre_x_px, double centre_y_px)
{
    double slopes[FIT_PARAMETERS_MAX], variance = 0;
    int n = fit_model_parameters(FIT_HOMOGRAPHY);
    for (int k = 0; k < n; k++) {
        struct fit_camera up = fit->result.camera, down = up;
        up.parameters[k] += PARAMETER_NUDGE;
        down.parameters[k] -= PARAMETER_NUDGE;
        struct matrix3 a = fit_camera_homography(&fit->data.frame, &up);
        struct matrix3 b = fit_camera_homography(&fit->data.frame, &down);
        slopes[k] = (log(auto_focal_of_floor(&a, centre_x_px, centre_y_px)) -
                     log(auto_focal_of_floor(&b, centre_x_px, centre_y_px))) /
                    (2 * PARAMETER_NUDGE);
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++)
            variance += slopes[i] * fit->covariance[i * n + k] * slopes[k];
    return sqrt(variance);
}

/* What is the same for all focal lengths. */
struct task {
    const struct walkers *walkers;
    const struct camera_model *floor;
    const struct auto_options *options;
};

/* The homography's columns, and between them the one that heights go by: the cross product of the
 * floor's axes as the camera sees them, as long as those are. */
static int raise(const struct task *task, double focal_px, struct camera_model *ret_camera,
                 double ret_matrix[static 12])
{
    const struct matrix3 *map = &task->floor->projection.undistorted_from_floor;
    double cx = task->options->centre_x_px, cy = task->options->centre_y_px, a[3], b[3];
    centred_column(map, 0, cx, cy, a);
    centred_column(map, 1, cx, cy, b);
    for (int i = 0; i < 2; i++) {
        a[i] /= focal_px;
        b[i] /= focal_px;
    }
    double long_a = sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
    double long_b = sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]), scale = sqrt(long_a * long_b);
    double up[3] = { (a[1] * b[2] - a[2] * b[1]) / scale, (a[2] * b[0] - a[0] * b[2]) / scale,
                     (a[0] * b[1] - a[1] * b[0]) / scale };
    const double column[3] = { focal_px * up[0] + cx * up[2], focal_px * up[1] + cy * up[2],
                               up[2] };
    for (int row = 0; row < 3; row++) {
        ret_matrix[4 * row] = map->m[3 * row];
        ret_matrix[4 * row + 1] = map->m[3 * row + 1];
        ret_matrix[4 * row + 2] = column[row];
        ret_matrix[4 * row + 3] = map->m[3 * row + 2];
    }
    *ret_camera = *task->floor;
    return projection_of_matrix(ret_matrix, &ret_camera->projection);
}

/* How tall a middling person is when the focal length is this. Returns 0; -EDOM with a sentence
 * when too few can be placed, -ERANGE when there is no such camera; -ENOMEM. */
static int judge(const struct task *task, double focal_px, struct auto_judgement *ret_judgement,
                 struct error *err)
{
    struct camera_model camera;
    double matrix[12];
    if (raise(task, focal_px, &camera, matrix) < 0)
        return -ERANGE;
    return autocalibrate_judge(task->walkers, &camera, task->options, ret_judgement, err);
}

static double focal_at(const struct task *task, double share)
{
    return task->options->width_px * FOCAL_SHORTEST * pow(FOCAL_LONGEST / FOCAL_SHORTEST, share);
}

/* Two shares between which people pass the expected height; the tallest and shortest on the way. */
struct bracket {
    double low, high;    /* share of the way from the shortest to the longest focal length */
    double low_height_m; /* at low */
    double least_m, most_m;
};

static int find_bracket(const struct task *task, struct bracket *bracket, struct error *err)
{
    double before_m = NAN, wanted_m = task->options->height_m;
    *bracket = (struct bracket){ .low = NAN, .least_m = INFINITY, .most_m = -INFINITY };
    for (int i = 0; i <= FOCAL_STEPS; i++) {
        struct auto_judgement j;
        int r = judge(task, focal_at(task, (double) i / FOCAL_STEPS), &j, err);
        if (r == -ENOMEM)
            return r;
        double height_m = r == 0 ? j.height_m : NAN;
        if ((before_m - wanted_m) * (height_m - wanted_m) <= 0) {
            bracket->low = (double) (i - 1) / FOCAL_STEPS;
            bracket->high = (double) i / FOCAL_STEPS;
            bracket->low_height_m = before_m;
            return 0;
        }
        bracket->least_m = fmin(bracket->least_m, height_m);
        bracket->most_m = fmax(bracket->most_m, height_m);
        before_m = height_m;
    }
    if (!(bracket->least_m <= bracket->most_m))
        return err->text[0]
                   ? -EDOM
                   : error_set(err, -EDOM, "no camera sees the floor like this homography");
    return error_set(err, -EDOM,
                     "people on this floor would be %.2f to %.2f m tall under any camera, not %.2f "
                     "m; the floor's scale, or the picture's size, is wrong",
                     bracket->least_m, bracket->most_m, wanted_m);
}

/* The focal length under which people are as tall as people are. */
static int focal_of_people(const struct task *task, struct auto_focal *ret_focal, struct error *err)
{
    struct bracket b;
    struct auto_judgement j, up, down;
    double wanted_m = task->options->height_m;
    int r = find_bracket(task, &b, err);
    for (int i = 0; r == 0 && i < BISECTIONS; i++) {
        double middle = (b.low + b.high) / 2;
        r = judge(task, focal_at(task, middle), &j, err);
        if (r < 0)
            break;
        if ((b.low_height_m - wanted_m) * (j.height_m - wanted_m) > 0)
            b.low = middle;
        else
            b.high = middle;
    }
    double focal_px = focal_at(task, (b.low + b.high) / 2);
    if (r == 0)
        r = judge(task, focal_px * exp(NUDGE), &up, err);
    if (r == 0)
        r = judge(task, focal_px * exp(-NUDGE), &down, err);
    if (r == -ERANGE)
        r = error_set(err, -EDOM, "no camera sees the floor like this homography");
    if (r < 0)
        return r;
    double slope_m = (up.height_m - down.height_m) / (2 * NUDGE);
    double sd_m = hypot(j.sd_m, task->options->scale_sd * wanted_m);
    *ret_focal = (struct auto_focal){ focal_px, sd_m / fabs(slope_m) };
    return 0;
}

/* The mean of both in the logarithm, by how well they are known. */
static void weigh(struct auto_heights *h)
{
    double a = 1 / (h->people.log_sd * h->people.log_sd);
    double b = 1 / (h->floor.log_sd * h->floor.log_sd);
    h->both = h->people;
    h->sigmas_apart = NAN;
    if (!isfinite(h->floor.px) || !isfinite(b))
        return;
    double apart = log(h->floor.px / h->people.px);
    h->sigmas_apart = fabs(apart) / hypot(h->people.log_sd, h->floor.log_sd);
    h->both.px = h->people.px * exp(apart * b / (a + b));
    h->both.log_sd = 1 / sqrt(a + b);
}

/* How high the camera hangs for a focal length; NaN: it does not. */
static double hangs_at_m(const struct task *task, double focal_px)
{
    struct camera_model camera;
    double matrix[12];
    return raise(task, focal_px, &camera, matrix) < 0 ? NAN : camera.projection.centre_z_m;
}

static int fill_camera(const struct task *task, struct auto_heights *h, struct error *err)
{
    struct camera_model camera;
    if (raise(task, h->both.px, &camera, h->image_from_floor) < 0)
        return error_set(err, -EDOM, "no camera sees the floor like this homography");
    const struct projection *p = &camera.projection;
    const double *m = p->image_from_floor, up = m[10];
    double factor = exp(h->both.log_sd);
    h->position = (struct floor_m){ p->centre_x_m, p->centre_y_m };
    h->height_m = p->centre_z_m;
    h->height_sd_m =
        fabs(hangs_at_m(task, h->both.px * factor) - hangs_at_m(task, h->both.px / factor)) / 2;
    h->tilt_rad = asin(-up / sqrt(m[8] * m[8] + m[9] * m[9] + up * up));
    return autocalibrate_judge(task->walkers, &camera, task->options, &h->people_now, err);
}

int autocalibrate_heights(const struct walkers *walkers, const struct camera_model *camera,
                          const struct auto_options *options, double floor_log_sd,
                          struct auto_heights *ret_heights, struct error *err)
{
    struct auto_heights h = { 0 };
    const struct task task = { walkers, camera, options };
    err->text[0] = '\0';
    h.floor = (struct auto_focal){ auto_focal_of_floor(&camera->projection.undistorted_from_floor,
                                                       options->centre_x_px, options->centre_y_px),
                                   floor_log_sd };
    int r = focal_of_people(&task, &h.people, err);
    if (r < 0)
        return r;
    weigh(&h);
    if (h.sigmas_apart > SIGMAS_APART_MAX)
        return error_set(err, -EDOM,
                         "people say a focal length of %.0f px, the floor's map %.0f px, %.1f "
                         "standard deviations apart; is the principal point off the middle "
                         "(--centre), or people's height another (--height-m)?",
                         h.people.px, h.floor.px, h.sigmas_apart);
    r = fill_camera(&task, &h, err);
    if (r == 0 && !(h.height_sd_m <= UNCERTAIN * h.height_m))
        return error_set(err, -EDOM,
                         "the camera's height is known to %.1f of %.1f m only; record longer, or "
                         "where people walk nearer and farther",
                         h.height_sd_m, h.height_m);
    if (r == 0)
        *ret_heights = h;
    return r;
}
