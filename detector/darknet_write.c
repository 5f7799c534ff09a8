/* darknet_write.c - the canonical text of a network; see darknet_cfg_write in darknet_cfg.h */
#include "detector/darknet_cfg.h"

const char *darknet_activation_name(enum darknet_activation activation)
{
    static const char *const names[] = {
        [DARKNET_LINEAR] = "linear",     [DARKNET_LEAKY] = "leaky", [DARKNET_RELU] = "relu",
        [DARKNET_LOGISTIC] = "logistic", [DARKNET_TANH] = "tanh",   [DARKNET_SWISH] = "swish",
        [DARKNET_MISH] = "mish",         [DARKNET_RELU6] = "relu6",
    };
    return activation <= DARKNET_RELU6 ? names[activation] : NULL;
}

static void write_inputs(const char *key, const struct darknet_layer *l, struct text *out)
{
    for (int i = 0; i < l->from_count; i++)
        text_format(out, "%s%d", i == 0 ? key : ",", l->from[i]);
    text_append(out, "\n");
}

static void write_layer(const struct darknet_layer *l, struct text *out)
{
    const char *activation = darknet_activation_name(l->activation);
    switch (l->type) {
    case DARKNET_CONVOLUTIONAL:
        text_format(out,
                    "[convolutional]\nbatch_normalize=%d\nfilters=%d\nsize=%d\nstride=%d\npad=0\n"
                    "padding=%d\ngroups=%d\nactivation=%s\n",
                    l->batch_normalize, l->filters, l->size, l->stride, l->padding, l->groups,
                    activation);
        break;
    case DARKNET_MAXPOOL:
        text_format(out, "[maxpool]\nsize=%d\nstride=%d\npadding=%d\n", l->size, l->stride,
                    l->padding);
        break;
    case DARKNET_AVGPOOL:
        text_append(out, "[avgpool]\n");
        break;
    case DARKNET_UPSAMPLE:
        text_format(out, "[upsample]\nstride=%d\nscale=%.9g\n", l->stride, l->scale);
        break;
    case DARKNET_DROPOUT:
        text_append(out, "[dropout]\nprobability=.5\n");
        break;
    case DARKNET_SHORTCUT:
        write_inputs("[shortcut]\nfrom=", l, out);
        text_format(out, "activation=%s\n", activation);
        break;
    case DARKNET_ROUTE:
        write_inputs("[route]\nlayers=", l, out);
        if (l->groups > 1)
            text_format(out, "groups=%d\ngroup_id=%d\n", l->groups, l->group_id);
        break;
    case DARKNET_SCALE_CHANNELS:
        write_inputs("[scale_channels]\nfrom=", l, out);
        text_format(out, "scale_wh=0\nactivation=%s\n", activation);
        break;
    case DARKNET_YOLO:
        text_append(out, "[route]\nlayers=-1\n");
        break;
    }
}

void darknet_cfg_write(const struct darknet_cfg *cfg, struct text *out)
{
    text_format(out, "[net]\nbatch=1\nsubdivisions=1\nwidth=%d\nheight=%d\nchannels=3\n",
                cfg->width, cfg->height);
    for (int i = 0; i < cfg->layer_count; i++)
        write_layer(&cfg->layers[i], out);
}
