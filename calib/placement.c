/*
 * placement.c - where a box puts a person on the floor
 *
 * The middle of a box's bottom edge is where the feet are, as long as the feet are in the box. A
 * box that ends at the view's edge has lost something, and what it lost is guessed from how people
 * are built, never from the numbers of the network.
 */
#include <errno.h>

#include "calib/model.h"

/* A box edge this near to the view's edge is cut by it: detectors seldom reach the last pixels. */
#define CLIP_MARGIN_PX 2.0

/* Detectors place the edges of a box to within some hundredths of its size, near or far: a box of
 * the true size that is off by this share of its height on each side overlaps the true one by
 * about 0.85, which is what good detectors reach on people. */
#define EDGE_SD_OF_HEIGHT 0.03

/* Width of a standing person's box by its height: 0.41 on average in street scenes (Dollar et al.,
 * "Pedestrian detection: an evaluation of the state of the art", IEEE TPAMI 34(4), 2012). */
#define PERSON_ASPECT 0.41

/* A head nearer than this to the camera's own height says nothing about where it is. */
#define HEAD_ROOM_M 0.05

/* Heights that a box over a floor point may show; beyond them the box is not a standing person. */
#define HEIGHT_MIN_M 0.2
#define HEIGHT_MAX_M 3.0

/* Where a person stands says how their picture leans, which says where they stand. */
#define LEAN_TURNS 3

/* Beyond this the lean of a box says nothing about its middle. */
#define LEAN_SLOPE_MAX 0.5

struct cut {
    bool left, top, right, bottom;
};

static bool box_valid(struct box_px box)
{
    return isfinite(box.left) && isfinite(box.top) && isfinite(box.right) && isfinite(box.bottom) &&
           box.left < box.right && box.top < box.bottom;
}

static struct cut box_cut(struct box_px box, struct box_px view)
{
    return (struct cut){
        .left = box.left <= view.left + CLIP_MARGIN_PX,
        .top = box.top <= view.top + CLIP_MARGIN_PX,
        .right = box.right >= view.right - CLIP_MARGIN_PX,
        .bottom = box.bottom >= view.bottom - CLIP_MARGIN_PX,
    };
}

/* Of the middle of a horizontal edge: x is the mean of two edges, y is one edge. */
static struct covariance2 edge_middle_covariance(struct box_px box, double edge_sd_px)
{
    double of_height_px = EDGE_SD_OF_HEIGHT * (box.bottom - box.top);
    double variance = edge_sd_px * edge_sd_px + of_height_px * of_height_px;
    return (struct covariance2){ variance / 2, 0, variance };
}

/* What is missing of the width of a box cut at one side, px. */
static double lost_width_px(struct box_px box, struct cut cut)
{
    if (!cut.left && !cut.right)
        return 0;
    return fmax(0, PERSON_ASPECT * (box.bottom - box.top) - (box.right - box.left));
}

/* What may be missing of the height of a box cut at the bottom, px; at least a tenth of it. */
static double lost_height_px(struct box_px box)
{
    double height = box.bottom - box.top;
    return fmax(0.1 * height, (box.right - box.left) / PERSON_ASPECT - height);
}

/*
 * How high the box's top edge is over a floor point, NaN when that cannot be told: without a full
 * camera, or where the image of a vertical leans so much that the top edge is not the head's.
 */
static float height_over(const struct calibration *calibration, struct floor_m foot,
                         struct image_px foot_px, struct image_px top_px)
{
    struct image_px head_px;
    struct undistorted_px top;
    double height_m;
    if (!calibration_has_height(calibration) ||
        calibration_image_from_floor(calibration, foot, calibration->people.mean_m, &head_px) < 0 ||
        calibration_undistort(calibration, top_px, &top) < 0)
        return NAN;
    if (foot_px.y - head_px.y < fabs(foot_px.x - head_px.x))
        return NAN;
    height_m = projection_height_over(&calibration->model.projection, foot, top);
    return height_m >= HEIGHT_MIN_M && height_m <= HEIGHT_MAX_M ? (float) height_m : NAN;
}

/*
 * How far a person's foot lies to the right of the middle of their box, and their head to the left.
 * At the sides of a wide picture verticals lean outwards, and the box is drawn around the leaning
 * body: feet at one lower corner, head at the other upper one.
 */
struct lean {
    double px;
    double per_edge;  /* px the end goes sideways when its own edge goes down by one */
    double spread_px; /* standard deviation of px for other reasons */
};

/* The lean of somebody who would stand at the floor point; of a body that is higher than wide it is
 * measured by the box's height, of one that lies across the picture it is what people's height
 * makes it. */
static struct lean lean_at(const struct calibration *calibration, struct box_px box,
                           struct floor_m floor)
{
    struct image_px foot, head;
    struct person_height people = calibration->people;
    if (!calibration_has_height(calibration) ||
        calibration_image_from_floor(calibration, floor, 0, &foot) < 0 ||
        calibration_image_from_floor(calibration, floor, people.mean_m, &head) < 0 ||
        foot.y <= head.y) /* seen from above and behind there is no such corner */
        return (struct lean){ 0, 0, 0 };
    double across = foot.x - head.x, up = foot.y - head.y;
    struct lean lean = { across / 2, 0, fabs(across) / 2 * people.sd_m / people.mean_m };
    if (fabs(across) < up)
        lean = (struct lean){ across / up * (box.bottom - box.top) / 2, across / up / 2, 0 };
    double most_px = (box.right - box.left) / 2;
    lean.px = fmax(-most_px, fmin(most_px, lean.px));
    return lean;
}

/* One end of a standing person: the lower edge on the floor, or the upper one in a plane. */
struct end {
    double edge_px, height_m, side; /* side: 1 foot, -1 head */
};

static int end_to_floor(const struct calibration *calibration, struct image_px px, struct end end,
                        struct floor_m *ret_floor)
{
    const struct covariance2 exact = { 0, 0, 0 };
    return calibration_floor_from_image(calibration, px, exact, end.height_m, ret_floor, NULL);
}

/* Where an end is, how it leans there, and how far it moves sideways when the box's middle moves by
 * one px. */
struct stand {
    struct lean lean;
    double gain;
};

/*
 * The farther out a person stands the more their picture leans, so feet move less than the middle
 * and heads more: the end is at x = middle + side * lean(x), of which the derivative is 1 / (1 -
 * side * lean').
 */
static int stand_at(const struct calibration *calibration, struct box_px box, struct end end,
                    struct image_px px, struct stand *ret_stand)
{
    struct floor_m at, beside;
    int r = end_to_floor(calibration, px, end, &at);
    if (r < 0)
        return r;
    *ret_stand = (struct stand){ lean_at(calibration, box, at), 1 };
    if (end_to_floor(calibration, (struct image_px){ px.x + 1, px.y }, end, &beside) < 0)
        return 0;
    double slope = end.side * (lean_at(calibration, box, beside).px - ret_stand->lean.px);
    ret_stand->gain = 1 / (1 - fmax(-LEAN_SLOPE_MAX, fmin(LEAN_SLOPE_MAX, slope)));
    return 0;
}

/* Where the end meets its plane. Where a person stands says how their picture leans, which says
 * where they stand: Newton's steps. ret_lean_px is the last word on the lean. */
static int place_end(const struct calibration *calibration, struct box_px box, struct end end,
                     struct covariance2 edges, struct placement *placement, double *ret_lean_px)
{
    struct image_px px = { (box.left + box.right) / 2, end.edge_px };
    struct stand stand = { { 0, 0, 0 }, 1 };
    double middle_px = px.x;
    for (int turn = 0; turn < LEAN_TURNS; turn++) {
        int r = stand_at(calibration, box, end, px, &stand);
        if (r < 0)
            return r;
        px.x += stand.gain * (middle_px + end.side * stand.lean.px - px.x);
    }
    const struct lean *lean = &stand.lean;
    double gain = stand.gain, g = gain * lean->per_edge;
    double xx = edges.xx + lean->spread_px * lean->spread_px;
    const struct covariance2 c = { gain * gain * xx + 2 * g * g * edges.yy, g * edges.yy,
                                   edges.yy };
    *ret_lean_px = end.side * (px.x - middle_px);
    return calibration_floor_from_image(calibration, px, c, end.height_m, &placement->floor,
                                        &placement->covariance);
}

/* A head's point in the plane of heads, its covariance with the spread of people's heights. */
static int place_head_at(const struct calibration *calibration, struct box_px box,
                         struct covariance2 edges, struct placement *ret_placement)
{
    struct placement placement = { .height_m = NAN, .reasons = PLACEMENT_HEAD_PLANE };
    struct person_height people = calibration->people;
    struct floor_m camera;
    double camera_height_m, lean_px;
    int r = calibration_position(calibration, &camera, &camera_height_m);
    if (r < 0)
        return r;
    double room_m = camera_height_m - people.mean_m;
    if (fabs(room_m) < HEAD_ROOM_M)
        return -ERANGE;
    r = place_end(calibration, box, (struct end){ box.top, people.mean_m, -1 }, edges, &placement,
                  &lean_px);
    if (r < 0)
        return r;
    /* A taller person stands nearer to the camera by its distance over the room above the head. */
    double kx = (placement.floor.x - camera.x) / room_m,
           ky = (placement.floor.y - camera.y) / room_m;
    double variance = people.sd_m * people.sd_m;
    placement.covariance = covariance2_add(
        placement.covariance,
        (struct covariance2){ variance * kx * kx, variance * kx * ky, variance * ky * ky });
    *ret_placement = placement;
    return 0;
}

int placement_of_head(const struct calibration *calibration, struct box_px box, double edge_sd_px,
                      struct placement *ret_placement)
{
    if (!box_valid(box))
        return -ERANGE;
    return place_head_at(calibration, box, edge_middle_covariance(box, edge_sd_px), ret_placement);
}

/* Where the lower edge meets the floor. */
static int place_foot(const struct calibration *calibration, struct box_px box, struct cut cut,
                      struct covariance2 edges, struct placement *ret_placement)
{
    struct placement placement = { .height_m = NAN };
    double lean_px, middle_px = (box.left + box.right) / 2;
    int r =
        place_end(calibration, box, (struct end){ box.bottom, 0, 1 }, edges, &placement, &lean_px);
    if (r < 0)
        return r;
    struct image_px foot = { middle_px + lean_px, box.bottom };
    struct image_px top = { middle_px - lean_px, box.top };
    if (!cut.top && !cut.bottom)
        placement.height_m = height_over(calibration, placement.floor, foot, top);
    if (cut.bottom)
        placement.reasons |= PLACEMENT_FOOT_CLIPPED;
    *ret_placement = placement;
    return 0;
}

int placement_of_person(const struct calibration *calibration, struct box_px box,
                        struct box_px view, double edge_sd_px, struct placement *ret_placement)
{
    if (!box_valid(box))
        return -ERANGE;
    struct cut cut = box_cut(box, view);
    struct covariance2 pixels = edge_middle_covariance(box, edge_sd_px);
    /* The middle of what is left is off by half of what is lost. */
    double side_px = lost_width_px(box, cut) / 2;
    pixels.xx += side_px * side_px;
    if (!cut.bottom)
        return place_foot(calibration, box, cut, pixels, ret_placement);
    if (cut.top)
        return -ENOTSUP; /* neither end of the person is in the box */

    int r = place_head_at(calibration, box, pixels, ret_placement);
    if (r == 0) {
        ret_placement->reasons |= PLACEMENT_FOOT_CLIPPED;
        return 0;
    }
    double below_px = lost_height_px(box);
    pixels.yy += below_px * below_px;
    return place_foot(calibration, box, cut, pixels, ret_placement);
}
