/*
 * shop.c - a store that does not exist, minute by minute
 *
 * 50 x 30 m: aisles from front to back, 2.5 m from one to the next, joined by three cross aisles;
 * the entrance is in the first, tills are in the last four. Numbers that make 300 occupied cells a
 * minute were tried out; the rest are what simulated stores (sim/) give through fusion.
 */
#include "bench/shop.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/random.h"

#define WIDTH_M        (SHOP_COLUMNS * SHOP_CELL_M)
#define DEPTH_M        (SHOP_ROWS * SHOP_CELL_M)
#define AISLES         19
#define AISLE_STEP_M   2.5
#define AISLE_FIRST_M  2.5
#define AISLE_HALF_M   0.75
#define CROSSES        3
#define CROSS_HALF_M   1.0
#define PEOPLE_MAX     64
#define STAFF          1
#define TILLS          4 /* aisles, from the last one back */
#define STOPS_MEAN     7
#define STOP_MEDIAN_S  17
#define PAY_S          45
#define TILL_S         120 /* staff at one of them */
#define SPEED_M_S      0.9
#define SECOND_TICKS   (1000 / SHOP_TICK_MS)
#define VISIT_TICKS    (5 * SECOND_TICKS)
#define MINUTE_TICKS   (60 * SECOND_TICKS)
#define ARRIVALS_A_MIN 0.26 /* over the day, on average */

/* Of a fused track: slow, some centimetres. */
#define ERROR_SD_M  0.05
#define ERROR_TAU_S 1.5

/* A pass counts when somebody is this far beyond the cell's edge. */
#define HYSTERESIS_M 0.05

/* Shoppers by hour from opening, mean 1. */
static const double rush[SHOP_HOURS] = {
    0.5, 0.7, 0.9, 1.1, 1.2, 1.0, 0.9, 1.0, 1.2, 1.5, 1.3, 0.7
};

static const double cross_m[CROSSES] = { 1.5, 15.0, 28.5 };
static const double line_m[SHOP_LINES] = { 4.0, 25.0, 46.0 };

struct point {
    double x, y;
};

struct person {
    bool here, staff;
    struct point at, error, seen; /* seen: where fusion puts them */
    struct point way[4];
    int way_count, way_next;
    int stop_ticks, stops_left;
    double step_m, aside_m;
    int cell, zone, zone_ticks;
};

struct shop {
    struct random random;
    struct person people[PEOPLE_MAX];
    int32_t dwell_ticks[SHOP_CELLS], passes[SHOP_CELLS];
    double move_x_m[SHOP_CELLS], move_y_m[SHOP_CELLS], path_m[SHOP_CELLS];
};

static double aisle_x(int aisle)
{
    return AISLE_FIRST_M + AISLE_STEP_M * aisle;
}

static int nearest_aisle(double x)
{
    int aisle = (int) lround((x - AISLE_FIRST_M) / AISLE_STEP_M);
    return aisle < 0 ? 0 : aisle >= AISLES ? AISLES - 1 : aisle;
}

static int cell_of(struct point p)
{
    int column = (int) (p.x / SHOP_CELL_M), row = (int) (p.y / SHOP_CELL_M);
    column = column < 0 ? 0 : column >= SHOP_COLUMNS ? SHOP_COLUMNS - 1 : column;
    row = row < 0 ? 0 : row >= SHOP_ROWS ? SHOP_ROWS - 1 : row;
    return row * SHOP_COLUMNS + column;
}

static int zone_of(int cell)
{
    int column = cell % SHOP_COLUMNS * 4 / SHOP_COLUMNS, row = cell / SHOP_COLUMNS * 3 / SHOP_ROWS;
    return row * 4 + column;
}

bool shop_is_walkable(int cell)
{
    double x = (cell % SHOP_COLUMNS + 0.5) * SHOP_CELL_M,
           y = (cell / SHOP_COLUMNS + 0.5) * SHOP_CELL_M;
    if (fabs(x - aisle_x(nearest_aisle(x))) <= AISLE_HALF_M)
        return true;
    for (int i = 0; i < CROSSES; i++)
        if (fabs(y - cross_m[i]) <= CROSS_HALF_M)
            return true;
    return false;
}

/* The sum of four 16-bit numbers is normal enough, and takes one draw. */
static double quick_normal(struct random *random)
{
    uint64_t bits = random_next(random);
    double sum =
        (double) ((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
    return (sum - 2 * 65535.0) / (65536.0 * 0.57735026918962576);
}

static void go_to(struct shop *shop, struct person *person, int aisle, double y)
{
    double x = aisle_x(aisle) + person->aside_m;
    person->way_count = person->way_next = 0;
    if (nearest_aisle(person->at.x) != aisle) {
        int cross = 0;
        for (int i = 1; i < CROSSES; i++)
            if (fabs(cross_m[i] - person->at.y) + fabs(cross_m[i] - y) <
                fabs(cross_m[cross] - person->at.y) + fabs(cross_m[cross] - y))
                cross = i;
        double along_m = cross_m[cross] + random_between(&shop->random, -0.7, 0.7);
        person->way[person->way_count++] = (struct point){ person->at.x, along_m };
        person->way[person->way_count++] = (struct point){ x, along_m };
    }
    person->way[person->way_count++] = (struct point){ x, y };
}

static int till_aisle(struct random *random)
{
    return AISLES - 1 - (int) random_index(random, TILLS);
}

/* The next shelf; after the last a till, and then the door. */
static void choose(struct shop *shop, struct person *person)
{
    struct random *random = &shop->random;
    person->aside_m = random_between(random, -0.5, 0.5);
    person->stops_left--;
    if (person->staff) {
        go_to(shop, person, till_aisle(random), random_between(random, 1, 4));
        person->stop_ticks = (int) random_log_normal(random, TILL_S * SECOND_TICKS, 0.6);
    } else if (person->stops_left > 0) {
        go_to(shop, person, (int) random_index(random, AISLES), random_between(random, 2, 28));
        person->stop_ticks = (int) random_log_normal(random, STOP_MEDIAN_S * SECOND_TICKS, 0.9);
    } else if (person->stops_left == 0) {
        go_to(shop, person, till_aisle(random), 2);
        person->stop_ticks = (int) random_log_normal(random, PAY_S * SECOND_TICKS, 0.4);
    } else if (person->stops_left == -1) {
        go_to(shop, person, 0, 0.5);
        person->stop_ticks = 0;
    } else {
        person->here = false;
    }
}

static void walk(struct shop *shop, struct person *person)
{
    if (person->way_next == person->way_count) {
        if (person->stop_ticks-- > 0)
            return;
        choose(shop, person);
        return;
    }
    struct point to = person->way[person->way_next];
    double x = to.x - person->at.x, y = to.y - person->at.y, left_m = hypot(x, y);
    if (left_m <= person->step_m) {
        person->at = to;
        person->way_next++;
        return;
    }
    person->at.x += x / left_m * person->step_m;
    person->at.y += y / left_m * person->step_m;
}

static void arrive(struct shop *shop, bool staff)
{
    struct random *random = &shop->random;
    for (int i = 0; i < PEOPLE_MAX; i++) {
        struct person *person = &shop->people[i];
        if (person->here)
            continue;
        struct point door = { staff ? WIDTH_M - 4 : AISLE_FIRST_M, staff ? 2 : 0.5 };
        *person = (struct person){ .here = true,
                                   .staff = staff,
                                   .at = door,
                                   .seen = door,
                                   .stops_left = 1 + random_poisson(random, STOPS_MEAN),
                                   .step_m = SPEED_M_S * SHOP_TICK_MS / 1000 *
                                             random_log_normal(random, 1, 0.2),
                                   .cell = -1,
                                   .zone = -1 };
        return;
    }
}

static bool is_outside(int cell, struct point p)
{
    double left = cell % SHOP_COLUMNS * SHOP_CELL_M, low = cell / SHOP_COLUMNS * SHOP_CELL_M;
    return p.x < left - HYSTERESIS_M || p.x > left + SHOP_CELL_M + HYSTERESIS_M ||
           p.y < low - HYSTERESIS_M || p.y > low + SHOP_CELL_M + HYSTERESIS_M;
}

static void count_zone(struct person *person, int cell, struct shop_minute *minute)
{
    int zone = person->here ? zone_of(cell) : -1;
    if (zone != person->zone) {
        if (person->zone >= 0)
            minute->zones[person->zone].exits++;
        if (zone >= 0)
            minute->zones[zone].entries++;
        if (zone >= 0 && person->zone >= 0)
            minute->flows[person->zone][zone]++;
        person->zone = zone;
        person->zone_ticks = 0;
    }
    if (zone >= 0) {
        minute->zones[zone].dwell_ms += SHOP_TICK_MS;
        if (++person->zone_ticks == VISIT_TICKS)
            minute->zones[zone].visits++;
    }
}

static void count_lines(struct point before, struct point after, struct shop_minute *minute)
{
    for (int i = 0; i < SHOP_LINES; i++) {
        minute->left_to_right[i] += before.x < line_m[i] && after.x >= line_m[i];
        minute->right_to_left[i] += before.x >= line_m[i] && after.x < line_m[i];
    }
}

static void tick_person(struct shop *shop, struct person *person, struct shop_minute *minute)
{
    static const double keep = 1 - SHOP_TICK_MS / 1000.0 / ERROR_TAU_S;
    double fresh_m = ERROR_SD_M * sqrt(1 - keep * keep);
    walk(shop, person);
    person->error.x = keep * person->error.x + fresh_m * quick_normal(&shop->random);
    person->error.y = keep * person->error.y + fresh_m * quick_normal(&shop->random);
    struct point before = person->seen;
    person->seen = (struct point){ person->at.x + person->error.x, person->at.y + person->error.y };
    int cell = cell_of(person->seen);
    shop->dwell_ticks[cell]++;
    shop->move_x_m[cell] += person->seen.x - before.x;
    shop->move_y_m[cell] += person->seen.y - before.y;
    shop->path_m[cell] += hypot(person->seen.x - before.x, person->seen.y - before.y);
    if (person->cell < 0 || is_outside(person->cell, person->seen)) {
        shop->passes[cell]++;
        person->cell = cell;
    }
    count_zone(person, cell, minute);
    count_lines(before, person->seen, minute);
    minute->people_ms += SHOP_TICK_MS;
}

static void tick(struct shop *shop, struct shop_minute *minute)
{
    int people = 0, in_zone[SHOP_ZONES] = { 0 };
    for (int i = 0; i < PEOPLE_MAX; i++) {
        struct person *person = &shop->people[i];
        if (!person->here)
            continue;
        tick_person(shop, person, minute);
        people++;
        if (person->zone >= 0)
            in_zone[person->zone]++;
    }
    if (people > minute->peak_people)
        minute->peak_people = people;
    for (int z = 0; z < SHOP_ZONES; z++)
        if (in_zone[z] > minute->zones[z].peak_people)
            minute->zones[z].peak_people = in_zone[z];
}

/* Hand the cells out and begin again with none. */
static void take_cells(struct shop *shop, struct shop_minute *minute)
{
    for (int c = 0; c < SHOP_CELLS; c++) {
        if (shop->dwell_ticks[c] == 0)
            continue;
        minute->cells[minute->cell_count++] =
            (struct heat_cell){ .cell = (uint32_t) c,
                                .dwell_ms = shop->dwell_ticks[c] * SHOP_TICK_MS,
                                .passes = (uint32_t) shop->passes[c],
                                .move_x_mm = lround(1000 * shop->move_x_m[c]),
                                .move_y_mm = lround(1000 * shop->move_y_m[c]),
                                .path_mm = lround(1000 * shop->path_m[c]) };
        shop->dwell_ticks[c] = shop->passes[c] = 0;
        shop->move_x_m[c] = shop->move_y_m[c] = shop->path_m[c] = 0;
    }
}

void shop_next(struct shop *shop, int minute, struct shop_minute *ret_minute)
{
    ret_minute->people_ms = ret_minute->peak_people = 0;
    ret_minute->cell_count = 0;
    memset(ret_minute->zones, 0, sizeof ret_minute->zones);
    memset(ret_minute->left_to_right, 0, sizeof ret_minute->left_to_right);
    memset(ret_minute->right_to_left, 0, sizeof ret_minute->right_to_left);
    memset(ret_minute->flows, 0, sizeof ret_minute->flows);
    if (minute == 0) {
        memset(shop->people, 0, sizeof shop->people);
        for (int i = 0; i < STAFF; i++)
            arrive(shop, true);
    }
    int arrivals = random_poisson(&shop->random, ARRIVALS_A_MIN * rush[minute / 60 % SHOP_HOURS]);
    for (int t = 0; t < MINUTE_TICKS; t++) {
        for (int i = 0; i < arrivals; i++)
            if (t == i * MINUTE_TICKS / arrivals) /* evenly over the minute */
                arrive(shop, false);
        tick(shop, ret_minute);
    }
    take_cells(shop, ret_minute);
}

struct shop *shop_create(uint64_t seed)
{
    struct shop *shop = calloc(1, sizeof *shop);
    if (shop)
        shop->random = random_stream(seed, 0);
    return shop;
}

void shop_destroy(struct shop **shop)
{
    free(*shop);
    *shop = NULL;
}
