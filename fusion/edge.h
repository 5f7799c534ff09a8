/*
 * edge.h - pairs that may belong together, and the groups they form
 */
#ifndef FLOORFUSE_FUSION_EDGE_H
#define FLOORFUSE_FUSION_EDGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/macros.h"

struct edge {
    double cost;
    uint32_t a, b;
};

/* Grows in an arena; start from zeroes. */
struct edge_list {
    struct edge *items;
    size_t count, capacity;
};

/* Returns 0 or -ENOMEM. */
MUST_CHECK int edge_list_add(struct edge_list *list, struct edge edge, struct arena *arena);

/* Cheapest first; equal ones by a, then b, so that the order never depends on the sort. */
void edge_list_sort(struct edge_list *list);

/* Disjoint groups of 0 .. count - 1 (union-find). A group's number is its smallest member. */
struct groups {
    uint32_t *parent;
};

/* Each on its own. Returns 0 or -ENOMEM. */
MUST_CHECK int groups_init(struct groups *groups, size_t count, struct arena *arena);
uint32_t groups_find(struct groups *groups, uint32_t member);
/* Returns the number of the joined group. */
uint32_t groups_join(struct groups *groups, uint32_t a, uint32_t b);

#endif
