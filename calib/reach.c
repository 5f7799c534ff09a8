/* reach.c - how far over the floor a camera can place people */
#include "calib/reach.h"

#include <errno.h>

/* The view is probed at this many places a side, its edges among them. */
#define PROBES 129

static bool is_placed(const struct calibration *calibration, struct image_px foot,
                      double edge_sd_px, double max_sd_m, struct floor_m *ret_point)
{
    double variance = edge_sd_px * edge_sd_px;
    struct covariance2 pixels = { variance / 2, 0, variance }, covariance;
    return calibration_floor_from_image(calibration, foot, pixels, 0, ret_point, &covariance) ==
               0 &&
           covariance2_max_sd(covariance) <= max_sd_m;
}

int calibration_reach(const struct calibration *calibration, struct box_px view, double edge_sd_px,
                      double max_sd_m, struct floor_m *ret_low, struct floor_m *ret_high)
{
    struct floor_m low = { INFINITY, INFINITY }, high = { -INFINITY, -INFINITY };
    for (int i = 0; i < PROBES * PROBES; i++) {
        double across = (double) (i % PROBES) / (PROBES - 1);
        double down = (double) (i / PROBES) / (PROBES - 1);
        struct image_px foot = { view.left + across * (view.right - view.left),
                                 view.top + down * (view.bottom - view.top) };
        struct floor_m p;
        if (!is_placed(calibration, foot, edge_sd_px, max_sd_m, &p))
            continue;
        low = (struct floor_m){ fmin(low.x, p.x), fmin(low.y, p.y) };
        high = (struct floor_m){ fmax(high.x, p.x), fmax(high.y, p.y) };
    }
    if (!(low.x <= high.x))
        return -ERANGE;
    *ret_low = low;
    *ret_high = high;
    return 0;
}
