/*
 * sensor_view.c - where a simulated camera really looks
 */
#include "sim/sensor_view.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "calib/camera_file.h"
#include "calib/rotation.h"

#define RAD_PER_DEG (M_PI / 180)

/* Where the shoulders are, as a part of the height (biacromial height is 0.82 of stature: NASA
 * Anthropometric Source Book, 1978). */
#define SHOULDERS_PART 0.82

#define IMAGE_WIDTH_PX  1920
#define IMAGE_HEIGHT_PX 1080

/* Camera from floor for a camera without roll: rows are its right, down and forward. */
static struct matrix3 rotation_of(const struct sim_camera_config *camera)
{
    double yaw = camera->yaw_deg * RAD_PER_DEG, tilt = camera->tilt_deg * RAD_PER_DEG;
    double cy = cos(yaw), sy = sin(yaw), ct = cos(tilt), st = sin(tilt);
    return (struct matrix3){ { sy, -cy, 0, -cy * st, -sy * st, -ct, cy * ct, sy * ct, -st } };
}

/* The camera file that the numbers amount to. 17 digits, so that reading it changes nothing. */
static void write_camera_file(const struct sim_camera_config *camera, struct text *text)
{
    int width = camera->image.count ? (int) camera->image.values[0] : IMAGE_WIDTH_PX;
    int height = camera->image.count ? (int) camera->image.values[1] : IMAGE_HEIGHT_PX;
    double focal_px = width / 2.0 / tan(camera->fov_deg * RAD_PER_DEG / 2);
    struct matrix3 r = rotation_of(camera);
    double t[3];
    matrix3_apply(&r, -camera->position_m.values[0], -camera->position_m.values[1],
                  -camera->height_m, t);
    text_format(text, "# %s: a camera that does not exist, by floorfuse simulate\n", camera->id);
    text_format(text, "image = { width = %d; height = %d; };\npinhole = {\n", width, height);
    text_format(text, "    focal = [%#.17g, %#.17g];\n    centre = [%.1f, %.1f];\n", focal_px,
                focal_px, width / 2.0, height / 2.0);
    text_append(text, "    rotation = (");
    for (int row = 0; row < 3; row++)
        text_format(text, "%s(%#.17g, %#.17g, %#.17g)", row ? ",\n                " : "",
                    r.m[3 * row], r.m[3 * row + 1], r.m[3 * row + 2]);
    text_format(text, ");\n    translation = [%#.17g, %#.17g, %#.17g];\n};\n", t[0], t[1], t[2]);
}

static int read_calibration(const struct sim_camera_config *camera, struct calibration **ret,
                            struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(text_release) struct text text = TEXT_INIT;
    int r;
    if (camera->calibration) {
        r = calibration_load(camera->calibration, ret, &problems);
    } else {
        write_camera_file(camera, &text);
        r = text.failed ? -ENOMEM : calibration_parse(text.bytes, camera->id, ret, &problems);
    }
    return r == 0 ? 0
                  : error_set(err, r, "camera %s: %s", camera->id,
                              problems.count ? problems.sentences[0] : strerror(-r));
}

/*
 * The true camera. With C the believed place, a point X is seen by the true camera as the believed
 * one would see C + R^-1 (X - C - shift): the matrix is P [R^-1 | C - R^-1 (C + shift)].
 */
static void turn_and_shift(const struct projection *believed, const struct view_error *error,
                           struct view *view)
{
    double back_vector[3] = { -error->rotation_rad[0], -error->rotation_rad[1],
                              -error->rotation_rad[2] };
    struct matrix3 back = rotation_of_vector(back_vector);
    double centre[3] = { believed->centre_x_m, believed->centre_y_m, believed->centre_z_m };
    double turned[3], true_centre[3];
    for (int i = 0; i < 3; i++)
        true_centre[i] = centre[i] + error->shift_m[i];
    matrix3_apply(&back, true_centre[0], true_centre[1], true_centre[2], turned);
    const double *p = believed->image_from_floor;
    for (int row = 0; row < 3; row++) {
        double *out = view->image_from_floor + 4 * row;
        for (int column = 0; column < 3; column++)
            out[column] = p[4 * row] * back.m[column] + p[4 * row + 1] * back.m[3 + column] +
                          p[4 * row + 2] * back.m[6 + column];
        out[3] = p[4 * row + 3];
        for (int i = 0; i < 3; i++)
            out[3] += p[4 * row + i] * (centre[i] - turned[i]);
    }
    view->position = (struct floor_m){ true_centre[0], true_centre[1] };
    view->height_m = true_centre[2];
    const double *m = view->image_from_floor;
    view->steepest_px = fmax(sqrt(m[0] * m[0] + m[1] * m[1] + m[2] * m[2]),
                             sqrt(m[4] * m[4] + m[5] * m[5] + m[6] * m[6]));
}

int view_create(const struct sim_camera_config *camera, const struct view_error *error,
                struct view *ret_view, struct calibration **ret_calibration, struct error *err)
{
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    int r = read_calibration(camera, &calibration, err);
    if (r < 0)
        return r;
    if (!calibration_has_height(calibration))
        return error_set(err, -EINVAL,
                         "camera %s: %s knows nothing about heights, so that people cannot be "
                         "drawn; use a pinhole or an image_from_floor",
                         camera->id, camera->calibration);
    AUTO(problems_release) struct problems problems = { 0 };
    struct camera_model model;
    r = camera_file_parse(calibration_text(calibration), camera->id, &model, &problems);
    if (r < 0)
        return error_set(err, r, "camera %s: its calibration cannot be used", camera->id);
    struct view view = { .lens = model.lens,
                         .width_px = model.width_px,
                         .height_px = model.height_px };
    turn_and_shift(&model.projection, error, &view);
    if (!(view.height_m > 0))
        return error_set(err, -EINVAL, "camera %s: chance put it below the floor; hang it higher",
                         camera->id);
    *ret_view = view;
    *ret_calibration = calibration;
    calibration = NULL;
    return 0;
}

double view_project(const struct view *view, double x_m, double y_m, double z_m,
                    struct image_px *ret_p)
{
    const double *p = view->image_from_floor;
    double depth_m = p[8] * x_m + p[9] * y_m + p[10] * z_m + p[11];
    if (!(depth_m > VIEW_NEAR_M))
        return 0;
    struct undistorted_px ideal = {
        (p[0] * x_m + p[1] * y_m + p[2] * z_m + p[3]) / depth_m,
        (p[4] * x_m + p[5] * y_m + p[6] * z_m + p[7]) / depth_m,
    };
    if (!view->lens.active) {
        *ret_p = (struct image_px){ ideal.x, ideal.y };
        return depth_m;
    }
    return lens_distort(&view->lens, ideal, ret_p) == 0 ? depth_m : 0;
}

static bool take_in(const struct view *view, double x_m, double y_m, double z_m,
                    struct silhouette *box)
{
    struct image_px p;
    if (!(view_project(view, x_m, y_m, z_m, &p) > 0))
        return false;
    /* Not fmin and fmax: those are calls, which this inner loop of every simulation feels. */
    box->left = p.x < box->left ? p.x : box->left;
    box->top = p.y < box->top ? p.y : box->top;
    box->right = p.x > box->right ? p.x : box->right;
    box->bottom = p.y > box->bottom ? p.y : box->bottom;
    return true;
}

/* Whether an upright body at the point can be in the picture at all: cheap, for most cannot. */
static bool may_be_seen(const struct view *view, const struct body *body)
{
    const double *p = view->image_from_floor;
    double x = body->position.x, y = body->position.y, z = body->height_m / 2;
    double depth_m = p[8] * x + p[9] * y + p[10] * z + p[11];
    if (!(depth_m > VIEW_NEAR_M))
        return false;
    if (view->lens.active)
        return true;
    double u = p[0] * x + p[1] * y + p[2] * z + p[3];
    double v = p[4] * x + p[5] * y + p[6] * z + p[7];
    /* A point of the body differs from its middle by this at most. */
    double reach_m = z + body->radius_m;
    double du = reach_m * view->steepest_px;
    return u > -du && v > -du && u < view->width_px * (depth_m + reach_m) + du &&
           v < view->height_px * (depth_m + reach_m) + du;
}

bool view_silhouette(const struct view *view, const struct body *body, double foot_bias_m,
                     struct silhouette *ret_silhouette)
{
    if (!may_be_seen(view, body))
        return false;
    double x = body->position.x, y = body->position.y, h = body->height_m;
    double dx = view->position.x - x, dy = view->position.y - y;
    double length_m = sqrt(dx * dx + dy * dy);
    if (length_m > 0) { /* unit vector towards the camera */
        dx /= length_m;
        dy /= length_m;
    }
    double r = body->radius_m, shoulders = SHOULDERS_PART * h;
    double bias_m = fmin(foot_bias_m, length_m);
    struct silhouette box = { INFINITY, INFINITY, -INFINITY, -INFINITY };
    if (!take_in(view, x, y, h, &box) ||
        !take_in(view, x + bias_m * dx, y + bias_m * dy, 0, &box) ||
        !take_in(view, x - r * dy, y + r * dx, shoulders, &box) ||
        !take_in(view, x + r * dy, y - r * dx, shoulders, &box) ||
        !take_in(view, x - r * dx, y - r * dy, shoulders, &box) ||
        !take_in(view, x + r * dx, y + r * dy, shoulders, &box))
        return false;
    *ret_silhouette = box;
    return box.left < view->width_px && box.top < view->height_px && box.right > 0 &&
           box.bottom > 0 && box.right - box.left > 0.01 && box.bottom - box.top > 0.01;
}

bool view_matrix_of_calibration(const struct calibration *calibration, double ret_matrix[12])
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct camera_model model;
    if (camera_file_parse(calibration_text(calibration), "camera", &model, &problems) < 0 ||
        model.lens.active)
        return false;
    memcpy(ret_matrix, model.projection.image_from_floor,
           sizeof(model.projection.image_from_floor));
    return true;
}
