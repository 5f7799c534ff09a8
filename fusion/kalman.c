/*
 * kalman.c - constant velocity on the floor
 *
 * The 4x4 covariance is kept as its three 2x2 blocks, because the observation is of the position
 * alone: every inverse is then one of a 2x2 matrix.
 */
#include "fusion/kalman.h"

struct kalman kalman_start(struct floor_m position, struct covariance2 covariance,
                           double velocity_sd_m_s)
{
    double variance = velocity_sd_m_s * velocity_sd_m_s;
    return (struct kalman){ .position = position,
                            .position_variance = covariance,
                            .velocity_variance = { .xx = variance, .yy = variance } };
}

struct kalman kalman_predict(struct kalman s, double dt_s, double noise_m2_s3)
{
    double dt2 = dt_s * dt_s;
    double noise_position = noise_m2_s3 * dt2 * dt_s / 3;
    double noise_cross = noise_m2_s3 * dt2 / 2;
    double noise_velocity = noise_m2_s3 * dt_s;
    struct covariance2 vv = s.velocity_variance;

    s.position.x += dt_s * s.velocity_x_m_s;
    s.position.y += dt_s * s.velocity_y_m_s;
    s.position_variance.xx += 2 * dt_s * s.cross[0][0] + dt2 * vv.xx + noise_position;
    s.position_variance.xy += dt_s * (s.cross[0][1] + s.cross[1][0]) + dt2 * vv.xy;
    s.position_variance.yy += 2 * dt_s * s.cross[1][1] + dt2 * vv.yy + noise_position;
    s.cross[0][0] += dt_s * vv.xx + noise_cross;
    s.cross[0][1] += dt_s * vv.xy;
    s.cross[1][0] += dt_s * vv.xy;
    s.cross[1][1] += dt_s * vv.yy + noise_cross;
    s.velocity_variance.xx += noise_velocity;
    s.velocity_variance.yy += noise_velocity;
    return s;
}

struct gain {
    double m[2][2];
};

static struct gain gain_times(struct gain a, struct gain b)
{
    struct gain r;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            r.m[i][j] = a.m[i][0] * b.m[0][j] + a.m[i][1] * b.m[1][j];
    return r;
}

static struct gain full(struct covariance2 c)
{
    return (struct gain){ { { c.xx, c.xy }, { c.xy, c.yy } } };
}

/* Rounding may leave the two halves a little apart. */
static struct covariance2 symmetric(struct gain g)
{
    return (struct covariance2){ g.m[0][0], (g.m[0][1] + g.m[1][0]) / 2, g.m[1][1] };
}

struct kalman kalman_update(struct kalman s, struct floor_m observed, struct covariance2 covariance)
{
    struct covariance2 innovation = covariance2_add(s.position_variance, covariance);
    struct gain weight = full(covariance2_inverse(innovation));
    struct gain cross = { { { s.cross[0][0], s.cross[0][1] }, { s.cross[1][0], s.cross[1][1] } } };
    struct gain crossed = { { { s.cross[0][0], s.cross[1][0] },
                              { s.cross[0][1], s.cross[1][1] } } };
    struct gain kp = gain_times(full(s.position_variance), weight);
    struct gain kv = gain_times(crossed, weight);
    double dx = observed.x - s.position.x, dy = observed.y - s.position.y;

    s.position.x += kp.m[0][0] * dx + kp.m[0][1] * dy;
    s.position.y += kp.m[1][0] * dx + kp.m[1][1] * dy;
    s.velocity_x_m_s += kv.m[0][0] * dx + kv.m[0][1] * dy;
    s.velocity_y_m_s += kv.m[1][0] * dx + kv.m[1][1] * dy;

    struct covariance2 explained = symmetric(gain_times(kv, cross));
    s.velocity_variance.xx -= explained.xx;
    s.velocity_variance.xy -= explained.xy;
    s.velocity_variance.yy -= explained.yy;
    struct gain lost = gain_times(kp, cross);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            s.cross[i][j] -= lost.m[i][j];
    /* P - K P equals K R, which takes no difference of near numbers and so stays positive. */
    s.position_variance = symmetric(gain_times(kp, full(covariance)));
    return s;
}

struct kalman kalman_limit_speed(struct kalman s, double max_m_s)
{
    double speed = hypot(s.velocity_x_m_s, s.velocity_y_m_s);
    if (speed > max_m_s) {
        s.velocity_x_m_s *= max_m_s / speed;
        s.velocity_y_m_s *= max_m_s / speed;
    }
    return s;
}
