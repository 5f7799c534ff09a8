/*
 * viewpoint.c - what one camera would see of a person who stands at a place
 */
#include "fusion/viewpoint.h"

/* Half the width of a standing person's box by its height: 0.41 / 2 in street scenes (Dollar et
 * al., IEEE TPAMI 34(4), 2012), less the air at the sides, which hides nobody. */
#define BODY_HALF_WIDTH 0.18

int viewpoint_init(struct viewpoint *viewpoint, const struct calibration *calibration,
                   struct box_px view, double edge_sd_px, const struct height_field *obstacles)
{
    *viewpoint = (struct viewpoint){ .view = view,
                                     .edge_sd_px = edge_sd_px,
                                     .people = calibration_people(calibration) };
    int r = calibration_clone(calibration, &viewpoint->calibration);
    if (r < 0)
        return r;
    viewpoint->has_heights = calibration_position(viewpoint->calibration, &viewpoint->position,
                                                  &viewpoint->height_m) == 0;
    if (!obstacles || height_field_is_empty(obstacles) || !viewpoint->has_heights)
        return 0;
    r = viewshed_create(obstacles, viewpoint->position, viewpoint->height_m, &viewpoint->viewshed);
    if (r < 0)
        viewpoint_release(viewpoint);
    return r;
}

void viewpoint_release(struct viewpoint *viewpoint)
{
    calibration_destroy(&viewpoint->calibration);
    viewshed_destroy(&viewpoint->viewshed);
    *viewpoint = (struct viewpoint){ 0 };
}

double viewpoint_hidden_below_m(const struct viewpoint *viewpoint, struct floor_m place)
{
    return viewpoint->viewshed ? viewshed_hidden_below_m(viewpoint->viewshed, place) : 0;
}

double viewpoint_open_share(const struct viewpoint *viewpoint, struct floor_m place)
{
    double hidden_m = viewpoint_hidden_below_m(viewpoint, place);
    double height_m = viewpoint->people.mean_m;
    return hidden_m >= height_m ? 0 : 1 - hidden_m / height_m;
}

bool viewpoint_expect(const struct viewpoint *viewpoint, struct floor_m place,
                      struct appearance_px *ret_appearance)
{
    struct image_px foot, head;
    if (!viewpoint->has_heights ||
        calibration_image_from_floor(viewpoint->calibration, place, 0, &foot) < 0 ||
        calibration_image_from_floor(viewpoint->calibration, place, viewpoint->people.mean_m,
                                     &head) < 0)
        return false;
    double half = BODY_HALF_WIDTH * fabs(foot.y - head.y), middle = (foot.x + head.x) / 2;
    double lean = fabs(foot.x - head.x) / 2; /* at the sides of a picture people do */
    struct box_px box = { middle - lean - half, head.y, middle + lean + half, foot.y };
    if (!(box.bottom > box.top + 1)) /* seen from straight above, or not at all */
        return false;
    double in_view = box_covered(box, viewpoint->view);
    if (in_view <= 0)
        return false;
    *ret_appearance = (struct appearance_px){
        .box = box, .distance_m = floor_distance_m(viewpoint->position, place), .in_view = in_view
    };
    return true;
}

struct floor_m viewpoint_away(const struct viewpoint *viewpoint, struct floor_m place)
{
    struct floor_m away = { place.x - viewpoint->position.x, place.y - viewpoint->position.y };
    double distance_m = sqrt(away.x * away.x + away.y * away.y);
    if (!viewpoint->has_heights || !(distance_m > 0))
        return (struct floor_m){ 0, 0 };
    return (struct floor_m){ away.x / distance_m, away.y / distance_m };
}
