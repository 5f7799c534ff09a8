/*
 * track.h - the people that are believed to be on the floor
 *
 * README.md tells the life of a track; life.h does it. Here is what a track remembers.
 */
#ifndef FLOORFUSE_FUSION_TRACK_H
#define FLOORFUSE_FUSION_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "fusion/kalman.h"
#include "fusion/walker.h"

/* One observation as association uses it. */
struct sighting {
    int camera;   /* slot */
    size_t frame; /* number of the frame in this tick */
    int64_t capture_us;
    struct floor_m position;
    struct covariance2 covariance; /* of the observation and of what calibrations get wrong, m^2 */
};

/* What supported a track in this tick; the newest first; lives in the tick's arena. */
struct support {
    const struct sighting *sighting;
    const struct support *next;
};

/* Tracks at most; beyond it nobody is born. More than any store holds, and a bound on memory. */
#define TRACKS_MAX 16384

/* A tentative track remembers so many ticks, which count when it is confirmed. */
#define TRACK_PENDING_MAX 64

struct track {
    uint64_t number; /* from 1 */
    bool confirmed;
    struct kalman state;
    int64_t state_us;               /* the time that state is of */
    int64_t born_us, seen_us;       /* capture times of the first and the last support */
    int last_camera;                /* slot of the last support, at seen_us */
    int64_t other_seen_us;          /* last support by any other camera; INT64_MIN: none */
    uint32_t hits;                  /* supports in all */
    uint64_t voters;                /* cameras that have ever supported it, a set of slots */
    uint32_t looks;                 /* frames of cameras since they are voters */
    const struct support *supports; /* of this tick */

    /* The older track that this one may be a double of, and since when; 0: none. */
    uint64_t twin;
    int64_t twin_since_us;
    /* The older track that one camera last saw beside this one in one frame; 0: none. */
    uint64_t distinct_from;
    int64_t distinct_us;

    struct walker walker;
    struct floor_m pending[TRACK_PENDING_MAX]; /* a ring: positions at ticks before confirmation */
    uint32_t pending_count;                    /* ticks in all; the last ones are in the ring */
};

/* Tracks by number, ascending. */
struct tracks {
    struct track *items;
    size_t count, capacity;
    uint64_t last_number;
};

void tracks_release(struct tracks *tracks);

/* A new one at the end, numbered, everything else zero. Pointers to others are void afterwards.
 * NULL when out of memory. */
struct track *tracks_add(struct tracks *tracks);

/* Remove those with number 0, keeping the order. */
void tracks_sweep(struct tracks *tracks);

/* Bring the state to a time that is not before its own. */
void track_predict(struct track *track, int64_t time_us, double noise_m2_s3);

/* The capture time of the last support by another camera than this one; INT64_MIN: none. */
int64_t track_seen_by_others_us(const struct track *track, int camera);

/* Note a support, without moving the track. Returns 0 or -ENOMEM. */
MUST_CHECK int track_note_support(struct track *track, const struct sighting *sighting,
                                  struct arena *arena);

/* Whether this camera has supported the track in this tick. */
bool track_has_camera(const struct track *track, int camera);

/* Whether one frame of this tick supported both: then they are two people. */
bool track_seen_beside(const struct track *a, const struct track *b);

/* Cameras that supported it in this tick, as a set of slots. */
uint64_t track_camera_set(const struct track *track);

#endif
