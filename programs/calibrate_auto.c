/*
 * calibrate_auto.c - floorfuse calibrate auto: a camera from people who walk past it
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "calib/autocalibrate.h"
#include "calib/calibration.h"
#include "image/image.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"

#define PROGRAM "floorfuse calibrate auto"
#define DEGREES (180 / M_PI)

/* As the command line has it. */
struct auto_request {
    const char *observations, *camera, *calibration, *out, *author, *note;
    double size[2], centre[2]; /* px; centre is NaN when not given */
    double height_m, height_sd_m, score;
};

static bool parse(int argc, char **argv, struct auto_request *r, int *ret_exit)
{
    *r = (struct auto_request){ .height_m = PERSON_HEIGHT_M,
                                .height_sd_m = PERSON_HEIGHT_SD_M,
                                .score = 0.5,
                                .centre = { NAN, NAN } };
    const struct argument arguments[] = {
        { "--observations", "FILE.csv", &r->observations, NULL,
          "boxes of people: of floorfuse detect, or as for replay", true },
        { "--camera", "ID", &r->camera, NULL, "which camera, if the file has several", false },
        { "--image",
          "W H",
          NULL,
          NULL,
          "size of the camera's picture, px; needed without --calibration",
          false,
          { r->size, 2, 16, IMAGE_EDGE_MAX, true } },
        { "--calibration", "FILE.cfg", &r->calibration, NULL,
          "a camera file with heights, to be judged instead", false },
        { "--height-m",
          "M",
          NULL,
          NULL,
          "mean height of the people (1.70)",
          false,
          { &r->height_m, 1, 0.5, 2.5 } },
        { "--height-sd-m",
          "M",
          NULL,
          NULL,
          "and its spread (0.10)",
          false,
          { &r->height_sd_m, 1, 0.01, 0.5 } },
        { "--centre",
          "X Y",
          NULL,
          NULL,
          "principal point, px (the picture's middle)",
          false,
          { r->centre, 2, -IMAGE_EDGE_MAX, 2 * IMAGE_EDGE_MAX } },
        { "--min-score",
          "X",
          NULL,
          NULL,
          "least score of a box (0.5)",
          false,
          { &r->score, 1, 0, 1 } },
        { "--out", "FILE.cfg", &r->out, NULL, "the camera file (default: only the report)", false },
        { "--author", "NAME", &r->author, NULL, "kept in the file", false },
        { "--note", "TEXT", &r->note, NULL, "kept in the file", false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Find out from the boxes of walking people how a camera hangs: focal length, "
                   "tilt, roll,\nheight and horizon, each with its standard deviation. "
                   "docs/calibration.md tells more.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    return arguments_parse(&line, argc, argv, ret_exit);
}

static int complain(const struct error *err)
{
    fprintf(stderr, PROGRAM ": %s\n", err->text);
    return EXIT_FAILED;
}

/* ---- words ---- */

static void auto_print_walkers(const struct walkers *walkers)
{
    printf("%zu boxes at %zu times; %zu boxes of %zu walking people are used\n", walkers->rows,
           walkers->times, walkers->count, walkers->tracks);
    for (int i = 0; i < WALKERS_REASONS; i++)
        if (walkers->left_out[i])
            printf("  left out: %zu %s\n", walkers->left_out[i],
                   walkers_reason_text((enum walkers_reason) i));
}

static void print_result(const struct auto_options *options, const struct auto_result *result)
{
    const struct auto_camera *c = &result->camera, *sd = &result->sd;
    double width = options->width_px;
    printf("\n%zu boxes agree; a person's boxes scatter by %.1f %%, people by %.1f %%\n",
           result->used, 100 * result->box_sd, 100 * result->person_sd);
    printf("camera height   %.2f m +- %.2f m, for people of %.2f m on average\n", c->height_m,
           sd->height_m, options->height_m);
    printf("tilt            %.1f +- %.1f degrees down\n", c->tilt_rad * DEGREES,
           sd->tilt_rad * DEGREES);
    printf("roll            %.1f +- %.1f degrees (positive: the right side hangs lower)\n",
           c->roll_rad * DEGREES, sd->roll_rad * DEGREES);
    printf("focal length    %.0f +- %.0f px\n", c->focal_px, sd->focal_px);
    printf("horizon         y = %.0f +- %.0f px at the left edge, %.0f +- %.0f px in the middle, "
           "%.0f +- %.0f px at the right edge\n",
           auto_horizon_y_px(options, c, 0), result->horizon_sd_px[0],
           auto_horizon_y_px(options, c, width / 2), result->horizon_sd_px[1],
           auto_horizon_y_px(options, c, width), result->horizon_sd_px[2]);
    struct undistorted_px vertical = auto_vertical_point(options, c);
    printf("verticals meet  at x = %.0f, y = %.0f px\n", vertical.x, vertical.y);
    if (result->focal_from_people < 0.5)
        printf("people hardly tell the focal length (%.0f %% of what is known; the rest is what "
               "lenses usually are): horizon and height are good, distances less so; measure two "
               "distances on the floor, or use floorfuse calibrate fit\n",
               100 * result->focal_from_people);
}

/* ---- the camera file ---- */

static int auto_write_camera(const struct auto_request *request, const struct camera_file *camera,
                             struct error *err)
{
    AUTO(text_release) struct text text = TEXT_INIT;
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    camera_file_write(camera, &text);
    if (text.failed)
        return error_set(err, -ENOMEM, "out of memory");
    if (calibration_parse(text.bytes, "the camera that was found", &calibration, &problems) < 0)
        return error_set(err, -EINVAL, "%s",
                         problems.count ? problems.sentences[0] : "out of memory");
    int r = file_write(request->out, text.bytes, text.length, 0644, err);
    if (r == 0)
        printf("\nsaved as %s, version %.8s\n", request->out, calibration_version(calibration));
    return r;
}

static int write_result(const struct auto_request *request, const struct auto_options *options,
                        const struct auto_result *result, struct error *err)
{
    AUTO(text_release) struct text note = TEXT_INIT;
    struct matrix3 rotation;
    double translation[3], focal[2] = { result->camera.focal_px, result->camera.focal_px };
    double centre[2] = { options->centre_x_px, options->centre_y_px };
    auto_camera_pose(&result->camera, &rotation, translation);
    text_format(&note,
                "from %zu boxes of walking people %.2f m tall: height %.2f +- %.2f m, tilt %.1f "
                "+- %.1f degrees, focal length +- %.0f px; floor: metres, origin under the "
                "camera, y the way it looks, x to its right",
                result->used, options->height_m, result->camera.height_m, result->sd.height_m,
                result->camera.tilt_rad * DEGREES, result->sd.tilt_rad * DEGREES,
                result->sd.focal_px);
    if (request->note)
        text_format(&note, "; %s", request->note);
    if (note.failed)
        return error_set(err, -ENOMEM, "out of memory");
    struct camera_file camera = {
        .width_px = (int) options->width_px,
        .height_px = (int) options->height_px,
        .pinhole = { { focal, 2 }, { centre, 2 }, { rotation.m, 9 }, { translation, 3 } },
        .author = (char *) request->author,
        .note = note.bytes,
    };
    return auto_write_camera(request, &camera, err);
}

/* ---- the whole ---- */

/* Nothing but boxes. Returns the exit code. */
static int run_bare(const struct auto_request *request)
{
    struct error err = { "" };
    AUTO(walkers_release) struct walkers walkers = { 0 };
    struct auto_result result;
    struct auto_options options = auto_defaults(request->size[0], request->size[1]);
    struct walkers_options choice = walkers_defaults(request->size[0], request->size[1]);
    options.height_m = request->height_m;
    options.height_sd_m = request->height_sd_m;
    if (isfinite(request->centre[0])) {
        options.centre_x_px = request->centre[0];
        options.centre_y_px = request->centre[1];
    }
    choice.camera = request->camera;
    choice.score_min = request->score;
    int r = walkers_load(request->observations, &choice, &walkers, &err);
    if (r < 0)
        return complain(&err);
    auto_print_walkers(&walkers);
    r = autocalibrate(&walkers, &options, &result, &err);
    if (r < 0) {
        error_prefix(&err, r, "%s", request->observations);
        return complain(&err);
    }
    print_result(&options, &result);
    if (request->out)
        r = write_result(request, &options, &result, &err);
    return r < 0 ? complain(&err) : EXIT_OK;
}

/* ---- a camera that is there already ---- */

static int load_camera(const char *path, struct camera_model *ret_camera, struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    char *text = NULL;
    size_t length;
    int r = file_read(path, CAMERA_FILE_BYTES_MAX, &text, &length, err);
    if (r == 0 && camera_file_parse(text, path, ret_camera, &problems) < 0)
        r = error_set(err, -EINVAL, "%s", problems.count ? problems.sentences[0] : "out of memory");
    free(text);
    if (r == 0 && !ret_camera->projection.has_height)
        r = error_set(err, -ENOTSUP,
                      "%s holds a bare homography, under which nobody has a height; leave "
                      "--calibration out, or mark a few points of known height (floorfuse "
                      "calibrate fit)",
                      path);
    return r;
}

/* Differences that are both large and certain are worth words. */
static void print_judgement(const struct auto_request *request, const struct auto_judgement *j)
{
    static const char *const names[AUTO_JUDGE_BANDS] = { "near", "midway", "far" };
    const double few = 0.04, sigmas = 2.5, scale_sd = 0.02;
    double off = j->height_m / request->height_m - 1;
    printf("\na middling person is %.2f +- %.2f m tall under this camera (%.2f m expected)\n",
           j->height_m, j->sd_m, request->height_m);
    for (int i = 0; i < AUTO_JUDGE_BANDS; i++)
        printf("  %-7s %5.1f m away   %.2f +- %.2f m\n", names[i], j->bands[i].distance_m,
               j->bands[i].height_m, j->bands[i].sd_m);
    double sd = hypot(j->sd_m / request->height_m, scale_sd);
    if (fabs(off) > few && fabs(off) > sigmas * sd)
        printf("people look %.0f %% too %s: the scale or the camera's height is wrong\n",
               100 * fabs(off), off > 0 ? "tall" : "short");
    double bend = j->bands[AUTO_JUDGE_BANDS - 1].height_m / j->bands[0].height_m - 1;
    double bend_sd = hypot(j->bands[0].sd_m, j->bands[AUTO_JUDGE_BANDS - 1].sd_m) / j->height_m;
    if (fabs(bend) > few && fabs(bend) > sigmas * bend_sd)
        printf("people %s by %.0f %% from near to far: tilt or focal length is wrong\n",
               bend > 0 ? "grow" : "shrink", 100 * fabs(bend));
}

static int run_judge(const struct auto_request *request)
{
    struct error err = { "" };
    AUTO(walkers_release) struct walkers walkers = { 0 };
    struct camera_model camera;
    struct auto_judgement judgement;
    int r = load_camera(request->calibration, &camera, &err);
    if (r < 0)
        return complain(&err);
    struct auto_options options = auto_defaults(camera.width_px, camera.height_px);
    struct walkers_options choice = walkers_defaults(camera.width_px, camera.height_px);
    options.height_m = request->height_m;
    choice.camera = request->camera;
    choice.score_min = request->score;
    r = walkers_load(request->observations, &choice, &walkers, &err);
    if (r < 0)
        return complain(&err);
    auto_print_walkers(&walkers);
    r = autocalibrate_judge(&walkers, &camera, &options, &judgement, &err);
    if (r < 0) {
        error_prefix(&err, r, "%s", request->observations);
        return complain(&err);
    }
    print_judgement(request, &judgement);
    return EXIT_OK;
}

static int check_request(const struct auto_request *r, struct error *err)
{
    if (!r->calibration && !(r->size[0] > 0))
        return error_set(err, -EINVAL, "--image W H or --calibration FILE.cfg is needed");
    if (r->calibration && r->size[0] > 0)
        return error_set(err, -EINVAL,
                         "--image cannot stand beside --calibration, which has the size");
    if (r->calibration && (isfinite(r->centre[0]) || r->out || r->author || r->note))
        return error_set(err, -EINVAL,
                         "a camera of --calibration is only judged: --centre, --out, --author and "
                         "--note are for one that is found");
    return 0;
}

int calibrate_auto(int argc, char **argv)
{
    struct auto_request request;
    struct error err = { "" };
    int exit_code;
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    if (check_request(&request, &err) < 0) {
        fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", err.text);
        return EXIT_USAGE;
    }
    return request.calibration ? run_judge(&request) : run_bare(&request);
}
