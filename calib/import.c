/* import.c - cameras out of other people's calibration files: formats, frames, placing */
#include "calib/import.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "calib/rotation.h"
#include "geom/matrix3.h"

/* A matrix farther than this from a rotation was not one before its digits were cut. */
#define MENDABLE 1e-3

int import_format_parse(const char *word, enum import_format *ret_format, struct error *err)
{
    static const char *const words[] = { "auto", "opencv", "tsai", "wildtrack", "matrix" };
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        if (strcmp(word, words[i]) == 0) {
            *ret_format = (enum import_format) i;
            return 0;
        }
    }
    return error_set(err, -EINVAL,
                     "format \"%s\" is not known; it is auto, opencv, tsai, wildtrack or matrix",
                     word);
}

/* The first byte that is neither blank nor in a comment; the end if there is none. */
static const char *first_meant(const char *at, const char *end)
{
    if (end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end && (isspace((unsigned char) *at) || *at == '#')) {
        if (*at != '#') {
            at++;
            continue;
        }
        while (at < end && *at != '\n')
            at++;
    }
    return at;
}

/* Numbers and what stands between them. A YAML file has letters and colons. */
static bool looks_like_numbers(const char *at, const char *end)
{
    bool colon = false;
    for (; at < end && *at != '\n'; at++)
        colon = colon || *at == ':';
    return !colon;
}

enum import_format import_format_of_bytes(const char *bytes, size_t length)
{
    const char *end = bytes + length, *at = first_meant(bytes, end);
    if (at == end)
        return IMPORT_MATRIX;
    if (*at == '<') {
        bool camera = memmem(at, (size_t) (end - at), "<Camera", 7) != NULL;
        bool opencv = memmem(at, (size_t) (end - at), "<opencv_storage", 15) != NULL;
        return camera && !opencv ? IMPORT_TSAI : IMPORT_OPENCV;
    }
    if (*at == '%' || *at == '{')
        return IMPORT_OPENCV;
    if (end - at >= 3 && memcmp(at, "---", 3) == 0)
        return IMPORT_OPENCV;
    return looks_like_numbers(at, end) ? IMPORT_MATRIX : IMPORT_OPENCV;
}

struct import_frame import_frame_same(void)
{
    return (struct import_frame){ .metres_per_unit = 1, .axes = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
}

int import_units_parse(const char *word, double *ret_metres_per_unit, struct error *err)
{
    static const struct {
        const char *word;
        double metres;
    } units[] = { { "mm", 0.001 }, { "cm", 0.01 }, { "m", 1 } };
    for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
        if (strcmp(word, units[i].word) == 0) {
            *ret_metres_per_unit = units[i].metres;
            return 0;
        }
    }
    return error_set(err, -EINVAL, "unit \"%s\" is not known; lengths are in mm, cm or m", word);
}

/* One of "x", "-x", ...; a row of zeros with one 1 or -1. */
static bool parse_axis(const char **at, double row[static 3])
{
    double sign = **at == '-' ? -1 : 1;
    if (**at == '-' || **at == '+')
        (*at)++;
    if (**at < 'x' || **at > 'z')
        return false;
    row[0] = row[1] = row[2] = 0;
    row[**at - 'x'] = sign;
    (*at)++;
    return true;
}

int import_axes_parse(const char *text, double ret_axes[static 9], struct error *err)
{
    struct matrix3 axes;
    const char *at = text;
    for (int i = 0; i < 3; i++) {
        bool comma = i == 0 || *at++ == ',';
        if (!comma || !parse_axis(&at, axes.m + 3L * i))
            return error_set(err, -EINVAL,
                             "axes \"%s\": give three of x, y and z with their signs, for example "
                             "x,-y,-z",
                             text);
    }
    if (*at)
        return error_set(err, -EINVAL, "axes \"%s\" has more than three axes", text);
    double det = matrix3_det(axes);
    if (det == 0)
        return error_set(err, -EINVAL, "axes \"%s\" names an axis twice; each of x, y, z once",
                         text);
    if (det < 0)
        return error_set(err, -EINVAL,
                         "axes \"%s\" mirrors the world (a left-handed frame); change the sign of "
                         "one axis or swap two of them",
                         text);
    memcpy(ret_axes, axes.m, sizeof(axes.m));
    return 0;
}

static struct matrix3 matrix_of(const double m[static 9])
{
    struct matrix3 matrix;
    memcpy(matrix.m, m, sizeof(matrix.m));
    return matrix;
}

static struct matrix3 transposed(struct matrix3 a)
{
    return (struct matrix3){ { a.m[0], a.m[3], a.m[6], a.m[1], a.m[4], a.m[7], a.m[2], a.m[5],
                               a.m[8] } };
}

/* floor from source, without unit and shift. */
static struct matrix3 turn_of(const struct import_frame *frame)
{
    double c = cos(frame->rotate_rad), s = sin(frame->rotate_rad);
    struct matrix3 about_z = { { c, -s, 0, s, c, 0, 0, 0, 1 } };
    return matrix3_multiply(about_z, matrix_of(frame->axes));
}

/* p_camera = R (turn^T (p_floor - origin)) + unit t. */
static void place_pinhole(const struct import_frame *frame, struct import_camera *camera)
{
    struct matrix3 back = transposed(turn_of(frame));
    struct matrix3 rotation = matrix3_multiply(matrix_of(camera->rotation), back);
    double shift[3];
    matrix3_apply(&rotation, frame->origin_m[0], frame->origin_m[1], 0, shift);
    for (int i = 0; i < 3; i++)
        camera->translation[i] = camera->translation[i] * frame->metres_per_unit - shift[i];
    memcpy(camera->rotation, rotation.m, sizeof(camera->rotation));
    camera->centre_px[0] += frame->pixel_shift_px;
    camera->centre_px[1] += frame->pixel_shift_px;
}

/* Left of a matrix that gives pixels: move those. */
static void shift_rows(double *map, int columns, double shift_px)
{
    for (int i = 0; i < columns; i++) {
        map[i] += shift_px * map[2 * columns + i];
        map[columns + i] += shift_px * map[2 * columns + i];
    }
}

/* The same, scaled to a last row of unit length, as far as three or four columns tell. */
static void scale_rows(double *map, int columns)
{
    const double *last = map + 2L * columns;
    double length = sqrt(last[0] * last[0] + last[1] * last[1] + last[2] * last[2]);
    for (int i = 0; i < 3 * columns && length > 0; i++)
        map[i] /= length;
}

/* image from floor = shift_px * image from source * source from floor, in metres. */
static void place_projection(const struct import_frame *frame, struct import_camera *camera)
{
    struct matrix3 back = transposed(turn_of(frame));
    double *p = camera->map;
    shift_rows(p, 4, frame->pixel_shift_px);
    struct matrix3 left = { { p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10] } };
    struct matrix3 turned = matrix3_multiply(left, back);
    double moved[3];
    matrix3_apply(&turned, frame->origin_m[0], frame->origin_m[1], 0, moved);
    for (int row = 0; row < 3; row++) {
        memcpy(p + 4L * row, turned.m + 3L * row, 3 * sizeof(*p));
        p[4 * row + 3] = p[4 * row + 3] * frame->metres_per_unit - moved[row];
    }
    scale_rows(p, 4);
}

/* floor from image = (turn, unit and shift of the plane) * source from image * (unshift px). */
static int place_homography(const struct import_frame *frame, struct import_camera *camera,
                            struct error *err)
{
    struct matrix3 turn = turn_of(frame);
    if (fabs(turn.m[8]) < 0.5)
        return error_set(err, -EINVAL,
                         "a 3x3 matrix knows its own plane only, so that --axes must end in z or "
                         "-z");
    double unit = frame->metres_per_unit, d = frame->pixel_shift_px;
    struct matrix3 plane = { { unit * turn.m[0], unit * turn.m[1], frame->origin_m[0],
                               unit * turn.m[3], unit * turn.m[4], frame->origin_m[1], 0, 0, 1 } };
    struct matrix3 unshift = { { 1, 0, -d, 0, 1, -d, 0, 0, 1 } };
    struct matrix3 map = matrix3_multiply(matrix3_multiply(plane, matrix_of(camera->map)), unshift);
    memcpy(camera->map, map.m, sizeof(map.m));
    return 0;
}

int import_place(const struct import_camera *camera, const struct import_frame *frame,
                 struct import_camera *ret, struct error *err)
{
    struct import_camera placed = *camera;
    int r = 0;
    if (placed.model == IMPORT_PINHOLE)
        place_pinhole(frame, &placed);
    else if (placed.model == IMPORT_PROJECTION)
        place_projection(frame, &placed);
    else
        r = place_homography(frame, &placed, err);
    if (r == 0)
        *ret = placed;
    return r;
}

int import_position(const struct import_camera *placed, double ret_centre_m[static 3])
{
    const double *p = placed->map, *t = placed->translation;
    if (placed->model == IMPORT_HOMOGRAPHY)
        return -ENOTSUP;
    if (placed->model == IMPORT_PINHOLE) {
        struct matrix3 back = transposed(matrix_of(placed->rotation));
        matrix3_apply(&back, -t[0], -t[1], -t[2], ret_centre_m);
        return 0;
    }
    struct matrix3 left = { { p[0], p[1], p[2], p[4], p[5], p[6], p[8], p[9], p[10] } }, inverse;
    int r = matrix3_invert(left, &inverse);
    if (r == 0)
        matrix3_apply(&inverse, -p[3], -p[7], -p[11], ret_centre_m);
    return r;
}

struct camera_file import_camera_file(struct import_camera *placed)
{
    struct camera_file file = { .width_px = placed->width_px, .height_px = placed->height_px };
    if (placed->model == IMPORT_HOMOGRAPHY) {
        file.floor_from_image = (struct number_list){ placed->map, 9 };
        return file;
    }
    if (placed->model == IMPORT_PROJECTION) {
        file.image_from_floor = (struct number_list){ placed->map, 12 };
        return file;
    }
    file.pinhole.focal = (struct number_list){ placed->focal_px, 2 };
    file.pinhole.centre = (struct number_list){ placed->centre_px, 2 };
    file.pinhole.rotation = (struct number_list){ placed->rotation, 9 };
    file.pinhole.translation = (struct number_list){ placed->translation, 3 };
    file.lens.k1 = placed->k1;
    file.lens.k2 = placed->k2;
    file.lens.p1 = placed->p1;
    file.lens.p2 = placed->p2;
    file.lens.k3 = placed->k3;
    return file;
}

/* How far the rows are from unit length and right angles; NaN when a number is. */
static double rotation_off(const double r[static 9])
{
    double worst = 0;
    for (int i = 0; i < 3; i++) {
        for (int j = i; j < 3; j++) {
            double dot = 0;
            for (int k = 0; k < 3; k++)
                dot += r[3 * i + k] * r[3 * j + k];
            double off = fabs(dot - (i == j));
            worst = off <= worst ? worst : off;
        }
    }
    return worst;
}

int import_mend_rotation(double rotation[static 9], double *ret_off)
{
    struct matrix3 matrix = matrix_of(rotation), nearest;
    double off = rotation_off(rotation);
    *ret_off = off;
    if (!(off <= MENDABLE))
        return -EINVAL;
    if (matrix3_det(matrix) < 0)
        return -EDOM;
    int r = rotation_nearest(&matrix, &nearest);
    if (r == 0)
        memcpy(rotation, nearest.m, sizeof(nearest.m));
    return r;
}
