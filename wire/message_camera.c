/*
 * message_camera.c - what a camera says of itself, to bytes and back
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/floorfuse.pb-c.h"
#include "wire/message.h"
#include "wire/message_check.h"

const char *camera_state_words(enum camera_state state)
{
    switch (state) {
    case CAMERA_STARTING:
        return "starting";
    case CAMERA_RUNNING:
        return "running";
    case CAMERA_LOST:
        return "without its stream";
    case CAMERA_ENDED:
        return "at the end of its recording";
    }
    return "in a state unknown";
}

int camera_hello_pack(const struct camera_hello *hello, void **ret_bytes, size_t *ret_length)
{
    if (hello->calibration_text && strlen(hello->calibration_text) > MESSAGE_CALIBRATION_MAX)
        return -EINVAL;
    Floorfuse__CameraHello m = FLOORFUSE__CAMERA_HELLO__INIT;
    m.schema_version = MESSAGE_SCHEMA_VERSION;
    m.store = (char *) hello->store;
    m.floor = (char *) hello->floor;
    m.camera = (char *) hello->camera;
    m.boot_id = hello->boot_id;
    m.next_sequence = hello->next_sequence;
    m.previous_boot_id = hello->previous_boot_id;
    m.previous_next_sequence = hello->previous_next_sequence;
    m.publish_us = hello->publish_us;
    m.state = hello->state;
    m.width = hello->width;
    m.height = hello->height;
    m.view_left_px = hello->view.left;
    m.view_top_px = hello->view.top;
    m.view_right_px = hello->view.right;
    m.view_bottom_px = hello->view.bottom;
    m.calibration_text = hello->calibration_text ? hello->calibration_text : (char *) "";
    m.calibration_version = (char *) hello->calibration_version;
    m.engine = (char *) hello->engine;
    m.model_id = (char *) hello->model_id;
    m.detail = (char *) hello->detail;
    m.ring_boot_id = hello->ring_oldest.boot_id;
    m.ring_sequence = hello->ring_oldest.sequence;
    void *bytes = malloc(floorfuse__camera_hello__get_packed_size(&m) + 1);
    if (!bytes)
        return -ENOMEM;
    *ret_length = floorfuse__camera_hello__pack(&m, bytes);
    *ret_bytes = bytes;
    return 0;
}

void camera_hello_release(struct camera_hello *hello)
{
    free(hello->calibration_text);
    hello->calibration_text = NULL;
}

static int take_state(unsigned state, enum camera_state *ret_state, struct error *err)
{
    if (state < CAMERA_STARTING || state > CAMERA_ENDED)
        return error_set(err, -EBADMSG, "state is not one of ours");
    *ret_state = (enum camera_state) state;
    return 0;
}

static int take_hello_texts(const Floorfuse__CameraHello *m, struct camera_hello *h,
                            struct error *err)
{
    int r = message_check_version(m->schema_version, err);
    if (r == 0)
        r = message_take_id(m->store, "store", h->store, err);
    if (r == 0)
        r = message_take_id(m->floor, "floor", h->floor, err);
    if (r == 0)
        r = message_take_id(m->camera, "camera", h->camera, err);
    if (r == 0)
        r = message_take_text(m->calibration_version, "calibration_version", h->calibration_version,
                              sizeof(h->calibration_version), err);
    if (r == 0)
        r = message_take_text(m->engine, "engine", h->engine, sizeof(h->engine), err);
    if (r == 0)
        r = message_take_text(m->model_id, "model_id", h->model_id, sizeof(h->model_id), err);
    if (r == 0)
        r = message_take_text(m->detail, "detail", h->detail, sizeof(h->detail), err);
    if (r == 0 && strlen(m->calibration_text) > MESSAGE_CALIBRATION_MAX)
        r = error_set(err, -EBADMSG, "calibration_text is too long");
    return r;
}

static int take_hello_numbers(const Floorfuse__CameraHello *m, struct camera_hello *h,
                              struct error *err)
{
    if (m->boot_id == 0)
        return error_set(err, -EBADMSG, "boot_id is 0");
    if (!message_is_time(m->publish_us) || !message_is_sequence(m->next_sequence) ||
        !message_is_sequence(m->previous_next_sequence) || !message_is_sequence(m->ring_sequence))
        return error_set(err, -EBADMSG, "a time or a number is beyond its bounds");
    h->boot_id = m->boot_id;
    h->next_sequence = m->next_sequence;
    h->previous_boot_id = m->previous_boot_id;
    h->previous_next_sequence = m->previous_next_sequence;
    h->publish_us = m->publish_us;
    h->ring_oldest = (struct wire_position){ m->ring_boot_id, m->ring_sequence };
    h->width = m->width;
    h->height = m->height;
    h->view =
        (struct box_px){ m->view_left_px, m->view_top_px, m->view_right_px, m->view_bottom_px };
    if (!isfinite(h->view.left) || !isfinite(h->view.top) || !isfinite(h->view.right) ||
        !isfinite(h->view.bottom))
        return error_set(err, -EBADMSG, "the view is not finite");
    if (h->width != 0 &&
        !(h->view.left >= 0 && h->view.top >= 0 && h->view.right > h->view.left &&
          h->view.bottom > h->view.top && h->view.right <= h->width && h->view.bottom <= h->height))
        return error_set(err, -EBADMSG, "the view does not lie in the frame");
    return take_state(m->state, &h->state, err);
}

int camera_hello_unpack(const void *bytes, size_t length, struct camera_hello *ret_hello,
                        struct error *err)
{
    struct camera_hello hello = { 0 };
    int r = message_peek_version(bytes, length, err);
    if (r < 0)
        return r;
    Floorfuse__CameraHello *m =
        length > MESSAGE_BYTES_MAX ? NULL : floorfuse__camera_hello__unpack(NULL, length, bytes);
    if (!m)
        return error_set(err, -EBADMSG, "the bytes are not a hello");
    r = take_hello_texts(m, &hello, err);
    if (r == 0)
        r = take_hello_numbers(m, &hello, err);
    if (r == 0) {
        hello.calibration_text = strdup(m->calibration_text);
        r = hello.calibration_text ? 0 : -ENOMEM;
    }
    floorfuse__camera_hello__free_unpacked(m, NULL);
    if (r == 0)
        *ret_hello = hello;
    return r;
}

int camera_health_pack(const struct camera_health *health, void **ret_bytes, size_t *ret_length)
{
    Floorfuse__CameraHealth m = FLOORFUSE__CAMERA_HEALTH__INIT;
    m.schema_version = MESSAGE_SCHEMA_VERSION;
    m.store = (char *) health->store;
    m.camera = (char *) health->camera;
    m.boot_id = health->boot_id;
    m.publish_us = health->publish_us;
    m.state = health->state;
    m.frames_captured = health->frames_captured;
    m.frames_skipped = health->frames_skipped;
    m.frames_published = health->frames_published;
    m.publish_dropped = health->publish_dropped;
    m.reconnects = health->reconnects;
    m.frames_rested = health->frames_rested;
    m.observations = health->observations;
    m.picture = health->picture;
    m.picture_alarms = health->picture_alarms;
    m.frames_suspicious = health->frames_suspicious;
    m.clock_offset_us = health->clock_offset_us;
    m.wall_steps = health->wall_steps;
    m.ring_unkept = health->ring_unkept;
    m.decode_ms = health->decode_ms;
    m.detect_ms = health->detect_ms;
    void *bytes = malloc(floorfuse__camera_health__get_packed_size(&m) + 1);
    if (!bytes)
        return -ENOMEM;
    *ret_length = floorfuse__camera_health__pack(&m, bytes);
    *ret_bytes = bytes;
    return 0;
}

static int take_health(const Floorfuse__CameraHealth *m, struct camera_health *h, struct error *err)
{
    int r = message_check_version(m->schema_version, err);
    if (r == 0)
        r = message_take_id(m->store, "store", h->store, err);
    if (r == 0)
        r = message_take_id(m->camera, "camera", h->camera, err);
    if (r == 0)
        r = take_state(m->state, &h->state, err);
    if (r < 0)
        return r;
    if (m->boot_id == 0)
        return error_set(err, -EBADMSG, "boot_id is 0");
    if (!message_is_time(m->publish_us))
        return error_set(err, -EBADMSG, "publish_us is beyond its bounds");
    if (!isfinite(m->decode_ms) || !isfinite(m->detect_ms))
        return error_set(err, -EBADMSG, "a duration is not finite");
    h->boot_id = m->boot_id;
    h->publish_us = m->publish_us;
    h->frames_captured = m->frames_captured;
    h->frames_skipped = m->frames_skipped;
    h->frames_published = m->frames_published;
    h->publish_dropped = m->publish_dropped;
    h->reconnects = m->reconnects;
    h->frames_rested = m->frames_rested;
    h->observations = m->observations;
    h->picture = m->picture;
    h->picture_alarms = m->picture_alarms;
    h->frames_suspicious = m->frames_suspicious;
    h->clock_offset_us = m->clock_offset_us;
    h->wall_steps = m->wall_steps;
    h->ring_unkept = m->ring_unkept;
    h->decode_ms = m->decode_ms;
    h->detect_ms = m->detect_ms;
    return 0;
}

int camera_health_unpack(const void *bytes, size_t length, struct camera_health *ret_health,
                         struct error *err)
{
    struct camera_health health = { 0 };
    int r = message_peek_version(bytes, length, err);
    if (r < 0)
        return r;
    Floorfuse__CameraHealth *m =
        length > MESSAGE_BYTES_MAX ? NULL : floorfuse__camera_health__unpack(NULL, length, bytes);
    if (!m)
        return error_set(err, -EBADMSG, "the bytes are not a health report");
    r = take_health(m, &health, err);
    floorfuse__camera_health__free_unpacked(m, NULL);
    if (r == 0)
        *ret_health = health;
    return r;
}
