/*
 * floor_map.h - the floor as GeoJSON: where people can walk, what stands there
 *
 * A FeatureCollection in floor metres. Each feature's `kind` property says what it is: walkable,
 * wall, shelf (with height_m), entrance, zone, line, no-mount. Geometry is Polygon, MultiPolygon
 * or LineString. docs/floor.md has the format.
 */
#ifndef FLOORFUSE_FLOOR_FLOOR_MAP_H
#define FLOORFUSE_FLOOR_FLOOR_MAP_H

#include <stddef.h>

#include "base/error.h"
#include "geom/grid.h"
#include "geom/polygon.h"

enum feature_kind {
    FEATURE_WALKABLE,
    FEATURE_WALL,
    FEATURE_SHELF,
    FEATURE_ENTRANCE,
    FEATURE_ZONE,
    FEATURE_LINE,
    FEATURE_NO_MOUNT,
    FEATURE_KINDS
};

/* Which way people come in over a line, as one walks from its first corner to its last. */
enum line_inward {
    INWARD_UNKNOWN,
    INWARD_LEFT_TO_RIGHT,
    INWARD_RIGHT_TO_LEFT,
};

struct feature {
    enum feature_kind kind;
    char *id;                /* from the feature's id or name; "" if none */
    double height_m;         /* of shelves and walls; NaN if not given */
    enum line_inward inward; /* of lines; INWARD_UNKNOWN if not given */
    bool is_line;            /* a LineString: its one ring is open and bounds no area */
    struct polygon *rings;   /* [0] is the outer ring, the others are holes; at least one */
    size_t ring_count;
    struct floor_m low, high; /* the smallest rectangle around it */
};

struct floor_map {
    struct feature *features; /* a MultiPolygon becomes one feature a polygon */
    size_t feature_count;
};

/*
 * Returns 0, -errno of the file, -EINVAL with a sentence that names the file and the feature (not
 * JSON, unknown kind or direction, ring with fewer than 3 corners, number not finite, more than 1e5
 * features or corners), -ENOMEM.
 */
MUST_CHECK int floor_map_load(const char *path, struct floor_map **ret_map, struct error *err);

/* The same from text; `name` stands for the path in sentences. */
MUST_CHECK int floor_map_parse(const char *text, size_t length, const char *name,
                               struct floor_map **ret_map, struct error *err);

/* A map whose only feature is a walkable rectangle. */
MUST_CHECK int floor_map_rectangle(struct floor_m low, struct floor_m high,
                                   struct floor_map **ret_map);
void floor_map_destroy(struct floor_map **map);

/* Inside the area of a feature; of a line nothing is. */
bool feature_contains(const struct feature *feature, struct floor_m p);

/* From a point to the nearest edge of a feature, or to its line, m; inside as well. */
double feature_edge_distance_m(const struct feature *feature, struct floor_m p);

/* Inside a walkable polygon (or no walkable one is given) and not inside a shelf. Holes are
 * outside: the floor that an island of shelves encloses can be walked on. */
bool floor_map_walkable(const struct floor_map *map, struct floor_m p);

/* The smallest rectangle around all walkable features (around all features if none is walkable). */
void floor_map_bounds(const struct floor_map *map, struct floor_m *ret_low,
                      struct floor_m *ret_high);

/* The grid of cell_m over the walkable bounds, aligned to whole multiples of cell_m. */
struct grid floor_map_grid(const struct floor_map *map, double cell_m);

/* Set the bit of every cell whose centre is walkable; mask has grid_mask_bytes, zeroed. */
void floor_map_walkable_mask(const struct floor_map *map, const struct grid *grid, uint8_t *mask);

#endif
