/* fit_model.c - cameras as short lists of numbers, for solvers */
#include "calib/fit_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/rotation.h"

/* Where a depth would be 0 or negative, in sizes of the marked floor: LM is pushed back. */
#define DEPTH_MIN 1e-3

/* Which numbers a model leaves free, in the order they are packed in. */
static const struct {
    const char *name;
    bool homography, focal, centre;
    int radial; /* how many coefficients */
} models[FIT_MODELS] = {
    [FIT_POSE] = { "pose", false, false, false, 0 },
    [FIT_PINHOLE] = { "pinhole", false, true, false, 0 },
    [FIT_PINHOLE_K1] = { "pinhole-k1", false, true, false, 1 },
    [FIT_HOMOGRAPHY] = { "homography", true, false, false, 0 },
    [FIT_PINHOLE_K1K2] = { "pinhole-k1k2", false, true, false, 2 },
    [FIT_PINHOLE_CENTRE] = { "pinhole-centre", false, true, true, 0 },
    [FIT_PINHOLE_CENTRE_K1] = { "pinhole-centre-k1", false, true, true, 1 },
};

const char *fit_model_name(enum fit_model model)
{
    return models[model].name;
}

int fit_model_named(const char *name, enum fit_model *ret_model)
{
    for (int i = 0; i < FIT_MODELS; i++) {
        if (strcmp(models[i].name, name) == 0) {
            *ret_model = (enum fit_model) i;
            return 0;
        }
    }
    return -EINVAL;
}

int fit_model_parameters(enum fit_model model)
{
    if (models[model].homography)
        return 8;
    return 6 + models[model].focal + 2 * models[model].centre + models[model].radial;
}

bool fit_model_has_height(enum fit_model model)
{
    return !models[model].homography;
}

bool fit_model_fits_centre(enum fit_model model)
{
    return models[model].centre;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof(values[0]), by_value);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Medians, so that a point far away by mistake does not put the origin behind the camera. */
struct fit_frame fit_frame_of(uint32_t width, uint32_t height, const struct marked_point *points,
                              size_t count)
{
    struct fit_frame frame = { .width_px = width,
                               .height_px = height,
                               .centre_x_px = width / 2.0,
                               .centre_y_px = height / 2.0,
                               .focal_x_px = width,
                               .focal_y_px = width };
    double values[MARKED_POINTS_MAX];
    size_t used = count < MARKED_POINTS_MAX ? count : MARKED_POINTS_MAX;
    for (size_t i = 0; i < used; i++)
        values[i] = points[i].x_m;
    frame.origin_x_m = median(values, used);
    for (size_t i = 0; i < used; i++)
        values[i] = points[i].y_m;
    frame.origin_y_m = median(values, used);
    for (size_t i = 0; i < used; i++)
        values[i] = hypot(points[i].x_m - frame.origin_x_m, points[i].y_m - frame.origin_y_m);
    frame.scale_m = median(values, used);
    if (!(frame.scale_m > 0))
        frame.scale_m = 1;
    return frame;
}

static void distort_radially(double k1, double k2, double *x, double *y)
{
    double q = *x * *x + *y * *y;
    double factor = 1 + q * (k1 + q * k2);
    *x *= factor;
    *y *= factor;
}

static struct image_px project_pinhole(const struct fit_frame *frame,
                                       const struct fit_camera *camera,
                                       const double point_m[static 3])
{
    struct fit_pinhole p = fit_camera_pinhole(frame, camera);
    double at[3];
    matrix3_apply(&p.rotation, point_m[0] - p.centre_m[0], point_m[1] - p.centre_m[1],
                  point_m[2] - p.centre_m[2], at);
    double depth = fmax(at[2], DEPTH_MIN * frame->scale_m);
    double x = at[0] / depth, y = at[1] / depth;
    if (camera->model == FIT_POSE && frame->lens.active) {
        struct image_px seen;
        struct undistorted_px ideal = { p.centre_x_px + p.focal_x_px * x,
                                        p.centre_y_px + p.focal_y_px * y };
        if (lens_distort(&frame->lens, ideal, &seen) == 0)
            return seen;
        return (struct image_px){ ideal.x, ideal.y }; /* beyond what the lens shows */
    }
    distort_radially(p.k1, p.k2, &x, &y);
    return (struct image_px){ p.centre_x_px + p.focal_x_px * x, p.centre_y_px + p.focal_y_px * y };
}

static struct image_px project_homography(const struct fit_frame *frame,
                                          const struct fit_camera *camera,
                                          const double point_m[static 3])
{
    const double *h = camera->parameters;
    double u = (point_m[0] - frame->origin_x_m) / frame->scale_m;
    double v = (point_m[1] - frame->origin_y_m) / frame->scale_m;
    double depth = fmax(h[6] * u + h[7] * v + 1, DEPTH_MIN);
    struct undistorted_px ideal = {
        frame->centre_x_px + frame->width_px * (h[0] * u + h[1] * v + h[2]) / depth,
        frame->centre_y_px + frame->width_px * (h[3] * u + h[4] * v + h[5]) / depth
    };
    struct image_px seen;
    if (lens_distort(&frame->lens, ideal, &seen) < 0)
        return (struct image_px){ ideal.x, ideal.y };
    return seen;
}

struct image_px fit_project(const struct fit_frame *frame, const struct fit_camera *camera,
                            const double point_m[static 3])
{
    return models[camera->model].homography ? project_homography(frame, camera, point_m)
                                            : project_pinhole(frame, camera, point_m);
}

struct fit_pinhole fit_camera_pinhole(const struct fit_frame *frame,
                                      const struct fit_camera *camera)
{
    const double *next = camera->parameters;
    struct fit_pinhole p = { .focal_x_px = frame->focal_x_px,
                             .focal_y_px = frame->focal_y_px,
                             .centre_x_px = frame->centre_x_px,
                             .centre_y_px = frame->centre_y_px };
    p.rotation = rotation_of_vector(next);
    p.centre_m[0] = frame->origin_x_m + frame->scale_m * next[3];
    p.centre_m[1] = frame->origin_y_m + frame->scale_m * next[4];
    p.centre_m[2] = frame->scale_m * next[5];
    next += 6;
    if (models[camera->model].focal) {
        p.focal_y_px = frame->width_px * *next * (frame->focal_y_px / frame->focal_x_px);
        p.focal_x_px = frame->width_px * *next++;
    }
    if (models[camera->model].centre) {
        p.centre_x_px += frame->width_px * *next++;
        p.centre_y_px += frame->width_px * *next++;
    }
    if (models[camera->model].radial >= 1)
        p.k1 = *next++;
    if (models[camera->model].radial >= 2)
        p.k2 = *next++;
    return p;
}

void fit_camera_of_pinhole(const struct fit_frame *frame, const struct fit_pinhole *pinhole,
                           enum fit_model model, struct fit_camera *ret_camera)
{
    struct fit_camera camera = { .model = model };
    double *next = camera.parameters;
    rotation_to_vector(&pinhole->rotation, next);
    next[3] = (pinhole->centre_m[0] - frame->origin_x_m) / frame->scale_m;
    next[4] = (pinhole->centre_m[1] - frame->origin_y_m) / frame->scale_m;
    next[5] = pinhole->centre_m[2] / frame->scale_m;
    next += 6;
    if (models[model].focal)
        *next++ = pinhole->focal_x_px / frame->width_px;
    if (models[model].centre) {
        *next++ = (pinhole->centre_x_px - frame->centre_x_px) / frame->width_px;
        *next++ = (pinhole->centre_y_px - frame->centre_y_px) / frame->width_px;
    }
    if (models[model].radial >= 1)
        *next++ = pinhole->k1;
    if (models[model].radial >= 2)
        *next++ = pinhole->k2;
    *ret_camera = camera;
}

/* undistorted px from the picture's unit, and the floor's unit from floor m. */
static struct matrix3 px_from_unit(const struct fit_frame *frame)
{
    return (struct matrix3){ { frame->width_px, 0, frame->centre_x_px, 0, frame->width_px,
                               frame->centre_y_px, 0, 0, 1 } };
}

static struct matrix3 unit_from_floor(const struct fit_frame *frame)
{
    double s = 1 / frame->scale_m;
    return (
        struct matrix3){ { s, 0, -frame->origin_x_m * s, 0, s, -frame->origin_y_m * s, 0, 0, 1 } };
}

struct matrix3 fit_camera_homography(const struct fit_frame *frame, const struct fit_camera *camera)
{
    const double *h = camera->parameters;
    struct matrix3 unit = { { h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1 } };
    return matrix3_multiply(px_from_unit(frame), matrix3_multiply(unit, unit_from_floor(frame)));
}

int fit_camera_of_homography(const struct fit_frame *frame,
                             const struct matrix3 *undistorted_from_floor,
                             struct fit_camera *ret_camera)
{
    double w = frame->width_px, s = frame->scale_m;
    struct matrix3 unit_from_px = { { 1 / w, 0, -frame->centre_x_px / w, 0, 1 / w,
                                      -frame->centre_y_px / w, 0, 0, 1 } };
    struct matrix3 floor_from_unit = { { s, 0, frame->origin_x_m, 0, s, frame->origin_y_m, 0, 0,
                                         1 } };
    struct matrix3 h =
        matrix3_multiply(unit_from_px, matrix3_multiply(*undistorted_from_floor, floor_from_unit));
    double size = fabs(h.m[6]) + fabs(h.m[7]) + fabs(h.m[8]);
    if (!(fabs(h.m[8]) > 1e-9 * size))
        return -EDOM;
    struct fit_camera camera = { .model = FIT_HOMOGRAPHY };
    for (int i = 0; i < 8; i++)
        camera.parameters[i] = h.m[i] / h.m[8];
    *ret_camera = camera;
    return 0;
}

/* K R [I | -C]. */
static void matrix_of_pinhole(const struct fit_pinhole *p, double ret_matrix[static 12])
{
    const double *r = p->rotation.m, *c = p->centre_m;
    for (int column = 0; column < 4; column++) {
        double at[3];
        for (int row = 0; row < 3; row++)
            at[row] = column < 3
                          ? r[3 * row + column]
                          : -(r[3 * row] * c[0] + r[3 * row + 1] * c[1] + r[3 * row + 2] * c[2]);
        ret_matrix[column] = p->focal_x_px * at[0] + p->centre_x_px * at[2];
        ret_matrix[4 + column] = p->focal_y_px * at[1] + p->centre_y_px * at[2];
        ret_matrix[8 + column] = at[2];
    }
}

static struct lens lens_of_pinhole(const struct fit_pinhole *p)
{
    struct lens lens = { .active = p->k1 != 0 || p->k2 != 0,
                         .k1 = p->k1,
                         .k2 = p->k2,
                         .focal_x_px = p->focal_x_px,
                         .focal_y_px = p->focal_y_px,
                         .centre_x_px = p->centre_x_px,
                         .centre_y_px = p->centre_y_px };
    lens_find_limit(&lens);
    return lens;
}

int fit_camera_model(const struct fit_frame *frame, const struct fit_camera *camera,
                     struct camera_model *ret_model)
{
    struct camera_model model = { .width_px = (uint32_t) frame->width_px,
                                  .height_px = (uint32_t) frame->height_px,
                                  .lens = frame->lens };
    int r;
    if (models[camera->model].homography) {
        struct matrix3 floor_from_px;
        r = matrix3_invert(fit_camera_homography(frame, camera), &floor_from_px);
        if (r == 0)
            r = projection_of_homography(floor_from_px.m, &model.projection);
    } else {
        struct fit_pinhole p = fit_camera_pinhole(frame, camera);
        double matrix[12];
        matrix_of_pinhole(&p, matrix);
        if (camera->model != FIT_POSE)
            model.lens = lens_of_pinhole(&p);
        r = projection_of_matrix(matrix, &model.projection);
    }
    if (r == 0)
        *ret_model = model;
    return r;
}

int camera_model_floor(const struct camera_model *model, struct image_px p, double z_m,
                       struct floor_m *ret_point)
{
    struct undistorted_px ideal;
    int r = lens_undistort(&model->lens, p, &ideal, NULL);
    return r < 0 ? r : projection_to_plane(&model->projection, ideal, z_m, ret_point, NULL);
}
