/*
 * cmd_detect.c - floorfuse detect: try a model on one's own video or pictures
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "capture/capture.h"
#include "csv/number.h"
#include "detector/detector.h"
#include "image/canvas.h"
#include "programs/arguments.h"
#include "programs/commands.h"

#define PROGRAM "floorfuse detect"

/* A recording that gives no frame for so long is stuck. */
#define PATIENCE_MS 60000

struct detect_words {
    const char *model, *heads, *engine, *size, *threshold, *every, *out, *draw;
    char **rest;
};

struct detecting {
    struct detector *detector;
    int64_t every;
    FILE *out;
    const char *draw;       /* folder; NULL: no pictures */
    struct dirent **stills; /* of a folder, in the order of its frames; NULL: a video */
    int still_count;
    uint64_t pictures, boxes;
};

static int usage(const char *sentence)
{
    fprintf(stderr, PROGRAM ": %s; see " PROGRAM " --help\n", sentence);
    return EXIT_USAGE;
}

/* ---- pictures have names ---- */

static int is_still(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && (strcasecmp(dot, ".png") == 0 || strcasecmp(dot, ".jpg") == 0 ||
                   strcasecmp(dot, ".jpeg") == 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* byte by byte, as capture orders them */
}

static int list_stills(struct detecting *d, const char *path, struct error *err)
{
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
        return 0;
    d->still_count = scandir(path, &d->stills, is_still, by_name);
    return d->still_count < 0
               ? error_set(err, -errno, "could not read %s: %s", path, strerror(errno))
               : 0;
}

static void name_picture(const struct detecting *d, uint64_t index, char ret[static 256])
{
    if (d->stills && index < (uint64_t) d->still_count)
        (void) snprintf(ret, 256, "%s", d->stills[index]->d_name);
    else
        (void) snprintf(ret, 256, "%" PRIu64, index);
}

/* ---- what was found ---- */

static const char *class_name(const struct detection *d)
{
    return d->object_class == DETECTION_HEAD ? "head" : "person";
}

static void write_rows(struct detecting *d, const char *name, const struct detections *found)
{
    d->pictures++;
    d->boxes += found->count;
    if (found->count == 0)
        fprintf(d->out, "%s,,,,,,\n", name);
    for (size_t i = 0; i < found->count; i++) {
        const struct detection *item = &found->items[i];
        fprintf(d->out, "%s,%s,%.6f,%.3f,%.3f,%.3f,%.3f\n", name, class_name(item),
                (double) item->score, item->box.left, item->box.top, item->box.right,
                item->box.bottom);
    }
}

/* Heads and people in colours that colour-blind people can tell apart. */
static int draw_boxes(const struct detecting *d, const char *name, const struct image *picture,
                      const struct detections *found, struct error *err)
{
    static const struct colour person = { 0.0, 0.62, 0.45 }, head = { 0.90, 0.62, 0.0 },
                               black = { 0, 0, 0 };
    AUTO(image_unref) struct image *rgb = NULL;
    AUTO(image_unref) struct image *drawn = NULL;
    AUTO(canvas_destroy) struct canvas *canvas = NULL;
    char path[4096];
    int r = image_to_rgb(picture, &rgb);
    if (r == 0)
        r = canvas_create(picture->width, picture->height, black, &canvas);
    if (r < 0)
        return error_set(err, r, "out of memory");
    double line_px = 1 + picture->height / 400.0, letters_px = 10 + picture->height / 90.0;
    canvas_image(canvas, rgb, 0, 0, picture->width, picture->height, 1);
    for (size_t i = 0; i < found->count; i++) {
        const struct detection *item = &found->items[i];
        struct box_px b = item->box;
        char words[32];
        canvas_colour(canvas, item->object_class == DETECTION_HEAD ? head : person, 1);
        canvas_outline_rectangle(canvas, b.left, b.top, b.right - b.left, b.bottom - b.top,
                                 line_px);
        (void) snprintf(words, sizeof(words), "%.2f", (double) item->score);
        canvas_text(canvas, b.left + line_px, b.top - 2 * line_px, letters_px, true, TEXT_LEFT,
                    words);
    }
    r = canvas_finish(canvas, &drawn);
    (void) snprintf(path, sizeof(path), "%s/%s.png", d->draw, name);
    return r < 0 ? error_set(err, r, "could not draw %s", path) : image_write_png(drawn, path, err);
}

static int take(struct detecting *d, const struct frame *frame, struct error *err)
{
    struct detections found;
    char name[256];
    if (frame->index % (uint64_t) d->every != 0)
        return 0;
    int r = detector_detect(d->detector, frame->image, &found);
    if (r < 0)
        return error_set(err, r, "the detector failed: %s", strerror(-r));
    name_picture(d, frame->index, name);
    write_rows(d, name, &found);
    return d->draw ? draw_boxes(d, name, frame->image, &found, err) : 0;
}

/* ---- the whole input ---- */

static int play(struct detecting *d, struct capture *capture, struct error *err)
{
    for (;;) {
        struct frame frame;
        int r = capture_next(capture, &frame);
        if (r == 1) {
            r = take(d, &frame, err);
            image_unref(&frame.image);
            if (r < 0)
                return r;
            continue;
        }
        if (r == -ENODATA)
            return 0;
        if (r < 0)
            return error_set(err, r, "%s", capture_status(capture).detail);
        struct pollfd ready = { .fd = capture_fd(capture), .events = POLLIN };
        if (poll(&ready, 1, PATIENCE_MS) == 0)
            return error_set(err, -ETIMEDOUT, "there was no picture for %d s", PATIENCE_MS / 1000);
    }
}

static int detect(struct detecting *d, const char *input, struct error *err)
{
    struct capture *capture;
    int r = list_stills(d, input, err);
    if (r < 0)
        return r;
    const struct capture_options options = {
        .url = input, .fps = d->stills ? 1 : 0, .fast = true, .start_us = 1, .as_decoded = true
    };
    fprintf(d->out, "%s,class,score,left_px,top_px,right_px,bottom_px\n",
            d->stills ? "image" : "frame");
    r = capture_create(&options, &capture, err);
    if (r == 0) {
        r = play(d, capture, err);
        capture_destroy(&capture);
    }
    for (int i = 0; i < d->still_count; i++)
        free(d->stills[i]);
    free(d->stills);
    return r;
}

/* ---- words ---- */

static int parse_size(const char *text, struct network_options *network)
{
    char rest;
    if (text && sscanf(text, "%5ux%5u%c", &network->width, &network->height, &rest) != 2)
        return usage("--size is width x height in px, e.g. 416x320");
    return EXIT_OK;
}

static int open_detector(const struct detect_words *words, struct detector **ret)
{
    struct network_options network = { .engine = words->engine, .model = words->model };
    struct error err = { "" };
    int exit_code = parse_size(words->size, &network);
    if (exit_code != EXIT_OK)
        return exit_code;
    network.threshold = 0.25;
    if (words->threshold && !(number_parse(words->threshold, &network.threshold) &&
                              network.threshold >= 0 && network.threshold <= 1))
        return usage("--threshold is a score from 0 to 1");
    struct detector_options options = { .networks = { network },
                                        .network_count = 1,
                                        .nms_iou = 0.45 };
    if (words->heads) {
        options.networks[1] = network;
        options.networks[1].model = words->heads;
        options.network_count = 2;
    }
    if (detector_create(&options, ret, &err) == 0)
        return EXIT_OK;
    fprintf(stderr, PROGRAM ": %s\n", err.text[0] ? err.text : "out of memory");
    return EXIT_FAILED;
}

static int run(const struct detect_words *words, struct detecting *d)
{
    struct error err = { "" };
    if (words->draw) {
        fprintf(stderr, PROGRAM ": writing pictures that may show people to %s\n", words->draw);
        if (file_make_folder(words->draw, 0700, &err) < 0) {
            fprintf(stderr, PROGRAM ": %s\n", err.text);
            return EXIT_FAILED;
        }
    }
    d->out = words->out ? fopen(words->out, "we") : stdout;
    if (!d->out) {
        fprintf(stderr, PROGRAM ": could not write %s: %s\n", words->out, strerror(errno));
        return EXIT_FAILED;
    }
    int r = detect(d, words->rest[0], &err);
    bool failed = ferror(d->out) | (words->out ? fclose(d->out) : fflush(d->out));
    if (r == 0 && failed)
        r = error_set(&err, -EIO, "could not write %s", words->out ? words->out : "the output");
    if (r < 0) {
        fprintf(stderr, PROGRAM ": %s\n", err.text);
        return EXIT_FAILED;
    }
    const struct detector_times t = detector_times(d->detector);
    double all_ms = (double) (t.resize_ns + t.network_ns + t.boxes_ns) / 1e6;
    fprintf(stderr, PROGRAM ": %" PRIu64 " pictures, %" PRIu64 " boxes, %.2f ms a picture\n",
            d->pictures, d->boxes, d->pictures ? all_ms / (double) d->pictures : 0);
    return EXIT_OK;
}

int cmd_detect(int argc, char **argv)
{
    struct detect_words words = { .model = NULL };
    const struct argument arguments[] = {
        { "--model", "FILE", &words.model, NULL, "Darknet .cfg or .onnx (default: HOG)", false },
        { "--heads", "FILE", &words.heads, NULL, "a second network on the same pictures", false },
        { "--engine", "NAME", &words.engine, NULL, "auto, fast, opencv, darknet or hog", false },
        { "--size", "WxH", &words.size, NULL, "network input, px (default: as in the .cfg)",
          false },
        { "--threshold", "X", &words.threshold, NULL, "least score (default: 0.25)", false },
        { "--every", "N", &words.every, NULL, "only every Nth picture (default: 1)", false },
        { "--out", "FILE.csv", &words.out, NULL, "where to (default: standard output)", false },
        { "--draw", "DIR", &words.draw, NULL,
          "DEBUG: write the pictures with boxes on; they may "
          "show people",
          false },
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose = "Find people in a video or a folder of pictures, and write their boxes.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
        .rest = &words.rest,
    };
    struct detecting d = { .every = 1 };
    int exit_code;
    if (!arguments_parse(&line, argc, argv, &exit_code))
        return exit_code;
    if (!words.rest || !words.rest[0] || words.rest[1])
        return usage("one video or folder of pictures is needed behind the options");
    if (words.every && !(integer_parse(words.every, &d.every) && d.every >= 1))
        return usage("--every is a whole number from 1");
    d.draw = words.draw;
    exit_code = open_detector(&words, &d.detector);
    if (exit_code == EXIT_OK)
        exit_code = run(&words, &d);
    detector_destroy(&d.detector);
    return exit_code;
}
