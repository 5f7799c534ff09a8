/*
 * output_csv.c - many CSV rows fast
 */
#include "sim/output_csv.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES (256 * 1024)

/* A number takes less. */
#define FIELD_BYTES 64

struct csv_out {
    char *path, *part_path;
    int fd, failed; /* failed: negative errno of the first write that failed */
    bool in_row;
    size_t used;
    char buffer[BUFFER_BYTES];
};

static void flush(struct csv_out *out)
{
    for (size_t done = 0; done < out->used && out->failed == 0;) {
        ssize_t wrote = write(out->fd, out->buffer + done, out->used - done);
        if (wrote >= 0)
            done += (size_t) wrote;
        else if (errno != EINTR)
            out->failed = -errno;
    }
    out->used = 0;
}

static char *room(struct csv_out *out, size_t bytes)
{
    if (out->used + bytes > BUFFER_BYTES)
        flush(out);
    return out->buffer + out->used;
}

static char *begin_field(struct csv_out *out, size_t bytes)
{
    char *at = room(out, bytes + 1);
    if (out->in_row) {
        *at++ = ',';
        out->used++;
    }
    out->in_row = true;
    return at;
}

int csv_out_create(const char *path, const char *header, struct csv_out **ret_out,
                   struct error *err)
{
    AUTO(csv_out_destroy) struct csv_out *out = calloc(1, sizeof(*out));
    if (!out)
        return error_set(err, -ENOMEM, "out of memory");
    out->fd = -1;
    out->path = strdup(path);
    if (!out->path || asprintf(&out->part_path, "%s.part", path) < 0) {
        out->part_path = NULL;
        return error_set(err, -ENOMEM, "out of memory");
    }
    out->fd = open(out->part_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (out->fd < 0)
        return error_set(err, -errno, "could not write %s: %s", out->part_path, strerror(errno));
    csv_out_text(out, header);
    csv_out_end_row(out);
    *ret_out = out;
    out = NULL;
    return 0;
}

void csv_out_destroy(struct csv_out **out)
{
    struct csv_out *o = *out;
    if (!o)
        return;
    if (o->fd >= 0)
        (void) close(o->fd);
    if (o->part_path)
        (void) unlink(o->part_path);
    free(o->path);
    free(o->part_path);
    free(o);
    *out = NULL;
}

/* Write digits backwards from `end`; returns where they begin. */
static char *digits_before(char *end, uint64_t value)
{
    do
        *--end = (char) ('0' + value % 10);
    while (value /= 10);
    return end;
}

static void put(struct csv_out *out, const char *bytes, size_t length)
{
    memcpy(begin_field(out, length), bytes, length);
    out->used += length;
}

void csv_out_integer(struct csv_out *out, int64_t value)
{
    char text[FIELD_BYTES], *end = text + sizeof(text);
    uint64_t size = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
    char *at = digits_before(end, size);
    if (value < 0)
        *--at = '-';
    put(out, at, (size_t) (end - at));
}

void csv_out_fixed(struct csv_out *out, double value, int decimals)
{
    static const int64_t scales[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };
    int64_t scaled = llrint(value * (double) scales[decimals]);
    uint64_t size = scaled < 0 ? 0 - (uint64_t) scaled : (uint64_t) scaled;
    char text[FIELD_BYTES], *end = text + sizeof(text), *at = end;
    for (int i = 0; i < decimals; i++, size /= 10)
        *--at = (char) ('0' + size % 10);
    if (decimals)
        *--at = '.';
    at = digits_before(at, size);
    if (scaled < 0)
        *--at = '-';
    put(out, at, (size_t) (end - at));
}

void csv_out_text(struct csv_out *out, const char *text)
{
    put(out, text, strlen(text));
}

void csv_out_end_row(struct csv_out *out)
{
    *room(out, 1) = '\n';
    out->used++;
    out->in_row = false;
}

int csv_out_finish(struct csv_out *out, struct error *err)
{
    flush(out);
    if (out->failed == 0 && fsync(out->fd) < 0 && errno != EINVAL)
        out->failed = -errno;
    if (close(out->fd) < 0 && out->failed == 0)
        out->failed = -errno;
    out->fd = -1;
    if (out->failed < 0)
        return error_set(err, out->failed, "could not write %s: %s", out->part_path,
                         strerror(-out->failed));
    return 0;
}

int csv_out_publish(struct csv_out *out, struct error *err)
{
    if (rename(out->part_path, out->path) < 0)
        return error_set(err, -errno, "could not put %s in its place: %s", out->path,
                         strerror(errno));
    free(out->part_path);
    out->part_path = NULL;
    return 0;
}
