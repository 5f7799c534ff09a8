/*
 * floor_map.c - the floor as GeoJSON
 */
#include "floor/floor_map.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define FLOOR_BYTES_MAX        (64 * 1024 * 1024)
#define FLOOR_FEATURES_MAX     100000
#define FLOOR_COORDINATE_MAX_M 1000

static const char *const kind_names[FEATURE_KINDS] = { "walkable", "wall", "shelf",   "entrance",
                                                       "zone",     "line", "no-mount" };

struct loading {
    const char *path;
    struct floor_map *map;
    struct error *err;
    size_t number; /* of the feature in the file, from 1 */
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

/* One more feature at the end, zeroed; NULL when out of memory. */
static struct feature *add_feature(struct floor_map *map)
{
    struct feature *grown = realloc(map->features, (map->feature_count + 1) * sizeof(*grown));
    if (!grown)
        return NULL;
    map->features = grown;
    grown[map->feature_count] = (struct feature){ .height_m = NAN };
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

/*
 * A ring or a line. GeoJSON repeats a ring's first corner at the end; ours does not.
 *   least  corners it must have
 */
static int read_ring(const struct loading *l, const json_t *positions, size_t least,
                     struct feature *feature)
{
    size_t count = json_array_size(positions);
    if (count < least || count > FLOOR_FEATURES_MAX)
        return bad(l, least == 2 ? "a line needs at least 2 positions"
                                 : "a ring needs at least 3 corners");
    struct polygon *grown =
        realloc(feature->rings, (feature->ring_count + 1) * sizeof(*feature->rings));
    if (!grown)
        return error_set(l->err, -ENOMEM, "out of memory");
    feature->rings = grown;
    double *xy = calloc(2 * count, sizeof(*xy));
    if (!xy)
        return error_set(l->err, -ENOMEM, "out of memory");
    grown[feature->ring_count++] = (struct polygon){ .xy = xy, .corners = count };
    for (size_t i = 0; i < count; i++) {
        int r = read_position(l, json_array_get(positions, i), xy + 2 * i);
        if (r < 0)
            return r;
    }
    bool closed = xy[0] == xy[2 * count - 2] && xy[1] == xy[2 * count - 1];
    if (least == 3 && closed)
        grown[feature->ring_count - 1].corners--;
    if (least == 3 && grown[feature->ring_count - 1].corners < 3)
        return bad(l, "a ring needs at least 3 corners");
    return 0;
}

static int read_polygon(const struct loading *l, const json_t *rings, struct feature *feature)
{
    size_t i;
    json_t *ring;
    if (json_array_size(rings) == 0)
        return bad(l, "a Polygon needs rings");
    json_array_foreach(rings, i, ring)
    {
        int r = read_ring(l, ring, 3, feature);
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

static const char *name_of(const json_t *feature, const json_t *properties)
{
    const char *id = json_string_value(json_object_get(feature, "id"));
    const char *name = json_string_value(json_object_get(properties, "name"));
    return id ? id : name ? name : "";
}

static int fill_properties(const struct loading *l, const json_t *json, struct feature *feature)
{
    const json_t *properties = json_object_get(json, "properties");
    const json_t *height = json_object_get(properties, "height_m");
    feature->id = strdup(name_of(json, properties));
    if (!feature->id)
        return error_set(l->err, -ENOMEM, "out of memory");
    if (height && !(json_is_number(height) && json_number_value(height) > 0))
        return bad(l, "height_m must be a number of metres above 0");
    if (height)
        feature->height_m = json_number_value(height);
    return read_kind(l, properties, &feature->kind);
}

/* One feature of ours; `coordinates` are a Polygon's rings or a LineString's positions. */
static int read_one(const struct loading *l, const json_t *json, const json_t *coordinates,
                    bool line)
{
    struct feature *feature = add_feature(l->map);
    if (!feature)
        return error_set(l->err, -ENOMEM, "out of memory");
    int r = fill_properties(l, json, feature);
    if (r < 0)
        return r;
    return line ? read_ring(l, coordinates, 2, feature) : read_polygon(l, coordinates, feature);
}

static int read_feature(const struct loading *l, const json_t *json)
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
    if (!json_is_array(features) || json_array_size(features) > FLOOR_FEATURES_MAX)
        return error_set(l->err, -EINVAL,
                         "%s: this is not a GeoJSON FeatureCollection with at most %d features",
                         l->path, FLOOR_FEATURES_MAX);
    size_t i;
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
    json_t *root = json_loadb(text, length, 0, &problem);
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
    *ret_map = map;
    map = NULL;
    return 0;
}

/* Inside the outer ring and in no hole. */
static bool feature_contains(const struct feature *feature, struct floor_m p)
{
    for (size_t i = 0; i < feature->ring_count; i++)
        if (polygon_contains(feature->rings[i], p.x, p.y) != (i == 0))
            return false;
    return feature->ring_count > 0;
}

bool floor_map_walkable(const struct floor_map *map, struct floor_m p)
{
    bool restricted = false, inside = false;
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *feature = &map->features[i];
        if (feature->kind == FEATURE_SHELF && feature_contains(feature, p))
            return false;
        if (feature->kind != FEATURE_WALKABLE)
            continue;
        restricted = true;
        inside = inside || feature_contains(feature, p);
    }
    return inside || !restricted;
}

void floor_map_bounds(const struct floor_map *map, struct floor_m *ret_low,
                      struct floor_m *ret_high)
{
    bool walkable = false;
    for (size_t i = 0; i < map->feature_count; i++)
        walkable = walkable || map->features[i].kind == FEATURE_WALKABLE;
    struct floor_m low = { INFINITY, INFINITY }, high = { -INFINITY, -INFINITY };
    for (size_t i = 0; i < map->feature_count; i++) {
        const struct feature *feature = &map->features[i];
        if (walkable && feature->kind != FEATURE_WALKABLE)
            continue;
        for (size_t c = 0; c < feature->rings[0].corners; c++) {
            const double *xy = feature->rings[0].xy + 2 * c;
            low = (struct floor_m){ fmin(low.x, xy[0]), fmin(low.y, xy[1]) };
            high = (struct floor_m){ fmax(high.x, xy[0]), fmax(high.y, xy[1]) };
        }
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
