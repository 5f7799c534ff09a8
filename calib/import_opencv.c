/* import_opencv.c - intrinsics and pose out of OpenCV's files */
#include "calib/import_opencv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "calib/import_storage.h"
#include "calib/rotation.h"

/* A picture's edge is below this, as in camera files. */
#define SIZE_MAX_PX 16384

/* Skew below this part of the focal length is rounding. */
#define SKEW_TOLERANCE 1e-6

/* Solvers stay within half a turn; in degrees, or in another order, vectors are longer. */
#define TURN_MAX_RAD (2 * M_PI + 1e-6)

/* As simplified by storage_find. */
static const char *const camera_matrix_names[] = {
    "cameramatrix", "intrinsicmatrix", "intrinsics", "intrinsic", "mtx", "k", "m", NULL
};
static const char *const distortion_names[] = {
    "distortioncoefficients", "distortioncoeffs", "distcoeffs", "distortion", "dist", "d", NULL
};
static const char *const vector_names[] = { "rvec", "rotationvector", NULL };
static const char *const rotation_names[] = {
    "rotationmatrix", "rmat", "rot", "rotation", "r", NULL
};
static const char *const translation_names[] = { "tvec", "translationvector", "translation", "t",
                                                 NULL };
static const char *const pose_names[] = { "extrinsics", "extrinsic", "extrinsicmatrix", "rt",
                                          NULL };
static const char *const width_names[] = { "imagewidth", "width", NULL };
static const char *const height_names[] = { "imageheight", "height", NULL };
static const char *const size_names[] = { "imagesize", "resolution", NULL };
static const char *const lens_model_names[] = { "distortionmodel", "cameramodel", "cameratype",
                                                NULL };
static const char *const fisheye_names[] = { "fisheyemodel", "fisheye", NULL };
static const char *const stereo_names[] = { "q", "essentialmatrix", "fundamentalmatrix", NULL };

/* A file, and which of its cameras. */
struct source {
    struct storage storage;
    char suffix[12];
};

static int find(const struct source *source, const char *const *names,
                const struct storage_node **ret, struct error *err)
{
    return storage_find(&source->storage, names, source->suffix, ret, err);
}

/* A node that is there holds so many good numbers. */
static int check_count(const struct source *source, const struct storage_node *node, size_t count,
                       struct error *err)
{
    int r = storage_check(&source->storage, node, err);
    if (r == 0 && node->count != count)
        r = error_set(err, -EINVAL, "%s:%u: %s has %zu numbers instead of %zu",
                      source->storage.file, node->line, node->name, node->count, count);
    return r;
}

static int take_length(const struct source *source, const struct storage_node *node, double value,
                       int *ret_px, struct error *err)
{
    if (!(value >= 1 && value <= SIZE_MAX_PX) || value != floor(value))
        return error_set(err, -EINVAL, "%s:%u: %s is %g; a picture is 1 to %d px wide and high",
                         source->storage.file, node->line, node->name, value, SIZE_MAX_PX);
    *ret_px = (int) value;
    return 0;
}

/* A whole number of pixels; left alone when the name is not there. */
static int read_length(const struct source *source, const char *const *names, int *ret_px,
                       struct error *err)
{
    const struct storage_node *node;
    int r = storage_find(&source->storage, names, "", &node, err);
    if (r < 0 || !node)
        return r;
    r = check_count(source, node, 1, err);
    return r < 0 ? r : take_length(source, node, node->values[0], ret_px, err);
}

static int read_size(const struct source *source, struct import_camera *camera, struct error *err)
{
    const struct storage_node *node = NULL;
    int r = read_length(source, width_names, &camera->width_px, err);
    if (r == 0)
        r = read_length(source, height_names, &camera->height_px, err);
    if (r == 0)
        r = storage_find(&source->storage, size_names, "", &node, err);
    if (r < 0 || !node || camera->width_px)
        return r;
    r = check_count(source, node, 2, err);
    if (r == 0)
        r = take_length(source, node, node->values[0], &camera->width_px, err);
    if (r == 0)
        r = take_length(source, node, node->values[1], &camera->height_px, err);
    return r;
}

/* fx 0 cx, 0 fy cy, 0 0 1. */
static int check_camera_matrix(const struct source *source, const struct storage_node *node,
                               struct error *err)
{
    const double *k = node->values;
    const char *file = source->storage.file;
    if (!(k[0] > 0 && k[4] > 0))
        return error_set(err, -EINVAL, "%s:%u: %s: the focal lengths %g and %g must be positive",
                         file, node->line, node->name, k[0], k[4]);
    if (k[3] != 0 || k[6] != 0 || k[7] != 0 || k[8] != 1)
        return error_set(err, -EINVAL,
                         "%s:%u: %s is not a camera matrix: its rows must be fx 0 cx, 0 fy cy and "
                         "0 0 1",
                         file, node->line, node->name);
    if (fabs(k[1]) > SKEW_TOLERANCE * k[0])
        return error_set(err, -EINVAL,
                         "%s:%u: %s has a skew of %g px, which camera files cannot say; calibrate "
                         "without skew",
                         file, node->line, node->name, k[1]);
    return 0;
}

/* A file of several cameras, and nobody said which. */
static int missing_matrix(const struct source *source, struct error *err)
{
    const struct storage_node *first = NULL;
    if (!source->suffix[0] &&
        storage_find(&source->storage, camera_matrix_names, "1", &first, NULL) == 0 && first)
        return error_set(err, -EINVAL,
                         "%s:%u: the file holds several cameras (%s, ...); say which with --number "
                         "1, 2, ...",
                         source->storage.file, first->line, first->name);
    return error_set(err, -EINVAL,
                     "%s: no camera matrix; it is looked for as camera_matrix, cameraMatrix, K or "
                     "M%s",
                     source->storage.file, source->suffix);
}

static int read_camera_matrix(const struct source *source, struct import_camera *camera,
                              struct error *err)
{
    const struct storage_node *node;
    int r = find(source, camera_matrix_names, &node, err);
    if (r < 0)
        return r;
    if (!node)
        return missing_matrix(source, err);
    /* Kalibr's four: fx fy cx cy. */
    bool four = node->count == 4;
    r = check_count(source, node, four ? 4 : 9, err);
    if (r == 0 && !four)
        r = check_camera_matrix(source, node, err);
    const double *k = node->values;
    if (r == 0 && four && !(k[0] > 0 && k[1] > 0))
        r = error_set(err, -EINVAL, "%s:%u: %s: the focal lengths must be positive",
                      source->storage.file, node->line, node->name);
    if (r < 0)
        return r;
    camera->focal_px[0] = k[0];
    camera->focal_px[1] = k[four ? 1 : 4];
    camera->centre_px[0] = k[2];
    camera->centre_px[1] = k[four ? 3 : 5];
    return 0;
}

static int refuse_fisheye(const struct source *source, const struct storage_node *node,
                          const char *what, struct error *err)
{
    return error_set(err, -EINVAL,
                     "%s:%u: %s says %s; only the pinhole with Brown's k1 k2 p1 p2 k3 is "
                     "understood. Calibrate again with that, or undistort the picture first",
                     source->storage.file, node->line, node->name, what);
}

/* Fish-eyes use the same names for other formulas. */
static int check_lens_model(const struct source *source, struct error *err)
{
    static const char *const others[] = { "fisheye",         "equidistant", "equi", "kannala",
                                          "kannala_brandt",  "fov",         "omni", "mei",
                                          "omnidirectional", "ds",          "eucm" };
    const struct storage_node *node;
    for (size_t i = 0; i < source->storage.count; i++) {
        node = &source->storage.nodes[i];
        const struct storage alone = { source->storage.file, source->storage.nodes + i, 1 };
        const struct storage_node *match = NULL;
        if (storage_find(&alone, lens_model_names, "", &match, NULL) < 0 || !match)
            continue;
        for (size_t j = 0; j < ARRAY_LENGTH(others); j++)
            if (strcasecmp(node->word, others[j]) == 0)
                return refuse_fisheye(source, node, node->word, err);
    }
    int r = storage_find(&source->storage, fisheye_names, "", &node, err);
    if (r == 0 && node &&
        (node->word_line ? strcasecmp(node->word, "false") != 0 : node->values[0] != 0))
        r = refuse_fisheye(source, node, "that the lens is a fish-eye", err);
    return r;
}

static int read_distortion(const struct source *source, struct import_camera *camera,
                           struct error *err)
{
    const struct storage_node *node;
    int r = find(source, distortion_names, &node, err);
    if (r < 0 || !node)
        return r;
    r = storage_check(&source->storage, node, err);
    if (r < 0)
        return r;
    const double *d = node->values;
    size_t count = node->count;
    if (count != 0 && count != 4 && count != 5 && count != 8 && count != 12 && count != 14)
        return error_set(err, -EINVAL,
                         "%s:%u: %s has %zu coefficients; OpenCV's k1 k2 p1 p2 and perhaps k3 are "
                         "understood",
                         source->storage.file, node->line, node->name, count);
    for (size_t i = 5; i < count; i++) {
        if (d[i] != 0)
            return error_set(err, -EINVAL,
                             "%s:%u: %s has %zu coefficients and number %zu is not 0; only k1 k2 "
                             "p1 p2 k3 are understood. Calibrate again without the rational, prism "
                             "and tilted models",
                             source->storage.file, node->line, node->name, count, i + 1);
    }
    camera->has_lens = true;
    camera->k1 = d[0];
    camera->k2 = d[1];
    camera->p1 = d[2];
    camera->p2 = d[3];
    camera->k3 = count >= 5 ? d[4] : 0;
    return 0;
}

static int open_source(const char *bytes, size_t length, const char *file, int number,
                       struct source *source, struct error *err)
{
    if (number > 0)
        (void) snprintf(source->suffix, sizeof(source->suffix), "%d", number);
    return storage_parse(bytes, length, file, &source->storage, err);
}

int import_opencv_intrinsics(const char *bytes, size_t length, const char *file, int number,
                             struct import_camera *camera, struct error *err)
{
    struct source source = { .suffix = "" };
    struct import_camera result = *camera;
    result.model = IMPORT_PINHOLE;
    int r = open_source(bytes, length, file, number, &source, err);
    if (r == 0)
        r = read_size(&source, &result, err);
    if (r == 0)
        r = read_camera_matrix(&source, &result, err);
    if (r == 0)
        r = check_lens_model(&source, err);
    if (r == 0)
        r = read_distortion(&source, &result, err);
    storage_release(&source.storage);
    if (r == 0)
        *camera = result;
    return r;
}

/* Mend what was written with few digits; refuse what is no rotation. */
static int take_rotation(const struct source *source, const struct storage_node *node,
                         const double matrix[static 9], struct import_camera *camera,
                         struct error *err)
{
    double off;
    memcpy(camera->rotation, matrix, sizeof(camera->rotation));
    int r = import_mend_rotation(camera->rotation, &off);
    if (r == -EDOM)
        return error_set(err, -EINVAL,
                         "%s:%u: %s mirrors (its determinant is -1); a rotation does not",
                         source->storage.file, node->line, node->name);
    if (r < 0)
        return error_set(err, -EINVAL,
                         "%s:%u: %s is not a rotation: its rows are off unit length or right "
                         "angles by %.3g",
                         source->storage.file, node->line, node->name, off);
    return 0;
}

static int read_rotation(const struct source *source, const struct storage_node *node,
                         struct import_camera *camera, struct error *err)
{
    int r = storage_check(&source->storage, node, err);
    if (r < 0)
        return r;
    if (node->count == 3) {
        const double *v = node->values;
        if (hypot(hypot(v[0], v[1]), v[2]) > TURN_MAX_RAD)
            return error_set(err, -EINVAL,
                             "%s:%u: %s turns more than once round; its length is an angle in "
                             "radians",
                             source->storage.file, node->line, node->name);
        struct matrix3 rotation = rotation_of_vector(node->values);
        memcpy(camera->rotation, rotation.m, sizeof(camera->rotation));
        return 0;
    }
    if (node->count == 9)
        return take_rotation(source, node, node->values, camera, err);
    return error_set(err, -EINVAL,
                     "%s:%u: %s has %zu numbers; a rotation vector has 3 and a rotation matrix 9",
                     source->storage.file, node->line, node->name, node->count);
}

/* [R | t] in one matrix, 3x4 or with a last row of 0 0 0 1. */
static int read_whole_pose(const struct source *source, const struct storage_node *node,
                           struct import_camera *camera, struct error *err)
{
    const double *m = node->values;
    int r = check_count(source, node, node->count == 16 ? 16 : 12, err);
    if (r < 0)
        return r;
    const double matrix[9] = { m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10] };
    for (int i = 0; i < 3; i++)
        camera->translation[i] = m[4 * i + 3];
    camera->has_pose = true;
    return take_rotation(source, node, matrix, camera, err);
}

/* A stereo pair's R and T lead from one camera to the other. */
static int refuse_stereo(const struct source *source, const struct storage_node *rotation,
                         struct error *err)
{
    const struct storage_node *stereo = NULL;
    int r = storage_find(&source->storage, stereo_names, "", &stereo, err);
    if (r < 0 || !stereo)
        return r;
    return error_set(err, -EINVAL,
                     "%s:%u: %s of a stereo pair says where one camera is from the other, not "
                     "where the floor is; give the pose over the floor with --extrinsics",
                     source->storage.file, rotation->line, rotation->name);
}

static int read_pose(const struct source *source, struct import_camera *camera, struct error *err)
{
    const struct storage_node *rotation = NULL, *translation = NULL, *whole = NULL;
    int r = find(source, vector_names, &rotation, err);
    /* Some files say the rotation twice, as a vector and as a matrix. */
    if (r == 0 && !rotation)
        r = find(source, rotation_names, &rotation, err);
    if (r == 0)
        r = find(source, translation_names, &translation, err);
    if (r == 0)
        r = find(source, pose_names, &whole, err);
    if (r < 0)
        return r;
    if (!rotation && !translation)
        return whole ? read_whole_pose(source, whole, camera, err) : 0;
    if (!rotation || !translation) {
        const struct storage_node *there = rotation ? rotation : translation;
        return error_set(err, -EINVAL, "%s:%u: %s is there and the %s is not", source->storage.file,
                         there->line, there->name,
                         rotation ? "translation (tvec or T)" : "rotation (rvec or R)");
    }
    r = refuse_stereo(source, rotation, err);
    if (r == 0)
        r = read_rotation(source, rotation, camera, err);
    if (r == 0)
        r = check_count(source, translation, 3, err);
    if (r < 0)
        return r;
    memcpy(camera->translation, translation->values, sizeof(camera->translation));
    camera->has_pose = true;
    return 0;
}

int import_opencv_pose(const char *bytes, size_t length, const char *file, int number,
                       struct import_camera *camera, struct error *err)
{
    struct source source = { .suffix = "" };
    struct import_camera result = *camera;
    result.has_pose = false;
    int r = open_source(bytes, length, file, number, &source, err);
    if (r == 0)
        r = read_pose(&source, &result, err);
    /* A file of its own needs no number in its names. */
    source.suffix[0] = '\0';
    if (r == 0 && number > 0 && !result.has_pose)
        r = read_pose(&source, &result, err);
    storage_release(&source.storage);
    if (r == 0)
        *camera = result;
    return r;
}
