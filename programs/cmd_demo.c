/*
 * cmd_demo.c - floorfuse demo: a store of recordings once, from video to heat map
 *
 * The same programs as `floorfuse up`, with a progress line, the pictures and a summary at the end.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "heat/heat_bucket.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/drawing.h"
#include "programs/start.h"
#include "programs/store_database.h"
#include "programs/supervisor.h"
#include "wire/status.h"

#define STATUS_TIMEOUT_MS 500

struct demo {
    struct store_config *config;
    const char *config_path, *engine, *out;
    char *summary, *tracks, *heatmap, *movement, *csv;
    int64_t started_us;
};

static char *in_folder(const char *folder, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static bool name_files(struct demo *demo)
{
    demo->summary = in_folder(demo->out, "summary.json");
    demo->tracks = in_folder(demo->out, "tracks.csv");
    demo->heatmap = in_folder(demo->out, "heatmap.png");
    demo->movement = in_folder(demo->out, "movement.png");
    demo->csv = in_folder(demo->out, "heatmap.csv");
    return demo->summary && demo->tracks && demo->heatmap && demo->movement && demo->csv;
}

static void demo_release(struct demo *demo)
{
    store_config_destroy(&demo->config);
    free(demo->summary);
    free(demo->tracks);
    free(demo->heatmap);
    free(demo->movement);
    free(demo->csv);
}

/* "  12 s: left 84 frames, right 83 frames, 5 tracks" */
static void show_progress(void *context)
{
    const struct demo *demo = context;
    char *text = NULL;
    json_error_t problem;
    if (status_request(demo->config->wire.status, STATUS_TIMEOUT_MS, &text, NULL) < 0)
        return;
    json_t *status = json_loads(text, 0, &problem);
    free(text);
    printf("  %3lld s:", (long long) ((clock_wall_us() - demo->started_us) / US_PER_S));
    size_t i;
    json_t *camera;
    json_array_foreach(json_object_get(status, "cameras"), i, camera)
        printf(" %s %lld frames,", json_string_value(json_object_get(camera, "camera")),
               (long long) json_integer_value(json_object_get(camera, "frames_received")));
    printf(" %lld people tracked so far\n",
           (long long) json_integer_value(json_object_get(status, "tracks")));
    (void) fflush(stdout);
    json_decref(status);
}

static int draw_missing_plans(const struct demo *demo, struct error *err)
{
    for (size_t i = 0; i < demo->config->floors.count; i++) {
        const struct floor_config *floor = &store_config_floors(demo->config)[i];
        if (!floor->plan.png || !floor->geojson || file_exists(floor->plan.png))
            continue;
        printf("drawing the plan of floor %s\n", floor->id);
        int r = draw_plan(demo->config, floor->id, NULL, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The buckets of the first floor that this run has filled, by the summary. */
static int find_range(const struct demo *demo, struct heat_request *request, struct error *err)
{
    json_error_t problem;
    json_t *summary = json_load_file(demo->summary, 0, &problem);
    const json_t *floor = json_array_get(json_object_get(summary, "floors"), 0);
    const char *from = json_string_value(json_object_get(floor, "from"));
    const char *to = json_string_value(json_object_get(floor, "to"));
    int r = from && to ? 0 : error_set(err, -ENODATA, "no camera has seen anything");
    if (r == 0)
        r = clock_wall_parse(from, &request->from_us, err);
    if (r == 0)
        r = clock_wall_parse(to, &request->to_us, err);
    request->from_us = heat_bucket_start_us(request->from_us, demo->config->heat.bucket_s);
    request->to_us++; /* the range leaves its end out */
    json_decref(summary);
    return r;
}

static int draw_results(const struct demo *demo, struct error *err)
{
    AUTO(store_database_close) struct store_database database;
    int r = store_database_open(demo->config, &database, err);
    struct heat_request request = { .layer = HEAT_LAYER_DWELL,
                                    .png = demo->heatmap,
                                    .csv = demo->csv };
    if (r == 0)
        r = find_range(demo, &request, err);
    if (r == 0)
        r = draw_heat(demo->config, database.conninfo, &request, err);
    request.layer = HEAT_LAYER_MOVEMENT;
    request.png = demo->movement;
    request.csv = NULL;
    if (r == 0)
        r = draw_heat(demo->config, database.conninfo, &request, err);
    return r;
}

static double real_of(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static void print_camera(const json_t *camera)
{
    printf("  camera %-8s %5.0f frames, %.0f missed, %5.0f observations, %s %s %.1f ms a frame\n",
           json_string_value(json_object_get(camera, "camera")), real_of(camera, "frames_received"),
           real_of(camera, "frames_missed"), real_of(camera, "observations"),
           json_string_value(json_object_get(camera, "engine")),
           json_string_value(json_object_get(camera, "model")),
           real_of(camera, "detect_ms_per_frame"));
}

static void print_floor(const json_t *floor)
{
    printf("  floor %s: %.0f tracks, %.1f people at a time on average, %.0f at most, %.0f "
           "person-seconds\n",
           json_string_value(json_object_get(floor, "floor")), real_of(floor, "tracks"),
           real_of(floor, "people_per_tick_mean"), real_of(floor, "people_per_tick_peak"),
           real_of(floor, "dwell_s"));
    printf("  finding: no camera sees %.1f of %.1f m2 walkable floor\n",
           real_of(floor, "walkable_unseen_m2"), real_of(floor, "walkable_m2"));
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(floor, "camera_pairs"), i, pair) printf(
        "  finding: cameras %s and %s, %.0f times on the same person, differ by %.2f m in x, "
        "%.2f m in y (rms %.2f m)\n",
        json_string_value(json_object_get(pair, "camera_a")),
        json_string_value(json_object_get(pair, "camera_b")), real_of(pair, "seen_by_both"),
        real_of(pair, "mean_dx_m"), real_of(pair, "mean_dy_m"), real_of(pair, "rms_m"));
}

static int print_summary(const struct demo *demo, struct error *err)
{
    json_error_t problem;
    json_t *summary = json_load_file(demo->summary, 0, &problem);
    if (!summary)
        return error_set(err, -1, "could not read %s: %s", demo->summary, problem.text);
    printf("\nsummary of store %s\n", demo->config->store.id);
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(summary, "cameras"), i, item) print_camera(item);
    json_array_foreach(json_object_get(summary, "floors"), i, item) print_floor(item);
    json_decref(summary);
    printf("\n  %s\n  %s\n  %s\n  %s\n  %s\n", demo->heatmap, demo->movement, demo->csv,
           demo->tracks, demo->summary);
    return 0;
}

/* Leave the store running behind us, playing its recordings again and again. */
static int keep_running(const struct demo *demo, struct error *err)
{
    char *self = sibling_program("floorfuse"), *log = in_folder(demo->out, "up.log");
    const char *arguments[10] = { self, "up", "--config", demo->config_path, "--repeat" };
    if (demo->engine) {
        arguments[5] = "--engine";
        arguments[6] = demo->engine;
    }
    struct process_options options = { .arguments = arguments,
                                       .output_path = log,
                                       .own_group = true };
    pid_t pid;
    int r = self && log ? process_start(&options, &pid, err) : error_set(err, -1, "out of memory");
    if (r == 0)
        printf("\nThe store keeps running (log: %s). Look at it, and stop it, with:\n"
               "  %s status --config %s\n  %s stop --config %s\n",
               log, self, demo->config_path, self, demo->config_path);
    free(self);
    free(log);
    return r;
}

static int run(struct demo *demo, bool keep, struct error *err)
{
    int r = file_make_folder(demo->out, 0755, err);
    if (r == 0)
        r = draw_missing_plans(demo, err);
    if (r < 0)
        return r;
    demo->started_us = clock_wall_us();
    struct supervisor_options options = {
        .config = demo->config,
        .engine = demo->engine,
        .summary_path = demo->summary,
        .tracks_path = demo->tracks,
        .until_ended = true,
        .progress = show_progress,
        .context = demo,
    };
    r = supervisor_run(&options, err);
    if (r == 0) {
        printf("drawing the heat map\n");
        r = draw_results(demo, err);
    }
    if (r == 0)
        r = print_summary(demo, err);
    return r == 0 && keep ? keep_running(demo, err) : r;
}

int cmd_demo(int argc, char **argv)
{
    struct demo demo = { 0 };
    bool keep = false;
    const struct argument arguments[] = {
        { "--config", "FILE", &demo.config_path, NULL, "a store of recordings", true },
        { "--out", "DIR", &demo.out, NULL, "where pictures and summary go", true },
        { "--engine", "NAME", &demo.engine, NULL, "detector engine, instead of the config's",
          false },
        { "--keep", NULL, NULL, &keep, "leave the store running afterwards", false },
    };
    const struct command_line line = {
        .program = "floorfuse demo",
        .purpose = "Run a store of recordings once and draw its heat map. tools/demo gets the "
                   "video and the model\nand calls this.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    (void) setvbuf(stdout, NULL, _IOLBF, 0); /* progress is for now, also in a log file */
    if (load_config("floorfuse demo", demo.config_path, &demo.config) < 0)
        return EXIT_FAILED;
    struct error err = { "" };
    int r = name_files(&demo) ? run(&demo, keep, &err) : error_set(&err, -1, "out of memory");
    if (r < 0)
        fprintf(stderr, "floorfuse demo: %s\n", err.text);
    demo_release(&demo);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}
