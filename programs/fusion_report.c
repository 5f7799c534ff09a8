/*
 * fusion_report.c - the state of a fusion program as JSON
 */
#include "programs/fusion_report.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "image/picture_watch.h"
#include "programs/fusion_cameras.h"
#include "programs/fusion_floors.h"
#include "programs/fusion_losses.h"

/* Three decimals are enough for metres and seconds, and keep the files readable. */
static json_t *rounded(double value)
{
    return isfinite(value) ? json_real(round(value * 1000) / 1000) : json_null();
}

static json_t *time_text(int64_t wall_us)
{
    char text[WALL_TEXT_SIZE];
    return wall_us ? json_string(clock_wall_format(wall_us, text)) : json_null();
}

static const char *state_text(enum camera_state state)
{
    switch (state) {
    case CAMERA_STARTING:
        return "starting";
    case CAMERA_RUNNING:
        return "running";
    case CAMERA_LOST:
        return "lost";
    case CAMERA_ENDED:
        return "ended";
    }
    return "never heard";
}

static uint64_t published(const struct fusion_camera *camera)
{
    return camera->published_before + camera->hello.next_sequence;
}

/* What heads and bodies of the same people say of each other; null without pairs. */
static json_t *head_body_json(const struct fusion_camera *camera)
{
    struct joint_counts joints = fusion_joints(camera->floor->fusion, camera->config->id);
    if (joints.pairs == 0)
        return json_null();
    json_t *o = json_object();
    json_object_set_new(o, "pairs", json_integer((json_int_t) joints.pairs));
    json_object_set_new(o, "mean_square_sigmas", rounded(joint_mean_square(&joints)));
    json_object_set_new(o, "beyond_3_sigma",
                        rounded((double) joints.beyond_three_sigma / (double) joints.pairs));
    return o;
}

/* Of the last minute or two; null where no frame came. */
static json_t *quantiles_json(const struct recent_latency *latency)
{
    struct latency_sketch sketch = recent_latency_sketch(latency, clock_mono_ns());
    json_t *o = json_object();
    json_object_set_new(o, "p50", rounded(latency_sketch_quantile(&sketch, 0.5)));
    json_object_set_new(o, "p99", rounded(latency_sketch_quantile(&sketch, 0.99)));
    return o;
}

static json_t *latency_json(const struct fusion_camera *camera)
{
    json_t *o = json_object();
    json_object_set_new(o, "capture_to_publish", quantiles_json(&camera->publish));
    json_object_set_new(o, "publish_to_receive", quantiles_json(&camera->receive));
    return o;
}

/* A number from outside. */
static const char *picture_text(uint32_t state)
{
    return state < PICTURE_STATES ? picture_state_name((enum picture_state) state) : "unknown";
}

/* By how much the times that its computer gives are corrected; null: not known yet. */
static json_t *clock_json(const struct fusion_camera *camera)
{
    int64_t difference_us;
    if (!clock_watch_difference(&camera->clock, &difference_us))
        return json_null();
    return rounded((double) clock_watch_shift_us(&camera->clock, intake_position(camera->intake)) /
                   (double) US_PER_S);
}

static json_t *camera_json(const struct fusion_camera *camera)
{
    struct intake_counts counts = intake_counts(camera->intake);
    json_t *o = json_object();
    json_object_set_new(o, "camera", json_string(camera->config->id));
    json_object_set_new(o, "floor", json_string(camera->config->floor));
    json_object_set_new(o, "state", json_string(state_text(camera->hello.state)));
    json_object_set_new(o, "engine", json_string(camera->hello.engine));
    json_object_set_new(o, "model", json_string(camera->hello.model_id));
    json_object_set_new(o, "frames_published", json_integer((json_int_t) published(camera)));
    json_object_set_new(o, "frames_received", json_integer((json_int_t) counts.received));
    json_object_set_new(o, "frames_missed", json_integer((json_int_t) counts.missed));
    json_object_set_new(o, "frames_from_future",
                        json_integer((json_int_t) camera->frames_from_future));
    json_object_set_new(o, "frames_replayed", json_integer((json_int_t) counts.replayed));
    json_object_set_new(o, "observations", json_integer((json_int_t) camera->observations));
    json_object_set_new(o, "starts", json_integer((json_int_t) counts.boots));
    json_object_set_new(o, "frames_rested",
                        json_integer((json_int_t) camera->health.frames_rested));
    json_object_set_new(o, "picture", json_string(picture_text(camera->health.picture)));
    json_object_set_new(o, "picture_alarms",
                        json_integer((json_int_t) camera->health.picture_alarms));
    json_object_set_new(o, "frames_suspicious",
                        json_integer((json_int_t) camera->health.frames_suspicious));
    json_object_set_new(o, "clock_offset_s",
                        rounded((double) camera->health.clock_offset_us / (double) US_PER_S));
    json_object_set_new(o, "computer_clock_s", clock_json(camera));
    json_object_set_new(o, "wall_steps", json_integer((json_int_t) camera->health.wall_steps));
    json_object_set_new(o, "reconnects", json_integer((json_int_t) camera->health.reconnects));
    json_object_set_new(o, "detect_ms_per_frame", rounded(camera->health.detect_ms));
    json_object_set_new(o, "decode_ms_per_frame", rounded(camera->health.decode_ms));
    json_object_set_new(o, "latency_ms", latency_json(camera));
    json_object_set_new(o, "calibration_version", json_string(camera->hello.calibration_version));
    json_object_set_new(o, "head_body", head_body_json(camera));
    json_object_set_new(o, "detail", json_string(camera->hello.detail));
    return o;
}

static json_t *pairs_json(const struct fusion *fusion)
{
    json_t *list = json_array();
    struct pair_residual *pairs = NULL;
    int count = fusion_pair_residuals(fusion, &pairs);
    for (int i = 0; i < count; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "camera_a", json_string(pairs[i].camera_a));
        json_object_set_new(o, "camera_b", json_string(pairs[i].camera_b));
        json_object_set_new(o, "seen_by_both", json_integer(pairs[i].count));
        json_object_set_new(o, "mean_dx_m", rounded(pairs[i].mean_dx_m));
        json_object_set_new(o, "mean_dy_m", rounded(pairs[i].mean_dy_m));
        json_object_set_new(o, "rms_m", rounded(pairs[i].rms_m));
        json_array_append_new(list, o);
    }
    free(pairs);
    return list;
}

/* How far the last closed tick is behind the clock. */
static json_t *tick_lag(const struct fusion_counts *counts)
{
    int64_t lag_us = clock_wall_us() - counts->last_tick_us;
    return counts->last_tick_us ? rounded((double) lag_us / (double) US_PER_S) : json_null();
}

static json_t *floor_json(const struct fusion_floor *floor)
{
    struct fusion_counts c = fusion_counts(floor->fusion);
    double walkable_m2, unseen_m2;
    fusion_coverage(floor->fusion, &walkable_m2, &unseen_m2);
    json_t *o = json_object();
    json_object_set_new(o, "floor", json_string(floor->config->id));
    json_object_set_new(o, "from", time_text(c.first_tick_us));
    json_object_set_new(o, "to", time_text(c.last_tick_us));
    json_object_set_new(o, "tick_lag_s", tick_lag(&c));
    json_object_set_new(o, "ticks", json_integer((json_int_t) c.ticks));
    json_object_set_new(o, "tracks", json_integer((json_int_t) c.tracks_confirmed));
    json_object_set_new(o, "people_per_tick_mean",
                        rounded(c.looked_ms ? (double) c.people_ms / (double) c.looked_ms : NAN));
    json_object_set_new(o, "people_per_tick_peak", json_integer(c.peak_people));
    json_object_set_new(o, "dwell_s", rounded((double) c.dwell_ms / 1000));
    json_object_set_new(o, "frames_late", json_integer((json_int_t) c.frames_late));
    json_object_set_new(o, "walkable_m2", rounded(walkable_m2));
    json_object_set_new(o, "walkable_unseen_m2", rounded(unseen_m2));
    json_object_set_new(o, "camera_pairs", pairs_json(floor->fusion));
    return o;
}

static json_t *refused_json(const struct fusion_loop *loop)
{
    json_t *o = json_object();
    for (int i = 0; i < REFUSAL_REASONS; i++) {
        enum refusal reason = (enum refusal) i;
        uint64_t count = subscriber_refused(loop->subscriber, reason) +
                         replay_desk_refused(loop->replays, reason);
        json_object_set_new(o, refusal_text(reason), json_integer((json_int_t) count));
    }
    json_object_set_new(o, "unknown camera", json_integer((json_int_t) loop->strangers));
    return o;
}

/* Connections by what became of them; null in plain text, where everybody may connect. */
static json_t *connections_json(const struct fusion_loop *loop)
{
    if (!loop->gatekeeper)
        return json_null();
    struct gatekeeper_counts counts = gatekeeper_counts(loop->gatekeeper);
    json_t *o = json_object(), *denied = json_object();
    json_object_set_new(o, "admitted", json_integer((json_int_t) counts.admitted));
    for (int reason = 0; reason < DENIAL_REASONS; reason++)
        json_object_set_new(denied, denial_text((enum denial) reason),
                            json_integer((json_int_t) counts.denied[reason]));
    json_object_set_new(o, "denied", denied);
    json_object_set_new(o, "last_denied", json_string(counts.last));
    json_object_set_new(o, "allow_list_error", json_string(counts.trouble));
    return o;
}

static json_t *database_json(const struct fusion_loop *loop)
{
    if (!loop->writer)
        return json_null();
    struct storage_writer_counts c = storage_writer_counts(loop->writer);
    json_t *o = json_object(), *drops = json_object();
    for (int reason = 0; reason < STORAGE_DROP_REASONS; reason++)
        json_object_set_new(drops, storage_drop_text((enum storage_drop) reason),
                            json_integer((json_int_t) c.drops[reason]));
    json_object_set_new(o, "buckets_written", json_integer((json_int_t) c.written));
    json_object_set_new(o, "buckets_waiting", json_integer((json_int_t) (c.queued + c.spooled)));
    json_object_set_new(o, "buckets_in_spool", json_integer((json_int_t) c.spooled));
    json_object_set_new(o, "spool_bytes", json_integer((json_int_t) c.spool_bytes));
    json_object_set_new(o, "spool_max_bytes",
                        json_integer((json_int_t) loop->options->config->spool.max_mb * 1048576));
    json_object_set_new(o, "oldest_waiting",
                        c.oldest_us == INT64_MIN ? json_null() : time_text(c.oldest_us));
    json_object_set_new(o, "buckets_dropped", json_integer((json_int_t) c.dropped));
    json_object_set_new(o, "drops", drops);
    json_object_set_new(o, "retries", json_integer((json_int_t) c.retries));
    json_object_set_new(o, "last_error", json_string(c.last_error));
    json_object_set_new(o, "disk_error", json_string(c.disk_error));
    json_object_set_new(o, "roll_ups_failed", json_integer((json_int_t) c.roll_ups_failed));
    json_object_set_new(o, "roll_up_error", json_string(c.roll_up_error));
    return o;
}

/* Every count, also those that are 0; null when out of memory. */
static json_t *losses_json(const struct fusion_loop *loop)
{
    struct storage_loss *list;
    size_t count;
    if (fusion_losses_list(loop, &list, &count) < 0)
        return json_null();
    json_t *losses = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *o = json_object();
        json_object_set_new(o, "camera",
                            list[i].camera[0] ? json_string(list[i].camera) : json_null());
        json_object_set_new(o, "source", json_string(list[i].source));
        json_object_set_new(o, "reason", json_string(list[i].reason));
        json_object_set_new(o, "unit", json_string(list[i].unit));
        json_object_set_new(o, "count", json_integer((json_int_t) list[i].count));
        json_array_append_new(losses, o);
    }
    free(list);
    return losses;
}

/* Totals over cameras and floors, for those who want one number. */
static void add_totals(const struct fusion_loop *loop, json_t *o)
{
    uint64_t frames = 0, sent = 0, missed = 0, observations = 0, tracks = 0;
    int64_t dwell_ms = 0;
    for (size_t i = 0; i < loop->camera_count; i++) {
        struct intake_counts counts = intake_counts(loop->cameras[i].intake);
        frames += counts.received;
        missed += counts.missed;
        observations += loop->cameras[i].observations;
        sent += published(&loop->cameras[i]);
    }
    for (size_t i = 0; i < loop->floor_count; i++) {
        struct fusion_counts c = fusion_counts(loop->floors[i].fusion);
        tracks += c.tracks_confirmed;
        dwell_ms += c.dwell_ms;
    }
    json_object_set_new(o, "frames_published", json_integer((json_int_t) sent));
    json_object_set_new(o, "frames_received", json_integer((json_int_t) frames));
    json_object_set_new(o, "frames_missed", json_integer((json_int_t) missed));
    json_object_set_new(o, "observations", json_integer((json_int_t) observations));
    json_object_set_new(o, "tracks", json_integer((json_int_t) tracks));
    json_object_set_new(o, "dwell_s", rounded((double) dwell_ms / 1000));
}

char *fusion_report(const struct fusion_loop *loop)
{
    json_t *o = json_object(), *cameras = json_array(), *floors = json_array();
    json_object_set_new(o, "store", json_string(loop->options->config->store.id));
    add_totals(loop, o);
    for (size_t i = 0; i < loop->camera_count; i++)
        json_array_append_new(cameras, camera_json(&loop->cameras[i]));
    for (size_t i = 0; i < loop->floor_count; i++)
        json_array_append_new(floors, floor_json(&loop->floors[i]));
    json_object_set_new(o, "cameras", cameras);
    json_object_set_new(o, "floors", floors);
    json_object_set_new(o, "refused", refused_json(loop));
    json_object_set_new(o, "times_back", json_integer((json_int_t) loop->times_back));
    json_object_set_new(o, "connections", connections_json(loop));
    json_object_set_new(o, "database", database_json(loop));
    json_object_set_new(o, "losses", losses_json(loop));
    char *text = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(o);
    return text;
}

static void log_pairs(const struct fusion_floor *floor)
{
    struct pair_residual *pairs = NULL;
    int count = fusion_pair_residuals(floor->fusion, &pairs);
    for (int i = 0; i < count; i++)
        log_info("finding: cameras %s and %s put the same people %.2f m apart on average "
                 "floor=%s dx_m=%.3f dy_m=%.3f rms_m=%.3f seen_by_both=%lld",
                 pairs[i].camera_a, pairs[i].camera_b,
                 hypot(pairs[i].mean_dx_m, pairs[i].mean_dy_m), floor->config->id,
                 pairs[i].mean_dx_m, pairs[i].mean_dy_m, pairs[i].rms_m,
                 (long long) pairs[i].count);
    free(pairs);
}

void fusion_report_findings(const struct fusion_loop *loop)
{
    for (size_t i = 0; i < loop->floor_count; i++) {
        double walkable_m2, unseen_m2;
        fusion_coverage(loop->floors[i].fusion, &walkable_m2, &unseen_m2);
        log_info("finding: no camera sees %.1f of %.1f m2 walkable floor floor=%s", unseen_m2,
                 walkable_m2, loop->floors[i].config->id);
        log_pairs(&loop->floors[i]);
    }
}
