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

#endif
