/*
 * identities.h - people and tracks, and what is counted of each and of each pair
 *
 * Ids of any value become small numbers, in the order in which they come. Pairs are kept only where
 * something was counted, in a hash.
 */
#ifndef FLOORFUSE_EVAL_IDENTITIES_H
#define FLOORFUSE_EVAL_IDENTITIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define HOTA_THRESHOLDS 19 /* 0.05, 0.10 .. 0.95 */

/* Identities at most of one file. */
#define IDENTITIES_MAX (UINT32_C(1) << 28)

struct identity_map {
    int64_t *ids;    /* of each number */
    uint32_t *slots; /* hash: number + 1; 0: empty */
    size_t count, capacity, slot_count;
};

void identity_map_release(struct identity_map *map);

/* The number of an id, given when it is new. Returns 0, -ENOMEM, -E2BIG. */
MUST_CHECK int identity_map_number(struct identity_map *map, int64_t id, uint32_t *ret_number);

/* What a person and a track have to do with each other. */
struct pair_counts {
    uint32_t truth, result; /* numbers */
    uint64_t within;        /* times within the radius */
    double shared;          /* HOTA: potential matches, each with its share of the similarity */
    uint64_t matched[HOTA_THRESHOLDS];
};

struct pair_table {
    struct pair_counts *pairs;
    uint32_t *slots; /* hash: index + 1; 0: empty */
    size_t count, capacity, slot_count;
};

void pair_table_release(struct pair_table *table);

/* The counts of a pair, zero when it is new; valid until the next call. NULL: out of memory. */
struct pair_counts *pair_table_get(struct pair_table *table, uint32_t truth, uint32_t result);

/* The counts of a pair, or NULL when nothing was counted. */
const struct pair_counts *pair_table_find(const struct pair_table *table, uint32_t truth,
                                          uint32_t result);

/*
 * In how many times people and tracks agree when each person is given one track at most and each
 * track one person, so that it is as many as possible (IDTP of Ristani et al. 2016). Solved for
 * each group of people and tracks that met. Returns 0 or -ENOMEM.
 */
MUST_CHECK int trajectories_agree(const struct pair_table *table, size_t people, size_t tracks,
                                  uint64_t *ret_times);

#endif
