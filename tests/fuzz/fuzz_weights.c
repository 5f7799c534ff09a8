/*
 * fuzz_weights.c - any bytes as the .weights of small networks, all the way to boxes
 *
 * What is accepted is folded, run and decoded as a detector does it, on the fast engine: by its own
 * kernels and by oneDNN. The first byte chooses the network, the rest is the file.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "detector/class_names.h"
#include "detector/engine.h"
#include "detector/fast_rows.h"
#include "detector/weights.h"
#include "detector/yolo.h"
#include "tests/fuzz/memory_file.h"

#define EDGE_PX 32

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define NET  "[net]\nwidth=32\nheight=32\nchannels=3\n"
#define YOLO "[yolo]\nmask=0\nanchors=4,8\nclasses=1\nnum=1\n"

static const char *const networks[] = {
    /* 24 parameters */
    NET "[convolutional]\nfilters=6\nsize=1\nstride=1\npad=1\nactivation=linear\n" YOLO,
    /* 2 * 4 + 54 + 18 parameters: normalised, two filters into six */
    NET "[convolutional]\nbatch_normalize=1\nfilters=2\nsize=3\nstride=2\npad=1\nactivation=leaky\n"
        "[maxpool]\nsize=2\nstride=2\n"
        "[convolutional]\nfilters=6\nsize=1\nstride=1\npad=1\nactivation=linear\n" YOLO,
};

static int decode(const struct darknet_cfg *cfg, const float *raw)
{
    static const enum detection_class classes[] = { DETECTION_PERSON };
    const struct darknet_layer *head = &cfg->layers[cfg->layer_count - 1];
    struct darknet_shape input = { cfg->width, cfg->height, 3 };
    struct candidates candidates = { .items = NULL };
    int r = yolo_decode(head, input, raw, classes, 0.1, &candidates);
    candidates_release(&candidates);
    return r;
}

static void run(const struct engine_model *model, const struct fast_rows *rows)
{
    static float picture[3 * EDGE_PX * EDGE_PX];
    struct engine engine = { .methods = NULL };
    const float *raw;
    for (size_t i = 0; i < sizeof(picture) / sizeof(*picture); i++)
        picture[i] = (float) (i % 17) / 16;
    if (engine_fast_create_with(model, rows, &engine, NULL) < 0)
        return;
    if (engine.methods->forward(engine.state, picture, &raw) < 0)
        abort();
    (void) !decode(model->cfg, raw);
    engine.methods->destroy(engine.state);
}

static void load_and_run(const char *path, const struct darknet_cfg *cfg)
{
    AUTO(text_release) struct text canonical = TEXT_INIT;
    struct engine_model model = { .cfg = cfg, .canonical = &canonical };
    struct error err;
    char *weights;
    if (weights_load(path, cfg, NULL, &weights, &model.weights_length, &err) < 0)
        return;
    model.weights = weights;
    darknet_cfg_write(cfg, &canonical);
    run(&model, fast_rows_choose());
    run(&model, NULL);
    free(weights);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct darknet_cfg *cfg = NULL;
    struct memory_file file;
    if (length == 0)
        return 0;
    const char *text = networks[bytes[0] % ARRAY_LENGTH(networks)];
    if (darknet_cfg_parse(text, strlen(text), "fuzz.cfg", 0, 0, &cfg, NULL) < 0)
        abort();
    if (memory_file_open(&file, bytes + 1, length - 1))
        load_and_run(file.path, cfg);
    memory_file_close(&file);
    darknet_cfg_destroy(&cfg);
    return 0;
}
