/*
 * opening_hours.c - when a store is open: its usual week, and days that are different
 */
#include "config/opening_hours.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static const char *const short_names[WEEKDAYS + 1] = { "",    "mon", "tue", "wed",
                                                       "thu", "fri", "sat", "sun" };
static const char *const long_names[WEEKDAYS + 1] = { "",         "monday", "tuesday",  "wednesday",
                                                      "thursday", "friday", "saturday", "sunday" };

/* Years that PostgreSQL, C and people agree on. */
#define YEAR_MIN 1970
#define YEAR_MAX 9999

struct parsing {
    struct opening_hours *hours;
    const struct opening_sink *sink;
    const char *list; /* "store.hours" */
    size_t index;     /* of the entry */
    bool failed, out_of_memory;
};

/* ---- sentences ---- */

/* A problem of the present entry's `key`; "": of the entry; NULL: of the whole list. */
static void complain(struct parsing *p, const char *key, const char *format, ...)
    PRINTF_FORMAT(3, 4);

static void complain(struct parsing *p, const char *key, const char *format, ...)
{
    struct text place AUTO(text_release) = TEXT_INIT;
    char *words;
    va_list arguments;
    p->failed = true;
    if (!p->sink)
        return;
    va_start(arguments, format);
    if (vasprintf(&words, format, arguments) < 0)
        words = NULL;
    va_end(arguments);
    text_append(&place, p->list);
    if (key)
        text_format(&place, "[%zu]%s%s", p->index, key[0] ? "." : "", key);
    if (words && !place.failed)
        p->sink->problem(p->sink->context, place.bytes, words);
    else
        p->out_of_memory = true;
    free(words);
}

#define CLOCK_SIZE 16

static const char *clock_text(int minutes, char buffer[static CLOCK_SIZE])
{
    (void) snprintf(buffer, CLOCK_SIZE, "%02d:%02d", minutes / 60, minutes % 60);
    return buffer;
}

/* ---- times, days, dates ---- */

/* Whether a text looks like a pattern, in which 0 stands for any digit. */
static bool looks_like(const char *text, const char *pattern)
{
    for (; *pattern; text++, pattern++)
        if (*pattern == '0' ? !isdigit((unsigned char) *text) : *text != *pattern)
            return false;
    return *text == '\0';
}

static bool parse_time(struct parsing *p, const char *key, const char *text, int latest_min,
                       int *ret_minutes)
{
    int minutes = latest_min + 1;
    char latest[CLOCK_SIZE];
    if (looks_like(text, "00:00") && atoi(text + 3) < 60)
        minutes = atoi(text) * 60 + atoi(text + 3);
    if (minutes <= latest_min) {
        *ret_minutes = minutes;
        return true;
    }
    complain(p, key, "%s: %s is \"%.60s\" but must be a time from 00:00 to %s, such as 08:00",
             p->list, key, text, clock_text(latest_min, latest));
    return false;
}

static bool parse_interval(struct parsing *p, const char *open, const char *close,
                           struct opening_interval *ret_interval)
{
    struct opening_interval interval;
    bool good = parse_time(p, "open", open, MINUTES_PER_DAY - 1, &interval.opens_min);
    if (!parse_time(p, "close", close, MINUTES_PER_DAY, &interval.closes_min) || !good)
        return false;
    if (interval.opens_min == interval.closes_min) {
        complain(p, "close",
                 "%s: open and close are both %s; write 00:00 and 24:00 for a day without a break",
                 p->list, open);
        return false;
    }
    if (interval.closes_min == 0)
        interval.closes_min = MINUTES_PER_DAY; /* the same midnight */
    *ret_interval = interval;
    return true;
}

/* 1 .. 7, or 0. Spaces around it do not matter. */
static int weekday_of(const char *name, size_t length)
{
    for (; length > 0 && *name == ' '; name++)
        length--;
    while (length > 0 && name[length - 1] == ' ')
        length--;
    for (int day = 1; day <= WEEKDAYS; day++)
        if (length == strlen(short_names[day]) && memcmp(name, short_names[day], length) == 0)
            return day;
    return 0;
}

/* "mon" or "mon-fri"; a range may go over the end of the week. Sets the bits of its days. */
static bool parse_day_range(const char *text, size_t length, unsigned *days)
{
    const char *dash = memchr(text, '-', length);
    size_t before = dash ? (size_t) (dash - text) : length;
    int first = weekday_of(text, before);
    int last = dash ? weekday_of(dash + 1, length - before - 1) : first;
    if (first == 0 || last == 0)
        return false;
    for (int day = first; day != last; day = day % WEEKDAYS + 1)
        *days |= 1u << day;
    *days |= 1u << last;
    return true;
}

static bool parse_days(struct parsing *p, const char *text, unsigned *ret_days)
{
    unsigned days = 0;
    for (const char *at = text;; at += strcspn(at, ",") + 1) {
        size_t length = strcspn(at, ",");
        if (!parse_day_range(at, length, &days)) {
            complain(
                p, "days",
                "%s: days is \"%.60s\" but must be mon, tue, wed, thu, fri, sat or sun, such as "
                "\"mon-fri\" or \"mon,wed\"",
                p->list, text);
            return false;
        }
        if (at[length] == '\0')
            break;
    }
    *ret_days = days;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool parse_date(struct parsing *p, const char *text, struct opening_exception *ret)
{
    if (looks_like(text, "0000-00-00")) {
        int year = atoi(text), month = atoi(text + 5), day = atoi(text + 8);
        if (year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= 12 && day >= 1 &&
            day <= days_in_month(year, month)) {
            *ret = (struct opening_exception){ .year = year, .month = month, .day = day };
            return true;
        }
    }
    complain(p, "date",
             "%s: date is \"%.60s\" but must be a day of the calendar, such as 2026-12-24", p->list,
             text);
    return false;
}

/* ---- days ---- */

/* Minutes since the midnight on which it opens. */
static int end_min(struct opening_interval interval)
{
    bool next_day = interval.closes_min <= interval.opens_min;
    return interval.closes_min + (next_day ? MINUTES_PER_DAY : 0);
}

static void complain_of_overlap(struct parsing *p, const char *name, struct opening_interval a,
                                struct opening_interval b)
{
    char a_opens[CLOCK_SIZE], a_closes[CLOCK_SIZE], b_opens[CLOCK_SIZE], b_closes[CLOCK_SIZE];
    complain(p, "",
             "%s: %s is open from %s to %s and from %s to %s, which overlap; write them as one",
             p->list, name, clock_text(a.opens_min, a_opens), clock_text(a.closes_min, a_closes),
             clock_text(b.opens_min, b_opens), clock_text(b.closes_min, b_closes));
}

/* Put an interval where it belongs, unless something is wrong with it. */
static bool add_interval(struct parsing *p, const char *name, struct opening_interval interval,
                         struct opening_day *day)
{
    for (size_t i = 0; i < day->count; i++)
        if (interval.opens_min < end_min(day->intervals[i]) &&
            day->intervals[i].opens_min < end_min(interval)) {
            complain_of_overlap(p, name, day->intervals[i], interval);
            return false;
        }
    if (day->count == OPENING_INTERVALS_MAX) {
        complain(p, "", "%s: %s has more than %d intervals; write fewer", p->list, name,
                 OPENING_INTERVALS_MAX);
        return false;
    }
    size_t place = day->count++;
    for (; place > 0 && day->intervals[place - 1].opens_min > interval.opens_min; place--)
        day->intervals[place] = day->intervals[place - 1];
    day->intervals[place] = interval;
    return true;
}

static void parse_hours(struct parsing *p, const struct hours_config *entry)
{
    struct opening_interval interval;
    unsigned days;
    if (!entry->days || !entry->open || !entry->close)
        return;
    bool good = parse_days(p, entry->days, &days);
    if (!parse_interval(p, entry->open, entry->close, &interval) || !good)
        return;
    for (int day = 1; day <= WEEKDAYS; day++)
        if (days >> day & 1 &&
            !add_interval(p, long_names[day], interval, &p->hours->weekdays[day]))
            return; /* what is wrong on mondays is wrong on tuesdays, too: one sentence will do */
}

/* A night that lasts until the next day has opened would be counted twice. */
static void check_nights(struct parsing *p)
{
    for (int day = 1; day <= WEEKDAYS; day++) {
        int next = day % WEEKDAYS + 1;
        const struct opening_day *evening = &p->hours->weekdays[day];
        const struct opening_day *morning = &p->hours->weekdays[next];
        if (evening->count == 0 || morning->count == 0)
            continue;
        int until_min = end_min(evening->intervals[evening->count - 1]) - MINUTES_PER_DAY;
        char until[CLOCK_SIZE], opens[CLOCK_SIZE];
        if (until_min <= morning->intervals[0].opens_min)
            continue;
        complain(p, NULL, "%s: %s is open until %s on %s, which opens at %s; let them not overlap",
                 p->list, long_names[day], clock_text(until_min, until), long_names[next],
                 clock_text(morning->intervals[0].opens_min, opens));
        return;
    }
}

static void parse_week(struct parsing *p, const struct option_list *hours)
{
    const struct hours_config *entries = hours->items;
    p->list = "store.hours";
    p->hours->always = hours->count == 0;
    for (int day = 1; p->hours->always && day <= WEEKDAYS; day++)
        p->hours->weekdays[day] =
            (struct opening_day){ .intervals = { { 0, MINUTES_PER_DAY } }, .count = 1 };
    for (p->index = 0; p->index < hours->count; p->index++)
        parse_hours(p, &entries[p->index]);
    check_nights(p);
}

/* ---- exceptions ---- */

static int compare_dates(const struct opening_exception *a, const struct opening_exception *b)
{
    if (a->year != b->year)
        return a->year - b->year;
    return a->month != b->month ? a->month - b->month : a->day - b->day;
}

/* The one of the same date, or a new one; there is room for all. */
static struct opening_exception *exception_of(struct opening_hours *hours,
                                              const struct opening_exception *date, bool *ret_new)
{
    struct opening_exception *exceptions = hours->exceptions;
    size_t place = hours->exception_count;
    while (place > 0 && compare_dates(&exceptions[place - 1], date) > 0)
        place--;
    *ret_new = place == 0 || compare_dates(&exceptions[place - 1], date) != 0;
    if (!*ret_new)
        return &exceptions[place - 1];
    memmove(&exceptions[place + 1], &exceptions[place],
            (hours->exception_count++ - place) * sizeof(*exceptions));
    exceptions[place] = *date;
    return &exceptions[place];
}

static void parse_exception(struct parsing *p, const struct exception_config *entry)
{
    struct opening_exception date;
    struct opening_interval interval;
    bool closed = !entry->open && !entry->close, is_new;
    if (!entry->date || !parse_date(p, entry->date, &date))
        return;
    if (!closed && (!entry->open || !entry->close)) {
        complain(p, "", "%s: %s has %s; write both, or neither where the store is closed all day",
                 p->list, entry->date, entry->open ? "open without close" : "close without open");
        return;
    }
    if (!closed && !parse_interval(p, entry->open, entry->close, &interval))
        return;
    struct opening_exception *exception = exception_of(p->hours, &date, &is_new);
    if (!is_new && (closed || exception->hours.count == 0))
        complain(p, "", "%s: %s is closed all day in one entry and stands in another; keep one",
                 p->list, entry->date);
    else if (!closed)
        (void) add_interval(p, entry->date, interval, &exception->hours);
}

static void parse_exceptions(struct parsing *p, const struct option_list *exceptions)
{
    const struct exception_config *entries = exceptions->items;
    p->list = "store.exceptions";
    p->hours->exceptions = calloc(exceptions->count + 1, sizeof(*p->hours->exceptions));
    if (!p->hours->exceptions) {
        p->out_of_memory = true;
        return;
    }
    for (p->index = 0; p->index < exceptions->count; p->index++)
        parse_exception(p, &entries[p->index]);
}

int opening_hours_parse(const struct option_list *hours, const struct option_list *exceptions,
                        const struct opening_sink *sink, struct opening_hours *ret_hours)
{
    struct parsing p = { .hours = ret_hours, .sink = sink };
    *ret_hours = (struct opening_hours){ 0 };
    parse_week(&p, hours);
    parse_exceptions(&p, exceptions);
    if (p.out_of_memory)
        return -ENOMEM;
    return p.failed ? -EINVAL : 0;
}

void opening_hours_release(struct opening_hours *hours)
{
    free(hours->exceptions);
    *hours = (struct opening_hours){ 0 };
}
