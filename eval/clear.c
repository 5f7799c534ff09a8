/* clear.c - how near a result is to the truth: the CLEAR detection measures on the floor */
#include "eval/clear.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "csv/csv.h"
#include "geom/assignment.h"

#define SCRATCH_BYTES ((size_t) 65536)

/* A run of points of one time: items[first, end). */
struct range {
    size_t first, end;
};

static size_t range_count(struct range range)
{
    return range.end - range.first;
}

static int compare_points(const void *a, const void *b)
{
    const struct eval_point *p = a, *q = b;
    if (p->time_us != q->time_us)
        return p->time_us < q->time_us ? -1 : 1;
    if (p->id != q->id)
        return p->id < q->id ? -1 : 1;
    if (p->position.x != q->position.x)
        return p->position.x < q->position.x ? -1 : 1;
    return (p->position.y > q->position.y) - (p->position.y < q->position.y);
}

struct point_columns {
    int time, id, x, y, state;
};

static int find_columns(const struct csv_reader *reader, const char *path,
                        struct point_columns *ret_columns, struct error *err)
{
    struct point_columns columns = {
        .time = csv_reader_column(reader, "time_us", NULL),
        .id = csv_reader_column(reader, "id", "track"),
        .x = csv_reader_column(reader, "x_m", NULL),
        .y = csv_reader_column(reader, "y_m", NULL),
        .state = csv_reader_column(reader, "state", NULL),
    };
    const char *missing = columns.time < 0 ? "time_us"
                          : columns.id < 0 ? "id"
                          : columns.x < 0  ? "x_m"
                          : columns.y < 0  ? "y_m"
                                           : NULL;
    if (missing)
        return error_set(err, -EINVAL,
                         "%s:1: the column %s is missing; the file needs time_us,id,x_m,y_m", path,
                         missing);
    *ret_columns = columns;
    return 0;
}

/* The point of the row the reader is at. */
static int read_point(const struct csv_reader *reader, const struct point_columns *columns,
                      struct eval_point *ret_point, struct error *err)
{
    struct eval_point point = { 0 };
    int r = csv_reader_integer(reader, columns->time, &point.time_us, err);
    if (r == 0)
        r = csv_reader_integer(reader, columns->id, &point.id, err);
    if (r == 0)
        r = csv_reader_number(reader, columns->x, &point.position.x, err);
    if (r == 0)
        r = csv_reader_number(reader, columns->y, &point.position.y, err);
    if (r == 0)
        *ret_point = point;
    return r;
}

static int append_point(struct eval_points *points, size_t *capacity, struct eval_point point)
{
    if (points->count == *capacity) {
        size_t wanted = *capacity ? 2 * *capacity : 1024;
        struct eval_point *items = reallocarray(points->items, wanted, sizeof(*items));
        if (!items)
            return -ENOMEM;
        points->items = items;
        *capacity = wanted;
    }
    points->items[points->count++] = point;
    return 0;
}

static int read_rows(struct csv_reader *reader, const char *path, struct eval_points *points,
                     struct error *err)
{
    struct point_columns columns = { 0 };
    struct eval_point point = { 0 };
    size_t capacity = 0;
    int r = find_columns(reader, path, &columns, err);
    if (r < 0)
        return r;
    while ((r = csv_reader_next(reader, err)) == 1) {
        if (strcmp(csv_reader_text(reader, columns.state), "tentative") == 0)
            continue;
        r = read_point(reader, &columns, &point, err);
        if (r < 0)
            return r;
        if (append_point(points, &capacity, point) < 0)
            return error_set(err, -ENOMEM, "%s: out of memory", path);
    }
    return r;
}

int eval_points_read(const char *path, struct eval_points *ret_points, struct error *err)
{
    AUTO(csv_reader_close) struct csv_reader *reader = NULL;
    AUTO(eval_points_release) struct eval_points points = { 0 };
    int r = csv_reader_open(path, &reader, err);
    if (r == 0)
        r = read_rows(reader, path, &points, err);
    if (r < 0)
        return r;
    if (points.count > 0)
        qsort(points.items, points.count, sizeof(*points.items), compare_points);
    *ret_points = points;
    points = (struct eval_points){ 0 };
    return 0;
}

void eval_points_release(struct eval_points *points)
{
    free(points->items);
    *points = (struct eval_points){ 0 };
}

/* The run of equal times that starts at `first`; empty at the end. */
static struct range run_at(const struct eval_points *points, size_t first)
{
    size_t end = first;
    while (end < points->count && points->items[end].time_us == points->items[first].time_us)
        end++;
    return (struct range){ first, end };
}

/* Unsigned, so that times at both ends of the range do not overflow. */
static uint64_t time_between(int64_t a, int64_t b)
{
    return a > b ? (uint64_t) a - (uint64_t) b : (uint64_t) b - (uint64_t) a;
}

/*
 * Among the result times from *next on, those nearer to this truth time than to the following one;
 * of them the nearest. *next moves behind them.
 */
static struct range nearest_run(const struct eval_points *result, size_t *next, int64_t time_us,
                                const int64_t *following_us, int64_t tolerance_us)
{
    struct range best = { 0, 0 };
    uint64_t best_distance = UINT64_MAX;
    while (*next < result->count) {
        struct range run = run_at(result, *next);
        int64_t at_us = result->items[*next].time_us;
        uint64_t distance = time_between(at_us, time_us);
        if (following_us && at_us > time_us && time_between(at_us, *following_us) < distance)
            break;
        *next = run.end;
        if (distance <= (uint64_t) tolerance_us && distance < best_distance) {
            best_distance = distance;
            best = run;
        }
    }
    return best;
}

/* One time while it is scored. */
struct moment {
    const struct eval_point *truth, *result;
    size_t truth_count, result_count;
    double radius_m;
};

static void fill_costs(const struct moment *moment, double *cost)
{
    for (size_t i = 0; i < moment->truth_count; i++) {
        for (size_t j = 0; j < moment->result_count; j++) {
            double d = floor_distance_m(moment->truth[i].position, moment->result[j].position);
            cost[i * moment->result_count + j] = d <= moment->radius_m ? d : ASSIGNMENT_FORBIDDEN;
        }
    }
}

/* Unmatched results that lie beside a truth point which has its match. */
static int64_t count_doubled(const struct moment *moment, const double *cost, const size_t *column,
                             const bool *used)
{
    int64_t doubled = 0;
    for (size_t j = 0; j < moment->result_count; j++) {
        bool beside = false;
        for (size_t i = 0; i < moment->truth_count && !used[j]; i++) {
            beside |= column[i] != ASSIGNMENT_NONE &&
                      cost[i * moment->result_count + j] < ASSIGNMENT_FORBIDDEN;
        }
        doubled += beside;
    }
    return doubled;
}

/* Sums over all times. */
struct sums {
    int64_t truth, result, matched, doubled;
    double distance_m;
};

static int score_moment(const struct moment *moment, struct arena *scratch, struct sums *sums)
{
    size_t rows = moment->truth_count, columns = moment->result_count;
    sums->truth += (int64_t) rows;
    sums->result += (int64_t) columns;
    if (rows == 0 || columns == 0)
        return 0;
    if (rows > SIZE_MAX / columns)
        return -ENOMEM;
    double *cost = arena_allocate(scratch, rows * columns, sizeof(*cost));
    size_t *column = arena_allocate(scratch, rows, sizeof(*column));
    bool *used = arena_allocate(scratch, columns, sizeof(*used));
    if (!cost || !column || !used)
        return -ENOMEM;
    fill_costs(moment, cost);
    int matched = assignment_solve(cost, rows, columns, scratch, column);
    if (matched < 0)
        return matched;
    sums->matched += matched;
    for (size_t i = 0; i < rows; i++) {
        if (column[i] == ASSIGNMENT_NONE)
            continue;
        used[column[i]] = true;
        sums->distance_m += cost[i * columns + column[i]];
    }
    sums->doubled += count_doubled(moment, cost, column, used);
    return 0;
}

/* NaN for 0 / 0 as for x / 0: there is nothing to divide by. */
static double fraction(double part, double whole)
{
    return whole != 0 ? part / whole : NAN;
}

static struct clear_result result_of(const struct sums *sums, double radius_m)
{
    struct clear_result result = { .truth = sums->truth,
                                   .matched = sums->matched,
                                   .missed = sums->truth - sums->matched,
                                   .false_positives = sums->result - sums->matched,
                                   .doubled = sums->doubled };
    double matched = (double) sums->matched, truth = (double) sums->truth;
    result.moda = 1 - fraction((double) (result.missed + result.false_positives), truth);
    result.precision = fraction(matched, (double) sums->result);
    result.recall = fraction(matched, truth);
    result.mean_error_m = fraction(sums->distance_m, matched);
    result.modp = radius_m > 0 ? 1 - result.mean_error_m / radius_m : NAN;
    return result;
}

static int score_all(const struct eval_points *truth, const struct eval_points *result,
                     double radius_m, int64_t tolerance_us, struct arena *scratch,
                     struct sums *sums)
{
    size_t next = 0;
    for (struct range run = run_at(truth, 0); range_count(run) > 0; run = run_at(truth, run.end)) {
        const int64_t *following = run.end < truth->count ? &truth->items[run.end].time_us : NULL;
        struct range found =
            nearest_run(result, &next, truth->items[run.first].time_us, following, tolerance_us);
        struct moment moment = {
            .truth = truth->items + run.first,
            .truth_count = range_count(run),
            .result = range_count(found) ? result->items + found.first : NULL,
            .result_count = range_count(found),
            .radius_m = radius_m,
        };
        int r = score_moment(&moment, scratch, sums);
        if (r < 0)
            return r;
        arena_reset(scratch);
    }
    return 0;
}

int clear_evaluate(const struct eval_points *truth, const struct eval_points *result,
                   double radius_m, int64_t tolerance_us, struct clear_result *ret)
{
    AUTO(arena_destroy) struct arena *scratch = NULL;
    struct sums sums = { 0 };
    int r = arena_create(SCRATCH_BYTES, &scratch);
    if (r == 0)
        r = score_all(truth, result, radius_m, tolerance_us, scratch, &sums);
    if (r == 0)
        *ret = result_of(&sums, radius_m);
    return r;
}
