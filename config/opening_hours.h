/*
 * opening_hours.h - when a store is open: its usual week, and days that are different
 *
 * People write days and times as text; whoever counts wants minutes of a weekday. Times are the
 * store's local ones, as a clock on its wall shows them; time zones are somebody else's.
 */
#ifndef FLOORFUSE_CONFIG_OPENING_HOURS_H
#define FLOORFUSE_CONFIG_OPENING_HOURS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "config/option.h"

/* store.hours[] and store.exceptions[] as they are written; what is missing is NULL. */
struct hours_config {
    char *days; /* "mon-fri", "mon,wed", "sat-mon" */
    char *open, *close;
};
struct exception_config {
    char *date;         /* "2026-12-24" */
    char *open, *close; /* both NULL: closed all day */
};

#define MINUTES_PER_DAY 1440

/* Minutes since local midnight. The store opens at 0 .. 1439 and closes at 1 .. 1440; when it
 * closes before it opens, that is on the next day. */
struct opening_interval {
    int opens_min, closes_min;
};

/* Several intervals a day leave room for a break. */
#define OPENING_INTERVALS_MAX 8

struct opening_day {
    struct opening_interval intervals[OPENING_INTERVALS_MAX]; /* ascending; they do not overlap */
    size_t count;                                             /* 0: closed */
};

/* What holds on one date in place of the weekday's hours. */
struct opening_exception {
    int year, month, day; /* 2026, 12, 24 */
    struct opening_day hours;
};

#define WEEKDAYS 7

struct opening_hours {
    bool always; /* nobody has said when: every weekday is from 0 to 1440 */
    struct opening_day weekdays[WEEKDAYS + 1]; /* [1] monday .. [7] sunday, as ISO 8601 counts */
    struct opening_exception *exceptions;      /* by date, ascending, each once; owned */
    size_t exception_count;
};

/* Who is told of mistakes. */
struct opening_sink {
    void *context;
    /* key: where it is, "store.hours[2].open"; both are borrowed for the call */
    void (*problem)(void *context, const char *key, const char *sentence);
};

/*
 * Read what people wrote.
 *   hours       of struct hours_config; none: always open
 *   exceptions  of struct exception_config; several of one date are its intervals
 *   sink        NULL: nobody wants to know
 *   ret_hours   the caller's to release; has what is right when something else is wrong
 * Entries without what they need were told of by whoever loaded them, and are left out.
 * Returns 0, -EINVAL when something was wrong, -ENOMEM.
 */
MUST_CHECK int opening_hours_parse(const struct option_list *hours,
                                   const struct option_list *exceptions,
                                   const struct opening_sink *sink,
                                   struct opening_hours *ret_hours);

/* Free what is inside; zeroes it. */
void opening_hours_release(struct opening_hours *hours);

#endif
