/*
 * query.h - reading the facts back
 */
#ifndef FLOORFUSE_STORAGE_QUERY_H
#define FLOORFUSE_STORAGE_QUERY_H

#include "base/error.h"
#include "geom/grid.h"

/* Sums of one floor over a time range, one entry a cell of the grid. */
struct heat_sums {
    struct grid grid;
    double *dwell_s; /* 0 where nobody came */
    double *passes;
    double *move_x_m, *move_y_m, *path_m;
    double *exposure_s;        /* 0: nobody could look there, and the other sums say nothing */
    double counted_s;          /* length of all buckets in the range */
    int64_t first_us, last_us; /* start of the first and end of the last of them */
    double people_s;           /* person-seconds on the whole floor, inside and outside the grid */
};

/*
 * Read one floor of a store. Days and hours that lie in the range as a whole are read as such,
 * buckets at its edges and where nothing is rolled up yet; the sums are those of all buckets.
 *   store           its id; "chain/store" where several chains have one of that id
 *   from_us, to_us  [from, to), UTC; INT64_MIN: from the first bucket, INT64_MAX: to the last
 *
 * Returns 0; -ENOENT when the store or floor is not in the database, -ENODATA when no bucket lies
 * in the range (the sentence says what range has data), -EEXIST when the range spans two grids (the
 * sentence says where it changes), -ECONNREFUSED, -EPROTO, -EIO.
 */
MUST_CHECK int storage_query_heat(const char *conninfo, const char *store, const char *floor,
                                  int64_t from_us, int64_t to_us, struct heat_sums **ret_sums,
                                  struct error *err);
void heat_sums_destroy(struct heat_sums **sums);

/* A connection for several questions: opening one takes longer than most answers. One thread. */
struct storage_reader; /* opaque */

/* Connect and check the schema. Returns as storage_query_heat. */
MUST_CHECK int storage_reader_open(const char *conninfo, struct storage_reader **ret_reader,
                                   struct error *err);
void storage_reader_close(struct storage_reader **reader);

/* As storage_query_heat. After -ECONNREFUSED or -EIO close the reader. */
MUST_CHECK int storage_reader_heat(struct storage_reader *reader, const char *store,
                                   const char *floor, int64_t from_us, int64_t to_us,
                                   struct heat_sums **ret_sums, struct error *err);

#endif
