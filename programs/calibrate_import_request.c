/* calibrate_import_request.c - the command line of floorfuse calibrate import */
#include "programs/calibrate_import_request.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "calib/import_tsai.h"
#include "programs/arguments.h"

#define PROGRAM     "floorfuse calibrate import"
#define SIZE_MAX_PX 16384

/* Farther away than any floor; a bound that catches millimetres. */
#define ORIGIN_MAX_M 10000

/* As on the command line; what it means is checked afterwards. */
struct words {
    const char *format, *units, *axes, *source;
    double size_px[2], rotate_deg, pixel_centre, number;
    size_t source_count;
};

static int complain(struct error *err)
{
    fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", err->text);
    return EXIT_USAGE;
}

static int read_frame(const struct words *words, struct import_request *request, struct error *err)
{
    struct import_frame *frame = &request->frame;
    request->units_given = words->units != NULL;
    int r = words->units ? import_units_parse(words->units, &frame->metres_per_unit, err) : 0;
    if (r == 0 && words->axes)
        r = import_axes_parse(words->axes, frame->axes, err);
    if (r < 0)
        return r;
    if (words->pixel_centre != 0 && words->pixel_centre != 0.5)
        return error_set(err, -EINVAL, "--pixel-centre %g: it is 0 or 0.5", words->pixel_centre);
    frame->rotate_rad = words->rotate_deg * M_PI / 180;
    frame->pixel_shift_px = 0.5 - words->pixel_centre; /* ours is 0.5 */
    return 0;
}

static int check_camera_id(const char *id, struct error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (!id || (*id && strlen(id) < ID_SIZE && strspn(id, letters) == strlen(id)))
        return 0;
    return error_set(err, -EINVAL,
                     "--camera \"%s\": a camera's id is made of a-z, 0-9 and -, shorter than %d",
                     id, ID_SIZE);
}

static int read_words(const struct words *words, struct import_request *request, struct error *err)
{
    if (!request->out == !request->out_dir)
        return error_set(err, -EINVAL, "say where to: --out FILE.cfg or --out-dir DIR");
    int r = check_camera_id(request->camera_id, err);
    if (r == 0 && words->format)
        r = import_format_parse(words->format, &request->format, err);
    if (r == 0)
        r = read_frame(words, request, err);
    request->source = words->source;
    request->number = (int) words->number;
    request->width_px = (int) words->size_px[0];
    request->height_px = (int) words->size_px[1];
    return r;
}

#define WORD(name, value, target, help)           \
    {                                             \
        name, value, &(target), NULL, help, false \
    }
#define NUMBERS(name, value, help, ...)                           \
    {                                                             \
        name, value, NULL, NULL, help, .numbers = { __VA_ARGS__ } \
    }

bool import_request_read(int argc, char **argv, struct import_request *ret_request, int *ret_exit)
{
    struct words words = { .source = NULL };
    struct import_request *request = ret_request;
    *request = (struct import_request){ .intrinsics_kind = "zero",
                                        .frame = import_frame_same(),
                                        .lens_tolerance_px = TSAI_TOLERANCE_PX };
    const struct argument arguments[] = {
        WORD("--out", "FILE.cfg", request->out, "the camera file to write"),
        WORD("--out-dir", "DIR", request->out_dir, "write CAMERA.cfg there, one a camera"),
        WORD("--format", "NAME", words.format,
             "auto, opencv, tsai, wildtrack or matrix (default: by content)"),
        WORD("--extrinsics", "FILE", request->extrinsics_path,
             "OpenCV: the pose, when it is in a file of its own"),
        NUMBERS("--number", "N", "OpenCV: which of several cameras (1: M1 and D1)", &words.number,
                1, 1, 999, true),
        WORD("--intrinsics", "KIND", request->intrinsics_kind,
             "WILDTRACK: zero (undistorted pictures, default) or original"),
        { "--inverse", NULL, NULL, &request->inverse, "3x3: it maps the floor to the picture",
          false },
        NUMBERS("--image", "W H", "size of the picture, px, when no file says", words.size_px, 2, 1,
                SIZE_MAX_PX, true),
        WORD("--units", "UNIT", words.units, "of the source's lengths: mm, cm or m"),
        WORD("--axes", "A,B,C", words.axes,
             "which source axes are our x, y and z, e.g. x,-y,-z (z is up)"),
        NUMBERS("--rotate", "DEG", "then turn the source's floor, x towards y", &words.rotate_deg,
                1, -360, 360, false),
        NUMBERS("--origin", "X Y", "floor metres at which the source's origin lies",
                request->frame.origin_m, 2, -ORIGIN_MAX_M, ORIGIN_MAX_M, false),
        NUMBERS("--pixel-centre", "0|0.5",
                "source coordinate of the first pixel's centre (default 0, as in OpenCV)",
                &words.pixel_centre, 1, 0, 0.5, false),
        NUMBERS("--lens-tolerance", "PX", "Tsai: how far off the lens may come out (default 0.05)",
                &request->lens_tolerance_px, 1, 0, SIZE_MAX_PX, false),
        WORD("--camera", "ID", request->camera_id,
             "names the file in --out-dir; of a folder: only this camera"),
        WORD("--author", "NAME", request->author, "who imported it, kept in the file"),
        WORD("--note", "TEXT", request->note, "kept in the file (default: from what)"),
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose =
            "Make camera files of the calibrations other tools write: OpenCV (YAML, XML, JSON),\n"
            "Tsai XML as in PETS 2009, folders of WILDTRACK and MultiviewX, 3x3 and 3x4 matrices.\n"
            "Says what was understood; writes only what is a camera above its floor.\n"
            "docs/calibration.md has examples.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
        .operands = { "SOURCE", &words.source, 1, &words.source_count, true },
    };
    struct error err = { "" };
    if (!arguments_parse(&line, argc, argv, ret_exit))
        return false;
    if (read_words(&words, request, &err) == 0)
        return true;
    *ret_exit = complain(&err);
    return false;
}
