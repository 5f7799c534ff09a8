/*
 * signature_file.c - the numbers of a signature as hexadecimal strings in a libconfig file
 */
#include "calib/signature_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS  4 /* of a number */
#define STRINGS (3 + SIGNATURE_DIRECTIONS + SIGNATURE_COLUMN_BANDS + SIGNATURE_ROW_BANDS)

/* As the file has it. */
struct raw {
    char *camera, *calibration;
    int width, height, stills;
    char *numbers[STRINGS];
};

#define AT(member) offsetof(struct raw, member)
#define SIZE(name, member, what)                                                  \
    {                                                                             \
        .path = name, .type = OPTION_INT, .offset = AT(member), .required = true, \
        .min = SIGNATURE_EDGE_MIN, .max = IMAGE_EDGE_MAX, .help = what            \
    }
#define NUMBERS(name, index, what)                                                           \
    {                                                                                        \
        .path = name, .type = OPTION_STRING, .offset = AT(numbers[index]), .required = true, \
        .help = what                                                                         \
    }
#define FIRST_COLUMNS (3 + SIGNATURE_DIRECTIONS)
#define FIRST_ROWS    (FIRST_COLUMNS + SIGNATURE_COLUMN_BANDS)
#define FIRST_NUMBERS 5 /* the row of the table */

static const struct option signature_options[] = {
    { .path = "camera", .type = OPTION_STRING, .offset = AT(camera), .help = "of which camera" },
    { .path = "calibration",
      .type = OPTION_STRING,
      .offset = AT(calibration),
      .help = "the version it was taken under" },
    SIZE("image.width", width, "of the full frame, px"),
    SIZE("image.height", height, "of the full frame, px"),
    { .path = "stills",
      .type = OPTION_INT,
      .offset = AT(stills),
      .default_number = 1,
      .min = 1,
      .max = SIGNATURE_STILLS_MAX,
      .help = "how many were merged" },
    NUMBERS("blocks.brightness", 0, "mean grey levels"),
    NUMBERS("blocks.edges", 1, "their strength"),
    NUMBERS("blocks.fineness", 2, "Laplacian"),
    NUMBERS("blocks.across", 3, "edges where the brightness rises across"),
    NUMBERS("blocks.down", 4, "down"),
    NUMBERS("blocks.right_down", 5, "right and down"),
    NUMBERS("blocks.left_down", 6, "left and down"),
    NUMBERS("columns.top", FIRST_COLUMNS, "upright edges, column by column"),
    NUMBERS("columns.middle", FIRST_COLUMNS + 1, "upright edges, column by column"),
    NUMBERS("columns.bottom", FIRST_COLUMNS + 2, "upright edges, column by column"),
    NUMBERS("rows.left", FIRST_ROWS, "level edges, row by row"),
    NUMBERS("rows.mid_left", FIRST_ROWS + 1, "level edges, row by row"),
    NUMBERS("rows.mid_right", FIRST_ROWS + 2, "level edges, row by row"),
    NUMBERS("rows.right", FIRST_ROWS + 3, "level edges, row by row"),
};
_Static_assert(ARRAY_LENGTH(signature_options) == FIRST_NUMBERS + STRINGS, "a row a string");

/* The numbers of one string in a signature: so many, so far apart. */
struct place {
    uint16_t *first;
    size_t count, pace;
};

static struct place place_of(struct signature *s, size_t i)
{
    const uint32_t step = signature_step(s->width, s->height);
    const size_t pace = sizeof(s->blocks[0]) / sizeof(uint16_t);
    if (i >= FIRST_ROWS)
        return (struct place){ s->rows[i - FIRST_ROWS], signature_reduced(s->height, step), 1 };
    if (i >= FIRST_COLUMNS)
        return (struct place){ s->columns[i - FIRST_COLUMNS], signature_reduced(s->width, step),
                               1 };
    struct signature_block *block = s->blocks;
    uint16_t *const firsts[FIRST_COLUMNS] = { &block->brightness,    &block->edges,
                                              &block->fineness,      &block->directions[0],
                                              &block->directions[1], &block->directions[2],
                                              &block->directions[3] };
    return (struct place){ firsts[i], SIGNATURE_BLOCKS, pace };
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_numbers(const char *text, struct place place)
{
    if (strlen(text) != place.count * DIGITS)
        return -EINVAL;
    for (size_t i = 0; i < place.count; i++) {
        int value = 0;
        for (size_t k = 0; k < DIGITS; k++) {
            int digit = digit_of(text[i * DIGITS + k]);
            if (digit < 0)
                return -EINVAL;
            value = value * 16 + digit;
        }
        place.first[i * place.pace] = (uint16_t) value;
    }
    return 0;
}

static int take(struct raw *raw, const char *name, struct signature_file *ret_file,
                struct problems *problems)
{
    struct signature_file file = { .stills = raw->stills };
    file.signature.width = (uint32_t) raw->width;
    file.signature.height = (uint32_t) raw->height;
    for (size_t i = 0; i < STRINGS; i++) {
        struct place place = place_of(&file.signature, i);
        if (read_numbers(raw->numbers[i], place) < 0) {
            problems_add(problems,
                         "%s: %s is not %zu numbers of %d hexadecimal digits (0-9, a-f), as a "
                         "picture of %dx%d has; take the signature anew",
                         name, signature_options[FIRST_NUMBERS + i].path, place.count, DIGITS,
                         raw->width, raw->height);
            return -EINVAL;
        }
    }
    file.camera = raw->camera;
    file.calibration = raw->calibration;
    raw->camera = raw->calibration = NULL;
    *ret_file = file;
    return 0;
}

int signature_file_parse(const char *text, const char *name, struct signature_file *ret_file,
                         struct problems *problems)
{
    struct raw raw = { 0 };
    int r = options_parse(text, name, signature_options, ARRAY_LENGTH(signature_options), &raw,
                          problems);
    if (r == 0)
        r = take(&raw, name, ret_file, problems);
    options_release(signature_options, ARRAY_LENGTH(signature_options), &raw);
    return r;
}

void signature_file_release(struct signature_file *file)
{
    free(file->camera);
    free(file->calibration);
    *file = (struct signature_file){ 0 };
}

static void write_group(const struct signature *signature, const char *group, size_t first,
                        size_t end, struct text *text)
{
    struct signature copy = *signature; /* places can be written to */
    text_format(text, "%s = {\n", group);
    for (size_t i = first; i < end; i++) {
        const char *path = signature_options[FIRST_NUMBERS + i].path;
        struct place place = place_of(&copy, i);
        text_format(text, "    %s = \"", strchr(path, '.') + 1);
        for (size_t k = 0; k < place.count; k++)
            text_format(text, "%04x", place.first[k * place.pace]);
        text_append(text, "\";\n");
    }
    text_append(text, "};\n");
}

void signature_file_write(const struct signature_file *file, struct text *text)
{
    text_append(text, "# What the camera's picture was like when it was calibrated; made by\n"
                      "# floorfuse calibrate signature, explained in docs/calibration.md.\n");
    if (file->camera)
        text_format(text, "camera = \"%s\";\n", file->camera);
    if (file->calibration)
        text_format(text, "calibration = \"%s\";\n", file->calibration);
    text_format(text, "image = { width = %u; height = %u; };\nstills = %d;\n",
                file->signature.width, file->signature.height, file->stills);
    write_group(&file->signature, "blocks", 0, FIRST_COLUMNS, text);
    write_group(&file->signature, "columns", FIRST_COLUMNS, FIRST_ROWS, text);
    write_group(&file->signature, "rows", FIRST_ROWS, STRINGS, text);
}

char *signature_path(const char *camera_file)
{
    const char *slash = strrchr(camera_file, '/'), *dot = strrchr(camera_file, '.');
    size_t length = dot && dot > (slash ? slash + 1 : camera_file) ? (size_t) (dot - camera_file)
                                                                   : strlen(camera_file);
    AUTO(text_release) struct text path = TEXT_INIT;
    text_format(&path, "%.*s.signature", (int) length, camera_file);
    return text_take(&path);
}
