/*
 * calibrate_signature.c - floorfuse calibrate signature: what the picture is like, and if it still
 * is
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "calib/calibration.h"
#include "calib/signature_file.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"
#include "programs/start.h"

#define PROGRAM "floorfuse calibrate signature"

struct signature_request {
    const char *camera_file, *out;
    const char *stills[SIGNATURE_STILLS_MAX];
    size_t still_count, camera_count;
    bool compare;
};

static bool parse(int argc, char **argv, struct signature_request *r, int *ret_exit)
{
    *r = (struct signature_request){ 0 };
    const struct argument arguments[] = {
        { "--still",
          "FILE.png",
          NULL,
          NULL,
          "a picture of the whole frame; several make a better signature",
          true,
          { NULL },
          { r->stills, SIGNATURE_STILLS_MAX, &r->still_count } },
        { "--out", "FILE", &r->out, NULL, "the signature, instead of CAMERA.signature beside it",
          false },
        { "--compare", NULL, NULL, &r->compare,
          "compare the stills with the signature instead of making it", false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Keep what a camera's picture is like beside its camera file, or say whether it "
                   "still is.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
        .operands = { "CAMERA.cfg", &r->camera_file, 1, &r->camera_count, true },
    };
    return arguments_parse(&line, argc, argv, ret_exit);
}

/* Each still's signature, in turn. Returns 0 or a negative errno with a sentence. */
static int measure(const char *path, uint32_t width, uint32_t height,
                   struct signature *ret_signature, struct error *err)
{
    AUTO(image_unref) struct image *still = NULL;
    int r = image_read_png(path, &still, err);
    if (r < 0)
        return r;
    if (still->width != width || still->height != height)
        return error_set(err, -EINVAL,
                         "%s is %ux%u, but the camera's pictures are %ux%u; give a still of the "
                         "whole frame, neither cropped nor scaled",
                         path, still->width, still->height, width, height);
    r = signature_measure(still, ret_signature);
    if (r == -EINVAL)
        return error_set(err, r,
                         "%s is smaller than %d px on an edge; that is too little to know "
                         "a view by",
                         path, SIGNATURE_EDGE_MIN);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

/* All stills as one. */
static int measure_all(const struct signature_request *request, uint32_t width, uint32_t height,
                       struct signature *ret_merged, struct error *err)
{
    struct signature *each = calloc(request->still_count, sizeof(*each));
    int r = each ? 0 : error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; r == 0 && i < request->still_count; i++)
        r = measure(request->stills[i], width, height, &each[i], err);
    if (r == 0 && signature_merge(each, request->still_count, ret_merged) < 0)
        r = error_set(err, -EINVAL, "the stills cannot be merged");
    free(each);
    return r;
}

/* "left" of "etc/demo/left.cfg", so far as a libconfig string takes it. */
static char *camera_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    char *copy = strndup(name, dot && dot > name ? (size_t) (dot - name) : strlen(name));
    for (char *c = copy; c && *c; c++)
        if (*c == '"' || *c == '\\' || (unsigned char) *c < ' ')
            *c = '_';
    return copy;
}

static int make(const struct signature_request *request, const struct calibration *calibration,
                const char *path)
{
    AUTO(signature_file_release) struct signature_file file = { 0 };
    AUTO(text_release) struct text text = TEXT_INIT;
    struct error err = { "out of memory" };
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    int r = measure_all(request, width, height, &file.signature, &err);
    file.stills = (int) request->still_count;
    file.camera = camera_name(request->camera_file);
    file.calibration = strdup(calibration_version(calibration));
    if (r == 0) {
        signature_file_write(&file, &text);
        r = text.failed || !file.camera || !file.calibration
                ? -ENOMEM
                : file_write(path, text.bytes, text.length, 0644, &err);
    }
    if (r < 0) {
        fprintf(stderr, PROGRAM ": %s\n", err.text);
        return EXIT_FAILED;
    }
    printf("saved as %s: %zu still%s, calibration %.8s\n", path, request->still_count,
           request->still_count == 1 ? "" : "s", file.calibration);
    if (request->still_count < 3)
        printf("people in the stills are part of it; three or more, some time apart, leave them "
               "out\n");
    return EXIT_OK;
}

static int load(const char *path, struct signature_file *ret_file)
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct error err = { "out of memory" };
    char *text = NULL;
    size_t length;
    int r = file_read(path, SIGNATURE_FILE_BYTES_MAX, &text, &length, &err);
    if (r < 0) {
        fprintf(stderr, PROGRAM ": %s%s\n", err.text,
                r == -ENOENT ? "; make it first, without --compare" : "");
        return r;
    }
    r = signature_file_parse(text, path, ret_file, &problems);
    free(text);
    if (r < 0)
        print_problems(PROGRAM, &problems);
    return r;
}

/* The grid, as a person sees the picture: # lost, + changed. */
static void print_blocks(const struct signature_difference *d)
{
    for (size_t i = 0; i < SIGNATURE_BLOCKS; i++)
        printf("%s%c%s", i % SIGNATURE_COLUMNS ? "" : "  ",
               d->lost_blocks[i]      ? '#'
               : d->changed_blocks[i] ? '+'
                                      : '.',
               (i + 1) % SIGNATURE_COLUMNS ? "" : "\n");
}

static void print_difference(const char *still, const struct signature_difference *d)
{
    printf("%s: %s confidence=%.2f brightness=%.0f was=%.0f edges=%.2f sharpness=%.2f "
           "likeness=%.2f lost=%zu changed=%zu of=%zu",
           still, signature_verdict_name(d->verdict), d->confidence, d->brightness,
           d->brightness_ref, d->edges_ratio, d->sharpness, d->likeness, d->lost, d->changed,
           d->judged);
    if (!isnan(d->shift_x_px))
        printf(" shift_px=%.1f,%.1f turn_deg=%.2f", d->shift_x_px, d->shift_y_px, d->turn_deg);
    printf("\n");
    if (d->verdict == SIGNATURE_DIRTY)
        print_blocks(d);
}

static int compare(const struct signature_request *request, const struct calibration *calibration,
                   const char *path)
{
    AUTO(signature_file_release) struct signature_file file = { 0 };
    struct error err = { "out of memory" };
    uint32_t width, height;
    bool same = true;
    calibration_size(calibration, &width, &height);
    if (load(path, &file) < 0)
        return EXIT_FAILED;
    if (file.calibration && strcmp(file.calibration, calibration_version(calibration)) != 0)
        printf("warning: %s was taken under calibration %.8s, the camera file is %.8s now\n", path,
               file.calibration, calibration_version(calibration));
    for (size_t i = 0; i < request->still_count; i++) {
        struct signature now;
        struct signature_difference difference;
        int r = measure(request->stills[i], width, height, &now, &err);
        if (r == 0 && signature_compare(&file.signature, &now, &difference) < 0)
            r = error_set(&err, -EINVAL, "%s is of pictures of %ux%u, the camera's are %ux%u", path,
                          file.signature.width, file.signature.height, width, height);
        if (r < 0) {
            fprintf(stderr, PROGRAM ": %s\n", err.text);
            return EXIT_FAILED;
        }
        print_difference(request->stills[i], &difference);
        same = same && difference.verdict == SIGNATURE_SAME;
    }
    return same ? EXIT_OK : EXIT_FAILED;
}

int calibrate_signature(int argc, char **argv)
{
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    struct signature_request request;
    int exit_code;
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    if (calibration_load(request.camera_file, &calibration, &problems) < 0) {
        print_problems(PROGRAM, &problems);
        return EXIT_FAILED;
    }
    char *path = request.out ? strdup(request.out) : signature_path(request.camera_file);
    if (path)
        exit_code = (request.compare ? compare : make)(&request, calibration, path);
    else
        fprintf(stderr, PROGRAM ": out of memory\n");
    free(path);
    return path ? exit_code : EXIT_FAILED;
}
