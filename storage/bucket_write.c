/*
 * bucket_write.c - buckets into the database, several in one transaction
 *
 * Each table takes one statement for all buckets. The heat row comes first, so that two writers of
 * one bucket follow one another, and it tells whether all buckets are new. Where some are not, rows
 * that they no longer have are blanked; rows are never deleted.
 */
#include "storage/bucket_write.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/columns.h"
#include "storage/heat_pack.h"

/* Longer than any month: partitions are asked for once a month and connection. */
#define PARTITION_SPAN_US (INT64_C(28) * 24 * 3600 * US_PER_S)

/* After it went wrong they are asked for again so much later. */
#define PARTITION_RETRY_NS (INT64_C(600) * NS_PER_S)

/* All that the steps of one transaction share. */
struct job {
    struct database *database;
    const struct bucket_context *context;
    const struct heat_bucket *const *buckets;
    size_t count;
    struct number_text store_id;
    struct bucket_keys keys[BUCKET_BATCH_MAX];
    struct text floors, times; /* of the buckets, as array literals */
    bool some_were_there;      /* some of the buckets replace others */
    char bucket_at[BUCKET_BATCH_MAX][WALL_TEXT_SIZE];
};

static const char *what_contradicts(const struct heat_bucket *bucket)
{
    uint64_t cells = (uint64_t) bucket->grid.columns * bucket->grid.rows;
    if (cells == 0 || cells > INT32_MAX)
        return "its grid has no or too many cells";
    if (bucket->camera_count > HEAT_CAMERAS_MAX)
        return "it has too many cameras";
    for (size_t i = 0; i < bucket->cell_count; i++)
        if (bucket->cells[i].cell >= cells ||
            (i > 0 && bucket->cells[i].cell <= bucket->cells[i - 1].cell))
            return "its cells are not ascending inside the grid";
    for (size_t i = 0; i < bucket->exposure_count; i++)
        if (camera_set_next(&bucket->exposures[i].camera_set, bucket->camera_count) <
            HEAT_CAMERAS_MAX)
            return "a camera set names a camera it does not have";
    for (size_t i = 0; i < bucket->pair_count; i++)
        if (bucket->pairs[i].camera_a >= bucket->camera_count ||
            bucket->pairs[i].camera_b >= bucket->camera_count)
            return "a pair names a camera it does not have";
    for (size_t i = 0; i < bucket->flow_count; i++)
        if (bucket->flows[i].from >= bucket->zone_count ||
            bucket->flows[i].to >= bucket->zone_count)
            return "a flow names a zone it does not have";
    return NULL;
}

/* What the bucket's own numbers must satisfy for arrays and masks to make sense. */
static int check_bucket(const struct heat_bucket *bucket, struct error *err)
{
    const char *wrong = what_contradicts(bucket);
    if (!wrong)
        return 0;
    return error_set(err, -EINVAL, "the bucket of floor %s cannot be written: %s", bucket->floor,
                     wrong);
}

/*
 * Write the rows of one table; of buckets that were there before, blank the rows that are no more.
 *   keys  how many of the first columns are the rows' key
 */
static int put(struct job *job, enum query_id id, enum query_id blank, size_t keys,
               struct columns *columns, struct error *err)
{
    const char *values[QUERY_PARAMETERS_MAX] = { job->store_id.bytes, job->floors.bytes,
                                                 job->times.bytes };
    int rc = 0;
    if (columns->items[0].length > 1) /* more than the opening brace: there are rows */
        rc = columns_run(columns, job->database, id, job->store_id.bytes, NULL, err);
    else
        columns_close(columns);
    for (size_t i = 0; i < keys; i++)
        values[3 + i] = columns->items[i].bytes;
    if (rc == 0 && job->some_were_there)
        rc = database_query(job->database, blank, values, NULL, err);
    columns_release(columns);
    return rc;
}

/* ---- heat ---- */

static int add_heat(const struct job *job, size_t b, struct columns *columns, struct error *err)
{
    enum { FLOOR, AT, GRID, DEFINITION, PEAK, PEOPLE, FIRST, UNIT, CELLS };
    const struct heat_bucket *bucket = job->buckets[b];
    struct heat_pack pack;
    int rc = heat_pack_cells(bucket->cells, bucket->cell_count, &pack);
    if (rc == -ERANGE)
        return error_set(err, -EINVAL,
                         "the bucket of floor %s cannot be written: a cell holds a number that "
                         "cannot be true",
                         bucket->floor);
    if (rc < 0)
        return error_set(err, rc, "out of memory writing buckets");
    array_add_integer(&columns->items[FLOOR], job->keys[b].floor_id);
    array_add_string(&columns->items[AT], job->bucket_at[b]);
    array_add_integer(&columns->items[GRID], job->keys[b].grid_id);
    array_add_integer(&columns->items[DEFINITION], job->context->definition_id);
    array_add_integer(&columns->items[PEAK], bucket->peak_people);
    array_add_integer(&columns->items[PEOPLE], bucket->people_ms);
    array_add_integer(&columns->items[FIRST], pack.first_cell);
    array_add_integer(&columns->items[UNIT], pack.dwell_unit_ms);
    array_add_bytes(&columns->items[CELLS], pack.planes, HEAT_PACK_PLANES * pack.entries);
    heat_pack_release(&pack);
    return 0;
}

static int put_heat(struct job *job, struct error *err)
{
    AUTO(database_result_release) PGresult *added = NULL;
    struct columns columns;
    int rc = 0;
    columns_init(&columns, QUERY_HEAT_BUCKET_ADD);
    for (size_t b = 0; rc == 0 && b < job->count; b++)
        rc = add_heat(job, b, &columns, err);
    if (rc == 0)
        rc = columns_run(&columns, job->database, QUERY_HEAT_BUCKET_ADD, job->store_id.bytes,
                         &added, err);
    if (rc == 0 && (size_t) PQntuples(added) < job->count) {
        job->some_were_there = true;
        rc = columns_run(&columns, job->database, QUERY_HEAT_BUCKET_CHANGE, job->store_id.bytes,
                         NULL, err);
    }
    columns_release(&columns);
    return rc;
}

/* ---- cameras ---- */

static int put_exposures(struct job *job, struct error *err)
{
    enum { FLOOR, AT, SET, EXPOSURE };
    struct columns c;
    columns_init(&c, QUERY_EXPOSURE_PUT);
    for (size_t b = 0; b < job->count; b++)
        for (size_t i = 0; i < job->buckets[b]->exposure_count; i++) {
            array_add_integer(&c.items[FLOOR], job->keys[b].floor_id);
            array_add_string(&c.items[AT], job->bucket_at[b]);
            array_add_integer(&c.items[SET], job->keys[b].camera_set_ids[i]);
            array_add_integer(&c.items[EXPOSURE], job->buckets[b]->exposures[i].exposure_ms);
        }
    return put(job, QUERY_EXPOSURE_PUT, QUERY_EXPOSURE_BLANK, SET + 1, &c, err);
}

/* How long a camera was looking: the time of all sets that it is in. */
static int64_t uptime_ms(const struct heat_bucket *bucket, size_t camera)
{
    int64_t uptime = 0;
    for (size_t i = 0; i < bucket->exposure_count; i++)
        if (camera_set_has(&bucket->exposures[i].camera_set, camera))
            uptime += bucket->exposures[i].exposure_ms;
    return uptime;
}

/* The bins from the first to the last that holds a frame, as the text of an array; SQL's arrays of
 * arrays must be rectangular. */
static void add_latency(const struct latency_sketch *sketch, struct text *first_bins,
                        struct text *frames)
{
    AUTO(text_release) struct text one = TEXT_INIT;
    int first = 0, end = LATENCY_BINS;
    while (end > 0 && sketch->frames[end - 1] == 0)
        end--;
    while (first < end && sketch->frames[first] == 0)
        first++;
    array_open(&one);
    for (int bin = first; bin < end; bin++)
        array_add_unsigned(&one, sketch->frames[bin]);
    array_close(&one);
    array_add_integer(first_bins, first);
    array_add_string(frames, one.bytes);
    frames->failed |= one.failed;
}

static int put_camera_counts(struct job *job, struct error *err)
{
    enum {
        FLOOR,
        AT,
        CAMERA,
        CALIBRATION,
        MODEL,
        FRAMES,
        OBSERVATIONS,
        MISSED,
        UPTIME,
        BIN,
        LATENCY
    };
    struct columns c;
    columns_init(&c, QUERY_CAMERA_BUCKET_PUT);
    for (size_t b = 0; b < job->count; b++)
        for (size_t i = 0; i < job->buckets[b]->camera_count; i++) {
            const struct heat_camera *camera = &job->buckets[b]->cameras[i];
            array_add_integer(&c.items[FLOOR], job->keys[b].floor_id);
            array_add_string(&c.items[AT], job->bucket_at[b]);
            array_add_integer(&c.items[CAMERA], job->keys[b].camera_ids[i]);
            array_add_integer(&c.items[CALIBRATION], job->keys[b].calibration_ids[i]);
            array_add_integer(&c.items[MODEL], job->keys[b].model_ids[i]);
            array_add_integer(&c.items[FRAMES], camera->frames);
            array_add_integer(&c.items[OBSERVATIONS], camera->observations);
            array_add_integer(&c.items[MISSED], camera->missed);
            array_add_integer(&c.items[UPTIME], uptime_ms(job->buckets[b], i));
            add_latency(&camera->latency, &c.items[BIN], &c.items[LATENCY]);
        }
    return put(job, QUERY_CAMERA_BUCKET_PUT, QUERY_CAMERA_BUCKET_BLANK, CAMERA + 1, &c, err);
}

static int put_pairs(struct job *job, struct error *err)
{
    enum { FLOOR, AT, A, B, MATCHES, DX, DY, SQUARED };
    struct columns c;
    columns_init(&c, QUERY_PAIR_RESIDUAL_PUT);
    for (size_t b = 0; b < job->count; b++)
        for (size_t i = 0; i < job->buckets[b]->pair_count; i++) {
            const struct heat_pair *pair = &job->buckets[b]->pairs[i];
            array_add_integer(&c.items[FLOOR], job->keys[b].floor_id);
            array_add_string(&c.items[AT], job->bucket_at[b]);
            array_add_integer(&c.items[A], job->keys[b].camera_ids[pair->camera_a]);
            array_add_integer(&c.items[B], job->keys[b].camera_ids[pair->camera_b]);
            array_add_integer(&c.items[MATCHES], pair->count);
            array_add_double(&c.items[DX], pair->sum_dx_m);
            array_add_double(&c.items[DY], pair->sum_dy_m);
            array_add_double(&c.items[SQUARED], pair->sum_squared_m2);
        }
    return put(job, QUERY_PAIR_RESIDUAL_PUT, QUERY_PAIR_RESIDUAL_BLANK, B + 1, &c, err);
}

static int put_positions(struct job *job, struct error *err)
{
    enum { CAMERA, AT, BOOT, SEQUENCE };
    struct columns c;
    columns_init(&c, QUERY_CAMERA_POSITION_PUT);
    for (size_t b = 0; b < job->count; b++)
        for (size_t i = 0; i < job->buckets[b]->camera_count; i++) {
            const struct heat_camera *camera = &job->buckets[b]->cameras[i];
            if (camera->frames <= 0)
                continue;
            array_add_integer(&c.items[CAMERA], job->keys[b].camera_ids[i]);
            array_add_string(&c.items[AT], job->bucket_at[b]);
            array_add_unsigned(&c.items[BOOT], camera->boot_id);
            array_add_unsigned(&c.items[SEQUENCE], camera->last_sequence);
        }
    int rc = 0;
    if (c.items[CAMERA].length > 1)
        rc = columns_run(&c, job->database, QUERY_CAMERA_POSITION_PUT, job->store_id.bytes, NULL,
                         err);
    columns_release(&c);
    return rc;
}

/* ---- zones, lines, flows ---- */

static int put_zones(struct job *job, struct error *err)
{
    enum { ZONE, AT, DEFINITION, VISITS, ENTRIES, EXITS, PEAK, DWELL, EXPOSURE };
    struct columns c;
    columns_init(&c, QUERY_ZONE_BUCKET_PUT);
    for (size_t b = 0; b < job->count; b++)
        for (size_t i = 0; i < job->buckets[b]->zone_count; i++) {
            const struct heat_zone *zone = &job->buckets[b]->zones[i];
            array_add_integer(&c.items[ZONE], job->keys[b].zone_ids[i]);
            array_add_string(&c.items[AT], job->bucket_at[b]);
            array_add_integer(&c.items[DEFINITION], job->context->definition_id);
            array_add_integer(&c.items[VISITS], zone->visits);
            array_add_integer(&c.items[ENTRIES], zone->entries);
            array_add_integer(&c.items[EXITS], zone->exits);
            array_add_integer(&c.items[PEAK], zone->peak_people);
            array_add_integer(&c.items[DWELL], zone->dwell_ms);
            array_add_integer(&c.items[EXPOSURE], job->keys[b].zone_exposure_ms[i]);
        }
    return put(job, QUERY_ZONE_BUCKET_PUT, QUERY_ZONE_BUCKET_BLANK, AT + 1, &c, err);
}

static int put_lines(struct job *job, struct error *err)
{
    enum { LINE, AT, LEFT_TO_RIGHT, RIGHT_TO_LEFT };
    struct columns c;
    columns_init(&c, QUERY_LINE_BUCKET_PUT);
    for (size_t b = 0; b < job->count; b++)
        for (size_t i = 0; i < job->buckets[b]->line_count; i++) {
            const struct heat_line *line = &job->buckets[b]->lines[i];
            array_add_integer(&c.items[LINE], job->keys[b].line_ids[i]);
            array_add_string(&c.items[AT], job->bucket_at[b]);
            array_add_integer(&c.items[LEFT_TO_RIGHT], line->left_to_right);
            array_add_integer(&c.items[RIGHT_TO_LEFT], line->right_to_left);
        }
    return put(job, QUERY_LINE_BUCKET_PUT, QUERY_LINE_BUCKET_BLANK, AT + 1, &c, err);
}

static int put_flows(struct job *job, struct error *err)
{
    enum { FROM, TO, AT, PEOPLE };
    struct columns c;
    columns_init(&c, QUERY_FLOW_BUCKET_PUT);
    for (size_t b = 0; b < job->count; b++)
        for (size_t i = 0; i < job->buckets[b]->flow_count; i++) {
            const struct heat_flow *flow = &job->buckets[b]->flows[i];
            array_add_integer(&c.items[FROM], job->keys[b].zone_ids[flow->from]);
            array_add_integer(&c.items[TO], job->keys[b].zone_ids[flow->to]);
            array_add_string(&c.items[AT], job->bucket_at[b]);
            array_add_integer(&c.items[PEOPLE], flow->count);
        }
    return put(job, QUERY_FLOW_BUCKET_PUT, QUERY_FLOW_BUCKET_BLANK, AT + 1, &c, err);
}

/* ---- the transaction ---- */

static int put_facts(struct job *job, struct error *err)
{
    static int (*const steps[])(struct job *, struct error *) = {
        put_heat,  put_exposures, put_camera_counts, put_pairs,
        put_zones, put_lines,     put_flows,         put_positions,
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(steps); i++)
        rc = steps[i](job, err);
    return rc;
}

/* Where partitions cannot be made (no right to, a long reader in the way) the default one serves.
 */
static int ensure_partitions(struct database *database, struct bucket_context *context,
                             const struct heat_bucket *bucket, struct error *err)
{
    if (bucket->start_us >= context->partition_from_us &&
        bucket->start_us < context->partition_to_us)
        return 0;
    char at[WALL_TEXT_SIZE];
    const char *const values[] = { clock_wall_format(bucket->start_us, at) };
    int64_t now_ns = clock_mono_ns();
    if (now_ns < context->partition_retry_ns)
        return 0;
    int rc = database_query(database, QUERY_PARTITIONS_ENSURE, values, NULL, err);
    if (rc == -EIO) {
        context->partition_retry_ns = now_ns + PARTITION_RETRY_NS;
        return 0;
    }
    if (rc < 0)
        return rc;
    context->partition_from_us = bucket->start_us;
    context->partition_to_us = bucket->start_us + PARTITION_SPAN_US;
    return 0;
}

static int find_keys(struct job *job, struct error *err)
{
    int rc = 0;
    array_open(&job->floors);
    array_open(&job->times);
    for (size_t b = 0; rc == 0 && b < job->count; b++) {
        rc = dimensions_find(job->context->dimensions, job->database, job->buckets[b],
                             &job->keys[b], err);
        array_add_integer(&job->floors, job->keys[b].floor_id);
        array_add_string(&job->times, job->bucket_at[b]);
    }
    array_close(&job->floors);
    array_close(&job->times);
    if (rc == 0 && (job->floors.failed || job->times.failed))
        return error_set(err, -ENOMEM, "out of memory writing buckets");
    return rc;
}

int bucket_write(struct database *database, struct bucket_context *context,
                 const struct heat_bucket *const *buckets, size_t count, struct error *err)
{
    struct job *job = calloc(1, sizeof(*job));
    assert(count > 0 && count <= BUCKET_BATCH_MAX);
    if (!job)
        return error_set(err, -ENOMEM, "out of memory writing buckets");
    *job = (struct job){ .database = database,
                         .context = context,
                         .buckets = buckets,
                         .count = count,
                         .store_id = integer_text(context->store_id),
                         .floors = TEXT_INIT,
                         .times = TEXT_INIT };
    int rc = 0;
    for (size_t b = 0; rc == 0 && b < count; b++) {
        (void) clock_wall_format(buckets[b]->start_us, job->bucket_at[b]);
        rc = check_bucket(buckets[b], err);
        if (rc == 0)
            rc = ensure_partitions(database, context, buckets[b], err);
    }
    if (rc == 0)
        rc = database_run(database, "begin to write buckets", "BEGIN", NULL, err);
    if (rc == 0)
        rc = find_keys(job, err);
    if (rc == 0)
        rc = put_facts(job, err);
    if (rc == 0)
        rc = database_run(database, "commit buckets", "COMMIT", NULL, err);
    for (size_t b = 0; b < count; b++)
        bucket_keys_release(&job->keys[b]);
    text_release(&job->floors);
    text_release(&job->times);
    free(job);
    return rc;
}
