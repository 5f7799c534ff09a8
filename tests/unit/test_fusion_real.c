/*
 * test_fusion_real.c - four real cameras, real detections, against the truth
 *
 * The sequence cmc2: four cameras around a room, 4 frames a second, boxes of a public detector
 * (FairMOT), and where people really were. Skipped where the data is not there.
 */
#include <unistd.h>

#include "csv/csv.h"
#include "eval/clear.h"
#include "fusion_scene.h"

#define FOLDER SHARED_DIR "/data/cmc/cmc2"

#define CAMERAS    4
#define PEOPLE_MAX 64

/* The boxes come down to a score of 0.2; half is a usual threshold. */
#define SCORE_MIN 0.5

/* A detector's usual inexactness at the edge of a box. */
#define EDGE_SD_PX 5.0

/* Where the truth has been marked, m. */
static bool in_region(struct floor_m p)
{
    return p.x >= 2.03 && p.x <= 6.30 && p.y >= 0 && p.y <= 3.41;
}

static const struct box_px whole_frame = { 0, 0, 1920, 1024 };

struct room {
    struct fusion *fusion;
    struct calibration *calibrations[CAMERAS];
    struct observation_frame frames[CAMERAS];
    struct observation observations[CAMERAS][PEOPLE_MAX];
    struct eval_points result;
    uint64_t sequence;
};

static void record_tick(void *context, const struct tick_report *report)
{
    struct eval_points *result = &((struct room *) context)->result;
    size_t room = result->count + report->track_count + 1;
    result->items = realloc(result->items, room * sizeof(*result->items));
    assert_non_null(result->items);
    for (size_t i = 0; i < report->track_count; i++)
        if (report->tracks[i].state != TRACK_TENTATIVE && in_region(report->tracks[i].position))
            result->items[result->count++] =
                (struct eval_point){ report->tick_us, (int64_t) report->tracks[i].track,
                                     report->tracks[i].position };
}

/* One line "cam1 m00 ... m23" of cameras.txt. */
static void open_camera(struct room *room, int camera, char *line)
{
    struct problems problems = { 0 };
    char text[1024], name[ID_SIZE], *at = strchr(line, ' ');
    double m[12];
    assert_non_null(at);
    for (int i = 0; i < 12; i++)
        m[i] = strtod(at, &at);
    (void) snprintf(name, sizeof(name), "cam%d", camera + 1);
    (void) snprintf(text, sizeof(text),
                    "image = { width = 1920; height = 1024; };\n"
                    "image_from_floor = ((%.12g, %.12g, %.12g, %.12g), (%.12g, %.12g, %.12g, "
                    "%.12g), (%.12g, %.12g, %.12g, %.12g));\n",
                    m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11]);
    assert_int_equal(calibration_parse(text, name, &room->calibrations[camera], &problems), 0);
    problems_release(&problems);
    assert_int_equal(fusion_set_camera(room->fusion, name, room->calibrations[camera], whole_frame,
                                       NULL, EDGE_SD_PX),
                     0);
}

static void open_cameras(struct room *room)
{
    char line[1024];
    int camera = 0;
    FILE *file = fopen(FOLDER "/cameras.txt", "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        if (strncmp(line, "cam", 3) == 0 && camera < CAMERAS)
            open_camera(room, camera++, line);
    (void) fclose(file);
    assert_int_equal(camera, CAMERAS);
}

static double number(const struct csv_reader *reader, const char *name)
{
    double value = 0;
    assert_int_equal(csv_reader_number(reader, csv_reader_column(reader, name, NULL), &value, NULL),
                     0);
    return value;
}

static void add_box(struct room *room, const struct csv_reader *reader)
{
    struct placement placement;
    int camera = csv_reader_text(reader, csv_reader_column(reader, "camera", NULL))[3] - '1';
    struct box_px box = { .left = number(reader, "left_px"),
                          .top = number(reader, "top_px"),
                          .right = number(reader, "right_px"),
                          .bottom = number(reader, "bottom_px") };
    assert_in_range(camera, 0, CAMERAS - 1);
    struct observation_frame *frame = &room->frames[camera];
    if (number(reader, "score") < SCORE_MIN || frame->observation_count == PEOPLE_MAX ||
        placement_of_person(room->calibrations[camera], box, whole_frame, EDGE_SD_PX, &placement) <
            0)
        return;
    room->observations[camera][frame->observation_count++] =
        (struct observation){ .object_class = OBSERVATION_PERSON,
                              .score = (float) number(reader, "score"),
                              .floor = placement.floor,
                              .covariance = placement.covariance,
                              .box = box,
                              .height_m = placement.height_m,
                              .reasons = placement.reasons,
                              .body_index = -1 };
}

static void begin_frames(struct room *room, int64_t capture_us)
{
    for (int c = 0; c < CAMERAS; c++) {
        room->frames[c] = (struct observation_frame){ .boot_id = 1,
                                                      .sequence = room->sequence,
                                                      .capture_us = capture_us,
                                                      .observations = room->observations[c] };
        (void) snprintf(room->frames[c].camera, ID_SIZE, "cam%d", c + 1);
    }
    room->sequence++;
}

static void push_frames(struct room *room)
{
    int64_t now_ns = room->frames[0].capture_us * NS_PER_US;
    for (int c = 0; c < CAMERAS; c++)
        assert_int_equal(fusion_push(room->fusion, &room->frames[c], now_ns), 0);
    assert_int_equal(fusion_advance(room->fusion, now_ns), 0);
}

static void play(struct room *room)
{
    struct csv_reader *reader = NULL;
    int64_t time_us = 0, now_us = -1;
    int r;
    assert_int_equal(csv_reader_open(FOLDER "/observations-fairmot.csv", &reader, NULL), 0);
    while ((r = csv_reader_next(reader, NULL)) > 0) {
        int column = csv_reader_column(reader, "time_us", NULL);
        assert_int_equal(csv_reader_integer(reader, column, &time_us, NULL), 0);
        if (time_us != now_us) {
            if (now_us >= 0)
                push_frames(room);
            begin_frames(room, time_us);
        }
        now_us = time_us;
        add_box(room, reader);
    }
    assert_int_equal(r, 0);
    push_frames(room);
    csv_reader_close(&reader);
    assert_int_equal(fusion_finish(room->fusion), 0);
}

static void keep_region(struct eval_points *points)
{
    size_t kept = 0;
    for (size_t i = 0; i < points->count; i++)
        if (in_region(points->items[i].position))
            points->items[kept++] = points->items[i];
    points->count = kept;
}

static void four_real_cameras_find_nine_of_ten_people_to_half_a_metre(void **state)
{
    (void) state;
    struct room *room = calloc(1, sizeof(*room));
    struct floor_map *map = NULL;
    struct fusion_sink sink = { .context = room, .tick = record_tick };
    struct floor_m low = { -2, -3 }, high = { 10, 7 };
    assert_non_null(room);
    assert_int_equal(floor_map_rectangle(low, high, &map), 0);
    assert_int_equal(fusion_create("room", "ground", map, &scene_config, &scene_heat, &sink,
                                   &room->fusion, NULL),
                     0);
    open_cameras(room);
    play(room);

    struct eval_points truth = { 0 };
    struct clear_result result;
    assert_int_equal(eval_points_read(FOLDER "/truth.csv", &truth, NULL), 0);
    keep_region(&truth);
    /* Ticks of 100 ms lie at most 50 ms beside the truth's quarters of a second. */
    assert_int_equal(clear_evaluate(&truth, &room->result, 0.5, 60 * US_PER_MS, &result), 0);
    print_message("MODA %.3f precision %.3f recall %.3f error %.3f m, %lld people twice\n",
                  result.moda, result.precision, result.recall, result.mean_error_m,
                  (long long) result.doubled);
    assert_true(result.moda >= 0.90);
    assert_true(result.recall >= 0.97);
    assert_true((double) result.doubled < 0.04 * (double) result.truth);

    eval_points_release(&truth);
    free(room->result.items);
    fusion_destroy(&room->fusion);
    floor_map_destroy(&map);
    for (int c = 0; c < CAMERAS; c++)
        calibration_destroy(&room->calibrations[c]);
    free(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_real_cameras_find_nine_of_ten_people_to_half_a_metre),
    };
    if (access(FOLDER "/truth.csv", R_OK) < 0)
        return 77; /* ctest shows it as skipped */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
