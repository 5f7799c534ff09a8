/*
 * query.c - reading the facts back
 *
 * Cells are summed in the server, which sends one row an occupied cell however long the range is.
 * Exposure comes as one mask a camera set with its milliseconds and is added up here.
 */
#include "storage/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/database.h"
#include "storage/schema.h"

/* A year of one-minute buckets takes some seconds. */
#define QUERY_TIMEOUT_MS 120000

/* Years 1 to 9999: what PostgreSQL reads in the form we write. */
#define EARLIEST_US (INT64_C(-62135596800) * US_PER_S)
#define LATEST_US   (INT64_C(253402300800) * US_PER_S)

/* What every statement about one floor and range takes. */
struct range {
    char store_id[16], floor_id[16];
    char from[WALL_TEXT_SIZE], to[WALL_TEXT_SIZE];
};

static void range_time(int64_t wall_us, char buffer[static WALL_TEXT_SIZE])
{
    if (wall_us < EARLIEST_US)
        strcpy(buffer, "-infinity");
    else if (wall_us >= LATEST_US)
        strcpy(buffer, "infinity");
    else
        (void) clock_wall_format(wall_us, buffer);
}

static int64_t integer_at(const PGresult *rows, int row, int column)
{
    return strtoll(PQgetvalue(rows, row, column), NULL, 10);
}

static double double_at(const PGresult *rows, int row, int column)
{
    return strtod(PQgetvalue(rows, row, column), NULL);
}

static int open_and_check(const char *conninfo, struct database **ret_database, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = database_open(conninfo, -1, QUERY_TIMEOUT_MS, &database, err);
    if (rc == 0)
        rc = schema_check(database, err);
    if (rc < 0)
        return rc;
    *ret_database = database;
    database = NULL;
    return 0;
}

static int find_store(struct database *database, const char *store, char ret_id[static 16],
                      struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    const char *const values[] = { store };
    int rc = database_query(database, QUERY_STORE_FIND, values, &rows, err);
    if (rc < 0)
        return rc;
    if (PQntuples(rows) == 0)
        return error_set(err, -ENOENT,
                         "store \"%s\" is not in the database; has floorfuse up run with it?",
                         store);
    if (PQntuples(rows) > 1)
        return error_set(err, -ENOENT, "several chains have a store \"%s\"; say which, e.g. %s",
                         store, PQgetvalue(rows, 0, 1));
    (void) snprintf(ret_id, 16, "%s", PQgetvalue(rows, 0, 0));
    return 0;
}

static int find_floor(struct database *database, const char *store, const char *floor,
                      struct range *range, struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = find_store(database, store, range->store_id, err);
    if (rc < 0)
        return rc;
    const char *const values[] = { range->store_id, floor };
    rc = database_query(database, QUERY_FLOOR_FIND, values, &rows, err);
    if (rc < 0)
        return rc;
    if (PQntuples(rows) == 0)
        return error_set(err, -ENOENT, "floor \"%s\" of store \"%s\" has no data in the database",
                         floor, store);
    (void) snprintf(range->floor_id, sizeof range->floor_id, "%s", PQgetvalue(rows, 0, 0));
    return 0;
}

/* The range is empty: say where data is. */
static int no_data(struct database *database, const struct range *range, struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    const char *const values[] = { range->store_id, range->floor_id };
    int rc = database_query(database, QUERY_HEAT_SPAN, values, &rows, err);
    if (rc < 0)
        return rc;
    if (PQgetisnull(rows, 0, 0))
        return error_set(err, -ENODATA, "this floor has no heat in the database yet");
    char first[WALL_TEXT_SIZE], last[WALL_TEXT_SIZE];
    return error_set(
        err, -ENODATA,
        "there is no heat from %s to %s; the first bucket starts at %s, the last at %s",
        range->from, range->to, clock_wall_format(integer_at(rows, 0, 0), first),
        clock_wall_format(integer_at(rows, 0, 1), last));
}

static int query_range(struct database *database, enum query_id id, const struct range *range,
                       PGresult **ret_rows, struct error *err)
{
    const char *const values[] = { range->store_id, range->floor_id, range->from, range->to };
    return database_query(database, id, values, ret_rows, err);
}

static int read_extent(struct database *database, const struct range *range, struct heat_sums *sums,
                       struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = query_range(database, QUERY_HEAT_RANGE, range, &rows, err);
    if (rc < 0)
        return rc;
    sums->buckets = integer_at(rows, 0, 0);
    if (sums->buckets == 0)
        return no_data(database, range, err);
    sums->first_us = integer_at(rows, 0, 3);
    sums->last_us = integer_at(rows, 0, 4);
    sums->people_s = double_at(rows, 0, 5) / 1000;
    return 0;
}

static int read_grid(struct database *database, const struct range *range, struct grid *ret_grid,
                     struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = query_range(database, QUERY_HEAT_GRIDS, range, &rows, err);
    if (rc < 0)
        return rc;
    char change[WALL_TEXT_SIZE];
    if (PQntuples(rows) > 1)
        return error_set(
            err, -EEXIST,
            "the floor was cut into other cells at %s; ask for a range before or after",
            clock_wall_format(integer_at(rows, 1, 5), change));
    *ret_grid = (struct grid){ .origin = { double_at(rows, 0, 0), double_at(rows, 0, 1) },
                               .cell_m = double_at(rows, 0, 2),
                               .columns = (uint32_t) integer_at(rows, 0, 3),
                               .rows = (uint32_t) integer_at(rows, 0, 4) };
    return 0;
}

static int allocate_sums(struct heat_sums *sums, struct error *err)
{
    double **const arrays[] = { &sums->dwell_s,  &sums->passes, &sums->move_x_m,
                                &sums->move_y_m, &sums->path_m, &sums->exposure_s };
    for (size_t i = 0; i < ARRAY_LENGTH(arrays); i++) {
        *arrays[i] = calloc(grid_cells(&sums->grid), sizeof(double));
        if (!*arrays[i])
            return error_set(err, -ENOMEM, "out of memory reading heat");
    }
    return 0;
}

static int read_cells(struct database *database, const struct range *range, struct heat_sums *sums,
                      struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = query_range(database, QUERY_HEAT_CELLS, range, &rows, err);
    for (int row = 0; rc == 0 && row < PQntuples(rows); row++) {
        int64_t cell = integer_at(rows, row, 0);
        if (cell < 0 || cell >= grid_cells(&sums->grid))
            return error_set(err, -EIO,
                             "the database holds heat of cell %" PRId64 " outside the grid", cell);
        sums->dwell_s[cell] = double_at(rows, row, 1) / 1000;
        sums->passes[cell] = double_at(rows, row, 2);
        sums->move_x_m[cell] = double_at(rows, row, 3) / 1000;
        sums->move_y_m[cell] = double_at(rows, row, 4) / 1000;
        sums->path_m[cell] = double_at(rows, row, 5) / 1000;
    }
    return rc;
}

static int hex_digit(char c)
{
    return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* Add seconds to the cells of a mask, which comes as "\x" and two digits a byte. */
static void add_exposure(struct heat_sums *sums, const char *hex, double exposure_s)
{
    uint32_t cells = grid_cells(&sums->grid);
    for (uint32_t cell = 0; cell < cells; cell++) {
        const char *byte = hex + 2 + 2 * (cell / 8);
        int bits = hex_digit(byte[0]) << 4 | hex_digit(byte[1]);
        if (bits >> (cell % 8) & 1)
            sums->exposure_s[cell] += exposure_s;
    }
}

static int read_exposure(struct database *database, const struct range *range,
                         struct heat_sums *sums, struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = query_range(database, QUERY_HEAT_EXPOSURE, range, &rows, err);
    for (int row = 0; rc == 0 && row < PQntuples(rows); row++) {
        if (PQgetlength(rows, row, 0) != 2 + 2 * (int) grid_mask_bytes(&sums->grid))
            return error_set(err, -EIO, "the database holds a mask that does not fit the grid");
        add_exposure(sums, PQgetvalue(rows, row, 0), double_at(rows, row, 1) / 1000);
    }
    return rc;
}

static int read_sums(struct database *database, const char *store, const char *floor,
                     struct range *range, struct heat_sums *sums, struct error *err)
{
    /* One snapshot: a bucket that arrives meanwhile is in all of the sums or in none. */
    int rc = database_run(database, "read the heat",
                          "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, err);
    if (rc == 0)
        rc = find_floor(database, store, floor, range, err);
    if (rc == 0)
        rc = read_extent(database, range, sums, err);
    if (rc == 0)
        rc = read_grid(database, range, &sums->grid, err);
    if (rc == 0)
        rc = allocate_sums(sums, err);
    if (rc == 0)
        rc = read_cells(database, range, sums, err);
    if (rc == 0)
        rc = read_exposure(database, range, sums, err);
    return rc;
}

/* The codes of database.h that the public header does not have. */
static int public_code(int rc)
{
    return rc == -ETIMEDOUT || rc == -ECANCELED ? -EIO : rc;
}

int storage_query_heat(const char *conninfo, const char *store, const char *floor, int64_t from_us,
                       int64_t to_us, struct heat_sums **ret_sums, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = open_and_check(conninfo, &database, err);
    if (rc < 0)
        return public_code(rc);
    AUTO(heat_sums_destroy) struct heat_sums *sums = calloc(1, sizeof *sums);
    if (!sums)
        return error_set(err, -ENOMEM, "out of memory reading heat");
    struct range range = { .store_id = "" };
    range_time(from_us, range.from);
    range_time(to_us, range.to);
    rc = read_sums(database, store, floor, &range, sums, err);
    if (rc < 0)
        return public_code(rc);
    *ret_sums = sums;
    sums = NULL;
    return 0;
}

void heat_sums_destroy(struct heat_sums **sums)
{
    if (!*sums)
        return;
    free((*sums)->dwell_s);
    free((*sums)->passes);
    free((*sums)->move_x_m);
    free((*sums)->move_y_m);
    free((*sums)->path_m);
    free((*sums)->exposure_s);
    free(*sums);
    *sums = NULL;
}

int storage_query_bucket_count(const char *conninfo, const char *store, int64_t *ret_buckets,
                               struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    AUTO(database_result_release) PGresult *rows = NULL;
    char store_id[16];
    const char *const values[] = { store_id };
    int rc = open_and_check(conninfo, &database, err);
    if (rc == 0)
        rc = find_store(database, store, store_id, err);
    if (rc == 0)
        rc = database_query(database, QUERY_BUCKET_COUNT, values, &rows, err);
    if (rc < 0)
        return public_code(rc);
    *ret_buckets = integer_at(rows, 0, 0);
    return 0;
}
