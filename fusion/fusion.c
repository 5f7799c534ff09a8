/*
 * fusion.c - what all cameras of one floor see, as one picture of who is where
 *
 * The parts know nothing of one another: align.c says which frames make a tick, follow.c moves the
 * tracks, accumulate.c counts. Here they are put together, once a tick.
 */
#include "fusion/fusion.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/accumulate.h"
#include "fusion/coverage.h"
#include "fusion/follow.h"
#include "fusion/life.h"

/* First block of a tick's scratch memory; a busy tick adds more, which stay. */
#define ARENA_BLOCK_BYTES ((size_t) 64 * 1024)

struct fusion {
    char store[ID_SIZE], floor[ID_SIZE];
    struct fusion_settings settings;
    struct fusion_sink sink;
    struct grid grid;
    uint8_t *walkable; /* mask */
    struct cameras cameras;
    struct align *align;
    struct tracks tracks;
    struct accumulator *accumulator;
    struct residuals residuals; /* of the whole run */
    struct arena *arena;        /* of one tick */
    struct fusion_counts counts;
};

static int check_settings(const struct fusion_config *config, const struct heat_config *heat,
                          struct error *err)
{
    if (config->tick_ms < 1 || heat->bucket_s < 1 || !(heat->cell_m > 0))
        return error_set(err, -EINVAL,
                         "fusion.tick_ms, heat.bucket_s and heat.cell_m must be above 0");
    return 0;
}

static int open_grid(struct fusion *fusion, const struct floor_map *map, double cell_m)
{
    fusion->grid = floor_map_grid(map, cell_m);
    if ((uint64_t) fusion->grid.columns * fusion->grid.rows > ACCUMULATE_CELLS_MAX)
        return -EFBIG;
    fusion->walkable = calloc((size_t) grid_mask_bytes(&fusion->grid) + 1, 1);
    if (!fusion->walkable)
        return -ENOMEM;
    floor_map_walkable_mask(map, &fusion->grid, fusion->walkable);
    return 0;
}

static int open_parts(struct fusion *fusion, const struct floor_map *map,
                      const struct fusion_config *config, const struct heat_config *heat)
{
    int r = open_grid(fusion, map, heat->cell_m);
    if (r == 0)
        r = align_create(config->tick_ms, config->lateness_ms, &fusion->align);
    if (r == 0)
        r = accumulator_create(&fusion->grid, config->tick_ms, heat->bucket_s,
                               &fusion->accumulator);
    if (r == 0)
        r = arena_create(ARENA_BLOCK_BYTES, &fusion->arena);
    return r;
}

int fusion_create(const char *store, const char *floor, const struct floor_map *map,
                  const struct fusion_config *config, const struct heat_config *heat,
                  const struct fusion_sink *sink, struct fusion **ret_fusion, struct error *err)
{
    int r = check_settings(config, heat, err);
    if (r < 0)
        return r;
    struct fusion *fusion = calloc(1, sizeof(*fusion));
    if (!fusion)
        return error_set(err, -ENOMEM, "out of memory");
    (void) snprintf(fusion->store, sizeof(fusion->store), "%s", store);
    (void) snprintf(fusion->floor, sizeof(fusion->floor), "%s", floor);
    fusion->settings = fusion_settings_from(config);
    fusion->sink = *sink;
    r = open_parts(fusion, map, config, heat);
    if (r < 0) {
        fusion_destroy(&fusion);
        return r == -EFBIG ? error_set(err, r,
                                       "floor %s has more than %u heat cells of %g m; raise "
                                       "heat.cell_m or check the floor's size",
                                       floor, ACCUMULATE_CELLS_MAX, heat->cell_m)
                           : error_set(err, r, "out of memory");
    }
    *ret_fusion = fusion;
    return 0;
}

void fusion_destroy(struct fusion **fusion)
{
    struct fusion *f = *fusion;
    if (!f)
        return;
    cameras_release(&f->cameras);
    align_destroy(&f->align);
    tracks_release(&f->tracks);
    accumulator_destroy(&f->accumulator);
    arena_destroy(&f->arena);
    free(f->walkable);
    free(f);
    *fusion = NULL;
}

int fusion_set_camera(struct fusion *fusion, const char *camera,
                      const struct calibration *calibration, struct box_px view,
                      const struct number_list *roi, double edge_sd_px)
{
    uint8_t *footprint = calloc((size_t) grid_mask_bytes(&fusion->grid) + 1, 1);
    if (!footprint)
        return -ENOMEM;
    int slot = cameras_add(&fusion->cameras, camera);
    if (slot < 0) {
        free(footprint);
        return slot;
    }
    calibration_footprint(calibration, view, roi, edge_sd_px, &fusion->grid, footprint);
    struct camera *c = &fusion->cameras.items[slot];
    free(c->footprint);
    c->footprint = footprint;
    (void) snprintf(c->calibration_version, sizeof(c->calibration_version), "%s",
                    calibration_version(calibration));
    align_know_camera(fusion->align, slot);
    return 0;
}

void fusion_camera_ended(struct fusion *fusion, const char *camera)
{
    int slot = cameras_find(&fusion->cameras, camera);
    if (slot >= 0)
        align_camera_ended(fusion->align, slot);
}

void fusion_camera_missed(struct fusion *fusion, const char *camera, uint64_t missed_total)
{
    int slot = cameras_find(&fusion->cameras, camera);
    if (slot >= 0)
        fusion->cameras.items[slot].missed_total = (int64_t) missed_total;
}

int fusion_push(struct fusion *fusion, const struct observation_frame *frame,
                int64_t arrival_mono_ns)
{
    int slot = cameras_find(&fusion->cameras, frame->camera);
    if (slot < 0) {
        fusion->counts.frames_unknown++;
        return -ENOENT;
    }
    return align_push(fusion->align, slot, frame, arrival_mono_ns);
}

static int emit_bucket(struct fusion *fusion)
{
    struct heat_bucket *bucket;
    int r = accumulator_emit(fusion->accumulator, fusion->store, fusion->floor, &fusion->cameras,
                             &bucket);
    if (r < 0)
        return r;
    if (fusion->sink.bucket)
        fusion->sink.bucket(fusion->sink.context, bucket);
    else
        heat_bucket_destroy(&bucket);
    return 0;
}

static void note_frames(struct fusion *fusion, struct aligned_frame *const *frames, size_t count)
{
    fusion->counts.frames += count;
    for (size_t i = 0; i < count; i++) {
        cameras_note_frame(&fusion->cameras, frames[i]);
        fusion->counts.observations += frames[i]->observation_count;
    }
}

static void count_dwell(struct fusion *fusion, struct track *track, int64_t tick_us,
                        struct floor_m position)
{
    int64_t people_ms;
    fusion->counts.dwell_ms +=
        accumulator_add_person(fusion->accumulator, &track->walker, tick_us, position, &people_ms);
    fusion->counts.people_ms += people_ms;
}

/* Who turns out to be a person has been one since they were first seen. */
static void count_pending(struct fusion *fusion, struct track *track, int64_t tick_us)
{
    uint32_t kept =
        track->pending_count < TRACK_PENDING_MAX ? track->pending_count : TRACK_PENDING_MAX;
    for (uint32_t ago = kept; ago > 0; ago--)
        count_dwell(fusion, track, tick_us - ago * fusion->settings.tick_us,
                    track->pending[(track->pending_count - ago) % TRACK_PENDING_MAX]);
}

static int64_t count_people(struct fusion *fusion, int64_t tick_us)
{
    int64_t people = 0;
    for (size_t i = 0; i < fusion->tracks.count; i++) {
        struct track *track = &fusion->tracks.items[i];
        if (life_is_due(track, &fusion->settings)) {
            track->confirmed = true;
            fusion->counts.tracks_confirmed++;
            count_pending(fusion, track, tick_us);
        }
        if (track->confirmed) {
            people++;
            count_dwell(fusion, track, tick_us, track->state.position);
        } else {
            track->pending[track->pending_count++ % TRACK_PENDING_MAX] = track->state.position;
        }
    }
    return people;
}

static void add_residuals(struct fusion *fusion, int64_t tick_us)
{
    struct residuals *of_bucket = accumulator_residuals(fusion->accumulator);
    for (size_t i = 0; i < fusion->tracks.count; i++) {
        const struct track *track = &fusion->tracks.items[i];
        if (!track->confirmed)
            continue;
        residuals_add_track(&fusion->residuals, track, tick_us, &fusion->cameras);
        residuals_add_track(of_bucket, track, tick_us, &fusion->cameras);
    }
}

static void count_tick(struct fusion *fusion, int64_t tick_us, int64_t people, uint64_t looking)
{
    struct fusion_counts *counts = &fusion->counts;
    if (counts->ticks++ == 0)
        counts->first_tick_us = tick_us;
    counts->last_tick_us = tick_us;
    if (looking)
        counts->looked_ms += fusion->settings.tick_us / US_PER_MS;
    if (people > counts->peak_people)
        counts->peak_people = people;
}

static struct track_report report_of(const struct track *track)
{
    enum track_state state = !track->confirmed ? TRACK_TENTATIVE
                             : track->supports ? TRACK_CONFIRMED
                                               : TRACK_COASTING;
    return (struct track_report){
        .track = track->number,
        .state = state,
        .position = track->state.position,
        .covariance = track->state.position_variance,
        .velocity_x_m_s = track->state.velocity_x_m_s,
        .velocity_y_m_s = track->state.velocity_y_m_s,
        .cameras = (uint32_t) __builtin_popcountll(track_camera_set(track)),
    };
}

static int report_tick(struct fusion *fusion, int64_t tick_us, int64_t people)
{
    if (!fusion->sink.tick)
        return 0;
    struct track_report *reports =
        arena_allocate(fusion->arena, fusion->tracks.count, sizeof(*reports));
    if (!reports)
        return -ENOMEM;
    for (size_t i = 0; i < fusion->tracks.count; i++)
        reports[i] = report_of(&fusion->tracks.items[i]);
    struct tick_report report = { .tick_us = tick_us,
                                  .tracks = reports,
                                  .track_count = fusion->tracks.count,
                                  .confirmed_count = (size_t) people };
    fusion->sink.tick(fusion->sink.context, &report);
    return 0;
}

static int count_and_report(struct fusion *fusion, int64_t tick_us)
{
    int64_t people = count_people(fusion, tick_us);
    uint64_t looking = cameras_looking(&fusion->cameras, tick_us, fusion->settings.frame_valid_us);
    accumulator_note_people(fusion->accumulator, people);
    add_residuals(fusion, tick_us);
    count_tick(fusion, tick_us, people, looking);
    int r = accumulator_add_exposure(fusion->accumulator, looking);
    return r < 0 ? r : report_tick(fusion, tick_us, people);
}

static int close_tick(struct fusion *fusion, int64_t tick_us)
{
    if (accumulator_is_over(fusion->accumulator, tick_us)) {
        int r = emit_bucket(fusion);
        if (r < 0)
            return r;
    }
    struct aligned_frame *const *frames;
    int64_t count = align_take(fusion->align, tick_us, fusion->cameras.rank, &frames);
    if (count < 0)
        return (int) count;
    arena_reset(fusion->arena);
    accumulator_begin_tick(fusion->accumulator, tick_us);
    note_frames(fusion, frames, (size_t) count);
    int r = follow_tick(&fusion->tracks, frames, (size_t) count, tick_us, &fusion->settings,
                        fusion->arena);
    return r < 0 ? r : count_and_report(fusion, tick_us);
}

/* Nothing happens until the next frame: nobody is there, and nobody is looking any more. */
static bool is_idle(const struct fusion *fusion)
{
    return fusion->tracks.count == 0 &&
           cameras_looking(&fusion->cameras, align_following_tick_us(fusion->align),
                           fusion->settings.frame_valid_us) == 0;
}

static int close_ticks(struct fusion *fusion, int64_t now_mono_ns, bool no_waiting)
{
    int64_t tick_us;
    while (align_next(fusion->align, now_mono_ns, is_idle(fusion), no_waiting, &tick_us)) {
        int r = close_tick(fusion, tick_us);
        if (r < 0)
            return r;
    }
    return 0;
}

int fusion_advance(struct fusion *fusion, int64_t now_mono_ns)
{
    return close_ticks(fusion, now_mono_ns, false);
}

int64_t fusion_next_deadline_mono_ns(const struct fusion *fusion)
{
    return align_deadline_mono_ns(fusion->align, is_idle(fusion));
}

int fusion_finish(struct fusion *fusion)
{
    int r = close_ticks(fusion, INT64_MAX, true);
    if (r == 0 && accumulator_is_open(fusion->accumulator))
        r = emit_bucket(fusion);
    return r;
}

struct fusion_counts fusion_counts(const struct fusion *fusion)
{
    struct fusion_counts counts = fusion->counts;
    struct align_counts align = align_counts(fusion->align);
    counts.frames_late = align.late;
    counts.frames_implausible = align.implausible;
    counts.observations_dropped = align.observations_dropped;
    return counts;
}

const struct grid *fusion_grid(const struct fusion *fusion)
{
    return &fusion->grid;
}

static struct pair_residual pair_of(const struct fusion *fusion, int slot_a, int slot_b)
{
    const struct residual_sum *sum = &fusion->residuals.pairs[slot_a][slot_b];
    double count = (double) sum->count;
    return (struct pair_residual){ .camera_a = fusion->cameras.items[slot_a].name,
                                   .camera_b = fusion->cameras.items[slot_b].name,
                                   .count = sum->count,
                                   .mean_dx_m = sum->dx_m / count,
                                   .mean_dy_m = sum->dy_m / count,
                                   .rms_m = sqrt(sum->squared_m2 / count) };
}

int fusion_pair_residuals(const struct fusion *fusion, struct pair_residual **ret_pairs)
{
    int cameras = fusion->cameras.count, count = 0;
    struct pair_residual *pairs = calloc((size_t) cameras * (size_t) cameras + 1, sizeof(*pairs));
    if (!pairs)
        return -ENOMEM;
    for (int a = 0; a < cameras; a++)
        for (int b = a + 1; b < cameras; b++) {
            int slot_a = fusion->cameras.by_rank[a], slot_b = fusion->cameras.by_rank[b];
            if (fusion->residuals.pairs[slot_a][slot_b].count > 0)
                pairs[count++] = pair_of(fusion, slot_a, slot_b);
        }
    *ret_pairs = pairs;
    return count;
}

void fusion_coverage(const struct fusion *fusion, double *ret_walkable_m2, double *ret_unseen_m2)
{
    coverage_measure(&fusion->grid, fusion->walkable, &fusion->cameras, ret_walkable_m2,
                     ret_unseen_m2);
}
