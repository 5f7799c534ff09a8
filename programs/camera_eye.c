/* camera_eye.c - see camera_eye.h */
#include "programs/camera_eye.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "detector/motion_gate.h"
#include "fusion/observe.h"
#include "programs/detector_setup.h"

/* Behind a finding that became no observation. */
#define NOT_OBSERVED (-1)

struct camera_eye {
    const struct camera_config *camera;
    const struct calibration *calibration;
    struct detector *detector;
    struct motion_gate *gate; /* NULL: the network looks at every frame */
    struct polygon *gate_masks;
    double *gate_corners;
    struct observation *observations; /* scratch, with room for `room` */
    int *observed;                    /* the observation of each finding, or NOT_OBSERVED */
    const struct box_px **heads;      /* of each finding that is a body; NULL: none */
    size_t room;
    int64_t gate_ns, floor_ns;
};

/* ---- life ---- */

/* Masks in px of the crop, which is what the gate gets to see. */
static int crop_masks(struct camera_eye *eye)
{
    const struct number_lists *masks = &eye->camera->masks;
    const struct number_list *crop = &eye->camera->crop;
    double left = crop->count == 4 ? crop->values[0] : 0,
           top = crop->count == 4 ? crop->values[1] : 0;
    size_t corners = 0;
    for (size_t i = 0; i < masks->count; i++)
        corners += masks->items[i].count;
    eye->gate_masks = calloc(masks->count + 1, sizeof(*eye->gate_masks));
    eye->gate_corners = calloc(corners + 1, sizeof(*eye->gate_corners));
    if (!eye->gate_masks || !eye->gate_corners)
        return -ENOMEM;
    double *next = eye->gate_corners;
    for (size_t i = 0; i < masks->count; i++) {
        const struct number_list *mask = &masks->items[i];
        eye->gate_masks[i] = (struct polygon){ .xy = next, .corners = mask->count / 2 };
        for (size_t k = 0; k < mask->count; k++)
            *next++ = mask->values[k] - (k % 2 ? top : left);
    }
    return 0;
}

static int open_gate(struct camera_eye *eye)
{
    const struct gate_config *c = &eye->camera->gate;
    if (!c->enabled)
        return 0;
    int r = crop_masks(eye);
    const struct motion_gate_options options = {
        .refresh_us = (int64_t) (c->refresh_s * US_PER_S),
        .hold_us = (int64_t) (c->hold_s * US_PER_S),
        .masks = eye->gate_masks,
        .mask_count = eye->camera->masks.count,
    };
    return r < 0 ? r : motion_gate_create(&options, &eye->gate);
}

int camera_eye_create(const struct camera_config *camera, const struct calibration *calibration,
                      const char *engine, struct camera_eye **ret_eye, struct error *err)
{
    AUTO(camera_eye_destroy) struct camera_eye *eye = calloc(1, sizeof(*eye));
    if (!eye)
        return error_set(err, -ENOMEM, "out of memory");
    eye->camera = camera;
    eye->calibration = calibration;
    int r = open_gate(eye);
    if (r < 0)
        return error_set(err, r, "out of memory");
    const struct detector_options options = detector_setup(camera, engine);
    r = detector_create(&options, &eye->detector, err);
    if (r < 0)
        return r;
    *ret_eye = eye;
    eye = NULL;
    return 0;
}

void camera_eye_destroy(struct camera_eye **eye)
{
    struct camera_eye *e = *eye;
    if (!e)
        return;
    detector_destroy(&e->detector);
    motion_gate_destroy(&e->gate);
    free(e->gate_masks);
    free(e->gate_corners);
    free(e->observations);
    free(e->observed);
    free(e->heads);
    free(e);
    *eye = NULL;
}

void camera_eye_set_calibration(struct camera_eye *eye, const struct calibration *calibration)
{
    eye->calibration = calibration;
}

struct eye_times camera_eye_times(const struct camera_eye *eye)
{
    return (struct eye_times){ eye->gate_ns, detector_times(eye->detector), eye->floor_ns };
}

struct detector_info camera_eye_info(const struct camera_eye *eye)
{
    return detector_info(eye->detector);
}

/* ---- from boxes to the floor ---- */

static int reserve(struct camera_eye *eye, size_t count)
{
    if (count <= eye->room)
        return 0;
    struct observation *observations = realloc(eye->observations, count * sizeof(*observations));
    if (observations)
        eye->observations = observations;
    int *observed = realloc(eye->observed, count * sizeof(*observed));
    if (observed)
        eye->observed = observed;
    const struct box_px **heads = realloc(eye->heads, count * sizeof(*heads));
    if (heads)
        eye->heads = heads;
    if (!observations || !observed || !heads)
        return -ENOMEM;
    eye->room = count;
    return 0;
}

/* The detector sees the crop; calibrations are of the whole frame. */
static void move_to_frame(const struct frame *frame, struct detections *found)
{
    for (size_t i = 0; i < found->count; i++) {
        struct box_px *box = &found->items[i].box;
        box->left += frame->left;
        box->right += frame->left;
        box->top += frame->top;
        box->bottom += frame->top;
    }
}

static void note_heads(struct camera_eye *eye, const struct detections *found)
{
    for (size_t i = 0; i < found->count; i++)
        eye->heads[i] = NULL;
    for (size_t i = 0; i < found->count; i++) {
        const struct detection *d = &found->items[i];
        if (d->object_class == DETECTION_HEAD && d->body != DETECTION_ALONE)
            eye->heads[d->body] = &d->box;
    }
}

/* Place what was found; what has no place on the floor that is worth telling is left out. */
static size_t place(struct camera_eye *eye, const struct observer *observer,
                    const struct detections *found)
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++) {
        const struct detection *d = &found->items[i];
        const struct finding finding = {
            .object_class =
                d->object_class == DETECTION_HEAD ? OBSERVATION_HEAD : OBSERVATION_PERSON,
            .score = d->score,
            .box = d->box,
            .head = eye->heads[i],
            .feet_covered = (double) d->feet_covered,
        };
        eye->observed[i] = NOT_OBSERVED;
        if (observe(observer, &finding, &eye->observations[count]) == 0)
            eye->observed[i] = (int) count++;
    }
    return count;
}

/* A head whose body was left out stands for its person alone. */
static void join_bodies(struct camera_eye *eye, const struct detections *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct detection *d = &found->items[i];
        if (eye->observed[i] != NOT_OBSERVED && d->object_class == DETECTION_HEAD &&
            d->body != DETECTION_ALONE && eye->observed[d->body] != NOT_OBSERVED)
            eye->observations[eye->observed[i]].body_index = eye->observed[d->body];
    }
}

/* ---- looking ---- */

static struct box_px view_of(const struct frame *frame)
{
    return (struct box_px){ frame->left, frame->top, frame->left + frame->image->width,
                            frame->top + frame->image->height };
}

static int look(struct camera_eye *eye, const struct frame *frame, struct sight *ret_sight)
{
    struct detections found;
    int r = detector_detect(eye->detector, frame->image, &found);
    if (r < 0)
        return r;
    if (found.count > MESSAGE_OBSERVATIONS_MAX)
        found.count = MESSAGE_OBSERVATIONS_MAX; /* best scores come first */
    r = reserve(eye, found.count);
    if (r < 0)
        return r;
    const struct observer observer = { .calibration = eye->calibration,
                                       .view = view_of(frame),
                                       .watch = watch_of(eye->camera),
                                       .edge_sd_px = eye->camera->foot_sd_px };
    int64_t begin_ns = clock_mono_ns();
    move_to_frame(frame, &found);
    note_heads(eye, &found);
    size_t count = place(eye, &observer, &found);
    join_bodies(eye, &found);
    eye->floor_ns += clock_mono_ns() - begin_ns;
    *ret_sight = (struct sight){ .observations = eye->observations,
                                 .observation_count = count,
                                 .found = found };
    return 0;
}

int camera_eye_look(struct camera_eye *eye, const struct frame *frame, struct sight *ret_sight)
{
    int64_t begin_ns = clock_mono_ns();
    int asks = eye->gate ? motion_gate_asks(eye->gate, frame->image, frame->capture_us) : 1;
    eye->gate_ns += clock_mono_ns() - begin_ns;
    if (asks < 0)
        return asks;
    if (asks == 0) {
        *ret_sight = (struct sight){ .flags = FRAME_SKIPPED_BY_GATE };
        return 0;
    }
    int r = look(eye, frame, ret_sight);
    if (r == 0 && eye->gate)
        motion_gate_tell(eye->gate, ret_sight->observation_count > 0);
    return r;
}
