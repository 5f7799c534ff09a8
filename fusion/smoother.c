/*
 * smoother.c - one step back of the Rauch-Tung-Striebel smoother
 *
 * With the motion F, the noise on the way Q, and the prediction P' = F P F^T + Q of the covariance:
 *     G = P F^T P'^-1,    x_s = x + G (x_next - F x),
 *     P_s = (I - G F) P (I - G F)^T + G (P_next + Q) G^T.
 * Textbooks write P_s = P + G (P_next - P') G^T, which is the same but for rounding. The sum has
 * the form of Joseph (Bucy & Joseph, Filtering for Stochastic Processes, 1968): no term of it can
 * be negative, whatever rounding has made of G. G itself is solved for; with an inverse of P'
 * definiteness is lost where some positions are known to a millimetre and others to metres.
 */
#include "fusion/smoother.h"

#include <float.h>

/* Pivots are at least this share of their diagonal: below it they are rounding. */
#define PIVOT_MIN 1e-14

/* Rows and columns: x, y, velocity x, velocity y. */
struct matrix4 {
    double m[4][4];
};

static struct matrix4 covariance_of(const struct kalman *s)
{
    struct covariance2 p = s->position_variance, v = s->velocity_variance;
    return (struct matrix4){ {
        { p.xx, p.xy, s->cross[0][0], s->cross[0][1] },
        { p.xy, p.yy, s->cross[1][0], s->cross[1][1] },
        { s->cross[0][0], s->cross[1][0], v.xx, v.xy },
        { s->cross[0][1], s->cross[1][1], v.xy, v.yy },
    } };
}

/* L D L^T of a, L below the diagonal; each column is taken out of those to its right. */
static struct matrix4 factor(const struct matrix4 *a, double ret_inverse_d[static 4])
{
    struct matrix4 l = *a;
    for (int j = 0; j < 4; j++) {
        double least = PIVOT_MIN * a->m[j][j] + DBL_MIN, pivot = l.m[j][j];
        ret_inverse_d[j] = 1 / (pivot > least ? pivot : least);
        for (int i = 3; i > j; i--) { /* upwards: column j is still whole above row i */
            double share = l.m[i][j] * ret_inverse_d[j];
            for (int k = j + 1; k <= i; k++)
                l.m[i][k] -= share * l.m[k][j];
            l.m[i][j] = share;
        }
    }
    return l;
}

/* a^-1 b */
static struct matrix4 solved(const struct matrix4 *a, struct matrix4 b)
{
    double inverse_d[4];
    struct matrix4 l = factor(a, inverse_d);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < i; k++)
            for (int j = 0; j < 4; j++)
                b.m[i][j] -= l.m[i][k] * b.m[k][j];
    for (int i = 3; i >= 0; i--) {
        for (int j = 0; j < 4; j++)
            b.m[i][j] *= inverse_d[i];
        for (int k = i + 1; k < 4; k++)
            for (int j = 0; j < 4; j++)
                b.m[i][j] -= l.m[k][i] * b.m[k][j];
    }
    return b;
}

/* G^T = P'^-1 F P. The transpose, because then all sums run along rows. */
static struct matrix4 gain_of(const struct matrix4 *p, const struct matrix4 *predicted, double dt_s)
{
    struct matrix4 moved = *p;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 4; j++)
            moved.m[i][j] += dt_s * p->m[i + 2][j];
    return solved(predicted, moved);
}

/* (I - G F)^T = I - F^T G^T, for G^T. */
static struct matrix4 rest_of(const struct matrix4 *gain, double dt_s)
{
    struct matrix4 rest = { { { 0 } } };
    for (int i = 0; i < 4; i++) {
        rest.m[i][i] = 1;
        for (int j = 0; j < 4; j++)
            rest.m[i][j] -= gain->m[i][j] + (i < 2 ? 0 : dt_s * gain->m[i - 2][j]);
    }
    return rest;
}

/* sum += a^T b a for a symmetric b; of the sum the upper half is right. */
static void add_through(struct matrix4 *sum, const struct matrix4 *a, const struct matrix4 *b)
{
    for (int k = 0; k < 4; k++) {
        double row[4] = { 0 }; /* of b a */
        for (int l = 0; l < 4; l++)
            for (int j = 0; j < 4; j++)
                row[j] += b->m[k][l] * a->m[l][j];
        for (int i = 0; i < 4; i++)
            for (int j = i; j < 4; j++)
                sum->m[i][j] += a->m[k][i] * row[j];
    }
}

/* s, moved by gain times the difference between two states; the covariance is the upper half of c.
 */
static struct kalman corrected(const struct kalman *s, const struct matrix4 *gain,
                               const struct kalman *next, const struct kalman *predicted,
                               const struct matrix4 *c)
{
    double surprise[4] = { next->position.x - predicted->position.x,
                           next->position.y - predicted->position.y,
                           next->velocity_x_m_s - predicted->velocity_x_m_s,
                           next->velocity_y_m_s - predicted->velocity_y_m_s };
    double change[4] = { 0 };
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 4; i++)
            change[i] += gain->m[k][i] * surprise[k];
    return (struct kalman){
        .position = { s->position.x + change[0], s->position.y + change[1] },
        .velocity_x_m_s = s->velocity_x_m_s + change[2],
        .velocity_y_m_s = s->velocity_y_m_s + change[3],
        .position_variance = { c->m[0][0], c->m[0][1], c->m[1][1] },
        .cross = { { c->m[0][2], c->m[0][3] }, { c->m[1][2], c->m[1][3] } },
        .velocity_variance = { c->m[2][2], c->m[2][3], c->m[3][3] },
    };
}

/* next's covariance after the noise once more. */
static struct matrix4 with_noise(const struct kalman *next, double dt_s, double noise_m2_s3)
{
    struct kalman none = { 0 }, noise = kalman_predict(none, dt_s, noise_m2_s3);
    struct matrix4 c = covariance_of(next), q = covariance_of(&noise);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            c.m[i][j] += q.m[i][j];
    return c;
}

struct kalman smoother_step_back(struct kalman filtered, struct kalman next, double dt_s,
                                 double noise_m2_s3)
{
    struct kalman predicted = kalman_predict(filtered, dt_s, noise_m2_s3);
    struct matrix4 p = covariance_of(&filtered), p_predicted = covariance_of(&predicted);
    struct matrix4 p_next = with_noise(&next, dt_s, noise_m2_s3);
    struct matrix4 gain = gain_of(&p, &p_predicted, dt_s), rest = rest_of(&gain, dt_s);
    struct matrix4 c = { { { 0 } } };
    add_through(&c, &rest, &p);
    add_through(&c, &gain, &p_next);
    return corrected(&filtered, &gain, &next, &predicted, &c);
}
