/*
 * fusion_save.c - the whole state of a floor's fusion as bytes, and back
 *
 * The bytes: magic, length and CRC-32 of what follows; version; what the state belongs to; the
 * state. What follows from the map, the config and the calibrations is not saved but built anew, so
 * the state says which they were, and is refused with others. A restore reads everything into a
 * second fusion and exchanges the two at the end: half a state is never seen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32.h"
#include "fusion/fusion_state.h"
#include "fusion/saved.h"

/* Raise it whenever the bytes change: fusion_restore refuses other versions. */
#define FUSION_STATE_VERSION 4

static const char magic[8] = "FFSTATE\n";

#define HEADER_BYTES (sizeof(magic) + 8 + 4)

SAVED_STRUCT_HAS_BYTES(struct fusion_config, 80);
SAVED_STRUCT_HAS_BYTES(struct heat_config, 24);
SAVED_STRUCT_HAS_BYTES(struct fusion_counts, 120);
_Static_assert(sizeof(void *) != 8 || sizeof(struct fusion) - sizeof(struct cameras) == 824,
               "struct fusion has changed: save and restore the new members as well");

/* A setting that the state depends on, as it stands in the store config. */
struct setting {
    const char *path;
    double value;
};

#define SETTINGS 16

static void list_settings(const struct fusion *fusion, struct setting ret_settings[static SETTINGS])
{
    const struct fusion_config *config = &fusion->config;
    const struct heat_config *heat = &fusion->heat;
    const struct setting settings[SETTINGS] = {
        { "fusion.tick_ms", config->tick_ms },
        { "fusion.lateness_ms", config->lateness_ms },
        { "fusion.frame_valid_ms", config->frame_valid_ms },
        { "fusion.gate_sigma", config->gate_sigma },
        { "fusion.position_sd_m", config->position_sd_m },
        { "fusion.acceleration_sd_m_s2", config->acceleration_sd_m_s2 },
        { "fusion.max_speed_m_s", config->max_speed_m_s },
        { "fusion.merge_m", config->merge_m },
        { "fusion.max_gap_ms", config->max_gap_ms },
        { "fusion.settle_ms", config->settle_ms },
        { "people.height_m", config->people.height_m },
        { "people.height_sd_m", config->people.height_sd_m },
        { "heat.cell_m", heat->cell_m },
        { "heat.bucket_s", heat->bucket_s },
        { "heat.visit_s", heat->visit_s },
        { "heat.zone_hysteresis_m", heat->zone_hysteresis_m },
    };
    memcpy(ret_settings, settings, sizeof(settings));
}

static void put_identity(struct buffer *buffer, const struct fusion *fusion)
{
    struct setting settings[SETTINGS];
    list_settings(fusion, settings);
    saved_put_text(buffer, fusion->store);
    saved_put_text(buffer, fusion->floor);
    saved_put_text(buffer, fusion->map_fingerprint);
    for (size_t i = 0; i < SETTINGS; i++)
        buffer_put_double(buffer, settings[i].value);
}

/* What align counts is align's. */
static void put_counts(struct buffer *buffer, const struct fusion_counts *counts)
{
    buffer_put_u64(buffer, counts->frames);
    buffer_put_u64(buffer, counts->observations);
    buffer_put_u64(buffer, counts->frames_unknown);
    buffer_put_u64(buffer, counts->ticks);
    buffer_put_u64(buffer, counts->tracks_confirmed);
    buffer_put_i64(buffer, counts->dwell_ms);
    buffer_put_i64(buffer, counts->people_ms);
    buffer_put_i64(buffer, counts->looked_ms);
    buffer_put_i64(buffer, counts->first_tick_us);
    buffer_put_i64(buffer, counts->last_tick_us);
    buffer_put_i64(buffer, counts->peak_people);
}

static void put_content(struct buffer *buffer, const struct fusion *fusion, int64_t now_mono_ns)
{
    buffer_put_u32(buffer, FUSION_STATE_VERSION);
    put_identity(buffer, fusion);
    align_save(fusion->align, now_mono_ns, buffer);
    cameras_save(&fusion->cameras, grid_mask_bytes(&fusion->grid), buffer);
    tracks_save(&fusion->tracks, buffer);
    appearance_save(fusion->tracks.appearance, buffer);
    settle_save(fusion->settle, buffer);
    accumulator_save(fusion->accumulator, buffer);
    zones_save(fusion->zones, buffer);
    residuals_save(&fusion->residuals, buffer);
    put_counts(buffer, &fusion->counts);
}

int fusion_save(const struct fusion *fusion, int64_t now_mono_ns, struct buffer *buffer)
{
    AUTO(buffer_release) struct buffer content = BUFFER_INIT;
    put_content(&content, fusion, now_mono_ns);
    int r = buffer_result(&content);
    if (r < 0)
        return r;
    buffer_put_bytes(buffer, magic, sizeof(magic));
    buffer_put_u64(buffer, content.length);
    buffer_put_u32(buffer, crc32_of(content.bytes, content.length));
    buffer_put_bytes(buffer, content.bytes, content.length);
    return buffer_result(buffer);
}

/* Look at the bytes from outside: whether they are what fusion_save wrote. */
static int open_content(const void *bytes, size_t length, struct buffer_reader *ret_reader,
                        struct error *err)
{
    char found_magic[sizeof(magic)];
    struct buffer_reader header = buffer_reader_of(bytes, length);
    buffer_get_bytes(&header, found_magic, sizeof(found_magic));
    uint64_t content_length = buffer_get_u64(&header);
    uint32_t checksum = buffer_get_u32(&header);
    if (header.failed || memcmp(found_magic, magic, sizeof(magic)) != 0)
        return error_set(err, -EBADMSG, "this is not a saved state; start without it");
    if (content_length != length - HEADER_BYTES)
        return error_set(err, -EBADMSG,
                         "the saved state is cut short or has grown: %zu bytes where there should "
                         "be %llu; start without it",
                         length - HEADER_BYTES, (unsigned long long) content_length);
    const uint8_t *content = (const uint8_t *) bytes + HEADER_BYTES;
    if (crc32_of(content, length - HEADER_BYTES) != checksum)
        return error_set(err, -EBADMSG,
                         "the saved state is damaged, its checksum does not fit; start without it");
    *ret_reader = buffer_reader_of(content, length - HEADER_BYTES);
    return 0;
}

static int refuse_damage(struct error *err)
{
    return error_set(err, -EBADMSG, "the saved state is damaged; start without it");
}

#define TEXT_SIZE 128

static int check_place(const struct fusion *fusion, struct buffer_reader *reader, struct error *err)
{
    char store[TEXT_SIZE], floor[TEXT_SIZE], map[TEXT_SIZE];
    saved_get_text(reader, store, sizeof(store));
    saved_get_text(reader, floor, sizeof(floor));
    saved_get_text(reader, map, sizeof(map));
    if (reader->failed)
        return refuse_damage(err);
    if (strcmp(store, fusion->store) != 0 || strcmp(floor, fusion->floor) != 0)
        return error_set(err, -EINVAL,
                         "the saved state is of floor %s of store %s, not of floor %s of store %s; "
                         "start without it",
                         floor, store, fusion->floor, fusion->store);
    if (strcmp(map, fusion->map_fingerprint) != 0)
        return error_set(err, -EINVAL,
                         "the saved state was made with another map of floor %s; bring that map "
                         "back, or start without the saved state",
                         floor);
    return 0;
}

static int check_settings(const struct fusion *fusion, struct buffer_reader *reader,
                          struct error *err)
{
    struct setting settings[SETTINGS];
    list_settings(fusion, settings);
    for (size_t i = 0; i < SETTINGS; i++) {
        double saved = buffer_get_double(reader);
        if (reader->failed)
            return refuse_damage(err);
        if (saved != settings[i].value)
            return error_set(err, -EINVAL,
                             "the saved state was made with %s = %g, which is %g now; bring the "
                             "old value back, or start without the saved state",
                             settings[i].path, saved, settings[i].value);
    }
    return 0;
}

static int check_identity(const struct fusion *fusion, struct buffer_reader *reader,
                          struct error *err)
{
    uint32_t version = buffer_get_u32(reader);
    if (!reader->failed && version != FUSION_STATE_VERSION)
        return error_set(err, -EINVAL,
                         "the saved state has version %u, and this program reads version %d; start "
                         "without it",
                         (unsigned) version, FUSION_STATE_VERSION);
    int r = check_place(fusion, reader, err);
    return r < 0 ? r : check_settings(fusion, reader, err);
}

static void get_counts(struct buffer_reader *reader, struct fusion_counts *counts)
{
    counts->frames = buffer_get_u64(reader);
    counts->observations = buffer_get_u64(reader);
    counts->frames_unknown = buffer_get_u64(reader);
    counts->ticks = buffer_get_u64(reader);
    counts->tracks_confirmed = buffer_get_u64(reader);
    counts->dwell_ms = saved_get_sum(reader);
    counts->people_ms = saved_get_sum(reader);
    counts->looked_ms = saved_get_sum(reader);
    counts->first_tick_us = saved_get_time_us(reader);
    counts->last_tick_us = saved_get_time_us(reader);
    counts->peak_people = saved_get_sum(reader);
}

static int get_cameras(struct fusion *fresh, const struct cameras *present,
                       struct buffer_reader *reader, struct error *err)
{
    int saved = cameras_restore(present, reader, fusion_closed_us(fresh),
                                grid_mask_bytes(&fresh->grid), &fresh->cameras, err);
    for (int slot = saved; saved >= 0 && slot < fresh->cameras.count; slot++)
        align_know_camera(fresh->align, slot);
    return saved < 0 ? saved : 0;
}

/* The parts in the order in which they were put. Returns 0, -EBADMSG or -ENOMEM. */
static int get_parts(struct fusion *fresh, struct buffer_reader *reader)
{
    int cameras = fresh->cameras.count;
    int r = tracks_restore(&fresh->tracks, reader, cameras, fusion_closed_us(fresh));
    if (r == 0)
        r = appearance_restore(reader, &fresh->tracks.appearance);
    if (r == 0)
        r = settle_restore(fresh->settle, reader, cameras);
    if (r == 0)
        r = accumulator_restore(fresh->accumulator, reader, cameras);
    if (r == 0)
        r = zones_restore(fresh->zones, reader);
    if (r == 0)
        r = residuals_restore(&fresh->residuals, reader, cameras);
    if (r < 0)
        return r;
    get_counts(reader, &fresh->counts);
    if (settle_newest_us(fresh->settle) != fusion_closed_us(fresh) || reader->at != reader->length)
        buffer_reader_fail(reader);
    return buffer_reader_result(reader);
}

static int get_content(struct fusion *fresh, const struct cameras *present,
                       struct buffer_reader *reader, int64_t now_mono_ns, struct error *err)
{
    int r = fusion_open_moving(fresh, err);
    if (r == 0)
        r = align_restore(fresh->align, reader, present->count, now_mono_ns);
    if (r == 0) {
        r = get_cameras(fresh, present, reader, err);
        if (r < 0)
            return r; /* the sentence is written */
        r = get_parts(fresh, reader);
    }
    if (r == -EBADMSG)
        return refuse_damage(err);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

#define SWAP(a, b)                  \
    do {                            \
        __typeof__(a) before = (a); \
        (a) = (b);                  \
        (b) = before;               \
    } while (0)

/* What moves goes over to fusion, and what was there before to fresh. Cameras own the same in
 * both, except for their past sights. */
static void exchange(struct fusion *fusion, struct fusion *fresh)
{
    SWAP(fusion->align, fresh->align);
    SWAP(fusion->tracks, fresh->tracks);
    SWAP(fusion->settle, fresh->settle);
    SWAP(fusion->accumulator, fresh->accumulator);
    SWAP(fusion->zones, fresh->zones);
    SWAP(fusion->residuals, fresh->residuals);
    fusion->counts = fresh->counts;
    cameras_forget_past(&fusion->cameras);
    fusion->cameras = fresh->cameras;
    fusion->cameras_changed = true;
}

int fusion_restore(struct fusion *fusion, int64_t now_mono_ns, const void *bytes, size_t length,
                   struct error *err)
{
    struct buffer_reader reader;
    int r = open_content(bytes, length, &reader, err);
    if (r == 0)
        r = check_identity(fusion, &reader, err);
    if (r < 0)
        return r;
    struct fusion *fresh = calloc(1, sizeof(*fresh));
    if (!fresh)
        return error_set(err, -ENOMEM, "out of memory");
    fresh->config = fusion->config;
    fresh->heat = fusion->heat;
    fresh->map = fusion->map;
    fresh->sink = fusion->sink;
    fresh->grid = fusion->grid;
    r = get_content(fresh, &fusion->cameras, &reader, now_mono_ns, err);
    if (r == 0)
        exchange(fusion, fresh);
    else
        cameras_forget_past(&fresh->cameras);
    fresh->cameras.count = 0; /* what they own is fusion's */
    fusion_destroy(&fresh);
    return r;
}
