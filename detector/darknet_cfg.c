/* darknet_cfg.c - see darknet_cfg.h */
#include "detector/darknet_cfg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "detector/cfg_text.h"
#include "detector/darknet_layers.h"

#define CFG_BYTES_MAX ((size_t) 1 << 20)
#define SIZE_MULTIPLE 32 /* a YOLO network halves its input five times */

/* Keys that only training reads: they change no box. */
static const char net_training[] =
    " batch subdivisions momentum decay angle saturation exposure hue learning_rate burn_in "
    "max_batches policy steps scales power gamma scale step adam B1 B2 eps mosaic mosaic_bound "
    "cutmix mixup blur gaussian_noise flip contrastive use_cuda_graph max_chart_loss max_crop "
    "min_crop optimized_memory workspace_size_limit_MB letter_box label_smooth_eps resize_step "
    "adversarial_lr attention ema_alpha loss_scale dynamic_minibatch sequence_scales seq_scales "
    "num_sigmas_reject_badlabels badlabels_rejection_percentage weights_reject_freq "
    "equidistant_point show_receptive_field unsupervised time_steps track augment_speed ";

/* The network's input size: the caller's, else the file's. */
static int read_size(const struct reading *in, uint32_t width, uint32_t height)
{
    struct darknet_cfg *cfg = in->cfg;
    int r = reading_int(in, "width", 0, 1, DARKNET_EDGE_MAX, &cfg->width);
    if (r == 0)
        r = reading_int(in, "height", 0, 1, DARKNET_EDGE_MAX, &cfg->height);
    if (r < 0 || (width == 0 && height == 0))
        return r;
    if (width == 0 || height == 0 || width % SIZE_MULTIPLE || height % SIZE_MULTIPLE ||
        width > DARKNET_EDGE_MAX || height > DARKNET_EDGE_MAX)
        return error_set(in->err, -EINVAL,
                         "%s: network size %ux%u: both must be multiples of %d up to %d, as in "
                         "416x416",
                         cfg->file, width, height, SIZE_MULTIPLE, DARKNET_EDGE_MAX);
    cfg->width = (int) width;
    cfg->height = (int) height;
    return 0;
}

static int read_net(const struct reading *in, uint32_t width, uint32_t height)
{
    if (strcmp(in->section->name, "net") != 0 && strcmp(in->section->name, "network") != 0)
        return error_set(in->err, -EINVAL, "%s:%d: the first section must be [net], not [%.32s]",
                         in->cfg->file, in->section->line, in->section->name);
    int r = read_size(in, width, height);
    if (r == 0)
        r = reading_only(in, "channels", 3);
    if (r == 0)
        r = reading_refuse_unknown_keys(in, net_training);
    if (r == 0 && (in->cfg->width == 0 || in->cfg->height == 0))
        r = reading_refuse(in, in->section->line, "needs \"width=\" and \"height=\"");
    return r;
}

static int read_sections(const struct cfg_text *text, uint32_t width, uint32_t height,
                         struct darknet_cfg *cfg, struct error *err)
{
    struct reading in = { .text = text, .section = text->sections, .cfg = cfg, .err = err };
    int r = read_net(&in, width, height);
    for (size_t i = 1; r == 0 && i < text->section_count; i++) {
        in.section = &text->sections[i];
        r = darknet_layer_read(&in);
    }
    if (r == 0 && cfg->heads == 0)
        return error_set(err, -EINVAL, "%s: has no [yolo] layer, so it finds nothing", cfg->file);
    return r;
}

/* An empty network with room for what the text holds. */
static struct darknet_cfg *new_cfg(const char *file, size_t sections)
{
    struct darknet_cfg *cfg = calloc(1, sizeof(*cfg));
    if (!cfg)
        return NULL;
    cfg->file = strdup(file);
    cfg->layers = calloc(sections, sizeof(*cfg->layers));
    if (!cfg->file || !cfg->layers)
        darknet_cfg_destroy(&cfg);
    return cfg;
}

static int understand(const struct cfg_text *text, uint32_t width, uint32_t height,
                      struct darknet_cfg **ret_cfg, struct error *err)
{
    if (text->section_count > DARKNET_LAYERS_MAX)
        return error_set(err, -EFBIG, "%s: has more than %d layers", text->file,
                         DARKNET_LAYERS_MAX);
    AUTO(darknet_cfg_destroy) struct darknet_cfg *cfg = new_cfg(text->file, text->section_count);
    if (!cfg)
        return -ENOMEM;
    int r = read_sections(text, width, height, cfg, err);
    if (r < 0)
        return r;
    *ret_cfg = cfg;
    cfg = NULL;
    return 0;
}

int darknet_cfg_parse(const char *bytes, size_t length, const char *file, uint32_t width,
                      uint32_t height, struct darknet_cfg **ret_cfg, struct error *err)
{
    struct cfg_text text;
    int r = cfg_text_parse(bytes, length, file, &text, err);
    if (r < 0)
        return r;
    r = understand(&text, width, height, ret_cfg, err);
    cfg_text_release(&text);
    return r;
}

void darknet_cfg_destroy(struct darknet_cfg **cfg)
{
    if (!*cfg)
        return;
    free((*cfg)->layers);
    free((*cfg)->file);
    free(*cfg);
    *cfg = NULL;
}

int darknet_cfg_load(const char *path, uint32_t width, uint32_t height,
                     struct darknet_cfg **ret_cfg, struct error *err)
{
    char *bytes;
    size_t length;
    int r = file_read(path, CFG_BYTES_MAX, &bytes, &length, err);
    if (r < 0)
        return r;
    r = darknet_cfg_parse(bytes, length, path, width, height, ret_cfg, err);
    free(bytes);
    return r;
}
