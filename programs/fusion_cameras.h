/*
 * fusion_cameras.h - the cameras of the config, as the fusion program knows them
 *
 * Messages pass through the camera's intake, so that what is taken here comes in order and once.
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_CAMERAS_H
#define FLOORFUSE_PROGRAMS_FUSION_CAMERAS_H

#include "calib/calibration.h"
#include "fusion/clock_watch.h"
#include "fusion/intake.h"
#include "programs/fusion_floors.h"
#include "programs/recent_latency.h"

/* What a camera's program says of itself: messages first, then frames. */
enum camera_loss {
    CAMERA_LOSS_PUBLISH, /* messages that its queue to fusion did not take */
    CAMERA_LOSS_RING,    /* messages that its ring did not take */
    CAMERA_LOSS_SOURCE,  /* frames that nobody looked at, as newer ones had come */
    CAMERA_LOSSES
};

/* Its counts begin anew at each of its starts; these do not. */
struct camera_losses {
    uint64_t boot_id, last[CAMERA_LOSSES];
    uint64_t total[CAMERA_LOSSES];
};

/* One camera of the config. */
struct fusion_camera {
    const struct camera_config *config;
    struct fusion_loop *loop;
    struct fusion_floor *floor;
    struct intake *intake;
    struct calibration *calibration; /* NULL before the first good hello */
    struct camera_hello hello;       /* the last one taken; zero before it */
    struct camera_hello placed;      /* the one by which its frames are placed; likewise */
    struct camera_health health;
    struct clock_watch clock; /* of its computer */
    struct camera_losses losses;
    uint64_t published_before; /* frames of earlier boots, as far as their hellos told */
    uint64_t observations;
    uint64_t frames_from_future;
    int64_t taken_us;        /* capture time of the last frame that was taken */
    int64_t back_capture_us; /* to where it was gone back for this camera, and how often */
    int back_tries;
    int64_t refused_until_ns;      /* it is not gone back for this camera before */
    struct recent_latency publish; /* from capture until the camera published */
    struct recent_latency receive; /* from there until it was here; of live frames only */
};

/*
 *   since_us  frames published before are none of ours
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int fusion_cameras_open(struct fusion_loop *loop, int64_t since_us, struct error *err);
void fusion_cameras_close(struct fusion_loop *loop);

/* A message has come; it is taken over. Returns 0 or a negative errno that ends the program. */
MUST_CHECK int fusion_cameras_live(struct fusion_loop *loop, struct message *message);

/* Take the replays that have come, ask for what is missing, and go on where patience is over.
 * Returns as fusion_cameras_live. */
MUST_CHECK int fusion_cameras_replay(struct fusion_loop *loop);

/*
 * Once a second: which clock is wrong, and what is added to times by it from now on. Told in the
 * log when it changes.
 */
void fusion_cameras_judge_clocks(struct fusion_loop *loop);

/* Whether what a camera sends late is late, and not its clock; unknown as long as nothing of it has
 * come live. */
bool fusion_camera_clock_is_known(const struct fusion_camera *camera);

/* When fusion_cameras_replay may have something to do although nothing comes. */
int64_t fusion_cameras_deadline_mono_ns(const struct fusion_loop *loop);

/* From now on everybody is asked for what came after the last frame that was taken. */
void fusion_cameras_catch_up(struct fusion_loop *loop);

/* The camera's place in the picture, as its hello says: what a saved state needs to be read. */
MUST_CHECK int fusion_camera_take_hello(struct fusion_camera *camera,
                                        const struct camera_hello *hello);

/* NULL when the config has none of that id. */
struct fusion_camera *fusion_camera_find(struct fusion_loop *loop, const char *id);

#endif
