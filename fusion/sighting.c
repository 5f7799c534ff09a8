/*
 * sighting.c - one observation as association uses it
 */
#include "fusion/sighting.h"

#include <errno.h>

#include "base/clock.h"
#include "fusion/strips.h"

/* Feet are hidden so often by what nobody has put on the map; so often where the lower edge lies
 * inside the box of somebody nearer; and where nobody can stand, or the camera cannot see the
 * floor. */
#define HIDDEN_IN_THE_OPEN    0.1
#define HIDDEN_BEHIND_A_BOX   0.4
#define HIDDEN_SAID           0.6 /* by the camera, from the picture */
#define HIDDEN_BEHIND_A_SHELF 0.95

/* Feet are seen where no more than this is hidden, at the place or this much nearer: people stand
 * close to shelves, and calibrations are no better. */
#define FEET_M         0.15
#define BESIDE_SHELF_M 0.3
/* The lower edge of the other must be lower by this share of the height to be nearer. */
#define NEARER_SHARE 0.03

/* Part of a body: shares of the height of the box that shows it whole, and of its own area. */
#define PART_HEIGHT_MAX  0.75
#define PART_FEET_APART  0.1
#define PART_COVERED_MIN 0.9

/* At most so much of a body is hidden when a detector still draws a box. */
#define HIDDEN_SHARE_MAX 0.6

/* Spread of the heights that boxes show of one person when feet are seen, m. */
#define UPPER_EDGE_SD_M 0.0458
/* Children, and people who sit or bend: this share, over this range of heights. */
#define SHORT_SHARE 0.05
#define SHORT_MIN_M 0.8
#define SHORT_MAX_M 1.5

/* How well one box tells a height that is known already: hair, shoes, gait, hats, m^2. */
#define TOLD_HEIGHT_VARIANCE_M2 0.01

/* A box that shows somebody taller than the person by more than this hides no feet, m. */
#define TALLER_M 0.1

/* A reading less likely than this is not worth keeping. */
#define READING_MIN 0.02
/* Feet this unlikely to be hidden are seen. */
#define HIDDEN_SEEN_MAX 0.2

/* How exactly a calibration knows where its camera looks: a tenth of a degree, or 3 px of a picture
 * 1920 px and 60 degrees wide. */
#define AIM_SD_RAD 0.00175

/* Of two likelihoods that are so far apart, in -2 ln, the smaller one is lost in rounding. */
#define NEGLIGIBLE_APART 80

/*
 * Sightings of nobody who is known, per m^2: a false box or a newcomer lies in the 2.5 m^2 of an
 * ordinary gate once in 14 times (FALSE_BOX of belief.c), and then the one who is known was missed,
 * at odds of 15 to 85. In the units of the misfits, which leave out 2 ln(2 pi).
 */
#define NOBODY_PER_M2 (0.07 / 2.5 * 0.15 / 0.85)
#define NOBODY_COST   (-2 * log(2 * M_PI * NOBODY_PER_M2))

/* A head needs this room below the camera to say where it is, m. */
#define HEAD_ROOM_M 0.05

#define NORMAL_PEAK 0.3989422804014327 /* 1 / sqrt(2 pi) */

/* v * d d^T: what an uncertainty v along a vector d adds. */
static struct covariance2 spread_along(struct floor_m d, double v)
{
    return (struct covariance2){ v * d.x * d.x, v * d.x * d.y, v * d.y * d.y };
}

/* A frame and what is known of the camera that took it. */
struct picture {
    const struct aligned_frame *frame;
    size_t number; /* of the frame in this tick */
    const struct camera *camera;
    const struct ground *ground;
    double own_variance_m2;
    struct strips strips; /* of the boxes */
};

/* Somebody whose feet are lower in the picture is nearer, and stands before the feet of a box. */
static bool stands_before(struct box_px other, struct box_px box)
{
    return other.bottom > box.bottom + NEARER_SHARE * (box.bottom - box.top) &&
           other.top < box.bottom;
}

/*
 * Detectors draw some people twice, once whole and once from the chest or the waist down. A box
 * that lies in another, ends at the same feet and is clearly shorter is such a part: two bodies do
 * not stand in one place.
 */
static bool shows_whole(struct box_px whole, struct box_px box)
{
    double height = whole.bottom - whole.top;
    return box.bottom - box.top < PART_HEIGHT_MAX * height &&
           fabs(box.bottom - whole.bottom) < PART_FEET_APART * height &&
           box_covered(box, whole) >= PART_COVERED_MIN;
}

/* What the other boxes of the picture say about one. */
struct neighbours {
    bool before_feet;
    bool whole; /* one shows the same person whole */
};

static struct neighbours look_around(const struct picture *picture, size_t i)
{
    const struct observation *o = picture->frame->observations, *self = &o[i];
    const struct strips *strips = &picture->strips;
    struct neighbours neighbours = { false, false };
    double middle = (self->box.left + self->box.right) / 2;
    uint32_t strip = strips_at(strips, middle);
    for (uint32_t k = strips->first[strip]; k < strips->first[strip + 1]; k++) {
        const struct observation *other = &o[strips->members[k]];
        if (other == self || !(other->box.left < middle && other->box.right > middle))
            continue;
        neighbours.before_feet = neighbours.before_feet || stands_before(other->box, self->box);
        neighbours.whole = neighbours.whole || (other->object_class == self->object_class &&
                                                shows_whole(other->box, self->box));
    }
    return neighbours;
}

/* The map says that a camera cannot see feet there. */
static bool is_behind_a_shelf(const struct viewpoint *view, struct floor_m foot,
                              struct floor_m away)
{
    struct floor_m nearer = { foot.x - BESIDE_SHELF_M * away.x, foot.y - BESIDE_SHELF_M * away.y };
    return view->viewshed && viewpoint_hidden_below_m(view, foot) > FEET_M &&
           viewpoint_hidden_below_m(view, nearer) > FEET_M;
}

/* Cut off by the picture's edge, or hidden by what their head says (joint.h): not where the box
 * ends. */
static bool feet_are_elsewhere(const struct observation *o)
{
    return o->reasons & (REASON_FOOT_CLIPPED | REASON_HEAD_PLANE);
}

/* How likely the feet are hidden, as far as their surroundings tell. */
static double hidden_around(const struct picture *picture, size_t i, bool before_feet,
                            struct floor_m away)
{
    const struct observation *o = &picture->frame->observations[i];
    if (feet_are_elsewhere(o))
        return 1;
    if (is_behind_a_shelf(&picture->camera->view, o->floor, away) ||
        !ground_can_stand(picture->ground, o->floor))
        return HIDDEN_BEHIND_A_SHELF;
    if (o->reasons & REASON_FOOT_OCCLUDED)
        return HIDDEN_SAID;
    return before_feet ? HIDDEN_BEHIND_A_BOX : HIDDEN_IN_THE_OPEN;
}

/*
 * A camera at height c sees the lower end of a body that is hidden up to s farther away by c /
 * (c - s), and the upper edge of height h there as c - (c - h) c / (c - s): between h and what
 * HIDDEN_SHARE_MAX leaves. All of that range is taken as equally likely.
 */
static double hidden_density(double camera_m, double height_m)
{
    double hidden_m = HIDDEN_SHARE_MAX * height_m;
    double least_m = camera_m - (camera_m - height_m) * camera_m / (camera_m - hidden_m);
    return 1 / (height_m - least_m);
}

/* Spread of the heights that the boxes of people show when their feet are seen, m. */
static double shown_sd_m(struct person_height people)
{
    return hypot(people.sd_m, UPPER_EDGE_SD_M);
}

/* Of the height over the foot, when the feet are seen, 1/m. */
static double seen_density(double height_m, struct person_height people)
{
    double sd_m = shown_sd_m(people);
    double z = (height_m - people.mean_m) / sd_m;
    double upright = NORMAL_PEAK / sd_m * exp(-z * z / 2);
    bool is_short = height_m > SHORT_MIN_M && height_m < SHORT_MAX_M;
    return (1 - SHORT_SHARE) * upright + (is_short ? SHORT_SHARE / (SHORT_MAX_M - SHORT_MIN_M) : 0);
}

/* The probability that the feet are hidden, given the height. */
static double hidden_given_height(const struct sighting *s)
{
    if (s->hidden >= 1)
        return 1;
    if (s->height_m > s->people.mean_m)
        return 0;
    double hidden = s->hidden * s->hidden_density;
    return hidden / (hidden + (1 - s->hidden) * seen_density(s->height_m, s->people));
}

/* Mean and covariance of the two readings, for a person of unknown height. */
static void blend_readings(struct sighting *s)
{
    double w = hidden_given_height(s), u = 1 - w;
    s->feet_are_seen = w < HIDDEN_SEEN_MAX;
    if (w < READING_MIN)
        return;
    struct floor_m apart = { s->head.x - s->foot.x, s->head.y - s->foot.y };
    struct covariance2 head = covariance2_add(
        s->head_covariance, spread_along(s->per_height, s->people.sd_m * s->people.sd_m));
    s->position.x += w * apart.x;
    s->position.y += w * apart.y;
    s->covariance =
        covariance2_add(covariance2_scaled(s->foot_covariance, u), covariance2_scaled(head, w));
    s->covariance = covariance2_add(s->covariance, spread_along(apart, u * w));
}

/*
 * What a calibration that is turned by AIM_SD_RAD does to a place on the floor: across the view
 * the distance times the angle, along it that stretched by the slant at which the ray meets the
 * floor. Near to the camera nothing, far away more than everything else.
 */
static struct covariance2 aim_covariance(const struct viewpoint *view, struct floor_m place,
                                         struct floor_m away)
{
    if (!view->has_heights)
        return (struct covariance2){ 0, 0, 0 };
    double distance2_m2 = floor_distance2_m2(view->position, place);
    double ray2_m2 = distance2_m2 + view->height_m * view->height_m;
    double across_m2 = AIM_SD_RAD * AIM_SD_RAD * distance2_m2;
    double along_m2 =
        AIM_SD_RAD * AIM_SD_RAD * ray2_m2 * ray2_m2 / (view->height_m * view->height_m);
    struct covariance2 c = spread_along(away, along_m2 - across_m2);
    return covariance2_add(c, (struct covariance2){ across_m2, 0, across_m2 });
}

/* Add the second reading where the camera knows about heights. */
static void read_head(struct sighting *s, const struct picture *picture, size_t i, bool before_feet)
{
    const struct viewpoint *view = &picture->camera->view;
    const struct observation *o = &picture->frame->observations[i];
    struct placement head;
    double room_m = view->height_m - view->people.mean_m;
    if (!view->has_heights || room_m < HEAD_ROOM_M ||
        (isnan(o->height_m) && !feet_are_elsewhere(o)) ||
        placement_of_head(view->calibration, o->box, view->edge_sd_px, &head) < 0)
        return;
    s->has_head = true;
    s->people = view->people;
    s->head = head.floor;
    s->per_height = (struct floor_m){ (view->position.x - head.floor.x) / room_m,
                                      (view->position.y - head.floor.y) / room_m };
    double height_variance = view->people.sd_m * view->people.sd_m;
    s->head_covariance =
        covariance2_add(head.covariance, spread_along(s->per_height, -height_variance));
    s->head_covariance.xx += picture->own_variance_m2;
    s->head_covariance.yy += picture->own_variance_m2;
    s->head_covariance =
        covariance2_add(s->head_covariance, aim_covariance(view, head.floor, s->away));
    s->height_m = o->height_m;
    s->hidden = hidden_around(picture, i, before_feet, s->away);
    s->hidden_density = hidden_density(view->height_m, view->people.mean_m);
    s->seen_cost = -2 * log((1 - s->hidden) * NORMAL_PEAK);
    s->hidden_cost = -2 * log(s->hidden * s->hidden_density);
    blend_readings(s);
}

static struct sighting read_observation(const struct picture *picture, size_t i)
{
    const struct camera *camera = picture->camera;
    const struct observation *o = &picture->frame->observations[i];
    struct sighting s = { .camera = picture->frame->camera,
                          .frame = picture->number,
                          .capture_us = picture->frame->capture_us,
                          .noise_scale = camera->habits.noise_scale,
                          .away = viewpoint_away(&camera->view, o->floor),
                          .foot = o->floor,
                          .foot_covariance = o->covariance,
                          .height_m = NAN };
    double own_m2 = picture->own_variance_m2;
    bool on_feet = !(o->reasons & (REASON_FOOT_CLIPPED | REASON_FOOT_OCCLUDED | REASON_HEAD_PLANE));
    if (on_feet) {
        s.foot.x += camera->habits.foot_bias_m * s.away.x;
        s.foot.y += camera->habits.foot_bias_m * s.away.y;
        own_m2 += camera->habits.foot_bias_variance;
    }
    s.foot_covariance.xx += own_m2;
    s.foot_covariance.yy += own_m2;
    s.foot_covariance =
        covariance2_add(s.foot_covariance, aim_covariance(&camera->view, o->floor, s.away));
    s.position = s.foot;
    s.covariance = s.foot_covariance;
    s.feet_are_seen = on_feet;
    struct neighbours neighbours = look_around(picture, i);
    s.is_part = neighbours.whole;
    if (o->object_class != OBSERVATION_HEAD)
        read_head(&s, picture, i, neighbours.before_feet);
    return s;
}

/* What people look like, where the frame says so. Returns 0 or -ENOMEM. */
static int add_appearances(struct sighting *sightings, const struct aligned_frame *frame,
                           struct arena *arena)
{
    struct appearance_vector *vectors =
        arena_take(arena, frame->observation_count, sizeof(*vectors));
    if (!vectors)
        return -ENOMEM;
    for (size_t i = 0; i < frame->observation_count; i++) {
        vectors[i] = (struct appearance_vector){ .values = aligned_frame_appearance(frame, i),
                                                 .length = frame->appearance_length,
                                                 .model = frame->appearance_model };
        sightings[i].appearance = vectors[i].values ? &vectors[i] : NULL;
    }
    return 0;
}

struct sighting *sightings_of_frame(const struct aligned_frame *frame, size_t number,
                                    const struct camera *camera, const struct ground *ground,
                                    double own_variance_m2, struct arena *arena)
{
    size_t count = frame->observation_count;
    struct picture picture = { .frame = frame,
                               .number = number,
                               .camera = camera,
                               .ground = ground,
                               .own_variance_m2 = own_variance_m2 };
    struct box_px *boxes = arena_take(arena, count, sizeof(*boxes));
    struct sighting *sightings = arena_take(arena, count, sizeof(*sightings));
    for (size_t i = 0; boxes && i < count; i++)
        boxes[i] = frame->observations[i].box;
    if (!boxes || !sightings || strips_build(boxes, count, arena, &picture.strips) < 0)
        return NULL;
    for (size_t i = 0; i < count; i++)
        sightings[i] = read_observation(&picture, i);
    if (frame->appearance && add_appearances(sightings, frame, arena) < 0)
        return NULL;
    return sightings;
}

void prediction_set_height(struct prediction *prediction, double height_m, double variance)
{
    prediction->height_m = height_m;
    prediction->height_variance = variance;
    prediction->told_variance = variance + TOLD_HEIGHT_VARIANCE_M2;
    prediction->ln_told_variance = log(prediction->told_variance);
}

struct floor_m sighting_read(const struct sighting *s, enum reading reading, double height_m,
                             double height_variance, struct covariance2 *ret_covariance)
{
    if (reading == READING_FOOT) {
        *ret_covariance = s->foot_covariance;
        return s->foot;
    }
    double taller_m = height_m - s->people.mean_m;
    *ret_covariance =
        covariance2_add(s->head_covariance, spread_along(s->per_height, height_variance));
    return (struct floor_m){ s->head.x + taller_m * s->per_height.x,
                             s->head.y + taller_m * s->per_height.y };
}

struct floor_m sighting_at(const struct sighting *s, enum reading reading,
                           const struct prediction *person, struct covariance2 *ret_covariance)
{
    struct covariance2 covariance;
    struct floor_m at =
        sighting_read(s, reading, person->height_m, person->height_variance, &covariance);
    double dt_s = (double) (person->time_us - s->capture_us) / (double) US_PER_S;
    *ret_covariance = covariance2_scaled(covariance, s->noise_scale);
    return (struct floor_m){ at.x + dt_s * person->velocity_x_m_s,
                             at.y + dt_s * person->velocity_y_m_s };
}

/*
 * What the height that a box shows says besides the place, as -2 ln of its likelihood; INFINITY:
 * the reading is impossible.
 */
static double height_cost(const struct sighting *s, enum reading reading,
                          const struct prediction *person)
{
    if (!s->has_head || s->hidden >= 1)
        return 0;
    double taller_m = s->height_m - person->height_m;
    if (reading == READING_HEAD)
        return taller_m < TALLER_M ? s->hidden_cost : INFINITY;
    return s->seen_cost + taller_m * taller_m / person->told_variance + person->ln_told_variance;
}

/* One reading beside a person. */
struct fit {
    double d2;  /* squared Mahalanobis distance */
    double det; /* of the covariance, m^4 */
};

static struct fit fit_of(const struct sighting *s, enum reading reading,
                         const struct prediction *person, struct floor_m at)
{
    struct covariance2 sum;
    struct floor_m read =
        sighting_read(s, reading, person->height_m, person->height_variance, &sum);
    sum = covariance2_add(sum, person->covariance);
    return (struct fit){ .d2 = covariance2_mahalanobis2(sum, read.x - at.x, read.y - at.y),
                         .det = covariance2_det(sum) };
}

/* -2 ln(exp(-a / 2) + exp(-b / 2)); one of them is finite. */
static double either(double a, double b)
{
    double apart = fabs(a - b);
    double likelier = a < b ? a : b;
    return apart > NEGLIGIBLE_APART ? likelier : likelier - 2 * log1p(exp(-apart / 2));
}

/* Most people nearby are beyond the gate, and known to be before any likelihood is asked for. */
double sighting_misfit(const struct sighting *s, const struct prediction *person, double gate,
                       enum reading *ret_reading, double *ret_limit)
{
    double dt_s = (double) (s->capture_us - person->time_us) / (double) US_PER_S;
    struct floor_m at = { person->position.x + dt_s * person->velocity_x_m_s,
                          person->position.y + dt_s * person->velocity_y_m_s };
    bool may_be_foot = !s->has_head || s->hidden < 1;
    struct fit foot = { .d2 = INFINITY }, head = { .d2 = INFINITY };
    if (may_be_foot)
        foot = fit_of(s, READING_FOOT, person, at);
    if (s->has_head)
        head = fit_of(s, READING_HEAD, person, at);
    if (foot.d2 > gate && head.d2 > gate)
        return INFINITY;

    double log_det = log(may_be_foot ? foot.det : head.det);
    double foot_cost = INFINITY, head_cost = INFINITY;
    *ret_limit = fmin(gate + log_det, NOBODY_COST);
    if (may_be_foot)
        foot_cost = foot.d2 + log_det + height_cost(s, READING_FOOT, person);
    if (s->has_head)
        head_cost = height_cost(s, READING_HEAD, person);
    if (isfinite(head_cost))
        head_cost += head.d2 + (may_be_foot ? log(head.det) : log_det);
    /* With the height of people one knows nothing of. */
    if (s->has_head && may_be_foot)
        *ret_limit -= 2 * log(NORMAL_PEAK / shown_sd_m(s->people));
    *ret_reading = head_cost < foot_cost ? READING_HEAD : READING_FOOT;
    return fmin(foot_cost, head_cost) < INFINITY ? either(foot_cost, head_cost) : INFINITY;
}
