/*
 * calibrate_check.c - floorfuse calibrate check: what a camera file is worth
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "calib/fit_file.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"
#include "programs/calibrate_fit_print.h"
#include "programs/calibrate_pictures.h"
#include "programs/start.h"

#define PROGRAM "floorfuse calibrate check"

struct check_request {
    const char *file, *camera, *out_dir;
    size_t file_count;
    double max_error_cm;
    struct backdrop_words backdrop;
};

/* A camera file in all its forms. */
struct checked {
    struct camera_file file;
    struct calibration *calibration;
    struct marked_points points; /* what it was fitted to; none: imported, or written by hand */
    struct fit fit;
    struct fit_error *error; /* NULL as well then */
};

static void checked_release(struct checked *checked)
{
    fit_error_destroy(&checked->error);
    fit_release(&checked->fit);
    marked_points_release(&checked->points);
    calibration_destroy(&checked->calibration);
    camera_file_release(&checked->file);
}

static bool parse(int argc, char **argv, struct check_request *r, int *ret_exit)
{
    *r = (struct check_request){ .max_error_cm = INFINITY };
    const struct argument arguments[] = {
        { "--camera", "ID", &r->camera, NULL, "which camera of --config it is", false },
        { "--out-dir", "DIR", &r->out_dir, NULL, "draw footprint, heights, density and error there",
          false },
        { "--max-error-cm",
          "CM",
          NULL,
          NULL,
          "fail when half of the floor is expected to be worse",
          false,
          { &r->max_error_cm, 1, 0.1, 10000 } },
        BACKDROP_ARGUMENTS(r->backdrop),
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Say what a camera sees of the floor and how well, and draw it.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
        .operands = { "CAMERA.cfg", &r->file, 1, &r->file_count, true },
    };
    return arguments_parse(&line, argc, argv, ret_exit);
}

/* The fit behind the file, if it has one. */
static int read_fit(struct checked *checked)
{
    int r = fit_read(&checked->file, &checked->points, &checked->fit);
    if (r == 0)
        r = fit_error_create(&checked->fit, &checked->error);
    if (r == -ENODATA)
        printf("the file names no points it was fitted to: the error of the calibration itself is "
               "not known\n");
    else if (r == -EINVAL || r == -EDOM)
        printf("warning: the points in the file do not belong to its camera; the error of the "
               "calibration is not known\n");
    return r == -ENOMEM ? r : 0;
}

static int load(const char *path, struct checked *checked)
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct error err = { "out of memory" };
    char *text = NULL;
    size_t length;
    int r = file_read(path, CAMERA_FILE_BYTES_MAX, &text, &length, &err);
    if (r < 0) {
        fprintf(stderr, PROGRAM ": %s\n", err.text);
        return r;
    }
    r = camera_file_read(text, path, &checked->file, &problems);
    if (r == 0)
        r = calibration_parse(text, path, &checked->calibration, &problems);
    free(text);
    if (r < 0)
        print_problems(PROGRAM, &problems);
    return r;
}

/* DIR/STEM-NAME.png for each picture. */
static int draw_all(const struct check_request *request, const struct quality_request *drawing,
                    struct error *err)
{
    static const struct {
        enum quality_kind kind;
        bool over_camera;
        const char *name;
    } pictures[] = {
        { QUALITY_FOOTPRINT, false, "footprint" },     { QUALITY_PERSON, false, "person-px" },
        { QUALITY_DENSITY, false, "px-per-m" },        { QUALITY_ERROR, false, "error-plan" },
        { QUALITY_ERROR, true, "error-picture" },      { QUALITY_PIXEL, false, "pixel-plan" },
        { QUALITY_PERSON, true, "person-px-picture" },
    };
    int r = file_make_folder(request->out_dir, 0755, err);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(pictures); i++) {
        AUTO(text_release) struct text path = TEXT_INIT;
        if ((pictures[i].kind == QUALITY_ERROR && !drawing->quality->error) ||
            (pictures[i].kind == QUALITY_PERSON &&
             !calibration_has_height(drawing->quality->calibration)))
            continue;
        const char *slash = strrchr(request->file, '/');
        const char *name = slash ? slash + 1 : request->file;
        text_format(&path, "%s/%.*s-%s.png", request->out_dir, (int) strcspn(name, "."), name,
                    pictures[i].name);
        if (path.failed)
            return error_set(err, -ENOMEM, "out of memory");
        r = (pictures[i].over_camera ? quality_draw_over_camera : quality_draw_over_plan)(
            drawing, pictures[i].kind, path.bytes, err);
        if (r == 0)
            printf("drawn: %s\n", path.bytes);
    }
    return r;
}

static struct band_mark *marks_of(const struct marked_points *points)
{
    struct band_mark *marks = calloc(points->count + 1, sizeof(*marks));
    for (size_t i = 0; marks && i < points->count; i++)
        marks[i] = (struct band_mark){ { points->items[i].x_m, points->items[i].y_m },
                                       points->items[i].px,
                                       false };
    return marks;
}

static void print_origin(const struct check_request *request, const struct checked *checked)
{
    const struct camera_file *f = &checked->file;
    printf("%s: version %.8s, pictures of %dx%d\n", request->file,
           calibration_version(checked->calibration), f->width_px, f->height_px);
    if (f->author)
        printf("author: %s\n", f->author);
    if (f->note)
        printf("note: %s\n", f->note);
    if (f->valid_from)
        printf("valid from: %s\n", f->valid_from);
    if (checked->error)
        printf("fitted to %zu points by the model %s; a mark scatters by %.2g px\n",
               checked->points.count, f->fit.model, f->fit.sigma_px);
}

/* The exit code: whether the camera is as good as asked for. */
static int judge(const struct check_request *request, const struct view_quality *quality)
{
    const double half = 0.5;
    double error_cm;
    if (!isfinite(request->max_error_cm))
        return EXIT_OK;
    if (view_quantiles(quality, view_error_cm, &half, 1, &error_cm, NULL) < 0 || isnan(error_cm)) {
        fprintf(stderr,
                PROGRAM ": the error is not known, so it cannot be told whether it is "
                        "below %g cm\n",
                request->max_error_cm);
        return EXIT_FAILED;
    }
    if (error_cm <= request->max_error_cm)
        return EXIT_OK;
    fprintf(stderr,
            PROGRAM ": half of the floor is expected to be off by more than %.0f cm, %g cm "
                    "are allowed; mark more points, nearer to where it is worst\n",
            error_cm, request->max_error_cm);
    return EXIT_FAILED;
}

static int check(const struct check_request *request, const struct checked *checked)
{
    AUTO(backdrop_release) struct backdrop backdrop = { 0 };
    struct error err = { "out of memory" };
    uint32_t width, height;
    calibration_size(checked->calibration, &width, &height);
    int r =
        backdrop_load(PROGRAM, &request->backdrop, request->camera, width, height, &backdrop, &err);
    if (r < 0) {
        fprintf(stderr, PROGRAM ": %s\n", err.text);
        return EXIT_FAILED;
    }
    struct watch watch = { 0 };
    if (backdrop.config)
        calibration_expect_people(checked->calibration, people_of(backdrop.config));
    if (backdrop.camera)
        watch = watch_of(backdrop.camera);
    struct view_quality quality = {
        .calibration = checked->calibration,
        .view = backdrop_view(&backdrop, width, height),
        .watch = backdrop.camera ? &watch : NULL,
        .edge_sd_px = backdrop.camera ? backdrop.camera->foot_sd_px : FOOT_SD_PX,
        .person_height_m = calibration_people(checked->calibration).mean_m,
        .error = checked->error,
    };
    print_camera(&quality);
    if (request->out_dir) {
        struct band_mark *marks = marks_of(&checked->points);
        const char *title = request->camera ? request->camera : request->file;
        struct quality_request drawing = { &quality, &backdrop, title, marks,
                                           checked->points.count };
        r = marks ? draw_all(request, &drawing, &err) : -ENOMEM;
        free(marks);
    }
    if (r < 0)
        fprintf(stderr, PROGRAM ": %s\n", err.text);
    return r < 0 ? EXIT_FAILED : judge(request, &quality);
}

int calibrate_check(int argc, char **argv)
{
    struct check_request request;
    int exit_code;
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    AUTO(checked_release) struct checked checked = { 0 };
    if (load(request.file, &checked) < 0)
        return EXIT_FAILED;
    if (read_fit(&checked) < 0) {
        fprintf(stderr, PROGRAM ": out of memory\n");
        return EXIT_FAILED;
    }
    print_origin(&request, &checked);
    return check(&request, &checked);
}
