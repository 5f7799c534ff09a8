/*
 * log.c - words for people on stderr
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* Process-wide on purpose: stderr is, too. Set once by main before threads start. */
static const char *log_program = "floorfuse";
static const char *log_instance;
static enum log_level log_level = LOG_LEVEL_INFO;

void log_init(const char *program, const char *instance)
{
    log_program = program;
    log_instance = instance;
}

void log_set_level(enum log_level level)
{
    log_level = level;
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return "error: ";
    case LOG_LEVEL_WARNING:
        return "warning: ";
    case LOG_LEVEL_DEBUG:
        return "debug: ";
    case LOG_LEVEL_INFO:
        break;
    }
    return "";
}

/* One write a line, so that lines of several processes do not mix. */
static void log_line(enum log_level level, const char *format, va_list arguments)
{
    if (level > log_level)
        return;
    char line[2048];
    int used;
    if (getenv("JOURNAL_STREAM")) {
        used = snprintf(line, sizeof(line), "<%d>", (int) level);
    } else {
        char now[WALL_TEXT_SIZE];
        int64_t now_us = clock_wall_us();
        clock_wall_format(now_us - now_us % US_PER_MS, now);
        used = snprintf(line, sizeof(line), "%s %s%s%s%s %s", now, log_program,
                        log_instance ? "[" : "", log_instance ? log_instance : "",
                        log_instance ? "]:" : ":", level_name(level));
    }
    int room = (int) sizeof(line) - used - 1;
    int added = vsnprintf(line + used, (size_t) room, format, arguments);
    used += added < room ? added : room - 1;
    for (int i = 0; i < used; i++) /* what a camera sent must not forge lines or drive terminals */
        if ((unsigned char) line[i] < ' ')
            line[i] = ' ';
    line[used++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, (size_t) used);
    (void) written; /* nowhere left to complain */
}

static void log_words(enum log_level level, const char *format, ...) PRINTF_FORMAT(2, 3);

static void log_words(enum log_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(level, format, arguments);
    va_end(arguments);
}

#define LOG_FUNCTION(name, level)           \
    void name(const char *format, ...)      \
    {                                       \
        va_list arguments;                  \
        va_start(arguments, format);        \
        log_line(level, format, arguments); \
        va_end(arguments);                  \
    }

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

int log_limit_take(struct log_limit *limit, int seconds, int64_t now_mono_ns,
                   uint64_t *ret_left_out)
{
    int64_t next_ns = limit->next_mono_ns;
    int64_t then_ns = now_mono_ns + seconds * NS_PER_S;
    /* of several threads that come at once one speaks */
    if ((next_ns != 0 && now_mono_ns < next_ns) ||
        !atomic_compare_exchange_strong(&limit->next_mono_ns, &next_ns, then_ns)) {
        limit->left_out++;
        return 0;
    }
    *ret_left_out = atomic_exchange(&limit->left_out, 0);
    return 1;
}

void log_limited(struct log_limit *limit, enum log_level level, int seconds, const char *format,
                 ...)
{
    uint64_t left_out;
    if (level > log_level || !log_limit_take(limit, seconds, clock_mono_ns(), &left_out))
        return;
    char words[1024], count[48] = "";
    va_list arguments;
    va_start(arguments, format);
    (void) vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    if (left_out > 0)
        (void) snprintf(count, sizeof(count), " left_out=%llu", (unsigned long long) left_out);
    log_words(level, "%s%s", words, count);
}
