/*
 * darknet_cfg.h - a Darknet network understood: its layers, their shapes, its parameters
 *
 * Darknet's own library ends the process on a layer it does not know, reads truncated weights in
 * silence and takes an unknown activation for another one. So the .cfg is understood here first:
 * every section and key is known or refused by name and line, and shapes and the number of
 * parameters follow. Engines never see the file itself but the text that darknet_cfg_write makes of
 * what was understood.
 */
#ifndef FLOORFUSE_DETECTOR_DARKNET_CFG_H
#define FLOORFUSE_DETECTOR_DARKNET_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#define DARKNET_LAYERS_MAX     1024
#define DARKNET_INPUTS_MAX     32 /* of one [route] */
#define DARKNET_ANCHORS_MAX    32 /* of one [yolo] */
#define DARKNET_EDGE_MAX       4096
#define DARKNET_WINDOW_MAX     64                 /* size, stride and padding of a window, px */
#define DARKNET_PARAMETERS_MAX (INT64_C(1) << 28) /* 1 GiB of weights */
#define DARKNET_VALUES_MAX     (INT64_C(1) << 28) /* outputs, or workspace, of one layer */

enum darknet_layer_type {
    DARKNET_CONVOLUTIONAL,
    DARKNET_MAXPOOL,
    DARKNET_AVGPOOL,
    DARKNET_UPSAMPLE,
    DARKNET_DROPOUT,
    DARKNET_SHORTCUT,
    DARKNET_ROUTE,
    DARKNET_SCALE_CHANNELS,
    DARKNET_YOLO
};

enum darknet_activation {
    DARKNET_LINEAR,
    DARKNET_LEAKY,
    DARKNET_RELU,
    DARKNET_LOGISTIC,
    DARKNET_TANH,
    DARKNET_SWISH,
    DARKNET_MISH,
    DARKNET_RELU6
};

struct darknet_shape {
    int width, height, channels;
};

struct darknet_yolo {
    int classes;
    int anchor_count; /* boxes per cell */
    double anchors[DARKNET_ANCHORS_MAX]
                  [2]; /* width, height in network input px; the mask applied */
    double scale_xy;   /* stretches the centre's range beyond its cell */
    bool new_coords;   /* outputs are activated already, sizes are squares (scaled-YOLOv4) */
};

struct darknet_layer {
    enum darknet_layer_type type;
    int line; /* in the .cfg */
    struct darknet_shape in, out;
    int filters, size, stride, padding, groups, group_id;
    bool batch_normalize;
    double scale; /* of an [upsample]: times this */
    enum darknet_activation activation;
    int from[DARKNET_INPUTS_MAX]; /* layer numbers from 0: [route], [shortcut], [scale_channels] */
    int from_count;
    struct darknet_yolo yolo;
};

struct darknet_cfg {
    char *file;        /* for sentences */
    int width, height; /* network input px, overrides applied; always 3 channels */
    struct darknet_layer *layers;
    int layer_count;
    int heads;          /* how many [yolo] */
    int classes;        /* of every head */
    int64_t parameters; /* 32-bit floats in the .weights behind its header */
};

/*
 * Understand a .cfg.
 *   file           named in sentences, copied
 *   width, height  network input px, multiples of 32; 0, 0: as in the [net]
 *   ret_cfg        the caller's, to destroy
 * Returns 0; -EINVAL with file, line and what is wrong; -EFBIG beyond a bound above; -ENOMEM.
 * Shapes as in Darknet: convolution (in + 2 padding - size) / stride + 1; maxpool (in + padding -
 * size) / stride + 1 with padding size - 1 unless given.
 */
MUST_CHECK int darknet_cfg_parse(const char *bytes, size_t length, const char *file, uint32_t width,
                                 uint32_t height, struct darknet_cfg **ret_cfg, struct error *err);
void darknet_cfg_destroy(struct darknet_cfg **cfg);

/* Read and understand. Returns also -errno of the file. */
MUST_CHECK int darknet_cfg_load(const char *path, uint32_t width, uint32_t height,
                                struct darknet_cfg **ret_cfg, struct error *err);

/*
 * The network as a .cfg of the few keys that matter, every default spelt out, so that engines with
 * different defaults read the same network. Each [yolo] becomes "[route] layers=-1": it hands out
 * the raw numbers, which yolo.h decodes the same way for every engine.
 */
void darknet_cfg_write(const struct darknet_cfg *cfg, struct text *out);

/* As in a .cfg: "leaky". */
const char *darknet_activation_name(enum darknet_activation activation);

static inline int64_t darknet_shape_values(struct darknet_shape s)
{
    return (int64_t) s.width * s.height * s.channels;
}

#endif
