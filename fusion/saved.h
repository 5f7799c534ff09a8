/*
 * saved.h - the values that the parts of fusion save and restore alike
 *
 * Each part that has state saves itself: align_save.c, cameras_save.c, track_save.c, settle_save.c,
 * frame_origin.c,
 * accumulate.c and residual.c; fusion_save.c puts them together. Reading believes nothing: what
 * could lead outside an array, overflow, or keep ticks from ending fails the reader.
 */
#ifndef FLOORFUSE_FUSION_SAVED_H
#define FLOORFUSE_FUSION_SAVED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fusion/kalman.h"

#define SAVED_POINT_BYTES      ((size_t) 2 * 8)
#define SAVED_COVARIANCE_BYTES ((size_t) 3 * 8)
#define SAVED_KALMAN_BYTES     ((size_t) 14 * 8)

/* More of anything than there is in any store. */
#define SAVED_ITEMS_MAX ((size_t) 1 << 24)

/* Farther from 1970 than any time, 36,000 years; differences of such times do not overflow. */
#define SAVED_TIME_US_MAX (INT64_MAX / 8)

/* Stands for a time that has not been yet. */
#define SAVED_NEVER_US INT64_MIN

/* Sums below this can be added to as long as anything runs. */
#define SAVED_SUM_MAX (INT64_MAX / 8)

/*
 * A member that is added to a saved struct and not to what is saved makes a run that is cut in two
 * differ, seldom and late. So the compiler asks: save the new member (and restore it, and raise
 * FUSION_STATE_VERSION in fusion_save.c), then write the new size here.
 */
#define SAVED_STRUCT_HAS_BYTES(type, bytes)                        \
    _Static_assert(sizeof(void *) != 8 || sizeof(type) == (bytes), \
                   #type " has changed: save and restore the new members as well")

void saved_put_flag(struct buffer *buffer, bool value);
void saved_put_float(struct buffer *buffer, float value);
void saved_put_text(struct buffer *buffer, const char *text);
void saved_put_point(struct buffer *buffer, struct floor_m point);
void saved_put_covariance(struct buffer *buffer, struct covariance2 covariance);
void saved_put_kalman(struct buffer *buffer, const struct kalman *state);

/* Monotonic times are saved as how long ago they were: another run of the machine has another
 * clock. */
void saved_put_age_ns(struct buffer *buffer, int64_t mono_ns, int64_t now_mono_ns);

/* 0 or 1. */
bool saved_get_flag(struct buffer_reader *reader);
/* Any bits: also NaN. */
float saved_get_float(struct buffer_reader *reader);
/* Room for size bytes, the NUL among them: a longer text, or one with a NUL inside, is damage. */
void saved_get_text(struct buffer_reader *reader, char *ret_text, size_t size);
/* Finite. */
double saved_get_finite(struct buffer_reader *reader);
struct floor_m saved_get_point(struct buffer_reader *reader);
struct covariance2 saved_get_covariance(struct buffer_reader *reader);
struct kalman saved_get_kalman(struct buffer_reader *reader);
/* Within SAVED_TIME_US_MAX of 1970; never: or SAVED_NEVER_US. */
int64_t saved_get_time_us(struct buffer_reader *reader);
int64_t saved_get_time_or_never_us(struct buffer_reader *reader);
/* The same, not after another time. */
int64_t saved_get_time_until_us(struct buffer_reader *reader, int64_t latest_us);
/* 0 .. SAVED_SUM_MAX, and the same below zero. */
int64_t saved_get_sum(struct buffer_reader *reader);
int64_t saved_get_signed_sum(struct buffer_reader *reader);
/* 0 .. camera_count - 1. */
int saved_get_camera(struct buffer_reader *reader, int camera_count);
/* The monotonic time that was so long ago. */
int64_t saved_get_age_ns(struct buffer_reader *reader, int64_t now_mono_ns);

#endif
