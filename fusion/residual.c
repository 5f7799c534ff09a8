/*
 * residual.c - how far apart two cameras place the same person
 */
#include "fusion/residual.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/saved.h"

#define PAIRS_FIRST 64 /* a power of two, as all capacities */

static struct floor_m carried(const struct track *track, const struct sighting *s, int64_t tick_us)
{
    double dt_s = (double) (tick_us - s->capture_us) / (double) US_PER_S;
    return (struct floor_m){ s->foot.x + dt_s * track->state.velocity_x_m_s,
                             s->foot.y + dt_s * track->state.velocity_y_m_s };
}

void residuals_release(struct residuals *residuals)
{
    free(residuals->items);
    free(residuals->by_hash);
    *residuals = (struct residuals){ 0 };
}

void residuals_clear(struct residuals *residuals)
{
    residuals->count = 0;
    if (residuals->by_hash)
        memset(residuals->by_hash, 0, 2 * residuals->capacity * sizeof(*residuals->by_hash));
}

/* Where the number of a pair stands, or would stand. The table is never more than half full. */
static uint32_t *number_of(const struct residuals *r, int camera_a, int camera_b)
{
    size_t mask = 2 * r->capacity - 1;
    uint32_t hash = ((uint32_t) camera_a << 16 ^ (uint32_t) camera_b) * 2654435761u;
    for (size_t place = hash ^ hash >> 15;; place++) {
        uint32_t *number = &r->by_hash[place & mask];
        if (*number == 0 || (r->items[*number - 1].camera_a == camera_a &&
                             r->items[*number - 1].camera_b == camera_b))
            return number;
    }
}

static int grow(struct residuals *r)
{
    size_t capacity = r->capacity ? 2 * r->capacity : PAIRS_FIRST;
    uint32_t *by_hash = calloc(2 * capacity, sizeof(*by_hash));
    struct residual_sum *items = realloc(r->items, capacity * sizeof(*items));
    if (items)
        r->items = items;
    if (!items || !by_hash) {
        free(by_hash);
        return -ENOMEM;
    }
    free(r->by_hash);
    r->by_hash = by_hash;
    r->capacity = capacity;
    for (size_t i = 0; i < r->count; i++)
        *number_of(r, items[i].camera_a, items[i].camera_b) = (uint32_t) i + 1;
    return 0;
}

/* The sum of a pair, which may be new: zeroes then. NULL: out of memory. */
static struct residual_sum *sum_of(struct residuals *r, int camera_a, int camera_b)
{
    if (r->count == r->capacity && grow(r) < 0)
        return NULL;
    uint32_t *number = number_of(r, camera_a, camera_b);
    if (*number == 0) {
        r->items[r->count++] = (struct residual_sum){ .camera_a = camera_a, .camera_b = camera_b };
        *number = (uint32_t) r->count;
    }
    return &r->items[*number - 1];
}

int residuals_add(struct residuals *residuals, const struct settle_pair *pair)
{
    struct residual_sum *sum = sum_of(residuals, pair->camera_a, pair->camera_b);
    if (!sum)
        return -ENOMEM;
    sum->count++;
    sum->dx_m += pair->dx_m;
    sum->dy_m += pair->dy_m;
    sum->squared_m2 += pair->dx_m * pair->dx_m + pair->dy_m * pair->dy_m;
    return 0;
}

/* The newest sighting of each camera, by the camera's name. Returns how many. */
static size_t newest_of_cameras(const struct track *track, const struct cameras *cameras,
                                const struct sighting **ret_newest)
{
    size_t count = 0;
    for (const struct support *s = track->supports; s; s = s->next) { /* the newest first */
        size_t place = 0;
        while (place < count &&
               cameras->rank[ret_newest[place]->camera] < cameras->rank[s->sighting->camera])
            place++;
        bool known = place < count && ret_newest[place]->camera == s->sighting->camera;
        if (known || count == RESIDUAL_CAMERAS_MAX)
            continue;
        for (size_t i = count++; i > place; i--)
            ret_newest[i] = ret_newest[i - 1];
        ret_newest[place] = s->sighting;
    }
    return count;
}

size_t residuals_room(size_t cameras)
{
    size_t compared = cameras < RESIDUAL_CAMERAS_MAX ? cameras : RESIDUAL_CAMERAS_MAX;
    return compared < 2 ? 0 : compared * (compared - 1) / 2;
}

size_t residuals_of_track(const struct track *track, int64_t tick_us, const struct cameras *cameras,
                          struct settle_pair *ret_pairs)
{
    const struct sighting *newest[RESIDUAL_CAMERAS_MAX];
    size_t count = newest_of_cameras(track, cameras, newest), pairs = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            struct floor_m a = carried(track, newest[i], tick_us);
            struct floor_m b = carried(track, newest[j], tick_us);
            ret_pairs[pairs++] = (struct settle_pair){ .camera_a = newest[i]->camera,
                                                       .camera_b = newest[j]->camera,
                                                       .dx_m = a.x - b.x,
                                                       .dy_m = a.y - b.y };
        }
    return pairs;
}

SAVED_STRUCT_HAS_BYTES(struct residual_sum, 40);

#define SUM_BYTES ((size_t) (4 + 4 + 4 * 8))

void residuals_save(const struct residuals *residuals, struct buffer *buffer)
{
    buffer_put_u64(buffer, residuals->count);
    for (size_t i = 0; i < residuals->count; i++) {
        const struct residual_sum *sum = &residuals->items[i];
        buffer_put_u32(buffer, (uint32_t) sum->camera_a);
        buffer_put_u32(buffer, (uint32_t) sum->camera_b);
        buffer_put_i64(buffer, sum->count);
        buffer_put_double(buffer, sum->dx_m);
        buffer_put_double(buffer, sum->dy_m);
        buffer_put_double(buffer, sum->squared_m2);
    }
}

int residuals_restore(struct residuals *residuals, struct buffer_reader *reader, int camera_count)
{
    size_t count = buffer_get_count(reader, SUM_BYTES, SAVED_ITEMS_MAX);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        int camera_a = saved_get_camera(reader, camera_count);
        int camera_b = saved_get_camera(reader, camera_count);
        struct residual_sum *sum = reader->failed ? NULL : sum_of(residuals, camera_a, camera_b);
        if (!sum)
            return reader->failed ? -EBADMSG : -ENOMEM;
        sum->count = saved_get_sum(reader);
        sum->dx_m = saved_get_finite(reader);
        sum->dy_m = saved_get_finite(reader);
        sum->squared_m2 = saved_get_finite(reader);
        if (sum->count == 0 || residuals->count != i + 1) /* the same pair twice */
            buffer_reader_fail(reader);
    }
    return buffer_reader_result(reader);
}
