/* fit_file.c - a fitted camera as a camera file, and back */
#include "calib/fit_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/rotation.h"

/* A mark this many standard deviations from where the file's camera puts it was not fitted to it.
 */
#define FOREIGN_SIGMAS 20.0

/* ---- out ---- */

/* Numbers that the lists of a camera_file borrow. */
struct numbers {
    double matrix[9], focal[2], centre[2], translation[3];
    double points[MARKED_POINTS_MAX][5];
    struct number_list rows[MARKED_POINTS_MAX];
};

static void fill_pinhole(const struct fit *fit, struct numbers *numbers, struct camera_file *file)
{
    struct fit_pinhole p = fit_camera_pinhole(&fit->data.frame, &fit->result.camera);
    numbers->focal[0] = p.focal_x_px;
    numbers->focal[1] = p.focal_y_px;
    numbers->centre[0] = p.centre_x_px;
    numbers->centre[1] = p.centre_y_px;
    memcpy(numbers->matrix, p.rotation.m, sizeof(numbers->matrix));
    for (int row = 0; row < 3; row++)
        numbers->translation[row] =
            -(p.rotation.m[3 * row] * p.centre_m[0] + p.rotation.m[3 * row + 1] * p.centre_m[1] +
              p.rotation.m[3 * row + 2] * p.centre_m[2]);
    file->pinhole.focal = (struct number_list){ numbers->focal, 2 };
    file->pinhole.centre = (struct number_list){ numbers->centre, 2 };
    file->pinhole.rotation = (struct number_list){ numbers->matrix, 9 };
    file->pinhole.translation = (struct number_list){ numbers->translation, 3 };
    file->lens.k1 = p.k1;
    file->lens.k2 = p.k2;
}

static void fill_lens(const struct lens *lens, struct numbers *numbers, struct camera_file *file)
{
    if (!lens->active)
        return;
    file->lens.k1 = lens->k1;
    file->lens.k2 = lens->k2;
    file->lens.p1 = lens->p1;
    file->lens.p2 = lens->p2;
    file->lens.k3 = lens->k3;
    if (file->pinhole.focal.count)
        return;
    numbers->focal[0] = lens->focal_x_px;
    numbers->focal[1] = lens->focal_y_px;
    numbers->centre[0] = lens->centre_x_px;
    numbers->centre[1] = lens->centre_y_px;
    file->lens.focal = (struct number_list){ numbers->focal, 2 };
    file->lens.centre = (struct number_list){ numbers->centre, 2 };
}

static void fill_points(const struct fit *fit, struct numbers *numbers, struct camera_file *file)
{
    for (size_t i = 0; i < fit->result.count; i++) {
        const struct marked_point *p = &fit->data.points[fit->result.chosen[i]];
        const double row[5] = { p->px.x, p->px.y, p->x_m, p->y_m, p->z_m };
        memcpy(numbers->points[i], row, sizeof(row));
        numbers->rows[i] = (struct number_list){ numbers->points[i], 5 };
    }
    file->points = (struct number_lists){ numbers->rows, fit->result.count };
}

static void fill_homography(const struct fit *fit, struct numbers *numbers,
                            struct camera_file *file)
{
    struct camera_model model;
    if (fit_camera_model(&fit->data.frame, &fit->result.camera, &model) < 0)
        return; /* does not happen: the fit has made one of it */
    const double *m = model.projection.floor_from_undistorted.m;
    for (int i = 0; i < 9; i++)
        numbers->matrix[i] = m[i] / m[8];
    file->floor_from_image = (struct number_list){ numbers->matrix, 9 };
}

int fit_write(const struct fit *fit, const struct fit_words *words, struct text *text)
{
    struct numbers *numbers = calloc(1, sizeof(*numbers));
    enum fit_model model = fit->result.camera.model;
    if (!numbers)
        return -ENOMEM;
    struct camera_file file = { .width_px = (int) fit->data.frame.width_px,
                                .height_px = (int) fit->data.frame.height_px,
                                .author = (char *) words->author, /* borrowed, like all below */
                                .note = (char *) words->note,
                                .valid_from = (char *) words->valid_from,
                                .fit.model = (char *) fit_model_name(model),
                                .fit.sigma_px = fit->sigma_px };
    if (model == FIT_HOMOGRAPHY)
        fill_homography(fit, numbers, &file);
    else
        fill_pinhole(fit, numbers, &file);
    fill_lens(&fit->data.frame.lens, numbers, &file);
    fill_points(fit, numbers, &file);
    camera_file_write(&file, text);
    free(numbers);
    return text->failed ? -ENOMEM : 0;
}

/* ---- in ---- */

static int read_points(const struct camera_file *file, struct marked_points *ret_points)
{
    size_t count = file->points.count;
    if (count < MARKED_POINTS_MIN || count > MARKED_POINTS_MAX)
        return -ENODATA;
    ret_points->items = calloc(count, sizeof(*ret_points->items));
    ret_points->source = strdup("camera file");
    if (!ret_points->items || !ret_points->source)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const double *v = file->points.items[i].values;
        ret_points->items[i] =
            (struct marked_point){ .px = { v[0], v[1] }, .x_m = v[2], .y_m = v[3], .z_m = v[4] };
    }
    ret_points->count = count;
    return 0;
}

static struct lens lens_of_file(const struct camera_file *file, const struct number_list *focal,
                                const struct number_list *centre)
{
    struct lens lens = { .k1 = file->lens.k1,
                         .k2 = file->lens.k2,
                         .p1 = file->lens.p1,
                         .p2 = file->lens.p2,
                         .k3 = file->lens.k3 };
    lens.active = lens.k1 != 0 || lens.k2 != 0 || lens.p1 != 0 || lens.p2 != 0 || lens.k3 != 0;
    if (focal->count == 2 && centre->count == 2) {
        lens.focal_x_px = focal->values[0];
        lens.focal_y_px = focal->values[1];
        lens.centre_x_px = centre->values[0];
        lens.centre_y_px = centre->values[1];
    }
    if (lens.active)
        lens_find_limit(&lens);
    return lens;
}

static int read_homography(const struct camera_file *file, struct fit *fit)
{
    struct matrix3 floor_from_px, px_from_floor;
    if (file->floor_from_image.count != 9)
        return -EINVAL;
    memcpy(floor_from_px.m, file->floor_from_image.values, sizeof(floor_from_px.m));
    fit->data.frame.lens = lens_of_file(file, &file->lens.focal, &file->lens.centre);
    if (matrix3_invert(floor_from_px, &px_from_floor) < 0)
        return -EINVAL;
    return fit_camera_of_homography(&fit->data.frame, &px_from_floor, &fit->result.camera);
}

static int read_pinhole(const struct camera_file *file, enum fit_model model, struct fit *fit)
{
    if (file->pinhole.focal.count != 2 || file->pinhole.centre.count != 2 ||
        file->pinhole.rotation.count != 9 || file->pinhole.translation.count != 3)
        return -EINVAL;
    const double *f = file->pinhole.focal.values, *c = file->pinhole.centre.values;
    const double *t = file->pinhole.translation.values;
    struct fit_pinhole p = {
        f[0], f[1], c[0], c[1], file->lens.k1, file->lens.k2, { { 0 } }, { 0 }
    };
    memcpy(p.rotation.m, file->pinhole.rotation.values, sizeof(p.rotation.m));
    for (int i = 0; i < 3; i++)
        p.centre_m[i] =
            -(p.rotation.m[i] * t[0] + p.rotation.m[3 + i] * t[1] + p.rotation.m[6 + i] * t[2]);
    fit->data.frame.focal_x_px = f[0];
    fit->data.frame.focal_y_px = f[1];
    if (!fit_model_fits_centre(model)) {
        fit->data.frame.centre_x_px = c[0];
        fit->data.frame.centre_y_px = c[1];
    }
    if (model == FIT_POSE)
        fit->data.frame.lens = lens_of_file(file, &file->pinhole.focal, &file->pinhole.centre);
    fit_camera_of_pinhole(&fit->data.frame, &p, model, &fit->result.camera);
    return 0;
}

/* Whether the points were fitted to this camera, and how well. */
static int check_points(struct fit *fit)
{
    double sum = 0;
    for (size_t i = 0; i < fit->data.count; i++) {
        const struct marked_point *p = &fit->data.points[i];
        struct image_px at = fit_project(&fit->data.frame, &fit->result.camera,
                                         (const double[]){ p->x_m, p->y_m, p->z_m });
        double error_px = hypot(at.x - p->px.x, at.y - p->px.y);
        if (!(error_px <= FOREIGN_SIGMAS * fit->sigma_px))
            return -EINVAL;
        sum += error_px * error_px;
        fit->result.chosen[i] = i;
    }
    fit->result.count = fit->data.count;
    fit->result.sum_of_squares = sum;
    return 0;
}

int fit_read(const struct camera_file *file, struct marked_points *ret_points, struct fit *ret_fit)
{
    enum fit_model model;
    *ret_points = (struct marked_points){ 0 };
    *ret_fit = (struct fit){ 0 };
    if (!file->fit.model || !(file->fit.sigma_px > 0) ||
        fit_model_named(file->fit.model, &model) < 0)
        return -ENODATA;
    int r = read_points(file, ret_points);
    if (r < 0)
        return r;
    struct fit *fit = ret_fit;
    fit->data = (struct fit_data){
        .frame = fit_frame_of((uint32_t) file->width_px, (uint32_t) file->height_px,
                              ret_points->items, ret_points->count),
        .points = ret_points->items,
        .count = ret_points->count,
        .sigma_px = file->fit.sigma_px,
    };
    fit->sigma_px = file->fit.sigma_px;
    r = model == FIT_HOMOGRAPHY ? read_homography(file, fit) : read_pinhole(file, model, fit);
    if (r == 0)
        r = check_points(fit);
    return r < 0 ? r : fit_find_covariance(fit);
}
