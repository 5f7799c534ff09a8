/* fast_conv.c - see fast_conv.h */
#include "detector/fast_conv.h"

#include <dlfcn.h>
#include <errno.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "detector/fast_tensor.h"

struct fast_onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
};

/* One tensor whose layout here and in oneDNN's kernel may differ. */
struct side {
    dnnl_memory_desc_t outside, inside;
    dnnl_memory_t outside_memory, inside_memory; /* the same where the layouts are */
    dnnl_primitive_t reorder;                    /* NULL where they are */
    dnnl_primitive_t fetch;                      /* of an output that is added to */
};

struct fast_conv {
    dnnl_stream_t stream;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    struct side input, output;
    dnnl_memory_t weights, bias, scratch;
    bool sum;
    dnnl_exec_arg_t arguments[5];
};

/* ---- what the convolutions share ---- */

/*
 * A camera is one thread. oneDNN's pool is OpenMP's, which is asked by name because a header of it
 * would tie us to one compiler's runtime.
 */
static void use_one_thread(void)
{
    void (*set_threads)(int);
    void *symbol = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (!symbol)
        return; /* a oneDNN without OpenMP */
    memcpy(&set_threads, &symbol, sizeof(symbol));
    set_threads(1);
}

int fast_onednn_create(struct fast_onednn **ret_onednn, struct error *err)
{
    struct fast_onednn *onednn = calloc(1, sizeof(*onednn));
    if (!onednn)
        return -ENOMEM;
    use_one_thread();
    /* A network is loaded once; kernels kept for a second time would only fill memory. */
    (void) dnnl_set_primitive_cache_capacity(0);
    if (dnnl_engine_create(&onednn->engine, dnnl_cpu, 0) != dnnl_success ||
        dnnl_stream_create(&onednn->stream, onednn->engine, dnnl_stream_in_order) != dnnl_success) {
        fast_onednn_destroy(&onednn);
        return error_set(err, -EIO, "could not prepare oneDNN on this processor");
    }
    *ret_onednn = onednn;
    return 0;
}

void fast_onednn_destroy(struct fast_onednn **onednn)
{
    if (!*onednn)
        return;
    if ((*onednn)->stream)
        (void) dnnl_stream_destroy((*onednn)->stream);
    if ((*onednn)->engine)
        (void) dnnl_engine_destroy((*onednn)->engine);
    free(*onednn);
    *onednn = NULL;
}

/* ---- what to compute ---- */

static dnnl_status_t append_activation(dnnl_post_ops_t ops, enum darknet_activation activation)
{
    static const struct {
        dnnl_alg_kind_t kind;
        float alpha;
    } of[] = {
        [DARKNET_LEAKY] = { dnnl_eltwise_relu, 0.1f },
        [DARKNET_RELU] = { dnnl_eltwise_relu, 0 },
        [DARKNET_RELU6] = { dnnl_eltwise_bounded_relu, 6 },
        [DARKNET_LOGISTIC] = { dnnl_eltwise_logistic, 0 },
        [DARKNET_TANH] = { dnnl_eltwise_tanh, 0 },
        [DARKNET_SWISH] = { dnnl_eltwise_swish, 1 },
        [DARKNET_MISH] = { dnnl_eltwise_mish, 0 },
    };
    if (activation == DARKNET_LINEAR)
        return dnnl_success;
    return dnnl_post_ops_append_eltwise(ops, 1, of[activation].kind, of[activation].alpha, 0);
}

static dnnl_status_t append_post_ops(dnnl_post_ops_t ops, const struct fast_conv_options *o)
{
    dnnl_status_t status = o->sum ? dnnl_post_ops_append_sum(ops, 1) : dnnl_success;
    return status == dnnl_success ? append_activation(ops, o->activation) : status;
}

static dnnl_status_t create_attr(const struct fast_conv_options *o, dnnl_primitive_attr_t *ret_attr)
{
    dnnl_post_ops_t ops;
    dnnl_status_t status = dnnl_primitive_attr_create(ret_attr);
    if (status != dnnl_success)
        return status;
    (void) dnnl_primitive_attr_set_scratchpad_mode(*ret_attr, dnnl_scratchpad_mode_user);
    status = dnnl_post_ops_create(&ops);
    if (status == dnnl_success) {
        status = append_post_ops(ops, o);
        if (status == dnnl_success)
            status = dnnl_primitive_attr_set_post_ops(*ret_attr, ops);
        (void) dnnl_post_ops_destroy(ops);
    }
    if (status != dnnl_success)
        (void) dnnl_primitive_attr_destroy(*ret_attr);
    return status;
}

static dnnl_memory_desc_t tensor_desc(struct darknet_shape s, dnnl_format_tag_t tag)
{
    dnnl_memory_desc_t desc;
    const dnnl_dims_t dims = { 1, s.channels, s.height, s.width };
    (void) dnnl_memory_desc_init_by_tag(&desc, 4, dims, dnnl_f32, tag);
    return desc;
}

/* Weights as in the file, or as oneDNN likes them. */
static dnnl_memory_desc_t weights_desc(const struct darknet_layer *l, int groups, bool any)
{
    dnnl_memory_desc_t desc;
    const dnnl_dims_t dense = { l->filters, l->in.channels, l->size, l->size };
    const dnnl_dims_t grouped = { groups, l->filters / groups, l->in.channels / groups, l->size,
                                  l->size };
    if (groups == 1)
        (void) dnnl_memory_desc_init_by_tag(&desc, 4, dense, dnnl_f32,
                                            any ? dnnl_format_tag_any : dnnl_oihw);
    else
        (void) dnnl_memory_desc_init_by_tag(&desc, 5, grouped, dnnl_f32,
                                            any ? dnnl_format_tag_any : dnnl_goihw);
    return desc;
}

static dnnl_status_t describe(const struct darknet_layer *l, int groups,
                              const dnnl_memory_desc_t *input, const dnnl_memory_desc_t *output,
                              dnnl_convolution_desc_t *ret_desc)
{
    const dnnl_dims_t strides = { l->stride, l->stride }, padding = { l->padding, l->padding };
    const dnnl_dims_t bias_dims = { l->filters };
    dnnl_memory_desc_t weights = weights_desc(l, groups, true), bias;
    (void) dnnl_memory_desc_init_by_tag(&bias, 1, bias_dims, dnnl_f32, dnnl_a);
    return dnnl_convolution_forward_desc_init(ret_desc, dnnl_forward_inference,
                                              dnnl_convolution_direct, input, &weights, &bias,
                                              output, strides, padding, padding);
}

/* ---- which kernel ---- */

static const char *implementation_of(dnnl_primitive_desc_t desc)
{
    const char *name = NULL;
    if (dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, (void *) &name) !=
        dnnl_success)
        return "ref";
    return name;
}

/* oneDNN's first choice that is no reference implementation. "jit" ones only, where asked for. */
static bool find_kernel(struct fast_onednn *onednn, const dnnl_convolution_desc_t *desc,
                        const dnnl_primitive_attr_t attr, bool jit, struct fast_conv *conv)
{
    dnnl_primitive_desc_iterator_t at;
    bool found = false;
    if (dnnl_primitive_desc_iterator_create(&at, desc, attr, onednn->engine, NULL) != dnnl_success)
        return false;
    do {
        dnnl_primitive_desc_t candidate = dnnl_primitive_desc_iterator_fetch(at);
        const char *name = candidate ? implementation_of(candidate) : "ref";
        found = !strstr(name, "ref") && (!jit || strstr(name, "jit") == name);
        if (found) {
            conv->desc = candidate;
        } else if (candidate) {
            (void) dnnl_primitive_desc_destroy(candidate);
        }
    } while (!found && dnnl_primitive_desc_iterator_next(at) == dnnl_success);
    (void) dnnl_primitive_desc_iterator_destroy(at);
    return found;
}

static dnnl_format_tag_t blocked(const struct fast_conv_options *o)
{
    return o->block == 16 ? dnnl_nChw16c : dnnl_nChw8c;
}

static dnnl_format_tag_t input_tag(const struct fast_conv_options *o)
{
    return o->planar_input ? dnnl_nchw : blocked(o);
}

/* The layout of fast_tensor.h first: kernels that take it are the good ones; then what oneDNN
 * likes. */
static bool choose_kernel(struct fast_onednn *onednn, const struct fast_conv_options *o, int groups,
                          bool jit, struct fast_conv *conv)
{
    const struct darknet_layer *l = o->layer;
    const dnnl_format_tag_t tags[][2] = {
        { input_tag(o), blocked(o) },
        { dnnl_format_tag_any, dnnl_format_tag_any },
    };
    dnnl_primitive_attr_t attr;
    bool found = false;
    if (create_attr(o, &attr) != dnnl_success)
        return false;
    for (size_t i = 0; !found && i < ARRAY_LENGTH(tags); i++) {
        dnnl_memory_desc_t input = tensor_desc(l->in, tags[i][0]);
        dnnl_memory_desc_t output = tensor_desc(l->out, tags[i][1]);
        dnnl_convolution_desc_t desc;
        if (describe(l, groups, &input, &output, &desc) == dnnl_success)
            found = find_kernel(onednn, &desc, attr, jit, conv);
    }
    (void) dnnl_primitive_attr_destroy(attr);
    return found;
}

/* ---- its memory ---- */

static dnnl_status_t reorder_once(struct fast_onednn *onednn, const dnnl_memory_desc_t *from_desc,
                                  const float *from, dnnl_memory_t to)
{
    const dnnl_memory_desc_t *to_desc;
    dnnl_memory_t source;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t reorder;
    (void) dnnl_memory_get_memory_desc(to, &to_desc);
    dnnl_status_t status =
        dnnl_memory_create(&source, from_desc, onednn->engine, (void *) (uintptr_t) from);
    if (status != dnnl_success)
        return status;
    status = dnnl_reorder_primitive_desc_create(&desc, from_desc, onednn->engine, to_desc,
                                                onednn->engine, NULL);
    if (status == dnnl_success) {
        status = dnnl_primitive_create(&reorder, desc);
        (void) dnnl_primitive_desc_destroy(desc);
    }
    if (status == dnnl_success) {
        const dnnl_exec_arg_t arguments[] = { { DNNL_ARG_FROM, source }, { DNNL_ARG_TO, to } };
        status = dnnl_primitive_execute(reorder, onednn->stream, 2, arguments);
        (void) dnnl_stream_wait(onednn->stream);
        (void) dnnl_primitive_destroy(reorder);
    }
    (void) dnnl_memory_destroy(source);
    return status;
}

/* Groups that no kernel does well become one dense convolution with zeros between them. */
static float *dense_weights(const struct darknet_layer *l, const float *weights)
{
    size_t window = (size_t) l->size * (size_t) l->size;
    size_t channels = (size_t) l->in.channels, of_group = channels / (size_t) l->groups;
    size_t filters_of_group = (size_t) (l->filters / l->groups);
    float *dense = calloc((size_t) l->filters * channels * window, sizeof(*dense));
    for (size_t i = 0; dense && i < (size_t) l->filters; i++)
        memcpy(dense + (i * channels + i / filters_of_group * of_group) * window,
               weights + i * of_group * window, of_group * window * sizeof(*dense));
    return dense;
}

static dnnl_status_t pack_weights(struct fast_onednn *onednn, const struct fast_conv_options *o,
                                  int groups, struct fast_conv *conv)
{
    dnnl_memory_desc_t plain = weights_desc(o->layer, groups, false);
    const dnnl_memory_desc_t *packed =
        dnnl_primitive_desc_query_md(conv->desc, dnnl_query_weights_md, 0);
    const dnnl_memory_desc_t *bias =
        dnnl_primitive_desc_query_md(conv->desc, dnnl_query_weights_md, 1);
    dnnl_status_t status =
        dnnl_memory_create(&conv->weights, packed, onednn->engine, DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success)
        status = dnnl_memory_create(&conv->bias, bias, onednn->engine, DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success)
        status = reorder_once(onednn, bias, o->filters->bias, conv->bias);
    if (status != dnnl_success)
        return status;
    if (groups == o->layer->groups)
        return reorder_once(onednn, &plain, o->filters->weights, conv->weights);
    float *dense = dense_weights(o->layer, o->filters->weights);
    status = dense ? reorder_once(onednn, &plain, dense, conv->weights) : dnnl_out_of_memory;
    free(dense);
    return status;
}

static dnnl_status_t create_reorder(struct fast_onednn *onednn, const dnnl_memory_desc_t *from,
                                    const dnnl_memory_desc_t *to, dnnl_primitive_t *ret_reorder)
{
    dnnl_primitive_desc_t desc;
    dnnl_primitive_attr_t attr;
    dnnl_status_t status = dnnl_primitive_attr_create(&attr);
    if (status != dnnl_success)
        return status;
    status =
        dnnl_reorder_primitive_desc_create(&desc, from, onednn->engine, to, onednn->engine, attr);
    (void) dnnl_primitive_attr_destroy(attr);
    if (status != dnnl_success)
        return status;
    status = dnnl_primitive_create(ret_reorder, desc);
    (void) dnnl_primitive_desc_destroy(desc);
    return status;
}

/* Outside memory has no place yet. */
static dnnl_status_t prepare_side(struct fast_onednn *onednn, const struct fast_conv *conv,
                                  bool output, struct side *side)
{
    const dnnl_memory_desc_t *inside =
        dnnl_primitive_desc_query_md(conv->desc, output ? dnnl_query_dst_md : dnnl_query_src_md, 0);
    side->inside = *inside;
    dnnl_status_t status =
        dnnl_memory_create(&side->outside_memory, &side->outside, onednn->engine, DNNL_MEMORY_NONE);
    if (status != dnnl_success || dnnl_memory_desc_equal(&side->outside, &side->inside))
        return status;
    status = dnnl_memory_create(&side->inside_memory, inside, onednn->engine, DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success && output)
        status = create_reorder(onednn, &side->inside, &side->outside, &side->reorder);
    else if (status == dnnl_success)
        status = create_reorder(onednn, &side->outside, &side->inside, &side->reorder);
    if (status == dnnl_success && output && conv->sum)
        status = create_reorder(onednn, &side->outside, &side->inside, &side->fetch);
    return status;
}

static dnnl_memory_t inside_memory(const struct side *side)
{
    return side->inside_memory ? side->inside_memory : side->outside_memory;
}

static dnnl_status_t prepare(struct fast_onednn *onednn, const struct fast_conv_options *o,
                             int groups, struct fast_conv *conv)
{
    conv->input.outside = tensor_desc(o->layer->in, input_tag(o));
    conv->output.outside = tensor_desc(o->layer->out, blocked(o));
    dnnl_status_t status = dnnl_primitive_create(&conv->primitive, conv->desc);
    if (status == dnnl_success)
        status = pack_weights(onednn, o, groups, conv);
    if (status == dnnl_success)
        status = prepare_side(onednn, conv, false, &conv->input);
    if (status == dnnl_success)
        status = prepare_side(onednn, conv, true, &conv->output);
    if (status == dnnl_success)
        status = dnnl_memory_create(
            &conv->scratch, dnnl_primitive_desc_query_md(conv->desc, dnnl_query_scratchpad_md, 0),
            onednn->engine, DNNL_MEMORY_NONE);
    return status;
}

/* Compiled kernels before others, and groups as they are before dense ones. */
static int choose(struct fast_onednn *onednn, const struct fast_conv_options *o,
                  struct fast_conv *conv)
{
    int groups = o->layer->groups;
    if (choose_kernel(onednn, o, groups, true, conv))
        return groups;
    if (groups > 1 && choose_kernel(onednn, o, 1, true, conv))
        return 1;
    return choose_kernel(onednn, o, groups, false, conv) ? groups : -ENOTSUP;
}

int fast_conv_create(struct fast_onednn *onednn, const struct fast_conv_options *options,
                     struct fast_conv **ret_conv, struct error *err)
{
    AUTO(fast_conv_destroy) struct fast_conv *conv = calloc(1, sizeof(*conv));
    if (!conv)
        return -ENOMEM;
    conv->stream = onednn->stream;
    conv->sum = options->sum;
    int groups = choose(onednn, options, conv);
    if (groups < 0)
        return error_set(err, -ENOTSUP, "oneDNN has only a reference implementation for this");
    dnnl_status_t status = prepare(onednn, options, groups, conv);
    if (status == dnnl_out_of_memory)
        return -ENOMEM;
    if (status != dnnl_success)
        return error_set(err, -EIO, "oneDNN could not prepare it (status %d)", (int) status);
    *ret_conv = conv;
    conv = NULL;
    return 0;
}

static void release_side(struct side *side)
{
    if (side->reorder)
        (void) dnnl_primitive_destroy(side->reorder);
    if (side->fetch)
        (void) dnnl_primitive_destroy(side->fetch);
    if (side->inside_memory)
        (void) dnnl_memory_destroy(side->inside_memory);
    if (side->outside_memory)
        (void) dnnl_memory_destroy(side->outside_memory);
}

void fast_conv_destroy(struct fast_conv **conv)
{
    struct fast_conv *c = *conv;
    if (!c)
        return;
    release_side(&c->input);
    release_side(&c->output);
    if (c->primitive)
        (void) dnnl_primitive_destroy(c->primitive);
    if (c->desc)
        (void) dnnl_primitive_desc_destroy(c->desc);
    if (c->weights)
        (void) dnnl_memory_destroy(c->weights);
    if (c->bias)
        (void) dnnl_memory_destroy(c->bias);
    if (c->scratch)
        (void) dnnl_memory_destroy(c->scratch);
    free(c);
    *conv = NULL;
}

size_t fast_conv_scratch_bytes(const struct fast_conv *conv)
{
    return dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(conv->desc, dnnl_query_scratchpad_md, 0));
}

/* ---- running ---- */

int fast_conv_set_input(struct fast_conv *conv, const float *input)
{
    return dnnl_memory_set_data_handle(conv->input.outside_memory, (void *) (uintptr_t) input) ==
                   dnnl_success
               ? 0
               : -EIO;
}

int fast_conv_bind(struct fast_conv *conv, const float *input, float *output, void *scratch)
{
    const dnnl_exec_arg_t arguments[] = { { DNNL_ARG_SRC, inside_memory(&conv->input) },
                                          { DNNL_ARG_DST, inside_memory(&conv->output) },
                                          { DNNL_ARG_WEIGHTS, conv->weights },
                                          { DNNL_ARG_BIAS, conv->bias },
                                          { DNNL_ARG_SCRATCHPAD, conv->scratch } };
    memcpy(conv->arguments, arguments, sizeof(arguments));
    if (input && fast_conv_set_input(conv, input) < 0)
        return -EIO;
    if (dnnl_memory_set_data_handle(conv->output.outside_memory, output) != dnnl_success ||
        dnnl_memory_set_data_handle(conv->scratch, scratch) != dnnl_success)
        return -EIO;
    return 0;
}

static dnnl_status_t run_reorder(const struct fast_conv *conv, dnnl_primitive_t reorder,
                                 dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_exec_arg_t arguments[] = { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, to } };
    return dnnl_primitive_execute(reorder, conv->stream, 2, arguments);
}

int fast_conv_run(struct fast_conv *conv)
{
    dnnl_status_t status = dnnl_success;
    const struct side *in = &conv->input, *out = &conv->output;
    if (in->reorder)
        status = run_reorder(conv, in->reorder, in->outside_memory, in->inside_memory);
    if (status == dnnl_success && out->fetch)
        status = run_reorder(conv, out->fetch, out->outside_memory, out->inside_memory);
    if (status == dnnl_success)
        status = dnnl_primitive_execute(conv->primitive, conv->stream,
                                        ARRAY_LENGTH(conv->arguments), conv->arguments);
    if (status == dnnl_success && out->reorder)
        status = run_reorder(conv, out->reorder, out->inside_memory, out->outside_memory);
    return status == dnnl_success ? 0 : -EIO;
}
