/*
 * output_publish.h - a simulation sent as real messages, as if every camera ran
 *
 * One publisher a camera: a Hello with the calibration's text, the frames, a Hello that it has
 * ended. A fusion program cannot tell the difference, so it can be put under any load. Each camera
 * has its ring, too, and answers replays; at the end it waits for fusion as cameras do.
 */
#ifndef FLOORFUSE_SIM_OUTPUT_PUBLISH_H
#define FLOORFUSE_SIM_OUTPUT_PUBLISH_H

#include <stdbool.h>

#include "sim/simulation.h"

struct publish_options {
    struct simulation_options simulation;
    const char *endpoint; /* where fusion binds */
    const char *store, *floor;
    const char *replay_endpoint; /* where fusion asks for what it missed; NULL: nobody can ask */
    const char *ring_folder;     /* each camera has its ring below; NULL: there are none */
    uint64_t ring_bytes_max;     /* of one camera */
    int64_t ring_age_us;
    /* Folders of keys, with each camera's and fusion's public one; NULL: plain text. */
    const char *keys, *replay_keys;
    /* Go on after a run of the same simulation that was killed: what its rings hold is simulated
     * again in silence, and only what comes after is published. Needs rings, and keep_time. */
    bool resume;
    double duration_s;
    bool fast;            /* as fast as the receiver takes it; else in real time */
    bool keep_time;       /* stamps of the config; false: the simulation begins now */
    int high_water_mark;  /* messages a camera queues at most */
    int listener_wait_ms; /* how long to wait for somebody to listen */
    struct stop stop;     /* ends it early, as if the duration were over */
};

struct publish_counts {
    int64_t frames, lost_frames, observations;
    int64_t unplaced; /* boxes with no place on the floor that is worth telling */
    uint64_t dropped; /* refused by full queues */
    uint64_t unkept;  /* messages that the rings did not take */
    int64_t known;    /* frames that the rings had already, with resume */
    double behind_s;  /* how late the last frame left; in real time only */
};

/*
 * Returns 0; -ETIMEDOUT with a sentence when nobody listens; -EINVAL, also when the rings to resume
 * from are of another simulation; -EBUSY when another program has a ring; -errno.
 * `ret_counts` is filled on failure as well, as far as it came.
 */
MUST_CHECK int output_publish(const struct publish_options *options,
                              struct publish_counts *ret_counts, struct error *err);

#endif
