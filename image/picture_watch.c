/*
 * picture_watch.c - whether a camera's pictures can be believed
 *
 * One score a state: the seconds for which looks have said so, less three times those for which
 * they did not. The first state whose score reaches its threshold is entered.
 */
#include "image/picture_watch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"

#define LOOK_EVERY_US US_PER_S
/* A look stands for the time since the one before; after a longer pause only for a second, as of an
 * outage nothing is known. */
#define LOOK_LASTS_US (5 * US_PER_S)
#define LEAVE_US      (10 * US_PER_S)
#define TAKE_BACK     3

/* Below this mean no picture is worth anything, whatever its noise looks like; grey levels. */
#define BLACK_LEVEL 10.0

/* Of a picture alone: what is dark and bright, and how many blocks with edges any view has. */
#define DARK_LEVEL      30.0
#define BRIGHT_LEVEL    200.0
#define STRUCTURE_LEAST 8

/* So many looks, so far apart, make a reference: two minutes, in which people walk away. */
#define LEARN_LOOKS    13
#define LEARN_EVERY_US (10 * US_PER_S)

struct kind {
    const char *name;
    int64_t enter_us;
    bool suspicious;
};

static const struct kind kinds[PICTURE_STATES] = {
    [PICTURE_GOOD] = { "good", 0, false },
    [PICTURE_DARK] = { "dark", 10 * US_PER_S, true },
    [PICTURE_COVERED] = { "covered", 10 * US_PER_S, true },
    [PICTURE_WASHED_OUT] = { "washed-out", 20 * US_PER_S, true },
    [PICTURE_DEFOCUSED] = { "defocused", 20 * US_PER_S, true },
    [PICTURE_MOVED] = { "moved", 20 * US_PER_S, true },
    [PICTURE_FROZEN] = { "frozen", 30 * US_PER_S, true },
    [PICTURE_DIRTY] = { "dirty", 600 * US_PER_S, false },
};

struct picture_watch {
    struct signature reference;
    bool has_reference, calibrated; /* calibrated: it was given, not learned */
    struct signature *learned;      /* LEARN_LOOKS of them; NULL once there is a reference */
    size_t learned_count;
    int64_t learned_us;
    int64_t looked_us; /* INT64_MIN: not yet */
    uint64_t print;    /* of the picture that was looked at last */
    int64_t score_us[PICTURE_STATES];
    int64_t good_us; /* towards leaving the state */
    enum picture_state state;
    struct picture_look look;
};

int picture_watch_create(struct picture_watch **ret_watch)
{
    struct picture_watch *watch = calloc(1, sizeof(*watch));
    if (!watch)
        return -ENOMEM;
    watch->looked_us = INT64_MIN;
    *ret_watch = watch;
    return 0;
}

void picture_watch_destroy(struct picture_watch **watch)
{
    if (!*watch)
        return;
    free((*watch)->learned);
    free(*watch);
    *watch = NULL;
}

static void forget_learned(struct picture_watch *watch)
{
    free(watch->learned);
    watch->learned = NULL;
    watch->learned_count = 0;
}

void picture_watch_set_reference(struct picture_watch *watch, const struct signature *reference)
{
    watch->reference = *reference;
    watch->has_reference = watch->calibrated = true;
    forget_learned(watch);
}

/* ---- one look ---- */

/* Murmur's finalizer spreads every bit; four lanes keep the multiplier busy. */
static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
    return h ^ (h >> 32);
}

static uint64_t print_of_row(uint64_t h, const uint8_t *row, size_t bytes)
{
    uint64_t lanes[4] = { h, h + 1, h + 2, h + 3 }, words[4];
    size_t at = 0;
    for (; at + sizeof(words) <= bytes; at += sizeof(words)) {
        memcpy(words, row + at, sizeof(words));
        for (size_t i = 0; i < ARRAY_LENGTH(lanes); i++)
            lanes[i] = mix(lanes[i], words[i]);
    }
    for (; at < bytes; at++)
        lanes[0] = mix(lanes[0], row[at]);
    return mix(mix(mix(lanes[0], lanes[1]), lanes[2]), lanes[3]);
}

/* Equal for equal pictures, and only for those but by a chance of 2^-64. Colour is left out: it
 * does not change without brightness. */
static uint64_t print_of(const struct image *picture)
{
    uint64_t h = mix(picture->width, picture->height);
    for (uint32_t y = 0; y < picture->height; y++)
        h = print_of_row(h, image_at(picture, 0, y), (size_t) picture->width * picture->format);
    return h;
}

static double brightness_of(const struct signature *signature)
{
    double sum = 0;
    for (size_t i = 0; i < SIGNATURE_BLOCKS; i++)
        sum += signature->blocks[i].brightness;
    return sum / SIGNATURE_BLOCKS / SIGNATURE_UNITS;
}

/* What can be said of a picture alone. */
static enum picture_state judge_alone(const struct signature *now, struct picture_look *look)
{
    size_t structure = signature_structure(now);
    look->brightness = brightness_of(now);
    if (look->brightness < BLACK_LEVEL)
        return PICTURE_DARK;
    if (structure >= STRUCTURE_LEAST)
        return PICTURE_GOOD;
    return look->brightness < DARK_LEVEL     ? PICTURE_DARK
           : look->brightness > BRIGHT_LEVEL ? PICTURE_WASHED_OUT
                                             : PICTURE_COVERED;
}

static enum picture_state state_of_verdict(enum signature_verdict verdict, bool calibrated)
{
    switch (verdict) {
    case SIGNATURE_DARK:
        return PICTURE_DARK;
    case SIGNATURE_COVERED:
        return PICTURE_COVERED;
    case SIGNATURE_WASHED_OUT:
        return PICTURE_WASHED_OUT;
    case SIGNATURE_DEFOCUSED:
        return PICTURE_DEFOCUSED;
    case SIGNATURE_MOVED:
    case SIGNATURE_DIFFERENT:
        return calibrated ? PICTURE_MOVED : PICTURE_GOOD;
    case SIGNATURE_DIRTY:
        return calibrated ? PICTURE_DIRTY : PICTURE_GOOD;
    case SIGNATURE_SAME:
        break;
    }
    return PICTURE_GOOD;
}

/* What the reference says. A sensor's noise has edges of its own, all over a covered picture, which
 * might be the old ones in little light; so what can be told of the picture alone comes first. */
static enum picture_state judge_by_reference(const struct picture_watch *watch,
                                             const struct signature *now, struct picture_look *look)
{
    struct signature_difference d;
    if (signature_compare(&watch->reference, now, &d) < 0)
        return PICTURE_GOOD;
    look->brightness = d.brightness;
    look->sharpness = d.sharpness;
    look->shift_x_px = d.shift_x_px;
    look->shift_y_px = d.shift_y_px;
    look->turn_deg = d.turn_deg;
    look->by_reference = watch->calibrated;
    struct picture_look ignored;
    enum picture_state alone = judge_alone(now, &ignored);
    if (alone != PICTURE_GOOD && judge_alone(&watch->reference, &ignored) == PICTURE_GOOD)
        return alone;
    return state_of_verdict(d.verdict, watch->calibrated);
}

/* A good look on the way to a reference. */
static int learn(struct picture_watch *watch, const struct signature *now, int64_t capture_us)
{
    if (watch->learned_count > 0 && capture_us - watch->learned_us < LEARN_EVERY_US)
        return 0;
    if (!watch->learned)
        watch->learned = calloc(LEARN_LOOKS, sizeof(*watch->learned));
    if (!watch->learned)
        return -ENOMEM;
    watch->learned[watch->learned_count++] = *now;
    watch->learned_us = capture_us;
    if (watch->learned_count < LEARN_LOOKS)
        return 0;
    watch->has_reference = signature_merge(watch->learned, LEARN_LOOKS, &watch->reference) == 0;
    forget_learned(watch); /* of pictures of different sizes: learn again */
    return 0;
}

/* Of another size than before: the camera's resolution was changed, or only a crop is seen. */
static void drop_unfit_reference(struct picture_watch *watch, const struct signature *now)
{
    if (watch->has_reference &&
        (watch->reference.width != now->width || watch->reference.height != now->height))
        watch->has_reference = watch->calibrated = false;
}

static int judge(struct picture_watch *watch, const struct image *picture, int64_t capture_us)
{
    struct signature now;
    struct picture_look *look = &watch->look;
    *look = (struct picture_look){
        .brightness = NAN, .sharpness = NAN, .shift_x_px = NAN, .shift_y_px = NAN, .turn_deg = NAN
    };
    int r = signature_measure(picture, &now);
    if (r < 0)
        return r == -EINVAL ? 0 : r; /* too small to be judged */
    drop_unfit_reference(watch, &now);
    look->learning = !watch->has_reference;
    look->seen = look->learning ? judge_alone(&now, look) : judge_by_reference(watch, &now, look);
    return look->learning && look->seen == PICTURE_GOOD ? learn(watch, &now, capture_us) : 0;
}

/* ---- from looks to states ---- */

/* What a look says for and against each state. */
static void score(struct picture_watch *watch, int64_t lasted_us)
{
    enum picture_state seen = watch->look.seen;
    for (int s = PICTURE_GOOD + 1; s < PICTURE_STATES; s++) {
        int64_t *score_us = &watch->score_us[s];
        *score_us += (int) seen == s ? lasted_us : -TAKE_BACK * lasted_us;
        if (*score_us < 0 || (s == PICTURE_FROZEN && seen != PICTURE_FROZEN))
            *score_us = 0;
        if (*score_us > kinds[s].enter_us)
            *score_us = kinds[s].enter_us;
    }
    watch->good_us += seen == PICTURE_GOOD ? lasted_us : -TAKE_BACK * lasted_us;
    if (watch->good_us < 0)
        watch->good_us = 0;
}

/* A state gives way to another that is as certain, or to the good. */
static void decide(struct picture_watch *watch)
{
    enum picture_state seen = watch->look.seen;
    if (watch->state != PICTURE_GOOD && watch->good_us >= LEAVE_US) {
        memset(watch->score_us, 0, sizeof(watch->score_us));
        watch->state = PICTURE_GOOD;
    } else if (seen != watch->state && seen != PICTURE_GOOD &&
               watch->score_us[seen] >= kinds[seen].enter_us) {
        watch->state = seen;
        watch->good_us = 0;
    }
}

int picture_watch_see(struct picture_watch *watch, const struct image *picture, int64_t capture_us)
{
    bool first = watch->looked_us == INT64_MIN;
    int64_t since_us = first ? LOOK_EVERY_US : capture_us - watch->looked_us;
    if (since_us >= 0 && since_us < LOOK_EVERY_US)
        return 0;
    uint64_t print = print_of(picture);
    int r = judge(watch, picture, capture_us);
    if (r < 0)
        return r;
    if (!first && print == watch->print && !kinds[watch->look.seen].suspicious)
        watch->look.seen = PICTURE_FROZEN;
    watch->print = print;
    watch->looked_us = capture_us;
    score(watch, since_us < 0 || since_us > LOOK_LASTS_US ? LOOK_EVERY_US : since_us);
    decide(watch);
    return 1;
}

enum picture_state picture_watch_state(const struct picture_watch *watch)
{
    return watch->state;
}

bool picture_state_is_suspicious(enum picture_state state)
{
    return kinds[state].suspicious;
}

const char *picture_state_name(enum picture_state state)
{
    return kinds[state].name;
}

struct picture_look picture_watch_look(const struct picture_watch *watch)
{
    return watch->look;
}
