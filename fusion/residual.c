/*
 * residual.c - how far apart two cameras place the same person
 */
#include "fusion/residual.h"

#include "base/clock.h"

static struct floor_m carried(const struct track *track, const struct sighting *s, int64_t tick_us)
{
    double dt_s = (double) (tick_us - s->capture_us) / (double) US_PER_S;
    return (struct floor_m){ s->foot.x + dt_s * track->state.velocity_x_m_s,
                             s->foot.y + dt_s * track->state.velocity_y_m_s };
}

void residuals_add(struct residuals *residuals, const struct settle_pair *pair)
{
    struct residual_sum *sum = &residuals->pairs[pair->camera_a][pair->camera_b];
    sum->count++;
    sum->dx_m += pair->dx_m;
    sum->dy_m += pair->dy_m;
    sum->squared_m2 += pair->dx_m * pair->dx_m + pair->dy_m * pair->dy_m;
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
