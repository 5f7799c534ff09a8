/*
 * fuzz_floor_map.c - GeoJSON as people may write it; what loads must then answer without harm
 *
 * So must its places: zones, lines and entrances, with steps across them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "floor/floor_map.h"
#include "floor/places.h"

/* A grid that fits into memory; floors of 2 km in cells of 5 cm would not. */
#define CELLS_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void ask(const struct floor_map *map)
{
    struct floor_m low, high;
    floor_map_bounds(map, &low, &high);
    (void) floor_map_walkable(map, low);
    struct grid grid = floor_map_grid(map, 5);
    if (map->feature_count > 100 || grid_cells(&grid) > CELLS_MAX)
        return; /* slow, not wrong */
    uint8_t *mask = calloc(grid_mask_bytes(&grid), 1);
    if (mask)
        floor_map_walkable_mask(map, &grid, mask);
    free(mask);
}

static void ask_place(const struct place *place, struct floor_m low, struct floor_m high)
{
    double share = 0;
    if (!place->name[0] || place->part_count == 0)
        abort();
    (void) place_contains(place, low);
    if (place_edge_distance_m(place, low) < 0)
        abort();
    if (place_crossed(place, low, high, &share) != 0 && !(share >= 0 && share <= 1))
        abort();
}

static void ask_places(const struct floor_map *map)
{
    struct places places = { 0 };
    struct error err;
    struct floor_m low, high;
    if (places_init(&places, map, &err) < 0)
        return;
    floor_map_bounds(map, &low, &high);
    for (size_t i = 0; i < places.zones.count; i++)
        ask_place(&places.zones.items[i], low, high);
    for (size_t i = 0; i < places.lines.count; i++)
        ask_place(&places.lines.items[i], low, high);
    for (size_t i = 0; i < places.entrances.count; i++)
        ask_place(&places.entrances.items[i], low, high);
    places_release(&places);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct floor_map *map = NULL;
    struct error err;
    if (floor_map_parse((const char *) bytes, length, "fuzz", &map, &err) == 0) {
        ask(map);
        ask_places(map);
    }
    floor_map_destroy(&map);
    return 0;
}
