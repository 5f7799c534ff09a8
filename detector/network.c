/*
 * network.c - see network.h
 *
 * Check the model, choose the engine, and for every picture: resize, run, decode.
 */
#include "detector/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "detector/class_names.h"
#include "detector/darknet_cfg.h"
#include "detector/engine.h"
#include "detector/resize.h"
#include "detector/weights.h"
#include "detector/yolo.h"

#if FLOORFUSE_HAVE_FAST
#define IF_FAST(word) word
#else
#define IF_FAST(word)
#endif
#if FLOORFUSE_HAVE_DARKNET
#define IF_DARKNET(word) word
#else
#define IF_DARKNET(word)
#endif
#if FLOORFUSE_HAVE_OPENCV
#define IF_OPENCV(word) word
#else
#define IF_OPENCV(word)
#endif

/* What Darknet pads a letterboxed picture with. */
#define PADDING 0.5f

struct network {
    struct engine engine;
    double threshold;
    struct detector_info info;

    /* Of a network engine only: */
    struct darknet_cfg *cfg;
    enum detection_class *classes; /* of the network's class numbers */
    struct resizer *resizer;
    float *input;                 /* 3 planes */
    const float **outputs;        /* one a head */
    struct candidates candidates; /* of one picture, in px of the network */
};

const char *detector_engines(void)
{
    static const char names[] = "" IF_FAST(" fast") IF_DARKNET(" darknet") IF_OPENCV(" opencv hog");
    return *names ? names + 1 : names;
}

static int not_built_in(const char *engine, struct error *err)
{
    return error_set(err, -ENOTSUP,
                     "detector engine \"%s\" is not built into this program; it has: %s", engine,
                     detector_engines());
}

/* The engine's name once "auto" is decided; NULL when there is no such engine. */
static const char *choose(const struct network_options *options)
{
    static const char *const known[] = { "fast", "opencv", "darknet", "hog" };
    const char *wanted = options->engine ? options->engine : "auto";
    if (strcmp(wanted, "auto") == 0)
        return !options->model         ? "hog"
               : FLOORFUSE_HAVE_FAST   ? "fast"
               : FLOORFUSE_HAVE_OPENCV ? "opencv"
                                       : "darknet";
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (strcmp(wanted, known[i]) == 0)
            return known[i];
    }
    return NULL;
}

static int create_network_engine(const char *name, const struct engine_model *model,
                                 struct engine *ret_engine, struct error *err)
{
#if FLOORFUSE_HAVE_FAST
    if (strcmp(name, "fast") == 0)
        return engine_fast_create(model, ret_engine, err);
#endif
#if FLOORFUSE_HAVE_OPENCV
    if (strcmp(name, "opencv") == 0)
        return engine_opencv_create(model, ret_engine, err);
#endif
#if FLOORFUSE_HAVE_DARKNET
    if (strcmp(name, "darknet") == 0)
        return engine_darknet_create(model, ret_engine, err);
#endif
    (void) model;
    (void) ret_engine;
    return not_built_in(name, err);
}

/* "dir/name.cfg" -> "dir/name.weights" */
static int default_weights(const char *model, char **ret_path, struct error *err)
{
    size_t length = strlen(model);
    if (length < 5 || strcmp(model + length - 4, ".cfg") != 0)
        return error_set(err, -EINVAL,
                         "%s: does not end in .cfg, so detector.weights must be given too", model);
    if (asprintf(ret_path, "%.*s.weights", (int) (length - 4), model) < 0)
        return -ENOMEM;
    return 0;
}

static int load_weights(const struct network_options *options, const struct darknet_cfg *cfg,
                        char **ret_bytes, size_t *ret_length, struct error *err)
{
    char *path = NULL;
    int r = 0;
    if (!options->weights)
        r = default_weights(options->model, &path, err);
    if (r == 0)
        r = weights_load(path ? path : options->weights, cfg, options->sha256, ret_bytes,
                         ret_length, err);
    free(path);
    return r;
}

static int load_classes(const struct network_options *options, struct network *network,
                        struct error *err)
{
    char *path = NULL;
    int r = 0;
    if (!options->names)
        r = class_names_find(options->model, &path, err);
    if (r == 0)
        r = class_names_load(path ? path : options->names, network->cfg->classes, &network->classes,
                             err);
    free(path);
    return r;
}

/* Weights are checked here; what the engine gets is our own text of the network. */
static int load_engine(const struct network_options *options, const char *engine_name,
                       struct network *network, struct error *err)
{
    AUTO(text_release) struct text canonical = TEXT_INIT;
    struct engine_model model = { .cfg = network->cfg, .canonical = &canonical };
    char *weights;
    int r = load_weights(options, network->cfg, &weights, &model.weights_length, err);
    if (r < 0)
        return r;
    model.weights = weights;
    darknet_cfg_write(network->cfg, &canonical);
    r = canonical.failed ? -ENOMEM
                         : create_network_engine(engine_name, &model, &network->engine, err);
    free(weights);
    return r;
}

static int allocate_buffers(struct network *network, bool letterbox)
{
    uint32_t width = network->info.width, height = network->info.height;
    network->input = calloc(3 * (size_t) width * height, sizeof(*network->input));
    network->outputs = calloc((size_t) network->cfg->heads, sizeof(*network->outputs));
    if (!network->input || !network->outputs)
        return -ENOMEM;
    struct resizer_options resizer = {
        .width = width, .height = height, .letterbox = letterbox, .padding = PADDING
    };
    return resizer_create(&resizer, &network->resizer);
}

static void note_model_id(const char *model, struct detector_info *info)
{
    const char *slash = strrchr(model, '/');
    const char *name = slash ? slash + 1 : model;
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".cfg") == 0)
        length -= 4;
    (void) snprintf(info->model_id, sizeof(info->model_id), "%.*s", (int) length, name);
}

static int prepare_network(const struct network_options *options, const char *engine_name,
                           struct network *network, struct error *err)
{
    if (!options->model)
        return error_set(err, -EINVAL,
                         "detector engine \"%s\" needs a model; only \"hog\" does without",
                         engine_name);
    int r = darknet_cfg_load(options->model, options->width, options->height, &network->cfg, err);
    if (r < 0)
        return r;
    network->info.width = (uint32_t) network->cfg->width;
    network->info.height = (uint32_t) network->cfg->height;
    note_model_id(options->model, &network->info);
    r = load_classes(options, network, err);
    if (r == 0)
        r = load_engine(options, engine_name, network, err);
    return r < 0 ? r : allocate_buffers(network, options->letterbox);
}

static int prepare_hog(struct network *network, struct error *err)
{
    (void) snprintf(network->info.model_id, sizeof(network->info.model_id), "hog");
#if FLOORFUSE_HAVE_OPENCV
    return engine_hog_create(&network->engine, err);
#else
    return not_built_in("hog", err);
#endif
}

static int check_options(const struct network_options *options, struct error *err)
{
    if (!(options->threshold >= 0 && options->threshold <= 1))
        return error_set(err, -EINVAL, "detector threshold %g is not from 0 to 1",
                         options->threshold);
    if (!choose(options))
        return error_set(err, -EINVAL, "there is no detector engine \"%.32s\"; there are: auto %s",
                         options->engine, detector_engines());
    return 0;
}

int network_create(const struct network_options *options, struct network **ret_network,
                   struct error *err)
{
    int r = check_options(options, err);
    if (r < 0)
        return r;
    AUTO(network_destroy) struct network *network = calloc(1, sizeof(*network));
    if (!network)
        return -ENOMEM;
    const char *engine_name = choose(options);
    network->threshold = options->threshold;
    (void) snprintf(network->info.engine, sizeof(network->info.engine), "%s", engine_name);
    if (strcmp(engine_name, "hog") == 0)
        r = prepare_hog(network, err);
    else
        r = prepare_network(options, engine_name, network, err);
    if (r < 0)
        return r;
    *ret_network = network;
    network = NULL;
    return 0;
}

void network_destroy(struct network **network)
{
    struct network *n = *network;
    if (!n)
        return;
    if (n->engine.methods)
        n->engine.methods->destroy(n->engine.state);
    candidates_release(&n->candidates);
    resizer_destroy(&n->resizer);
    free(n->input);
    free(n->outputs);
    free(n->classes);
    darknet_cfg_destroy(&n->cfg);
    free(n);
    *network = NULL;
}

/* Boxes in px of the network. */
static int decode_heads(struct network *n)
{
    struct darknet_shape input = { n->cfg->width, n->cfg->height, 3 };
    int head = 0;
    for (int i = 0; i < n->cfg->layer_count; i++) {
        if (n->cfg->layers[i].type != DARKNET_YOLO)
            continue;
        int r = yolo_decode(&n->cfg->layers[i], input, n->outputs[head++], n->classes, n->threshold,
                            &n->candidates);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Take over what is in px of the network. */
static int take_boxes(struct network *n, struct candidates *candidates)
{
    int r = decode_heads(n);
    for (size_t i = 0; r == 0 && i < n->candidates.count; i++) {
        struct detection detection = n->candidates.items[i];
        detection.box = resizer_in_picture(n->resizer, detection.box);
        r = candidates_add(candidates, detection);
    }
    return r;
}

static int run_layers(struct network *n, const struct image *picture, struct candidates *candidates,
                      struct detector_times *times)
{
    int64_t begin_ns = clock_mono_ns();
    candidates_clear(&n->candidates);
    int r = resizer_run(n->resizer, picture, n->input);
    int64_t resized_ns = clock_mono_ns();
    if (r == 0)
        r = n->engine.methods->forward(n->engine.state, n->input, n->outputs);
    int64_t computed_ns = clock_mono_ns();
    if (r == 0)
        r = take_boxes(n, candidates);
    times->resize_ns += resized_ns - begin_ns;
    times->network_ns += computed_ns - resized_ns;
    times->boxes_ns += clock_mono_ns() - computed_ns;
    return r;
}

/* Engines that look at the picture itself want it in RGB. */
static int look_at_rgb(struct network *n, const struct image *picture,
                       struct candidates *candidates, struct detector_times *times)
{
    int64_t begin_ns = clock_mono_ns();
    struct image *rgb = NULL;
    int r = picture->format == IMAGE_RGB8 ? 0 : image_to_rgb(picture, &rgb);
    if (r == 0)
        r = n->engine.methods->look(n->engine.state, rgb ? rgb : picture, n->threshold, candidates);
    image_unref(&rgb);
    times->network_ns += clock_mono_ns() - begin_ns;
    return r;
}

int network_look(struct network *n, const struct image *picture, struct candidates *candidates,
                 struct detector_times *times)
{
    return n->engine.methods->look ? look_at_rgb(n, picture, candidates, times)
                                   : run_layers(n, picture, candidates, times);
}

struct detector_info network_info(const struct network *network)
{
    return network->info;
}
