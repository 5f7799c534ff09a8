/*
 * fuzz_floor_map.c - GeoJSON as people may write it; what loads must then answer without harm
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "floor/floor_map.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct floor_map *map = NULL;
    struct error err;
    if (floor_map_parse((const char *) bytes, length, "fuzz", &map, &err) == 0)
        ask(map);
    floor_map_destroy(&map);
    return 0;
}
