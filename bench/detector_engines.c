/*
 * detector_engines.c - the same network on several engines, in turn; bench/detector.sh runs it
 *
 * What else the machine does changes from second to second, so the engines take turns frame by
 * frame, and a ratio is one of neighbours. Only the network's layers are timed: resizing and
 * decoding are common to all engines. Times are processor time of this thread.
 *
 * With --alone only one engine is loaded, in a process of its own: its memory, its libraries and
 * the time from the process's start to the first answer.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "detector/engine.h"
#include "detector/fast_rows.h"
#include "detector/weights.h"

#define ENGINES_MAX 8
#define ROUNDS_MAX  100000
#define WARM_UP     3 /* rounds that do not count */

struct contender {
    char name[16];
    struct engine engine;
    double *frame_ms; /* by round */
};

struct options {
    const char *model, *weights, *engines, *started_ns;
    unsigned width, height, rounds;
    bool alone;
};

struct bench {
    struct darknet_cfg *cfg;
    struct text canonical;
    char *weights;
    size_t weights_length;
    float *input;
    const float **heads;
    struct contender contenders[ENGINES_MAX];
    size_t count;
};

static double thread_ms(void)
{
    struct timespec now;
    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

/* ---- loading ---- */

static int create_engine(const char *name, const struct engine_model *model, struct engine *engine,
                         struct error *err)
{
#if FLOORFUSE_HAVE_FAST
    if (strcmp(name, "fast") == 0)
        return engine_fast_create(model, engine, err);
    if (strcmp(name, "onednn") == 0) /* fast without kernels of its own */
        return engine_fast_create_with(model, NULL, engine, err);
    if (fast_rows_named(name))
        return engine_fast_create_with(model, fast_rows_named(name), engine, err);
    if (strcmp(name, "avx2") == 0 || strcmp(name, "avx512") == 0)
        return error_set(err, -ENOTSUP, "this processor has no %s", name);
#endif
#if FLOORFUSE_HAVE_OPENCV
    if (strcmp(name, "opencv") == 0)
        return engine_opencv_create(model, engine, err);
#endif
#if FLOORFUSE_HAVE_DARKNET
    if (strcmp(name, "darknet") == 0)
        return engine_darknet_create(model, engine, err);
#endif
    (void) model;
    (void) engine;
    return error_set(err, -ENOTSUP, "there is no engine \"%s\" in this program", name);
}

/* Waves of many lengths; what the picture shows does not change the time. */
static int draw_input(struct bench *bench)
{
    size_t count = 3 * (size_t) bench->cfg->width * (size_t) bench->cfg->height;
    bench->input = malloc(count * sizeof(*bench->input));
    if (!bench->input)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        bench->input[i] = (float) (0.5 + 0.5 * sin((double) i * (double) i / 5e4));
    return 0;
}

static int load_model(const struct options *options, struct bench *bench, struct error *err)
{
    int r = darknet_cfg_load(options->model, options->width, options->height, &bench->cfg, err);
    if (r == 0)
        r = weights_load(options->weights, bench->cfg, NULL, &bench->weights,
                         &bench->weights_length, err);
    if (r < 0)
        return r;
    darknet_cfg_write(bench->cfg, &bench->canonical);
    bench->heads = calloc((size_t) bench->cfg->heads, sizeof(*bench->heads));
    return bench->canonical.failed || !bench->heads ? -ENOMEM : draw_input(bench);
}

/* An engine that cannot run the network is left out; that is no failure of the bench. */
static int add_contender(const char *name, const struct options *options, struct bench *bench,
                         struct error *err)
{
    struct contender *c = &bench->contenders[bench->count];
    struct engine_model model = { .cfg = bench->cfg,
                                  .canonical = &bench->canonical,
                                  .weights = bench->weights,
                                  .weights_length = bench->weights_length };
    (void) snprintf(c->name, sizeof(c->name), "%s", name);
    int r = create_engine(name, &model, &c->engine, err);
    if (r == -ENOTSUP && strcmp(name, "fast") != 0) {
        (void) fprintf(stderr, "%s\n", err->text);
        return 0;
    }
    if (r < 0)
        return r;
    bench->count++;
    c->frame_ms = calloc(options->rounds, sizeof(*c->frame_ms));
    return c->frame_ms ? 0 : -ENOMEM;
}

static int load(const struct options *options, struct bench *bench, struct error *err)
{
    char names[256], *rest = NULL;
    (void) snprintf(names, sizeof(names), "%s", options->engines);
    int r = load_model(options, bench, err);
    for (char *name = strtok_r(names, ",", &rest); r == 0 && name && bench->count < ENGINES_MAX;
         name = strtok_r(NULL, ",", &rest))
        r = add_contender(name, options, bench, err);
    return r;
}

static void release(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++) {
        bench->contenders[i].engine.methods->destroy(bench->contenders[i].engine.state);
        free(bench->contenders[i].frame_ms);
    }
    darknet_cfg_destroy(&bench->cfg);
    text_release(&bench->canonical);
    free(bench->weights);
    free(bench->input);
    free(bench->heads);
}

/* ---- in turn ---- */

static int run_frame(const struct bench *bench, const struct contender *c, double *ret_ms)
{
    double before = thread_ms();
    int r = c->engine.methods->forward(c->engine.state, bench->input, bench->heads);
    *ret_ms = thread_ms() - before;
    return r;
}

/* Who begins changes from round to round. */
static int run_rounds(struct bench *bench, unsigned rounds)
{
    for (unsigned round = 0; round < WARM_UP + rounds; round++) {
        for (size_t i = 0; i < bench->count; i++) {
            struct contender *c = &bench->contenders[(i + round) % bench->count];
            double ms;
            int r = run_frame(bench, c, &ms);
            if (r < 0)
                return r;
            if (round >= WARM_UP)
                c->frame_ms[round - WARM_UP] = ms;
        }
    }
    return 0;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return x < y ? -1 : x > y;
}

static void print_contender(const struct bench *bench, struct contender *c, unsigned rounds)
{
    qsort(c->frame_ms, rounds, sizeof(*c->frame_ms), compare_doubles);
    printf("{\"engine\": \"%s\", \"width\": %d, \"height\": %d, \"rounds\": %u, \"min_ms\": %.4f, "
           "\"median_ms\": %.4f}\n",
           c->name, bench->cfg->width, bench->cfg->height, rounds, c->frame_ms[0],
           c->frame_ms[rounds / 2]);
}

/* ---- alone ---- */

/* A line of /proc/self/status, kB. */
static double status_kb(const char *name)
{
    char line[256];
    double kb = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtod(line + strlen(name), NULL);
    }
    if (file)
        (void) fclose(file);
    return kb;
}

/* Shared libraries in this process: files mapped as code. */
static int count_libraries(void)
{
    char line[4096];
    int count = 0;
    FILE *file = fopen("/proc/self/maps", "re");
    while (file && fgets(line, sizeof(line), file))
        count += strstr(line, " r-xp ") && strstr(line, ".so");
    if (file)
        (void) fclose(file);
    return count;
}

/* The clock runs from before this program was executed. */
static int run_alone(struct bench *bench, const struct options *options)
{
    double ms;
    int r = bench->count == 1 ? run_frame(bench, &bench->contenders[0], &ms) : -ENOTSUP;
    int64_t started = strtoll(options->started_ns, NULL, 10), now = clock_mono_ns();
    for (int i = 0; r == 0 && i < WARM_UP; i++)
        r = run_frame(bench, &bench->contenders[0], &ms);
    if (r == 0)
        printf("{\"engine\": \"%s\", \"width\": %d, \"height\": %d, \"rss_mb\": %.1f, "
               "\"peak_rss_mb\": %.1f, \"libraries\": %d, \"first_answer_ms\": %.1f}\n",
               bench->contenders[0].name, bench->cfg->width, bench->cfg->height,
               status_kb("VmRSS:") / 1024, status_kb("VmHWM:") / 1024, count_libraries(),
               (double) (now - started) / 1e6);
    return r;
}

/* Execute this program anew, so that its start counts. */
static int restart(char **argv)
{
    char started[32];
    (void) snprintf(started, sizeof(started), "%lld", (long long) clock_mono_ns());
    if (setenv("DETECTOR_ENGINES_STARTED_NS", started, 1) == 0)
        (void) execv("/proc/self/exe", argv);
    return -errno;
}

/* ---- the command ---- */

static void usage(FILE *out)
{
    (void) fputs("usage: detector_engines --model CFG --weights FILE [--size WxH]\n"
                 "                        [--engines fast,opencv,darknet] [--rounds N] [--alone]\n"
                 "parts of fast by themselves are engines too: avx2, avx512, onednn\n",
                 out);
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        { "model", required_argument, NULL, 'm' },
        { "weights", required_argument, NULL, 'w' },
        { "size", required_argument, NULL, 's' },
        { "engines", required_argument, NULL, 'e' },
        { "rounds", required_argument, NULL, 'r' },
        { "alone", no_argument, NULL, 'a' },
        { NULL, 0, NULL, 0 },
    };
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (c == 'm')
            options->model = optarg;
        else if (c == 'w')
            options->weights = optarg;
        else if (c == 'e')
            options->engines = optarg;
        else if (c == 'a')
            options->alone = true;
        else if (c == 'r')
            options->rounds = (unsigned) strtoul(optarg, NULL, 10);
        else if (c != 's' || sscanf(optarg, "%ux%u", &options->width, &options->height) != 2)
            return -EINVAL;
    }
    return options->model && options->weights && options->rounds > 0 &&
                   options->rounds <= ROUNDS_MAX
               ? 0
               : -EINVAL;
}

int main(int argc, char **argv)
{
    struct options options = { .engines = "fast,opencv,darknet",
                               .rounds = 100,
                               .started_ns = getenv("DETECTOR_ENGINES_STARTED_NS") };
    struct bench bench = { .canonical = TEXT_INIT };
    struct error err = { "" };
    if (parse(argc, argv, &options) < 0) {
        usage(stderr);
        return 2;
    }
    int r = options.alone && !options.started_ns ? restart(argv) : load(&options, &bench, &err);
    if (r == 0)
        r = options.alone ? run_alone(&bench, &options) : run_rounds(&bench, options.rounds);
    for (size_t i = 0; r == 0 && !options.alone && i < bench.count; i++)
        print_contender(&bench, &bench.contenders[i], options.rounds);
    if (r < 0)
        (void) fprintf(stderr, "%s\n", err.text[0] ? err.text : strerror(-r));
    release(&bench);
    return r < 0;
}
