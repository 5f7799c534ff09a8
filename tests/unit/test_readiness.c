/*
 * test_readiness.c - whether a store does its work, told from its status
 */
#include "testing.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "metrics/readiness.h"

#define RUNNING "\"cameras\": [{\"state\": \"lost\"}, {\"state\": \"running\"}]"
#define AWAY    "\"last_error\": \"no route to host\""

/* words: in the sentence; NULL: it is ready */
static void assert_ready(const char *json, const char *words)
{
    struct error err = { "" };
    json_t *status = json_loads(json, 0, NULL);
    assert_non_null(status);
    int r = readiness_ready(status, NS_PER_S, &err);
    json_decref(status);
    assert_int_equal(r, words ? -EAGAIN : 0);
    if (words && !strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    assert_null(strchr(err.text, '\n'));
}

static void a_loop_is_alive_until_it_was_silent_for_ten_seconds(void **state)
{
    (void) state;
    struct error err = { "" };
    assert_int_equal(readiness_alive(-1, &err), -ETIMEDOUT);
    assert_string_equal(err.text, "fusion is starting");
    assert_int_equal(readiness_alive(0, NULL), 0);
    assert_int_equal(readiness_alive(10 * NS_PER_S, NULL), 0);
    assert_int_equal(readiness_alive(23 * NS_PER_S + 1, &err), -ETIMEDOUT);
    assert_string_equal(err.text, "fusion's loop has not turned for 23 s");
}

static void who_is_not_alive_is_not_ready(void **state)
{
    (void) state;
    json_t *status = json_loads("{" RUNNING "}", 0, NULL);
    assert_int_equal(readiness_ready(status, 11 * NS_PER_S, NULL), -EAGAIN);
    json_decref(status);
    assert_int_equal(readiness_ready(NULL, 0, NULL), -EAGAIN);
}

static void a_camera_must_run(void **state)
{
    (void) state;
    assert_ready("{" RUNNING ", \"database\": null}", NULL);
    assert_ready("{\"cameras\": [{\"state\": \"ended\"}]}", "no camera is running");
    assert_ready("{}", "no camera is running");
    assert_ready("[]", "no camera is running");
}

static void buckets_need_a_database_or_a_spool_with_room(void **state)
{
    (void) state;
    assert_ready("{" RUNNING ", \"database\": {\"last_error\": \"\"}}", NULL);
    assert_ready("{" RUNNING ", \"database\": {" AWAY "}}", "there is no spool: no route to host");
    assert_ready("{" RUNNING ", \"database\": {" AWAY ", \"spool_bytes\": 10, \"spool_max_bytes\": "
                 "1000, \"disk_error\": \"\"}}",
                 NULL);
    assert_ready("{" RUNNING ", \"database\": {" AWAY ", \"spool_bytes\": 1000, "
                 "\"spool_max_bytes\": 1000, \"disk_error\": \"\"}}",
                 "the spool is full");
    assert_ready("{" RUNNING ", \"database\": {" AWAY ", \"spool_bytes\": 10, \"spool_max_bytes\": "
                 "1000, \"disk_error\": \"no space left on device\"}}",
                 "the spool cannot be written: no space left on device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_is_alive_until_it_was_silent_for_ten_seconds),
        cmocka_unit_test(who_is_not_alive_is_not_ready),
        cmocka_unit_test(a_camera_must_run),
        cmocka_unit_test(buckets_need_a_database_or_a_spool_with_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
