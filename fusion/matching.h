/*
 * matching.h - all frames of a tick matched to the tracks together
 *
 * One camera alone is easily mistaken: the feet it sees are somebody else's, the head behind
 * belongs to another. So each frame is matched against what all the other frames of the tick say of
 * the tracks, in a few rounds, until nothing changes. No camera comes first, and the order in which
 * frames arrived does not matter.
 */
#ifndef FLOORFUSE_FUSION_MATCHING_H
#define FLOORFUSE_FUSION_MATCHING_H

#include "fusion/associate.h"
#include "fusion/consensus.h"
#include "fusion/settings.h"
#include "fusion/track.h"

struct matched_frame {
    const struct sighting *sightings;
    size_t count;
    struct candidates candidates;
    struct prediction *predictions; /* of the candidates, without what this frame says */
    struct match *matches, *before; /* now, and before the latest turn */
    bool contested;                 /* something could be matched in more than one way */
    uint32_t turn;                  /* when it was matched last; from 1 */
};

/* The index of the track that a sighting of a frame is matched to, or ASSOCIATE_NONE. */
static inline uint32_t matched_track(const struct matched_frame *frame, size_t sighting)
{
    uint32_t number = frame->matches[sighting].track;
    return number == ASSOCIATE_NONE ? ASSOCIATE_NONE : frame->candidates.tracks[number];
}

struct matching {
    struct matched_frame *frames;
    size_t frame_count;
    const struct prediction *priors; /* of each track, from the past alone */
    struct consensus *sums;          /* of each track: the past and all matched sightings */
    uint32_t *support_counts;        /* of each track: sightings matched to it */
    uint32_t *changed_turn;          /* of each track: when what it is matched to changed last */
    uint32_t turn;                   /* frames matched so far */
    size_t track_count;
};

/*
 *   tracks    predicted to the end of the tick
 *   frames    with their sightings; matches are allocated here; frame_count of them
 *   ret_matching  lives in the arena
 * Returns 0 or -ENOMEM. Changes no track.
 */
MUST_CHECK int matching_solve(const struct tracks *tracks, struct matched_frame *frames,
                              size_t frame_count, const struct fusion_settings *settings,
                              int rounds, struct arena *arena, struct matching *ret_matching);

/* What all but one of a track's sightings say, the past included. */
struct floor_m matching_without(const struct matching *matching, uint32_t track,
                                const struct sighting *sighting, enum reading reading,
                                struct covariance2 *ret_covariance);

/* What the sightings of a track say, without the past; there is at least one. */
struct floor_m matching_sighted(const struct matching *matching, uint32_t track,
                                struct covariance2 *ret_covariance);

#endif
