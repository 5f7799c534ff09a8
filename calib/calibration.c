/* calibration.c - where a camera's pixels meet the floor */
#include "calib/calibration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "calib/model.h"

/* What the file says beside the camera. */
static int read_words(const char *text, const char *name, struct calibration *calibration,
                      struct problems *problems)
{
    AUTO(camera_file_release) struct camera_file file = { 0 };
    struct error err;
    int r = camera_file_read(text, name, &file, problems);
    calibration->author = file.author;
    calibration->note = file.note;
    file.author = file.note = NULL;
    calibration->valid_from_us = INT64_MIN;
    if (r == 0 && file.valid_from)
        r = clock_wall_parse(file.valid_from, &calibration->valid_from_us, &err);
    return r;
}

/* Takes the text on success only. */
static int create_take(char **text, const char *name, struct calibration **ret_calibration,
                       struct problems *problems)
{
    AUTO(calibration_destroy)
    struct calibration *calibration = calloc(1, sizeof(*calibration));
    if (!calibration) {
        problems_add(problems, "%s: out of memory", name);
        return -ENOMEM;
    }
    int r = camera_file_parse(*text, name, &calibration->model, problems);
    if (r == 0)
        r = read_words(*text, name, calibration, problems);
    if (r < 0)
        return r;
    const struct camera_model *model = &calibration->model;
    lens_table_build(&model->lens, model->width_px, model->height_px, &calibration->lens_table);
    calibration_expect_people(calibration,
                              (struct person_height){ PERSON_HEIGHT_M, PERSON_HEIGHT_SD_M });
    file_sha256_bytes(*text, strlen(*text), calibration->version);
    calibration->text = *text;
    *text = NULL;
    *ret_calibration = calibration;
    calibration = NULL;
    return 0;
}

int calibration_load(const char *path, struct calibration **ret_calibration,
                     struct problems *problems)
{
    struct error err;
    char *text = NULL;
    size_t length;
    int r = file_read(path, CAMERA_FILE_BYTES_MAX, &text, &length, &err);
    if (r < 0) {
        problems_add(problems, "%s", err.text);
        return r;
    }
    if (strlen(text) != length) {
        problems_add(problems, "%s: not a text file: it holds a zero byte", path);
        r = -EINVAL;
    } else {
        r = create_take(&text, path, ret_calibration, problems);
    }
    free(text);
    return r;
}

int calibration_parse(const char *text, const char *name, struct calibration **ret_calibration,
                      struct problems *problems)
{
    if (strnlen(text, CAMERA_FILE_BYTES_MAX + 1) > CAMERA_FILE_BYTES_MAX) {
        problems_add(problems, "%s: longer than %zu bytes: not a camera file", name,
                     CAMERA_FILE_BYTES_MAX);
        return -EINVAL;
    }
    char *copy = strdup(text);
    if (!copy) {
        problems_add(problems, "%s: out of memory", name);
        return -ENOMEM;
    }
    int r = create_take(&copy, name, ret_calibration, problems);
    free(copy);
    return r;
}

int calibration_clone(const struct calibration *calibration, struct calibration **ret_calibration)
{
    AUTO(calibration_destroy)
    struct calibration *clone = malloc(sizeof(*clone));
    if (!clone)
        return -ENOMEM;
    *clone = *calibration;
    clone->text = strdup(calibration->text);
    clone->author = calibration->author ? strdup(calibration->author) : NULL;
    clone->note = calibration->note ? strdup(calibration->note) : NULL;
    if (!clone->text || !clone->author != !calibration->author ||
        !clone->note != !calibration->note)
        return -ENOMEM;
    *ret_calibration = clone;
    clone = NULL;
    return 0;
}

void calibration_destroy(struct calibration **calibration)
{
    if (!*calibration)
        return;
    free((*calibration)->text);
    free((*calibration)->author);
    free((*calibration)->note);
    free(*calibration);
    *calibration = NULL;
}

void calibration_expect_people(struct calibration *calibration, struct person_height height)
{
    calibration->people = height;
    projection_keep_plane(&calibration->model.projection, height.mean_m);
}

struct person_height calibration_people(const struct calibration *calibration)
{
    return calibration->people;
}

const char *calibration_text(const struct calibration *calibration)
{
    return calibration->text;
}

const char *calibration_version(const struct calibration *calibration)
{
    return calibration->version;
}

const char *calibration_author(const struct calibration *calibration)
{
    return calibration->author ? calibration->author : "";
}

const char *calibration_note(const struct calibration *calibration)
{
    return calibration->note ? calibration->note : "";
}

int64_t calibration_valid_from_us(const struct calibration *calibration)
{
    return calibration->valid_from_us;
}

void calibration_size(const struct calibration *calibration, uint32_t *ret_width,
                      uint32_t *ret_height)
{
    *ret_width = calibration->model.width_px;
    *ret_height = calibration->model.height_px;
}

bool calibration_has_height(const struct calibration *calibration)
{
    return calibration->model.projection.has_height;
}

int calibration_undistort(const struct calibration *calibration, struct image_px p,
                          struct undistorted_px *ret_p)
{
    return lens_table_undistort(&calibration->lens_table, &calibration->model.lens, p, ret_p, NULL);
}

/* J C J^T for J = plane (2x2, row-major) times lens. */
static struct covariance2 propagate(const double plane[static 4], struct jacobian2 lens,
                                    struct covariance2 c)
{
    double a = plane[0] * lens.xx + plane[1] * lens.yx, b = plane[0] * lens.xy + plane[1] * lens.yy;
    double d = plane[2] * lens.xx + plane[3] * lens.yx, e = plane[2] * lens.xy + plane[3] * lens.yy;
    return (struct covariance2){
        .xx = a * a * c.xx + 2 * a * b * c.xy + b * b * c.yy,
        .xy = a * d * c.xx + (a * e + b * d) * c.xy + b * e * c.yy,
        .yy = d * d * c.xx + 2 * d * e * c.xy + e * e * c.yy,
    };
}

int calibration_floor_from_image(const struct calibration *calibration, struct image_px p,
                                 struct covariance2 pixel_covariance, double height_m,
                                 struct floor_m *ret_point, struct covariance2 *ret_covariance)
{
    const struct camera_model *model = &calibration->model;
    struct undistorted_px ideal;
    struct jacobian2 lens;
    double plane[4];
    int r = lens_table_undistort(&calibration->lens_table, &model->lens, p, &ideal,
                                 ret_covariance ? &lens : NULL);
    if (r < 0)
        return r;
    r = projection_to_plane(&model->projection, ideal, height_m, ret_point,
                            ret_covariance ? plane : NULL);
    if (r < 0)
        return r;
    if (ret_covariance)
        *ret_covariance = propagate(plane, lens, pixel_covariance);
    return 0;
}

int calibration_image_from_floor(const struct calibration *calibration, struct floor_m point,
                                 double height_m, struct image_px *ret_p)
{
    const struct camera_model *model = &calibration->model;
    struct undistorted_px ideal;
    int r = projection_to_image(&model->projection, point, height_m, &ideal);
    if (r < 0)
        return r;
    return lens_distort(&model->lens, ideal, ret_p);
}

int calibration_position(const struct calibration *calibration, struct floor_m *ret_point,
                         double *ret_height_m)
{
    const struct projection *projection = &calibration->model.projection;
    if (!projection->has_height)
        return -ENOTSUP;
    *ret_point = (struct floor_m){ projection->centre_x_m, projection->centre_y_m };
    *ret_height_m = projection->centre_z_m;
    return 0;
}
