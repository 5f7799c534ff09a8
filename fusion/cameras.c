/*
 * cameras.c - the cameras of one floor
 */
#include "fusion/cameras.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cameras_release(struct cameras *cameras)
{
    for (int i = 0; i < cameras->count; i++) {
        free(cameras->items[i].footprint);
        viewpoint_release(&cameras->items[i].view);
    }
    cameras->count = 0;
}

int cameras_find(const struct cameras *cameras, const char *name)
{
    for (int i = 0; i < cameras->count; i++)
        if (strcmp(cameras->items[i].name, name) == 0)
            return i;
    return -ENOENT;
}

static void rank_by_name(struct cameras *cameras)
{
    for (int i = 0; i < cameras->count; i++) {
        int before = 0;
        for (int j = 0; j < cameras->count; j++)
            before += strcmp(cameras->items[j].name, cameras->items[i].name) < 0;
        cameras->rank[i] = before;
        cameras->by_rank[before] = i;
    }
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

uint64_t cameras_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us)
{
    uint64_t set = 0;
    for (int i = 0; i < cameras->count; i++)
        if (is_looking(cameras->items[i].settled_look_us, tick_us, valid_us))
            set |= UINT64_C(1) << i;
    return set;
}

bool cameras_any_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us)
{
    for (int i = 0; i < cameras->count; i++)
        if (is_looking(cameras->items[i].closed_look_us, tick_us, valid_us))
            return true;
    return false;
}
