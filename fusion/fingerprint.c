/*
 * fingerprint.c - whether a saved state belongs to this floor and these cameras
 */
#include "fusion/fingerprint.h"

#include <string.h>

#include "base/buffer.h"
#include "calib/watch.h"

static int digest(struct buffer *buffer, char ret_hex[static SHA256_TEXT_SIZE])
{
    int r = buffer_result(buffer);
    if (r == 0)
        file_sha256_bytes(buffer->bytes, buffer->length, ret_hex);
    return r;
}

/* Not which way a line leads inward: crossings are counted in both directions all the same. */
static void put_feature(struct buffer *buffer, const struct feature *feature)
{
    buffer_put_u8(buffer, (uint8_t) feature->kind);
    buffer_put_u8(buffer, feature->is_line);
    buffer_put_bytes(buffer, feature->id, strlen(feature->id) + 1);
    buffer_put_double(buffer, feature->height_m);
    buffer_put_u64(buffer, feature->ring_count);
    for (size_t i = 0; i < feature->ring_count; i++) {
        const struct polygon *ring = &feature->rings[i];
        buffer_put_u64(buffer, ring->corners);
        for (size_t k = 0; k < 2 * ring->corners; k++)
            buffer_put_double(buffer, ring->xy[k]);
    }
}

int fingerprint_of_floor(const struct floor_map *map, char ret_hex[static SHA256_TEXT_SIZE])
{
    AUTO(buffer_release) struct buffer buffer = BUFFER_INIT;
    buffer_put_u64(&buffer, map->feature_count);
    for (size_t i = 0; i < map->feature_count; i++)
        put_feature(&buffer, &map->features[i]);
    return digest(&buffer, ret_hex);
}

static void put_numbers(struct buffer *buffer, const struct number_list *numbers)
{
    buffer_put_u64(buffer, numbers->count);
    for (size_t i = 0; i < numbers->count; i++)
        buffer_put_double(buffer, numbers->values[i]);
}

static void put_watch(struct buffer *buffer, const struct watch *watch)
{
    put_numbers(buffer, &watch->roi);
    for (size_t i = 0; i < watch->masks.count; i++)
        put_numbers(buffer, &watch->masks.items[i]);
    buffer_put_double(buffer, watch->min_person_px);
}

int fingerprint_of_camera(const struct calibration *calibration, struct box_px view,
                          const struct watch *watch, double edge_sd_px,
                          char ret_hex[static SHA256_TEXT_SIZE])
{
    AUTO(buffer_release) struct buffer buffer = BUFFER_INIT;
    const char *version = calibration_version(calibration);
    buffer_put_bytes(&buffer, version, strlen(version) + 1);
    buffer_put_double(&buffer, view.left);
    buffer_put_double(&buffer, view.top);
    buffer_put_double(&buffer, view.right);
    buffer_put_double(&buffer, view.bottom);
    buffer_put_double(&buffer, edge_sd_px);
    buffer_put_double(&buffer, calibration_people(calibration).mean_m);
    buffer_put_double(&buffer, calibration_people(calibration).sd_m);
    if (watch)
        put_watch(&buffer, watch);
    return digest(&buffer, ret_hex);
}
