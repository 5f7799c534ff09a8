/* network_cost.c - see network_cost.h */
#include "detector/network_cost.h"

static int64_t weights_of(const struct darknet_layer *l)
{
    return (int64_t) l->filters * (l->in.channels / l->groups) * l->size * l->size;
}

int64_t darknet_layer_macs(const struct darknet_layer *l)
{
    if (l->type != DARKNET_CONVOLUTIONAL)
        return 0;
    return weights_of(l) * l->out.width * l->out.height;
}

int64_t darknet_macs(const struct darknet_cfg *cfg)
{
    int64_t sum = 0;
    for (int i = 0; i < cfg->layer_count; i++)
        sum += darknet_layer_macs(&cfg->layers[i]);
    return sum;
}

int64_t darknet_layer_parameters(const struct darknet_layer *l)
{
    if (l->type != DARKNET_CONVOLUTIONAL)
        return 0;
    return weights_of(l) + (l->batch_normalize ? 4 : 1) * (int64_t) l->filters;
}

static void describe_inputs(const struct darknet_layer *l, struct text *out)
{
    for (int i = 0; i < l->from_count; i++)
        text_format(out, "%s%d", i == 0 ? " " : ",", l->from[i]);
}

void darknet_layer_describe(const struct darknet_layer *l, struct text *out)
{
    static const char *const names[] = {
        [DARKNET_CONVOLUTIONAL] = "convolution",
        [DARKNET_MAXPOOL] = "maxpool",
        [DARKNET_AVGPOOL] = "avgpool",
        [DARKNET_UPSAMPLE] = "upsample",
        [DARKNET_DROPOUT] = "dropout",
        [DARKNET_SHORTCUT] = "shortcut",
        [DARKNET_ROUTE] = "route",
        [DARKNET_SCALE_CHANNELS] = "scale_channels",
        [DARKNET_YOLO] = "yolo",
    };
    text_format(out, "%s", names[l->type]);
    if (l->type == DARKNET_CONVOLUTIONAL || l->type == DARKNET_MAXPOOL)
        text_format(out, " %dx%d/%d", l->size, l->size, l->stride);
    if (l->groups > 1 && l->groups == l->in.channels && l->type == DARKNET_CONVOLUTIONAL)
        text_format(out, " depthwise");
    else if (l->groups > 1 && l->type == DARKNET_CONVOLUTIONAL)
        text_format(out, " groups=%d", l->groups);
    describe_inputs(l, out);
    if (l->groups > 1 && l->type == DARKNET_ROUTE)
        text_format(out, " group %d of %d", l->group_id, l->groups);
    if (l->activation != DARKNET_LINEAR)
        text_format(out, " %s", darknet_activation_name(l->activation));
    if (l->type == DARKNET_YOLO)
        text_format(out, " %d classes, %d anchors", l->yolo.classes, l->yolo.anchor_count);
}
