/*
 * fast_conv.h - one convolution on oneDNN
 *
 * oneDNN compiles a kernel for every shape. It is asked for its own choice of layouts
 * (dnnl_format_tag_any), because with others it may fall back to a reference implementation 50
 * times slower without a word; one that is called "ref" is never taken. Where its choice is not
 * ours (fast_tensor.h) the values are laid out anew before or after.
 */
#ifndef FLOORFUSE_DETECTOR_FAST_CONV_H
#define FLOORFUSE_DETECTOR_FAST_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "detector/darknet_cfg.h"
#include "detector/fast_weights.h"

struct fast_onednn; /* opaque; what the convolutions of one network share; one thread */

/* Returns 0, -EIO, -ENOMEM. */
MUST_CHECK int fast_onednn_create(struct fast_onednn **ret_onednn, struct error *err);
void fast_onednn_destroy(struct fast_onednn **onednn);

struct fast_conv; /* opaque */

struct fast_conv_options {
    const struct darknet_layer *layer;
    const struct fast_filters *filters;
    int block;         /* channels, fast_tensor.h: 8 or 16 */
    bool planar_input; /* else blocked as in fast_tensor.h, as the output always is */
    bool sum;          /* add to what is in the output, before the activation */
    enum darknet_activation activation;
};

/* Returns 0; -ENOTSUP: only a reference implementation can do this; -EIO; -ENOMEM. */
MUST_CHECK int fast_conv_create(struct fast_onednn *onednn, const struct fast_conv_options *options,
                                struct fast_conv **ret_conv, struct error *err);
void fast_conv_destroy(struct fast_conv **conv);

/* Memory that all convolutions of a network may share, bytes. */
size_t fast_conv_scratch_bytes(const struct fast_conv *conv);

/* Tell where the values are, before the first run. input may be told anew before every run.
 * Returns 0 or -ENOMEM. */
MUST_CHECK int fast_conv_bind(struct fast_conv *conv, const float *input, float *output,
                              void *scratch);
MUST_CHECK int fast_conv_set_input(struct fast_conv *conv, const float *input);

/* Returns 0 or -EIO. */
MUST_CHECK int fast_conv_run(struct fast_conv *conv);

#endif
