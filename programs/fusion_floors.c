/*
 * fusion_floors.c - the floors of the config, each with its fusion, and where results go
 */
#include "programs/fusion_floors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "programs/floors.h"
#include "programs/fusion_cameras.h"
#include "programs/fusion_recovery.h"
#include "programs/track_csv.h"

static void write_tick(void *context, const struct tick_report *report)
{
    struct fusion_floor *floor = context;
    FILE *out = floor->loop->tracks;
    for (size_t i = 0; out && i < report->track_count; i++) {
        track_csv_write(out, report->tick_us, &report->tracks[i]);
        fprintf(out, ",%s\n", floor->config->id);
    }
}

static void store_bucket(void *context, struct heat_bucket *bucket)
{
    struct fusion_loop *loop = ((struct fusion_floor *) context)->loop;
    int64_t start_us = bucket->start_us;
    if (start_us < loop->first_bucket_us || start_us < loop->kept_before_us || !loop->writer) {
        heat_bucket_destroy(&bucket);
        return;
    }
    loop->buckets++;
    if (storage_writer_put_take(loop->writer, &bucket) == 0)
        fusion_recovery_note_bucket(loop);
    else
        fusion_recovery_note_drop(loop, start_us);
}

static int open_fusion(struct fusion_floor *floor, struct error *err)
{
    const struct store_config *config = floor->loop->options->config;
    const struct fusion_sink sink = { .context = floor,
                                      .settled = write_tick,
                                      .bucket = store_bucket };
    return fusion_create(config->store.id, floor->config->id, floor->map, &config->fusion,
                         &config->heat, &sink, &floor->fusion, err);
}

static int open_floor(struct fusion_floor *floor, struct error *err)
{
    double cell_m = floor->loop->options->config->heat.cell_m;
    int r = floor_load_map(floor->config, &floor->map, err);
    if (r == 0)
        r = floor_check_cells(floor->map, floor->config->id, cell_m, err);
    return r < 0 ? r : open_fusion(floor, err);
}

int fusion_floors_open(struct fusion_loop *loop, struct error *err)
{
    const struct store_config *config = loop->options->config;
    int r = 0;
    loop->floors = calloc(config->floors.count, sizeof(*loop->floors));
    if (!loop->floors)
        return error_set(err, -ENOMEM, "out of memory");
    loop->floor_count = config->floors.count;
    for (size_t i = 0; r == 0 && i < loop->floor_count; i++) {
        loop->floors[i].config = &store_config_floors(config)[i];
        loop->floors[i].loop = loop;
        r = open_floor(&loop->floors[i], err);
    }
    return r;
}

void fusion_floors_close(struct fusion_loop *loop)
{
    for (size_t i = 0; i < loop->floor_count; i++) {
        fusion_destroy(&loop->floors[i].fusion);
        floor_map_destroy(&loop->floors[i].map);
    }
    free(loop->floors);
    loop->floors = NULL;
    loop->floor_count = 0;
}

int fusion_floors_reset(struct fusion_loop *loop, struct error *err)
{
    int r = 0;
    for (size_t i = 0; i < loop->camera_count; i++) {
        calibration_destroy(&loop->cameras[i].calibration);
        camera_hello_release(&loop->cameras[i].hello);
        camera_hello_release(&loop->cameras[i].placed);
        loop->cameras[i].hello = loop->cameras[i].placed = (struct camera_hello){ 0 };
    }
    for (size_t i = 0; r == 0 && i < loop->floor_count; i++) {
        fusion_destroy(&loop->floors[i].fusion);
        r = open_fusion(&loop->floors[i], err);
    }
    return r;
}
