/*
 * chain_year.c - hours and days of a year, as they would have been rolled up
 *
 * They are made of the days of store 1: its own first dates are the very sums of its minutes, and
 * have heat; later dates and other stores repeat them with other numbers of people. Heat is so
 * large that the rest of it is copied in the database (storage.sh).
 */
#include "bench/chain_days.h"
#include "bench/chain_plan.h"
#include "bench/copy_script.h"
#include "sim/random.h"

#define FLUSH_DAYS 10 /* rows of so many are held in memory */

enum fact { HEAT, EXPOSURE, ZONE, FLOOR, FACTS };
enum level { HOUR, DAY, LEVELS };

#define HOUR_COLUMNS "hour_at, is_open, local_hour, local_date"
#define DAY_COLUMNS  "local_date, is_open"
#define HEAT_COLUMNS \
    "first_bucket_at, last_bucket_end, cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm"
#define ZONE_COLUMNS "definition_id, peak_people, visits, entries, exits, dwell_ms, exposure_ms"
#define FLOOR_COLUMNS \
    "peak_people, zone_visits, crossed_in, crossed_out, people_ms, counted_ms, exposure_ms"

static struct copy_table tables[FACTS][LEVELS] = {
    [HEAT][HOUR].columns = "heat_hour (store_id, floor_id, " HOUR_COLUMNS
                           ", grid_id, definition_id, hour_end, " HEAT_COLUMNS ")",
    [HEAT][DAY].columns = "heat_day (store_id, floor_id, " DAY_COLUMNS
                          ", grid_id, definition_id, day_at, day_end, " HEAT_COLUMNS ")",
    [EXPOSURE][HOUR].columns = "exposure_hour (store_id, floor_id, hour_at, is_open, "
                               "camera_set_id, exposure_ms)",
    [EXPOSURE][DAY].columns =
        "exposure_day (store_id, floor_id, " DAY_COLUMNS ", camera_set_id, exposure_ms)",
    [ZONE][HOUR].columns = "zone_hour (store_id, zone_id, " HOUR_COLUMNS ", " ZONE_COLUMNS ")",
    [ZONE][DAY].columns = "zone_day (store_id, zone_id, " DAY_COLUMNS ", " ZONE_COLUMNS ")",
    [FLOOR][HOUR].columns = "floor_hour (store_id, floor_id, " HOUR_COLUMNS ", " FLOOR_COLUMNS ")",
    [FLOOR][DAY].columns = "floor_day (store_id, floor_id, " DAY_COLUMNS ", " FLOOR_COLUMNS ")",
};

/* What a row is about: an hour, or all hours of a day. */
struct span {
    enum level level;
    int day;         /* since 1970 */
    int first, last; /* hours from opening, [first, last) */
};

static struct span an_hour(int day, int hour)
{
    return (struct span){ HOUR, day, hour, hour + 1 };
}

static struct span a_day(int day)
{
    return (struct span){ DAY, day, 0, SHOP_HOURS };
}

static int64_t start_s(const struct span *span)
{
    return chain_opening_s(span->day) + 3600 * span->first;
}

static int64_t end_s(const struct span *span)
{
    return chain_opening_s(span->day) + 3600 * span->last;
}

static int minutes_of(const struct span *span)
{
    return 60 * (span->last - span->first);
}

/* The store, one of its places, and HOUR_COLUMNS or DAY_COLUMNS. */
static struct copy_table *begin(enum fact fact, int store, int place, const struct span *span)
{
    struct copy_table *row = &tables[fact][span->level];
    copy_ints(row, store, place);
    if (span->level == HOUR) {
        copy_time(row, start_s(span));
        copy_text(row, "t");
        copy_ints(row, SHOP_OPENS + span->first);
        copy_date(row, span->day);
    } else {
        copy_date(row, span->day);
        copy_text(row, "t");
    }
    return row;
}

static void print_heat(int store, const struct span *span, const struct chain_sums *sums)
{
    struct copy_table *row = begin(HEAT, store, CHAIN_FLOOR, span);
    copy_ints(row, CHAIN_GRID, CHAIN_DEFINITION);
    if (span->level == HOUR) {
        copy_time(row, end_s(span));
    } else {
        copy_time(row, chain_midnight_s(span->day));
        copy_time(row, chain_midnight_s(span->day + 1));
    }
    copy_time(row, start_s(span));
    copy_time(row, end_s(span));
    copy_text(row, "%s", sums->cells);
    copy_end(row);
}

/* An hour's exposure has no local hour and date. */
static void print_exposure(int store, const struct span *span)
{
    struct copy_table *row = &tables[EXPOSURE][span->level];
    for (int s = 0; s < CHAIN_CAMERA_SETS; s++) {
        copy_ints(row, store, CHAIN_FLOOR);
        if (span->level == HOUR)
            copy_time(row, start_s(span));
        else
            copy_date(row, span->day);
        copy_text(row, "t");
        copy_ints(row, s + 1, chain_exposure_ms(s) * minutes_of(span));
        copy_end(row);
    }
}

static int64_t times(int64_t count, double busy)
{
    return (int64_t) ((double) count * busy);
}

/* Zones and the floor, with `busy` times as many people. */
static void print_people(int store, const struct span *span, const struct chain_sums *sums,
                         double busy)
{
    int64_t exposure_ms = minutes_of(span) * 60000, floor_visits = 0;
    for (int z = 0; z < SHOP_ZONES; z++) {
        const struct shop_zone *zone = &sums->zones[z];
        int64_t visits = times(zone->visits, busy);
        struct copy_table *row = begin(ZONE, store, z + 1, span);
        copy_ints(row, CHAIN_DEFINITION, zone->peak_people, visits, times(zone->entries, busy),
                  times(zone->exits, busy), times(zone->dwell_ms, busy), exposure_ms);
        copy_end(row);
        floor_visits += visits;
    }
    struct copy_table *row = begin(FLOOR, store, CHAIN_FLOOR, span);
    copy_ints(row, sums->peak_people, floor_visits, times(sums->crossed_in, busy),
              times(sums->crossed_out, busy), times(sums->people_ms, busy), exposure_ms,
              exposure_ms);
    copy_end(row);
}

static bool has_rows(const struct chain_plan *plan, int store, enum level level)
{
    return store != CHAIN_ROLLED_STORE && (level == DAY || store <= plan->hour_stores + 1);
}

/* The span in all stores. */
static void print_span(const struct chain_plan *plan, const struct chain_day *days,
                       const struct span *span, struct random *random)
{
    int date = span->day - CHAIN_FIRST_DAY;
    for (int store = 1; store <= plan->stores; store++) {
        if (!has_rows(plan, store, span->level))
            continue;
        const struct chain_day *day = &days[(date + 7 * (store - 1)) % plan->days];
        const struct chain_sums *sums =
            span->level == HOUR ? &day->hours[span->first] : &day->whole;
        if (store == 1 && date < plan->days) {
            print_people(store, span, sums, 1);
            print_heat(store, span, sums);
            print_exposure(store, span);
        } else {
            double busy = random_between(random, 0.7, 1.3) + store % 10 * 0.05;
            print_people(store, span, sums, busy);
        }
    }
}

/* By time and then by store, as the rows of many stores come in. */
void chain_print_year(const struct chain_plan *plan)
{
    struct random random = random_stream(plan->seed, 1);
    struct chain_day *days = chain_days_create(plan);
    for (int date = 0; date < plan->year_days; date++) {
        for (int h = 0; h < SHOP_HOURS; h++) {
            const struct span hour = an_hour(CHAIN_FIRST_DAY + date, h);
            print_span(plan, days, &hour, &random);
        }
        const struct span day = a_day(CHAIN_FIRST_DAY + date);
        print_span(plan, days, &day, &random);
        if (date % FLUSH_DAYS == FLUSH_DAYS - 1 || date == plan->year_days - 1)
            copy_flush(&tables[0][0], FACTS * LEVELS);
    }
    chain_days_destroy(&days, plan->days);
}
