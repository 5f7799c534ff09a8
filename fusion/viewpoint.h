/*
 * viewpoint.h - what one camera would see of a person who stands at a place
 *
 * Fusion keeps the calibration of every camera, because seeing nobody says as much as seeing
 * somebody, once it is known who could have been seen.
 */
#ifndef FLOORFUSE_FUSION_VIEWPOINT_H
#define FLOORFUSE_FUSION_VIEWPOINT_H

#include "calib/calibration.h"
#include "floor/viewshed.h"

struct viewpoint {
    struct calibration *calibration; /* owned; NULL: nothing is known */
    struct box_px view;              /* the part of the frame that is looked at */
    double edge_sd_px;
    struct person_height people; /* who is expected */
    bool has_heights;            /* heights can be projected, so boxes can be expected */
    struct floor_m position;     /* where the camera hangs, and how high; with heights only */
    double height_m;
    struct viewshed *viewshed; /* owned; NULL: nothing stands in the way */
};

/*
 *   calibration  copied
 *   obstacles    of the floor; borrowed as long as the viewpoint lives; NULL: none
 * Returns 0 or -ENOMEM. Release what was there before first.
 */
MUST_CHECK int viewpoint_init(struct viewpoint *viewpoint, const struct calibration *calibration,
                              struct box_px view, double edge_sd_px,
                              const struct height_field *obstacles);
void viewpoint_release(struct viewpoint *viewpoint);

/* How a person at a place would appear. */
struct appearance_px {
    struct box_px box;
    double distance_m; /* on the floor, from below the camera */
    double in_view;    /* share of the box inside the view, 0..1 */
};

/* Returns false where the person would not appear, or when heights cannot be projected. */
bool viewpoint_expect(const struct viewpoint *viewpoint, struct floor_m place,
                      struct appearance_px *ret_appearance);

/* Everything at a place below this height is hidden by shelves and walls; INFINITY: all. */
double viewpoint_hidden_below_m(const struct viewpoint *viewpoint, struct floor_m place);

/* The share of a person there that shelves and walls leave to see, 0..1. */
double viewpoint_open_share(const struct viewpoint *viewpoint, struct floor_m place);

/* Unit vector on the floor from the camera to a place; 0, 0 when it is not known. */
struct floor_m viewpoint_away(const struct viewpoint *viewpoint, struct floor_m place);

#endif
