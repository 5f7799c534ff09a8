/*
 * test_darknet_cfg.c - networks understood, or refused by name and line
 *
 * Shapes and parameters are worked by hand; those of the real models are the sizes of their
 * published .weights files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "detector/darknet_cfg.h"
#include "testing.h"

#define NET "[net]\nwidth=64\nheight=32\nchannels=3\n"
#define HEAD                                                                            \
    "[convolutional]\nfilters=6\nsize=1\nactivation=linear\n[yolo]\nclasses=1\nnum=1\n" \
    "anchors=8,16\n"

static int parse(const char *text, uint32_t width, uint32_t height, struct darknet_cfg **ret_cfg,
                 struct error *err)
{
    return darknet_cfg_parse(text, strlen(text), "test.cfg", width, height, ret_cfg, err);
}

static struct darknet_cfg *understood(const char *text)
{
    struct darknet_cfg *cfg = NULL;
    struct error err = { "" };
    if (parse(text, 0, 0, &cfg, &err) < 0)
        fail_msg("%s", err.text);
    return cfg;
}

/* The text is refused with a sentence that has these words. */
static void refused(const char *text, const char *words)
{
    struct darknet_cfg *cfg = NULL;
    struct error err = { "" };
    assert_int_equal(parse(text, 0, 0, &cfg, &err), -EINVAL);
    assert_null(cfg);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void assert_shape(struct darknet_shape is, int width, int height, int channels)
{
    assert_int_equal(is.width, width);
    assert_int_equal(is.height, height);
    assert_int_equal(is.channels, channels);
}

static void shapes_follow_from_the_layers(void **state)
{
    (void) state;
    struct darknet_cfg *cfg =
        understood(NET "[convolutional]\nfilters=8\nsize=3\nstride=2\npad=1\nactivation=leaky\n"
                       "[maxpool]\nsize=2\nstride=2\n"
                       "[maxpool]\nsize=3\nstride=1\n"
                       "[route]\nlayers=-1,-2\n"
                       "[upsample]\nstride=2\n"
                       "[shortcut]\nfrom=4\nactivation=linear\n" HEAD);
    assert_shape(cfg->layers[0].out, 32, 16, 8);  /* (64 + 2 - 3) / 2 + 1 */
    assert_shape(cfg->layers[1].out, 16, 8, 8);   /* (32 + 1 - 2) / 2 + 1 */
    assert_shape(cfg->layers[2].out, 16, 8, 8);   /* (16 + 2 - 3) / 1 + 1 */
    assert_shape(cfg->layers[3].out, 16, 8, 16);  /* 8 + 8 */
    assert_shape(cfg->layers[4].out, 32, 16, 16); /* doubled */
    assert_shape(cfg->layers[5].out, 32, 16, 16);
    assert_int_equal(cfg->layers[3].from[0], 2);
    assert_int_equal(cfg->layers[3].from[1], 1);
    assert_int_equal(cfg->heads, 1);
    darknet_cfg_destroy(&cfg);
}

static void parameters_count_bias_normalisation_and_groups(void **state)
{
    (void) state;
    struct darknet_cfg *cfg =
        understood(NET "[convolutional]\nfilters=8\nsize=3\nbatch_normalize=1\nactivation=leaky\n"
                       "[convolutional]\nfilters=8\nsize=3\ngroups=4\nactivation=leaky\n" HEAD);
    /* 8*3*9 + 4*8 = 248; 8*(8/4)*9 + 8 = 152; 6*8 + 6 = 54 */
    assert_int_equal(cfg->parameters, 248 + 152 + 54);
    darknet_cfg_destroy(&cfg);
}

static void the_mask_picks_anchors(void **state)
{
    (void) state;
    struct darknet_cfg *cfg = understood(
        NET "[convolutional]\nfilters=14\nactivation=linear\n"
            "[yolo]\nmask = 2,0\nclasses=2\nnum=3\nanchors = 1,2,  3,4,  5.5,6\nscale_x_y=1.05\n"
            "jitter=.3\n");
    const struct darknet_yolo *yolo = &cfg->layers[1].yolo;
    assert_int_equal(yolo->anchor_count, 2);
    assert_true(yolo->anchors[0][0] == 5.5 && yolo->anchors[0][1] == 6);
    assert_true(yolo->anchors[1][0] == 1 && yolo->anchors[1][1] == 2);
    assert_true(yolo->scale_xy == 1.05);
    darknet_cfg_destroy(&cfg);
}

static void the_caller_may_choose_the_size(void **state)
{
    (void) state;
    struct darknet_cfg *cfg = NULL;
    struct error err = { "" };
    assert_int_equal(parse(NET HEAD, 416, 320, &cfg, &err), 0);
    assert_int_equal(cfg->width, 416);
    assert_shape(cfg->layers[1].out, 416, 320, 6);
    darknet_cfg_destroy(&cfg);
    assert_int_equal(parse(NET HEAD, 400, 320, &cfg, &err), -EINVAL);
    assert_non_null(strstr(err.text, "400x320"));
    assert_int_equal(parse(NET HEAD, 416, 0, &cfg, &err), -EINVAL);
    assert_int_equal(parse(NET HEAD, 32 * 1024, 32, &cfg, &err), -EINVAL);
}

static void comments_and_white_space_mean_nothing(void **state)
{
    (void) state;
    struct darknet_cfg *cfg =
        understood("# first\r\n[net] ; net\r\n width = 64 # px\r\n\theight=32\r\n"
                   "\n" HEAD);
    assert_int_equal(cfg->width, 64);
    assert_int_equal(cfg->layers[0].line, 6);
    darknet_cfg_destroy(&cfg);
}

static void what_is_unknown_is_named_with_its_line(void **state)
{
    (void) state;
    refused(NET "[lstm]\n" HEAD, "test.cfg:5: layer [lstm]");
    refused(NET "[convolutional]\nfilters=6\nactivation=linear\nfliters=7\n",
            "test.cfg:8: [convolutional] has an unknown key \"fliters\"");
    refused(NET "colour=1\n" HEAD, "test.cfg:5: [net] has an unknown key \"colour\"");
    refused(NET "[convolutional]\nactivation=snake\n", "test.cfg:6: [convolutional] activation");
    refused(NET "[convolutional]\nfilters=6\n" HEAD, "has no activation");
    refused(NET "[convolutional]\nxnor=1\nactivation=linear\n", "\"xnor=1\" is not supported");
}

static void what_does_not_fit_is_refused(void **state)
{
    (void) state;
    refused(NET "[convolutional]\nfilters=7\nactivation=linear\n[yolo]\nclasses=1\nanchors=1,2\n",
            "needs filters=6 before it, not 7");
    refused(NET "[route]\nlayers=-1\n" HEAD, "takes its input from layer -1");
    refused(NET "[convolutional]\nfilters=6\nsize=65\nactivation=linear\n", "from 1 to 64");
    refused(NET "[convolutional]\nfilters=6\nsize=40\nactivation=linear\n", "window of 40 px");
    refused(NET "[convolutional]\nfilters=6\ngroups=2\nactivation=linear\n", "into 2 groups");
    refused(NET "[maxpool]\nsize=2\nstride=2\n[convolutional]\nfilters=4\nactivation=linear\n"
                "[shortcut]\nfrom=-2\n" HEAD,
            "shapes must be equal");
    refused(NET "[convolutional]\nfilters=6\nactivation=linear\n[maxpool]\nsize=2\nstride=2\n"
                "[route]\nlayers=0,1\n" HEAD,
            "sizes must be equal");
    refused(NET HEAD HEAD, "takes its input from the [yolo] of line 9");
    refused(NET "[yolo]\nclasses=1\nanchors=1,2\nnum=1\n", "first layer");
    refused(NET "[dropout]\n" HEAD, "first layer");
    refused(NET "[maxpool]\nsize=2\nstride=2\n", "no [yolo]");
    refused(NET "[convolutional]\nfilters=6\nactivation=linear\n[yolo]\nclasses=1\nnum=1\n"
                "anchors=8\n",
            "1 numbers in \"anchors\"");
    refused(NET "[convolutional]\nfilters=6\nactivation=linear\n[yolo]\nclasses=1\nnum=1\nmask=1\n"
                "anchors=8,16\n",
            "masks anchor 1");
    refused("[net]\nwidth=64\n" HEAD, "needs \"width=\" and \"height=\"");
    refused("[net]\nwidth=64\nheight=32\nchannels=1\n" HEAD, "channels=1");
}

static void what_is_no_cfg_is_refused(void **state)
{
    (void) state;
    struct darknet_cfg *cfg = NULL;
    struct error err = { "" };
    refused("", "not a Darknet .cfg");
    refused("hello\n", "test.cfg:1:");
    refused("width=3\n[net]\n", "before the first [section]");
    refused("[net\n", "is not a section");
    refused("[convolutional]\n", "must be [net]");
    refused(NET "width=1\n" HEAD, "test.cfg:5: \"width\" was already given in line 2");
    refused("[net]\nwidth=a\n", "test.cfg:2: \"width=a\" is not a list of numbers");
    refused("[net]\nwidth=1.5\n", "whole numbers");
    refused("[net]\nwidth=nan\n", "not a list of numbers");
    assert_int_equal(darknet_cfg_parse("[net]\0", 6, "zero.cfg", 0, 0, &cfg, &err), -EINVAL);
    assert_int_equal(darknet_cfg_load("/dev/null", 0, 0, &cfg, &err), -EINVAL);
    assert_int_equal(darknet_cfg_load("/nonexistent.cfg", 0, 0, &cfg, &err), -ENOENT);
}

static void a_network_too_large_is_refused(void **state)
{
    (void) state;
    const char *text = "[net]\nwidth=4096\nheight=4096\n[convolutional]\nfilters=65536\n"
                       "activation=linear\n" HEAD;
    refused(text, "too large");
    refused(NET "[convolutional]\nfilters=65536\nactivation=linear\n[maxpool]\nstride=32\n"
                "[convolutional]\nfilters=65536\nactivation=linear\n" HEAD,
            "parameters");
}

/* What engines get says the same as what was read. */
static void the_written_text_is_the_same_network(void **state)
{
    (void) state;
    struct darknet_cfg *cfg = understood(
        NET "policy=steps\n[convolutional]\nfilters=8\nsize=3\nstride=2\npad=1\n"
            "batch_normalize=1\nactivation=leaky\n[dropout]\nprobability=.2\n[maxpool]\nsize=3\n"
            "stride=1\n[route]\nlayers=-1\ngroups=2\ngroup_id=1\n[avgpool]\n[route]\nlayers=-2\n"
            "[upsample]\n" HEAD);
    struct text text = TEXT_INIT;
    darknet_cfg_write(cfg, &text);
    assert_null(strstr(text.bytes, "[yolo]"));
    /* Give it back a head, so that it may be read again. */
    text_append(&text, "[yolo]\nclasses=1\nnum=1\nanchors=8,16\n");
    struct darknet_cfg *again = understood(text.bytes);
    assert_int_equal(again->layer_count, cfg->layer_count + 1);
    assert_int_equal(again->parameters, cfg->parameters);
    for (int i = 0; i < cfg->layer_count; i++)
        assert_memory_equal(&again->layers[i].out, &cfg->layers[i].out, sizeof(cfg->layers[i].out));
    text_release(&text);
    darknet_cfg_destroy(&again);
    darknet_cfg_destroy(&cfg);
}

#define MODELS SHARED_DIR "/models/"

/* Header of 20 bytes, then floats: the size tells the number of parameters. */
static void real_models_have_the_parameters_of_their_files(void **state)
{
    (void) state;
    static const char *const models[] = {
        "yolo-fastest-1.1_body/yolo-fastest-1.1_body",
        "yolo-fastest-1.1_coco/yolo-fastest-1.1",
        "yolo-fastest-1.1-xl_coco/yolo-fastest-1.1-xl",
        "mnv2-yolov3-nano_coco/MobileNetV2-YOLOv3-Nano-coco",
        "mnv2-yolo-fastest-v2_voc/MobileNetV2-YOLO-Fastest-voc-v2",
    };
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        char path[4096];
        struct stat status;
        struct darknet_cfg *cfg = NULL;
        struct error err = { "" };
        (void) snprintf(path, sizeof(path), MODELS "%s.weights", models[i]);
        if (stat(path, &status) < 0)
            skip();
        (void) snprintf(path, sizeof(path), MODELS "%s.cfg", models[i]);
        if (darknet_cfg_load(path, 0, 0, &cfg, &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(20 + 4 * cfg->parameters, status.st_size);
        darknet_cfg_destroy(&cfg);
    }
}

static void a_yolov4_tiny_with_groups_is_understood(void **state)
{
    (void) state;
    struct darknet_cfg *cfg = NULL;
    struct error err = { "" };
    const char *path = MODELS "people-r-people_CFG-ONLY/people-r-people.cfg";
    struct stat status;
    if (stat(path, &status) < 0)
        skip();
    if (darknet_cfg_load(path, 0, 0, &cfg, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(cfg->classes, 2);
    assert_int_equal(cfg->heads, 2);
    darknet_cfg_destroy(&cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_follow_from_the_layers),
        cmocka_unit_test(parameters_count_bias_normalisation_and_groups),
        cmocka_unit_test(the_mask_picks_anchors),
        cmocka_unit_test(the_caller_may_choose_the_size),
        cmocka_unit_test(comments_and_white_space_mean_nothing),
        cmocka_unit_test(what_is_unknown_is_named_with_its_line),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(what_is_no_cfg_is_refused),
        cmocka_unit_test(a_network_too_large_is_refused),
        cmocka_unit_test(the_written_text_is_the_same_network),
        cmocka_unit_test(real_models_have_the_parameters_of_their_files),
        cmocka_unit_test(a_yolov4_tiny_with_groups_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
