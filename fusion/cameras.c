/*
 * cameras.c - the cameras of one floor
 */
#include "fusion/cameras.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_HASH_SIZE (2 * HEAT_CAMERAS_MAX)

static void drop_oldest_sight(struct camera *camera)
{
    struct past_sight *oldest = camera->past;
    camera->past = oldest->next;
    free(oldest->footprint);
    free(oldest);
}

void cameras_forget_past(struct cameras *cameras)
{
    for (int i = 0; i < cameras->count; i++)
        while (cameras->items[i].past)
            drop_oldest_sight(&cameras->items[i]);
}

void cameras_release(struct cameras *cameras)
{
    cameras_forget_past(cameras);
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
                               .pushed_us = INT64_MIN,
                               .habits = habits_of_unknown_camera() };
    (void) snprintf(camera->name, sizeof(camera->name), "%s", name);
    cameras->by_hash[place_of(cameras, camera->name)] = (uint16_t) (slot + 1);
    rank_by_name(cameras);
    return slot;
}

int camera_add_past(struct camera *camera, const char *version, int64_t until_us,
                    uint8_t **footprint)
{
    struct past_sight **end = &camera->past, *sight = calloc(1, sizeof(*sight));
    int count = 0;
    if (!sight)
        return -ENOMEM;
    (void) snprintf(sight->calibration_version, sizeof(sight->calibration_version), "%s", version);
    sight->until_us = until_us;
    sight->footprint = *footprint;
    *footprint = NULL;
    for (; *end; end = &(*end)->next)
        count++;
    *end = sight;
    if (count == PAST_SIGHTS_MAX)
        drop_oldest_sight(camera);
    return 0;
}

int camera_put_sight_away(struct camera *camera)
{
    return camera_add_past(camera, camera->calibration_version, camera->pushed_us,
                           &camera->footprint);
}

const char *camera_counted_version(const struct camera *camera)
{
    return camera->past ? camera->past->calibration_version : camera->calibration_version;
}

const uint8_t *camera_counted_footprint(const struct camera *camera)
{
    return camera->past ? camera->past->footprint : camera->footprint;
}

/* The latest frame's model stands for the bucket: a store changes models once in months. */
static void note_origin(struct camera *camera, const struct settle_frame *frame)
{
    const struct frame_origin *origin = &frame->origin;
    memcpy(camera->model, origin->model, sizeof(camera->model));
    camera->model_width = origin->model_width;
    camera->model_height = origin->model_height;
    if (origin->publish_us != 0)
        latency_sketch_add(&camera->latency, frame_origin_latency_us(origin, frame->capture_us));
}

void cameras_note_frame(struct cameras *cameras, const struct settle_frame *frame)
{
    struct camera *camera = &cameras->items[frame->camera];
    while (camera->past && frame->capture_us > camera->past->until_us)
        drop_oldest_sight(camera);
    camera->frames++;
    camera->observations += frame->observations;
    if (camera->boot_id != frame->boot_id || camera->last_sequence < frame->sequence)
        camera->last_sequence = frame->sequence;
    camera->boot_id = frame->boot_id;
    if (frame->looking)
        camera->settled_look_us = frame->capture_us;
    note_origin(camera, frame);
}

void cameras_begin_bucket(struct cameras *cameras)
{
    for (int i = 0; i < cameras->count; i++) {
        struct camera *camera = &cameras->items[i];
        camera->frames = camera->observations = 0;
        camera->boot_id = camera->last_sequence = 0;
        memset(camera->model, 0, sizeof(camera->model));
        camera->model_width = camera->model_height = 0;
        camera->latency = (struct latency_sketch){ 0 };
        if (camera->missed_total > camera->missed_told)
            camera->missed_told = camera->missed_total;
    }
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
