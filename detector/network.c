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
#include <strings.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "detector/class_names.h"
#include "detector/darknet_cfg.h"
#include "detector/engine.h"
#include "detector/onnx_boxes.h"
#include "detector/onnx_file.h"
#include "detector/opencv_shim.h"
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

/* What Darknet pads a letterboxed picture with, and Ultralytics. */
#define PADDING      0.5f
#define PADDING_ONNX (114 / 255.0f)

#define ONNX_BYTES_MAX  ((size_t) 1 << 30)
#define NAMES_BYTES_MAX ((size_t) 1 << 20)

struct network {
    struct engine engine;
    double threshold;
    struct detector_info info;

    /* Of a network engine only: */
    struct darknet_cfg *cfg; /* NULL: it is ONNX */
    struct onnx_output onnx;
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

static bool is_onnx(const char *model)
{
    size_t length = strlen(model);
    return length > 5 && strcmp(model + length - 5, ".onnx") == 0;
}

/* The engine's name once "auto" is decided; NULL when there is no such engine. */
static const char *choose(const struct network_options *options)
{
    static const char *const known[] = { "fast", "opencv", "darknet", "hog" };
    const char *wanted = options->engine ? options->engine : "auto";
    if (strcmp(wanted, "auto") == 0)
        return !options->model           ? "hog"
               : is_onnx(options->model) ? "opencv"
               : FLOORFUSE_HAVE_FAST     ? "fast"
               : FLOORFUSE_HAVE_OPENCV   ? "opencv"
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

static int allocate_buffers(struct network *network, int heads, bool letterbox)
{
    uint32_t width = network->info.width, height = network->info.height;
    network->input = calloc(3 * (size_t) width * height, sizeof(*network->input));
    network->outputs = calloc((size_t) heads, sizeof(*network->outputs));
    if (!network->input || !network->outputs)
        return -ENOMEM;
    struct resizer_options resizer = { .width = width,
                                       .height = height,
                                       .letterbox = letterbox,
                                       .padding = network->cfg ? PADDING : PADDING_ONNX };
    return resizer_create(&resizer, &network->resizer);
}

static void note_model_id(const char *model, struct detector_info *info)
{
    const char *slash = strrchr(model, '/');
    const char *name = slash ? slash + 1 : model;
    size_t length = strlen(name);
    const char *dot = strrchr(name, '.');
    if (dot && (strcmp(dot, ".cfg") == 0 || strcmp(dot, ".onnx") == 0))
        length = (size_t) (dot - name);
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
    return r < 0 ? r : allocate_buffers(network, network->cfg->heads, options->letterbox);
}

/* ---- ONNX ---- */

/* The input: the file's, unless it takes any; then what was asked for. */
static int choose_onnx_size(const struct network_options *options, const struct onnx_file *file,
                            struct network *network, struct error *err)
{
    uint32_t width = file->width ? (uint32_t) file->width : options->width;
    uint32_t height = file->height ? (uint32_t) file->height : options->height;
    if ((options->width && options->width != width) ||
        (options->height && options->height != height))
        return error_set(err, -EINVAL,
                         "%s: its input is %ux%u px and cannot be %ux%u; export it with that size",
                         options->model, width, height, options->width, options->height);
    if (width == 0 || height == 0)
        return error_set(
            err, -EINVAL,
            "%s: takes pictures of any size; say which in detector.size, e.g. 640, 640",
            options->model);
    network->info.width = width;
    network->info.height = height;
    return 0;
}

static int take_onnx_names(const char *names, const char *what, struct network *network,
                           struct error *err)
{
    network->onnx.classes = class_names_count(names);
    return class_names_parse(names, what, network->onnx.classes, &network->classes, err);
}

/* Names beside the file, else those in it. */
static int load_onnx_classes(const struct network_options *options, const struct onnx_file *file,
                             struct network *network, struct error *err)
{
    char *path = NULL, *text = NULL;
    size_t length;
    struct error unsaid = { "" };
    bool beside = options->names || class_names_find(options->model, &path, &unsaid) == 0;
    if (!beside && file->names)
        return take_onnx_names(file->names, options->model, network, err);
    if (!beside)
        return error_set(err, -EINVAL,
                         "%s: does not say what its classes are; put a .names file beside it or "
                         "give detector.names",
                         options->model);
    const char *names = options->names ? options->names : path;
    int r = file_read(names, NAMES_BYTES_MAX, &text, &length, err);
    if (r == 0)
        r = take_onnx_names(text, names, network, err);
    free(text);
    free(path);
    return r;
}

static int open_onnx(const struct network_options *options, const char *bytes, size_t length,
                     struct network *network, struct error *err)
{
#if FLOORFUSE_HAVE_OPENCV
    const struct opencv_onnx_source source = { .file = options->model,
                                               .bytes = bytes,
                                               .length = length,
                                               .width = (int) network->info.width,
                                               .height = (int) network->info.height };
    struct opencv_shape shape;
    int r = engine_opencv_create_onnx(&source, &network->engine, &shape, err);
    return r < 0 ? r
                 : onnx_output_of(shape.dims, shape.dim_count, source.width, source.height,
                                  network->onnx.classes, options->model, &network->onnx, err);
#else
    (void) options, (void) bytes, (void) length, (void) network;
    return not_built_in("opencv", err);
#endif
}

static int check_onnx(const struct network_options *options, const char *engine_name,
                      const char *bytes, size_t length, struct error *err)
{
    char is[SHA256_TEXT_SIZE];
    if (strcmp(engine_name, "opencv") != 0)
        return error_set(err, -ENOTSUP,
                         "%s: ONNX files run on detector engine \"opencv\", not \"%s\"",
                         options->model, engine_name);
    if (!options->sha256)
        return 0;
    file_sha256_bytes(bytes, length, is);
    if (strcasecmp(is, options->sha256) == 0)
        return 0;
    return error_set(err, -EINVAL, "%s: has SHA-256 %s, not the configured %.64s", options->model,
                     is, options->sha256);
}

static int prepare_onnx(const struct network_options *options, const char *engine_name,
                        struct network *network, struct error *err)
{
    struct onnx_file file = { .names = NULL };
    char *bytes;
    size_t length;
    int r = file_read(options->model, ONNX_BYTES_MAX, &bytes, &length, err);
    if (r < 0)
        return r;
    note_model_id(options->model, &network->info);
    r = check_onnx(options, engine_name, bytes, length, err);
    if (r == 0)
        r = onnx_file_parse(bytes, length, options->model, &file, err);
    if (r == 0)
        r = choose_onnx_size(options, &file, network, err);
    if (r == 0)
        r = load_onnx_classes(options, &file, network, err);
    if (r == 0)
        r = open_onnx(options, bytes, length, network, err);
    onnx_file_release(&file);
    free(bytes);
    /* They were trained on pictures that kept their shape. */
    return r < 0 ? r : allocate_buffers(network, 1, true);
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
    else if (options->model && is_onnx(options->model))
        r = prepare_onnx(options, engine_name, network, err);
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
    int r = n->cfg ? decode_heads(n)
                   : onnx_boxes_decode(&n->onnx, n->outputs[0], n->classes, n->threshold,
                                       &n->candidates);
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
