/*
 * sensor_detect.c - the detector of one simulated camera
 */
#include "sim/sensor_detect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "sim/random.h"

/* From "never found" to "found" over about six of these. */
#define RECALL_SOFT_VISIBLE 0.08
#define RECALL_SOFT_HEIGHT  0.2 /* of half_recall_px */

/* A detector's width is less sure than its height: arms and bags. */
#define WIDTH_JITTER 1.5

/* Head: its height and width as parts of the person's height. */
#define HEAD_HEIGHT 0.13
#define HEAD_WIDTH  0.095

/* The upper body, when it gets a box of its own. */
#define DOUBLE_LOW  0.5
#define DOUBLE_HIGH 0.7

/* Scores: how sure the detector says it is. */
#define SCORE_LEAST      0.30
#define SCORE_SPAN       0.65
#define SCORE_SD         0.08
#define SCORE_FALSE      0.45
#define SCORE_FALSE_SD   0.12
#define FALSE_HEIGHT_M   1.6
#define FALSE_HEIGHT_SD  0.25
#define FALSE_RADIUS_M   0.22
#define FALSE_TRIES      20
#define FALSE_PLACES_MAX 1000

/* An edge this near to the picture's edge was cut there and does not jitter. */
#define CUT_PX 0.5

/* A box smaller than this is none. */
#define LEAST_PX 2.0

/* What lasts about one person, or one place, in this camera's eyes. */
struct memory {
    int64_t id;                /* 0: nobody yet */
    int64_t seen_us, drawn_us; /* drawn_us 0: never */
    bool missed, head_missed;
    float middle, width, top, bottom; /* errors of the box, standard deviations */
};

struct place {
    struct silhouette body;
    struct memory memory;
};

/* What is left of an error after a while; frames come evenly, so the last answer mostly holds. */
struct decay {
    int64_t step_us; /* -1: nothing asked yet */
    double keep;
};

struct sensor_detector {
    struct sim_sensor_config config;
    const struct view *view;
    struct floor_m low, high;
    uint64_t merge_seed;
    struct random people, nobody; /* streams: of errors about people, and of false boxes */
    struct memory *memories;      /* by slot */
    size_t memory_count;
    struct place *places;
    size_t place_count;
    struct sensor_box *boxes;
    size_t box_count, box_capacity;
    uint32_t *box_of; /* by sight: index of its box + 1; 0: not found */
    size_t box_of_capacity;
    struct decay jitter, miss;
};

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

double sensor_recall(const struct sim_sensor_config *config, double height_px, double visible)
{
    if (!config->noise)
        return height_px >= config->half_recall_px && visible >= config->half_recall_visible;
    double tall = 1;
    if (config->half_recall_px > 0 && height_px < 3 * config->half_recall_px)
        tall = logistic((height_px / config->half_recall_px - 1) / RECALL_SOFT_HEIGHT);
    double shown = logistic((visible - config->half_recall_visible) / RECALL_SOFT_VISIBLE);
    return config->recall * tall * shown;
}

static double decay_after(struct decay *decay, double time_s, int64_t step_us)
{
    if (step_us != decay->step_us) {
        decay->step_us = step_us;
        decay->keep = time_s > 0 ? exp(-(double) step_us / US_PER_S / time_s) : 0;
    }
    return decay->keep;
}

/*
 * A two-state Markov chain in continuous time, of which the share of time missed is 1 - recall
 * whatever the frame rate.
 */
static bool misses(struct random *random, double recall, double keep, bool missed)
{
    double miss = 1 - recall;
    miss = missed ? miss + (1 - miss) * keep : miss * (1 - keep);
    return random_uniform(random) < miss;
}

/* Whether a body or a place is missed in this frame. Returns how much of the frame before lasts. */
static double remember(struct sensor_detector *d, struct random *random, struct memory *memory,
                       int64_t id, int64_t time_us, double recall)
{
    bool first = memory->id != id;
    if (first) /* the chain begins in its long-run state */
        *memory = (struct memory){ .id = id };
    double keep = first ? 0 : decay_after(&d->miss, d->config.miss_s, time_us - memory->seen_us);
    memory->seen_us = time_us;
    memory->missed = misses(random, recall, keep, memory->missed);
    return keep;
}

/* An autoregressive error of standard deviation 1. */
static float drift(struct random *random, double keep, double fresh, float error)
{
    return (float) (keep * (double) error + fresh * random_normal(random));
}

/* The errors of a box that is drawn now; they have gone on while nothing was drawn. */
static void drift_edges(struct sensor_detector *d, struct random *random, struct memory *memory,
                        int64_t time_us)
{
    double keep = 0;
    if (memory->drawn_us != 0)
        keep = decay_after(&d->jitter, d->config.jitter_s, time_us - memory->drawn_us);
    double fresh = sqrt(1 - keep * keep);
    memory->drawn_us = time_us;
    memory->middle = drift(random, keep, fresh, memory->middle);
    memory->width = drift(random, keep, fresh, memory->width);
    memory->top = drift(random, keep, fresh, memory->top);
    memory->bottom = drift(random, keep, fresh, memory->bottom);
}

static int reserve(struct sensor_detector *d, const struct sight *sights, size_t count)
{
    size_t slots = d->memory_count;
    for (size_t i = 0; i < count; i++)
        if (sights[i].target->slot >= slots)
            slots = sights[i].target->slot + 1;
    if (slots > d->memory_count) {
        struct memory *grown = realloc(d->memories, 2 * slots * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        memset(grown + d->memory_count, 0, (2 * slots - d->memory_count) * sizeof(*grown));
        d->memories = grown;
        d->memory_count = 2 * slots;
    }
    if (count > d->box_of_capacity) {
        uint32_t *grown = realloc(d->box_of, 2 * count * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        d->box_of = grown;
        d->box_of_capacity = 2 * count;
    }
    return 0;
}

/* One more box, to be filled; NULL when out of memory. */
static struct sensor_box *add_box(struct sensor_detector *d)
{
    if (d->box_count == d->box_capacity) {
        size_t capacity = d->box_capacity ? 2 * d->box_capacity : 64;
        struct sensor_box *grown = realloc(d->boxes, capacity * sizeof(*grown));
        if (!grown)
            return NULL;
        d->boxes = grown;
        d->box_capacity = capacity;
    }
    return &d->boxes[d->box_count++];
}

static float score_around(struct random *random, double mean, double sd)
{
    return (float) fmin(fmax(mean + sd * random_normal(random), 0.05), 0.99);
}

/* The part inside the picture. Returns false when there is hardly any. */
static bool clip(const struct view *view, struct box_px *box)
{
    box->left = fmax(box->left, 0);
    box->top = fmax(box->top, 0);
    box->right = fmin(box->right, view->width_px);
    box->bottom = fmin(box->bottom, view->height_px);
    return box->right - box->left >= LEAST_PX && box->bottom - box->top >= LEAST_PX;
}

/* Move the edges by what the detector gets wrong about a body this tall in the picture. */
static struct box_px jittered(const struct sensor_detector *d, struct box_px box,
                              const struct memory *memory, double height_px)
{
    if (!d->config.noise)
        return box;
    double part_px = d->config.jitter_fraction * height_px;
    double sd_px = sqrt(d->config.edge_sd_px * d->config.edge_sd_px + part_px * part_px);
    double shift = sd_px * (double) memory->middle;
    double grow = WIDTH_JITTER * sd_px * (double) memory->width / 2;
    struct box_px moved = { box.left + shift - grow, box.top + sd_px * (double) memory->top,
                            box.right + shift + grow,
                            box.bottom + sd_px * (double) memory->bottom };
    if (box.left < CUT_PX)
        moved.left = box.left;
    if (box.top < CUT_PX)
        moved.top = box.top;
    if (box.right > d->view->width_px - CUT_PX)
        moved.right = box.right;
    if (box.bottom > d->view->height_px - CUT_PX)
        moved.bottom = box.bottom;
    return moved;
}

/* What shows of a body, cut by the picture's edge and by shelves. */
static struct box_px visible_box(const struct view *view, const struct sight *sight)
{
    struct silhouette s = silhouette_visible_box(sight->body, sight->visible);
    struct box_px box = { s.left, s.top, s.right, fmin(s.bottom, sight->lowest_px) };
    (void) clip(view, &box);
    return box;
}

static void look_alike(struct sensor_detector *d, const struct sight *sight, double visible,
                       struct sensor_box *box)
{
    if (!d->config.appearance)
        return;
    /* Half a body tells half: the noise grows as the picture of the person shrinks. */
    double sd = d->config.noise ? d->config.appearance_sd / sqrt(fmax(visible, 0.1)) : 0;
    for (int i = 0; i < SIM_APPEARANCE; i++)
        box->appearance[i] =
            sight->target->appearance[i] + (float) (sd > 0 ? sd * random_normal(&d->people) : 0);
}

/* The box around a person who was found. Returns 1, 0 when there is nothing to draw, -ENOMEM. */
static int draw_person(struct sensor_detector *d, const struct sight *sight,
                       const struct memory *memory, double recall)
{
    double height_px = sight->body.bottom - sight->body.top;
    double visible = (double) __builtin_popcountll(sight->visible) / BODY_BITS;
    struct box_px box = jittered(d, visible_box(d->view, sight), memory, height_px);
    if (!clip(d->view, &box))
        return 0;
    struct sensor_box *out = add_box(d);
    if (!out)
        return -ENOMEM;
    *out = (struct sensor_box){
        .id = sight->target->mannequin ? 0 : sight->target->id,
        .object_class = OBSERVATION_PERSON,
        .score = d->config.noise
                     ? score_around(&d->people, SCORE_LEAST + SCORE_SPAN * recall, SCORE_SD)
                     : 1,
        .box = box,
    };
    look_alike(d, sight, visible, out);
    return 1;
}

static int draw_head(struct sensor_detector *d, const struct sight *sight, struct memory *memory,
                     double recall, double keep)
{
    int bits = __builtin_popcountll(sight->visible & HEAD_MASK);
    if (2 * bits < HEAD_BITS)
        return 0;
    memory->head_missed =
        d->config.noise ? misses(&d->people, recall, keep, memory->head_missed) : recall < 0.5;
    if (memory->head_missed)
        return 0;
    double height_px = sight->body.bottom - sight->body.top;
    double middle = (sight->body.left + sight->body.right) / 2, half = HEAD_WIDTH * height_px / 2;
    struct box_px box = { middle - half, sight->body.top, middle + half,
                          sight->body.top + HEAD_HEIGHT * height_px };
    if (d->config.noise) { /* drawn by itself: not with the body's errors */
        double sd_px =
            hypot(d->config.edge_sd_px, d->config.jitter_fraction * HEAD_HEIGHT * height_px);
        double *edges[] = { &box.left, &box.top, &box.right, &box.bottom };
        for (size_t i = 0; i < ARRAY_LENGTH(edges); i++)
            *edges[i] += sd_px * random_normal(&d->people);
    }
    if (!clip(d->view, &box))
        return 0;
    struct sensor_box *out = add_box(d);
    if (!out)
        return -ENOMEM;
    *out =
        (struct sensor_box){ .id = sight->target->mannequin ? 0 : sight->target->id,
                             .object_class = OBSERVATION_HEAD,
                             .score = d->config.noise ? score_around(&d->people, 0.8, SCORE_SD) : 1,
                             .box = box };
    look_alike(d, sight, 1, out);
    return 0;
}

/* Sometimes the upper body gets a box as well. */
static int draw_double(struct sensor_detector *d, struct sensor_box person)
{
    if (!d->config.noise || !(random_uniform(&d->people) < d->config.double_probability))
        return 0;
    double part = DOUBLE_LOW + (DOUBLE_HIGH - DOUBLE_LOW) * random_uniform(&d->people);
    person.box.bottom = person.box.top + part * (person.box.bottom - person.box.top);
    person.score = score_around(&d->people, SCORE_FALSE, SCORE_FALSE_SD);
    if (!clip(d->view, &person.box))
        return 0;
    struct sensor_box *out = add_box(d);
    if (!out)
        return -ENOMEM;
    *out = person;
    return 0;
}

/* splitmix64's finalizer: a number that looks random for each input (Steele et al. 2014). */
static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/*
 * Whether two people make one box now. The answer of a pair holds for merge_s; it is a function of
 * pair and time, so that nothing has to be remembered about pairs.
 */
static bool pair_merges(const struct sensor_detector *d, int64_t a, int64_t b, int64_t time_us)
{
    uint64_t pair = mixed(d->merge_seed ^ mixed((uint64_t) (a < b ? a : b)) ^
                          mixed(~(uint64_t) (a < b ? b : a)));
    int64_t length_us = (int64_t) (d->config.merge_s * US_PER_S);
    uint64_t shifted = (uint64_t) time_us + pair % (uint64_t) length_us;
    uint64_t episode = mixed(pair ^ (shifted / (uint64_t) length_us));
    return (double) (episode >> 11) * 0x1p-53 < d->config.merge_probability;
}

/* The box of a nearer person swallows this one's. */
static bool merge(struct sensor_detector *d, const struct sight *sights, size_t index,
                  int64_t time_us)
{
    const struct sight *s = &sights[index];
    if (!d->config.noise || !((double) s->overlap_iou > d->config.merge_iou))
        return false;
    uint32_t into = d->box_of[s->overlaps];
    if (into == 0 || !pair_merges(d, s->target->id, sights[s->overlaps].target->id, time_us))
        return false;
    struct box_px box = visible_box(d->view, s), *whole = &d->boxes[into - 1].box;
    whole->left = fmin(whole->left, box.left);
    whole->top = fmin(whole->top, box.top);
    whole->right = fmax(whole->right, box.right);
    whole->bottom = fmax(whole->bottom, box.bottom);
    d->box_of[index] = into;
    return true;
}

static int look_at_person(struct sensor_detector *d, const struct sight *sights, size_t index,
                          int64_t time_us)
{
    const struct sight *s = &sights[index];
    d->box_of[index] = 0;
    if (s->visible == 0)
        return 0;
    struct memory *memory = &d->memories[s->target->slot];
    double visible = (double) __builtin_popcountll(s->visible) / BODY_BITS;
    double height_px = s->body.bottom - s->body.top;
    double recall = sensor_recall(&d->config, height_px, visible);
    double keep = 0;
    if (d->config.noise)
        keep = remember(d, &d->people, memory, s->target->id, time_us, recall);
    bool found = d->config.noise ? !memory->missed : recall > 0;
    int r = 0;
    if (found && !merge(d, sights, index, time_us)) {
        if (d->config.noise)
            drift_edges(d, &d->people, memory, time_us);
        r = draw_person(d, s, memory, recall);
        if (r > 0) {
            d->box_of[index] = (uint32_t) d->box_count;
            r = draw_double(d, d->boxes[d->box_count - 1]);
        }
    }
    if (r == 0 && d->config.heads)
        r = draw_head(d, s, memory, sensor_recall(&d->config, height_px, 1), keep);
    return r;
}

/* Somewhere on the floor, a body that is in the picture. Returns false when chance finds none. */
static bool find_nowhere(struct sensor_detector *d, struct silhouette *ret)
{
    for (int i = 0; i < FALSE_TRIES; i++) {
        struct body body = {
            .position = { d->low.x + (d->high.x - d->low.x) * random_uniform(&d->nobody),
                          d->low.y + (d->high.y - d->low.y) * random_uniform(&d->nobody) },
            .height_m = FALSE_HEIGHT_M + FALSE_HEIGHT_SD * random_normal(&d->nobody),
            .radius_m = FALSE_RADIUS_M,
        };
        if (body.height_m > 0.5 && view_silhouette(d->view, &body, 0, ret) &&
            ret->bottom - ret->top >= d->config.half_recall_px)
            return true;
    }
    return false;
}

static int draw_false(struct sensor_detector *d, struct silhouette body,
                      const struct memory *memory)
{
    struct box_px box = { body.left, body.top, body.right, body.bottom };
    (void) clip(d->view, &box);
    if (memory)
        box = jittered(d, box, memory, body.bottom - body.top);
    if (!clip(d->view, &box))
        return 0;
    struct sensor_box *out = add_box(d);
    if (!out)
        return -ENOMEM;
    *out = (struct sensor_box){
        .object_class = OBSERVATION_PERSON,
        .score = score_around(&d->nobody, SCORE_FALSE, SCORE_FALSE_SD),
        .box = box,
    };
    if (d->config.appearance)
        for (int i = 0; i < SIM_APPEARANCE; i++)
            out->appearance[i] = (float) (random_normal(&d->nobody) / sqrt(SIM_APPEARANCE));
    return 0;
}

static int look_at_nothing(struct sensor_detector *d, int64_t time_us)
{
    int r = 0;
    for (size_t i = 0; i < d->place_count && r == 0; i++) {
        struct place *place = &d->places[i];
        (void) remember(d, &d->nobody, &place->memory, 1, time_us, d->config.false_place_recall);
        if (place->memory.missed)
            continue;
        drift_edges(d, &d->nobody, &place->memory, time_us);
        r = draw_false(d, place->body, &place->memory);
    }
    int boxes = random_poisson(&d->nobody, d->config.false_per_frame);
    for (int i = 0; i < boxes && r == 0; i++) {
        struct silhouette body;
        if (find_nowhere(d, &body))
            r = draw_false(d, body, NULL);
    }
    return r;
}

int sensor_detector_look(struct sensor_detector *d, int64_t time_us, const struct sight *sights,
                         size_t count, struct sensor_boxes *ret_boxes)
{
    d->box_count = 0;
    int r = reserve(d, sights, count);
    for (size_t i = 0; i < count && r == 0; i++)
        r = look_at_person(d, sights, i, time_us);
    if (r == 0 && d->config.noise)
        r = look_at_nothing(d, time_us);
    *ret_boxes = (struct sensor_boxes){ .items = d->boxes, .count = d->box_count };
    return r;
}

static int find_places(struct sensor_detector *d)
{
    int wanted = random_poisson(&d->nobody, d->config.false_places);
    if (wanted > FALSE_PLACES_MAX)
        wanted = FALSE_PLACES_MAX;
    d->places = calloc((size_t) wanted + 1, sizeof(*d->places));
    if (!d->places)
        return -ENOMEM;
    for (int i = 0; i < wanted; i++)
        if (find_nowhere(d, &d->places[d->place_count].body))
            d->place_count++;
    return 0;
}

int sensor_detector_create(const struct sim_sensor_config *config, const struct view *view,
                           struct floor_m low, struct floor_m high, uint64_t seed,
                           struct sensor_detector **ret_detector)
{
    AUTO(sensor_detector_destroy) struct sensor_detector *d = calloc(1, sizeof(*d));
    if (!d)
        return -ENOMEM;
    d->config = *config;
    d->view = view;
    d->low = low;
    d->high = high;
    d->merge_seed = mixed(seed);
    d->people = random_stream(seed, 1);
    d->nobody = random_stream(seed, 2);
    d->jitter.step_us = d->miss.step_us = -1;
    int r = find_places(d);
    if (r < 0)
        return r;
    *ret_detector = d;
    d = NULL;
    return 0;
}

void sensor_detector_destroy(struct sensor_detector **detector)
{
    if (!*detector)
        return;
    free((*detector)->memories);
    free((*detector)->places);
    free((*detector)->boxes);
    free((*detector)->box_of);
    free(*detector);
    *detector = NULL;
}
