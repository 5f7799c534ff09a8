/*
 * fusion.c - what all cameras of one floor see, as one picture of who is where
 *
 * The parts know nothing of one another: align.c says which frames make a tick, follow.c moves the
 * tracks, accumulate.c counts. Here they are put together, once a tick.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/coverage.h"
#include "fusion/fingerprint.h"
#include "fusion/follow.h"
#include "fusion/fusion_state.h"
#include "fusion/fusion_tell.h"
#include "fusion/life.h"

/* First block of a tick's scratch memory; a busy tick adds more, which stay. */
#define ARENA_BLOCK_BYTES ((size_t) 64 * 1024)

/*
 * Of the acceleration, for reported positions, m^2/s^3: somebody who starts to walk, or stops,
 * changes their speed by 1.4 m/s within a second. (Tracking takes what people do most of the time.)
 */
#define SETTLE_NOISE_M2_S3 2.0

/* Who was seen before and after is taken to have been there in between, unless those who looked
 * would have missed them less often than this. */
#define HIDDEN_UNFOUND_MIN 0.1

static int check_settings(const struct fusion_config *config, const struct heat_config *heat,
                          struct error *err)
{
    if (config->tick_ms < 0 || heat->bucket_s < 1 || !(heat->cell_m > 0))
        return error_set(err, -EINVAL,
                         "fusion.tick_ms must not be negative, heat.bucket_s and heat.cell_m must "
                         "be above 0");
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
    int r = ground_init(&fusion->ground, &fusion->grid, fusion->walkable);
    if (r == 0)
        r = ground_add_doors(&fusion->ground, map);
    return r < 0 ? r : height_field_create(map, &fusion->obstacles);
}

static int open_zones(struct fusion *fusion, struct error *err)
{
    const struct zone_settings settings = { .visit_us = fusion->heat.visit_s * US_PER_S,
                                            .hysteresis_m = fusion->heat.zone_hysteresis_m,
                                            .gone_us = fusion->config.max_gap_ms * US_PER_MS +
                                                       LIFE_REMEMBERED_US };
    const struct zone_sink sink = { .context = fusion->sink.context, .event = fusion->sink.event };
    return zones_create(fusion->map, &settings, &sink, &fusion->zones, err);
}

int fusion_open_moving(struct fusion *fusion, struct error *err)
{
    const struct fusion_config *config = &fusion->config;
    int r =
        align_create(config->tick_ms, config->lateness_ms, config->people.height_m, &fusion->align);
    if (r == 0)
        r = accumulator_create(&fusion->grid, fusion->heat.bucket_s, &fusion->accumulator);
    if (r == 0)
        r = settle_create(config->settle_ms * US_PER_MS, SETTLE_NOISE_M2_S3, &fusion->settle);
    return r < 0 ? r : open_zones(fusion, err);
}

static int open_parts(struct fusion *fusion, struct error *err)
{
    int r = open_grid(fusion, fusion->map, fusion->heat.cell_m);
    if (r == 0)
        r = fusion_open_moving(fusion, err);
    if (r == 0)
        r = fingerprint_of_floor(fusion->map, fusion->map_fingerprint);
    if (r == 0)
        r = arena_create(ARENA_BLOCK_BYTES, &fusion->arena);
    return r;
}

/* Why a floor cannot be fused. */
static int refuse_floor(int r, const char *floor, double cell_m, const struct error *sentence,
                        struct error *err)
{
    if (r == -EFBIG)
        return error_set(err, r,
                         "floor %s has more than %u heat cells of %g m; raise heat.cell_m or check "
                         "the floor's size",
                         floor, ACCUMULATE_CELLS_MAX, cell_m);
    if (r == -EINVAL)
        return error_set(err, r, "floor %s: %s", floor, sentence->text);
    return error_set(err, r, "out of memory");
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
    fusion->config = *config;
    fusion->heat = *heat;
    fusion->settings = fusion_settings_from(config);
    fusion->sink = *sink;
    fusion->map = map;
    struct error sentence = { "" };
    r = open_parts(fusion, &sentence);
    if (r < 0) {
        fusion_destroy(&fusion);
        return refuse_floor(r, floor, heat->cell_m, &sentence, err);
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
    seers_release(&f->seers);
    settle_destroy(&f->settle);
    zones_destroy(&f->zones);
    accumulator_destroy(&f->accumulator);
    residuals_release(&f->residuals);
    arena_destroy(&f->arena);
    height_field_destroy(&f->obstacles);
    ground_release(&f->ground);
    free(f->walkable);
    free(f);
    *fusion = NULL;
}

/* A footprint knows the picture only: cells where shelves hide half of a person are not seen. */
static void leave_out_hidden(const struct viewpoint *viewpoint, const struct grid *grid,
                             uint8_t *footprint)
{
    for (uint32_t cell = 0; viewpoint->viewshed && cell < grid_cells(grid); cell++)
        if (grid_mask_test(footprint, cell) &&
            viewpoint_open_share(viewpoint, grid_cell_centre(grid, cell)) < 0.5)
            footprint[cell / 8] &= (uint8_t) ~(1u << cell % 8);
}

/* Frames that have come and are not counted yet were placed by what was known till now. */
static int make_room_for_sight(struct camera *camera, const char *fingerprint)
{
    bool changes = strcmp(camera->fingerprint, fingerprint) != 0;
    return changes && camera->footprint && camera->pushed_us != INT64_MIN
               ? camera_put_sight_away(camera)
               : 0;
}

int fusion_set_camera(struct fusion *fusion, const char *camera,
                      const struct calibration *calibration, struct box_px view,
                      const struct watch *watch, double edge_sd_px)
{
    struct viewpoint viewpoint;
    char fingerprint[SHA256_TEXT_SIZE];
    uint8_t *footprint = calloc((size_t) grid_mask_bytes(&fusion->grid) + 1, 1);
    if (!footprint ||
        fingerprint_of_camera(calibration, view, watch, edge_sd_px, fingerprint) < 0 ||
        viewpoint_init(&viewpoint, calibration, view, edge_sd_px, fusion->obstacles) < 0) {
        free(footprint);
        return -ENOMEM;
    }
    int slot = cameras_add(&fusion->cameras, camera);
    int r = slot < 0 ? slot : make_room_for_sight(&fusion->cameras.items[slot], fingerprint);
    if (r < 0) {
        free(footprint);
        viewpoint_release(&viewpoint);
        return r;
    }
    calibration_footprint(calibration, view, watch, edge_sd_px, &fusion->grid, footprint);
    leave_out_hidden(&viewpoint, &fusion->grid, footprint);
    struct camera *c = &fusion->cameras.items[slot];
    free(c->footprint);
    c->footprint = footprint;
    viewpoint_release(&c->view);
    c->view = viewpoint;
    fusion->cameras_changed = true;
    memcpy(c->fingerprint, fingerprint, sizeof(c->fingerprint));
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

void fusion_camera_catching_up(struct fusion *fusion, const char *camera, bool catching_up)
{
    int slot = cameras_find(&fusion->cameras, camera);
    if (slot >= 0)
        align_camera_catching_up(fusion->align, slot, catching_up);
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
    int r = align_push(fusion->align, slot, frame, arrival_mono_ns);
    if (r == 0 && frame->capture_us > fusion->cameras.items[slot].pushed_us)
        fusion->cameras.items[slot].pushed_us = frame->capture_us;
    return r;
}

static int emit_bucket(struct fusion *fusion)
{
    struct heat_bucket *bucket;
    int r = accumulator_emit(fusion->accumulator, fusion->store, fusion->floor, &fusion->cameras,
                             &bucket);
    if (r < 0)
        return r;
    bucket->definition = (struct heat_definition){ .visit_s = fusion->heat.visit_s,
                                                   .hysteresis_m = fusion->heat.zone_hysteresis_m };
    r = zone_facts_take(zones_facts(fusion->zones), bucket);
    if (r < 0) {
        heat_bucket_destroy(&bucket);
        return r;
    }
    if (fusion->sink.bucket)
        fusion->sink.bucket(fusion->sink.context, bucket);
    else
        heat_bucket_destroy(&bucket);
    return 0;
}

/* What has settled becomes facts. */
static int64_t count_people(struct fusion *fusion, const struct settled_tick *tick)
{
    int64_t people = (int64_t) tick->person_count;
    for (size_t i = 0; i < tick->person_count; i++)
        fusion->counts.dwell_ms += accumulator_add_person(
            fusion->accumulator, tick->people[i].walker, tick->people[i].state.position);
    fusion->counts.people_ms += people * (tick->duration_us / US_PER_MS);
    accumulator_note_people(fusion->accumulator, people);
    return people;
}

static void count_tick(struct fusion *fusion, const struct settled_tick *tick, int64_t people,
                       bool looking)
{
    struct fusion_counts *counts = &fusion->counts;
    if (counts->ticks++ == 0)
        counts->first_tick_us = tick->tick_us;
    counts->last_tick_us = tick->tick_us;
    if (looking)
        counts->looked_ms += tick->duration_us / US_PER_MS;
    if (people > counts->peak_people)
        counts->peak_people = people;
}

static int add_residuals(struct fusion *fusion, const struct settled_tick *tick)
{
    struct residuals *of_bucket = accumulator_residuals(fusion->accumulator);
    int r = 0;
    for (size_t i = 0; r == 0 && i < tick->pair_count; i++) {
        r = residuals_add(&fusion->residuals, &tick->pairs[i]);
        if (r == 0)
            r = residuals_add(of_bucket, &tick->pairs[i]);
    }
    return r;
}

static int count_zones(struct fusion *fusion, const struct settled_tick *tick)
{
    struct zone_person *people = arena_take(fusion->arena, tick->person_count, sizeof(*people));
    if (!people)
        return -ENOMEM;
    for (size_t i = 0; i < tick->person_count; i++)
        people[i] = (struct zone_person){ .track = tick->people[i].track,
                                          .position = tick->people[i].state.position };
    return zones_tick(fusion->zones, tick->tick_us, tick->duration_us, people, tick->person_count);
}

static int count_settled_tick(struct fusion *fusion, const struct settled_tick *tick)
{
    int64_t begin_us = tick->tick_us - tick->duration_us;
    if (accumulator_is_over(fusion->accumulator, begin_us)) {
        int r = emit_bucket(fusion);
        if (r < 0)
            return r;
    }
    accumulator_begin_tick(fusion->accumulator, begin_us, tick->duration_us);
    for (size_t i = 0; i < tick->frame_count; i++)
        cameras_note_frame(&fusion->cameras, &tick->frames[i]);
    struct camera_set looking =
        cameras_looking(&fusion->cameras, tick->tick_us, fusion->settings.frame_valid_us);
    count_tick(fusion, tick, count_people(fusion, tick), !camera_set_is_empty(&looking));
    int r = add_residuals(fusion, tick);
    if (r == 0)
        r = count_zones(fusion, tick);
    if (r == 0)
        r = accumulator_add_exposure(fusion->accumulator, &looking);
    return r < 0 ? r : fusion_tell_settled(fusion, tick);
}

static int count_settled(struct fusion *fusion, bool all)
{
    struct settled_tick tick;
    int r;
    while ((r = settle_pop(fusion->settle, all, &tick)) > 0) {
        arena_reset(fusion->arena);
        r = count_settled_tick(fusion, &tick);
        if (r < 0)
            return r;
    }
    return r;
}

/* The live part: a tick closes, is told, and is left to settle. */
static struct settle_frame settle_frame_of(const struct aligned_frame *frame)
{
    return (struct settle_frame){ .camera = frame->camera,
                                  .observations = (uint32_t) frame->observation_count,
                                  .boot_id = frame->boot_id,
                                  .sequence = frame->sequence,
                                  .looking = frame_shows_look(frame),
                                  .capture_us = frame->capture_us,
                                  .origin = frame->origin };
}

static struct settle_sample sample_of(const struct track *track)
{
    return (struct settle_sample){ .track = track->number,
                                   .seen = track->supports != NULL,
                                   .sighted = track->sighted,
                                   .covariance = track->sighted_covariance,
                                   .cameras = track_camera_count(track),
                                   .confirmed = track->phase == PHASE_CONFIRMED,
                                   .hidden = track->phase != PHASE_LOST &&
                                             track->unfound > HIDDEN_UNFOUND_MIN };
}

/* Hand a closed tick over to settle. */
static int let_settle(struct fusion *fusion, struct aligned_frame *const *frames, size_t count,
                      int64_t tick_us, int64_t duration_us)
{
    const struct tracks *tracks = &fusion->tracks;
    struct settle_sample *samples = arena_take(fusion->arena, tracks->count, sizeof(*samples));
    struct settle_frame *settle_frames =
        arena_allocate(fusion->arena, count, sizeof(*settle_frames));
    struct settle_pair *pairs = NULL;
    size_t pair_count = 0, pair_room = 0;
    for (size_t i = 0; i < tracks->count; i++)
        pair_room += residuals_room(track_camera_count(&tracks->items[i]));
    pairs = arena_take(fusion->arena, pair_room, sizeof(*pairs));
    if (!samples || !settle_frames || !pairs)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        settle_frames[i] = settle_frame_of(frames[i]);
    for (size_t i = 0; i < tracks->count; i++) {
        const struct track *track = &tracks->items[i];
        samples[i] = sample_of(track);
        if (track->phase == PHASE_CONFIRMED && samples[i].cameras > 1)
            pair_count += residuals_of_track(track, tick_us, &fusion->cameras, &pairs[pair_count]);
    }
    struct settle_tick tick = { .tick_us = tick_us,
                                .duration_us = duration_us,
                                .samples = samples,
                                .sample_count = tracks->count,
                                .frames = settle_frames,
                                .frame_count = count,
                                .pairs = pairs,
                                .pair_count = pair_count };
    return settle_push(fusion->settle, &tick);
}

static void note_frames(struct fusion *fusion, struct aligned_frame *const *frames, size_t count)
{
    fusion->counts.frames += count;
    for (size_t i = 0; i < count; i++) {
        fusion->counts.observations += frames[i]->observation_count;
        if (frame_shows_look(frames[i]))
            fusion->cameras.items[frames[i]->camera].closed_look_us = frames[i]->capture_us;
    }
}

static int refresh_seers(struct fusion *fusion)
{
    if (!fusion->cameras_changed)
        return 0;
    int r = seers_build(&fusion->seers, &fusion->grid, &fusion->cameras);
    fusion->cameras_changed = r < 0;
    return r;
}

/* A tick at each time of the input lasts since the one before, as far as its frames are valid. */
static int64_t duration_of(const struct fusion *fusion, int64_t tick_us)
{
    const struct fusion_settings *settings = &fusion->settings;
    if (settings->tick_us > 0)
        return settings->tick_us;
    if (!align_has_closed(fusion->align))
        return 0;
    int64_t since_us = tick_us - (align_following_tick_us(fusion->align) - 1);
    return since_us < settings->frame_valid_us ? since_us : settings->frame_valid_us;
}

static int close_tick(struct fusion *fusion, int64_t tick_us)
{
    struct aligned_frame *const *frames;
    int64_t duration_us = duration_of(fusion, tick_us);
    int64_t count = align_take(fusion->align, tick_us, fusion->cameras.rank, &frames);
    if (count < 0)
        return (int) count;
    arena_reset(fusion->arena);
    note_frames(fusion, frames, (size_t) count);
    size_t confirmed;
    struct tick_traces traces;
    int r = refresh_seers(fusion);
    if (r == 0)
        r = follow_tick(&fusion->tracks, frames, (size_t) count, tick_us, duration_us,
                        &fusion->settings, &fusion->cameras, &fusion->seers, &fusion->ground,
                        fusion->arena, &confirmed, fusion->sink.evidence ? &traces : NULL);
    if (r < 0)
        return r;
    fusion->counts.tracks_confirmed += confirmed;
    r = fusion_tell_tick(fusion, tick_us);
    if (r == 0)
        r = fusion_tell_evidence(fusion, tick_us, duration_us, &traces);
    if (r == 0)
        r = let_settle(fusion, frames, (size_t) count, tick_us, duration_us);
    return r < 0 ? r : count_settled(fusion, false);
}

/* Nothing happens until the next frame: nobody is there, and nobody is looking any more. */
static bool is_idle(const struct fusion *fusion)
{
    return fusion->tracks.count == 0 &&
           !cameras_any_looking(&fusion->cameras, align_following_tick_us(fusion->align),
                                fusion->settings.frame_valid_us);
}

static int close_ticks(struct fusion *fusion, int64_t now_mono_ns, bool no_waiting)
{
    int64_t tick_us;
    int r = 0;
    while (r == 0 &&
           align_next(fusion->align, now_mono_ns, is_idle(fusion), no_waiting, &tick_us)) {
        if (is_idle(fusion)) /* nothing that comes can change what waits */
            r = count_settled(fusion, true);
        if (r == 0)
            r = close_tick(fusion, tick_us);
    }
    return r;
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
    if (r == 0)
        r = count_settled(fusion, true);
    zones_finish(fusion->zones);
    if (r == 0 && accumulator_is_open(fusion->accumulator))
        r = emit_bucket(fusion);
    return r;
}

int64_t fusion_closed_us(const struct fusion *fusion)
{
    int64_t step_us = fusion->config.tick_ms > 0 ? fusion->config.tick_ms * US_PER_MS : 1;
    return align_has_closed(fusion->align) ? align_following_tick_us(fusion->align) - step_us
                                           : INT64_MIN;
}

struct fusion_counts fusion_counts(const struct fusion *fusion)
{
    struct fusion_counts counts = fusion->counts;
    struct align_counts align = align_counts(fusion->align);
    counts.frames_late = align.late;
    counts.frames_implausible = align.implausible;
    counts.observations_dropped = align.observations_dropped;
    counts.appearances_ignored = align.appearances_ignored;
    return counts;
}

const struct grid *fusion_grid(const struct fusion *fusion)
{
    return &fusion->grid;
}

const char *fusion_camera_name(const struct fusion *fusion, int slot)
{
    return fusion->cameras.items[slot].name;
}

static struct pair_residual pair_of(const struct fusion *fusion, const struct residual_sum *sum)
{
    double count = (double) sum->count;
    return (struct pair_residual){ .camera_a = fusion->cameras.items[sum->camera_a].name,
                                   .camera_b = fusion->cameras.items[sum->camera_b].name,
                                   .count = sum->count,
                                   .mean_dx_m = sum->dx_m / count,
                                   .mean_dy_m = sum->dy_m / count,
                                   .rms_m = sqrt(sum->squared_m2 / count) };
}

static int by_names(const void *left, const void *right)
{
    const struct pair_residual *a = left, *b = right;
    int order = strcmp(a->camera_a, b->camera_a);
    return order != 0 ? order : strcmp(a->camera_b, b->camera_b);
}

struct joint_counts fusion_joints(const struct fusion *fusion, const char *camera)
{
    int slot = cameras_find(&fusion->cameras, camera);
    return slot < 0 ? (struct joint_counts){ 0 } : align_joints(fusion->align, slot);
}

int fusion_pair_residuals(const struct fusion *fusion, struct pair_residual **ret_pairs)
{
    size_t count = fusion->residuals.count;
    struct pair_residual *pairs = calloc(count + 1, sizeof(*pairs));
    if (!pairs)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        pairs[i] = pair_of(fusion, &fusion->residuals.items[i]);
    qsort(pairs, count, sizeof(*pairs), by_names);
    *ret_pairs = pairs;
    return (int) count;
}

void fusion_coverage(const struct fusion *fusion, double *ret_walkable_m2, double *ret_unseen_m2)
{
    coverage_measure(&fusion->grid, fusion->walkable, &fusion->cameras, ret_walkable_m2,
                     ret_unseen_m2);
}
