/* test_zones.c - who is in which zone, and who crosses which line; expected values by hand */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "chance.h"
#include "fusion/zones.h"
#include "near.h"
#include "testing.h"

#define FEATURE(kind, id, type, corners)                                         \
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"" kind "\",\"name\":\"" id \
    "\"},\"geometry\":{\"type\":\"" type "\",\"coordinates\":" corners "}}"
#define MAP(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"

/* 10 x 10 m. Zone a is x 0..2; zone b x 4..6 and, another piece, x 8..10, y 0..2; the line goes up
 * at x = 3 from y = 1 to y = 9, with a corner at y = 5; the door is at the lower edge, x 4..5. */
static const char room[] =
    MAP(FEATURE("walkable", "room", "Polygon", "[[[0,0],[10,0],[10,10],[0,10],[0,0]]]") "," FEATURE(
        "zone", "a", "Polygon",
        "[[[0,0],[2,0],[2,10],[0,10],[0,0]]]") "," FEATURE("zone", "b", "MultiPolygon",
                                                           "[[[[4,0],[6,0],[6,10],[4,10],[4,0]]"
                                                           "],[[[8,0],[10,0],[10,2],[8,2],[8,0]"
                                                           "]]]") "," FEATURE("line", "till",
                                                                              "LineString",
                                                                              "[[3,1],[3,5],[3,"
                                                                              "9]]") "," FEATURE("e"
                                                                                                 "n"
                                                                                                 "t"
                                                                                                 "r"
                                                                                                 "a"
                                                                                                 "n"
                                                                                                 "c"
                                                                                                 "e",
                                                                                                 "d"
                                                                                                 "o"
                                                                                                 "o"
                                                                                                 "r",
                                                                                                 "L"
                                                                                                 "i"
                                                                                                 "n"
                                                                                                 "e"
                                                                                                 "S"
                                                                                                 "t"
                                                                                                 "r"
                                                                                                 "i"
                                                                                                 "n"
                                                                                                 "g",
                                                                                                 "["
                                                                                                 "["
                                                                                                 "4"
                                                                                                 ","
                                                                                                 "0"
                                                                                                 "]"
                                                                                                 ","
                                                                                                 "["
                                                                                                 "5"
                                                                                                 ","
                                                                                                 "0"
                                                                                                 "]"
                                                                                                 "]"));

#define TICK_US INT64_C(100000)

struct stage {
    struct floor_map *map;
    struct zones *zones;
    char told[200000]; /* the events, a word list */
    size_t length;
};

static void write_down(void *context, const struct zone_event *event)
{
    struct stage *stage = context;
    int length = snprintf(stage->told + stage->length, sizeof(stage->told) - stage->length,
                          "%s %s%s%llu@%lld%s ", zone_event_text(event->kind), event->place,
                          event->place[0] ? " " : "", (unsigned long long) event->track,
                          (long long) (event->time_us / TICK_US),
                          event->kind != EVENT_LINE_CROSSED   ? ""
                          : event->direction == LEFT_TO_RIGHT ? ">"
                                                              : "<");
    assert_true(length > 0 && stage->length + (size_t) length < sizeof(stage->told));
    stage->length += (size_t) length;
}

static void open_zones(struct stage *stage, double visit_s, double hysteresis_m)
{
    struct error err = { "" };
    const struct zone_settings settings = { .visit_us = (int64_t) (visit_s * US_PER_S),
                                            .hysteresis_m = hysteresis_m,
                                            .gone_us = 5 * TICK_US };
    const struct zone_sink sink = { .context = stage, .event = write_down };
    assert_int_equal(zones_create(stage->map, &settings, &sink, &stage->zones, &err), 0);
}

static void open_stage(struct stage *stage)
{
    struct error err = { "" };
    *stage = (struct stage){ .map = NULL };
    assert_int_equal(floor_map_parse(room, sizeof(room) - 1, "room", &stage->map, &err), 0);
    open_zones(stage, 0.3, 0.3);
}

static void close_stage(struct stage *stage)
{
    zones_destroy(&stage->zones);
    floor_map_destroy(&stage->map);
}

/* Track 1 alone at tick t; NAN: nobody is there. */
static void go(struct stage *stage, int t, double x, double y)
{
    struct zone_person person = { .track = 1, .position = { x, y } };
    assert_int_equal(zones_tick(stage->zones, t * TICK_US, TICK_US, &person, isnan(x) ? 0u : 1u),
                     0);
}

static void walk(struct stage *stage, const double (*xy)[2], int count)
{
    for (int t = 0; t < count; t++)
        go(stage, t + 1, xy[t][0], xy[t][1]);
}

static void require_told(struct stage *stage, const char *words)
{
    assert_string_equal(stage->told, words);
}

static void a_zone_is_left_beyond_its_hysteresis(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage);
    /* In at tick 2; 2.2 is outside, but near; out at tick 5, so inside until tick 4. */
    walk(&stage, (double[][2]){ { 2.5, 8 }, { 1.9, 8 }, { 2.2, 8 }, { 1.8, 8 }, { 2.4, 8 } }, 5);
    require_told(&stage, "floor_entered 1@1 zone_entered a 1@2 zone_left a 1@4 ");
    /* Three ticks of 100 ms inside. */
    assert_int_equal(zones_facts(stage.zones)->zones[0].dwell_ms, 300);
    assert_int_equal(zones_facts(stage.zones)->zones[0].entries, 1);
    assert_int_equal(zones_facts(stage.zones)->zones[0].exits, 1);
    assert_int_equal(zones_facts(stage.zones)->zones[0].visits, 0);
    close_stage(&stage);
}

static void jitter_on_an_edge_is_one_stay_and_no_crossing(void **state)
{
    (void) state;
    struct stage stage;
    struct chance chance = { 5 };
    open_stage(&stage);
    go(&stage, 1, 1.9, 8);
    for (int t = 2; t < 300; t++)
        go(&stage, t, 2 + chance_between(&chance, -0.29, 0.29), 8);
    for (int t = 300; t < 600; t++)
        go(&stage, t, 3 + chance_between(&chance, -0.29, 0.29), 4);
    go(&stage, 600, 2.6, 4); /* back on the side where it came from */
    require_told(&stage,
                 "floor_entered 1@1 zone_entered a 1@1 zone_visit a 1@4 zone_left a 1@299 ");
    close_stage(&stage);
}

static void a_line_is_crossed_where_and_when_it_was(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage);
    /* Upwards is the line's way, so smaller x is its left. 3.2 is not far enough yet. The crossing
     * lies half of the way from 2.8 to 3.2, in tick 2. Back again in one step, tick 4. */
    walk(&stage, (double[][2]){ { 2.8, 2 }, { 3.2, 2 }, { 3.5, 2 }, { 2.5, 2 } }, 4);
    require_told(&stage, "floor_entered 1@1 line_crossed till 1@1> line_crossed till 1@3< ");
    assert_int_equal(zones_facts(stage.zones)->lines[0].left_to_right, 1);
    assert_int_equal(zones_facts(stage.zones)->lines[0].right_to_left, 1);
    close_stage(&stage);
}

static void walking_through_a_corner_of_a_line_crosses_it_once(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage);
    walk(&stage, (double[][2]){ { 2, 5 }, { 4, 5 }, { 2, 4 }, { 4, 6 } }, 4);
    assert_non_null(strstr(stage.told, "line_crossed till 1@1> "));
    assert_int_equal(zones_facts(stage.zones)->lines[0].left_to_right, 2);
    assert_int_equal(zones_facts(stage.zones)->lines[0].right_to_left, 1);
    close_stage(&stage);
}

static void round_the_end_of_a_line_is_no_crossing(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage);
    walk(&stage, (double[][2]){ { 2.5, 2 }, { 2.5, 0.5 }, { 3.5, 0.5 }, { 3.5, 2 } }, 4);
    require_told(&stage, "floor_entered 1@1 ");
    close_stage(&stage);
}

static void ways_between_zones_are_flows_and_pieces_are_one_zone(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage);
    /* a, b, the other piece of b (no flow), a again. */
    walk(&stage, (double[][2]){ { 1, 0.5 }, { 5, 0.5 }, { 7, 0.5 }, { 9, 0.5 }, { 1, 0.5 } }, 5);
    const struct zone_facts *facts = zones_facts(stage.zones);
    assert_int_equal(facts->zones[1].entries, 2);
    assert_int_equal(facts->flow_count, 2);
    assert_true(facts->flows[0].from == 0 && facts->flows[0].to == 1 && facts->flows[0].count == 1);
    assert_true(facts->flows[1].from == 1 && facts->flows[1].to == 0 && facts->flows[1].count == 1);
    close_stage(&stage);
}

static void who_comes_back_soon_has_stayed_and_who_does_not_has_left(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage);
    go(&stage, 1, 4.5, 0.5); /* beside the door, in b */
    go(&stage, 2, NAN, 0);
    go(&stage, 5, 4.5, 1);
    for (int t = 6; t <= 10; t++)
        go(&stage, t, NAN, 0);
    require_told(&stage, "floor_entered door 1@1 zone_entered b 1@1 zone_visit b 1@5 ");
    go(&stage, 11, NAN, 0); /* more than 5 ticks after tick 5 */
    require_told(&stage, "floor_entered door 1@1 zone_entered b 1@1 zone_visit b 1@5 "
                         "zone_left b 1@5 floor_left door 1@5 ");
    assert_int_equal(zones_facts(stage.zones)->zones[1].dwell_ms, 200);
    close_stage(&stage);
}

static void a_bucket_gets_what_was_counted_and_the_next_begins_at_zero(void **state)
{
    (void) state;
    struct stage stage;
    struct heat_bucket *bucket = calloc(1, sizeof(*bucket));
    open_stage(&stage);
    const struct zone_person both[] = { { 3, { 1, 1 } }, { 4, { 1, 2 } } };
    assert_int_equal(zones_tick(stage.zones, TICK_US, TICK_US, both, 2), 0);
    go(&stage, 2, 1, 3);
    assert_int_equal(zone_facts_take(zones_facts(stage.zones), bucket), 0);
    assert_int_equal(bucket->zone_count, 2);
    assert_string_equal(bucket->zones[0].zone, "a");
    assert_int_equal(bucket->zones[0].peak_people, 2);
    assert_int_equal(bucket->zones[0].dwell_ms, 300);
    assert_string_equal(bucket->lines[0].line, "till");
    assert_int_equal(zones_facts(stage.zones)->zones[0].dwell_ms, 0);
    assert_string_equal(zones_facts(stage.zones)->zones[1].zone, "b");
    heat_bucket_destroy(&bucket);
    close_stage(&stage);
}

#define CROWD 12
#define STEPS 400

/* People who walk about at random, and are not there now and then. */
static void crowd_at(struct chance *chance, struct zone_person people[static CROWD], size_t *count,
                     struct floor_m places[static CROWD])
{
    *count = 0;
    for (uint64_t i = 0; i < CROWD; i++) {
        places[i].x = fmax(0, fmin(9.99, places[i].x + chance_between(chance, -0.4, 0.4)));
        places[i].y = fmax(0, fmin(9.99, places[i].y + chance_between(chance, -0.4, 0.4)));
        if (chance_between(chance, 0, 1) < 0.9)
            people[(*count)++] = (struct zone_person){ .track = i + 1, .position = places[i] };
    }
}

static void sums_are_those_of_a_plain_count(void **state)
{
    (void) state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct stage stage = { .map = NULL };
        struct chance chance = { seed };
        struct floor_m places[CROWD] = { { 5, 5 } };
        struct error err = { "" };
        int64_t ticks_in_a = 0;
        assert_int_equal(floor_map_parse(room, sizeof(room) - 1, "room", &stage.map, &err), 0);
        open_zones(&stage, 0.3, 0); /* without hysteresis inside is inside */
        for (int t = 1; t <= STEPS; t++) {
            struct zone_person people[CROWD];
            size_t count;
            crowd_at(&chance, people, &count, places);
            for (size_t i = 0; i < count; i++)
                ticks_in_a += people[i].position.x < 2;
            assert_int_equal(zones_tick(stage.zones, t * TICK_US, TICK_US, people, count), 0);
        }
        zones_finish(stage.zones);
        const struct zone_facts *facts = zones_facts(stage.zones);
        assert_int_equal(facts->zones[0].dwell_ms, ticks_in_a * 100);
        for (int z = 0; z < 2; z++)
            assert_int_equal(facts->zones[z].entries, facts->zones[z].exits);
        close_stage(&stage);
    }
}

/* The same run, saved and restored into new zones wherever the seed says. */
static void run_crowd(struct stage *stage, uint64_t seed, double cut_share)
{
    struct chance chance = { seed }, cuts = { seed + 1000 };
    struct floor_m places[CROWD] = { { 5, 5 } };
    open_stage(stage);
    for (int t = 1; t <= STEPS; t++) {
        struct zone_person people[CROWD];
        size_t count;
        crowd_at(&chance, people, &count, places);
        assert_int_equal(zones_tick(stage->zones, t * TICK_US, TICK_US, people, count), 0);
        if (chance_between(&cuts, 0, 1) >= cut_share)
            continue;
        AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
        zones_save(stage->zones, &saved);
        assert_int_equal(buffer_result(&saved), 0);
        zones_destroy(&stage->zones);
        open_zones(stage, 0.3, 0.3);
        struct buffer_reader reader = buffer_reader_of(saved.bytes, saved.length);
        assert_int_equal(zones_restore(stage->zones, &reader), 0);
        assert_int_equal(reader.at, saved.length);
    }
    zones_finish(stage->zones);
}

static void a_run_that_is_cut_tells_the_same(void **state)
{
    (void) state;
    struct stage *whole = malloc(sizeof(*whole)), *cut = malloc(sizeof(*cut));
    assert_true(whole && cut);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        run_crowd(whole, seed, 0);
        run_crowd(cut, seed, 0.3);
        assert_string_equal(whole->told, cut->told);
        AUTO(buffer_release) struct buffer a = BUFFER_INIT, b = BUFFER_INIT;
        zones_save(whole->zones, &a);
        zones_save(cut->zones, &b);
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.bytes, b.bytes, a.length);
        close_stage(whole);
        close_stage(cut);
    }
    free(whole);
    free(cut);
}

static void damaged_bytes_are_refused(void **state)
{
    (void) state;
    struct stage stage;
    struct chance chance = { 3 };
    open_stage(&stage);
    walk(&stage, (double[][2]){ { 1, 2 }, { 2.9, 2 }, { 3.1, 2 } }, 3);
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    zones_save(stage.zones, &saved);
    for (size_t length = 0; length < saved.length; length++) {
        struct buffer_reader reader = buffer_reader_of(saved.bytes, length);
        zones_destroy(&stage.zones);
        open_zones(&stage, 0.3, 0.3);
        assert_int_equal(zones_restore(stage.zones, &reader), -EBADMSG);
    }
    for (int i = 0; i < 2000; i++) { /* any byte changed: refused, or at least harmless */
        size_t at = (size_t) chance_between(&chance, 0, (double) saved.length - 0.01);
        uint8_t before = saved.bytes[at];
        saved.bytes[at] = (uint8_t) chance_between(&chance, 0, 255.99);
        struct buffer_reader reader = buffer_reader_of(saved.bytes, saved.length);
        zones_destroy(&stage.zones);
        open_zones(&stage, 0.3, 0.3);
        if (zones_restore(stage.zones, &reader) == 0)
            go(&stage, 50, 2.5, 2);
        saved.bytes[at] = before;
        stage.length = 0;
    }
    close_stage(&stage);
}

static void require_refusal(const char *json, const char *word)
{
    struct floor_map *map;
    struct zones *zones;
    struct error err = { "" };
    const struct zone_settings settings = { .hysteresis_m = 0.3 };
    const struct zone_sink sink = { 0 };
    assert_int_equal(floor_map_parse(json, strlen(json), "map", &map, &err), 0);
    assert_int_equal(zones_create(map, &settings, &sink, &zones, &err), -EINVAL);
    assert_non_null(strstr(err.text, word));
    floor_map_destroy(&map);
}

static void maps_whose_places_cannot_be_told_apart_are_refused(void **state)
{
    (void) state;
    require_refusal(MAP(FEATURE("line", "exit", "LineString", "[[0,0],[1,0]]") "," FEATURE(
                        "line", "exit", "LineString", "[[0,1],[1,1]]")),
                    "two features are called line \"exit\"");
    require_refusal(
        MAP(FEATURE("zone", "0123456789012345678901234567890123456789012345678901234567890123",
                    "Polygon", "[[[0,0],[1,0],[1,1],[0,0]]]")),
        "more than 63 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_is_left_beyond_its_hysteresis),
        cmocka_unit_test(jitter_on_an_edge_is_one_stay_and_no_crossing),
        cmocka_unit_test(a_line_is_crossed_where_and_when_it_was),
        cmocka_unit_test(walking_through_a_corner_of_a_line_crosses_it_once),
        cmocka_unit_test(round_the_end_of_a_line_is_no_crossing),
        cmocka_unit_test(ways_between_zones_are_flows_and_pieces_are_one_zone),
        cmocka_unit_test(who_comes_back_soon_has_stayed_and_who_does_not_has_left),
        cmocka_unit_test(a_bucket_gets_what_was_counted_and_the_next_begins_at_zero),
        cmocka_unit_test(sums_are_those_of_a_plain_count),
        cmocka_unit_test(a_run_that_is_cut_tells_the_same),
        cmocka_unit_test(damaged_bytes_are_refused),
        cmocka_unit_test(maps_whose_places_cannot_be_told_apart_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
