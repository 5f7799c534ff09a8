/* lens.c - Brown's lens distortion, both ways */
#include "calib/lens.h"

#include <errno.h>

/* Newton doubles the digits each turn: 20 turns are far more than any lens needs. */
#define NEWTON_TURNS 20
#define HALVINGS     30
/* Residual that counts as solved, in focal lengths: with f = 10,000 px it is a millionth of a px.
 */
#define NEWTON_RESIDUAL 1e-10
#define BISECTIONS      200

/* Coordinates in focal lengths from the principal point. */
struct normalised {
    double x, y;
};

/* d(distorted radius) / d(undistorted radius) of the radial part, at squared radius q. */
static double radial_growth(const struct lens *lens, double q)
{
    return 1 + q * (3 * lens->k1 + q * (5 * lens->k2 + q * 7 * lens->k3));
}

/* The zero of radial_growth in (low, high], given that it is positive at low and not at high. */
static double growth_zero(const struct lens *lens, double low, double high)
{
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = low + (high - low) / 2;
        if (radial_growth(lens, middle) > 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The positive places where radial_growth turns: roots of 3 k1 + 10 k2 q + 21 k3 q^2, ascending. */
static int growth_turns(const struct lens *lens, double ret_q[static 2])
{
    double a = 21 * lens->k3, half_b = 5 * lens->k2, c = 3 * lens->k1;
    double roots[2] = { -1, -1 };
    int count = 0;
    if (a == 0) {
        if (half_b != 0)
            roots[0] = -c / (2 * half_b);
    } else if (half_b * half_b > a * c) {
        double s = -(half_b + copysign(sqrt(half_b * half_b - a * c), half_b));
        roots[0] = s / a;
        roots[1] = s != 0 ? c / s : -1;
    }
    if (roots[1] >= 0 && roots[1] < roots[0]) {
        double first = roots[1];
        roots[1] = roots[0];
        roots[0] = first;
    }
    for (int i = 0; i < 2; i++) {
        if (roots[i] > 0 && isfinite(roots[i]))
            ret_q[count++] = roots[i];
    }
    return count;
}

void lens_find_limit(struct lens *lens)
{
    double turns[2];
    lens->per_focal_x = 1 / lens->focal_x_px;
    lens->per_focal_y = 1 / lens->focal_y_px;
    int count = growth_turns(lens, turns);
    double low = 0;
    for (int i = 0; i < count; i++) {
        if (radial_growth(lens, turns[i]) <= 0) {
            lens->radius2_max = growth_zero(lens, low, turns[i]);
            return;
        }
        low = turns[i];
    }
    /* Behind the last turn the growth is monotonic: the leading coefficient decides. */
    double leading = lens->k3 != 0 ? lens->k3 : lens->k2 != 0 ? lens->k2 : lens->k1;
    lens->radius2_max = INFINITY;
    if (leading >= 0)
        return;
    double high = fmax(1, 2 * low);
    while (isfinite(high) && radial_growth(lens, high) > 0)
        high *= 2;
    if (isfinite(high))
        lens->radius2_max = growth_zero(lens, low, high);
}

static struct normalised distort(const struct lens *lens, struct normalised p)
{
    double q = p.x * p.x + p.y * p.y;
    double radial = 1 + q * (lens->k1 + q * (lens->k2 + q * lens->k3));
    return (struct normalised){
        p.x * radial + 2 * lens->p1 * p.x * p.y + lens->p2 * (q + 2 * p.x * p.x),
        p.y * radial + lens->p1 * (q + 2 * p.y * p.y) + 2 * lens->p2 * p.x * p.y,
    };
}

/* d distorted / d undistorted. */
static struct jacobian2 distort_jacobian(const struct lens *lens, struct normalised p)
{
    double q = p.x * p.x + p.y * p.y;
    double radial = 1 + q * (lens->k1 + q * (lens->k2 + q * lens->k3));
    double slope = 2 * (lens->k1 + q * (2 * lens->k2 + q * 3 * lens->k3));
    double mixed = p.x * p.y * slope + 2 * lens->p1 * p.x + 2 * lens->p2 * p.y;
    return (struct jacobian2){
        .xx = radial + p.x * p.x * slope + 2 * lens->p1 * p.y + 6 * lens->p2 * p.x,
        .xy = mixed,
        .yx = mixed,
        .yy = radial + p.y * p.y * slope + 6 * lens->p1 * p.y + 2 * lens->p2 * p.x,
    };
}

static double radius2(struct normalised p)
{
    return p.x * p.x + p.y * p.y;
}

/* Whether p lies where the model can be trusted: inside the limit and not folded over by p1, p2. */
static bool inside_limit(const struct lens *lens, struct normalised p)
{
    struct jacobian2 j = distort_jacobian(lens, p);
    return radius2(p) < lens->radius2_max && j.xx * j.yy - j.xy * j.yx > 0;
}

static double residual(const struct lens *lens, struct normalised p, struct normalised wanted)
{
    struct normalised d = distort(lens, p);
    return hypot(d.x - wanted.x, d.y - wanted.y);
}

/* One Newton step from p, halved until it stays inside the limit and comes nearer. */
static bool newton_step(const struct lens *lens, struct normalised wanted, struct normalised *p)
{
    struct normalised d = distort(lens, *p);
    struct jacobian2 j = distort_jacobian(lens, *p);
    double det = j.xx * j.yy - j.xy * j.yx;
    double dx = wanted.x - d.x, dy = wanted.y - d.y, before = hypot(dx, dy);
    double step_x = (j.yy * dx - j.xy * dy) / det, step_y = (j.xx * dy - j.yx * dx) / det;
    for (int i = 0; i < HALVINGS; i++) {
        struct normalised next = { p->x + step_x, p->y + step_y };
        if (inside_limit(lens, next) && residual(lens, next, wanted) < before) {
            *p = next;
            return true;
        }
        step_x /= 2;
        step_y /= 2;
    }
    return false;
}

/* Undo the distortion, starting at the middle: it is always inside the limit. */
static int solve(const struct lens *lens, struct normalised wanted, struct normalised *ret_p)
{
    struct normalised p = inside_limit(lens, wanted) ? wanted : (struct normalised){ 0, 0 };
    for (int i = 0; i < NEWTON_TURNS; i++) {
        if (residual(lens, p, wanted) == 0 || !newton_step(lens, wanted, &p))
            break;
    }
    if (!(residual(lens, p, wanted) < NEWTON_RESIDUAL) || !inside_limit(lens, p))
        return -ERANGE;
    *ret_p = p;
    return 0;
}

int lens_distort(const struct lens *lens, struct undistorted_px p, struct image_px *ret_p)
{
    if (!lens->active) {
        *ret_p = (struct image_px){ p.x, p.y };
        return 0;
    }
    struct normalised ideal = { (p.x - lens->centre_x_px) / lens->focal_x_px,
                                (p.y - lens->centre_y_px) / lens->focal_y_px };
    if (!inside_limit(lens, ideal))
        return -ERANGE;
    struct normalised d = distort(lens, ideal);
    *ret_p = (struct image_px){ d.x * lens->focal_x_px + lens->centre_x_px,
                                d.y * lens->focal_y_px + lens->centre_y_px };
    return 0;
}

int lens_undistort(const struct lens *lens, struct image_px p, struct undistorted_px *ret_p,
                   struct jacobian2 *ret_jacobian)
{
    struct jacobian2 one = { 1, 0, 0, 1 };
    if (!lens->active) {
        *ret_p = (struct undistorted_px){ p.x, p.y };
        if (ret_jacobian)
            *ret_jacobian = one;
        return 0;
    }
    struct normalised seen = { (p.x - lens->centre_x_px) / lens->focal_x_px,
                               (p.y - lens->centre_y_px) / lens->focal_y_px };
    struct normalised ideal;
    int r = solve(lens, seen, &ideal);
    if (r < 0)
        return r;
    *ret_p = (struct undistorted_px){ ideal.x * lens->focal_x_px + lens->centre_x_px,
                                      ideal.y * lens->focal_y_px + lens->centre_y_px };
    if (ret_jacobian) {
        /* The inverse of what distorting does, with the two focal lengths around it. */
        struct jacobian2 j = distort_jacobian(lens, ideal);
        double det = j.xx * j.yy - j.xy * j.yx, aspect = lens->focal_x_px / lens->focal_y_px;
        *ret_jacobian = (struct jacobian2){ j.yy / det, -j.xy / det * aspect, -j.yx / det / aspect,
                                            j.xx / det };
    }
    return 0;
}

int lens_undistort_radius(const struct lens *lens, double seen, double *ret_ideal,
                          double *ret_growth)
{
    struct normalised ideal;
    int r = solve(lens, (struct normalised){ seen, 0 }, &ideal);
    if (r < 0)
        return r;
    *ret_ideal = ideal.x;
    *ret_growth = radial_growth(lens, ideal.x * ideal.x);
    return 0;
}
