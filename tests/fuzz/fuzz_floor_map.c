/*
 * fuzz_floor_map.c - GeoJSON as people may write it
 */
#include <stddef.h>
#include <stdint.h>

#include "floor/floor_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct floor_map *map = NULL;
    if (floor_map_parse((const char *) bytes, length, "fuzz", &map, NULL) == 0) {
        struct floor_m low, high;
        floor_map_bounds(map, &low, &high);
        (void) floor_map_walkable(map, low);
    }
    floor_map_destroy(&map);
    return 0;
}
