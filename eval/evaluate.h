/*
 * evaluate.h - how near a result is to the truth: everything that is usually reported
 *
 * Truth and result are floor points with identities at times. A result counts for the truth time
 * nearest to it when within the tolerance; times without truth are not scored. The files are read
 * twice, time by time: memory grows with the number of people, not with the length of the files.
 *
 * Measures and their sources:
 *   detection  MODA = 1 - (missed + false) / truth, MODP = mean over matches of 1 - distance /
 *              radius; at each time as many matches within the radius as possible, then the least
 *              total distance (CLEAR: Kasturi et al., IEEE TPAMI 31(2), 2009)
 *   tracking   MOTA = 1 - (missed + false + switches) / truth; matches of the time before are kept
 *              as long as they are within the radius; MOTP as MODP of those matches; a switch: a
 *              person's result has another identity than the last one they had; a fragment: a
 *              person is found again after having been lost; mostly tracked / lost: found in more
 *              than 80 % / less than 20 % of their times (Bernardin & Stiefelhagen, EURASIP 2008)
 *   identity   IDF1 of the matching of whole trajectories that agrees most often (Ristani et al.,
 *              ECCV workshops 2016)
 *   HOTA       with similarity 1 - distance / (2 radius), mean over thresholds 0.05 .. 0.95, so
 * that at the threshold 0.5 a match is one within the radius (Luiten et al., IJCV 129, 2021) count
 * mean of |result - truth| people at a time, and of result - truth duplicates false points within
 * the radius of somebody who has their match, by truth heat       sum over cells of |dwell of the
 * result - dwell of the truth| / dwell of the truth; a point dwells until the next truth time, at
 * most EVALUATE_DWELL_MAX_US
 */
#ifndef FLOORFUSE_EVAL_EVALUATE_H
#define FLOORFUSE_EVAL_EVALUATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "eval/region.h"

#define EVALUATE_DWELL_MAX_US INT64_C(2000000)

struct evaluate_options {
    const char *truth, *result; /* paths of files that can be read twice */
    double radius_m;            /* > 0 */
    int64_t tolerance_us;
    double cell_m; /* of heat cells, > 0 */
    struct region region;
};

/* Rates are fractions; NaN when there is nothing to divide by. */
struct evaluation {
    int64_t times, truth, result; /* scored times, points */
    int64_t people, tracks;       /* identities */

    int64_t matched, missed, false_positives, doubled;
    double moda, modp, precision, recall, mean_error_m;

    int64_t id_switches, fragments, mostly_tracked, partly_tracked, mostly_lost;
    double mota, motp;

    double idf1, id_precision, id_recall;
    double hota, detection_accuracy, association_accuracy, localisation_accuracy;

    double count_mae, count_bias, count_bias_share; /* people, people, of the truth */
    double duplicate_rate;
    double heat_error;
};

/* Returns 0, or a negative errno with a sentence that names the file and the line. */
MUST_CHECK int evaluate(const struct evaluate_options *options, struct evaluation *ret_evaluation,
                        struct error *err);

#endif
