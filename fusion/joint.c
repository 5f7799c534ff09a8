/*
 * joint.c - the head and the body of one person, as one observation
 */
#include "fusion/joint.h"

#include <math.h>

/* One pair cannot say more than this, so that a broken camera leaves a sum that can be added to. */
#define SQUARE_MAX 1e6

double joint_mean_square(const struct joint_counts *counts)
{
    return counts->pairs ? (double) counts->squares_milli / 1000 / (double) counts->pairs : NAN;
}

double joint_disagreement2(const struct observation *body, const struct observation *head)
{
    return covariance2_mahalanobis2(covariance2_add(body->covariance, head->covariance),
                                    head->floor.x - body->floor.x, head->floor.y - body->floor.y);
}

static void count_pair(double disagreement2, struct joint_counts *counts)
{
    if (!counts)
        return;
    counts->pairs++;
    counts->beyond_three_sigma += disagreement2 > JOINT_THREE_SIGMA_D2;
    counts->squares_milli += llround(1000 * fmin(disagreement2, SQUARE_MAX));
}

/* The head's place becomes the body's. */
static void take_head(struct observation *body, const struct observation *head)
{
    body->floor = head->floor;
    body->covariance = head->covariance;
    body->height_m = NAN;
    body->reasons |= REASON_HEAD_PLANE;
}

/* The inverse covariances add up, and weigh the places. */
static void average(struct observation *body, const struct observation *head)
{
    struct covariance2 a = covariance2_inverse(body->covariance);
    struct covariance2 b = covariance2_inverse(head->covariance);
    struct covariance2 both = covariance2_inverse(covariance2_add(a, b));
    double dx = head->floor.x - body->floor.x, dy = head->floor.y - body->floor.y;
    double wx = b.xx * dx + b.xy * dy, wy = b.xy * dx + b.yy * dy;
    body->floor.x += both.xx * wx + both.xy * wy;
    body->floor.y += both.xy * wx + both.yy * wy;
    body->covariance = both;
}

void joint_combine(struct observation *body, const struct observation *head,
                   struct joint_counts *counts)
{
    if (body->reasons & REASON_HEAD_PLANE) {
        if (covariance2_max_sd(head->covariance) < covariance2_max_sd(body->covariance))
            take_head(body, head);
        return;
    }
    bool is_hidden = body->reasons & (REASON_FOOT_OCCLUDED | REASON_FOOT_CLIPPED);
    double disagreement2 = joint_disagreement2(body, head);
    count_pair(disagreement2, counts);
    if (disagreement2 <= (is_hidden ? JOINT_HIDDEN_APART_D2 : JOINT_APART_D2))
        average(body, head);
    else if (is_hidden)
        take_head(body, head);
    else
        body->reasons |= REASON_FOOT_OCCLUDED;
}
