/*
 * storage_chain.c - the facts of a chain that does not exist, as a script for psql
 *
 * storage_chain WHAT [OPTION N...] writes COPY commands with their rows to stdout. WHAT is
 *
 *   dimensions  chain, stores, floors, grids, zones, cameras
 *   minutes     buckets of stores 1 and 2
 *   year        hours and days of a year: heat of --heat-stores stores, hours of --hour-stores,
 * days of
 *               --stores; never of store 2, which is there to be rolled up
 *
 * The year of each store is made of the days of store 1: its first --days dates are the very sums
 * of the minutes, later ones and other stores repeat them, with other numbers of visits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/macros.h"
#include "bench/shop.h"
#include "sim/random.h"
#include "storage/heat_pack.h"

#define FIRST_DAY    20240 /* 2025-06-01, in days since 1970 */
#define MINUTES      (60 * SHOP_HOURS)
#define FIXTURES     12
#define CAMERAS      8
#define CAMERA_SETS  2
#define ROLLED_STORE 2
#define DAY_S        86400
#define MASK_BYTES   (SHOP_CELLS / 8)

/* Europe/Berlin, 2025-06-01 to 2026-05-31: the dates on which clocks are changed. */
#define WINTER_DAY 20387 /* 2025-10-26 */
#define SUMMER_DAY 20541 /* 2026-03-29 */

struct plan {
    int days, year_days;
    int stores, hour_stores, heat_stores;
    uint64_t seed;
};

/* ---- time ---- */

/* The clock at midnight at the beginning of a date is that of the day before. */
static int offset_s(int day, bool at_midnight)
{
    int changed = at_midnight ? day - 1 : day;
    return changed >= WINTER_DAY && changed < SUMMER_DAY ? 3600 : 7200;
}

static int64_t opening_s(int day)
{
    return (int64_t) day * DAY_S + SHOP_OPENS * 3600 - offset_s(day, false);
}

static int64_t midnight_s(int day)
{
    return (int64_t) day * DAY_S - offset_s(day, true);
}

static void print_time(FILE *out, int64_t second)
{
    struct tm tm;
    time_t t = (time_t) second;
    (void) gmtime_r(&t, &tm);
    (void) fprintf(out, "%04d-%02d-%02d %02d:%02d:%02d+00", tm.tm_year + 1900, tm.tm_mon + 1,
                   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void print_date(FILE *out, int day)
{
    struct tm tm;
    time_t t = (time_t) day * DAY_S;
    (void) gmtime_r(&t, &tm);
    (void) fprintf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* ---- tables ---- */

/* Rows are gathered and written as one COPY, since several tables are filled at a time. */
struct table {
    const char *columns; /* "table (column, ...)" */
    FILE *rows;
    char *bytes;
    size_t length;
};

static FILE *table_rows(struct table *table)
{
    if (!table->rows) {
        table->rows = open_memstream(&table->bytes, &table->length);
        if (!table->rows) {
            (void) fputs("storage_chain: out of memory\n", stderr);
            exit(1);
        }
    }
    return table->rows;
}

static void table_flush(struct table *table)
{
    if (!table->rows)
        return;
    (void) fclose(table->rows);
    table->rows = NULL;
    printf("COPY %s FROM stdin;\n", table->columns);
    (void) fwrite(table->bytes, 1, table->length, stdout);
    printf("\\.\n");
    free(table->bytes);
}

static void tables_flush(struct table *tables, size_t count)
{
    for (size_t i = 0; i < count; i++)
        table_flush(&tables[i]);
}

static void print_hex(FILE *out, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    (void) fputs("\\\\x", out);
    for (size_t i = 0; i < length; i++) {
        (void) putc_unlocked(digits[bytes[i] >> 4], out);
        (void) putc_unlocked(digits[bytes[i] & 15], out);
    }
}

/* ---- dimensions ---- */

static void set_bit(uint8_t *mask, int cell)
{
    mask[cell / 8] |= (uint8_t) (1 << cell % 8);
}

/* Camera c of 4 x 2 sees its eighth of the floor and half of the next one's. */
static void camera_mask(int camera, uint8_t mask[static MASK_BYTES])
{
    int left = camera % 4 * SHOP_COLUMNS / 4, low = camera / 4 * SHOP_ROWS / 2;
    for (int cell = 0; cell < SHOP_CELLS; cell++) {
        int column = cell % SHOP_COLUMNS - left, row = cell / SHOP_COLUMNS - low;
        if (column >= -SHOP_COLUMNS / 8 && column < SHOP_COLUMNS * 3 / 8 && row >= -10 &&
            row < SHOP_ROWS / 2 + 10)
            set_bit(mask, cell);
    }
}

static void print_cameras(struct table *tables, int store)
{
    uint8_t mask[MASK_BYTES], all[CAMERA_SETS][MASK_BYTES] = { { 0 } };
    for (int c = 0; c < CAMERAS; c++) {
        memset(mask, 0, sizeof mask);
        camera_mask(c, mask);
        (void) fprintf(table_rows(&tables[0]), "%d\t%d\tcamera-%d\n", store, c + 1, c + 1);
        (void) fprintf(table_rows(&tables[1]), "%d\t%d\t%d\t%064d\t2025-06-01\n", store, c + 1,
                       c + 1, c);
        FILE *rows = table_rows(&tables[2]);
        (void) fprintf(rows, "%d\t%d\t%d\t1\t%d\t", store, c + 1, c + 1, c + 1);
        print_hex(rows, mask, sizeof mask);
        (void) putc_unlocked('\n', rows);
        for (int i = 0; i < MASK_BYTES; i++) {
            all[0][i] |= mask[i];
            all[1][i] |= c < CAMERAS - 1 ? mask[i] : 0; /* the last camera missing */
        }
    }
    for (int s = 0; s < CAMERA_SETS; s++) {
        FILE *rows = table_rows(&tables[3]);
        const char *ids = s == 0 ? "{1,2,3,4,5,6,7,8}" : "{1,2,3,4,5,6,7}";
        (void) fprintf(rows, "%d\t%d\t1\t%s\t%s\t", store, s + 1, ids, ids);
        print_hex(rows, all[s], MASK_BYTES);
        (void) putc_unlocked('\n', rows);
    }
}

static void print_place(struct table *tables, int store, int number, const char *kind)
{
    (void) fprintf(table_rows(&tables[4]),
                   "%d\t%d\t1\t%s\t%s-%d\t{\"type\": \"MultiPolygon\", \"coordinates\": []}\t"
                   "125\t2025-01-01\n",
                   store, number, kind, kind, number);
}

static void print_places(struct table *tables, int store)
{
    for (int z = 0; z < SHOP_ZONES; z++)
        print_place(tables, store, z + 1, "zone");
    for (int l = 0; l < SHOP_LINES; l++)
        (void) fprintf(table_rows(&tables[6]),
                       "%d\t%d\t1\tline-%d\t{\"type\": \"LineString\", \"coordinates\": []}\t%s\t"
                       "2025-01-01\n",
                       store, l + 1, l + 1, l == 0 ? "left_to_right" : "\\N");
}

/* Shelves between two aisles, with the cells in front of them. */
static void print_fixtures(struct table *tables, int store)
{
    uint8_t walkable[MASK_BYTES] = { 0 };
    int walkable_cells = 0;
    for (int f = 0; f < FIXTURES; f++) {
        print_place(tables, store, SHOP_ZONES + f + 1, "fixture");
        FILE *rows = table_rows(&tables[5]);
        (void) fprintf(rows, "%d\t%d\t1\t{", store, SHOP_ZONES + f + 1);
        for (int i = 0; i < 40; i++)
            (void) fprintf(rows, "%s%d", i ? "," : "", (12 + i) * SHOP_COLUMNS + 7 + 10 * f);
        (void) fputs("}\n", rows);
    }
    for (int cell = 0; cell < SHOP_CELLS; cell++)
        if (shop_is_walkable(cell)) {
            set_bit(walkable, cell);
            walkable_cells++;
        }
    FILE *rows = table_rows(&tables[7]);
    (void) fprintf(rows, "%d\t1\t", store);
    print_hex(rows, walkable, sizeof walkable);
    (void) fprintf(rows, "\t%d\n", walkable_cells);
}

static void print_dimensions(const struct plan *plan)
{
    struct table tables[] = {
        { .columns = "camera (store_id, camera_id, camera)" },
        { .columns = "calibration (store_id, calibration_id, camera_id, version, first_used_at)" },
        { .columns =
              "footprint (store_id, footprint_id, camera_id, grid_id, calibration_id, mask)" },
        { .columns =
              "camera_set (store_id, camera_set_id, grid_id, camera_ids, footprint_ids, mask)" },
        { .columns =
              "zone (store_id, zone_id, floor_id, kind, zone, geojson, area_m2, valid_from)" },
        { .columns = "zone_cells (store_id, zone_id, grid_id, cells)" },
        { .columns =
              "counting_line (store_id, line_id, floor_id, line, geojson, inward, valid_from)" },
        { .columns = "walkable (store_id, grid_id, mask, cells)" },
    };
    struct table store = { .columns = "store (store_id, chain, store, timezone)" };
    struct table floor = { .columns = "floor (store_id, floor_id, floor)" };
    struct table grid = { .columns = "grid (store_id, grid_id, floor_id, origin_x_m, origin_y_m, "
                                     "cell_m, columns, rows)" };
    struct table definition = { .columns =
                                    "definition (store_id, definition_id, bucket_s, visit_s, "
                                    "cell_m)" };
    struct table hours = {
        .columns = "opening_hours (store_id, weekday, valid_from, opens_at, closes_at)"
    };
    puts("INSERT INTO chain (chain) VALUES ('bench');");
    for (int s = 1; s <= plan->stores; s++) {
        (void) fprintf(table_rows(&store), "%d\tbench\tstore-%d\tEurope/Berlin\n", s, s);
        (void) fprintf(table_rows(&floor), "%d\t1\tground\n", s);
        (void) fprintf(table_rows(&grid), "%d\t1\t1\t0\t0\t%g\t%d\t%d\n", s, SHOP_CELL_M,
                       SHOP_COLUMNS, SHOP_ROWS);
        (void) fprintf(table_rows(&definition), "%d\t1\t60\t5\t%g\n", s, SHOP_CELL_M);
        for (int weekday = 1; weekday <= 7; weekday++)
            (void) fprintf(table_rows(&hours), "%d\t%d\t2025-01-01\t{%02d:00}\t{%02d:00}\n", s,
                           weekday, SHOP_OPENS, SHOP_OPENS + SHOP_HOURS);
        print_places(tables, s);
        if (s <= plan->heat_stores + 1) {
            print_cameras(tables, s);
            print_fixtures(tables, s);
        }
    }
    table_flush(&store);
    table_flush(&floor);
    table_flush(&grid);
    table_flush(&definition);
    table_flush(&hours);
    tables_flush(tables, ARRAY_LENGTH(tables));
}

/* ---- minutes ---- */

enum bucket_table { HEAT, EXPOSURE, CAMERA, PAIR, ZONE, LINE, FLOW, BUCKET_TABLES };

/* What is not counted by the shop: cameras that lose a frame now and then, and agree to some 10 cm.
 */
static void print_camera_facts(struct table *tables, int store, int64_t at_s,
                               const struct shop_minute *minute, struct random *random)
{
    for (int c = 1; c <= CAMERAS; c++) {
        FILE *rows = table_rows(&tables[CAMERA]);
        int missed = random_chance(random, 0.1) ? random_poisson(random, 3) : 0;
        int first = 45 + (int) random_index(random, 3); /* 1.1^45 ms is 73 ms */
        (void) fprintf(rows, "%d\t1\t", store);
        print_time(rows, at_s);
        (void) fprintf(
            rows, "\t%d\t%d\t%d\t%lld\t%d\t60000\t%d\t{", c, c, 600 - missed,
            (long long) ((double) minute->people_ms * random_between(random, 0.2, 0.6) / 100),
            missed, first);
        for (int i = 0; i < 9; i++)
            (void) fprintf(rows, "%s%d", i ? "," : "",
                           random_poisson(random, 150.0 / (1 + (i - 3) * (i - 3))));
        (void) fputs("}\n", rows);
    }
    for (int p = 0; p < CAMERAS; p++) {
        FILE *rows = table_rows(&tables[PAIR]);
        int a = p % CAMERAS + 1, b = (p + 1) % CAMERAS + 1;
        int matches = random_poisson(random, (double) minute->people_ms / 1000);
        (void) fprintf(rows, "%d\t1\t", store);
        print_time(rows, at_s);
        (void) fprintf(rows, "\t%d\t%d\t%d\t%.17g\t%.17g\t%.17g\n", a < b ? a : b, a < b ? b : a,
                       matches, matches * random_between(random, -0.05, 0.05),
                       matches * random_between(random, -0.05, 0.05),
                       matches * random_between(random, 0.01, 0.03));
    }
}

static void print_places_minute(struct table *tables, int store, int64_t at_s,
                                const struct shop_minute *minute)
{
    for (int z = 0; z < SHOP_ZONES; z++) {
        const struct shop_zone *zone = &minute->zones[z];
        FILE *rows = table_rows(&tables[ZONE]);
        (void) fprintf(rows, "%d\t%d\t", store, z + 1);
        print_time(rows, at_s);
        (void) fprintf(rows, "\t1\t%d\t%d\t%d\t%d\t%lld\t60000\n", zone->visits, zone->entries,
                       zone->exits, zone->peak_people, (long long) zone->dwell_ms);
        for (int to = 0; to < SHOP_ZONES; to++) {
            if (minute->flows[z][to] == 0)
                continue;
            rows = table_rows(&tables[FLOW]);
            (void) fprintf(rows, "%d\t%d\t%d\t", store, z + 1, to + 1);
            print_time(rows, at_s);
            (void) fprintf(rows, "\t%d\n", minute->flows[z][to]);
        }
    }
    for (int l = 0; l < SHOP_LINES; l++) {
        FILE *rows = table_rows(&tables[LINE]);
        (void) fprintf(rows, "%d\t%d\t", store, l + 1);
        print_time(rows, at_s);
        (void) fprintf(rows, "\t%d\t%d\n", minute->left_to_right[l], minute->right_to_left[l]);
    }
}

static void print_heat_minute(struct table *tables, int store, int64_t at_s,
                              const struct shop_minute *minute, const struct heat_pack *pack)
{
    FILE *rows = table_rows(&tables[HEAT]);
    (void) fprintf(rows, "%d\t1\t", store);
    print_time(rows, at_s);
    (void) fprintf(rows, "\t1\t1\t%d\t%lld\t%d\t%d\t", minute->peak_people,
                   (long long) minute->people_ms, pack->first_cell, pack->dwell_unit_ms);
    print_hex(rows, pack->planes, HEAT_PACK_PLANES * pack->entries);
    (void) putc_unlocked('\n', rows);
    for (int s = 0; s < CAMERA_SETS; s++) {
        rows = table_rows(&tables[EXPOSURE]);
        (void) fprintf(rows, "%d\t1\t", store);
        print_time(rows, at_s);
        (void) fprintf(rows, "\t%d\t%d\n", s + 1, s == 0 ? 57000 : 3000);
    }
}

static void pack_minute(const struct shop_minute *minute, struct heat_pack *ret_pack)
{
    int rc = heat_pack_cells(minute->cells, minute->cell_count, ret_pack);
    if (rc < 0) {
        (void) fprintf(stderr, "storage_chain: could not pack a minute: %s\n", strerror(-rc));
        exit(1);
    }
}

static struct shop *open_shop(const struct plan *plan, int store)
{
    struct shop *shop = shop_create(random_seed(plan->seed, (uint64_t) store));
    if (!shop)
        exit(1);
    return shop;
}

static void print_minutes(const struct plan *plan)
{
    static struct shop_minute minute;
    struct table tables[BUCKET_TABLES] = {
        [HEAT] = { .columns = "heat_bucket (store_id, floor_id, bucket_at, grid_id, definition_id, "
                              "peak_people, people_ms, first_cell, dwell_unit_ms, cells)" },
        [EXPOSURE] = { .columns = "exposure (store_id, floor_id, bucket_at, camera_set_id, "
                                  "exposure_ms)" },
        [CAMERA] = { .columns = "camera_bucket (store_id, floor_id, bucket_at, camera_id, "
                                "calibration_id, frames, observations, missed, uptime_ms, "
                                "latency_bin, latency_frames)" },
        [PAIR] = { .columns = "pair_residual_bucket (store_id, floor_id, bucket_at, camera_a_id, "
                              "camera_b_id, matches, sum_dx_m, sum_dy_m, sum_squared_m2)" },
        [ZONE] = { .columns = "zone_bucket (store_id, zone_id, bucket_at, definition_id, visits, "
                              "entries, exits, peak_people, dwell_ms, exposure_ms)" },
        [LINE] = { .columns = "line_bucket (store_id, line_id, bucket_at, left_to_right, "
                              "right_to_left)" },
        [FLOW] = { .columns =
                       "flow_bucket (store_id, from_zone_id, to_zone_id, bucket_at, people)" },
    };
    struct shop *shops[] = { open_shop(plan, 1), open_shop(plan, ROLLED_STORE) };
    struct random random = random_stream(plan->seed, 0);
    for (int day = 0; day < plan->days; day++) {
        for (int m = 0; m < MINUTES; m++) {
            int64_t at_s = opening_s(FIRST_DAY + day) + 60 * m;
            for (int s = 0; s < (int) ARRAY_LENGTH(shops); s++) {
                struct heat_pack pack;
                shop_next(shops[s], m, &minute);
                pack_minute(&minute, &pack);
                print_heat_minute(tables, s + 1, at_s, &minute, &pack);
                print_places_minute(tables, s + 1, at_s, &minute);
                print_camera_facts(tables, s + 1, at_s, &minute, &random);
                heat_pack_release(&pack);
            }
        }
        tables_flush(tables, BUCKET_TABLES);
    }
    for (size_t s = 0; s < ARRAY_LENGTH(shops); s++)
        shop_destroy(&shops[s]);
}

/* ---- a year ---- */

/* Sums of some minutes. */
struct sums {
    int64_t dwell_ms[SHOP_CELLS], passes[SHOP_CELLS];
    int64_t move_x_cm[SHOP_CELLS], move_y_cm[SHOP_CELLS], path_cm[SHOP_CELLS];
    struct shop_zone zones[SHOP_ZONES];
    int64_t people_ms, in, out;
    int32_t peak_people;
};

/* One hour or day, ready to be written with any date. */
struct kept {
    char *cells; /* the six arrays of heat_hour */
    struct shop_zone zones[SHOP_ZONES];
    int64_t people_ms, in, out;
    int32_t peak_people;
};

static void add_minute(struct sums *sums, const struct shop_minute *minute)
{
    static struct heat_entry entries[SHOP_CELLS * 4];
    struct heat_pack pack;
    pack_minute(minute, &pack);
    if (pack.entries > ARRAY_LENGTH(entries))
        exit(1);
    heat_pack_open(pack.first_cell, pack.dwell_unit_ms, pack.planes,
                   HEAT_PACK_PLANES * pack.entries, entries);
    for (size_t i = 0; i < pack.entries; i++) {
        const struct heat_entry *e = &entries[i];
        sums->dwell_ms[e->cell] += e->dwell_ms;
        sums->passes[e->cell] += e->passes;
        sums->move_x_cm[e->cell] += e->move_x_cm;
        sums->move_y_cm[e->cell] += e->move_y_cm;
        sums->path_cm[e->cell] += e->path_cm;
    }
    heat_pack_release(&pack);
    for (int z = 0; z < SHOP_ZONES; z++) {
        struct shop_zone *to = &sums->zones[z];
        const struct shop_zone *from = &minute->zones[z];
        to->visits += from->visits;
        to->entries += from->entries;
        to->exits += from->exits;
        to->dwell_ms += from->dwell_ms;
        if (from->peak_people > to->peak_people)
            to->peak_people = from->peak_people;
    }
    sums->people_ms += minute->people_ms;
    sums->in += minute->left_to_right[0];
    sums->out += minute->right_to_left[0];
    if (minute->peak_people > sums->peak_people)
        sums->peak_people = minute->peak_people;
}

/* The occupied cells' numbers, or their sums in one measure. */
static void print_array(FILE *out, const struct sums *sums, const int64_t *measure)
{
    const char *comma = "{";
    for (int c = 0; c < SHOP_CELLS; c++) {
        if (sums->dwell_ms[c] == 0)
            continue;
        (void) fprintf(out, "%s%lld", comma, (long long) (measure ? measure[c] : c));
        comma = ",";
    }
    (void) fputs(*comma == '{' ? "{}" : "}", out);
}

static void keep(const struct sums *sums, struct kept *ret_kept)
{
    const int64_t *measures[] = {
        NULL, sums->dwell_ms, sums->passes, sums->move_x_cm, sums->move_y_cm, sums->path_cm
    };
    size_t length;
    FILE *out = open_memstream(&ret_kept->cells, &length);
    if (!out)
        exit(1);
    for (size_t i = 0; i < ARRAY_LENGTH(measures); i++) {
        (void) fputs(i ? "\t" : "", out);
        print_array(out, sums, measures[i]);
    }
    (void) fclose(out);
    memcpy(ret_kept->zones, sums->zones, sizeof sums->zones);
    ret_kept->people_ms = sums->people_ms;
    ret_kept->in = sums->in;
    ret_kept->out = sums->out;
    ret_kept->peak_people = sums->peak_people;
}

/* What the days of store 1 come to. */
struct kept_day {
    struct kept hours[SHOP_HOURS], day;
};

static struct kept_day *keep_days(const struct plan *plan)
{
    static struct shop_minute minute;
    static struct sums hour, day;
    struct kept_day *days = calloc((size_t) plan->days, sizeof *days);
    struct shop *shop = open_shop(plan, 1);
    for (int d = 0; days && d < plan->days; d++) {
        memset(&day, 0, sizeof day);
        for (int m = 0; m < MINUTES; m++) {
            if (m % 60 == 0)
                memset(&hour, 0, sizeof hour);
            shop_next(shop, m, &minute);
            add_minute(&hour, &minute);
            add_minute(&day, &minute);
            if (m % 60 == 59)
                keep(&hour, &days[d].hours[m / 60]);
        }
        keep(&day, &days[d].day);
    }
    shop_destroy(&shop);
    return days;
}

enum year_table {
    HEAT_HOUR,
    HEAT_DAY,
    EXPOSURE_HOUR,
    EXPOSURE_DAY,
    ZONE_HOUR,
    ZONE_DAY,
    FLOOR_HOUR,
    FLOOR_DAY,
    YEAR_TABLES
};

/* "local_date, is_open" or "hour_at, is_open, local_hour, local_date": what a row is about. */
static void print_when(FILE *rows, int day, int hour)
{
    if (hour < 0) {
        print_date(rows, day);
        (void) fputs("\tt", rows);
        return;
    }
    print_time(rows, opening_s(day) + 3600 * hour);
    (void) fprintf(rows, "\tt\t%d\t", SHOP_OPENS + hour);
    print_date(rows, day);
}

static void print_zones(struct table *zone, struct table *floor, int store, int day, int hour,
                        const struct kept *kept, double busy)
{
    int64_t seconds = hour < 0 ? 3600 * SHOP_HOURS : 3600, visits = 0;
    for (int z = 0; z < SHOP_ZONES; z++) {
        const struct shop_zone *facts = &kept->zones[z];
        FILE *rows = table_rows(zone);
        int64_t zone_visits = (int64_t) (facts->visits * busy);
        (void) fprintf(rows, "%d\t%d\t", store, z + 1);
        print_when(rows, day, hour);
        (void) fprintf(rows, "\t1\t%d\t%lld\t%lld\t%lld\t%lld\t%lld\n", facts->peak_people,
                       (long long) zone_visits, (long long) (facts->entries * busy),
                       (long long) (facts->exits * busy),
                       (long long) ((double) facts->dwell_ms * busy), (long long) seconds * 1000);
        visits += zone_visits;
    }
    FILE *rows = table_rows(floor);
    (void) fprintf(rows, "%d\t1\t", store);
    print_when(rows, day, hour);
    (void) fprintf(rows, "\t%d\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld\n", kept->peak_people,
                   (long long) visits, (long long) ((double) kept->in * busy),
                   (long long) ((double) kept->out * busy),
                   (long long) ((double) kept->people_ms * busy), (long long) seconds * 1000,
                   (long long) seconds * 1000);
}

static void print_exposure(struct table *table, int store, int day, int hour)
{
    for (int s = 0; s < CAMERA_SETS; s++) {
        FILE *rows = table_rows(table);
        (void) fprintf(rows, "%d\t1\t", store);
        if (hour < 0)
            print_date(rows, day);
        else
            print_time(rows, opening_s(day) + 3600 * hour);
        (void) fprintf(rows, "\tt\t%d\t%d\n", s + 1,
                       (s == 0 ? 57000 : 3000) * 60 * (hour < 0 ? SHOP_HOURS : 1));
    }
}

static void print_heat(struct table *tables, int store, int day, int hour, const struct kept *kept)
{
    FILE *rows = table_rows(&tables[hour < 0 ? HEAT_DAY : HEAT_HOUR]);
    (void) fprintf(rows, "%d\t1\t", store);
    print_when(rows, day, hour);
    (void) fputs("\t1\t1\t", rows);
    if (hour < 0) {
        print_time(rows, midnight_s(day));
        (void) putc_unlocked('\t', rows);
        print_time(rows, midnight_s(day + 1));
    } else {
        print_time(rows, opening_s(day) + 3600 * (hour + 1));
    }
    (void) putc_unlocked('\t', rows);
    print_time(rows, opening_s(day) + 3600 * (hour < 0 ? 0 : hour));
    (void) putc_unlocked('\t', rows);
    print_time(rows, opening_s(day) + 3600 * (hour < 0 ? SHOP_HOURS : hour + 1));
    (void) fprintf(rows, "\t%s\n", kept->cells);
    print_exposure(&tables[hour < 0 ? EXPOSURE_DAY : EXPOSURE_HOUR], store, day, hour);
}

static bool has_hours(const struct plan *plan, int store)
{
    return store <= plan->hour_stores + 1;
}

static void print_date_of(struct table *tables, const struct plan *plan,
                          const struct kept_day *days, int date, int hour, struct random *random)
{
    for (int store = 1; store <= plan->stores; store++) {
        if (store == ROLLED_STORE || (hour >= 0 && !has_hours(plan, store)))
            continue;
        bool very_day = store == 1 && date < plan->days;
        const struct kept_day *day = &days[(date + 7 * (store - 1)) % plan->days];
        const struct kept *kept = hour < 0 ? &day->day : &day->hours[hour];
        double busy = very_day ? 1 : random_between(random, 0.7, 1.3) + store % 10 * 0.05;
        print_zones(&tables[hour < 0 ? ZONE_DAY : ZONE_HOUR],
                    &tables[hour < 0 ? FLOOR_DAY : FLOOR_HOUR], store, FIRST_DAY + date, hour, kept,
                    busy);
        if (very_day)
            print_heat(tables, store, FIRST_DAY + date, hour, kept);
    }
}

/* By time and then by store, as the rows of many stores come in. */
static void print_year(const struct plan *plan)
{
    struct table tables[YEAR_TABLES] = {
        [HEAT_HOUR] = { .columns = "heat_hour (store_id, floor_id, hour_at, is_open, local_hour, "
                                   "local_date, grid_id, definition_id, hour_end, first_bucket_at, "
                                   "last_bucket_end, cell, dwell_ms, "
                                   "passes, move_x_cm, move_y_cm, path_cm)" },
        [HEAT_DAY] = { .columns = "heat_day (store_id, floor_id, local_date, is_open, grid_id, "
                                  "definition_id, day_at, day_end, first_bucket_at, "
                                  "last_bucket_end, cell, dwell_ms, passes, "
                                  "move_x_cm, move_y_cm, path_cm)" },
        [EXPOSURE_HOUR] = { .columns = "exposure_hour (store_id, floor_id, hour_at, is_open, "
                                       "camera_set_id, exposure_ms)" },
        [EXPOSURE_DAY] = { .columns = "exposure_day (store_id, floor_id, local_date, is_open, "
                                      "camera_set_id, exposure_ms)" },
        [ZONE_HOUR] = { .columns =
                            "zone_hour (store_id, zone_id, hour_at, is_open, local_hour, "
                            "local_date, definition_id, peak_people, visits, entries, exits, "
                            "dwell_ms, exposure_ms)" },
        [ZONE_DAY] = { .columns =
                           "zone_day (store_id, zone_id, local_date, is_open, definition_id, "
                           "peak_people, visits, entries, exits, dwell_ms, exposure_ms)" },
        [FLOOR_HOUR] = { .columns =
                             "floor_hour (store_id, floor_id, hour_at, is_open, local_hour, "
                             "local_date, peak_people, zone_visits, crossed_in, crossed_out, "
                             "people_ms, counted_ms, exposure_ms)" },
        [FLOOR_DAY] = { .columns =
                            "floor_day (store_id, floor_id, local_date, is_open, peak_people, "
                            "zone_visits, crossed_in, crossed_out, people_ms, counted_ms, "
                            "exposure_ms)" },
    };
    struct random random = random_stream(plan->seed, 1);
    struct kept_day *days = keep_days(plan);
    if (!days)
        exit(1);
    for (int date = 0; date < plan->year_days; date++) {
        for (int hour = 0; hour < SHOP_HOURS; hour++)
            print_date_of(tables, plan, days, date, hour, &random);
        print_date_of(tables, plan, days, date, -1, &random);
        if (date % 10 == 9 || date == plan->year_days - 1)
            tables_flush(tables, YEAR_TABLES);
    }
    for (int d = 0; d < plan->days; d++) {
        for (int h = 0; h < SHOP_HOURS; h++)
            free(days[d].hours[h].cells);
        free(days[d].day.cells);
    }
    free(days);
}

static bool parse(int argc, char **argv, struct plan *plan)
{
    struct {
        const char *name;
        int *value;
        int low, high;
    } options[] = {
        { "--days", &plan->days, 1, 366 },
        { "--year-days", &plan->year_days, 1, 365 },
        { "--stores", &plan->stores, 4, 100000 },
        { "--hour-stores", &plan->hour_stores, 1, 100000 },
        { "--heat-stores", &plan->heat_stores, 1, 1000 },
    };
    for (int i = 2; i < argc; i += 2) {
        size_t o = 0;
        while (o < ARRAY_LENGTH(options) && strcmp(argv[i], options[o].name) != 0)
            o++;
        int value = i + 1 < argc ? atoi(argv[i + 1]) : 0;
        if (o == ARRAY_LENGTH(options) || value < options[o].low || value > options[o].high)
            return false;
        *options[o].value = value;
    }
    return argc >= 2;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(const struct plan *plan);
    } parts[] = {
        { "dimensions", print_dimensions },
        { "minutes", print_minutes },
        { "year", print_year },
    };
    struct plan plan = {
        .days = 30, .year_days = 365, .stores = 1001, .hour_stores = 50, .heat_stores = 3, .seed = 1
    };
    if (parse(argc, argv, &plan))
        for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
            if (strcmp(argv[1], parts[i].name) == 0) {
                parts[i].print(&plan);
                return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
            }
    (void) fputs(
        "Usage: storage_chain dimensions|minutes|year [--days N] [--year-days N] [--stores N] "
        "[--hour-stores N] [--heat-stores N]\n"
        "The facts of a chain that does not exist, for psql. See docs/benchmarks.md.\n",
        stderr);
    return 2;
}
