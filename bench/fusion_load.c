/*
 * fusion_load.c - one load on the fusion library, and what it took; tools/bench runs it
 *
 * Frames are handed in one by one, in the order of capture, and time is advanced after each, as the
 * fusion program does. A round is one frame of every camera; what a round takes is what a tick
 * takes. Times are processor time of this thread, so that others on the machine do not count. The
 * first rounds, in which everybody is new, are left out.
 *
 * Linked twice: with the fusion library, and with the same library where the spatial hash and the
 * groups of association are replaced by slow plain versions (fusion_load_naive). Both print a
 * digest of all results, bit for bit.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "bench/town.h"
#include "fusion/fusion.h"

#define WARM_UP_SHARE 0.4

struct load {
    struct town_plan plan;
    struct town *town;
    struct fusion *fusion;
    uint64_t digest, people_ticks, ticks;
    double *round_ms;
    uint64_t measured_observations;
    double setup_s, camera_bytes, track_bytes;
    double state_bytes, save_ms, restore_ms; /* of a checkpoint in the middle of it all */
};

/* FNV-1a, 64 bits. */
static void digest_bytes(uint64_t *digest, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        *digest = (*digest ^ ((const unsigned char *) bytes)[i]) * UINT64_C(1099511628211);
}

static void digest_report(void *context, const struct tick_report *report)
{
    struct load *load = context;
    digest_bytes(&load->digest, &report->tick_us, sizeof(report->tick_us));
    for (size_t i = 0; i < report->track_count; i++) {
        const struct track_report *track = &report->tracks[i];
        double state[] = { track->position.x,    track->position.y,    track->covariance.xx,
                           track->covariance.xy, track->covariance.yy, track->velocity_x_m_s,
                           track->velocity_y_m_s };
        digest_bytes(&load->digest, &track->track, sizeof(track->track));
        digest_bytes(&load->digest, &track->cameras, sizeof(track->cameras));
        digest_bytes(&load->digest, state, sizeof(state));
    }
    load->people_ticks += report->confirmed_count;
    load->ticks++;
}

static void drop_bucket(void *context, struct heat_bucket *bucket)
{
    (void) context;
    heat_bucket_destroy(&bucket);
}

static double thread_ms(void)
{
    struct timespec now;
    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

static double allocated_bytes(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double) (info.uordblks + info.hblkhd);
}

static int open_fusion(struct load *load)
{
    struct store_config *config;
    struct fusion_sink sink = { .context = load, .settled = digest_report, .bucket = drop_bucket };
    struct error err;
    if (store_config_defaults(&config) < 0)
        return -1;
    int r = fusion_create("bench", "floor", load->town->map, &config->fusion, &config->heat, &sink,
                          &load->fusion, &err);
    store_config_destroy(&config);
    double before_bytes = allocated_bytes(), before_ms = thread_ms();
    for (int i = 0; r == 0 && i < load->town->camera_count; i++) {
        const struct town_camera *c = &load->town->cameras[i];
        r = fusion_set_camera(load->fusion, c->name, c->calibration, c->view, NULL,
                              TOWN_EDGE_SD_PX);
    }
    load->setup_s = (thread_ms() - before_ms) / 1e3;
    load->camera_bytes = (allocated_bytes() - before_bytes) / load->town->camera_count;
    return r;
}

static int feed_round(struct load *load, int round)
{
    const struct town *town = load->town;
    for (int c = 0; c < town->camera_count; c++) {
        const struct observation_frame *frame = &town->frames[round * town->camera_count + c];
        int64_t now_mono_ns = (frame->capture_us - TOWN_START_US) * NS_PER_US;
        int r = fusion_push(load->fusion, frame, now_mono_ns);
        if (r == 0)
            r = fusion_advance(load->fusion, now_mono_ns);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Save and restore what has become of the load; it goes on from there with the same results. */
static int measure_state(struct load *load, int64_t now_mono_ns)
{
    AUTO(buffer_release) struct buffer state = BUFFER_INIT;
    double start_ms = thread_ms();
    int r = fusion_save(load->fusion, now_mono_ns, &state);
    load->save_ms = thread_ms() - start_ms;
    load->state_bytes = (double) state.length;
    if (r < 0)
        return r;
    start_ms = thread_ms();
    r = fusion_restore(load->fusion, now_mono_ns, state.bytes, state.length, NULL);
    load->restore_ms = thread_ms() - start_ms;
    return r;
}

static int run(struct load *load)
{
    const struct town *town = load->town;
    int warm_up = (int) (WARM_UP_SHARE * town->rounds), r = 0;
    double before_bytes = allocated_bytes();
    for (int round = 0; r == 0 && round < town->rounds; round++) {
        double start_ms = thread_ms();
        r = feed_round(load, round);
        if (round < warm_up)
            continue;
        load->round_ms[round - warm_up] = thread_ms() - start_ms;
        for (int c = 0; c < town->camera_count; c++)
            load->measured_observations +=
                town->frames[round * town->camera_count + c].observation_count;
    }
    double people = load->ticks ? (double) load->people_ticks / (double) load->ticks : 0;
    load->track_bytes = people > 0 ? (allocated_bytes() - before_bytes) / people : 0;
    if (r == 0)
        r = measure_state(load, town->rounds * NS_PER_S / load->plan.rate_hz);
    return r < 0 ? r : fusion_finish(load->fusion);
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *) left, b = *(const double *) right;
    return (a > b) - (a < b);
}

static void print(struct load *load)
{
    const struct town *town = load->town;
    int rounds = town->rounds - (int) (WARM_UP_SHARE * town->rounds);
    double total_ms = 0;
    for (int i = 0; i < rounds; i++)
        total_ms += load->round_ms[i];
    qsort(load->round_ms, (size_t) rounds, sizeof(double), by_size);
    printf("{ \"cameras\": %d, \"rate_hz\": %d, \"people\": %zu, \"observations\": %llu,"
           " \"observations_per_frame\": %.2f, \"observations_per_s\": %.0f, \"p50_ms\": %.4f,"
           " \"p99_ms\": %.4f, \"found_people\": %.1f, \"bytes_per_track\": %.0f,"
           " \"bytes_per_camera\": %.0f, \"setup_s\": %.3f, \"state_bytes\": %.0f,"
           " \"save_ms\": %.3f, \"restore_ms\": %.3f, \"digest\": \"%016llx\" }\n",
           town->camera_count, load->plan.rate_hz, town->people,
           (unsigned long long) load->measured_observations,
           (double) town->observations / town->rounds / town->camera_count,
           (double) load->measured_observations / (total_ms / 1e3), load->round_ms[rounds / 2],
           load->round_ms[(int) (0.99 * rounds)],
           (double) load->people_ticks / (double) load->ticks, load->track_bytes,
           load->camera_bytes, load->setup_s, load->state_bytes, load->save_ms, load->restore_ms,
           (unsigned long long) load->digest);
}

static void usage(FILE *out)
{
    (void) fputs("Usage: fusion_load --cameras N [--rate HZ] [--rounds N] [--hall PEOPLE] "
                 "[--seed N]\n"
                 "One load on the fusion library; prints a line of JSON. See docs/benchmarks.md.\n",
                 out);
}

static bool parse(int argc, char **argv, struct town_plan *ret_plan)
{
    *ret_plan = (struct town_plan){ .rate_hz = 10, .rounds = 100, .seed = 1 };
    for (int i = 1; i < argc; i += 2) {
        int value = i + 1 < argc ? atoi(argv[i + 1]) : -1;
        if (strcmp(argv[i], "--cameras") == 0)
            ret_plan->cameras = value;
        else if (strcmp(argv[i], "--rate") == 0)
            ret_plan->rate_hz = value;
        else if (strcmp(argv[i], "--rounds") == 0)
            ret_plan->rounds = value;
        else if (strcmp(argv[i], "--seed") == 0)
            ret_plan->seed = (uint64_t) value;
        else if (strcmp(argv[i], "--hall") == 0)
            ret_plan->kind = TOWN_HALL, ret_plan->people = value;
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct load load = { .digest = UINT64_C(14695981039346656037) };
    if (!parse(argc, argv, &load.plan) || town_create(&load.plan, &load.town) == -EINVAL) {
        usage(stderr);
        return 2;
    }
    load.round_ms = calloc((size_t) load.plan.rounds, sizeof(double));
    int r = load.round_ms && load.town ? open_fusion(&load) : -ENOMEM;
    if (r == 0)
        r = run(&load);
    if (r == 0)
        print(&load);
    else
        (void) fprintf(stderr, "fusion_load: %s\n", strerror(-r));
    fusion_destroy(&load.fusion);
    town_destroy(&load.town);
    free(load.round_ms);
    return r < 0;
}
