/*
 * calibrate_import.c - floorfuse calibrate import: camera files out of other tools' calibrations
 *
 * Nothing is written before every camera that was asked for has been understood, placed on our
 * floor and accepted as a camera file.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "calib/calibration.h"
#include "calib/import_folder.h"
#include "calib/import_matrix.h"
#include "calib/import_opencv.h"
#include "calib/import_tsai.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"
#include "programs/calibrate_import_print.h"
#include "programs/calibrate_import_request.h"

#define PROGRAM "floorfuse calibrate import"

/* Cameras hang between these; outside, the unit is probably wrong. */
#define HEIGHT_MIN_M 0.5
#define HEIGHT_MAX_M 40

#define FILE_MODE   0644
#define FOLDER_MODE 0755

/* One camera on its way from its source to its file. */
struct import {
    const char *source; /* path, for sentences */
    const char *format; /* in words */
    struct import_camera camera;
    struct tsai_lens_fit fit;
    bool has_fit;
    struct import_frame frame;
    struct text text; /* the camera file */
    char *out;        /* its path */
};

static void import_release(struct import *import)
{
    text_release(&import->text);
    free(import->out);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The unit that was given, or the format's own. */
static int choose_unit(const struct import_request *request, double known_metres,
                       struct import *import, struct error *err)
{
    import->frame = request->frame;
    if (request->units_given)
        return 0;
    if (known_metres == 0)
        return error_set(err, -EINVAL,
                         "%s does not say its unit of length; give --units mm, cm or m",
                         import->source);
    import->frame.metres_per_unit = known_metres;
    return 0;
}

/* The size that the source says and the one that was given must agree. */
static int choose_size(const struct import_request *request, struct import *import,
                       struct error *err)
{
    struct import_camera *camera = &import->camera;
    bool said = camera->width_px && camera->height_px;
    if (!said && !request->width_px)
        return error_set(err, -EINVAL, "%s does not say the picture's size; give --image W H",
                         import->source);
    if (said && request->width_px &&
        (camera->width_px != request->width_px || camera->height_px != request->height_px))
        return error_set(err, -EINVAL,
                         "%s is for pictures of %d x %d px, not of %d x %d; a calibration belongs "
                         "to one size",
                         import->source, camera->width_px, camera->height_px, request->width_px,
                         request->height_px);
    if (!said) {
        camera->width_px = request->width_px;
        camera->height_px = request->height_px;
    }
    return 0;
}

static int read_opencv(const struct import_request *request, const char *bytes, size_t length,
                       const char *extrinsics_path, struct import *import, struct error *err)
{
    const char *file = import->source;
    int r = import_opencv_intrinsics(bytes, length, file, request->number, &import->camera, err);
    if (r < 0)
        return r;
    char *pose = NULL;
    size_t pose_length = 0;
    if (extrinsics_path) {
        file = extrinsics_path;
        r = file_read(file, IMPORT_BYTES_MAX, &pose, &pose_length, err);
    }
    if (r == 0)
        r = import_opencv_pose(pose ? pose : bytes, pose ? pose_length : length, file,
                               request->number, &import->camera, err);
    free(pose);
    if (r == 0 && !import->camera.has_pose)
        r = error_set(err, -EINVAL,
                      "%s: no pose (rvec and tvec, or R and T): it says how the camera sees, not "
                      "where it hangs; give the file that does with --extrinsics",
                      file);
    return r;
}

/* A lens that came out too coarse is the person's to accept. */
static int check_fit(const struct import_request *request, const struct import *import,
                     struct error *err)
{
    const struct tsai_lens_fit *fit = &import->fit;
    double tolerance_px = request->lens_tolerance_px;
    if (fit->worst_px <= tolerance_px &&
        (fit->folded_share == 0 || tolerance_px > TSAI_TOLERANCE_PX))
        return 0;
    if (fit->folded_share > 0)
        return error_set(err, -EINVAL,
                         "%s: Tsai's formula for this lens folds inside the picture: %.1f %% of "
                         "it, at the corners, cannot be undone, the rest to within %.2f px. "
                         "--lens-tolerance %.2f takes it as it is",
                         import->source, 100 * fit->folded_share, fit->worst_px,
                         ceil(100 * fmax(fit->worst_px, TSAI_TOLERANCE_PX) + 1) / 100);
    return error_set(err, -EINVAL,
                     "%s: k1 k2 k3 can follow this strong a Tsai lens to within %.3f px only, "
                     "%.2f is asked for; --lens-tolerance %.2f takes it",
                     import->source, fit->worst_px, tolerance_px, ceil(100 * fit->worst_px) / 100);
}

static int read_tsai(const struct import_request *request, const char *bytes, size_t length,
                     struct import *import, struct error *err)
{
    struct tsai tsai;
    int r = import_tsai_parse(bytes, length, import->source, &tsai, err);
    if (r < 0)
        return r;
    import_tsai_camera(&tsai, request->frame.pixel_shift_px, &import->camera, &import->fit);
    import->has_fit = import->camera.has_lens;
    return import->has_fit ? check_fit(request, import, err) : 0;
}

/* An option that would do nothing is a misunderstanding. */
static int check_options(const struct import_request *request, enum import_format format,
                         struct error *err)
{
    const char *option = NULL, *goes_with = "OpenCV files";
    if (request->extrinsics_path && format != IMPORT_OPENCV)
        option = "--extrinsics";
    if (request->number && format != IMPORT_OPENCV)
        option = "--number";
    if (request->inverse && format != IMPORT_MATRIX) {
        option = "--inverse";
        goes_with = "3x3 matrices";
    }
    if (!option)
        return 0;
    return error_set(err, -EINVAL, "%s goes with %s, and %s is none", option, goes_with,
                     request->source);
}

/* What the bytes of a file say, and the unit that the format is known for; 0: none. */
static int read_format(const struct import_request *request, enum import_format format,
                       const char *bytes, size_t length, struct import *import,
                       double *ret_known_metres, struct error *err)
{
    int r = check_options(request, format, err);
    if (r < 0)
        return r;
    *ret_known_metres = 0;
    if (format == IMPORT_TSAI) {
        import->format = "Tsai";
        *ret_known_metres = 0.001;
        return read_tsai(request, bytes, length, import, err);
    }
    if (format == IMPORT_MATRIX) {
        import->format = "matrix";
        return import_matrix_parse(bytes, length, import->source, request->inverse, &import->camera,
                                   err);
    }
    import->format = "OpenCV";
    return read_opencv(request, bytes, length, request->extrinsics_path, import, err);
}

/* One file, in the format given or found. */
static int read_file(const struct import_request *request, struct import *import, struct error *err)
{
    char *bytes;
    size_t length;
    double known_metres;
    int r = file_read(import->source, IMPORT_BYTES_MAX, &bytes, &length, err);
    if (r < 0)
        return r;
    enum import_format format =
        request->format == IMPORT_AUTO ? import_format_of_bytes(bytes, length) : request->format;
    r = read_format(request, format, bytes, length, import, &known_metres, err);
    free(bytes);
    return r < 0 ? r : choose_unit(request, known_metres, import, err);
}

static int read_folder_camera(const struct import_request *request,
                              const struct import_folder *folder,
                              const struct import_folder_camera *camera, struct import *import,
                              struct error *err)
{
    char *bytes;
    size_t length;
    import->source = camera->intrinsics;
    import->format = folder->metres_per_unit == 1 ? "MultiviewX" : "WILDTRACK";
    int r = file_read(camera->intrinsics, IMPORT_BYTES_MAX, &bytes, &length, err);
    if (r < 0)
        return r;
    r = read_opencv(request, bytes, length, camera->extrinsics, import, err);
    free(bytes);
    memcpy(import->camera.name, camera->name, sizeof(import->camera.name));
    if (!import->camera.width_px && !request->width_px) {
        import->camera.width_px = folder->width_px;
        import->camera.height_px = folder->height_px;
    }
    return r < 0 ? r : choose_unit(request, folder->metres_per_unit, import, err);
}

/* Said before the camera file's own check, which cannot know where the numbers come from. */
static int check_height(const struct import *import, struct error *err)
{
    double centre_m[3];
    if (import_position(&import->camera, centre_m) < 0)
        return 0;
    if (centre_m[2] <= 0)
        return error_set(err, -EINVAL, "%s: the camera comes out %.2f m below the floor. %s",
                         import->source, -centre_m[2],
                         import->frame.axes[8] == 1
                             ? "If the source's z points down, as on OpenCV's boards, give --axes "
                               "x,-y,-z"
                             : "Does --axes name the axis that points up as the third?");
    if (centre_m[2] < HEIGHT_MIN_M || centre_m[2] > HEIGHT_MAX_M)
        fprintf(stderr,
                PROGRAM ": %s: warning: the camera comes out %.3g m above the floor; is the unit "
                        "of length right?\n",
                import->source, centre_m[2]);
    return 0;
}

/* The camera file's own sentences name lines of a file that nobody sees. */
static int check_camera_file(const struct import *import, struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    if (import->text.failed)
        return error_set(err, -ENOMEM, "out of memory");
    int r = calibration_parse(import->text.bytes, "imported", &calibration, &problems);
    if (r == 0)
        return 0;
    const char *sentence = problems.count ? problems.sentences[0] : "out of memory";
    const char *after_line = strstr(sentence, ": ");
    return error_set(err, r, "%s does not make a camera: %s", import->source,
                     after_line ? after_line + 2 : sentence);
}

/* Place the camera and write its file into memory. */
static int make_text(const struct import_request *request, struct import *import, struct error *err)
{
    int r = choose_size(request, import, err);
    if (r == 0)
        r = import_place(&import->camera, &import->frame, &import->camera, err);
    if (r == 0)
        r = check_height(import, err);
    if (r < 0)
        return r;
    struct camera_file file = import_camera_file(&import->camera);
    AUTO(text_release) struct text note = TEXT_INIT;
    text_format(&note, "imported from %s (%s)", base_name(import->source), import->format);
    if (import->has_fit)
        text_format(&note, "; lens within %.4f px of Tsai's", import->fit.worst_px);
    file.author = (char *) request->author;
    file.note = request->note ? (char *) request->note : note.bytes;
    camera_file_write(&file, &import->text);
    return check_camera_file(import, err);
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return a && b && stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* The one file that nobody can make again. */
static int check_out(const struct import_request *request, const struct import *import,
                     struct error *err)
{
    if (!same_file(import->out, import->source) &&
        !same_file(import->out, request->extrinsics_path))
        return 0;
    return error_set(err, -EINVAL, "%s is what is imported; write the camera file elsewhere",
                     import->out);
}

/* --out, or the camera's name in --out-dir: letters and digits, everything else "-". */
static int choose_out(const struct import_request *request, struct import *import,
                      struct error *err)
{
    char id[ID_SIZE];
    const char *name = import->camera.name[0] ? import->camera.name : base_name(import->source);
    if (request->camera_id && request->out_dir)
        name = request->camera_id;
    (void) snprintf(id, sizeof(id), "%s", name);
    char *dot = import->camera.name[0] ? NULL : strrchr(id, '.');
    if (dot && dot != id)
        *dot = '\0';
    for (char *c = id; *c; c++)
        *c = (char) (isalnum((unsigned char) *c) ? tolower((unsigned char) *c) : '-');
    int length = request->out_dir ? asprintf(&import->out, "%s/%s.cfg", request->out_dir, id)
                                  : asprintf(&import->out, "%s", request->out);
    if (length >= 0)
        return check_out(request, import, err);
    import->out = NULL;
    return error_set(err, -ENOMEM, "out of memory");
}

static int print_one(const struct import *import, struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct camera_model model;
    if (camera_file_parse(import->text.bytes, import->out, &model, &problems) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    printf("%s from %s (%s)\n", import->out, import->source, import->format);
    print_import(stdout, &import->camera, &model, import->has_fit ? &import->fit : NULL);
    return 0;
}

/* All is well: say it and write it. */
static int write_all(const struct import_request *request, const struct import *imports,
                     size_t count, struct error *err)
{
    int r = request->out_dir ? file_make_folder(request->out_dir, FOLDER_MODE, err) : 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        r = file_write(imports[i].out, imports[i].text.bytes, imports[i].text.length, FILE_MODE,
                       err);
        if (r == 0)
            r = print_one(&imports[i], err);
    }
    if (r == 0)
        printf(CALIBRATE_RELOAD_HINT);
    return r;
}

static int import_file(const struct import_request *request, struct error *err)
{
    AUTO(import_release) struct import import = { .source = request->source, .text = TEXT_INIT };
    int r = read_file(request, &import, err);
    if (r == 0)
        r = make_text(request, &import, err);
    if (r == 0)
        r = choose_out(request, &import, err);
    return r < 0 ? r : write_all(request, &import, 1, err);
}

/* Whether a folder's camera is the one that was asked for. */
static bool wanted(const struct import_request *request, const char *name)
{
    return !request->camera_id || strcasecmp(request->camera_id, name) == 0;
}

static int read_folder(const struct import_request *request, const struct import_folder *folder,
                       struct import *imports, size_t *count, struct error *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < folder->count; i++) {
        if (!wanted(request, folder->cameras[i].name))
            continue;
        struct import *import = &imports[(*count)++];
        *import = (struct import){ .text = TEXT_INIT };
        r = read_folder_camera(request, folder, &folder->cameras[i], import, err);
        if (r == 0)
            r = make_text(request, import, err);
        if (r == 0)
            r = choose_out(request, import, err);
        for (struct import *other = imports; r == 0 && request->out_dir && other < import; other++)
            if (strcmp(other->out, import->out) == 0)
                r = error_set(err, -EINVAL, "%s and %s would both be written to %s", other->source,
                              import->source, import->out);
    }
    if (r == 0 && *count == 0)
        r = error_set(err, -EINVAL, "%s: there is no camera \"%s\" in it", request->source,
                      request->camera_id);
    if (r == 0 && *count > 1 && request->out)
        r = error_set(err, -EINVAL,
                      "%s holds %zu cameras and --out is one file; give --out-dir or --camera",
                      request->source, *count);
    return r;
}

static int import_folder(const struct import_request *request, struct error *err)
{
    AUTO(import_folder_release) struct import_folder folder = { .cameras = NULL };
    int r = import_folder_list(request->source, request->intrinsics_kind, &folder, err);
    if (r < 0)
        return r;
    r = check_options(request, IMPORT_WILDTRACK, err);
    if (r < 0)
        return r;
    size_t count = 0;
    struct import *imports = calloc(folder.count, sizeof(*imports));
    if (!imports)
        return error_set(err, -ENOMEM, "out of memory");
    r = read_folder(request, &folder, imports, &count, err);
    if (r == 0)
        r = write_all(request, imports, count, err);
    for (size_t i = 0; i < count; i++)
        import_release(&imports[i]);
    free(imports);
    return r;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

int calibrate_import(int argc, char **argv)
{
    struct import_request request;
    struct error err = { "" };
    int exit_code;
    if (!import_request_read(argc, argv, &request, &exit_code))
        return exit_code;
    bool folder = request.format == IMPORT_WILDTRACK ||
                  (request.format == IMPORT_AUTO && is_folder(request.source));
    int r = folder ? import_folder(&request, &err) : import_file(&request, &err);
    if (r < 0)
        fprintf(stderr, PROGRAM ": %s\n", err.text);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}
