/*
 * smoother.c - one step back of the Rauch-Tung-Striebel smoother
 *
 * gain = P F^T P'^-1, where P' = F P F^T + Q is the prediction; then
 * x_s = x + gain (x'_s - x'), P_s = P + gain (P'_s - P') gain^T.
 */
#include "fusion/smoother.h"

/* x, y, vx, vy. */
struct matrix4 {
    double m[4][4];
};

static struct matrix4 covariance_of(const struct kalman *s)
{
    return (struct matrix4){ {
        { s->position_variance.xx, s->position_variance.xy, s->cross[0][0], s->cross[0][1] },
        { s->position_variance.xy, s->position_variance.yy, s->cross[1][0], s->cross[1][1] },
        { s->cross[0][0], s->cross[1][0], s->velocity_variance.xx, s->velocity_variance.xy },
        { s->cross[0][1], s->cross[1][1], s->velocity_variance.xy, s->velocity_variance.yy },
    } };
}

/* Lower triangle l with l l^T = a, for a positive definite a; rounding may leave a tiny bit less.
 */
static struct matrix4 cholesky(const struct matrix4 *a)
{
    struct matrix4 l = { { { 0 } } };
    for (int i = 0; i < 4; i++)
        for (int j = 0; j <= i; j++) {
            double sum = a->m[i][j];
            for (int k = 0; k < j; k++)
                sum -= l.m[i][k] * l.m[j][k];
            l.m[i][j] = i == j ? sqrt(sum > 1e-15 ? sum : 1e-15) : sum / l.m[j][j];
        }
    return l;
}

/* row := row (l l^T)^-1 */
static void solve_row(const struct matrix4 *l, double row[4])
{
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < i; k++)
            row[i] -= l->m[i][k] * row[k];
        row[i] /= l->m[i][i];
    }
    for (int i = 3; i >= 0; i--) {
        for (int k = i + 1; k < 4; k++)
            row[i] -= l->m[k][i] * row[k];
        row[i] /= l->m[i][i];
    }
}

static struct matrix4 gain_of(const struct kalman *filtered, const struct matrix4 *predicted,
                              double dt_s)
{
    struct matrix4 p = covariance_of(filtered), gain, l = cholesky(predicted);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 2; j++) { /* P F^T: a position is ahead by dt times the velocity */
            gain.m[i][j] = p.m[i][j] + dt_s * p.m[i][j + 2];
            gain.m[i][j + 2] = p.m[i][j + 2];
        }
        solve_row(&l, gain.m[i]);
    }
    return gain;
}

/* p + gain (next - predicted) gain^T, symmetric by construction of the sums. */
static struct matrix4 smoothed_covariance(const struct matrix4 *p, const struct matrix4 *gain,
                                          const struct matrix4 *next,
                                          const struct matrix4 *predicted)
{
    struct matrix4 left, sum = *p;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            left.m[i][j] = 0;
            for (int k = 0; k < 4; k++)
                left.m[i][j] += gain->m[i][k] * (next->m[k][j] - predicted->m[k][j]);
        }
    for (int i = 0; i < 4; i++)
        for (int j = i; j < 4; j++) {
            for (int k = 0; k < 4; k++)
                sum.m[i][j] += left.m[i][k] * gain->m[j][k];
            sum.m[j][i] = sum.m[i][j];
        }
    return sum;
}

struct kalman smoother_step_back(struct kalman s, struct kalman next, double dt_s,
                                 double noise_m2_s3)
{
    struct kalman ahead = kalman_predict(s, dt_s, noise_m2_s3);
    struct matrix4 predicted = covariance_of(&ahead), later = covariance_of(&next);
    struct matrix4 own = covariance_of(&s), gain = gain_of(&s, &predicted, dt_s);
    double d[4] = { next.position.x - ahead.position.x, next.position.y - ahead.position.y,
                    next.velocity_x_m_s - ahead.velocity_x_m_s,
                    next.velocity_y_m_s - ahead.velocity_y_m_s };
    double change[4] = { 0 };
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++)
            change[i] += gain.m[i][k] * d[k];
    struct matrix4 c = smoothed_covariance(&own, &gain, &later, &predicted);
    return (struct kalman){
        .position = { s.position.x + change[0], s.position.y + change[1] },
        .velocity_x_m_s = s.velocity_x_m_s + change[2],
        .velocity_y_m_s = s.velocity_y_m_s + change[3],
        .position_variance = { c.m[0][0], c.m[0][1], c.m[1][1] },
        .cross = { { c.m[0][2], c.m[0][3] }, { c.m[1][2], c.m[1][3] } },
        .velocity_variance = { c.m[2][2], c.m[2][3], c.m[3][3] },
    };
}
