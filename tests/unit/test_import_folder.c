/*
 * test_import_folder.c - the folders of WILDTRACK and MultiviewX
 *
 * Synthetic folders of the published layout; test_import_real.c has WILDTRACK itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calib/import_folder.h"
#include "near.h"
#include "testing.h"

/* A throw-away folder, and what is in it. */
struct scene {
    char root[64];
    char *made[32]; /* files and folders, in the order they were made */
    size_t count;
};

static const char *remember(struct scene *scene, const char *name)
{
    assert_true(scene->count < ARRAY_LENGTH(scene->made));
    char **path = &scene->made[scene->count];
    assert_true(asprintf(path, "%s/%s", scene->root, name) > 0);
    scene->count++;
    return *path;
}

static void make_folder(struct scene *scene, const char *name)
{
    assert_int_equal(mkdir(remember(scene, name), 0755), 0);
}

static void make_file(struct scene *scene, const char *name)
{
    FILE *out = fopen(remember(scene, name), "w");
    assert_non_null(out);
    assert_int_equal(fclose(out), 0);
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    assert_non_null(scene);
    (void) snprintf(scene->root, sizeof(scene->root), "/tmp/floorfuse-folder.XXXXXX");
    assert_non_null(mkdtemp(scene->root));
    *state = scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    while (scene->count > 0) {
        char *path = scene->made[--scene->count];
        (void) remove(path);
        free(path);
    }
    int r = rmdir(scene->root);
    free(scene);
    return r;
}

static void refused(const struct scene *scene, const char *kind, const char *words)
{
    AUTO(import_folder_release) struct import_folder folder = { .cameras = NULL };
    struct error err = { "" };
    assert_true(import_folder_list(scene->root, kind, &folder, &err) < 0);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void multiviewx_is_known_by_its_names_and_in_metres(void **state)
{
    struct scene *scene = *state;
    AUTO(import_folder_release) struct import_folder folder = { .cameras = NULL };
    struct error err = { "" };
    make_folder(scene, "calibrations");
    make_folder(scene, "calibrations/extrinsic");
    make_folder(scene, "calibrations/intrinsic");
    make_file(scene, "calibrations/extrinsic/extr_Camera2.xml");
    make_file(scene, "calibrations/extrinsic/extr_Camera1.xml");
    make_file(scene, "calibrations/extrinsic/README.txt");
    make_file(scene, "calibrations/intrinsic/intr_Camera1.xml");
    make_file(scene, "calibrations/intrinsic/intr_Camera2.xml");
    if (import_folder_list(scene->root, "zero", &folder, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(folder.count, 2);
    assert_string_equal(folder.cameras[0].name, "Camera1");
    assert_non_null(strstr(folder.cameras[1].intrinsics, "/intrinsic/intr_Camera2.xml"));
    assert_non_null(strstr(folder.cameras[1].extrinsics, "/extrinsic/extr_Camera2.xml"));
    assert_true(folder.metres_per_unit == 1);
    assert_true(folder.width_px == 1920 && folder.height_px == 1080);
}

static void wildtrack_has_two_kinds_of_intrinsics_and_is_in_centimetres(void **state)
{
    struct scene *scene = *state;
    struct import_folder folder = { .cameras = NULL };
    struct error err = { "" };
    make_folder(scene, "extrinsic");
    make_folder(scene, "intrinsic_zero");
    make_folder(scene, "intrinsic_original");
    make_file(scene, "extrinsic/extr_CVLab1.xml");
    make_file(scene, "extrinsic/extr_IDIAP1.xml");
    make_file(scene, "intrinsic_zero/intr_CVLab1.xml");
    make_file(scene, "intrinsic_zero/intr_IDIAP1.xml");
    make_file(scene, "intrinsic_original/intr_CVLab1.xml");
    for (int original = 0; original < 2; original++) {
        const char *kind = original ? "original" : "zero";
        if (original)
            make_file(scene, "intrinsic_original/intr_IDIAP1.xml");
        if (import_folder_list(scene->root, kind, &folder, &err) < 0)
            fail_msg("%s", err.text);
        assert_int_equal(folder.count, 2);
        assert_non_null(strstr(folder.cameras[0].intrinsics,
                               original ? "/intrinsic_original/" : "/intrinsic_zero/"));
        assert_true(folder.metres_per_unit == 0.01);
        import_folder_release(&folder);
    }
    refused(scene, "undistorted", "zero or original");
}

static void other_names_have_no_known_unit(void **state)
{
    struct scene *scene = *state;
    AUTO(import_folder_release) struct import_folder folder = { .cameras = NULL };
    make_folder(scene, "extrinsic");
    make_folder(scene, "intrinsic_zero");
    make_file(scene, "extrinsic/extr_door.xml");
    make_file(scene, "intrinsic_zero/intr_door.xml");
    assert_int_equal(import_folder_list(scene->root, "zero", &folder, NULL), 0);
    assert_int_equal(folder.count, 1);
    assert_true(folder.metres_per_unit == 0 && folder.width_px == 0);
}

static void folders_that_are_not_whole_are_refused(void **state)
{
    struct scene *scene = *state;
    refused(scene, "zero", "there is no extrinsic/ in it");
    make_folder(scene, "extrinsic");
    refused(scene, "zero", "there is neither intrinsic_zero/ nor intrinsic/ in it");
    make_folder(scene, "intrinsic_zero");
    refused(scene, "zero", "there is no extr_NAME.xml");
    make_file(scene, "extrinsic/extr_CVLab1.xml");
    refused(scene, "zero", "intrinsic_zero/intr_CVLab1.xml belongs to ");
    refused(scene, "original", "there is neither intrinsic_original/ nor intrinsic/ in it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(multiviewx_is_known_by_its_names_and_in_metres, begin, end),
        cmocka_unit_test_setup_teardown(wildtrack_has_two_kinds_of_intrinsics_and_is_in_centimetres,
                                        begin, end),
        cmocka_unit_test_setup_teardown(other_names_have_no_known_unit, begin, end),
        cmocka_unit_test_setup_teardown(folders_that_are_not_whole_are_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
