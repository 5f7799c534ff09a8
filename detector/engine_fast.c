/*
 * engine_fast.c - Darknet networks on oneDNN: the default engine
 *
 * All decisions are taken once: fast_plan.h says in which steps and where, fast_weights.h folds,
 * fast_conv.h has the kernels. A frame is then a walk along the steps, in memory that never moves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detector/engine.h"
#include "detector/fast_conv.h"
#include "detector/fast_kernels.h"
#include "detector/fast_plan.h"
#include "detector/fast_tensor.h"
#include "detector/fast_weights.h"

struct fast {
    struct fast_plan *plan;
    struct fast_onednn *onednn;
    struct fast_conv **convs; /* by step; NULL for others */
    float *pool;
    float *row;    /* of a maxpool */
    void *scratch; /* of a convolution */
    float **heads; /* planar, what forward hands out */
    int head_count;
};

static void *allocate(size_t bytes)
{
    size_t rounded = (bytes / FAST_ALIGNMENT_BYTES + 1) * FAST_ALIGNMENT_BYTES;
    void *memory = aligned_alloc(FAST_ALIGNMENT_BYTES, rounded);
    if (memory) /* what no layer writes must be numbers; see fast_tensor.h */
        memset(memory, 0, rounded);
    return memory;
}

/* ---- running ---- */

static float *at(const struct fast *fast, const struct fast_value *value)
{
    return fast->pool + value->place;
}

static int run_convolution(struct fast_conv *conv, const struct fast_step *s, const float *input)
{
    int r = s->inputs[0].place == FAST_NETWORK_INPUT ? fast_conv_set_input(conv, input) : 0;
    return r < 0 ? r : fast_conv_run(conv);
}

static int run_step(struct fast *fast, int number, const float *input)
{
    const struct fast_step *s = &fast->plan->steps[number];
    const float *from = at(fast, &s->inputs[0]);
    float *to = at(fast, &s->output);
    switch (s->kind) {
    case FAST_CONVOLUTION:
        return run_convolution(fast->convs[number], s, input);
    case FAST_MAXPOOL:
        fast_maxpool(from, s->layer, to, fast->row);
        break;
    case FAST_AVGPOOL:
        fast_avgpool(from, s->layer->in, to);
        break;
    case FAST_UPSAMPLE:
        fast_upsample(from, s->layer, to);
        break;
    case FAST_ADD:
        fast_add(from, at(fast, &s->inputs[1]), s->output.shape, s->activation, to);
        break;
    case FAST_SCALE:
        fast_scale(from, at(fast, &s->inputs[1]), s->output.shape, s->activation, to);
        break;
    case FAST_COPY:
        fast_copy(from, s->from_channel, s->channels, s->output.shape, to, s->to_channel);
        break;
    case FAST_PACK:
        fast_pack(input, s->output.shape, to);
        break;
    case FAST_HEAD:
        fast_unpack(from, s->inputs[0].shape, fast->heads[s->head]);
        break;
    }
    return 0;
}

static int forward(void *state, const float *input, const float **ret_outputs)
{
    struct fast *fast = state;
    for (int i = 0; i < fast->plan->step_count; i++) {
        int r = run_step(fast, i, input);
        if (r < 0)
            return r;
    }
    for (int i = 0; i < fast->head_count; i++)
        ret_outputs[i] = fast->heads[i];
    return 0;
}

/* ---- preparing ---- */

static int create_conv(struct fast *fast, int number, const struct fast_filters *filters,
                       const struct engine_model *model, struct error *err)
{
    const struct fast_step *s = &fast->plan->steps[number];
    struct fast_conv_options options = { .layer = s->layer,
                                         .filters = filters,
                                         .planar_input = s->inputs[0].place == FAST_NETWORK_INPUT,
                                         .sum = s->sum,
                                         .activation = s->activation };
    struct error why = { "" };
    int r = fast_conv_create(fast->onednn, &options, &fast->convs[number], &why);
    if (r < 0 && r != -ENOMEM)
        return error_set(err, r,
                         "%s:%d: the fast engine cannot run this layer: %s; use engine \"opencv\"",
                         model->cfg->file, s->layer->line, why.text);
    return r;
}

/* The steps come in the order of the layers, and so do the weights. */
static int create_convs(struct fast *fast, const struct engine_model *model, struct error *err)
{
    struct fast_weights_reader reader =
        fast_weights_begin(model->weights, model->weights_length, model->cfg);
    fast->convs = calloc((size_t) fast->plan->step_count, sizeof(struct fast_conv *));
    int r = fast->convs ? fast_onednn_create(&fast->onednn, err) : -ENOMEM;
    for (int i = 0; r == 0 && i < fast->plan->step_count; i++) {
        struct fast_filters filters = { 0 };
        if (fast->plan->steps[i].kind != FAST_CONVOLUTION)
            continue;
        r = fast_weights_next(&reader, fast->plan->steps[i].layer, &filters);
        if (r == 0)
            r = create_conv(fast, i, &filters, model, err);
        fast_filters_release(&filters);
    }
    return r;
}

/* Tell each convolution its memory; scratch is as large as the neediest wants it. */
static int bind_convs(struct fast *fast)
{
    size_t scratch_bytes = 0;
    for (int i = 0; i < fast->plan->step_count; i++) {
        if (fast->convs[i] && fast_conv_scratch_bytes(fast->convs[i]) > scratch_bytes)
            scratch_bytes = fast_conv_scratch_bytes(fast->convs[i]);
    }
    fast->scratch = allocate(scratch_bytes);
    fast->pool = allocate(fast->plan->pool_values * sizeof(float));
    if (!fast->scratch || !fast->pool)
        return -ENOMEM;
    int r = 0;
    for (int i = 0; r == 0 && i < fast->plan->step_count; i++) {
        const struct fast_step *s = &fast->plan->steps[i];
        const float *input =
            s->inputs[0].place == FAST_NETWORK_INPUT ? NULL : at(fast, &s->inputs[0]);
        if (fast->convs[i])
            r = fast_conv_bind(fast->convs[i], input, at(fast, &s->output), fast->scratch);
    }
    return r;
}

static int allocate_row(struct fast *fast)
{
    size_t values = 0;
    for (int i = 0; i < fast->plan->step_count; i++) {
        const struct fast_step *s = &fast->plan->steps[i];
        if (s->kind == FAST_MAXPOOL && fast_maxpool_scratch_values(s->layer) > values)
            values = fast_maxpool_scratch_values(s->layer);
    }
    fast->row = allocate(values * sizeof(*fast->row));
    return fast->row ? 0 : -ENOMEM;
}

static int allocate_heads(struct fast *fast, const struct darknet_cfg *cfg)
{
    fast->heads = calloc((size_t) cfg->heads, sizeof(float *));
    if (!fast->heads)
        return -ENOMEM;
    for (int i = 0; i < cfg->layer_count; i++) {
        if (cfg->layers[i].type != DARKNET_YOLO)
            continue;
        float *head = allocate((size_t) darknet_shape_values(cfg->layers[i].out) * sizeof(*head));
        if (!head)
            return -ENOMEM;
        fast->heads[fast->head_count++] = head;
    }
    return 0;
}

static void destroy(void *state)
{
    struct fast *fast = state;
    for (int i = 0; fast->convs && i < fast->plan->step_count; i++)
        fast_conv_destroy(&fast->convs[i]);
    free(fast->convs);
    fast_onednn_destroy(&fast->onednn);
    for (int i = 0; i < fast->head_count; i++)
        free(fast->heads[i]);
    free(fast->heads);
    free(fast->pool);
    free(fast->row);
    free(fast->scratch);
    fast_plan_destroy(&fast->plan);
    free(fast);
}

static const struct engine_methods methods = { .name = "fast",
                                               .forward = forward,
                                               .destroy = destroy };

int engine_fast_create(const struct engine_model *model, struct engine *ret_engine,
                       struct error *err)
{
    struct fast *fast = calloc(1, sizeof(*fast));
    if (!fast)
        return -ENOMEM;
    int r = fast_plan_create(model->cfg, &fast->plan);
    if (r == 0)
        r = create_convs(fast, model, err);
    if (r == 0)
        r = bind_convs(fast);
    if (r == 0)
        r = allocate_row(fast);
    if (r == 0)
        r = allocate_heads(fast, model->cfg);
    if (r < 0) {
        destroy(fast);
        return r;
    }
    *ret_engine = (struct engine){ .methods = &methods, .state = fast };
    return 0;
}
