/* test_csv.c - reading CSV files row by row; expectations follow RFC 4180 and csv.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv/csv.h"
#include "near.h"
#include "testing.h"

/* A file that is gone when the test ends. */
struct scratch_file {
    char path[64];
};

static struct scratch_file file_of(const char *content, size_t length)
{
    struct scratch_file file = { "/tmp/floorfuse-csv-XXXXXX" };
    int fd = mkstemp(file.path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, length), (ssize_t) length);
    assert_int_equal(close(fd), 0);
    return file;
}

static void remove_scratch(struct scratch_file *file)
{
    (void) unlink(file->path);
}

static struct csv_reader *open_text(const char *content)
{
    AUTO(remove_scratch) struct scratch_file file = file_of(content, strlen(content));
    struct csv_reader *reader = NULL;
    struct error err = { "" };
    if (csv_reader_open(file.path, &reader, &err) < 0)
        fail_msg("%s", err.text);
    return reader;
}

static void columns_are_found_by_name_or_synonym(void **state)
{
    (void) state;
    AUTO(csv_reader_close) struct csv_reader *reader = open_text("time_us, track ,x_m\n1,2,3\n");
    assert_int_equal(csv_reader_column(reader, "time_us", NULL), 0);
    assert_int_equal(csv_reader_column(reader, "id", "track"), 1);
    assert_int_equal(csv_reader_column(reader, "x_m", NULL), 2);
    assert_int_equal(csv_reader_column(reader, "y_m", NULL), -1);
    assert_int_equal(csv_reader_column(reader, "y_m", "why"), -1);
}

static void rows_come_one_by_one_with_their_lines(void **state)
{
    (void) state;
    AUTO(csv_reader_close)
    struct csv_reader *reader = open_text("\xEF\xBB\xBFname,x\r\n\r\na,1.5\r\n   \nb, -2e3 ");
    struct error err = { "" };
    double x;
    assert_int_equal(csv_reader_next(reader, &err), 1);
    assert_int_equal(csv_reader_line(reader), 3);
    assert_string_equal(csv_reader_text(reader, csv_reader_column(reader, "name", NULL)), "a");
    assert_int_equal(csv_reader_number(reader, 1, &x, &err), 0);
    assert_near(x, 1.5, 0);
    assert_int_equal(csv_reader_next(reader, &err), 1);
    assert_int_equal(csv_reader_line(reader), 5);
    assert_int_equal(csv_reader_number(reader, 1, &x, &err), 0);
    assert_near(x, -2000, 0);
    assert_int_equal(csv_reader_next(reader, &err), 0);
    assert_int_equal(csv_reader_next(reader, &err), 0);
    assert_string_equal(csv_reader_text(reader, 0), "");
}

static void quotes_hold_commas_and_quotes(void **state)
{
    (void) state;
    AUTO(csv_reader_close)
    struct csv_reader *reader = open_text("\"a\",\"b,b\",c\n\"x, \"\"y\"\"\",\"\",\"7\"\n");
    struct error err = { "" };
    int64_t seven;
    assert_int_equal(csv_reader_column(reader, "b,b", NULL), 1);
    assert_int_equal(csv_reader_next(reader, &err), 1);
    assert_string_equal(csv_reader_text(reader, 0), "x, \"y\"");
    assert_string_equal(csv_reader_text(reader, 1), "");
    assert_int_equal(csv_reader_integer(reader, 2, &seven, &err), 0);
    assert_int_equal(seven, 7);
}

static void a_missing_column_reads_as_empty(void **state)
{
    (void) state;
    AUTO(csv_reader_close) struct csv_reader *reader = open_text("a\n1\n");
    struct error err = { "" };
    double value = 5;
    assert_int_equal(csv_reader_next(reader, &err), 1);
    assert_string_equal(csv_reader_text(reader, -1), "");
    assert_int_equal(csv_reader_number(reader, -1, &value, &err), -EINVAL);
    assert_near(value, 5, 0);
}

static void numbers_are_whole_fields_and_finite(void **state)
{
    (void) state;
    AUTO(csv_reader_close)
    struct csv_reader *reader = open_text("a,b,c,d,e,f\n1.5x,nan,1e999,,9223372036854775808,1.5\n"
                                          "0,0,0,0,-9223372036854775808,0\n");
    struct error err = { "" };
    double value;
    int64_t whole;
    assert_int_equal(csv_reader_next(reader, &err), 1);
    for (int column = 0; column < 4; column++)
        assert_int_equal(csv_reader_number(reader, column, &value, &err), -EINVAL);
    for (int column = 0; column < 6; column++)
        assert_int_equal(csv_reader_integer(reader, column, &whole, &err), -EINVAL);
    assert_int_equal(csv_reader_number(reader, 0, &value, &err), -EINVAL);
    assert_non_null(strstr(err.text, ":2: a: \"1.5x\" is not a finite number"));
    assert_int_equal(csv_reader_next(reader, &err), 1);
    assert_int_equal(csv_reader_integer(reader, 4, &whole, &err), 0);
    assert_true(whole == INT64_MIN);
}

static void assert_row_refused(const char *content, const char *sentence)
{
    AUTO(csv_reader_close) struct csv_reader *reader = open_text(content);
    struct error err = { "" };
    assert_int_equal(csv_reader_next(reader, &err), -EINVAL);
    if (!strstr(err.text, sentence))
        fail_msg("\"%s\" instead of \"%s\"", err.text, sentence);
}

static void bad_rows_are_refused_with_their_line(void **state)
{
    (void) state;
    assert_row_refused("a,b\n1\n", ":2: 1 fields where the header names 2");
    assert_row_refused("a,b\n\n1,2,3\n", ":3: 3 fields");
    assert_row_refused("a,b\n1,\"2\n", ":2: a quote is opened and not closed");
    assert_row_refused("a,b\n\"1\"x,2\n", ":2: text behind a closing quote");
}

static void assert_open_refused(const char *content, size_t length, const char *sentence)
{
    AUTO(remove_scratch) struct scratch_file file = file_of(content, length);
    struct csv_reader *reader = NULL;
    struct error err = { "" };
    assert_int_equal(csv_reader_open(file.path, &reader, &err), -EINVAL);
    assert_null(reader);
    assert_non_null(strstr(err.text, file.path));
    if (!strstr(err.text, sentence))
        fail_msg("\"%s\" instead of \"%s\"", err.text, sentence);
}

static void bad_headers_are_refused(void **state)
{
    (void) state;
    assert_open_refused("", 0, "the file is empty");
    assert_open_refused("\n\n", 2, "the file is empty");
    assert_open_refused("a,b,a\n", 6, "twice");
    assert_open_refused("a\0b\n", 4, "zero byte");
    assert_open_refused("\"a\n", 3, "not closed");
}

static void a_row_may_be_as_long_as_said_and_no_longer(void **state)
{
    (void) state;
    static char content[CSV_ROW_BYTES_MAX + 16];
    memcpy(content, "a\n", 2);
    memset(content + 2, 'x', CSV_ROW_BYTES_MAX);
    struct error err = { "" };
    {
        AUTO(csv_reader_close) struct csv_reader *reader = open_text(content);
        assert_int_equal(csv_reader_next(reader, &err), 1);
        assert_int_equal(strlen(csv_reader_text(reader, 0)), CSV_ROW_BYTES_MAX);
    }
    content[2 + CSV_ROW_BYTES_MAX] = 'x';
    AUTO(csv_reader_close) struct csv_reader *reader = open_text(content);
    assert_int_equal(csv_reader_next(reader, &err), -EINVAL);
    assert_non_null(strstr(err.text, ":2: the row is longer than"));
}

static void a_missing_file_is_named(void **state)
{
    (void) state;
    struct csv_reader *reader = NULL;
    struct error err = { "" };
    assert_int_equal(csv_reader_open("/nonexistent/x.csv", &reader, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nonexistent/x.csv"));
    assert_int_equal(csv_reader_open("/", &reader, &err), -EISDIR);
}

/* Rows of many lengths, so that the ends of blocks fall on every part of a row. */
static void rows_go_on_from_block_to_block(void **state)
{
    (void) state;
    enum { ROWS = 60000 };
    AUTO(remove_scratch) struct scratch_file file = file_of("", 0);
    FILE *out = fopen(file.path, "we");
    assert_non_null(out);
    assert_true(fputs("n,filler,m\n", out) >= 0);
    for (int i = 0; i < ROWS; i++)
        assert_true(fprintf(out, "%d,%.*s,%d%s", i, i % 23, "ffffffffffffffffffffffff", 3 * i,
                            i == ROWS - 1 ? "" : "\r\n") > 0);
    assert_int_equal(fclose(out), 0);

    AUTO(csv_reader_close) struct csv_reader *reader = NULL;
    struct error err;
    assert_int_equal(csv_reader_open(file.path, &reader, &err), 0);
    for (int i = 0; i < ROWS; i++) {
        int64_t n, m;
        assert_int_equal(csv_reader_next(reader, &err), 1);
        assert_int_equal(csv_reader_integer(reader, 0, &n, &err), 0);
        assert_int_equal(csv_reader_integer(reader, 2, &m, &err), 0);
        assert_int_equal(n, i);
        assert_int_equal(m, 3 * i);
        assert_int_equal(strlen(csv_reader_text(reader, 1)), i % 23);
    }
    assert_int_equal(csv_reader_next(reader, &err), 0);
    assert_int_equal(csv_reader_line(reader), ROWS + 1);
}

static void a_dash_is_the_standard_input(void **state)
{
    (void) state;
    AUTO(remove_scratch) struct scratch_file file = file_of("x\n7\nseven\n", 10);
    AUTO(csv_reader_close) struct csv_reader *reader = NULL;
    struct error err = { "" };
    int64_t x;
    assert_non_null(freopen(file.path, "r", stdin));
    assert_int_equal(csv_reader_open("-", &reader, &err), 0);
    assert_int_equal(csv_reader_next(reader, &err), 1);
    assert_int_equal(csv_reader_integer(reader, 0, &x, &err), 0);
    assert_int_equal(x, 7);
    assert_int_equal(csv_reader_next(reader, &err), 1);
    assert_int_equal(csv_reader_integer(reader, 0, &x, &err), -EINVAL);
    assert_non_null(strstr(err.text, "standard input:3: x: "));
}

static void any_number_may_be_not_finite(void **state)
{
    (void) state;
    AUTO(csv_reader_close) struct csv_reader *reader = open_text("x,y\nnan,1e999\n");
    struct error err = { "" };
    double value;
    assert_int_equal(csv_reader_next(reader, &err), 1);
    assert_int_equal(csv_reader_any_number(reader, 0, &value, &err), 0);
    assert_true(isnan(value));
    assert_int_equal(csv_reader_any_number(reader, 1, &value, &err), 0);
    assert_true(isinf(value));
    assert_int_equal(csv_reader_number(reader, 0, &value, &err), -EINVAL);
    assert_int_equal(csv_reader_any_number(reader, 2, &value, &err), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name_or_synonym),
        cmocka_unit_test(rows_come_one_by_one_with_their_lines),
        cmocka_unit_test(quotes_hold_commas_and_quotes),
        cmocka_unit_test(a_missing_column_reads_as_empty),
        cmocka_unit_test(numbers_are_whole_fields_and_finite),
        cmocka_unit_test(bad_rows_are_refused_with_their_line),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(a_row_may_be_as_long_as_said_and_no_longer),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(rows_go_on_from_block_to_block),
        cmocka_unit_test(a_dash_is_the_standard_input),
        cmocka_unit_test(any_number_may_be_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
