/*
 * test_query.c - reading the facts back
 *
 * Expected sums are those written beside fixture_bucket, worked out by hand, and for the larger
 * case a plain addition of what was put in.
 */
#include "testing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "near.h"
#include "storage/migrate.h"
#include "storage/query.h"
#include "storage_fixture.h"

#define TOLERANCE 1e-9 /* sums of milliseconds divided by 1000 */

static void write_buckets(const char *conninfo, struct heat_bucket **buckets, int count)
{
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = NULL;
    assert_int_equal(storage_writer_create(&options, &writer, NULL), 0);
    for (int i = 0; i < count; i++)
        assert_int_equal(storage_writer_put_take(writer, &buckets[i]), 0);
    assert_int_equal(storage_writer_flush(writer, 60000), 0);
    assert_int_equal(storage_writer_counts(writer).written, count);
    storage_writer_destroy(&writer);
}

/* A database with fixture_bucket at 9:14, 9:15 and 9:16. */
static const char *three_buckets(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct heat_bucket *buckets[3];
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    for (int i = 0; i < 3; i++)
        buckets[i] = fixture_bucket(FIXTURE_START_US + i * FIXTURE_MINUTE_US);
    write_buckets(conninfo, buckets, 3);
    return conninfo;
}

static void sums_over_all_time_are_those_of_all_buckets(void **state)
{
    const char *conninfo = three_buckets(state);
    struct heat_sums *sums = NULL;
    assert_int_equal(
        storage_query_heat(conninfo, "store", "ground", INT64_MIN, INT64_MAX, &sums, NULL), 0);
    assert_near(sums->counted_s, 180, TOLERANCE);
    assert_int_equal(sums->first_us, FIXTURE_START_US);
    assert_int_equal(sums->last_us, FIXTURE_START_US + 3 * FIXTURE_MINUTE_US);
    assert_near(sums->people_s, 15, TOLERANCE);
    assert_int_equal(sums->grid.columns, 4);
    assert_int_equal(sums->grid.rows, 3);
    assert_near(sums->grid.origin.x, -1, 0);
    assert_near(sums->grid.origin.y, 2, 0);
    assert_near(sums->grid.cell_m, 0.5, 0);
    assert_near(sums->dwell_s[1], 4.5, TOLERANCE);
    assert_near(sums->passes[1], 6, TOLERANCE);
    assert_near(sums->move_x_m[1], 0.9, TOLERANCE);
    assert_near(sums->move_y_m[1], -0.3, TOLERANCE);
    assert_near(sums->path_m[1], 1.2, TOLERANCE);
    heat_sums_destroy(&sums);
    assert_null(sums);
}

static void exposure_is_added_where_a_camera_could_see(void **state)
{
    const double expected_s[12] = { 60, 60, 60, 60, 60, 60, 50, 50, 50, 50, 0, 0 };
    struct heat_sums *sums = NULL;
    assert_int_equal(storage_query_heat(three_buckets(state), "store", "ground", INT64_MIN,
                                        INT64_MAX, &sums, NULL),
                     0);
    for (int cell = 0; cell < 12; cell++)
        assert_near(sums->exposure_s[cell], 3 * expected_s[cell], TOLERANCE);
    heat_sums_destroy(&sums);
}

static void a_range_has_its_start_and_not_its_end(void **state)
{
    struct heat_sums *sums = NULL;
    assert_int_equal(storage_query_heat(three_buckets(state), "store", "ground",
                                        FIXTURE_START_US + FIXTURE_MINUTE_US,
                                        FIXTURE_START_US + 2 * FIXTURE_MINUTE_US, &sums, NULL),
                     0);
    assert_near(sums->counted_s, 60, TOLERANCE);
    assert_int_equal(sums->first_us, FIXTURE_START_US + FIXTURE_MINUTE_US);
    assert_near(sums->dwell_s[4], 2.5, TOLERANCE);
    heat_sums_destroy(&sums);
}

static void a_range_without_data_says_where_data_is(void **state)
{
    struct heat_sums *sums = NULL;
    struct error error = { .text = "" };
    assert_int_equal(
        storage_query_heat(three_buckets(state), "store", "ground", 0, US_PER_S, &sums, &error),
        -ENODATA);
    assert_null(sums);
    assert_non_null(strstr(error.text, "there is some from 2026-11-23T09:14:00Z"));
    assert_non_null(strstr(error.text, "to 2026-11-23T09:17:00Z"));
}

static void an_unknown_store_or_floor_is_named(void **state)
{
    const char *conninfo = three_buckets(state);
    struct heat_sums *sums = NULL;
    struct error error = { .text = "" };
    assert_int_equal(storage_query_heat(conninfo, "shop", "ground", 0, 1, &sums, &error), -ENOENT);
    assert_non_null(strstr(error.text, "store \"shop\""));
    assert_int_equal(storage_query_heat(conninfo, "store", "attic", 0, 1, &sums, &error), -ENOENT);
    assert_non_null(strstr(error.text, "floor \"attic\""));
}

static void a_range_over_two_grids_says_when_it_changed(void **state)
{
    const char *conninfo = three_buckets(state);
    struct heat_bucket *wider = fixture_bucket(FIXTURE_START_US + 3 * FIXTURE_MINUTE_US);
    struct heat_sums *sums = NULL;
    struct error error = { .text = "" };
    wider->grid.origin.x = -1.5;
    write_buckets(conninfo, &wider, 1);
    assert_int_equal(
        storage_query_heat(conninfo, "store", "ground", INT64_MIN, INT64_MAX, &sums, &error),
        -EEXIST);
    assert_non_null(strstr(error.text, "2026-11-23T09:17:00Z"));
    assert_int_equal(storage_query_heat(conninfo, "store", "ground",
                                        FIXTURE_START_US + 3 * FIXTURE_MINUTE_US, INT64_MAX, &sums,
                                        NULL),
                     0);
    assert_near(sums->grid.origin.x, -1.5, 0);
    heat_sums_destroy(&sums);
}

static void where_two_chains_have_a_store_of_one_name_the_chain_decides(void **state)
{
    const char *conninfo = three_buckets(state);
    struct heat_sums *sums = NULL;
    struct error error = { .text = "" };
    int64_t buckets = -1;
    fixture_execute(conninfo, "INSERT INTO chain VALUES ('rival'); "
                              "INSERT INTO store VALUES (7, 'rival', 'store', 'UTC')");
    assert_int_equal(storage_query_heat(conninfo, "store", "ground", 0, 1, &sums, &error), -ENOENT);
    assert_non_null(strstr(error.text, "chain/store"));
    assert_int_equal(storage_query_bucket_count(conninfo, "chain/store", &buckets, NULL), 0);
    assert_int_equal(buckets, 3);
    assert_int_equal(storage_query_bucket_count(conninfo, "rival/store", &buckets, NULL), 0);
    assert_int_equal(buckets, 0);
}

static void a_database_that_is_away_or_empty_is_said(void **state)
{
    struct heat_sums *sums = NULL;
    int64_t buckets = 0;
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_query_heat(conninfo, "store", "ground", 0, 1, &sums, NULL), -EPROTO);
    assert_int_equal(storage_query_bucket_count("host=127.0.0.1 port=1", "store", &buckets, NULL),
                     -ECONNREFUSED);
}

/* 97 x 61 cells are no multiple of 8, so the last byte of each mask is not full. */
enum { COLUMNS = 97, ROWS = 61, CELLS = COLUMNS * ROWS, BUCKETS = 40 };

struct plain_sums {
    int64_t dwell_ms[CELLS], passes[CELLS], move_x_mm[CELLS], exposure_ms[CELLS];
};

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t) (*state >> 33);
}

static void fill_cells(struct heat_bucket *bucket, uint64_t *random, struct plain_sums *sums)
{
    free(bucket->cells);
    bucket->cells = calloc(CELLS, sizeof *bucket->cells);
    bucket->cell_count = 0;
    for (uint32_t c = next_random(random) % 9; c < CELLS; c += 1 + next_random(random) % 19) {
        struct heat_cell *cell = &bucket->cells[bucket->cell_count++];
        *cell =
            (struct heat_cell){ .cell = c,
                                .passes = next_random(random) % 5,
                                .dwell_ms = next_random(random) % 60000,
                                .move_x_mm = 10 * ((int64_t) (next_random(random) % 401) - 200) };
        sums->dwell_ms[c] += cell->dwell_ms;
        sums->passes[c] += cell->passes;
        sums->move_x_mm[c] += cell->move_x_mm;
    }
}

static void fill_exposure(struct heat_bucket *bucket, uint64_t *random, struct plain_sums *sums)
{
    for (int i = 0; i < 2; i++) {
        free(bucket->cameras[i].footprint);
        bucket->cameras[i].footprint = calloc(1, grid_mask_bytes(&bucket->grid));
    }
    for (uint32_t c = 0; c < CELLS; c++) {
        bool left = c % COLUMNS<60, right = c % COLUMNS> 40 && c % 3;
        if (left)
            grid_mask_set(bucket->cameras[0].footprint, c);
        if (right)
            grid_mask_set(bucket->cameras[1].footprint, c);
    }
    for (int i = 0; i < 2; i++)
        bucket->exposures[i].exposure_ms = next_random(random) % 30000;
    for (uint32_t c = 0; c < CELLS; c++) {
        bool left = grid_mask_test(bucket->cameras[0].footprint, c);
        bool right = grid_mask_test(bucket->cameras[1].footprint, c);
        sums->exposure_ms[c] += (left || right ? bucket->exposures[0].exposure_ms : 0) +
                                (left ? bucket->exposures[1].exposure_ms : 0);
    }
}

static void sums_of_many_buckets_equal_plain_additions(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct plain_sums *plain = calloc(1, sizeof *plain);
    struct heat_bucket *buckets[BUCKETS];
    struct heat_sums *sums = NULL;
    uint64_t random = 20261123;
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    for (int i = 0; i < BUCKETS; i++) {
        buckets[i] = fixture_bucket(FIXTURE_START_US + i * FIXTURE_MINUTE_US);
        buckets[i]->grid.columns = COLUMNS;
        buckets[i]->grid.rows = ROWS;
        fill_cells(buckets[i], &random, plain);
        fill_exposure(buckets[i], &random, plain);
    }
    write_buckets(conninfo, buckets, BUCKETS);
    assert_int_equal(
        storage_query_heat(conninfo, "store", "ground", INT64_MIN, INT64_MAX, &sums, NULL), 0);
    for (int c = 0; c < CELLS; c++) {
        assert_int_equal(llround(sums->dwell_s[c] * 1000), plain->dwell_ms[c]);
        assert_int_equal(llround(sums->passes[c]), plain->passes[c]);
        assert_int_equal(llround(sums->move_x_m[c] * 1000), plain->move_x_mm[c]);
        assert_int_equal(llround(sums->exposure_s[c] * 1000), plain->exposure_ms[c]);
    }
    int64_t exposure_ms = 0;
    for (int c = 0; c < CELLS; c++)
        exposure_ms += plain->exposure_ms[c];
    assert_int_equal(
        atoll(fixture_value(conninfo,
                            "SELECT round(sum(exposure_s) * 1000)::bigint FROM v_heat_cell")),
        exposure_ms);
    heat_sums_destroy(&sums);
    free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_all_time_are_those_of_all_buckets),
        cmocka_unit_test(exposure_is_added_where_a_camera_could_see),
        cmocka_unit_test(a_range_has_its_start_and_not_its_end),
        cmocka_unit_test(a_range_without_data_says_where_data_is),
        cmocka_unit_test(an_unknown_store_or_floor_is_named),
        cmocka_unit_test(a_range_over_two_grids_says_when_it_changed),
        cmocka_unit_test(where_two_chains_have_a_store_of_one_name_the_chain_decides),
        cmocka_unit_test(a_database_that_is_away_or_empty_is_said),
        cmocka_unit_test(sums_of_many_buckets_equal_plain_additions),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
