/*
 * query.c - reading the facts back
 *
 * The server says which days, hours and buckets a range consists of (heat_piece) and sends them as
 * they are stored; their cells are added up here, which takes a fraction of what it takes in SQL.
 * Exposure comes as one mask a camera set with its milliseconds and is added up here too.
 */
#include "storage/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/array_text.h"
#include "storage/binary_rows.h"
#include "storage/database.h"
#include "storage/heat_pack.h"
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
    /* Planning anew over a year's partitions takes longer than most statements run. */
    if (rc == 0)
        rc = database_run(database, "set up the database session",
                          "SET plan_cache_mode TO force_generic_plan", NULL, err);
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
    return error_set(err, -ENODATA, "there is no heat from %s to %s; there is some from %s to %s",
                     range->from, range->to, clock_wall_format(integer_at(rows, 0, 0), first),
                     clock_wall_format(integer_at(rows, 0, 1), last));
}

static int query_range(struct database *database, enum query_id id, const struct range *range,
                       PGresult **ret_rows, struct error *err)
{
    const char *const values[] = { range->store_id, range->floor_id, range->from, range->to };
    return database_query(database, id, values, ret_rows, err);
}

/* Times without heat before and after are left out, so that no range is endless. */
static int clip_range(struct database *database, struct range *range, struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    const char *const values[] = { range->store_id, range->floor_id };
    bool is_open_range = strstr(range->from, "infinity") || strstr(range->to, "infinity");
    int rc = is_open_range ? database_query(database, QUERY_HEAT_SPAN, values, &rows, err) : 0;
    if (rc < 0 || !is_open_range || PQgetisnull(rows, 0, 0))
        return rc;
    if (strcmp(range->from, "-infinity") == 0)
        range_time(integer_at(rows, 0, 0), range->from);
    if (strcmp(range->to, "infinity") == 0)
        range_time(integer_at(rows, 0, 1), range->to);
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

/* ---- pieces ---- */

/* Rows of one level. */
struct level {
    const char *name;
    enum query_id query;
    int (*add)(struct heat_sums *sums, const PGresult *rows, int row, struct error *err);
    struct text from, to; /* array literals of the ranges that are read at this level */
    PGresult *rows;
};

enum { LEVELS = 3 };

/* Statements about all levels take the ranges of each. */
static int query_levels(struct database *database, enum query_id id, const struct range *range,
                        const struct level levels[static LEVELS], PGresult **ret_rows,
                        struct error *err)
{
    const char *values[2 + 2 * LEVELS] = { range->store_id, range->floor_id };
    for (int l = 0; l < LEVELS; l++) {
        values[2 + 2 * l] = levels[l].from.bytes;
        values[3 + 2 * l] = levels[l].to.bytes;
    }
    return database_query(database, id, values, ret_rows, err);
}

static int bad_cell(int64_t cell, struct error *err)
{
    return error_set(err, -EIO, "the database holds heat of cell %" PRId64 " outside the grid",
                     cell);
}

static int add_arrays(struct heat_sums *sums, const PGresult *rows, int row, struct error *err)
{
    enum { CELL = 3, DWELL, PASSES, MOVE_X, MOVE_Y, PATH, END };
    struct binary_array arrays[END];
    for (int column = CELL; column < END; column++)
        if (binary_array_open(rows, row, column, &arrays[column]) < 0 ||
            arrays[column].count != arrays[CELL].count)
            return error_set(err, -EIO, "the database holds heat that cannot be read");
    for (size_t i = 0; i < arrays[CELL].count; i++) {
        int64_t cell = binary_array_at(&arrays[CELL], i);
        if (cell < 0 || cell >= grid_cells(&sums->grid))
            return bad_cell(cell, err);
        sums->dwell_s[cell] += (double) binary_array_at(&arrays[DWELL], i) / 1000;
        sums->passes[cell] += (double) binary_array_at(&arrays[PASSES], i);
        sums->move_x_m[cell] += (double) binary_array_at(&arrays[MOVE_X], i) / 100;
        sums->move_y_m[cell] += (double) binary_array_at(&arrays[MOVE_Y], i) / 100;
        sums->path_m[cell] += (double) binary_array_at(&arrays[PATH], i) / 100;
    }
    return 0;
}

/* heat_day.packed: six planes of big-endian numbers, see sql/migrations/0021_hour_and_day.sql. */
static int add_planes(struct heat_sums *sums, const PGresult *rows, int row, struct error *err)
{
    enum { PACKED = 3, CELL_BYTES = 28 };
    const uint8_t *cells = (const uint8_t *) PQgetvalue(rows, row, PACKED);
    size_t length = (size_t) PQgetlength(rows, row, PACKED), n = length / CELL_BYTES;
    if (length % CELL_BYTES)
        return error_set(err, -EIO, "the database holds heat that cannot be read");
    const uint8_t *dwell = cells + 4 * n, *passes = dwell + 8 * n, *move_x = passes + 4 * n,
                  *move_y = move_x + 4 * n, *path = move_y + 4 * n;
    for (size_t i = 0; i < n; i++) {
        int32_t cell = binary_int32(cells + 4 * i);
        if (cell < 0 || (uint32_t) cell >= grid_cells(&sums->grid))
            return bad_cell(cell, err);
        sums->dwell_s[cell] += (double) binary_int64(dwell + 8 * i) / 1000;
        sums->passes[cell] += binary_int32(passes + 4 * i);
        sums->move_x_m[cell] += binary_int32(move_x + 4 * i) / 100.0;
        sums->move_y_m[cell] += binary_int32(move_y + 4 * i) / 100.0;
        sums->path_m[cell] += binary_int32(path + 4 * i) / 100.0;
    }
    return 0;
}

static int add_packed(struct heat_sums *sums, const PGresult *rows, int row, struct error *err)
{
    enum { FIRST = 3, UNIT, CELLS };
    size_t length = (size_t) PQgetlength(rows, row, CELLS), count = length / HEAT_PACK_PLANES;
    struct heat_entry *entries = calloc(count + 1, sizeof(*entries));
    if (!entries)
        return error_set(err, -ENOMEM, "out of memory reading heat");
    int rc = heat_pack_open((int32_t) binary_integer(rows, row, FIRST),
                            (int32_t) binary_integer(rows, row, UNIT),
                            (const uint8_t *) PQgetvalue(rows, row, CELLS), length, entries);
    if (rc < 0)
        rc = error_set(err, -EIO, "the database holds heat that cannot be read");
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const struct heat_entry *e = &entries[i];
        if (e->cell >= grid_cells(&sums->grid)) {
            rc = bad_cell(e->cell, err);
            break;
        }
        sums->dwell_s[e->cell] += e->dwell_ms / 1000.0;
        sums->passes[e->cell] += e->passes;
        sums->move_x_m[e->cell] += e->move_x_cm / 100.0;
        sums->move_y_m[e->cell] += e->move_y_cm / 100.0;
        sums->path_m[e->cell] += e->path_cm / 100.0;
    }
    free(entries);
    return rc;
}

static int read_pieces(struct database *database, const struct range *range,
                       struct level levels[static LEVELS], struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = query_range(database, QUERY_HEAT_PIECES, range, &rows, err);
    for (int l = 0; l < LEVELS; l++) {
        array_open(&levels[l].from);
        array_open(&levels[l].to);
    }
    for (int row = 0; rc == 0 && row < PQntuples(rows); row++)
        for (int l = 0; l < LEVELS; l++)
            if (strcmp(PQgetvalue(rows, row, 0), levels[l].name) == 0) {
                array_add_string(&levels[l].from, PQgetvalue(rows, row, 1));
                array_add_string(&levels[l].to, PQgetvalue(rows, row, 2));
            }
    for (int l = 0; l < LEVELS; l++) {
        array_close(&levels[l].from);
        array_close(&levels[l].to);
    }
    return rc;
}

static int read_levels(struct database *database, const struct range *range,
                       struct level levels[static LEVELS], struct error *err)
{
    int rc = read_pieces(database, range, levels, err);
    for (int l = 0; rc == 0 && l < LEVELS; l++) {
        if (strcmp(levels[l].from.bytes, "{}") == 0)
            continue; /* nothing is read at this level, and no rows are NULL */
        const char *const values[] = { range->store_id, range->floor_id, levels[l].from.bytes,
                                       levels[l].to.bytes };
        if (levels[l].from.failed || levels[l].to.failed)
            return error_set(err, -ENOMEM, "out of memory reading heat");
        rc = database_query_binary(database, levels[l].query, values, &levels[l].rows, err);
    }
    return rc;
}

/* What all rows agree on, and when they do not. */
struct extent {
    int64_t grid_id; /* of the earliest row */
    int64_t first_us, last_us;
    int64_t other_grid_us; /* where the earliest row of another grid starts; INT64_MAX: none */
};

static struct extent find_extent(const struct level levels[static LEVELS])
{
    enum { GRID, FROM, TO };
    struct extent extent = { .first_us = INT64_MAX,
                             .last_us = INT64_MIN,
                             .other_grid_us = INT64_MAX };
    for (int l = 0; l < LEVELS; l++)
        for (int row = 0; row < PQntuples(levels[l].rows); row++) {
            int64_t from_us = binary_integer(levels[l].rows, row, FROM),
                    to_us = binary_integer(levels[l].rows, row, TO);
            if (from_us < extent.first_us) {
                extent.first_us = from_us;
                extent.grid_id = binary_integer(levels[l].rows, row, GRID);
            }
            if (to_us > extent.last_us)
                extent.last_us = to_us;
        }
    for (int l = 0; l < LEVELS; l++)
        for (int row = 0; row < PQntuples(levels[l].rows); row++) {
            int64_t from_us = binary_integer(levels[l].rows, row, FROM);
            if (binary_integer(levels[l].rows, row, GRID) != extent.grid_id &&
                from_us < extent.other_grid_us)
                extent.other_grid_us = from_us;
        }
    return extent;
}

static int read_grid(struct database *database, const struct range *range, int64_t grid_id,
                     struct grid *ret_grid, struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    struct number_text grid = integer_text(grid_id);
    const char *const values[] = { range->store_id, grid.bytes };
    int rc = database_query(database, QUERY_GRID_FIND, values, &rows, err);
    if (rc == 0 && PQntuples(rows) != 1)
        rc = error_set(err, -EIO, "the database holds heat of a grid that it does not have");
    if (rc < 0)
        return rc;
    *ret_grid = (struct grid){ .origin = { double_at(rows, 0, 0), double_at(rows, 0, 1) },
                               .cell_m = double_at(rows, 0, 2),
                               .columns = (uint32_t) integer_at(rows, 0, 3),
                               .rows = (uint32_t) integer_at(rows, 0, 4) };
    return 0;
}

static int add_levels(struct database *database, const struct range *range,
                      const struct level levels[static LEVELS], struct heat_sums *sums,
                      struct error *err)
{
    struct extent extent = find_extent(levels);
    char change[WALL_TEXT_SIZE];
    if (extent.first_us == INT64_MAX)
        return no_data(database, range, err);
    if (extent.other_grid_us != INT64_MAX)
        return error_set(
            err, -EEXIST,
            "the floor was cut into other cells at %s; ask for a range before or after",
            clock_wall_format(extent.other_grid_us, change));
    sums->first_us = extent.first_us;
    sums->last_us = extent.last_us;
    int rc = read_grid(database, range, extent.grid_id, &sums->grid, err);
    if (rc == 0)
        rc = allocate_sums(sums, err);
    for (int l = 0; rc == 0 && l < LEVELS; l++)
        for (int row = 0; rc == 0 && row < PQntuples(levels[l].rows); row++)
            rc = levels[l].add(sums, levels[l].rows, row, err);
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
                         const struct level levels[static LEVELS], struct heat_sums *sums,
                         struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = query_levels(database, QUERY_HEAT_EXPOSURE, range, levels, &rows, err);
    for (int row = 0; rc == 0 && row < PQntuples(rows); row++) {
        if (PQgetlength(rows, row, 0) != 2 + 2 * (int) grid_mask_bytes(&sums->grid))
            return error_set(err, -EIO, "the database holds a mask that does not fit the grid");
        add_exposure(sums, PQgetvalue(rows, row, 0), double_at(rows, row, 1) / 1000);
    }
    return rc;
}

static int read_counts(struct database *database, const struct range *range,
                       const struct level levels[static LEVELS], struct heat_sums *sums,
                       struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = query_levels(database, QUERY_HEAT_COUNTS, range, levels, &rows, err);
    if (rc < 0)
        return rc;
    sums->people_s = double_at(rows, 0, 0) / 1000;
    sums->counted_s = double_at(rows, 0, 1) / 1000;
    return 0;
}

static int read_all(struct database *database, const struct range *range, struct heat_sums *sums,
                    struct error *err)
{
    struct level levels[LEVELS] = {
        { "day", QUERY_HEAT_DAYS, add_planes, TEXT_INIT, TEXT_INIT, NULL },
        { "hour", QUERY_HEAT_HOURS, add_arrays, TEXT_INIT, TEXT_INIT, NULL },
        { "bucket", QUERY_HEAT_BUCKETS, add_packed, TEXT_INIT, TEXT_INIT, NULL },
    };
    int rc = read_levels(database, range, levels, err);
    if (rc == 0)
        rc = add_levels(database, range, levels, sums, err);
    if (rc == 0)
        rc = read_counts(database, range, levels, sums, err);
    if (rc == 0)
        rc = read_exposure(database, range, levels, sums, err);
    for (int l = 0; l < LEVELS; l++) {
        text_release(&levels[l].from);
        text_release(&levels[l].to);
        PQclear(levels[l].rows);
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
        rc = clip_range(database, range, err);
    if (rc == 0)
        rc = read_all(database, range, sums, err);
    if (rc == 0)
        rc = database_run(database, "end reading the heat", "COMMIT", NULL, err);
    if (rc < 0)
        database_rollback(database);
    return rc;
}

/* The codes of database.h that the public header does not have. */
static int public_code(int rc)
{
    return rc == -ETIMEDOUT || rc == -ECANCELED ? -EIO : rc;
}

struct storage_reader {
    struct database *database;
};

int storage_reader_open(const char *conninfo, struct storage_reader **ret_reader, struct error *err)
{
    struct storage_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return error_set(err, -ENOMEM, "out of memory reading heat");
    int rc = open_and_check(conninfo, &reader->database, err);
    if (rc < 0)
        storage_reader_close(&reader);
    else
        *ret_reader = reader;
    return public_code(rc);
}

void storage_reader_close(struct storage_reader **reader)
{
    if (!*reader)
        return;
    database_close(&(*reader)->database);
    free(*reader);
    *reader = NULL;
}

int storage_reader_heat(struct storage_reader *reader, const char *store, const char *floor,
                        int64_t from_us, int64_t to_us, struct heat_sums **ret_sums,
                        struct error *err)
{
    AUTO(heat_sums_destroy) struct heat_sums *sums = calloc(1, sizeof *sums);
    if (!sums)
        return error_set(err, -ENOMEM, "out of memory reading heat");
    struct range range = { .store_id = "" };
    range_time(from_us, range.from);
    range_time(to_us, range.to);
    int rc = read_sums(reader->database, store, floor, &range, sums, err);
    if (rc < 0)
        return public_code(rc);
    *ret_sums = sums;
    sums = NULL;
    return 0;
}

int storage_query_heat(const char *conninfo, const char *store, const char *floor, int64_t from_us,
                       int64_t to_us, struct heat_sums **ret_sums, struct error *err)
{
    AUTO(storage_reader_close) struct storage_reader *reader = NULL;
    int rc = storage_reader_open(conninfo, &reader, err);
    return rc < 0 ? rc : storage_reader_heat(reader, store, floor, from_us, to_us, ret_sums, err);
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
