/*
 * test_file.c - whole files; SHA-256 values are those of FIPS 180-2, appendix B
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/test_file.XXXXXX";

static char *in_folder(const char *name)
{
    static char path[128];
    (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void what_is_written_is_read(void **state)
{
    (void) state;
    char *bytes;
    size_t length;
    assert_int_equal(file_write(in_folder("a"), "x\0y", 3, 0600, NULL), 0);
    assert_int_equal(file_read(in_folder("a"), 3, &bytes, &length, NULL), 0);
    assert_int_equal(length, 3);
    assert_memory_equal(bytes, "x\0y", 4);
    free(bytes);
    struct stat status;
    assert_int_equal(stat(in_folder("a"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void reading_names_what_is_wrong(void **state)
{
    (void) state;
    struct error err = { "" };
    char *bytes;
    size_t length;
    assert_int_equal(file_write(in_folder("long"), "12345", 5, 0600, NULL), 0);
    assert_int_equal(file_read(in_folder("long"), 4, &bytes, &length, &err), -EFBIG);
    assert_non_null(strstr(err.text, "long"));
    assert_int_equal(file_read(in_folder("none"), 4, &bytes, &length, &err), -ENOENT);
    assert_int_equal(file_read(folder, 4, &bytes, &length, &err), -EINVAL);
    assert_int_equal(file_read("/dev/zero", 4, &bytes, &length, &err), -EINVAL);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    (void) state;
    struct error err = { "" };
    char path[160];
    (void) snprintf(path, sizeof(path), "%s/absent/a", folder);
    assert_int_equal(file_write(path, "new", 3, 0600, &err), -ENOENT);
    assert_non_null(strstr(err.text, "absent/a"));
}

static void folders_are_made_with_their_parents(void **state)
{
    (void) state;
    char path[160];
    (void) snprintf(path, sizeof(path), "%s/p/q/r", folder);
    assert_int_equal(file_make_folder(path, 0755, NULL), 0);
    assert_int_equal(file_make_folder(path, 0755, NULL), 0);
    assert_true(file_exists(path));
    assert_int_equal(file_write(in_folder("plain"), "", 0, 0600, NULL), 0);
    (void) snprintf(path, sizeof(path), "%s/plain/q", folder);
    assert_int_equal(file_make_folder(path, 0755, NULL), -ENOTDIR);
}

static void paths_are_resolved_beside_the_file(void **state)
{
    (void) state;
    const struct {
        const char *beside, *path, *expected;
    } cases[] = { { "/etc/store.cfg", "a.png", "/etc/a.png" },
                  { "/etc/store.cfg", "/a.png", "/a.png" },
                  { "store.cfg", "a.png", "a.png" },
                  { "x/store.cfg", "../a.png", "x/../a.png" } };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char *resolved = file_resolve(cases[i].beside, cases[i].path);
        assert_string_equal(resolved, cases[i].expected);
        free(resolved);
    }
}

static void sha256_is_the_standards(void **state)
{
    (void) state;
    char hex[SHA256_TEXT_SIZE];
    const char *expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    file_sha256_bytes("abc", 3, hex);
    assert_string_equal(hex, expected);
    assert_int_equal(file_write(in_folder("abc"), "abc", 3, 0600, NULL), 0);
    assert_int_equal(file_sha256(in_folder("abc"), hex, NULL), 0);
    assert_string_equal(hex, expected);
}

static int make_folder(void **state)
{
    (void) state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void) state;
    char command[64];
    (void) snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(reading_names_what_is_wrong),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(paths_are_resolved_beside_the_file),
        cmocka_unit_test(sha256_is_the_standards),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
