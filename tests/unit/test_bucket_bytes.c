/*
 * test_bucket_bytes.c - buckets become bytes and are the same afterwards
 *
 * `test_bucket_bytes FOLDER` writes buckets there as seeds of fuzz_bucket_bytes.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "chance.h"
#include "heat/bucket_bytes.h"
#include "testing.h"

static size_t up_to(struct chance *chance, size_t most)
{
    return (size_t) chance_between(chance, 0, (double) most + 1);
}

/* Small and large numbers alike. */
static int64_t any_sum(struct chance *chance)
{
    return (int64_t) pow(2, chance_between(chance, 0, 59)) - 1;
}

static int64_t any_signed(struct chance *chance)
{
    return chance_between(chance, 0, 1) < 0.5 ? any_sum(chance) : -any_sum(chance);
}

static void *items(size_t count, size_t bytes)
{
    void *made = calloc(count + 1, bytes);
    assert_non_null(made);
    return made;
}

static void name(char *text, size_t size, const char *kind, size_t number)
{
    (void) snprintf(text, size, "%s-%zu", kind, number);
}

static void add_cells(struct chance *chance, struct heat_bucket *b)
{
    b->cells = items(grid_cells(&b->grid), sizeof(*b->cells));
    for (uint32_t cell = 0; cell < grid_cells(&b->grid); cell++)
        if (chance_between(chance, 0, 1) < 0.3)
            b->cells[b->cell_count++] =
                (struct heat_cell){ .cell = cell,
                                    .passes = (uint32_t) up_to(chance, UINT32_MAX),
                                    .dwell_ms = any_sum(chance),
                                    .move_x_mm = any_signed(chance),
                                    .move_y_mm = any_signed(chance),
                                    .path_mm = any_sum(chance) };
}

static void add_cameras(struct chance *chance, struct heat_bucket *b)
{
    b->camera_count = up_to(chance, 100);
    b->cameras = items(b->camera_count, sizeof(*b->cameras));
    for (size_t i = 0; i < b->camera_count; i++) {
        struct heat_camera *camera = &b->cameras[i];
        name(camera->camera, sizeof(camera->camera), "camera", i);
        memset(camera->calibration_version, 'a', up_to(chance, 64));
        if (chance_between(chance, 0, 1) < 0.8) {
            camera->footprint = items(grid_mask_bytes(&b->grid), 1);
            for (uint32_t cell = 0; cell < grid_cells(&b->grid); cell += 3)
                grid_mask_set(camera->footprint, cell);
        }
        camera->frames = any_sum(chance);
        camera->observations = any_sum(chance);
        camera->missed = any_sum(chance);
        camera->boot_id = (uint64_t) any_signed(chance);
        camera->last_sequence = (uint64_t) any_signed(chance);
        memset(camera->model, 'm', up_to(chance, ID_SIZE - 1));
        camera->model_width = (uint32_t) up_to(chance, UINT32_MAX);
        camera->model_height = (uint32_t) up_to(chance, 4096);
        for (size_t frames = up_to(chance, 20); frames > 0; frames--)
            latency_sketch_add(&camera->latency, any_sum(chance));
    }
}

static void add_exposures_and_pairs(struct chance *chance, struct heat_bucket *b)
{
    b->exposure_count = up_to(chance, 5);
    b->exposures = items(b->exposure_count, sizeof(*b->exposures));
    for (size_t i = 0; i < b->exposure_count; i++) {
        b->exposures[i].exposure_ms = any_sum(chance);
        for (size_t camera = 0; camera < b->camera_count; camera++)
            if (chance_between(chance, 0, 1) < 0.5)
                camera_set_add(&b->exposures[i].camera_set, camera);
    }
    b->pair_count = b->camera_count ? up_to(chance, 5) : 0;
    b->pairs = items(b->pair_count, sizeof(*b->pairs));
    for (size_t i = 0; i < b->pair_count; i++)
        b->pairs[i] = (struct heat_pair){ .camera_a = (uint32_t) up_to(chance, b->camera_count - 1),
                                          .camera_b = (uint32_t) up_to(chance, b->camera_count - 1),
                                          .count = any_sum(chance),
                                          .sum_dx_m = chance_between(chance, -1e9, 1e9),
                                          .sum_dy_m = -0.0,
                                          .sum_squared_m2 = 5e-324 };
}

static void add_places(struct chance *chance, struct heat_bucket *b)
{
    b->zone_count = up_to(chance, 6);
    b->zones = items(b->zone_count, sizeof(*b->zones));
    for (size_t i = 0; i < b->zone_count; i++) {
        struct heat_zone *zone = &b->zones[i];
        name(zone->zone, sizeof(zone->zone), "käse", i);
        zone->entries = any_sum(chance);
        zone->exits = any_sum(chance);
        zone->visits = any_sum(chance);
        zone->dwell_ms = any_sum(chance);
        zone->peak_people = any_sum(chance);
    }
    b->line_count = up_to(chance, 3);
    b->lines = items(b->line_count, sizeof(*b->lines));
    for (size_t i = 0; i < b->line_count; i++) {
        name(b->lines[i].line, sizeof(b->lines[i].line), "line", i);
        b->lines[i].left_to_right = any_sum(chance);
        b->lines[i].right_to_left = any_sum(chance);
    }
    b->flow_count = b->zone_count ? up_to(chance, 4) : 0;
    b->flows = items(b->flow_count, sizeof(*b->flows));
    for (size_t i = 0; i < b->flow_count; i++)
        b->flows[i] = (struct heat_flow){ .from = (uint32_t) up_to(chance, b->zone_count - 1),
                                          .to = (uint32_t) up_to(chance, b->zone_count - 1),
                                          .count = any_sum(chance) };
}

static struct heat_bucket *any_bucket(struct chance *chance)
{
    struct heat_bucket *b = items(1, sizeof(*b));
    *b = (struct heat_bucket){
        .store = "store",
        .floor = "ground",
        .grid = { .origin = { chance_between(chance, -50, 50), -0.0 },
                  .cell_m = 0.25,
                  .columns = 1 + (uint32_t) up_to(chance, 20),
                  .rows = 1 + (uint32_t) up_to(chance, 20) },
        .start_us = any_signed(chance),
        .peak_people = any_sum(chance),
        .people_ms = any_sum(chance),
        .definition = { .visit_s = 5, .hysteresis_m = 0.3 },
    };
    b->end_us = b->start_us + 60 * US_PER_S;
    add_cells(chance, b);
    add_cameras(chance, b);
    add_exposures_and_pairs(chance, b);
    add_places(chance, b);
    return b;
}

static struct buffer pack(const struct heat_bucket *bucket)
{
    struct buffer buffer = BUFFER_INIT;
    assert_int_equal(heat_bucket_pack(bucket, &buffer), 0);
    return buffer;
}

static void assert_same_items(const void *a, size_t a_count, const void *b, size_t b_count,
                              size_t bytes)
{
    assert_int_equal(a_count, b_count);
    if (a_count > 0)
        assert_memory_equal(a, b, a_count * bytes);
}

/* Member by member, so that one that pack and unpack both forget is found. The structs have been
 * zeroed, so that padding is the same. */
static void assert_same(const struct heat_bucket *a, const struct heat_bucket *b)
{
    assert_string_equal(a->store, b->store);
    assert_string_equal(a->floor, b->floor);
    assert_memory_equal(&a->grid, &b->grid, sizeof(a->grid));
    assert_true(a->start_us == b->start_us && a->end_us == b->end_us);
    assert_true(a->peak_people == b->peak_people && a->people_ms == b->people_ms);
    assert_int_equal(a->definition.visit_s, b->definition.visit_s);
    assert_memory_equal(&a->definition.hysteresis_m, &b->definition.hysteresis_m, sizeof(double));
    assert_same_items(a->cells, a->cell_count, b->cells, b->cell_count, sizeof(*a->cells));
    assert_same_items(a->exposures, a->exposure_count, b->exposures, b->exposure_count,
                      sizeof(*a->exposures));
    assert_same_items(a->pairs, a->pair_count, b->pairs, b->pair_count, sizeof(*a->pairs));
    assert_same_items(a->zones, a->zone_count, b->zones, b->zone_count, sizeof(*a->zones));
    assert_same_items(a->lines, a->line_count, b->lines, b->line_count, sizeof(*a->lines));
    assert_same_items(a->flows, a->flow_count, b->flows, b->flow_count, sizeof(*a->flows));
    assert_int_equal(a->camera_count, b->camera_count);
    for (size_t i = 0; i < a->camera_count; i++) {
        struct heat_camera x = a->cameras[i], y = b->cameras[i];
        assert_int_equal(x.footprint != NULL, y.footprint != NULL);
        if (x.footprint)
            assert_memory_equal(x.footprint, y.footprint, grid_mask_bytes(&a->grid));
        x.footprint = y.footprint = NULL;
        assert_memory_equal(&x, &y, sizeof(x));
    }
}

static void any_bucket_comes_back_as_it_was(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct chance chance = { seed };
        struct error err = { "" };
        AUTO(heat_bucket_destroy) struct heat_bucket *bucket = any_bucket(&chance);
        AUTO(heat_bucket_destroy) struct heat_bucket *again = NULL;
        AUTO(buffer_release) struct buffer bytes = pack(bucket);
        int r = heat_bucket_unpack(bytes.bytes, bytes.length, &again, &err);
        assert_string_equal(err.text, "");
        assert_int_equal(r, 0);
        assert_same(bucket, again);
    }
}

static void assert_damaged(const void *bytes, size_t length)
{
    struct heat_bucket *bucket = NULL;
    struct error err = { "" };
    assert_int_equal(heat_bucket_unpack(bytes, length, &bucket, &err), -EBADMSG);
    assert_null(bucket);
    assert_string_not_equal(err.text, "");
}

static void bytes_that_end_early_or_late_are_refused(void **state)
{
    (void) state;
    struct chance chance = { 5 };
    AUTO(heat_bucket_destroy) struct heat_bucket *bucket = any_bucket(&chance);
    AUTO(buffer_release) struct buffer bytes = pack(bucket);
    for (size_t length = 0; length < bytes.length; length++)
        assert_damaged(bytes.bytes, length);
    buffer_put_u8(&bytes, 0);
    assert_damaged(bytes.bytes, bytes.length);
}

/* Whatever a flipped bit makes of it, it is refused or stands for itself. */
static void a_flipped_bit_is_refused_or_is_another_bucket(void **state)
{
    (void) state;
    struct chance chance = { 6 };
    AUTO(heat_bucket_destroy) struct heat_bucket *bucket = any_bucket(&chance);
    AUTO(buffer_release) struct buffer bytes = pack(bucket);
    for (size_t bit = 0; bit < 8 * bytes.length; bit += 13) {
        AUTO(heat_bucket_destroy) struct heat_bucket *other = NULL;
        bytes.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
        if (heat_bucket_unpack(bytes.bytes, bytes.length, &other, NULL) == 0) {
            AUTO(buffer_release) struct buffer again = pack(other);
            assert_int_equal(again.length, bytes.length);
            assert_memory_equal(again.bytes, bytes.bytes, bytes.length);
        }
        bytes.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }
}

static void another_version_is_named(void **state)
{
    (void) state;
    static const uint8_t bytes[] = { 9, 0, 0, 0, 1, 2, 3 };
    struct heat_bucket *bucket = NULL;
    struct error err = { "" };
    assert_int_equal(heat_bucket_unpack(bytes, sizeof(bytes), &bucket, &err), -EPROTO);
    assert_non_null(strstr(err.text, "version 9"));
}

/* A bucket in which every kind of thing is there. */
static struct heat_bucket *full_bucket(void)
{
    for (uint64_t seed = 1;; seed++) {
        struct chance chance = { seed };
        struct heat_bucket *b = any_bucket(&chance);
        if (b->cell_count > 1 && b->camera_count > 1 && b->camera_count < 60 && b->exposure_count &&
            b->pair_count && b->zone_count && b->line_count && b->flow_count)
            return b;
        heat_bucket_destroy(&b);
    }
}

static void grid_of_nothing(struct heat_bucket *b)
{
    b->grid.rows = 0;
}

static void too_many_cells(struct heat_bucket *b)
{
    b->grid.rows = b->grid.columns = UINT32_C(1) << 16;
}

static void cells_of_no_size(struct heat_bucket *b)
{
    b->grid.cell_m = NAN;
}

static void cell_outside(struct heat_bucket *b)
{
    b->cells[b->cell_count - 1].cell = grid_cells(&b->grid);
}

static void cell_twice(struct heat_bucket *b)
{
    b->cells[1].cell = b->cells[0].cell;
}

static void set_of_nobody(struct heat_bucket *b)
{
    camera_set_add(&b->exposures[0].camera_set, b->camera_count);
}

static void pair_of_nobody(struct heat_bucket *b)
{
    b->pairs[0].camera_b = (uint32_t) b->camera_count;
}

static void endless_pair(struct heat_bucket *b)
{
    b->pairs[0].sum_dx_m = INFINITY;
}

static void flow_to_nowhere(struct heat_bucket *b)
{
    b->flows[0].to = (uint32_t) b->zone_count;
}

static void ends_before_it_starts(struct heat_bucket *b)
{
    b->end_us = b->start_us;
}

static void nameless_camera(struct heat_bucket *b)
{
    b->cameras[0].camera[0] = '\0';
}

static void no_text(struct heat_bucket *b)
{
    (void) snprintf(b->floor, sizeof(b->floor), "\xff");
}

static void fewer_than_none(struct heat_bucket *b)
{
    b->cameras[0].frames = -1;
}

static void what_contradicts_itself_is_refused(void **state)
{
    (void) state;
    static void (*const wrongs[])(struct heat_bucket *) = {
        grid_of_nothing, too_many_cells, cells_of_no_size, cell_outside,    cell_twice,
        set_of_nobody,   pair_of_nobody, endless_pair,     flow_to_nowhere, ends_before_it_starts,
        nameless_camera, no_text,        fewer_than_none,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(wrongs); i++) {
        AUTO(heat_bucket_destroy) struct heat_bucket *bucket = full_bucket();
        const struct grid grid = bucket->grid;
        wrongs[i](bucket);
        if (memcmp(&grid, &bucket->grid, sizeof(grid)) != 0) /* masks have the size of the grid */
            for (size_t c = 0; c < bucket->camera_count; c++) {
                free(bucket->cameras[c].footprint);
                bucket->cameras[c].footprint = NULL;
            }
        AUTO(buffer_release) struct buffer bytes = pack(bucket);
        assert_damaged(bytes.bytes, bytes.length);
    }
}

static int write_seed(const char *folder, const char *file, struct heat_bucket *bucket)
{
    char path[512];
    AUTO(buffer_release) struct buffer bytes = pack(bucket);
    heat_bucket_destroy(&bucket);
    (void) snprintf(path, sizeof(path), "%s/%s", folder, file);
    return file_write(path, bytes.bytes, bytes.length, 0644, NULL) < 0;
}

static int write_seeds(const char *folder)
{
    struct chance chance = { 2 };
    return write_seed(folder, "any", any_bucket(&chance)) |
           write_seed(folder, "full", full_bucket());
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bucket_comes_back_as_it_was),
        cmocka_unit_test(bytes_that_end_early_or_late_are_refused),
        cmocka_unit_test(a_flipped_bit_is_refused_or_is_another_bucket),
        cmocka_unit_test(another_version_is_named),
        cmocka_unit_test(what_contradicts_itself_is_refused),
    };
    return argc > 1 ? write_seeds(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
