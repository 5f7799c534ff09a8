/*
 * test_walking_real.c - do simulated people walk as real ones do?
 *
 * Compared with annotated walking tracks of ETH (Pellegrini et al. 2009) and UCY (Lerner et al.
 * 2007), in metres at 2.5 fps, which are not part of this repository: without them the test is
 * skipped. The scenes are two streets with shops, a tram stop before a hotel and a university's
 * door; "students03" is left out, because half of its people stand in talk. The simulation crosses
 * a hall of 16 x 14 m with as many people at a time as the scenes have on average (7), and is
 * looked at 2.5 times a second, too.
 *
 * Bounds say how much scenes differ among each other: their mean speeds are 1.2 to 1.5 m/s.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "sim/world.h"

#define FRAME_S     0.4
#define MOVES_M_S   0.3 /* slower people on average are standing */
#define STEPS_MIN   4   /* of a track that counts */
#define SKIPPED     77
#define SAMPLES_MAX 200000

struct sample {
    int frame;
    int64_t id;
    struct floor_m position;
};

struct samples {
    struct sample *items; /* by frame */
    size_t count;
    int frame_step; /* between two pictures */
};

struct sorted {
    double *values;
    size_t count;
};

struct walking {
    double mean_speed_m_s, speed_sd_m_s; /* over people who move */
    struct sorted acceleration;          /* m/s2 */
    struct sorted nearest;               /* m, of everybody at every time */
};

static void walking_release(struct walking *walking)
{
    free(walking->acceleration.values);
    free(walking->nearest.values);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static int by_person(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->frame > y->frame) - (x->frame < y->frame);
}

static int by_frame(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;
    return (x->frame > y->frame) - (x->frame < y->frame);
}

static double quantile(const struct sorted *s, double part)
{
    assert_true(s->count > 0);
    return s->values[(size_t) (part * (double) (s->count - 1))];
}

static void add(struct sorted *s, double value)
{
    s->values[s->count++] = value;
}

static void sort(struct sorted *s)
{
    qsort(s->values, s->count, sizeof(*s->values), by_value);
}

static void measure_nearest(struct samples *s, struct sorted *nearest)
{
    qsort(s->items, s->count, sizeof(*s->items), by_frame);
    for (size_t first = 0, end; first < s->count; first = end) {
        for (end = first; end < s->count && s->items[end].frame == s->items[first].frame; end++)
            ;
        for (size_t i = first; end - first > 1 && i < end; i++) {
            double least = INFINITY;
            for (size_t j = first; j < end; j++)
                if (j != i)
                    least =
                        fmin(least, floor_distance_m(s->items[i].position, s->items[j].position));
            add(nearest, least);
        }
    }
}

struct speeds {
    double sum, sum2;
    size_t count;
};

static void measure_track(const struct sample *track, size_t count, int frame_step,
                          struct speeds *speeds, struct sorted *acceleration)
{
    double sum = 0, before_x = 0, before_y = 0;
    size_t steps = 0;
    bool known = false;
    for (size_t i = 1; i < count; i++) {
        if (track[i].frame - track[i - 1].frame != frame_step) {
            known = false;
            continue;
        }
        double x = (track[i].position.x - track[i - 1].position.x) / FRAME_S;
        double y = (track[i].position.y - track[i - 1].position.y) / FRAME_S;
        if (known)
            add(acceleration, hypot(x - before_x, y - before_y) / FRAME_S);
        known = true;
        before_x = x;
        before_y = y;
        sum += hypot(x, y);
        steps++;
    }
    double mean = steps ? sum / (double) steps : 0;
    if (steps < STEPS_MIN || mean < MOVES_M_S)
        return;
    speeds->sum += mean;
    speeds->sum2 += mean * mean;
    speeds->count++;
}

static struct walking measure(struct samples *scenes, size_t scene_count)
{
    struct walking w = { 0 };
    struct speeds speeds = { 0 };
    w.acceleration.values = calloc(SAMPLES_MAX, sizeof(double));
    w.nearest.values = calloc(SAMPLES_MAX, sizeof(double));
    assert_non_null(w.acceleration.values);
    assert_non_null(w.nearest.values);
    for (size_t scene = 0; scene < scene_count; scene++) {
        struct samples *s = &scenes[scene];
        measure_nearest(s, &w.nearest);
        qsort(s->items, s->count, sizeof(*s->items), by_person);
        for (size_t first = 0, end; first < s->count; first = end) {
            for (end = first; end < s->count && s->items[end].id == s->items[first].id; end++)
                ;
            measure_track(s->items + first, end - first, s->frame_step, &speeds, &w.acceleration);
        }
    }
    sort(&w.acceleration);
    sort(&w.nearest);
    double n = (double) speeds.count;
    w.mean_speed_m_s = speeds.sum / n;
    w.speed_sd_m_s = sqrt(speeds.sum2 / n - w.mean_speed_m_s * w.mean_speed_m_s);
    return w;
}

/* Lines: frame id x z y vx vz vy. */
static bool read_scene(const char *name, int frame_step, struct samples *ret)
{
    char path[512];
    (void) snprintf(path, sizeof(path), "%s/data/trajectories/%s_obsmat.txt", SHARED_DIR, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    *ret = (struct samples){ .items = calloc(SAMPLES_MAX, sizeof(*ret->items)),
                             .frame_step = frame_step };
    assert_non_null(ret->items);
    double frame, id, x, z, y, vx, vz, vy;
    while (ret->count < SAMPLES_MAX && fscanf(file, "%lf %lf %lf %lf %lf %lf %lf %lf", &frame, &id,
                                              &x, &z, &y, &vx, &vz, &vy) == 8)
        ret->items[ret->count++] =
            (struct sample){ (int) frame, (int64_t) id, (struct floor_m){ x, y } };
    (void) fclose(file);
    return ret->count > 0;
}

static struct samples simulate(uint64_t seed)
{
    struct sim_config *config;
    struct problems problems = { 0 };
    struct floor_map *map;
    struct world *world;
    struct error err = { "" };
    assert_int_equal(sim_config_parse("floor = { length_m = 16.0; width_m = 14.0; aisles = 0; };"
                                      "people = { arrivals_per_h = [ 2000 ]; stops = 0.0; };"
                                      "walking = { speed_m_s = 1.34; speed_sd_m_s = 0.26; };",
                                      "text", &config, &problems),
                     0);
    assert_int_equal(sim_config_floor_map(config, &map, &err), 0);
    assert_int_equal(world_create(config, map, seed, &world, &err), 0);
    struct samples s = { .items = calloc(SAMPLES_MAX, sizeof(*s.items)), .frame_step = 4 };
    assert_non_null(s.items);
    for (int step = 1; step <= 12000; step++) {
        size_t count;
        assert_int_equal(world_step(world), 0);
        const struct world_person *p = world_people(world, &count);
        for (size_t i = 0; step % 4 == 0 && i < count; i++)
            s.items[s.count++] = (struct sample){ step, p[i].id, p[i].position };
    }
    world_destroy(&world);
    floor_map_destroy(&map);
    sim_config_destroy(&config);
    problems_release(&problems);
    return s;
}

/* The largest difference between two distributions (Kolmogorov and Smirnov). */
static double largest_difference(const struct sorted *a, const struct sorted *b)
{
    double largest = 0;
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        if (a->values[i] <= b->values[j])
            i++;
        else
            j++;
        largest =
            fmax(largest, fabs((double) i / (double) a->count - (double) j / (double) b->count));
    }
    return largest;
}

static struct walking real, simulated;

static void print(const char *name, const struct walking *w)
{
    print_message("%s: speed %.2f sd %.2f m/s; nearest 5/25/50 %%: %.2f %.2f %.2f m; acceleration "
                  "50/95 %%: %.2f %.2f m/s2\n",
                  name, w->mean_speed_m_s, w->speed_sd_m_s, quantile(&w->nearest, 0.05),
                  quantile(&w->nearest, 0.25), quantile(&w->nearest, 0.5),
                  quantile(&w->acceleration, 0.5), quantile(&w->acceleration, 0.95));
}

static void speeds_are_those_of_real_people(void **state)
{
    (void) state;
    assert_near(simulated.mean_speed_m_s, real.mean_speed_m_s, 0.2);
    assert_near(simulated.speed_sd_m_s, real.speed_sd_m_s, 0.12);
}

static void distances_are_those_of_real_people(void **state)
{
    (void) state;
    assert_near(quantile(&simulated.nearest, 0.05), quantile(&real.nearest, 0.05), 0.2);
    assert_near(quantile(&simulated.nearest, 0.25), quantile(&real.nearest, 0.25), 0.2);
    assert_near(quantile(&simulated.nearest, 0.5), quantile(&real.nearest, 0.5), 0.4);
    assert_true(largest_difference(&simulated.nearest, &real.nearest) < 0.25);
}

static void real_people_are_as_seldom_within_20_cm(void **state)
{
    (void) state;
    assert_true(quantile(&real.nearest, 0.001) > 0.2);
    assert_true(quantile(&simulated.nearest, 0.001) > 0.2);
}

/* UCY's tracks are splines (too smooth), ETH's are clicks (too rough); the truth lies between. */
static void accelerations_lie_between_smooth_and_rough_annotations(void **state)
{
    (void) state;
    struct samples zara, eth;
    assert_true(read_scene("UCY_zara01", 10, &zara));
    assert_true(read_scene("ETH_seq_eth", 6, &eth));
    struct walking smooth = measure(&zara, 1), rough = measure(&eth, 1);
    for (double part = 0.5; part < 0.96; part += 0.15) {
        double a = quantile(&simulated.acceleration, part);
        assert_true(a >= quantile(&smooth.acceleration, part));
        assert_true(a <= quantile(&rough.acceleration, part));
    }
    walking_release(&smooth);
    walking_release(&rough);
    free(zara.items);
    free(eth.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speeds_are_those_of_real_people),
        cmocka_unit_test(distances_are_those_of_real_people),
        cmocka_unit_test(real_people_are_as_seldom_within_20_cm),
        cmocka_unit_test(accelerations_lie_between_smooth_and_rough_annotations),
    };
    const char *const names[] = { "ETH_seq_eth", "ETH_seq_hotel", "UCY_zara01", "UCY_zara02" };
    const int frame_steps[] = { 6, 10, 10, 10 };
    struct samples scenes[4] = { 0 };
    for (size_t i = 0; i < 4; i++)
        if (!read_scene(names[i], frame_steps[i], &scenes[i])) {
            for (size_t j = 0; j < i; j++)
                free(scenes[j].items);
            return SKIPPED;
        }
    struct samples ours = simulate(1);
    real = measure(scenes, 4);
    simulated = measure(&ours, 1);
    print("real", &real);
    print("simulated", &simulated);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < 4; i++)
        free(scenes[i].items);
    free(ours.items);
    walking_release(&real);
    walking_release(&simulated);
    return failed;
}
