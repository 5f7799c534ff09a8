/*
 * signature.c - measuring a picture and merging what was measured
 *
 * All of a block row is summed up column by column in 16-bit numbers first, which the compiler does
 * sixteen at a time; blocks and profiles are then sums over few columns. A block row has at most
 * 80 rows, and 80 times the largest edge, 510, still fits.
 */
#include "image/signature.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_HEIGHT_MAX (SIGNATURE_HEIGHT_MAX / SIGNATURE_ROWS)
_Static_assert(BLOCK_HEIGHT_MAX * 510 <= UINT16_MAX, "sums of a block row fit");

/* The picture in grey at its reduced size. */
struct grey {
    uint32_t width, height, step;
    uint8_t *pixels; /* rows one after the other */
};

/* Sums over the rows of a block row, one for each column. */
struct column_sums {
    uint16_t brightness[SIGNATURE_WIDTH_MAX], across[SIGNATURE_WIDTH_MAX],
        down[SIGNATURE_WIDTH_MAX], fineness[SIGNATURE_WIDTH_MAX];
    uint16_t directions[SIGNATURE_DIRECTIONS][SIGNATURE_WIDTH_MAX];
};

uint32_t signature_step(uint32_t width, uint32_t height)
{
    uint32_t step = 1;
    while (width / step > SIGNATURE_WIDTH_MAX || height / step > SIGNATURE_HEIGHT_MAX)
        step *= 2;
    return step;
}

uint32_t signature_reduced(uint32_t edge_px, uint32_t step)
{
    return edge_px / step;
}

/* BT.601's weights, in 256ths. */
static void grey_row(const struct image *picture, uint32_t y, uint8_t *restrict out)
{
    const uint8_t *row = image_at(picture, 0, y);
    const size_t bytes = picture->format;
    if (picture->format == IMAGE_YUV8) {
        memcpy(out, row, picture->width);
        return;
    }
    for (uint32_t x = 0; x < picture->width; x++, row += bytes)
        out[x] = (uint8_t) ((77 * row[0] + 150 * row[1] + 29 * row[2] + 128) >> 8);
}

static void add_row(const uint8_t *restrict row, size_t count, uint16_t *restrict sums)
{
    for (size_t x = 0; x < count; x++)
        sums[x] = (uint16_t) (sums[x] + row[x]);
}

static void add_pairs(const uint16_t *restrict in, size_t pairs, uint16_t *restrict out)
{
    for (size_t x = 0; x < pairs; x++)
        out[x] = (uint16_t) (in[2 * x] + in[2 * x + 1]);
}

/* Means over squares of step px: 16 x 16 px of 255 still fit 16 bits, and IMAGE_EDGE_MAX needs no
 * more than 32, of which only every other row is taken. */
static int reduce(const struct image *picture, struct grey *grey)
{
    const uint32_t step = grey->step, rows = step > 16 ? 16 : step, skip = step / rows;
    const size_t width = picture->width;
    uint32_t shift = 0;
    while ((1u << shift) < rows)
        shift++;
    uint16_t *sums = calloc(2 * width + 1, sizeof(*sums));
    uint8_t *line = malloc(width);
    for (uint32_t y = 0; sums && line && y < grey->height; y++) {
        uint16_t *from = sums, *to = sums + width;
        memset(sums, 0, width * sizeof(*sums));
        for (uint32_t i = 0; i < rows; i++) {
            grey_row(picture, y * step + i * skip, line);
            add_row(line, width, sums);
        }
        size_t count = width;
        for (uint32_t i = 0; i < shift; i++) {
            count /= 2;
            add_pairs(from, count, to);
            uint16_t *swap = from;
            from = to;
            to = swap;
        }
        for (uint32_t x = 0; x < grey->width; x++)
            grey->pixels[(size_t) y * grey->width + x] = (uint8_t) (from[x * skip] >> (2 * shift));
    }
    int r = sums && line ? 0 : -ENOMEM;
    free(line);
    free(sums);
    return r;
}

static inline int absolute(int a)
{
    return a < 0 ? -a : a;
}

/* One row's px, less the first and the last, whose neighbours are not known. All in 16 bits, or the
 * compiler takes vectors half as wide. */
static void add_edges(const uint8_t *restrict row, size_t width, struct column_sums *restrict sums)
{
    const uint8_t *above = row - width, *below = row + width;
    for (size_t x = 1; x + 1 < width; x++) {
        const int16_t gx = (int16_t) (row[x + 1] - row[x - 1]),
                      gy = (int16_t) (below[x] - above[x]);
        const int16_t ax = (int16_t) absolute(gx), ay = (int16_t) absolute(gy),
                      edge = (int16_t) (ax + ay);
        const int16_t bend = (int16_t) (4 * row[x] - row[x - 1] - row[x + 1] - above[x] - below[x]);
        const uint16_t fine = (uint16_t) ((uint16_t) absolute(bend) >> 2);
        const int16_t twice_x = (int16_t) (2 * ax), twice_y = (int16_t) (2 * ay);
        const int16_t upright = ax > twice_y ? edge : 0, level = ay > twice_x ? edge : 0;
        const int16_t slanted = (int16_t) (edge - upright - level);
        const int16_t sign = (int16_t) (gx ^ gy);
        sums->brightness[x] = (uint16_t) (sums->brightness[x] + row[x]);
        sums->across[x] = (uint16_t) (sums->across[x] + ax);
        sums->down[x] = (uint16_t) (sums->down[x] + ay);
        sums->fineness[x] = (uint16_t) (sums->fineness[x] + fine);
        sums->directions[0][x] = (uint16_t) (sums->directions[0][x] + upright);
        sums->directions[1][x] = (uint16_t) (sums->directions[1][x] + level);
        sums->directions[2][x] =
            (uint16_t) (sums->directions[2][x] + (sign >= 0 ? slanted : (int16_t) 0));
    }
}

static uint32_t sum16(const uint16_t *values, size_t first, size_t end)
{
    uint32_t sum = 0;
    for (size_t i = first; i < end; i++)
        sum += values[i];
    return sum;
}

/* What 1 grey level of this picture is in black 0, white 255. */
struct levels {
    double zero, scale;
};

static uint16_t mean_of(uint32_t sum, size_t count, struct levels levels)
{
    double mean = ((double) sum / (double) count - levels.zero) * levels.scale * SIGNATURE_UNITS;
    return (uint16_t) (mean < 0 ? 0 : mean > UINT16_MAX ? UINT16_MAX : mean + 0.5);
}

static void fill_blocks(const struct column_sums *sums, size_t width, size_t rows,
                        struct levels levels, struct signature_block *blocks)
{
    const struct levels edges = { 0, levels.scale };
    for (size_t c = 0; c < SIGNATURE_COLUMNS; c++) {
        size_t first = width * c / SIGNATURE_COLUMNS, end = width * (c + 1) / SIGNATURE_COLUMNS;
        first += c == 0;
        end -= c == SIGNATURE_COLUMNS - 1;
        size_t count = (end - first) * rows;
        uint32_t all = sum16(sums->across, first, end) + sum16(sums->down, first, end),
                 left_over = all;
        blocks[c].brightness = mean_of(sum16(sums->brightness, first, end), count, levels);
        blocks[c].edges = mean_of(all, count, edges);
        blocks[c].fineness = mean_of(sum16(sums->fineness, first, end), count, edges);
        for (size_t d = 0; d + 1 < SIGNATURE_DIRECTIONS; d++) {
            uint32_t sum = sum16(sums->directions[d], first, end);
            blocks[c].directions[d] = mean_of(sum, count, edges);
            left_over -= sum;
        }
        blocks[c].directions[SIGNATURE_DIRECTIONS - 1] = mean_of(left_over, count, edges);
    }
}

static uint32_t level_edges(const uint8_t *above, const uint8_t *below, size_t first, size_t end)
{
    uint32_t sum = 0;
    for (size_t x = first; x < end; x++)
        sum += (uint32_t) absolute(below[x] - above[x]);
    return sum;
}

static void fill_rows(const struct grey *grey, double scale, struct signature *signature)
{
    const struct levels edges = { 0, scale };
    for (size_t y = 1; y + 1 < grey->height; y++) {
        const uint8_t *above = grey->pixels + (y - 1) * grey->width,
                      *below = above + 2 * (size_t) grey->width;
        for (size_t b = 0; b < SIGNATURE_ROW_BANDS; b++) {
            size_t first = grey->width * b / SIGNATURE_ROW_BANDS,
                   end = grey->width * (b + 1) / SIGNATURE_ROW_BANDS;
            signature->rows[b][y] =
                mean_of(level_edges(above, below, first, end), end - first, edges);
        }
    }
}

static void fill_signature(const struct grey *grey, struct levels levels,
                           struct signature *signature)
{
    const size_t rows_a_band = SIGNATURE_ROWS / SIGNATURE_COLUMN_BANDS;
    uint32_t band[SIGNATURE_WIDTH_MAX];
    size_t band_rows = 0;
    for (size_t r = 0; r < SIGNATURE_ROWS; r++) {
        struct column_sums sums = { 0 };
        size_t first = grey->height * r / SIGNATURE_ROWS,
               end = grey->height * (r + 1) / SIGNATURE_ROWS;
        first += r == 0;
        end -= r == SIGNATURE_ROWS - 1;
        for (size_t y = first; y < end; y++)
            add_edges(grey->pixels + y * grey->width, grey->width, &sums);
        fill_blocks(&sums, grey->width, end - first, levels,
                    signature->blocks + r * SIGNATURE_COLUMNS);
        if (r % rows_a_band == 0) {
            memset(band, 0, sizeof(band));
            band_rows = 0;
        }
        band_rows += end - first;
        for (size_t x = 0; x < grey->width; x++)
            band[x] += sums.across[x];
        for (size_t x = 0; r % rows_a_band == rows_a_band - 1 && x < grey->width; x++)
            signature->columns[r / rows_a_band][x] =
                mean_of(band[x], band_rows, (struct levels){ 0, levels.scale });
    }
    fill_rows(grey, levels.scale, signature);
}

int signature_measure(const struct image *picture, struct signature *ret_signature)
{
    if (picture->width < SIGNATURE_EDGE_MIN || picture->height < SIGNATURE_EDGE_MIN)
        return -EINVAL;
    struct grey grey = { .step = signature_step(picture->width, picture->height) };
    grey.width = signature_reduced(picture->width, grey.step);
    grey.height = signature_reduced(picture->height, grey.step);
    if (grey.width < SIGNATURE_COLUMNS * 3 || grey.height < SIGNATURE_ROWS * 3)
        return -EINVAL;
    grey.pixels = malloc((size_t) grey.width * grey.height);
    int r = grey.pixels ? reduce(picture, &grey) : -ENOMEM;
    if (r == 0) {
        struct levels levels = { 0, 1 };
        if (picture->format == IMAGE_YUV8 && picture->chroma.matrix.y_scale > 0) {
            levels.zero = (double) picture->chroma.matrix.y_zero;
            levels.scale = (double) picture->chroma.matrix.y_scale;
        }
        *ret_signature = (struct signature){ .width = picture->width, .height = picture->height };
        fill_signature(&grey, levels, ret_signature);
    }
    free(grey.pixels);
    return r;
}

static int by_value(const void *a, const void *b)
{
    uint16_t x = *(const uint16_t *) a, y = *(const uint16_t *) b;
    return (x > y) - (x < y);
}

/* The median of the number `at` bytes into each signature. */
static uint16_t median_at(const struct signature *signatures, size_t count, size_t at)
{
    uint16_t values[SIGNATURE_STILLS_MAX];
    for (size_t i = 0; i < count; i++)
        memcpy(&values[i], (const char *) &signatures[i] + at, sizeof(values[i]));
    qsort(values, count, sizeof(values[0]), by_value);
    return (uint16_t) ((values[(count - 1) / 2] + values[count / 2] + 1) / 2);
}

int signature_merge(const struct signature *signatures, size_t count, struct signature *ret_merged)
{
    if (count < 1 || count > SIGNATURE_STILLS_MAX)
        return -EINVAL;
    for (size_t i = 1; i < count; i++)
        if (signatures[i].width != signatures[0].width ||
            signatures[i].height != signatures[0].height)
            return -EINVAL;
    struct signature merged = signatures[0];
    /* All behind the size is numbers of 16 bits. */
    for (size_t at = offsetof(struct signature, blocks); at < sizeof(merged);
         at += sizeof(uint16_t)) {
        uint16_t median = median_at(signatures, count, at);
        memcpy((char *) &merged + at, &median, sizeof(median));
    }
    *ret_merged = merged;
    return 0;
}
