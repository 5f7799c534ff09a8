/*
 * detector.c - see detector.h
 *
 * Check the model, choose the engine, and for every picture: stretch, run, decode, suppress.
 */
#include "detector/detector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "detector/candidates.h"
#include "detector/class_names.h"
#include "detector/darknet_cfg.h"
#include "detector/engine.h"
#include "detector/nms.h"
#include "detector/resize.h"
#include "detector/weights.h"
#include "detector/yolo.h"

struct detector {
    struct engine engine;
    double threshold, nms_iou;
    struct detector_info info;
    struct candidates candidates;

    /* Of a network engine only: */
    struct darknet_cfg *cfg;
    enum detection_class *classes; /* of the network's class numbers */
    struct resizer *resizer;
    float *input;          /* 3 planes */
    const float **outputs; /* one a head */
};

const char *detector_engines(void)
{
    if (FLOORFUSE_HAVE_DARKNET && FLOORFUSE_HAVE_OPENCV)
        return "darknet opencv hog";
    if (FLOORFUSE_HAVE_OPENCV)
        return "opencv hog";
    return FLOORFUSE_HAVE_DARKNET ? "darknet" : "";
}

static int not_built_in(const char *engine, struct error *err)
{
    return error_set(err, -ENOTSUP,
                     "detector engine \"%s\" is not built into this program; it has: %s", engine,
                     detector_engines());
}

/* The engine's name once "auto" is decided; NULL when there is no such engine. */
static const char *choose(const struct detector_options *options)
{
    static const char *const known[] = { "opencv", "darknet", "hog" };
    const char *wanted = options->engine ? options->engine : "auto";
    if (strcmp(wanted, "auto") == 0)
        return !options->model ? "hog" : FLOORFUSE_HAVE_OPENCV ? "opencv" : "darknet";
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        if (strcmp(wanted, known[i]) == 0)
            return known[i];
    }
    return NULL;
}

static int create_network_engine(const char *name, const struct engine_model *model,
                                 struct engine *ret_engine, struct error *err)
{
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

static int load_weights(const struct detector_options *options, const struct darknet_cfg *cfg,
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

static int load_classes(const struct detector_options *options, struct detector *detector,
                        struct error *err)
{
    char *path = NULL;
    int r = 0;
    if (!options->names)
        r = class_names_find(options->model, &path, err);
    if (r == 0)
        r = class_names_load(path ? path : options->names, detector->cfg->classes,
                             &detector->classes, err);
    free(path);
    return r;
}

/* Weights are checked here; what the engine gets is our own text of the network. */
static int load_engine(const struct detector_options *options, const char *engine_name,
                       struct detector *detector, struct error *err)
{
    AUTO(text_release) struct text canonical = TEXT_INIT;
    struct engine_model model = { .cfg = detector->cfg, .canonical = &canonical };
    char *weights;
    int r = load_weights(options, detector->cfg, &weights, &model.weights_length, err);
    if (r < 0)
        return r;
    model.weights = weights;
    darknet_cfg_write(detector->cfg, &canonical);
    r = canonical.failed ? -ENOMEM
                         : create_network_engine(engine_name, &model, &detector->engine, err);
    free(weights);
    return r;
}

static int allocate_buffers(struct detector *detector)
{
    uint32_t width = detector->info.width, height = detector->info.height;
    detector->input = calloc(3 * (size_t) width * height, sizeof(*detector->input));
    detector->outputs = calloc((size_t) detector->cfg->heads, sizeof(*detector->outputs));
    if (!detector->input || !detector->outputs)
        return -ENOMEM;
    return resizer_create(width, height, &detector->resizer);
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

static int prepare_network(const struct detector_options *options, const char *engine_name,
                           struct detector *detector, struct error *err)
{
    if (!options->model)
        return error_set(err, -EINVAL,
                         "detector engine \"%s\" needs a model; only \"hog\" does without",
                         engine_name);
    int r = darknet_cfg_load(options->model, options->width, options->height, &detector->cfg, err);
    if (r < 0)
        return r;
    detector->info.width = (uint32_t) detector->cfg->width;
    detector->info.height = (uint32_t) detector->cfg->height;
    note_model_id(options->model, &detector->info);
    r = load_classes(options, detector, err);
    if (r == 0)
        r = load_engine(options, engine_name, detector, err);
    return r < 0 ? r : allocate_buffers(detector);
}

static int prepare_hog(struct detector *detector, struct error *err)
{
    (void) snprintf(detector->info.model_id, sizeof(detector->info.model_id), "hog");
#if FLOORFUSE_HAVE_OPENCV
    return engine_hog_create(&detector->engine, err);
#else
    return not_built_in("hog", err);
#endif
}

static bool is_fraction(double value)
{
    return value >= 0 && value <= 1;
}

static int check_options(const struct detector_options *options, struct error *err)
{
    if (!is_fraction(options->threshold))
        return error_set(err, -EINVAL, "detector threshold %g is not from 0 to 1",
                         options->threshold);
    if (!is_fraction(options->nms_iou))
        return error_set(err, -EINVAL, "detector nms_iou %g is not from 0 to 1", options->nms_iou);
    if (!choose(options))
        return error_set(err, -EINVAL, "there is no detector engine \"%.32s\"; there are: auto %s",
                         options->engine, detector_engines());
    return 0;
}

int detector_create(const struct detector_options *options, struct detector **ret_detector,
                    struct error *err)
{
    int r = check_options(options, err);
    if (r < 0)
        return r;
    AUTO(detector_destroy) struct detector *detector = calloc(1, sizeof(*detector));
    if (!detector)
        return -ENOMEM;
    const char *engine_name = choose(options);
    detector->threshold = options->threshold;
    detector->nms_iou = options->nms_iou;
    (void) snprintf(detector->info.engine, sizeof(detector->info.engine), "%s", engine_name);
    if (strcmp(engine_name, "hog") == 0)
        r = prepare_hog(detector, err);
    else
        r = prepare_network(options, engine_name, detector, err);
    if (r < 0)
        return r;
    *ret_detector = detector;
    detector = NULL;
    return 0;
}

void detector_destroy(struct detector **detector)
{
    struct detector *d = *detector;
    if (!d)
        return;
    if (d->engine.methods)
        d->engine.methods->destroy(d->engine.state);
    candidates_release(&d->candidates);
    resizer_destroy(&d->resizer);
    free(d->input);
    free(d->outputs);
    free(d->classes);
    darknet_cfg_destroy(&d->cfg);
    free(d);
    *detector = NULL;
}

static int decode_heads(struct detector *d, const struct image *picture)
{
    struct darknet_shape network = { d->cfg->width, d->cfg->height, 3 };
    int head = 0;
    for (int i = 0; i < d->cfg->layer_count; i++) {
        if (d->cfg->layers[i].type != DARKNET_YOLO)
            continue;
        int r = yolo_decode(&d->cfg->layers[i], network, d->outputs[head++], d->classes,
                            d->threshold, picture->width, picture->height, &d->candidates);
        if (r < 0)
            return r;
    }
    return 0;
}

static int run_network(struct detector *d, const struct image *picture)
{
    int r = resizer_run(d->resizer, picture, d->input);
    if (r == 0)
        r = d->engine.methods->forward(d->engine.state, d->input, d->outputs);
    return r < 0 ? r : decode_heads(d, picture);
}

int detector_detect(struct detector *d, const struct image *picture,
                    struct detections *ret_detections)
{
    if (picture->format != IMAGE_RGB8 || picture->width == 0 || picture->height == 0)
        return -EINVAL;
    candidates_clear(&d->candidates);
    int r = d->engine.methods->look
                ? d->engine.methods->look(d->engine.state, picture, d->threshold, &d->candidates)
                : run_network(d, picture);
    if (r < 0)
        return r;
    *ret_detections = (struct detections){
        .items = d->candidates.items,
        .count = nms(d->candidates.items, d->candidates.count, d->nms_iou),
    };
    return 0;
}

struct detector_info detector_info(const struct detector *detector)
{
    return detector->info;
}
