/*
 * test_key_file.c - key files and the allow-list
 *
 * The pairs are those of ZeroMQ's own manual (zmq_curve(7)), so that both halves come from outside.
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "wire/allow_list.h"

#define PUBLIC_A "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET_A "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
#define PUBLIC_B "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

#define NAME "camera-till.key"

static char folder[] = "/tmp/test_key_file.XXXXXX";

static void parse_fails(const char *text, enum key_half half, const char *words)
{
    struct key_file key = { .id = "untouched" };
    struct error err = { "" };
    assert_int_equal(key_file_parse(text, NAME, half, &key, &err), -EINVAL);
    assert_string_equal(key.id, "untouched");
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_non_null(strstr(err.text, NAME));
    assert_null(strstr(err.text, SECRET_A)); /* a log is no place for it */
}

static void a_pair_of_the_manual_is_read(void **state)
{
    (void) state;
    struct key_file key;
    struct error err = { "" };
    assert_int_equal(key_file_parse("# a comment\nid = \"till\";\npublic_key = \"" PUBLIC_A
                                    "\";\nsecret_key = \"" SECRET_A "\";\n",
                                    NAME, KEY_SECRET, &key, &err),
                     0);
    assert_string_equal(key.id, "till");
    assert_string_equal(key.public_key, PUBLIC_A);
    assert_string_equal(key.secret_key, SECRET_A);
    key_file_wipe(&key);
    assert_string_equal(key.secret_key, "");
}

static void what_is_no_key_file_is_refused_in_words(void **state)
{
    (void) state;
    parse_fails("", KEY_SECRET, "id is missing");
    parse_fails("id = \"till\";\npublic_key = \"short\";\n", KEY_PUBLIC, "public_key is not a key");
    parse_fails("id = \"Till\";\npublic_key = \"" PUBLIC_A "\";\n", KEY_PUBLIC, NAME ":1");
    parse_fails("id = \"till\";\npublic_key = \"" PUBLIC_A "\";\n", KEY_SECRET,
                "secret_key is missing");
    parse_fails("id = \"till\";\npublic_key = \"" PUBLIC_A "\";\nsecret_key = \"" SECRET_A "\";\n",
                KEY_PUBLIC, "for everybody");
    parse_fails("id = \"till\";\npublic_key = \"" PUBLIC_B "\";\nsecret_key = \"" SECRET_A "\";\n",
                KEY_SECRET, "does not belong");
    parse_fails("id = \"till\";\npublik_key = \"" PUBLIC_A "\";\n", KEY_PUBLIC, NAME ":2");
    parse_fails("id = \"till\"; public_key = \"~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\";\n",
                KEY_PUBLIC, "not a key");
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
    (void) state;
    char path[64];
    struct key_file made, read;
    struct error err = { "" };
    struct stat status;
    (void) snprintf(path, sizeof(path), "%s/till.key", folder);
    assert_int_equal(key_file_make("till", &made, &err), 0);
    assert_int_equal(key_file_write(path, KEY_SECRET, "demo", &made, &err), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(key_file_load(path, KEY_SECRET, &read, &err), 0);
    assert_string_equal(read.secret_key, made.secret_key);
    assert_string_equal(read.public_key, made.public_key);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(key_file_load(path, KEY_SECRET, &read, &err), -EACCES);
    assert_non_null(strstr(err.text, "mode 0640"));
    assert_non_null(strstr(err.text, "chmod 600 "));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(key_file_load(path, KEY_SECRET, &read, &err), -ENOENT);
    assert_non_null(strstr(err.text, path));
}

static void a_public_file_may_be_read_but_not_changed_by_others(void **state)
{
    (void) state;
    char path[64];
    struct key_file made, read;
    struct error err = { "" };
    (void) snprintf(path, sizeof(path), "%s/fusion.pub", folder);
    assert_int_equal(key_file_make("fusion", &made, &err), 0);
    assert_int_equal(key_file_write(path, KEY_PUBLIC, "demo", &made, &err), 0);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(key_file_load(path, KEY_PUBLIC, &read, &err), 0);
    assert_string_equal(read.public_key, made.public_key);
    assert_string_equal(read.secret_key, "");
    assert_int_equal(chmod(path, 0664), 0);
    assert_int_equal(key_file_load(path, KEY_PUBLIC, &read, &err), -EACCES);
    assert_non_null(strstr(err.text, "chmod go-w "));
    if (geteuid() == 0) { /* only root can give files away */
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(chown(path, 12345, (gid_t) -1), 0);
        assert_int_equal(key_file_load(path, KEY_PUBLIC, &read, &err), -EACCES);
        assert_non_null(strstr(err.text, "belongs to user 12345"));
    }
    assert_int_equal(unlink(path), 0);
}

static struct allowed_key allowed(const char *id, const char *public_key, int64_t until_us)
{
    struct allowed_key key = { .added_us = 1000000, .until_us = until_us };
    (void) snprintf(key.id, sizeof(key.id), "%s", id);
    (void) snprintf(key.public_key, sizeof(key.public_key), "%s", public_key);
    return key;
}

static void a_list_comes_back_as_it_was_written_and_ends_when_it_says(void **state)
{
    (void) state;
    AUTO(allow_list_release) struct allow_list list = { 0 };
    AUTO(allow_list_release) struct allow_list read = { 0 };
    struct error err = { "" };
    char path[64];
    const struct allowed_key till = allowed("till", PUBLIC_A, 0),
                             old = allowed("till", PUBLIC_B, 5000000);
    assert_int_equal(allow_list_add(&list, &till), 0);
    assert_int_equal(allow_list_add(&list, &old), 0);
    assert_int_equal(allow_list_write(folder, "demo", &list, &err), 0);
    assert_int_equal(allow_list_load(folder, &read, &err), 0);
    assert_int_equal(read.count, 2);
    assert_string_equal(allow_list_find(&read, PUBLIC_A, 9000000)->id, "till");
    assert_int_equal(allow_list_find(&read, PUBLIC_A, 0)->added_us, 1000000);
    assert_string_equal(allow_list_find(&read, PUBLIC_B, 4999999)->id, "till");
    assert_null(allow_list_find(&read, PUBLIC_B, 5000000));
    assert_null(allow_list_find(&read, SECRET_A, 0));
    assert_null(allow_list_find(&read, "", 0));
    (void) snprintf(path, sizeof(path), "%s/" ALLOW_LIST_FILE, folder);
    assert_int_equal(unlink(path), 0);
}

static void a_list_with_a_key_twice_is_refused(void **state)
{
    (void) state;
    struct allow_list list = { 0 };
    struct error err = { "" };
    assert_int_equal(allow_list_parse("keys = ( { id = \"a\"; public_key = \"" PUBLIC_A
                                      "\"; }, { id = \"b\"; public_key = \"" PUBLIC_A "\"; } );",
                                      "allowed.cfg", &list, &err),
                     -EINVAL);
    assert_non_null(strstr(err.text, "twice"));
    assert_int_equal(allow_list_parse("keys = ( { id = \"a\"; public_key = \"" PUBLIC_A
                                      "\"; until = \"soon\"; } );",
                                      "allowed.cfg", &list, &err),
                     -EINVAL);
    assert_non_null(strstr(err.text, "entry 1 (a)"));
    assert_int_equal(allow_list_parse("", "allowed.cfg", &list, &err), 0);
    assert_int_equal(list.count, 0);
    allow_list_release(&list);
}

static int make_folder(void **state)
{
    (void) state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void) state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_of_the_manual_is_read),
        cmocka_unit_test(what_is_no_key_file_is_refused_in_words),
        cmocka_unit_test(a_secret_that_others_can_read_is_refused),
        cmocka_unit_test(a_public_file_may_be_read_but_not_changed_by_others),
        cmocka_unit_test(a_list_comes_back_as_it_was_written_and_ends_when_it_says),
        cmocka_unit_test(a_list_with_a_key_twice_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
