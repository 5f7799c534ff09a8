/*
 * people.c - which observations of a frame are people, one each
 */
#include "fusion/people.h"

#include <errno.h>
#include <stdlib.h>

/* Farther from the floor's origin than any building reaches: a number gone wrong. */
#define COORDINATE_MAX_M 1e5

static bool is_usable(const struct observation *o)
{
    return fabs(o->floor.x) <= COORDINATE_MAX_M && fabs(o->floor.y) <= COORDINATE_MAX_M &&
           covariance2_valid(o->covariance);
}

/* A head that belongs to a body in the same frame is the same person. */
static bool has_body(const struct observation_frame *frame, const struct observation *o)
{
    return o->object_class == OBSERVATION_HEAD && o->body_index >= 0 &&
           (size_t) o->body_index < frame->observation_count &&
           is_usable(&frame->observations[o->body_index]);
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

static size_t choose(const struct observation_frame *frame, uint64_t *dropped,
                     const struct observation **chosen)
{
    size_t count = 0;
    for (size_t i = 0; i < frame->observation_count; i++) {
        const struct observation *o = &frame->observations[i];
        if (!is_usable(o))
            (*dropped)++;
        else if (!has_body(frame, o))
            chosen[count++] = o;
    }
    if (count <= ALIGN_PEOPLE_MAX)
        return count;
    qsort(chosen, count, sizeof(const struct observation *), by_score);
    *dropped += count - ALIGN_PEOPLE_MAX;
    qsort(chosen, ALIGN_PEOPLE_MAX, sizeof(const struct observation *), by_place);
    return ALIGN_PEOPLE_MAX;
}

size_t people_frame_bytes(size_t observations)
{
    return sizeof(struct aligned_frame) + observations * sizeof(struct observation);
}

int people_copy_frame(int camera, const struct observation_frame *frame, uint64_t *dropped,
                      struct aligned_frame **ret_copy)
{
    const struct observation **chosen =
        calloc(frame->observation_count + 1, sizeof(*chosen)); /* + 1: never of zero bytes */
    if (!chosen)
        return -ENOMEM;
    size_t count = choose(frame, dropped, chosen);
    struct aligned_frame *copy = malloc(people_frame_bytes(count));
    if (copy) {
        *copy = (struct aligned_frame){ .camera = camera,
                                        .capture_us = frame->capture_us,
                                        .boot_id = frame->boot_id,
                                        .sequence = frame->sequence,
                                        .flags = frame->flags,
                                        .observation_count = count };
        for (size_t i = 0; i < count; i++)
            copy->observations[i] = *chosen[i];
        *ret_copy = copy;
    }
    free(chosen);
    return copy ? 0 : -ENOMEM;
}
