/*
 * storage_writer.c - buckets a second through the writer, on its one connection
 *
 * storage_writer CONNINFO BUCKETS heat|all prints one line of JSON: how fast new buckets are
 * committed, and how fast the same ones once more, which replaces them. A bucket has the cells of a
 * minute of the generated shop, with the exposure of two camera sets; `all` adds what else a store
 * of 8 cameras, 12 zones and 3 lines has. Rolling up waits while there are buckets and is timed
 * apart (storage.sh), but a call that still runs when the second writing begins delays it.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "bench/shop.h"
#include "storage/migrate.h"
#include "storage/writer.h"

#define START_US    (INT64_C(1748736000) * US_PER_S) /* 2025-06-01 */
#define MINUTE_US   (60 * US_PER_S)
#define MINUTES     (60 * SHOP_HOURS)
#define CAMERAS     8
#define BUCKETS_MAX 1000000
#define WAIT_MS     (10 * 60 * 1000)

static struct shop_minute minutes[MINUTES];

/* Items that are all zero, and one more, since calloc() of none may give NULL. */
static void *room(size_t count, size_t bytes)
{
    void *made = calloc(count + 1, bytes);
    if (!made)
        errx(1, "out of memory");
    return made;
}

static void *copy(const void *items, size_t count, size_t bytes)
{
    return memcpy(room(count, bytes), items, count * bytes);
}

static void fill_camera(struct heat_camera *camera, int number, const struct grid *grid)
{
    *camera = (struct heat_camera){ .frames = 600,
                                    .observations = 1500,
                                    .boot_id = 1,
                                    .last_sequence = 1,
                                    .model = "yolo",
                                    .model_width = 416,
                                    .model_height = 320 };
    (void) snprintf(camera->camera, sizeof camera->camera, "camera-%d", number + 1);
    (void) snprintf(camera->calibration_version, sizeof camera->calibration_version, "%064d",
                    number);
    for (int bin = 45; bin < 54; bin++)
        camera->latency.frames[bin] = 66;
    camera->footprint = room(grid_mask_bytes(grid), 1);
    memset(camera->footprint, 0xff, grid_mask_bytes(grid) / (size_t) (1 + number));
}

static void add_cameras(struct heat_bucket *bucket, int count)
{
    const struct heat_exposure exposures[] = { { .camera_set = { { 0xff >> (8 - count) } },
                                                 .exposure_ms = 57000 },
                                               { .camera_set = { { 1 } }, .exposure_ms = 3000 } };
    bucket->camera_count = (size_t) count;
    bucket->cameras = room((size_t) count, sizeof *bucket->cameras);
    for (int c = 0; c < count; c++)
        fill_camera(&bucket->cameras[c], c, &bucket->grid);
    bucket->exposure_count = count > 1 ? 2 : 1;
    bucket->exposures = copy(exposures, bucket->exposure_count, sizeof *exposures);
}

static void add_pairs(struct heat_bucket *bucket)
{
    struct heat_pair pairs[CAMERAS - 1];
    for (uint32_t p = 0; p < CAMERAS - 1; p++)
        pairs[p] = (struct heat_pair){ .camera_a = p,
                                       .camera_b = p + 1,
                                       .count = 200,
                                       .sum_dx_m = 1.25,
                                       .sum_dy_m = -2.5,
                                       .sum_squared_m2 = 4 };
    bucket->pair_count = CAMERAS - 1;
    bucket->pairs = copy(pairs, CAMERAS - 1, sizeof *pairs);
}

static void add_places(struct heat_bucket *bucket, const struct shop_minute *minute)
{
    struct heat_zone zones[SHOP_ZONES] = { { .zone = "" } };
    struct heat_line lines[SHOP_LINES] = { { .line = "" } };
    struct heat_flow flows[SHOP_ZONES * SHOP_ZONES];
    for (int z = 0; z < SHOP_ZONES; z++) {
        const struct shop_zone *zone = &minute->zones[z];
        zones[z] = (struct heat_zone){ .entries = zone->entries,
                                       .exits = zone->exits,
                                       .visits = zone->visits,
                                       .dwell_ms = zone->dwell_ms,
                                       .peak_people = zone->peak_people };
        (void) snprintf(zones[z].zone, sizeof zones[z].zone, "zone-%02d", z + 1);
        for (int to = 0; to < SHOP_ZONES; to++)
            if (minute->flows[z][to] > 0)
                flows[bucket->flow_count++] = (struct heat_flow){ .from = (uint32_t) z,
                                                                  .to = (uint32_t) to,
                                                                  .count = minute->flows[z][to] };
    }
    for (int l = 0; l < SHOP_LINES; l++) {
        lines[l].left_to_right = minute->left_to_right[l];
        lines[l].right_to_left = minute->right_to_left[l];
        (void) snprintf(lines[l].line, sizeof lines[l].line, "line-%d", l + 1);
    }
    bucket->zone_count = SHOP_ZONES;
    bucket->zones = copy(zones, SHOP_ZONES, sizeof *zones);
    bucket->line_count = SHOP_LINES;
    bucket->lines = copy(lines, SHOP_LINES, sizeof *lines);
    bucket->flows = copy(flows, bucket->flow_count, sizeof *flows);
}

static struct heat_bucket *make_bucket(int number, bool all)
{
    const struct shop_minute *minute = &minutes[number % MINUTES];
    const struct heat_bucket made = {
        .store = "store",
        .floor = "ground",
        .grid = { .cell_m = SHOP_CELL_M, .columns = SHOP_COLUMNS, .rows = SHOP_ROWS },
        .start_us = START_US + number * MINUTE_US,
        .end_us = START_US + (number + 1) * MINUTE_US,
        .peak_people = minute->peak_people,
        .people_ms = minute->people_ms,
        .cells = copy(minute->cells, minute->cell_count, sizeof *minute->cells),
        .cell_count = minute->cell_count,
        .definition = { .visit_s = 5, .hysteresis_m = 0.3 },
    };
    struct heat_bucket *bucket = copy(&made, 1, sizeof made);
    add_cameras(bucket, all ? CAMERAS : 2);
    if (all) {
        add_pairs(bucket);
        add_places(bucket, minute);
    }
    return bucket;
}

/* The writer has no event for it: its flush waits for rolling up too. */
static void wait_written(struct storage_writer *writer, uint64_t written)
{
    const struct timespec moment = { .tv_nsec = NS_PER_MS };
    int64_t deadline_ns = clock_mono_ns() + WAIT_MS * NS_PER_MS;
    for (;;) {
        struct storage_writer_counts counts = storage_writer_counts(writer);
        if (counts.written >= written && counts.dropped == 0)
            return;
        if (counts.dropped > 0 || clock_mono_ns() > deadline_ns)
            errx(1, "buckets were dropped or are late: %s", counts.last_error);
        (void) nanosleep(&moment, NULL);
    }
}

/* Buckets a second, after `before` of them. They are made before the clock starts: this is about
 * the writer. */
static double write_all(struct storage_writer *writer, int count, bool all, uint64_t before)
{
    struct heat_bucket **buckets = room((size_t) count, sizeof *buckets);
    for (int i = 0; i < count; i++)
        buckets[i] = make_bucket(i, all);
    int64_t start_ns = clock_mono_ns();
    for (int i = 0; i < count; i++)
        if (storage_writer_put_take(writer, &buckets[i]) < 0)
            errx(1, "the queue is full");
    wait_written(writer, before + (uint64_t) count);
    double seconds = (double) (clock_mono_ns() - start_ns) / 1e9;
    free(buckets);
    return count / seconds;
}

static int measure(const char *conninfo, int count, bool all, struct error *err)
{
    struct storage_writer *writer = NULL;
    int applied, version;
    double cells = 0;
    const struct storage_writer_options options = { .conninfo = conninfo,
                                                    .chain = "bench",
                                                    .store = "store",
                                                    .timezone = "Europe/Berlin",
                                                    .store_key = 1,
                                                    .queue_buckets = count,
                                                    .bucket_s = 60,
                                                    .visit_s = 5,
                                                    .cell_m = SHOP_CELL_M,
                                                    .zone_hysteresis_m = 0.3 };
    int rc = storage_migrate(conninfo, &applied, &version, err);
    if (rc == 0)
        rc = storage_writer_create(&options, &writer, err);
    if (rc < 0)
        return rc;
    double new_per_s = write_all(writer, count, all, 0);
    double again_per_s = write_all(writer, count, all, (uint64_t) count);
    for (int m = 0; m < MINUTES; m++)
        cells += (double) minutes[m].cell_count / MINUTES;
    printf("{ \"new_per_s\": %.1f, \"again_per_s\": %.1f, \"cells\": %.1f }\n", new_per_s,
           again_per_s, cells);
    storage_writer_destroy(&writer);
    return 0;
}

int main(int argc, char **argv)
{
    struct error err = { "" };
    int count = argc == 4 ? atoi(argv[2]) : 0;
    bool all = argc == 4 && strcmp(argv[3], "all") == 0;
    if (count < 1 || count > BUCKETS_MAX || (!all && strcmp(argv[3], "heat") != 0)) {
        (void) fputs("Usage: storage_writer CONNINFO BUCKETS heat|all\n"
                     "Buckets a second through the writer. See docs/benchmarks.md.\n",
                     stderr);
        return 2;
    }
    struct shop *shop = shop_create(1);
    if (!shop)
        errx(1, "out of memory");
    for (int m = 0; m < MINUTES; m++)
        shop_next(shop, m, &minutes[m]);
    shop_destroy(&shop);
    if (measure(argv[1], count, all, &err) < 0) {
        (void) fprintf(stderr, "storage_writer: %s\n", err.text);
        return 1;
    }
    return 0;
}
