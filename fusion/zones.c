/*
 * zones.c - who is in which zone, and who crosses which line
 */
#include "fusion/zones.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/zones_state.h"

/* ---- memory ---- */

static int reserve(void **items, size_t count, size_t *capacity, size_t item_bytes)
{
    if (count < *capacity)
        return 0;
    size_t grown = *capacity ? 2 * *capacity : 4;
    void *memory = realloc(*items, grown * item_bytes);
    if (!memory)
        return -ENOMEM;
    *items = memory;
    *capacity = grown;
    return 0;
}

int zones_reserve_visitor(struct zones *zones)
{
    void *items = zones->visitors;
    int r =
        reserve(&items, zones->visitor_count, &zones->visitor_capacity, sizeof(*zones->visitors));
    zones->visitors = items;
    return r;
}

int visitor_reserve_stay(struct visitor *visitor)
{
    void *items = visitor->stays;
    int r = reserve(&items, visitor->stay_count, &visitor->stay_capacity, sizeof(*visitor->stays));
    visitor->stays = items;
    return r;
}

int visitor_reserve_approach(struct visitor *visitor)
{
    void *items = visitor->approaches;
    int r = reserve(&items, visitor->approach_count, &visitor->approach_capacity,
                    sizeof(*visitor->approaches));
    visitor->approaches = items;
    return r;
}

void visitor_release(struct visitor *visitor)
{
    free(visitor->stays);
    free(visitor->approaches);
}

int zones_create(const struct floor_map *map, const struct zone_settings *settings,
                 const struct zone_sink *sink, struct zones **ret_zones, struct error *err)
{
    AUTO(zones_destroy) struct zones *zones = calloc(1, sizeof(*zones));
    if (!zones)
        return error_set(err, -ENOMEM, "out of memory");
    zones->settings = *settings;
    zones->sink = *sink;
    int r = places_init(&zones->places, map, err);
    if (r < 0)
        return r;
    zones->inside = calloc(zones->places.zones.count + 1, sizeof(*zones->inside));
    if (!zones->inside || zone_facts_init(&zones->facts, &zones->places) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    *ret_zones = zones;
    zones = NULL;
    return 0;
}

void zones_destroy(struct zones **zones)
{
    struct zones *z = *zones;
    if (!z)
        return;
    for (size_t i = 0; i < z->visitor_count; i++)
        visitor_release(&z->visitors[i]);
    free(z->visitors);
    free(z->inside);
    zone_facts_release(&z->facts);
    places_release(&z->places);
    free(z);
    *zones = NULL;
}

struct zone_facts *zones_facts(struct zones *zones)
{
    return &zones->facts;
}

const struct places *zones_places(const struct zones *zones)
{
    return &zones->places;
}

/* ---- events ---- */

const char *zone_event_text(enum zone_event_kind kind)
{
    static const char *const texts[ZONE_EVENT_KINDS] = { "floor_entered", "line_crossed",
                                                         "zone_left",     "zone_entered",
                                                         "zone_visit",    "floor_left" };
    return texts[kind];
}

static void tell(const struct zones *zones, const struct zone_event *event)
{
    if (zones->sink.event)
        zones->sink.event(zones->sink.context, event);
}

/* The name of an entrance within reach, the nearest one, or "". */
static const char *entrance_near(const struct zones *zones, struct floor_m p)
{
    const struct place_list *entrances = &zones->places.entrances;
    const char *name = "";
    double nearest_m = ENTRANCE_REACH_M;
    for (size_t i = 0; i < entrances->count; i++) {
        const struct place *entrance = &entrances->items[i];
        double distance_m = place_contains(entrance, p) ? 0 : place_edge_distance_m(entrance, p);
        if (distance_m < nearest_m || (distance_m == nearest_m && !name[0])) {
            nearest_m = distance_m;
            name = entrance->name;
        }
    }
    return name;
}

static void tell_floor(const struct zones *zones, const struct visitor *visitor,
                       enum zone_event_kind kind)
{
    struct zone_event event = { .kind = kind,
                                .time_us = visitor->seen_us,
                                .track = visitor->track,
                                .position = visitor->position,
                                .place = entrance_near(zones, visitor->position),
                                .stay_ms = (visitor->seen_us - visitor->first_us) / US_PER_MS };
    tell(zones, &event);
}

static void tell_stay(const struct zones *zones, const struct visitor *visitor,
                      const struct stay *stay, enum zone_event_kind kind, int64_t time_us)
{
    struct zone_event event = { .kind = kind,
                                .time_us = time_us,
                                .track = visitor->track,
                                .position = visitor->position,
                                .place = zones->places.zones.items[stay->zone].name,
                                .stay_ms = (time_us - stay->entered_us) / US_PER_MS };
    tell(zones, &event);
}

/* ---- zones ---- */

static void leave_zone(struct zones *zones, const struct visitor *visitor, const struct stay *stay,
                       int64_t time_us)
{
    tell_stay(zones, visitor, stay, EVENT_ZONE_LEFT, time_us);
    zones->facts.zones[stay->zone].exits++;
}

/* Leave the zones of which the new position is outside; the last tick inside was the one before. */
static void leave_zones(struct zones *zones, struct visitor *visitor, struct floor_m position)
{
    size_t kept = 0;
    for (size_t i = 0; i < visitor->stay_count; i++) {
        const struct place *zone = &zones->places.zones.items[visitor->stays[i].zone];
        if (place_contains(zone, position) ||
            place_edge_distance_m(zone, position) <= zones->settings.hysteresis_m)
            visitor->stays[kept++] = visitor->stays[i];
        else
            leave_zone(zones, visitor, &visitor->stays[i], visitor->seen_us);
    }
    visitor->stay_count = kept;
}

static bool is_inside(const struct visitor *visitor, uint32_t zone)
{
    for (size_t i = 0; i < visitor->stay_count; i++)
        if (visitor->stays[i].zone == zone)
            return true;
    return false;
}

static int enter_zone(struct zones *zones, struct visitor *visitor, uint32_t zone)
{
    int r = visitor_reserve_stay(visitor);
    if (r < 0)
        return r;
    size_t place = visitor->stay_count++;
    for (; place > 0 && visitor->stays[place - 1].zone > zone; place--)
        visitor->stays[place] = visitor->stays[place - 1];
    visitor->stays[place] = (struct stay){ .zone = zone, .entered_us = visitor->seen_us };
    tell_stay(zones, visitor, &visitor->stays[place], EVENT_ZONE_ENTERED, visitor->seen_us);
    zones->facts.zones[zone].entries++;
    uint32_t before = visitor->last_zone;
    visitor->last_zone = zone;
    return before == ZONE_NONE || before == zone ? 0
                                                 : zone_facts_add_flow(&zones->facts, before, zone);
}

static int enter_zones(struct zones *zones, struct visitor *visitor)
{
    const struct place_list *list = &zones->places.zones;
    int r = 0;
    for (uint32_t zone = 0; r == 0 && zone < list->count; zone++)
        if (place_contains(&list->items[zone], visitor->position) && !is_inside(visitor, zone))
            r = enter_zone(zones, visitor, zone);
    return r;
}

static void count_stays(struct zones *zones, struct visitor *visitor, int64_t duration_us)
{
    for (size_t i = 0; i < visitor->stay_count; i++) {
        struct stay *stay = &visitor->stays[i];
        struct heat_zone *facts = &zones->facts.zones[stay->zone];
        facts->dwell_ms += duration_us / US_PER_MS;
        zones->inside[stay->zone]++;
        if (stay->visited || visitor->seen_us - stay->entered_us < zones->settings.visit_us)
            continue;
        stay->visited = true;
        facts->visits++;
        tell_stay(zones, visitor, stay, EVENT_ZONE_VISIT, visitor->seen_us);
    }
}

/* ---- lines ---- */

/* The approach to a line; a new one counts no crossings. NULL: out of memory. */
static struct approach *approach_to(struct visitor *visitor, uint32_t line)
{
    size_t place = 0;
    while (place < visitor->approach_count && visitor->approaches[place].line < line)
        place++;
    if (place < visitor->approach_count && visitor->approaches[place].line == line)
        return &visitor->approaches[place];
    if (visitor_reserve_approach(visitor) < 0)
        return NULL;
    memmove(&visitor->approaches[place + 1], &visitor->approaches[place],
            (visitor->approach_count - place) * sizeof(*visitor->approaches));
    visitor->approach_count++;
    visitor->approaches[place] = (struct approach){ .line = line };
    return &visitor->approaches[place];
}

/* The lines that the step to a position crosses. */
static int note_crossings(const struct zones *zones, struct visitor *visitor,
                          struct floor_m position, int64_t tick_us)
{
    const struct place_list *lines = &zones->places.lines;
    struct floor_m from = visitor->position;
    for (uint32_t line = 0; line < lines->count; line++) {
        double share;
        int crossed = place_crossed(&lines->items[line], from, position, &share);
        if (crossed == 0)
            continue;
        struct approach *approach = approach_to(visitor, line);
        if (!approach)
            return -ENOMEM;
        approach->crossed += crossed;
        approach->time_us =
            visitor->seen_us + (int64_t) (share * (double) (tick_us - visitor->seen_us));
        approach->position = (struct floor_m){ from.x + share * (position.x - from.x),
                                               from.y + share * (position.y - from.y) };
    }
    return 0;
}

static void cross_line(struct zones *zones, const struct visitor *visitor,
                       const struct approach *approach)
{
    bool to_right = approach->crossed > 0;
    struct zone_event event = { .kind = EVENT_LINE_CROSSED,
                                .time_us = approach->time_us,
                                .track = visitor->track,
                                .position = approach->position,
                                .place = zones->places.lines.items[approach->line].name,
                                .direction = to_right ? LEFT_TO_RIGHT : RIGHT_TO_LEFT };
    struct heat_line *facts = &zones->facts.lines[approach->line];
    for (int32_t i = 0; i < abs(approach->crossed); i++) {
        tell(zones, &event);
        if (to_right)
            facts->left_to_right++;
        else
            facts->right_to_left++;
    }
}

/* Who is far enough on has crossed; who has come back has not. */
static void settle_approaches(struct zones *zones, struct visitor *visitor, struct floor_m position)
{
    size_t kept = 0;
    for (size_t i = 0; i < visitor->approach_count; i++) {
        const struct approach *approach = &visitor->approaches[i];
        if (approach->crossed == 0)
            continue;
        const struct place *line = &zones->places.lines.items[approach->line];
        if (place_edge_distance_m(line, position) > zones->settings.hysteresis_m)
            cross_line(zones, visitor, approach);
        else
            visitor->approaches[kept++] = *approach;
    }
    visitor->approach_count = kept;
}

/* ---- people ---- */

static int move_visitor(struct zones *zones, struct visitor *visitor, struct floor_m position,
                        int64_t tick_us)
{
    int r = note_crossings(zones, visitor, position, tick_us);
    if (r < 0)
        return r;
    settle_approaches(zones, visitor, position);
    leave_zones(zones, visitor, position);
    visitor->position = position;
    visitor->seen_us = tick_us;
    return 0;
}

static int add_visitor(struct zones *zones, size_t place, const struct zone_person *person,
                       int64_t tick_us)
{
    int r = zones_reserve_visitor(zones);
    if (r < 0)
        return r;
    struct visitor *visitor = &zones->visitors[place];
    memmove(visitor + 1, visitor, (zones->visitor_count - place) * sizeof(*visitor));
    zones->visitor_count++;
    *visitor = (struct visitor){ .track = person->track,
                                 .first_us = tick_us,
                                 .seen_us = tick_us,
                                 .position = person->position,
                                 .last_zone = ZONE_NONE };
    tell_floor(zones, visitor, EVENT_FLOOR_ENTERED);
    return 0;
}

static void leave_floor(struct zones *zones, struct visitor *visitor)
{
    for (size_t i = 0; i < visitor->stay_count; i++)
        leave_zone(zones, visitor, &visitor->stays[i], visitor->seen_us);
    tell_floor(zones, visitor, EVENT_FLOOR_LEFT);
    visitor_release(visitor);
}

/* Those who have not been there for too long. */
static void sweep(struct zones *zones, int64_t seen_after_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < zones->visitor_count; i++) {
        if (zones->visitors[i].seen_us > seen_after_us)
            zones->visitors[kept++] = zones->visitors[i];
        else
            leave_floor(zones, &zones->visitors[i]);
    }
    zones->visitor_count = kept;
}

static void note_peaks(struct zones *zones)
{
    for (size_t i = 0; i < zones->places.zones.count; i++) {
        struct heat_zone *facts = &zones->facts.zones[i];
        if (zones->inside[i] > facts->peak_people)
            facts->peak_people = zones->inside[i];
        zones->inside[i] = 0;
    }
}

int zones_tick(struct zones *zones, int64_t tick_us, int64_t duration_us,
               const struct zone_person *people, size_t count)
{
    sweep(zones, tick_us - zones->settings.gone_us - 1);
    size_t place = 0;
    for (size_t i = 0; i < count; i++) {
        while (place < zones->visitor_count && zones->visitors[place].track < people[i].track)
            place++;
        bool known =
            place < zones->visitor_count && zones->visitors[place].track == people[i].track;
        int r = known ? move_visitor(zones, &zones->visitors[place], people[i].position, tick_us)
                      : add_visitor(zones, place, &people[i], tick_us);
        if (r == 0)
            r = enter_zones(zones, &zones->visitors[place]);
        if (r < 0)
            return r;
        count_stays(zones, &zones->visitors[place], duration_us);
    }
    note_peaks(zones);
    return 0;
}

void zones_finish(struct zones *zones)
{
    sweep(zones, INT64_MAX);
}
