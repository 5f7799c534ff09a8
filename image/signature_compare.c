/*
 * signature_compare.c - a verdict from two signatures
 *
 * First the profiles say whether and where the picture is found again; then the blocks say what
 * it has lost. The thresholds were set on the recordings named in docs/calibration.md.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "image/signature.h"
#include "image/signature_slide.h"

/* A block has edges by which it can be known from this mean on, grey levels. */
#define EDGES_MIN 4.0
/* And so many such blocks make a reference that can be compared. */
#define JUDGED_MIN 8

/* Edges weaker than this part of what the light explains are gone. */
#define LOST_RATIO 0.3
/* A block that has lost more than this part of its edges to other directions shows something else.
 */
#define CHANGED_PART 0.25

/* Edges over fineness of white noise: of deviation s, two differences of two px make edges of
 * 2 sqrt(2) s, and a Laplacian has sqrt(20) s, a quarter of which is taken; the mean sizes of both
 * are the same part of their deviations. */
#define NOISE_EDGES (2 * M_SQRT2 / (4.47213595499958 / 4))

#define BLIND_PART    0.85 /* of the blocks lost: nothing to be seen */
#define DIRTY_PART    0.06 /* of the blocks lost: more than a person or a new box on the floor */
#define REPLACED_PART 0.45 /* lost or changed while the rest stands: something in front */
#define HALF_CHANGED  0.15 /* of the blocks not lost, in another scene at least */
#define DARK_LEVEL    30.0 /* mean grey level */
#define BRIGHT_LEVEL  200.0
#define DEFOCUS_RATIO 0.65 /* of the sharpness */
#define WASHED_RATIO  0.35 /* of the edges, while the picture is not darker */
#define LIKENESS_MIN  0.45 /* of a band that was found again */
/* The same where it fits best unmoved: chance seldom picks that place of some hundred. */
#define LIKENESS_UNMOVED_MIN 0.25
#define SHIFT_MIN_STEP       1.5 /* reduced px */
#define TURN_MIN_DEG         0.35
/* Bands that stray farther from the common motion have found something else, reduced px. */
#define STRAY_MAX 1.5
/* So much more alike than unmoved must a moved picture be, or the light has moved, not the camera.
 */
#define GAIN_MIN 0.03

#define BANDS (SIGNATURE_COLUMN_BANDS + SIGNATURE_ROW_BANDS)

/* One band: along x (columns) or y (rows), at a place across, and what it found; reduced px. */
struct band {
    bool along_x;
    double across; /* of the band's middle, from the picture's */
    struct slide slide;
    bool used;
};

/* The picture's motion: shift of the middle and turn. */
struct motion {
    double x, y, turn;
    size_t along_x, along_y; /* bands it rests on */
};

static void find_bands(const struct signature *a, const struct signature *b, struct band *bands)
{
    const uint32_t step = signature_step(a->width, a->height);
    const size_t width = signature_reduced(a->width, step),
                 height = signature_reduced(a->height, step);
    for (size_t i = 0; i < SIGNATURE_COLUMN_BANDS; i++)
        bands[i] =
            (struct band){ true,
                           (((double) i + 0.5) / SIGNATURE_COLUMN_BANDS - 0.5) * (double) height,
                           slide_find(a->columns[i], b->columns[i], width, width / 8), false };
    for (size_t i = 0; i < SIGNATURE_ROW_BANDS; i++)
        bands[SIGNATURE_COLUMN_BANDS + i] =
            (struct band){ false, (((double) i + 0.5) / SIGNATURE_ROW_BANDS - 0.5) * (double) width,
                           slide_find(a->rows[i], b->rows[i], height, height / 8), false };
    for (size_t i = 0; i < BANDS; i++)
        bands[i].used = bands[i].slide.likeness >=
                        (fabs(bands[i].slide.shift) < 1 ? LIKENESS_UNMOVED_MIN : LIKENESS_MIN);
}

/*
 * Least squares over the used bands. A turn by t (clockwise, y down) moves a place (x, y) from the
 * middle by (-t y, t x); the middles of the bands are where they are across.
 */
static struct motion fit_motion(const struct band *bands)
{
    struct motion motion = { 0 };
    double mean[2] = { 0 }, place[2] = { 0 }, products = 0, squares = 0;
    size_t count[2] = { 0 };
    for (size_t i = 0; i < BANDS; i++)
        if (bands[i].used) {
            count[bands[i].along_x]++;
            mean[bands[i].along_x] += bands[i].slide.shift;
            place[bands[i].along_x] += bands[i].along_x ? -bands[i].across : bands[i].across;
        }
    for (size_t k = 0; k < 2; k++)
        if (count[k]) {
            mean[k] /= (double) count[k];
            place[k] /= (double) count[k];
        }
    for (size_t i = 0; i < BANDS; i++)
        if (bands[i].used) {
            bool k = bands[i].along_x;
            double at = (k ? -bands[i].across : bands[i].across) - place[k];
            products += at * (bands[i].slide.shift - mean[k]);
            squares += at * at;
        }
    motion.turn = squares > 0 ? products / squares : 0;
    motion.x = mean[1] - motion.turn * place[1];
    motion.y = mean[0] - motion.turn * place[0];
    motion.along_x = count[1];
    motion.along_y = count[0];
    return motion;
}

static double stray_of(const struct band *band, const struct motion *motion)
{
    double expected = band->along_x ? motion->x - motion->turn * band->across
                                    : motion->y + motion->turn * band->across;
    return fabs(band->slide.shift - expected);
}

/* How badly a motion explains the used bands: the worst of them, and the sum of squares. */
static double worst_stray(const struct band *bands, const struct motion *motion,
                          double *ret_squares)
{
    double worst = 0, squares = 0;
    for (size_t i = 0; i < BANDS; i++)
        if (bands[i].used) {
            double stray = stray_of(&bands[i], motion);
            worst = fmax(worst, stray);
            squares += stray * stray;
        }
    *ret_squares = squares;
    return worst;
}

/* Drop the band without which the rest agree best, until they do. It need not be the one that
 * strays most: a wrong one at the rim draws the turn to itself. */
static struct motion find_motion(struct band *bands)
{
    for (;;) {
        struct motion motion = fit_motion(bands);
        double squares, least = INFINITY;
        size_t drop = BANDS;
        if (worst_stray(bands, &motion, &squares) <= STRAY_MAX)
            return motion;
        for (size_t i = 0; i < BANDS; i++) {
            if (!bands[i].used)
                continue;
            bands[i].used = false;
            struct motion without = fit_motion(bands);
            (void) worst_stray(bands, &without, &squares);
            bands[i].used = true;
            if (squares < least) {
                least = squares;
                drop = i;
            }
        }
        if (drop == BANDS)
            return motion;
        bands[drop].used = false;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* The value that `part` of them lie below; NaN of none. */
static double quantile(double *values, size_t count, double part)
{
    if (!count)
        return NAN;
    qsort(values, count, sizeof(*values), by_value);
    return values[(size_t) (part * (double) (count - 1) + 0.5)];
}

/* The part of the edges that has gone from where it ran, 0..1. Edges that were added (noise, which
 * runs every way) count for nothing; all having become weaker neither. */
static double direction_change(const struct signature_block *a, const struct signature_block *b)
{
    const double weaker = fmin(1, (double) b->edges / (a->edges + 1));
    double gone = 0;
    for (size_t d = 0; d < SIGNATURE_DIRECTIONS; d++)
        gone += fmax(0, weaker * a->directions[d] - b->directions[d]);
    return gone / (weaker * a->edges + 1);
}

static double mean_brightness(const struct signature *signature)
{
    double sum = 0;
    for (size_t i = 0; i < SIGNATURE_BLOCKS; i++)
        sum += signature->blocks[i].brightness;
    return sum / SIGNATURE_BLOCKS / SIGNATURE_UNITS;
}

/* Noise is the fineness of the flattest blocks; it adds as squares do. */
static double noise_of(const struct signature *signature)
{
    double values[SIGNATURE_BLOCKS];
    for (size_t i = 0; i < SIGNATURE_BLOCKS; i++)
        values[i] = signature->blocks[i].fineness;
    return quantile(values, SIGNATURE_BLOCKS, 0.05);
}

static double sharpness_of(const struct signature_block *block, double noise)
{
    double fine = block->fineness;
    return sqrt(fmax(0, fine * fine - noise * noise)) / (block->edges + 1);
}

/* Fills the blocks in. Returns the ratio of edges of the better blocks; NaN when none is judged. */
static double judge_blocks(const struct signature *then, const struct signature *now,
                           struct signature_difference *d)
{
    double edges[SIGNATURE_BLOCKS], sharp[SIGNATURE_BLOCKS];
    const double noise_then = noise_of(then), noise_now = noise_of(now);
    size_t sharp_count = 0, n = 0;
    for (size_t i = 0; i < SIGNATURE_BLOCKS; i++) {
        const struct signature_block *a = &then->blocks[i], *b = &now->blocks[i];
        if (a->edges < EDGES_MIN * SIGNATURE_UNITS)
            continue;
        edges[n++] = (double) b->edges / a->edges;
        if (b->edges >= EDGES_MIN * SIGNATURE_UNITS / 2 && sharpness_of(a, noise_then) > 0)
            sharp[sharp_count++] = sharpness_of(b, noise_now) / sharpness_of(a, noise_then);
    }
    d->judged = n;
    d->edges_ratio = quantile(edges, n, 0.5);
    d->sharpness = quantile(sharp, sharp_count, 0.5);
    /* What the light explains: the better blocks still have their edges. */
    double best = quantile(edges, n, 0.85), light = n ? fmin(1, quantile(edges, n, 0.75)) : 1;
    for (size_t i = 0; i < SIGNATURE_BLOCKS; i++) {
        const struct signature_block *a = &then->blocks[i], *b = &now->blocks[i];
        if (a->edges < EDGES_MIN * SIGNATURE_UNITS)
            continue;
        d->lost_blocks[i] = b->edges < LOST_RATIO * fmax(light, LOST_RATIO) * a->edges;
        d->changed_blocks[i] = !d->lost_blocks[i] && direction_change(a, b) > CHANGED_PART;
        d->lost += d->lost_blocks[i];
        d->changed += d->changed_blocks[i];
    }
    return best;
}

static double part_of(size_t count, size_t of)
{
    return of ? (double) count / (double) of : 0;
}

/* One possible verdict: how large its figure is against its threshold. */
struct charge {
    enum signature_verdict verdict;
    double excess; /* 1: on the threshold */
};

/* Nearly nothing to be seen, for whichever reason. */
static struct charge charge_blind(const struct signature_difference *d)
{
    double excess = part_of(d->lost, d->judged) / BLIND_PART;
    enum signature_verdict verdict = SIGNATURE_COVERED;
    if (d->brightness < fmin(DARK_LEVEL, d->brightness_ref / 2))
        verdict = SIGNATURE_DARK;
    else if (d->brightness > BRIGHT_LEVEL)
        verdict = SIGNATURE_WASHED_OUT;
    if (d->judged < JUDGED_MIN) /* a bare wall: only whether there is light */
        excess = verdict == SIGNATURE_DARK ? DARK_LEVEL / (d->brightness + 1)
                                           : d->brightness / BRIGHT_LEVEL;
    return (struct charge){ verdict, excess };
}

/* Contrast is gone even where most is left, by added light or at least not by softness. */
static struct charge charge_washed(const struct signature_difference *d, double best_ratio)
{
    bool brighter = d->brightness > 1.15 * d->brightness_ref,
         darker = d->brightness < 0.9 * d->brightness_ref, soft = d->sharpness < DEFOCUS_RATIO;
    return (struct charge){ SIGNATURE_WASHED_OUT, brighter || (!darker && !soft)
                                                      ? WASHED_RATIO / (best_ratio + 1e-3)
                                                      : 0 };
}

/* Softness that the edges' places prove to be of the same scene. */
static struct charge charge_defocused(const struct signature_difference *d)
{
    bool found = d->likeness >= LIKENESS_MIN;
    return (struct charge){ SIGNATURE_DEFOCUSED, found && !isnan(d->sharpness)
                                                     ? DEFOCUS_RATIO / (d->sharpness + 1e-3)
                                                     : 0 };
}

static struct charge charge_dirty(const struct signature_difference *d)
{
    double lost = part_of(d->lost, d->judged) / DIRTY_PART,
           replaced = part_of(d->lost + d->changed, d->judged) / REPLACED_PART;
    return (struct charge){ SIGNATURE_DIRTY, fmax(lost, replaced) };
}

/* A part is lost, and what is left is of the same scene. */
static bool is_half_hidden(const struct signature_difference *d)
{
    return part_of(d->lost, d->judged) >= DIRTY_PART &&
           part_of(d->changed, d->judged - d->lost) < HALF_CHANGED;
}

/* What the bands say; fills the shift in. */
static struct charge charge_moved(struct band *bands, double step, struct signature_difference *d)
{
    struct motion motion = find_motion(bands);
    double likeness = 0, unmoved = 0;
    size_t used = motion.along_x + motion.along_y;
    for (size_t i = 0; i < BANDS; i++)
        if (bands[i].used) {
            likeness += bands[i].slide.likeness / (double) used;
            unmoved += bands[i].slide.unmoved / (double) used;
        }
    d->likeness = likeness;
    d->shift_x_px = d->shift_y_px = d->turn_deg = NAN;
    if (motion.along_x < 2 || motion.along_y < 2)
        return (struct charge){
            SIGNATURE_DIFFERENT,
            is_half_hidden(d) ? 0
                              : fmax(1, LIKENESS_MIN * BANDS / (likeness * (double) used + 1e-3))
        };
    d->shift_x_px = motion.x * step;
    d->shift_y_px = motion.y * step;
    d->turn_deg = motion.turn * 180 / M_PI;
    double excess =
        fmax(hypot(motion.x, motion.y) / SHIFT_MIN_STEP, fabs(d->turn_deg) / TURN_MIN_DEG);
    return (struct charge){ SIGNATURE_MOVED, likeness - unmoved >= GAIN_MIN ? excess : 0 };
}

/* The first charge that holds, gravest first; else the same, the less sure the nearer any is. */
static void decide(const struct charge *charges, size_t count, struct signature_difference *d)
{
    double nearest = 0;
    d->verdict = SIGNATURE_SAME;
    for (size_t i = 0; i < count; i++) {
        if (charges[i].excess >= 1) {
            d->verdict = charges[i].verdict;
            d->confidence = 1 - 0.5 / charges[i].excess;
            return;
        }
        nearest = fmax(nearest, charges[i].excess);
    }
    d->confidence = 1 - 0.5 * nearest;
}

int signature_compare(const struct signature *reference, const struct signature *now,
                      struct signature_difference *ret_difference)
{
    if (reference->width != now->width || reference->height != now->height ||
        reference->width < SIGNATURE_EDGE_MIN || reference->height < SIGNATURE_EDGE_MIN)
        return -EINVAL;
    struct signature_difference d = { .brightness = mean_brightness(now),
                                      .brightness_ref = mean_brightness(reference) };
    struct band bands[BANDS];
    double best_ratio = judge_blocks(reference, now, &d);
    find_bands(reference, now, bands);
    struct charge moved = charge_moved(bands, signature_step(now->width, now->height), &d);
    struct charge charges[] = { charge_blind(&d), charge_washed(&d, best_ratio),
                                charge_defocused(&d), moved, charge_dirty(&d) };
    if (d.judged < JUDGED_MIN) /* a bare wall: only whether there is light */
        for (size_t i = 1; i < ARRAY_LENGTH(charges); i++)
            charges[i].excess = 0;
    decide(charges, ARRAY_LENGTH(charges), &d);
    *ret_difference = d;
    return 0;
}

size_t signature_structure(const struct signature *signature)
{
    const double noise = NOISE_EDGES * noise_of(signature);
    const double least = EDGES_MIN * SIGNATURE_UNITS;
    size_t count = 0;
    for (size_t i = 0; i < SIGNATURE_BLOCKS; i++)
        count += hypot(least, noise) <= signature->blocks[i].edges;
    return count;
}

const char *signature_verdict_name(enum signature_verdict verdict)
{
    static const char *const names[] = {
        [SIGNATURE_SAME] = "same",           [SIGNATURE_MOVED] = "moved",
        [SIGNATURE_DIFFERENT] = "different", [SIGNATURE_DEFOCUSED] = "defocused",
        [SIGNATURE_DIRTY] = "dirty",         [SIGNATURE_COVERED] = "covered",
        [SIGNATURE_DARK] = "dark",           [SIGNATURE_WASHED_OUT] = "washed-out",
    };
    return names[verdict];
}
