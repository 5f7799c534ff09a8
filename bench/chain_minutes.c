/*
 * chain_minutes.c - the buckets of stores 1 and 2, all that is written of each minute
 */
#include "bench/chain_plan.h"
#include "bench/copy_script.h"
#include "sim/random.h"

#define FILLED_BINS 9 /* of a latency sketch */

enum table { HEAT, EXPOSURE, CAMERA, PAIR, ZONE, LINE, FLOW, TABLES };

static struct copy_table tables[TABLES] = {
    [HEAT].columns =
        "heat_bucket (store_id, floor_id, bucket_at, grid_id, definition_id, peak_people, "
        "people_ms, first_cell, dwell_unit_ms, cells)",
    [EXPOSURE].columns = "exposure (store_id, floor_id, bucket_at, camera_set_id, exposure_ms)",
    [CAMERA].columns =
        "camera_bucket (store_id, floor_id, bucket_at, camera_id, calibration_id, frames, "
        "observations, missed, uptime_ms, latency_bin, latency_frames)",
    [PAIR].columns =
        "pair_residual_bucket (store_id, floor_id, bucket_at, camera_a_id, camera_b_id, "
        "matches, sum_dx_m, sum_dy_m, sum_squared_m2)",
    [ZONE].columns =
        "zone_bucket (store_id, zone_id, bucket_at, definition_id, visits, entries, exits, "
        "peak_people, dwell_ms, exposure_ms)",
    [LINE].columns = "line_bucket (store_id, line_id, bucket_at, left_to_right, right_to_left)",
    [FLOW].columns = "flow_bucket (store_id, from_zone_id, to_zone_id, bucket_at, people)",
};

/* The minute of a store that is being written. */
struct bucket {
    int store;
    int64_t at_s;
    const struct shop_minute *facts;
};

/* Most rows begin with the store, one of its places and the time. */
static struct copy_table *begin(enum table table, const struct bucket *bucket, int place)
{
    copy_ints(&tables[table], bucket->store, place);
    copy_time(&tables[table], bucket->at_s);
    return &tables[table];
}

static void print_heat(const struct bucket *bucket)
{
    struct heat_pack pack;
    chain_pack(bucket->facts, &pack);
    struct copy_table *row = begin(HEAT, bucket, CHAIN_FLOOR);
    copy_ints(row, CHAIN_GRID, CHAIN_DEFINITION, bucket->facts->peak_people,
              bucket->facts->people_ms, pack.first_cell, pack.dwell_unit_ms);
    copy_bytes(row, pack.planes, HEAT_PACK_PLANES * pack.entries);
    copy_end(row);
    heat_pack_release(&pack);
    for (int s = 0; s < CHAIN_CAMERA_SETS; s++) {
        row = begin(EXPOSURE, bucket, CHAIN_FLOOR);
        copy_ints(row, s + 1, chain_exposure_ms(s));
        copy_end(row);
    }
}

/* People who went from a zone into others. */
static void print_flows(const struct bucket *bucket, int from)
{
    const int32_t *people = bucket->facts->flows[from];
    struct copy_table *row = &tables[FLOW];
    for (int to = 0; to < SHOP_ZONES; to++) {
        if (people[to] == 0)
            continue;
        copy_ints(row, bucket->store, from + 1, to + 1);
        copy_time(row, bucket->at_s);
        copy_ints(row, people[to]);
        copy_end(row);
    }
}

static void print_places(const struct bucket *bucket)
{
    for (int z = 0; z < SHOP_ZONES; z++) {
        const struct shop_zone *zone = &bucket->facts->zones[z];
        struct copy_table *row = begin(ZONE, bucket, z + 1);
        copy_ints(row, CHAIN_DEFINITION, zone->visits, zone->entries, zone->exits,
                  zone->peak_people, zone->dwell_ms, 60000);
        copy_end(row);
        print_flows(bucket, z);
    }
    for (int l = 0; l < SHOP_LINES; l++) {
        struct copy_table *row = begin(LINE, bucket, l + 1);
        copy_ints(row, bucket->facts->left_to_right[l], bucket->facts->right_to_left[l]);
        copy_end(row);
    }
}

/* The shop knows no cameras: these lose a frame now and then. */
static void print_camera(const struct bucket *bucket, int camera, struct random *random)
{
    int missed = random_chance(random, 0.1) ? random_poisson(random, 3) : 0;
    int first_bin = 45 + (int) random_index(random, 3); /* 1.1^45 ms is 73 ms */
    double seen = random_between(random, 0.2, 0.6);
    int64_t frames[FILLED_BINS];
    for (int i = 0; i < FILLED_BINS; i++)
        frames[i] = random_poisson(random, 150.0 / (1 + (i - 3) * (i - 3)));

    struct copy_table *row = begin(CAMERA, bucket, CHAIN_FLOOR);
    copy_ints(row, camera, camera, 600 - missed,
              (int64_t) ((double) bucket->facts->people_ms * seen / 100), missed, 60000, first_bin);
    copy_array(row, frames, FILLED_BINS);
    copy_end(row);
}

/* Two cameras that agree to some 10 cm. */
static void print_pair(const struct bucket *bucket, int camera_a, int camera_b,
                       struct random *random)
{
    int matches = random_poisson(random, (double) bucket->facts->people_ms / 1000);
    double squared_m2 = random_between(random, 0.01, 0.03);
    double dy_m = random_between(random, -0.05, 0.05);
    double dx_m = random_between(random, -0.05, 0.05);

    struct copy_table *row = begin(PAIR, bucket, CHAIN_FLOOR);
    copy_ints(row, camera_a, camera_b, matches);
    copy_real(row, matches * dx_m);
    copy_real(row, matches * dy_m);
    copy_real(row, matches * squared_m2);
    copy_end(row);
}

static void print_cameras(const struct bucket *bucket, struct random *random)
{
    for (int c = 1; c <= CHAIN_CAMERAS; c++)
        print_camera(bucket, c, random);
    for (int c = 1; c < CHAIN_CAMERAS; c++)
        print_pair(bucket, c, c + 1, random);
    print_pair(bucket, 1, CHAIN_CAMERAS, random); /* they stand in a circle */
}

void chain_print_minutes(const struct chain_plan *plan)
{
    static struct shop_minute minute;
    struct shop *shops[] = { chain_open_shop(plan, 1), chain_open_shop(plan, CHAIN_ROLLED_STORE) };
    struct random random = random_stream(plan->seed, 0);
    for (int day = 0; day < plan->days; day++) {
        for (int m = 0; m < CHAIN_MINUTES; m++)
            for (int s = 0; s < (int) ARRAY_LENGTH(shops); s++) {
                shop_next(shops[s], m, &minute);
                const struct bucket bucket = {
                    .store = s + 1,
                    .at_s = chain_opening_s(CHAIN_FIRST_DAY + day) + 60 * m,
                    .facts = &minute,
                };
                print_heat(&bucket);
                print_places(&bucket);
                print_cameras(&bucket, &random);
            }
        copy_flush(tables, TABLES);
    }
    for (size_t s = 0; s < ARRAY_LENGTH(shops); s++)
        shop_destroy(&shops[s]);
}
