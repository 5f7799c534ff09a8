/*
 * opencv_shim.h - the parts of OpenCV that we use, behind plain C
 *
 * C++ ends here: no exception leaves these functions; they become a code and a sentence. OpenCV
 * brings some 25 shared libraries along, so the shim is a module of its own that only those
 * cameras open that ask for it (opencv_module.h); it hands out one table of functions.
 */
#ifndef FLOORFUSE_DETECTOR_OPENCV_SHIM_H
#define FLOORFUSE_DETECTOR_OPENCV_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include "base/error.h"

struct opencv_network; /* opaque; one thread */

/* A Darknet network as OpenCV wants it; all borrowed for the call. */
struct opencv_network_source {
    const char *file; /* for sentences */
    const char *cfg;
    size_t cfg_length;
    const char *weights;
    size_t weights_length;
    int width, height;         /* input px */
    const size_t *head_values; /* floats of each output, in the order of the .cfg */
    size_t head_count;
};

/* An ONNX network: the whole file, and the input it shall have. */
struct opencv_onnx_source {
    const char *file; /* for sentences */
    const char *bytes;
    size_t length;
    int width, height; /* px */
};

/* Of an output. */
#define OPENCV_DIMS_MAX 8
struct opencv_shape {
    int dims[OPENCV_DIMS_MAX];
    int dim_count;
};

struct opencv_hog; /* opaque; one thread */

/* A window in which the detector saw a person, px of the picture given. */
struct opencv_hog_window {
    double left, top, width, height;
    double margin; /* of the support vector machine, > 0 */
};

struct opencv_functions {
    /* Load, and run once on an empty picture, so that what OpenCV cannot do shows here.
     * Returns 0; -ENOTSUP: OpenCV refused; -ENOMEM. */
    int (*network_create)(const struct opencv_network_source *source,
                          struct opencv_network **ret_network, struct error *err);
    /* The same for ONNX; it must have one output, whose shape is told. */
    int (*onnx_create)(const struct opencv_onnx_source *source, struct opencv_network **ret_network,
                       struct opencv_shape *ret_shape, struct error *err);
    void (*network_destroy)(struct opencv_network *network);

    /* ret_outputs: head_count pointers, the network's until the next call. Returns 0 or -EIO. */
    int (*network_forward)(struct opencv_network *network, const float *input,
                           const float **ret_outputs);

    /* Returns 0 or -EIO. */
    int (*hog_create)(struct opencv_hog **ret_hog, struct error *err);
    void (*hog_destroy)(struct opencv_hog *hog);

    /*
     * Look for people about 96 px high, and taller, in an RGB8 picture that is first scaled by
     * `scale`.
     *   least_margin  windows with less are left out
     *   ret_windows   the hog's until the next call
     * Returns 0 or -EIO.
     */
    int (*hog_look)(struct opencv_hog *hog, const uint8_t *rgb, uint32_t width, uint32_t height,
                    size_t stride_bytes, double scale, double least_margin,
                    const struct opencv_hog_window **ret_windows, size_t *ret_count);
};

/* The module's one symbol; its name is OPENCV_MODULE_SYMBOL. */
const struct opencv_functions *floorfuse_opencv_functions(void);
#define OPENCV_MODULE_SYMBOL "floorfuse_opencv_functions"

#ifdef __cplusplus
}
#endif

#endif
