/*
 * test_process.c - other programs, started and waited for
 */
#include "testing.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/process.h"

static void run_gives_output_and_exit_code(void **state)
{
    (void) state;
    const char *const arguments[] = { "sh", "-c", "echo $WORD; echo oops >&2; exit 3", NULL };
    const char *const environment[] = { "WORD=hello", NULL };
    struct process_options options = { .arguments = arguments, .environment = environment };
    AUTO(text_release) struct text output = TEXT_INIT;
    int status;
    assert_int_equal(process_run(&options, &output, &status, NULL), 0);
    assert_int_equal(status, 3);
    assert_string_equal(output.bytes, "hello\noops\n");
}

static void a_signal_is_128_and_its_number(void **state)
{
    (void) state;
    const char *const arguments[] = { "sh", "-c", "kill -9 $$", NULL };
    struct process_options options = { .arguments = arguments };
    int status;
    assert_int_equal(process_run(&options, NULL, &status, NULL), 0);
    assert_int_equal(status, 128 + 9);
}

static void a_missing_program_is_told_at_once(void **state)
{
    (void) state;
    /* A folder of the path that must not be read would be told instead. */
    assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
    const char *const arguments[] = { "no-such-program-anywhere", NULL };
    struct process_options options = { .arguments = arguments };
    struct error err = { "" };
    pid_t pid;
    assert_int_equal(process_start(&options, &pid, &err), -ENOENT);
    assert_non_null(strstr(err.text, "no-such-program-anywhere"));
}

static void waiting_stops_when_time_is_up(void **state)
{
    (void) state;
    const char *const arguments[] = { "sleep", "1000", NULL };
    struct process_options options = { .arguments = arguments };
    pid_t pid;
    int status;
    assert_int_equal(process_start(&options, &pid, NULL), 0);
    assert_int_equal(process_wait(pid, 0, &status), 0);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(process_wait(pid, 10000, &status), 1);
    assert_int_equal(status, 128 + SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_gives_output_and_exit_code),
        cmocka_unit_test(a_signal_is_128_and_its_number),
        cmocka_unit_test(a_missing_program_is_told_at_once),
        cmocka_unit_test(waiting_stops_when_time_is_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
