/*
 * test_simulation.c - cameras, truth and files of a world whose people are placed by hand
 *
 * The functions of sim/world.h are defined here: people walk as by hand, so that what should come
 * out is known. tests/unit/test_world.c is about the real ones.
 */
#include "near.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "config/store_config.h"
#include "fusion/walker.h"
#include "sim/output.h"
#include "sim/random.h"
#include "sim/truth_heat.h"

#define START_US INT64_C(1700000000000000) /* 22:13:20 UTC */

static const char hall[] =
    "{\"type\":\"FeatureCollection\",\"features\":["
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"walkable\"},\"geometry\":{\"type\":"
    "\"Polygon\",\"coordinates\":[[[0,0],[10,0],[10,8],[0,8],[0,0]]]}},"
    "{\"type\":\"Feature\",\"properties\":{\"kind\":\"shelf\",\"height_m\":1.5},\"geometry\":{"
    "\"type\":\"Polygon\",\"coordinates\":[[[4,5],[6,5],[6,5.5],[4,5.5],[4,5]]]}}]}";

static const char two_cameras[] = "start = \"2023-11-14T22:13:20Z\";\n"
                                  "cameras = (\n"
                                  "  { id = \"west\"; position_m = [0.0, 4.0]; height_m = 2.8; "
                                  "yaw_deg = 0.0; tilt_deg = 25.0; },\n"
                                  "  { id = \"east\"; position_m = [10.0, 4.0]; height_m = 2.8; "
                                  "yaw_deg = 180.0; tilt_deg = 25.0; }\n"
                                  ");\n";

/* The same in the other order, and with another setting of the other camera. */
static const char two_cameras_turned[] =
    "start = \"2023-11-14T22:13:20Z\";\n"
    "cameras = (\n"
    "  { id = \"east\"; position_m = [10.0, 3.0]; height_m = 3.8; yaw_deg = 170.0; fps = 5.0; },\n"
    "  { id = \"west\"; position_m = [0.0, 4.0]; height_m = 2.8; yaw_deg = 0.0; tilt_deg = 25.0; "
    "}\n"
    ");\n";

#define PEOPLE 5

struct world {
    int64_t steps;
    int64_t step_us;
    struct world_person people[PEOPLE];
    size_t count;
};

/*
 * Person 1 walks along y = 4 at 1 m/s from x = 1 on; 2 stands at (7, 2); 3 is a mannequin at (2,
 * 6); 4 comes after 3 s and goes after 6 s, at (5, 3); 5 walks around a circle.
 */
static void place_people(struct world *world)
{
    double s = (double) (world->steps * world->step_us) / US_PER_S;
    double angle = 0.4 * s;
    struct world_person all[PEOPLE] = {
        { .id = 1, .position = { 1 + s, 4 }, .velocity_x_m_s = 1 },
        { .id = 2, .position = { 7, 2 } },
        { .id = 3, .position = { 2, 6 }, .kind = PERSON_MANNEQUIN },
        { .id = 4, .position = { 5, 3 }, .kind = PERSON_STAFF },
        { .id = 5, .position = { 5 + 2 * cos(angle), 3 + 2 * sin(angle) } },
    };
    world->count = 0;
    for (int i = 0; i < PEOPLE; i++) {
        if (all[i].id == 4 && (s < 3 || s >= 6))
            continue;
        all[i].height_m = 1.6 + 0.05 * i;
        all[i].radius_m = 0.2;
        all[i].appearance[i] = 1;
        world->people[world->count++] = all[i];
    }
}

int world_create(const struct sim_config *config, const struct floor_map *map, uint64_t seed,
                 struct world **ret_world, struct error *err)
{
    (void) map;
    (void) seed;
    (void) err;
    struct world *world = calloc(1, sizeof(*world));
    world->step_us = config->step_ms * US_PER_MS;
    place_people(world);
    *ret_world = world;
    return 0;
}

void world_destroy(struct world **world)
{
    free(*world);
    *world = NULL;
}

int world_step(struct world *world)
{
    world->steps++;
    place_people(world);
    return 0;
}

int64_t world_time_us(const struct world *world)
{
    return START_US + world->steps * world->step_us;
}

const struct world_person *world_people(const struct world *world, size_t *ret_count)
{
    *ret_count = world->count;
    return world->people;
}

struct stage {
    struct sim_config *config;
    struct floor_map *map;
    struct simulation *simulation;
};

static void open_stage(struct stage *stage, const char *text, uint64_t seed)
{
    struct problems problems = { 0 };
    *stage = (struct stage){ 0 };
    if (sim_config_parse(text, "test", &stage->config, &problems) < 0)
        fail_msg("%s", problems.count ? problems.sentences[0] : "no problem");
    assert_int_equal(floor_map_parse(hall, strlen(hall), "hall", &stage->map, NULL), 0);
    struct simulation_options options = { .config = stage->config,
                                          .map = stage->map,
                                          .seed = seed };
    struct error err = { "" };
    if (simulation_create(&options, &stage->simulation, &err) < 0)
        fail_msg("%s", err.text);
}

static void close_stage(struct stage *stage)
{
    simulation_destroy(&stage->simulation);
    floor_map_destroy(&stage->map);
    sim_config_destroy(&stage->config);
}

static void truth_is_where_people_are(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage, two_cameras, 1);
    for (int i = 0; i < 80; i++) {
        struct moment moment;
        assert_int_equal(simulation_next(stage.simulation, &moment), 0);
        double s = i / 10.0;
        assert_true(moment.time_us == START_US + i * 100000);
        bool fourth = s >= 3 && s < 6;
        assert_int_equal(moment.people_count, fourth ? 4 : 3);
        assert_near(moment.people[0].position.x, 1 + s, 1e-9);
        for (size_t k = 0; k < moment.people_count; k++)
            assert_true(moment.people[k].id != 3); /* the mannequin is nobody */
    }
    close_stage(&stage);
}

static void between_steps_people_walk_straight(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage,
               "start = \"2023-11-14T22:13:20Z\"; step_ms = 100;\n"
               "cameras = ( { id = \"a\"; position_m = [0, 4]; fps = 30.0; } );",
               1);
    struct moment moment;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(simulation_next(stage.simulation, &moment), 0);
        assert_true(moment.time_us == START_US + llround(i * 1e6 / 30));
        assert_near(moment.people[0].position.x, 1 + i / 30.0, 1e-6);
    }
    const struct simulated_person *people;
    size_t count;
    int64_t between_us = START_US + llround(38.5 * 1e6 / 30);
    assert_int_equal(simulation_people_at(stage.simulation, between_us, &people, &count), 0);
    assert_near(people[0].position.x, 1 + 38.5 / 30, 1e-6);
    close_stage(&stage);
}

static void each_camera_has_its_own_frames(void **state)
{
    (void) state;
    struct stage stage;
    open_stage(&stage,
               "start = \"2023-11-14T22:13:20Z\"; sensors = { noise = false; };\n"
               "cameras = ( { id = \"a\"; position_m = [0, 4]; },\n"
               "            { id = \"b\"; position_m = [0, 5]; fps = 5.0; phase_ms = 30.0; } );",
               1);
    const int expected_us[] = { 0, 30000, 100000, 200000, 230000, 300000 };
    const bool a_due[] = { true, false, true, true, false, true };
    for (int i = 0; i < 6; i++) {
        struct moment moment;
        assert_int_equal(simulation_next(stage.simulation, &moment), 0);
        assert_int_equal(moment.time_us - START_US, expected_us[i]);
        assert_int_equal(moment.frames[0].due, a_due[i]);
        assert_int_equal(moment.frames[1].due, !a_due[i]);
    }
    close_stage(&stage);
}

/* 1 m/s and a clock half a second ahead: the picture stamped T shows person 1 half a metre back. */
static void a_wrong_clock_shows_people_where_they_were(void **state)
{
    (void) state;
    const double offsets_ms[] = { 500, -500 };
    for (int k = 0; k < 2; k++) {
        char text[512];
        (void) snprintf(text, sizeof(text),
                        "start = \"2023-11-14T22:13:20Z\"; sensors = { noise = false; };\n"
                        "cameras = ( { id = \"a\"; position_m = [0, 4]; height_m = 2.8; "
                        "clock_offset_ms = %.1f; } );",
                        offsets_ms[k]);
        struct stage stage;
        open_stage(&stage, text, 1);
        struct moment moment;
        for (int i = 0; i <= 30; i++)
            assert_int_equal(simulation_next(stage.simulation, &moment), 0);
        const struct sensor_picture *picture = &moment.frames[0].picture;
        size_t at = 0;
        while (at < picture->box_count && picture->boxes[at].id != 1)
            at++;
        assert_true(at < picture->box_count);
        struct box_px box = picture->boxes[at].box;
        struct floor_m foot;
        assert_int_equal(calibration_floor_from_image(
                             sensor_calibration(simulation_camera(stage.simulation, 0)),
                             (struct image_px){ (box.left + box.right) / 2, box.bottom },
                             (struct covariance2){ 1, 0, 1 }, 0, &foot, NULL),
                         0);
        assert_near(foot.x, 1 + 3 - offsets_ms[k] / 1000, 1e-6);
        assert_near(moment.people[0].position.x, 4, 1e-9);
        close_stage(&stage);
    }
}

static const struct sensor_picture *picture_of(const struct stage *stage,
                                               const struct moment *moment, const char *camera)
{
    for (size_t i = 0; i < moment->frame_count; i++)
        if (strcmp(sensor_id(simulation_camera(stage->simulation, i)), camera) == 0)
            return &moment->frames[i].picture;
    fail_msg("no camera %s", camera);
    return NULL;
}

/* What one camera says does not depend on the others: their order, place, frame rate. */
static void other_cameras_change_nothing(void **state)
{
    (void) state;
    struct stage one, other;
    open_stage(&one, two_cameras, 5);
    open_stage(&other, two_cameras_turned, 5);
    size_t boxes = 0;
    for (int i = 0; i < 600; i++) {
        struct moment a, b;
        assert_int_equal(simulation_next(one.simulation, &a), 0);
        assert_int_equal(simulation_next(other.simulation, &b), 0);
        const struct sensor_picture *left = picture_of(&one, &a, "west");
        const struct sensor_picture *right = picture_of(&other, &b, "west");
        assert_int_equal(left->taken, right->taken);
        assert_int_equal(left->box_count, right->box_count);
        for (size_t k = 0; k < left->box_count; k++) {
            assert_int_equal(left->boxes[k].id, right->boxes[k].id);
            assert_memory_equal(&left->boxes[k].box, &right->boxes[k].box, sizeof(struct box_px));
        }
        boxes += left->box_count;
    }
    assert_true(boxes > 500);
    close_stage(&one);
    close_stage(&other);
}

struct sums {
    int64_t dwell_ms, people_ms, passes, exposure_ms;
    int buckets;
    int64_t first_us;
};

static int add_bucket(void *context, const struct truth_bucket *bucket)
{
    struct sums *sums = context;
    if (sums->buckets++ == 0)
        sums->first_us = bucket->start_us;
    sums->people_ms += bucket->people_ms;
    for (size_t i = 0; i < bucket->cell_count; i++) {
        sums->dwell_ms += bucket->cells[i].dwell_ms;
        sums->passes += bucket->cells[i].passes;
    }
    for (size_t i = 0; i < bucket->exposure_count; i++)
        sums->exposure_ms += bucket->exposures[i].exposure_ms;
    return 0;
}

/*
 * A person walks 6 m along the middle of a row of cells of 0.25 m, a second stands outside the
 * grid. 61 ticks of 100 ms: 6.1 s each. From x = 1.1: in the cell [1, 1.25) at first, in [7, 7.25)
 * at the end: 25 cells entered.
 */
static void heat_truth_sums_are_person_time(void **state)
{
    (void) state;
    struct grid grid = grid_covering((struct floor_m){ 0, 0 }, (struct floor_m){ 10, 8 }, 0.25);
    uint8_t *footprint = calloc(grid_mask_bytes(&grid), 1);
    struct sums sums = { 0 };
    struct truth_heat *heat;
    struct truth_heat_sink sink = { &sums, add_bucket };
    assert_int_equal(truth_heat_create(&grid, 100, 1, &footprint, 1, sink, &heat), 0);
    for (int i = 0; i <= 60; i++) {
        struct simulated_person people[] = { { .id = 1, .position = { 1.1 + 0.1 * i, 4.1 } },
                                             { .id = 2, .position = { 11, 4 } } };
        int64_t tick_us = START_US + i * 100000;
        assert_int_equal(truth_heat_tick(heat, tick_us, people, 2, i < 30), 0);
    }
    assert_int_equal(truth_heat_finish(heat), 0);
    truth_heat_destroy(&heat);
    free(footprint);
    assert_int_equal(sums.people_ms, 2 * 6100);
    assert_int_equal(sums.dwell_ms, 6100);
    assert_int_equal(sums.passes, 25);
    assert_int_equal(sums.exposure_ms, 3000);
    /* The first tick ends at START and so lies in the second before. */
    assert_int_equal(sums.buckets, 7);
    assert_true(sums.first_us == START_US - US_PER_S);
}

struct by_cell {
    uint32_t passes[40 * 32];
};

static int note_passes(void *context, const struct truth_bucket *bucket)
{
    struct by_cell *by_cell = context;
    for (size_t i = 0; i < bucket->cell_count; i++)
        by_cell->passes[bucket->cells[i].cell] += bucket->cells[i].passes;
    return 0;
}

/* The same passes as fusion's walker, on a random walk with many steps along borders. */
static void passes_are_those_that_fusion_counts(void **state)
{
    (void) state;
    struct grid grid = grid_covering((struct floor_m){ 0, 0 }, (struct floor_m){ 10, 8 }, 0.25);
    uint8_t *footprint = calloc(grid_mask_bytes(&grid), 1);
    static struct by_cell truth, fusion;
    struct truth_heat *heat;
    struct truth_heat_sink sink = { &truth, note_passes };
    assert_int_equal(truth_heat_create(&grid, 100, 60, &footprint, 1, sink, &heat), 0);
    struct random random = random_stream(1, 1);
    struct walker walker = { 0 };
    struct simulated_person person = { .id = 1, .position = { 5, 4 } };
    for (int i = 1; i <= 50000; i++) {
        person.position.x += 0.05 * random_normal(&random);
        person.position.y += 0.05 * random_normal(&random);
        int64_t tick_us = START_US + i * INT64_C(100000);
        assert_int_equal(truth_heat_tick(heat, tick_us, &person, 1, 1), 0);
        struct walk walk = walker_go(&walker, &grid, person.position);
        if (walk.entered)
            fusion.passes[walk.cell]++;
    }
    assert_int_equal(truth_heat_finish(heat), 0);
    assert_memory_equal(&truth, &fusion, sizeof(truth));
    truth_heat_destroy(&heat);
    free(footprint);
}

static const char *const files[] = {
    "observations.csv",   "truth.csv", "visible.csv",   "heat_truth.csv",
    "exposure_truth.csv", "store.cfg", "floor.geojson", "cameras.txt",
};

static int write_run(const struct stage *stage, uint64_t seed, const char *folder,
                     struct output_counts *ret_counts, struct error *err)
{
    const struct output_options options = {
        .simulation = { .config = stage->config, .map = stage->map, .seed = seed },
        .folder = folder,
        .floor_text = hall,
        .floor_length = strlen(hall),
        .duration_s = 30,
    };
    return output_write(&options, ret_counts, err);
}

static char *content(const char *folder, const char *name)
{
    char path[256], *bytes;
    size_t length;
    (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(file_read(path, 1 << 26, &bytes, &length, NULL), 0);
    return bytes;
}

static bool same_file(const char *a, const char *b, const char *name)
{
    char *left = content(a, name), *right = content(b, name);
    bool same = strcmp(left, right) == 0;
    free(left);
    free(right);
    return same;
}

static void remove_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[512];
        (void) snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (strcmp(entry->d_name, "cameras") == 0)
            remove_folder(path);
        else
            (void) unlink(path);
    }
    if (directory)
        (void) closedir(directory);
    (void) rmdir(folder);
}

static int count_files(const char *folder)
{
    int count = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    (void) closedir(directory);
    return count;
}

static void the_same_seed_writes_the_same_bytes(void **state)
{
    (void) state;
    struct stage stage;
    struct output_counts counts;
    struct error err = { "" };
    char folders[3][64] = { "/tmp/floorfuse-sim-XXXXXX", "/tmp/floorfuse-sim-XXXXXX",
                            "/tmp/floorfuse-sim-XXXXXX" };
    open_stage(&stage, two_cameras, 1);
    for (int i = 0; i < 3; i++) {
        assert_non_null(mkdtemp(folders[i]));
        assert_int_equal(write_run(&stage, i < 2 ? 7 : 8, folders[i], &counts, &err), 0);
        assert_int_equal(count_files(folders[i]), ARRAY_LENGTH(files) + 1); /* and cameras/ */
    }
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        assert_true(same_file(folders[0], folders[1], files[i]));
    assert_false(same_file(folders[0], folders[2], "observations.csv"));
    /* 30 s at 10 Hz; persons 1, 2 and 5 always, 4 for 3 s. */
    assert_int_equal(counts.moments, 300);
    assert_int_equal(counts.person_moments, 3 * 300 + 30);
    assert_int_equal(counts.frames + counts.lost_frames, 600);
    for (int i = 0; i < 3; i++)
        remove_folder(folders[i]);
    close_stage(&stage);
}

static void the_store_that_is_written_can_be_used(void **state)
{
    (void) state;
    struct stage stage;
    struct output_counts counts;
    struct error err = { "" };
    char folder[] = "/tmp/floorfuse-sim-XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    open_stage(&stage, two_cameras, 1);
    assert_int_equal(write_run(&stage, 1, folder, &counts, &err), 0);
    (void) snprintf(path, sizeof(path), "%s/store.cfg", folder);
    struct problems problems = { 0 };
    struct store_config *config;
    if (store_config_load(path, &config, &problems) < 0)
        fail_msg("%s", problems.count ? problems.sentences[0] : "no problem");
    assert_int_equal(config->cameras.count, 2);
    struct floor_map *map;
    assert_int_equal(floor_map_load(store_config_floors(config)[0].geojson, &map, &err), 0);
    floor_map_destroy(&map);
    for (int i = 0; i < 2; i++) {
        struct calibration *calibration;
        assert_int_equal(
            calibration_load(store_config_cameras(config)[i].calibration, &calibration, &problems),
            0);
        calibration_destroy(&calibration);
    }
    store_config_destroy(&config);
    problems_release(&problems);
    remove_folder(folder);
    close_stage(&stage);
}

static void a_row_is_as_documented(void **state)
{
    (void) state;
    struct stage stage;
    struct output_counts counts;
    struct error err = { "" };
    char folder[] = "/tmp/floorfuse-sim-XXXXXX";
    assert_non_null(mkdtemp(folder));
    open_stage(&stage,
               "start = \"2023-11-14T22:13:20Z\"; sensors = { noise = false; };\n"
               "cameras = ( { id = \"a\"; position_m = [0, 4]; down_s = [0.0, 0.05]; } );",
               1);
    assert_int_equal(write_run(&stage, 1, folder, &counts, &err), 0);
    char *text = content(folder, "observations.csv");
    const char *rows = "time_us,camera,class,score,left_px,top_px,right_px,bottom_px,id\n"
                       "1700000000000000,a,,,,,,,\n"
                       "1700000000100000,a,person,1.000,";
    assert_memory_equal(text, rows, strlen(rows));
    free(text);
    text = content(folder, "truth.csv");
    rows = "time_us,id,x_m,y_m\n1700000000000000,1,1.0000,4.0000\n"
           "1700000000000000,2,7.0000,2.0000\n1700000000000000,5,7.0000,3.0000\n"
           "1700000000100000,1,1.1000,4.0000\n";
    assert_memory_equal(text, rows, strlen(rows));
    free(text);
    remove_folder(folder);
    close_stage(&stage);
}

static bool always(void *context)
{
    (void) context;
    return true;
}

static void an_interrupted_run_leaves_no_file(void **state)
{
    (void) state;
    struct stage stage;
    struct output_counts counts;
    struct error err = { "" };
    char folder[] = "/tmp/floorfuse-sim-XXXXXX";
    assert_non_null(mkdtemp(folder));
    open_stage(&stage, two_cameras, 1);
    const struct output_options options = {
        .simulation = { .config = stage.config, .map = stage.map, .seed = 1 },
        .folder = folder,
        .floor_text = hall,
        .floor_length = strlen(hall),
        .duration_s = 30,
        .stop = { NULL, always },
    };
    assert_true(output_write(&options, &counts, &err) < 0);
    assert_int_equal(count_files(folder), 0);
    assert_true(write_run(&stage, 1, "/dev/null/out", &counts, &err) < 0);
    assert_non_null(strstr(err.text, "/dev/null"));
    remove_folder(folder);
    close_stage(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_is_where_people_are),
        cmocka_unit_test(between_steps_people_walk_straight),
        cmocka_unit_test(each_camera_has_its_own_frames),
        cmocka_unit_test(a_wrong_clock_shows_people_where_they_were),
        cmocka_unit_test(other_cameras_change_nothing),
        cmocka_unit_test(heat_truth_sums_are_person_time),
        cmocka_unit_test(passes_are_those_that_fusion_counts),
        cmocka_unit_test(the_same_seed_writes_the_same_bytes),
        cmocka_unit_test(the_store_that_is_written_can_be_used),
        cmocka_unit_test(a_row_is_as_documented),
        cmocka_unit_test(an_interrupted_run_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
