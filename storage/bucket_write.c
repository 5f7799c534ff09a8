/*
 * bucket_write.c - one bucket into the database, in one transaction
 *
 * First the keys of the dimensions, then the facts. The heat row comes first of the facts, so that
 * two writers of one bucket follow one another.
 */
#include "storage/bucket_write.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/array_text.h"
#include "storage/keys.h"
#include "storage/writer.h"

/* Longer than any month: partitions are asked for once a month and connection. */
#define PARTITION_SPAN_US (INT64_C(28) * 24 * 3600 * US_PER_S)

static int out_of_memory(struct error *err)
{
    return error_set(err, -ENOMEM, "out of memory writing a bucket");
}

static int run(struct database *database, enum query_id id, const char *const *values,
               struct error *err)
{
    return database_query(database, id, values, NULL, err);
}

static int check_timezone(struct database *database, const char *timezone, struct error *err)
{
    const char *const values[] = { timezone };
    int rc = run(database, QUERY_TIMEZONE_CHECK, values, err);
    if (rc == -EIO && strncmp(database->sqlstate, "22", 2) == 0)
        return error_set(err, -EINVAL,
                         "the time zone \"%s\" of the store is not known; use a name such as "
                         "Europe/Berlin",
                         timezone);
    return rc;
}

static int check_clash(struct database *database, const struct storage_writer_options *options,
                       struct error *err)
{
    struct number_text store_id = integer_text(options->store_key);
    const char *const values[] = { store_id.bytes, options->chain, options->store };
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = database_query(database, QUERY_STORE_CLASH, values, &rows, err);
    if (rc < 0 || PQntuples(rows) == 0)
        return rc;
    return error_set(
        err, -EEXIST,
        "store %s/%s has the key %s, but in the database the key of store %s/%s is %s; "
        "every store of a chain needs its own",
        options->chain, options->store, store_id.bytes, PQgetvalue(rows, 0, 1),
        PQgetvalue(rows, 0, 2), PQgetvalue(rows, 0, 0));
}

static int put_store(struct database *database, const struct storage_writer_options *options,
                     const char *timezone, struct error *err)
{
    struct number_text store_id = integer_text(options->store_key);
    const char *const chain[] = { options->chain };
    const char *const store[] = { store_id.bytes, options->chain, options->store, timezone };
    int rc = run(database, QUERY_CHAIN_PUT, chain, err);
    return rc < 0 ? rc : run(database, QUERY_STORE_PUT, store, err);
}

static int find_definition(struct database *database, const struct storage_writer_options *options,
                           int32_t *ret_key, struct error *err)
{
    struct number_text store_id = integer_text(options->store_key),
                       bucket_s = integer_text(options->bucket_s),
                       visit_s = integer_text(options->visit_s),
                       cell_m = double_text(options->cell_m);
    const char *const values[] = { store_id.bytes, bucket_s.bytes, visit_s.bytes, cell_m.bytes };
    return keys_find(database, QUERY_DEFINITION_KEY, values, 1, ret_key, err);
}

int bucket_contact(struct database *database, const struct storage_writer_options *options,
                   struct bucket_context *ret_context, struct error *err)
{
    const char *timezone = options->timezone ? options->timezone : "UTC";
    struct bucket_context context = { .store_id = options->store_key };
    int rc = check_timezone(database, timezone, err);
    if (rc == 0)
        rc = check_clash(database, options, err);
    if (rc == 0)
        rc = put_store(database, options, timezone, err);
    if (rc == 0)
        rc = find_definition(database, options, &context.definition_id, err);
    if (rc == 0)
        *ret_context = context;
    return rc;
}

/* What the bucket's own numbers must satisfy for the arrays and masks below to make sense. */
static int check_bucket(const struct heat_bucket *bucket, struct error *err)
{
    const char *wrong = NULL;
    uint64_t cells = (uint64_t) bucket->grid.columns * bucket->grid.rows;
    if (cells == 0 || cells > INT32_MAX)
        wrong = "its grid has no or too many cells";
    if (bucket->camera_count > HEAT_CAMERAS_MAX)
        wrong = "it has too many cameras";
    for (size_t i = 0; i < bucket->cell_count; i++)
        if (bucket->cells[i].cell >= cells ||
            (i > 0 && bucket->cells[i].cell <= bucket->cells[i - 1].cell))
            wrong = "its cells are not ascending inside the grid";
    for (size_t i = 0; i < bucket->exposure_count; i++)
        if (camera_set_next(&bucket->exposures[i].camera_set, bucket->camera_count) <
            HEAT_CAMERAS_MAX)
            wrong = "a camera set names a camera it does not have";
    for (size_t i = 0; i < bucket->pair_count; i++)
        if (bucket->pairs[i].camera_a >= bucket->camera_count ||
            bucket->pairs[i].camera_b >= bucket->camera_count)
            wrong = "a pair names a camera it does not have";
    if (!wrong)
        return 0;
    return error_set(err, -EINVAL, "the bucket of floor %s cannot be written: %s", bucket->floor,
                     wrong);
}

/* All that the steps of one bucket share. */
struct job {
    struct database *database;
    const struct heat_bucket *bucket;
    struct number_text store_id, floor_id, grid_id, definition_id;
    char bucket_at[WALL_TEXT_SIZE];
    int32_t camera_ids[HEAT_CAMERAS_MAX];
    int32_t calibration_ids[HEAT_CAMERAS_MAX];
    int32_t footprint_ids[HEAT_CAMERAS_MAX];
    int32_t *camera_set_ids; /* one an exposure */
};

static int find_floor(struct job *job, struct error *err)
{
    const char *const values[] = { job->store_id.bytes, job->bucket->floor };
    int32_t key;
    int rc = keys_find(job->database, QUERY_FLOOR_KEY, values, 1, &key, err);
    if (rc == 0)
        job->floor_id = integer_text(key);
    return rc;
}

static int find_grid(struct job *job, struct error *err)
{
    const struct grid *grid = &job->bucket->grid;
    struct number_text x = double_text(grid->origin.x), y = double_text(grid->origin.y),
                       cell_m = double_text(grid->cell_m), columns = integer_text(grid->columns),
                       rows = integer_text(grid->rows);
    const char *const values[] = { job->store_id.bytes, job->floor_id.bytes, x.bytes,   y.bytes,
                                   cell_m.bytes,        columns.bytes,       rows.bytes };
    int32_t key;
    int rc = keys_find(job->database, QUERY_GRID_KEY, values, 1, &key, err);
    if (rc == 0)
        job->grid_id = integer_text(key);
    return rc;
}

static int find_cameras(struct job *job, struct error *err)
{
    AUTO(text_release) struct text names = TEXT_INIT;
    array_open(&names);
    for (size_t i = 0; i < job->bucket->camera_count; i++)
        array_add_string(&names, job->bucket->cameras[i].camera);
    array_close(&names);
    if (names.failed)
        return out_of_memory(err);
    const char *const values[] = { job->store_id.bytes, names.bytes };
    return keys_find(job->database, QUERY_CAMERA_KEYS, values, job->bucket->camera_count,
                     job->camera_ids, err);
}

static void append_ids(struct text *array, const int32_t *ids, size_t count)
{
    array_open(array);
    for (size_t i = 0; i < count; i++)
        array_add_integer(array, ids[i]);
    array_close(array);
}

static int find_calibrations(struct job *job, struct error *err)
{
    AUTO(text_release) struct text cameras = TEXT_INIT;
    AUTO(text_release) struct text versions = TEXT_INIT;
    size_t count = job->bucket->camera_count;
    append_ids(&cameras, job->camera_ids, count);
    array_open(&versions);
    for (size_t i = 0; i < count; i++)
        array_add_string(&versions, job->bucket->cameras[i].calibration_version);
    array_close(&versions);
    if (cameras.failed || versions.failed)
        return out_of_memory(err);
    const char *const values[] = { job->store_id.bytes, cameras.bytes, versions.bytes,
                                   job->bucket_at };
    return keys_find(job->database, QUERY_CALIBRATION_KEYS, values, count, job->calibration_ids,
                     err);
}

/* A camera without a mask sees nothing. */
static void add_mask(struct text *array, const struct grid *grid, const uint8_t *mask,
                     const uint8_t *nothing)
{
    array_add_bytes(array, mask ? mask : nothing, grid_mask_bytes(grid));
}

static int find_footprints(struct job *job, const uint8_t *nothing, struct error *err)
{
    AUTO(text_release) struct text cameras = TEXT_INIT;
    AUTO(text_release) struct text calibrations = TEXT_INIT;
    AUTO(text_release) struct text masks = TEXT_INIT;
    size_t count = job->bucket->camera_count;
    append_ids(&cameras, job->camera_ids, count);
    append_ids(&calibrations, job->calibration_ids, count);
    array_open(&masks);
    for (size_t i = 0; i < count; i++)
        add_mask(&masks, &job->bucket->grid, job->bucket->cameras[i].footprint, nothing);
    array_close(&masks);
    if (cameras.failed || calibrations.failed || masks.failed)
        return out_of_memory(err);
    const char *const values[] = { job->store_id.bytes, job->grid_id.bytes, cameras.bytes,
                                   calibrations.bytes, masks.bytes };
    return keys_find(job->database, QUERY_FOOTPRINT_KEYS, values, count, job->footprint_ids, err);
}

static int compare_ids(const void *a, const void *b)
{
    const int32_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Add the ids of one set's cameras, ascending, as the text of an array. */
static int add_id_set(struct text *array, const struct camera_set *set, const int32_t *ids)
{
    AUTO(text_release) struct text one = TEXT_INIT;
    int32_t chosen[HEAT_CAMERAS_MAX];
    size_t count = 0;
    for (size_t i = camera_set_next(set, 0); i < HEAT_CAMERAS_MAX; i = camera_set_next(set, i + 1))
        chosen[count++] = ids[i];
    if (count > 1)
        qsort(chosen, count, sizeof chosen[0], compare_ids);
    append_ids(&one, chosen, count);
    array_add_string(array, one.bytes);
    return one.failed ? -ENOMEM : 0;
}

/* The union of what the cameras of a set see. */
static void unite_masks(const struct heat_bucket *bucket, const struct camera_set *set,
                        uint8_t *ret_mask)
{
    size_t bytes = grid_mask_bytes(&bucket->grid);
    memset(ret_mask, 0, bytes);
    for (size_t i = camera_set_next(set, 0); i < HEAT_CAMERAS_MAX;
         i = camera_set_next(set, i + 1)) {
        const uint8_t *mask = bucket->cameras[i].footprint;
        for (size_t b = 0; mask && b < bytes; b++)
            ret_mask[b] |= mask[b];
    }
}

static int find_camera_sets(struct job *job, uint8_t *scratch_mask, struct error *err)
{
    const struct heat_bucket *bucket = job->bucket;
    AUTO(text_release) struct text cameras = TEXT_INIT;
    AUTO(text_release) struct text footprints = TEXT_INIT;
    AUTO(text_release) struct text masks = TEXT_INIT;
    array_open(&cameras);
    array_open(&footprints);
    array_open(&masks);
    for (size_t i = 0; i < bucket->exposure_count; i++) {
        const struct camera_set *set = &bucket->exposures[i].camera_set;
        if (add_id_set(&cameras, set, job->camera_ids) < 0 ||
            add_id_set(&footprints, set, job->footprint_ids) < 0)
            return out_of_memory(err);
        unite_masks(bucket, set, scratch_mask);
        array_add_bytes(&masks, scratch_mask, grid_mask_bytes(&bucket->grid));
    }
    array_close(&cameras);
    array_close(&footprints);
    array_close(&masks);
    if (cameras.failed || footprints.failed || masks.failed)
        return out_of_memory(err);
    const char *const values[] = { job->store_id.bytes, job->grid_id.bytes, cameras.bytes,
                                   footprints.bytes, masks.bytes };
    return keys_find(job->database, QUERY_CAMERA_SET_KEYS, values, bucket->exposure_count,
                     job->camera_set_ids, err);
}

static int find_all_keys(struct job *job, struct error *err)
{
    uint8_t *mask = calloc(1, grid_mask_bytes(&job->bucket->grid));
    if (!mask)
        return out_of_memory(err);
    int rc = find_floor(job, err);
    if (rc == 0)
        rc = find_grid(job, err);
    if (rc == 0)
        rc = find_cameras(job, err);
    if (rc == 0)
        rc = find_calibrations(job, err);
    if (rc == 0)
        rc = find_footprints(job, mask, err);
    if (rc == 0)
        rc = find_camera_sets(job, mask, err);
    free(mask);
    return rc;
}

/* The six arrays of the heat row, in the order of its parameters. */
enum { HEAT_ARRAYS = 6 };

static void fill_heat_arrays(const struct heat_bucket *bucket, struct text *arrays)
{
    for (int a = 0; a < HEAT_ARRAYS; a++)
        array_open(&arrays[a]);
    for (size_t i = 0; i < bucket->cell_count; i++) {
        const struct heat_cell *cell = &bucket->cells[i];
        array_add_integer(&arrays[0], cell->cell);
        array_add_integer(&arrays[1], cell->dwell_ms);
        array_add_integer(&arrays[2], cell->passes);
        array_add_integer(&arrays[3], cell->move_x_mm);
        array_add_integer(&arrays[4], cell->move_y_mm);
        array_add_integer(&arrays[5], cell->path_mm);
    }
    for (int a = 0; a < HEAT_ARRAYS; a++)
        array_close(&arrays[a]);
}

static int put_heat(const struct job *job, struct error *err)
{
    struct text arrays[HEAT_ARRAYS] = { TEXT_INIT, TEXT_INIT, TEXT_INIT,
                                        TEXT_INIT, TEXT_INIT, TEXT_INIT };
    struct number_text people_ms = integer_text(job->bucket->people_ms),
                       peak_people = integer_text(job->bucket->peak_people);
    fill_heat_arrays(job->bucket, arrays);
    bool failed = false;
    for (int a = 0; a < HEAT_ARRAYS; a++)
        failed |= arrays[a].failed;
    const char *const values[] = {
        job->store_id.bytes,      job->floor_id.bytes, job->bucket_at,    job->grid_id.bytes,
        job->definition_id.bytes, people_ms.bytes,     peak_people.bytes, arrays[0].bytes,
        arrays[1].bytes,          arrays[2].bytes,     arrays[3].bytes,   arrays[4].bytes,
        arrays[5].bytes,
    };
    int rc = failed ? out_of_memory(err) : run(job->database, QUERY_HEAT_BUCKET_PUT, values, err);
    for (int a = 0; a < HEAT_ARRAYS; a++)
        text_release(&arrays[a]);
    return rc;
}

/* Take away what an earlier writing of the same bucket left. */
static int delete_earlier(const struct job *job, enum query_id id, struct error *err)
{
    const char *const values[] = { job->store_id.bytes, job->floor_id.bytes, job->bucket_at };
    return run(job->database, id, values, err);
}

static int put_exposures(const struct job *job, struct error *err)
{
    AUTO(text_release) struct text sets = TEXT_INIT;
    AUTO(text_release) struct text durations = TEXT_INIT;
    append_ids(&sets, job->camera_set_ids, job->bucket->exposure_count);
    array_open(&durations);
    for (size_t i = 0; i < job->bucket->exposure_count; i++)
        array_add_integer(&durations, job->bucket->exposures[i].exposure_ms);
    array_close(&durations);
    if (sets.failed || durations.failed)
        return out_of_memory(err);
    const char *const values[] = { job->store_id.bytes, job->floor_id.bytes, job->bucket_at,
                                   sets.bytes, durations.bytes };
    int rc = delete_earlier(job, QUERY_EXPOSURE_DELETE, err);
    return rc < 0 ? rc : run(job->database, QUERY_EXPOSURE_PUT, values, err);
}

static int put_camera_counts(const struct job *job, struct error *err)
{
    AUTO(text_release) struct text cameras = TEXT_INIT;
    AUTO(text_release) struct text calibrations = TEXT_INIT;
    AUTO(text_release) struct text frames = TEXT_INIT;
    AUTO(text_release) struct text observations = TEXT_INIT;
    AUTO(text_release) struct text missed = TEXT_INIT;
    size_t count = job->bucket->camera_count;
    append_ids(&cameras, job->camera_ids, count);
    append_ids(&calibrations, job->calibration_ids, count);
    array_open(&frames);
    array_open(&observations);
    array_open(&missed);
    for (size_t i = 0; i < count; i++) {
        array_add_integer(&frames, job->bucket->cameras[i].frames);
        array_add_integer(&observations, job->bucket->cameras[i].observations);
        array_add_integer(&missed, job->bucket->cameras[i].missed);
    }
    array_close(&frames);
    array_close(&observations);
    array_close(&missed);
    if (cameras.failed || calibrations.failed || frames.failed || observations.failed ||
        missed.failed)
        return out_of_memory(err);
    const char *const values[] = { job->store_id.bytes, job->floor_id.bytes, job->bucket_at,
                                   cameras.bytes,       calibrations.bytes,  frames.bytes,
                                   observations.bytes,  missed.bytes };
    int rc = delete_earlier(job, QUERY_CAMERA_BUCKET_DELETE, err);
    return rc < 0 ? rc : run(job->database, QUERY_CAMERA_BUCKET_PUT, values, err);
}

static int put_pairs(const struct job *job, struct error *err)
{
    enum { A, B, MATCHES, DX, DY, SQUARED, PAIR_ARRAYS };
    struct text arrays[PAIR_ARRAYS] = { TEXT_INIT, TEXT_INIT, TEXT_INIT,
                                        TEXT_INIT, TEXT_INIT, TEXT_INIT };
    for (int a = 0; a < PAIR_ARRAYS; a++)
        array_open(&arrays[a]);
    for (size_t i = 0; i < job->bucket->pair_count; i++) {
        const struct heat_pair *pair = &job->bucket->pairs[i];
        array_add_integer(&arrays[A], job->camera_ids[pair->camera_a]);
        array_add_integer(&arrays[B], job->camera_ids[pair->camera_b]);
        array_add_integer(&arrays[MATCHES], pair->count);
        array_add_double(&arrays[DX], pair->sum_dx_m);
        array_add_double(&arrays[DY], pair->sum_dy_m);
        array_add_double(&arrays[SQUARED], pair->sum_squared_m2);
    }
    bool failed = false;
    for (int a = 0; a < PAIR_ARRAYS; a++) {
        array_close(&arrays[a]);
        failed |= arrays[a].failed;
    }
    const char *const values[] = {
        job->store_id.bytes, job->floor_id.bytes, job->bucket_at,
        arrays[A].bytes,     arrays[B].bytes,     arrays[MATCHES].bytes,
        arrays[DX].bytes,    arrays[DY].bytes,    arrays[SQUARED].bytes
    };
    int rc = failed ? out_of_memory(err) : delete_earlier(job, QUERY_PAIR_RESIDUAL_DELETE, err);
    if (rc == 0)
        rc = run(job->database, QUERY_PAIR_RESIDUAL_PUT, values, err);
    for (int a = 0; a < PAIR_ARRAYS; a++)
        text_release(&arrays[a]);
    return rc;
}

static int put_positions(const struct job *job, struct error *err)
{
    AUTO(text_release) struct text cameras = TEXT_INIT;
    AUTO(text_release) struct text boots = TEXT_INIT;
    AUTO(text_release) struct text sequences = TEXT_INIT;
    array_open(&cameras);
    array_open(&boots);
    array_open(&sequences);
    for (size_t i = 0; i < job->bucket->camera_count; i++) {
        const struct heat_camera *camera = &job->bucket->cameras[i];
        if (camera->frames <= 0)
            continue;
        array_add_integer(&cameras, job->camera_ids[i]);
        array_add_unsigned(&boots, camera->boot_id);
        array_add_unsigned(&sequences, camera->last_sequence);
    }
    array_close(&cameras);
    array_close(&boots);
    array_close(&sequences);
    if (cameras.failed || boots.failed || sequences.failed)
        return out_of_memory(err);
    const char *const values[] = { job->store_id.bytes, job->bucket_at, cameras.bytes, boots.bytes,
                                   sequences.bytes };
    return run(job->database, QUERY_CAMERA_POSITION_PUT, values, err);
}

static int put_facts(const struct job *job, struct error *err)
{
    int rc = put_heat(job, err);
    if (rc == 0)
        rc = put_exposures(job, err);
    if (rc == 0)
        rc = put_camera_counts(job, err);
    if (rc == 0)
        rc = put_pairs(job, err);
    if (rc == 0)
        rc = put_positions(job, err);
    return rc;
}

/* Where partitions cannot be made (no right to, a long reader in the way) the default one serves.
 */
static int ensure_partitions(struct job *job, struct bucket_context *context, struct error *err)
{
    int64_t start_us = job->bucket->start_us;
    if (start_us >= context->partition_from_us && start_us < context->partition_to_us)
        return 0;
    const char *const values[] = { job->bucket_at };
    int rc = run(job->database, QUERY_PARTITIONS_ENSURE, values, err);
    if (rc < 0 && rc != -EIO)
        return rc;
    context->partition_from_us = start_us;
    context->partition_to_us = start_us + PARTITION_SPAN_US;
    return 0;
}

int bucket_write(struct database *database, struct bucket_context *context,
                 const struct heat_bucket *bucket, struct error *err)
{
    struct job job = { .database = database,
                       .bucket = bucket,
                       .store_id = integer_text(context->store_id),
                       .definition_id = integer_text(context->definition_id) };
    int rc = check_bucket(bucket, err);
    if (rc < 0)
        return rc;
    (void) clock_wall_format(bucket->start_us, job.bucket_at);
    rc = ensure_partitions(&job, context, err);
    if (rc < 0)
        return rc;
    job.camera_set_ids = calloc(bucket->exposure_count + 1, sizeof *job.camera_set_ids);
    if (!job.camera_set_ids)
        return out_of_memory(err);
    rc = database_run(database, "begin a bucket", "BEGIN", NULL, err);
    if (rc == 0)
        rc = find_all_keys(&job, err);
    if (rc == 0)
        rc = put_facts(&job, err);
    if (rc == 0)
        rc = database_run(database, "commit a bucket", "COMMIT", NULL, err);
    free(job.camera_set_ids);
    return rc;
}
