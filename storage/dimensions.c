/*
 * dimensions.c - the numbers that stand for a bucket's floor, cameras, zones and so on
 *
 * One memory holds all kinds of keys: a letter for the kind, then whatever the number depends on.
 */
#include "storage/dimensions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/array_text.h"
#include "storage/floor_places.h"
#include "storage/key_cache.h"
#include "storage/keys.h"

struct floor_entry {
    char floor[ID_SIZE];
    struct floor_places *places;
};

struct dimensions {
    int32_t store_id;
    struct key_cache *known;
    struct floor_entry *floors;
    size_t floor_count;
};

/* All that the steps of one bucket share. */
struct search {
    struct dimensions *dimensions;
    struct database *database;
    const struct heat_bucket *bucket;
    struct bucket_keys *keys;
    struct number_text store_id, floor_id, grid_id;
    char bucket_at[WALL_TEXT_SIZE];
    uint8_t *no_mask;     /* of a camera that sees nothing */
    uint8_t *union_masks; /* one an exposure */
    int32_t *footprint_ids;
    struct text *memory_keys; /* one a row that is looked for; cleared before use */
};

static int out_of_memory(struct error *err)
{
    return error_set(err, -ENOMEM, "out of memory writing a bucket");
}

int dimensions_create(int32_t store_id, struct dimensions **ret_dimensions)
{
    struct dimensions *dimensions = calloc(1, sizeof(*dimensions));
    if (!dimensions)
        return -ENOMEM;
    dimensions->store_id = store_id;
    if (key_cache_create(&dimensions->known) < 0) {
        free(dimensions);
        return -ENOMEM;
    }
    *ret_dimensions = dimensions;
    return 0;
}

void dimensions_destroy(struct dimensions **dimensions)
{
    if (!*dimensions)
        return;
    for (size_t i = 0; i < (*dimensions)->floor_count; i++)
        floor_places_destroy(&(*dimensions)->floors[i].places);
    free((*dimensions)->floors);
    key_cache_destroy(&(*dimensions)->known);
    free(*dimensions);
    *dimensions = NULL;
}

void dimensions_forget(struct dimensions *dimensions)
{
    key_cache_clear(dimensions->known);
    for (size_t i = 0; i < dimensions->floor_count; i++)
        floor_places_forget(dimensions->floors[i].places);
}

static struct floor_entry *find_entry(struct dimensions *dimensions, const char *floor)
{
    for (size_t i = 0; i < dimensions->floor_count; i++)
        if (strcmp(dimensions->floors[i].floor, floor) == 0)
            return &dimensions->floors[i];
    return NULL;
}

int dimensions_set_floor(struct dimensions *dimensions, const char *floor,
                         const struct floor_map *map, struct error *err)
{
    struct floor_places *places = NULL;
    int rc = floor_places_create(map, &places, err);
    if (rc < 0)
        return rc;
    struct floor_entry *entry = find_entry(dimensions, floor);
    if (!entry) {
        struct floor_entry *floors =
            realloc(dimensions->floors, (dimensions->floor_count + 1) * sizeof(*floors));
        if (!floors) {
            floor_places_destroy(&places);
            return out_of_memory(err);
        }
        dimensions->floors = floors;
        entry = &floors[dimensions->floor_count++];
        *entry = (struct floor_entry){ .places = NULL };
        (void) snprintf(entry->floor, sizeof(entry->floor), "%s", floor);
    }
    floor_places_destroy(&entry->places);
    entry->places = places;
    return 0;
}

/* ---- keys in memory ---- */

static void key_begin(struct text *key, char kind)
{
    text_clear(key);
    text_append_bytes(key, &kind, 1);
}

static void key_integer(struct text *key, int32_t value)
{
    text_append_bytes(key, &value, sizeof(value));
}

static void key_string(struct text *key, const char *string)
{
    text_append_bytes(key, string, strlen(string) + 1);
}

/* Whether all of a list are known; their ids then are set. */
static bool recall(const struct search *search, size_t count, int32_t *ret_ids)
{
    for (size_t i = 0; i < count; i++)
        if (!key_cache_find(search->dimensions->known, search->memory_keys[i].bytes,
                            search->memory_keys[i].length, &ret_ids[i]))
            return false;
    return true;
}

static int remember(const struct search *search, size_t count, const int32_t *ids)
{
    for (size_t i = 0; i < count; i++)
        if (search->memory_keys[i].failed ||
            key_cache_put(search->dimensions->known, search->memory_keys[i].bytes,
                          search->memory_keys[i].length, ids[i]) < 0)
            return -ENOMEM;
    return 0;
}

/* Ask the database for a list that is not known, and remember the answer. */
static int ask(const struct search *search, enum query_id id, const char *const *values,
               size_t count, int32_t *ret_ids, struct error *err)
{
    int rc = keys_find(search->database, id, values, count, ret_ids, err);
    if (rc == 0 && remember(search, count, ret_ids) < 0)
        return out_of_memory(err);
    return rc;
}

/* ---- floor, grid ---- */

static int find_floor(struct search *search, struct error *err)
{
    key_begin(&search->memory_keys[0], 'f');
    key_string(&search->memory_keys[0], search->bucket->floor);
    int rc = 0;
    if (!recall(search, 1, &search->keys->floor_id)) {
        const char *const values[] = { search->store_id.bytes, search->bucket->floor };
        rc = ask(search, QUERY_FLOOR_KEY, values, 1, &search->keys->floor_id, err);
    }
    search->floor_id = integer_text(search->keys->floor_id);
    return rc;
}

static int find_grid(struct search *search, struct error *err)
{
    const struct grid *grid = &search->bucket->grid;
    struct text *key = &search->memory_keys[0];
    key_begin(key, 'g');
    key_integer(key, search->keys->floor_id);
    text_append_bytes(key, &grid->origin.x, sizeof(grid->origin.x));
    text_append_bytes(key, &grid->origin.y, sizeof(grid->origin.y));
    text_append_bytes(key, &grid->cell_m, sizeof(grid->cell_m));
    key_integer(key, (int32_t) grid->columns);
    key_integer(key, (int32_t) grid->rows);
    int rc = 0;
    if (!recall(search, 1, &search->keys->grid_id)) {
        struct number_text x = double_text(grid->origin.x), y = double_text(grid->origin.y),
                           cell_m = double_text(grid->cell_m),
                           columns = integer_text(grid->columns), rows = integer_text(grid->rows);
        const char *const values[] = {
            search->store_id.bytes, search->floor_id.bytes, x.bytes,   y.bytes,
            cell_m.bytes,           columns.bytes,          rows.bytes
        };
        rc = ask(search, QUERY_GRID_KEY, values, 1, &search->keys->grid_id, err);
    }
    search->grid_id = integer_text(search->keys->grid_id);
    return rc;
}

/* ---- cameras, calibrations, models, footprints ---- */

static int find_cameras(struct search *search, struct error *err)
{
    size_t count = search->bucket->camera_count;
    for (size_t i = 0; i < count; i++) {
        key_begin(&search->memory_keys[i], 'c');
        key_string(&search->memory_keys[i], search->bucket->cameras[i].camera);
    }
    if (recall(search, count, search->keys->camera_ids))
        return 0;
    AUTO(text_release) struct text names = TEXT_INIT;
    array_open(&names);
    for (size_t i = 0; i < count; i++)
        array_add_string(&names, search->bucket->cameras[i].camera);
    array_close(&names);
    if (names.failed)
        return out_of_memory(err);
    const char *const values[] = { search->store_id.bytes, names.bytes };
    return ask(search, QUERY_CAMERA_KEYS, values, count, search->keys->camera_ids, err);
}

static void append_ids(struct text *array, const int32_t *ids, size_t count)
{
    array_open(array);
    for (size_t i = 0; i < count; i++)
        array_add_integer(array, ids[i]);
    array_close(array);
}

static int find_calibrations(struct search *search, struct error *err)
{
    size_t count = search->bucket->camera_count;
    for (size_t i = 0; i < count; i++) {
        key_begin(&search->memory_keys[i], 'v');
        key_integer(&search->memory_keys[i], search->keys->camera_ids[i]);
        key_string(&search->memory_keys[i], search->bucket->cameras[i].calibration_version);
    }
    if (recall(search, count, search->keys->calibration_ids))
        return 0;
    AUTO(text_release) struct text cameras = TEXT_INIT;
    AUTO(text_release) struct text versions = TEXT_INIT;
    append_ids(&cameras, search->keys->camera_ids, count);
    array_open(&versions);
    for (size_t i = 0; i < count; i++)
        array_add_string(&versions, search->bucket->cameras[i].calibration_version);
    array_close(&versions);
    if (cameras.failed || versions.failed)
        return out_of_memory(err);
    const char *const values[] = { search->store_id.bytes, cameras.bytes, versions.bytes,
                                   search->bucket_at };
    return ask(search, QUERY_CALIBRATION_KEYS, values, count, search->keys->calibration_ids, err);
}

/* A camera that told of no model has none; the others' are asked for together. */
static int find_models(struct search *search, struct error *err)
{
    AUTO(text_release) struct text names = TEXT_INIT;
    AUTO(text_release) struct text widths = TEXT_INIT;
    AUTO(text_release) struct text heights = TEXT_INIT;
    int32_t ids[HEAT_CAMERAS_MAX];
    size_t asked = 0;
    array_open(&names);
    array_open(&widths);
    array_open(&heights);
    for (size_t i = 0; i < search->bucket->camera_count; i++) {
        const struct heat_camera *camera = &search->bucket->cameras[i];
        if (!camera->model[0])
            continue;
        struct text *key = &search->memory_keys[asked++];
        key_begin(key, 'm');
        key_string(key, camera->model);
        key_integer(key, (int32_t) camera->model_width);
        key_integer(key, (int32_t) camera->model_height);
        array_add_string(&names, camera->model);
        array_add_integer(&widths, camera->model_width);
        array_add_integer(&heights, camera->model_height);
    }
    array_close(&names);
    array_close(&widths);
    array_close(&heights);
    if (names.failed || widths.failed || heights.failed)
        return out_of_memory(err);
    if (!recall(search, asked, ids)) {
        const char *const values[] = { search->store_id.bytes, names.bytes, widths.bytes,
                                       heights.bytes };
        int rc = ask(search, QUERY_MODEL_KEYS, values, asked, ids, err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0, next = 0; i < search->bucket->camera_count; i++)
        search->keys->model_ids[i] = search->bucket->cameras[i].model[0] ? ids[next++] : 0;
    return 0;
}

static const uint8_t *mask_of(const struct search *search, size_t camera)
{
    const uint8_t *mask = search->bucket->cameras[camera].footprint;
    return mask ? mask : search->no_mask;
}

static int find_footprints(struct search *search, struct error *err)
{
    size_t count = search->bucket->camera_count;
    uint32_t bytes = grid_mask_bytes(&search->bucket->grid);
    for (size_t i = 0; i < count; i++) {
        struct text *key = &search->memory_keys[i];
        key_begin(key, 'p');
        key_integer(key, search->keys->camera_ids[i]);
        key_integer(key, search->keys->grid_id);
        key_integer(key, search->keys->calibration_ids[i]);
        text_append_bytes(key, mask_of(search, i), bytes);
    }
    if (recall(search, count, search->footprint_ids))
        return 0;
    AUTO(text_release) struct text cameras = TEXT_INIT;
    AUTO(text_release) struct text calibrations = TEXT_INIT;
    AUTO(text_release) struct text masks = TEXT_INIT;
    append_ids(&cameras, search->keys->camera_ids, count);
    append_ids(&calibrations, search->keys->calibration_ids, count);
    array_open(&masks);
    for (size_t i = 0; i < count; i++)
        array_add_bytes(&masks, mask_of(search, i), bytes);
    array_close(&masks);
    if (cameras.failed || calibrations.failed || masks.failed)
        return out_of_memory(err);
    const char *const values[] = { search->store_id.bytes, search->grid_id.bytes, cameras.bytes,
                                   calibrations.bytes, masks.bytes };
    return ask(search, QUERY_FOOTPRINT_KEYS, values, count, search->footprint_ids, err);
}

/* ---- camera sets ---- */

static int compare_ids(const void *a, const void *b)
{
    const int32_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* The ids of one set's cameras, ascending. */
static size_t choose_ids(const struct camera_set *set, const int32_t *ids, int32_t *ret_chosen)
{
    size_t count = 0;
    for (size_t i = camera_set_next(set, 0); i < HEAT_CAMERAS_MAX; i = camera_set_next(set, i + 1))
        ret_chosen[count++] = ids[i];
    if (count > 1)
        qsort(ret_chosen, count, sizeof(*ret_chosen), compare_ids);
    return count;
}

/* A set comes as the text of an array, inside an array. */
static int add_id_set(struct text *array, const struct camera_set *set, const int32_t *ids)
{
    AUTO(text_release) struct text one = TEXT_INIT;
    int32_t chosen[HEAT_CAMERAS_MAX];
    append_ids(&one, chosen, choose_ids(set, ids, chosen));
    array_add_string(array, one.bytes);
    return one.failed ? -ENOMEM : 0;
}

/* The union of what the cameras of each set see. */
static void unite_masks(struct search *search)
{
    const struct heat_bucket *bucket = search->bucket;
    size_t bytes = grid_mask_bytes(&bucket->grid);
    for (size_t e = 0; e < bucket->exposure_count; e++) {
        const struct camera_set *set = &bucket->exposures[e].camera_set;
        uint8_t *mask = search->union_masks + e * bytes;
        for (size_t i = camera_set_next(set, 0); i < HEAT_CAMERAS_MAX;
             i = camera_set_next(set, i + 1)) {
            const uint8_t *seen = mask_of(search, i);
            for (size_t b = 0; b < bytes; b++)
                mask[b] |= seen[b];
        }
    }
}

static int ask_camera_sets(struct search *search, struct error *err)
{
    const struct heat_bucket *bucket = search->bucket;
    size_t bytes = grid_mask_bytes(&bucket->grid);
    AUTO(text_release) struct text cameras = TEXT_INIT;
    AUTO(text_release) struct text footprints = TEXT_INIT;
    AUTO(text_release) struct text masks = TEXT_INIT;
    array_open(&cameras);
    array_open(&footprints);
    array_open(&masks);
    for (size_t i = 0; i < bucket->exposure_count; i++) {
        const struct camera_set *set = &bucket->exposures[i].camera_set;
        if (add_id_set(&cameras, set, search->keys->camera_ids) < 0 ||
            add_id_set(&footprints, set, search->footprint_ids) < 0)
            return out_of_memory(err);
        array_add_bytes(&masks, search->union_masks + i * bytes, bytes);
    }
    array_close(&cameras);
    array_close(&footprints);
    array_close(&masks);
    if (cameras.failed || footprints.failed || masks.failed)
        return out_of_memory(err);
    const char *const values[] = { search->store_id.bytes, search->grid_id.bytes, cameras.bytes,
                                   footprints.bytes, masks.bytes };
    return ask(search, QUERY_CAMERA_SET_KEYS, values, bucket->exposure_count,
               search->keys->camera_set_ids, err);
}

static int find_camera_sets(struct search *search, struct error *err)
{
    const struct heat_bucket *bucket = search->bucket;
    for (size_t i = 0; i < bucket->exposure_count; i++) {
        int32_t chosen[HEAT_CAMERAS_MAX];
        size_t count = choose_ids(&bucket->exposures[i].camera_set, search->footprint_ids, chosen);
        key_begin(&search->memory_keys[i], 's');
        key_integer(&search->memory_keys[i], search->keys->grid_id);
        text_append_bytes(&search->memory_keys[i], chosen, count * sizeof(*chosen));
    }
    if (recall(search, bucket->exposure_count, search->keys->camera_set_ids))
        return 0;
    return ask_camera_sets(search, err);
}

/* ---- zones, lines ---- */

/* Cells of a place that a mask has. */
static uint32_t common_cells(const uint8_t *a, const uint8_t *b, size_t bytes)
{
    uint32_t count = 0;
    size_t i = 0;
    for (; i + sizeof(uint64_t) <= bytes; i += sizeof(uint64_t)) {
        uint64_t left, right;
        memcpy(&left, a + i, sizeof(left));
        memcpy(&right, b + i, sizeof(right));
        count += (uint32_t) __builtin_popcountll(left & right);
    }
    for (; i < bytes; i++)
        count += (uint32_t) __builtin_popcount(a[i] & b[i]);
    return count;
}

/* A place without cells counts as seen while any camera is looking. */
static int64_t place_exposure_ms(const struct search *search, const struct floor_place *place)
{
    const struct heat_bucket *bucket = search->bucket;
    size_t bytes = grid_mask_bytes(&bucket->grid);
    double exposure_ms = 0;
    for (size_t e = 0; e < bucket->exposure_count; e++) {
        const struct heat_exposure *exposure = &bucket->exposures[e];
        double share = camera_set_is_empty(&exposure->camera_set) ? 0 : 1;
        if (place->cells)
            share = (double) common_cells(place->mask, search->union_masks + e * bytes, bytes) /
                    place->cells;
        exposure_ms += share * (double) exposure->exposure_ms;
    }
    return (int64_t) (exposure_ms + 0.5);
}

static int find_places(struct search *search, struct error *err)
{
    const struct heat_bucket *bucket = search->bucket;
    struct floor_entry *entry = find_entry(search->dimensions, bucket->floor);
    if (!entry) {
        int rc = dimensions_set_floor(search->dimensions, bucket->floor, NULL, err);
        if (rc < 0)
            return rc;
        entry = find_entry(search->dimensions, bucket->floor);
    }
    int rc = floor_places_sync(entry->places, search->database, search->dimensions->store_id,
                               search->keys->floor_id, search->keys->grid_id, bucket, err);
    for (size_t i = 0; rc == 0 && i < bucket->zone_count; i++) {
        const struct floor_place *place =
            floor_places_find(entry->places, PLACE_ZONE, bucket->zones[i].zone);
        search->keys->zone_ids[i] = place->id;
        search->keys->zone_exposure_ms[i] = place_exposure_ms(search, place);
    }
    for (size_t i = 0; rc == 0 && i < bucket->line_count; i++)
        search->keys->line_ids[i] =
            floor_places_find(entry->places, PLACE_LINE, bucket->lines[i].line)->id;
    return rc;
}

/* ---- one bucket ---- */

static int allocate(struct search *search)
{
    const struct heat_bucket *bucket = search->bucket;
    struct bucket_keys *keys = search->keys;
    size_t cameras = bucket->camera_count + 1, exposures = bucket->exposure_count + 1;
    size_t bytes = grid_mask_bytes(&bucket->grid), rows = cameras > exposures ? cameras : exposures;
    keys->camera_ids = calloc(cameras, sizeof(int32_t));
    keys->calibration_ids = calloc(cameras, sizeof(int32_t));
    keys->model_ids = calloc(cameras, sizeof(int32_t));
    keys->camera_set_ids = calloc(exposures, sizeof(int32_t));
    keys->zone_ids = calloc(bucket->zone_count + 1, sizeof(int32_t));
    keys->zone_exposure_ms = calloc(bucket->zone_count + 1, sizeof(int64_t));
    keys->line_ids = calloc(bucket->line_count + 1, sizeof(int32_t));
    search->footprint_ids = calloc(cameras, sizeof(int32_t));
    search->no_mask = calloc(1, bytes + 1);
    search->union_masks = calloc(exposures, bytes + 1);
    search->memory_keys = calloc(rows, sizeof(*search->memory_keys));
    if (!keys->camera_ids || !keys->calibration_ids || !keys->model_ids || !keys->camera_set_ids ||
        !keys->zone_ids || !keys->zone_exposure_ms || !keys->line_ids || !search->footprint_ids ||
        !search->no_mask || !search->union_masks || !search->memory_keys)
        return -ENOMEM;
    for (size_t i = 0; i < rows; i++)
        search->memory_keys[i] = (struct text) TEXT_INIT;
    return 0;
}

static void release_search(struct search *search)
{
    size_t cameras = search->bucket->camera_count + 1,
           exposures = search->bucket->exposure_count + 1;
    for (size_t i = 0; search->memory_keys && i < (cameras > exposures ? cameras : exposures); i++)
        if (search->memory_keys[i].bytes)
            text_release(&search->memory_keys[i]);
    free(search->memory_keys);
    free(search->footprint_ids);
    free(search->no_mask);
    free(search->union_masks);
}

static int find_all(struct search *search, struct error *err)
{
    static int (*const steps[])(struct search *, struct error *) = {
        find_floor,  find_grid,       find_cameras,     find_calibrations,
        find_models, find_footprints, find_camera_sets, find_places,
    };
    int rc = 0;
    unite_masks(search);
    for (size_t i = 0; rc == 0 && i < ARRAY_LENGTH(steps); i++)
        rc = steps[i](search, err);
    return rc;
}

int dimensions_find(struct dimensions *dimensions, struct database *database,
                    const struct heat_bucket *bucket, struct bucket_keys *ret_keys,
                    struct error *err)
{
    struct bucket_keys keys = { .floor_id = 0 };
    struct search search = { .dimensions = dimensions,
                             .database = database,
                             .bucket = bucket,
                             .keys = &keys,
                             .store_id = integer_text(dimensions->store_id) };
    (void) clock_wall_format(bucket->start_us, search.bucket_at);
    int rc = allocate(&search) < 0 ? out_of_memory(err) : find_all(&search, err);
    release_search(&search);
    if (rc < 0) {
        bucket_keys_release(&keys);
        return rc;
    }
    *ret_keys = keys;
    return 0;
}

void bucket_keys_release(struct bucket_keys *keys)
{
    free(keys->camera_ids);
    free(keys->calibration_ids);
    free(keys->model_ids);
    free(keys->camera_set_ids);
    free(keys->zone_ids);
    free(keys->zone_exposure_ms);
    free(keys->line_ids);
    *keys = (struct bucket_keys){ .camera_ids = NULL };
}
