/*
 * associate.h - which of the people a frame shows are which tracks
 *
 * A pair is possible inside the gate. What hangs together through possible pairs is solved at once
 * and optimally: one track for a sighting, one sighting for a track, the least sum of -2 log
 * likelihood, where leaving a sighting alone costs what it takes to believe that nobody who is
 * known has been seen. That is more exact than a gate: it lets a track that is known exactly claim
 * what lies four standard deviations away, and a vague one no more than what lies two. Who looks
 * like whom (appearance.h) weighs among those inside; it makes no pair impossible.
 */
#ifndef FLOORFUSE_FUSION_ASSOCIATE_H
#define FLOORFUSE_FUSION_ASSOCIATE_H

#include "fusion/sighting.h"

/* Farther than this from where a track is expected nobody is looked for, however vague it is. */
#define ASSOCIATE_REACH_M 3.0

#define ASSOCIATE_NONE UINT32_MAX

/* Who the sightings of a frame may be: only these tracks take part. */
struct candidates {
    uint32_t *tracks; /* indices of the tracks, track_count of them; a place here is a number */
    size_t track_count;
    uint32_t *first;   /* of each sighting: where its candidates begin; one more at the end */
    uint32_t *numbers; /* of the candidates */
};

struct match {
    uint32_t track; /* a number among the candidates, or ASSOCIATE_NONE */
    enum reading reading;
    bool sure; /* neither had anybody else to be matched to */
};

/*
 *   sightings      of one frame, count of them
 *   predictions    of the candidates, by number
 *   ret_matches    count entries
 *   ret_contested  whether anything had more than one way to be matched
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int associate_frame(const struct sighting *sightings, size_t count,
                               const struct candidates *candidates,
                               const struct prediction *predictions, double gate_sigma,
                               struct arena *arena, struct match *ret_matches, bool *ret_contested);

#endif
