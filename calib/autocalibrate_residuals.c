/*
 * autocalibrate_residuals.c - how people's heights scatter under a camera
 */
#include "calib/autocalibrate_residuals.h"

#include <errno.h>
#include <stdlib.h>

#include "calib/walker_box.h"

/* Cauchy's constant: 95 of 100 of the efficiency of least squares where errors are normal. */
#define CAUCHY 2.385
/* The median of the absolute value of a normal error times this is its standard deviation. */
#define MAD_TO_SD     1.4826
#define BOX_SD_MIN    0.005
#define WEIGHT_ROUNDS 8
/* People taller than the mean by more standard deviations do not matter. */
#define TALL_SDS 2.5
/* A weight below this is that of an error of three standard deviations or more. */
#define AGREEING_MIN (1 / (1 + 9 / (CAUCHY * CAUCHY)))

int walker_scatter_init(struct walker_scatter *scatter, const struct walkers *walkers,
                        double height_m, double height_sd_m, double picture_height_px)
{
    size_t n = walkers->count + 1, tracks = walkers->tracks + 1;
    *scatter = (struct walker_scatter){
        .walkers = walkers,
        .height_m = height_m,
        .picture_height_px = picture_height_px,
        .person_sd = fmax(height_sd_m / height_m, 1e-3),
        .weights = calloc(n, sizeof(double)),
        .track_weights = calloc(tracks, sizeof(double)),
        .track_means = calloc(tracks, sizeof(double)),
        .place_shares = calloc(n, sizeof(double)),
        .fair = calloc(n, sizeof(double)),
        .scratch = calloc(n, sizeof(double)),
    };
    return scatter->weights && scatter->track_weights && scatter->track_means &&
                   scatter->place_shares && scatter->fair && scatter->scratch
               ? 0
               : -ENOMEM;
}

void walker_scatter_release(struct walker_scatter *scatter)
{
    free(scatter->weights);
    free(scatter->track_weights);
    free(scatter->track_means);
    free(scatter->place_shares);
    free(scatter->fair);
    free(scatter->scratch);
    *scatter = (struct walker_scatter){ 0 };
}

void walker_scatter_measure(const struct walker_scatter *scatter,
                            const struct projection *projection, double *ret_errors)
{
    for (size_t i = 0; i < scatter->walkers->count; i++) {
        struct box_px box = scatter->walkers->items[i].box, foretold;
        ret_errors[i] = WALKER_IMPOSSIBLE;
        if (!projection || walker_box_like(projection, box, scatter->height_m,
                                           scatter->place_shares[i], &foretold, NULL) < 0)
            continue;
        double error = log((box.bottom - box.top) / (foretold.bottom - foretold.top));
        ret_errors[i] = fmax(-WALKER_IMPOSSIBLE, fmin(WALKER_IMPOSSIBLE, error));
    }
}

void walker_scatter_soften(const struct walker_scatter *scatter, double sd, double *errors)
{
    for (size_t i = 0; i < scatter->walkers->count; i++) {
        double e = errors[i] / (sd * CAUCHY);
        errors[i] = copysign(CAUCHY * sqrt(log1p(e * e)), e);
    }
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double median_of(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), ascending);
    return (values[count / 2] + values[(count - 1) / 2]) / 2;
}

static size_t track_end(const struct walkers *walkers, size_t first)
{
    size_t end = first;
    while (end < walkers->count && walkers->items[end].track == walkers->items[first].track)
        end++;
    return end;
}

/* How much taller each tracked person is than the middling one, as far as boxes can tell. */
static void find_track_means(struct walker_scatter *s, const double *errors)
{
    const struct walkers *w = s->walkers;
    for (size_t first = 0, end; first < w->count; first = end) {
        size_t track = w->items[first].track;
        double sum = 0, weight = 0;
        end = track_end(w, first);
        for (size_t i = first; i < end; i++) {
            sum += s->weights[i] * errors[i];
            weight += s->weights[i];
        }
        double shrink =
            s->box_sd * s->box_sd * s->track_weights[track] / (s->person_sd * s->person_sd);
        s->track_means[track] = sum / (weight + shrink);
    }
}

/* Standard deviation of the errors around their tracks. */
static double scatter_within(struct walker_scatter *s, const double *errors)
{
    size_t count = 0, tracks = 0, last = s->walkers->tracks;
    for (size_t i = 0; i < s->walkers->count; i++) {
        size_t track = s->walkers->items[i].track;
        if (!(s->weights[i] > 0))
            continue;
        s->scratch[count++] = fabs(errors[i] - s->track_means[track]);
        tracks += track != last;
        last = track;
    }
    if (count <= tracks)
        return s->person_sd;
    /* Each track's mean has used up one of its boxes. */
    double freedom = (double) count / (double) (count - tracks);
    return fmax(BOX_SD_MIN, MAD_TO_SD * median_of(s->scratch, count) * sqrt(freedom));
}

static double cauchy_weight(double error, double sd)
{
    double e = error / (CAUCHY * sd);
    return 1 / (1 + e * e);
}

/*
 * Whether people of any height would be seen whole where this one is. At the picture's edge tall
 * people are cut and left out while short ones are taken, so that all look short there; leaving out
 * by place, not by height, is fair to both.
 */
static bool fair_place(const struct walker_scatter *s, const struct projection *projection,
                       size_t i)
{
    const struct walker *walker = &s->walkers->items[i];
    double likely_m = s->height_m * exp(s->track_means[walker->track]);
    double tall_m = s->height_m * (1 + TALL_SDS * s->person_sd);
    struct box_px box;
    struct floor_m place;
    if (walker_box_like(projection, walker->box, likely_m, s->place_shares[i], &box, &place) < 0 ||
        walker_box_at(projection, place, tall_m, &box) < 0)
        return true; /* its error says enough */
    double margin_px = TALL_SDS * fmin(s->box_sd, 0.05) * (box.bottom - box.top);
    return box.top > margin_px && box.bottom < s->picture_height_px - margin_px;
}

void walker_scatter_weigh(struct walker_scatter *s, const struct projection *projection)
{
    const struct walkers *w = s->walkers;
    double *errors = calloc(w->count, sizeof(*errors));
    if (!errors)
        return; /* the weights of the round before do */
    for (size_t i = 0; i < w->count; i++)
        s->place_shares[i] = walker_place_share(
            projection, w->items[i].box, s->height_m * exp(s->track_means[w->items[i].track]));
    walker_scatter_measure(s, projection, errors);
    for (size_t i = 0; i < w->count; i++)
        s->weights[i] = s->fair[i] = fair_place(s, projection, i);
    for (size_t t = 0; t < w->tracks; t++)
        s->track_weights[t] = 1;
    s->box_sd = s->person_sd;
    for (int round = 0; round < WEIGHT_ROUNDS; round++) {
        find_track_means(s, errors);
        s->box_sd = scatter_within(s, errors);
        for (size_t i = 0; i < w->count; i++)
            s->weights[i] = s->fair[i] *
                            cauchy_weight(errors[i] - s->track_means[w->items[i].track], s->box_sd);
        for (size_t t = 0; t < w->tracks; t++)
            s->track_weights[t] = cauchy_weight(s->track_means[t], s->person_sd);
    }
    for (size_t t = 0; t < w->tracks; t++)
        s->scratch[t] = fabs(s->track_means[t]);
    s->spread_sd = MAD_TO_SD * median_of(s->scratch, w->tracks);
    free(errors);
}

void walker_scatter_whiten(const struct walker_scatter *s, double *errors)
{
    const struct walkers *w = s->walkers;
    for (size_t first = 0, end; first < w->count; first = end) {
        double sum = 0, weight = 0;
        end = track_end(w, first);
        for (size_t i = first; i < end; i++) {
            sum += s->weights[i] * errors[i];
            weight += s->weights[i];
        }
        double spread2 = s->person_sd * s->person_sd / s->track_weights[w->items[first].track];
        double mean = weight > 0 ? sum / weight : 0;
        double keep = 1 / sqrt(1 + weight * spread2 / (s->box_sd * s->box_sd));
        for (size_t i = first; i < end; i++)
            errors[i] = sqrt(s->weights[i]) * (errors[i] - (1 - keep) * mean) / s->box_sd;
    }
}

size_t walker_scatter_agreeing(const struct walker_scatter *scatter)
{
    size_t count = 0;
    for (size_t i = 0; i < scatter->walkers->count; i++)
        if (scatter->weights[i] >= AGREEING_MIN &&
            scatter->track_weights[scatter->walkers->items[i].track] >= AGREEING_MIN)
            count++;
    return count;
}
