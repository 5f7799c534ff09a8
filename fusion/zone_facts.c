/*
 * zone_facts.c - what happened in zones and on lines, as sums of one bucket
 */
#include "fusion/zone_facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/saved.h"

static int make_zero(const struct places *places, struct heat_zone **ret_zones,
                     struct heat_line **ret_lines)
{
    struct heat_zone *zones = calloc(places->zones.count + 1, sizeof(*zones));
    struct heat_line *lines = calloc(places->lines.count + 1, sizeof(*lines));
    if (!zones || !lines) {
        free(zones);
        free(lines);
        return -ENOMEM;
    }
    for (size_t i = 0; i < places->zones.count; i++)
        memcpy(zones[i].zone, places->zones.items[i].name, sizeof(zones[i].zone));
    for (size_t i = 0; i < places->lines.count; i++)
        memcpy(lines[i].line, places->lines.items[i].name, sizeof(lines[i].line));
    *ret_zones = zones;
    *ret_lines = lines;
    return 0;
}

int zone_facts_init(struct zone_facts *facts, const struct places *places)
{
    *facts = (struct zone_facts){ .places = places };
    return make_zero(places, &facts->zones, &facts->lines);
}

void zone_facts_release(struct zone_facts *facts)
{
    free(facts->zones);
    free(facts->lines);
    free(facts->flows);
    *facts = (struct zone_facts){ 0 };
}

/* The place of the first flow that is not before from, to. */
static size_t flow_place(const struct zone_facts *facts, uint32_t from, uint32_t to)
{
    size_t first = 0, end = facts->flow_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        const struct heat_flow *flow = &facts->flows[middle];
        if (flow->from < from || (flow->from == from && flow->to < to))
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

int zone_facts_add_flow(struct zone_facts *facts, uint32_t from, uint32_t to)
{
    size_t place = flow_place(facts, from, to);
    struct heat_flow *flow = place < facts->flow_count ? &facts->flows[place] : NULL;
    if (flow && flow->from == from && flow->to == to) {
        flow->count++;
        return 0;
    }
    if (facts->flow_count == facts->flow_capacity) {
        size_t capacity = facts->flow_capacity ? 2 * facts->flow_capacity : 16;
        struct heat_flow *flows = realloc(facts->flows, capacity * sizeof(*flows));
        if (!flows)
            return -ENOMEM;
        facts->flows = flows;
        facts->flow_capacity = capacity;
    }
    memmove(&facts->flows[place + 1], &facts->flows[place],
            (facts->flow_count - place) * sizeof(*facts->flows));
    facts->flows[place] = (struct heat_flow){ .from = from, .to = to, .count = 1 };
    facts->flow_count++;
    return 0;
}

int zone_facts_take(struct zone_facts *facts, struct heat_bucket *bucket)
{
    struct heat_zone *zones;
    struct heat_line *lines;
    int r = make_zero(facts->places, &zones, &lines);
    if (r < 0)
        return r;
    bucket->zones = facts->zones;
    bucket->zone_count = facts->places->zones.count;
    bucket->lines = facts->lines;
    bucket->line_count = facts->places->lines.count;
    bucket->flows = facts->flows;
    bucket->flow_count = facts->flow_count;
    facts->zones = zones;
    facts->lines = lines;
    facts->flows = NULL;
    facts->flow_count = facts->flow_capacity = 0;
    return 0;
}

void zone_facts_save(const struct zone_facts *facts, struct buffer *buffer)
{
    for (size_t i = 0; i < facts->places->zones.count; i++) {
        const struct heat_zone *z = &facts->zones[i];
        buffer_put_i64(buffer, z->entries);
        buffer_put_i64(buffer, z->exits);
        buffer_put_i64(buffer, z->visits);
        buffer_put_i64(buffer, z->dwell_ms);
        buffer_put_i64(buffer, z->peak_people);
    }
    for (size_t i = 0; i < facts->places->lines.count; i++) {
        buffer_put_i64(buffer, facts->lines[i].left_to_right);
        buffer_put_i64(buffer, facts->lines[i].right_to_left);
    }
    buffer_put_u64(buffer, facts->flow_count);
    for (size_t i = 0; i < facts->flow_count; i++) {
        buffer_put_u32(buffer, facts->flows[i].from);
        buffer_put_u32(buffer, facts->flows[i].to);
        buffer_put_i64(buffer, facts->flows[i].count);
    }
}

static int get_flows(struct zone_facts *facts, struct buffer_reader *reader)
{
    size_t zones = facts->places->zones.count;
    size_t count = buffer_get_count(reader, 16, zones * zones);
    facts->flows = calloc(count + 1, sizeof(*facts->flows));
    if (!facts->flows)
        return -ENOMEM;
    facts->flow_capacity = count + 1;
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct heat_flow flow = { .from = buffer_get_u32(reader) };
        flow.to = buffer_get_u32(reader);
        flow.count = saved_get_sum(reader);
        if (flow.from >= zones || flow.to >= zones ||
            flow_place(facts, flow.from, flow.to) != facts->flow_count)
            buffer_reader_fail(reader);
        facts->flows[facts->flow_count++] = flow;
    }
    return 0;
}

int zone_facts_restore(struct zone_facts *facts, struct buffer_reader *reader)
{
    for (size_t i = 0; i < facts->places->zones.count; i++) {
        struct heat_zone *z = &facts->zones[i];
        z->entries = saved_get_sum(reader);
        z->exits = saved_get_sum(reader);
        z->visits = saved_get_sum(reader);
        z->dwell_ms = saved_get_sum(reader);
        z->peak_people = saved_get_sum(reader);
    }
    for (size_t i = 0; i < facts->places->lines.count; i++) {
        facts->lines[i].left_to_right = saved_get_sum(reader);
        facts->lines[i].right_to_left = saved_get_sum(reader);
    }
    int r = get_flows(facts, reader);
    return r < 0 ? r : buffer_reader_result(reader);
}
