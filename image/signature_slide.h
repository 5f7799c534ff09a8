/*
 * signature_slide.h - how far profiles of two signatures slid; private to signature_compare
 */
#ifndef FLOORFUSE_IMAGE_SIGNATURE_SLIDE_H
#define FLOORFUSE_IMAGE_SIGNATURE_SLIDE_H

#include <stddef.h>
#include <stdint.h>

/* One band's answer. */
struct slide {
    double shift;    /* of `now` against `reference`, to a fraction of a sample */
    double likeness; /* correlation there, -1..1; 0 when a profile has no edges */
    double unmoved;  /* the same at a shift of 0 */
};

/*
 * The shift at which two profiles are most alike, by normalised correlation of what is left of them
 * when the local mean is taken away (so that uneven light drops out).
 *   count  samples of each, at most SIGNATURE_WIDTH_MAX
 *   most   the farthest shift looked at, either way; less than half of count
 */
struct slide slide_find(const uint16_t *reference, const uint16_t *now, size_t count, size_t most);

#endif
