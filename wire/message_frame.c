/*
 * message_frame.c - observation frames to bytes and back
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "wire/floorfuse.pb-c.h"
#include "wire/message.h"
#include "wire/message_check.h"

#define PACK_ARENA_BYTES 16384

/* The arrays of a message that is packed; they live in the arena. */
static bool fill_arrays(const struct observation_frame *f, Floorfuse__ObservationFrame *m,
                        struct arena *arena)
{
    size_t n = f->observation_count;
#define ARRAY(field) ((m->n_##field = n, m->field = arena_allocate(arena, n, sizeof(*m->field))))
    if (!ARRAY(object_class) || !ARRAY(score) || !ARRAY(floor_x_m) || !ARRAY(floor_y_m) ||
        !ARRAY(variance_xx_m2) || !ARRAY(variance_xy_m2) || !ARRAY(variance_yy_m2) ||
        !ARRAY(left_px) || !ARRAY(top_px) || !ARRAY(right_px) || !ARRAY(bottom_px) ||
        !ARRAY(height_m) || !ARRAY(reasons) || !ARRAY(body_index))
        return false;
#undef ARRAY
    for (size_t i = 0; i < n; i++) {
        const struct observation *o = &f->observations[i];
        m->object_class[i] = o->object_class;
        m->score[i] = o->score;
        m->floor_x_m[i] = o->floor.x;
        m->floor_y_m[i] = o->floor.y;
        m->variance_xx_m2[i] = o->covariance.xx;
        m->variance_xy_m2[i] = o->covariance.xy;
        m->variance_yy_m2[i] = o->covariance.yy;
        m->left_px[i] = (float) o->box.left;
        m->top_px[i] = (float) o->box.top;
        m->right_px[i] = (float) o->box.right;
        m->bottom_px[i] = (float) o->box.bottom;
        m->height_m[i] = o->height_m;
        m->reasons[i] = o->reasons;
        m->body_index[i] = o->body_index;
    }
    return true;
}

static void fill_header(const struct observation_frame *f, Floorfuse__ObservationFrame *m)
{
    m->schema_version = MESSAGE_SCHEMA_VERSION;
    m->store = (char *) f->store;
    m->floor = (char *) f->floor;
    m->camera = (char *) f->camera;
    m->boot_id = f->boot_id;
    m->sequence = f->sequence;
    m->capture_us = f->capture_us;
    m->receive_us = f->receive_us;
    m->publish_us = f->publish_us;
    m->clock_source = f->clock_source;
    m->width = f->width;
    m->height = f->height;
    m->calibration_version = (char *) f->calibration_version;
    m->model_id = (char *) f->model_id;
    m->model_width = f->model_width;
    m->model_height = f->model_height;
    m->flags = f->flags;
    m->appearance_length = (uint32_t) f->appearance_length;
    m->appearance = f->appearance;
    m->n_appearance = f->observation_count * f->appearance_length;
}

int observation_frame_pack(const struct observation_frame *frame, void **ret_bytes,
                           size_t *ret_length)
{
    if (frame->observation_count > MESSAGE_OBSERVATIONS_MAX ||
        frame->appearance_length > MESSAGE_APPEARANCE_MAX ||
        (frame->observation_count > 0 && frame->appearance_length > 0 && !frame->appearance))
        return -EINVAL;
    AUTO(arena_destroy) struct arena *arena = NULL;
    int r = arena_create(PACK_ARENA_BYTES, &arena);
    if (r < 0)
        return r;
    Floorfuse__ObservationFrame m = FLOORFUSE__OBSERVATION_FRAME__INIT;
    fill_header(frame, &m);
    if (!fill_arrays(frame, &m, arena))
        return -ENOMEM;
    size_t length = floorfuse__observation_frame__get_packed_size(&m);
    if (length > MESSAGE_BYTES_MAX)
        return -EINVAL;
    void *bytes = malloc(length ? length : 1);
    if (!bytes)
        return -ENOMEM;
    *ret_length = floorfuse__observation_frame__pack(&m, bytes);
    *ret_bytes = bytes;
    return 0;
}

void observation_frame_release(struct observation_frame *frame)
{
    free(frame->observations);
    free(frame->appearance);
    frame->observations = NULL;
    frame->appearance = NULL;
    frame->observation_count = frame->appearance_length = 0;
}

static int take_header(const Floorfuse__ObservationFrame *m, struct observation_frame *f,
                       struct error *err)
{
    int r = message_check_version(m->schema_version, err);
    if (r == 0)
        r = message_take_id(m->store, "store", f->store, err);
    if (r == 0)
        r = message_take_id(m->floor, "floor", f->floor, err);
    if (r == 0)
        r = message_take_id(m->camera, "camera", f->camera, err);
    if (r == 0)
        r = message_take_text(m->calibration_version, "calibration_version", f->calibration_version,
                              sizeof(f->calibration_version), err);
    if (r == 0)
        r = message_take_text(m->model_id, "model_id", f->model_id, sizeof(f->model_id), err);
    if (r < 0)
        return r;
    if (m->boot_id == 0)
        return error_set(err, -EBADMSG, "boot_id is 0");
    if (m->clock_source < CLOCK_SOURCE_ARRIVAL || m->clock_source > CLOCK_SOURCE_FILE)
        return error_set(err, -EBADMSG, "clock_source is not one of ours");
    if (!message_is_time(m->capture_us) || !message_is_time(m->receive_us) ||
        !message_is_time(m->publish_us) || !message_is_sequence(m->sequence))
        return error_set(err, -EBADMSG, "a time or the number is beyond its bounds");
    f->boot_id = m->boot_id;
    f->sequence = m->sequence;
    f->capture_us = m->capture_us;
    f->receive_us = m->receive_us;
    f->publish_us = m->publish_us;
    f->clock_source = (enum clock_source) m->clock_source;
    f->width = m->width;
    f->height = m->height;
    f->model_width = m->model_width;
    f->model_height = m->model_height;
    f->flags = m->flags;
    return 0;
}

/* All arrays have as many entries as there are classes. */
static bool same_lengths(const Floorfuse__ObservationFrame *m)
{
    size_t n = m->n_object_class;
    return n <= MESSAGE_OBSERVATIONS_MAX && m->n_score == n && m->n_floor_x_m == n &&
           m->n_floor_y_m == n && m->n_variance_xx_m2 == n && m->n_variance_xy_m2 == n &&
           m->n_variance_yy_m2 == n && m->n_left_px == n && m->n_top_px == n &&
           m->n_right_px == n && m->n_bottom_px == n && m->n_height_m == n && m->n_reasons == n &&
           m->n_body_index == n && m->appearance_length <= MESSAGE_APPEARANCE_MAX &&
           m->n_appearance == n * m->appearance_length;
}

static int check_observation(const struct observation *o, size_t index, size_t count,
                             struct error *err)
{
    const char *what = NULL;
    if (o->object_class < OBSERVATION_PERSON || o->object_class > OBSERVATION_JOINED)
        what = "class";
    else if (!(o->score >= 0 && o->score <= 1))
        what = "score";
    else if (!isfinite(o->floor.x) || !isfinite(o->floor.y))
        what = "floor position";
    else if (!covariance2_valid(o->covariance))
        what = "covariance";
    else if (!isfinite(o->box.left) || !isfinite(o->box.top) ||
             !(o->box.right > o->box.left && isfinite(o->box.right)) ||
             !(o->box.bottom > o->box.top && isfinite(o->box.bottom)))
        what = "box";
    else if (isinf(o->height_m))
        what = "height";
    else if (o->body_index < -1 || (o->body_index >= 0 && (size_t) o->body_index >= count))
        what = "body_index";
    return what ? error_set(err, -EBADMSG, "observation %zu has an impossible %s", index, what) : 0;
}

static int take_observations(const Floorfuse__ObservationFrame *m, struct observation_frame *f,
                             struct error *err)
{
    if (!same_lengths(m))
        return error_set(err, -EBADMSG, "the arrays of observations differ in length");
    size_t n = m->n_object_class;
    f->observations = calloc(n ? n : 1, sizeof(*f->observations));
    if (!f->observations)
        return -ENOMEM;
    f->observation_count = n;
    for (size_t i = 0; i < n; i++) {
        f->observations[i] = (struct observation){
            .object_class = (enum observation_class) m->object_class[i],
            .score = m->score[i],
            .floor = { m->floor_x_m[i], m->floor_y_m[i] },
            .covariance = { m->variance_xx_m2[i], m->variance_xy_m2[i], m->variance_yy_m2[i] },
            .box = { m->left_px[i], m->top_px[i], m->right_px[i], m->bottom_px[i] },
            .height_m = m->height_m[i],
            .reasons = m->reasons[i],
            .body_index = m->body_index[i],
        };
        int r = check_observation(&f->observations[i], i, n, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int take_appearance(const Floorfuse__ObservationFrame *m, struct observation_frame *f,
                           struct error *err)
{
    if (m->n_appearance == 0)
        return 0;
    for (size_t i = 0; i < m->n_appearance; i++)
        if (!isfinite(m->appearance[i]))
            return error_set(err, -EBADMSG, "an appearance vector is not finite");
    f->appearance = malloc(m->n_appearance * sizeof(*f->appearance));
    if (!f->appearance)
        return -ENOMEM;
    memcpy(f->appearance, m->appearance, m->n_appearance * sizeof(*f->appearance));
    f->appearance_length = m->appearance_length;
    return 0;
}

int observation_frame_unpack(const void *bytes, size_t length, struct observation_frame *ret_frame,
                             struct error *err)
{
    struct observation_frame frame = { 0 };
    int r = message_peek_version(bytes, length, err);
    if (r < 0)
        return r;
    Floorfuse__ObservationFrame *m =
        length > MESSAGE_BYTES_MAX ? NULL
                                   : floorfuse__observation_frame__unpack(NULL, length, bytes);
    if (!m)
        return error_set(err, -EBADMSG, "the bytes are not an observation frame");
    r = take_header(m, &frame, err);
    if (r == 0)
        r = take_observations(m, &frame, err);
    if (r == 0)
        r = take_appearance(m, &frame, err);
    floorfuse__observation_frame__free_unpacked(m, NULL);
    if (r < 0)
        observation_frame_release(&frame);
    else
        *ret_frame = frame;
    return r;
}
