/*
 * cmd_replay.c - floorfuse replay: tracks from detections that were written down
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/number.h"
#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/region_words.h"
#include "programs/replay.h"
#include "programs/start.h"

#define PROGRAM "floorfuse replay"

/* Widest side of a picture, as in the config. */
#define PICTURE_MAX_PX 16384

struct replay_words {
    const char *config, *observations, *out, *out_detections, *events, *cameras, *image, *floor,
        *tick_ms, *tick, *roi;
};

static int usage(const char *sentence)
{
    fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", sentence);
    return EXIT_USAGE;
}

static bool is_side(int64_t px)
{
    return px >= 1 && px <= PICTURE_MAX_PX;
}

/* "1920x1080", or the config's replay.image. */
static int parse_image(const char *text, struct replay_options *options)
{
    const struct number_list *image = &options->config->replay.image;
    int64_t width = 0, height = 0;
    if (text) {
        char width_text[16] = "";
        const char *x = strchr(text, 'x');
        if (x && (size_t) (x - text) < sizeof(width_text))
            memcpy(width_text, text, (size_t) (x - text));
        if (!x || !integer_parse(width_text, &width) || !integer_parse(x + 1, &height))
            return usage("--image must be WIDTHxHEIGHT in px, e.g. 1920x1080");
    } else if (image->count == 2) {
        width = (int64_t) image->values[0];
        height = (int64_t) image->values[1];
    } else if (options->cameras) {
        return usage("--cameras needs --image WIDTHxHEIGHT, the size of its cameras' pictures");
    } else {
        return EXIT_OK;
    }
    if (!is_side(width) || !is_side(height))
        return usage("--image: a side has 1 .. 16384 px");
    options->width = (uint32_t) width;
    options->height = (uint32_t) height;
    return EXIT_OK;
}

static int parse_tick(const struct replay_words *words, struct replay_options *options)
{
    int64_t tick_ms = options->config->replay.tick_ms;
    if (words->tick && words->tick_ms)
        return usage("give --tick input or --tick-ms, not both");
    if (words->tick && strcmp(words->tick, "input") != 0)
        return usage("--tick can only be input; --tick-ms N makes ticks of N ms");
    if (words->tick)
        tick_ms = 0;
    if (words->tick_ms && (!integer_parse(words->tick_ms, &tick_ms) || tick_ms < 1 ||
                           tick_ms > 1000 || 1000 % tick_ms))
        return usage("--tick-ms must be a whole number that divides 1000, e.g. 100 or 250");
    options->tick_ms = (int) tick_ms;
    return EXIT_OK;
}

static int parse_roi(const char *text, double numbers[static REGION_NUMBERS_MAX],
                     struct replay_options *options)
{
    options->roi = options->config->replay.roi;
    if (text) {
        options->roi = (struct number_list){ .values = numbers };
        if (!region_words_parse(text, numbers, &options->roi.count))
            return usage(REGION_WORDS_FORM);
    }
    if (!region_words_has_inside(options->roi.values, options->roi.count))
        return usage(REGION_WORDS_EMPTY);
    return EXIT_OK;
}

static bool are_different(const char *a, const char *b, const char *c)
{
    return !(b && strcmp(a, b) == 0) && !(c && strcmp(a, c) == 0) && !(b && c && strcmp(b, c) == 0);
}

/* Flags come before the config's replay group. */
static int parse_words(const struct replay_words *words, double roi[static REGION_NUMBERS_MAX],
                       struct replay_options *options)
{
    const struct replay_config *config = &options->config->replay;
    options->observations = words->observations ? words->observations : config->observations;
    options->out = words->out ? words->out : config->out;
    options->out_detections =
        words->out_detections ? words->out_detections : config->out_detections;
    options->events = words->events ? words->events : config->events;
    options->cameras = words->cameras ? words->cameras : config->cameras;
    options->floor = words->floor ? words->floor : config->floor;
    if (!options->observations)
        return usage("nothing to replay; give --observations FILE");
    if (!options->out)
        return usage("give --out FILE for the tracks");
    if (!are_different(options->out, options->out_detections, options->events))
        return usage("--out, --out-detections and --events must be different files");
    if (words->image && !options->cameras)
        return usage("--image goes with --cameras; a config's camera files know their size");
    int code = parse_image(words->image, options);
    if (code == EXIT_OK)
        code = parse_tick(words, options);
    return code == EXIT_OK ? parse_roi(words->roi, roi, options) : code;
}

static int run(const struct replay_words *words)
{
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_config_or_defaults(PROGRAM, words->config, &config) < 0)
        return EXIT_FAILED;
    double roi[REGION_NUMBERS_MAX];
    struct replay_options options = { .config = config };
    int code = parse_words(words, roi, &options);
    if (code != EXIT_OK)
        return code;
    struct error err = { "" };
    int r = replay_run(&options, PROGRAM, &err);
    if (r < 0)
        fprintf(stderr, PROGRAM ": %s\n", err.text[0] ? err.text : strerror(-r));
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}

int cmd_replay(int argc, char **argv)
{
    struct replay_words words = { 0 };
    const struct argument arguments[] = {
        { "--config", "STORE.cfg", &words.config, NULL, "cameras, floors and settings", false },
        { "--cameras", "FILE", &words.cameras, NULL,
          "cameras as a table instead: name and 12 numbers (3x4 image_from_floor) a line", false },
        { "--image", "WxH", &words.image, NULL, "size of the table's pictures, px", false },
        { "--observations", "OBS.csv", &words.observations, NULL,
          "detections; - is the standard input", false },
        { "--out", "TRACKS.csv", &words.out, NULL, "tracks; - is the standard output", false },
        { "--out-detections", "FILE", &words.out_detections, NULL,
          "fused positions of single ticks, before a track is confirmed", false },
        { "--events", "FILE", &words.events, NULL,
          "who came and went, entered zones and crossed lines", false },
        { "--tick", "input", &words.tick, NULL, "a tick at each time of the input (default)",
          false },
        { "--tick-ms", "N", &words.tick_ms, NULL, "ticks of N ms; divides 1000", false },
        { "--floor", "F", &words.floor, NULL, "which floor of the config (default: the first)",
          false },
        { "--roi", "NUMBERS", &words.roi, NULL,
          "write only what lies in xmin,ymin,xmax,ymax or a polygon x,y,x,y,..., m", false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Fuse detections that were written down into tracks; docs/replay.md has the "
                   "formats.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    if (!words.config && !words.cameras)
        return usage("give the cameras: --config STORE.cfg, or --cameras FILE --image WxH");
    return run(&words);
}
