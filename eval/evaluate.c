/*
 * evaluate.c - how near a result is to the truth
 *
 * The first reading counts everything but HOTA's matches, which need to know how well each person
 * and track agree over the whole file; the second reading counts those.
 */
#include "eval/evaluate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "eval/identities.h"
#include "eval/pairing.h"
#include "geom/assignment.h"

#define SCRATCH_BYTES ((size_t) 64 * 1024)
#define NO_TRACK      UINT32_MAX

/* Found in more than this share of their times: mostly tracked; in less than that: mostly lost. */
#define MOSTLY_TRACKED 0.8
#define MOSTLY_LOST    0.2

/* What is counted of one person, or of one track (times only). */
struct life {
    uint64_t times, found;
    uint64_t segments;  /* found again after not having been */
    uint32_t track;     /* that they had last; NO_TRACK: none yet */
    uint32_t now_track; /* that they have at the time before this; NO_TRACK: none */
    uint64_t now_time;  /* number of that time */
};

struct lives {
    struct identity_map map;
    struct life *items;
    size_t capacity;
};

struct heat_cells {
    struct identity_map map;
    double *truth_s, *result_s;
    size_t capacity;
};

struct hota {
    uint64_t matched[HOTA_THRESHOLDS];
    double similarity[HOTA_THRESHOLDS]; /* of the matches, summed */
};

struct scorer {
    const struct evaluate_options *options;
    struct lives people, tracks;
    struct pair_table pairs;
    struct heat_cells heat;
    struct hota hota;
    struct evaluation sums; /* counts as they grow */
    double detection_error_m, tracking_error_m, count_error;
    int64_t tracking_matched;
    uint64_t step_us; /* between the last two truth times */
    struct arena *scratch;
};

/* One time, with the numbers of everybody and all distances. */
struct scene {
    const struct moment_point *truth, *result;
    uint32_t *people, *tracks;
    size_t rows, columns;
    double *distance_m; /* rows x columns; INFINITY on different floors */
};

static int life_of(struct lives *lives, int64_t id, uint32_t *ret_number)
{
    int r = identity_map_number(&lives->map, id, ret_number);
    if (r < 0 || *ret_number < lives->capacity)
        return r;
    size_t capacity = lives->capacity ? 2 * lives->capacity : 64;
    struct life *items = reallocarray(lives->items, capacity, sizeof(*items));
    if (!items)
        return -ENOMEM;
    for (size_t i = lives->capacity; i < capacity; i++)
        items[i] = (struct life){ .track = NO_TRACK, .now_track = NO_TRACK };
    lives->items = items;
    lives->capacity = capacity;
    return 0;
}

static int number_points(struct scorer *s, struct lives *lives, const struct moment_point *points,
                         size_t count, uint32_t **ret_numbers)
{
    *ret_numbers = arena_allocate(s->scratch, count, sizeof(**ret_numbers));
    int r = *ret_numbers ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = life_of(lives, points[i].id, &(*ret_numbers)[i]);
    return r;
}

static double distance_of(const struct moment_point *a, const struct moment_point *b)
{
    return a->floor == b->floor ? floor_distance_m(a->position, b->position) : INFINITY;
}

static int set_scene(struct scorer *s, const struct paired_moment *moment, struct scene *ret_scene)
{
    struct scene scene = { .truth = moment->truth->points,
                           .rows = moment->truth->count,
                           .result = moment->result ? moment->result->points : NULL,
                           .columns = moment->result ? moment->result->count : 0 };
    int r = number_points(s, &s->people, scene.truth, scene.rows, &scene.people);
    if (r == 0)
        r = number_points(s, &s->tracks, scene.result, scene.columns, &scene.tracks);
    if (r < 0)
        return r;
    scene.distance_m =
        arena_allocate(s->scratch, scene.rows * scene.columns, sizeof(*scene.distance_m));
    if (!scene.distance_m)
        return -ENOMEM;
    for (size_t i = 0; i < scene.rows; i++)
        for (size_t j = 0; j < scene.columns; j++)
            scene.distance_m[i * scene.columns + j] =
                distance_of(&scene.truth[i], &scene.result[j]);
    *ret_scene = scene;
    return 0;
}

/* ---- detection: each time on its own ---- */

/* The best matching within the radius; rows that have a column already keep it. */
static int match_scene(struct scorer *s, const struct scene *scene, size_t *column_of)
{
    size_t cells = scene->rows * scene->columns;
    double *cost = arena_allocate(s->scratch, cells, sizeof(*cost));
    bool *used = arena_allocate(s->scratch, scene->columns, sizeof(*used));
    size_t *chosen = arena_allocate(s->scratch, scene->rows, sizeof(*chosen));
    if (!cost || !used || !chosen)
        return -ENOMEM;
    for (size_t i = 0; i < scene->rows; i++)
        if (column_of[i] != ASSIGNMENT_NONE)
            used[column_of[i]] = true;
    for (size_t i = 0; i < scene->rows; i++)
        for (size_t j = 0; j < scene->columns; j++) {
            double d = scene->distance_m[i * scene->columns + j];
            bool free_pair = column_of[i] == ASSIGNMENT_NONE && !used[j];
            cost[i * scene->columns + j] =
                free_pair && d <= s->options->radius_m ? d : ASSIGNMENT_FORBIDDEN;
        }
    int r = cells ? assignment_solve(cost, scene->rows, scene->columns, s->scratch, chosen) : 0;
    for (size_t i = 0; r >= 0 && cells && i < scene->rows; i++)
        if (column_of[i] == ASSIGNMENT_NONE)
            column_of[i] = chosen[i];
    return r < 0 ? r : 0;
}

static size_t *nobody_matched(struct scorer *s, const struct scene *scene)
{
    size_t *column_of = arena_allocate(s->scratch, scene->rows, sizeof(*column_of));
    for (size_t i = 0; column_of && i < scene->rows; i++)
        column_of[i] = ASSIGNMENT_NONE;
    return column_of;
}

/* False points beside somebody who has their match. */
static int64_t count_doubled(const struct scorer *s, const struct scene *scene,
                             const size_t *column_of)
{
    int64_t doubled = 0;
    for (size_t j = 0; j < scene->columns; j++) {
        bool used = false, beside = false;
        for (size_t i = 0; i < scene->rows; i++) {
            used |= column_of[i] == j;
            beside |= column_of[i] != ASSIGNMENT_NONE &&
                      scene->distance_m[i * scene->columns + j] <= s->options->radius_m;
        }
        doubled += beside && !used;
    }
    return doubled;
}

static int count_detections(struct scorer *s, const struct scene *scene)
{
    size_t *column_of = nobody_matched(s, scene);
    int r = column_of ? match_scene(s, scene, column_of) : -ENOMEM;
    if (r < 0)
        return r;
    int64_t matched = 0;
    for (size_t i = 0; i < scene->rows; i++) {
        if (column_of[i] == ASSIGNMENT_NONE)
            continue;
        matched++;
        s->detection_error_m += scene->distance_m[i * scene->columns + column_of[i]];
    }
    int64_t truth = (int64_t) scene->rows, result = (int64_t) scene->columns;
    s->sums.times++;
    s->sums.truth += truth;
    s->sums.result += result;
    s->sums.matched += matched;
    s->sums.doubled += count_doubled(s, scene, column_of);
    s->count_error += fabs((double) (result - truth));
    return 0;
}

/* ---- tracking: from time to time ---- */

/* Who had a track at the time before keeps it while it is within the radius. */
static void keep_matches(struct scorer *s, const struct scene *scene, size_t *column_of)
{
    for (size_t i = 0; i < scene->rows; i++) {
        const struct life *person = &s->people.items[scene->people[i]];
        if (person->now_track == NO_TRACK || person->now_time + 1 != (uint64_t) s->sums.times)
            continue;
        for (size_t j = 0; j < scene->columns; j++)
            if (scene->tracks[j] == person->now_track &&
                scene->distance_m[i * scene->columns + j] <= s->options->radius_m)
                column_of[i] = j;
    }
}

static void count_person(struct scorer *s, const struct scene *scene, size_t row, size_t column)
{
    struct life *person = &s->people.items[scene->people[row]];
    bool was_found =
        person->now_track != NO_TRACK && person->now_time + 1 == (uint64_t) s->sums.times;
    person->times++;
    if (column == ASSIGNMENT_NONE) {
        person->now_track = NO_TRACK;
        return;
    }
    uint32_t track = scene->tracks[column];
    person->found++;
    person->segments += !was_found;
    s->sums.id_switches += person->track != NO_TRACK && person->track != track;
    person->track = person->now_track = track;
    person->now_time = (uint64_t) s->sums.times;
    s->tracking_matched++;
    s->tracking_error_m += scene->distance_m[row * scene->columns + column];
}

static int count_tracking(struct scorer *s, const struct scene *scene)
{
    size_t *column_of = nobody_matched(s, scene);
    if (!column_of)
        return -ENOMEM;
    keep_matches(s, scene, column_of);
    int r = match_scene(s, scene, column_of);
    for (size_t i = 0; r == 0 && i < scene->rows; i++)
        count_person(s, scene, i, column_of[i]);
    for (size_t j = 0; j < scene->columns; j++)
        s->tracks.items[scene->tracks[j]].times++;
    return r;
}

/* ---- identities: who agrees with whom, how often ---- */

static double similarity(const struct scorer *s, double distance_m)
{
    return fmax(0, 1 - distance_m / (2 * s->options->radius_m));
}

static int count_pairs(struct scorer *s, const struct scene *scene)
{
    double *row_sum = arena_allocate(s->scratch, scene->rows, sizeof(*row_sum));
    double *column_sum = arena_allocate(s->scratch, scene->columns, sizeof(*column_sum));
    if (!row_sum || !column_sum)
        return -ENOMEM;
    for (size_t i = 0; i < scene->rows; i++)
        for (size_t j = 0; j < scene->columns; j++) {
            double similar = similarity(s, scene->distance_m[i * scene->columns + j]);
            row_sum[i] += similar;
            column_sum[j] += similar;
        }
    for (size_t i = 0; i < scene->rows; i++)
        for (size_t j = 0; j < scene->columns; j++) {
            double d = scene->distance_m[i * scene->columns + j], similar = similarity(s, d);
            if (similar <= 0)
                continue;
            struct pair_counts *pair =
                pair_table_get(&s->pairs, scene->people[i], scene->tracks[j]);
            if (!pair)
                return -ENOMEM;
            pair->within += d <= s->options->radius_m;
            pair->shared += similar / (row_sum[i] + column_sum[j] - similar);
        }
    return 0;
}

/* ---- heat ---- */

static int add_heat(struct scorer *s, const struct moment_point *points, size_t count,
                    double seconds, bool is_truth)
{
    struct heat_cells *heat = &s->heat;
    for (size_t i = 0; i < count; i++) {
        int64_t column = (int64_t) floor(points[i].position.x / s->options->cell_m);
        int64_t row = (int64_t) floor(points[i].position.y / s->options->cell_m);
        int64_t key = (int64_t) (((uint64_t) column << 32 | (uint32_t) row) ^ points[i].floor);
        uint32_t cell;
        int r = identity_map_number(&heat->map, key, &cell);
        if (r < 0)
            return r;
        if (cell >= heat->capacity) {
            size_t capacity = heat->capacity ? 2 * heat->capacity : 256;
            double *truth = reallocarray(heat->truth_s, capacity, sizeof(*truth));
            if (truth)
                heat->truth_s = truth;
            double *result = reallocarray(heat->result_s, capacity, sizeof(*result));
            if (result)
                heat->result_s = result;
            if (!truth || !result)
                return -ENOMEM;
            for (size_t k = heat->capacity; k < capacity; k++)
                truth[k] = result[k] = 0;
            heat->capacity = capacity;
        }
        *(is_truth ? &heat->truth_s[cell] : &heat->result_s[cell]) += seconds;
    }
    return 0;
}

static int count_heat(struct scorer *s, const struct scene *scene, const struct paired_moment *m)
{
    if (m->until_us != INT64_MAX) /* the last time lasts as long as the one before */
        s->step_us = (uint64_t) m->until_us - (uint64_t) m->truth->time_us;
    if (s->step_us > (uint64_t) EVALUATE_DWELL_MAX_US)
        s->step_us = (uint64_t) EVALUATE_DWELL_MAX_US;
    double seconds = (double) s->step_us / 1e6;
    int r = add_heat(s, scene->truth, scene->rows, seconds, true);
    return r < 0 ? r : add_heat(s, scene->result, scene->columns, seconds, false);
}

/* ---- HOTA: the second reading ---- */

/* How well a person and a track agree over the whole file, 0..1. */
static double alignment(const struct scorer *s, uint32_t person, uint32_t track)
{
    const struct pair_counts *pair = pair_table_find(&s->pairs, person, track);
    if (!pair)
        return 0;
    double all = (double) (s->people.items[person].times + s->tracks.items[track].times);
    return pair->shared / (all - pair->shared);
}

static int count_hota_match(struct scorer *s, const struct scene *scene, size_t row, size_t column)
{
    double similar = similarity(s, scene->distance_m[row * scene->columns + column]);
    struct pair_counts *pair = pair_table_get(&s->pairs, scene->people[row], scene->tracks[column]);
    if (!pair)
        return -ENOMEM;
    for (int a = 0; a < HOTA_THRESHOLDS; a++) {
        if (similar < 0.05 * (a + 1) - 1e-9)
            break;
        pair->matched[a]++;
        s->hota.matched[a]++;
        s->hota.similarity[a] += similar;
    }
    return 0;
}

static int count_hota(struct scorer *s, const struct scene *scene)
{
    size_t cells = scene->rows * scene->columns;
    double *cost = arena_allocate(s->scratch, cells, sizeof(*cost));
    size_t *column_of = arena_allocate(s->scratch, scene->rows, sizeof(*column_of));
    if (!cost || !column_of)
        return -ENOMEM;
    for (size_t i = 0; i < scene->rows; i++)
        for (size_t j = 0; j < scene->columns; j++) {
            double similar = similarity(s, scene->distance_m[i * scene->columns + j]);
            double score =
                similar > 0 ? similar * alignment(s, scene->people[i], scene->tracks[j]) : 0;
            cost[i * scene->columns + j] = 1 - score; /* the greatest sum of scores */
        }
    int r = cells ? assignment_solve(cost, scene->rows, scene->columns, s->scratch, column_of) : 0;
    for (size_t i = 0; r >= 0 && cells && i < scene->rows; i++)
        if (column_of[i] != ASSIGNMENT_NONE)
            r = count_hota_match(s, scene, i, column_of[i]);
    return r < 0 ? r : 0;
}

/* ---- readings ---- */

static int read_first(struct scorer *s, const struct scene *scene, const struct paired_moment *m)
{
    int r = count_detections(s, scene);
    if (r == 0)
        r = count_tracking(s, scene);
    if (r == 0)
        r = count_pairs(s, scene);
    return r < 0 ? r : count_heat(s, scene, m);
}

static int read_files(struct scorer *s, bool first, struct error *err)
{
    const struct evaluate_options *o = s->options;
    struct pairing *pairing;
    struct paired_moment moment;
    int r = pairing_open(o->truth, o->result, &o->region, o->tolerance_us, &pairing, err);
    if (r < 0)
        return r;
    while ((r = pairing_next(pairing, &moment, err)) == 1) {
        struct scene scene;
        arena_reset(s->scratch);
        r = set_scene(s, &moment, &scene);
        if (r == 0)
            r = first ? read_first(s, &scene, &moment) : count_hota(s, &scene);
        if (r < 0) {
            r = error_set(err, r, "out of memory");
            break;
        }
    }
    pairing_close(&pairing);
    return r;
}

/* ---- results ---- */

/* NaN for 0 / 0 as for x / 0: there is nothing to divide by. */
static double share(double part, double whole)
{
    return whole != 0 ? part / whole : NAN;
}

static void judge_lives(struct scorer *s)
{
    struct evaluation *e = &s->sums;
    e->people = (int64_t) s->people.map.count;
    e->tracks = (int64_t) s->tracks.map.count;
    for (size_t i = 0; i < s->people.map.count; i++) {
        const struct life *person = &s->people.items[i];
        double found = share((double) person->found, (double) person->times);
        e->mostly_tracked += found > MOSTLY_TRACKED;
        e->mostly_lost += found < MOSTLY_LOST;
        e->fragments += person->segments > 1 ? (int64_t) person->segments - 1 : 0;
    }
    e->partly_tracked = e->people - e->mostly_tracked - e->mostly_lost;
}

static void judge_detection(struct scorer *s)
{
    struct evaluation *e = &s->sums;
    double truth = (double) e->truth, result = (double) e->result, matched = (double) e->matched;
    e->missed = e->truth - e->matched;
    e->false_positives = e->result - e->matched;
    e->moda = 1 - share((double) (e->missed + e->false_positives), truth);
    e->precision = share(matched, result);
    e->recall = share(matched, truth);
    e->mean_error_m = share(s->detection_error_m, matched);
    e->modp = 1 - e->mean_error_m / s->options->radius_m;
    double tracked = (double) s->tracking_matched;
    e->mota = 1 - share(truth + result - 2 * tracked + (double) e->id_switches, truth);
    e->motp = 1 - share(s->tracking_error_m, tracked) / s->options->radius_m;
    e->count_mae = share(s->count_error, (double) e->times);
    e->count_bias = share(result - truth, (double) e->times);
    e->count_bias_share = share(result - truth, truth);
    e->duplicate_rate = share((double) e->doubled, truth);
}

static void judge_heat(struct scorer *s)
{
    double wrong = 0, all = 0;
    for (size_t i = 0; i < s->heat.map.count; i++) {
        wrong += fabs(s->heat.truth_s[i] - s->heat.result_s[i]);
        all += s->heat.truth_s[i];
    }
    s->sums.heat_error = share(wrong, all);
}

static void judge_hota(struct scorer *s)
{
    struct evaluation *e = &s->sums;
    double hota = 0, detection = 0, association = 0, localisation = 0;
    for (int a = 0; a < HOTA_THRESHOLDS; a++) {
        double matched = (double) s->hota.matched[a], agreement = 0;
        for (size_t i = 0; i < s->pairs.count; i++) {
            const struct pair_counts *pair = &s->pairs.pairs[i];
            double both = (double) pair->matched[a];
            double all =
                (double) (s->people.items[pair->truth].times + s->tracks.items[pair->result].times);
            agreement += both > 0 ? both * both / (all - both) : 0;
        }
        double accuracy = share(matched, (double) (e->truth + e->result) - matched);
        double associated = matched > 0 ? agreement / matched : 0;
        hota += sqrt(accuracy * associated);
        detection += accuracy;
        association += associated;
        localisation += matched > 0 ? s->hota.similarity[a] / matched : 1;
    }
    e->hota = hota / HOTA_THRESHOLDS;
    e->detection_accuracy = detection / HOTA_THRESHOLDS;
    e->association_accuracy = association / HOTA_THRESHOLDS;
    e->localisation_accuracy = localisation / HOTA_THRESHOLDS;
}

static int judge(struct scorer *s, struct error *err)
{
    struct evaluation *e = &s->sums;
    uint64_t agreed;
    int r = trajectories_agree(&s->pairs, s->people.map.count, s->tracks.map.count, &agreed);
    if (r < 0)
        return error_set(err, r, "out of memory");
    e->idf1 = share(2 * (double) agreed, (double) (e->truth + e->result));
    e->id_precision = share((double) agreed, (double) e->result);
    e->id_recall = share((double) agreed, (double) e->truth);
    judge_lives(s);
    judge_detection(s);
    judge_heat(s);
    judge_hota(s);
    return 0;
}

static void release(struct scorer *s)
{
    identity_map_release(&s->people.map);
    identity_map_release(&s->tracks.map);
    identity_map_release(&s->heat.map);
    pair_table_release(&s->pairs);
    free(s->people.items);
    free(s->tracks.items);
    free(s->heat.truth_s);
    free(s->heat.result_s);
    arena_destroy(&s->scratch);
}

int evaluate(const struct evaluate_options *options, struct evaluation *ret_evaluation,
             struct error *err)
{
    struct scorer s = { .options = options };
    int r = arena_create(SCRATCH_BYTES, &s.scratch);
    if (r < 0)
        return error_set(err, r, "out of memory");
    r = read_files(&s, true, err);
    if (r == 0 && s.sums.times == 0)
        r = error_set(err, -EINVAL, "%s: there is no row with a time", options->truth);
    if (r == 0)
        r = read_files(&s, false, err);
    if (r == 0)
        r = judge(&s, err);
    if (r == 0)
        *ret_evaluation = s.sums;
    release(&s);
    return r;
}
