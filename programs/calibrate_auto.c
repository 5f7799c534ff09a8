/*
 * calibrate_auto.c - floorfuse calibrate auto: a camera from people who walk past it
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"
#include "calib/autocalibrate_heights.h"
#include "calib/calibration.h"
#include "calib/fit_file.h"
#include "image/image.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"

#define PROGRAM "floorfuse calibrate auto"
#define DEGREES (180 / M_PI)

/* Differences below these are not worth words: as a share, and in standard deviations; and how well
 * the mean person is known, as a share. */
#define FEW      0.04
#define SIGMAS   2.5
#define SCALE_SD 0.02

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
          "a camera file: with heights it is judged, without it gets them", false },
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
        .purpose =
            "Find out from the boxes of walking people how a camera hangs: focal length, "
            "tilt, roll,\nheight and horizon, each with its standard deviation. A camera file "
            "that knows only the\nfloor (a homography) gets heights, so that heads can be "
            "placed; one that knows heights\nis judged. docs/calibration.md tells more.",
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
        printf("\nsaved as %s, version %.8s\n" CALIBRATE_RELOAD_HINT, request->out,
               calibration_version(calibration));
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

/* A camera file, and what pixels go through. */
struct given {
    struct camera_file file;
    struct camera_model camera;
};

static void given_release(struct given *given)
{
    camera_file_release(&given->file);
}

static int load_given(const char *path, struct given *given, struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    char *text = NULL;
    size_t length;
    int r = file_read(path, CAMERA_FILE_BYTES_MAX, &text, &length, err);
    if (r == 0 && (camera_file_parse(text, path, &given->camera, &problems) < 0 ||
                   camera_file_read(text, path, &given->file, &problems) < 0))
        r = error_set(err, -EINVAL, "%s", problems.count ? problems.sentences[0] : "out of memory");
    free(text);
    return r;
}

static void print_people(const struct auto_request *request, const struct auto_judgement *j)
{
    static const char *const names[AUTO_JUDGE_BANDS] = { "near", "midway", "far" };
    printf("\na middling person is %.2f +- %.2f m tall under this camera (%.2f m expected)\n",
           j->height_m, j->sd_m, request->height_m);
    for (int i = 0; i < AUTO_JUDGE_BANDS; i++)
        printf("  %-7s %5.1f m away   %.2f +- %.2f m\n", names[i], j->bands[i].distance_m,
               j->bands[i].height_m, j->bands[i].sd_m);
    double bend = j->bands[AUTO_JUDGE_BANDS - 1].height_m / j->bands[0].height_m - 1;
    double bend_sd = hypot(j->bands[0].sd_m, j->bands[AUTO_JUDGE_BANDS - 1].sd_m) / j->height_m;
    if (fabs(bend) > FEW && fabs(bend) > SIGMAS * bend_sd)
        printf("people %s by %.0f %% from near to far: tilt or focal length is wrong\n",
               bend > 0 ? "grow" : "shrink", 100 * fabs(bend));
}

/* Differences that are both large and certain are worth words. */
static void print_judgement(const struct auto_request *request, const struct auto_judgement *j)
{
    double off = j->height_m / request->height_m - 1;
    double sd = hypot(j->sd_m / request->height_m, SCALE_SD);
    print_people(request, j);
    if (fabs(off) > FEW && fabs(off) > SIGMAS * sd)
        printf("people look %.0f %% too %s: the scale or the camera's height is wrong\n",
               100 * fabs(off), off > 0 ? "tall" : "short");
}

static int judge_given(const struct auto_request *request, const struct given *given,
                       const struct walkers *walkers, const struct auto_options *options,
                       struct error *err)
{
    struct auto_judgement judgement;
    int r = autocalibrate_judge(walkers, &given->camera, options, &judgement, err);
    if (r == 0)
        print_judgement(request, &judgement);
    return r;
}

/* ---- a camera that knows the floor only ---- */

/* How exactly the homography knows the focal length, when the file holds what it was fitted to. */
static double floor_log_sd(const struct given *given, const struct auto_options *options)
{
    AUTO(marked_points_release) struct marked_points points = { 0 };
    AUTO(fit_release) struct fit fit = { 0 };
    return fit_read(&given->file, &points, &fit) == 0
               ? auto_focal_log_sd(&fit, options->centre_x_px, options->centre_y_px)
               : NAN;
}

static void print_focal(const char *whose, const struct auto_focal *focal)
{
    if (!isfinite(focal->px))
        printf("focal length    of %s: not known\n", whose);
    else if (!isfinite(focal->log_sd))
        printf("focal length    of %s: %.0f px\n", whose, focal->px);
    else
        printf("focal length    of %s: %.0f +- %.0f px\n", whose, focal->px,
               focal->px * focal->log_sd);
}

static void print_heights(const struct auto_request *request, const struct given *given,
                          const struct auto_heights *h)
{
    const double *g = given->camera.projection.floor_from_undistorted.m + 6;
    double width = given->camera.width_px;
    printf("\n");
    print_focal("the people", &h->people);
    print_focal("the floor's map by itself", &h->floor);
    if (isfinite(h->sigmas_apart)) {
        print_focal("both", &h->both);
        printf("                the two are %.1f standard deviations apart%s\n", h->sigmas_apart,
               h->sigmas_apart > 3 ? "; one of them is wrong: is the principal point off the "
                                     "middle (--centre)?"
                                   : "");
    }
    printf("camera height   %.2f +- %.2f m, at (%.2f, %.2f), for people of %.2f m on average\n",
           h->height_m, h->height_sd_m, h->position.x, h->position.y, request->height_m);
    printf("tilt            %.1f degrees down\n", h->tilt_rad * DEGREES);
    printf("horizon         y = %.0f px at the left edge, %.0f px in the middle, %.0f px at the "
           "right edge (of the map)\n",
           -g[2] / g[1], -(g[0] * width / 2 + g[2]) / g[1], -(g[0] * width + g[2]) / g[1]);
    const double *m = h->image_from_floor;
    printf("verticals meet  at x = %.0f, y = %.0f px\n", m[2] / m[10], m[6] / m[10]);
    print_people(request, &h->people_now);
}

/* The same map of the floor, with the heights that people have given it. */
static int write_heights(const struct auto_request *request, struct given *given,
                         struct auto_heights *h, struct error *err)
{
    AUTO(text_release) struct text note = TEXT_INIT;
    struct camera_file file = given->file; /* borrowed, but for what is replaced */
    text_format(&note,
                "heights from walking people %.2f m tall: camera %.2f +- %.2f m high, focal length "
                "%.0f +- %.0f px; the floor as in %s%s%s",
                request->height_m, h->height_m, h->height_sd_m, h->both.px,
                h->both.px * h->both.log_sd, request->calibration, request->note ? "; " : "",
                request->note ? request->note : "");
    if (note.failed)
        return error_set(err, -ENOMEM, "out of memory");
    file.floor_from_image = (struct number_list){ 0 };
    file.image_from_floor = (struct number_list){ h->image_from_floor, 12 };
    file.fit.model = NULL; /* the marks were fitted by another model */
    file.points = (struct number_lists){ 0 };
    file.note = note.bytes;
    if (request->author)
        file.author = (char *) request->author;
    return auto_write_camera(request, &file, err);
}

static int raise_given(const struct auto_request *request, struct given *given,
                       const struct walkers *walkers, struct auto_options *options,
                       struct error *err)
{
    struct auto_heights heights;
    const struct number_list *lens_centre = &given->file.lens.centre;
    bool asked = isfinite(request->centre[0]);
    if (asked || lens_centre->count == 2) {
        options->centre_x_px = asked ? request->centre[0] : lens_centre->values[0];
        options->centre_y_px = asked ? request->centre[1] : lens_centre->values[1];
    }
    int r = autocalibrate_heights(walkers, &given->camera, options, floor_log_sd(given, options),
                                  &heights, err);
    if (r < 0)
        return r;
    print_heights(request, given, &heights);
    return request->out ? write_heights(request, given, &heights, err) : 0;
}

static int run_given(const struct auto_request *request)
{
    struct error err = { "" };
    AUTO(walkers_release) struct walkers walkers = { 0 };
    AUTO(given_release) struct given given = { 0 };
    int r = load_given(request->calibration, &given, &err);
    if (r < 0)
        return complain(&err);
    bool judged = given.camera.projection.has_height;
    if (judged &&
        (isfinite(request->centre[0]) || request->out || request->author || request->note)) {
        fprintf(stderr,
                PROGRAM ": %s knows heights and is only judged: --centre, --out, --author "
                        "and --note are for a camera that is found\n",
                request->calibration);
        return EXIT_FAILED;
    }
    struct auto_options options = auto_defaults(given.camera.width_px, given.camera.height_px);
    struct walkers_options choice = walkers_defaults(given.camera.width_px, given.camera.height_px);
    options.height_m = request->height_m;
    choice.camera = request->camera;
    choice.score_min = request->score;
    r = walkers_load(request->observations, &choice, &walkers, &err);
    if (r < 0)
        return complain(&err);
    auto_print_walkers(&walkers);
    r = judged ? judge_given(request, &given, &walkers, &options, &err)
               : raise_given(request, &given, &walkers, &options, &err);
    if (r < 0) {
        error_prefix(&err, r, "%s", request->observations);
        return complain(&err);
    }
    return EXIT_OK;
}

static int check_request(const struct auto_request *r, struct error *err)
{
    if (!r->calibration && !(r->size[0] > 0))
        return error_set(err, -EINVAL, "--image W H or --calibration FILE.cfg is needed");
    if (r->calibration && r->size[0] > 0)
        return error_set(err, -EINVAL,
                         "--image cannot stand beside --calibration, which has the size");
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
    return request.calibration ? run_given(&request) : run_bare(&request);
}
