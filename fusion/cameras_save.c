/*
 * cameras_save.c - what has been learned of the cameras as bytes, and back
 *
 * Everything else in fusion names cameras by slot. So a restored camera gets the slot it had, in
 * whatever order cameras have been named this time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/cameras.h"
#include "fusion/saved.h"

/* Of one camera, bytes. */
#define CAMERA_BYTES                                                                               \
    (ID_SIZE + SHA256_TEXT_BYTES + (size_t) 6 * 8 + (size_t) 2 * 8 + (size_t) 6 * 8 + (size_t) 8 + \
     4 + 4 + (size_t) LATENCY_BINS * 4 + (size_t) 2 * 8)

SAVED_STRUCT_HAS_BYTES(struct camera, 440 + ID_SIZE + 8 + LATENCY_BINS * 4 + 4);
SAVED_STRUCT_HAS_BYTES(struct habits, 48);

static void put_habits(struct buffer *buffer, const struct habits *habits)
{
    buffer_put_double(buffer, habits->foot_bias_m);
    buffer_put_double(buffer, habits->foot_bias_variance);
    buffer_put_double(buffer, habits->noise_scale);
    buffer_put_double(buffer, habits->noise_weight);
    buffer_put_double(buffer, habits->detection);
    buffer_put_double(buffer, habits->detection_weight);
}

/* What stands behind the end of a text is not saved, so that equal states are equal bytes. */
static void put_text(struct buffer *buffer, const char *text, size_t size)
{
    static const char zeros[SHA256_TEXT_BYTES];
    size_t length = strnlen(text, size - 1);
    buffer_put_bytes(buffer, text, length);
    buffer_put_bytes(buffer, zeros, size - length);
}

/* What looked in the open bucket, and how late it told. */
static void put_origins(struct buffer *buffer, const struct camera *camera)
{
    saved_put_text(buffer, camera->model);
    buffer_put_u32(buffer, camera->model_width);
    buffer_put_u32(buffer, camera->model_height);
    for (size_t i = 0; i < LATENCY_BINS; i++)
        buffer_put_u32(buffer, camera->latency.frames[i]);
}

static void put_sights(struct buffer *buffer, const struct camera *camera, uint32_t mask_bytes)
{
    uint64_t count = 0;
    for (const struct past_sight *s = camera->past; s; s = s->next)
        count++;
    buffer_put_i64(buffer, camera->pushed_us);
    buffer_put_u64(buffer, count);
    for (const struct past_sight *s = camera->past; s; s = s->next) {
        put_text(buffer, s->calibration_version, sizeof(s->calibration_version));
        buffer_put_i64(buffer, s->until_us);
        buffer_put_bytes(buffer, s->footprint, mask_bytes);
    }
}

void cameras_save(const struct cameras *cameras, uint32_t mask_bytes, struct buffer *buffer)
{
    buffer_put_u64(buffer, (uint64_t) cameras->count);
    for (int i = 0; i < cameras->count; i++) {
        const struct camera *camera = &cameras->items[i];
        put_text(buffer, camera->name, sizeof(camera->name));
        put_text(buffer, camera->fingerprint, sizeof(camera->fingerprint));
        put_habits(buffer, &camera->habits);
        buffer_put_i64(buffer, camera->closed_look_us);
        buffer_put_i64(buffer, camera->settled_look_us);
        buffer_put_i64(buffer, camera->missed_total);
        buffer_put_i64(buffer, camera->missed_told);
        buffer_put_i64(buffer, camera->frames);
        buffer_put_i64(buffer, camera->observations);
        buffer_put_u64(buffer, camera->boot_id);
        buffer_put_u64(buffer, camera->last_sequence);
        put_origins(buffer, camera);
        put_sights(buffer, camera, mask_bytes);
    }
}

static void get_text(struct buffer_reader *reader, char *ret_text, size_t size)
{
    buffer_get_bytes(reader, ret_text, size);
    for (size_t i = strnlen(ret_text, size - 1); i < size; i++) {
        if (ret_text[i] != '\0')
            buffer_reader_fail(reader);
        ret_text[i] = '\0';
    }
}

static struct habits get_habits(struct buffer_reader *reader)
{
    struct habits habits;
    habits.foot_bias_m = saved_get_finite(reader);
    habits.foot_bias_variance = saved_get_finite(reader);
    habits.noise_scale = saved_get_finite(reader);
    habits.noise_weight = saved_get_finite(reader);
    habits.detection = saved_get_finite(reader);
    habits.detection_weight = saved_get_finite(reader);
    return habits;
}

static int64_t get_look_us(struct buffer_reader *reader, int64_t latest_us)
{
    int64_t value = saved_get_time_or_never_us(reader);
    if (value > latest_us)
        buffer_reader_fail(reader);
    return value;
}

static void get_origins(struct buffer_reader *reader, struct camera *camera)
{
    saved_get_text(reader, camera->model, sizeof(camera->model));
    camera->model_width = buffer_get_u32(reader);
    camera->model_height = buffer_get_u32(reader);
    for (size_t i = 0; i < LATENCY_BINS; i++)
        camera->latency.frames[i] = buffer_get_u32(reader);
}

static void get_learned(struct buffer_reader *reader, int64_t latest_us, struct camera *camera)
{
    camera->habits = get_habits(reader);
    camera->closed_look_us = get_look_us(reader, latest_us);
    camera->settled_look_us = get_look_us(reader, latest_us);
    camera->missed_total = saved_get_sum(reader);
    camera->missed_told = saved_get_sum(reader);
    camera->frames = saved_get_sum(reader);
    camera->observations = saved_get_sum(reader);
    camera->boot_id = buffer_get_u64(reader);
    camera->last_sequence = buffer_get_u64(reader);
    get_origins(reader, camera);
}

static int get_sights(struct buffer_reader *reader, uint32_t mask_bytes, struct camera *camera)
{
    size_t each = SHA256_TEXT_BYTES + 8 + (size_t) mask_bytes;
    camera->pushed_us = saved_get_time_or_never_us(reader);
    size_t count = buffer_get_count(reader, each, PAST_SIGHTS_MAX);
    for (size_t i = 0; i < count; i++) {
        char version[SHA256_TEXT_BYTES];
        uint8_t *footprint = calloc((size_t) mask_bytes + 1, 1);
        if (!footprint)
            return -ENOMEM;
        get_text(reader, version, sizeof(version));
        int64_t until_us = saved_get_time_us(reader);
        buffer_get_bytes(reader, footprint, mask_bytes);
        int r = camera_add_past(camera, version, until_us, &footprint);
        if (r < 0) {
            free(footprint);
            return r;
        }
    }
    return 0;
}

/* What a camera is now: who, where, and what it sees. */
static void adopt(const struct camera *present, struct camera *camera)
{
    memcpy(camera->calibration_version, present->calibration_version,
           sizeof(camera->calibration_version));
    memcpy(camera->fingerprint, present->fingerprint, sizeof(camera->fingerprint));
    camera->footprint = present->footprint;
    camera->view = present->view;
}

static int refuse_damage(struct buffer_reader *reader, struct error *err)
{
    buffer_reader_fail(reader);
    return error_set(err, -EBADMSG, "the saved state is damaged where it names the cameras");
}

static int restore_one(const struct cameras *present, struct buffer_reader *reader,
                       int64_t latest_us, uint32_t mask_bytes, struct cameras *cameras,
                       struct error *err)
{
    char name[ID_SIZE], fingerprint[SHA256_TEXT_BYTES];
    get_text(reader, name, sizeof(name));
    get_text(reader, fingerprint, sizeof(fingerprint));
    if (reader->failed || cameras_find(cameras, name) >= 0)
        return refuse_damage(reader, err);
    int now = cameras_find(present, name);
    if (now < 0)
        return error_set(err, -EINVAL,
                         "the saved state was made with camera %s, which is not there now; name "
                         "the same cameras, or start without the saved state",
                         name);
    if (strcmp(fingerprint, present->items[now].fingerprint) != 0)
        return error_set(
            err, -EINVAL,
            "the saved state was made with another calibration, view, roi or masks of camera "
            "%s; bring those back, or start without the saved state",
            name);
    int slot = cameras_add(cameras, name);
    if (slot < 0)
        return refuse_damage(reader, err);
    get_learned(reader, latest_us, &cameras->items[slot]);
    adopt(&present->items[now], &cameras->items[slot]);
    if (get_sights(reader, mask_bytes, &cameras->items[slot]) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    return 0;
}

/* Those that the saved state does not know begin here. */
static int add_new_ones(const struct cameras *present, struct cameras *cameras)
{
    for (int i = 0; i < present->count; i++) {
        if (cameras_find(cameras, present->items[i].name) >= 0)
            continue;
        int slot = cameras_add(cameras, present->items[i].name);
        if (slot < 0)
            return slot;
        adopt(&present->items[i], &cameras->items[slot]);
    }
    return 0;
}

int cameras_restore(const struct cameras *present, struct buffer_reader *reader, int64_t latest_us,
                    uint32_t mask_bytes, struct cameras *ret_cameras, struct error *err)
{
    size_t count = buffer_get_count(reader, CAMERA_BYTES, HEAT_CAMERAS_MAX);
    for (size_t i = 0; i < count; i++) {
        int r = restore_one(present, reader, latest_us, mask_bytes, ret_cameras, err);
        if (r < 0)
            return r;
    }
    if (reader->failed)
        return refuse_damage(reader, err);
    int r = add_new_ones(present, ret_cameras);
    return r < 0 ? r : (int) count;
}
