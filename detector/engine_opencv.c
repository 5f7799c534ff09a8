/* engine_opencv.c - OpenCV's dnn module as a network engine */
#include <errno.h>
#include <stdlib.h>

#include "detector/engine.h"
#include "detector/opencv_shim.h"

static int forward(void *state, const float *input, const float **ret_outputs)
{
    return opencv_network_forward(state, input, ret_outputs);
}

static void destroy(void *state)
{
    opencv_network_destroy(state);
}

static const struct engine_methods methods = { .name = "opencv",
                                               .forward = forward,
                                               .destroy = destroy };

int engine_opencv_create(const struct engine_model *model, struct engine *ret_engine,
                         struct error *err)
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
    struct opencv_network *network;
    int r = opencv_network_create(&source, &network, err);
    free(head_values);
    if (r == 0)
        *ret_engine = (struct engine){ .methods = &methods, .state = network };
    return r;
}
