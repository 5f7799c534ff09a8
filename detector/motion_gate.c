/*
 * motion_gate.c - see motion_gate.h
 *
 * The picture is cut into cells of some pixels, each with its mean brightness: about 240 across, so
 * that a person 40 px wide in a picture 1920 px wide still has five, and noise has shrunk by the
 * cell's edge. Light that changes everywhere alike is taken out before cells are compared.
 */
#include "detector/motion_gate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_ACROSS 240
#define CELL_MIN_PX  2
#define CELL_MAX_PX  16

/* Changes are counted in squares of so many cells an edge: a small person fills a good part of one.
 */
#define SQUARE 8
#define HALF   (SQUARE / 2)

/* So many cells of a square must change; fewer are compression and leaves of noise. */
#define SQUARE_CHANGED_MIN 5

/*
 * A cell has changed when it differs by this many levels of 256, and by so many times what half of
 * all cells differ by. Half of a normal distribution lies within 0.674 standard deviations, so that
 * six of those are nine of these.
 */
#define CHANGE_MIN      5.0f
#define CHANGE_OF_NOISE 9.0f

struct motion_gate {
    struct motion_gate_options options;
    uint32_t width, height; /* of the pictures, px */
    uint32_t cell_px, columns, rows;
    float *now, *reference; /* mean brightness of each cell */
    uint8_t *is_masked;     /* one a cell */
    uint8_t *changed;       /* of each half square, HALF x HALF cells: how many */
    uint32_t half_columns, half_rows;
    uint16_t *sums; /* scratch: one a column of px, of a row of cells */
    int64_t asked_us, looked_us, seen_us;
    bool has_looked, has_seen, has_reference;
    bool is_measured; /* `now` is of the picture asked about last */
};

int motion_gate_create(const struct motion_gate_options *options, struct motion_gate **ret_gate)
{
    struct motion_gate *gate = calloc(1, sizeof(*gate));
    if (!gate)
        return -ENOMEM;
    gate->options = *options;
    *ret_gate = gate;
    return 0;
}

static void release_cells(struct motion_gate *gate)
{
    free(gate->now);
    free(gate->reference);
    free(gate->is_masked);
    free(gate->changed);
    free(gate->sums);
    gate->now = gate->reference = NULL;
    gate->is_masked = gate->changed = NULL;
    gate->sums = NULL;
}

void motion_gate_destroy(struct motion_gate **gate)
{
    if (!*gate)
        return;
    release_cells(*gate);
    free(*gate);
    *gate = NULL;
}

static bool is_masked(const struct motion_gate *gate, uint32_t column, uint32_t row)
{
    double x = (column + 0.5) * gate->cell_px, y = (row + 0.5) * gate->cell_px;
    for (size_t i = 0; i < gate->options.mask_count; i++)
        if (polygon_contains(gate->options.masks[i], x, y))
            return true;
    return false;
}

/* A camera's pictures all have one size, so this happens once. */
static int fit(struct motion_gate *gate, const struct image *picture)
{
    if (gate->width == picture->width && gate->height == picture->height)
        return 0;
    double cell_px = round((double) picture->width / CELLS_ACROSS);
    release_cells(gate);
    gate->width = gate->height = 0;
    gate->has_reference = false;
    gate->cell_px = (uint32_t) fmin(fmax(cell_px, CELL_MIN_PX), CELL_MAX_PX);
    gate->columns = (picture->width + gate->cell_px - 1) / gate->cell_px;
    gate->rows = (picture->height + gate->cell_px - 1) / gate->cell_px;
    size_t cells = (size_t) gate->columns * gate->rows;
    gate->now = calloc(cells, sizeof(*gate->now));
    gate->reference = calloc(cells, sizeof(*gate->reference));
    gate->is_masked = calloc(cells, sizeof(*gate->is_masked));
    gate->half_columns = (gate->columns + HALF - 1) / HALF;
    gate->half_rows = (gate->rows + HALF - 1) / HALF;
    gate->changed = calloc((size_t) gate->half_columns * gate->half_rows, sizeof(*gate->changed));
    gate->sums = calloc((size_t) gate->columns * gate->cell_px, sizeof(*gate->sums));
    if (!gate->now || !gate->reference || !gate->is_masked || !gate->changed || !gate->sums)
        return -ENOMEM;
    for (size_t i = 0; i < cells; i++)
        gate->is_masked[i] =
            is_masked(gate, (uint32_t) (i % gate->columns), (uint32_t) (i / gate->columns));
    gate->width = picture->width;
    gate->height = picture->height;
    return 0;
}

/* Brightness of a pixel row added to the sums; of RGB, green is most of it. */
static void add_row(const struct image *picture, uint32_t y, uint16_t *restrict sums)
{
    const uint8_t *px = image_at(picture, 0, y);
    if (picture->format == IMAGE_YUV8) {
        for (uint32_t x = 0; x < picture->width; x++)
            sums[x] = (uint16_t) (sums[x] + px[x]);
        return;
    }
    for (uint32_t x = 0; x < picture->width; x++)
        sums[x] = (uint16_t) (sums[x] + px[(size_t) x * picture->format + 1]);
}

static void measure_row(struct motion_gate *gate, const struct image *picture, uint32_t row)
{
    uint32_t first = row * gate->cell_px, end = first + gate->cell_px;
    if (end > picture->height)
        end = picture->height;
    memset(gate->sums, 0, picture->width * sizeof(*gate->sums));
    for (uint32_t y = first; y < end; y++)
        add_row(picture, y, gate->sums);
    float *cells = &gate->now[(size_t) row * gate->columns];
    for (uint32_t column = 0, x = 0; column < gate->columns; column++) {
        uint32_t sum = 0, count = 0;
        for (; count < gate->cell_px && x < picture->width; count++)
            sum += gate->sums[x++];
        cells[column] = (float) sum / (float) (count * (end - first));
    }
}

/* Differences from the reference by size in steps of a quarter of a level, to read medians off. */
#define STEPS_PER_LEVEL 4
/* Medians of every so-manieth cell: a prime, so that no column is always left out. */
#define LIGHT_STEP 7
#define STEPS      (2 * 256 * STEPS_PER_LEVEL + 1)

static float median_of(const uint32_t *counts, uint32_t total)
{
    uint32_t below = 0;
    int step = 0;
    while (step < STEPS - 1 && 2 * (below += counts[step]) < total)
        step++;
    return (float) (step - STEPS / 2) / STEPS_PER_LEVEL;
}

static int step_of(float difference)
{
    return (int) lrintf(difference * STEPS_PER_LEVEL) + STEPS / 2;
}

/* How much brighter everything is, and how much half of all cells differ beyond that. */
static void measure_light(const struct motion_gate *gate, float *ret_shift, float *ret_noise)
{
    uint32_t signed_counts[STEPS] = { 0 }, counts[STEPS] = { 0 };
    uint32_t cells = gate->columns * gate->rows, samples = 0;
    for (uint32_t i = 0; i < cells; i += LIGHT_STEP, samples++)
        signed_counts[step_of(gate->now[i] - gate->reference[i])]++;
    *ret_shift = median_of(signed_counts, samples);
    for (uint32_t i = 0; i < cells; i += LIGHT_STEP) {
        float beyond = fabsf(gate->now[i] - gate->reference[i] - *ret_shift);
        counts[step_of(fminf(beyond, 256))]++;
    }
    *ret_noise = median_of(counts, samples);
}

/* How many cells of each half square have changed: squares overlap by half, so that what lies
 * across the edge of one is inside another. */
static void count_changed(struct motion_gate *gate, float shift, float least)
{
    memset(gate->changed, 0, (size_t) gate->half_columns * gate->half_rows);
    for (uint32_t row = 0; row < gate->rows; row++) {
        const size_t first = (size_t) row * gate->columns;
        const float *now = gate->now + first, *before = gate->reference + first;
        const uint8_t *masked = gate->is_masked + first;
        uint8_t *halves = gate->changed + (size_t) (row / HALF) * gate->half_columns;
        for (uint32_t column = 0; column < gate->columns; column++) {
            bool changed = fabsf(now[column] - before[column] - shift) > least && !masked[column];
            halves[column / HALF] = (uint8_t) (halves[column / HALF] + changed);
        }
    }
}

static bool has_changed(struct motion_gate *gate)
{
    float shift, noise;
    uint32_t columns = gate->half_columns;
    measure_light(gate, &shift, &noise);
    count_changed(gate, shift, fmaxf(CHANGE_MIN, CHANGE_OF_NOISE * noise));
    for (uint32_t row = 0; row < gate->half_rows; row++) {
        const uint8_t *upper = gate->changed + (size_t) row * columns;
        const uint8_t *lower = row + 1 < gate->half_rows ? upper + columns : NULL;
        for (uint32_t column = 0; column < columns; column++) {
            bool last = column + 1 == columns;
            int changed = upper[column] + (last ? 0 : upper[column + 1]);
            if (lower)
                changed += lower[column] + (last ? 0 : lower[column + 1]);
            if (changed >= SQUARE_CHANGED_MIN)
                return true;
        }
    }
    return false;
}

/* Whether somebody was seen so lately that every frame is looked at. */
static bool is_held(const struct motion_gate *gate, int64_t capture_us)
{
    return gate->has_seen && capture_us >= gate->seen_us &&
           capture_us - gate->seen_us < gate->options.hold_us;
}

/* Whether a look is due, whatever the picture. Time that steps back is time passed too. */
static bool is_due(const struct motion_gate *gate, int64_t capture_us)
{
    return !gate->has_looked || !gate->has_reference || capture_us < gate->looked_us ||
           capture_us - gate->looked_us >= gate->options.refresh_us;
}

int motion_gate_asks(struct motion_gate *gate, const struct image *picture, int64_t capture_us)
{
    int r = fit(gate, picture);
    if (r < 0)
        return r;
    gate->asked_us = capture_us;
    gate->is_measured = !is_held(gate, capture_us);
    if (!gate->is_measured) /* a store full of people pays nothing for the gate */
        return 1;
    for (uint32_t row = 0; row < gate->rows; row++)
        measure_row(gate, picture, row);
    return is_due(gate, capture_us) || has_changed(gate);
}

void motion_gate_tell(struct motion_gate *gate, bool anybody)
{
    gate->has_looked = true;
    gate->looked_us = gate->asked_us;
    if (anybody) {
        gate->has_seen = true;
        gate->seen_us = gate->asked_us;
        return;
    }
    gate->has_reference = gate->is_measured;
    float *now = gate->now;
    gate->now = gate->reference;
    gate->reference = now;
}
