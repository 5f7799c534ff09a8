/* town.c - a store of any size, for measuring */
#include "bench/town.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Of the store: the floor that a camera has for itself, and the people on it, so that each camera
 * sees ten people and each person is seen by some four cameras. */
#define STORE_M2_PER_CAMERA 36.0
#define STORE_PEOPLE_PER_M2 0.085
#define STORE_CAMERA_M      3.5
#define STORE_PITCH_RAD     0.785
#define HALL_SIDE_M         30.0
#define HALL_CAMERA_M       8.0
#define HALL_CAMERA_AWAY_M  4.0
#define HALL_PITCH_RAD      0.45
#define HALF_PI             1.57079632679489662
#define FOUND_SHARE         0.9
#define HEIGHT_SD_M         0.08
#define BODY_HALF_WIDTH     0.2
/* No camera of a store sees farther. */
#define STORE_REACH_M 16.0

struct walker {
    struct floor_m at, goal;
    double speed_m_s, height_m;
};

/* What is needed while a town is made. */
struct builder {
    struct town *town;
    const struct town_plan *plan;
    double side_x_m, side_y_m;
    struct walker *walkers;
    struct floor_m *positions; /* of the cameras */
    uint64_t random;
};

/* Numerical Recipes' 64-bit LCG: the same everywhere. */
static double uniform(struct builder *b)
{
    b->random = b->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double) (b->random >> 11) + 0.5) / 9007199254740992.0;
}

/* Normal, mean 0, standard deviation 1 (Box and Muller 1958). */
static double normal(struct builder *b)
{
    double radius = sqrt(-2 * log(uniform(b)));
    return radius * cos(4 * HALF_PI * uniform(b));
}

static struct floor_m anywhere(struct builder *b)
{
    double x = uniform(b) * b->side_x_m, y = uniform(b) * b->side_y_m;
    return (struct floor_m){ x, y };
}

/* The camera file of a pinhole at a place, looking along yaw and down by pitch. */
static int hang_camera(struct builder *b, int i, struct floor_m at, double height_m, double yaw_rad,
                       double pitch_rad)
{
    bool hall = b->plan->kind == TOWN_HALL;
    int width = hall ? 3000 : 1920, height = hall ? 2000 : 1080, focal_px = hall ? 1200 : 900;
    double cy = cos(yaw_rad), sy = sin(yaw_rad), cp = cos(pitch_rad), sp = sin(pitch_rad);
    /* Rows: right, down, forward; t = -R c. */
    double r[3][3] = { { sy, -cy, 0 }, { -sp * cy, -sp * sy, -cp }, { cp * cy, cp * sy, -sp } };
    double c[3] = { at.x, at.y, height_m }, t[3];
    for (int row = 0; row < 3; row++)
        t[row] = -(r[row][0] * c[0] + r[row][1] * c[1] + r[row][2] * c[2]);
    char text[1024];
    (void) snprintf(
        text, sizeof(text),
        "image = { width = %d; height = %d; };\npinhole = {\n"
        "focal = [%d.0, %d.0]; centre = [%d.0, %d.0];\n"
        "rotation = ((%.12f, %.12f, %.12f), (%.12f, %.12f, %.12f), (%.12f, %.12f, %.12f));\n"
        "translation = [%.12f, %.12f, %.12f];\n};\n",
        width, height, focal_px, focal_px, width / 2, height / 2, r[0][0], r[0][1], r[0][2],
        r[1][0], r[1][1], r[1][2], r[2][0], r[2][1], r[2][2], t[0], t[1], t[2]);
    struct town_camera *camera = &b->town->cameras[i];
    struct problems problems = { 0 };
    (void) snprintf(camera->name, sizeof(camera->name), "cam-%04d", i);
    camera->view = (struct box_px){ .right = width, .bottom = height };
    b->positions[i] = at;
    int rc = calibration_parse(text, camera->name, &camera->calibration, &problems);
    problems_release(&problems);
    return rc;
}

/* One camera a square, looking along one of four directions, never out of the store. */
static int hang_in_store(struct builder *b, int i, int columns)
{
    double step_m = sqrt(STORE_M2_PER_CAMERA);
    struct floor_m at = { (i % columns + 0.5) * step_m, (i / columns + 0.5) * step_m };
    double yaw_rad = i % 4 * HALF_PI + 0.3;
    struct floor_m ahead = { at.x + 5 * cos(yaw_rad), at.y + 5 * sin(yaw_rad) };
    if (ahead.x < 0 || ahead.x > b->side_x_m || ahead.y < 0 || ahead.y > b->side_y_m)
        yaw_rad = atan2(b->side_y_m / 2 - at.y, b->side_x_m / 2 - at.x);
    return hang_camera(b, i, at, STORE_CAMERA_M, yaw_rad, STORE_PITCH_RAD);
}

static int hang_in_hall(struct builder *b, int i)
{
    double low = -HALL_CAMERA_AWAY_M, high = HALL_SIDE_M + HALL_CAMERA_AWAY_M;
    struct floor_m at = { i & 1 ? high : low, i & 2 ? high : low };
    double yaw_rad = atan2(HALL_SIDE_M / 2 - at.y, HALL_SIDE_M / 2 - at.x);
    return hang_camera(b, i, at, HALL_CAMERA_M, yaw_rad, HALL_PITCH_RAD);
}

static int build_floor(struct builder *b)
{
    struct town *town = b->town;
    bool hall = b->plan->kind == TOWN_HALL;
    int columns = (int) ceil(sqrt(town->camera_count));
    int rows = (town->camera_count + columns - 1) / columns;
    double step_m = sqrt(STORE_M2_PER_CAMERA);
    b->side_x_m = hall ? HALL_SIDE_M : columns * step_m;
    b->side_y_m = hall ? HALL_SIDE_M : rows * step_m;
    town->people = hall ? (size_t) b->plan->people
                        : (size_t) (b->side_x_m * b->side_y_m * STORE_PEOPLE_PER_M2);
    struct floor_m low = { 0, 0 }, high = { b->side_x_m, b->side_y_m };
    int r = floor_map_rectangle(low, high, &town->map);
    for (int i = 0; r == 0 && i < town->camera_count; i++)
        r = hall ? hang_in_hall(b, i) : hang_in_store(b, i, columns);
    return r;
}

static void place_people(struct builder *b)
{
    for (size_t i = 0; i < b->town->people; i++)
        b->walkers[i] = (struct walker){ .at = anywhere(b),
                                         .goal = anywhere(b),
                                         .speed_m_s = 0.4 + uniform(b),
                                         .height_m = PERSON_HEIGHT_M + HEIGHT_SD_M * normal(b) };
}

static void walk(struct builder *b, double dt_s)
{
    for (size_t i = 0; i < b->town->people; i++) {
        struct walker *w = &b->walkers[i];
        double left_m = floor_distance_m(w->at, w->goal), step_m = w->speed_m_s * dt_s;
        if (left_m <= step_m) {
            w->goal = anywhere(b);
            continue;
        }
        w->at.x += (w->goal.x - w->at.x) * step_m / left_m;
        w->at.y += (w->goal.y - w->at.y) * step_m / left_m;
    }
}

static bool is_in(struct box_px view, struct image_px p)
{
    return p.x >= view.left && p.x < view.right && p.y >= view.top && p.y < view.bottom;
}

/* The box of somebody, with noise, cut by the edge of the picture. Returns false when the camera
 * does not see them: it has to see the feet and half the height. */
static bool see(struct builder *b, const struct town_camera *camera, const struct walker *w,
                struct observation *ret_observation)
{
    struct image_px foot, head;
    struct box_px view = camera->view;
    if (calibration_image_from_floor(camera->calibration, w->at, 0, &foot) < 0 ||
        calibration_image_from_floor(camera->calibration, w->at, w->height_m, &head) < 0)
        return false;
    struct image_px waist = { (foot.x + head.x) / 2, (foot.y + head.y) / 2 };
    if (!is_in(view, foot) || !is_in(view, waist) || uniform(b) > FOUND_SHARE)
        return false;
    double half = BODY_HALF_WIDTH * (foot.y - head.y);
    struct box_px box = { fmax(view.left, waist.x - half + TOWN_EDGE_SD_PX * normal(b)),
                          fmax(view.top, head.y + TOWN_EDGE_SD_PX * normal(b)),
                          fmin(view.right, waist.x + half + TOWN_EDGE_SD_PX * normal(b)),
                          fmin(view.bottom, foot.y + TOWN_EDGE_SD_PX * normal(b)) };
    struct observer observer = { .calibration = camera->calibration,
                                 .view = view,
                                 .edge_sd_px = TOWN_EDGE_SD_PX };
    struct finding finding = { .object_class = OBSERVATION_PERSON, .score = 0.9f, .box = box };
    return box.right > box.left && box.bottom > box.top &&
           observe(&observer, &finding, ret_observation) == 0;
}

static int film(struct builder *b, int round, int camera, int64_t capture_us)
{
    struct town *town = b->town;
    struct observation seen[MESSAGE_OBSERVATIONS_MAX];
    size_t count = 0;
    double reach_m = b->plan->kind == TOWN_HALL ? INFINITY : STORE_REACH_M;
    for (size_t i = 0; i < town->people && count < MESSAGE_OBSERVATIONS_MAX; i++)
        if (floor_distance2_m2(b->walkers[i].at, b->positions[camera]) < reach_m * reach_m)
            count += see(b, &town->cameras[camera], &b->walkers[i], &seen[count]);
    struct observation_frame *frame = &town->frames[round * town->camera_count + camera];
    *frame = (struct observation_frame){ .boot_id = 1,
                                         .sequence = (uint64_t) round,
                                         .capture_us = capture_us,
                                         .observation_count = count,
                                         .observations = malloc((count + 1) * sizeof(*seen)) };
    (void) snprintf(frame->camera, sizeof(frame->camera), "%s", town->cameras[camera].name);
    if (!frame->observations)
        return -ENOMEM;
    memcpy(frame->observations, seen, count * sizeof(*seen));
    town->observations += count;
    return 0;
}

/* Cameras film one after the other, spread over the time of a frame. */
static int film_all(struct builder *b)
{
    const struct town *town = b->town;
    int64_t period_us = US_PER_S / b->plan->rate_hz;
    int r = 0;
    for (int round = 0; r == 0 && round < town->rounds; round++)
        for (int c = 0; r == 0 && c < town->camera_count; c++) {
            r = film(b, round, c,
                     TOWN_START_US + round * period_us + c * period_us / town->camera_count);
            walk(b, (double) period_us / (double) US_PER_S / town->camera_count);
        }
    return r;
}

static int allocate(struct builder *b)
{
    struct town *town = b->town;
    size_t cameras = (size_t) b->plan->cameras;
    town->cameras = calloc(cameras, sizeof(*town->cameras));
    town->frames = calloc((size_t) b->plan->rounds * cameras, sizeof(*town->frames));
    b->positions = calloc(cameras, sizeof(*b->positions));
    return town->cameras && town->frames && b->positions ? 0 : -ENOMEM;
}

int town_create(const struct town_plan *plan, struct town **ret_town)
{
    if (plan->cameras < 1 || plan->rounds < 1 || plan->rate_hz < 1 || plan->people < 0)
        return -EINVAL;
    struct town *town = calloc(1, sizeof(*town));
    struct builder b = { .town = town, .plan = plan, .random = plan->seed };
    int r = town ? allocate(&b) : -ENOMEM;
    if (r == 0) {
        town->camera_count = plan->cameras;
        town->rounds = plan->rounds;
        r = build_floor(&b);
    }
    if (r == 0) {
        b.walkers = calloc(town->people + 1, sizeof(*b.walkers));
        r = b.walkers ? 0 : -ENOMEM;
    }
    if (r == 0) {
        place_people(&b);
        r = film_all(&b);
    }
    free(b.walkers);
    free(b.positions);
    if (r < 0)
        town_destroy(&town);
    else
        *ret_town = town;
    return r;
}

void town_destroy(struct town **town)
{
    struct town *t = *town;
    if (!t)
        return;
    for (int i = 0; t->frames && i < t->rounds * t->camera_count; i++)
        free(t->frames[i].observations);
    for (int i = 0; t->cameras && i < t->camera_count; i++)
        calibration_destroy(&t->cameras[i].calibration);
    floor_map_destroy(&t->map);
    free(t->cameras);
    free(t->frames);
    free(t);
    *town = NULL;
}
