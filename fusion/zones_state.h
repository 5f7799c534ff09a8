/*
 * zones_state.h - what zones remember of the people who are there
 *
 * Private to zones.c and zones_save.c.
 */
#ifndef FLOORFUSE_FUSION_ZONES_STATE_H
#define FLOORFUSE_FUSION_ZONES_STATE_H

#include "fusion/zones.h"

/* Stands for no zone. */
#define ZONE_NONE UINT32_MAX

/* A person inside a zone. */
struct stay {
    uint32_t zone;
    int64_t entered_us;
    bool visited; /* told already */
};

/* A line that was crossed by less than the hysteresis so far. */
struct approach {
    uint32_t line;
    int32_t crossed; /* from left to right, less from right to left */
    int64_t time_us; /* of the last crossing */
    struct floor_m position;
};

struct visitor {
    uint64_t track;
    int64_t first_us, seen_us;
    struct floor_m position; /* at seen_us */
    uint32_t last_zone;      /* that was entered last, or ZONE_NONE */
    struct stay *stays;      /* by zone, ascending; owned */
    size_t stay_count, stay_capacity;
    struct approach *approaches; /* by line, ascending; owned */
    size_t approach_count, approach_capacity;
};

struct zones {
    struct places places;
    struct zone_settings settings;
    struct zone_sink sink;
    struct zone_facts facts;
    struct visitor *visitors; /* by track, ascending */
    size_t visitor_count, visitor_capacity;
    int64_t *inside; /* of each zone: people in this tick */
};

/* Room for one more. Returns 0 or -ENOMEM. */
MUST_CHECK int zones_reserve_visitor(struct zones *zones);
MUST_CHECK int visitor_reserve_stay(struct visitor *visitor);
MUST_CHECK int visitor_reserve_approach(struct visitor *visitor);

void visitor_release(struct visitor *visitor);

#endif
