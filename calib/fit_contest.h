/*
 * fit_contest.h - which camera model the points ask for
 *
 * Private to fit.c. Every model is fitted with the points that it would keep; the likeliest says
 * which points are right; all are fitted to those and judged by how well they foretell a point that
 * they have not seen.
 */
#ifndef FLOORFUSE_CALIB_FIT_CONTEST_H
#define FLOORFUSE_CALIB_FIT_CONTEST_H

#include "calib/fit.h"

/* All models on one choice of points, their squared errors beside each other. */
struct contest {
    struct robust_fit own[FIT_MODELS];     /* each with the points it would keep */
    struct robust_fit rivals[FIT_MODELS];  /* see fit_robustly */
    struct robust_fit results[FIT_MODELS]; /* each with the same points */
    double squares[FIT_MODELS][MARKED_POINTS_MAX];
    double cm[FIT_MODELS][MARKED_POINTS_MAX];
    bool foretold[FIT_MODELS]; /* squares and cm are filled */
};

/* The pixel's place under a camera against the marked place, cm; NaN when it meets no floor. */
double contest_floor_error_cm(const struct fit_frame *frame, const struct fit_camera *camera,
                              const struct marked_point *point);

/* Fit every model that can be tried; fit->trials says what became of each. Returns 0 or -ENOMEM. */
MUST_CHECK int contest_fit_all(struct contest *contest, struct fit *fit,
                               const struct fit_options *options);

/*
 * The model whose own choice of points is likeliest; -1 when none was fitted. A homography sees
 * only the points on the floor, so where others are marked it is compared with nobody.
 */
int contest_likeliest(const struct fit *fit, const struct contest *contest);

/*
 * A camera sees the floor from above, so a seen piece of floor is turned over once between plan (y
 * up) and picture (y down). Where the determinant of px from floor says otherwise, the floor points
 * are mirrored; no camera but a homography fits those, or it fits more of them than any other.
 */
bool contest_is_mirrored(const struct fit *fit, const struct contest *contest, int reference);

/* The likeliest model may keep a point that the chosen one would leave out: then the chosen one
 * says which points are right, and the models are judged again.
 *   reference  the likeliest; the one whose points were taken in the end
 * Returns the model that is taken, or -1 when none is left. */
int contest_settle(struct fit *fit, struct contest *contest, int *reference);

#endif
