/* detector_setup.c - see detector_setup.h */
#include "programs/detector_setup.h"

#include <string.h>

static struct network_options network_of(const struct network_config *c, const char *engine)
{
    bool hog = strcmp(engine, "hog") == 0;
    return (struct network_options){
        .engine = engine,
        .model = hog ? NULL : c->model,
        .weights = hog ? NULL : c->weights,
        .names = hog ? NULL : c->names,
        .sha256 = hog ? NULL : c->sha256,
        .width = c->size.count == 2 ? (uint32_t) c->size.values[0] : 0,
        .height = c->size.count == 2 ? (uint32_t) c->size.values[1] : 0,
        .letterbox = c->letterbox,
        .threshold = c->threshold,
    };
}

struct detector_options detector_setup(const struct camera_config *camera, const char *engine)
{
    const struct detector_config *c = &camera->detector;
    if (!engine)
        engine = c->engine;
    bool tiled = c->tiles.count == 2;
    struct detector_options options = {
        .networks = { network_of(&c->network, engine) },
        .network_count = 1,
        .nms_iou = c->nms_iou,
        .soft_sigma = c->nms_soft_sigma,
        .tiles_x = tiled ? (uint32_t) c->tiles.values[0] : 1,
        .tiles_y = tiled ? (uint32_t) c->tiles.values[1] : 1,
        .tile_overlap = c->tile_overlap,
    };
    if (camera->heads.model && strcmp(engine, "hog") != 0)
        options.networks[options.network_count++] = network_of(&camera->heads, engine);
    return options;
}
