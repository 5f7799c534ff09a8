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
 * the head again, and the more certain of the two stays. Else they are combined, and counted. Where
 * they are apart (JOINT_APART_D2) they are not: one of the two is wrong, mostly the feet, which
 * stand behind something. The head stays if the camera has said so; if not, the body stays, marked
 * as one whose feet may be hidden, and the person's track decides which end of the box to believe
 * (sighting.h).
 *   body    of a usable observation; its place, covariance and reasons change
 *   counts  may be NULL
 */
void joint_combine(struct observation *body, const struct observation *head,
                   struct joint_counts *counts);

#endif
