/* fit_robust.c - one camera model through points of which some are wrong */
#include "calib/fit_robust.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "calib/least_squares.h"

/* Random samples; with a third of the points wrong one in five samples of 4 has none. */
#define SAMPLES 400
/* Choices of points that are worth a full fit, and that a model starts from. */
#define CANDIDATES 6
/* At most this share of the points may be wrong. */
#define WRONG_MAX 0.4
/* A point is wrong this often, before any are seen. */
#define WRONG_PRIOR         0.1
#define CONCENTRATION_TURNS 12
/* Up to here everything is tried: all focal lengths to start from, all exchanges of a kept point
 * for one left out. */
#define FEW_POINTS 16

/* Focal lengths to start from, in picture widths: 78 to 19 degrees across. */
static const double focal_starts[] = { 0.62, 0.9, 1.3, 1.9, 3.0 };

struct chosen_problem {
    const struct fit_data *data;
    const struct robust_fit *fit;
};

static void evaluate(const void *context, const double *parameters, double *ret_residuals)
{
    const struct chosen_problem *problem = context;
    struct fit_camera camera = { .model = problem->fit->camera.model };
    memcpy(camera.parameters, parameters,
           (size_t) fit_model_parameters(camera.model) * sizeof(double));
    for (size_t i = 0; i < problem->fit->count; i++) {
        const struct marked_point *point = &problem->data->points[problem->fit->chosen[i]];
        struct image_px at = fit_project(&problem->data->frame, &camera,
                                         (const double[]){ point->x_m, point->y_m, point->z_m });
        ret_residuals[2 * i] = at.x - point->px.x;
        ret_residuals[2 * i + 1] = at.y - point->px.y;
    }
}

int fit_refine(const struct fit_data *data, struct robust_fit *fit)
{
    struct chosen_problem problem = { data, fit };
    struct residuals residuals = { .evaluate = evaluate,
                                   .problem = &problem,
                                   .parameter_count = fit_model_parameters(fit->camera.model),
                                   .residual_count = 2 * (int) fit->count };
    return least_squares_minimise(&residuals, fit->camera.parameters, &fit->sum_of_squares);
}

double fit_sigma_px(const struct fit_data *data, const struct robust_fit *fit)
{
    double freedom = 2 * (double) fit->count - fit_model_parameters(fit->camera.model);
    double prior = FIT_PRIOR_FREEDOM * data->sigma_px * data->sigma_px;
    return sqrt((prior + fit->sum_of_squares) / (FIT_PRIOR_FREEDOM + freedom));
}

/* Heights are lost on a homography, so points above the floor are no use to it. */
static bool usable(const struct fit_data *data, enum fit_model model, size_t i)
{
    return fit_model_has_height(model) || marked_on_floor(&data->points[i]);
}

static size_t count_usable(const struct fit_data *data, enum fit_model model)
{
    size_t count = 0;
    for (size_t i = 0; i < data->count; i++)
        count += usable(data, model, i);
    return count;
}

static size_t count_raised(const struct fit_data *data)
{
    return data->count - count_usable(data, FIT_HOMOGRAPHY);
}

static size_t fewest_kept(enum fit_model model, size_t usable_count)
{
    size_t determined = ((size_t) fit_model_parameters(model) + 1) / 2;
    size_t share = usable_count - (size_t) (WRONG_MAX * (double) usable_count);
    return share > determined ? share : determined;
}

/* How likely the points are when `kept` of them scatter with this sum of squares. */
static double score_of(const struct fit_data *data, enum fit_model model, size_t usable_count,
                       size_t kept, double sum)
{
    double freedom = 2 * (double) kept - fit_model_parameters(model);
    double prior = FIT_PRIOR_FREEDOM * data->sigma_px * data->sigma_px;
    double half = (FIT_PRIOR_FREEDOM + freedom) / 2;
    double area_px2 = data->frame.width_px * data->frame.height_px;
    double scatter = lgamma(half) - lgamma(FIT_PRIOR_FREEDOM / 2) +
                     FIT_PRIOR_FREEDOM / 2 * log(prior) - freedom / 2 * log(M_PI) -
                     half * log(prior + sum);
    return scatter +
           (double) (usable_count - kept) * log(WRONG_PRIOR / (1 - WRONG_PRIOR) / area_px2);
}

struct distance {
    double squared_px2;
    size_t point;
};

static int by_distance(const void *a, const void *b)
{
    const struct distance *x = a, *y = b;
    if (x->squared_px2 != y->squared_px2)
        return x->squared_px2 < y->squared_px2 ? -1 : 1;
    return x->point < y->point ? -1 : 1;
}

static int by_number(const void *a, const void *b)
{
    const size_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Squared distances of the usable points from where the camera puts them, smallest first. */
static size_t measure(const struct fit_data *data, const struct fit_camera *camera,
                      struct distance *ret_distances)
{
    size_t count = 0;
    for (size_t i = 0; i < data->count; i++) {
        const struct marked_point *p = &data->points[i];
        if (!usable(data, camera->model, i))
            continue;
        struct image_px at =
            fit_project(&data->frame, camera, (const double[]){ p->x_m, p->y_m, p->z_m });
        double dx = at.x - p->px.x, dy = at.y - p->px.y;
        ret_distances[count++] = (struct distance){ dx * dx + dy * dy, i };
    }
    qsort(ret_distances, count, sizeof(*ret_distances), by_distance);
    return count;
}

/* Keep the nearest points, as many as are likeliest. */
static void concentrate(const struct fit_data *data, struct robust_fit *fit)
{
    struct distance distances[MARKED_POINTS_MAX];
    size_t count = measure(data, &fit->camera, distances), best = 0;
    double sum = 0, best_score = -INFINITY, best_sum = 0;
    for (size_t kept = 1; kept <= count; kept++) {
        sum += distances[kept - 1].squared_px2;
        if (kept < fewest_kept(fit->camera.model, count))
            continue;
        double score = score_of(data, fit->camera.model, count, kept, sum);
        if (score > best_score || best == 0) {
            best = kept;
            best_score = score;
            best_sum = sum;
        }
    }
    for (size_t i = 0; i < best; i++)
        fit->chosen[i] = distances[i].point;
    qsort(fit->chosen, best, sizeof(fit->chosen[0]), by_number);
    fit->count = best;
    fit->sum_of_squares = best_sum;
    fit->score = best_score;
}

static bool same_choice(const struct robust_fit *a, const struct robust_fit *b)
{
    return a->count == b->count &&
           memcmp(a->chosen, b->chosen, a->count * sizeof(a->chosen[0])) == 0;
}

static void rescore(const struct fit_data *data, struct robust_fit *fit)
{
    fit->score = score_of(data, fit->camera.model, count_usable(data, fit->camera.model),
                          fit->count, fit->sum_of_squares);
}

/* Fit, choose again, fit again, until the choice stays. */
static int settle(const struct fit_data *data, struct robust_fit *fit)
{
    for (int turn = 0; turn < CONCENTRATION_TURNS; turn++) {
        struct robust_fit next = *fit;
        int r = fit_refine(data, fit);
        if (r < 0)
            return r == -EINVAL || r == -ERANGE ? -EDOM : r;
        next.camera = fit->camera;
        concentrate(data, &next);
        if (same_choice(&next, fit))
            break;
        memcpy(fit->chosen, next.chosen, sizeof(fit->chosen));
        fit->count = next.count;
    }
    int r = fit_refine(data, fit);
    rescore(data, fit);
    return r < 0 ? -EDOM : 0;
}

static struct point_choice choice_of(const struct fit_data *data, const struct robust_fit *fit)
{
    return (struct point_choice){ data->points, fit->chosen, fit->count };
}

static bool better(int r, const struct robust_fit *fit, const struct robust_fit *best)
{
    return r == 0 && fit->score > best->score;
}

/* From one pinhole to the settled fit; `best` takes it when it is better. */
static void try_pinhole(const struct fit_data *data, const struct fit_pinhole *pinhole,
                        const struct robust_fit *choice, enum fit_model model,
                        struct robust_fit *best)
{
    struct robust_fit fit = *choice;
    struct fit_pinhole plain = *pinhole;
    plain.k1 = plain.k2 = 0;
    fit_camera_of_pinhole(&data->frame, &plain, model, &fit.camera);
    if (fit.count < fewest_kept(model, count_usable(data, model)))
        concentrate(data, &fit);
    int r = settle(data, &fit);
    if (better(r, &fit, best))
        *best = fit;
}

/* All starts of a model from one choice of points. */
static void try_choice(const struct fit_data *data, const struct robust_fit *choice,
                       enum fit_model model, struct robust_fit *best)
{
    struct point_choice points = choice_of(data, choice);
    struct fit_camera homography;
    struct fit_pinhole pinhole;
    bool flat = fit_start_homography(&data->frame, &points, &homography) == 0;
    if (model == FIT_HOMOGRAPHY) {
        struct robust_fit fit = *choice;
        fit.camera = homography;
        int r = flat ? settle(data, &fit) : -EDOM;
        if (better(r, &fit, best))
            *best = fit;
        return;
    }
    double known_px = model == FIT_POSE ? data->frame.focal_x_px : 0;
    if (flat && fit_start_of_homography(&data->frame, &homography, known_px, &pinhole) == 0)
        try_pinhole(data, &pinhole, choice, model, best);
    if (flat && model != FIT_POSE && (data->count <= FEW_POINTS || !isfinite(best->score)))
        for (size_t i = 0; i < ARRAY_LENGTH(focal_starts); i++)
            if (fit_start_of_homography(&data->frame, &homography,
                                        focal_starts[i] * data->frame.width_px, &pinhole) == 0)
                try_pinhole(data, &pinhole, choice, model, best);
    if (fit_start_of_space(&data->frame, &points, &pinhole) == 0)
        try_pinhole(data, &pinhole, choice, model, best);
}

/* ---- samples ---- */

/* A repeatable stream of numbers (splitmix64: Steele, Lea & Flood, OOPSLA 2014). */
static size_t next_below(uint64_t *state, size_t bound)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (size_t) ((z ^ (z >> 31)) % bound);
}

struct samples {
    const struct fit_data *data;
    size_t pool[MARKED_POINTS_MAX]; /* what they are drawn from */
    size_t pool_count, size;
    uint64_t state;
};

/* `size` different points of the pool, ascending, at the front of ret_fit->chosen. */
static void draw(struct samples *samples, struct robust_fit *ret_fit)
{
    for (size_t i = 0; i < samples->size; i++) {
        size_t other = i + next_below(&samples->state, samples->pool_count - i);
        size_t point = samples->pool[other];
        samples->pool[other] = samples->pool[i];
        samples->pool[i] = point;
        ret_fit->chosen[i] = point;
    }
    ret_fit->count = samples->size;
    qsort(ret_fit->chosen, ret_fit->count, sizeof(ret_fit->chosen[0]), by_number);
}

/* The camera of a sample and the points that agree with it. */
static int follow_sample(const struct fit_data *data, struct robust_fit *fit, bool flat)
{
    struct point_choice points = choice_of(data, fit);
    if (flat) {
        int r = fit_start_homography(&data->frame, &points, &fit->camera);
        if (r < 0)
            return r;
    } else {
        struct fit_pinhole pinhole;
        int r = fit_start_of_space(&data->frame, &points, &pinhole);
        if (r < 0)
            return r;
        fit_camera_of_pinhole(&data->frame, &pinhole, FIT_PINHOLE_CENTRE, &fit->camera);
    }
    concentrate(data, fit);
    return 0;
}

/* The likeliest choices so far, best first, each once. */
struct candidates {
    struct robust_fit items[CANDIDATES];
    size_t count;
};

static void keep_candidate(struct candidates *candidates, const struct robust_fit *fit)
{
    size_t at = candidates->count;
    for (size_t i = 0; i < candidates->count; i++)
        if (same_choice(&candidates->items[i], fit))
            return;
    while (at > 0 && candidates->items[at - 1].score < fit->score)
        at--;
    if (at == CANDIDATES)
        return;
    size_t last = candidates->count < CANDIDATES ? candidates->count++ : CANDIDATES - 1;
    memmove(&candidates->items[at + 1], &candidates->items[at],
            (last - at) * sizeof(candidates->items[0]));
    candidates->items[at] = *fit;
}

/* From samples of 4 points on the floor, or of 6 anywhere: of marks above the floor the one, of
 * marks that are all on it the other determines nothing. */
static void find_candidates(const struct fit_data *data, bool flat, struct candidates *candidates)
{
    struct samples samples = { .data = data, .state = 1, .size = flat ? 4 : 6 };
    for (size_t i = 0; i < data->count; i++)
        if (!flat || marked_on_floor(&data->points[i]))
            samples.pool[samples.pool_count++] = i;
    for (int i = 0; i < SAMPLES && samples.pool_count >= samples.size; i++) {
        struct robust_fit fit = { .score = -INFINITY };
        draw(&samples, &fit);
        if (follow_sample(data, &fit, flat) == 0)
            keep_candidate(candidates, &fit);
    }
}

/* Candidates of one kind of sample, each followed to its end. */
static void try_candidates(const struct fit_data *data, enum fit_model model, bool flat,
                           struct candidates *candidates, struct robust_fit *best)
{
    candidates->count = 0;
    find_candidates(data, flat, candidates);
    for (size_t i = 0; i < candidates->count; i++)
        try_choice(data, &candidates->items[i], model, best);
}

/* ---- rivals ---- */

static bool keeps(const struct robust_fit *fit, size_t point)
{
    return bsearch(&point, fit->chosen, fit->count, sizeof(fit->chosen[0]), by_number) != NULL;
}

/* The best fit with one point that it leaves out instead of one that it keeps. */
static void find_rival(const struct fit_data *data, const struct robust_fit *best,
                       struct robust_fit *rival)
{
    rival->score = -INFINITY;
    if (data->count > FEW_POINTS)
        return;
    for (size_t out = 0; out < data->count; out++) {
        if (!usable(data, best->camera.model, out) || keeps(best, out))
            continue;
        for (size_t in = 0; in < best->count; in++) {
            struct robust_fit fit = *best;
            fit.chosen[in] = out;
            qsort(fit.chosen, fit.count, sizeof(fit.chosen[0]), by_number);
            int r = fit_refine(data, &fit);
            rescore(data, &fit);
            if (better(r, &fit, rival))
                *rival = fit;
        }
    }
}

/* Where another model ended is a good place to start. */
static void try_hint(const struct fit_data *data, const struct robust_fit *hint,
                     enum fit_model model, struct robust_fit *best)
{
    if (!hint || hint->count < fewest_kept(model, count_usable(data, model)))
        return;
    if (fit_model_has_height(hint->camera.model) && fit_model_has_height(model)) {
        struct fit_pinhole pinhole = fit_camera_pinhole(&data->frame, &hint->camera);
        try_pinhole(data, &pinhole, hint, model, best);
    }
}

int fit_robustly(const struct fit_data *data, enum fit_model model, const struct robust_fit *hint,
                 struct robust_fit *ret_fit, struct robust_fit *ret_rival)
{
    struct candidates *candidates = calloc(1, sizeof(*candidates));
    struct robust_fit best = { .score = -INFINITY }, all = { .count = 0 };
    if (!candidates)
        return -ENOMEM;
    for (size_t i = 0; i < data->count; i++)
        if (usable(data, model, i))
            all.chosen[all.count++] = i;
    try_choice(data, &all, model, &best);
    try_candidates(data, model, true, candidates, &best);
    if (fit_model_has_height(model) && count_raised(data) >= 2)
        try_candidates(data, model, false, candidates, &best);
    try_hint(data, hint, model, &best);
    free(candidates);
    if (!isfinite(best.score))
        return -EDOM;
    *ret_fit = best;
    if (ret_rival)
        find_rival(data, &best, ret_rival);
    return 0;
}

int fit_without(const struct fit_data *data, const struct robust_fit *fit, size_t i,
                struct fit_camera *ret_camera, double *ret_error_px)
{
    struct robust_fit rest = *fit;
    const struct marked_point *point = &data->points[fit->chosen[i]];
    memmove(&rest.chosen[i], &rest.chosen[i + 1], (rest.count - i - 1) * sizeof(rest.chosen[0]));
    rest.count--;
    int r = fit_refine(data, &rest);
    if (r < 0)
        return r;
    struct image_px at = fit_project(&data->frame, &rest.camera,
                                     (const double[]){ point->x_m, point->y_m, point->z_m });
    *ret_camera = rest.camera;
    *ret_error_px = hypot(at.x - point->px.x, at.y - point->px.y);
    return 0;
}
