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
#include "base/buffer.h"
#include "fusion/kalman.h"
#include "fusion/near.h"
#include "fusion/sighting.h"

/* What supported a track in this tick; the newest first; lives in the tick's arena. */
struct support {
    const struct sighting *sighting;
    enum reading reading;
    const struct support *next;
};

/* Tracks at most; beyond it nobody is born. More than any store holds, and a bound on memory. */
#define TRACKS_MAX 16384

enum track_phase {
    PHASE_TENTATIVE, /* perhaps a person */
    PHASE_CONFIRMED, /* a person */
    PHASE_LOST,      /* was a person; nobody knows where they are, but they may turn up again */
};

/* When a camera last looked at the track's place: the next look soon after tells little new. */
struct watcher {
    int camera; /* slot */
    int64_t look_us;
};
#define TRACK_WATCHERS_MAX 16

/* Another, older track nearby, and whether the two are two people: log odds. */
struct rival {
    uint64_t number; /* 0: none */
    double odds;
    int64_t met_us; /* the last tick they were near each other */
};
#define TRACK_RIVALS_MAX 4

struct track {
    uint64_t number; /* from 1 */
    enum track_phase phase;
    struct kalman state;
    int64_t state_us;         /* the time that state is of */
    int64_t born_us, seen_us; /* capture times of the first and the last support */
    double belief;            /* that there is such a person: log odds */
    double height_m, height_variance;
    struct watcher watchers[TRACK_WATCHERS_MAX];
    int watcher_count;
    struct rival rivals[TRACK_RIVALS_MAX];
    double unproved_misses; /* of the only camera that sees it, since it was found last: news */

    /* Of this tick: */
    const struct support *supports;
    bool in_sight;          /* some camera looked at its place */
    double unfound;         /* how likely that all who looked would miss a person there, 0..1 */
    struct floor_m sighted; /* the fused sightings, when there are supports */
    struct covariance2 sighted_covariance;
};

/* Tracks by number, ascending. */
struct tracks {
    struct track *items;
    size_t count, capacity;
    uint64_t last_number;
    struct appearance *appearance; /* what they look like; owned; NULL: nobody says */
};

void tracks_release(struct tracks *tracks);

/* A new one at the end, numbered, everything else zero. Pointers to others are void afterwards.
 * NULL when out of memory. */
struct track *tracks_add(struct tracks *tracks);

/* Remove those with number 0, keeping the order. */
void tracks_sweep(struct tracks *tracks);

/* The one of this number, or NULL. */
const struct track *tracks_find(const struct tracks *tracks, uint64_t number);

/* The tracks' positions, for queries of up to reach_m. NULL when out of memory. */
struct near *tracks_near(const struct tracks *tracks, double reach_m, struct arena *arena);

/* Bring the state to a time that is not before its own. */
void track_predict(struct track *track, int64_t time_us, double noise_m2_s3);

/* What is believed of the track's person before the frames of a tick. */
struct prediction track_prediction(const struct track *track);

/* Note a support, without moving the track. Returns 0 or -ENOMEM. */
MUST_CHECK int track_note_support(struct track *track, const struct sighting *sighting,
                                  enum reading reading, struct arena *arena);

/* Whether this camera has supported the track in this tick. */
bool track_has_camera(const struct track *track, int camera);

/* How many cameras have supported it in this tick. */
uint32_t track_camera_count(const struct track *track);

/*
 * A camera looks at the track's place: how much of what it sees is news, 0..1, when what it sees
 * stays the same for memory_s. track_note_look also remembers that it has looked.
 */
double track_look_news(const struct track *track, int camera, int64_t look_us, double memory_s);
double track_note_look(struct track *track, int camera, int64_t look_us, double memory_s);

/* Append the tracks as they are between two ticks. Out of memory is told by buffer_result. */
void tracks_save(const struct tracks *tracks, struct buffer *buffer);

/*
 * Read what tracks_save wrote; tracks holds none yet, and after a failure is good for nothing but
 * tracks_release.
 *   camera_count  of slots; a watcher beyond is damage
 *   now_us        the last closed tick; what has happened later is damage
 * Returns 0, -EBADMSG if the bytes are damaged, -ENOMEM.
 */
MUST_CHECK int tracks_restore(struct tracks *tracks, struct buffer_reader *reader, int camera_count,
                              int64_t now_us);

#endif
