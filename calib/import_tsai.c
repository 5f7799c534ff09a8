/* import_tsai.c - Tsai's camera as PETS 2009 publishes it (expat) */
#include "calib/import_tsai.h"

#include <errno.h>
#include <expat.h>
#include <math.h>
#include <string.h>

#include "csv/number.h"
#include "geom/matrix3.h"

#define SIZE_MAX_PX 16384

/* A number of the file. */
struct attribute {
    const char *element, *name;
    size_t offset; /* of a double in struct tsai */
    bool positive;
};

#define AT(member) offsetof(struct numbers, member)

/* As doubles, so that one table reads them all. */
struct numbers {
    double width, height;
    struct tsai tsai;
};

static const struct attribute attributes[] = {
    { "Geometry", "width", AT(width), true },
    { "Geometry", "height", AT(height), true },
    { "Geometry", "dpx", AT(tsai.dpx_mm), true },
    { "Geometry", "dpy", AT(tsai.dpy_mm), true },
    { "Intrinsic", "focal", AT(tsai.focal_mm), true },
    { "Intrinsic", "kappa1", AT(tsai.kappa1_per_mm2), false },
    { "Intrinsic", "cx", AT(tsai.cx_px), false },
    { "Intrinsic", "cy", AT(tsai.cy_px), false },
    { "Intrinsic", "sx", AT(tsai.sx), true },
    { "Extrinsic", "tx", AT(tsai.translation[0]), false },
    { "Extrinsic", "ty", AT(tsai.translation[1]), false },
    { "Extrinsic", "tz", AT(tsai.translation[2]), false },
    { "Extrinsic", "rx", AT(tsai.angles_rad[0]), false },
    { "Extrinsic", "ry", AT(tsai.angles_rad[1]), false },
    { "Extrinsic", "rz", AT(tsai.angles_rad[2]), false },
};

/* What is being read. */
struct reader {
    XML_Parser parser;
    const char *file;
    struct numbers numbers;
    unsigned seen; /* bits, one an attribute of the table */
    int depth, result;
    struct error *err;
};

static void stop(struct reader *reader, int result)
{
    reader->result = result;
    (void) XML_StopParser(reader->parser, XML_FALSE);
}

static unsigned long line_of(const struct reader *reader)
{
    return XML_GetCurrentLineNumber(reader->parser);
}

/* The value of a name among an element's name, value, name, value, ..., NULL. */
static const char *value_of(const XML_Char **given, const char *name)
{
    for (; *given; given += 2)
        if (strcmp(given[0], name) == 0)
            return given[1];
    return NULL;
}

static void take_number(struct reader *reader, const struct attribute *attribute, const char *text)
{
    double value;
    char *base = (char *) &reader->numbers;
    if (!number_parse(text, &value) || !isfinite(value)) {
        stop(reader,
             error_set(reader->err, -EINVAL, "%s:%lu: <%s> %s: \"%.40s\" is not a finite number",
                       reader->file, line_of(reader), attribute->element, attribute->name, text));
        return;
    }
    if (attribute->positive && !(value > 0)) {
        stop(reader,
             error_set(reader->err, -EINVAL, "%s:%lu: <%s> %s must be positive, not %g",
                       reader->file, line_of(reader), attribute->element, attribute->name, value));
        return;
    }
    memcpy(base + attribute->offset, &value, sizeof(value));
}

/* All attributes that the table wants of an element. */
static void take_element(struct reader *reader, const char *element, const XML_Char **given)
{
    for (size_t i = 0; i < ARRAY_LENGTH(attributes) && reader->result == 0; i++) {
        if (strcmp(attributes[i].element, element) != 0)
            continue;
        const char *text = value_of(given, attributes[i].name);
        if (!text) {
            stop(reader, error_set(reader->err, -EINVAL, "%s:%lu: <%s> has no %s", reader->file,
                                   line_of(reader), element, attributes[i].name));
        } else if (reader->seen & (1u << i)) {
            stop(reader, error_set(reader->err, -EINVAL, "%s:%lu: <%s> is there a second time",
                                   reader->file, line_of(reader), element));
        } else {
            take_number(reader, &attributes[i], text);
            reader->seen |= 1u << i;
        }
    }
}

static void begin(void *context, const XML_Char *element, const XML_Char **given)
{
    struct reader *reader = context;
    if (reader->depth++ > 0) {
        take_element(reader, element, given);
        return;
    }
    if (strcmp(element, "Camera") != 0) {
        stop(reader, error_set(reader->err, -EINVAL,
                               "%s:%lu: begins with <%.40s>; a Tsai calibration begins with "
                               "<Camera>",
                               reader->file, line_of(reader), element));
        return;
    }
    const char *name = value_of(given, "name");
    (void) snprintf(reader->numbers.tsai.name, ID_SIZE, "%s", name ? name : "");
}

static void end(void *context, const XML_Char *element)
{
    struct reader *reader = context;
    (void) element;
    reader->depth--;
}

/* Every attribute was there, and the picture has a size. */
static int check_whole(struct reader *reader)
{
    const struct numbers *numbers = &reader->numbers;
    for (size_t i = 0; i < ARRAY_LENGTH(attributes); i++) {
        if (!(reader->seen & (1u << i)))
            return error_set(reader->err, -EINVAL, "%s: <%s> is missing", reader->file,
                             attributes[i].element);
    }
    double width = numbers->width, height = numbers->height;
    if (width != floor(width) || height != floor(height) || width > SIZE_MAX_PX ||
        height > SIZE_MAX_PX)
        return error_set(reader->err, -EINVAL,
                         "%s: a picture of %g x %g px; sizes are whole numbers up to %d",
                         reader->file, width, height, SIZE_MAX_PX);
    return 0;
}

int import_tsai_parse(const char *bytes, size_t length, const char *file, struct tsai *ret_tsai,
                      struct error *err)
{
    struct reader reader = { .parser = XML_ParserCreate(NULL), .file = file, .err = err };
    if (!reader.parser)
        return error_set(err, -ENOMEM, "out of memory");
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, begin, end);
    enum XML_Status status = XML_Parse(reader.parser, bytes, (int) length, 1);
    int r = reader.result;
    if (r == 0 && status != XML_STATUS_OK)
        r = error_set(err, -EINVAL, "%s:%lu: is not whole XML: %s", file, line_of(&reader),
                      XML_ErrorString(XML_GetErrorCode(reader.parser)));
    XML_ParserFree(reader.parser);
    if (r == 0)
        r = check_whole(&reader);
    if (r < 0)
        return r;
    *ret_tsai = reader.numbers.tsai;
    ret_tsai->width_px = (int) reader.numbers.width;
    ret_tsai->height_px = (int) reader.numbers.height;
    return 0;
}

void import_tsai_rotation(const double angles_rad[static 3], double ret_rotation[static 9])
{
    double cx = cos(angles_rad[0]), sx = sin(angles_rad[0]);
    double cy = cos(angles_rad[1]), sy = sin(angles_rad[1]);
    double cz = cos(angles_rad[2]), sz = sin(angles_rad[2]);
    struct matrix3 about_x = { { 1, 0, 0, 0, cx, -sx, 0, sx, cx } };
    struct matrix3 about_y = { { cy, 0, sy, 0, 1, 0, -sy, 0, cy } };
    struct matrix3 about_z = { { cz, -sz, 0, sz, cz, 0, 0, 0, 1 } };
    struct matrix3 rotation = matrix3_multiply(about_z, matrix3_multiply(about_y, about_x));
    memcpy(ret_rotation, rotation.m, sizeof(rotation.m));
}
