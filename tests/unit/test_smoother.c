/*
 * test_smoother.c - one step back; expected values by hand, and from the whole trajectory solved at
 * once as weighted least squares, which is what the smoother is said to equal
 */
#include <string.h>

#include "chance.h"
#include "fusion/smoother.h"
#include "near.h"
#include "testing.h"

/* Each decade is as likely as the others. */
static double chance_scale(struct chance *chance, double low, double high)
{
    return exp(chance_between(chance, log(low), log(high)));
}

static struct covariance2 chance_covariance(struct chance *chance, double low_m2, double high_m2)
{
    double a = chance_scale(chance, low_m2, high_m2), b = chance_scale(chance, low_m2, high_m2);
    double angle_rad = chance_between(chance, 0, 3), c = cos(angle_rad), s = sin(angle_rad);
    return (struct covariance2){ c * c * a + s * s * b, c * s * (a - b), s * s * a + c * c * b };
}

static void matrix_of(const struct kalman *k, double ret_m[4][4])
{
    const double m[4][4] = {
        { k->position_variance.xx, k->position_variance.xy, k->cross[0][0], k->cross[0][1] },
        { k->position_variance.xy, k->position_variance.yy, k->cross[1][0], k->cross[1][1] },
        { k->cross[0][0], k->cross[1][0], k->velocity_variance.xx, k->velocity_variance.xy },
        { k->cross[0][1], k->cross[1][1], k->velocity_variance.xy, k->velocity_variance.yy },
    };
    memcpy(ret_m, m, sizeof(m));
}

static void assert_same_state(struct kalman a, struct kalman b, double tolerance)
{
    double p[4][4], q[4][4];
    matrix_of(&a, p);
    matrix_of(&b, q);
    assert_near(a.position.x, b.position.x, tolerance);
    assert_near(a.position.y, b.position.y, tolerance);
    assert_near(a.velocity_x_m_s, b.velocity_x_m_s, tolerance);
    assert_near(a.velocity_y_m_s, b.velocity_y_m_s, tolerance);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            assert_near(p[i][j], q[i][j], tolerance);
}

static void one_step_worked_by_hand(void **state)
{
    (void) state;
    /*
     * Each axis: P = I, dt = 1, q = 6: F P F^T = [2 1; 1 1], Q = [2 3; 3 6], P' = [4 4; 4 7],
     * P'^-1 = [7 -4; -4 4] / 12, G = P F^T P'^-1 = [1 0; 1 1] P'^-1 = [7 -4; 3 0] / 12.
     * x: next (12, 12) above a prediction of 0: G (12, 12) = (3, 3); P_next = I:
     * P + G (I - P') G^T = I - [19 15; 15 27] / 144. y: next is as predicted.
     */
    static const struct covariance2 one = { 1, 0, 1 };
    struct kalman filtered = kalman_start((struct floor_m){ 0, 5 }, one, 1);
    struct kalman next = kalman_start((struct floor_m){ 12, 5 }, one, 1);
    next.velocity_x_m_s = 12;
    struct kalman s = smoother_step_back(filtered, next, 1, 6);
    assert_near(s.position.x, 3, 1e-12);
    assert_near(s.velocity_x_m_s, 3, 1e-12);
    assert_near(s.position.y, 5, 1e-12);
    assert_near(s.velocity_y_m_s, 0, 1e-12);
    assert_near(s.position_variance.xx, 125.0 / 144, 1e-12);
    assert_near(s.cross[0][0], -15.0 / 144, 1e-12);
    assert_near(s.velocity_variance.xx, 117.0 / 144, 1e-12);
    assert_near(s.position_variance.yy, 125.0 / 144, 1e-12);
    assert_near(s.cross[1][1], -15.0 / 144, 1e-12);
    assert_near(s.velocity_variance.yy, 117.0 / 144, 1e-12);
    assert_near(s.position_variance.xy, 0, 1e-12);
    assert_near(s.cross[0][1], 0, 1e-12);
    assert_near(s.cross[1][0], 0, 1e-12);
    assert_near(s.velocity_variance.xy, 0, 1e-12);
}

static struct kalman some_state(struct chance *chance)
{
    struct floor_m p = { chance_between(chance, -5, 5), chance_between(chance, -5, 5) };
    struct kalman k = kalman_start(p, chance_covariance(chance, 0.01, 1), 1);
    for (int i = 0; i < 3; i++) {
        k = kalman_predict(k, 0.3, 1);
        p.x += chance_between(chance, -0.5, 0.5);
        k = kalman_update(k, p, chance_covariance(chance, 0.01, 1));
    }
    return k;
}

static void without_noise_the_next_state_is_moved_back(void **state)
{
    (void) state;
    struct chance chance = { 7 };
    for (int i = 0; i < 100; i++) {
        struct kalman next = some_state(&chance);
        struct kalman s = smoother_step_back(some_state(&chance), next, 0.5, 0);
        assert_same_state(kalman_predict(s, 0.5, 0), next, 1e-12);
    }
}

static void no_time_later_it_is_the_next_state(void **state)
{
    (void) state;
    struct chance chance = { 8 };
    struct kalman next = some_state(&chance);
    assert_same_state(smoother_step_back(some_state(&chance), next, 0, 2), next, 1e-12);
}

static void a_next_state_as_predicted_changes_nothing(void **state)
{
    (void) state;
    struct chance chance = { 9 };
    for (int i = 0; i < 100; i++) {
        struct kalman k = some_state(&chance);
        assert_same_state(smoother_step_back(k, kalman_predict(k, 0.2, 2), 0.2, 2), k, 1e-12);
    }
}

/* The whole trajectory as one linear problem: information h, right side b, then the solution. */
#define TICKS        12
#define UNKNOWNS     (4 * TICKS)
#define SPEED_SD_M_S 1.0

struct problem {
    double h[UNKNOWNS][UNKNOWNS], inverse[UNKNOWNS][UNKNOWNS], b[UNKNOWNS];
};

struct look {
    double dt_s; /* since the one before */
    bool seen;
    struct floor_m at;
    struct covariance2 covariance;
};

static void add_look(struct problem *p, int tick, const struct look *look)
{
    struct covariance2 w = covariance2_inverse(look->covariance);
    int x = 4 * tick, y = x + 1;
    p->h[x][x] += w.xx;
    p->h[x][y] += w.xy;
    p->h[y][x] += w.xy;
    p->h[y][y] += w.yy;
    p->b[x] += w.xx * look->at.x + w.xy * look->at.y;
    p->b[y] += w.xy * look->at.x + w.yy * look->at.y;
}

/* (next - F now)^T Q^-1 (next - F now), axis by axis; the inverse of q [dt^3/3 dt^2/2; dt^2/2 dt]
 * is [12/dt^3 -6/dt^2; -6/dt^2 4/dt] / q. */
static void add_step(struct problem *p, int tick, double dt, double q)
{
    double w[2][2] = { { 12 / (dt * dt * dt * q), -6 / (dt * dt * q) },
                       { -6 / (dt * dt * q), 4 / (dt * q) } };
    double j[2][4] = { { -1, -dt, 1, 0 }, { 0, -1, 0, 1 } }; /* position, velocity; now, next */
    for (int axis = 0; axis < 2; axis++) {
        int unknown[4] = { 4 * tick - 4 + axis, 4 * tick - 2 + axis, 4 * tick + axis,
                           4 * tick + 2 + axis };
        for (int a = 0; a < 4; a++)
            for (int c = 0; c < 4; c++)
                for (int r = 0; r < 2; r++)
                    for (int s = 0; s < 2; s++)
                        p->h[unknown[a]][unknown[c]] += j[r][a] * w[r][s] * j[s][c];
    }
}

/* Gauss-Jordan with the largest pivot of the column. */
static void invert(struct problem *p)
{
    static double m[UNKNOWNS][2 * UNKNOWNS];
    for (int i = 0; i < UNKNOWNS; i++)
        for (int j = 0; j < UNKNOWNS; j++) {
            m[i][j] = p->h[i][j];
            m[i][UNKNOWNS + j] = i == j;
        }
    for (int c = 0; c < UNKNOWNS; c++) {
        int best = c;
        for (int r = c; r < UNKNOWNS; r++)
            best = fabs(m[r][c]) > fabs(m[best][c]) ? r : best;
        for (int j = 0; j < 2 * UNKNOWNS; j++) {
            double kept = m[c][j];
            m[c][j] = m[best][j];
            m[best][j] = kept;
        }
        for (int r = 0; r < UNKNOWNS; r++) {
            double share = m[r][c] / m[c][c];
            for (int j = 0; r != c && j < 2 * UNKNOWNS; j++)
                m[r][j] -= share * m[c][j];
        }
    }
    for (int i = 0; i < UNKNOWNS; i++)
        for (int j = 0; j < UNKNOWNS; j++)
            p->inverse[i][j] = m[i][UNKNOWNS + j] / m[i][i];
}

static void solve(const struct look looks[static TICKS], double q, struct problem *ret)
{
    memset(ret, 0, sizeof(*ret));
    for (int v = 2; v < 4; v++)
        ret->h[v][v] += 1 / (SPEED_SD_M_S * SPEED_SD_M_S);
    for (int t = 0; t < TICKS; t++) {
        if (looks[t].seen)
            add_look(ret, t, &looks[t]);
        if (t > 0)
            add_step(ret, t, looks[t].dt_s, q);
    }
    invert(ret);
}

static void smooth(const struct look looks[static TICKS], double q,
                   struct kalman ret_states[static TICKS])
{
    ret_states[0] = kalman_start(looks[0].at, looks[0].covariance, SPEED_SD_M_S);
    for (int t = 1; t < TICKS; t++) {
        ret_states[t] = kalman_predict(ret_states[t - 1], looks[t].dt_s, q);
        if (looks[t].seen)
            ret_states[t] = kalman_update(ret_states[t], looks[t].at, looks[t].covariance);
    }
    for (int t = TICKS - 1; t-- > 0;)
        ret_states[t] = smoother_step_back(ret_states[t], ret_states[t + 1], looks[t + 1].dt_s, q);
}

/* Least squares loses digits to the condition of its 48 x 48 matrix; metres and m^2. */
#define SOLVED_TOLERANCE 1e-8

static void assert_solves(const struct problem *p, const struct kalman states[static TICKS])
{
    for (int t = 0; t < TICKS; t++) {
        double x[4] = { 0 }, c[4][4];
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < UNKNOWNS; j++)
                x[i] += p->inverse[4 * t + i][j] * p->b[j];
        matrix_of(&states[t], c);
        assert_near(states[t].position.x, x[0], SOLVED_TOLERANCE);
        assert_near(states[t].position.y, x[1], SOLVED_TOLERANCE);
        assert_near(states[t].velocity_x_m_s, x[2], SOLVED_TOLERANCE);
        assert_near(states[t].velocity_y_m_s, x[3], SOLVED_TOLERANCE);
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
                assert_near(c[i][j], p->inverse[4 * t + i][4 * t + j], SOLVED_TOLERANCE);
    }
}

static void the_way_back_equals_least_squares_of_the_whole_trajectory(void **state)
{
    (void) state;
    struct chance chance = { 1965 };
    static struct problem problem;
    for (int round = 0; round < 20; round++) {
        struct look looks[TICKS];
        struct kalman states[TICKS];
        for (int t = 0; t < TICKS; t++)
            looks[t] = (struct look){ .dt_s = chance_scale(&chance, 0.05, 1),
                                      .seen = t == 0 || chance_between(&chance, 0, 1) < 0.7,
                                      .at = { chance_between(&chance, -3, 3),
                                              chance_between(&chance, -3, 3) },
                                      .covariance = chance_covariance(&chance, 0.003, 0.3) };
        double q = chance_scale(&chance, 0.1, 5);
        solve(looks, q, &problem);
        smooth(looks, q, states);
        assert_solves(&problem, states);
    }
}

/* The smallest pivot of Cholesky as a share of its diagonal: positive as long as m is definite. */
static double definiteness(const struct kalman *k)
{
    double m[4][4], least = 1;
    matrix_of(k, m);
    for (int c = 0; c < 4; c++) {
        double whole = m[c][c];
        for (int i = 0; i < c; i++)
            whole += m[c][i] * m[c][i]; /* what the columns before have taken */
        least = fmin(least, m[c][c] / whole);
        if (!(m[c][c] > 0))
            return m[c][c];
        double root = sqrt(m[c][c]);
        for (int r = c; r < 4; r++)
            m[r][c] /= root;
        for (int i = c + 1; i < 4; i++)
            for (int j = c + 1; j <= i; j++)
                m[i][j] -= m[i][c] * m[j][c];
    }
    return least;
}

static void covariances_stay_definite_whatever_the_scale(void **state)
{
    (void) state;
    struct chance chance = { 20260 };
    for (int round = 0; round < 20000; round++) {
        double q = chance_scale(&chance, 1e-6, 100);
        struct kalman filtered[8];
        double dt_s[8];
        for (int t = 0; t < 8; t++) {
            struct covariance2 c = chance_covariance(&chance, 1e-9, 1e3);
            struct floor_m at = { chance_between(&chance, -50, 50), 1 };
            dt_s[t] = chance_scale(&chance, 1e-3, 60);
            filtered[t] = t == 0
                              ? kalman_start(at, c, 1)
                              : kalman_update(kalman_predict(filtered[t - 1], dt_s[t], q), at, c);
            if (!(definiteness(&filtered[t]) > 1e-12))
                break; /* the filter itself has lost it: no promise */
            struct kalman s = filtered[t];
            for (int i = t; i-- > 0;) {
                s = smoother_step_back(filtered[i], s, dt_s[i + 1], q);
                assert_true(definiteness(&s) > 0);
                assert_true(isfinite(s.position.x) && isfinite(s.velocity_x_m_s));
            }
        }
    }
}

static void what_comes_after_never_makes_it_vaguer(void **state)
{
    (void) state;
    struct chance chance = { 31 };
    for (int round = 0; round < 1000; round++) {
        struct kalman k = some_state(&chance);
        double dt_s = chance_scale(&chance, 0.01, 5), q = chance_scale(&chance, 0.01, 5);
        struct kalman next = kalman_update(kalman_predict(k, dt_s, q), (struct floor_m){ 0, 0 },
                                           chance_covariance(&chance, 1e-4, 10));
        struct kalman s = smoother_step_back(k, next, dt_s, q);
        assert_true(s.position_variance.xx <= k.position_variance.xx * (1 + 1e-12));
        assert_true(s.position_variance.yy <= k.position_variance.yy * (1 + 1e-12));
        assert_true(s.velocity_variance.xx <= k.velocity_variance.xx * (1 + 1e-12));
        assert_true(s.velocity_variance.yy <= k.velocity_variance.yy * (1 + 1e-12));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_step_worked_by_hand),
        cmocka_unit_test(without_noise_the_next_state_is_moved_back),
        cmocka_unit_test(no_time_later_it_is_the_next_state),
        cmocka_unit_test(a_next_state_as_predicted_changes_nothing),
        cmocka_unit_test(the_way_back_equals_least_squares_of_the_whole_trajectory),
        cmocka_unit_test(covariances_stay_definite_whatever_the_scale),
        cmocka_unit_test(what_comes_after_never_makes_it_vaguer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
