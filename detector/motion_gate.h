/*
 * motion_gate.h - when a network may rest: nobody was there, and nothing has changed since
 *
 * The gate keeps a coarse copy of the last picture in which the network looked and saw nobody. A
 * frame may be left out while the picture still looks like that one. What creeps is compared with
 * the same old copy, so it is seen as soon as it has crept far enough; what stands still where
 * somebody was seen is looked at in every frame.
 * Guarantees: the network looks at least every refresh_us of capture time, at every frame for
 * hold_us after it saw anybody, and at the first frame.
 */
#ifndef FLOORFUSE_DETECTOR_MOTION_GATE_H
#define FLOORFUSE_DETECTOR_MOTION_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "geom/polygon.h"
#include "image/image.h"

struct motion_gate; /* opaque; one thread */

struct motion_gate_options {
    int64_t refresh_us, hold_us;
    /* Where changes mean nothing, such as a screen; px of the picture, borrowed. */
    const struct polygon *masks;
    size_t mask_count;
};

/* Returns 0 or -ENOMEM. */
MUST_CHECK int motion_gate_create(const struct motion_gate_options *options,
                                  struct motion_gate **ret_gate);
void motion_gate_destroy(struct motion_gate **gate);

/*
 * Whether the network has to look at this picture (RGB8 or YUV8) of this capture time. After a yes,
 * tell what it saw. Returns 1, 0 (it may rest), -ENOMEM.
 */
MUST_CHECK int motion_gate_asks(struct motion_gate *gate, const struct image *picture,
                                int64_t capture_us);

/* What the network saw in the picture asked about last. */
void motion_gate_tell(struct motion_gate *gate, bool anybody);

#endif
