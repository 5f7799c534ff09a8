/*
 * darknet_layers.c - see darknet_layers.h
 *
 * One read_<layer> per section name. What it asks the section for is a key that matters.
 */
#include "detector/darknet_layers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FILTERS_MAX     65536
#define CHANNELS_MAX    (1 << 20)
#define OUTPUT_EDGE_MAX (4 * DARKNET_EDGE_MAX) /* small enough that no product below overflows */
#define CLASSES_MAX     10000

int reading_refuse(const struct reading *in, int line, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    (void) vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    return error_set(in->err, -EINVAL, "%s:%d: [%.32s] %s", in->cfg->file, line, in->section->name,
                     sentence);
}

int reading_int(const struct reading *in, const char *name, int default_value, int min, int max,
                int *ret_value)
{
    return cfg_text_int(in->text, in->section, name, default_value, min, max, ret_value, in->err);
}

int reading_only(const struct reading *in, const char *name, double neutral)
{
    double value;
    int r = cfg_text_number(in->text, in->section, name, neutral, &value, in->err);
    if (r < 0)
        return r;
    if (value != neutral)
        return reading_refuse(in, cfg_text_find(in->section, name)->line,
                              "\"%s=%g\" is not supported", name, value);
    return 0;
}

static bool is_training_key(const char *list, const char *name)
{
    char word[64];
    int length = snprintf(word, sizeof(word), " %s ", name);
    return length > 0 && (size_t) length < sizeof(word) && strstr(list, word);
}

int reading_refuse_unknown_keys(const struct reading *in, const char *training)
{
    for (size_t i = 0; i < in->section->key_count; i++) {
        const struct cfg_key *key = &in->section->keys[i];
        if (!key->asked && !is_training_key(training, key->name))
            return reading_refuse(in, key->line, "has an unknown key \"%.40s\"", key->name);
    }
    return 0;
}

static int ask_ints(const struct reading *in, const char *name, int *ret_values, size_t max)
{
    return cfg_text_ints(in->text, in->section, name, ret_values, max, in->err);
}

/* default_name NULL: the key must be there, because Darknet and OpenCV disagree about its default.
 */
static int ask_activation(const struct reading *in, const char *default_name,
                          enum darknet_activation *ret_activation)
{
    const struct cfg_key *key = cfg_text_find(in->section, "activation");
    const char *name = key ? key->value : default_name;
    if (!name)
        return reading_refuse(in, in->section->line,
                              "has no activation; \"activation=linear\" is none");
    for (int i = DARKNET_LINEAR; i <= DARKNET_RELU6; i++) {
        if (strcmp(name, darknet_activation_name((enum darknet_activation) i)) == 0) {
            *ret_activation = (enum darknet_activation) i;
            return 0;
        }
    }
    return reading_refuse(in, key ? key->line : in->section->line,
                          "activation \"%.32s\" is not supported", name);
}

/* The layer a number in the .cfg means: negative ones count back from here. */
static int resolve_input(const struct reading *in, int number, int line, int *ret_layer)
{
    int here = in->cfg->layer_count;
    int layer = number < 0 ? here + number : number;
    if (layer < 0 || layer >= here)
        return reading_refuse(
            in, line, "takes its input from layer %d, but only layers 0 to %d are before it", layer,
            here - 1);
    if (in->cfg->layers[layer].type == DARKNET_YOLO)
        return reading_refuse(in, line,
                              "takes its input from the [yolo] of line %d, which has no output",
                              in->cfg->layers[layer].line);
    *ret_layer = layer;
    return 0;
}

/* "layers=" or "from=", which give the other inputs. */
static int ask_inputs(const struct reading *in, const char *name, size_t max)
{
    int numbers[DARKNET_INPUTS_MAX];
    int count = ask_ints(in, name, numbers, max);
    if (count < 0)
        return count;
    if (count == 0)
        return reading_refuse(in, in->section->line, "needs \"%s=\"", name);
    for (int i = 0; i < count; i++) {
        int r = resolve_input(in, numbers[i], cfg_text_find(in->section, name)->line,
                              &in->layer->from[i]);
        if (r < 0)
            return r;
    }
    in->layer->from_count = count;
    return 0;
}

/* Windows that slide: out = (in + padding on both sides - size) / stride + 1. */
static int slide(const struct reading *in, int both_paddings)
{
    struct darknet_layer *l = in->layer;
    int width = l->in.width + both_paddings - l->size;
    int height = l->in.height + both_paddings - l->size;
    if (width < 0 || height < 0)
        return reading_refuse(in, l->line, "has a window of %d px, larger than its %dx%d input",
                              l->size, l->in.width, l->in.height);
    l->out.width = width / l->stride + 1;
    l->out.height = height / l->stride + 1;
    return 0;
}

static int64_t convolution_weights(const struct darknet_layer *l)
{
    return (int64_t) l->filters * (l->in.channels / l->groups) * l->size * l->size;
}

/* What the general matrix product of a convolution unfolds its input to. */
static int64_t convolution_workspace(const struct darknet_layer *l)
{
    return (int64_t) l->out.width * l->out.height * l->size * l->size *
           (l->in.channels / l->groups);
}

static int ask_padding(const struct reading *in)
{
    int pad, padding;
    int r = reading_int(in, "pad", 0, 0, DARKNET_WINDOW_MAX, &pad);
    if (r == 0)
        r = reading_int(in, "padding", 0, 0, DARKNET_WINDOW_MAX, &padding);
    if (r == 0) /* pad is a switch, whatever its number */
        in->layer->padding = pad ? in->layer->size / 2 : padding;
    return r;
}

static int ask_convolution_keys(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    int normalize = 0;
    int r = reading_int(in, "filters", 1, 1, FILTERS_MAX, &l->filters);
    if (r == 0)
        r = reading_int(in, "size", 1, 1, DARKNET_WINDOW_MAX, &l->size);
    if (r == 0)
        r = reading_int(in, "stride", 1, 1, DARKNET_WINDOW_MAX, &l->stride);
    if (r == 0)
        r = reading_int(in, "groups", 1, 1, FILTERS_MAX, &l->groups);
    if (r == 0)
        r = reading_int(in, "batch_normalize", 0, 0, 1, &normalize);
    l->batch_normalize = normalize;
    if (r == 0)
        r = ask_padding(in);
    if (r == 0)
        r = ask_activation(in, NULL, &l->activation);
    return r;
}

/* Variants of convolution that would give other numbers. */
static int refuse_convolution_variants(const struct reading *in)
{
    static const struct {
        const char *key;
        double neutral;
    } variants[] = {
        { "dilation", 1 },   { "binary", 0 },       { "xnor", 0 },
        { "bin_output", 0 }, { "flipped", 0 },      { "antialiasing", 0 },
        { "cbn", 0 },        { "sway", 0 },         { "rotate", 0 },
        { "stretch", 0 },    { "stretch_sway", 0 }, { "assisted_excitation", 0 },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(variants); i++) {
        int r = reading_only(in, variants[i].key, variants[i].neutral);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_convolutional(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    int r = ask_convolution_keys(in);
    if (r == 0)
        r = refuse_convolution_variants(in);
    if (r == 0)
        r = slide(in, 2 * l->padding);
    if (r < 0)
        return r;
    if (l->in.channels % l->groups || l->filters % l->groups)
        return reading_refuse(in, l->line, "cannot split %d channels and %d filters into %d groups",
                              l->in.channels, l->filters, l->groups);
    l->out.channels = l->filters;
    if (convolution_workspace(l) > DARKNET_VALUES_MAX)
        return reading_refuse(in, l->line, "is too large: its input unfolds to %lld numbers",
                              (long long) convolution_workspace(l));
    /* One bias a filter; batch normalisation adds scale, mean and variance. */
    in->cfg->parameters +=
        convolution_weights(l) + (l->batch_normalize ? 4 : 1) * (int64_t) l->filters;
    if (in->cfg->parameters > DARKNET_PARAMETERS_MAX)
        return reading_refuse(in, l->line, "makes the network larger than %lld parameters",
                              (long long) DARKNET_PARAMETERS_MAX);
    return 0;
}

static int read_maxpool(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    int r = reading_int(in, "stride", 1, 1, DARKNET_WINDOW_MAX, &l->stride);
    if (r == 0)
        r = reading_int(in, "size", l->stride, 1, DARKNET_WINDOW_MAX, &l->size);
    if (r == 0)
        r = reading_int(in, "padding", l->size - 1, 0, DARKNET_WINDOW_MAX, &l->padding);
    if (r == 0)
        r = reading_only(in, "maxpool_depth", 0);
    if (r == 0)
        r = reading_only(in, "antialiasing", 0);
    l->out.channels = l->in.channels;
    return r < 0 ? r : slide(in, l->padding);
}

static int read_avgpool(const struct reading *in)
{
    in->layer->out = (struct darknet_shape){ 1, 1, in->layer->in.channels };
    return 0;
}

static int read_upsample(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    int r = reading_int(in, "stride", 2, 1, DARKNET_WINDOW_MAX, &l->stride);
    if (r == 0)
        r = cfg_text_number(in->text, in->section, "scale", 1, &l->scale, in->err);
    l->out =
        (struct darknet_shape){ l->in.width * l->stride, l->in.height * l->stride, l->in.channels };
    return r;
}

static int read_dropout(const struct reading *in)
{
    in->layer->out = in->layer->in;
    if (in->cfg->layer_count == 0)
        return reading_refuse(in, in->layer->line, "cannot be the first layer");
    return 0;
}

/* Later Darknets add several layers at once. */
static int read_shortcut(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    int r = ask_activation(in, "linear", &l->activation);
    if (r == 0)
        r = ask_inputs(in, "from", DARKNET_INPUTS_MAX);
    for (int i = 0; r == 0 && i < l->from_count; i++) {
        const struct darknet_layer *other = &in->cfg->layers[l->from[i]];
        if (other->out.width != l->in.width || other->out.height != l->in.height ||
            other->out.channels != l->in.channels)
            r = reading_refuse(in, l->line,
                               "adds %dx%dx%d of line %d to %dx%dx%d; the shapes must be equal",
                               other->out.width, other->out.height, other->out.channels,
                               other->line, l->in.width, l->in.height, l->in.channels);
    }
    l->out = l->in;
    return r;
}

/* Inputs one behind the other; of each only group_id of groups. */
static int join_inputs(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    l->out = in->cfg->layers[l->from[0]].out;
    l->out.channels = 0;
    for (int i = 0; i < l->from_count; i++) {
        const struct darknet_layer *other = &in->cfg->layers[l->from[i]];
        if (other->out.width != l->out.width || other->out.height != l->out.height)
            return reading_refuse(
                in, l->line, "joins %dx%d of line %d with %dx%d; the sizes must be equal",
                other->out.width, other->out.height, other->line, l->out.width, l->out.height);
        if (other->out.channels % l->groups)
            return reading_refuse(in, l->line,
                                  "cannot split the %d channels of line %d into %d groups",
                                  other->out.channels, other->line, l->groups);
        l->out.channels += other->out.channels / l->groups;
    }
    return 0;
}

static int read_route(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    int r = ask_inputs(in, "layers", DARKNET_INPUTS_MAX);
    if (r == 0)
        r = reading_int(in, "groups", 1, 1, FILTERS_MAX, &l->groups);
    if (r == 0)
        r = reading_int(in, "group_id", 0, 0, l->groups - 1, &l->group_id);
    return r < 0 ? r : join_inputs(in);
}

/* Multiplies each channel of another layer by one number of this layer's input. */
static int read_scale_channels(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    int r = ask_activation(in, "linear", &l->activation);
    if (r == 0)
        r = ask_inputs(in, "from", 1);
    if (r == 0)
        r = reading_only(in, "scale_wh", 0);
    if (r < 0)
        return r;
    l->out = in->cfg->layers[l->from[0]].out;
    if (l->in.width != 1 || l->in.height != 1 || l->in.channels != l->out.channels)
        return reading_refuse(in, l->line, "needs 1x1x%d before it, not %dx%dx%d", l->out.channels,
                              l->in.width, l->in.height, l->in.channels);
    return 0;
}

/* Which of the anchors this head uses: "mask=", or all of them. */
static int ask_mask(const struct reading *in, int num, int ret_mask[DARKNET_ANCHORS_MAX])
{
    int count = ask_ints(in, "mask", ret_mask, DARKNET_ANCHORS_MAX);
    for (int i = 0; i < count; i++) {
        if (ret_mask[i] < 0 || ret_mask[i] >= num)
            return reading_refuse(in, cfg_text_find(in->section, "mask")->line,
                                  "masks anchor %d, but there are %d (\"num=%d\")", ret_mask[i],
                                  num, num);
    }
    if (count != 0)
        return count;
    for (int i = 0; i < num; i++)
        ret_mask[i] = i;
    return num;
}

static int ask_anchors(const struct reading *in)
{
    struct darknet_yolo *yolo = &in->layer->yolo;
    double anchors[2 * DARKNET_ANCHORS_MAX];
    int mask[DARKNET_ANCHORS_MAX], num;
    int r = reading_int(in, "num", 1, 1, DARKNET_ANCHORS_MAX, &num);
    if (r < 0)
        return r;
    int numbers =
        cfg_text_numbers(in->text, in->section, "anchors", anchors, ARRAY_LENGTH(anchors), in->err);
    if (numbers < 0)
        return numbers;
    if (numbers != 2 * num)
        return reading_refuse(in, in->layer->line,
                              "has %d numbers in \"anchors\" where \"num=%d\" wants %d", numbers,
                              num, 2 * num);
    yolo->anchor_count = ask_mask(in, num, mask);
    for (int i = 0; i < yolo->anchor_count; i++) {
        yolo->anchors[i][0] = anchors[2 * mask[i]];
        yolo->anchors[i][1] = anchors[2 * mask[i] + 1];
    }
    return yolo->anchor_count < 0 ? yolo->anchor_count : 0;
}

static int ask_yolo_keys(const struct reading *in)
{
    struct darknet_yolo *yolo = &in->layer->yolo;
    int new_coords = 0;
    int r = reading_int(in, "classes", 20, 1, CLASSES_MAX, &yolo->classes);
    if (r == 0)
        r = cfg_text_number(in->text, in->section, "scale_x_y", 1, &yolo->scale_xy, in->err);
    if (r == 0)
        r = reading_int(in, "new_coords", 0, 0, 1, &new_coords);
    yolo->new_coords = new_coords;
    return r < 0 ? r : ask_anchors(in);
}

static int read_yolo(const struct reading *in)
{
    struct darknet_layer *l = in->layer;
    int r = ask_yolo_keys(in);
    if (r < 0)
        return r;
    if (in->cfg->layer_count == 0)
        return reading_refuse(in, l->line, "cannot be the first layer");
    int wanted = l->yolo.anchor_count * (5 + l->yolo.classes);
    if (l->in.channels != wanted)
        return reading_refuse(in, l->line,
                              "with %d classes and %d anchors needs filters=%d before it, not %d",
                              l->yolo.classes, l->yolo.anchor_count, wanted, l->in.channels);
    if (in->cfg->heads > 0 && in->cfg->classes != l->yolo.classes)
        return reading_refuse(in, l->line, "has %d classes, the [yolo] before it %d",
                              l->yolo.classes, in->cfg->classes);
    l->out = l->in;
    in->cfg->classes = l->yolo.classes;
    in->cfg->heads++;
    return 0;
}

/* Keys that only training reads: they change no box. */
static const char conv_training[] = " stopbackward dontload dontsave learning_rate ";
static const char dropout_training[] =
    " probability dropblock dropblock_size_rel dropblock_size_abs ";
static const char yolo_training[] =
    " jitter ignore_thresh truth_thresh random iou_thresh cls_normalizer iou_normalizer "
    "obj_normalizer delta_normalizer iou_loss iou_thresh_kind nms_kind beta_nms resize max "
    "max_delta counters_per_class label_smooth_eps objectness_smooth focal_loss "
    "iou_normalizer_kind stopbackward ";

static const struct {
    const char *name;
    enum darknet_layer_type type;
    int (*read)(const struct reading *in);
    const char *training; /* keys, each between two spaces */
} layer_kinds[] = {
    { "convolutional", DARKNET_CONVOLUTIONAL, read_convolutional, conv_training },
    { "conv", DARKNET_CONVOLUTIONAL, read_convolutional, conv_training },
    { "maxpool", DARKNET_MAXPOOL, read_maxpool, "" },
    { "max", DARKNET_MAXPOOL, read_maxpool, "" },
    { "avgpool", DARKNET_AVGPOOL, read_avgpool, "" },
    { "avg", DARKNET_AVGPOOL, read_avgpool, "" },
    { "upsample", DARKNET_UPSAMPLE, read_upsample, "" },
    { "dropout", DARKNET_DROPOUT, read_dropout, dropout_training },
    { "shortcut", DARKNET_SHORTCUT, read_shortcut, "" },
    { "route", DARKNET_ROUTE, read_route, " stopbackward " },
    { "scale_channels", DARKNET_SCALE_CHANNELS, read_scale_channels, "" },
    { "yolo", DARKNET_YOLO, read_yolo, yolo_training },
};

static struct darknet_shape output_before(const struct darknet_cfg *cfg)
{
    if (cfg->layer_count == 0)
        return (struct darknet_shape){ cfg->width, cfg->height, 3 };
    return cfg->layers[cfg->layer_count - 1].out;
}

static int check_output(const struct reading *in)
{
    struct darknet_shape out = in->layer->out;
    if (out.width > OUTPUT_EDGE_MAX || out.height > OUTPUT_EDGE_MAX ||
        out.channels > CHANNELS_MAX || darknet_shape_values(out) > DARKNET_VALUES_MAX)
        return reading_refuse(in, in->layer->line, "is too large: %dx%dx%d", out.width, out.height,
                              out.channels);
    return 0;
}

int darknet_layer_read(struct reading *in)
{
    struct darknet_cfg *cfg = in->cfg;
    size_t kind = 0;
    while (kind < ARRAY_LENGTH(layer_kinds) &&
           strcmp(layer_kinds[kind].name, in->section->name) != 0)
        kind++;
    if (kind == ARRAY_LENGTH(layer_kinds))
        return error_set(in->err, -EINVAL, "%s:%d: layer [%.32s] is not supported", cfg->file,
                         in->section->line, in->section->name);
    in->layer = &cfg->layers[cfg->layer_count];
    *in->layer = (struct darknet_layer){ .type = layer_kinds[kind].type,
                                         .line = in->section->line,
                                         .groups = 1,
                                         .in = output_before(cfg) };
    int unused, r = 0;
    /* All but [route] read the layer before them. */
    if (in->layer->type != DARKNET_ROUTE && cfg->layer_count > 0)
        r = resolve_input(in, -1, in->section->line, &unused);
    if (r == 0)
        r = layer_kinds[kind].read(in);
    if (r == 0)
        r = check_output(in);
    if (r == 0)
        r = reading_refuse_unknown_keys(in, layer_kinds[kind].training);
    if (r == 0)
        cfg->layer_count++;
    return r;
}
