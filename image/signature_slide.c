/*
 * signature_slide.c - one-dimensional correlation
 */
#include "image/signature_slide.h"

#include <math.h>
#include <stdlib.h>

#include "image/signature.h"

/* The local mean is over this many samples either side: wider than a doorpost, narrower than a
 * lamp's pool of light. */
#define MEAN_SAMPLES 20

/* Standard deviation of a profile, grey levels, below which it has no edges to go by. */
#define DEVIATION_MIN 0.15

/* A profile less its local mean, and sums of squares up to each sample. */
struct levelled {
    float values[SIGNATURE_WIDTH_MAX];
    double squares[SIGNATURE_WIDTH_MAX + 1]; /* of the first i */
};

static void level(const uint16_t *profile, size_t count, struct levelled *levelled)
{
    double sums[SIGNATURE_WIDTH_MAX + 1] = { 0 };
    for (size_t i = 0; i < count; i++)
        sums[i + 1] = sums[i] + (double) profile[i] / SIGNATURE_UNITS;
    levelled->squares[0] = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = i > MEAN_SAMPLES ? i - MEAN_SAMPLES : 0;
        size_t end = i + MEAN_SAMPLES + 1 < count ? i + MEAN_SAMPLES + 1 : count;
        double value = (double) profile[i] / SIGNATURE_UNITS -
                       (sums[end] - sums[first]) / (double) (end - first);
        levelled->values[i] = (float) value;
        levelled->squares[i + 1] = levelled->squares[i] + value * value;
    }
}

/* Eight sums side by side, which the compiler keeps in one register. */
static double product(const float *a, const float *b, size_t count)
{
    float sums[8] = { 0 };
    double sum = 0;
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (size_t k = 0; k < 8; k++)
            sums[k] += a[i + k] * b[i + k];
    for (; i < count; i++)
        sum += (double) a[i] * (double) b[i];
    for (size_t k = 0; k < 8; k++)
        sum += (double) sums[k];
    return sum;
}

/* Over the samples that both have at this shift: now[i + shift] against reference[i]. */
static double correlate(const struct levelled *reference, const struct levelled *now, size_t count,
                        ptrdiff_t shift)
{
    size_t distance = (size_t) (shift < 0 ? -shift : shift), shared = count - distance;
    size_t in_reference = shift < 0 ? distance : 0, in_now = shift < 0 ? 0 : distance;
    double a = reference->squares[in_reference + shared] - reference->squares[in_reference];
    double b = now->squares[in_now + shared] - now->squares[in_now];
    double least = (double) shared * DEVIATION_MIN * DEVIATION_MIN;
    if (a < least || b < least)
        return 0;
    return product(reference->values + in_reference, now->values + in_now, shared) / sqrt(a * b);
}

struct slide slide_find(const uint16_t *reference, const uint16_t *now, size_t count, size_t most)
{
    struct levelled a, b;
    level(reference, count, &a);
    level(now, count, &b);
    ptrdiff_t best = 0, end = (ptrdiff_t) most;
    struct slide slide = { .unmoved = correlate(&a, &b, count, 0) };
    slide.likeness = slide.unmoved;
    for (ptrdiff_t shift = -end; shift <= end; shift++) {
        double likeness = correlate(&a, &b, count, shift);
        if (likeness > slide.likeness) {
            slide.likeness = likeness;
            best = shift;
        }
    }
    /* The top of the parabola through the best and its neighbours. */
    double before = correlate(&a, &b, count, best - 1), after = correlate(&a, &b, count, best + 1);
    double bend = before - 2 * slide.likeness + after;
    double part = bend < 0 ? 0.5 * (before - after) / bend : 0;
    slide.shift = (double) best + (fabs(part) <= 1 ? part : 0);
    return slide;
}
