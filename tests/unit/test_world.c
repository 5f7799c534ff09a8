/*
 * test_world.c - the people of a store that does not exist
 *
 * Properties that hold for every seed: floors are solid, bodies too, who comes also leaves. Whether
 * walking looks like walking is the question of test_walking_real.c.
 */
#include "testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "near.h"
#include "sim/world.h"

#define SMALL_STORE "floor = { length_m = 24.0; width_m = 20.0; aisles = 5; checkouts = 3; };\n"

/* Rooms divided by walls without thickness, a door of 1.2 m between them. */
/* clang-format off: one feature a line */
#define FEATURE(id, kind, type, coordinates)                                          \
    "{\"type\":\"Feature\",\"id\":\"" id "\",\"properties\":{\"kind\":\"" kind "\"}," \
    "\"geometry\":{\"type\":\"" type "\",\"coordinates\":" coordinates "}}"
#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define WALKABLE             FEATURE("f", "walkable", "Polygon", "[[[0,0],[14,0],[14,8],[0,8],[0,0]]]")
#define ROOMS                                                                                                     \
    COLLECTION(WALKABLE "," FEATURE("a", "wall", "LineString", "[[5,0],[5,3.4]]") "," FEATURE(                    \
        "b", "wall", "LineString",                                                                                \
        "[[5,4.6],[5,8]]") "," FEATURE("c", "wall", "LineString",                                                 \
                                       "[[9,1.2],[9,8]]") "," FEATURE("s", "shelf", "Polygon",                    \
                                                                      "[[[11,4],[13,4],[13,5],["                  \
                                                                      "11,5],[11,4]]]") "," FEATURE("in",         \
                                                                                                    "entrance",   \
                                                                                                    "LineString", \
                                                                                                    "[[0,3],[0,5]]"))
#define FULL_OF_SHELF                                                                          \
    COLLECTION(                                                                                \
        WALKABLE                                                                               \
        "," FEATURE("s", "shelf", "Polygon", "[[[0,0],[3,0],[3,8],[0,8],[0,0]]]") "," FEATURE( \
            "in", "entrance", "LineString", "[[1,3],[1,5]]"))
#define ONLY_EXIT \
    COLLECTION(WALKABLE "," FEATURE("exit", "entrance", "LineString", "[[0,3],[0,5]]"))
/* clang-format on */

struct fixture {
    struct sim_config *config;
    struct problems problems;
    struct floor_map *map;
    struct world *world;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct fixture));
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    world_destroy(&f->world);
    floor_map_destroy(&f->map);
    sim_config_destroy(&f->config);
    problems_release(&f->problems);
    free(f);
    return 0;
}

static void configure(struct fixture *f, const char *text)
{
    world_destroy(&f->world);
    floor_map_destroy(&f->map);
    sim_config_destroy(&f->config);
    if (sim_config_parse(text, "text", &f->config, &f->problems) < 0)
        fail_msg("%s", f->problems.sentences[0]);
}

static void open_world(struct fixture *f, const char *text, uint64_t seed)
{
    struct error err = { "" };
    configure(f, text);
    if (sim_config_floor_map(f->config, &f->map, &err) < 0 ||
        world_create(f->config, f->map, seed, &f->world, &err) < 0)
        fail_msg("%s", err.text);
}

static void open_rooms(struct fixture *f, const char *text, uint64_t seed)
{
    struct error err = { "" };
    configure(f, text);
    if (floor_map_parse(ROOMS, strlen(ROOMS), "rooms", &f->map, &err) < 0 ||
        world_create(f->config, f->map, seed, &f->world, &err) < 0)
        fail_msg("%s", err.text);
}

static const struct world_person *people(const struct fixture *f, size_t *ret_count)
{
    return world_people(f->world, ret_count);
}

static void go(struct fixture *f, int steps)
{
    for (int i = 0; i < steps; i++)
        assert_int_equal(world_step(f->world), 0);
}

/* ---- solid floors and bodies ---- */

static double side_of(struct floor_m a, struct floor_m b, struct floor_m p)
{
    return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

static bool crosses(struct floor_m from, struct floor_m to, struct floor_m a, struct floor_m b)
{
    return side_of(a, b, from) * side_of(a, b, to) < 0 &&
           side_of(from, to, a) * side_of(from, to, b) < 0;
}

static bool crosses_any_wall(const struct floor_map *map, struct floor_m from, struct floor_m to)
{
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *wall = &map->features[i];
        if (wall->kind != FEATURE_WALL && wall->kind != FEATURE_SHELF)
            continue;
        for (size_t j = 0; j + 1 < wall->rings[0].corners; j++) {
            const double *xy = wall->rings[0].xy + 2 * j;
            if (crosses(from, to, (struct floor_m){ xy[0], xy[1] },
                        (struct floor_m){ xy[2], xy[3] }))
                return true;
        }
    }
    return false;
}

#define IDS_MAX 4096

struct last {
    struct floor_m position[IDS_MAX];
    bool known[IDS_MAX];
    int close_steps[IDS_MAX];
};

/* One step's look at everybody. */
static void inspect(const struct fixture *f, struct last *last)
{
    size_t count;
    const struct world_person *p = people(f, &count);
    for (size_t i = 0; i < count; i++) {
        assert_true(p[i].id > 0 && p[i].id < IDS_MAX);
        assert_true(i == 0 || p[i].id > p[i - 1].id);
        assert_true(floor_map_walkable(f->map, p[i].position));
        if (last->known[p[i].id]) {
            assert_false(crosses_any_wall(f->map, last->position[p[i].id], p[i].position));
            /* 2 m/s, and what contact adds */
            assert_true(floor_distance_m(last->position[p[i].id], p[i].position) <
                        0.3 + 2 * f->config->step_ms / 1000.0);
        }
        last->position[p[i].id] = p[i].position;
        last->known[p[i].id] = true;
        bool close = false;
        for (size_t j = 0; j < count; j++)
            close = close || (j != i && floor_distance_m(p[i].position, p[j].position) < 0.2);
        last->close_steps[p[i].id] = close ? last->close_steps[p[i].id] + 1 : 0;
        assert_true(last->close_steps[p[i].id] <= 10); /* a second */
    }
}

static void nobody_walks_through_shelves_or_each_other(void **state)
{
    struct fixture *f = *state;
    struct last *last = malloc(sizeof(*last));
    assert_non_null(last);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        open_world(f, SMALL_STORE "people = { inside = 50.0; mannequins = 2; staff = 2; };", seed);
        memset(last, 0, sizeof(*last));
        for (int i = 0; i < 1500; i++) {
            go(f, 1);
            inspect(f, last);
        }
    }
    free(last);
}

static void nobody_walks_through_thin_walls(void **state)
{
    struct fixture *f = *state;
    struct last *last = malloc(sizeof(*last));
    assert_non_null(last);
    for (uint64_t seed = 1; seed <= 4; seed++) {
        open_rooms(f, "people = { inside = 25.0; stops = 3.0; browse_median_s = 3.0; };", seed);
        memset(last, 0, sizeof(*last));
        for (int i = 0; i < 2000; i++) {
            go(f, 1);
            inspect(f, last);
        }
    }
    free(last);
}

static void steps_of_another_length_are_as_safe(void **state)
{
    struct fixture *f = *state;
    struct last *last = malloc(sizeof(*last));
    assert_non_null(last);
    const char *const texts[] = { "step_ms = 200; people = { inside = 25.0; stops = 3.0; };",
                                  "step_ms = 20; people = { inside = 25.0; stops = 3.0; };" };
    for (size_t t = 0; t < 2; t++) {
        open_rooms(f, texts[t], 1);
        memset(last, 0, sizeof(*last));
        for (int i = 0; i < 1000; i++) {
            go(f, 1);
            inspect(f, last);
        }
    }
    free(last);
}

/* Who walks gets on: hardly anybody stays within a metre for half a minute. Lanes, doors and queues
 * are where it went wrong. */
static void nobody_is_stuck_on_the_way(void **state)
{
    struct fixture *f = *state;
    struct last *since = malloc(sizeof(*since)); /* its count of steps is used */
    assert_non_null(since);
    size_t stuck = 0, all = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        open_world(f, SMALL_STORE "people = { inside = 50.0; stops = 3.0; mannequins = 2; };",
                   seed);
        memset(since, 0, sizeof(*since));
        for (int i = 0; i < 3000; i++) {
            size_t count;
            go(f, 1);
            const struct world_person *p = people(f, &count);
            for (size_t j = 0; j < count; j++) {
                struct floor_m *from = &since->position[p[j].id];
                int *steps = &since->close_steps[p[j].id];
                *steps = *steps + 1;
                if (p[j].activity != ACTIVITY_WALKING ||
                    floor_distance_m(*from, p[j].position) > 1) {
                    *from = p[j].position;
                    *steps = 0;
                }
                stuck += *steps > 300;
                all++;
            }
        }
    }
    free(since);
    assert_true((double) stuck < 0.001 * (double) all);
}

/* ---- coming and going ---- */

static size_t shoppers(const struct fixture *f)
{
    size_t count, found = 0;
    const struct world_person *p = people(f, &count);
    for (size_t i = 0; i < count; i++)
        found += p[i].kind == PERSON_SHOPPER;
    return found;
}

/* People come from 9:50 to 10:00 only. */
static void everybody_who_comes_leaves_in_the_end(void **state)
{
    struct fixture *f = *state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        open_world(
            f,
            SMALL_STORE
            "start = \"2026-01-05T09:50Z\"; people = { staff = 2; arrivals_per_h = [ 0, 0, 0, "
            "0, 0, 0, 0, 0, 0, 300, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 ]; };",
            seed);
        assert_int_equal(shoppers(f), 0);
        go(f, 6000);
        assert_true(shoppers(f) > 10);
        int minutes = 0;
        for (; minutes < 180 && shoppers(f) > 0; minutes++)
            go(f, 600);
        assert_int_equal(shoppers(f), 0);
        size_t count;
        (void) people(f, &count);
        assert_int_equal(count, 2); /* the staff are still there */
    }
}

/* 50 a minute for 10 minutes: 500, sd of a compound Poisson: sqrt(500 E[n^2] / E[n]) = 30. */
static void as_many_arrive_as_the_hour_says(void **state)
{
    struct fixture *f = *state;
    double sum = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        open_world(f,
                   "floor = { length_m = 12.0; width_m = 20.0; aisles = 0; };"
                   "people = { arrivals_per_h = [ 3000 ]; stops = 0.0; };",
                   seed);
        size_t count;
        go(f, 6000);
        const struct world_person *p = people(f, &count);
        assert_true(count > 0);
        sum += (double) p[count - 1].id;
    }
    assert_near(sum / 4, 500, 5 * 30.0 / 2);
}

static void the_number_inside_stays(void **state)
{
    struct fixture *f = *state;
    open_world(f, SMALL_STORE "people = { inside = 40.0; browse_median_s = 8.0; };", 1);
    assert_int_equal(shoppers(f), 40);
    double sum = 0;
    for (int i = 0; i < 120; i++) {
        go(f, 100);
        sum += (double) shoppers(f);
    }
    assert_near(sum / 120, 40, 4);
}

static void passers_by_cross_the_hall(void **state)
{
    struct fixture *f = *state;
    open_world(f,
               "floor = { length_m = 12.0; width_m = 8.0; aisles = 0; };"
               "people = { arrivals_per_h = [ 600 ]; stops = 0.0; group_poisson = 0.0; };",
               1);
    struct floor_m first[IDS_MAX] = { 0 }, last[IDS_MAX] = { 0 };
    int64_t largest = 0;
    for (int i = 0; i < 1500; i++) {
        size_t count;
        go(f, 1);
        const struct world_person *p = people(f, &count);
        for (size_t j = 0; j < count; j++) {
            first[p[j].id] = p[j].id > largest ? p[j].position : first[p[j].id];
            last[p[j].id] = p[j].position;
            largest = p[j].id > largest ? p[j].id : largest;
            assert_int_equal(p[j].group, 0);
        }
    }
    assert_true(largest > 10);
    for (int64_t id = 1; id <= 10; id++) /* doors are at x = 0 and 12 and 1 m deep at most */
        assert_true(fabs(first[id].x - last[id].x) > 9);
}

/* ---- who they are and what they do ---- */

static void mannequins_and_staff_stay(void **state)
{
    struct fixture *f = *state;
    open_world(f, SMALL_STORE "people = { inside = 10.0; staff = 3; mannequins = 4; };", 3);
    size_t count;
    struct floor_m at[4];
    const struct world_person *p = people(f, &count);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(p[i].kind, PERSON_MANNEQUIN);
        assert_int_equal(p[i].activity, ACTIVITY_STANDING);
        at[i] = p[i].position;
    }
    go(f, 3000);
    p = people(f, &count);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(p[i].id, i + 1);
        assert_int_equal(p[i].kind, i < 4 ? PERSON_MANNEQUIN : PERSON_STAFF);
        if (i < 4)
            assert_true(memcmp(&p[i].position, &at[i], sizeof(at[i])) == 0);
    }
}

static void people_are_of_plausible_size(void **state)
{
    struct fixture *f = *state;
    open_world(f, "floor = { length_m = 60.0; width_m = 40.0; }; people = { inside = 400.0; };", 1);
    size_t count;
    double height_m = 0;
    const struct world_person *p = people(f, &count);
    for (size_t i = 0; i < count; i++) {
        double length = 0;
        height_m += p[i].height_m;
        assert_true(p[i].height_m >= 1.4 && p[i].height_m <= 2.1);
        assert_true(p[i].radius_m >= 0.2 && p[i].radius_m <= 0.25);
        for (int j = 0; j < 8; j++)
            length += (double) p[i].appearance[j] * (double) p[i].appearance[j];
        assert_near(length, 1, 1e-5);
    }
    assert_near(height_m / (double) count, (1.77 + 1.64) / 2, 0.03); /* sd 0.094 / 20 */
}

/* Median of the distances between the two of a pair on their way, in the open: 0.5 to 0.8 m
 * (the task's figure; Moussaid et al., PLoS ONE 5, 2010, measured 0.78 m on average). */
static void pairs_walk_side_by_side(void **state)
{
    struct fixture *f = *state;
    open_world(f,
               "floor = { length_m = 20.0; width_m = 14.0; aisles = 0; };"
               "people = { arrivals_per_h = [ 900 ]; stops = 0.0; group_poisson = 1.0; };",
               1);
    size_t near_by = 0, all = 0;
    for (int i = 0; i < 3000; i++) {
        size_t count;
        go(f, 1);
        const struct world_person *p = people(f, &count);
        for (size_t j = 0; j + 1 < count; j++) {
            bool pair = p[j].group != 0 && p[j].group == p[j + 1].group && p[j].id == p[j].group &&
                        (j + 2 == count || p[j + 2].group != p[j].group);
            bool amid = p[j].position.x > 4 && p[j].position.x < 16;
            if (!pair || !amid)
                continue;
            double m = floor_distance_m(p[j].position, p[j + 1].position);
            all++;
            near_by += m >= 0.5 && m <= 0.8;
        }
    }
    assert_true(all > 1000);
    assert_true((double) near_by / (double) all > 0.75);
}

static void people_browse_and_queue(void **state)
{
    struct fixture *f = *state;
    open_world(f, SMALL_STORE "people = { inside = 40.0; stops = 4.0; };", 2);
    size_t by_activity[4] = { 0 }, in_lane = 0;
    for (int i = 0; i < 600; i++) {
        size_t count;
        go(f, 10);
        const struct world_person *p = people(f, &count);
        for (size_t j = 0; j < count; j++) {
            by_activity[p[j].activity]++;
            if (p[j].activity == ACTIVITY_QUEUEING && p[j].position.y > 2.5 &&
                p[j].position.y < 11.7)
                in_lane++;
        }
    }
    assert_true(by_activity[ACTIVITY_WALKING] > 1000);
    assert_true(by_activity[ACTIVITY_BROWSING] > 1000);
    assert_true(by_activity[ACTIVITY_QUEUEING] > 1000);
    assert_int_equal(in_lane,
                     by_activity[ACTIVITY_QUEUEING]); /* heads are at y = 3.4, tails at 10.1 */
}

/* ---- chance ---- */

static uint64_t fingerprint(struct fixture *f, const char *text, uint64_t seed)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    open_world(f, text, seed);
    for (int i = 0; i < 600; i++) {
        size_t count;
        go(f, 1);
        const struct world_person *p = people(f, &count);
        for (size_t j = 0; j < count; j++)
            for (size_t b = 0; b < sizeof(p[j].position); b++)
                hash =
                    (hash ^ ((const unsigned char *) &p[j].position)[b]) * UINT64_C(1099511628211);
    }
    return hash;
}

#define SOME_PEOPLE SMALL_STORE "people = { inside = 30.0; staff = 1; };"

static void the_same_seed_is_the_same_day(void **state)
{
    uint64_t once = fingerprint(*state, SOME_PEOPLE, 5);
    assert_true(once == fingerprint(*state, SOME_PEOPLE, 5));
    assert_true(once != fingerprint(*state, SOME_PEOPLE, 6));
}

static void a_camera_changes_nobodys_way(void **state)
{
    assert_true(fingerprint(*state, SOME_PEOPLE, 5) ==
                fingerprint(*state,
                            SOME_PEOPLE "cameras = ( { id = \"a\"; position_m = [1.0, 1.0]; } );",
                            5));
}

static void time_goes_by_steps_from_the_start(void **state)
{
    struct fixture *f = *state;
    open_world(f, "start = \"1970-01-01T00:01Z\"; step_ms = 50;", 1);
    assert_int_equal(world_time_us(f->world), 60 * US_PER_S);
    go(f, 3);
    assert_int_equal(world_time_us(f->world), 60 * US_PER_S + 150 * US_PER_MS);
}

/* ---- floors that cannot be ---- */

static void assert_no_world(struct fixture *f, const char *geojson, const char *config,
                            const char *words)
{
    struct error err = { "" };
    configure(f, config);
    assert_int_equal(floor_map_parse(geojson, strlen(geojson), "text", &f->map, &err), 0);
    assert_int_equal(world_create(f->config, f->map, 1, &f->world, &err), -EINVAL);
    assert_null(f->world);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void a_floor_without_entrance_is_refused(void **state)
{
    assert_no_world(*state, COLLECTION(WALKABLE), "", "has no entrance");
}

static void an_entrance_inside_a_shelf_is_refused(void **state)
{
    assert_no_world(*state, FULL_OF_SHELF, "", "nobody can come in");
}

static void a_floor_with_nothing_but_an_exit_is_refused(void **state)
{
    assert_no_world(*state, ONLY_EXIT, "", "nobody can come in");
}

static void more_mannequins_than_places_are_refused(void **state)
{
    assert_no_world(*state, ROOMS, "people = { mannequins = 500; };", "no room for 500 mannequins");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nobody_walks_through_shelves_or_each_other),
        TEST(nobody_walks_through_thin_walls),
        TEST(steps_of_another_length_are_as_safe),
        TEST(nobody_is_stuck_on_the_way),
        TEST(everybody_who_comes_leaves_in_the_end),
        TEST(as_many_arrive_as_the_hour_says),
        TEST(the_number_inside_stays),
        TEST(passers_by_cross_the_hall),
        TEST(mannequins_and_staff_stay),
        TEST(people_are_of_plausible_size),
        TEST(pairs_walk_side_by_side),
        TEST(people_browse_and_queue),
        TEST(the_same_seed_is_the_same_day),
        TEST(a_camera_changes_nobodys_way),
        TEST(time_goes_by_steps_from_the_start),
        TEST(a_floor_without_entrance_is_refused),
        TEST(an_entrance_inside_a_shelf_is_refused),
        TEST(a_floor_with_nothing_but_an_exit_is_refused),
        TEST(more_mannequins_than_places_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
