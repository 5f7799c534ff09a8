/* engine_fixture.c - see engine_fixture.h */
#include "engine_fixture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "detector/candidates.h"
#include "detector/fast_rows.h"
#include "detector/yolo.h"
#include "naive_network.h"
#include "testing.h"

/* Structure at all scales, so that every layer has something to see. */
static float *pattern(const struct darknet_cfg *cfg)
{
    size_t width = (size_t) cfg->width, height = (size_t) cfg->height;
    float *input = malloc(3 * width * height * sizeof(*input));
    assert_non_null(input);
    for (size_t i = 0; i < width * height; i++) {
        double x = 640.0 * (double) (i % width) / (double) width;
        double y = 360.0 * (double) (i / width) / (double) height;
        input[i] = (float) (0.5 + 0.5 * sin(x * y / 3000));
        input[width * height + i] = (float) (0.5 + 0.5 * cos(x * x / 4000 + y / 9));
        input[2 * width * height + i] = ((int) x / 20 + (int) y / 45) % 2 ? 0.8f : 0;
    }
    return input;
}

struct bench_net net_of_text(const char *layers, uint32_t width, uint32_t height, uint32_t seed)
{
    struct bench_net net = { 0 };
    struct error err = { "" };
    struct text text = TEXT_INIT;
    text_format(&text, "[net]\nwidth=%u\nheight=%u\nchannels=3\n%s", width, height, layers);
    if (darknet_cfg_parse(text.bytes, text.length, "test.cfg", 0, 0, &net.cfg, &err) < 0)
        fail_msg("%s", err.text);
    text_release(&text);
    net.weights = random_weights(net.cfg, seed, &net.weights_length);
    net.input = pattern(net.cfg);
    return net;
}

struct bench_net net_of_files(const char *cfg, const char *weights, uint32_t width, uint32_t height)
{
    struct bench_net net = { 0 };
    struct error err = { "" };
    if (darknet_cfg_load(cfg, width, height, &net.cfg, &err) < 0)
        fail_msg("%s", err.text);
    if (!weights)
        net.weights = random_weights(net.cfg, 5, &net.weights_length);
    else if (file_read(weights, (size_t) 1 << 30, &net.weights, &net.weights_length, &err) < 0)
        fail_msg("%s", err.text);
    net.input = pattern(net.cfg);
    return net;
}

void net_release(struct bench_net *net)
{
    darknet_cfg_destroy(&net->cfg);
    free(net->weights);
    free(net->input);
}

bool engine_is_there(const char *name)
{
    if (strncmp(name, "fast a", 6) == 0)
        return FLOORFUSE_HAVE_FAST && fast_rows_named(name + 5);
    return strstr(detector_engines(), strcmp(name, "fast onednn") == 0 ? "fast" : name);
}

int engine_of(const char *name, const struct bench_net *net, struct engine *ret_engine,
              struct error *err)
{
    AUTO(text_release) struct text canonical = TEXT_INIT;
    struct engine_model model = { .cfg = net->cfg,
                                  .canonical = &canonical,
                                  .weights = net->weights,
                                  .weights_length = net->weights_length };
    darknet_cfg_write(net->cfg, &canonical);
    assert_false(canonical.failed);
#if FLOORFUSE_HAVE_FAST
    if (strcmp(name, "fast") == 0)
        return engine_fast_create(&model, ret_engine, err);
    if (strcmp(name, "fast onednn") == 0)
        return engine_fast_create_with(&model, NULL, ret_engine, err);
    if (strncmp(name, "fast ", 5) == 0)
        return engine_fast_create_with(&model, fast_rows_named(name + 5), ret_engine, err);
#endif
#if FLOORFUSE_HAVE_OPENCV
    if (strcmp(name, "opencv") == 0)
        return engine_opencv_create(&model, ret_engine, err);
#endif
#if FLOORFUSE_HAVE_DARKNET
    if (strcmp(name, "darknet") == 0)
        return engine_darknet_create(&model, ret_engine, err);
#endif
    return -ENOTSUP;
}

static size_t values_of_heads(const struct darknet_cfg *cfg)
{
    size_t count = 0;
    for (int i = 0; i < cfg->layer_count; i++) {
        if (cfg->layers[i].type == DARKNET_YOLO)
            count += (size_t) darknet_shape_values(cfg->layers[i].out);
    }
    return count;
}

float *engine_run(const struct engine *engine, const struct bench_net *net, size_t *ret_count)
{
    const float **heads = calloc((size_t) net->cfg->heads, sizeof(*heads));
    *ret_count = values_of_heads(net->cfg);
    float *all = malloc(*ret_count * sizeof(*all)), *at = all;
    assert_true(heads && all);
    assert_int_equal(engine->methods->forward(engine->state, net->input, heads), 0);
    for (int i = 0, head = 0; i < net->cfg->layer_count; i++) {
        if (net->cfg->layers[i].type != DARKNET_YOLO)
            continue;
        size_t count = (size_t) darknet_shape_values(net->cfg->layers[i].out);
        memcpy(at, heads[head++], count * sizeof(*at));
        at += count;
    }
    free(heads);
    return all;
}

/* With threshold 0 every anchor gives a box of every class, in an order of their own. */
static struct candidates decode(const struct bench_net *net, const float *heads)
{
    struct candidates boxes = { 0 };
    struct darknet_shape network = { net->cfg->width, net->cfg->height, 3 };
    enum detection_class *classes = calloc((size_t) net->cfg->classes, sizeof(*classes));
    assert_non_null(classes);
    for (int i = 0; i < net->cfg->classes; i++)
        classes[i] = DETECTION_PERSON;
    for (int i = 0; i < net->cfg->layer_count; i++) {
        const struct darknet_layer *l = &net->cfg->layers[i];
        if (l->type != DARKNET_YOLO)
            continue;
        assert_int_equal(yolo_decode(l, network, heads, classes, 0, &boxes), 0);
        heads += darknet_shape_values(l->out);
    }
    free(classes);
    return boxes;
}

void compare_boxes(const struct bench_net *net, const float *a, const float *b,
                   double *ret_mean_iou, double *ret_score_difference, size_t *ret_boxes)
{
    struct candidates x = decode(net, a), y = decode(net, b);
    double sum = 0;
    assert_int_equal(x.count, y.count);
    assert_true(x.count > 0);
    *ret_score_difference = 0;
    *ret_boxes = x.count;
    for (size_t i = 0; i < x.count; i++) {
        sum += box_iou(x.items[i].box, y.items[i].box);
        *ret_score_difference = fmax(*ret_score_difference,
                                     fabs((double) x.items[i].score - (double) y.items[i].score));
    }
    *ret_mean_iou = sum / (double) x.count;
    candidates_release(&x);
    candidates_release(&y);
}
