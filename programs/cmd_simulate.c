/*
 * cmd_simulate.c - floorfuse simulate: a store that does not exist, its cameras, and the truth
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"
#include "sim/output.h"
#include "sim/output_publish.h"

#define PROGRAM "floorfuse simulate"

/* Messages a camera queues at most, when no store config says it. */
#define HIGH_WATER_MARK 1000

#define LISTENER_WAIT_S 30.0

struct simulate {
    const char *config_path, *seed, *out, *store_path, *pace, *fps, *duration, *wait;
    bool publish, no_visible, keep_time, resume, dump, document;
    struct sim_config *config;
    struct floor_map *map;
    struct store_config *store; /* of --store; may be NULL */
    char *floor_text;
    size_t floor_length;
    struct simulation_options options;
    double duration_s, wait_s;
    int signal_fd;
};

static int wrong_usage(const char *what)
{
    fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", what);
    return EXIT_USAGE;
}

static bool read_number(const char *text, double low, double high, double *ret)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || end == text || *end || !(value >= low && value <= high))
        return false;
    *ret = value;
    return true;
}

static bool read_seed(const char *text, uint64_t *ret)
{
    char *end;
    errno = 0;
    *ret = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && text[0] != '-';
}

/* Numbers of the command line. Returns EXIT_OK or EXIT_USAGE. */
static int read_numbers(struct simulate *s)
{
    if (s->seed && !read_seed(s->seed, &s->options.seed))
        return wrong_usage("--seed must be a whole number from 0");
    if (s->fps && !read_number(s->fps, 0.1, 100, &s->options.fps))
        return wrong_usage("--fps must be a number from 0.1 to 100");
    if (s->duration && !read_number(s->duration, 0.001, 1e9, &s->duration_s))
        return wrong_usage("--duration-s must be a number from 0.001 to 1e9");
    if (s->wait && !read_number(s->wait, 0, 86400, &s->wait_s))
        return wrong_usage("--wait-s must be a number from 0 to 86400");
    if (s->pace && strcmp(s->pace, "recorded") != 0 && strcmp(s->pace, "fast") != 0)
        return wrong_usage("--pace must be recorded or fast");
    if (!s->dump && !s->out == !s->publish)
        return wrong_usage("say where to: --out DIR for files, or --publish for messages");
    if (s->resume && !(s->publish && s->store_path && s->keep_time))
        return wrong_usage("--resume goes with --publish, --store and --keep-time");
    return EXIT_OK;
}

static int load(struct simulate *s)
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct error err = { "" };
    int r = sim_config_load(s->config_path, &s->config, &problems);
    print_problems(PROGRAM, &problems);
    if (r == 0 && s->store_path)
        r = load_config(PROGRAM, s->store_path, &s->store);
    if (r < 0 || s->dump)
        return r;
    r = sim_config_floor_text(s->config, &s->floor_text, &s->floor_length, &err);
    if (r == 0)
        r = sim_config_floor_map(s->config, &s->map, &err);
    if (r < 0)
        fprintf(stderr, PROGRAM ": %s\n", err.text);
    s->options.config = s->config;
    s->options.map = s->map;
    if (!s->duration)
        s->duration_s = s->config->duration_s;
    return r;
}

static bool was_told_to_stop(void *context)
{
    const struct simulate *s = context;
    for (int number; (number = signals_next(s->signal_fd)) != 0;)
        if (number == SIGINT || number == SIGTERM)
            return true;
    return false;
}

static int write_files(struct simulate *s, struct error *err)
{
    const struct output_options options = {
        .simulation = s->options,
        .folder = s->out,
        .floor_text = s->floor_text,
        .floor_length = s->floor_length,
        .duration_s = s->duration_s,
        .no_visible = s->no_visible,
        .stop = { s, was_told_to_stop },
    };
    struct output_counts c;
    int64_t begin_ns = clock_mono_ns();
    int r = output_write(&options, &c, err);
    if (r < 0)
        return r;
    double wall_s = (double) (clock_mono_ns() - begin_ns) / NS_PER_S;
    log_info("wrote %s moments=%lld frames=%lld lost_frames=%lld boxes=%lld false_boxes=%lld "
             "people_seen=%lld wall_s=%.2f person_camera_s_per_s=%.0f",
             s->out, (long long) c.moments, (long long) c.frames, (long long) c.lost_frames,
             (long long) c.boxes, (long long) c.false_boxes, (long long) c.seen, wall_s,
             c.person_camera_seconds / wall_s);
    return 0;
}

/* What the simulation's config or the store's says about messages. */
static int fill_publish_options(struct simulate *s, struct publish_options *options,
                                char **ret_ring_folder, struct error *err)
{
    const struct sim_output_config *output = &s->config->output;
    const struct store_config *store = s->store;
    *options = (struct publish_options){
        .simulation = s->options,
        .endpoint = store ? store->wire.endpoint : output->endpoint,
        .store = store ? store->store.id : output->store,
        .floor = store ? store_config_floors(store)[0].id : output->floor,
        .resume = s->resume,
        .duration_s = s->duration_s,
        .fast = s->pace && strcmp(s->pace, "fast") == 0,
        .keep_time = s->keep_time,
        .high_water_mark = store ? store->wire.high_water_mark : HIGH_WATER_MARK,
        .listener_wait_ms = (int) (s->wait_s * 1000),
        .stop = { s, was_told_to_stop },
    };
    if (!options->endpoint)
        return error_set(err, -EINVAL,
                         "nobody says where fusion listens; give --store STORE.cfg, or "
                         "output.endpoint in %s",
                         s->config_path);
    if (!store)
        return 0;
    if (s->resume && store->wire.ring_mb == 0)
        return error_set(err, -EINVAL,
                         "--resume needs what the cameras' rings hold, but wire.ring_mb is 0 in %s",
                         s->store_path);
    if (asprintf(ret_ring_folder, "%s/ring", store->state_dir) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    options->replay_endpoint = store->wire.replay;
    options->keys = store_config_is_sealed(store, store->wire.endpoint) ? store->wire.keys : NULL;
    options->replay_keys =
        store_config_is_sealed(store, store->wire.replay) ? store->wire.keys : NULL;
    options->ring_folder = *ret_ring_folder;
    options->ring_bytes_max = (uint64_t) store->wire.ring_mb * 1024 * 1024;
    options->ring_age_us = store->wire.ring_minutes * 60 * US_PER_S;
    return 0;
}

static int publish(struct simulate *s, struct error *err)
{
    struct publish_options options;
    struct publish_counts c;
    char *ring_folder = NULL;
    int r = fill_publish_options(s, &options, &ring_folder, err);
    if (r < 0)
        return r;
    r = output_publish(&options, &c, err);
    log_info("published frames=%lld lost_frames=%lld observations=%lld unplaced=%lld "
             "dropped=%llu unkept=%llu known=%lld behind_s=%.3f",
             (long long) c.frames, (long long) c.lost_frames, (long long) c.observations,
             (long long) c.unplaced, (unsigned long long) c.dropped, (unsigned long long) c.unkept,
             (long long) c.known, c.behind_s);
    free(ring_folder);
    return r;
}

static int run(struct simulate *s)
{
    if (load(s) < 0)
        return EXIT_FAILED;
    if (s->dump) {
        sim_config_dump(s->config, stdout);
        return EXIT_OK;
    }
    struct error err = { "" };
    s->signal_fd = signals_open();
    if (s->signal_fd < 0) {
        fprintf(stderr, PROGRAM ": could not open a signalfd: %s\n", strerror(-s->signal_fd));
        return EXIT_FAILED;
    }
    int r = s->publish ? publish(s, &err) : write_files(s, &err);
    (void) close(s->signal_fd);
    if (r < 0)
        fprintf(stderr, PROGRAM ": %s\n", err.text[0] ? err.text : strerror(-r));
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

static void release(struct simulate *s)
{
    free(s->floor_text);
    floor_map_destroy(&s->map);
    sim_config_destroy(&s->config);
    store_config_destroy(&s->store);
}

int cmd_simulate(int argc, char **argv)
{
    AUTO(release) struct simulate s = { .options = { .seed = 1 }, .wait_s = LISTENER_WAIT_S };
    const struct argument arguments[] = {
        { "--config", "FILE", &s.config_path, NULL, "the simulation's config", false },
        { "--seed", "N", &s.seed, NULL, "another number is another day (default: 1)", false },
        { "--out", "DIR", &s.out, NULL, "write observations, truth and a store.cfg here", false },
        { "--publish", NULL, NULL, &s.publish, "send messages to a running floorfuse-fusion",
          false },
        { "--store", "FILE", &s.store_path, NULL, "--publish: the store config fusion runs with",
          false },
        { "--pace", "PACE", &s.pace, NULL, "--publish: recorded (real time, the default) or fast",
          false },
        { "--keep-time", NULL, NULL, &s.keep_time,
          "--publish: stamps begin at the config's start, not now", false },
        { "--resume", NULL, NULL, &s.resume,
          "--publish: go on after a run that was killed; give all else as to that run", false },
        { "--wait-s", "S", &s.wait, NULL, "--publish: how long to wait for fusion (default: 30)",
          false },
        { "--fps", "N", &s.fps, NULL, "frames a second of every camera, over the config", false },
        { "--duration-s", "S", &s.duration, NULL, "over the config's duration_s", false },
        { "--no-visible", NULL, NULL, &s.no_visible, "leave visible.csv out", false },
        { "--dump-config", NULL, NULL, &s.dump, "print all settings in force", false },
        { "--options", NULL, NULL, &s.document, "print every option there is, as Markdown", false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Simulate a store with people and cameras; the truth comes with it.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    if (s.document) {
        sim_config_document(stdout);
        return EXIT_OK;
    }
    if (!s.config_path)
        return wrong_usage("needed and not given: --config");
    exit_code = read_numbers(&s);
    return exit_code == EXIT_OK ? run(&s) : exit_code;
}
