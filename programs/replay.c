/*
 * replay.c - fusion of detections that were written down
 *
 * The file is in order of time, so when a row of a later tick is read every earlier tick is
 * complete, and nothing ever waits: the clock that fusion is shown stands at the capture time when
 * frames go in, and at the end of time when ticks are to be closed.
 */
#include "programs/replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/output_file.h"
#include "base/text.h"
#include "fusion/align.h"
#include "fusion/fusion.h"
#include "geom/polygon.h"
#include "programs/event_csv.h"
#include "programs/floors.h"
#include "programs/replay_cameras.h"
#include "programs/track_csv.h"

/* Store and floor when there is no config. */
#define NO_STORE "replay"
#define NO_FLOOR "floor"

struct replay {
    const struct replay_options *options;
    const struct floor_config *floor; /* NULL without a config */
    struct replay_cameras cameras;
    struct floor_map *map;
    struct fusion *fusion;
    struct observation_csv *csv;
    struct output_file tracks, detections, events;
    int64_t tick_us;      /* length; 0: the times of the input */
    int64_t open_tick_us; /* that the last frames belong to */
    bool started;
    uint64_t track_rows;
};

/* ---- results ---- */

static bool in_roi(const struct number_list *roi, struct floor_m p)
{
    const double *v = roi->values;
    if (roi->count == 0)
        return true;
    if (roi->count == 4)
        return p.x >= v[0] && p.y >= v[1] && p.x <= v[2] && p.y <= v[3];
    return polygon_contains((struct polygon){ .xy = v, .corners = roi->count / 2 }, p.x, p.y);
}

static void write_row(FILE *out, int64_t tick_us, const struct track_report *track)
{
    track_csv_write(out, tick_us, track);
    (void) fputc('\n', out);
}

static void write_tracks(void *context, const struct tick_report *report)
{
    struct replay *replay = context;
    for (size_t i = 0; i < report->track_count; i++) {
        const struct track_report *track = &report->tracks[i];
        if (track->state == TRACK_TENTATIVE || !in_roi(&replay->options->roi, track->position))
            continue;
        write_row(replay->tracks.stream, report->tick_us, track);
        replay->track_rows++;
    }
}

/* Every position that a camera supports at this very tick, whoever it will turn out to be. */
static void write_detections(void *context, const struct tick_report *report)
{
    struct replay *replay = context;
    for (size_t i = 0; replay->detections.stream && i < report->track_count; i++) {
        const struct track_report *track = &report->tracks[i];
        if (track->cameras > 0 && in_roi(&replay->options->roi, track->position))
            write_row(replay->detections.stream, report->tick_us, track);
    }
}

static void write_event(void *context, const struct zone_event *event)
{
    struct replay *replay = context;
    if (replay->events.stream && in_roi(&replay->options->roi, event->position))
        event_csv_write(replay->events.stream, event);
}

static int open_output(const char *path, struct output_file *file, struct error *err)
{
    int r = output_file_open(path, file, err);
    if (r < 0)
        return r;
    track_csv_write_header(file->stream);
    (void) fputc('\n', file->stream);
    return 0;
}

static int open_outputs(struct replay *replay, struct error *err)
{
    const struct replay_options *options = replay->options;
    int r = open_output(options->out, &replay->tracks, err);
    if (r == 0 && options->out_detections)
        r = open_output(options->out_detections, &replay->detections, err);
    if (r == 0 && options->events)
        r = output_file_open(options->events, &replay->events, err);
    if (r == 0 && options->events)
        event_csv_write_header(replay->events.stream);
    return r;
}

static int commit_outputs(struct replay *replay, struct error *err)
{
    int r = output_file_commit(&replay->tracks, err);
    if (r == 0 && replay->detections.stream)
        r = output_file_commit(&replay->detections, err);
    if (r == 0 && replay->events.stream)
        r = output_file_commit(&replay->events, err);
    return r;
}

/* A full disk is known long before the end. */
static int check_outputs(const struct replay *replay, struct error *err)
{
    const struct output_file *files[] = { &replay->tracks, &replay->detections, &replay->events };
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        if (files[i]->stream && ferror(files[i]->stream))
            return error_set(err, -EIO, "could not write %s; is the disk full?", files[i]->path);
    return 0;
}

/* ---- opening ---- */

static int find_floor(struct replay *replay, struct error *err)
{
    const struct store_config *config = replay->options->config;
    const char *id = replay->options->floor;
    if (config->floors.count == 0)
        return id ? error_set(err, -EINVAL, "there is no config whose floor \"%s\" could be", id)
                  : 0;
    replay->floor = id ? store_config_floor(config, id) : store_config_floors(config);
    return replay->floor ? 0 : error_set(err, -EINVAL, "%s has no floor \"%s\"", config->path, id);
}

static int open_map(struct replay *replay, double *ret_cell_m, struct error *err)
{
    double cell_m = replay->options->config->heat.cell_m;
    *ret_cell_m = cell_m;
    if (!replay->floor)
        return replay_cameras_floor(&replay->cameras, cell_m, &replay->map, ret_cell_m, err);
    int r = floor_load_map(replay->floor, &replay->map, err);
    return r < 0 ? r : floor_check_cells(replay->map, replay->floor->id, cell_m, err);
}

static int name_cameras(struct replay *replay, struct error *err)
{
    for (size_t i = 0; i < replay->cameras.count; i++) {
        const struct observation_csv_camera *camera = &replay->cameras.items[i];
        const struct observer *o = &camera->observer;
        if (camera->elsewhere)
            continue;
        int r = fusion_set_camera(replay->fusion, camera->name, o->calibration, o->view, &o->watch,
                                  o->edge_sd_px);
        if (r == -ENOSPC)
            return error_set(err, r, "%s names %zu cameras of one floor; at most %d can be fused",
                             replay->options->observations, replay->cameras.here_count,
                             HEAT_CAMERAS_MAX);
        if (r < 0)
            return error_set(err, r, "out of memory");
    }
    return 0;
}

static int open_fusion(struct replay *replay, struct error *err)
{
    const struct store_config *config = replay->options->config;
    struct fusion_config settings = config->fusion;
    struct heat_config heat = config->heat;
    const struct fusion_sink sink = {
        .context = replay, .tick = write_detections, .settled = write_tracks, .event = write_event
    };
    int r = open_map(replay, &heat.cell_m, err);
    if (r < 0)
        return r;
    settings.tick_ms = replay->options->tick_ms;
    replay->tick_us = settings.tick_ms * US_PER_MS;
    r = fusion_create(config->store.id ? config->store.id : NO_STORE,
                      replay->floor ? replay->floor->id : NO_FLOOR, replay->map, &settings, &heat,
                      &sink, &replay->fusion, err);
    return r < 0 ? r : name_cameras(replay, err);
}

static int open_all(struct replay *replay, struct error *err)
{
    const struct replay_options *options = replay->options;
    int r = find_floor(replay, err);
    if (r == 0)
        r = replay_cameras_open(options, replay->floor, &replay->cameras, err);
    if (r == 0) /* of a table, rows of all floors are taken: it has one frame of coordinates */
        r = observation_csv_open(options->observations, options->cameras ? NULL : replay->floor->id,
                                 replay->cameras.items, replay->cameras.count, &replay->csv, err);
    if (r == 0)
        r = open_fusion(replay, err);
    return r < 0 ? r : open_outputs(replay, err);
}

/* ---- playing ---- */

static int64_t tick_of(const struct replay *replay, int64_t time_us)
{
    return replay->tick_us ? align_tick_of(time_us, replay->tick_us) : time_us;
}

/* Close the ticks before that of a time. */
static int close_ticks_before(struct replay *replay, int64_t time_us)
{
    int64_t tick_us = tick_of(replay, time_us);
    bool over = replay->started && tick_us != replay->open_tick_us;
    replay->started = true;
    replay->open_tick_us = tick_us;
    return over ? fusion_advance(replay->fusion, INT64_MAX) : 0;
}

/* What fusion does not take is counted there. */
static int push_frames(struct replay *replay, int64_t time_us,
                       const struct observation_frame *const *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fusion_push(replay->fusion, frames[i], time_us * NS_PER_US) == -ENOMEM)
            return -ENOMEM;
    return 0;
}

static int play(struct replay *replay, struct error *err)
{
    const struct observation_frame *const *frames;
    size_t count;
    int64_t time_us;
    int r;
    while ((r = observation_csv_next(replay->csv, &time_us, &frames, &count, err)) == 1) {
        r = close_ticks_before(replay, time_us);
        if (r == 0)
            r = push_frames(replay, time_us, frames, count);
        if (r < 0)
            return error_set(err, r, "out of memory");
        r = check_outputs(replay, err);
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;
    r = fusion_finish(replay->fusion);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

/* ---- the line at the end ---- */

static void add_left_out(struct text *text, uint64_t rows, const char *reason, long first_line)
{
    if (rows == 0)
        return;
    text_format(text, "%s%llu %s",
                strstr(text->bytes, "left out") ? ", " : "; left out: ", (unsigned long long) rows,
                reason);
    if (first_line > 0)
        text_format(text, " (first in line %ld)", first_line);
}

static void print_summary(const struct replay *replay, const char *name)
{
    const struct observation_csv_counts *read = observation_csv_counts(replay->csv);
    struct fusion_counts fused = fusion_counts(replay->fusion);
    AUTO(text_release) struct text text = TEXT_INIT;
    text_format(
        &text, "%llu rows at %llu times, %zu cameras, %llu observations; %llu tracks in %llu rows",
        (unsigned long long) read->rows, (unsigned long long) read->times,
        replay->cameras.here_count, (unsigned long long) read->observations,
        (unsigned long long) fused.tracks_confirmed, (unsigned long long) replay->track_rows);
    for (int i = 0; i < OBSERVATION_CSV_REASONS; i++)
        add_left_out(&text, read->left_out[i].rows,
                     observation_csv_reason_text((enum observation_csv_reason) i),
                     read->left_out[i].first_line);
    add_left_out(&text, fused.observations_dropped, "beyond what fusion takes of one frame", 0);
    add_left_out(&text, fused.frames_implausible, "frames after a gap of more than a day", 0);
    add_left_out(&text, fused.frames_late, "frames that were late", 0);
    fprintf(stderr, "%s: %s\n", name, text.bytes);
}

static void close_all(struct replay *replay)
{
    output_file_abandon(&replay->tracks);
    output_file_abandon(&replay->detections);
    output_file_abandon(&replay->events);
    observation_csv_close(&replay->csv);
    fusion_destroy(&replay->fusion);
    floor_map_destroy(&replay->map);
    replay_cameras_release(&replay->cameras);
}

int replay_run(const struct replay_options *options, const char *name, struct error *err)
{
    struct replay replay = { .options = options };
    int r = open_all(&replay, err);
    if (r == 0)
        r = play(&replay, err);
    if (r == 0)
        r = commit_outputs(&replay, err);
    if (r == 0)
        print_summary(&replay, name);
    close_all(&replay);
    return r;
}
