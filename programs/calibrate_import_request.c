/* calibrate_import_request.c - the command line of floorfuse calibrate import */
#include "programs/calibrate_import_request.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib/import_tsai.h"
#include "csv/number.h"
#include "programs/arguments.h"

#define PROGRAM     "floorfuse calibrate import"
#define SIZE_MAX_PX 16384

/* Farther away than any floor; a bound that catches millimetres. */
#define ORIGIN_MAX_M 10000

/* As words; what they mean is checked afterwards. */
struct words {
    const char *format, *units, *origin, *rotate, *axes, *pixel_centre, *image, *number, *tolerance;
    char **files;
};

static int complain(struct error *err)
{
    fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", err->text);
    return EXIT_USAGE;
}

/* Exactly `count` finite numbers with blanks or commas between them. */
static bool parse_numbers(const char *text, size_t count, double *ret_values)
{
    char *copy = strdup(text), *rest = copy;
    size_t found = 0;
    bool good = copy != NULL;
    for (char *word; good && (word = strsep(&rest, " ,"));) {
        if (!*word)
            continue;
        good =
            found < count && number_parse(word, &ret_values[found]) && isfinite(ret_values[found]);
        found++;
    }
    free(copy);
    return good && found == count;
}

static int read_image(const char *text, struct import_request *request, struct error *err)
{
    double size[2];
    if (!text)
        return 0;
    bool good = parse_numbers(text, 2, size);
    for (int i = 0; good && i < 2; i++)
        good = size[i] >= 1 && size[i] <= SIZE_MAX_PX && size[i] == floor(size[i]);
    if (!good)
        return error_set(err, -EINVAL,
                         "--image \"%s\": give width and height in whole px, for example 1920 1080",
                         text);
    request->width_px = (int) size[0];
    request->height_px = (int) size[1];
    return 0;
}

static int read_origin(const char *text, struct import_frame *frame, struct error *err)
{
    if (!text)
        return 0;
    if (parse_numbers(text, 2, frame->origin_m) && fabs(frame->origin_m[0]) <= ORIGIN_MAX_M &&
        fabs(frame->origin_m[1]) <= ORIGIN_MAX_M)
        return 0;
    return error_set(err, -EINVAL,
                     "--origin \"%s\": give x and y in floor metres, for example 13.0 -2.5", text);
}

static int read_rotate(const char *text, struct import_frame *frame, struct error *err)
{
    double angle_deg = 0;
    if (!text)
        return 0;
    if (!parse_numbers(text, 1, &angle_deg) || fabs(angle_deg) > 360)
        return error_set(err, -EINVAL, "--rotate \"%s\": give an angle of -360 to 360 degrees",
                         text);
    frame->rotate_rad = angle_deg * M_PI / 180;
    return 0;
}

/* The source's coordinate of the first pixel's centre; ours is 0.5. */
static int read_pixel_centre(const char *text, struct import_frame *frame, struct error *err)
{
    double centre = 0;
    if (text && (!parse_numbers(text, 1, &centre) || (centre != 0 && centre != 0.5)))
        return error_set(err, -EINVAL, "--pixel-centre \"%s\": it is 0 or 0.5", text);
    frame->pixel_shift_px = 0.5 - centre;
    return 0;
}

static int read_numbers(const struct words *words, struct import_request *request,
                        struct error *err)
{
    double number = 0;
    if (words->number && (!parse_numbers(words->number, 1, &number) || number != floor(number) ||
                          number < 1 || number > 999))
        return error_set(err, -EINVAL, "--number \"%s\": cameras in a file count 1, 2, ...",
                         words->number);
    request->number = (int) number;
    request->lens_tolerance_px = TSAI_TOLERANCE_PX;
    if (words->tolerance && (!parse_numbers(words->tolerance, 1, &request->lens_tolerance_px) ||
                             !(request->lens_tolerance_px > 0)))
        return error_set(err, -EINVAL, "--lens-tolerance \"%s\": give a number of px above 0",
                         words->tolerance);
    return 0;
}

static int read_frame(const struct words *words, struct import_request *request, struct error *err)
{
    struct import_frame *frame = &request->frame;
    *frame = import_frame_same();
    request->units_given = words->units != NULL;
    int r = words->units ? import_units_parse(words->units, &frame->metres_per_unit, err) : 0;
    if (r == 0 && words->axes)
        r = import_axes_parse(words->axes, frame->axes, err);
    if (r == 0)
        r = read_origin(words->origin, frame, err);
    if (r == 0)
        r = read_rotate(words->rotate, frame, err);
    if (r == 0)
        r = read_pixel_centre(words->pixel_centre, frame, err);
    return r;
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

static int check_files(const struct words *words, struct import_request *request, struct error *err)
{
    if (!words->files || !words->files[0])
        return error_set(err, -EINVAL, "name the file or folder to import");
    request->source = words->files[0];
    if (words->files[1])
        return error_set(err, -EINVAL, "unexpected argument %s", words->files[1]);
    if (!request->out == !request->out_dir)
        return error_set(err, -EINVAL, "say where to: --out FILE.cfg or --out-dir DIR");
    return check_camera_id(request->camera_id, err);
}

static int read_words(const struct words *words, struct import_request *request, struct error *err)
{
    int r = check_files(words, request, err);
    if (r == 0 && words->format)
        r = import_format_parse(words->format, &request->format, err);
    if (r == 0)
        r = read_frame(words, request, err);
    if (r == 0)
        r = read_image(words->image, request, err);
    if (r == 0)
        r = read_numbers(words, request, err);
    return r;
}

static const struct argument *find(const struct argument *arguments, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(arguments[i].name, word) == 0)
            return &arguments[i];
    return NULL;
}

/* Where the arranged words go: argv[0], options, files. */
struct arranging {
    char **options, **files;
    size_t option_count, file_count;
};

/*
 * One word of argv, or an option with its values. "--origin X Y" becomes one word after its name,
 * because options take one value. Returns how many words it was; 0 when out of memory.
 */
static int arrange_one(const struct argument *argument, int left, char **argv,
                       struct arranging *arranging)
{
    if (!argument && strncmp(argv[0], "--", 2) != 0) {
        arranging->files[arranging->file_count++] = argv[0];
        return 1;
    }
    bool pair = argument && argument->value && strchr(argument->value, ' ');
    arranging->options[arranging->option_count++] = strdup(argv[0]);
    if (!arranging->options[arranging->option_count - 1])
        return 0;
    if (!argument || !argument->value || left < 2)
        return 1;
    char **value = &arranging->options[arranging->option_count];
    double number;
    bool two =
        pair && left >= 3 && number_parse(argv[1], &number) && number_parse(argv[2], &number);
    if (!two)
        *value = strdup(argv[1]);
    else if (asprintf(value, "%s %s", argv[1], argv[2]) < 0)
        *value = NULL;
    arranging->option_count += *value != NULL;
    return *value ? 2 + two : 0;
}

/* Options before files, so that a file may stand anywhere. False when out of memory. */
static bool arrange(const struct command_line *line, int argc, char **argv,
                    struct import_request *request, int *ret_argc)
{
    size_t words = (size_t) argc + 1;
    struct arranging arranging = { .options = calloc(2 * words, sizeof(char *)),
                                   .files = calloc(words, sizeof(char *)) };
    bool good = arranging.options && arranging.files;
    if (good)
        arranging.options[arranging.option_count++] = strdup(argv[0]);
    for (int at = 1; good && at < argc;) {
        int taken = arrange_one(find(line->arguments, line->argument_count, argv[at]), argc - at,
                                argv + at, &arranging);
        good = taken > 0;
        at += taken;
    }
    for (size_t i = 0; good && i < arranging.file_count; i++) {
        char *copy = strdup(arranging.files[i]);
        arranging.options[arranging.option_count++] = copy;
        good = copy != NULL;
    }
    free(arranging.files);
    request->arranged = arranging.options;
    *ret_argc = (int) arranging.option_count;
    return good;
}

#define OPTION(name, value, target, help)         \
    {                                             \
        name, value, &(target), NULL, help, false \
    }

bool import_request_read(int argc, char **argv, struct import_request *ret_request, int *ret_exit)
{
    struct words words = { .files = NULL };
    struct import_request *request = ret_request;
    *request = (struct import_request){ .intrinsics_kind = "zero" };
    const struct argument arguments[] = {
        OPTION("--out", "FILE.cfg", request->out, "the camera file to write"),
        OPTION("--out-dir", "DIR", request->out_dir, "write CAMERA.cfg there, one a camera"),
        OPTION("--format", "NAME", words.format,
               "auto, opencv, tsai, wildtrack or matrix (default: by content)"),
        OPTION("--extrinsics", "FILE", request->extrinsics_path,
               "OpenCV: the pose, when it is in a file of its own"),
        OPTION("--number", "N", words.number, "OpenCV: which of several cameras (M1, D1: 1)"),
        OPTION("--intrinsics", "KIND", request->intrinsics_kind,
               "WILDTRACK: zero (undistorted pictures, default) or original"),
        { "--inverse", NULL, NULL, &request->inverse, "3x3: it maps the floor to the picture",
          false },
        OPTION("--image", "W H", words.image, "size of the picture, px, when no file says"),
        OPTION("--units", "UNIT", words.units, "of the source's lengths: mm, cm or m"),
        OPTION("--axes", "A,B,C", words.axes,
               "which source axes are our x, y and z, e.g. x,-y,-z (z is up)"),
        OPTION("--rotate", "DEG", words.rotate, "then turn the source's floor, x towards y"),
        OPTION("--origin", "X Y", words.origin, "floor metres at which the source's origin lies"),
        OPTION("--pixel-centre", "0|0.5", words.pixel_centre,
               "source coordinate of the first pixel's centre (default 0, as in OpenCV)"),
        OPTION("--lens-tolerance", "PX", words.tolerance,
               "Tsai: how far off the lens may come out (default 0.05)"),
        OPTION("--camera", "ID", request->camera_id,
               "names the file in --out-dir; of a folder: only this camera"),
        OPTION("--author", "NAME", request->author, "who imported it, kept in the file"),
        OPTION("--note", "TEXT", request->note, "kept in the file (default: from what)"),
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose =
            "Make camera files of the calibrations other tools write: OpenCV (YAML, XML, JSON),\n"
            "Tsai XML as in PETS 2009, folders of WILDTRACK and MultiviewX, 3x3 and 3x4 matrices.\n"
            "The file or folder is the argument. Says what was understood; writes only what is\n"
            "a camera above its floor. docs/calibration.md has examples.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
        .rest = &words.files,
    };
    int arranged_argc;
    struct error err = { "out of memory" };
    if (!arrange(&line, argc, argv, request, &arranged_argc)) {
        *ret_exit = complain(&err);
        return false;
    }
    if (!arguments_parse(&line, arranged_argc, request->arranged, ret_exit))
        return false;
    if (read_words(&words, request, &err) == 0)
        return true;
    *ret_exit = complain(&err);
    return false;
}

void import_request_release(struct import_request *request)
{
    for (char **word = request->arranged; word && *word; word++)
        free(*word);
    free(request->arranged);
    request->arranged = NULL;
}
