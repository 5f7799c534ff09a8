/*
 * looks.c - which cameras looked at which tracks in a tick
 */
#include "fusion/looks.h"

#include <errno.h>
#include <stdlib.h>

#include "fusion/strips.h"

/* From this share of a body in sight on, a detector may find it; from that on, it does. */
#define VISIBLE_LEAST 0.2
#define VISIBLE_MOST  0.7

double look_detection(double detection, double visible)
{
    double share = (visible - VISIBLE_LEAST) / (VISIBLE_MOST - VISIBLE_LEAST);
    return detection * fmax(0, fmin(1, share));
}

const struct look *looks_find(const struct looks *looks, uint32_t track, int camera)
{
    for (uint32_t i = looks->first[track]; i != LOOK_NONE; i = looks->items[i].next)
        if (looks->items[i].camera == camera)
            return &looks->items[i];
    return NULL;
}

/* The cameras that see a track's place, or have found it. Returns how many. */
static size_t count_lookers(const struct track *track, const struct tick_cameras *tick)
{
    if (track->phase == PHASE_LOST)
        return 0;
    const uint16_t *cameras;
    size_t count = seers_at(tick->seers, track->state.position, &cameras);
    for (const struct support *s = track->supports; s; s = s->next)
        count++;
    return count;
}

static void add_look(const struct track *track, uint32_t index, int camera,
                     const struct tick_cameras *tick, struct looks *looks, uint32_t *link)
{
    struct look look = { .camera = camera,
                         .track = index,
                         .next = LOOK_NONE,
                         .found = track_has_camera(track, camera),
                         .visible = 1 };
    const struct viewpoint *view = &tick->cameras->items[camera].view;
    look.expected = viewpoint_expect(view, track->state.position, &look.appearance);
    if (look.expected)
        look.visible = look.appearance.in_view * viewpoint_open_share(view, track->state.position);
    *link = (uint32_t) looks->count;
    looks->items[looks->count++] = look;
}

/* A found track outside the footprint is a look too. */
static void add_looks(const struct track *track, uint32_t index, const struct tick_cameras *tick,
                      struct looks *looks)
{
    const uint16_t *cameras;
    size_t count = seers_at(tick->seers, track->state.position, &cameras);
    uint32_t *link = &looks->first[index];
    for (size_t i = 0; i < count; i++) {
        if (tick->look_us[cameras[i]] == INT64_MIN)
            continue;
        size_t at = looks->count;
        add_look(track, index, cameras[i], tick, looks, link);
        link = &looks->items[at].next;
    }
    for (const struct support *s = track->supports; s; s = s->next) {
        if (looks_find(looks, index, s->sighting->camera))
            continue;
        size_t at = looks->count;
        add_look(track, index, s->sighting->camera, tick, looks, link);
        link = &looks->items[at].next;
    }
}

/* Looks of one camera beside each other: order holds indices of looks, start where each begins. */
static int sort_by_camera(const struct looks *looks, int camera_count, struct arena *arena,
                          uint32_t **ret_order, uint32_t **ret_start)
{
    uint32_t *start = arena_allocate(arena, (size_t) camera_count + 2, sizeof(*start));
    uint32_t *order = arena_allocate(arena, looks->count, sizeof(*order));
    if (!start || !order)
        return -ENOMEM;
    for (size_t i = 0; i < looks->count; i++)
        start[looks->items[i].camera + 2]++;
    for (int c = 2; c < camera_count + 2; c++)
        start[c] += start[c - 1];
    for (uint32_t i = 0; i < looks->count; i++)
        order[start[looks->items[i].camera + 1]++] = i;
    *ret_order = order;
    *ret_start = start;
    return 0;
}

/* Somebody who may stand in the way of a camera. */
struct blocker {
    double distance_m;
    uint32_t track;
    struct box_px box;
};

/* Those of one camera, the nearest first. */
struct blockers {
    struct blocker *items;
    struct box_px *boxes;
    size_t count;
    struct strips strips;
};

static int by_distance(const void *left, const void *right)
{
    const struct blocker *a = left, *b = right;
    if (a->distance_m != b->distance_m)
        return a->distance_m < b->distance_m ? -1 : 1;
    return (a->track > b->track) - (a->track < b->track);
}

/* The confirmed people of one camera's looks. */
static int gather_blockers(const struct looks *looks, const uint32_t *order, uint32_t count,
                           const struct tracks *tracks, struct arena *arena, struct blockers *ret)
{
    ret->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct look *look = &looks->items[order[i]];
        if (look->expected && tracks->items[look->track].phase == PHASE_CONFIRMED)
            ret->items[ret->count++] = (struct blocker){ .distance_m = look->appearance.distance_m,
                                                         .track = look->track,
                                                         .box = look->appearance.box };
    }
    if (ret->count > 1)
        qsort(ret->items, ret->count, sizeof(*ret->items), by_distance);
    for (size_t i = 0; i < ret->count; i++)
        ret->boxes[i] = ret->items[i].box;
    return ret->count ? strips_build(ret->boxes, ret->count, arena, &ret->strips) : 0;
}

/* Confirmed people who are clearly nearer hide what their boxes cover. */
static void hide(struct look *look, const struct blockers *blockers)
{
    const struct strips *strips = &blockers->strips;
    struct box_px box = look->appearance.box;
    double nearer_m = look->appearance.distance_m - LOOK_DEPTH_M;
    uint32_t from = strips_at(strips, box.left), to = strips_at(strips, box.right);
    for (uint32_t strip = from; strip <= to; strip++)
        for (uint32_t i = strips->first[strip]; i < strips->first[strip + 1]; i++) {
            uint32_t other = strips->members[i];
            if (blockers->items[other].distance_m >= nearer_m)
                break;
            if (strips_meet_in(strips, strip, from, other))
                look->visible *= 1 - box_covered(box, blockers->boxes[other]);
        }
}

static int hide_looks(struct looks *looks, const struct tracks *tracks, int camera_count,
                      struct arena *arena)
{
    uint32_t *order, *start;
    struct blockers blockers = {
        .items = arena_take(arena, looks->count, sizeof(*blockers.items)),
        .boxes = arena_take(arena, looks->count, sizeof(*blockers.boxes)),
    };
    int r = sort_by_camera(looks, camera_count, arena, &order, &start);
    if (r < 0 || !blockers.items || !blockers.boxes)
        return -ENOMEM;
    for (int c = 0; c < camera_count; c++) {
        r = gather_blockers(looks, &order[start[c]], start[c + 1] - start[c], tracks, arena,
                            &blockers);
        if (r < 0)
            return r;
        for (uint32_t i = start[c]; blockers.count > 0 && i < start[c + 1]; i++)
            if (looks->items[order[i]].expected)
                hide(&looks->items[order[i]], &blockers);
    }
    return 0;
}

int looks_take(const struct tracks *tracks, const struct tick_cameras *tick, struct arena *arena,
               struct looks *ret_looks)
{
    struct looks looks = { .first = arena_allocate(arena, tracks->count, sizeof(*looks.first)) };
    size_t room = 0;
    for (size_t i = 0; i < tracks->count; i++)
        room += count_lookers(&tracks->items[i], tick);
    looks.items = arena_take(arena, room, sizeof(*looks.items));
    if (!looks.first || !looks.items)
        return -ENOMEM;
    for (uint32_t i = 0; i < tracks->count; i++) {
        looks.first[i] = LOOK_NONE;
        if (tracks->items[i].phase != PHASE_LOST)
            add_looks(&tracks->items[i], i, tick, &looks);
    }
    int r = hide_looks(&looks, tracks, tick->cameras->count, arena);
    if (r < 0)
        return r;
    *ret_looks = looks;
    return 0;
}
