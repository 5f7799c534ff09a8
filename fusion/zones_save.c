/*
 * zones_save.c - what zones remember as bytes, and back
 */
#include <errno.h>

#include "fusion/saved.h"
#include "fusion/zones_state.h"

/* What one item takes at least, bytes. */
#define STAY_BYTES     ((size_t) (4 + 8 + 1))
#define APPROACH_BYTES ((size_t) (4 + 4 + 8) + SAVED_POINT_BYTES)
#define VISITOR_BYTES  ((size_t) (8 + 8 + 8 + 4 + 8 + 8) + SAVED_POINT_BYTES)

/* Nobody crosses a line more often than that within its hysteresis. */
#define CROSSED_MAX 1000

SAVED_STRUCT_HAS_BYTES(struct stay, 24);
SAVED_STRUCT_HAS_BYTES(struct approach, 32);
SAVED_STRUCT_HAS_BYTES(struct visitor, 96);

static void put_visitor(struct buffer *buffer, const struct visitor *visitor)
{
    buffer_put_u64(buffer, visitor->track);
    buffer_put_i64(buffer, visitor->first_us);
    buffer_put_i64(buffer, visitor->seen_us);
    saved_put_point(buffer, visitor->position);
    buffer_put_u32(buffer, visitor->last_zone);
    buffer_put_u64(buffer, visitor->stay_count);
    for (size_t i = 0; i < visitor->stay_count; i++) {
        buffer_put_u32(buffer, visitor->stays[i].zone);
        buffer_put_i64(buffer, visitor->stays[i].entered_us);
        saved_put_flag(buffer, visitor->stays[i].visited);
    }
    buffer_put_u64(buffer, visitor->approach_count);
    for (size_t i = 0; i < visitor->approach_count; i++) {
        buffer_put_u32(buffer, visitor->approaches[i].line);
        buffer_put_u32(buffer, (uint32_t) visitor->approaches[i].crossed);
        buffer_put_i64(buffer, visitor->approaches[i].time_us);
        saved_put_point(buffer, visitor->approaches[i].position);
    }
}

void zones_save(const struct zones *zones, struct buffer *buffer)
{
    buffer_put_u64(buffer, zones->visitor_count);
    for (size_t i = 0; i < zones->visitor_count; i++)
        put_visitor(buffer, &zones->visitors[i]);
    zone_facts_save(&zones->facts, buffer);
}

static int get_stays(struct buffer_reader *reader, size_t zones, struct visitor *visitor)
{
    size_t count = buffer_get_count(reader, STAY_BYTES, zones);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        if (visitor_reserve_stay(visitor) < 0)
            return -ENOMEM;
        struct stay stay = { .zone = buffer_get_u32(reader) };
        stay.entered_us = saved_get_time_until_us(reader, visitor->seen_us);
        stay.visited = saved_get_flag(reader);
        if (stay.zone >= zones || (i > 0 && stay.zone <= visitor->stays[i - 1].zone))
            buffer_reader_fail(reader);
        visitor->stays[visitor->stay_count++] = stay;
    }
    return 0;
}

static int get_approaches(struct buffer_reader *reader, size_t lines, struct visitor *visitor)
{
    size_t count = buffer_get_count(reader, APPROACH_BYTES, lines);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        if (visitor_reserve_approach(visitor) < 0)
            return -ENOMEM;
        struct approach approach = { .line = buffer_get_u32(reader) };
        approach.crossed = (int32_t) buffer_get_u32(reader);
        approach.time_us = saved_get_time_until_us(reader, visitor->seen_us);
        approach.position = saved_get_point(reader);
        if (approach.line >= lines || approach.crossed == 0 || approach.crossed > CROSSED_MAX ||
            approach.crossed < -CROSSED_MAX ||
            (i > 0 && approach.line <= visitor->approaches[i - 1].line))
            buffer_reader_fail(reader);
        visitor->approaches[visitor->approach_count++] = approach;
    }
    return 0;
}

static int get_visitor(struct zones *zones, struct buffer_reader *reader)
{
    if (zones_reserve_visitor(zones) < 0)
        return -ENOMEM;
    struct visitor *visitor = &zones->visitors[zones->visitor_count];
    *visitor = (struct visitor){ .track = buffer_get_u64(reader) };
    if (zones->visitor_count > 0 && visitor->track <= visitor[-1].track)
        buffer_reader_fail(reader);
    zones->visitor_count++;
    visitor->first_us = saved_get_time_us(reader);
    visitor->seen_us = saved_get_time_us(reader);
    visitor->position = saved_get_point(reader);
    visitor->last_zone = buffer_get_u32(reader);
    if (visitor->seen_us < visitor->first_us ||
        (visitor->last_zone != ZONE_NONE && visitor->last_zone >= zones->places.zones.count))
        buffer_reader_fail(reader);
    int r = get_stays(reader, zones->places.zones.count, visitor);
    return r < 0 ? r : get_approaches(reader, zones->places.lines.count, visitor);
}

int zones_restore(struct zones *zones, struct buffer_reader *reader)
{
    size_t count = buffer_get_count(reader, VISITOR_BYTES, SAVED_ITEMS_MAX);
    int r = 0;
    for (size_t i = 0; r == 0 && i < count && !reader->failed; i++)
        r = get_visitor(zones, reader);
    return r < 0 ? r : zone_facts_restore(&zones->facts, reader);
}
