/*
 * places.c - where people come in, browse, queue and go out
 */
#include "sim/places.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Who is this near to an entrance's line or inside its area may appear or vanish. */
#define ENTRANCE_REACH_M 0.8

/* Between spots of a face, and from face to person: an arm's reach. */
#define SPOT_SPACING_M  2.0
#define SPOT_DISTANCE_M 0.55
#define FACE_MIN_M      1.0 /* counters' ends are no shelves */
#define SPOTS_MAX       4000

/* Without shelves. */
#define FREE_SPOTS      40
#define FREE_SPOT_TRIES 4000

/* Some shelves draw ten times as many people as others: log-normal. */
#define POPULARITY_SPREAD 0.7

struct search {
    const struct floor_map *map;
    const struct clearance *clearance;
    const struct grid *grid;
    struct paths *paths;
    struct random *random;
    struct places *places;
    struct error *err;
};

static int out_of_memory(const struct search *s)
{
    return error_set(s->err, -ENOMEM, "out of memory");
}

void places_destroy(struct places **places)
{
    if (!*places)
        return;
    for (size_t i = 0; i < (*places)->entrance_count; i++)
        free((*places)->entrances[i].cells);
    free((*places)->entrances);
    free((*places)->spots);
    free((*places)->checkouts);
    free(*places);
    *places = NULL;
}

/* ---- geometry ---- */

static bool inside(const struct feature *feature, struct floor_m p)
{
    for (size_t i = 0; i < feature->ring_count; i++)
        if (polygon_contains(feature->rings[i], p.x, p.y) != (i == 0))
            return false;
    return !feature->is_line;
}

static struct floor_m corner(const struct polygon *ring, size_t index)
{
    const double *xy = ring->xy + 2 * (index % ring->corners);
    return (struct floor_m){ xy[0], xy[1] };
}

static size_t edge_count(const struct feature *feature, const struct polygon *ring)
{
    return feature->is_line ? ring->corners - 1 : ring->corners;
}

static double distance_to_edge_m(struct floor_m p, struct floor_m a, struct floor_m b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    double t = length2 > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length2 : 0;
    t = fmin(fmax(t, 0), 1);
    return hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

static bool near_feature(const struct feature *feature, struct floor_m p, double reach_m)
{
    if (p.x < feature->low.x - reach_m || p.x > feature->high.x + reach_m ||
        p.y < feature->low.y - reach_m || p.y > feature->high.y + reach_m)
        return false;
    for (size_t i = 0; i < feature->ring_count; i++)
        for (size_t j = 0; j < edge_count(feature, &feature->rings[i]); j++)
            if (distance_to_edge_m(p, corner(&feature->rings[i], j),
                                   corner(&feature->rings[i], j + 1)) <= reach_m)
                return true;
    return inside(feature, p);
}

static bool is_checkout(const struct feature *feature)
{
    return feature->kind == FEATURE_ZONE && strncmp(feature->id, "checkout", 8) == 0;
}

/* ---- entrances ---- */

static bool belongs_to(const struct search *s, const struct feature *feature, uint32_t cell)
{
    return paths_passable(s->paths, cell) &&
           near_feature(feature, grid_cell_centre(s->grid, cell), ENTRANCE_REACH_M);
}

static int collect_cells(const struct search *s, const struct feature *feature,
                         struct entrance *entrance)
{
    size_t count = 0;
    for (uint32_t cell = 0; cell < grid_cells(s->grid); cell++)
        count += belongs_to(s, feature, cell);
    entrance->cells = malloc((count + 1) * sizeof(*entrance->cells));
    if (!entrance->cells)
        return out_of_memory(s);
    for (uint32_t cell = 0; cell < grid_cells(s->grid); cell++)
        if (belongs_to(s, feature, cell))
            entrance->cells[entrance->cell_count++] = cell;
    return 0;
}

static int add_entrance(const struct search *s, const struct feature *feature)
{
    struct entrance entrance = { .only_out = strncmp(feature->id, "exit", 4) == 0 };
    int r = collect_cells(s, feature, &entrance);
    if (r < 0)
        return r;
    r = paths_add_goal(s->paths, entrance.cells, entrance.cell_count, &entrance.goal);
    if (r < 0) {
        free(entrance.cells);
        return r == -ENOENT ? 0 : out_of_memory(s);
    }
    s->places->entrances[s->places->entrance_count++] = entrance;
    s->places->way_in_count += !entrance.only_out;
    return 0;
}

static int find_entrances(const struct search *s)
{
    size_t drawn = 0;
    s->places->entrances = calloc(s->map->feature_count, sizeof(*s->places->entrances));
    if (!s->places->entrances)
        return out_of_memory(s);
    for (size_t i = 0; i < s->map->feature_count; i++) {
        if (s->map->features[i].kind != FEATURE_ENTRANCE)
            continue;
        drawn++;
        int r = add_entrance(s, &s->map->features[i]);
        if (r < 0)
            return r;
    }
    if (drawn == 0)
        return error_set(s->err, -EINVAL,
                         "the floor has no entrance; draw a feature of kind entrance where people "
                         "come in");
    if (s->places->way_in_count == 0)
        return error_set(s->err, -EINVAL,
                         "nobody can come in by the floor's entrances: they are mere exits or "
                         "less than %.1f m away from shelves and walls",
                         PATH_CLEARANCE_M);
    return 0;
}

/* Is there a way between a place and any entrance? */
static int reachable(const struct search *s, struct floor_m p, bool *ret_reachable)
{
    *ret_reachable = false;
    for (size_t i = 0; i < s->places->entrance_count; i++) {
        double length_m;
        int r = paths_length(s->paths, s->places->entrances[i].goal, p, &length_m);
        if (r < 0)
            return out_of_memory(s);
        *ret_reachable = *ret_reachable || isfinite(length_m);
    }
    return 0;
}

/* ---- checkouts ---- */

/* The zone's rectangle, the longer way first: people queue along it. */
static void axis_of(const struct feature *zone, struct floor_m *ret_a, struct floor_m *ret_b)
{
    struct floor_m middle = { (zone->low.x + zone->high.x) / 2, (zone->low.y + zone->high.y) / 2 };
    bool along_x = zone->high.x - zone->low.x > zone->high.y - zone->low.y;
    *ret_a = along_x ? (struct floor_m){ zone->low.x, middle.y }
                     : (struct floor_m){ middle.x, zone->low.y };
    *ret_b = along_x ? (struct floor_m){ zone->high.x, middle.y }
                     : (struct floor_m){ middle.x, zone->high.y };
}

static int entrance_distance(const struct search *s, struct floor_m p, double *ret_m)
{
    *ret_m = INFINITY;
    for (size_t i = 0; i < s->places->entrance_count; i++) {
        double length_m;
        int r = paths_length(s->paths, s->places->entrances[i].goal, p, &length_m);
        if (r < 0)
            return out_of_memory(s);
        *ret_m = fmin(*ret_m, length_m);
    }
    return 0;
}

/* From the head on: as long as the next one has room and sees the one before. */
static void line_up(const struct search *s, struct floor_m head, struct floor_m tail,
                    struct checkout *checkout)
{
    double length = floor_distance_m(head, tail);
    double x = (tail.x - head.x) / length, y = (tail.y - head.y) / length;
    for (size_t i = 0; i < QUEUE_SLOTS_MAX; i++) {
        double along = QUEUE_SPACING_M * ((double) i + 0.5);
        struct floor_m slot = { head.x + along * x, head.y + along * y };
        if (clearance_at(s->clearance, slot) < PATH_CLEARANCE_M ||
            (i > 0 &&
             !clearance_way_free(s->clearance, checkout->slots[i - 1], slot, BODY_CLEARANCE_M)))
            break;
        checkout->slots[checkout->slot_count++] = slot;
    }
}

/* People come from the store's side: by the first slot outside the zone, else the last. */
static struct floor_m entry_of(const struct feature *zone, const struct checkout *checkout)
{
    size_t i = 0;
    while (i + 1 < checkout->slot_count && inside(zone, checkout->slots[i]))
        i++;
    return checkout->slots[i];
}

static int add_checkout(const struct search *s, const struct feature *zone)
{
    struct floor_m a, b;
    double from_a_m = INFINITY, from_b_m = INFINITY;
    struct checkout checkout = { 0 };
    axis_of(zone, &a, &b);
    int r = entrance_distance(s, a, &from_a_m);
    if (r == 0)
        r = entrance_distance(s, b, &from_b_m);
    if (r < 0)
        return r;
    if (isinf(from_a_m) && isinf(from_b_m))
        return 0;
    line_up(s, from_a_m <= from_b_m ? a : b, from_a_m <= from_b_m ? b : a, &checkout);
    if (checkout.slot_count == 0)
        return 0;
    uint32_t cell = paths_cell_near(s->paths, entry_of(zone, &checkout));
    if (cell == GRID_OUTSIDE)
        return 0;
    r = paths_add_goal(s->paths, &cell, 1, &checkout.goal);
    if (r < 0)
        return out_of_memory(s);
    s->places->checkouts[s->places->checkout_count++] = checkout;
    return 0;
}

/* Marked before any way is asked, because fields are made once. */
static void avoid_lanes(const struct search *s)
{
    for (size_t i = 0; i < s->map->feature_count; i++) {
        if (!is_checkout(&s->map->features[i]))
            continue;
        for (uint32_t cell = 0; cell < grid_cells(s->grid); cell++)
            if (inside(&s->map->features[i], grid_cell_centre(s->grid, cell)))
                paths_avoid(s->paths, cell);
    }
}

static int find_checkouts(const struct search *s)
{
    s->places->checkouts = calloc(s->map->feature_count, sizeof(*s->places->checkouts));
    if (!s->places->checkouts)
        return out_of_memory(s);
    for (size_t i = 0; i < s->map->feature_count; i++) {
        int r = is_checkout(&s->map->features[i]) ? add_checkout(s, &s->map->features[i]) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- spots ---- */

static bool in_checkout(const struct search *s, struct floor_m p)
{
    for (size_t i = 0; i < s->map->feature_count; i++)
        if (is_checkout(&s->map->features[i]) && near_feature(&s->map->features[i], p, 0.3))
            return true;
    return false;
}

static int add_spot(const struct search *s, struct floor_m p, double face_x, double face_y)
{
    bool can_be_reached;
    struct spot spot = { .position = p, .face_x = face_x, .face_y = face_y };
    uint32_t cell = grid_cell_at(s->grid, p);
    if (s->places->spot_count == SPOTS_MAX || cell == GRID_OUTSIDE ||
        !paths_passable(s->paths, cell) || in_checkout(s, p))
        return 0;
    int r = reachable(s, p, &can_be_reached);
    if (r < 0 || !can_be_reached)
        return r;
    spot.popularity = random_log_normal(s->random, 1, POPULARITY_SPREAD);
    if (paths_add_goal(s->paths, &cell, 1, &spot.goal) < 0)
        return out_of_memory(s);
    s->places->spots[s->places->spot_count++] = spot;
    return 0;
}

/* Both sides of the edge are tried: rings may run either way. */
static int add_face(const struct search *s, const struct feature *shelf, struct floor_m a,
                    struct floor_m b)
{
    double length = floor_distance_m(a, b);
    if (length < FACE_MIN_M)
        return 0;
    double x = (b.x - a.x) / length, y = (b.y - a.y) / length;
    int count = (int) fmax(1, round(length / SPOT_SPACING_M));
    for (int side = -1; side <= 1; side += 2)
        for (int i = 0; i < count; i++) {
            double along = length * (i + 0.5) / count;
            double off_x = side * SPOT_DISTANCE_M * -y, off_y = side * SPOT_DISTANCE_M * x;
            struct floor_m p = { a.x + along * x + off_x, a.y + along * y + off_y };
            int r = inside(shelf, p) ? 0 : add_spot(s, p, side * y, side * -x);
            if (r < 0)
                return r;
        }
    return 0;
}

static int add_shelf(const struct search *s, const struct feature *shelf)
{
    for (size_t i = 0; i < shelf->ring_count; i++)
        for (size_t j = 0; j < shelf->rings[i].corners; j++) {
            int r =
                add_face(s, shelf, corner(&shelf->rings[i], j), corner(&shelf->rings[i], j + 1));
            if (r < 0)
                return r;
        }
    return 0;
}

/* No shelves: people stop anywhere. */
static int add_free_spots(const struct search *s)
{
    for (int tries = 0; tries < FREE_SPOT_TRIES && s->places->spot_count < FREE_SPOTS; tries++) {
        uint32_t cell = (uint32_t) random_index(s->random, grid_cells(s->grid));
        if (!paths_passable(s->paths, cell))
            continue;
        int r = add_spot(s, grid_cell_centre(s->grid, cell), 0, 0);
        if (r < 0)
            return r;
    }
    return 0;
}

static int find_spots(const struct search *s)
{
    s->places->spots = calloc(SPOTS_MAX, sizeof(*s->places->spots));
    if (!s->places->spots)
        return out_of_memory(s);
    for (size_t i = 0; i < s->map->feature_count; i++) {
        if (s->map->features[i].kind != FEATURE_SHELF)
            continue;
        int r = add_shelf(s, &s->map->features[i]);
        if (r < 0)
            return r;
    }
    int r = s->places->spot_count == 0 ? add_free_spots(s) : 0;
    if (r == 0 && s->places->spot_count == 0)
        return error_set(
            s->err, -EINVAL,
            "from the floor's entrances nobody can walk anywhere; leave gaps of %.1f m "
            "between shelves and walls",
            2 * PATH_CLEARANCE_M);
    return r;
}

int places_create(const struct floor_map *map, const struct clearance *clearance,
                  struct paths *paths, struct random *random, struct places **ret_places,
                  struct error *err)
{
    AUTO(places_destroy) struct places *places = calloc(1, sizeof(*places));
    if (!places)
        return error_set(err, -ENOMEM, "out of memory");
    const struct search s = {
        map, clearance, clearance_grid(clearance), paths, random, places, err
    };
    avoid_lanes(&s);
    int r = find_entrances(&s);
    if (r == 0)
        r = find_checkouts(&s);
    if (r == 0)
        r = find_spots(&s);
    if (r < 0)
        return r;
    *ret_places = places;
    places = NULL;
    return 0;
}
