/*
 * bucket_bytes.c - a heat bucket as bytes, and back
 *
 * Writing and reading stand side by side, part by part. Cameras come before what points at them,
 * so that reading can check each index at once.
 */
#include "heat/bucket_bytes.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define VERSION 1

/* More of anything than there is in any store. */
#define ITEMS_MAX ((size_t) 1 << 24)

/* Farther from 1970 than any time, and more than anything sums up to; see fusion/saved.h. */
#define NUMBER_MAX (INT64_MAX / 8)

/*
 * A member that is added here and not below would be lost on the way to the database, but only when
 * that is away. So the compiler asks: pack the new member, read it, raise VERSION, and write the
 * new size here.
 */
#define HAS_BYTES(type, bytes)                                     \
    _Static_assert(sizeof(void *) != 8 || sizeof(type) == (bytes), \
                   #type " has changed: pack and read the new members as well")
HAS_BYTES(struct heat_cell, 40);
HAS_BYTES(struct heat_exposure, 136);
HAS_BYTES(struct heat_camera, 728);
HAS_BYTES(struct heat_pair, 40);
HAS_BYTES(struct heat_zone, 104);
HAS_BYTES(struct heat_line, 80);
HAS_BYTES(struct heat_flow, 16);
HAS_BYTES(struct heat_bucket, 320);

/* What the shortest item of each kind takes. */
#define CELL_BYTES     ((size_t) 2 * 4 + 4 * 8)
#define EXPOSURE_BYTES ((size_t) 1 + 8)
#define CAMERA_BYTES   ((size_t) 3 + 1 + 5 * 8 + 2 * 4 + 2)
#define PAIR_BYTES     ((size_t) 2 * 4 + 4 * 8)
#define ZONE_BYTES     ((size_t) 1 + 5 * 8)
#define LINE_BYTES     ((size_t) 1 + 2 * 8)
#define FLOW_BYTES     ((size_t) 2 * 4 + 8)

_Static_assert(ID_SIZE <= UINT8_MAX && SHA256_TEXT_BYTES <= UINT8_MAX && LATENCY_BINS <= UINT8_MAX,
               "lengths are written as one byte");

/* ---- values ---- */

static void put_text(struct buffer *buffer, const char *text, size_t size)
{
    size_t length = strnlen(text, size - 1);
    buffer_put_u8(buffer, (uint8_t) length);
    buffer_put_bytes(buffer, text, length);
}

static void get_text(struct buffer_reader *reader, char *ret_text, size_t size)
{
    size_t length = buffer_get_u8(reader);
    if (length >= size) {
        buffer_reader_fail(reader);
        length = 0;
    }
    buffer_get_bytes(reader, ret_text, length);
    ret_text[length] = '\0';
    if (utf8_valid_bytes(ret_text) != length) /* also where a NUL is inside */
        buffer_reader_fail(reader);
}

static void get_id(struct buffer_reader *reader, char ret_id[static ID_SIZE])
{
    get_text(reader, ret_id, ID_SIZE);
    if (!ret_id[0])
        buffer_reader_fail(reader);
}

static double get_finite(struct buffer_reader *reader)
{
    double value = buffer_get_double(reader);
    if (!isfinite(value))
        buffer_reader_fail(reader);
    return value;
}

static int64_t get_signed(struct buffer_reader *reader)
{
    int64_t value = buffer_get_i64(reader);
    if (value > NUMBER_MAX || value < -NUMBER_MAX)
        buffer_reader_fail(reader);
    return value;
}

static int64_t get_sum(struct buffer_reader *reader)
{
    int64_t value = get_signed(reader);
    if (value < 0)
        buffer_reader_fail(reader);
    return value;
}

/* An index into something that has count items. */
static uint32_t get_index(struct buffer_reader *reader, size_t count)
{
    uint32_t value = buffer_get_u32(reader);
    if (value >= count)
        buffer_reader_fail(reader);
    return value;
}

/* Room for as many items as follow; NULL when there are none, or when the reader has failed. */
static void *get_items(struct buffer_reader *reader, size_t packed_bytes, size_t most,
                       size_t item_bytes, size_t *ret_count, bool *out_of_memory)
{
    size_t count = buffer_get_count(reader, packed_bytes, most);
    void *items = count ? calloc(count, item_bytes) : NULL;
    *ret_count = items ? count : 0;
    if (count && !items) {
        *out_of_memory = true;
        buffer_reader_fail(reader);
    }
    return items;
}

/* ---- what the bucket itself says ---- */

static void put_frame(struct buffer *buffer, const struct heat_bucket *bucket)
{
    put_text(buffer, bucket->store, sizeof(bucket->store));
    put_text(buffer, bucket->floor, sizeof(bucket->floor));
    buffer_put_double(buffer, bucket->grid.origin.x);
    buffer_put_double(buffer, bucket->grid.origin.y);
    buffer_put_double(buffer, bucket->grid.cell_m);
    buffer_put_u32(buffer, bucket->grid.columns);
    buffer_put_u32(buffer, bucket->grid.rows);
    buffer_put_i64(buffer, bucket->start_us);
    buffer_put_i64(buffer, bucket->end_us);
    buffer_put_i64(buffer, bucket->peak_people);
    buffer_put_i64(buffer, bucket->people_ms);
    buffer_put_i64(buffer, bucket->definition.visit_s);
    buffer_put_double(buffer, bucket->definition.hysteresis_m);
}

static void get_grid(struct buffer_reader *reader, struct grid *ret_grid)
{
    ret_grid->origin.x = get_finite(reader);
    ret_grid->origin.y = get_finite(reader);
    ret_grid->cell_m = get_finite(reader);
    ret_grid->columns = buffer_get_u32(reader);
    ret_grid->rows = buffer_get_u32(reader);
    uint64_t cells = (uint64_t) ret_grid->columns * ret_grid->rows;
    if (cells == 0 || cells > INT32_MAX || !(ret_grid->cell_m > 0))
        buffer_reader_fail(reader);
}

static void get_frame(struct buffer_reader *reader, struct heat_bucket *bucket)
{
    get_id(reader, bucket->store);
    get_id(reader, bucket->floor);
    get_grid(reader, &bucket->grid);
    bucket->start_us = get_signed(reader);
    bucket->end_us = get_signed(reader);
    bucket->peak_people = get_sum(reader);
    bucket->people_ms = get_sum(reader);
    int64_t visit_s = get_sum(reader);
    bucket->definition.hysteresis_m = get_finite(reader);
    if (bucket->start_us >= bucket->end_us || visit_s > INT_MAX)
        buffer_reader_fail(reader);
    bucket->definition.visit_s = (int) (visit_s & INT_MAX);
}

/* ---- cells ---- */

static void put_cells(struct buffer *buffer, const struct heat_bucket *bucket)
{
    buffer_put_u64(buffer, bucket->cell_count);
    for (size_t i = 0; i < bucket->cell_count; i++) {
        const struct heat_cell *cell = &bucket->cells[i];
        buffer_put_u32(buffer, cell->cell);
        buffer_put_u32(buffer, cell->passes);
        buffer_put_i64(buffer, cell->dwell_ms);
        buffer_put_i64(buffer, cell->move_x_mm);
        buffer_put_i64(buffer, cell->move_y_mm);
        buffer_put_i64(buffer, cell->path_mm);
    }
}

static void get_cells(struct buffer_reader *reader, struct heat_bucket *bucket, bool *out_of_memory)
{
    bucket->cells = get_items(reader, CELL_BYTES, ITEMS_MAX, sizeof(*bucket->cells),
                              &bucket->cell_count, out_of_memory);
    for (size_t i = 0; i < bucket->cell_count; i++) {
        struct heat_cell *cell = &bucket->cells[i];
        cell->cell = get_index(reader, grid_cells(&bucket->grid));
        cell->passes = buffer_get_u32(reader);
        cell->dwell_ms = get_sum(reader);
        cell->move_x_mm = get_signed(reader);
        cell->move_y_mm = get_signed(reader);
        cell->path_mm = get_sum(reader);
        if (i > 0 && cell->cell <= cell[-1].cell)
            buffer_reader_fail(reader);
    }
}

/* ---- cameras ---- */

/* The bins from the first to the last that holds a frame. */
static void put_latency(struct buffer *buffer, const struct latency_sketch *sketch)
{
    uint8_t first = 0, end = LATENCY_BINS;
    while (end > 0 && sketch->frames[end - 1] == 0)
        end--;
    while (first < end && sketch->frames[first] == 0)
        first++;
    buffer_put_u8(buffer, first);
    buffer_put_u8(buffer, end);
    for (size_t bin = first; bin < end; bin++)
        buffer_put_u32(buffer, sketch->frames[bin]);
}

static void get_latency(struct buffer_reader *reader, struct latency_sketch *ret_sketch)
{
    size_t first = buffer_get_u8(reader), end = buffer_get_u8(reader);
    if (first > end || end > LATENCY_BINS || (first == end && end != 0)) {
        buffer_reader_fail(reader);
        return;
    }
    for (size_t bin = first; bin < end; bin++)
        ret_sketch->frames[bin] = buffer_get_u32(reader);
    if (first < end && (!ret_sketch->frames[first] || !ret_sketch->frames[end - 1]))
        buffer_reader_fail(reader);
}

/* A camera that sees nothing may have no footprint. */
static void put_footprint(struct buffer *buffer, const struct heat_bucket *bucket, size_t camera)
{
    const uint8_t *footprint = bucket->cameras[camera].footprint;
    buffer_put_u8(buffer, footprint != NULL);
    if (footprint)
        buffer_put_bytes(buffer, footprint, grid_mask_bytes(&bucket->grid));
}

static uint8_t *get_footprint(struct buffer_reader *reader, const struct grid *grid,
                              bool *out_of_memory)
{
    size_t bytes = grid_mask_bytes(grid);
    uint8_t has = buffer_get_u8(reader);
    if (has > 1 || (has && bytes > reader->length - reader->at))
        buffer_reader_fail(reader);
    if (!has || reader->failed)
        return NULL;
    uint8_t *footprint = malloc(bytes);
    if (!footprint) {
        *out_of_memory = true;
        buffer_reader_fail(reader);
        return NULL;
    }
    buffer_get_bytes(reader, footprint, bytes);
    return footprint;
}

static void put_cameras(struct buffer *buffer, const struct heat_bucket *bucket)
{
    buffer_put_u64(buffer, bucket->camera_count);
    for (size_t i = 0; i < bucket->camera_count; i++) {
        const struct heat_camera *camera = &bucket->cameras[i];
        put_text(buffer, camera->camera, sizeof(camera->camera));
        put_text(buffer, camera->calibration_version, sizeof(camera->calibration_version));
        put_footprint(buffer, bucket, i);
        buffer_put_i64(buffer, camera->frames);
        buffer_put_i64(buffer, camera->observations);
        buffer_put_i64(buffer, camera->missed);
        buffer_put_u64(buffer, camera->boot_id);
        buffer_put_u64(buffer, camera->last_sequence);
        put_text(buffer, camera->model, sizeof(camera->model));
        buffer_put_u32(buffer, camera->model_width);
        buffer_put_u32(buffer, camera->model_height);
        put_latency(buffer, &camera->latency);
    }
}

static void get_cameras(struct buffer_reader *reader, struct heat_bucket *bucket,
                        bool *out_of_memory)
{
    bucket->cameras = get_items(reader, CAMERA_BYTES, HEAT_CAMERAS_MAX, sizeof(*bucket->cameras),
                                &bucket->camera_count, out_of_memory);
    for (size_t i = 0; i < bucket->camera_count; i++) {
        struct heat_camera *camera = &bucket->cameras[i];
        get_id(reader, camera->camera);
        get_text(reader, camera->calibration_version, sizeof(camera->calibration_version));
        camera->footprint = get_footprint(reader, &bucket->grid, out_of_memory);
        camera->frames = get_sum(reader);
        camera->observations = get_sum(reader);
        camera->missed = get_sum(reader);
        camera->boot_id = buffer_get_u64(reader);
        camera->last_sequence = buffer_get_u64(reader);
        get_text(reader, camera->model, sizeof(camera->model));
        camera->model_width = buffer_get_u32(reader);
        camera->model_height = buffer_get_u32(reader);
        get_latency(reader, &camera->latency);
    }
}

/* ---- what points at cameras ---- */

static void put_camera_set(struct buffer *buffer, const struct camera_set *set)
{
    uint8_t words = CAMERA_SET_WORDS;
    while (words > 0 && set->words[words - 1] == 0)
        words--;
    buffer_put_u8(buffer, words);
    for (size_t i = 0; i < words; i++)
        buffer_put_u64(buffer, set->words[i]);
}

static void get_camera_set(struct buffer_reader *reader, size_t camera_count,
                           struct camera_set *ret_set)
{
    size_t words = buffer_get_u8(reader);
    if (words > CAMERA_SET_WORDS) {
        buffer_reader_fail(reader);
        return;
    }
    for (size_t i = 0; i < words; i++)
        ret_set->words[i] = buffer_get_u64(reader);
    if ((words > 0 && !ret_set->words[words - 1]) ||
        camera_set_next(ret_set, camera_count) < HEAT_CAMERAS_MAX)
        buffer_reader_fail(reader);
}

static void put_exposures(struct buffer *buffer, const struct heat_bucket *bucket)
{
    buffer_put_u64(buffer, bucket->exposure_count);
    for (size_t i = 0; i < bucket->exposure_count; i++) {
        put_camera_set(buffer, &bucket->exposures[i].camera_set);
        buffer_put_i64(buffer, bucket->exposures[i].exposure_ms);
    }
}

static void get_exposures(struct buffer_reader *reader, struct heat_bucket *bucket,
                          bool *out_of_memory)
{
    bucket->exposures = get_items(reader, EXPOSURE_BYTES, ITEMS_MAX, sizeof(*bucket->exposures),
                                  &bucket->exposure_count, out_of_memory);
    for (size_t i = 0; i < bucket->exposure_count; i++) {
        get_camera_set(reader, bucket->camera_count, &bucket->exposures[i].camera_set);
        bucket->exposures[i].exposure_ms = get_sum(reader);
    }
}

static void put_pairs(struct buffer *buffer, const struct heat_bucket *bucket)
{
    buffer_put_u64(buffer, bucket->pair_count);
    for (size_t i = 0; i < bucket->pair_count; i++) {
        const struct heat_pair *pair = &bucket->pairs[i];
        buffer_put_u32(buffer, pair->camera_a);
        buffer_put_u32(buffer, pair->camera_b);
        buffer_put_i64(buffer, pair->count);
        buffer_put_double(buffer, pair->sum_dx_m);
        buffer_put_double(buffer, pair->sum_dy_m);
        buffer_put_double(buffer, pair->sum_squared_m2);
    }
}

static void get_pairs(struct buffer_reader *reader, struct heat_bucket *bucket, bool *out_of_memory)
{
    bucket->pairs = get_items(reader, PAIR_BYTES, ITEMS_MAX, sizeof(*bucket->pairs),
                              &bucket->pair_count, out_of_memory);
    for (size_t i = 0; i < bucket->pair_count; i++) {
        struct heat_pair *pair = &bucket->pairs[i];
        pair->camera_a = get_index(reader, bucket->camera_count);
        pair->camera_b = get_index(reader, bucket->camera_count);
        pair->count = get_sum(reader);
        pair->sum_dx_m = get_finite(reader);
        pair->sum_dy_m = get_finite(reader);
        pair->sum_squared_m2 = get_finite(reader);
    }
}

/* ---- zones, lines, flows ---- */

static void put_places(struct buffer *buffer, const struct heat_bucket *bucket)
{
    buffer_put_u64(buffer, bucket->zone_count);
    for (size_t i = 0; i < bucket->zone_count; i++) {
        const struct heat_zone *zone = &bucket->zones[i];
        put_text(buffer, zone->zone, sizeof(zone->zone));
        buffer_put_i64(buffer, zone->entries);
        buffer_put_i64(buffer, zone->exits);
        buffer_put_i64(buffer, zone->visits);
        buffer_put_i64(buffer, zone->dwell_ms);
        buffer_put_i64(buffer, zone->peak_people);
    }
    buffer_put_u64(buffer, bucket->line_count);
    for (size_t i = 0; i < bucket->line_count; i++) {
        put_text(buffer, bucket->lines[i].line, sizeof(bucket->lines[i].line));
        buffer_put_i64(buffer, bucket->lines[i].left_to_right);
        buffer_put_i64(buffer, bucket->lines[i].right_to_left);
    }
    buffer_put_u64(buffer, bucket->flow_count);
    for (size_t i = 0; i < bucket->flow_count; i++) {
        buffer_put_u32(buffer, bucket->flows[i].from);
        buffer_put_u32(buffer, bucket->flows[i].to);
        buffer_put_i64(buffer, bucket->flows[i].count);
    }
}

static void get_zones(struct buffer_reader *reader, struct heat_bucket *bucket, bool *out_of_memory)
{
    bucket->zones = get_items(reader, ZONE_BYTES, ITEMS_MAX, sizeof(*bucket->zones),
                              &bucket->zone_count, out_of_memory);
    for (size_t i = 0; i < bucket->zone_count; i++) {
        struct heat_zone *zone = &bucket->zones[i];
        get_id(reader, zone->zone);
        zone->entries = get_sum(reader);
        zone->exits = get_sum(reader);
        zone->visits = get_sum(reader);
        zone->dwell_ms = get_sum(reader);
        zone->peak_people = get_sum(reader);
    }
}

static void get_lines(struct buffer_reader *reader, struct heat_bucket *bucket, bool *out_of_memory)
{
    bucket->lines = get_items(reader, LINE_BYTES, ITEMS_MAX, sizeof(*bucket->lines),
                              &bucket->line_count, out_of_memory);
    for (size_t i = 0; i < bucket->line_count; i++) {
        get_id(reader, bucket->lines[i].line);
        bucket->lines[i].left_to_right = get_sum(reader);
        bucket->lines[i].right_to_left = get_sum(reader);
    }
}

static void get_flows(struct buffer_reader *reader, struct heat_bucket *bucket, bool *out_of_memory)
{
    bucket->flows = get_items(reader, FLOW_BYTES, ITEMS_MAX, sizeof(*bucket->flows),
                              &bucket->flow_count, out_of_memory);
    for (size_t i = 0; i < bucket->flow_count; i++) {
        bucket->flows[i].from = get_index(reader, bucket->zone_count);
        bucket->flows[i].to = get_index(reader, bucket->zone_count);
        bucket->flows[i].count = get_sum(reader);
    }
}

/* ---- all of it ---- */

int heat_bucket_pack(const struct heat_bucket *bucket, struct buffer *buffer)
{
    buffer_put_u32(buffer, VERSION);
    put_frame(buffer, bucket);
    put_cells(buffer, bucket);
    put_cameras(buffer, bucket);
    put_exposures(buffer, bucket);
    put_pairs(buffer, bucket);
    put_places(buffer, bucket);
    return buffer_result(buffer);
}

/* Each part returns early where the reader has failed: it then has no items. */
static int get_bucket(struct buffer_reader *reader, struct heat_bucket *bucket)
{
    static void (*const parts[])(struct buffer_reader *, struct heat_bucket *, bool *) = {
        get_cells, get_cameras, get_exposures, get_pairs, get_zones, get_lines, get_flows,
    };
    bool out_of_memory = false;
    get_frame(reader, bucket);
    for (size_t i = 0; i < ARRAY_LENGTH(parts) && !reader->failed; i++)
        parts[i](reader, bucket, &out_of_memory);
    if (out_of_memory)
        return -ENOMEM;
    if (reader->at != reader->length)
        buffer_reader_fail(reader);
    return buffer_reader_result(reader);
}

int heat_bucket_unpack(const void *bytes, size_t length, struct heat_bucket **ret_bucket,
                       struct error *err)
{
    struct buffer_reader reader = buffer_reader_of(bytes, length);
    uint32_t version = buffer_get_u32(&reader);
    if (!reader.failed && version != VERSION)
        return error_set(err, -EPROTO,
                         "a heat bucket is kept in version %u, and this program knows %d: another "
                         "version of it wrote the bucket",
                         version, VERSION);
    struct heat_bucket *bucket = calloc(1, sizeof(*bucket));
    int r = bucket ? get_bucket(&reader, bucket) : -ENOMEM;
    if (r == 0) {
        *ret_bucket = bucket;
        return 0;
    }
    heat_bucket_destroy(&bucket);
    if (r == -ENOMEM)
        return error_set(err, r, "out of memory reading a heat bucket of %zu bytes", length);
    return error_set(err, r,
                     "a heat bucket of %zu bytes is damaged or contradicts itself at byte %zu",
                     length, reader.at);
}
