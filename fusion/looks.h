/*
 * looks.h - which cameras looked at which tracks in a tick, and how much of them they could see
 *
 * A look is a camera with a frame in this tick and a track whose place lies in its footprint (or
 * that it found). How much of the person it could see depends on the edge of the picture and on who
 * stands before them: the boxes that people would have there tell.
 */
#ifndef FLOORFUSE_FUSION_LOOKS_H
#define FLOORFUSE_FUSION_LOOKS_H

#include "fusion/seers.h"
#include "fusion/track.h"

#define LOOK_NONE UINT32_MAX

struct look {
    int camera;     /* slot */
    uint32_t track; /* index */
    uint32_t next;  /* the next look at the same track, or LOOK_NONE */
    bool found;     /* the camera has supported the track */
    bool expected;  /* the next two are known */
    struct appearance_px appearance;
    double visible; /* share of the person in plain sight, 0..1 */
};

struct looks {
    struct look *items;
    size_t count;
    uint32_t *first; /* of each track: its first look, or LOOK_NONE; cameras by name */
};

/* When each camera looked last in this tick, by slot; INT64_MIN: not at all. */
struct tick_cameras {
    const struct cameras *cameras;
    const struct seers *seers;
    const int64_t *look_us;
};

/* Everything in ret_looks lives in the arena. Lost tracks are not looked at. Returns 0 or -ENOMEM.
 */
MUST_CHECK int looks_take(const struct tracks *tracks, const struct tick_cameras *tick,
                          struct arena *arena, struct looks *ret_looks);

/* The look of a camera at a track, or NULL. */
const struct look *looks_find(const struct looks *looks, uint32_t track, int camera);

/* How likely a detector that finds `detection` of people in plain sight finds this much of one:
 * nothing of less than a fifth, as good as all of more than seven tenths. */
double look_detection(double detection, double visible);

/* Two people this much nearer to the camera than another, m, may hide them: less, and one cannot
 * say who stands before whom. */
#define LOOK_DEPTH_M 0.4

#endif
