/*
 * csv.c - reading CSV files row by row, in bounded memory
 *
 * The file is read in blocks; the row lies in the block and is cut into fields in place: quotes
 * only ever make a field shorter, so the unquoted text fits where the quoted text was. A quoted
 * field ends on its own line.
 */
#include "csv/csv.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv/number.h"

/* A row of the greatest length, its line end and a NUL fit, and moving the rest of a block to the
 * front stays rare. */
#define BLOCK_BYTES ((size_t) 4 * CSV_ROW_BYTES_MAX)

struct csv_reader {
    char *path;
    int fd;
    bool ended;          /* the file has no more bytes than those in the block */
    size_t begin, end;   /* of the bytes in the block that have not been read */
    long line;           /* number of the row in `row`, from 1 */
    char **names;        /* one for each column */
    size_t column_count; /* 0 until the header is read */
    char **fields;       /* borrowed from row */
    size_t field_count, field_capacity;
    char *row; /* in the block; its end is a NUL */
    char block[BLOCK_BYTES + 1];
};

/* Move what is left to the front and read more behind it. */
static int refill(struct csv_reader *reader, struct error *err)
{
    reader->end -= reader->begin;
    memmove(reader->block, reader->block + reader->begin, reader->end);
    reader->begin = 0;
    ssize_t n;
    do {
        n = read(reader->fd, reader->block + reader->end, BLOCK_BYTES - reader->end);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return error_set(err, -errno, "%s: cannot read: %s", reader->path, strerror(errno));
    reader->ended = n == 0;
    reader->end += (size_t) n;
    return 0;
}

/* Find the end of the line that begins at `begin`, reading on as needed. Returns 1, 0 when nothing
 * is left, or an error. */
static int find_line_end(struct csv_reader *reader, size_t *ret_length, struct error *err)
{
    size_t searched = 0;
    for (;;) {
        const char *start = reader->block + reader->begin;
        size_t there = reader->end - reader->begin;
        const char *newline = memchr(start + searched, '\n', there - searched);
        *ret_length = newline ? (size_t) (newline - start) : there;
        if (*ret_length > CSV_ROW_BYTES_MAX)
            return error_set(err, -EINVAL, "%s:%ld: the row is longer than %d bytes", reader->path,
                             reader->line + 1, CSV_ROW_BYTES_MAX);
        if (newline || reader->ended)
            return newline || there > 0;
        searched = there;
        int r = refill(reader, err);
        if (r < 0)
            return r;
    }
}

/* Go to the next line. Returns 1, 0 at the end of the file, or an error. */
static int read_line(struct csv_reader *reader, struct error *err)
{
    size_t length;
    int r = find_line_end(reader, &length, err);
    if (r <= 0)
        return r;
    char *row = reader->block + reader->begin;
    if (memchr(row, '\0', length))
        return error_set(err, -EINVAL, "%s:%ld: a zero byte: this is not a CSV file", reader->path,
                         reader->line + 1);
    reader->begin += length;
    if (reader->begin < reader->end)
        reader->begin++; /* the line's end */
    if (length > 0 && row[length - 1] == '\r')
        length--;
    row[length] = '\0';
    reader->row = row;
    reader->line++;
    return 1;
}

static bool blank(const char *text)
{
    return text[strspn(text, " \t")] == '\0';
}

/* Read lines until one has something in it. */
static int read_row(struct csv_reader *reader, struct error *err)
{
    int r;
    do {
        r = read_line(reader, err);
    } while (r == 1 && blank(reader->row));
    return r;
}

static int add_field(struct csv_reader *reader, char *field, struct error *err)
{
    if (reader->field_count == reader->field_capacity) {
        size_t capacity = reader->field_capacity ? 2 * reader->field_capacity : 16;
        char **fields = reallocarray(reader->fields, capacity, sizeof(*fields));
        if (!fields)
            return error_set(err, -ENOMEM, "%s: out of memory", reader->path);
        reader->fields = fields;
        reader->field_capacity = capacity;
    }
    reader->fields[reader->field_count++] = field;
    return 0;
}

/*
 * Unquote the field whose opening quote is at `at`, in place.
 * Returns where the character behind the closing quote is, NULL when there is no closing quote.
 */
static char *unquote(char *at, char **ret_field)
{
    char *from = at + 1, *to = at;
    *ret_field = at;
    while (*from) {
        if (*from == '"' && from[1] != '"') {
            *to = '\0';
            return from + 1;
        }
        if (*from == '"')
            from++;
        *to++ = *from++;
    }
    return NULL;
}

/* Cut the row into fields. */
static int split_row(struct csv_reader *reader, struct error *err)
{
    char *at = reader->row;
    reader->field_count = 0;
    for (;;) {
        char *field = at, *end;
        if (*at == '"') {
            end = unquote(at, &field);
            if (!end)
                return error_set(err, -EINVAL, "%s:%ld: a quote is opened and not closed",
                                 reader->path, reader->line);
            if (*end && *end != ',')
                return error_set(err, -EINVAL,
                                 "%s:%ld: text behind a closing quote; write \"\" for "
                                 "a quote inside a field",
                                 reader->path, reader->line);
        } else {
            end = strchrnul(at, ',');
        }
        bool last = *end == '\0';
        *end = '\0';
        int r = add_field(reader, field, err);
        if (r < 0 || last)
            return r;
        at = end + 1;
    }
}

static char *trimmed(char *text)
{
    while (isblank((unsigned char) *text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isblank((unsigned char) text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* The fields of the first row become the names of the columns. */
static int keep_names(struct csv_reader *reader, struct error *err)
{
    reader->names = calloc(reader->field_count, sizeof(*reader->names));
    if (!reader->names)
        return error_set(err, -ENOMEM, "%s: out of memory", reader->path);
    for (size_t i = 0; i < reader->field_count; i++) {
        const char *name = trimmed(reader->fields[i]);
        if (*name && csv_reader_column(reader, name, NULL) >= 0)
            return error_set(err, -EINVAL, "%s:%ld: the column \"%s\" is there twice", reader->path,
                             reader->line, name);
        reader->names[i] = strdup(name);
        if (!reader->names[i])
            return error_set(err, -ENOMEM, "%s: out of memory", reader->path);
        reader->column_count++;
    }
    return 0;
}

static int read_header(struct csv_reader *reader, struct error *err)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    const size_t mark_length = sizeof(byte_order_mark) - 1;
    int r = read_line(reader, err);
    if (r == 1 && strncmp(reader->row, byte_order_mark, mark_length) == 0)
        memmove(reader->row, reader->row + mark_length, strlen(reader->row) - mark_length + 1);
    if (r == 1 && blank(reader->row))
        r = read_row(reader, err);
    if (r < 0)
        return r;
    if (r == 0)
        return error_set(err, -EINVAL,
                         "%s: the file is empty; its first line must name the columns",
                         reader->path);
    r = split_row(reader, err);
    return r < 0 ? r : keep_names(reader, err);
}

int csv_reader_open(const char *path, struct csv_reader **ret_reader, struct error *err)
{
    bool stdin_wanted = strcmp(path, "-") == 0;
    AUTO(csv_reader_close) struct csv_reader *reader = malloc(sizeof(*reader));
    if (!reader)
        return error_set(err, -ENOMEM, "%s: out of memory", path);
    memset(reader, 0, offsetof(struct csv_reader, block)); /* the block need not be */
    reader->fd = -1;
    if (!(reader->path = strdup(stdin_wanted ? "standard input" : path)))
        return error_set(err, -ENOMEM, "%s: out of memory", path);
    reader->fd =
        stdin_wanted ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0) {
        int code = -errno;
        return error_set(err, code, "%s: cannot open: %s", path, strerror(-code));
    }
    int r = read_header(reader, err);
    if (r < 0)
        return r;
    *ret_reader = reader;
    reader = NULL;
    return 0;
}

void csv_reader_close(struct csv_reader **reader)
{
    struct csv_reader *r = *reader;
    if (!r)
        return;
    if (r->fd >= 0)
        (void) close(r->fd);
    for (size_t i = 0; i < r->column_count; i++)
        free(r->names[i]);
    free(r->names);
    free(r->fields);
    free(r->path);
    free(r);
    *reader = NULL;
}

int csv_reader_column(const struct csv_reader *reader, const char *name, const char *synonym)
{
    for (size_t i = 0; i < reader->column_count; i++) {
        if (strcmp(reader->names[i], name) == 0)
            return (int) i;
    }
    return synonym ? csv_reader_column(reader, synonym, NULL) : -1;
}

int csv_reader_next(struct csv_reader *reader, struct error *err)
{
    reader->field_count = 0;
    int r = read_row(reader, err);
    if (r <= 0)
        return r;
    r = split_row(reader, err);
    if (r < 0) {
        reader->field_count = 0;
        return r;
    }
    if (reader->field_count == reader->column_count)
        return 1;
    size_t found = reader->field_count;
    reader->field_count = 0;
    return error_set(err, -EINVAL, "%s:%ld: %zu fields where the header names %zu", reader->path,
                     reader->line, found, reader->column_count);
}

const char *csv_reader_text(const struct csv_reader *reader, int column)
{
    if (column < 0 || (size_t) column >= reader->field_count)
        return "";
    return reader->fields[column];
}

static int bad_field(const struct csv_reader *reader, int column, const char *wanted,
                     struct error *err)
{
    if (column < 0 || (size_t) column >= reader->column_count)
        return error_set(err, -EINVAL, "%s:%ld: a column that holds %s is missing", reader->path,
                         reader->line, wanted);
    return error_set(err, -EINVAL, "%s:%ld: %s: \"%.64s\" is not %s", reader->path, reader->line,
                     reader->names[column], csv_reader_text(reader, column), wanted);
}

int csv_reader_any_number(const struct csv_reader *reader, int column, double *ret_value,
                          struct error *err)
{
    if (number_parse(csv_reader_text(reader, column), ret_value))
        return 0;
    return bad_field(reader, column, "a number", err);
}

int csv_reader_number(const struct csv_reader *reader, int column, double *ret_value,
                      struct error *err)
{
    double value;
    if (!number_parse(csv_reader_text(reader, column), &value) || !isfinite(value))
        return bad_field(reader, column, "a finite number", err);
    *ret_value = value;
    return 0;
}

int csv_reader_integer(const struct csv_reader *reader, int column, int64_t *ret_value,
                       struct error *err)
{
    if (integer_parse(csv_reader_text(reader, column), ret_value))
        return 0;
    return bad_field(reader, column, "a whole number", err);
}

long csv_reader_line(const struct csv_reader *reader)
{
    return reader->line;
}

const char *csv_reader_name(const struct csv_reader *reader)
{
    return reader->path;
}
