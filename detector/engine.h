/*
 * engine.h - what every engine can do, and what detector.c does for all of them
 *
 * A network engine computes layers: the stretched picture in, the raw numbers before each [yolo]
 * out. Stretching, decoding and suppression are common code. A picture engine (hog) looks at the
 * picture itself. This header includes neither detector.h nor image.h: darknet.h has types of the
 * same names.
 */
#ifndef FLOORFUSE_DETECTOR_ENGINE_H
#define FLOORFUSE_DETECTOR_ENGINE_H

#include <stddef.h>

#include "base/error.h"
#include "detector/darknet_cfg.h"

struct candidates;
struct opencv_onnx_source;
struct opencv_shape;
struct fast_rows;
struct image;

/* A checked model; all borrowed for the call. */
struct engine_model {
    const struct darknet_cfg *cfg;
    const struct text *canonical; /* of darknet_cfg_write */
    const char *weights;          /* the whole file, checked */
    size_t weights_length;
};

struct engine_methods {
    const char *name;
    /*
     * Run the layers.
     *   input        3 x height x width floats 0..1, planar RGB
     *   ret_outputs  one pointer for each head in the order of the .cfg; the engine's, until the
     *                next call
     * Returns 0 or -EIO. NULL in a picture engine.
     */
    int (*forward)(void *state, const float *input, const float **ret_outputs);
    /* Add what is in an RGB8 picture. Returns 0, -EIO, -ENOMEM. NULL in a network engine. */
    int (*look)(void *state, const struct image *picture, double threshold,
                struct candidates *candidates);
    void (*destroy)(void *state);
};

/* methods is NULL while there is none. */
struct engine {
    const struct engine_methods *methods;
    void *state;
};

/* Returns 0; -ENOTSUP with the line of a layer that this engine cannot run; -EIO; -ENOMEM. */
MUST_CHECK int engine_darknet_create(const struct engine_model *model, struct engine *ret_engine,
                                     struct error *err);
MUST_CHECK int engine_fast_create(const struct engine_model *model, struct engine *ret_engine,
                                  struct error *err);
/* With certain kernels of fast_rows.h, or NULL: oneDNN's only. For tests and measurements. */
MUST_CHECK int engine_fast_create_with(const struct engine_model *model,
                                       const struct fast_rows *rows, struct engine *ret_engine,
                                       struct error *err);
MUST_CHECK int engine_opencv_create(const struct engine_model *model, struct engine *ret_engine,
                                    struct error *err);
MUST_CHECK int engine_hog_create(struct engine *ret_engine, struct error *err);

/* What an engine cannot run of a layer, in words; NULL: it can run it. */
typedef const char *engine_lack(const struct darknet_layer *layer);
engine_lack engine_darknet_lack, engine_opencv_lack;

/* Returns 0, or -ENOTSUP with the line of the first layer that the engine cannot run.
 *   other  the engine that can */
MUST_CHECK int engine_check_layers(const struct darknet_cfg *cfg, const char *engine,
                                   engine_lack *lack, const char *other, struct error *err);

/* "fast, opencv, darknet not (line 12: [scale_channels])": the engines built in that run a network.
 */
void engine_describe(const struct darknet_cfg *cfg, struct text *out);

/* An ONNX network, which only OpenCV runs; ret_shape is of its one output. Returns as above. */
MUST_CHECK int engine_opencv_create_onnx(const struct opencv_onnx_source *source,
                                         struct engine *ret_engine, struct opencv_shape *ret_shape,
                                         struct error *err);

#endif
