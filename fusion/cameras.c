/*
 * cameras.c - the cameras of one floor
 */
#include "fusion/cameras.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_HASH_SIZE (2 * HEAT_CAMERAS_MAX)

void cameras_release(struct cameras *cameras)
{
    for (int i = 0; i < cameras->count; i++) {
        free(cameras->items[i].footprint);
        viewpoint_release(&cameras->items[i].view);
    }
    cameras->count = 0;
    memset(cameras->by_hash, 0, sizeof(cameras->by_hash));
}

/* Where the slot of a name stands, or would stand. The table is never more than half full. */
static uint32_t place_of(const struct cameras *cameras, const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char) *c) * 16777619u;
    for (uint32_t place = hash % BY_HASH_SIZE;; place = (place + 1) % BY_HASH_SIZE) {
        uint16_t slot = cameras->by_hash[place];
        if (slot == 0 || strcmp(cameras->items[slot - 1].name, name) == 0)
            return place;
    }
}

int cameras_find(const struct cameras *cameras, const char *name)
{
    uint16_t slot = cameras->by_hash[place_of(cameras, name)];
    return slot > 0 ? slot - 1 : -ENOENT;
}

/* The newest camera goes between the others. */
static void rank_by_name(struct cameras *cameras)
{
    int slot = cameras->count - 1, place = slot;
    for (; place > 0; place--) {
        int before = cameras->by_rank[place - 1];
        if (strcmp(cameras->items[before].name, cameras->items[slot].name) < 0)
            break;
        cameras->by_rank[place] = before;
        cameras->rank[before] = place;
    }
    cameras->by_rank[place] = slot;
    cameras->rank[slot] = place;
}

int cameras_add(struct cameras *cameras, const char *name)
{
    int slot = cameras_find(cameras, name);
    if (slot >= 0)
        return slot;
    if (cameras->count == HEAT_CAMERAS_MAX)
        return -ENOSPC;
    slot = cameras->count++;
    struct camera *camera = &cameras->items[slot];
    *camera = (struct camera){ .closed_look_us = INT64_MIN,
                               .settled_look_us = INT64_MIN,
                               .habits = habits_of_unknown_camera() };
    (void) snprintf(camera->name, sizeof(camera->name), "%s", name);
    cameras->by_hash[place_of(cameras, camera->name)] = (uint16_t) (slot + 1);
    rank_by_name(cameras);
    return slot;
}

void cameras_note_frame(struct cameras *cameras, const struct settle_frame *frame)
{
    struct camera *camera = &cameras->items[frame->camera];
    camera->frames++;
    camera->observations += frame->observations;
    if (camera->boot_id != frame->boot_id || camera->last_sequence < frame->sequence)
        camera->last_sequence = frame->sequence;
    camera->boot_id = frame->boot_id;
    if (frame->looking)
        camera->settled_look_us = frame->capture_us;
}

static bool is_looking(int64_t look_us, int64_t tick_us, int64_t valid_us)
{
    return look_us != INT64_MIN && tick_us - look_us <= valid_us;
}

struct camera_set cameras_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us)
{
    struct camera_set set = { 0 };
    for (int i = 0; i < cameras->count; i++)
        if (is_looking(cameras->items[i].settled_look_us, tick_us, valid_us))
            camera_set_add(&set, (size_t) i);
    return set;
}

bool cameras_any_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us)
{
    for (int i = 0; i < cameras->count; i++)
        if (is_looking(cameras->items[i].closed_look_us, tick_us, valid_us))
            return true;
    return false;
}
