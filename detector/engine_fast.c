/*
 * engine_fast.c - Darknet networks as fast as this processor can: the default engine
 *
 * All decisions are taken once: fast_plan.h says in which steps and where, fast_weights.h folds,
 * fast_block.h has our own kernels and fast_conv.h oneDNN's for the rest. A frame is then a walk
 * along the steps, in memory that never moves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detector/engine.h"
#include "detector/fast_block.h"
#include "detector/fast_conv.h"
#include "detector/fast_kernels.h"
#include "detector/fast_plan.h"
#include "detector/fast_tensor.h"
#include "detector/fast_weights.h"

/* Without kernels of our own: what oneDNN likes on processors before AVX-512. */
#define PLAIN_BLOCK 8

struct fast {
    const struct fast_rows *rows; /* NULL: oneDNN for everything */
    struct fast_plan *plan;
    struct fast_onednn *onednn; /* NULL until a layer needs it */
    struct fast_block **blocks; /* by step; NULL for others */
    struct fast_conv **convs;   /* by step; NULL for others */
    float *pool;
    float *scratch; /* of one step */
    size_t scratch_bytes;
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

static bool is_planar(const struct fast_step *s)
{
    return s->inputs[0].place == FAST_NETWORK_INPUT;
}

static float *at(const struct fast *fast, const struct fast_value *value)
{
    return fast->pool + value->place;
}

static int run_convolution(struct fast *fast, int number, const float *input)
{
    const struct fast_step *s = &fast->plan->steps[number];
    if (fast->blocks[number]) {
        fast_block_run(fast->blocks[number], is_planar(s) ? input : at(fast, &s->inputs[0]),
                       at(fast, &s->output), fast->scratch);
        return 0;
    }
    int r = is_planar(s) ? fast_conv_set_input(fast->convs[number], input) : 0;
    return r < 0 ? r : fast_conv_run(fast->convs[number]);
}

static int run_step(struct fast *fast, int number, const float *input)
{
    const struct fast_step *s = &fast->plan->steps[number];
    int block = fast->plan->block;
    const float *from = is_planar(s) ? input : at(fast, &s->inputs[0]);
    float *to = at(fast, &s->output);
    switch (s->kind) {
    case FAST_CONVOLUTION:
        return run_convolution(fast, number, input);
    case FAST_MAXPOOL:
        fast_maxpool(from, s->layer, block, to, fast->scratch);
        break;
    case FAST_AVGPOOL:
        fast_avgpool(from, s->layer->in, block, to);
        break;
    case FAST_UPSAMPLE:
        fast_upsample(from, s->layer, block, to);
        break;
    case FAST_ADD:
        fast_add(from, at(fast, &s->inputs[1]), fast_values(s->output.shape, block), s->activation,
                 to);
        break;
    case FAST_SCALE:
        fast_scale(from, at(fast, &s->inputs[1]), s->output.shape, block, s->activation, to);
        break;
    case FAST_COPY:
        fast_copy(from, s->from_channel, s->channels, s->output.shape, block, to, s->to_channel);
        break;
    case FAST_PACK:
        fast_pack(from, s->output.shape, block, to);
        break;
    case FAST_HEAD:
        fast_unpack(from, s->inputs[0].shape, block, fast->heads[s->head]);
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

static void need_scratch(struct fast *fast, size_t bytes)
{
    if (bytes > fast->scratch_bytes)
        fast->scratch_bytes = bytes;
}

static int create_on_onednn(struct fast *fast, int number, const struct fast_filters *filters,
                            struct error *err)
{
    const struct fast_step *s = &fast->plan->steps[number];
    struct fast_conv_options options = { .layer = s->layer,
                                         .filters = filters,
                                         .block = fast->plan->block,
                                         .planar_input = is_planar(s),
                                         .sum = s->sum,
                                         .activation = s->activation };
    int r = fast->onednn ? 0 : fast_onednn_create(&fast->onednn, err);
    if (r == 0)
        r = fast_conv_create(fast->onednn, &options, &fast->convs[number], err);
    if (r == 0)
        need_scratch(fast, fast_conv_scratch_bytes(fast->convs[number]));
    return r;
}

/* Takes what it can into a block of our own, and what it cannot to oneDNN. */
static int create_convolution(struct fast *fast, int number, struct fast_weights_reader *reader,
                              struct error *err)
{
    const struct fast_step *s = &fast->plan->steps[number];
    struct fast_block_options options = { .rows = fast->rows,
                                          .part_count = s->part_count,
                                          .planar_input = is_planar(s),
                                          .sum = s->sum,
                                          .activation = s->activation };
    int r = 0;
    memcpy(options.parts, s->parts, sizeof(s->parts));
    for (int i = 0; r == 0 && i < s->part_count; i++)
        r = fast_weights_next(reader, s->parts[i], &options.filters[i]);
    if (r == 0 && fast_block_can(&options)) {
        r = fast_block_create(&options, &fast->blocks[number]);
        if (r == 0)
            need_scratch(fast, fast_block_scratch_values(fast->blocks[number]) * sizeof(float));
    } else if (r == 0) {
        r = create_on_onednn(fast, number, &options.filters[0], err);
    }
    for (int i = 0; i < s->part_count; i++)
        fast_filters_release(&options.filters[i]);
    return r;
}

/* The steps come in the order of the layers, and so do the weights. */
static int create_convolutions(struct fast *fast, const struct engine_model *model,
                               struct error *err)
{
    struct fast_weights_reader reader =
        fast_weights_begin(model->weights, model->weights_length, model->cfg);
    size_t steps = (size_t) fast->plan->step_count;
    fast->blocks = calloc(steps, sizeof(struct fast_block *));
    fast->convs = calloc(steps, sizeof(struct fast_conv *));
    int r = fast->blocks && fast->convs ? 0 : -ENOMEM;
    for (int i = 0; r == 0 && i < fast->plan->step_count; i++) {
        struct error why = { "" };
        if (fast->plan->steps[i].kind != FAST_CONVOLUTION)
            continue;
        r = create_convolution(fast, i, &reader, &why);
        if (r < 0 && r != -ENOMEM)
            r = error_set(err, r,
                          "%s:%d: the fast engine cannot run this layer: %s; use engine \"opencv\"",
                          model->cfg->file, fast->plan->steps[i].layer->line, why.text);
    }
    return r;
}

static int allocate_memory(struct fast *fast)
{
    for (int i = 0; i < fast->plan->step_count; i++) {
        const struct fast_step *s = &fast->plan->steps[i];
        if (s->kind == FAST_MAXPOOL)
            need_scratch(fast,
                         sizeof(float) * fast_maxpool_scratch_values(s->layer, fast->plan->block));
    }
    fast->scratch = allocate(fast->scratch_bytes);
    fast->pool = allocate(fast->plan->pool_values * sizeof(float));
    return fast->scratch && fast->pool ? 0 : -ENOMEM;
}

/* Tell each of oneDNN's convolutions its memory. */
static int bind_convs(struct fast *fast)
{
    int r = 0;
    for (int i = 0; r == 0 && i < fast->plan->step_count; i++) {
        const struct fast_step *s = &fast->plan->steps[i];
        if (fast->convs[i])
            r = fast_conv_bind(fast->convs[i], is_planar(s) ? NULL : at(fast, &s->inputs[0]),
                               at(fast, &s->output), fast->scratch);
    }
    return r;
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
    for (int i = 0; fast->blocks && i < fast->plan->step_count; i++)
        fast_block_destroy(&fast->blocks[i]);
    free(fast->convs);
    free(fast->blocks);
    fast_onednn_destroy(&fast->onednn);
    for (int i = 0; i < fast->head_count; i++)
        free(fast->heads[i]);
    free(fast->heads);
    free(fast->pool);
    free(fast->scratch);
    fast_plan_destroy(&fast->plan);
    free(fast);
}

static const struct engine_methods methods = { .name = "fast",
                                               .forward = forward,
                                               .destroy = destroy };

int engine_fast_create_with(const struct engine_model *model, const struct fast_rows *rows,
                            struct engine *ret_engine, struct error *err)
{
    struct fast *fast = calloc(1, sizeof(*fast));
    if (!fast)
        return -ENOMEM;
    fast->rows = rows;
    int r = fast_plan_create(model->cfg, rows ? rows->block : PLAIN_BLOCK, rows, &fast->plan);
    if (r == 0)
        r = create_convolutions(fast, model, err);
    if (r == 0)
        r = allocate_memory(fast);
    if (r == 0)
        r = bind_convs(fast);
    if (r == 0)
        r = allocate_heads(fast, model->cfg);
    if (r < 0) {
        destroy(fast);
        return r;
    }
    *ret_engine = (struct engine){ .methods = &methods, .state = fast };
    return 0;
}

int engine_fast_create(const struct engine_model *model, struct engine *ret_engine,
                       struct error *err)
{
    return engine_fast_create_with(model, fast_rows_choose(), ret_engine, err);
}
