/*
 * appearance.c - what people look like
 */
#include "fusion/appearance.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

/*
 * What is expected of a network before it has shown what it can do. Trackers that compare with a
 * running mean take cosine distances below 0.2 (DeepSORT: Wojke, Bewley & Paulus, "Simple online
 * and realtime tracking with a deep association metric", ICIP 2017, and its code) or 0.25
 * (BoT-SORT: Aharon, Orfaig & Bobrovsky, arXiv 2206.14651, 2022) for the same person: with these
 * numbers same and different are equally likely at 0.26.
 */
#define SAME_MEAN      0.12
#define SAME_SD        0.08
#define DIFFERENT_MEAN 0.45
#define DIFFERENT_SD   0.15
/* That is worth as much as so many distances, and what is learned at most as so many: some minutes
 * of a store, so that a change of the light is followed. */
#define PRIOR_WEIGHT 30.0
#define WEIGHT_MAX   20000.0
/* Beyond all capture times (align.h); differences of such times cannot overflow. */
#define TIME_MAX_US INT64_C(9000000000000000)

/* Distances are never more alike than this. */
#define SD_MIN 0.01

/* Distances of one kind: a normal model that is learned. */
struct spread {
    double mean, variance, weight;
};

/* One network. */
struct model {
    uint64_t id;
    uint32_t length;
    struct spread same, different;
};

/* What a person looks like to one network. */
struct likeness {
    float *mean; /* of unit vectors; owned; NULL: not known */
    double norm; /* its length: 1 when all were the same */
    uint32_t count;
    int64_t taken_us;
};

struct portrait {
    uint64_t track;
    const struct appearance *owner;
    struct likeness of_model[APPEARANCE_MODELS_MAX]; /* by place in the owner's models */
};

struct appearance {
    struct model models[APPEARANCE_MODELS_MAX];
    size_t model_count;
    struct portrait **portraits; /* by track, ascending */
    size_t count, capacity;
    uint64_t left_out;
};

/* FNV-1a (Fowler, Noll & Vo): names that differ give numbers that differ, for all that matters. */
uint64_t appearance_model_of(const char *model_id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *model_id; model_id++)
        hash = (hash ^ (unsigned char) *model_id) * UINT64_C(0x100000001b3);
    return hash;
}

int appearance_normalise(const float *values, size_t length, float *ret_unit)
{
    double sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += (double) values[i] * values[i];
    if (!(sum > 0) || !isfinite(sum))
        return -EINVAL;
    double scale = 1 / sqrt(sum);
    for (size_t i = 0; i < length; i++)
        ret_unit[i] = (float) (values[i] * scale);
    return 0;
}

int appearance_create(struct appearance **ret_appearance)
{
    struct appearance *appearance = calloc(1, sizeof(*appearance));
    if (!appearance)
        return -ENOMEM;
    *ret_appearance = appearance;
    return 0;
}

static void destroy_portrait(struct portrait *portrait)
{
    for (size_t i = 0; i < APPEARANCE_MODELS_MAX; i++)
        free(portrait->of_model[i].mean);
    free(portrait);
}

void appearance_destroy(struct appearance **appearance)
{
    if (!*appearance)
        return;
    for (size_t i = 0; i < (*appearance)->count; i++)
        destroy_portrait((*appearance)->portraits[i]);
    free((*appearance)->portraits);
    free(*appearance);
    *appearance = NULL;
}

/* The place of the first portrait whose track is not below. */
static size_t place_of(const struct appearance *a, uint64_t track)
{
    size_t first = 0, end = a->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (a->portraits[middle]->track < track)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

static struct portrait *find_portrait(const struct appearance *a, uint64_t track)
{
    size_t place = place_of(a, track);
    return place < a->count && a->portraits[place]->track == track ? a->portraits[place] : NULL;
}

const struct portrait *appearance_of(const struct appearance *appearance, uint64_t track)
{
    return appearance ? find_portrait(appearance, track) : NULL;
}

/* The place of a model, or APPEARANCE_MODELS_MAX. */
static size_t find_model(const struct appearance *a, uint64_t model, uint32_t length)
{
    for (size_t i = 0; i < a->model_count; i++)
        if (a->models[i].id == model && a->models[i].length == length)
            return i;
    return APPEARANCE_MODELS_MAX;
}

static size_t find_or_add_model(struct appearance *a, uint64_t model, uint32_t length)
{
    size_t place = find_model(a, model, length);
    if (place < APPEARANCE_MODELS_MAX || a->model_count == APPEARANCE_MODELS_MAX)
        return place;
    a->models[a->model_count] = (struct model){
        .id = model,
        .length = length,
        .same = { SAME_MEAN, SAME_SD * SAME_SD, PRIOR_WEIGHT },
        .different = { DIFFERENT_MEAN, DIFFERENT_SD * DIFFERENT_SD, PRIOR_WEIGHT },
    };
    return a->model_count++;
}

static struct portrait *find_or_add_portrait(struct appearance *a, uint64_t track)
{
    size_t place = place_of(a, track);
    if (place < a->count && a->portraits[place]->track == track)
        return a->portraits[place];
    if (a->count == a->capacity) {
        size_t capacity = a->capacity ? 2 * a->capacity : 16;
        struct portrait **portraits = realloc(a->portraits, capacity * sizeof(struct portrait *));
        if (!portraits)
            return NULL;
        a->portraits = portraits;
        a->capacity = capacity;
    }
    struct portrait *portrait = calloc(1, sizeof(*portrait));
    if (!portrait)
        return NULL;
    portrait->track = track;
    portrait->owner = a;
    memmove(&a->portraits[place + 1], &a->portraits[place],
            (a->count - place) * sizeof(struct portrait *));
    a->portraits[place] = portrait;
    a->count++;
    return portrait;
}

/* The likeness that a vector can be compared with, and its model; NULL: none. */
static const struct likeness *likeness_for(const struct portrait *portrait,
                                           const struct appearance_vector *vector,
                                           size_t *ret_model)
{
    size_t model = find_model(portrait->owner, vector->model, vector->length);
    if (model == APPEARANCE_MODELS_MAX)
        return NULL;
    const struct likeness *likeness = &portrait->of_model[model];
    *ret_model = model;
    return likeness->count >= APPEARANCE_SIGHTINGS_MIN && likeness->norm > 0 ? likeness : NULL;
}

/* 1 - cosine, 0..2. */
static double distance_to(const struct likeness *likeness, const struct appearance_vector *vector)
{
    double dot = 0;
    for (uint32_t i = 0; i < vector->length; i++)
        dot += (double) likeness->mean[i] * vector->values[i];
    return fmax(0, 1 - dot / likeness->norm); /* rounding can pass 0 */
}

/*
 * The log of the ratio of two normal densities. Outside of the two means it is held at its value
 * there: of two normals with different widths the wider one wins far out on both sides, but nobody
 * is somebody else because they look too much like themselves.
 */
static double log_ratio(const struct model *model, double distance)
{
    const struct spread *same = &model->same, *different = &model->different;
    double apart = different->mean - same->mean;
    double least = APPEARANCE_SEPARATION_MIN * APPEARANCE_SEPARATION_MIN;
    if (apart <= 0 || apart * apart < least * (same->variance + different->variance) / 2)
        return 0;
    double d = fmax(same->mean, fmin(different->mean, distance));
    double from_same = d - same->mean, from_different = d - different->mean;
    return from_different * from_different / (2 * different->variance) -
           from_same * from_same / (2 * same->variance) +
           log(different->variance / same->variance) / 2;
}

double appearance_cost(const struct portrait *portrait, const struct appearance_vector *vector)
{
    size_t model;
    const struct likeness *likeness =
        portrait && vector ? likeness_for(portrait, vector, &model) : NULL;
    if (!likeness)
        return 0;
    double cost = -2 * log_ratio(&portrait->owner->models[model], distance_to(likeness, vector));
    return fmax(-APPEARANCE_COST_MAX, fmin(APPEARANCE_COST_MAX, cost));
}

/* Mean and variance that forget slowly (West, "Updating mean and variance estimates", 1979). */
static void spread_learn(struct spread *spread, double distance)
{
    spread->weight = fmin(WEIGHT_MAX, spread->weight + 1);
    double gain = 1 / spread->weight, off = distance - spread->mean;
    spread->mean += gain * off;
    spread->variance = fmax(SD_MIN * SD_MIN, (1 - gain) * (spread->variance + gain * off * off));
}

static int take_in(struct likeness *likeness, const struct appearance_vector *vector,
                   int64_t capture_us)
{
    if (!likeness->mean)
        likeness->mean = calloc(vector->length, sizeof(*likeness->mean));
    if (!likeness->mean)
        return -ENOMEM;
    if (likeness->count < APPEARANCE_SIGHTINGS_MAX)
        likeness->count++;
    float gain = 1.0f / (float) likeness->count;
    double sum = 0;
    for (uint32_t i = 0; i < vector->length; i++) {
        likeness->mean[i] += gain * (vector->values[i] - likeness->mean[i]);
        sum += (double) likeness->mean[i] * likeness->mean[i];
    }
    likeness->norm = sqrt(sum);
    likeness->taken_us = capture_us;
    return 1;
}

int appearance_note_same(struct appearance *appearance, uint64_t track,
                         const struct appearance_vector *vector, int64_t capture_us)
{
    size_t place = find_or_add_model(appearance, vector->model, vector->length);
    if (place == APPEARANCE_MODELS_MAX) {
        appearance->left_out++;
        return 0;
    }
    struct portrait *portrait = find_or_add_portrait(appearance, track);
    if (!portrait)
        return -ENOMEM;
    struct likeness *likeness = &portrait->of_model[place];
    if (likeness->count > 0 && capture_us - likeness->taken_us < APPEARANCE_STEP_US)
        return 0;
    if (likeness_for(portrait, vector, &place))
        spread_learn(&appearance->models[place].same, distance_to(likeness, vector));
    return take_in(likeness, vector, capture_us);
}

void appearance_note_different(struct appearance *appearance, uint64_t track,
                               const struct appearance_vector *vector)
{
    size_t model;
    const struct portrait *portrait = find_portrait(appearance, track);
    const struct likeness *likeness = portrait ? likeness_for(portrait, vector, &model) : NULL;
    if (likeness)
        spread_learn(&appearance->models[model].different, distance_to(likeness, vector));
}

void appearance_keep(struct appearance *appearance, const uint64_t *tracks, size_t count)
{
    size_t kept = 0, next = 0;
    for (size_t i = 0; i < appearance->count; i++) {
        struct portrait *portrait = appearance->portraits[i];
        while (next < count && tracks[next] < portrait->track)
            next++;
        if (next < count && tracks[next] == portrait->track)
            appearance->portraits[kept++] = portrait;
        else
            destroy_portrait(portrait);
    }
    appearance->count = kept;
}

bool appearance_judgement_of(const struct appearance *appearance, uint64_t model, uint32_t length,
                             struct appearance_judgement *ret_judgement)
{
    size_t place =
        appearance ? find_model(appearance, model, length) : (size_t) APPEARANCE_MODELS_MAX;
    if (place == APPEARANCE_MODELS_MAX)
        return false;
    const struct model *m = &appearance->models[place];
    *ret_judgement = (struct appearance_judgement){ .same_mean = m->same.mean,
                                                    .same_sd = sqrt(m->same.variance),
                                                    .different_mean = m->different.mean,
                                                    .different_sd = sqrt(m->different.variance) };
    return true;
}

struct appearance_counts appearance_counts(const struct appearance *appearance)
{
    return appearance ? (struct appearance_counts){ .portraits = appearance->count,
                                                    .left_out = appearance->left_out }
                      : (struct appearance_counts){ 0 };
}

static void put_spread(struct buffer *buffer, const struct spread *spread)
{
    buffer_put_double(buffer, spread->mean);
    buffer_put_double(buffer, spread->variance);
    buffer_put_double(buffer, spread->weight);
}

static void put_likeness(struct buffer *buffer, const struct likeness *likeness, uint32_t length)
{
    buffer_put_u32(buffer, likeness->count);
    if (likeness->count == 0)
        return;
    buffer_put_double(buffer, likeness->norm);
    buffer_put_i64(buffer, likeness->taken_us);
    for (uint32_t i = 0; i < length; i++) {
        uint32_t bits;
        memcpy(&bits, &likeness->mean[i], sizeof(bits));
        buffer_put_u32(buffer, bits);
    }
}

void appearance_save(const struct appearance *appearance, struct buffer *buffer)
{
    buffer_put_u8(buffer, appearance != NULL);
    if (!appearance)
        return;
    buffer_put_u64(buffer, appearance->left_out);
    buffer_put_u64(buffer, appearance->model_count);
    for (size_t i = 0; i < appearance->model_count; i++) {
        const struct model *model = &appearance->models[i];
        buffer_put_u64(buffer, model->id);
        buffer_put_u32(buffer, model->length);
        put_spread(buffer, &model->same);
        put_spread(buffer, &model->different);
    }
    buffer_put_u64(buffer, appearance->count);
    for (size_t i = 0; i < appearance->count; i++) {
        buffer_put_u64(buffer, appearance->portraits[i]->track);
        for (size_t k = 0; k < appearance->model_count; k++)
            put_likeness(buffer, &appearance->portraits[i]->of_model[k],
                         appearance->models[k].length);
    }
}

static struct spread get_spread(struct buffer_reader *reader)
{
    struct spread spread;
    spread.mean = buffer_get_double(reader);
    spread.variance = buffer_get_double(reader);
    spread.weight = buffer_get_double(reader);
    if (!(spread.mean >= 0 && spread.mean <= 2 && spread.variance >= SD_MIN * SD_MIN &&
          spread.variance <= 4 && spread.weight >= 1 && spread.weight <= WEIGHT_MAX))
        buffer_reader_fail(reader);
    return spread;
}

static void get_models(struct buffer_reader *reader, struct appearance *a)
{
    a->model_count = buffer_get_count(reader, 60, APPEARANCE_MODELS_MAX);
    for (size_t i = 0; i < a->model_count; i++) {
        struct model *model = &a->models[i];
        model->id = buffer_get_u64(reader);
        model->length = buffer_get_u32(reader);
        model->same = get_spread(reader);
        model->different = get_spread(reader);
        if (model->length == 0 || model->length > MESSAGE_APPEARANCE_MAX)
            buffer_reader_fail(reader);
    }
}

/* The mean of unit vectors has no number beyond 1, but for rounding. */
static int get_likeness(struct buffer_reader *reader, uint32_t length, struct likeness *likeness)
{
    uint32_t count = buffer_get_u32(reader);
    if (count > APPEARANCE_SIGHTINGS_MAX)
        buffer_reader_fail(reader);
    if (reader->failed || count == 0)
        return 0;
    likeness->norm = buffer_get_double(reader);
    likeness->taken_us = buffer_get_i64(reader);
    likeness->mean = calloc(length, sizeof(*likeness->mean));
    if (!likeness->mean)
        return -ENOMEM;
    likeness->count = count;
    for (uint32_t i = 0; i < length; i++) {
        uint32_t bits = buffer_get_u32(reader);
        memcpy(&likeness->mean[i], &bits, sizeof(bits));
        if (!(fabsf(likeness->mean[i]) <= 1.001f))
            buffer_reader_fail(reader);
    }
    if (!(likeness->norm >= 0 && likeness->norm <= 1.001) || likeness->taken_us > TIME_MAX_US ||
        likeness->taken_us < -TIME_MAX_US)
        buffer_reader_fail(reader);
    return 0;
}

static int get_portrait(struct buffer_reader *reader, struct appearance *a)
{
    uint64_t track = buffer_get_u64(reader);
    if (a->count > 0 && track <= a->portraits[a->count - 1]->track)
        buffer_reader_fail(reader);
    struct portrait *portrait = reader->failed ? NULL : find_or_add_portrait(a, track);
    if (!portrait)
        return reader->failed ? 0 : -ENOMEM;
    int r = 0;
    for (size_t k = 0; r == 0 && k < a->model_count; k++)
        r = get_likeness(reader, a->models[k].length, &portrait->of_model[k]);
    return r;
}

int appearance_restore(struct buffer_reader *reader, struct appearance **ret_appearance)
{
    AUTO(appearance_destroy) struct appearance *a = NULL;
    uint8_t there = buffer_get_u8(reader);
    int r = there == 1 && !reader->failed ? appearance_create(&a) : 0;
    if (r < 0)
        return r;
    if (there > 1)
        buffer_reader_fail(reader);
    if (a) {
        a->left_out = buffer_get_u64(reader);
        get_models(reader, a);
        size_t count = buffer_get_count(reader, 8, SIZE_MAX);
        for (size_t i = 0; r == 0 && i < count && !reader->failed; i++)
            r = get_portrait(reader, a);
    }
    if (r == 0)
        r = buffer_reader_result(reader);
    if (r < 0)
        return r;
    *ret_appearance = a;
    a = NULL;
    return 0;
}
