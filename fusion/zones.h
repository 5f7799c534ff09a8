/*
 * zones.h - who is in which zone, and who crosses which line: events from tracks
 *
 * People jitter by centimetres, and an edge that somebody stands on would be crossed all day. So:
 * - A zone is entered with the first position inside it, and left with the first one that is more
 *   than hysteresis_m outside. In between the person counts as inside.
 * - A line is crossed when the person has got more than hysteresis_m away from it on the other
 *   side; place and time of the event are those of the crossing itself. Who turns back sooner has
 *   crossed nothing, and who walks round its end crosses nothing either.
 * - A visit is a stay of at least visit_s; it is told once, when it has lasted that long.
 *
 * Who is not seen for a moment and comes back has been there all the time, as far as stays go;
 * dwell counts only the ticks in which a person is there. Who does not come back within gone_us has
 * left with their last position.
 *
 * Events are told as soon as they are known, with the time at which it happened: a zone was left at
 * the last tick inside, a line was crossed a moment ago, the floor left up to gone_us ago. What
 * becomes known in one tick comes by track: first who has gone, then everybody who is there.
 */
#ifndef FLOORFUSE_FUSION_ZONES_H
#define FLOORFUSE_FUSION_ZONES_H

#include <stdint.h>

#include "base/buffer.h"
#include "floor/places.h"
#include "fusion/zone_facts.h"

struct zones; /* opaque; one floor */

enum zone_event_kind {
    EVENT_FLOOR_ENTERED, /* a person was first seen */
    EVENT_LINE_CROSSED,
    EVENT_ZONE_LEFT,
    EVENT_ZONE_ENTERED,
    EVENT_ZONE_VISIT,
    EVENT_FLOOR_LEFT, /* a person was last seen */
    ZONE_EVENT_KINDS
};

enum line_direction { LEFT_TO_RIGHT = 1, RIGHT_TO_LEFT };

struct zone_event {
    enum zone_event_kind kind;
    int64_t time_us;
    uint64_t track;
    struct floor_m position;
    /* The zone or the line. Of EVENT_FLOOR_*: the entrance within ENTRANCE_REACH_M, or "": they
     * came or went where there is none, which is what tracks do that are torn. */
    const char *place;
    enum line_direction direction; /* of EVENT_LINE_CROSSED */
    int64_t stay_ms;               /* of EVENT_ZONE_LEFT, _VISIT and EVENT_FLOOR_LEFT */
};

/* People are first and last seen a step or two from the door. */
#define ENTRANCE_REACH_M 2.0

/* "zone_entered" and so on. */
const char *zone_event_text(enum zone_event_kind kind);

struct zone_settings {
    int64_t visit_us;
    double hysteresis_m;
    int64_t gone_us; /* nobody comes back after that */
};

struct zone_sink {
    void *context;
    void (*event)(void *context, const struct zone_event *event); /* NULL: nobody listens */
};

/*
 *   map  borrowed until destroy
 * Returns 0; -EINVAL with a sentence (places.h); -ENOMEM.
 */
MUST_CHECK int zones_create(const struct floor_map *map, const struct zone_settings *settings,
                            const struct zone_sink *sink, struct zones **ret_zones,
                            struct error *err);
void zones_destroy(struct zones **zones);

struct zone_person {
    uint64_t track;
    struct floor_m position;
};

/* The next tick, later than the one before, with everybody who is there, by track ascending.
 * Returns 0 or -ENOMEM; then the zones are good for nothing but zones_destroy. */
MUST_CHECK int zones_tick(struct zones *zones, int64_t tick_us, int64_t duration_us,
                          const struct zone_person *people, size_t count);

/* No more ticks come: everybody leaves with their last position. */
void zones_finish(struct zones *zones);

/* What was counted since the facts were taken last. */
struct zone_facts *zones_facts(struct zones *zones);
const struct places *zones_places(const struct zones *zones);

/* Everybody who is there, with their stays, and the facts so far; the settings and the map are not
 * in it. Restoring into fresh zones of the same map goes on as if nothing had been: 0, -EBADMSG
 * when the bytes are damaged (good for zones_destroy only then), -ENOMEM. */
void zones_save(const struct zones *zones, struct buffer *buffer);
MUST_CHECK int zones_restore(struct zones *zones, struct buffer_reader *reader);

#endif
