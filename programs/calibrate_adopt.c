/*
 * calibrate_adopt.c - floorfuse calibrate adopt and history: corrections taken, versions kept
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "calib/calibration.h"
#include "calib/finding.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"
#include "programs/calibrate_versions.h"
#include "programs/start.h"

#define PROGRAM "floorfuse calibrate adopt"

/* Places of the picture at which the shift is measured, a side. */
#define PROBES 40

struct adopt_request {
    const char *finding, *calibration, *author, *note, *valid_from;
    size_t finding_count;
    bool dry_run;
};

/* A camera file before and after. */
struct adoption {
    struct finding finding;
    char *old_text;
    struct calibration *old, *fresh;
    struct text new_text;
};

static void adoption_release(struct adoption *adoption)
{
    finding_release(&adoption->finding);
    free(adoption->old_text);
    calibration_destroy(&adoption->old);
    calibration_destroy(&adoption->fresh);
    text_release(&adoption->new_text);
}

static bool parse(int argc, char **argv, struct adopt_request *r, int *ret_exit)
{
    *r = (struct adopt_request){ 0 };
    const struct argument arguments[] = {
        { "--calibration", "CAMERA.cfg", &r->calibration, NULL, "the camera file to correct",
          true },
        { "--author", "NAME", &r->author, NULL, "who takes it", false },
        { "--note", "TEXT", &r->note, NULL, "kept in the file (default: the finding's)", false },
        { "--valid-from", "TIME", &r->valid_from, NULL,
          "since when it holds (default: now), e.g. 2026-11-23T09:00Z", false },
        { "--dry-run", NULL, NULL, &r->dry_run, "say what would move, change nothing", false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Take a proposed correction as a new version of a camera file. The old version "
                   "is kept\n"
                   "beside it. docs/calibration.md has the format of findings.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
        .operands = { "FINDING", &r->finding, 1, &r->finding_count, true },
    };
    return arguments_parse(&line, argc, argv, ret_exit);
}

static int read_text(const char *path, size_t limit, char **ret_text, struct error *err)
{
    size_t length;
    int r = file_read(path, limit, ret_text, &length, err);
    if (r == 0 && strlen(*ret_text) != length)
        r = error_set(err, -EINVAL, "%s: not a text file: it holds a zero byte", path);
    return r;
}

static int first_problem(const struct problems *problems, int r, struct error *err)
{
    return error_set(err, r, "%s", problems->count ? problems->sentences[0] : "out of memory");
}

static int read_finding(const struct adopt_request *request, struct adoption *adoption,
                        struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    char *text = NULL;
    int r = read_text(request->finding, CAMERA_FILE_BYTES_MAX, &text, err);
    if (r == 0) {
        r = finding_read(text, request->finding, &adoption->finding, &problems);
        r = r < 0 ? first_problem(&problems, r, err) : 0;
    }
    free(text);
    return r;
}

static int read_old(const struct adopt_request *request, struct adoption *adoption,
                    struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    int r = read_text(request->calibration, CAMERA_FILE_BYTES_MAX, &adoption->old_text, err);
    if (r < 0)
        return r;
    r = calibration_parse(adoption->old_text, request->calibration, &adoption->old, &problems);
    if (r < 0)
        return first_problem(&problems, r, err);
    const char *version = calibration_version(adoption->old);
    if (finding_is_about(&adoption->finding, version))
        return 0;
    return error_set(err, -EINVAL,
                     "%s was judged against version %.8s of camera %s, but %s is version %.8s now; "
                     "it has been corrected or calibrated since: look for a newer finding",
                     request->finding, adoption->finding.calibration, adoption->finding.camera,
                     request->calibration, version);
}

static void describe(const struct finding *finding, struct text *note)
{
    if (finding->correction.floor_from_floor.count)
        text_append(note, "corrected by a homography");
    else
        text_format(note, "corrected by %+.3f m, %+.3f m, %+.2f degrees", finding->correction.dx_m,
                    finding->correction.dy_m, finding->correction.rotation_deg);
    if (finding->evidence)
        text_format(note, "; %s", finding->evidence);
}

static void replace_string(char **string, const char *value)
{
    free(*string);
    *string = strdup(value); /* without memory the word is missing; the camera is right */
}

/* What the new version says about itself. */
static int set_words(const struct adopt_request *request, const struct finding *finding,
                     struct camera_file *file)
{
    AUTO(text_release) struct text note = TEXT_INIT;
    char now[WALL_TEXT_SIZE];
    if (request->note)
        text_append(&note, request->note);
    else if (finding->note)
        text_append(&note, finding->note);
    else
        describe(finding, &note);
    if (note.failed)
        return -ENOMEM;
    replace_string(&file->note, note.bytes);
    if (request->author)
        replace_string(&file->author, request->author);
    replace_string(&file->valid_from,
                   request->valid_from
                       ? request->valid_from
                       : clock_wall_format(clock_wall_us() / US_PER_S * US_PER_S, now));
    return 0;
}

static int make_new(const struct adopt_request *request, struct adoption *adoption,
                    struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(camera_file_release) struct camera_file file = { 0 };
    int r = camera_file_read(adoption->old_text, request->calibration, &file, &problems);
    if (r < 0)
        return first_problem(&problems, r, err);
    if (finding_apply(&adoption->finding, &file) < 0)
        return error_set(err, -EDOM,
                         "%s bends the floor, and %s knows heights, which would be wrong after "
                         "that; mark points again (floorfuse calibrate fit)",
                         request->finding, request->calibration);
    if (set_words(request, &adoption->finding, &file) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    camera_file_write(&file, &adoption->new_text);
    if (adoption->new_text.failed)
        return error_set(err, -ENOMEM, "out of memory");
    r = calibration_parse(adoption->new_text.bytes, "the corrected camera", &adoption->fresh,
                          &problems);
    return r < 0 ? first_problem(&problems, r, err) : 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* How far the floor under the picture's pixels moves, where pixels are not near the horizon. */
static void print_shift(const struct adoption *adoption)
{
    const struct covariance2 one_px = { 1, 0, 1 };
    static double shifts[PROBES * PROBES];
    uint32_t width, height;
    size_t count = 0;
    calibration_size(adoption->old, &width, &height);
    for (int i = 0; i < PROBES * PROBES; i++) {
        struct image_px px = { (i % PROBES + 0.5) / PROBES * width,
                               (i / PROBES + 0.5) / PROBES * height };
        struct floor_m was, is;
        struct covariance2 c;
        if (calibration_floor_from_image(adoption->old, px, one_px, 0, &was, &c) == 0 &&
            covariance2_max_sd(c) <= FOOTPRINT_MAX_SD_M / 3 &&
            calibration_floor_from_image(adoption->fresh, px, one_px, 0, &is, NULL) == 0)
            shifts[count++] = 100 * hypot(is.x - was.x, is.y - was.y);
    }
    qsort(shifts, count, sizeof(shifts[0]), by_value);
    if (count)
        printf("moves the floor in the picture by %.1f cm (median), at most %.1f cm\n",
               shifts[count / 2], shifts[count - 1]);
}

static int save(const struct adopt_request *request, const struct adoption *adoption,
                struct error *err)
{
    AUTO(text_release) struct text kept = TEXT_INIT;
    if (request->dry_run) {
        printf("dry run: nothing was changed\n");
        return 0;
    }
    int r = versions_replace(request->calibration, adoption->old_text, adoption->new_text.bytes,
                             &kept, err);
    if (r < 0)
        return r;
    printf("%s is version %.8s now; version %.8s is kept as %s\n" CALIBRATE_RELOAD_HINT,
           request->calibration, calibration_version(adoption->fresh),
           calibration_version(adoption->old), kept.bytes);
    return 0;
}

int calibrate_adopt(int argc, char **argv)
{
    struct adopt_request request;
    int exit_code;
    struct error err = { "" };
    int64_t valid_from_us;
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    if (request.valid_from && clock_wall_parse(request.valid_from, &valid_from_us, &err) < 0) {
        fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", err.text);
        return EXIT_USAGE;
    }
    AUTO(adoption_release) struct adoption adoption = { .new_text = TEXT_INIT };
    int r = read_finding(&request, &adoption, &err);
    if (r == 0)
        r = read_old(&request, &adoption, &err);
    if (r == 0)
        r = make_new(&request, &adoption, &err);
    if (r == 0) {
        print_shift(&adoption);
        r = save(&request, &adoption, &err);
    }
    if (r < 0)
        fprintf(stderr, PROGRAM ": %s\n", err.text);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

/* ---- history ---- */

static void print_version(const struct version *version)
{
    char when[WALL_TEXT_SIZE];
    const struct camera_file *file = &version->file;
    clock_wall_format(version->changed_us / US_PER_S * US_PER_S, when);
    printf("%.8s  %-20s  %-16s  %-28s  %s\n", version->sha256,
           file->valid_from ? file->valid_from : when, file->author ? file->author : "-",
           version->in_use ? "in use" : version->path, file->note ? file->note : "");
}

int calibrate_history(int argc, char **argv)
{
    const char *path = NULL;
    size_t count = 0;
    int exit_code;
    const struct command_line line = {
        .program = "floorfuse calibrate history",
        .purpose = "List the versions of a camera file, the one in use first: version, since when\n"
                   "it holds (or when the file was written), author, note.",
        .operands = { "CAMERA.cfg", &path, 1, &count, true },
    };
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    AUTO(versions_release) struct versions versions = { 0 };
    struct error err = { "" };
    if (versions_list(path, &versions, &err) < 0) {
        fprintf(stderr, "floorfuse calibrate history: %s\n", err.text);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < versions.count; i++)
        print_version(&versions.items[i]);
    return EXIT_OK;
}
