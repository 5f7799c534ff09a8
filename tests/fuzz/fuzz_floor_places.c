/*
 * fuzz_floor_places.c - GeoJSON as people may write it, as the zones, fixtures and lines that the
 * database is given
 *
 * What it is given must be JSON in UTF-8 with as many entries as there are places, each cell one of
 * the grid.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "floor/floor_map.h"
#include "storage/floor_places.h"

/* More are slow, not wrong. */
#define CELLS_MAX    10000
#define FEATURES_MAX 100

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require_cells(const json_t *place, const struct grid *grid)
{
    const json_t *cells = json_object_get(place, "cells"), *cell;
    size_t i;
    json_array_foreach(cells, i, cell)
    {
        if (json_integer_value(cell) < 0 || json_integer_value(cell) >= grid_cells(grid))
            abort();
    }
}

static void require_list(const struct floor_places *places, const char *text,
                         const struct grid *grid)
{
    static const char *const kinds[] = { "zone", "fixture", "line" };
    json_t *list = json_loads(text, 0, NULL), *item;
    size_t i;
    if (!json_is_array(list))
        abort();
    json_array_foreach(list, i, item)
    {
        const char *kind = json_string_value(json_object_get(item, "kind"));
        const char *name = json_string_value(json_object_get(item, "name"));
        enum place_kind k = PLACE_ZONE;
        while (k < PLACE_LINE && strcmp(kind, kinds[k]) != 0)
            k++;
        const struct floor_place *place = name ? floor_places_find(places, k, name) : NULL;
        if (!place || !name[0] || !json_is_object(json_object_get(item, "geojson")))
            abort();
        require_cells(item, grid);
    }
    json_decref(list);
}

static void list(const struct floor_map *map)
{
    AUTO(floor_places_destroy) struct floor_places *places = NULL;
    struct heat_zone zones[] = { { .zone = "a zone of the bucket" } };
    struct heat_line lines[] = { { .line = "a \"line\" of the \\ bucket" } };
    struct heat_bucket bucket = { .grid = floor_map_grid(map, 2),
                                  .zones = zones,
                                  .zone_count = 1,
                                  .lines = lines,
                                  .line_count = 1 };
    struct error err;
    const char *json;
    if (map->feature_count > FEATURES_MAX || grid_cells(&bucket.grid) > CELLS_MAX)
        return;
    if (floor_places_create(map, &places, &err) == 0 &&
        floor_places_list(places, &bucket, &json) == 0)
        require_list(places, json, &bucket.grid);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct floor_map *map = NULL;
    struct error err;
    if (floor_map_parse((const char *) bytes, length, "fuzz", &map, &err) == 0)
        list(map);
    floor_map_destroy(&map);
    return 0;
}
