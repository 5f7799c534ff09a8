/*
 * test_detector.c - the whole way from a picture to boxes, through every engine that is built in
 *
 * The models are written here, so that nothing has to be fetched. The first one's boxes are worked
 * out by hand: it sees red. One convolution of 2 x 2 px steps over 32 x 32 px, so cells are 2 px;
 * its six filters are x, y, w, h, objectness and class of the anchor of 4 x 6 px. All weights are 0
 * but objectness's for red, so that everything but objectness is the bias:
 *   x = 0        -> logistic 1/2, the middle of the cell
 *   y = ln 3     -> logistic 3/4 down the cell
 *   w = ln 2     -> 2 * 4 px; h = 0 -> 6 px
 *   objectness = red (0..1) * (20 + ln 3) - 20: logistic 3/4 for a red cell, nothing elsewhere
 *   class = ln 4 -> logistic 4/5
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "detector_fixture.h"
#include "near.h"
#include "testing.h"

#define LN2 0.69314718056f
#define LN3 1.09861228867f
#define LN4 1.38629436112f

/* Darknet and OpenCV add their epsilons at different places of the batch normalisation. */
#define AGREE_IOU   0.999
#define AGREE_SCORE 1e-3

static const char red_cfg[] = "[net]\nwidth=32\nheight=32\nchannels=3\n"
                              "[convolutional]\nfilters=6\nsize=2\nstride=2\nactivation=linear\n"
                              "[yolo]\nclasses=1\nnum=1\nanchors=4,6\n";

static struct model red_model(void)
{
    /* 6 biases, then 6 filters of 3 colours x 2 x 2. */
    float parameters[6 + 6 * 12] = { 0, LN3, LN2, 0, -20, LN4 };
    for (int i = 0; i < 4; i++)
        parameters[6 + 4 * 12 + i] = (20 + LN3) / 4;
    return model_create(red_cfg, parameters, 6 + 6 * 12, "person\n");
}

/* Black but for a red square. */
static struct image *red_square(uint32_t edge, uint32_t left, uint32_t top, uint32_t size)
{
    struct image *picture;
    assert_int_equal(image_create(edge, edge, IMAGE_RGB8, &picture), 0);
    for (uint32_t y = top; y < top + size; y++) {
        for (uint32_t x = left; x < left + size; x++)
            image_at(picture, x, y)[0] = 255;
    }
    return picture;
}

static bool built_in(const char *engine)
{
    return strstr(detector_engines(), engine);
}

static const char *const network_engines[] = { "fast", "darknet", "opencv" };
#define NETWORK_ENGINES (sizeof(network_engines) / sizeof(network_engines[0]))

/* Cell column 5, row 2: centre ((5 + 1/2) * 2, (2 + 3/4) * 2) = (11, 5.5) px. */
static void each_engine_finds_what_was_worked_out_by_hand(void **state)
{
    (void) state;
    struct model model = red_model();
    struct image *picture = red_square(32, 10, 4, 2);
    for (size_t i = 0; i < NETWORK_ENGINES; i++) {
        if (!built_in(network_engines[i]))
            continue;
        struct detector_options options = {
            .networks = { { .engine = network_engines[i], .model = model.cfg, .threshold = 0.5 } },
            .network_count = 1,
            .nms_iou = 0.5
        };
        struct detector *detector = detector_of(&options);
        struct detections found = find(detector, picture);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.items[0].object_class, DETECTION_PERSON);
        assert_near((double) found.items[0].score, 0.75 * 0.8, 1e-5);
        assert_near(found.items[0].box.left, 11 - 4, 1e-4);
        assert_near(found.items[0].box.right, 11 + 4, 1e-4);
        assert_near(found.items[0].box.top, 5.5 - 3, 1e-4);
        assert_near(found.items[0].box.bottom, 5.5 + 3, 1e-4);
        free(found.items);
        detector_destroy(&detector);
    }
    image_unref(&picture);
    model_destroy(&model);
}

/* The same square in a picture three times as large, found again after another one. */
static void boxes_are_in_pixels_of_the_picture(void **state)
{
    (void) state;
    struct model model = red_model();
    struct image *small = red_square(32, 20, 20, 2), *large = red_square(96, 30, 12, 6);
    struct detector_options options = { .networks = { { .model = model.cfg, .threshold = 0.5 } },
                                        .network_count = 1,
                                        .nms_iou = 0.5 };
    struct detector *detector = detector_of(&options);
    free(find(detector, small).items);
    struct detections found = find(detector, large);
    assert_int_equal(found.count, 1);
    assert_near(found.items[0].box.left, 3 * 7, 1e-3);
    assert_near(found.items[0].box.bottom, 3 * 8.5, 1e-3);
    struct detector_info info = detector_info(detector);
    assert_string_equal(info.model_id, "model");
    assert_int_equal(info.width, 32);
    free(found.items);
    detector_destroy(&detector);
    image_unref(&small);
    image_unref(&large);
    model_destroy(&model);
}

/* Anchors are in px of the network, so a larger network gives smaller boxes. */
static void the_network_size_may_be_chosen(void **state)
{
    (void) state;
    struct model model = red_model();
    struct image *picture = red_square(32, 10, 4, 4); /* large enough to stay red inside */
    for (size_t i = 0; i < NETWORK_ENGINES; i++) {
        if (!built_in(network_engines[i]))
            continue;
        struct detector_options options = { .networks = { { .engine = network_engines[i],
                                                            .model = model.cfg,
                                                            .width = 64,
                                                            .height = 96,
                                                            .threshold = 0.2 } },
                                            .network_count = 1,
                                            .nms_iou = 0 };
        struct detector *detector = detector_of(&options);
        struct detections found = find(detector, picture);
        assert_int_equal(detector_info(detector).width, 64);
        assert_int_equal(detector_info(detector).height, 96);
        assert_true(found.count > 0);
        for (size_t k = 0; k < found.count; k++) {
            struct box_px b = found.items[k].box;
            assert_near(b.right - b.left, 8 / 2.0, 1e-4); /* 64 px are 32 */
            assert_near(b.bottom - b.top, 6 / 3.0, 1e-4); /* 96 px are 32 */
        }
        free(found.items);
        detector_destroy(&detector);
    }
    image_unref(&picture);
    model_destroy(&model);
}

/*
 * A spot of 2 x 2 px fills one cell of a tile of 32 x 32 px, and a quarter of one of the whole
 * picture of 96 x 96 px, which is too little. In the tile at (32, 32) it is where the first test
 * has it.
 */
static void tiles_find_what_is_small(void **state)
{
    (void) state;
    struct model model = red_model();
    struct image *picture = red_square(96, 42, 36, 2);
    struct detector_options options = { .networks = { { .model = model.cfg, .threshold = 0.5 } },
                                        .network_count = 1,
                                        .nms_iou = 0.5 };
    struct detector *detector = detector_of(&options);
    struct detections found = find(detector, picture);
    assert_int_equal(found.count, 0);
    free(found.items);
    detector_destroy(&detector);
    options.tiles_x = options.tiles_y = 3;
    detector = detector_of(&options);
    found = find(detector, picture);
    assert_int_equal(found.count, 1);
    assert_near(found.items[0].box.left, 32 + 7, 1e-4);
    assert_near(found.items[0].box.right, 32 + 15, 1e-4);
    assert_near(found.items[0].box.top, 32 + 2.5, 1e-4);
    assert_near(found.items[0].box.bottom, 32 + 8.5, 1e-4);
    free(found.items);
    detector_destroy(&detector);
    image_unref(&picture);
    model_destroy(&model);
}

/* The same network once for people and once for heads: each red cell is both. */
static void two_networks_look_at_one_picture(void **state)
{
    (void) state;
    struct model people = red_model(), heads = red_model();
    FILE *names = fopen(heads.names, "w");
    assert_non_null(names);
    (void) fputs("head\n", names);
    assert_int_equal(fclose(names), 0);
    struct image *picture = red_square(32, 10, 4, 2);
    struct detector_options options = { .networks = { { .model = people.cfg, .threshold = 0.5 },
                                                      { .model = heads.cfg, .threshold = 0.5 } },
                                        .network_count = 2,
                                        .nms_iou = 0.5 };
    struct detector *detector = detector_of(&options);
    struct detections found = find(detector, picture);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0].object_class, DETECTION_PERSON);
    assert_int_equal(found.items[1].object_class, DETECTION_HEAD);
    assert_int_equal(found.items[1].body, DETECTION_ALONE); /* as large as the body */
    free(found.items);
    detector_destroy(&detector);
    image_unref(&picture);
    model_destroy(&people);
    model_destroy(&heads);
}

/* Every kind of layer that both engines have, in the forms that YOLO networks use. */
static const char zoo_cfg[] =
    "[net]\nwidth=64\nheight=32\nchannels=3\n"
    "[convolutional]\nfilters=8\nsize=3\nstride=2\npad=1\nbatch_normalize=1\nactivation=leaky\n"
    "[convolutional]\nfilters=8\nsize=3\ngroups=8\npad=1\nbatch_normalize=1\nactivation=relu\n"
    "[convolutional]\nfilters=8\nsize=1\nactivation=logistic\n"
    "[dropout]\nprobability=.5\n"
    "[shortcut]\nfrom=-3\nactivation=leaky\n"
    "[maxpool]\nsize=2\nstride=2\n"
    "[maxpool]\nsize=2\nstride=1\n"
    "[maxpool]\nsize=5\nstride=1\n"
    "[route]\nlayers=-1,-2,5\n"
    "[convolutional]\nfilters=12\nsize=5\ngroups=4\npadding=2\nactivation=tanh\n"
    "[convolutional]\nfilters=14\nsize=1\nactivation=linear\n"
    "[yolo]\nmask=1,2\nclasses=2\nnum=3\nanchors=5,9, 12,20, 30,28\nscale_x_y=1.1\n"
    "[route]\nlayers=-3\n"
    "[upsample]\nstride=2\n"
    "[route]\nlayers=-1,4\n"
    "[convolutional]\nfilters=7\nsize=3\npad=1\nactivation=linear\n"
    "[yolo]\nmask=0\nclasses=2\nnum=3\nanchors=5,9, 12,20, 30,28\n";
/* conv 1: 8*27+4*8 = 248; 2: 8*9+4*8 = 104; 3: 8*8+8 = 72; 4: 12*6*25+12 = 1812; 5: 14*12+14 = 182;
 * 6: 7*(12+8)*9+7 = 1267 */
#define ZOO_PARAMETERS (248 + 104 + 72 + 1812 + 182 + 1267)

static struct model zoo_model(void)
{
    float parameters[ZOO_PARAMETERS];
    uint32_t seed = 7;
    for (int i = 0; i < ZOO_PARAMETERS; i++)
        parameters[i] = next_random(&seed) - 0.5f;
    for (int i = 0; i < 8; i++) { /* variances, behind biases, scales and means of 1 and 2 */
        parameters[24 + i] = 0.5f + next_random(&seed);
        parameters[248 + 24 + i] = 0.5f + next_random(&seed);
    }
    return model_create(zoo_cfg, parameters, ZOO_PARAMETERS, "head\nperson\n");
}

static struct image *noise(uint32_t width, uint32_t height)
{
    struct image *picture;
    uint32_t seed = 11;
    assert_int_equal(image_create(width, height, IMAGE_RGB8, &picture), 0);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t i = 0; i < 3 * width; i++)
            image_at(picture, 0, y)[i] = (uint8_t) (256 * next_random(&seed));
    }
    return picture;
}

/* Compare two engines on one picture, box by box. */
static void assert_two_agree(struct detector_options options, const char *const names[2],
                             const struct image *picture, size_t count)
{
    struct detections found[2];
    double mean_iou, score_difference;
    for (int i = 0; i < 2; i++) {
        options.networks[0].engine = names[i];
        struct detector *detector = detector_of(&options);
        found[i] = find(detector, picture);
        detector_destroy(&detector);
    }
    assert_int_equal(found[0].count, count);
    assert_int_equal(found[1].count, count);
    compare_detections(found[0], found[1], &mean_iou, &score_difference);
    print_message("%zu boxes, mean IoU %.6f, largest score difference %.2g\n", found[0].count,
                  mean_iou, score_difference);
    assert_true(mean_iou >= AGREE_IOU);
    assert_true(score_difference <= AGREE_SCORE);
    free(found[0].items);
    free(found[1].items);
}

/* The first that is built in with each of the others. */
static void assert_engines_agree(struct detector_options options, const struct image *picture,
                                 size_t count)
{
    const char *names[2] = { NULL, NULL };
    for (size_t i = 0; i < NETWORK_ENGINES; i++) {
        if (!built_in(network_engines[i]))
            continue;
        names[names[0] ? 1 : 0] = network_engines[i];
        if (names[1])
            assert_two_agree(options, names, picture, count);
    }
}

/*
 * With threshold 0 and nothing suppressed every anchor of every cell is a box of each class:
 * 2 anchors of 16 x 8 cells and 1 of 32 x 16, 2 classes each.
 */
static void engines_agree_on_every_kind_of_layer(void **state)
{
    (void) state;
    struct model model = zoo_model();
    struct image *picture = noise(64, 32);
    struct detector_options options = { .networks = { { .model = model.cfg, .threshold = 0 } },
                                        .network_count = 1,
                                        .nms_iou = 1 };
    assert_engines_agree(options, picture, 1536);
    image_unref(&picture);
    model_destroy(&model);
}

/* Structure at all scales, so that every layer has something to see. */
static struct image *pattern(void)
{
    struct image *picture;
    assert_int_equal(image_create(640, 360, IMAGE_RGB8, &picture), 0);
    for (uint32_t y = 0; y < 360; y++) {
        for (uint32_t x = 0; x < 640; x++) {
            uint8_t *px = image_at(picture, x, y);
            px[0] = (uint8_t) (128 + 127 * sin(x * y / 3000.0));
            px[1] = (uint8_t) (128 + 127 * cos(x * x / 4000.0 + y / 9.0));
            px[2] = (uint8_t) ((x / 20 + y / 45) % 2 * 200);
        }
    }
    return picture;
}

/* All 3 * (10*10 + 20*20) anchors, and 3 * (13*8 + 26*16) in another shape. */
static void engines_agree_on_a_real_model(void **state)
{
    (void) state;
    if (access(MODEL_WITH_BODY, R_OK) < 0)
        skip();
    struct image *picture = pattern();
    struct detector_options options = { .networks = { { .model = MODEL_WITH_BODY,
                                                        .threshold = 0 } },
                                        .network_count = 1,
                                        .nms_iou = 1 };
    assert_engines_agree(options, picture, 1500);
    options.networks[0].width = 416;
    options.networks[0].height = 256;
    assert_engines_agree(options, picture, 1560);
    image_unref(&picture);
}

static int create_code(const struct detector_options *options, const char *words)
{
    struct detector *detector = NULL;
    struct error err = { "" };
    int r = detector_create(options, &detector, &err);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_null(detector);
    return r;
}

static void layers_darknet_lacks_are_refused_by_line(void **state)
{
    (void) state;
    if (!built_in("darknet"))
        skip();
    static const struct {
        const char *layers, *words;
        size_t parameters;
    } cases[] = {
        { "[convolutional]\nfilters=6\nactivation=mish\n",
          ":5: the darknet engine does not know mish", 24 + 6 * 6 + 6 },
        { "[maxpool]\nstride=1\n[route]\nlayers=-1\ngroups=3\ngroup_id=1\n", ":7: ", 6 + 6 },
        { "[convolutional]\nfilters=3\nstride=2\nactivation=linear\n", "size=1", 12 + 24 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char cfg[1024];
        float parameters[128] = { 0 };
        (void) snprintf(cfg, sizeof(cfg),
                        "[net]\nwidth=32\nheight=32\nchannels=3\n%s"
                        "[convolutional]\nfilters=6\nactivation=linear\n"
                        "[yolo]\nclasses=1\nnum=1\nanchors=4,6\n",
                        cases[i].layers);
        struct model model = model_create(cfg, parameters, cases[i].parameters, "person\n");
        struct detector_options options = {
            .networks = { { .engine = "darknet", .model = model.cfg } }, .network_count = 1
        };
        assert_int_equal(create_code(&options, cases[i].words), -ENOTSUP);
        model_destroy(&model);
    }
}

static void wrong_options_are_one_sentence(void **state)
{
    (void) state;
    struct model model = red_model();
    struct detector_options options = { .networks = { { .model = model.cfg, .threshold = 1.5 } },
                                        .network_count = 1 };
    assert_int_equal(create_code(&options, "threshold 1.5"), -EINVAL);
    options = (struct detector_options){ .networks = { { .model = model.cfg, .threshold = NAN } },
                                         .network_count = 1 };
    assert_int_equal(create_code(&options, "threshold"), -EINVAL);
    options = (struct detector_options){ .networks = { { .model = model.cfg } },
                                         .network_count = 1,
                                         .nms_iou = -1 };
    assert_int_equal(create_code(&options, "nms_iou"), -EINVAL);
    options = (struct detector_options){ .networks = { { .model = model.cfg, .engine = "warp" } },
                                         .network_count = 1 };
    assert_int_equal(create_code(&options, "no detector engine \"warp\""), -EINVAL);
    options = (struct detector_options){
        .networks = { { .model = model.cfg, .width = 100, .height = 100 } }, .network_count = 1
    };
    assert_int_equal(create_code(&options, "100x100"), -EINVAL);
    options =
        (struct detector_options){ .networks = { { .engine = "opencv" } }, .network_count = 1 };
    assert_int_equal(create_code(&options, "needs a model"), -EINVAL);
    options = (struct detector_options){ .networks = { { .model = "/nonexistent/x.cfg" } },
                                         .network_count = 1 };
    assert_int_equal(create_code(&options, "/nonexistent/x.cfg"), -ENOENT);
    options =
        (struct detector_options){ .networks = { { .model = model.cfg, .weights = "/dev/null" } },
                                   .network_count = 1 };
    assert_int_equal(create_code(&options, "/dev/null"), -EINVAL);
    options =
        (struct detector_options){ .networks = { { .model = model.cfg, .weights = model.names } },
                                   .network_count = 1 };
    assert_int_equal(create_code(&options, "not a Darknet .weights"), -EINVAL);
    options = (struct detector_options){ .networks = { { .model = model.cfg, .sha256 = "ab" } },
                                         .network_count = 1 };
    assert_int_equal(create_code(&options, "SHA-256"), -EINVAL);
    options =
        (struct detector_options){ .networks = { { .model = model.weights } }, .network_count = 1 };
    assert_int_equal(create_code(&options, "not a text"), -EINVAL);
    assert_int_equal(truncate(model.weights, 100), 0);
    options =
        (struct detector_options){ .networks = { { .model = model.cfg } }, .network_count = 1 };
    assert_int_equal(create_code(&options, "truncated"), -EINVAL);
    assert_int_equal(unlink(model.names), 0);
    assert_int_equal(create_code(&options, "no .names file"), -ENOENT);
    model_destroy(&model);
}

static void only_rgb_pictures_are_looked_at(void **state)
{
    (void) state;
    struct model model = red_model();
    struct detector_options options = { .networks = { { .model = model.cfg } },
                                        .network_count = 1 };
    struct detector *detector = detector_of(&options);
    struct detections found;
    struct image *rgba;
    assert_int_equal(image_create(32, 32, IMAGE_RGBA8, &rgba), 0);
    assert_int_equal(detector_detect(detector, rgba, &found), -EINVAL);
    image_unref(&rgba);
    detector_destroy(&detector);
    model_destroy(&model);
}

static void hog_needs_no_model_and_sees_nobody_in_the_dark(void **state)
{
    (void) state;
    if (!built_in("hog"))
        skip();
    struct detector_options options = { .networks = { { .threshold = 0.3 } },
                                        .network_count = 1,
                                        .nms_iou = 0.45 };
    struct detector *detector = detector_of(&options);
    assert_string_equal(detector_info(detector).engine, "hog");
    assert_string_equal(detector_info(detector).model_id, "hog");
    const uint32_t sizes[][2] = { { 320, 240 }, { 1, 1 }, { 3, 400 }, { 400, 3 } };
    for (size_t i = 0; i < 4; i++) {
        struct image *dark;
        assert_int_equal(image_create(sizes[i][0], sizes[i][1], IMAGE_RGB8, &dark), 0);
        struct detections found = find(detector, dark);
        assert_int_equal(found.count, 0);
        free(found.items);
        image_unref(&dark);
    }
    detector_destroy(&detector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_engine_finds_what_was_worked_out_by_hand),
        cmocka_unit_test(boxes_are_in_pixels_of_the_picture),
        cmocka_unit_test(the_network_size_may_be_chosen),
        cmocka_unit_test(tiles_find_what_is_small),
        cmocka_unit_test(two_networks_look_at_one_picture),
        cmocka_unit_test(engines_agree_on_every_kind_of_layer),
        cmocka_unit_test(engines_agree_on_a_real_model),
        cmocka_unit_test(layers_darknet_lacks_are_refused_by_line),
        cmocka_unit_test(wrong_options_are_one_sentence),
        cmocka_unit_test(only_rgb_pictures_are_looked_at),
        cmocka_unit_test(hog_needs_no_model_and_sees_nobody_in_the_dark),
    };
    if (!*detector_engines())
        return 77; /* built without any engine: skipped */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
