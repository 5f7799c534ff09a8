/* footprint.c - the cells of the floor that a camera sees well enough to place a foot in them */
#include "calib/watch.h"

static bool box_contains(struct box_px box, struct image_px p)
{
    return p.x >= box.left && p.x < box.right && p.y >= box.top && p.y < box.bottom;
}

/* Whether the upper body is in the view too: half of a person is what detectors need. */
static bool half_height_seen(const struct calibration *calibration, struct box_px view,
                             struct floor_m foot)
{
    struct image_px p;
    if (!calibration_has_height(calibration))
        return true;
    return calibration_image_from_floor(calibration, foot,
                                        calibration_people(calibration).mean_m / 2, &p) == 0 &&
           box_contains(view, p);
}

static bool foot_seen(const struct calibration *calibration, struct box_px view,
                      const struct watch *watch, double edge_sd_px, struct floor_m foot)
{
    double variance = edge_sd_px * edge_sd_px;
    struct covariance2 pixels = { variance / 2, 0, variance }, covariance;
    struct image_px p;
    struct floor_m back;
    if (calibration_image_from_floor(calibration, foot, 0, &p) < 0 || !box_contains(view, p) ||
        !watch_has(watch, calibration, p))
        return false;
    if (calibration_floor_from_image(calibration, p, pixels, 0, &back, &covariance) < 0)
        return false;
    return covariance2_max_sd(covariance) <= FOOTPRINT_MAX_SD_M;
}

void calibration_footprint(const struct calibration *calibration, struct box_px view,
                           const struct watch *watch, double edge_sd_px, const struct grid *grid,
                           uint8_t *mask)
{
    for (uint32_t cell = 0; cell < grid_cells(grid); cell++) {
        struct floor_m centre = grid_cell_centre(grid, cell);
        if (foot_seen(calibration, view, watch, edge_sd_px, centre) &&
            half_height_seen(calibration, view, centre))
            grid_mask_set(mask, cell);
    }
}
