/*
 * fusion_cameras.h - the cameras of the config, as the fusion program knows them
 *
 * Messages pass through the camera's intake, so that what is taken here comes in order and once.
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_CAMERAS_H
#define FLOORFUSE_PROGRAMS_FUSION_CAMERAS_H

#include "calib/calibration.h"
#include "fusion/intake.h"
#include "programs/fusion_floors.h"
#include "programs/recent_latency.h"

/* One camera of the config. */
struct fusion_camera {
    const struct camera_config *config;
    struct fusion_loop *loop;
    struct fusion_floor *floor;
    struct intake *intake;
    struct calibration *calibration; /* NULL before the first good hello */
    struct camera_hello hello;       /* the last one taken; zero before it */
    struct camera_health health;
    uint64_t published_before; /* frames of earlier boots, as far as their hellos told */
    uint64_t observations;
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

/* When the latter may have something to do although nothing comes. */
int64_t fusion_cameras_deadline_mono_ns(const struct fusion_loop *loop);

/* From now on everybody is asked for what came after the last frame that was taken. */
void fusion_cameras_catch_up(struct fusion_loop *loop);

/* The camera's place in the picture, as its hello says: what a saved state needs to be read. */
MUST_CHECK int fusion_camera_take_hello(struct fusion_camera *camera,
                                        const struct camera_hello *hello);

/* NULL when the config has none of that id. */
struct fusion_camera *fusion_camera_find(struct fusion_loop *loop, const char *id);

#endif
