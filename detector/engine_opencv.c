/* engine_opencv.c - OpenCV's dnn module as a network engine */
#include <errno.h>
#include <stdlib.h>

#include "detector/engine.h"
#include "detector/opencv_module.h"
#include "detector/opencv_shim.h"

struct opencv {
    const struct opencv_functions *functions;
    struct opencv_network *network;
};

static int forward(void *state, const float *input, const float **ret_outputs)
{
    struct opencv *opencv = state;
    return opencv->functions->network_forward(opencv->network, input, ret_outputs);
}

static void destroy(void *state)
{
    struct opencv *opencv = state;
    if (opencv->network)
        opencv->functions->network_destroy(opencv->network);
    free(opencv);
}

static const struct engine_methods methods = { .name = "opencv",
                                               .forward = forward,
                                               .destroy = destroy };

/* What OpenCV 4.6 would compute otherwise than Darknet without a word. */
const char *engine_opencv_lack(const struct darknet_layer *l)
{
    if (l->activation == DARKNET_RELU6)
        return "relu6";
    if (l->type == DARKNET_SHORTCUT && l->from_count > 1)
        return "[shortcut] from several layers";
    if (l->type == DARKNET_UPSAMPLE && l->scale != 1)
        return "[upsample] with a scale";
    return NULL;
}

static int load_network(struct opencv *opencv, const struct engine_model *model, struct error *err)
{
    const struct darknet_cfg *cfg = model->cfg;
    size_t *head_values = calloc((size_t) cfg->heads, sizeof(*head_values));
    if (!head_values)
        return -ENOMEM;
    struct opencv_network_source source = { .file = cfg->file,
                                            .cfg = model->canonical->bytes,
                                            .cfg_length = model->canonical->length,
                                            .weights = model->weights,
                                            .weights_length = model->weights_length,
                                            .width = cfg->width,
                                            .height = cfg->height,
                                            .head_values = head_values };
    for (int i = 0; i < cfg->layer_count; i++) {
        if (cfg->layers[i].type == DARKNET_YOLO)
            head_values[source.head_count++] = (size_t) darknet_shape_values(cfg->layers[i].out);
    }
    int r = opencv->functions->network_create(&source, &opencv->network, err);
    free(head_values);
    return r;
}

int engine_opencv_create_onnx(const struct opencv_onnx_source *source, struct engine *ret_engine,
                              struct opencv_shape *ret_shape, struct error *err)
{
    struct opencv *opencv = calloc(1, sizeof(*opencv));
    if (!opencv)
        return -ENOMEM;
    int r = opencv_module_open(&opencv->functions, err);
    if (r == 0)
        r = opencv->functions->onnx_create(source, &opencv->network, ret_shape, err);
    if (r < 0) {
        destroy(opencv);
        return r;
    }
    *ret_engine = (struct engine){ .methods = &methods, .state = opencv };
    return 0;
}

int engine_opencv_create(const struct engine_model *model, struct engine *ret_engine,
                         struct error *err)
{
    int r = engine_check_layers(model->cfg, "opencv", engine_opencv_lack, "fast", err);
    if (r < 0)
        return r;
    struct opencv *opencv = calloc(1, sizeof(*opencv));
    if (!opencv)
        return -ENOMEM;
    r = opencv_module_open(&opencv->functions, err);
    if (r == 0)
        r = load_network(opencv, model, err);
    if (r < 0) {
        destroy(opencv);
        return r;
    }
    *ret_engine = (struct engine){ .methods = &methods, .state = opencv };
    return 0;
}
