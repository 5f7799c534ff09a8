/*
 * residual.c - how far apart two cameras place the same person
 */
#include "fusion/residual.h"

#include "base/clock.h"

static struct floor_m carried(const struct track *track, const struct sighting *s, int64_t tick_us)
{
    double dt_s = (double) (tick_us - s->capture_us) / (double) US_PER_S;
    return (struct floor_m){ s->position.x + dt_s * track->state.velocity_x_m_s,
                             s->position.y + dt_s * track->state.velocity_y_m_s };
}

static void add_pair(struct residual_sum *sum, struct floor_m a, struct floor_m b)
{
    double dx_m = a.x - b.x, dy_m = a.y - b.y;
    sum->count++;
    sum->dx_m += dx_m;
    sum->dy_m += dy_m;
    sum->squared_m2 += dx_m * dx_m + dy_m * dy_m;
}

void residuals_add_track(struct residuals *residuals, const struct track *track, int64_t tick_us,
                         const struct cameras *cameras)
{
    const struct sighting *by_rank[HEAT_CAMERAS_MAX] = { NULL };
    if (!track->supports || !track->supports->next)
        return;
    for (const struct support *s = track->supports; s; s = s->next) {
        const struct sighting **last = &by_rank[cameras->rank[s->sighting->camera]];
        if (!*last) /* the newest comes first */
            *last = s->sighting;
    }
    for (int i = 0; i < cameras->count; i++)
        for (int j = i + 1; by_rank[i] && j < cameras->count; j++)
            if (by_rank[j])
                add_pair(&residuals->pairs[by_rank[i]->camera][by_rank[j]->camera],
                         carried(track, by_rank[i], tick_us), carried(track, by_rank[j], tick_us));
}
