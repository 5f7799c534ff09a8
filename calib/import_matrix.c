/* import_matrix.c - a 3x3 or 3x4 matrix written as text */
#include "calib/import_matrix.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "csv/number.h"
#include "geom/matrix3.h"

#define NUMBERS_MAX 12
#define WORD_SIZE   64
#define SEPARATORS  " \t\r\v\f,;[](){}"

/* The numbers so far. */
struct numbers {
    const char *file;
    unsigned line;
    double values[NUMBERS_MAX];
    size_t count, rows;
    size_t columns; /* of the first row */
};

static int take_word(struct numbers *numbers, const char *word, size_t length, struct error *err)
{
    char text[WORD_SIZE];
    double value;
    int shown = (int) (length < WORD_SIZE ? length : WORD_SIZE - 1);
    (void) snprintf(text, sizeof(text), "%.*s", shown, word);
    if (length >= WORD_SIZE || !number_parse(text, &value))
        return error_set(err, -EINVAL, "%s:%u: \"%s\" is not a number", numbers->file,
                         numbers->line, text);
    if (!isfinite(value))
        return error_set(err, -EINVAL, "%s:%u: %s is not finite", numbers->file, numbers->line,
                         text);
    if (numbers->count == NUMBERS_MAX)
        return error_set(err, -EINVAL, "%s:%u: more than 12 numbers; a matrix here is 3x3 or 3x4",
                         numbers->file, numbers->line);
    numbers->values[numbers->count++] = value;
    return 0;
}

static int take_line(struct numbers *numbers, const char *at, const char *end, struct error *err)
{
    size_t before = numbers->count;
    const char *comment = memchr(at, '#', (size_t) (end - at));
    end = comment ? comment : end;
    while (at < end) {
        const char *word = at;
        while (at < end && !(*at && strchr(SEPARATORS, *at)))
            at++;
        int r = at > word ? take_word(numbers, word, (size_t) (at - word), err) : 0;
        if (r < 0)
            return r;
        at++;
    }
    size_t columns = numbers->count - before;
    if (columns == 0)
        return 0;
    if (numbers->rows++ == 0)
        numbers->columns = columns;
    if (columns != numbers->columns)
        return error_set(err, -EINVAL, "%s:%u: %zu numbers in this row, %zu in the first one",
                         numbers->file, numbers->line, columns, numbers->columns);
    return 0;
}

static int check_shape(const struct numbers *numbers, struct error *err)
{
    bool known = numbers->count == 9 || numbers->count == 12;
    if (known && (numbers->rows == 1 || numbers->rows == 3))
        return 0;
    if (numbers->count == 0)
        return error_set(err, -EINVAL, "%s: there are no numbers in it", numbers->file);
    return error_set(err, -EINVAL,
                     "%s: %zu numbers in %zu rows; give 3 rows of 3 (picture to floor) or of 4 "
                     "(floor to picture)",
                     numbers->file, numbers->count, numbers->rows);
}

static int parse_numbers(const char *bytes, size_t length, struct numbers *numbers,
                         struct error *err)
{
    const char *end = bytes + length;
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        bytes += 3;
    while (bytes < end) {
        const char *stop = memchr(bytes, '\n', (size_t) (end - bytes));
        stop = stop ? stop : end;
        numbers->line++;
        int r = take_line(numbers, bytes, stop, err);
        if (r < 0)
            return r;
        bytes = stop + 1;
    }
    return check_shape(numbers, err);
}

int import_matrix_parse(const char *bytes, size_t length, const char *file, bool inverse,
                        struct import_camera *ret_camera, struct error *err)
{
    struct numbers numbers = { .file = file };
    struct import_camera camera = { .model = IMPORT_PROJECTION };
    int r = parse_numbers(bytes, length, &numbers, err);
    if (r < 0)
        return r;
    memcpy(camera.map, numbers.values, numbers.count * sizeof(double));
    if (numbers.count == 12 && inverse)
        return error_set(err, -EINVAL,
                         "%s: a 3x4 matrix has no inverse; it must take the floor to the picture",
                         file);
    if (numbers.count == 9) {
        struct matrix3 map, inverted;
        camera.model = IMPORT_HOMOGRAPHY;
        memcpy(map.m, numbers.values, sizeof(map.m));
        if (matrix3_invert(map, &inverted) < 0)
            return error_set(err, -EINVAL,
                             "%s: the matrix is singular: it maps the floor to a line", file);
        memcpy(camera.map, inverse ? inverted.m : map.m, sizeof(map.m));
    }
    *ret_camera = camera;
    return 0;
}
