/*
 * places.c - the named places of a floor
 */
#include "floor/places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geom/segment.h"

static int by_name(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static struct place *find(const struct place_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

static int add_place(struct place_list *list, const char *name, struct place **ret_place)
{
    struct place *items = realloc(list->items, (list->count + 1) * sizeof(*items));
    if (!items)
        return -ENOMEM;
    list->items = items;
    *ret_place = &items[list->count++];
    **ret_place = (struct place){ .parts = NULL };
    (void) snprintf((*ret_place)->name, sizeof((*ret_place)->name), "%s", name);
    return 0;
}

static int add_part(struct place *place, const struct feature *feature)
{
    const struct feature **parts =
        realloc(place->parts, (place->part_count + 1) * sizeof(const struct feature *));
    if (!parts)
        return -ENOMEM;
    place->parts = parts;
    place->parts[place->part_count++] = feature;
    return 0;
}

/* Zones of one name are one zone; lines and entrances are a feature each. */
static int add_feature(struct place_list *list, const char *kind, bool joins,
                       const struct feature *feature, size_t number, struct error *err)
{
    char name[ID_SIZE];
    if (strlen(feature->id) >= sizeof(name))
        return error_set(err, -EINVAL, "the name of %s \"%.20s...\" has more than %d bytes", kind,
                         feature->id, ID_SIZE - 1);
    if (feature->id[0])
        (void) snprintf(name, sizeof(name), "%s", feature->id);
    else
        (void) snprintf(name, sizeof(name), "%s %zu", kind, number);
    struct place *place = find(list, name);
    if (place && !joins)
        return error_set(err, -EINVAL, "two features are called %s \"%s\"; give each its own name",
                         kind, name);
    if (!place && list->count == PLACES_MAX)
        return error_set(err, -EINVAL, "the map has more than %d of %s", PLACES_MAX, kind);
    int r = place ? 0 : add_place(list, name, &place);
    if (r == 0)
        r = add_part(place, feature);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

static int add_by_kind(struct places *places, const struct feature *feature,
                       size_t numbers[static FEATURE_KINDS], struct error *err)
{
    size_t number = ++numbers[feature->kind];
    switch (feature->kind) {
    case FEATURE_ZONE:
        if (feature->is_line)
            return error_set(err, -EINVAL, "zone \"%s\" is a line; draw it as a polygon",
                             feature->id);
        return add_feature(&places->zones, "zone", true, feature, number, err);
    case FEATURE_LINE:
        return add_feature(&places->lines, "line", false, feature, number, err);
    case FEATURE_ENTRANCE:
        return add_feature(&places->entrances, "entrance", true, feature, number, err);
    default:
        return 0;
    }
}

static void sort(struct place_list *list)
{
    if (list->count)
        qsort(list->items, list->count, sizeof(*list->items), by_name);
}

int places_init(struct places *places, const struct floor_map *map, struct error *err)
{
    size_t numbers[FEATURE_KINDS] = { 0 };
    int r = 0;
    *places = (struct places){ 0 };
    for (size_t i = 0; r == 0 && i < map->feature_count; i++)
        r = add_by_kind(places, &map->features[i], numbers, err);
    if (r < 0) {
        places_release(places);
        return r;
    }
    sort(&places->zones);
    sort(&places->lines);
    sort(&places->entrances);
    return 0;
}

static void release(struct place_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].parts);
    free(list->items);
}

void places_release(struct places *places)
{
    release(&places->zones);
    release(&places->lines);
    release(&places->entrances);
    *places = (struct places){ 0 };
}

bool place_contains(const struct place *place, struct floor_m p)
{
    for (size_t i = 0; i < place->part_count; i++)
        if (feature_contains(place->parts[i], p))
            return true;
    return false;
}

double place_edge_distance_m(const struct place *place, struct floor_m p)
{
    double nearest_m = INFINITY;
    for (size_t i = 0; i < place->part_count; i++)
        nearest_m = fmin(nearest_m, feature_edge_distance_m(place->parts[i], p));
    return nearest_m;
}

/* Most steps are elsewhere. */
static bool may_cross(const struct feature *feature, struct segment step)
{
    return fmax(step.a.x, step.b.x) >= feature->low.x &&
           fmin(step.a.x, step.b.x) <= feature->high.x &&
           fmax(step.a.y, step.b.y) >= feature->low.y &&
           fmin(step.a.y, step.b.y) <= feature->high.y;
}

int place_crossed(const struct place *line, struct floor_m from, struct floor_m to,
                  double *ret_share)
{
    struct segment step = { from, to };
    double last = -1;
    int net = 0;
    for (size_t k = 0; k < line->part_count; k++) {
        const struct feature *feature = line->parts[k];
        struct polygon ring = feature->rings[0];
        for (size_t i = 1; may_cross(feature, step) && i < ring.corners; i++) {
            struct segment piece = { { ring.xy[2 * i - 2], ring.xy[2 * i - 1] },
                                     { ring.xy[2 * i], ring.xy[2 * i + 1] } };
            double share;
            int crossed = segment_crossed(piece, step, &share);
            net += crossed;
            if (crossed != 0 && share > last)
                last = share;
        }
    }
    if (last >= 0)
        *ret_share = last;
    return net;
}
