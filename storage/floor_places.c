/*
 * floor_places.c - the zones, fixtures and lines of a floor, as the database knows them
 */
#include "storage/floor_places.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include "floor/places.h"
#include "storage/array_text.h"

/* A shape of several features of the map, which are borrowed. */
struct shape {
    const struct feature *const *parts;
    size_t part_count;
};

struct floor_places {
    const struct floor_map *map; /* NULL: none */
    struct places named;         /* zones and lines; of the map */
    struct place_list fixtures;  /* of the map */

    struct grid grid;          /* that what follows belongs to */
    struct floor_place *items; /* in the order of the list that the database gets */
    size_t count;
    struct text json; /* that list */
    uint8_t *walkable;

    bool is_current;         /* all ids are those of the shapes in force */
    int64_t newest_since_us; /* the latest time from which one of them holds */
};

/* ---- the map ---- */

static int add_fixture_part(struct place_list *list, const char *name,
                            const struct feature *feature)
{
    struct place *place = NULL;
    for (size_t i = 0; i < list->count && !place; i++)
        if (strcmp(list->items[i].name, name) == 0)
            place = &list->items[i];
    if (!place) {
        struct place *items = realloc(list->items, (list->count + 1) * sizeof(*items));
        if (!items)
            return -ENOMEM;
        list->items = items;
        place = &items[list->count++];
        *place = (struct place){ .parts = NULL };
        (void) snprintf(place->name, sizeof(place->name), "%s", name);
    }
    const struct feature **parts =
        realloc(place->parts, (place->part_count + 1) * sizeof(const struct feature *));
    if (!parts)
        return -ENOMEM;
    place->parts = parts;
    place->parts[place->part_count++] = feature;
    return 0;
}

/* Shelves of one name are one fixture; what has no name is called after its place in the map. */
static int find_fixtures(struct floor_places *places)
{
    size_t number = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < places->map->feature_count; i++) {
        const struct feature *feature = &places->map->features[i];
        char name[ID_SIZE];
        if (feature->kind != FEATURE_SHELF || feature->is_line)
            continue;
        number++;
        if (feature->id[0]) {
            (void) snprintf(name, sizeof(name), "%.*s", ID_SIZE - 1, feature->id);
            name[utf8_valid_bytes(name)] = '\0'; /* not half a character */
        } else {
            (void) snprintf(name, sizeof(name), "shelf %zu", number);
        }
        rc = add_fixture_part(&places->fixtures, name, feature);
    }
    return rc;
}

int floor_places_create(const struct floor_map *map, struct floor_places **ret_places,
                        struct error *err)
{
    AUTO(floor_places_destroy) struct floor_places *places = calloc(1, sizeof(*places));
    if (!places)
        return error_set(err, -ENOMEM, "out of memory reading the places of a floor");
    places->json = (struct text) TEXT_INIT;
    if (map) {
        int rc = places_init(&places->named, map, err);
        if (rc < 0)
            return rc;
        places->map = map;
        if (find_fixtures(places) < 0)
            return error_set(err, -ENOMEM, "out of memory reading the places of a floor");
    }
    *ret_places = places;
    places = NULL;
    return 0;
}

static void clear_items(struct floor_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        free(places->items[i].mask);
    free(places->items);
    places->items = NULL;
    places->count = 0;
    free(places->walkable);
    places->walkable = NULL;
    text_clear(&places->json);
    places->is_current = false;
}

void floor_places_destroy(struct floor_places **places)
{
    if (!*places)
        return;
    clear_items(*places);
    text_release(&(*places)->json);
    if ((*places)->map)
        places_release(&(*places)->named);
    for (size_t i = 0; i < (*places)->fixtures.count; i++)
        free((*places)->fixtures.items[i].parts);
    free((*places)->fixtures.items);
    free(*places);
    *places = NULL;
}

void floor_places_forget(struct floor_places *places)
{
    places->is_current = false;
}

/* ---- the list, as JSON ---- */

static void add_json_string(struct text *json, const char *string)
{
    text_append(json, "\"");
    for (const unsigned char *c = (const unsigned char *) string; *c; c++) {
        if (*c == '"' || *c == '\\')
            text_format(json, "\\%c", *c);
        else if (*c < 0x20)
            text_format(json, "\\u%04x", *c);
        else
            text_append_bytes(json, c, 1);
    }
    text_append(json, "\"");
}

/* GeoJSON repeats the first corner of a ring, and our polygons do not. */
static void add_corners(struct text *json, struct polygon ring, bool closed)
{
    text_append(json, "[");
    for (size_t i = 0; i < ring.corners + closed; i++) {
        const double *xy = &ring.xy[2 * (i % ring.corners)];
        text_format(json, "%s[%.17g,%.17g]", i ? "," : "", xy[0], xy[1]);
    }
    text_append(json, "]");
}

static void add_polygons(struct text *json, struct shape shape)
{
    text_append(json, "{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (size_t i = 0; i < shape.part_count; i++) {
        const struct feature *part = shape.parts[i];
        text_append(json, i ? ",[" : "[");
        for (size_t r = 0; r < part->ring_count; r++) {
            text_append(json, r ? "," : "");
            add_corners(json, part->rings[r], true);
        }
        text_append(json, "]");
    }
    text_append(json, "]}");
}

static void add_line(struct text *json, struct shape shape)
{
    text_append(json, "{\"type\":\"LineString\",\"coordinates\":");
    if (shape.part_count)
        add_corners(json, shape.parts[0]->rings[0], false);
    else
        text_append(json, "[]");
    text_append(json, "}");
}

static double area_m2(struct shape shape)
{
    double area = 0;
    for (size_t i = 0; i < shape.part_count; i++)
        for (size_t r = 0; r < shape.parts[i]->ring_count; r++)
            area += (r ? -1 : 1) * fabs(polygon_area(shape.parts[i]->rings[r]));
    return area > 0 ? area : 0;
}

/* Of a fixture: its highest part; NaN: not given. */
static double height_m(struct shape shape)
{
    double height = NAN;
    for (size_t i = 0; i < shape.part_count; i++)
        height = fmax(height, shape.parts[i]->height_m);
    return height;
}

static void add_details(struct text *json, enum place_kind kind, struct shape shape)
{
    static const char *const inward[] = {
        [INWARD_LEFT_TO_RIGHT] = "left_to_right", [INWARD_RIGHT_TO_LEFT] = "right_to_left"
    };
    text_append(json, ",\"geojson\":");
    if (kind == PLACE_LINE) {
        add_line(json, shape);
        enum line_inward way = shape.part_count ? shape.parts[0]->inward : INWARD_UNKNOWN;
        if (way != INWARD_UNKNOWN)
            text_format(json, ",\"inward\":\"%s\"", inward[way]);
        return;
    }
    add_polygons(json, shape);
    text_format(json, ",\"area_m2\":%.17g", area_m2(shape));
    if (kind == PLACE_FIXTURE && isfinite(height_m(shape)))
        text_format(json, ",\"height_m\":%.17g", height_m(shape));
}

/* ---- cells ---- */

static bool contains(struct shape shape, struct floor_m p)
{
    for (size_t i = 0; i < shape.part_count; i++)
        if (feature_contains(shape.parts[i], p))
            return true;
    return false;
}

static bool is_near(struct shape shape, struct floor_m p)
{
    for (size_t i = 0; i < shape.part_count; i++) {
        const struct feature *part = shape.parts[i];
        if (p.x < part->low.x - FIXTURE_REACH_M || p.x > part->high.x + FIXTURE_REACH_M ||
            p.y < part->low.y - FIXTURE_REACH_M || p.y > part->high.y + FIXTURE_REACH_M)
            continue;
        if (feature_edge_distance_m(part, p) <= FIXTURE_REACH_M)
            return true;
    }
    return false;
}

static bool belongs(const struct floor_places *places, enum place_kind kind, struct shape shape,
                    uint32_t cell)
{
    struct floor_m centre = grid_cell_centre(&places->grid, cell);
    if (kind == PLACE_ZONE)
        return contains(shape, centre);
    return grid_mask_test(places->walkable, cell) && is_near(shape, centre) &&
           !contains(shape, centre);
}

static int find_cells(struct floor_places *places, struct floor_place *place, struct shape shape)
{
    if (place->kind == PLACE_LINE || shape.part_count == 0)
        return 0;
    place->mask = calloc(1, grid_mask_bytes(&places->grid) + 1);
    if (!place->mask)
        return -ENOMEM;
    for (uint32_t cell = 0; cell < grid_cells(&places->grid); cell++)
        if (belongs(places, place->kind, shape, cell)) {
            grid_mask_set(place->mask, cell);
            place->cells++;
        }
    return 0;
}

static void add_cells(struct text *json, const struct grid *grid, const struct floor_place *place)
{
    bool first = true;
    text_append(json, ",\"cells\":[");
    for (uint32_t cell = 0; place->mask && cell < grid_cells(grid); cell++)
        if (grid_mask_test(place->mask, cell)) {
            text_format(json, first ? "%u" : ",%u", cell);
            first = false;
        }
    text_append(json, "]");
}

static int add_item(struct floor_places *places, enum place_kind kind, const char *name,
                    struct shape shape)
{
    static const char *const words[] = { "zone", "fixture", "line" };
    struct floor_place *items =
        realloc(places->items, (places->count + 1) * sizeof(*places->items));
    if (!items)
        return -ENOMEM;
    places->items = items;
    struct floor_place *place = &items[places->count++];
    *place = (struct floor_place){ .kind = kind };
    (void) snprintf(place->name, sizeof(place->name), "%s", name);
    if (find_cells(places, place, shape) < 0)
        return -ENOMEM;
    text_format(&places->json, "%s{\"kind\":\"%s\",\"name\":", places->count > 1 ? "," : "",
                words[kind]);
    add_json_string(&places->json, name);
    add_details(&places->json, kind, shape);
    if (kind != PLACE_LINE)
        add_cells(&places->json, &places->grid, place);
    text_append(&places->json, "}");
    return 0;
}

static int add_list(struct floor_places *places, enum place_kind kind,
                    const struct place_list *list)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < list->count; i++)
        rc = add_item(places, kind, list->items[i].name,
                      (struct shape){ (const struct feature *const *) list->items[i].parts,
                                      list->items[i].part_count });
    return rc;
}

/* What the bucket names and the map does not know. */
static int add_unknown(struct floor_places *places, const struct heat_bucket *bucket)
{
    const struct shape none = { NULL, 0 };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < bucket->zone_count; i++)
        if (!floor_places_find(places, PLACE_ZONE, bucket->zones[i].zone))
            rc = add_item(places, PLACE_ZONE, bucket->zones[i].zone, none);
    for (size_t i = 0; rc == 0 && i < bucket->line_count; i++)
        if (!floor_places_find(places, PLACE_LINE, bucket->lines[i].line))
            rc = add_item(places, PLACE_LINE, bucket->lines[i].line, none);
    return rc;
}

static int list_items(struct floor_places *places, const struct heat_bucket *bucket)
{
    clear_items(places);
    places->grid = bucket->grid;
    places->walkable = calloc(1, grid_mask_bytes(&places->grid) + 1);
    if (!places->walkable)
        return -ENOMEM;
    text_append(&places->json, "[");
    int rc = 0;
    if (places->map) {
        floor_map_walkable_mask(places->map, &places->grid, places->walkable);
        rc = add_list(places, PLACE_ZONE, &places->named.zones);
        if (rc == 0)
            rc = add_list(places, PLACE_FIXTURE, &places->fixtures);
        if (rc == 0)
            rc = add_list(places, PLACE_LINE, &places->named.lines);
    }
    if (rc == 0)
        rc = add_unknown(places, bucket);
    text_append(&places->json, "]");
    return rc < 0 || places->json.failed ? -ENOMEM : 0;
}

int floor_places_list(struct floor_places *places, const struct heat_bucket *bucket,
                      const char **ret_json)
{
    int rc = list_items(places, bucket);
    if (rc == 0)
        *ret_json = places->json.bytes;
    return rc;
}

/* ---- the database ---- */

static bool grids_are_equal(const struct grid *a, const struct grid *b)
{
    return a->origin.x == b->origin.x && a->origin.y == b->origin.y && a->cell_m == b->cell_m &&
           a->columns == b->columns && a->rows == b->rows;
}

static bool knows_all(const struct floor_places *places, const struct heat_bucket *bucket)
{
    for (size_t i = 0; i < bucket->zone_count; i++)
        if (!floor_places_find(places, PLACE_ZONE, bucket->zones[i].zone))
            return false;
    for (size_t i = 0; i < bucket->line_count; i++)
        if (!floor_places_find(places, PLACE_LINE, bucket->lines[i].line))
            return false;
    return true;
}

static void take_rows(struct floor_places *places, const PGresult *rows)
{
    places->is_current = true;
    places->newest_since_us = INT64_MIN;
    for (size_t i = 0; i < places->count; i++) {
        int row = (int) i;
        int64_t since_us = strtoll(PQgetvalue(rows, row, 1), NULL, 10);
        places->items[i].id = (int32_t) atoi(PQgetvalue(rows, row, 0));
        places->is_current &= strcmp(PQgetvalue(rows, row, 2), "t") == 0;
        if (since_us > places->newest_since_us)
            places->newest_since_us = since_us;
    }
}

static int put_list(struct floor_places *places, struct database *database, int32_t store_id,
                    int32_t floor_id, int32_t grid_id, int64_t at_us, struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    AUTO(text_release) struct text walkable = TEXT_INIT;
    struct number_text store = integer_text(store_id), floor = integer_text(floor_id),
                       grid = integer_text(grid_id);
    char at[WALL_TEXT_SIZE];
    bytes_text(&walkable, places->walkable, grid_mask_bytes(&places->grid));
    if (walkable.failed)
        return error_set(err, -ENOMEM, "out of memory writing the places of a floor");
    const char *const values[] = { store.bytes,        floor.bytes,
                                   grid.bytes,         clock_wall_format(at_us, at),
                                   places->json.bytes, walkable.bytes };
    int rc = database_query(database, QUERY_PLACES_PUT, values, &rows, err);
    if (rc < 0)
        return rc;
    if ((size_t) PQntuples(rows) != places->count)
        return error_set(err, -EIO, "could not write the places of a floor: got %d of %zu keys",
                         PQntuples(rows), places->count);
    take_rows(places, rows);
    return 0;
}

int floor_places_sync(struct floor_places *places, struct database *database, int32_t store_id,
                      int32_t floor_id, int32_t grid_id, const struct heat_bucket *bucket,
                      struct error *err)
{
    bool is_listed = places->walkable && grids_are_equal(&places->grid, &bucket->grid) &&
                     knows_all(places, bucket);
    /* An old bucket that is written again goes to the shapes of its time. */
    if (is_listed && places->is_current && bucket->start_us >= places->newest_since_us)
        return 0;
    if (!is_listed && list_items(places, bucket) < 0)
        return error_set(err, -ENOMEM, "out of memory reading the places of a floor");
    return put_list(places, database, store_id, floor_id, grid_id, bucket->start_us, err);
}

const struct floor_place *floor_places_find(const struct floor_places *places, enum place_kind kind,
                                            const char *name)
{
    for (size_t i = 0; i < places->count; i++)
        if (places->items[i].kind == kind && strcmp(places->items[i].name, name) == 0)
            return &places->items[i];
    return NULL;
}
