/*
 * fusion.h - what all cameras of one floor see, as one picture of who is where
 *
 * A library without sockets and clocks: frames go in, and when the caller advances time, ticks
 * close in order and their results come out. The result depends on the frames only, never on the
 * order in which they arrived inside the lateness bound: at each tick they are taken by capture
 * time, then camera name.
 *
 * Frame: floor metres. Times: capture time, UTC microseconds; monotonic nanoseconds only to decide
 * how long to wait for a silent camera.
 */
#ifndef FLOORFUSE_FUSION_FUSION_H
#define FLOORFUSE_FUSION_FUSION_H

#include <stdbool.h>

#include "base/buffer.h"
#include "calib/calibration.h"
#include "config/store_config.h"
#include "floor/floor_map.h"
#include "fusion/evidence.h"
#include "fusion/joint.h"
#include "fusion/zones.h"
#include "heat/heat_bucket.h"
#include "wire/message.h"

struct fusion; /* opaque; one floor, one thread */

enum track_state { TRACK_TENTATIVE = 1, TRACK_CONFIRMED = 2, TRACK_COASTING = 3 };

/* One person at one tick. */
struct track_report {
    uint64_t track; /* from 1, never used again in a run */
    enum track_state state;
    struct floor_m position;       /* m */
    struct covariance2 covariance; /* m^2 */
    double velocity_x_m_s, velocity_y_m_s;
    uint32_t cameras; /* how many supported it in this tick; 0: it is hidden or gone */
};

struct tick_report {
    int64_t tick_us;                   /* end of the tick: capture times in (tick - length, tick] */
    const struct track_report *tracks; /* by track number; borrowed for the call */
    size_t track_count;
    size_t confirmed_count; /* confirmed and coasting */
};

/* Where results go; each may be NULL. Called from inside fusion_advance and fusion_finish. */
struct fusion_sink {
    void *context;
    /* A tick as it is known when it closes: tentative tracks too, and people who may have gone. */
    void (*tick)(void *context, const struct tick_report *report);
    /* The same tick fusion.settle_ms later: smoothed, gaps filled, only those who were people. */
    void (*settled)(void *context, const struct tick_report *report);
    /* Who came, went, entered a zone or crossed a line: from settled ticks, see zones.h. */
    void (*event)(void *context, const struct zone_event *event);
    /* What the cameras said in a tick that has just closed. */
    void (*evidence)(void *context, const struct evidence *evidence);
    /* The bucket becomes the receiver's. */
    void (*bucket)(void *context, struct heat_bucket *bucket);
};

/* How two cameras agree, over the whole run. */
struct pair_residual {
    const char *camera_a, *camera_b; /* borrowed */
    int64_t count;
    double mean_dx_m, mean_dy_m; /* a - b */
    double rms_m;                /* root of the mean squared distance */
};

struct fusion_counts {
    uint64_t frames, observations;
    uint64_t frames_late;          /* their tick was closed already */
    uint64_t frames_unknown;       /* from a camera that fusion_set_camera has not named */
    uint64_t frames_implausible;   /* more than a day ahead of the other cameras */
    uint64_t observations_dropped; /* not finite, or beyond the bound of one frame */
    uint64_t appearances_ignored;  /* vectors that are not finite, or all 0 */
    uint64_t ticks, tracks_confirmed;
    int64_t dwell_ms;
    int64_t people_ms; /* sum over ticks of people x tick length */
    int64_t looked_ms; /* ticks in which at least one camera looked x tick length */
    int64_t first_tick_us, last_tick_us;
    int64_t peak_people;
};

/*
 *   store, floor  ids for the buckets
 *   map           borrowed until destroy: where people can walk
 *   fusion, heat  settings, copied
 */
MUST_CHECK int fusion_create(const char *store, const char *floor, const struct floor_map *map,
                             const struct fusion_config *config, const struct heat_config *heat,
                             const struct fusion_sink *sink, struct fusion **ret_fusion,
                             struct error *err);
void fusion_destroy(struct fusion **fusion);

/*
 * Name a camera, or tell of its new calibration or view. Frames of cameras that were not named are
 * counted and dropped, because nobody knows what they can see.
 * A bucket says what counted at its end: the version and footprint by which its last frame of the
 * camera was placed. That holds for the whole of the bucket, also for the time before the change.
 *   watch  where the camera watches for feet; NULL: everywhere
 * Returns 0, -ENOSPC beyond HEAT_CAMERAS_MAX cameras, -ENOMEM.
 */
MUST_CHECK int fusion_set_camera(struct fusion *fusion, const char *camera,
                                 const struct calibration *calibration, struct box_px view,
                                 const struct watch *watch, double edge_sd_px);

/* A camera has said that no more frames come for now: ticks no longer wait for it. A frame from it
 * makes it awaited again. */
void fusion_camera_ended(struct fusion *fusion, const char *camera);

/* Frames that a camera sent earlier are being fetched: until this is taken back no tick closes that
 * they may belong to, as long as memory lasts. Not part of the saved state. */
void fusion_camera_catching_up(struct fusion *fusion, const char *camera, bool catching_up);

/* How many frames of a camera were lost on the way, in total so far: lands in the buckets. */
void fusion_camera_missed(struct fusion *fusion, const char *camera, uint64_t missed_total);

/*
 * Take a frame; the content is copied.
 *   arrival_mono_ns  when it came, to know who is silent
 * Returns 0; -ESTALE when its tick is closed, -EDOM when its time is a day ahead of the other
 * cameras (both counted); -ENOENT for an unnamed camera (counted); -ENOMEM.
 */
MUST_CHECK int fusion_push(struct fusion *fusion, const struct observation_frame *frame,
                           int64_t arrival_mono_ns);

/*
 * Close every tick that is complete: each awaited camera has sent a frame beyond its end, or has
 * been silent for lateness_ms. Returns 0 or -ENOMEM.
 */
MUST_CHECK int fusion_advance(struct fusion *fusion, int64_t now_mono_ns);

/* When fusion_advance may have something to do although nothing arrives; INT64_MAX: never. */
int64_t fusion_next_deadline_mono_ns(const struct fusion *fusion);

/* Close all ticks for which there are frames, and the open bucket. Nothing may be pushed
 * afterwards. Returns 0 or -ENOMEM. */
MUST_CHECK int fusion_finish(struct fusion *fusion);

/*
 * Append the whole state, so that a run that is cut in two gives bit for bit what it would have
 * given in one: frames that wait, tracks, what is left to settle, the open bucket, what has been
 * learned of the cameras, and all counts. Not from inside a sink.
 *   now_mono_ns  by the clock of fusion_push; when frames arrived is saved as how long ago
 * Frames that were pushed are in it and must not be pushed again after the restore.
 * The same state gives the same bytes, on any machine. There are places of people in it: keep it
 * where tracks may be kept. Returns 0 or -ENOMEM.
 */
MUST_CHECK int fusion_save(const struct fusion *fusion, int64_t now_mono_ns, struct buffer *buffer);

/*
 * Put a saved state in place of everything that this fusion has seen and counted. The cameras of
 * the state have to be named first (fusion_set_camera), in any order; others that are named begin
 * here. Not from inside a sink.
 *   now_mono_ns  by the clock of fusion_push, which may be another than that of the saved run
 * Returns 0; -EINVAL with a sentence if the state belongs to another version, store, floor, map or
 * setting, or to a camera that is not named or sees something else now; -EBADMSG if the bytes are
 * cut short or damaged; -ENOMEM. After a failure nothing has changed.
 */
MUST_CHECK int fusion_restore(struct fusion *fusion, int64_t now_mono_ns, const void *bytes,
                              size_t length, struct error *err);

/* The last tick that is closed: frames up to this capture time are too late. INT64_MIN: none is. */
int64_t fusion_closed_us(const struct fusion *fusion);

struct fusion_counts fusion_counts(const struct fusion *fusion);
const struct grid *fusion_grid(const struct fusion *fusion);

/* What the heads and bodies that a camera has found say of each other; zeros for a camera that was
 * not named. */
struct joint_counts fusion_joints(const struct fusion *fusion, const char *camera);

/* Pairs of cameras that have seen people together, by name. *ret_pairs is the caller's to free().
 * Returns the count or -ENOMEM. */
MUST_CHECK int fusion_pair_residuals(const struct fusion *fusion, struct pair_residual **ret_pairs);

/* Whose slot it is in what a sink is told. */
const char *fusion_camera_name(const struct fusion *fusion, int slot);

/* Walkable floor, and the part of it in no named camera's footprint, m^2. */
void fusion_coverage(const struct fusion *fusion, double *ret_walkable_m2, double *ret_unseen_m2);

#endif
