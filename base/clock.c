/*
 * clock.c - the two clocks, and times as text
 */
#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t clock_mono_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * NS_PER_S + t.tv_nsec;
}

int64_t clock_wall_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t) t.tv_sec * US_PER_S + t.tv_nsec / NS_PER_US;
}

int64_t clock_wall_us_from_mono_ns(int64_t mono_ns)
{
    return clock_wall_us() + (mono_ns - clock_mono_ns()) / NS_PER_US;
}

char *clock_wall_format(int64_t wall_us, char buffer[static WALL_TEXT_SIZE])
{
    int64_t second = wall_us / US_PER_S, fraction_us = wall_us % US_PER_S;
    if (fraction_us < 0) {
        fraction_us += US_PER_S;
        second--;
    }
    time_t t = (time_t) second;
    struct tm utc;
    if (!gmtime_r(&t, &utc) || utc.tm_year > 8099 || utc.tm_year < -1900) {
        (void) snprintf(buffer, WALL_TEXT_SIZE, "(no time)");
        return buffer;
    }
    size_t used = strftime(buffer, WALL_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    if (fraction_us % US_PER_MS)
        (void) snprintf(buffer + used, WALL_TEXT_SIZE - used, ".%06dZ", (int) fraction_us);
    else if (fraction_us)
        (void) snprintf(buffer + used, WALL_TEXT_SIZE - used, ".%03dZ",
                        (int) (fraction_us / US_PER_MS));
    else
        (void) snprintf(buffer + used, WALL_TEXT_SIZE - used, "Z");
    return buffer;
}

/* Read exactly `digits` digits; false when there are fewer. */
static bool take_digits(const char **at, int digits, int *ret)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char) (*at)[i]))
            return false;
        value = 10 * value + ((*at)[i] - '0');
    }
    *at += digits;
    *ret = value;
    return true;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* ".12" as microseconds; more than six digits are cut. */
static bool take_fraction(const char **at, int64_t *ret_us)
{
    *ret_us = 0;
    if (!take_char(at, '.'))
        return true;
    int64_t unit_us = US_PER_S / 10;
    if (!isdigit((unsigned char) **at))
        return false;
    for (; isdigit((unsigned char) **at); (*at)++, unit_us /= 10)
        *ret_us += (**at - '0') * unit_us;
    return true;
}

static bool take_zone(const char **at, int *ret_minutes)
{
    *ret_minutes = 0;
    if (**at == '\0' || take_char(at, 'Z'))
        return true;
    int sign = **at == '-' ? -1 : 1, hour, minute;
    if (!take_char(at, '+') && !take_char(at, '-'))
        return false;
    if (!take_digits(at, 2, &hour))
        return false;
    (void) take_char(at, ':');
    if (!take_digits(at, 2, &minute) || hour > 14 || minute > 59)
        return false;
    *ret_minutes = sign * (60 * hour + minute);
    return true;
}

int clock_wall_parse(const char *text, int64_t *ret_wall_us, struct error *err)
{
    const char *at = text;
    struct tm utc = { .tm_isdst = 0 };
    int64_t fraction_us = 0;
    int zone_minutes = 0;
    bool ok = take_digits(&at, 4, &utc.tm_year) && take_char(&at, '-') &&
              take_digits(&at, 2, &utc.tm_mon) && take_char(&at, '-') &&
              take_digits(&at, 2, &utc.tm_mday);
    if (ok && *at && (take_char(&at, 'T') || take_char(&at, ' '))) {
        ok = take_digits(&at, 2, &utc.tm_hour) && take_char(&at, ':') &&
             take_digits(&at, 2, &utc.tm_min);
        if (ok && take_char(&at, ':'))
            ok = take_digits(&at, 2, &utc.tm_sec) && take_fraction(&at, &fraction_us);
        ok = ok && take_zone(&at, &zone_minutes);
    }
    ok = ok && *at == '\0' && utc.tm_hour < 24 && utc.tm_min < 60 && utc.tm_sec < 60;
    struct tm asked = utc;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    time_t second = ok ? timegm(&utc) : 0;
    /* timegm turns 31 February into March: what comes back must be what was asked */
    ok = ok && utc.tm_mon + 1 == asked.tm_mon && utc.tm_mday == asked.tm_mday;
    if (!ok)
        return error_set(err, -EINVAL, "\"%s\" is not a time; write it as 2026-11-23T09:14:05Z",
                         text);
    *ret_wall_us = ((int64_t) second - 60 * zone_minutes) * US_PER_S + fraction_us;
    return 0;
}
