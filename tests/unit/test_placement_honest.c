/*
 * test_placement_honest.c - whether places are as exact as they say
 *
 * People of random height are put at random places before cameras of several kinds; boxes are drawn
 * around them by the camera's own formulas (foot and head projected, verticals leaning), each edge
 * with its noise. The squared error in units of the stated covariance has mean 2, as that of any
 * two numbers with honest standard deviations.
 */
#include <stdlib.h>
#include <string.h>

#include "calib/calibration.h"
#include "fusion/joint.h"
#include "near.h"
#include "sim/random.h"
#include "testing.h"

#define POINTS     10000
#define EDGE_SD_PX 3.0

/* docs/fusion.md: and a share of the box's height, what detectors reach. */
#define EDGE_SD_OF_HEIGHT 0.03
#define ASPECT            0.41

#define PINHOLE(focal, tilt_rows, t)                                         \
    "image = { width = 1920; height = 1080; };\n"                            \
    "pinhole = { focal = [" focal ", " focal "]; centre = [960.0, 540.0];\n" \
    "rotation = ((1.0, 0.0, 0.0), " tilt_rows ");\ntranslation = " t "; };\n"

/* 30 and 45 degrees down; the camera hangs 3.5 or 5 m above the origin: t = -R (0, 0, height). */
#define DOWN_30 "(0.0, -0.5, -0.86602540), (0.0, 0.86602540, -0.5)"
#define DOWN_45 "(0.0, -0.70710678, -0.70710678), (0.0, 0.70710678, -0.70710678)"

static const char *const cameras[] = {
    PINHOLE("1100.0", DOWN_30, "[0.0, 3.0310889, 1.75]"),
    PINHOLE("800.0", DOWN_45, "[0.0, 2.47487373, 2.47487373]"),
    PINHOLE("2500.0", DOWN_30, "[0.0, 4.330127, 2.5]"),
    PINHOLE("1000.0", DOWN_45,
            "[0.0, 3.5355339, 3.5355339]") "lens = { k1 = -0.28; k2 = 0.08; };\n",
};

struct drawn {
    struct floor_m at;
    double height_m;
    struct box_px box;
};

/* The box of somebody who stands there; false when a part of it is near the picture's edge. */
static bool draw_box(const struct calibration *calibration, struct random *random,
                     struct drawn *person)
{
    struct image_px foot, head;
    if (calibration_image_from_floor(calibration, person->at, 0, &foot) < 0 ||
        calibration_image_from_floor(calibration, person->at, person->height_m, &head) < 0)
        return false;
    double height = foot.y - head.y, middle = (foot.x + head.x) / 2;
    double half = (ASPECT * height + fabs(foot.x - head.x)) / 2;
    double sd = hypot(EDGE_SD_PX, EDGE_SD_OF_HEIGHT * height);
    person->box = (struct box_px){ middle - half + sd * random_normal(random),
                                   head.y + sd * random_normal(random),
                                   middle + half + sd * random_normal(random),
                                   foot.y + sd * random_normal(random) };
    struct box_px b = person->box;
    return b.left > 5 && b.top > 5 && b.right < 1915 && b.bottom < 1075 && b.right > b.left + 4 &&
           b.bottom > b.top + 4;
}

/* Sums of squared normalised errors, in all and by distance. */
#define BINS 4
struct tally {
    double sum[BINS + 1];
    int count[BINS + 1];
};

static void add(struct tally *tally, double distance_m, double square)
{
    int bin = (int) fmin(distance_m / 5, BINS - 1);
    tally->sum[bin] += square;
    tally->count[bin]++;
    tally->sum[BINS] += square;
    tally->count[BINS]++;
}

static double mean(const struct tally *tally, int bin)
{
    return tally->count[bin] ? tally->sum[bin] / tally->count[bin] : NAN;
}

static double square_of(const struct placement *placement, struct floor_m at)
{
    return covariance2_mahalanobis2(placement->covariance, placement->floor.x - at.x,
                                    placement->floor.y - at.y);
}

static struct observation observation_of(const struct placement *placement)
{
    return (struct observation){ .floor = placement->floor,
                                 .covariance = placement->covariance,
                                 .reasons = placement->reasons };
}

struct tallies {
    struct tally foot, head, both;
};

/* Two boxes of one person: a body's, and a head's whose top edge has a noise of its own. */
static void place_one(const struct calibration *calibration, struct random *random,
                      struct tallies *tallies)
{
    const struct box_px view = { 0, 0, 1920, 1080 };
    struct placement foot, head;
    struct drawn body = { { random_between(random, -9, 9), random_between(random, 1, 20) },
                          PERSON_HEIGHT_M + PERSON_HEIGHT_SD_M * random_normal(random),
                          { 0 } };
    struct drawn top = body;
    if (!draw_box(calibration, random, &body) || !draw_box(calibration, random, &top) ||
        placement_of_person(calibration, body.box, view, EDGE_SD_PX, &foot) < 0 ||
        placement_of_head(calibration, top.box, EDGE_SD_PX, &head) < 0 ||
        covariance2_max_sd(foot.covariance) > FOOTPRINT_MAX_SD_M)
        return;
    double distance_m = hypot(body.at.x, body.at.y);
    struct observation o = observation_of(&foot), h = observation_of(&head);
    add(&tallies->foot, distance_m, square_of(&foot, body.at));
    add(&tallies->head, distance_m, square_of(&head, body.at));
    joint_combine(&o, &h, PERSON_HEIGHT_M, NULL);
    add(&tallies->both, distance_m,
        covariance2_mahalanobis2(o.covariance, o.floor.x - body.at.x, o.floor.y - body.at.y));
}

/*
 * The same by what is stated, as far as the last places that fusion takes: half metres of standard
 * deviation, up to where the farthest people drawn are too few on the far side.
 */
#define SPREAD_BINS  3
#define SPREAD_BIN_M 0.5
#define FAR_M        45

struct spread_tally {
    double sum[SPREAD_BINS];
    int count[SPREAD_BINS];
};

static void add_by_spread(struct spread_tally *tally, const struct placement *placement,
                          struct floor_m at)
{
    double bin = covariance2_max_sd(placement->covariance) / SPREAD_BIN_M;
    if (bin >= SPREAD_BINS)
        return;
    tally->sum[(int) bin] += square_of(placement, at);
    tally->count[(int) bin]++;
}

static void require_honest_spreads(const char *what, const struct spread_tally *tally)
{
    for (int bin = 0; bin < SPREAD_BINS; bin++) {
        double square = tally->sum[bin] / tally->count[bin];
        print_message("%s stated to %.1f .. %.1f m: mean %.2f of %d\n", what, bin * SPREAD_BIN_M,
                      (bin + 1) * SPREAD_BIN_M, square, tally->count[bin]);
        if (tally->count[bin] >= 1000)
            assert_near(square, 2, 0.2);
    }
}

static void require_honest(const char *what, const struct tally *tally)
{
    print_message("%s: mean %.3f of %d; by distance 0-5-10-15-20 m:", what, mean(tally, BINS),
                  tally->count[BINS]);
    for (int bin = 0; bin < BINS; bin++)
        print_message(" %.2f", mean(tally, bin));
    print_message("\n");
    assert_true(tally->count[BINS] >= POINTS);
    assert_near(mean(tally, BINS), 2, 0.1);
}

static void feet_heads_and_both_are_as_exact_as_they_say(void **state)
{
    struct tallies tallies;
    struct random random = random_stream(2026, 5);
    struct calibration *loaded[ARRAY_LENGTH(cameras)] = { 0 };
    (void) state;
    memset(&tallies, 0, sizeof(tallies));
    for (size_t i = 0; i < ARRAY_LENGTH(cameras); i++) {
        struct problems problems = { 0 };
        assert_int_equal(calibration_parse(cameras[i], "cam.cfg", &loaded[i], &problems), 0);
    }
    for (int i = 0; tallies.foot.count[BINS] < POINTS; i++)
        place_one(loaded[i % (int) ARRAY_LENGTH(cameras)], &random, &tallies);
    for (size_t i = 0; i < ARRAY_LENGTH(cameras); i++)
        calibration_destroy(&loaded[i]);
    require_honest("feet", &tallies.foot);
    require_honest("heads", &tallies.head);
    require_honest("both", &tallies.both);
}

static void vague_places_are_as_vague_as_they_say(void **state)
{
    struct spread_tally feet = { 0 }, heads = { 0 };
    struct random random = random_stream(2026, 6);
    (void) state;
    for (size_t i = 0; i < ARRAY_LENGTH(cameras); i++) {
        const struct box_px view = { 0, 0, 1920, 1080 };
        struct problems problems = { 0 };
        struct calibration *calibration = NULL;
        assert_int_equal(calibration_parse(cameras[i], "cam.cfg", &calibration, &problems), 0);
        for (int k = 0; k < 4 * POINTS; k++) {
            struct drawn person = { { random_between(&random, -9, 9),
                                      random_between(&random, 1, FAR_M) },
                                    PERSON_HEIGHT_M + PERSON_HEIGHT_SD_M * random_normal(&random),
                                    { 0 } };
            struct placement placement;
            if (!draw_box(calibration, &random, &person))
                continue;
            if (placement_of_person(calibration, person.box, view, EDGE_SD_PX, &placement) == 0)
                add_by_spread(&feet, &placement, person.at);
            if (placement_of_head(calibration, person.box, EDGE_SD_PX, &placement) == 0)
                add_by_spread(&heads, &placement, person.at);
        }
        calibration_destroy(&calibration);
    }
    require_honest_spreads("feet", &feet);
    require_honest_spreads("heads", &heads);
    assert_true(heads.count[SPREAD_BINS - 1] >= 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feet_heads_and_both_are_as_exact_as_they_say),
        cmocka_unit_test(vague_places_are_as_vague_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
