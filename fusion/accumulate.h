/*
 * accumulate.h - the open bucket: dwell, passes, movement, exposure, as ticks go by
 *
 * A tick lies in the bucket that holds its beginning, so that a bucket of 60 s takes exactly 600
 * ticks of 100 ms. The caller looks at accumulator_is_over before each tick and emits first.
 */
#ifndef FLOORFUSE_FUSION_ACCUMULATE_H
#define FLOORFUSE_FUSION_ACCUMULATE_H

#include "fusion/cameras.h"
#include "fusion/residual.h"
#include "fusion/walker.h"

struct accumulator; /* opaque */

/* Cells at most: 2000 x 2000 of 25 cm are a hall of 500 m by 500 m. */
#define ACCUMULATE_CELLS_MAX (UINT32_C(4) * 1000 * 1000)

/* grid: copied. Returns 0, -EFBIG beyond ACCUMULATE_CELLS_MAX cells, -ENOMEM. */
MUST_CHECK int accumulator_create(const struct grid *grid, int bucket_s,
                                  struct accumulator **ret_accumulator);
void accumulator_destroy(struct accumulator **accumulator);

/* Whether a bucket is open that a tick with this beginning lies beyond. */
bool accumulator_is_over(const struct accumulator *accumulator, int64_t begin_us);
bool accumulator_is_open(const struct accumulator *accumulator);

/* Begin a tick; opens its bucket when none is open. */
void accumulator_begin_tick(struct accumulator *accumulator, int64_t begin_us, int64_t duration_us);

/*
 * One person at the present tick: dwell in the cell of the position, a pass where the walker enters
 * one, the movement. Returns the dwell that was counted in a cell, ms: 0 outside the grid.
 */
int64_t accumulator_add_person(struct accumulator *accumulator, struct walker *walker,
                               struct floor_m position);

/* People at this tick, for the peak. */
void accumulator_note_people(struct accumulator *accumulator, int64_t people);

/* These cameras (slots) looked at this tick. Returns 0 or -ENOMEM. */
MUST_CHECK int accumulator_add_exposure(struct accumulator *accumulator,
                                        const struct camera_set *slots);

/* Where the pair residuals of the open bucket are summed. */
struct residuals *accumulator_residuals(struct accumulator *accumulator);

/* Append the open bucket, in slots of cameras. Out of memory is told by buffer_result. */
void accumulator_save(const struct accumulator *accumulator, struct buffer *buffer);

/*
 * Read what accumulator_save wrote into a fresh accumulator; grid and length of the bucket stay
 * those of accumulator_create. After a failure it is good for nothing but accumulator_destroy.
 *   camera_count  of slots; more are damage
 * Returns 0, -EBADMSG if the bytes are damaged, -ENOMEM.
 */
MUST_CHECK int accumulator_restore(struct accumulator *accumulator, struct buffer_reader *reader,
                                   int camera_count);

/*
 * Close the open bucket and hand it out; the cameras' counts of the bucket begin anew.
 *   ret_bucket  the caller's
 * Returns 0 or -ENOMEM (the bucket stays open).
 */
MUST_CHECK int accumulator_emit(struct accumulator *accumulator, const char *store,
                                const char *floor, struct cameras *cameras,
                                struct heat_bucket **ret_bucket);

#endif
