/*
 * test_weights.c - .weights files that fit, and all the ways they do not
 *
 * The network has one convolution of 6 filters on 3 channels: 6 * 3 + 6 = 24 parameters.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "detector/weights.h"
#include "testing.h"

static const char network[] = "[net]\nwidth=32\nheight=32\n[convolutional]\nfilters=6\n"
                              "activation=linear\n[yolo]\nclasses=1\nanchors=8,16\n";

struct bytes {
    size_t length;
    char data[256];
};

/* Header of that version, then `parameters` ones. */
static struct bytes weights_of(int32_t major, int32_t minor, int32_t revision, size_t seen_bytes,
                               size_t parameters)
{
    const int32_t version[3] = { major, minor, revision };
    const float one = 1;
    struct bytes b = { .length = sizeof(version) + seen_bytes };
    memcpy(b.data, version, sizeof(version));
    for (size_t i = 0; i < parameters; i++, b.length += sizeof(one))
        memcpy(b.data + b.length, &one, sizeof(one));
    return b;
}

static void assert_check(struct bytes bytes, int expected, const char *words)
{
    struct darknet_cfg *cfg = NULL;
    struct error err = { "" };
    assert_int_equal(darknet_cfg_parse(network, strlen(network), "test.cfg", 0, 0, &cfg, &err), 0);
    assert_int_equal(weights_check(bytes.data, bytes.length, "test.weights", cfg, &err), expected);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    darknet_cfg_destroy(&cfg);
}

static void both_headers_are_read(void **state)
{
    (void) state;
    assert_check(weights_of(0, 1, 0, 4, 24), 0, "");
    assert_check(weights_of(0, 2, 0, 8, 24), 0, "");
    assert_check(weights_of(0, 2, 5, 8, 24), 0, "");
}

static void the_size_must_fit_exactly(void **state)
{
    (void) state;
    assert_check(weights_of(0, 2, 0, 8, 23), -EINVAL, "truncated");
    assert_check(weights_of(0, 2, 0, 8, 25), -EINVAL,
                 "has 120 bytes where test.cfg needs only 116");
    assert_check(weights_of(0, 1, 0, 8, 24), -EINVAL, "another .cfg");
    struct bytes b = weights_of(0, 2, 0, 8, 24);
    b.length--;
    assert_check(b, -EINVAL, "has 115 bytes where test.cfg needs 116");
}

static void foreign_files_are_refused(void **state)
{
    (void) state;
    struct bytes b = { .length = 116, .data = "\x89PNG\r\n\x1a\n" };
    assert_check(b, -EINVAL, "not a Darknet .weights");
    struct bytes text = { .length = 116, .data = "version https://git-lfs.github.com/spec/v1" };
    assert_check(text, -EINVAL, "not a Darknet .weights");
    assert_check(weights_of(0, 3, 0, 8, 24), -EINVAL, "not a Darknet .weights");
    assert_check((struct bytes){ .length = 0 }, -EINVAL, "not a Darknet .weights");
    assert_check((struct bytes){ .length = 116 }, -EINVAL, "not a Darknet .weights");
}

static void numbers_must_be_numbers(void **state)
{
    (void) state;
    struct bytes b = weights_of(0, 2, 0, 8, 24);
    const float nan = NAN;
    memcpy(b.data + 20 + 4 * 7, &nan, sizeof(nan));
    assert_check(b, -EINVAL, "parameter 7 is not a number");
}

/* Layers of 2 + 2 * 3 = 8 and of 4 * 2 + 2 * 2 = 12 parameters, whose variances are 14 and 15; then
 * one of 6 + 6 * 2 = 18. */
static int check_normalised(size_t parameter, float value, struct error *err)
{
    static const char text[] = "[net]\nwidth=32\nheight=32\n"
                               "[convolutional]\nfilters=2\nactivation=linear\n"
                               "[convolutional]\nbatch_normalize=1\nfilters=2\n"
                               "activation=leaky\n"
                               "[convolutional]\nfilters=6\nactivation=linear\n"
                               "[yolo]\nclasses=1\nanchors=8,16\n";
    struct darknet_cfg *cfg = NULL;
    struct bytes b = weights_of(0, 2, 0, 8, 38);
    memcpy(b.data + 20 + 4 * parameter, &value, sizeof(value));
    assert_int_equal(darknet_cfg_parse(text, strlen(text), "test.cfg", 0, 0, &cfg, err), 0);
    int r = weights_check(b.data, b.length, "test.weights", cfg, err);
    darknet_cfg_destroy(&cfg);
    return r;
}

/* Its root would not be a number, and the network would find nobody without a word. */
static void a_variance_is_not_below_zero(void **state)
{
    (void) state;
    struct error err = { "" };
    for (size_t i = 0; i < 38; i++)
        assert_int_equal(check_normalised(i, -1, &err), i == 14 || i == 15 ? -EINVAL : 0);
    assert_int_equal(check_normalised(14, 0, &err), 0);
    assert_int_equal(check_normalised(15, -0.5f, &err), -EINVAL);
    assert_non_null(strstr(err.text, "test.weights: the layer in line 7 of test.cfg"));
    assert_non_null(strstr(err.text, "-0.5"));
}

static int load(const char *path, const char *sha256, struct error *err)
{
    struct darknet_cfg *cfg = NULL;
    char *bytes = NULL;
    size_t length;
    assert_int_equal(darknet_cfg_parse(network, strlen(network), "test.cfg", 0, 0, &cfg, err), 0);
    int r = weights_load(path, cfg, sha256, &bytes, &length, err);
    if (r == 0)
        assert_int_equal(length, 116);
    free(bytes);
    darknet_cfg_destroy(&cfg);
    return r;
}

/* The sum comes from Python's hashlib on the same 116 bytes. */
static void the_sha256_is_checked(void **state)
{
    (void) state;
    char path[] = "/tmp/floorfuse-test-weights-XXXXXX";
    struct bytes b = weights_of(0, 2, 0, 8, 24);
    struct error err = { "" };
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b.data, b.length), (ssize_t) b.length);
    (void) close(fd);
    assert_int_equal(load(path, NULL, &err), 0);
    assert_int_equal(
        load(path, "3335256bfc5e5c8956d9f14c9049dd56dd910c35362939126a1a68d475c40f41", &err), 0);
    assert_int_equal(load(path, "00", &err), -EINVAL);
    assert_non_null(strstr(err.text, "SHA-256"));
    (void) unlink(path);
}

static void what_is_no_file_is_refused(void **state)
{
    (void) state;
    struct error err = { "" };
    assert_int_equal(load("/dev/null", NULL, &err), -EINVAL);
    assert_int_equal(load("/nonexistent.weights", NULL, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nonexistent.weights"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_headers_are_read),        cmocka_unit_test(the_size_must_fit_exactly),
        cmocka_unit_test(foreign_files_are_refused),    cmocka_unit_test(numbers_must_be_numbers),
        cmocka_unit_test(a_variance_is_not_below_zero), cmocka_unit_test(the_sha256_is_checked),
        cmocka_unit_test(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
