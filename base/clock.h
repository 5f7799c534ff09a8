/*
 * clock.h - the two clocks, and times as text
 *
 * `_mono_ns` never jumps: use it to wait and to measure. `_wall_us` is UTC since 1970: use it to
 * store and to show. Messages, files and the database carry only wall microseconds.
 */
#ifndef FLOORFUSE_BASE_CLOCK_H
#define FLOORFUSE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define US_PER_S  INT64_C(1000000)
#define US_PER_MS INT64_C(1000)
#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* Room for a time as text, "2026-11-23T09:14:05.120000Z" and its NUL. */
#define WALL_TEXT_SIZE 32

int64_t clock_mono_ns(void);
int64_t clock_wall_us(void);

/* What the wall clock shows (now) for an instant of the monotonic clock. */
int64_t clock_wall_us_from_mono_ns(int64_t mono_ns);

/* Write "2026-11-23T09:14:05.120000Z"; the fraction is left out when it is zero. Returns buffer. */
char *clock_wall_format(int64_t wall_us, char buffer[static WALL_TEXT_SIZE]);

/*
 * Read an ISO 8601 time: "2026-11-23", "2026-11-23T09:14", "…:05", "…:05.12", with "Z", "+01:00" or
 * nothing (then UTC) behind it; a space may stand for the T.
 * Returns 0, or -EINVAL with a sentence naming the text.
 */
MUST_CHECK int clock_wall_parse(const char *text, int64_t *ret_wall_us, struct error *err);

#endif
