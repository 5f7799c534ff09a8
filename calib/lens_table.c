/* lens_table.c - undoing a radial lens in constant time */
#include "calib/lens_table.h"

/* Where a piece is compared with the exact factor, within it. */
static const double probes[] = { 0.25, 0.5, 0.75 };

/* The factor at squared distance s and its slope. Returns 0, or -ERANGE beyond the limit. */
static int exact_factor(const struct lens *lens, double s, double *ret_factor, double *ret_slope)
{
    double seen = sqrt(s), ideal, growth;
    int r = lens_undistort_radius(lens, seen, &ideal, &growth);
    if (r < 0)
        return r;
    *ret_factor = s > 0 ? ideal / seen : 1;
    /* Near 0 the factor is 1 - k1 s + ...; elsewhere by the chain rule from ideal(seen). */
    *ret_slope = s > 1e-8 ? (1 / growth - *ret_factor) / (2 * s) : -lens->k1;
    return 0;
}

static double piece_at(const double c[static 4], double t)
{
    return c[0] + t * (c[1] + t * (c[2] + t * c[3]));
}

static bool piece_is_exact(const struct lens *lens, const double c[static 4], double from,
                           double step)
{
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        double factor, slope, s = from + probes[i] * step;
        if (exact_factor(lens, s, &factor, &slope) < 0 ||
            !(fabs(piece_at(c, probes[i]) - factor) * sqrt(s) <= LENS_TABLE_ERROR / 2))
            return false;
    }
    return true;
}

/* The squared distance of the farthest corner, focal lengths. */
static double farthest(const struct lens *lens, double width_px, double height_px)
{
    double x = fmax(fabs(lens->centre_x_px), fabs(width_px - lens->centre_x_px));
    double y = fmax(fabs(lens->centre_y_px), fabs(height_px - lens->centre_y_px));
    x /= lens->focal_x_px;
    y /= lens->focal_y_px;
    return x * x + y * y;
}

void lens_table_build(const struct lens *lens, double width_px, double height_px,
                      struct lens_table *ret_table)
{
    struct lens_table *table = ret_table;
    *table = (struct lens_table){ 0 };
    if (!lens->active || lens->p1 != 0 || lens->p2 != 0)
        return;
    double step = farthest(lens, width_px, height_px) / LENS_TABLE_PIECES;
    double value, slope, next, next_slope;
    if (!(step > 0) || !isfinite(step) || exact_factor(lens, 0, &value, &slope) < 0)
        return;
    table->pieces_a_unit = 1 / step;
    for (int i = 0; i < LENS_TABLE_PIECES; i++) {
        if (exact_factor(lens, (i + 1) * step, &next, &next_slope) < 0)
            return;
        double *c = table->c[i], rise = next - value;
        c[0] = value;
        c[1] = slope * step;
        c[2] = 3 * rise - (2 * slope + next_slope) * step;
        c[3] = (slope + next_slope) * step - 2 * rise;
        if (!piece_is_exact(lens, c, i * step, step))
            return;
        table->end = (i + 1) * step;
        value = next;
        slope = next_slope;
    }
}

int lens_table_undistort(const struct lens_table *table, const struct lens *lens, struct image_px p,
                         struct undistorted_px *ret_p, struct jacobian2 *ret_jacobian)
{
    if (!(table->end > 0))
        return lens_undistort(lens, p, ret_p, ret_jacobian);
    double x = (p.x - lens->centre_x_px) * lens->per_focal_x;
    double y = (p.y - lens->centre_y_px) * lens->per_focal_y;
    double s = x * x + y * y;
    if (!(s < table->end))
        return lens_undistort(lens, p, ret_p, ret_jacobian);
    double at = s * table->pieces_a_unit;
    int i = (int) fmin(at, LENS_TABLE_PIECES - 1);
    const double *c = table->c[i];
    double t = at - i, factor = piece_at(c, t);
    ret_p->x = lens->centre_x_px + (p.x - lens->centre_x_px) * factor;
    ret_p->y = lens->centre_y_px + (p.y - lens->centre_y_px) * factor;
    if (ret_jacobian) {
        double slope = (c[1] + t * (2 * c[2] + t * 3 * c[3])) * table->pieces_a_unit;
        double aspect = lens->focal_x_px * lens->per_focal_y, mixed = 2 * x * y * slope;
        *ret_jacobian = (struct jacobian2){ factor + 2 * x * x * slope, mixed * aspect,
                                            mixed / aspect, factor + 2 * y * y * slope };
    }
    return 0;
}
