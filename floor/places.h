/*
 * places.h - the named places of a floor: zones, lines and entrances
 *
 * A zone is all polygons of one name; a line and an entrance are a feature each. What has no name
 * is called after its place in the map: "zone 1", "line 2", "entrance 1".
 */
#ifndef FLOORFUSE_FLOOR_PLACES_H
#define FLOORFUSE_FLOOR_PLACES_H

#include "floor/floor_map.h"

struct place {
    char name[ID_SIZE];
    const struct feature **parts; /* borrowed from the map; the list is owned */
    size_t part_count;
};

/* By name, ascending. */
struct place_list {
    struct place *items;
    size_t count;
};

struct places {
    struct place_list zones, lines, entrances;
};

/* More zones, or lines, than any plan can be read with. */
#define PLACES_MAX 1024

/*
 *   map  borrowed until the release
 * Returns 0; -EINVAL with a sentence: a name of more than 63 bytes, a zone that is a line, a line
 * or an entrance that shares its name with another, more than PLACES_MAX; -ENOMEM.
 */
MUST_CHECK int places_init(struct places *places, const struct floor_map *map, struct error *err);
void places_release(struct places *places);

bool place_contains(const struct place *place, struct floor_m p);

/* From a point outside to the place; inside: to its edge, m. */
double place_edge_distance_m(const struct place *place, struct floor_m p);

/*
 * How often a straight step crosses a line from its left to its right, less how often the other way
 * round; left and right as one walks from the line's first corner to its last (y up).
 *   ret_share  of the step until the last crossing, 0..1; not set when there is none
 */
int place_crossed(const struct place *line, struct floor_m from, struct floor_m to,
                  double *ret_share);

#endif
