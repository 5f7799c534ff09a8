/*
 * test_class_names.c - what class names mean, and where they are found
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "detector/class_names.h"
#include "testing.h"

static void names_decide(void **state)
{
    (void) state;
    static const char *const persons[] = { "person",     "Person", "people",
                                           "PEDESTRIAN", "human",  "body" };
    for (size_t i = 0; i < sizeof(persons) / sizeof(persons[0]); i++)
        assert_int_equal(class_of_name(persons[i]), DETECTION_PERSON);
    assert_int_equal(class_of_name("head"), DETECTION_HEAD);
    static const char *const others[] = { "face", "bicycle", "personnel", "headlight", "" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(class_of_name(others[i]), CLASS_IGNORED);
}

struct folder {
    char path[64], model[96], names[96];
};

static struct folder folder_create(void)
{
    struct folder f = { .path = "/tmp/floorfuse-test-names-XXXXXX" };
    assert_non_null(mkdtemp(f.path));
    (void) snprintf(f.model, sizeof(f.model), "%s/x.cfg", f.path);
    (void) snprintf(f.names, sizeof(f.names), "%s/x.names", f.path);
    return f;
}

static void put(const char *path, const char *text)
{
    struct error err = { "" };
    if (file_write(path, text, strlen(text), 0600, &err) < 0)
        fail_msg("%s", err.text);
}

static void a_file_is_read_line_by_line(void **state)
{
    (void) state;
    struct folder f = folder_create();
    enum detection_class *classes = NULL;
    struct error err = { "" };
    put(f.names, "bicycle\r\n  head \r\n\r\nperson");
    assert_int_equal(class_names_load(f.names, 3, &classes, &err), 0);
    assert_int_equal(classes[0], CLASS_IGNORED);
    assert_int_equal(classes[1], DETECTION_HEAD);
    assert_int_equal(classes[2], DETECTION_PERSON);
    free(classes);
    assert_int_equal(class_names_load(f.names, 4, &classes, &err), -EINVAL);
    assert_non_null(strstr(err.text, "3 names where the network has 4"));
    assert_int_equal(class_names_load(f.names, 2, &classes, &err), -EINVAL);
    put(f.names, "cat\ndog\n");
    assert_int_equal(class_names_load(f.names, 2, &classes, &err), -EINVAL);
    assert_non_null(strstr(err.text, "no class that we look for"));
    (void) unlink(f.names);
    (void) rmdir(f.path);
}

static void the_only_names_file_beside_the_model_is_found(void **state)
{
    (void) state;
    struct folder f = folder_create();
    char *path = NULL, other[96], third[96];
    struct error err = { "" };
    assert_int_equal(class_names_find(f.model, &path, &err), -ENOENT);
    assert_non_null(strstr(err.text, "no .names file"));
    put(f.names, "head\n");
    assert_int_equal(class_names_find(f.model, &path, &err), 0);
    assert_string_equal(path, f.names);
    free(path);
    (void) snprintf(other, sizeof(other), "%s/y.names", f.path);
    (void) snprintf(third, sizeof(third), "%s/z.names", f.path);
    put(other, "head\n");
    /* The one that is called like the model. */
    assert_int_equal(class_names_find(f.model, &path, &err), 0);
    assert_string_equal(path, f.names);
    free(path);
    assert_int_equal(rename(f.names, third), 0);
    assert_int_equal(class_names_find(f.model, &path, &err), -EINVAL);
    assert_non_null(strstr(err.text, "several"));
    (void) unlink(other);
    (void) unlink(third);
    (void) rmdir(f.path);
}

static void blank_lines_are_no_names(void **state)
{
    (void) state;
    const char names[] = " \t\r\n\v\f\nhead\n\f\nperson";
    enum detection_class *classes = NULL;
    assert_int_equal(class_names_count(names), 2);
    assert_int_equal(class_names_parse(names, "test", 2, &classes, NULL), 0);
    assert_int_equal(classes[0], DETECTION_HEAD);
    assert_int_equal(classes[1], DETECTION_PERSON);
    free(classes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_decide),
        cmocka_unit_test(a_file_is_read_line_by_line),
        cmocka_unit_test(blank_lines_are_no_names),
        cmocka_unit_test(the_only_names_file_beside_the_model_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
