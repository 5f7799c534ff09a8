/*
 * places.h - where people come in, browse, queue and go out
 *
 * Entrances are the map's features of that kind; if the id starts with "exit", people only leave
 * there. Spots lie before the faces of shelves, every 2 m;
 * where there are no shelves they lie anywhere. A zone whose id starts with "checkout" is a
 * checkout: its queue runs along the zone's longer side, the head at the end that is nearer to an
 * entrance, and on into the store as far as there is room.
 */
#ifndef FLOORFUSE_SIM_PLACES_H
#define FLOORFUSE_SIM_PLACES_H

#include "sim/paths.h"
#include "sim/random.h"

/* Waiting people keep this distance (Fruin 1971: queues of 0.5 m2 a person and more). */
#define QUEUE_SPACING_M 0.75
#define QUEUE_SLOTS_MAX 10 /* longer ones put people off */

struct entrance {
    size_t goal;
    uint32_t *cells; /* where people appear and vanish; passable */
    size_t cell_count;
    bool only_out; /* nobody comes in here */
};

struct spot {
    size_t goal;
    struct floor_m position;
    double face_x, face_y; /* towards the shelf, unit length; 0, 0: there is none */
    double popularity;     /* weight in choosing */
};

struct checkout {
    size_t goal; /* where the queue leaves the zone, towards the store */
    struct floor_m slots[QUEUE_SLOTS_MAX];
    size_t slot_count; /* 0: nobody can get there */
};

struct places {
    struct entrance *entrances;
    size_t entrance_count, way_in_count;
    struct spot *spots;
    size_t spot_count;
    struct checkout *checkouts;
    size_t checkout_count;
};

/*
 * Find the places of a map that can be reached from an entrance, and tell `paths` to avoid the
 * checkouts' lanes.
 *   random  how popular spots are, and where they lie without shelves
 * Returns 0; -EINVAL with a sentence (no entrance, no room at any entrance, nowhere to go);
 * -ENOMEM.
 */
MUST_CHECK int places_create(const struct floor_map *map, const struct clearance *clearance,
                             struct paths *paths, struct random *random, struct places **ret_places,
                             struct error *err);
void places_destroy(struct places **places);

#endif
