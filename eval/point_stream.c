/*
 * point_stream.c - points of a truth or a result, time by time
 */
#include "eval/point_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"

struct point_stream {
    struct csv_reader *reader;
    const struct region *region;
    int time, id, x, y, floor, state;
    bool pending; /* a row has been read that belongs to the next moment */
    int64_t pending_us;
    struct moment_point pending_point;
    bool pending_counts;
    struct point_moment moments[2]; /* in turns, so that the one before stays */
    int turn;
};

static int find_columns(struct point_stream *s, const char *path, struct error *err)
{
    s->time = csv_reader_column(s->reader, "time_us", NULL);
    s->id = csv_reader_column(s->reader, "id", "track");
    s->x = csv_reader_column(s->reader, "x_m", NULL);
    s->y = csv_reader_column(s->reader, "y_m", NULL);
    s->floor = csv_reader_column(s->reader, "floor", NULL);
    s->state = csv_reader_column(s->reader, "state", NULL);
    const char *missing = s->time < 0 ? "time_us"
                          : s->id < 0 ? "id"
                          : s->x < 0  ? "x_m"
                          : s->y < 0  ? "y_m"
                                      : NULL;
    return missing ? error_set(err, -EINVAL,
                               "%s:1: the column %s is missing; the file needs time_us, id (or "
                               "track), x_m and y_m",
                               path, missing)
                   : 0;
}

int point_stream_open(const char *path, const struct region *region,
                      struct point_stream **ret_stream, struct error *err)
{
    struct point_stream *s = calloc(1, sizeof(*s));
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    s->region = region;
    int r = csv_reader_open(path, &s->reader, err);
    if (r == 0)
        r = find_columns(s, path, err);
    if (r < 0) {
        point_stream_close(&s);
        return r;
    }
    *ret_stream = s;
    return 0;
}

void point_stream_close(struct point_stream **stream)
{
    if (!*stream)
        return;
    csv_reader_close(&(*stream)->reader);
    free((*stream)->moments[0].points);
    free((*stream)->moments[1].points);
    free(*stream);
    *stream = NULL;
}

/* FNV-1a: two names of floors that collide would have to be chosen for it. */
static uint64_t name_hash(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++)
        hash = (hash ^ (unsigned char) *name) * UINT64_C(1099511628211);
    return hash;
}

/* Read the next row into the pending one. Returns 1, 0 at the end, or negative. */
static int read_row(struct point_stream *s, struct error *err)
{
    int64_t before_us = s->pending_us;
    bool first = !s->pending;
    int r = csv_reader_next(s->reader, err);
    s->pending = r == 1;
    if (r != 1)
        return r;
    r = csv_reader_integer(s->reader, s->time, &s->pending_us, err);
    if (r == 0)
        r = csv_reader_integer(s->reader, s->id, &s->pending_point.id, err);
    if (r == 0)
        r = csv_reader_number(s->reader, s->x, &s->pending_point.position.x, err);
    if (r == 0)
        r = csv_reader_number(s->reader, s->y, &s->pending_point.position.y, err);
    if (r < 0)
        return r;
    if (!first && s->pending_us < before_us)
        return error_set(err, -EINVAL, "%s:%ld: time goes backwards; sort the rows by time_us",
                         csv_reader_name(s->reader), csv_reader_line(s->reader));
    s->pending_point.floor = name_hash(csv_reader_text(s->reader, s->floor));
    s->pending_counts = strcmp(csv_reader_text(s->reader, s->state), "tentative") != 0 &&
                        region_contains(s->region, s->pending_point.position);
    return 1;
}

bool point_stream_has_floors(const struct point_stream *s)
{
    return s->floor >= 0;
}

void point_stream_ignore_floors(struct point_stream *s)
{
    s->floor = -1;
}

static int append(struct point_stream *s, struct point_moment *m, struct error *err)
{
    if (m->count == POINT_STREAM_PEOPLE_MAX)
        return error_set(err, -EINVAL, "%s:%ld: more than %d people at one time",
                         csv_reader_name(s->reader), csv_reader_line(s->reader),
                         POINT_STREAM_PEOPLE_MAX);
    if (m->count == m->capacity) {
        size_t capacity = m->capacity ? 2 * m->capacity : 64;
        struct moment_point *points = reallocarray(m->points, capacity, sizeof(*points));
        if (!points)
            return error_set(err, -ENOMEM, "out of memory");
        m->points = points;
        m->capacity = capacity;
    }
    m->points[m->count++] = s->pending_point;
    return 0;
}

static int by_id(const void *left, const void *right)
{
    const struct moment_point *a = left, *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return (a->floor > b->floor) - (a->floor < b->floor);
}

/* By id, so that the order of rows within a time means nothing; nobody is there twice. */
static int put_in_order(struct point_stream *s, struct point_moment *m, struct error *err)
{
    if (m->count > 1)
        qsort(m->points, m->count, sizeof(*m->points), by_id);
    for (size_t i = 1; i < m->count; i++)
        if (by_id(&m->points[i - 1], &m->points[i]) == 0)
            return error_set(err, -EINVAL, "%s:%ld: id %lld is twice at time %lld",
                             csv_reader_name(s->reader),
                             csv_reader_line(s->reader) - (s->pending ? 1 : 0),
                             (long long) m->points[i].id, (long long) m->time_us);
    return 0;
}

int point_stream_next(struct point_stream *s, const struct point_moment **ret_moment,
                      struct error *err)
{
    struct point_moment *m = &s->moments[s->turn];
    int r = 1;
    if (!s->pending)
        r = read_row(s, err);
    if (r != 1)
        return r;
    m->time_us = s->pending_us;
    m->count = 0;
    while (r == 1 && s->pending_us == m->time_us) {
        r = s->pending_counts ? append(s, m, err) : 0;
        if (r == 0)
            r = read_row(s, err);
    }
    if (r < 0)
        return r;
    s->turn = 1 - s->turn;
    *ret_moment = m;
    r = put_in_order(s, m, err);
    return r < 0 ? r : 1;
}
