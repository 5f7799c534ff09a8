/*
 * pairing.h - truth and result of the same times, side by side
 */
#ifndef FLOORFUSE_EVAL_PAIRING_H
#define FLOORFUSE_EVAL_PAIRING_H

#include "eval/point_stream.h"

struct pairing; /* opaque */

struct paired_moment {
    const struct point_moment *truth;
    const struct point_moment *result; /* NULL: no result within the tolerance */
    int64_t until_us;                  /* the next truth time; INT64_MAX at the last one */
};

MUST_CHECK int pairing_open(const char *truth, const char *result, const struct region *region,
                            int64_t tolerance_us, struct pairing **ret_pairing, struct error *err);
void pairing_close(struct pairing **pairing);

/* The next truth time. Each result time is taken once, by the truth time nearest to it. Returns 1,
 * 0 at the end, or negative. The moments are borrowed until the next call. */
MUST_CHECK int pairing_next(struct pairing *pairing, struct paired_moment *ret_moment,
                            struct error *err);

#endif
