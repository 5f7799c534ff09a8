/*
 * test_opencv_module.c - the module is found beside a program, and missed in one clear sentence
 *
 * It is looked for from where the program lies, so the test runs itself from another folder.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "detector_fixture.h"
#include "testing.h"

/* In the copy: what creating the detector says, on stdout. */
static int say_what_happens(const char *engine)
{
    struct detector_options options = { .networks = { { .engine = engine } }, .network_count = 1 };
    struct detector *detector = NULL;
    struct error err = { "" };
    int r = detector_create(&options, &detector, &err);
    detector_destroy(&detector);
    (void) printf("%d %s\n", r, err.text);
    return 0;
}

static void run_copy(const char *folder, char *ret_line, int size)
{
    char path[128], command[256], *bytes;
    size_t length;
    struct error err = { "" };
    (void) snprintf(path, sizeof(path), "%s/copy", folder);
    assert_int_equal(file_read("/proc/self/exe", (size_t) 1 << 30, &bytes, &length, &err), 0);
    assert_int_equal(file_write(path, bytes, length, 0700, &err), 0);
    free(bytes);
    (void) snprintf(command, sizeof(command), "%s hog", path);
    FILE *out = popen(command, "re");
    assert_non_null(out);
    assert_non_null(fgets(ret_line, size, out));
    assert_int_equal(pclose(out), 0);
    assert_int_equal(unlink(path), 0);
}

static void a_program_without_the_module_says_so(void **state)
{
    (void) state;
    char folder[] = "/tmp/floorfuse-test-module-XXXXXX", line[512];
    if (!strstr(detector_engines(), "opencv"))
        skip();
    assert_non_null(mkdtemp(folder));
    run_copy(folder, line, sizeof(line));
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(atoi(line), -ENOTSUP);
    assert_non_null(strstr(line, "floorfuse-opencv.so is not beside this program"));
    assert_non_null(strstr(line, "use detector engine \"fast\""));
}

static void a_program_of_the_build_finds_it(void **state)
{
    (void) state;
    if (!strstr(detector_engines(), "opencv"))
        skip();
    struct detector_options options = { .networks = { { .engine = "hog" } }, .network_count = 1 };
    struct detector *detector = detector_of(&options);
    detector_destroy(&detector);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_without_the_module_says_so),
        cmocka_unit_test(a_program_of_the_build_finds_it),
    };
    return argc == 2 ? say_what_happens(argv[1]) : cmocka_run_group_tests(tests, NULL, NULL);
}
