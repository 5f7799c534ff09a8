/*
 * residual.h - how far apart two cameras place the same person
 *
 * When two cameras support one track in one tick, both sightings are carried to the end of the tick
 * with the track's velocity, and the difference a - b (a before b by name) is summed. A mean that
 * is not zero says that one of the two calibrations is off, a large spread that one of them is
 * inexact.
 */
#ifndef FLOORFUSE_FUSION_RESIDUAL_H
#define FLOORFUSE_FUSION_RESIDUAL_H

#include "fusion/cameras.h"
#include "fusion/settle.h"
#include "fusion/track.h"

struct residual_sum {
    int camera_a, camera_b; /* slots */
    int64_t count;
    double dx_m, dy_m; /* sums */
    double squared_m2; /* of dx^2 + dy^2 */
};

/* The pairs that have occurred, in the order in which they first did; of a thousand cameras each
 * meets a few. Start from zeroes. */
struct residuals {
    struct residual_sum *items; /* owned */
    size_t count, capacity;
    uint32_t *by_hash; /* owned; 2 * capacity: number + 1 of an item, 0: free */
};

void residuals_release(struct residuals *residuals);

/* Forget the pairs, keep the memory. */
void residuals_clear(struct residuals *residuals);

/* Add one difference a - b. Returns 0 or -ENOMEM. */
MUST_CHECK int residuals_add(struct residuals *residuals, const struct settle_pair *pair);

/* Append the sums. Out of memory is told by buffer_result. */
void residuals_save(const struct residuals *residuals, struct buffer *buffer);

/* Read what residuals_save wrote; residuals holds no pairs yet.
 *   camera_count  of slots; more are damage
 * Returns 0, -EBADMSG if the bytes are damaged, -ENOMEM. */
MUST_CHECK int residuals_restore(struct residuals *residuals, struct buffer_reader *reader,
                                 int camera_count);

/* Cameras of one track beyond this number are not compared. */
#define RESIDUAL_CAMERAS_MAX 16

/* How many pairs a track has at most that so many cameras support. */
size_t residuals_room(size_t cameras);

/* What a track's supports of this tick say of each two cameras, a before b by name; ret_pairs has
 * room for residuals_room of its cameras. Returns how many. */
size_t residuals_of_track(const struct track *track, int64_t tick_us, const struct cameras *cameras,
                          struct settle_pair *ret_pairs);

#endif
