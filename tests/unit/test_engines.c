/*
 * test_engines.c - every engine computes the same numbers
 *
 * Small networks of every kind of layer in odd shapes are compared with naive_network.c, which was
 * written from the definitions alone; the real models of ../shared, which are not part of the
 * source, engine against engine.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "engine_fixture.h"
#include "naive_network.h"
#include "random_network.h"
#include "testing.h"

#define HEAD                                                                            \
    "[convolutional]\nfilters=6\nsize=1\nactivation=linear\n[yolo]\nclasses=1\nnum=1\n" \
    "anchors=9,13\n"
#define BN "batch_normalize=1\n"

#define NETWORKS_BY_CHANCE 240

struct zoo_case {
    const char *name;
    uint32_t width, height;
    const char *layers;
};

static const struct zoo_case zoo[] = {
    { "odd sizes, stride 2, padded", 37, 29,
      "[convolutional]\n" BN "filters=5\nsize=3\nstride=2\npad=1\nactivation=leaky\n"
      "[convolutional]\n" BN "filters=13\nsize=3\nstride=2\npad=1\nactivation=relu\n" HEAD },
    { "odd sizes, stride 2, not padded", 38, 27,
      "[convolutional]\nfilters=9\nsize=2\nstride=2\nactivation=leaky\n"
      "[convolutional]\nfilters=7\nsize=5\nstride=3\nactivation=swish\n" HEAD },
    { "depthwise of whole blocks", 33, 21,
      "[convolutional]\n" BN "filters=24\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\n" BN "filters=24\ngroups=24\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\n" BN "filters=24\ngroups=24\nsize=3\nstride=2\npad=1\nactivation=relu\n"
      "[convolutional]\n" BN "filters=24\ngroups=24\nsize=5\npad=1\nactivation=leaky\n"
      "[convolutional]\n" BN
      "filters=24\ngroups=24\nsize=9\nstride=1\npad=1\nactivation=relu6\n" HEAD },
    { "depthwise of 18, 5 and 3 channels", 31, 18,
      "[convolutional]\nfilters=3\ngroups=3\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=18\nsize=1\nactivation=linear\n"
      "[convolutional]\n" BN "filters=18\ngroups=18\nsize=3\npad=1\nactivation=relu\n"
      "[convolutional]\nfilters=5\nsize=1\nactivation=mish\n"
      "[convolutional]\nfilters=5\ngroups=5\nsize=5\nstride=2\npad=1\nactivation=leaky\n" HEAD },
    { "groups of several channels", 24, 24,
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=20\ngroups=4\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=32\ngroups=2\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=32\ngroups=2\nsize=1\nactivation=leaky\n"
      "[convolutional]\nfilters=64\ngroups=32\nsize=3\npad=1\nactivation=leaky\n" HEAD },
    { "one pixel", 9, 9,
      "[convolutional]\nfilters=16\nsize=9\nactivation=leaky\n"
      "[convolutional]\nfilters=16\ngroups=16\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=11\nsize=3\npad=1\nactivation=leaky\n"
      "[maxpool]\nsize=3\nstride=1\n[upsample]\nstride=3\n" HEAD },
    { "pyramid of pools", 26, 22,
      "[convolutional]\nfilters=10\nsize=3\npad=1\nactivation=leaky\n"
      "[maxpool]\nsize=5\nstride=1\n[route]\nlayers=-2\n[maxpool]\nsize=9\nstride=1\n"
      "[route]\nlayers=-4\n[maxpool]\nsize=13\nstride=1\n[route]\nlayers=-1,-3,-5,-6\n" HEAD },
    { "pools first and odd", 27, 23,
      "[maxpool]\nsize=2\nstride=2\n[maxpool]\nsize=3\nstride=2\n[maxpool]\nsize=2\nstride=1\n"
      "[maxpool]\nsize=2\nstride=2\npadding=0\n" HEAD },
    { "odd channels upsampled and joined", 18, 14,
      "[convolutional]\nfilters=7\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=11\nsize=3\nstride=2\npad=1\nactivation=leaky\n"
      "[upsample]\nstride=2\n[route]\nlayers=-1,0,-1\n" HEAD },
    { "joined in place, and read before and after", 20, 12,
      "[convolutional]\nfilters=16\nsize=1\nactivation=leaky\n"
      "[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=24\nsize=1\nactivation=leaky\n"
      "[route]\nlayers=0,1,2\n"
      "[convolutional]\nfilters=8\nsize=1\nactivation=leaky\n[shortcut]\nfrom=1\n"
      "[route]\nlayers=-1,0,3\n" HEAD },
    { "groups of a route", 16, 20,
      "[convolutional]\nfilters=32\nsize=3\npad=1\nactivation=leaky\n"
      "[route]\nlayers=-1\ngroups=2\ngroup_id=1\n"
      "[convolutional]\nfilters=16\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=16\nsize=3\npad=1\nactivation=leaky\n[route]\nlayers=-1,-2\n"
      "[convolutional]\nfilters=32\nsize=1\nactivation=leaky\n[route]\nlayers=0,-1\n"
      "[maxpool]\nsize=2\nstride=2\n" HEAD },
    { "groups of a route that begin within a block", 13, 11,
      "[convolutional]\nfilters=15\nsize=3\npad=1\nactivation=leaky\n"
      "[route]\nlayers=-1\ngroups=3\ngroup_id=1\n"
      "[convolutional]\nfilters=6\nsize=1\nactivation=leaky\n"
      "[route]\nlayers=-1,0\ngroups=3\ngroup_id=2\n" HEAD },
    { "a group of a block joined with the whole block", 11, 9,
      "[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=linear\n"
      "[route]\nlayers=-1\ngroups=4\n[route]\nlayers=1,0\n" HEAD },
    { "a group summed onto its own memory", 12, 12,
      "[convolutional]\nfilters=16\nsize=3\npad=1\nactivation=leaky\n"
      "[route]\nlayers=-1\ngroups=2\ngroup_id=0\n"
      "[convolutional]\nfilters=8\nsize=3\npad=1\nactivation=linear\n[shortcut]\nfrom=-2\n"
      "[route]\nlayers=-1,0\n" HEAD },
    { "squeeze and excitation", 22, 16,
      "[convolutional]\n" BN "filters=18\nsize=3\npad=1\nactivation=relu\n"
      "[avgpool]\n[convolutional]\nfilters=5\nsize=1\nactivation=relu\n"
      "[convolutional]\nfilters=18\nsize=1\nactivation=logistic\n"
      "[scale_channels]\nfrom=-4\n[convolutional]\nfilters=9\nsize=1\nactivation=linear\n" HEAD },
    { "every activation", 16, 16,
      "[convolutional]\nfilters=9\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=9\nsize=3\npad=1\nactivation=relu\n"
      "[convolutional]\nfilters=9\nsize=3\npad=1\nactivation=relu6\n"
      "[convolutional]\nfilters=9\nsize=3\npad=1\nactivation=swish\n"
      "[convolutional]\nfilters=9\nsize=3\npad=1\nactivation=mish\n"
      "[convolutional]\nfilters=9\nsize=3\npad=1\nactivation=tanh\n"
      "[convolutional]\nfilters=9\nsize=3\npad=1\nactivation=logistic\n" HEAD },
    { "shortcuts in a chain, and one whose value is wanted later", 19, 17,
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=linear\n[shortcut]\nfrom=-2\n"
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=leaky\n"
      "[dropout]\nprobability=.1\n[shortcut]\nfrom=-3\nactivation=leaky\n"
      "[convolutional]\nfilters=12\nsize=1\nactivation=linear\n[shortcut]\nfrom=-2\n"
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=swish\n"
      "[shortcut]\nfrom=5\nactivation=relu\n"
      "[shortcut]\nfrom=0\n[shortcut]\nfrom=7\nactivation=mish\n" HEAD },
    { "several layers added at once, and an upsample with a scale", 14, 10,
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=relu\n"
      "[convolutional]\nfilters=12\nsize=1\nactivation=linear\n"
      "[shortcut]\nfrom=-3,-2,0\nactivation=leaky\n[upsample]\nstride=3\nscale=0.25\n" HEAD },
    { "one channel at a time in rows, every activation behind it", 21, 9,
      "[convolutional]\nfilters=10\nsize=1\nactivation=mish\n"
      "[convolutional]\nfilters=10\ngroups=10\nsize=3\npad=1\nactivation=swish\n"
      "[convolutional]\nfilters=10\nsize=1\nactivation=linear\n[shortcut]\nfrom=0\n"
      "activation=tanh\n[convolutional]\nfilters=10\ngroups=10\nsize=7\nstride=2\n"
      "padding=1\nactivation=logistic\n"
      "[convolutional]\nfilters=24\nsize=1\nactivation=relu6\n"
      "[convolutional]\nfilters=24\ngroups=24\nsize=2\nstride=3\nactivation=leaky\n" HEAD },
    { "a convolution added to what it reads", 15, 10,
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=12\nsize=3\npad=1\nactivation=linear\n[shortcut]\nfrom=-2\n"
      "[convolutional]\nfilters=12\ngroups=12\nsize=3\npad=1\nactivation=linear\n"
      "[shortcut]\nfrom=-2\n" HEAD },
    { "two heads, outputs activated, one value read by both", 32, 32,
      "[convolutional]\nfilters=16\nsize=3\nstride=2\npad=1\nactivation=mish\n"
      "[convolutional]\nfilters=7\nsize=1\nactivation=logistic\n"
      "[yolo]\nclasses=2\nnum=1\nanchors=9,13\nnew_coords=1\nscale_x_y=2\n[route]\nlayers=0\n"
      "[convolutional]\nfilters=16\nsize=3\nstride=2\npad=1\nactivation=mish\n"
      "[convolutional]\nfilters=14\nsize=1\nactivation=linear\n"
      "[yolo]\nclasses=2\nnum=2\nanchors=9,13, 20,4\nscale_x_y=1.05\n" },
    { "inverted bottlenecks of Yolo-Fastest and MobileNet", 40, 36,
      "[convolutional]\n" BN "filters=8\nsize=3\nstride=2\npad=1\nactivation=leaky\n"
      "[convolutional]\n" BN "filters=24\nsize=1\nactivation=leaky\n"
      "[convolutional]\n" BN "filters=24\ngroups=24\nsize=3\npad=1\nactivation=leaky\n"
      "[convolutional]\n" BN "filters=8\nsize=1\nactivation=linear\n"
      "[dropout]\nprobability=.15\n[shortcut]\nfrom=-5\n"
      "[convolutional]\n" BN "filters=44\nsize=1\nactivation=relu\n"
      "[convolutional]\n" BN "filters=44\ngroups=44\nsize=3\nstride=2\npad=1\nactivation=relu\n"
      "[convolutional]\n" BN "filters=18\nsize=1\nactivation=linear\n"
      "[convolutional]\n" BN "filters=72\nsize=1\nactivation=relu\n"
      "[convolutional]\n" BN "filters=72\ngroups=72\nsize=3\npad=1\nactivation=relu\n"
      "[convolutional]\n" BN "filters=18\nsize=1\nactivation=linear\n[shortcut]\nfrom=-4\n" HEAD },
};

/* Floats beside doubles: a few thousand roundings of 6e-8 each, of values up to some tens. */
#define NAIVE_TOLERANCE 1e-4

static double largest(const double *values, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(values[i]));
    return most;
}

static void assert_same(const char *name, const float *is, const double *wanted, size_t count)
{
    double bound = NAIVE_TOLERANCE * fmax(1, largest(wanted, count));
    for (size_t i = 0; i < count; i++) {
        if (!(fabs((double) is[i] - wanted[i]) <= bound))
            fail_msg("%s: number %zu of %zu is %g, not %g", name, i, count, (double) is[i],
                     wanted[i]);
    }
}

static void run_case(const char *engine_name, const struct zoo_case *c)
{
    struct bench_net net = net_of_text(c->layers, c->width, c->height, 3);
    struct engine engine;
    struct error err = { "" };
    size_t count, naive_count;
    if (engine_of(engine_name, &net, &engine, &err) < 0)
        fail_msg("%s, %s: %s", engine_name, c->name, err.text);
    double *wanted =
        naive_forward(net.cfg, net.weights, net.weights_length, net.input, &naive_count);
    for (int i = 0; i < 2; i++) { /* the second time in used memory */
        float *is = engine_run(&engine, &net, &count);
        assert_int_equal(count, naive_count);
        assert_same(c->name, is, wanted, count);
        free(is);
    }
    engine.methods->destroy(engine.state);
    free(wanted);
    net_release(&net);
}

static void the_fast_engine_computes_every_layer_as_defined(void **state)
{
    (void) state;
    static const char *const variants[] = { "fast onednn", "fast avx2", "fast avx512" };
    if (!engine_is_there("fast"))
        skip();
    for (size_t v = 0; v < sizeof(variants) / sizeof(variants[0]); v++) {
        for (size_t i = 0; engine_is_there(variants[v]) && i < sizeof(zoo) / sizeof(zoo[0]); i++)
            run_case(variants[v], &zoo[i]);
    }
}

/* Lifetimes, places and fused steps in combinations that nobody thought of. */
static void the_fast_engine_computes_networks_by_chance_as_defined(void **state)
{
    (void) state;
    static const char *const variants[] = { "fast onednn", "fast avx2", "fast avx512" };
    if (!engine_is_there("fast"))
        skip();
    for (uint32_t seed = 1; seed <= NETWORKS_BY_CHANCE; seed++) {
        AUTO(text_release) struct text text = TEXT_INIT;
        const char *variant = variants[seed % 3];
        struct zoo_case c = { .width = 9 + seed * 7 % 24, .height = 9 + seed * 5 % 24 };
        char name[32];
        (void) snprintf(name, sizeof(name), "network %u", seed);
        random_network(&text, c.width, c.height, seed);
        c.name = name;
        c.layers = text.bytes;
        run_case(engine_is_there(variant) ? variant : "fast", &c);
    }
}

#define MODELS SHARED_DIR "/models/"

static const struct {
    const char *path; /* without its ending */
    uint32_t width, height;
} models[] = {
    { MODELS "yolo-fastest-1.1_body/yolo-fastest-1.1_body", 0, 0 },
    { MODELS "yolo-fastest-1.1_body/yolo-fastest-1.1_body", 416, 320 },
    { MODELS "yolo-fastest-1.1_coco/yolo-fastest-1.1", 0, 0 },
    { MODELS "yolo-fastest-1.1-xl_coco/yolo-fastest-1.1-xl", 0, 0 },
    { MODELS "head-scut-yolofastest/head", 640, 384 },
    { MODELS "mnv2-yolov3-nano_coco/MobileNetV2-YOLOv3-Nano-coco", 0, 0 },
    { MODELS "mnv2-yolo-fastest-v2_voc/MobileNetV2-YOLO-Fastest-voc-v2", 0, 0 },
    { MODELS "people-r-people_CFG-ONLY/people-r-people", 0, 0 }, /* weights by chance */
};

/* Where the engine can run the network at all. */
static void assert_agrees(const struct bench_net *net, const float *fast, const char *other,
                          const char *path)
{
    struct engine engine;
    struct error err = { "" };
    double mean_iou, score_difference;
    size_t count, boxes;
    int r = engine_is_there(other) ? engine_of(other, net, &engine, &err) : -ENOTSUP;
    if (r == -ENOTSUP) {
        print_message("%s cannot: %s\n", other, err.text);
        return;
    }
    assert_int_equal(r, 0);
    float *heads = engine_run(&engine, net, &count);
    compare_boxes(net, fast, heads, &mean_iou, &score_difference, &boxes);
    print_message("%s %dx%d, fast and %s: %zu boxes, mean IoU %.6f, largest score difference "
                  "%.2g\n",
                  strrchr(path, '/') + 1, net->cfg->width, net->cfg->height, other, boxes, mean_iou,
                  score_difference);
    assert_true(mean_iou >= 0.999); /* what the project promises */
    assert_true(score_difference <= 1e-3);
    free(heads);
    engine.methods->destroy(engine.state);
}

static void the_fast_engine_agrees_with_the_others_on_real_models(void **state)
{
    (void) state;
    if (!engine_is_there("fast") || access(MODELS "README.md", R_OK) < 0)
        skip();
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        char cfg[512], weights[512];
        size_t count;
        struct engine engine;
        struct error err = { "" };
        (void) snprintf(cfg, sizeof(cfg), "%s.cfg", models[i].path);
        (void) snprintf(weights, sizeof(weights), "%s.weights", models[i].path);
        struct bench_net net = net_of_files(cfg, access(weights, R_OK) == 0 ? weights : NULL,
                                            models[i].width, models[i].height);
        if (engine_of("fast", &net, &engine, &err) < 0)
            fail_msg("%s", err.text);
        float *heads = engine_run(&engine, &net, &count);
        assert_agrees(&net, heads, "opencv", models[i].path);
        assert_agrees(&net, heads, "darknet", models[i].path);
        free(heads);
        engine.methods->destroy(engine.state);
        net_release(&net);
    }
}

/* OpenCV 4.6 reads these without a word and computes something else. */
static void what_opencv_would_compute_otherwise_is_refused_by_line(void **state)
{
    (void) state;
    static const char *const cases[][2] = {
        { "[convolutional]\nfilters=6\nactivation=relu6\n" HEAD, "test.cfg:5: the opencv engine "
                                                                 "does not know relu6" },
        { "[convolutional]\nfilters=6\nactivation=relu\n[upsample]\nscale=2\n" HEAD,
          ":8: the opencv engine does not know [upsample] with a scale" },
        { "[convolutional]\nfilters=6\nactivation=relu\n[dropout]\n[shortcut]\nfrom=0,1\n" HEAD,
          ":9: the opencv engine does not know [shortcut] from several layers" },
    };
    if (!engine_is_there("opencv"))
        skip();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench_net net = net_of_text(cases[i][0], 32, 32, 1);
        struct engine engine;
        struct error err = { "" };
        assert_int_equal(engine_of("opencv", &net, &engine, &err), -ENOTSUP);
        if (!strstr(err.text, cases[i][1]) || !strstr(err.text, "use engine \"fast\""))
            fail_msg("%s", err.text);
        net_release(&net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fast_engine_computes_every_layer_as_defined),
        cmocka_unit_test(the_fast_engine_computes_networks_by_chance_as_defined),
        cmocka_unit_test(what_opencv_would_compute_otherwise_is_refused_by_line),
        cmocka_unit_test(the_fast_engine_agrees_with_the_others_on_real_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
