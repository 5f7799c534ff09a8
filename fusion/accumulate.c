/*
 * accumulate.c - the open bucket
 *
 * Cells are kept densely while the bucket is open, since each person touches one each tick; when it
 * closes, only those where something happened are handed out.
 */
#include "fusion/accumulate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/saved.h"

#define MM_PER_M 1000.0

/* A longer step is a number gone wrong: one such would spoil a sum, or overflow it. */
#define STEP_MAX_MM 1e9

struct accumulator {
    struct grid grid;
    int bucket_s;
    bool open;
    int64_t start_us;
    int64_t tick_ms;                 /* length of the present tick */
    struct heat_cell *cells;         /* all of the grid */
    struct heat_exposure *exposures; /* sets of slots */
    size_t exposure_count, exposure_capacity;
    int64_t peak_people, people_ms;
    struct residuals residuals;
};

int accumulator_create(const struct grid *grid, int bucket_s, struct accumulator **ret_accumulator)
{
    if ((uint64_t) grid->columns * grid->rows > ACCUMULATE_CELLS_MAX)
        return -EFBIG;
    struct accumulator *acc = calloc(1, sizeof(*acc));
    if (!acc)
        return -ENOMEM;
    acc->grid = *grid;
    acc->bucket_s = bucket_s;
    acc->cells = calloc((size_t) grid_cells(grid) + 1, sizeof(*acc->cells));
    if (!acc->cells) {
        free(acc);
        return -ENOMEM;
    }
    *ret_accumulator = acc;
    return 0;
}

void accumulator_destroy(struct accumulator **accumulator)
{
    if (!*accumulator)
        return;
    free((*accumulator)->cells);
    free((*accumulator)->exposures);
    residuals_release(&(*accumulator)->residuals);
    free(*accumulator);
    *accumulator = NULL;
}

bool accumulator_is_open(const struct accumulator *accumulator)
{
    return accumulator->open;
}

bool accumulator_is_over(const struct accumulator *accumulator, int64_t begin_us)
{
    return accumulator->open &&
           heat_bucket_start_us(begin_us, accumulator->bucket_s) != accumulator->start_us;
}

void accumulator_begin_tick(struct accumulator *accumulator, int64_t begin_us, int64_t duration_us)
{
    if (!accumulator->open)
        accumulator->start_us = heat_bucket_start_us(begin_us, accumulator->bucket_s);
    accumulator->open = true;
    accumulator->tick_ms = duration_us / US_PER_MS;
}

static void add_walk(struct accumulator *acc, const struct walk *walk, uint32_t cell)
{
    if (walk->entered)
        acc->cells[walk->cell].passes++;
    if (cell == GRID_OUTSIDE)
        return;
    double path_mm = hypot(walk->step_x_m, walk->step_y_m) * MM_PER_M;
    if (!(path_mm <= STEP_MAX_MM))
        return;
    acc->cells[cell].move_x_mm += llround(walk->step_x_m * MM_PER_M);
    acc->cells[cell].move_y_mm += llround(walk->step_y_m * MM_PER_M);
    acc->cells[cell].path_mm += llround(path_mm);
}

int64_t accumulator_add_person(struct accumulator *accumulator, struct walker *walker,
                               struct floor_m position)
{
    struct walk walk = walker_go(walker, &accumulator->grid, position);
    uint32_t cell = grid_cell_at(&accumulator->grid, position);
    add_walk(accumulator, &walk, cell);
    accumulator->people_ms += accumulator->tick_ms;
    if (cell == GRID_OUTSIDE)
        return 0;
    accumulator->cells[cell].dwell_ms += accumulator->tick_ms;
    return accumulator->tick_ms;
}

void accumulator_note_people(struct accumulator *accumulator, int64_t people)
{
    if (people > accumulator->peak_people)
        accumulator->peak_people = people;
}

static struct heat_exposure *begin_exposure(struct accumulator *acc, const struct camera_set *slots)
{
    if (acc->exposure_count == acc->exposure_capacity) {
        size_t capacity = acc->exposure_capacity ? 2 * acc->exposure_capacity : 16;
        struct heat_exposure *grown = realloc(acc->exposures, capacity * sizeof(*grown));
        if (!grown)
            return NULL;
        acc->exposures = grown;
        acc->exposure_capacity = capacity;
    }
    struct heat_exposure *exposure = &acc->exposures[acc->exposure_count++];
    *exposure = (struct heat_exposure){ .camera_set = *slots };
    return exposure;
}

static struct heat_exposure *exposure_of(struct accumulator *acc, const struct camera_set *slots)
{
    for (size_t i = acc->exposure_count; i-- > 0;) /* nearly always the last one */
        if (camera_set_equals(&acc->exposures[i].camera_set, slots))
            return &acc->exposures[i];
    return begin_exposure(acc, slots);
}

int accumulator_add_exposure(struct accumulator *accumulator, const struct camera_set *slots)
{
    if (camera_set_is_empty(slots))
        return 0;
    struct heat_exposure *exposure = exposure_of(accumulator, slots);
    if (!exposure)
        return -ENOMEM;
    exposure->exposure_ms += accumulator->tick_ms;
    return 0;
}

struct residuals *accumulator_residuals(struct accumulator *accumulator)
{
    return &accumulator->residuals;
}

static bool is_empty(const struct heat_cell *cell)
{
    return cell->passes == 0 && cell->dwell_ms == 0 && cell->path_mm == 0;
}

static int copy_cells(const struct accumulator *acc, struct heat_bucket *bucket)
{
    uint32_t cells = grid_cells(&acc->grid);
    for (uint32_t i = 0; i < cells; i++)
        bucket->cell_count += !is_empty(&acc->cells[i]);
    bucket->cells = calloc(bucket->cell_count + 1, sizeof(*bucket->cells));
    if (!bucket->cells)
        return -ENOMEM;
    size_t copied = 0;
    for (uint32_t i = 0; i < cells; i++) {
        if (is_empty(&acc->cells[i]))
            continue;
        bucket->cells[copied] = acc->cells[i];
        bucket->cells[copied++].cell = i;
    }
    return 0;
}

/* From slots to places by name, which are the indices of the bucket's cameras. */
static struct camera_set ranked(const struct camera_set *slots, const struct cameras *cameras)
{
    struct camera_set set = { 0 };
    for (size_t i = camera_set_next(slots, 0); i < HEAT_CAMERAS_MAX;
         i = camera_set_next(slots, i + 1))
        camera_set_add(&set, (size_t) cameras->rank[i]);
    return set;
}

static int by_set(const void *left, const void *right)
{
    const struct heat_exposure *a = left, *b = right;
    return camera_set_compare(&a->camera_set, &b->camera_set);
}

static int copy_exposures(const struct accumulator *acc, const struct cameras *cameras,
                          struct heat_bucket *bucket)
{
    bucket->exposures = calloc(acc->exposure_count + 1, sizeof(*bucket->exposures));
    if (!bucket->exposures)
        return -ENOMEM;
    bucket->exposure_count = acc->exposure_count;
    for (size_t i = 0; i < acc->exposure_count; i++) {
        bucket->exposures[i] = acc->exposures[i];
        bucket->exposures[i].camera_set = ranked(&acc->exposures[i].camera_set, cameras);
    }
    qsort(bucket->exposures, bucket->exposure_count, sizeof(*bucket->exposures), by_set);
    return 0;
}

static int copy_camera(const struct camera *camera, const struct grid *grid,
                       struct heat_camera *ret)
{
    uint32_t bytes = grid_mask_bytes(grid);
    const uint8_t *footprint = camera_counted_footprint(camera);
    memcpy(ret->camera, camera->name, sizeof(ret->camera));
    memcpy(ret->calibration_version, camera_counted_version(camera),
           sizeof(ret->calibration_version));
    ret->frames = camera->frames;
    ret->observations = camera->observations;
    /* A number that was given up may still come late; what a bucket has told stays told. */
    if (camera->missed_total > camera->missed_told)
        ret->missed = camera->missed_total - camera->missed_told;
    ret->boot_id = camera->boot_id;
    ret->last_sequence = camera->last_sequence;
    memcpy(ret->model, camera->model, sizeof(ret->model));
    ret->model_width = camera->model_width;
    ret->model_height = camera->model_height;
    ret->latency = camera->latency;
    ret->footprint = calloc(bytes + 1, 1);
    if (!ret->footprint)
        return -ENOMEM;
    if (footprint)
        memcpy(ret->footprint, footprint, bytes);
    return 0;
}

static int copy_cameras(const struct accumulator *acc, const struct cameras *cameras,
                        struct heat_bucket *bucket)
{
    bucket->cameras = calloc((size_t) cameras->count + 1, sizeof(*bucket->cameras));
    if (!bucket->cameras)
        return -ENOMEM;
    bucket->camera_count = (size_t) cameras->count;
    for (int i = 0; i < cameras->count; i++) {
        const struct camera *camera = &cameras->items[cameras->by_rank[i]];
        int r = copy_camera(camera, &acc->grid, &bucket->cameras[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

static int by_cameras(const void *left, const void *right)
{
    const struct heat_pair *a = left, *b = right;
    if (a->camera_a != b->camera_a)
        return a->camera_a < b->camera_a ? -1 : 1;
    return (a->camera_b > b->camera_b) - (a->camera_b < b->camera_b);
}

static int copy_pairs(const struct accumulator *acc, const struct cameras *cameras,
                      struct heat_bucket *bucket)
{
    bucket->pair_count = acc->residuals.count;
    bucket->pairs = calloc(bucket->pair_count + 1, sizeof(*bucket->pairs));
    if (!bucket->pairs)
        return -ENOMEM;
    for (size_t i = 0; i < bucket->pair_count; i++) {
        const struct residual_sum *sum = &acc->residuals.items[i];
        bucket->pairs[i] = (struct heat_pair){ .camera_a = (uint32_t) cameras->rank[sum->camera_a],
                                               .camera_b = (uint32_t) cameras->rank[sum->camera_b],
                                               .count = sum->count,
                                               .sum_dx_m = sum->dx_m,
                                               .sum_dy_m = sum->dy_m,
                                               .sum_squared_m2 = sum->squared_m2 };
    }
    qsort(bucket->pairs, bucket->pair_count, sizeof(*bucket->pairs), by_cameras);
    return 0;
}

static void begin_anew(struct accumulator *acc, struct cameras *cameras)
{
    acc->open = false;
    memset(acc->cells, 0, grid_cells(&acc->grid) * sizeof(*acc->cells));
    residuals_clear(&acc->residuals);
    acc->exposure_count = 0;
    acc->peak_people = acc->people_ms = 0;
    cameras_begin_bucket(cameras);
}

int accumulator_emit(struct accumulator *accumulator, const char *store, const char *floor,
                     struct cameras *cameras, struct heat_bucket **ret_bucket)
{
    struct heat_bucket *bucket = calloc(1, sizeof(*bucket));
    if (!bucket)
        return -ENOMEM;
    (void) snprintf(bucket->store, sizeof(bucket->store), "%s", store);
    (void) snprintf(bucket->floor, sizeof(bucket->floor), "%s", floor);
    bucket->grid = accumulator->grid;
    bucket->start_us = accumulator->start_us;
    bucket->end_us = accumulator->start_us + accumulator->bucket_s * US_PER_S;
    bucket->peak_people = accumulator->peak_people;
    bucket->people_ms = accumulator->people_ms;
    int r = copy_cells(accumulator, bucket);
    if (r == 0)
        r = copy_exposures(accumulator, cameras, bucket);
    if (r == 0)
        r = copy_cameras(accumulator, cameras, bucket);
    if (r == 0)
        r = copy_pairs(accumulator, cameras, bucket);
    if (r < 0) {
        heat_bucket_destroy(&bucket);
        return r;
    }
    begin_anew(accumulator, cameras);
    *ret_bucket = bucket;
    return 0;
}

/* Saving and restoring. Of the grid only the cells where something has happened are saved. */
SAVED_STRUCT_HAS_BYTES(struct accumulator, 136);
SAVED_STRUCT_HAS_BYTES(struct heat_cell, 40);
SAVED_STRUCT_HAS_BYTES(struct heat_exposure, CAMERA_SET_WORDS * 8 + 8);

#define CELL_BYTES     ((size_t) (4 + 4 + 4 * 8))
#define EXPOSURE_BYTES ((size_t) (8 + 8 + 8))

static void save_cells(const struct accumulator *acc, struct buffer *buffer)
{
    uint32_t cells = grid_cells(&acc->grid);
    uint64_t count = 0;
    for (uint32_t i = 0; i < cells; i++)
        count += !is_empty(&acc->cells[i]);
    buffer_put_u64(buffer, count);
    for (uint32_t i = 0; i < cells; i++) {
        const struct heat_cell *cell = &acc->cells[i];
        if (is_empty(cell))
            continue;
        buffer_put_u32(buffer, i);
        buffer_put_u32(buffer, cell->passes);
        buffer_put_i64(buffer, cell->dwell_ms);
        buffer_put_i64(buffer, cell->move_x_mm);
        buffer_put_i64(buffer, cell->move_y_mm);
        buffer_put_i64(buffer, cell->path_mm);
    }
}

/* Without the zeroes behind the last camera. */
static void save_set(const struct camera_set *set, struct buffer *buffer)
{
    size_t words = CAMERA_SET_WORDS;
    while (words > 0 && set->words[words - 1] == 0)
        words--;
    buffer_put_u64(buffer, words);
    for (size_t i = 0; i < words; i++)
        buffer_put_u64(buffer, set->words[i]);
}

void accumulator_save(const struct accumulator *accumulator, struct buffer *buffer)
{
    saved_put_flag(buffer, accumulator->open);
    buffer_put_i64(buffer, accumulator->open ? accumulator->start_us : 0);
    buffer_put_i64(buffer, accumulator->peak_people);
    buffer_put_i64(buffer, accumulator->people_ms);
    save_cells(accumulator, buffer);
    buffer_put_u64(buffer, accumulator->exposure_count);
    for (size_t i = 0; i < accumulator->exposure_count; i++) {
        save_set(&accumulator->exposures[i].camera_set, buffer);
        buffer_put_i64(buffer, accumulator->exposures[i].exposure_ms);
    }
    residuals_save(&accumulator->residuals, buffer);
}

static void restore_cells(struct accumulator *acc, struct buffer_reader *reader)
{
    uint32_t cells = grid_cells(&acc->grid), first = 0; /* the next cell is not below first */
    size_t count = buffer_get_count(reader, CELL_BYTES, cells);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        uint32_t place = buffer_get_u32(reader);
        if (place < first || place >= cells) {
            buffer_reader_fail(reader);
            return;
        }
        first = place + 1;
        struct heat_cell *cell = &acc->cells[place];
        cell->passes = buffer_get_u32(reader);
        cell->dwell_ms = saved_get_sum(reader);
        cell->move_x_mm = saved_get_signed_sum(reader);
        cell->move_y_mm = saved_get_signed_sum(reader);
        cell->path_mm = saved_get_sum(reader);
        if (is_empty(cell))
            buffer_reader_fail(reader);
    }
}

static struct camera_set restore_set(struct buffer_reader *reader, int camera_count)
{
    struct camera_set set = { 0 };
    size_t words = buffer_get_count(reader, sizeof(set.words[0]), CAMERA_SET_WORDS);
    for (size_t i = 0; i < words; i++)
        set.words[i] = buffer_get_u64(reader);
    if (words == 0 || set.words[words - 1] == 0 ||
        camera_set_next(&set, (size_t) camera_count) < HEAT_CAMERAS_MAX)
        buffer_reader_fail(reader);
    return set;
}

int accumulator_restore(struct accumulator *accumulator, struct buffer_reader *reader,
                        int camera_count)
{
    accumulator->open = saved_get_flag(reader);
    accumulator->start_us = saved_get_time_us(reader);
    accumulator->peak_people = saved_get_sum(reader);
    accumulator->people_ms = saved_get_sum(reader);
    int64_t start_us = heat_bucket_start_us(accumulator->start_us, accumulator->bucket_s);
    if (accumulator->start_us != (accumulator->open ? start_us : 0))
        buffer_reader_fail(reader);
    restore_cells(accumulator, reader);
    size_t exposures = buffer_get_count(reader, EXPOSURE_BYTES, SAVED_ITEMS_MAX);
    for (size_t i = 0; i < exposures && !reader->failed; i++) {
        struct camera_set set = restore_set(reader, camera_count);
        struct heat_exposure *exposure = begin_exposure(accumulator, &set);
        if (!exposure)
            return -ENOMEM;
        exposure->exposure_ms = saved_get_sum(reader);
    }
    return residuals_restore(&accumulator->residuals, reader, camera_count);
}
