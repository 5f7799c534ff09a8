/*
 * clear.h - how near a result is to the truth: the CLEAR detection measures on the floor
 *
 * Truth and result are floor points at times. At each time that has truth they are matched one to
 * one, as many as possible within radius_m and then with the least total distance. MODA = 1 -
 * (missed + false) / truth; MODP = mean over matches of 1 - distance / radius Sources: Kasturi et
 * al., IEEE TPAMI 2009; Bernardin & Stiefelhagen, EURASIP 2008.
 */
#ifndef FLOORFUSE_EVAL_CLEAR_H
#define FLOORFUSE_EVAL_CLEAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "geom/point.h"

struct eval_point {
    int64_t time_us;
    int64_t id;
    struct floor_m position;
};

struct eval_points {
    struct eval_point *items; /* by time, then id */
    size_t count;
};

/* Read `time_us,id,x_m,y_m` (`track` is a synonym of `id`); rows with a `state` of "tentative" are
 * left out. */
MUST_CHECK int eval_points_read(const char *path, struct eval_points *ret_points,
                                struct error *err);
void eval_points_release(struct eval_points *points);

struct clear_result {
    int64_t truth, matched, missed, false_positives;
    int64_t
        doubled; /* false positives within radius_m of a truth point that has its match already */
    double moda, modp, precision, recall; /* fractions; NaN when there is nothing to divide by */
    double mean_error_m;
};

/*
 *   truth, result  in order of time, as eval_points_read leaves them
 *   tolerance_us   a result counts for the truth time nearest to it when within this; of several
 * result times at one truth time only the nearest counts, so that a result that is quicker than the
 * truth is not held to be false radius_m       farthest match Returns 0 or -ENOMEM.
 */
MUST_CHECK int clear_evaluate(const struct eval_points *truth, const struct eval_points *result,
                              double radius_m, int64_t tolerance_us, struct clear_result *ret);

#endif
