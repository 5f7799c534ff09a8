/*
 * fast_plan.c - see fast_plan.h
 *
 * Three passes: who reads which layer's value; one step after the other, with storages that may
 * become part of others; places in the pool.
 */
#include "detector/fast_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detector/fast_pool.h"
#include "detector/fast_tensor.h"

/* Memory of one value, or of several of which each is needed only before the next one, or of a
 * [route] whose inputs are parts of it. */
struct storage {
    int parent; /* the storage of which this one is a part; -1: none */
    int offset; /* in the parent, blocks */
    int blocks;
    size_t block_values;
    int last_use; /* by a layer; of all values in it */
};

struct planning {
    const struct darknet_cfg *cfg;
    const struct fast_rows *rows;
    struct fast_plan *plan;
    int step_room;
    int *root;                 /* by layer: the layer whose memory its value is */
    int *readers;              /* by root: how many layers read it */
    int *last_use;             /* by root: the last of them */
    struct fast_value *values; /* by layer */
    struct storage *storages;
    int storage_count;
};

/* ---- who reads what ---- */

/* A [route] of one layer, all of it or groups that begin on a block. */
static bool is_view(const struct planning *p, const struct darknet_layer *l)
{
    if (l->type != DARKNET_ROUTE || l->from_count != 1)
        return false;
    return l->out.channels * l->group_id % p->plan->block == 0;
}

static void note_reader(struct planning *p, int reader, int layer)
{
    p->readers[p->root[layer]]++;
    p->last_use[p->root[layer]] = reader;
}

static void note_readers(struct planning *p)
{
    for (int i = 0; i < p->cfg->layer_count; i++) {
        const struct darknet_layer *l = &p->cfg->layers[i];
        p->root[i] = i;
        if (l->type == DARKNET_DROPOUT) {
            p->root[i] = p->root[i - 1];
        } else if (is_view(p, l)) {
            p->root[i] = p->root[l->from[0]];
        } else {
            if (l->type != DARKNET_ROUTE && i > 0)
                note_reader(p, i, i - 1);
            for (int k = 0; k < l->from_count; k++)
                note_reader(p, i, l->from[k]);
        }
    }
}

/* ---- storages ---- */

static int add_storage(struct planning *p, struct darknet_shape shape, int last_use)
{
    p->storages[p->storage_count] =
        (struct storage){ .parent = -1,
                          .blocks = fast_blocks(shape.channels, p->plan->block),
                          .block_values = fast_block_values(shape, p->plan->block),
                          .last_use = last_use };
    return p->storage_count++;
}

/* The storage that has a place of its own, and where in it the value begins. */
static int whole_storage(const struct planning *p, const struct fast_value *value, int *ret_block)
{
    int storage = value->storage;
    *ret_block = value->first_block;
    while (p->storages[storage].parent >= 0) {
        *ret_block += p->storages[storage].offset;
        storage = p->storages[storage].parent;
    }
    return storage;
}

static struct fast_value new_value(struct planning *p, int layer)
{
    struct darknet_shape shape = p->cfg->layers[layer].out;
    return (struct fast_value){ .storage = add_storage(p, shape, p->last_use[layer]),
                                .shape = shape };
}

/* Make a value's memory a part of a larger one. Returns whether that is possible: it must be all of
 * its storage, and that not part of another one yet. */
static bool place_within(struct planning *p, const struct fast_value *value, int whole, int block)
{
    struct storage *s = &p->storages[value->storage];
    if (s->parent >= 0 || value->storage == whole || value->first_block != 0 ||
        s->blocks != fast_blocks(value->shape.channels, p->plan->block))
        return false;
    s->parent = whole;
    s->offset = block;
    if (p->storages[whole].last_use < s->last_use)
        p->storages[whole].last_use = s->last_use;
    return true;
}

/* ---- steps ---- */

/* Returns the step, until the next one is added; NULL: no memory. */
static struct fast_step *add_step(struct planning *p, enum fast_kind kind, int layer)
{
    if (p->plan->step_count == p->step_room) {
        int room = p->step_room ? 2 * p->step_room : 64;
        struct fast_step *steps =
            reallocarray(p->plan->steps, (size_t) room, sizeof(*p->plan->steps));
        if (!steps)
            return NULL;
        p->plan->steps = steps;
        p->step_room = room;
    }
    struct fast_step *step = &p->plan->steps[p->plan->step_count++];
    *step = (struct fast_step){ .kind = kind,
                                .layer = &p->cfg->layers[layer],
                                .layer_number = layer,
                                .parts = { &p->cfg->layers[layer] },
                                .part_count = 1,
                                .activation = p->cfg->layers[layer].activation };
    return step;
}

/* What the first layer reads: only a convolution understands the planar picture. */
static int plan_input(struct planning *p, struct fast_value *ret_input)
{
    struct darknet_shape shape = p->cfg->layers[0].in;
    *ret_input = (struct fast_value){ .storage = -1, .shape = shape };
    if (p->cfg->layers[0].type == DARKNET_CONVOLUTIONAL)
        return 0;
    struct fast_step *step = add_step(p, FAST_PACK, 0);
    if (!step)
        return -ENOMEM;
    step->inputs[0] = *ret_input;
    ret_input->storage = add_storage(p, shape, 0);
    step->output = *ret_input;
    return 0;
}

static int plan_one_input(struct planning *p, enum fast_kind kind, int i)
{
    struct fast_value input;
    int r = 0;
    if (i > 0)
        input = p->values[i - 1];
    else
        r = plan_input(p, &input);
    struct fast_step *step = r < 0 ? NULL : add_step(p, kind, i);
    if (!step)
        return -ENOMEM;
    step->inputs[0] = input;
    step->output = p->values[i] = new_value(p, i);
    return 0;
}

/* Whether the convolution before a [shortcut] can add its result onto the other value's memory: it
 * has no activation before the sum (oneDNN would fall back to its reference), nobody else wants its
 * result, nobody wants the other value later, and it does not read there. */
static bool can_sum_in_place(const struct planning *p, int i)
{
    const struct darknet_layer *l = &p->cfg->layers[i];
    const struct fast_step *conv = &p->plan->steps[p->plan->step_count - 1];
    int before = p->root[i - 1], block;
    if (l->from_count != 1 || conv->kind != FAST_CONVOLUTION || conv->layer_number != before ||
        conv->inputs[0].storage < 0 || conv->activation != DARKNET_LINEAR ||
        p->readers[before] != 1 || p->values[i - 1].shape.channels != conv->output.shape.channels)
        return false;
    int onto = whole_storage(p, &p->values[l->from[0]], &block);
    return p->storages[onto].last_use <= i && onto != whole_storage(p, &conv->inputs[0], &block);
}

static void sum_in_place(struct planning *p, int i)
{
    struct fast_step *conv = &p->plan->steps[p->plan->step_count - 1];
    int block, onto;
    p->values[i] = p->values[p->cfg->layers[i].from[0]];
    onto = whole_storage(p, &p->values[i], &block);
    if (p->storages[onto].last_use < p->last_use[i])
        p->storages[onto].last_use = p->last_use[i];
    conv->output = p->values[i];
    conv->sum = true;
    conv->activation = p->cfg->layers[i].activation;
}

/* The last of several additions has the activation. */
static int plan_shortcut(struct planning *p, int i)
{
    const struct darknet_layer *l = &p->cfg->layers[i];
    if (can_sum_in_place(p, i)) {
        sum_in_place(p, i);
        return 0;
    }
    struct fast_value sum = p->values[i - 1];
    p->values[i] = new_value(p, i);
    for (int k = 0; k < l->from_count; k++) {
        struct fast_step *step = add_step(p, FAST_ADD, i);
        if (!step)
            return -ENOMEM;
        step->inputs[0] = sum;
        step->inputs[1] = p->values[l->from[k]];
        step->output = sum = p->values[i];
        if (k + 1 < l->from_count)
            step->activation = DARKNET_LINEAR;
    }
    return 0;
}

static int plan_scale(struct planning *p, int i)
{
    struct fast_step *step = add_step(p, FAST_SCALE, i);
    if (!step)
        return -ENOMEM;
    step->inputs[0] = p->values[p->cfg->layers[i].from[0]];
    step->inputs[1] = p->values[i - 1];
    step->output = p->values[i] = new_value(p, i);
    return 0;
}

static int plan_route(struct planning *p, int i)
{
    const struct darknet_layer *l = &p->cfg->layers[i];
    p->values[i] = new_value(p, i);
    int channel = 0, block = p->plan->block;
    for (int k = 0; k < l->from_count; k++) {
        struct fast_value *input = &p->values[l->from[k]];
        int channels = input->shape.channels / l->groups;
        if (l->groups > 1 || channel % block ||
            !place_within(p, input, p->values[i].storage, channel / block)) {
            struct fast_step *step = add_step(p, FAST_COPY, i);
            if (!step)
                return -ENOMEM;
            step->inputs[0] = *input;
            step->output = p->values[i];
            step->from_channel = channels * l->group_id;
            step->to_channel = channel;
            step->channels = channels;
        }
        channel += channels;
    }
    return 0;
}

static void plan_view(struct planning *p, int i)
{
    const struct darknet_layer *l = &p->cfg->layers[i];
    p->values[i] = p->values[l->from[0]];
    p->values[i].first_block += l->out.channels * l->group_id / p->plan->block;
    p->values[i].shape = l->out;
}

static int plan_head(struct planning *p, int i, int head)
{
    struct fast_step *step = add_step(p, FAST_HEAD, i);
    if (!step)
        return -ENOMEM;
    step->inputs[0] = p->values[i - 1];
    step->head = head;
    return 0;
}

static int plan_layer(struct planning *p, int i, int *head)
{
    const struct darknet_layer *l = &p->cfg->layers[i];
    switch (l->type) {
    case DARKNET_CONVOLUTIONAL:
        return plan_one_input(p, FAST_CONVOLUTION, i);
    case DARKNET_MAXPOOL:
        return plan_one_input(p, FAST_MAXPOOL, i);
    case DARKNET_AVGPOOL:
        return plan_one_input(p, FAST_AVGPOOL, i);
    case DARKNET_UPSAMPLE:
        return plan_one_input(p, FAST_UPSAMPLE, i);
    case DARKNET_DROPOUT:
        p->values[i] = p->values[i - 1];
        return 0;
    case DARKNET_SHORTCUT:
        return plan_shortcut(p, i);
    case DARKNET_ROUTE:
        if (!is_view(p, l))
            return plan_route(p, i);
        plan_view(p, i);
        return 0;
    case DARKNET_SCALE_CHANNELS:
        return plan_scale(p, i);
    case DARKNET_YOLO:
        return plan_head(p, i, (*head)++);
    }
    return -EINVAL;
}

/* ---- several convolutions as one step ---- */

/* Whether a step may take in the one behind it: that is the only reader of its result. */
static bool can_join(const struct planning *p, const struct fast_step *s,
                     const struct fast_step *next)
{
    if (s->kind != FAST_CONVOLUTION || next->kind != FAST_CONVOLUTION || s->sum ||
        s->part_count + next->part_count > FAST_PARTS_MAX ||
        s->output.storage != next->inputs[0].storage || p->readers[s->layer_number] != 1 ||
        s->output.shape.channels != next->inputs[0].shape.channels)
        return false;
    struct fast_block_options options = { .rows = p->rows,
                                          .part_count = s->part_count,
                                          .planar_input = s->inputs[0].storage < 0,
                                          .sum = next->sum };
    memcpy(options.parts, s->parts, sizeof(s->parts));
    for (int i = 0; i < next->part_count; i++)
        options.parts[options.part_count++] = next->parts[i];
    return fast_block_can(&options);
}

/* The step's result never exists. */
static void join(struct fast_step *s, const struct fast_step *next)
{
    struct fast_value input = s->inputs[0];
    const struct darknet_layer *parts[FAST_PARTS_MAX];
    int count = s->part_count;
    memcpy(parts, s->parts, sizeof(parts));
    for (int i = 0; i < next->part_count; i++)
        parts[count++] = next->parts[i];
    *s = *next;
    s->inputs[0] = input;
    s->part_count = count;
    memcpy(s->parts, parts, sizeof(parts));
}

static void join_steps(struct planning *p)
{
    struct fast_step *steps = p->plan->steps;
    int count = 0;
    for (int i = 0; i < p->plan->step_count; i++) {
        if (count > 0 && can_join(p, &steps[count - 1], &steps[i]))
            join(&steps[count - 1], &steps[i]);
        else
            steps[count++] = steps[i];
    }
    p->plan->step_count = count;
}

/* ---- places ---- */

static void note_life(const struct planning *p, struct fast_life *lives,
                      const struct fast_value *value, int step)
{
    int block;
    if (value->shape.channels == 0 || value->storage < 0)
        return;
    struct fast_life *life = &lives[whole_storage(p, value, &block)];
    if (life->values == 0)
        life->first_step = step;
    life->last_step = step;
    const struct storage *s = &p->storages[life - lives];
    life->values = (size_t) s->blocks * s->block_values;
}

static void set_place(const struct planning *p, const struct fast_life *lives,
                      struct fast_value *value)
{
    int block;
    value->place = FAST_NETWORK_INPUT;
    if (value->shape.channels == 0 || value->storage < 0)
        return;
    int whole = whole_storage(p, value, &block);
    value->place =
        (ptrdiff_t) (lives[whole].place + (size_t) block * p->storages[whole].block_values);
}

static int place_values(const struct planning *p)
{
    struct fast_life *lives = calloc((size_t) p->storage_count + 1, sizeof(*lives));
    if (!lives)
        return -ENOMEM;
    for (int i = 0; i < p->plan->step_count; i++) {
        const struct fast_step *s = &p->plan->steps[i];
        note_life(p, lives, &s->inputs[0], i);
        note_life(p, lives, &s->inputs[1], i);
        note_life(p, lives, &s->output, i);
    }
    int r = fast_pool_place(lives, (size_t) p->storage_count, &p->plan->pool_values);
    for (int i = 0; r == 0 && i < p->plan->step_count; i++) {
        struct fast_step *s = &p->plan->steps[i];
        set_place(p, lives, &s->inputs[0]);
        set_place(p, lives, &s->inputs[1]);
        set_place(p, lives, &s->output);
    }
    free(lives);
    return r;
}

static int plan_all(struct planning *p)
{
    int r = 0, head = 0;
    note_readers(p);
    for (int i = 0; r == 0 && i < p->cfg->layer_count; i++)
        r = plan_layer(p, i, &head);
    if (r == 0 && p->rows)
        join_steps(p);
    return r < 0 ? r : place_values(p);
}

int fast_plan_create(const struct darknet_cfg *cfg, int block, const struct fast_rows *rows,
                     struct fast_plan **ret_plan)
{
    size_t layers = (size_t) cfg->layer_count;
    AUTO(fast_plan_destroy) struct fast_plan *plan = calloc(1, sizeof(*plan));
    struct planning p = { .cfg = cfg,
                          .rows = rows,
                          .plan = plan,
                          .root = calloc(layers, sizeof(*p.root)),
                          .readers = calloc(layers, sizeof(*p.readers)),
                          .last_use = calloc(layers, sizeof(*p.last_use)),
                          .values = calloc(layers, sizeof(*p.values)),
                          .storages = calloc(layers + 1, sizeof(*p.storages)) };
    int r = -ENOMEM;
    if (plan)
        plan->block = block;
    if (plan && p.root && p.readers && p.last_use && p.values && p.storages)
        r = plan_all(&p);
    free(p.root);
    free(p.readers);
    free(p.last_use);
    free(p.values);
    free(p.storages);
    if (r < 0)
        return r;
    *ret_plan = plan;
    plan = NULL;
    return 0;
}

void fast_plan_destroy(struct fast_plan **plan)
{
    if (!*plan)
        return;
    free((*plan)->steps);
    free(*plan);
    *plan = NULL;
}
