/*
 * test_opening_hours.c - weeks and exceptions as people write them
 *
 * Expected minutes are worked by hand: 08:00 is 480, 20:00 is 1200. The calendar's leap years are
 * those of the Gregorian reform: 2000 and 2024 are, 1900 and 2026 are not.
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/opening_hours.h"

/* All that was said, "KEY: SENTENCE\n" each. */
struct said {
    char text[2048];
};

static void note(void *context, const char *key, const char *sentence)
{
    struct said *said = context;
    size_t length = strlen(said->text);
    (void) snprintf(said->text + length, sizeof(said->text) - length, "%s: %s\n", key, sentence);
}

static int parse(struct hours_config *hours, size_t hour_count, struct exception_config *exceptions,
                 size_t exception_count, struct said *said, struct opening_hours *ret_hours)
{
    struct option_list hour_list = { hours, hour_count };
    struct option_list exception_list = { exceptions, exception_count };
    struct opening_sink sink = { said, note };
    said->text[0] = '\0';
    return opening_hours_parse(&hour_list, &exception_list, &sink, ret_hours);
}

#define ENTRIES(...)        \
    (struct hours_config[]) \
    {                       \
        __VA_ARGS__         \
    }
#define DATES(...)              \
    (struct exception_config[]) \
    {                           \
        __VA_ARGS__             \
    }

static void assert_day(const struct opening_day *day, size_t count, const int *minutes)
{
    assert_int_equal(day->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(day->intervals[i].opens_min, minutes[2 * i]);
        assert_int_equal(day->intervals[i].closes_min, minutes[2 * i + 1]);
    }
}

static void a_store_without_hours_is_always_open(void **state)
{
    (void) state;
    struct said said;
    struct opening_hours hours;
    assert_int_equal(parse(NULL, 0, NULL, 0, &said, &hours), 0);
    assert_true(hours.always);
    for (int day = 1; day <= WEEKDAYS; day++)
        assert_day(&hours.weekdays[day], 1, (int[]){ 0, 1440 });
    assert_int_equal(hours.exception_count, 0);
    opening_hours_release(&hours);
}

static void ranges_and_lists_name_weekdays(void **state)
{
    (void) state;
    static const struct {
        const char *days;
        unsigned weekdays; /* bit 1: monday */
    } cases[] = {
        { "mon-fri", 0x3e },     { "sat", 0x40 },          { "sun", 0x80 },
        { "mon,wed", 0x0a },     { "mon-sun", 0xfe },      { "fri-mon", 0xe2 },
        { "tue-tue", 0x04 },     { "mon-wed, sat", 0x4e }, { "mon - tue", 0x06 },
        { "mon,mon-tue", 0x06 }, { "sun,sat-mon", 0xc2 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct said said;
        struct opening_hours hours;
        struct hours_config entry = { (char *) cases[i].days, "08:00", "20:00" };
        assert_int_equal(parse(&entry, 1, NULL, 0, &said, &hours), 0);
        assert_false(hours.always);
        for (int day = 1; day <= WEEKDAYS; day++)
            assert_day(&hours.weekdays[day], cases[i].weekdays >> day & 1, (int[]){ 480, 1200 });
        opening_hours_release(&hours);
    }
}

/* In any order of entries; 14:00 is the end of one and may be the beginning of the next. */
static void several_entries_of_a_day_are_its_intervals(void **state)
{
    (void) state;
    struct said said;
    struct opening_hours hours;
    assert_int_equal(parse(ENTRIES({ "mon", "14:00", "18:30" }, { "mon-tue", "08:00", "12:00" },
                                   { "mon", "12:00", "14:00" }),
                           3, NULL, 0, &said, &hours),
                     0);
    assert_day(&hours.weekdays[1], 3, (int[]){ 480, 720, 720, 840, 840, 1110 });
    assert_day(&hours.weekdays[2], 1, (int[]){ 480, 720 });
    assert_day(&hours.weekdays[3], 0, NULL);
    opening_hours_release(&hours);
}

/* A bar: until two in the morning, also from sunday to monday. */
static void a_store_may_close_after_midnight(void **state)
{
    (void) state;
    struct said said;
    struct opening_hours hours;
    assert_int_equal(parse(ENTRIES({ "fri-sun", "20:00", "02:00" }, { "mon", "02:00", "24:00" },
                                   { "tue", "00:00", "24:00" }, { "wed", "08:00", "00:00" }),
                           4, NULL, 0, &said, &hours),
                     0);
    assert_day(&hours.weekdays[7], 1, (int[]){ 1200, 120 });
    assert_day(&hours.weekdays[1], 1, (int[]){ 120, 1440 });
    assert_day(&hours.weekdays[2], 1, (int[]){ 0, 1440 });
    assert_day(&hours.weekdays[3], 1, (int[]){ 480, 1440 }); /* 00:00 is 24:00 */
    opening_hours_release(&hours);
}

static void exceptions_are_ordered_by_date_and_may_be_closed(void **state)
{
    (void) state;
    struct said said;
    struct opening_hours hours;
    assert_int_equal(parse(NULL, 0,
                           DATES({ "2027-01-01", NULL, NULL }, { "2026-12-24", "13:00", "14:00" },
                                 { "2024-02-29", NULL, NULL }, { "2026-12-24", "08:00", "12:00" },
                                 { "2026-12-31", "20:00", "03:00" }),
                           5, &said, &hours),
                     0);
    assert_int_equal(hours.exception_count, 4);
    static const int dates[][3] = {
        { 2024, 2, 29 }, { 2026, 12, 24 }, { 2026, 12, 31 }, { 2027, 1, 1 }
    };
    for (size_t i = 0; i < ARRAY_LENGTH(dates); i++) {
        assert_int_equal(hours.exceptions[i].year, dates[i][0]);
        assert_int_equal(hours.exceptions[i].month, dates[i][1]);
        assert_int_equal(hours.exceptions[i].day, dates[i][2]);
    }
    assert_day(&hours.exceptions[0].hours, 0, NULL);
    assert_day(&hours.exceptions[1].hours, 2, (int[]){ 480, 720, 780, 840 });
    assert_day(&hours.exceptions[2].hours, 1, (int[]){ 1200, 180 });
    assert_day(&hours.exceptions[3].hours, 0, NULL);
    opening_hours_release(&hours);
}

static void assert_said(const struct said *said, const char *expected)
{
    assert_string_equal(said->text, expected);
}

static void what_is_wrong_with_a_day_is_said_where_it_stands(void **state)
{
    (void) state;
    static const struct {
        struct hours_config entry;
        const char *sentence;
    } cases[] = {
        { { "monday", "08:00", "20:00" },
          "store.hours[0].days: store.hours: days is \"monday\" but must be mon, tue, wed, thu, "
          "fri, "
          "sat or sun, such as \"mon-fri\" or \"mon,wed\"\n" },
        { { "", "08:00", "20:00" },
          "store.hours[0].days: store.hours: days is \"\" but must be mon, tue, wed, thu, fri, sat "
          "or "
          "sun, such as \"mon-fri\" or \"mon,wed\"\n" },
        { { "mon,", "08:00", "20:00" },
          "store.hours[0].days: store.hours: days is \"mon,\" but must be mon, tue, wed, thu, fri, "
          "sat or sun, such as \"mon-fri\" or \"mon,wed\"\n" },
        { { "mon-", "08:00", "20:00" },
          "store.hours[0].days: store.hours: days is \"mon-\" but must be mon, tue, wed, thu, fri, "
          "sat or sun, such as \"mon-fri\" or \"mon,wed\"\n" },
        { { "mon", "8:00", "20:00" },
          "store.hours[0].open: store.hours: open is \"8:00\" but must be a time from 00:00 to "
          "23:59, "
          "such as 08:00\n" },
        { { "mon", "24:00", "20:00" },
          "store.hours[0].open: store.hours: open is \"24:00\" but must be a time from 00:00 to "
          "23:59, such as 08:00\n" },
        { { "mon", "08:00", "24:01" },
          "store.hours[0].close: store.hours: close is \"24:01\" but must be a time from 00:00 to "
          "24:00, such as 08:00\n" },
        { { "mon", "08:00", "19:60" },
          "store.hours[0].close: store.hours: close is \"19:60\" but must be a time from 00:00 to "
          "24:00, such as 08:00\n" },
        { { "mon", "08:00", "20:00 h" },
          "store.hours[0].close: store.hours: close is \"20:00 h\" but must be a time from 00:00 "
          "to "
          "24:00, such as 08:00\n" },
        { { "mon", "08:00", "08:00" },
          "store.hours[0].close: store.hours: open and close are both 08:00; write 00:00 and 24:00 "
          "for a day without a break\n" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct said said;
        struct opening_hours hours;
        struct hours_config entry = cases[i].entry;
        assert_int_equal(parse(&entry, 1, NULL, 0, &said, &hours), -EINVAL);
        assert_said(&said, cases[i].sentence);
        opening_hours_release(&hours);
    }
}

static void intervals_that_overlap_are_refused_once(void **state)
{
    (void) state;
    struct said said;
    struct opening_hours hours;
    assert_int_equal(
        parse(ENTRIES({ "tue-thu", "08:00", "12:00" }, { "mon-fri", "11:59", "18:00" }), 2, NULL, 0,
              &said, &hours),
        -EINVAL);
    assert_said(&said, "store.hours[1]: store.hours: tuesday is open from 08:00 to 12:00 and from "
                       "11:59 to 18:00, which overlap; write them as one\n");
    opening_hours_release(&hours);
    assert_int_equal(parse(ENTRIES({ "mon", "20:00", "02:00" }, { "mon", "23:00", "24:00" }), 2,
                           NULL, 0, &said, &hours),
                     -EINVAL);
    assert_said(&said, "store.hours[1]: store.hours: monday is open from 20:00 to 02:00 and from "
                       "23:00 to 24:00, which overlap; write them as one\n");
    opening_hours_release(&hours);
    assert_int_equal(
        parse(NULL, 0,
              DATES({ "2026-12-24", "08:00", "12:00" }, { "2026-12-24", "08:00", "12:00" }), 2,
              &said, &hours),
        -EINVAL);
    assert_said(&said, "store.exceptions[1]: store.exceptions: 2026-12-24 is open from 08:00 to "
                       "12:00 and from 08:00 to 12:00, which overlap; write them as one\n");
    opening_hours_release(&hours);
}

static void a_night_must_end_before_the_next_day_opens(void **state)
{
    (void) state;
    struct said said;
    struct opening_hours hours;
    assert_int_equal(parse(ENTRIES({ "sun", "20:00", "06:01" }, { "mon-fri", "06:00", "18:00" }), 2,
                           NULL, 0, &said, &hours),
                     -EINVAL);
    assert_said(&said,
                "store.hours: store.hours: sunday is open until 06:01 on monday, which opens "
                "at 06:00; let them not overlap\n");
    opening_hours_release(&hours);
}

static void what_is_wrong_with_a_date_is_said_where_it_stands(void **state)
{
    (void) state;
    static const char *const bad[] = { "2026-02-30", "2026-02-29", "1900-02-29", "2026-13-01",
                                       "2026-00-10", "2026-04-31", "2026-12-00", "24.12.2026",
                                       "2026-1-1",   "1969-12-31", "",           "2026-12-24 " };
    struct said said;
    struct opening_hours hours;
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        char expected[256];
        struct exception_config entry = { (char *) bad[i], NULL, NULL };
        assert_int_equal(parse(NULL, 0, &entry, 1, &said, &hours), -EINVAL);
        (void) snprintf(expected, sizeof(expected),
                        "store.exceptions[0].date: store.exceptions: date is \"%s\" but must be a "
                        "day of the calendar, such as 2026-12-24\n",
                        bad[i]);
        assert_said(&said, expected);
        opening_hours_release(&hours);
    }
    assert_int_equal(parse(NULL, 0,
                           DATES({ "2026-12-24", "08:00", NULL }, { "2026-12-25", NULL, "08:00" },
                                 { "2026-12-26", NULL, NULL }, { "2026-12-26", "08:00", "09:00" },
                                 { "2026-12-26", NULL, NULL }),
                           5, &said, &hours),
                     -EINVAL);
    assert_said(
        &said,
        "store.exceptions[0]: store.exceptions: 2026-12-24 has open without close; write both, "
        "or neither where the store is closed all day\n"
        "store.exceptions[1]: store.exceptions: 2026-12-25 has close without open; write both, "
        "or neither where the store is closed all day\n"
        "store.exceptions[3]: store.exceptions: 2026-12-26 is closed all day in one entry and "
        "stands in another; keep one\n"
        "store.exceptions[4]: store.exceptions: 2026-12-26 is closed all day in one entry and "
        "stands in another; keep one\n");
    opening_hours_release(&hours);
}

static void a_day_has_eight_intervals_at_most(void **state)
{
    (void) state;
    struct said said;
    struct opening_hours hours;
    struct hours_config entries[OPENING_INTERVALS_MAX + 1];
    char texts[2 * (OPENING_INTERVALS_MAX + 1)][16];
    for (size_t i = 0; i < ARRAY_LENGTH(entries); i++) {
        (void) snprintf(texts[2 * i], sizeof(texts[0]), "%02zu:00", 2 * i);
        (void) snprintf(texts[2 * i + 1], sizeof(texts[0]), "%02zu:30", 2 * i);
        entries[i] = (struct hours_config){ "thu", texts[2 * i], texts[2 * i + 1] };
    }
    assert_int_equal(parse(entries, OPENING_INTERVALS_MAX, NULL, 0, &said, &hours), 0);
    assert_int_equal(hours.weekdays[4].count, OPENING_INTERVALS_MAX);
    opening_hours_release(&hours);
    assert_int_equal(parse(entries, ARRAY_LENGTH(entries), NULL, 0, &said, &hours), -EINVAL);
    assert_said(&said, "store.hours[8]: store.hours: thursday has more than 8 intervals; write "
                       "fewer\n");
    opening_hours_release(&hours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_without_hours_is_always_open),
        cmocka_unit_test(ranges_and_lists_name_weekdays),
        cmocka_unit_test(several_entries_of_a_day_are_its_intervals),
        cmocka_unit_test(a_store_may_close_after_midnight),
        cmocka_unit_test(exceptions_are_ordered_by_date_and_may_be_closed),
        cmocka_unit_test(what_is_wrong_with_a_day_is_said_where_it_stands),
        cmocka_unit_test(intervals_that_overlap_are_refused_once),
        cmocka_unit_test(a_night_must_end_before_the_next_day_opens),
        cmocka_unit_test(what_is_wrong_with_a_date_is_said_where_it_stands),
        cmocka_unit_test(a_day_has_eight_intervals_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
