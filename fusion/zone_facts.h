/*
 * zone_facts.h - what happened in zones and on lines, as sums of one bucket
 */
#ifndef FLOORFUSE_FUSION_ZONE_FACTS_H
#define FLOORFUSE_FUSION_ZONE_FACTS_H

#include "base/buffer.h"
#include "floor/places.h"
#include "heat/heat_bucket.h"

/* By the index of a place in its list. */
struct zone_facts {
    const struct places *places;
    struct heat_zone *zones;
    struct heat_line *lines;
    struct heat_flow *flows; /* by from, then to */
    size_t flow_count, flow_capacity;
};

/* All zero. places: borrowed until the release. Returns 0 or -ENOMEM. */
MUST_CHECK int zone_facts_init(struct zone_facts *facts, const struct places *places);
void zone_facts_release(struct zone_facts *facts);

/* A track that was in zone `from` before has entered zone `to`. Returns 0 or -ENOMEM. */
MUST_CHECK int zone_facts_add_flow(struct zone_facts *facts, uint32_t from, uint32_t to);

/* Hand what was counted to a bucket, every zone and line of the map, and begin at zero. Returns 0
 * or -ENOMEM; then nothing has changed. */
MUST_CHECK int zone_facts_take(struct zone_facts *facts, struct heat_bucket *bucket);

void zone_facts_save(const struct zone_facts *facts, struct buffer *buffer);
/* Into fresh facts of the same map. Returns 0, -EBADMSG or -ENOMEM. */
MUST_CHECK int zone_facts_restore(struct zone_facts *facts, struct buffer_reader *reader);

#endif
