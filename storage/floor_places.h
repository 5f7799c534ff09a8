/*
 * floor_places.h - the zones, fixtures and lines of a floor, as the database knows them
 *
 * The map says what there is, the grid which cells belong to it, the database which numbers stand
 * for it. A bucket counts zones and lines by name; where no map is known their names are all there
 * is, and they have no shape.
 */
#ifndef FLOORFUSE_STORAGE_FLOOR_PLACES_H
#define FLOORFUSE_STORAGE_FLOOR_PLACES_H

#include "heat/heat_bucket.h"
#include "storage/database.h"

/* People who look at a shelf stand this near to it, m: an arm's length and half a trolley. */
#define FIXTURE_REACH_M 1.0

enum place_kind { PLACE_ZONE, PLACE_FIXTURE, PLACE_LINE };

struct floor_place {
    enum place_kind kind;
    char name[ID_SIZE];
    int32_t id;
    uint8_t *mask;  /* its cells, grid_mask_bytes; NULL of lines and of what has no cell; owned */
    uint32_t cells; /* bits set */
};

struct floor_map;
struct floor_places; /* opaque */

/*
 *   map  borrowed until destroy; NULL: none is known
 * Returns 0; -EINVAL with a sentence, as places_init of floor/places.h; -ENOMEM.
 */
MUST_CHECK int floor_places_create(const struct floor_map *map, struct floor_places **ret_places,
                                   struct error *err);
void floor_places_destroy(struct floor_places **places);

/* The numbers are forgotten: the transaction that brought them was rolled back. */
void floor_places_forget(struct floor_places *places);

/*
 * The places of a bucket as the database is given them: JSON, valid until the next list or sync.
 * What sync does first, for tests that have no database. Returns 0 or -ENOMEM.
 */
MUST_CHECK int floor_places_list(struct floor_places *places, const struct heat_bucket *bucket,
                                 const char **ret_json);

/*
 * Make sure that all places of a bucket are in the database, by the shape they had at its time.
 * Returns 0, and the codes of database_run.
 */
MUST_CHECK int floor_places_sync(struct floor_places *places, struct database *database,
                                 int32_t store_id, int32_t floor_id, int32_t grid_id,
                                 const struct heat_bucket *bucket, struct error *err);

/* NULL when there is none. Valid until the next sync. */
const struct floor_place *floor_places_find(const struct floor_places *places, enum place_kind kind,
                                            const char *name);

#endif
