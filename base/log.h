/*
 * log.h - words for people on stderr, one line an event, each failure once
 *
 * Libraries return errors; programs log them. A line reads
 *     2026-11-23T09:14:05.120Z floorfuse-camera[left] warning: lost the stream: timed out
 * camera=left or, when stderr goes to the systemd journal, starts with the syslog level as <N> and
 * leaves the time to the journal. Events end in key=value pairs.
 */
#ifndef FLOORFUSE_BASE_LOG_H
#define FLOORFUSE_BASE_LOG_H

#include <stdint.h>

#include "base/macros.h"

/* The values are syslog's. */
enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
};

/*
 * Name the program, once, before the first line.
 *   program   borrowed for the life of the process
 *   instance  shown in brackets, e.g. the camera id; NULL for none; borrowed likewise
 */
void log_init(const char *program, const char *instance);

/* Lines less urgent than this are dropped; LOG_LEVEL_INFO until set. */
void log_set_level(enum log_level level);

void log_error(const char *format, ...) PRINTF_FORMAT(1, 2);
void log_warning(const char *format, ...) PRINTF_FORMAT(1, 2);
void log_info(const char *format, ...) PRINTF_FORMAT(1, 2);
void log_debug(const char *format, ...) PRINTF_FORMAT(1, 2);

/*
 * For what a flood can cause: a hostile message, a camera that flaps. Each place in the source
 * writes at most one line in so many seconds; the line that comes after a pause ends in how many
 * were left out ("left_out=37"). Say so much in it that the count is enough: those of other cameras
 * or askers may be among the left out.
 *     log_warning_limited(60, "refused a message reason=%s", reason);
 */
#define log_error_limited(seconds, ...)   LOG_LIMITED(LOG_LEVEL_ERROR, seconds, __VA_ARGS__)
#define log_warning_limited(seconds, ...) LOG_LIMITED(LOG_LEVEL_WARNING, seconds, __VA_ARGS__)
#define log_info_limited(seconds, ...)    LOG_LIMITED(LOG_LEVEL_INFO, seconds, __VA_ARGS__)

/* What one place has said; all zero at first. Threads may share it. */
struct log_limit {
    _Atomic int64_t next_mono_ns; /* nothing is said before; 0: nothing was said yet */
    _Atomic uint64_t left_out;
};

/* Whether a line may be written now. Returns 1 and how many were left out since the last one, or 0:
 * it is counted as left out. */
MUST_CHECK int log_limit_take(struct log_limit *limit, int seconds, int64_t now_mono_ns,
                              uint64_t *ret_left_out);

void log_limited(struct log_limit *limit, enum log_level level, int seconds, const char *format,
                 ...) PRINTF_FORMAT(4, 5);

#define LOG_LIMITED(level, seconds, ...)                               \
    do {                                                               \
        static struct log_limit log_limit_here;                        \
        log_limited(&log_limit_here, (level), (seconds), __VA_ARGS__); \
    } while (0)

#endif
