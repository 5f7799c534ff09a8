/*
 * calibrate_fit.c - floorfuse calibrate fit: a camera from pairs of points
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "calib/fit_advice.h"
#include "calib/fit_file.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"
#include "programs/calibrate_fit_print.h"
#include "programs/calibrate_pictures.h"
#include "programs/start.h"

#define PROGRAM "floorfuse calibrate fit"

struct fit_request {
    const char *camera, *points, *lens, *model, *out;
    const char *error_plan, *error_picture;
    double size[2], sigma_px, max_error_cm;
    struct fit_words words;
    struct backdrop_words backdrop;
};

static int complain(const struct error *err)
{
    fprintf(stderr, PROGRAM ": %s\n", err->text);
    return EXIT_FAILED;
}

static bool parse(int argc, char **argv, struct fit_request *r, int *ret_exit)
{
    *r = (struct fit_request){ .sigma_px = 1, .max_error_cm = FIT_MAX_ERROR_CM };
    const struct argument arguments[] = {
        { "--camera", "ID", &r->camera, NULL, "which camera, for titles and --config", true },
        { "--image",
          "W H",
          NULL,
          NULL,
          "size of the picture the points were marked in, px",
          true,
          { r->size, 2, 1, IMAGE_EDGE_MAX, true } },
        { "--points", "FILE.csv", &r->points, NULL, "columns x_px,y_px,x_m,y_m and z_m,name",
          true },
        { "--out", "ID.cfg", &r->out, NULL, "the camera file (default: only the report)", false },
        { "--lens", "FILE.cfg", &r->lens, NULL, "a camera file whose lens and focal length hold",
          false },
        { "--model", "NAME", &r->model, NULL, "only this model (default: the best foreteller)",
          false },
        { "--sigma-px",
          "PX",
          NULL,
          NULL,
          "how well a mark is expected to sit (1)",
          false,
          { &r->sigma_px, 1, 0.05, 100 } },
        { "--max-error-cm",
          "CM",
          NULL,
          NULL,
          "refuse to save what is worse (50)",
          false,
          { &r->max_error_cm, 1, 0.1, 10000 } },
        { "--author", "NAME", &r->words.author, NULL, "who marked the points", false },
        { "--note", "TEXT", &r->words.note, NULL, "kept in the file", false },
        { "--valid-from", "TIME", &r->words.valid_from, NULL,
          "since when the camera stands like this, e.g. 2026-11-23T09:00Z", false },
        { "--error-plan", "FILE.png", &r->error_plan, NULL, "draw the expected error over the plan",
          false },
        { "--error-picture", "FILE.png", &r->error_picture, NULL,
          "draw it over the camera's picture", false },
        BACKDROP_ARGUMENTS(r->backdrop),
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose =
            "Fit a camera to points that are known in its picture and on the floor, say in cm how\n"
            "good it is, and save it if it is good enough. docs/calibration.md tells how to mark.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    return arguments_parse(&line, argc, argv, ret_exit);
}

static int check_request(const struct fit_request *r, struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    int64_t time_us;
    if (!*r->camera || strlen(r->camera) >= ID_SIZE ||
        strspn(r->camera, letters) != strlen(r->camera))
        return error_set(err, -EINVAL,
                         "--camera \"%s\": an id is made of a-z, 0-9 and -, shorter than %d",
                         r->camera, ID_SIZE);
    if (r->words.valid_from && clock_wall_parse(r->words.valid_from, &time_us, err) < 0)
        return -EINVAL;
    return 0;
}

/* ---- what is given ---- */

static int read_lens(const char *path, struct camera_file *ret_lens, struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    char *text = NULL;
    size_t length;
    int r = file_read(path, CAMERA_FILE_BYTES_MAX, &text, &length, err);
    if (r == 0 && camera_file_read(text, path, ret_lens, &problems) < 0)
        r = error_set(err, -EINVAL, "%s", problems.count ? problems.sentences[0] : "out of memory");
    free(text);
    return r;
}

/* ---- what is written ---- */

/* The fit as a camera file's text, and what that is worth when it is read back as every program
 * reads it. */
static int make_file(const struct fit_request *request, const struct fit *fit, struct text *text,
                     struct calibration **ret_calibration, struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(text_release) struct text note = TEXT_INIT;
    struct fit_words words = request->words;
    text_format(&note, "camera %s, fitted to %zu of %zu points", request->camera, fit->result.count,
                fit->data.count);
    if (!words.note)
        words.note = note.bytes;
    if (note.failed || fit_write(fit, &words, text) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    if (calibration_parse(text->bytes, "the fitted camera", ret_calibration, &problems) == 0)
        return 0;
    return error_set(err, -EINVAL, "%s", problems.count ? problems.sentences[0] : "out of memory");
}

static struct band_mark *marks_of(const struct fit *fit)
{
    struct band_mark *marks = calloc(fit->data.count, sizeof(*marks));
    for (size_t i = 0; marks && i < fit->data.count; i++) {
        const struct marked_point *p = &fit->data.points[i];
        marks[i] = (struct band_mark){ { p->x_m, p->y_m }, p->px, !fit->points[i].kept };
    }
    return marks;
}

static int draw(const struct fit_request *request, const struct fit *fit,
                const struct view_quality *quality, const struct backdrop *backdrop,
                struct error *err)
{
    char title[ID_SIZE + 16];
    struct band_mark *marks = marks_of(fit);
    (void) snprintf(title, sizeof(title), "camera %s", request->camera);
    struct quality_request drawing = { quality, backdrop, title, marks, fit->data.count };
    int r = marks ? 0 : error_set(err, -ENOMEM, "out of memory");
    if (r == 0 && request->error_plan)
        r = quality_draw_over_plan(&drawing, QUALITY_ERROR, request->error_plan, err);
    if (r == 0 && request->error_picture)
        r = quality_draw_over_camera(&drawing, QUALITY_ERROR, request->error_picture, err);
    free(marks);
    return r;
}

/* ---- the whole ---- */

/* Report, draw, and save what is good enough. Returns the exit code. */
static int conclude(const struct fit_request *request, const struct marked_points *points,
                    const struct fit *fit, const struct backdrop *backdrop)
{
    AUTO(problems_release) struct problems warnings = { 0 };
    AUTO(problems_release) struct problems refusals = { 0 };
    AUTO(text_release) struct text text = TEXT_INIT;
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    AUTO(fit_error_destroy) struct fit_error *error = NULL;
    struct error err = { "out of memory" };
    if (fit_advise(points, fit, request->max_error_cm, &warnings, &refusals) < 0)
        return complain(&err);
    print_fit(points, fit);
    int r = make_file(request, fit, &text, &calibration, &err);
    if (r == 0 && (r = fit_error_create(fit, &error)) < 0)
        r = error_set(&err, r, "%s: the points do not determine a camera", points->source);
    if (r < 0) {
        print_advice(PROGRAM, &warnings, &refusals);
        return complain(&err);
    }
    if (backdrop->config)
        calibration_expect_people(calibration, people_of(backdrop->config));
    struct view_quality quality = {
        .calibration = calibration,
        .view = backdrop_view(backdrop, (uint32_t) fit->data.frame.width_px,
                              (uint32_t) fit->data.frame.height_px),
        .edge_sd_px = FOOT_SD_PX,
        .person_height_m = calibration_people(calibration).mean_m,
        .error = error,
    };
    print_camera(&quality);
    print_advice(PROGRAM, &warnings, &refusals);
    r = draw(request, fit, &quality, backdrop, &err);
    if (r == 0 && refusals.count == 0 && request->out)
        r = file_write(request->out, text.bytes, text.length, 0644, &err);
    if (r < 0)
        return complain(&err);
    if (refusals.count)
        fprintf(stderr, PROGRAM ": nothing was saved\n");
    else if (request->out)
        printf("\nsaved as %s, version %.8s\n" CALIBRATE_RELOAD_HINT, request->out,
               calibration_version(calibration));
    return refusals.count ? EXIT_FAILED : EXIT_OK;
}

int calibrate_fit(int argc, char **argv)
{
    struct fit_request request;
    int exit_code;
    struct error err = { "" };
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    AUTO(backdrop_release) struct backdrop backdrop = { 0 };
    AUTO(marked_points_release) struct marked_points points = { 0 };
    AUTO(camera_file_release) struct camera_file lens = { 0 };
    AUTO(fit_release) struct fit fit = { 0 };
    uint32_t width = (uint32_t) request.size[0], height = (uint32_t) request.size[1];
    if (check_request(&request, &err) < 0) {
        fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", err.text);
        return EXIT_USAGE;
    }
    int r =
        backdrop_load(PROGRAM, &request.backdrop, request.camera, width, height, &backdrop, &err);
    if (r == 0 && request.lens)
        r = read_lens(request.lens, &lens, &err);
    if (r == 0)
        r = marked_points_load(request.points, width, height, &points, &err);
    struct fit_options options = { width, height, request.sigma_px, request.model,
                                   request.lens ? &lens : NULL };
    if (r == 0)
        r = fit_points(&points, &options, &fit, &err);
    return r < 0 ? complain(&err) : conclude(&request, &points, &fit, &backdrop);
}
