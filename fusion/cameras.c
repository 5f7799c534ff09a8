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
    for (int i = 0; i < cameras->count; i++)
        free(cameras->items[i].footprint);
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
    *camera = (struct camera){ 0 };
    (void) snprintf(camera->name, sizeof(camera->name), "%s", name);
    rank_by_name(cameras);
    return slot;
}

void cameras_note_frame(struct cameras *cameras, const struct aligned_frame *frame)
{
    struct camera *camera = &cameras->items[frame->camera];
    camera->frames++;
    camera->observations += (int64_t) frame->observation_count;
    if (camera->boot_id != frame->boot_id || camera->last_sequence < frame->sequence)
        camera->last_sequence = frame->sequence;
    camera->boot_id = frame->boot_id;
    /* A picture that is held to be wrong shows nothing, so nobody looked. */
    if (frame->flags & FRAME_PICTURE_SUSPICIOUS)
        return;
    camera->looked = true;
    camera->look_us = frame->capture_us;
}

uint64_t cameras_looking(const struct cameras *cameras, int64_t tick_us, int64_t valid_us)
{
    uint64_t set = 0;
    for (int i = 0; i < cameras->count; i++)
        if (cameras->items[i].looked && tick_us - cameras->items[i].look_us <= valid_us)
            set |= UINT64_C(1) << i;
    return set;
}
