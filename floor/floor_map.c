/*
 * floor_map.c - the floor as GeoJSON
 *
 * The first half reads the format, the second answers about the floor. Everything read is bounded,
 * because maps come from editors and from other people.
 */
#include "floor/floor_map.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "geom/segment.h"

/* A department store has a few hundred features. JSON takes up to 40 times its size in memory. */
#define FLOOR_BYTES_MAX    (16 * 1024 * 1024)
#define FLOOR_FEATURES_MAX 100000
#define FLOOR_CORNERS_MAX  100000

/* No store is wider, and 2 km in the smallest cells of 5 cm can still be numbered in 32 bits. */
#define FLOOR_COORDINATE_MAX_M 1000

/* Less than a hand's breadth squared is no area but a slip of the mouse. */
#define FLOOR_AREA_MIN_M2 0.0001

#define FLOOR_HEIGHT_MAX_M 100

static const char *const kind_names[FEATURE_KINDS] = { "walkable", "wall", "shelf",   "entrance",
                                                       "zone",     "line", "no-mount" };

struct loading {
    const char *path;
    struct floor_map *map;
    struct error *err;
    size_t number;  /* of the feature in the file, from 1 */
    size_t corners; /* so far, in the whole file */
};

static int bad(const struct loading *l, const char *what)
{
    return error_set(l->err, -EINVAL, "%s: feature %zu: %s", l->path, l->number, what);
}

static void feature_release(struct feature *feature)
{
    for (size_t i = 0; i < feature->ring_count; i++)
        free((double *) feature->rings[i].xy);
    free(feature->rings);
    free(feature->id);
}

void floor_map_destroy(struct floor_map **map)
{
    if (!*map)
        return;
    for (size_t i = 0; i < (*map)->feature_count; i++)
        feature_release(&(*map)->features[i]);
    free((*map)->features);
    free(*map);
    *map = NULL;
}

/* One more feature at the end, empty; NULL when out of memory. */
static struct feature *add_feature(struct floor_map *map)
{
    struct feature *grown = realloc(map->features, (map->feature_count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    map->features = grown;
    grown[map->feature_count] = (struct feature){ .height_m = NAN,
                                                  .low = { INFINITY, INFINITY },
                                                  .high = { -INFINITY, -INFINITY } };
    return &grown[map->feature_count++];
}

static int read_position(const struct loading *l, const json_t *position, double *xy)
{
    if (json_array_size(position) < 2)
        return bad(l, "a position must be [x, y] in metres");
    for (size_t i = 0; i < 2; i++) {
        const json_t *number = json_array_get(position, i);
        xy[i] = json_number_value(number);
        if (!json_is_number(number) || !(fabs(xy[i]) <= FLOOR_COORDINATE_MAX_M))
            return bad(l, "a coordinate is not a number of metres within 1 km of the origin");
    }
    return 0;
}

/* Room for one more ring of `corners`, all 0 until they are read. */
static double *add_ring(struct feature *feature, size_t corners)
{
    struct polygon *grown =
        realloc(feature->rings, (feature->ring_count + 1) * sizeof(*feature->rings));
    if (!grown)
        return NULL;
    feature->rings = grown;
    double *xy = calloc(2 * corners, sizeof(*xy));
    if (xy)
        grown[feature->ring_count++] = (struct polygon){ .xy = xy, .corners = corners };
    return xy;
}

static void widen(struct feature *feature, const double xy[static 2])
{
    feature->low.x = fmin(feature->low.x, xy[0]);
    feature->low.y = fmin(feature->low.y, xy[1]);
    feature->high.x = fmax(feature->high.x, xy[0]);
    feature->high.y = fmax(feature->high.y, xy[1]);
}

static int read_positions(struct loading *l, const json_t *positions, size_t least,
                          struct feature *feature)
{
    size_t count = json_array_size(positions);
    if (count < least)
        return bad(l, feature->is_line ? "a line needs at least 2 positions"
                                       : "a ring needs at least 3 corners");
    l->corners += count;
    if (l->corners > FLOOR_CORNERS_MAX)
        return error_set(l->err, -EINVAL,
                         "%s: feature %zu: there are more than %d corners; simplify the map",
                         l->path, l->number, FLOOR_CORNERS_MAX);
    double *xy = add_ring(feature, count);
    if (!xy)
        return error_set(l->err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        int r = read_position(l, json_array_get(positions, i), xy + 2 * i);
        if (r < 0)
            return r;
        widen(feature, xy + 2 * i);
    }
    return 0;
}

/* GeoJSON repeats a ring's first corner at the end; ours does not. */
static int read_ring(struct loading *l, const json_t *positions, struct feature *feature)
{
    int r = read_positions(l, positions, 3, feature);
    if (r < 0)
        return r;
    struct polygon *ring = &feature->rings[feature->ring_count - 1];
    const double *last = ring->xy + 2 * (ring->corners - 1);
    if (ring->xy[0] == last[0] && ring->xy[1] == last[1])
        ring->corners--;
    if (ring->corners < 3)
        return bad(l, "a ring needs at least 3 corners");
    if (fabs(polygon_area(*ring)) < FLOOR_AREA_MIN_M2)
        return bad(l, "a ring bounds no area; its corners lie on one line or its edges cross");
    return 0;
}

static int read_polygon(struct loading *l, const json_t *rings, struct feature *feature)
{
    size_t i;
    json_t *ring;
    if (json_array_size(rings) == 0)
        return bad(l, "a Polygon needs rings");
    json_array_foreach(rings, i, ring)
    {
        int r = read_ring(l, ring, feature);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_kind(const struct loading *l, const json_t *properties, enum feature_kind *ret)
{
    const char *name = json_string_value(json_object_get(properties, "kind"));
    if (!name)
        return bad(l, "properties.kind is missing; write walkable, wall, shelf, entrance, zone, "
                      "line or no-mount");
    for (int kind = 0; kind < FEATURE_KINDS; kind++)
        if (strcmp(name, kind_names[kind]) == 0) {
            *ret = (enum feature_kind) kind;
            return 0;
        }
    return error_set(l->err, -EINVAL,
                     "%s: feature %zu: unknown kind \"%s\"; write walkable, wall, shelf, entrance, "
                     "zone, line or no-mount",
                     l->path, l->number, name);
}

/* The feature's id, which may be a number, else its name. The caller's to free(). */
static char *name_of(const json_t *feature, const json_t *properties)
{
    const json_t *id = json_object_get(feature, "id");
    const char *name = json_string_value(json_object_get(properties, "name"));
    char *number;
    if (json_is_integer(id))
        return asprintf(&number, "%" JSON_INTEGER_FORMAT, json_integer_value(id)) < 0 ? NULL
                                                                                      : number;
    if (json_is_string(id))
        name = json_string_value(id);
    return strdup(name ? name : "");
}

/* Editors write null for what a feature does not have. */
static int read_height(const struct loading *l, const json_t *properties, double *ret_height_m)
{
    const json_t *height = json_object_get(properties, "height_m");
    double value = json_number_value(height);
    if (!height || json_is_null(height))
        return 0;
    if (!json_is_number(height) || !(value > 0 && value <= FLOOR_HEIGHT_MAX_M))
        return bad(l, "height_m must be a number of metres above 0 and at most 100");
    *ret_height_m = value;
    return 0;
}

/* On anything but a line it would be ignored, and people counted the wrong way. */
static int read_inward(const struct loading *l, const json_t *properties, struct feature *feature)
{
    const json_t *inward = json_object_get(properties, "inward");
    const char *name = json_string_value(inward);
    if (!inward || json_is_null(inward))
        return 0;
    if (feature->kind != FEATURE_LINE)
        return error_set(
            l->err, -EINVAL,
            "%s: feature %zu: inward belongs to kind line, not to %s; remove it or draw a "
            "line",
            l->path, l->number, kind_names[feature->kind]);
    if (name && strcmp(name, "left_to_right") == 0)
        feature->inward = INWARD_LEFT_TO_RIGHT;
    else if (name && strcmp(name, "right_to_left") == 0)
        feature->inward = INWARD_RIGHT_TO_LEFT;
    else
        return bad(l, "inward must be \"left_to_right\" or \"right_to_left\", as one walks from "
                      "the line's first corner to its last");
    return 0;
}

/* What has an inside needs an area; walls and entrances may be drawn either way. */
static int check_shape(const struct loading *l, const struct feature *feature)
{
    bool either = feature->kind == FEATURE_WALL || feature->kind == FEATURE_ENTRANCE;
    bool wants_line = feature->kind == FEATURE_LINE;
    if (either || feature->is_line == wants_line)
        return 0;
    return error_set(l->err, -EINVAL, "%s: feature %zu: kind %s must be drawn as a %s", l->path,
                     l->number, kind_names[feature->kind],
                     wants_line ? "LineString" : "Polygon or MultiPolygon");
}

static int fill_properties(const struct loading *l, const json_t *json, struct feature *feature)
{
    const json_t *properties = json_object_get(json, "properties");
    feature->id = name_of(json, properties);
    if (!feature->id)
        return error_set(l->err, -ENOMEM, "out of memory");
    int r = read_height(l, properties, &feature->height_m);
    if (r == 0)
        r = read_kind(l, properties, &feature->kind);
    if (r == 0)
        r = read_inward(l, properties, feature);
    return r < 0 ? r : check_shape(l, feature);
}

/* One feature of ours; `coordinates` are a Polygon's rings or a LineString's positions. */
static int read_one(struct loading *l, const json_t *json, const json_t *coordinates, bool is_line)
{
    if (l->map->feature_count >= FLOOR_FEATURES_MAX)
        return error_set(l->err, -EINVAL, "%s: feature %zu: there are more than %d polygons",
                         l->path, l->number, FLOOR_FEATURES_MAX);
    struct feature *feature = add_feature(l->map);
    if (!feature)
        return error_set(l->err, -ENOMEM, "out of memory");
    feature->is_line = is_line;
    int r = fill_properties(l, json, feature);
    if (r < 0)
        return r;
    return is_line ? read_positions(l, coordinates, 2, feature)
                   : read_polygon(l, coordinates, feature);
}

static int read_feature(struct loading *l, const json_t *json)
{
    const json_t *geometry = json_object_get(json, "geometry");
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    const char *type = json_string_value(json_object_get(geometry, "type"));
    if (!type || !json_is_array(coordinates))
        return bad(l, "a geometry with type and coordinates is needed");
    if (strcmp(type, "Polygon") == 0)
        return read_one(l, json, coordinates, false);
    if (strcmp(type, "LineString") == 0)
        return read_one(l, json, coordinates, true);
    if (strcmp(type, "MultiPolygon") != 0)
        return bad(l, "geometry must be a Polygon, MultiPolygon or LineString");
    if (json_array_size(coordinates) == 0)
        return bad(l, "a MultiPolygon needs polygons");
    size_t i;
    json_t *polygon;
    json_array_foreach(coordinates, i, polygon)
    {
        int r = read_one(l, json, polygon, false);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_collection(struct loading *l, const json_t *root)
{
    const json_t *features = json_object_get(root, "features");
    const char *type = json_string_value(json_object_get(root, "type"));
    size_t count = json_array_size(features), i;
    if (!type || strcmp(type, "FeatureCollection") != 0 || !json_is_array(features))
        return error_set(l->err, -EINVAL,
                         "%s: this is not GeoJSON with type FeatureCollection and its features",
                         l->path);
    if (count == 0 || count > FLOOR_FEATURES_MAX)
        return error_set(l->err, -EINVAL,
                         "%s: there are %zu features but must be 1 to %d; draw at least where "
                         "people can walk",
                         l->path, count, FLOOR_FEATURES_MAX);
    json_t *feature;
    json_array_foreach(features, i, feature)
    {
        l->number = i + 1;
        int r = read_feature(l, feature);
        if (r < 0)
            return r;
    }
    return 0;
}

int floor_map_parse(const char *text, size_t length, const char *name, struct floor_map **ret_map,
                    struct error *err)
{
    json_error_t problem;
    AUTO(floor_map_destroy) struct floor_map *map = calloc(1, sizeof(*map));
    if (!map)
        return error_set(err, -ENOMEM, "out of memory");
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
    if (!root)
        return error_set(err, -EINVAL, "%s:%d: this is not GeoJSON: %s", name, problem.line,
                         problem.text);
    struct loading l = { .path = name, .map = map, .err = err };
    int r = read_collection(&l, root);
    json_decref(root);
    if (r == 0) {
        *ret_map = map;
        map = NULL;
    }
    return r;
}

int floor_map_load(const char *path, struct floor_map **ret_map, struct error *err)
{
    char *text;
    size_t length;
    int r = file_read(path, FLOOR_BYTES_MAX, &text, &length, err);
    if (r < 0)
        return r;
    r = floor_map_parse(text, length, path, ret_map, err);
    free(text);
    return r;
}

int floor_map_rectangle(struct floor_m low, struct floor_m high, struct floor_map **ret_map)
{
    AUTO(floor_map_destroy) struct floor_map *map = calloc(1, sizeof(*map));
    struct feature *feature = map ? add_feature(map) : NULL;
    if (!feature)
        return -ENOMEM;
    const double corners[] = { low.x, low.y, high.x, low.y, high.x, high.y, low.x, high.y };
    double *xy = malloc(sizeof(corners));
    feature->id = strdup("");
    feature->rings = calloc(1, sizeof(*feature->rings));
    if (!xy || !feature->id || !feature->rings) {
        free(xy);
        return -ENOMEM;
    }
    memcpy(xy, corners, sizeof(corners));
    feature->rings[feature->ring_count++] = (struct polygon){ .xy = xy, .corners = 4 };
    feature->kind = FEATURE_WALKABLE;
    feature->low = low;
    feature->high = high;
    *ret_map = map;
    map = NULL;
    return 0;
}

/* ---- questions about the floor ---- */

/* Inside the outer ring and in no hole. */
bool feature_contains(const struct feature *feature, struct floor_m p)
{
    if (feature->is_line || !(p.x >= feature->low.x && p.x <= feature->high.x &&
                              p.y >= feature->low.y && p.y <= feature->high.y))
        return false; /* most features are elsewhere */
    for (size_t i = 0; i < feature->ring_count; i++)
        if (polygon_contains(feature->rings[i], p.x, p.y) != (i == 0))
            return false;
    return feature->ring_count > 0;
}

static struct floor_m corner_of(struct polygon ring, size_t i)
{
    return (struct floor_m){ ring.xy[2 * i], ring.xy[2 * i + 1] };
}

double feature_edge_distance_m(const struct feature *feature, struct floor_m p)
{
    double nearest_m = INFINITY;
    for (size_t r = 0; r < feature->ring_count; r++) {
        struct polygon ring = feature->rings[r];
        for (size_t i = feature->is_line ? 1 : 0; i < ring.corners; i++) {
            struct segment edge = { corner_of(ring, i > 0 ? i - 1 : ring.corners - 1),
                                    corner_of(ring, i) };
            nearest_m = fmin(nearest_m, segment_distance_m(edge, p));
        }
    }
    return nearest_m;
}

static bool has_walkable(const struct floor_map *map)
{
    for (size_t i = 0; i < map->feature_count; i++)
        if (map->features[i].kind == FEATURE_WALKABLE)
            return true;
    return false;
}

bool floor_map_walkable(const struct floor_map *map, struct floor_m p)
{
    bool inside = !has_walkable(map);
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *feature = &map->features[i];
        if (feature->kind == FEATURE_SHELF && feature_contains(feature, p))
            return false;
        if (feature->kind == FEATURE_WALKABLE)
            inside = inside || feature_contains(feature, p);
    }
    return inside;
}

void floor_map_bounds(const struct floor_map *map, struct floor_m *ret_low,
                      struct floor_m *ret_high)
{
    bool only_walkable = has_walkable(map);
    struct floor_m low = { INFINITY, INFINITY }, high = { -INFINITY, -INFINITY };
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *feature = &map->features[i];
        if (only_walkable && feature->kind != FEATURE_WALKABLE)
            continue;
        low = (struct floor_m){ fmin(low.x, feature->low.x), fmin(low.y, feature->low.y) };
        high = (struct floor_m){ fmax(high.x, feature->high.x), fmax(high.y, feature->high.y) };
    }
    *ret_low = map->feature_count ? low : (struct floor_m){ 0, 0 };
    *ret_high = map->feature_count ? high : (struct floor_m){ 0, 0 };
}

struct grid floor_map_grid(const struct floor_map *map, double cell_m)
{
    struct floor_m low, high;
    floor_map_bounds(map, &low, &high);
    low.x = floor(low.x / cell_m + 1e-9) * cell_m;
    low.y = floor(low.y / cell_m + 1e-9) * cell_m;
    return grid_covering(low, high, cell_m);
}

void floor_map_walkable_mask(const struct floor_map *map, const struct grid *grid, uint8_t *mask)
{
    for (uint32_t cell = 0; cell < grid_cells(grid); cell++)
        if (floor_map_walkable(map, grid_cell_centre(grid, cell)))
            grid_mask_set(mask, cell);
}
