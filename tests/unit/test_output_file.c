/* test_output_file.c - a file written piece by piece that nobody sees half */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/output_file.h"
#include "testing.h"

static char folder[64];

static int make_folder(void **state)
{
    (void) state;
    (void) strcpy(folder, "/tmp/floorfuse-output-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static const char *in_folder(const char *name)
{
    static char path[512]; /* folder, slash, longest name */
    (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/* How many files the folder has; removes them. */
static int empty_folder(void)
{
    DIR *listing = opendir(folder);
    int count = 0;
    assert_non_null(listing);
    for (const struct dirent *entry; (entry = readdir(listing));)
        if (entry->d_name[0] != '.') {
            assert_int_equal(unlink(in_folder(entry->d_name)), 0);
            count++;
        }
    (void) closedir(listing);
    return count;
}

static int remove_folder(void **state)
{
    (void) state;
    (void) empty_folder();
    return rmdir(folder);
}

static void assert_content(const char *path, const char *expected)
{
    char *bytes;
    size_t length;
    assert_int_equal(file_read(path, 1000, &bytes, &length, NULL), 0);
    assert_string_equal(bytes, expected);
    free(bytes);
}

static void the_old_content_stays_until_all_is_written(void **state)
{
    (void) state;
    struct output_file file = { 0 };
    struct error err;
    assert_int_equal(file_write(in_folder("a.csv"), "old", 3, 0644, &err), 0);
    assert_int_equal(output_file_open(in_folder("a.csv"), &file, &err), 0);
    assert_true(fputs("new", file.stream) >= 0 && fflush(file.stream) == 0);
    assert_content(in_folder("a.csv"), "old");
    assert_int_equal(output_file_commit(&file, &err), 0);
    assert_content(in_folder("a.csv"), "new");
    output_file_abandon(&file);
    assert_int_equal(empty_folder(), 1);
}

static void what_is_abandoned_leaves_nothing_behind(void **state)
{
    (void) state;
    struct output_file file = { 0 };
    struct error err;
    assert_int_equal(output_file_open(in_folder("a.csv"), &file, &err), 0);
    assert_true(fputs("half", file.stream) >= 0);
    output_file_abandon(&file);
    output_file_abandon(&file);
    assert_int_equal(empty_folder(), 0);
}

/* As root a rename over /dev/null would succeed, once. */
static void what_is_no_regular_file_is_written_to_and_not_replaced(void **state)
{
    (void) state;
    struct output_file file = { 0 };
    struct error err;
    struct stat status;
    assert_int_equal(output_file_open("/dev/null", &file, &err), 0);
    assert_null(file.temporary);
    assert_int_equal(output_file_commit(&file, &err), 0);
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

static void a_link_stays_a_link(void **state)
{
    (void) state;
    struct output_file file = { 0 };
    struct error err;
    struct stat status;
    assert_int_equal(file_write(in_folder("real.csv"), "old", 3, 0644, &err), 0);
    assert_int_equal(symlink("real.csv", in_folder("link.csv")), 0);
    assert_int_equal(output_file_open(in_folder("link.csv"), &file, &err), 0);
    assert_true(fputs("new", file.stream) >= 0);
    assert_int_equal(output_file_commit(&file, &err), 0);
    assert_int_equal(lstat(in_folder("link.csv"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_content(in_folder("real.csv"), "new");
    assert_int_equal(empty_folder(), 2);
}

static void a_full_disk_is_told_and_nothing_changes(void **state)
{
    (void) state;
    struct output_file file = { 0 };
    struct error err = { "" };
    if (access("/dev/full", W_OK) < 0)
        skip();
    assert_int_equal(output_file_open("/dev/full", &file, &err), 0);
    assert_true(fputs("bytes", file.stream) >= 0);
    assert_int_equal(output_file_commit(&file, &err), -ENOSPC);
    assert_non_null(strstr(err.text, "could not write /dev/full"));
    assert_null(file.stream);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void) state;
    struct output_file file = { 0 };
    struct error err = { "" };
    assert_int_equal(output_file_open("/nowhere-at-all/x.csv", &file, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere-at-all/x.csv"));
    assert_null(file.stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_old_content_stays_until_all_is_written),
        cmocka_unit_test(what_is_abandoned_leaves_nothing_behind),
        cmocka_unit_test(what_is_no_regular_file_is_written_to_and_not_replaced),
        cmocka_unit_test(a_link_stays_a_link),
        cmocka_unit_test(a_full_disk_is_told_and_nothing_changes),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
