/*
 * test_log.c - lines on stderr, and the bound on how many
 */
#include "testing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static void one_line_passes_in_the_time(void **state)
{
    (void) state;
    struct log_limit limit = { 0 };
    uint64_t left_out = 99;
    int64_t start_ns = 5 * NS_PER_S; /* any */
    assert_int_equal(log_limit_take(&limit, 60, start_ns, &left_out), 1);
    assert_int_equal(left_out, 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(log_limit_take(&limit, 60, start_ns + i * NS_PER_MS, &left_out), 0);
    assert_int_equal(log_limit_take(&limit, 60, start_ns + 60 * NS_PER_S - 1, &left_out), 0);
}

static void the_next_line_tells_how_many_were_left_out(void **state)
{
    (void) state;
    struct log_limit limit = { 0 };
    uint64_t left_out = 0;
    assert_int_equal(log_limit_take(&limit, 10, NS_PER_S, &left_out), 1);
    for (int i = 0; i < 37; i++)
        assert_int_equal(log_limit_take(&limit, 10, 2 * NS_PER_S, &left_out), 0);
    assert_int_equal(log_limit_take(&limit, 10, 11 * NS_PER_S, &left_out), 1);
    assert_int_equal(left_out, 37);
    assert_int_equal(log_limit_take(&limit, 10, 21 * NS_PER_S, &left_out), 1);
    assert_int_equal(left_out, 0);
}

/* What is written to stderr meanwhile. */
struct capture {
    int saved_fd, read_fd;
    char text[8192];
};

static void start_capture(struct capture *c)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    c->saved_fd = dup(STDERR_FILENO);
    c->read_fd = ends[0];
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    (void) close(ends[1]);
}

static const char *end_capture(struct capture *c)
{
    (void) dup2(c->saved_fd, STDERR_FILENO);
    (void) close(c->saved_fd);
    size_t length = 0;
    ssize_t got;
    while ((got = read(c->read_fd, c->text + length, sizeof(c->text) - 1 - length)) > 0)
        length += (size_t) got;
    (void) close(c->read_fd);
    c->text[length] = '\0';
    return c->text;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void a_flood_is_one_line_a_place(void **state)
{
    (void) state;
    static struct capture c;
    start_capture(&c);
    for (int i = 0; i < 1000; i++) {
        log_warning_limited(3600, "refused a message from=%d", i);
        log_error_limited(3600, "something else from=%d", i);
    }
    const char *text = end_capture(&c);
    assert_int_equal(count_lines(text), 2);
    assert_non_null(strstr(text, "warning: refused a message from=0\n"));
    assert_non_null(strstr(text, "error: something else from=0\n"));
}

static void left_out_lines_are_told_at_the_end_of_the_next(void **state)
{
    (void) state;
    static struct capture c;
    struct log_limit limit = { .next_mono_ns = 1, .left_out = 12 };
    start_capture(&c);
    log_limited(&limit, LOG_LEVEL_INFO, 3600, "refused a message camera=%s", "left");
    assert_non_null(strstr(end_capture(&c), " refused a message camera=left left_out=12\n"));
}

static void journal_lines_begin_with_the_level(void **state)
{
    (void) state;
    static struct capture c;
    assert_int_equal(setenv("JOURNAL_STREAM", "8:12345", 1), 0);
    start_capture(&c);
    log_warning("could not\nforge <3>a line");
    const char *text = end_capture(&c);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    assert_string_equal(text, "<4>could not forge <3>a line\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_passes_in_the_time),
        cmocka_unit_test(the_next_line_tells_how_many_were_left_out),
        cmocka_unit_test(a_flood_is_one_line_a_place),
        cmocka_unit_test(left_out_lines_are_told_at_the_end_of_the_next),
        cmocka_unit_test(journal_lines_begin_with_the_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
