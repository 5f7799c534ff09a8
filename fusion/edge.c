/*
 * edge.c - pairs that may belong together, and the groups they form
 */
#include "fusion/edge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EDGES_FIRST 64

int edge_list_add(struct edge_list *list, struct edge edge, struct arena *arena)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : EDGES_FIRST;
        struct edge *items = arena_allocate(arena, capacity, sizeof(*items));
        if (!items)
            return -ENOMEM;
        if (list->count)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = edge;
    return 0;
}

static int compare_edges(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

void edge_list_sort(struct edge_list *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof(*list->items), compare_edges);
}

int groups_init(struct groups *groups, size_t count, struct arena *arena)
{
    groups->parent = arena_take(arena, count, sizeof(*groups->parent));
    if (!groups->parent)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        groups->parent[i] = i;
    return 0;
}

uint32_t groups_find(struct groups *groups, uint32_t member)
{
    while (groups->parent[member] != member) {
        groups->parent[member] = groups->parent[groups->parent[member]];
        member = groups->parent[member];
    }
    return member;
}

uint32_t groups_join(struct groups *groups, uint32_t a, uint32_t b)
{
    a = groups_find(groups, a);
    b = groups_find(groups, b);
    uint32_t first = a < b ? a : b;
    groups->parent[a < b ? b : a] = first;
    return first;
}
