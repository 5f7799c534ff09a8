/*
 * belief.c - how sure it is that a track is a person
 */
#include "fusion/belief.h"

/* A box of somebody else, or of nobody, lies inside the gate of a place this often. */
#define FALSE_BOX 0.07

/* Who is seen by others, and this much in plain sight, shows how often a camera finds people. */
#define LEARN_VISIBLE 0.9
#define LEARN_BELIEF  2.0

static double found_odds(double detection)
{
    return log(detection / FALSE_BOX);
}

/* Never good news: a place where a box is more likely by chance than by a person says nothing. */
static double missed_odds(double detection)
{
    return fmin(0, log((1 - detection) / (1 - FALSE_BOX)));
}

struct tally {
    size_t looks, found;
};

static struct tally tally_looks(const struct looks *looks, uint32_t track)
{
    struct tally tally = { 0 };
    for (uint32_t i = looks->first[track]; i != LOOK_NONE; i = looks->items[i].next) {
        tally.looks++;
        tally.found += looks->items[i].found;
    }
    return tally;
}

/*
 * What a look at somebody who is in plain sight teaches about the camera. Other cameras that find
 * them prove that they are there. Where no other camera can see, the misses in between two
 * sightings are proved by the second one; those after the last one never are.
 */
static void learn(struct habits *habits, struct track *track, const struct look *look,
                  struct tally tally, double news)
{
    if (track->phase != PHASE_CONFIRMED || look->visible <= LEARN_VISIBLE)
        return;
    if (tally.looks > 1) {
        if (track->belief > LEARN_BELIEF && tally.found > (look->found ? 1 : 0))
            habits_learn_detection(habits, look->found, news);
    } else if (!look->found) {
        track->unproved_misses += news;
    } else {
        habits_learn_detection(habits, false, track->unproved_misses);
        habits_learn_detection(habits, true, news);
        track->unproved_misses = 0;
    }
}

static void weigh_track(struct track *track, uint32_t index, const struct looks *looks,
                        const struct tick_cameras *tick, struct cameras *cameras)
{
    struct tally tally = tally_looks(looks, index);
    track->in_sight = tally.looks > 0;
    track->unfound = 1;
    for (uint32_t i = looks->first[index]; i != LOOK_NONE; i = looks->items[i].next) {
        const struct look *look = &looks->items[i];
        struct habits *habits = &cameras->items[look->camera].habits;
        int64_t look_us = tick->look_us[look->camera];
        if (look_us == INT64_MIN) /* a picture that is held to be wrong has found somebody */
            look_us = track->seen_us;
        double news = track_note_look(track, look->camera, look_us, BELIEF_MEMORY_S);
        double detection = look_detection(habits->detection, look->visible);
        double odds = look->found ? found_odds(habits->detection) : missed_odds(detection);
        track->unfound *= 1 - detection;
        track->belief = fmin(BELIEF_MAX, track->belief + news * odds);
        learn(habits, track, look, tally, news);
    }
}

void belief_weigh(struct tracks *tracks, const struct looks *looks, const struct tick_cameras *tick,
                  struct cameras *cameras)
{
    for (uint32_t i = 0; i < tracks->count; i++)
        if (tracks->items[i].phase != PHASE_LOST)
            weigh_track(&tracks->items[i], i, looks, tick, cameras);
}
