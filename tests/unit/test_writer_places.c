/*
 * test_writer_places.c - zones, lines, flows, opening hours, roll-ups: what a writer brings besides
 * heat
 *
 * The floor is that of fixture_bucket, 2 x 1.5 m from (-1, 2) in 4 x 3 cells. Zone "left" is its
 * left half, cells 0 1 4 5 8 9; "right" the other, 2 3 6 7 10 11; a shelf stands in cell 3; the
 * line "door" runs along the lower edge. Both cameras see cells 0 to 9 for 50 s, left alone 0 to 5
 * for 10 s more.
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/migrate.h"
#include "storage/writer.h"
#include "storage_fixture.h"

#define FLUSH_MS 20000

#define POLYGON(kind, id, more, corners)                                                      \
    "{\"type\":\"Feature\",\"id\":\"" id "\",\"properties\":{\"kind\":\"" kind "\"" more "}," \
    "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[" corners "]]}}"

#define WALKABLE POLYGON("walkable", "floor", "", "[-1,2],[1,2],[1,3.5],[-1,3.5]")
#define LEFT     POLYGON("zone", "left", "", "[-1,2],[0,2],[0,3.5],[-1,3.5]")
#define RIGHT    POLYGON("zone", "right", "", "[0,2],[1,2],[1,3.5],[0,3.5]")
#define SHELF    POLYGON("shelf", "tea", ",\"height_m\":1.8", "[0.5,2],[1,2],[1,2.5],[0.5,2.5]")
#define DOOR                                                                   \
    "{\"type\":\"Feature\",\"id\":\"door\",\"properties\":{\"kind\":\"line\"," \
    "\"inward\":\"left_to_right\"},"                                           \
    "\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[-1,2],[1,2]]}}"

static const char whole_map[] = "{\"type\":\"FeatureCollection\",\"features\":[" WALKABLE "," LEFT
                                "," RIGHT "," SHELF "," DOOR "]}";

static struct floor_map *parse_map(const char *text)
{
    struct floor_map *map = NULL;
    struct error error = { .text = "" };
    int rc = floor_map_parse(text, strlen(text), "test", &map, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(rc, 0);
    return map;
}

static const char *migrated_database(void **state)
{
    const char *conninfo = fixture_database(*state);
    assert_int_equal(storage_migrate(conninfo, NULL, NULL, NULL), 0);
    return conninfo;
}

static struct storage_writer *create_writer(const struct storage_writer_options *options,
                                            const struct floor_map *map)
{
    struct storage_writer *writer = NULL;
    struct error error = { .text = "" };
    int rc = storage_writer_create(options, &writer, &error);
    if (rc == 0 && map)
        rc = storage_writer_set_floor(writer, "ground", map, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(rc, 0);
    return writer;
}

static void finish(struct storage_writer *writer)
{
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    assert_string_equal(storage_writer_counts(writer).last_error, "");
    storage_writer_destroy(&writer);
}

/* fixture_bucket with people in its zones. */
static struct heat_bucket *bucket_with_zones(int64_t start_us)
{
    struct heat_bucket *bucket = fixture_bucket(start_us);
    bucket->zone_count = 2;
    bucket->zones = calloc(2, sizeof(*bucket->zones));
    bucket->zones[0] = (struct heat_zone){
        .zone = "left", .entries = 3, .exits = 2, .visits = 1, .dwell_ms = 4000, .peak_people = 2
    };
    bucket->zones[1] =
        (struct heat_zone){ .zone = "right", .entries = 1, .dwell_ms = 100, .peak_people = 1 };
    bucket->line_count = 1;
    bucket->lines = calloc(1, sizeof(*bucket->lines));
    bucket->lines[0] = (struct heat_line){ .line = "door", .left_to_right = 3, .right_to_left = 1 };
    bucket->flow_count = 1;
    bucket->flows = calloc(1, sizeof(*bucket->flows));
    bucket->flows[0] = (struct heat_flow){ .from = 0, .to = 1, .count = 1 };
    return bucket;
}

static void put(struct storage_writer *writer, struct heat_bucket *bucket)
{
    assert_int_equal(storage_writer_put_take(writer, &bucket), 0);
}

static void write_one(const char *conninfo, const struct floor_map *map, struct heat_bucket *bucket)
{
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = create_writer(&options, map);
    put(writer, bucket);
    finish(writer);
}

#define ASSERT_SQL(conninfo, sql, expected) \
    assert_string_equal(fixture_value(conninfo, sql), expected)

static void zones_lines_and_fixtures_come_with_their_shapes(void **state)
{
    const char *conninfo = migrated_database(state);
    struct floor_map *map = parse_map(whole_map);
    write_one(conninfo, map, bucket_with_zones(FIXTURE_START_US));
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', kind, zone, area_m2, height_m), ', ' "
               "ORDER BY zone) FROM v_zone WHERE valid_to IS NULL",
               "zone left 1.5, zone right 1.5, fixture tea 0.25 1.8");
    ASSERT_SQL(conninfo, "SELECT geojson FROM v_zone WHERE zone = 'left'",
               "{\"type\": \"MultiPolygon\", \"coordinates\": "
               "[[[[-1, 2], [0, 2], [0, 3.5], [-1, 3.5], [-1, 2]]]]}");
    /* within a metre of the shelf and not in it; centres are at x -0.75 .. 0.75, y 2.25 .. 3.25 */
    ASSERT_SQL(conninfo,
               "SELECT string_agg(cells::text, ' ' ORDER BY zone) FROM zone JOIN zone_cells "
               "USING (store_id, zone_id)",
               "{0,1,4,5,8,9} {2,3,6,7,10,11} {1,2,5,6,7,10,11}");
    ASSERT_SQL(conninfo, "SELECT concat_ws(' ', line, inward, geojson) FROM v_line",
               "door left_to_right {\"type\": \"LineString\", \"coordinates\": [[-1, 2], [1, 2]]}");
    ASSERT_SQL(conninfo, "SELECT cells FROM walkable", "11"); /* not in the shelf */
    floor_map_destroy(&map);
}

static void zones_are_counted_with_how_long_they_were_seen(void **state)
{
    const char *conninfo = migrated_database(state);
    struct floor_map *map = parse_map(whole_map);
    write_one(conninfo, map, bucket_with_zones(FIXTURE_START_US));
    /* left: 50 s and 4 of 6 cells for 10 s; right: 4 of 6 for 50 s and 2 of 6 for 10 s */
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', zone, visits, entries, exits, peak_people, "
               "round(dwell_s::numeric, 3), round(exposure_s::numeric, 3)), ', ' ORDER BY zone) "
               "FROM v_zone_bucket",
               "left 1 3 2 2 4.000 56.667, right 0 1 0 1 0.100 36.667");
    ASSERT_SQL(conninfo,
               "SELECT concat_ws(' ', from_zone, to_zone, people, local_date, local_hour) "
               "FROM v_flow_hour",
               "left right 1 2026-11-23 10");
    ASSERT_SQL(conninfo, "SELECT concat_ws(' ', line, crossed_in, crossed_out) FROM v_line_day",
               "door 3 1");
    ASSERT_SQL(conninfo,
               "SELECT concat_ws(' ', people_s, peak_people, zone_visits, crossed_in, crossed_out, "
               "exposure_s, counted_s, is_open) FROM v_store_day",
               "5 2 1 3 1 60 60 t");
    floor_map_destroy(&map);
}

static void flushed_buckets_are_in_hours_and_days(void **state)
{
    const char *conninfo = migrated_database(state);
    struct floor_map *map = parse_map(whole_map);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = create_writer(&options, map);
    for (int i = 0; i < 100; i++) /* 09:14 to 10:54 UTC: 46 in one hour, 54 in the next */
        put(writer, bucket_with_zones(FIXTURE_START_US + i * FIXTURE_MINUTE_US));
    finish(writer);
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', local_hour, visits), ', ' ORDER BY hour_at) "
               "FROM v_zone_hour WHERE zone = 'left'",
               "10 46, 11 54");
    ASSERT_SQL(conninfo, "SELECT visits FROM v_zone_day WHERE zone = 'left'", "100");
    ASSERT_SQL(conninfo, "SELECT concat_ws(' ', cell, dwell_ms, passes) FROM v_heat_day",
               "{1,4,11} {150000,250000,10000} {200,100,0}");
    /* of the cells around the shelf 1 and 11 have people; three are seen for 60 s, two for 50 */
    ASSERT_SQL(conninfo, "SELECT concat_ws(' ', dwell_s, passes, exposure_s) FROM v_fixture_day",
               "160 200 4000");
    ASSERT_SQL(conninfo, "SELECT concat_ws(' ', walkable_m2, observed_m2) FROM v_coverage_day",
               "2.75 2.25");
    ASSERT_SQL(conninfo, "SELECT count(*) FROM v_rollup", "0");
    ASSERT_SQL(conninfo, "SELECT count(*) FROM orphan_fact()", "0");
    floor_map_destroy(&map);
}

static void a_zone_drawn_anew_keeps_its_past(void **state)
{
    static const char redrawn[] =
        "{\"type\":\"FeatureCollection\",\"features\":[" WALKABLE "," RIGHT "," DOOR
        "," POLYGON("zone", "left", "", "[-1,2],[-0.5,2],[-0.5,3.5],[-1,3.5]") "]}";
    const char *conninfo = migrated_database(state);
    struct floor_map *before = parse_map(whole_map), *after = parse_map(redrawn);
    write_one(conninfo, before, bucket_with_zones(FIXTURE_START_US));
    write_one(conninfo, after, bucket_with_zones(FIXTURE_START_US + FIXTURE_MINUTE_US));
    write_one(conninfo, after, bucket_with_zones(FIXTURE_START_US)); /* once more */
    write_one(conninfo, after, bucket_with_zones(FIXTURE_START_US + 2 * FIXTURE_MINUTE_US));
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', area_m2, to_char(valid_from, 'MI'), "
               "coalesce(to_char(valid_to, 'MI'), '-'), "
               "(SELECT sum(visits) FROM zone_bucket AS b WHERE b.zone_id = z.zone_id)), ', ' "
               "ORDER BY valid_from) FROM zone AS z WHERE zone = 'left'",
               "1.5 14 15 1, 0.75 15 - 2");
    ASSERT_SQL(conninfo, "SELECT to_char(valid_to, 'MI') FROM zone WHERE kind = 'fixture'", "15");
    ASSERT_SQL(conninfo, "SELECT count(*) FROM zone", "4");
    ASSERT_SQL(conninfo, "SELECT sum(visits) FROM v_zone_day WHERE zone = 'left'", "3");
    floor_map_destroy(&before);
    floor_map_destroy(&after);
}

static void without_a_map_zones_have_names_only(void **state)
{
    const char *conninfo = migrated_database(state);
    write_one(conninfo, NULL, bucket_with_zones(FIXTURE_START_US));
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', zone, visits, exposure_s), ', ' ORDER BY zone) "
               "FROM v_zone_day",
               "left 1 60, right 0 60");
}

static void a_bucket_written_again_loses_zones_it_no_longer_has(void **state)
{
    const char *conninfo = migrated_database(state);
    struct floor_map *map = parse_map(whole_map);
    write_one(conninfo, map, bucket_with_zones(FIXTURE_START_US));
    write_one(conninfo, map, fixture_bucket(FIXTURE_START_US));
    ASSERT_SQL(conninfo,
               "SELECT concat_ws(' ', (SELECT sum(visits) + sum(dwell_s) FROM v_zone_day), "
               "(SELECT sum(people) FROM v_flow_day), (SELECT sum(crossed_in) FROM v_line_day))",
               "0 0"); /* zones nobody looked at are NULL: they have no exposure any more */
    floor_map_destroy(&map);
}

static void cameras_tell_of_models_and_latency(void **state)
{
    const char *conninfo = migrated_database(state);
    struct heat_bucket *bucket = fixture_bucket(FIXTURE_START_US);
    (void) snprintf(bucket->cameras[0].model, sizeof(bucket->cameras[0].model), "yolo");
    bucket->cameras[0].model_width = 320;
    bucket->cameras[0].model_height = 224;
    for (int i = 0; i < 599; i++)
        latency_sketch_add(&bucket->cameras[0].latency, 100000);
    latency_sketch_add(&bucket->cameras[0].latency, 5000000);
    write_one(conninfo, NULL, bucket);
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', model, input_width, input_height), ', ') "
               "FROM v_model",
               "yolo 320 224");
    ASSERT_SQL(
        conninfo,
        "SELECT string_agg(concat_ws(' ', camera_id, coalesce(model_id, 0), uptime_ms), ', ' "
        "ORDER BY camera_id) FROM camera_bucket",
        "1 1 60000, 2 0 50000");
    /* the sketch is right within 4.8 % */
    ASSERT_SQL(conninfo,
               "SELECT concat_ws(' ', abs(latency_p50_ms - 100) < 4.8, "
               "abs(latency_p99_ms - 100) < 4.8, uptime_share) "
               "FROM v_camera_health WHERE camera = 'left'",
               "t t 1");
    ASSERT_SQL(conninfo,
               "SELECT abs(latency_quantile_ms(latency_bin, latency_frames, 1) - 5000) < 240 "
               "FROM camera_day WHERE camera_id = 1",
               "t");
}

/* Monday to Friday 8 to 20 with a break, Saturday over midnight, Sunday closed; one holiday. */
static struct opening_hours shop_hours(void)
{
    static struct opening_exception holiday = { .year = 2026, .month = 11, .day = 23 };
    struct opening_hours hours = { .exceptions = &holiday, .exception_count = 1 };
    for (int weekday = 1; weekday <= 5; weekday++)
        hours.weekdays[weekday] =
            (struct opening_day){ .intervals = { { 480, 720 }, { 780, 1200 } }, .count = 2 };
    hours.weekdays[6] = (struct opening_day){ .intervals = { { 600, 120 } }, .count = 1 };
    return hours;
}

static void opening_hours_go_to_the_database(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    const struct opening_hours hours = shop_hours();
    options.opening = &hours;
    finish(create_writer(&options, NULL));
    finish(create_writer(&options, NULL)); /* once more changes nothing */
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', weekday, valid_from, opens_at, closes_at), ', ' "
               "ORDER BY weekday) FROM opening_hours WHERE weekday >= 5",
               "5 -infinity {08:00:00,13:00:00} {12:00:00,20:00:00}, "
               "6 -infinity {10:00:00} {02:00:00}, 7 -infinity {} {}");
    ASSERT_SQL(conninfo, "SELECT count(*) FROM opening_hours", "7");
    /* Berlin is an hour ahead of UTC: Friday 12:30, Sunday 01:59 and 02:00, the holiday */
    ASSERT_SQL(conninfo,
               "SELECT string_agg(is_open(42, t::timestamptz)::text, ' ' ORDER BY n) FROM unnest("
               "ARRAY['2026-11-27T10:30Z', '2026-11-27T11:30Z', '2026-11-29T00:59Z', "
               "'2026-11-29T01:00Z', '2026-11-23T10:00Z']) WITH ORDINALITY AS u (t, n)",
               "true false true false false");
}

static void new_opening_hours_leave_the_past_alone(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct opening_hours hours = shop_hours();
    options.opening = &hours;
    finish(create_writer(&options, NULL));
    hours.weekdays[7] = (struct opening_day){ .intervals = { { 0, 1440 } }, .count = 1 };
    hours.exception_count = 0; /* it lies in the past and happened */
    finish(create_writer(&options, NULL));
    ASSERT_SQL(conninfo,
               "SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE valid_from > '-infinity'), "
               "max(closes_at::text) FILTER (WHERE valid_from > '-infinity')) FROM opening_hours",
               "8 1 {24:00:00}");
    ASSERT_SQL(conninfo, "SELECT cancelled FROM opening_exception", "f");
}

static void hours_the_store_is_closed_are_kept_apart(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct opening_hours hours = shop_hours();
    hours.exception_count = 0;
    hours.weekdays[1] = (struct opening_day){ .intervals = { { 615, 1200 } }, .count = 1 };
    options.opening = &hours;
    struct storage_writer *writer = create_writer(&options, NULL);
    put(writer,
        bucket_with_zones(FIXTURE_START_US)); /* 10:14 in Berlin, a Monday; it opens 10:15 */
    put(writer, bucket_with_zones(FIXTURE_START_US + FIXTURE_MINUTE_US));
    put(writer, bucket_with_zones(FIXTURE_START_US + 2 * FIXTURE_MINUTE_US));
    finish(writer);
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', is_open, visits), ', ' ORDER BY is_open) "
               "FROM v_zone_hour WHERE zone = 'left'",
               "f 1, t 2");
    ASSERT_SQL(conninfo, "SELECT visits FROM v_zone_day WHERE zone = 'left' AND is_open", "2");
}

static void another_time_zone_needs_somebody_who_means_it(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = create_writer(&options, NULL);
    put(writer, bucket_with_zones(FIXTURE_START_US)); /* 10:14 in Berlin, 14:44 in Kolkata */
    put(writer, bucket_with_zones(FIXTURE_START_US + 20 * FIXTURE_MINUTE_US)); /* 15:04 */
    finish(writer);
    struct error error = { .text = "" };
    options.timezone = "Asia/Kolkata";
    assert_int_equal(storage_writer_create(&options, &writer, &error), -EIO);
    assert_non_null(strstr(error.text, "counted in Europe/Berlin"));
    assert_non_null(strstr(error.text, "SELECT change_timezone(42, 'Asia/Kolkata')"));
    fixture_execute(conninfo, "SELECT change_timezone(42, 'Asia/Kolkata')");
    writer = create_writer(&options, NULL);
    put(writer, bucket_with_zones(FIXTURE_START_US));
    finish(writer);
    ASSERT_SQL(conninfo,
               "SELECT string_agg(concat_ws(' ', to_char(hour_at, 'HH24:MI'), local_hour, visits), "
               "', ' ORDER BY hour_at) FROM v_zone_hour WHERE zone = 'left' AND visits > 0",
               "08:30 14 1, 09:30 15 1");
    ASSERT_SQL(conninfo, "SELECT visits FROM v_zone_day WHERE zone = 'left'", "2");
    /* of an hour that was one in Berlin only */
    ASSERT_SQL(conninfo,
               "SELECT string_agg(level || ' ' || to_char(lower(piece), 'HH24:MI'), ', ') FROM "
               "heat_piece(42, 1, '2026-11-23T09:00Z', '2026-11-23T10:00Z')",
               "bucket 09:00");
    ASSERT_SQL(conninfo,
               "SELECT sum(dwell_s) FROM heat_sum(42, 1, '2026-11-23T09:00Z', '2026-11-23T10:00Z')",
               "8.2");
}

static void retention_goes_to_the_database(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    options.retention = (struct storage_retention){ .bucket_days = 30, .hour_days = 400 };
    finish(create_writer(&options, NULL));
    ASSERT_SQL(
        conninfo,
        "SELECT concat_ws(' ', bucket_days, hour_days, coalesce(day_days, 0)) FROM retention",
        "30 400 0");
}

static void one_refused_bucket_of_many_is_dropped_alone(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = create_writer(&options, NULL);
    fixture_crash_server(*state); /* so that they wait for one another */
    for (int i = 0; i < 10; i++) {
        struct heat_bucket *bucket = bucket_with_zones(FIXTURE_START_US + i * FIXTURE_MINUTE_US);
        if (i == 4)
            bucket->peak_people = INT64_C(3000000000); /* no integer */
        put(writer, bucket);
    }
    fixture_start_server(*state);
    assert_int_equal(storage_writer_flush(writer, FLUSH_MS), 0);
    struct storage_writer_counts counts = storage_writer_counts(writer);
    assert_int_equal(counts.written, 9);
    assert_int_equal(counts.dropped, 1);
    storage_writer_destroy(&writer);
    ASSERT_SQL(conninfo, "SELECT sum(visits) FROM v_zone_day", "9");
}

static void the_same_bucket_twice_in_the_queue_is_written_in_order(void **state)
{
    const char *conninfo = migrated_database(state);
    struct storage_writer_options options = fixture_writer_options(conninfo);
    struct storage_writer *writer = create_writer(&options, NULL);
    fixture_crash_server(*state);
    for (int visits = 1; visits <= 3; visits++) {
        struct heat_bucket *bucket = bucket_with_zones(FIXTURE_START_US);
        bucket->zones[0].visits = visits;
        put(writer, bucket);
    }
    fixture_start_server(*state);
    finish(writer);
    ASSERT_SQL(conninfo, "SELECT sum(visits) FROM v_zone_day", "3");
}

/* A login that may do what floorfuse_writer may, and no more. */
static void a_member_of_floorfuse_writer_can_write(void **state)
{
    const char *conninfo = migrated_database(state);
    struct floor_map *map = parse_map(whole_map);
    char as_writer[320];
    fixture_execute(conninfo,
                    "DO $$ BEGIN CREATE ROLE fusion_login LOGIN IN ROLE floorfuse_writer; "
                    "EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    (void) snprintf(as_writer, sizeof(as_writer), "%s", conninfo);
    char *user = strstr(as_writer, "user=");
    assert_non_null(user);
    (void) snprintf(user, sizeof(as_writer) - (size_t) (user - as_writer), "user=fusion_login");
    struct storage_writer_options options = fixture_writer_options(as_writer);
    const struct opening_hours hours = shop_hours();
    options.opening = &hours;
    struct storage_writer *writer = create_writer(&options, map);
    put(writer, bucket_with_zones(FIXTURE_START_US));
    put(writer, bucket_with_zones(FIXTURE_START_US));
    finish(writer);
    ASSERT_SQL(conninfo, "SELECT concat_ws(' ', sum(visits), bool_or(is_open)) FROM v_zone_day",
               "1 f");
    ASSERT_SQL(conninfo, "SELECT tableoid::regclass FROM heat_bucket", "heat_bucket_2026_11");
    floor_map_destroy(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_lines_and_fixtures_come_with_their_shapes),
        cmocka_unit_test(zones_are_counted_with_how_long_they_were_seen),
        cmocka_unit_test(flushed_buckets_are_in_hours_and_days),
        cmocka_unit_test(a_zone_drawn_anew_keeps_its_past),
        cmocka_unit_test(without_a_map_zones_have_names_only),
        cmocka_unit_test(a_bucket_written_again_loses_zones_it_no_longer_has),
        cmocka_unit_test(cameras_tell_of_models_and_latency),
        cmocka_unit_test(opening_hours_go_to_the_database),
        cmocka_unit_test(new_opening_hours_leave_the_past_alone),
        cmocka_unit_test(hours_the_store_is_closed_are_kept_apart),
        cmocka_unit_test(another_time_zone_needs_somebody_who_means_it),
        cmocka_unit_test(retention_goes_to_the_database),
        cmocka_unit_test(one_refused_bucket_of_many_is_dropped_alone),
        cmocka_unit_test(the_same_bucket_twice_in_the_queue_is_written_in_order),
        cmocka_unit_test(a_member_of_floorfuse_writer_can_write),
    };
    return cmocka_run_group_tests(tests, fixture_start, fixture_stop);
}
