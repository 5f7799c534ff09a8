/*
 * sensor.c - one simulated camera
 */
#include "sim/sensor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sim/random.h"

#define RAD_PER_DEG (M_PI / 180)
#define S_PER_H     3600.0

/* Thirty years: an outage as rare as that does not come. */
#define OUTAGE_WAIT_MAX_S 1e9

/* Feet count as visible when nothing this high hides them. */
#define FOOT_HIDDEN_M 0.1

/* Who is nearer. */
struct distance_key {
    double squared_m2;
    size_t target;
};

/* The boxes of all sights, edge by edge. */
struct edges {
    float *left, *top, *right, *bottom;
};

struct sensor {
    const struct sim_camera_config *camera;
    struct sim_sensor_config config;
    struct calibration *calibration;
    struct view view;
    struct viewshed *viewshed;
    struct sensor_detector *detector;
    struct random loss; /* of frames and of the whole camera */
    int64_t start_us, frame, next_us;
    double period_us, clock_offset_us, clock_drift;
    int64_t down_from_us, down_to_us; /* the next outage of chance, or the present one */
    struct sight *sights;             /* scratch, as many as there are people */
    struct sensor_seen *seen;
    struct silhouette *bodies; /* as the targets come */
    struct edges edges;        /* as the sights do */
    uint8_t *hits;
    struct distance_key *keys;
    size_t capacity;
};

/* A number of the run and the camera's name (FNV-1a): independent of the other cameras. */
static uint64_t seed_of(uint64_t seed, const char *id)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ seed;
    for (; *id; id++)
        hash = (hash ^ (unsigned char) *id) * UINT64_C(0x100000001B3);
    return hash;
}

static struct view_error draw_view_error(const struct sim_sensor_config *config,
                                         struct random *random)
{
    struct view_error error = { 0 };
    if (!config->noise)
        return error;
    for (int i = 0; i < 3; i++)
        error.rotation_rad[i] = config->rotation_sd_deg * RAD_PER_DEG * random_normal(random);
    for (int i = 0; i < 3; i++)
        error.shift_m[i] = config->shift_sd_m * random_normal(random);
    return error;
}

static void draw_clock(struct sensor *sensor, struct random *random)
{
    double offset_ms = sensor->camera->clock_offset_ms, drift_ppm = sensor->camera->clock_drift_ppm;
    if (sensor->config.noise) {
        offset_ms += sensor->config.clock_offset_sd_ms * random_normal(random);
        drift_ppm += sensor->config.clock_drift_sd_ppm * random_normal(random);
    }
    sensor->clock_offset_us = offset_ms * US_PER_MS;
    sensor->clock_drift = drift_ppm * 1e-6;
}

/* The outage of chance after `us`: an exponential wait and an exponential length. */
static void draw_outage(struct sensor *sensor, int64_t us)
{
    sensor->down_from_us = sensor->down_to_us = INT64_MAX;
    if (!sensor->config.noise || !(sensor->config.down_per_h > 0))
        return;
    double wait_s = -log(1 - random_uniform(&sensor->loss)) * S_PER_H / sensor->config.down_per_h;
    wait_s = fmin(wait_s, OUTAGE_WAIT_MAX_S);
    double length_s = -log(1 - random_uniform(&sensor->loss)) * sensor->config.down_mean_s;
    sensor->down_from_us = us + (int64_t) (wait_s * US_PER_S);
    sensor->down_to_us = sensor->down_from_us + (int64_t) (length_s * US_PER_S);
}

static int64_t stamp_of(const struct sensor *sensor, int64_t frame)
{
    return sensor->start_us + llround(sensor->camera->phase_ms * US_PER_MS) +
           llround((double) frame * sensor->period_us);
}

int sensor_create(const struct sim_camera_config *camera, const struct sim_sensor_config *config,
                  const struct height_field *field, struct floor_m low, struct floor_m high,
                  int64_t start_us, double fps, uint64_t seed, struct sensor **ret_sensor,
                  struct error *err)
{
    AUTO(sensor_destroy) struct sensor *sensor = calloc(1, sizeof(*sensor));
    if (!sensor)
        return error_set(err, -ENOMEM, "out of memory");
    uint64_t own = seed_of(seed, camera->id);
    struct random mounting = random_stream(own, 3), clock = random_stream(own, 4);
    sensor->camera = camera;
    sensor->config = *config;
    sensor->start_us = start_us;
    sensor->period_us = (double) US_PER_S / (fps > 0 ? fps : camera->fps);
    sensor->next_us = stamp_of(sensor, 0);
    sensor->loss = random_stream(own, 5);
    draw_clock(sensor, &clock);
    draw_outage(sensor, start_us);
    struct view_error error = draw_view_error(config, &mounting);
    int r = view_create(camera, &error, &sensor->view, &sensor->calibration, err);
    if (r < 0)
        return r;
    r = viewshed_create(field, sensor->view.position, sensor->view.height_m, &sensor->viewshed);
    if (r == 0)
        r = sensor_detector_create(&sensor->config, &sensor->view, low, high, own,
                                   &sensor->detector);
    if (r < 0)
        return error_set(err, r, "camera %s: %s", camera->id, strerror(-r));
    *ret_sensor = sensor;
    sensor = NULL;
    return 0;
}

static void release_scratch(struct sensor *sensor)
{
    free(sensor->sights);
    free(sensor->seen);
    free(sensor->bodies);
    free(sensor->edges.left); /* one piece of memory */
    free(sensor->hits);
    free(sensor->keys);
    sensor->sights = NULL;
    sensor->seen = NULL;
    sensor->bodies = NULL;
    sensor->edges = (struct edges){ 0 };
    sensor->hits = NULL;
    sensor->keys = NULL;
    sensor->capacity = 0;
}

void sensor_destroy(struct sensor **sensor)
{
    if (!*sensor)
        return;
    sensor_detector_destroy(&(*sensor)->detector);
    viewshed_destroy(&(*sensor)->viewshed);
    calibration_destroy(&(*sensor)->calibration);
    release_scratch(*sensor);
    free(*sensor);
    *sensor = NULL;
}

const char *sensor_id(const struct sensor *sensor)
{
    return sensor->camera->id;
}

const struct calibration *sensor_calibration(const struct sensor *sensor)
{
    return sensor->calibration;
}

const struct view *sensor_view(const struct sensor *sensor)
{
    return &sensor->view;
}

int64_t sensor_next_us(const struct sensor *sensor)
{
    return sensor->next_us;
}

int64_t sensor_true_us(const struct sensor *sensor, int64_t stamp_us)
{
    double ahead_us =
        sensor->clock_offset_us + sensor->clock_drift * (double) (stamp_us - sensor->start_us);
    return stamp_us - llround(ahead_us);
}

static bool is_down(struct sensor *sensor, int64_t stamp_us)
{
    const struct number_list *down = &sensor->camera->down_s;
    double at_s = (double) (stamp_us - sensor->start_us) / US_PER_S;
    for (size_t i = 0; i + 1 < down->count; i += 2)
        if (at_s >= down->values[i] && at_s < down->values[i + 1])
            return true;
    while (stamp_us >= sensor->down_to_us)
        draw_outage(sensor, sensor->down_to_us);
    return stamp_us >= sensor->down_from_us;
}

static int reserve(struct sensor *sensor, size_t count)
{
    if (count <= sensor->capacity)
        return 0;
    size_t room = 2 * count; /* what they held is of no use any more */
    release_scratch(sensor);
    sensor->sights = malloc(room * sizeof(*sensor->sights));
    sensor->seen = malloc(room * sizeof(*sensor->seen));
    sensor->bodies = malloc(room * sizeof(*sensor->bodies));
    sensor->hits = malloc(room);
    float *edges = malloc(4 * room * sizeof(*edges));
    if (edges)
        sensor->edges = (struct edges){ edges, edges + room, edges + 2 * room, edges + 3 * room };
    sensor->keys = malloc(room * sizeof(*sensor->keys));
    if (!sensor->sights || !sensor->seen || !sensor->bodies || !sensor->hits || !edges ||
        !sensor->keys)
        return -ENOMEM;
    sensor->capacity = room;
    return 0;
}

/* Whether to look at this body at all: a speck is nobody to any detector. */
static bool is_large_enough(const struct sensor *sensor, struct silhouette body)
{
    return body.bottom - body.top >= sensor->config.half_recall_px / 3;
}

/* Keys only are moved; a sight is large. */
static void sort_in(struct distance_key *keys, size_t count, struct distance_key key)
{
    for (; count > 0 && keys[count - 1].squared_m2 > key.squared_m2; count--)
        keys[count] = keys[count - 1];
    keys[count] = key;
}

/* Everybody who could be in the picture, nearest first. */
static size_t gather(struct sensor *sensor, const struct sensor_target *targets, size_t count)
{
    double bias_m = sensor->config.noise ? sensor->config.foot_bias_m : 0;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct silhouette *body = &sensor->bodies[i];
        if (!view_silhouette(&sensor->view, &targets[i].body, bias_m, body) ||
            !is_large_enough(sensor, *body))
            continue;
        double dx = targets[i].body.position.x - sensor->view.position.x;
        double dy = targets[i].body.position.y - sensor->view.position.y;
        sort_in(sensor->keys, found++,
                (struct distance_key){ .squared_m2 = dx * dx + dy * dy, .target = i });
    }
    for (size_t i = 0; i < found; i++) {
        size_t at = sensor->keys[i].target;
        sensor->sights[i] = (struct sight){ .target = &targets[at], .body = sensor->bodies[at] };
        sensor->edges.left[i] = (float) sensor->bodies[at].left;
        sensor->edges.top[i] = (float) sensor->bodies[at].top;
        sensor->edges.right[i] = (float) sensor->bodies[at].right;
        sensor->edges.bottom[i] = (float) sensor->bodies[at].bottom;
    }
    return found;
}

/* What shelves, walls and the picture's edge leave of a body. Returns the height hidden, m. */
static double hide_behind_shelves(struct sensor *sensor, struct sight *sight)
{
    const struct body *body = &sight->target->body;
    double hidden_m = viewshed_hidden_below_m(sensor->viewshed, body->position);
    struct image_px p;
    sight->lowest_px = INFINITY;
    sight->visible = BODY_MASK;
    if (hidden_m >= body->height_m) {
        sight->visible = 0;
        return hidden_m;
    }
    sight->visible &=
        ~silhouette_outside(sight->body, sensor->view.width_px, sensor->view.height_px);
    if (hidden_m > 0 &&
        view_project(&sensor->view, body->position.x, body->position.y, hidden_m, &p) > 0) {
        sight->lowest_px = p.y;
        sight->visible &= ~silhouette_below(sight->body, p.y);
    }
    return hidden_m;
}

static double overlap_iou(struct silhouette a, struct silhouette b)
{
    return box_iou((struct box_px){ a.left, a.top, a.right, a.bottom },
                   (struct box_px){ b.left, b.top, b.right, b.bottom });
}

/*
 * Which of the first `count` bodies share anything with a body. Edges by themselves and no branch,
 * so that compilers look at four at once: this is done for each pair of people of each picture.
 */
static void find_overlaps(const struct edges *e, struct silhouette body, size_t count,
                          uint8_t *ret_hits)
{
    float left = (float) body.left, right = (float) body.right;
    float top = (float) body.top, bottom = (float) body.bottom;
    for (size_t i = 0; i < count; i++)
        ret_hits[i] = (e->left[i] < right) & (e->right[i] > left) & (e->top[i] < bottom) &
                      (e->bottom[i] > top);
}

/* What nearer people leave of it. */
static void hide_behind_people(struct sensor *sensor, size_t index)
{
    struct sight *sights = sensor->sights, *sight = &sights[index];
    find_overlaps(&sensor->edges, sight->body, index, sensor->hits);
    for (size_t i = 0; i < index; i++) {
        if (!sensor->hits[i])
            continue;
        uint64_t covered = silhouette_covered(sight->body, sights[i].body);
        if (covered == 0 || sights[i].lowest_px <= sights[i].body.top)
            continue;
        sight->visible &= ~covered;
        if (!sight->visible)
            return;
        float iou = (float) overlap_iou(sight->body, sights[i].body);
        if (iou > sight->overlap_iou) {
            sight->overlap_iou = iou;
            sight->overlaps = (uint32_t) i;
        }
    }
}

static void judge(struct sensor *sensor, size_t count, struct sensor_picture *picture)
{
    for (size_t i = 0; i < count; i++) {
        struct sight *sight = &sensor->sights[i];
        double hidden_m = hide_behind_shelves(sensor, sight);
        if (sight->visible)
            hide_behind_people(sensor, i);
        if (sight->visible == 0)
            continue;
        sensor->seen[picture->seen_count++] = (struct sensor_seen){
            .id = sight->target->id,
            .mannequin = sight->target->mannequin,
            .visible = (float) __builtin_popcountll(sight->visible) / BODY_BITS,
            .foot = hidden_m < FOOT_HIDDEN_M &&
                    2 * __builtin_popcountll(sight->visible & FOOT_MASK) >= BODY_COLUMNS,
            .head = 2 * __builtin_popcountll(sight->visible & HEAD_MASK) >= HEAD_BITS,
        };
    }
    picture->seen = sensor->seen;
}

int sensor_look(struct sensor *sensor, const struct sensor_target *targets, size_t count,
                struct sensor_picture *ret_picture)
{
    int64_t stamp_us = sensor->next_us;
    sensor->next_us = stamp_of(sensor, ++sensor->frame);
    *ret_picture = (struct sensor_picture){ 0 };
    bool dropped =
        sensor->config.noise && random_uniform(&sensor->loss) < sensor->config.drop_probability;
    if (is_down(sensor, stamp_us) || dropped)
        return 0;
    int r = reserve(sensor, count);
    if (r < 0)
        return r;
    ret_picture->taken = true;
    size_t sights = gather(sensor, targets, count);
    judge(sensor, sights, ret_picture);
    struct sensor_boxes boxes;
    r = sensor_detector_look(sensor->detector, stamp_us, sensor->sights, sights, &boxes);
    if (r < 0)
        return r;
    ret_picture->boxes = boxes.items;
    ret_picture->box_count = boxes.count;
    return 0;
}
