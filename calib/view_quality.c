/* view_quality.c - what a camera can tell of a place on the floor, in numbers */
#include "calib/view_quality.h"

#include <errno.h>
#include <stdlib.h>

/* Places that are tried for an extent, a side of the view. */
#define EXTENT_PROBES 96

/* Places that are counted, a side of the extent. */
#define QUANTILE_PROBES 160

/* The pixel of a place, if it is in the view. */
static bool place_px(const struct view_quality *quality, struct floor_m p, struct image_px *ret_px)
{
    struct box_px v = quality->view;
    return calibration_image_from_floor(quality->calibration, p, 0, ret_px) == 0 &&
           ret_px->x >= v.left && ret_px->x < v.right && ret_px->y >= v.top && ret_px->y < v.bottom;
}

double view_error_cm(const struct view_quality *quality, struct floor_m p)
{
    struct image_px px;
    struct covariance2 c;
    if (!quality->error || !place_px(quality, p, &px) || fit_error_at(quality->error, p, 0, &c) < 0)
        return NAN;
    return 100 * covariance2_rms(c);
}

double view_pixel_cm(const struct view_quality *quality, struct floor_m p)
{
    const struct covariance2 one_px = { 1, 0, 1 };
    struct image_px px;
    struct floor_m back;
    struct covariance2 c;
    if (!place_px(quality, p, &px) ||
        calibration_floor_from_image(quality->calibration, px, one_px, 0, &back, &c) < 0)
        return NAN;
    return 100 * covariance2_max_sd(c);
}

double view_person_px(const struct view_quality *quality, struct floor_m p)
{
    struct image_px foot, head;
    if (!place_px(quality, p, &foot) ||
        calibration_image_from_floor(quality->calibration, p, quality->person_height_m, &head) < 0)
        return NAN;
    return hypot(head.x - foot.x, head.y - foot.y);
}

double view_px_per_m(const struct view_quality *quality, struct floor_m p)
{
    const struct covariance2 one_px = { 1, 0, 1 };
    const struct calibration *c = quality->calibration;
    double height_m = calibration_has_height(c) ? quality->person_height_m : 0;
    struct image_px px;
    struct floor_m back;
    struct covariance2 spread;
    if (!place_px(quality, p, &px) || calibration_image_from_floor(c, p, height_m, &px) < 0 ||
        calibration_floor_from_image(c, px, one_px, height_m, &back, &spread) < 0)
        return NAN;
    /* Of an ellipse of the places that one pixel covers, the short way is across the line of sight.
     */
    double half = (spread.xx + spread.yy) / 2;
    double root = hypot((spread.xx - spread.yy) / 2, spread.xy);
    return 1 / sqrt(half - root);
}

double view_counts(const struct view_quality *quality, struct floor_m p)
{
    struct image_px px;
    uint8_t mask = 0;
    const double side_m = 1e-6;
    struct grid place = { { p.x - side_m / 2, p.y - side_m / 2 }, side_m, 1, 1 };
    if (!place_px(quality, p, &px))
        return NAN;
    calibration_footprint(quality->calibration, quality->view, quality->watch, quality->edge_sd_px,
                          &place, &mask);
    return mask ? 1 : 0;
}

static void include(struct floor_m p, struct floor_m *low, struct floor_m *high)
{
    *low = (struct floor_m){ fmin(low->x, p.x), fmin(low->y, p.y) };
    *high = (struct floor_m){ fmax(high->x, p.x), fmax(high->y, p.y) };
}

bool view_extent(const struct view_quality *quality, struct floor_m *ret_low,
                 struct floor_m *ret_high)
{
    struct floor_m low = { INFINITY, INFINITY }, high = { -INFINITY, -INFINITY }, p;
    struct covariance2 edge = { quality->edge_sd_px * quality->edge_sd_px / 2, 0,
                                quality->edge_sd_px * quality->edge_sd_px };
    struct box_px v = quality->view;
    double height_m;
    for (int i = 0; i < EXTENT_PROBES * EXTENT_PROBES; i++) {
        struct image_px px = {
            v.left + (i % EXTENT_PROBES + 0.5) / EXTENT_PROBES * (v.right - v.left),
            v.top + (i / EXTENT_PROBES + 0.5) / EXTENT_PROBES * (v.bottom - v.top),
        };
        struct covariance2 c;
        if (calibration_floor_from_image(quality->calibration, px, edge, 0, &p, &c) == 0 &&
            covariance2_max_sd(c) <= FOOTPRINT_MAX_SD_M)
            include(p, &low, &high);
    }
    if (!(low.x < high.x && low.y < high.y))
        return false;
    if (calibration_position(quality->calibration, &p, &height_m) == 0)
        include(p, &low, &high);
    *ret_low = low;
    *ret_high = high;
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

int view_quantiles(const struct view_quality *quality,
                   double (*value_at)(const struct view_quality *, struct floor_m),
                   const double *shares, size_t count, double *ret_values, double *ret_floor_m2)
{
    struct floor_m low, high;
    double *values = calloc((size_t) QUANTILE_PROBES * QUANTILE_PROBES, sizeof(double));
    size_t found = 0, counted = 0;
    if (!values)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        ret_values[i] = NAN;
    if (ret_floor_m2)
        *ret_floor_m2 = 0;
    if (view_extent(quality, &low, &high)) {
        double dx = (high.x - low.x) / QUANTILE_PROBES, dy = (high.y - low.y) / QUANTILE_PROBES;
        for (int i = 0; i < QUANTILE_PROBES * QUANTILE_PROBES; i++) {
            struct floor_m p = { low.x + (i % QUANTILE_PROBES + 0.5) * dx,
                                 low.y + (i / QUANTILE_PROBES + 0.5) * dy };
            if (!(view_counts(quality, p) > 0))
                continue;
            counted++;
            double value = value_at(quality, p);
            if (!isnan(value))
                values[found++] = value;
        }
        qsort(values, found, sizeof(double), by_value);
        if (ret_floor_m2)
            *ret_floor_m2 = (double) counted * dx * dy;
    }
    for (size_t i = 0; found && i < count; i++)
        ret_values[i] = values[(size_t) fmin(shares[i] * (double) found, (double) found - 1)];
    free(values);
    return 0;
}
