/*
 * joint.h - the head and the body of one person, as one observation
 *
 * Where a second network finds heads, a person may be told of twice: by the lower edge of the body,
 * and by the top of the head in the plane of people's height. Their errors have nothing in common,
 * so the two places are combined by their covariances; how far they are apart says whether both can
 * be right.
 */
#ifndef FLOORFUSE_FUSION_JOINT_H
#define FLOORFUSE_FUSION_JOINT_H

#include "wire/message.h"

/* Squared disagreement beyond which two right places are apart once in a thousand: chi-square with
 * 2 degrees of freedom. */
#define JOINT_APART_D2 13.816

/*
 * The same where the camera says that the feet are hidden: two standard deviations. It is right in
 * 6 of 10 (HIDDEN_SAID of sighting.c), and then the lower edge is anywhere up to some 3 m behind
 * the feet, where a head is good to some 0.5 m. Hidden to seen that is 6/4 (1 / 3 m) sqrt(2 pi)
 * 0.5 m exp(d2 / 2): at 4 it is 4.6 to 1, and below 1 the feet are the likelier.
 */
#define JOINT_HIDDEN_APART_D2 4.0

/* And beyond three standard deviations of one number: the same probability, 0.27 %. */
#define JOINT_THREE_SIGMA_D2 11.829

/* What a camera's heads and bodies say of each other. Sums of whole numbers, so that the order of
 * frames does not matter. */
struct joint_counts {
    uint64_t pairs;
    uint64_t beyond_three_sigma;
    int64_t squares_milli; /* sum of squared disagreements, thousandths; 2 each are expected */
};

/* The mean squared disagreement of a pair: 2 when both covariances are honest. NaN without pairs.
 */
double joint_mean_square(const struct joint_counts *counts);

/*
 * How many standard deviations apart the two are, squared: the Mahalanobis distance of their
 * difference in the sum of their covariances. Its mean is 2 when both are right.
 */
double joint_disagreement2(const struct observation *body, const struct observation *head);

/*
 * Let a body know what its head says.
 *
 * A body whose feet are cut off by the picture's edge was itself placed by its upper edge: that is
 * the head again, and the more certain of the two stays. Else they are counted, and combined where
 * they agree. Where they are apart one of the two is wrong, mostly the feet, which stand behind
 * something:
 *   the camera has said so (REASON_FOOT_OCCLUDED) and they are apart by JOINT_HIDDEN_APART_D2:
 *     the head wins, and the body is one that was placed by its head (REASON_HEAD_PLANE), of which
 *     the height is not known
 *   it has not, and they are apart by JOINT_APART_D2: the body stays, for a child is not hidden;
 *     but it is marked as one whose feet may be, and the person's track decides which end of the
 *     box to believe (sighting.h)
 *   body    of a usable observation; its place, covariance, height and reasons change
 *   counts  may be NULL
 */
void joint_combine(struct observation *body, const struct observation *head,
                   struct joint_counts *counts);

#endif
