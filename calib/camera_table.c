/*
 * camera_table.c - many cameras in one text file
 *
 * Each line is turned into the camera file that says the same, which calibration_parse then reads
 * and checks; only what its sentences could not say about this file is checked here.
 */
#include "calib/camera_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "calib/projection.h"

#define MATRIX_NUMBERS 12

/* Where we are while reading. */
struct parse {
    const char *name; /* of the file */
    int line;
    uint32_t width, height; /* px */
    struct camera_table table;
    size_t room;
    struct error *err;
};

static int next_word(char **at, char **ret_word)
{
    *ret_word = strtok_r(NULL, " \t\r", at);
    return *ret_word ? 1 : 0;
}

/* Twelve numbers and nothing behind them. */
static int parse_matrix(const struct parse *parse, const char *camera, char *rest,
                        double ret_matrix[static MATRIX_NUMBERS])
{
    char *word, *end;
    int count = 0;
    while (next_word(&rest, &word)) {
        double value = strtod(word, &end);
        if (*end != '\0' || !isfinite(value))
            return error_set(parse->err, -EINVAL,
                             "%s:%d: camera %s: \"%.64s\" is not a finite number", parse->name,
                             parse->line, camera, word);
        if (count < MATRIX_NUMBERS)
            ret_matrix[count] = value;
        count++;
    }
    if (count == MATRIX_NUMBERS)
        return 0;
    return error_set(parse->err, -EINVAL,
                     "%s:%d: camera %s has %d numbers; write the 12 of its 3x4 matrix "
                     "image_from_floor, row by row",
                     parse->name, parse->line, camera, count);
}

static int check_matrix(const struct parse *parse, const char *camera,
                        const double matrix[static MATRIX_NUMBERS])
{
    struct projection projection;
    int r = projection_of_matrix(matrix, &projection);
    if (r == 0)
        return 0;
    return error_set(parse->err, -EINVAL, "%s:%d: camera %s: %s", parse->name, parse->line, camera,
                     r == -EDOM ? "the matrix puts it below the floor; z must point up"
                                : "the matrix is singular: it is no camera");
}

static int check_name(const struct parse *parse, const char *camera)
{
    if (strlen(camera) >= ID_SIZE)
        return error_set(parse->err, -EINVAL,
                         "%s:%d: the name \"%.20s...\" has %zu bytes; at most %d are allowed",
                         parse->name, parse->line, camera, strlen(camera), ID_SIZE - 1);
    for (size_t i = 0; i < parse->table.count; i++)
        if (strcmp(parse->table.items[i].name, camera) == 0)
            return error_set(parse->err, -EINVAL, "%s:%d: camera %s is there twice", parse->name,
                             parse->line, camera);
    return 0;
}

/* "name:line: " of the made-up camera file would only confuse. */
static const char *without_place(const char *sentence)
{
    const char *colon = strstr(sentence, ": ");
    return colon ? colon + 2 : sentence;
}

static int make_calibration(const struct parse *parse, const char *camera,
                            const double matrix[static MATRIX_NUMBERS],
                            struct calibration **ret_calibration)
{
    AUTO(text_release) struct text text = TEXT_INIT;
    AUTO(problems_release) struct problems problems = { 0 };
    text_format(&text, "image = { width = %u; height = %u; };\nimage_from_floor = (", parse->width,
                parse->height);
    for (int i = 0; i < MATRIX_NUMBERS; i++) /* 17 digits: exact */
        text_format(&text, "%s%.16e%s", i % 4 == 0 ? "\n    (" : "", matrix[i],
                    i % 4 != 3               ? ", "
                    : i < MATRIX_NUMBERS - 1 ? "),"
                                             : ")");
    text_append(&text, ");\n");
    if (text.failed)
        return error_set(parse->err, -ENOMEM, "out of memory");
    int r = calibration_parse(text.bytes, "camera", ret_calibration, &problems);
    if (r < 0)
        return error_set(parse->err, r, "%s:%d: camera %s: %s", parse->name, parse->line, camera,
                         problems.count ? without_place(problems.sentences[0]) : "out of memory");
    return 0;
}

static int reserve(struct parse *parse)
{
    struct camera_table *table = &parse->table;
    if (table->count == CAMERA_TABLE_MAX)
        return error_set(parse->err, -EINVAL, "%s:%d: more than %d cameras", parse->name,
                         parse->line, CAMERA_TABLE_MAX);
    if (table->count < parse->room)
        return 0;
    size_t room = parse->room ? 2 * parse->room : 16;
    struct camera_table_entry *items = reallocarray(table->items, room, sizeof(*items));
    if (!items)
        return error_set(parse->err, -ENOMEM, "out of memory");
    table->items = items;
    parse->room = room;
    return 0;
}

static int parse_line(struct parse *parse, char *line)
{
    char *rest, *camera;
    double matrix[MATRIX_NUMBERS];
    line[strcspn(line, "#")] = '\0';
    camera = strtok_r(line, " \t\r", &rest);
    if (!camera)
        return 0;
    int r = check_name(parse, camera);
    if (r == 0)
        r = parse_matrix(parse, camera, rest, matrix);
    if (r == 0)
        r = check_matrix(parse, camera, matrix);
    if (r == 0)
        r = reserve(parse);
    if (r < 0)
        return r;
    struct camera_table_entry *entry = &parse->table.items[parse->table.count];
    r = make_calibration(parse, camera, matrix, &entry->calibration);
    if (r < 0)
        return r;
    memcpy(entry->name, camera, strlen(camera) + 1);
    parse->table.count++;
    return 0;
}

static int parse_lines(struct parse *parse, char *text)
{
    for (char *line = text; line;) {
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        parse->line++;
        int r = parse_line(parse, line);
        if (r < 0)
            return r;
        line = end ? end + 1 : NULL;
    }
    if (parse->table.count > 0)
        return 0;
    return error_set(parse->err, -EINVAL,
                     "%s: no camera; write a line with a name and 12 numbers for each",
                     parse->name);
}

/* The text is cut into words in place. */
static int parse_in_place(char *text, size_t length, const char *name, uint32_t width,
                          uint32_t height, struct camera_table *ret_table, struct error *err)
{
    struct parse parse = { .name = name, .width = width, .height = height, .err = err };
    if (strlen(text) != length)
        return error_set(err, -EINVAL, "%s: not a text file: it holds a zero byte", name);
    int r = parse_lines(&parse, text);
    if (r < 0) {
        camera_table_release(&parse.table);
        return r;
    }
    *ret_table = parse.table;
    return 0;
}

int camera_table_parse(const char *text, size_t length, const char *name, uint32_t width,
                       uint32_t height, struct camera_table *ret_table, struct error *err)
{
    char *copy = malloc(length + 1);
    if (!copy)
        return error_set(err, -ENOMEM, "out of memory");
    memcpy(copy, text, length);
    copy[length] = '\0';
    int r = parse_in_place(copy, length, name, width, height, ret_table, err);
    free(copy);
    return r;
}

int camera_table_load(const char *path, uint32_t width, uint32_t height,
                      struct camera_table *ret_table, struct error *err)
{
    char *text;
    size_t length;
    int r = file_read(path, CAMERA_TABLE_BYTES_MAX, &text, &length, err);
    if (r < 0)
        return r;
    r = parse_in_place(text, length, path, width, height, ret_table, err);
    free(text);
    return r;
}

void camera_table_release(struct camera_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        calibration_destroy(&table->items[i].calibration);
    free(table->items);
    *table = (struct camera_table){ 0 };
}
