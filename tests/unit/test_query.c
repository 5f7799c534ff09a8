/*
 * test_query.c - reading the facts back
 *
 * Expected sums are those written beside fixture_bucket, worked out by hand, and for the larger
 * case a plain addition of what was put in.
 */
#include "testing.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
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
    fixture_execute(conninfo, "INSERT INTO chain VALUES ('rival'); "
                              "INSERT INTO store VALUES (7, 'rival', 'store', 'UTC')");
    assert_int_equal(storage_query_heat(conninfo, "store", "ground", 0, 1, &sums, &error), -ENOENT);
    assert_non_null(strstr(error.text, "chain/store"));
    assert_int_equal(
        storage_query_heat(conninfo, "chain/store", "ground", INT64_MIN, INT64_MAX, &sums, NULL),
        0);
    assert_near(sums->counted_s, 180, 0); /* three buckets of a minute */
    heat_sums_destroy(&sums);
    assert_int_equal(
        storage_query_heat(conninfo, "rival/store", "ground", INT64_MIN, INT64_MAX, &sums, &error),
        -ENOENT);
    assert_non_null(strstr(error.text, "has no data"));
}

static void a_database_that_is_away_or_empty_is_said(void **state)
{
    struct heat_sums *sums = NULL;
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_query_heat(conninfo, "store", "ground", 0, 1, &sums, NULL), -EPROTO);
    assert_int_equal(
        storage_query_heat("host=127.0.0.1 port=1", "store", "ground", 0, 1, &sums, NULL),
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

/* What the writer packs, SQL's heat_cells() opens and heat_pack() packs to the same bytes. */
static void sql_and_c_pack_alike(void **state)
{
    const char *conninfo = fixture_database(*state);
    struct plain_sums *plain = calloc(1, sizeof *plain);
    struct heat_bucket *buckets[BUCKETS];
    uint64_t random = 20261130;
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    for (int i = 0; i < BUCKETS; i++) {
        buckets[i] = fixture_bucket(FIXTURE_START_US + i * FIXTURE_MINUTE_US);
        buckets[i]->grid.columns = COLUMNS;
        buckets[i]->grid.rows = ROWS;
        fill_cells(buckets[i], &random, plain);
        fill_exposure(buckets[i], &random, plain);
    }
    write_buckets(conninfo, buckets, BUCKETS);
    int64_t dwell_ms = 0, move_x_mm = 0;
    for (int c = 0; c < CELLS; c++) {
        dwell_ms += c * plain->dwell_ms[c];
        move_x_mm += c * plain->move_x_mm[c];
    }
    char expected[64];
    (void) snprintf(expected, sizeof expected, "%" PRId64 " %" PRId64, dwell_ms, move_x_mm / 10);
    assert_string_equal(
        fixture_value(conninfo,
                      "SELECT concat_ws(' ', sum(e.cell::bigint * e.dwell_ms), "
                      "sum(e.cell::bigint * e.move_x_cm)) FROM heat_bucket AS b CROSS JOIN LATERAL "
                      "heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS e"),
        expected);
    assert_string_equal(
        fixture_value(
            conninfo,
            "SELECT count(*) FILTER (WHERE (b.first_cell, b.dwell_unit_ms, b.cells) "
            "    IS DISTINCT FROM (p.first_cell, p.dwell_unit_ms, p.cells)) "
            "FROM heat_bucket AS b CROSS JOIN LATERAL ("
            "    SELECT array_agg(c.cell ORDER BY c.cell) AS cell,"
            "        array_agg(c.dwell::integer ORDER BY c.cell) AS dwell,"
            "        array_agg(c.passes::integer ORDER BY c.cell) AS passes,"
            "        array_agg(10 * c.x::integer ORDER BY c.cell) AS x,"
            "        array_agg(10 * c.y::integer ORDER BY c.cell) AS y,"
            "        array_agg(10 * c.path::integer ORDER BY c.cell) AS path "
            "    FROM (SELECT e.cell, sum(e.dwell_ms) AS dwell, sum(e.passes) AS passes,"
            "            sum(e.move_x_cm) AS x, sum(e.move_y_cm) AS y, sum(e.path_cm) AS path"
            "        FROM heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS e"
            "        GROUP BY e.cell) AS c) AS a "
            "CROSS JOIN LATERAL heat_pack(a.cell, a.dwell, a.passes, a.x, a.y, a.path) AS p"),
        "0");
    free(plain);
}

/* A bucket each quarter of an hour over four days, some of it rolled up to days, some to hours. */
static const char *four_days(void **state)
{
    enum { QUARTERS = 4 * 24 * 4 };
    static struct heat_bucket *buckets[QUARTERS];
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    for (int i = 0; i < QUARTERS; i++) {
        buckets[i] = fixture_bucket(FIXTURE_START_US + 15 * i * FIXTURE_MINUTE_US);
        buckets[i]->cells[0].dwell_ms = 100 * (i + 1);
        buckets[i]->cells[1].passes = (uint32_t) i;
        buckets[i]->exposures[0].exposure_ms = 100 * i;
        buckets[i]->people_ms = 10 * i;
    }
    write_buckets(conninfo, buckets, QUARTERS);
    return conninfo;
}

/* What storage_query_heat says about a range, in one line. */
static void heat_line(const char *conninfo, int64_t from_us, int64_t to_us, char ret_line[200])
{
    struct heat_sums *sums = NULL;
    struct error error = { .text = "" };
    int rc = storage_query_heat(conninfo, "store", "ground", from_us, to_us, &sums, &error);
    if (rc == -ENODATA) {
        strcpy(ret_line, "nothing");
        return;
    }
    assert_string_equal(error.text, "");
    char first[WALL_TEXT_SIZE], last[WALL_TEXT_SIZE];
    (void) snprintf(ret_line, 200, "%.0f %.0f %.0f %.0f %.0f %.0f %.0f %.16s %.16s",
                    1000 * sums->dwell_s[1], 1000 * sums->dwell_s[4], sums->passes[4],
                    100 * sums->path_m[1], 1000 * sums->exposure_s[6], 1000 * sums->people_s,
                    sums->counted_s, clock_wall_format(sums->first_us, first),
                    clock_wall_format(sums->last_us, last));
    heat_sums_destroy(&sums);
}

/* The same from the buckets alone, in SQL. */
static void plain_line(const char *conninfo, int64_t from_us, int64_t to_us, char ret_line[200])
{
    char sql[2000];
    (void) snprintf(
        sql, sizeof sql,
        "SELECT coalesce((SELECT concat_ws(' ', sum(e.dwell_ms) FILTER (WHERE e.cell = 1), "
        "sum(e.dwell_ms) FILTER (WHERE e.cell = 4), sum(e.passes) FILTER (WHERE e.cell = 4), "
        "sum(e.path_cm) FILTER (WHERE e.cell = 1), "
        "(SELECT sum(x.exposure_ms) FROM exposure AS x WHERE x.camera_set_id = 1 "
        "    AND x.bucket_at >= to_timestamp(%1$" PRId64
        ") AND x.bucket_at < to_timestamp(%2$" PRId64
        ")), (SELECT concat_ws(' ', sum(h.people_ms), 60 * count(*)) FROM heat_bucket AS h "
        "    WHERE h.bucket_at >= to_timestamp(%1$" PRId64
        ") AND h.bucket_at < to_timestamp(%2$" PRId64 ")), "
        "to_char(min(b.bucket_at), 'YYYY-MM-DD\"T\"HH24:MI'), "
        "to_char(max(b.bucket_at) + interval '1 min', 'YYYY-MM-DD\"T\"HH24:MI')) "
        "FROM heat_bucket AS b "
        "CROSS JOIN LATERAL heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS e "
        "WHERE b.bucket_at >= to_timestamp(%1$" PRId64 ") AND b.bucket_at < to_timestamp(%2$" PRId64
        ") HAVING count(*) > 0), 'nothing')",
        from_us / US_PER_S, to_us / US_PER_S);
    (void) snprintf(ret_line, 200, "%s", fixture_value(conninfo, sql));
}

/* Days, hours and buckets at the edges: always the sums of all buckets, whatever is rolled up. */
static void any_range_is_the_sum_of_its_buckets(void **state)
{
    const char *conninfo = four_days(state);
    uint64_t random = 8;
    for (int round = 0; round < 40; round++) {
        char composed[200], plain[200];
        int64_t from_min = (int64_t) (next_random(&random) % (5 * 1440)) - 720,
                minutes = 1 + (int64_t) (next_random(&random) % (round % 2 ? 5 * 1440 : 300));
        int64_t from_us = FIXTURE_START_US + from_min * FIXTURE_MINUTE_US;
        int64_t to_us = from_us + minutes * FIXTURE_MINUTE_US;
        if (round == 20) /* an hour to be made anew is read from its buckets */
            fixture_execute(conninfo, "UPDATE heat_bucket SET people_ms = people_ms + 1000 "
                                      "WHERE bucket_at < '2026-11-24T12:00Z'");
        heat_line(conninfo, from_us, to_us, composed);
        plain_line(conninfo, from_us, to_us, plain);
        assert_string_equal(composed, plain);
    }
    assert_string_equal(fixture_value(conninfo, "SELECT count(*) FROM heat_day"), "5");
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
        cmocka_unit_test(sql_and_c_pack_alike),
        cmocka_unit_test(any_range_is_the_sum_of_its_buckets),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
