/*
 * fuzz_opening_hours.c - any words as opening hours
 *
 * A line is an entry of three words with | between them: days or a date, open, close. What starts
 * with a digit is an exception. What comes out has the shape the database wants.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/opening_hours.h"

#define ENTRIES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct written {
    struct hours_config hours[ENTRIES_MAX];
    struct exception_config exceptions[ENTRIES_MAX];
    size_t hours_count, exception_count, told;
};

/* The next word of a line, NULL when it is missing or empty. */
static char *word_of(char **line)
{
    char *word = strsep(line, "|");
    return word && word[0] ? word : NULL;
}

static void write_down(char *text, struct written *w)
{
    for (char *line; (line = strsep(&text, "\n"));) {
        bool is_date = isdigit((unsigned char) line[0]);
        char *what = word_of(&line), *open = word_of(&line), *close = word_of(&line);
        if (is_date && w->exception_count < ENTRIES_MAX)
            w->exceptions[w->exception_count++] = (struct exception_config){ what, open, close };
        else if (!is_date && w->hours_count < ENTRIES_MAX)
            w->hours[w->hours_count++] = (struct hours_config){ what, open, close };
    }
}

static void note(void *context, const char *key, const char *sentence)
{
    struct written *w = context;
    if (!key[0] || !sentence[0])
        abort();
    w->told++;
}

static void require_day(const struct opening_day *day)
{
    if (day->count > OPENING_INTERVALS_MAX)
        abort();
    for (size_t i = 0; i < day->count; i++) {
        struct opening_interval a = day->intervals[i];
        if (a.opens_min < 0 || a.opens_min >= MINUTES_PER_DAY || a.closes_min < 1 ||
            a.closes_min > MINUTES_PER_DAY)
            abort();
        if (i > 0 && a.opens_min < day->intervals[i - 1].closes_min)
            abort();
    }
}

static void require_shape(const struct opening_hours *hours)
{
    for (int day = 1; day <= WEEKDAYS; day++)
        require_day(&hours->weekdays[day]);
    for (size_t i = 0; i < hours->exception_count; i++)
        require_day(&hours->exceptions[i].hours);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct opening_hours hours;
    struct written w = { .told = 0 };
    char *text = strndup((const char *) bytes, length);
    if (!text)
        return 0;
    write_down(text, &w);
    const struct option_list week = { w.hours, w.hours_count },
                             days = { w.exceptions, w.exception_count };
    const struct opening_sink sink = { &w, note };
    int r = opening_hours_parse(&week, &days, &sink, &hours);
    if (r != -ENOMEM && (r == 0) != (w.told == 0))
        abort(); /* refused in silence, or blamed and taken */
    require_shape(&hours);
    opening_hours_release(&hours);
    free(text);
    return 0;
}
