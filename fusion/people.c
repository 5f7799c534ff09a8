/*
 * people.c - which observations of a frame are people, one each
 */
#include "fusion/people.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/appearance.h"
#include "fusion/joint.h"

/* Farther from the floor's origin than any building reaches: a number gone wrong. */
#define COORDINATE_MAX_M 1e5

bool people_observation_is_usable(const struct observation *o)
{
    return fabs(o->floor.x) <= COORDINATE_MAX_M && fabs(o->floor.y) <= COORDINATE_MAX_M &&
           covariance2_valid(o->covariance);
}

/* A head that belongs to a body in the same frame is the same person. */
static bool has_body(const struct observation_frame *frame, const struct observation *o)
{
    return o->object_class == OBSERVATION_HEAD && o->body_index >= 0 &&
           (size_t) o->body_index < frame->observation_count &&
           people_observation_is_usable(&frame->observations[o->body_index]);
}

/* All point into one frame, so addresses are the order there. */
static int by_place(const void *left, const void *right)
{
    const struct observation *a = *(const struct observation *const *) left;
    const struct observation *b = *(const struct observation *const *) right;
    return (a > b) - (a < b);
}

static int by_score(const void *left, const void *right)
{
    const struct observation *a = *(const struct observation *const *) left;
    const struct observation *b = *(const struct observation *const *) right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return by_place(left, right);
}

/* Keep the highest scores; rows go where their observations go. */
static int keep_best(struct aligned_frame *copy, float *rows)
{
    const struct observation **best = calloc(copy->observation_count, sizeof(*best));
    if (!best)
        return -ENOMEM;
    for (size_t i = 0; i < copy->observation_count; i++)
        best[i] = &copy->observations[i];
    qsort(best, copy->observation_count, sizeof(*best), by_score);
    qsort(best, ALIGN_PEOPLE_MAX, sizeof(*best), by_place);
    size_t length = copy->appearance_length;
    for (size_t i = 0; i < ALIGN_PEOPLE_MAX; i++) {
        size_t from = (size_t) (best[i] - copy->observations); /* never before its own place */
        copy->observations[i] = copy->observations[from];
        if (length)
            memmove(&rows[i * length], &rows[from * length], length * sizeof(*rows));
    }
    copy->observation_count = ALIGN_PEOPLE_MAX;
    free(best);
    return 0;
}

size_t people_frame_bytes(size_t observations, size_t appearance_length)
{
    return sizeof(struct aligned_frame) +
           observations * (sizeof(struct observation) + appearance_length * sizeof(float));
}

/* Observation `from` of the frame becomes the copy's last. */
static void copy_observation(const struct observation_frame *frame, size_t from,
                             struct aligned_frame *copy, float *rows, struct align_counts *counts)
{
    size_t to = copy->observation_count++, length = copy->appearance_length;
    copy->observations[to] = frame->observations[from];
    if (length == 0)
        return;
    if (appearance_normalise(&frame->appearance[from * length], length, &rows[to * length]) == 0)
        return;
    memset(&rows[to * length], 0,
           length * sizeof(*rows)); /* the same bytes each time it is saved */
    rows[to * length] = NAN;
    counts->appearances_ignored++;
}

/* The frame as it will be, with room for all its observations and their appearances behind. */
static struct aligned_frame *new_copy(int camera, const struct observation_frame *frame)
{
    size_t length = frame->appearance ? frame->appearance_length : 0;
    struct aligned_frame *copy = malloc(people_frame_bytes(frame->observation_count, length));
    if (!copy)
        return NULL;
    *copy = (struct aligned_frame){ .camera = camera,
                                    .capture_us = frame->capture_us,
                                    .boot_id = frame->boot_id,
                                    .sequence = frame->sequence,
                                    .origin = frame_origin_of(frame),
                                    .flags = frame->flags,
                                    .appearance_length = (uint32_t) length };
    if (length) {
        copy->appearance = (float *) &copy->observations[frame->observation_count];
        copy->appearance_model = appearance_model_of(frame->model_id);
    }
    return copy;
}

/* Heads go to the bodies they belong to, one each: copies[i] is where observation i went, or NULL.
 */
static void join_heads(const struct observation_frame *frame, double people_height_m,
                       struct observation **copies, struct joint_counts *joints)
{
    for (size_t i = 0; i < frame->observation_count; i++) {
        const struct observation *head = &frame->observations[i];
        if (!people_observation_is_usable(head) || !has_body(frame, head))
            continue;
        struct observation **body = &copies[head->body_index];
        if (*body && (*body)->object_class != OBSERVATION_HEAD)
            joint_combine(*body, head, people_height_m, joints);
        *body = NULL; /* nobody has two heads */
    }
}

/* Returns how many observations were bad, or -ENOMEM. */
static int64_t copy_people(const struct observation_frame *frame, double people_height_m,
                           struct aligned_frame *copy, float *rows, struct align_counts *counts,
                           struct joint_counts *joints)
{
    int64_t bad = 0;
    struct observation **copies = calloc(frame->observation_count + 1, sizeof(*copies));
    if (!copies)
        return -ENOMEM;
    for (size_t i = 0; i < frame->observation_count; i++) {
        const struct observation *o = &frame->observations[i];
        if (!people_observation_is_usable(o)) {
            bad++;
        } else if (!has_body(frame, o)) {
            copies[i] = &copy->observations[copy->observation_count];
            copy_observation(frame, i, copy, rows, counts);
        }
    }
    join_heads(frame, people_height_m, copies, joints);
    free(copies);
    return bad;
}

int people_copy_frame(int camera, const struct observation_frame *frame, double people_height_m,
                      struct align_counts *counts, struct joint_counts *joints,
                      struct aligned_frame **ret_copy)
{
    struct aligned_frame *copy = new_copy(camera, frame);
    if (!copy)
        return -ENOMEM;
    float *rows = (float *) &copy->observations[frame->observation_count];
    int64_t bad = copy_people(frame, people_height_m, copy, rows, counts, joints);
    size_t people = copy->observation_count;
    if (bad < 0 || (people > ALIGN_PEOPLE_MAX && keep_best(copy, rows) < 0)) {
        free(copy);
        return -ENOMEM;
    }
    counts->observations_dropped += (uint64_t) bad + people - copy->observation_count;
    *ret_copy = copy;
    return 0;
}
