/*
 * test_exposition.c - a store's status as Prometheus reads it
 *
 * Expected texts are written by hand after the description of the text format 0.0.4.
 */
#include "testing.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "metrics/exposition.h"
#include "metrics/metric_table.h"

static char *exposed(const char *json)
{
    json_error_t problem;
    json_t *status = json_loads(json, 0, &problem);
    if (!status)
        fail_msg("%s", problem.text);
    struct text out = TEXT_INIT;
    exposition_write(status, &out);
    json_decref(status);
    assert_false(out.failed);
    return text_take(&out);
}

static void assert_exposed(const char *json, const char *expected)
{
    char *text = exposed(json);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_has_line(const char *text, const char *line)
{
    char whole[512];
    (void) snprintf(whole, sizeof(whole), "\n%s\n", line);
    if (!strstr(text, whole))
        fail_msg("no line %s in:\n%s", line, text);
}

static void samples_of_a_metric_stand_together_under_help_and_type(void **state)
{
    (void) state;
    assert_exposed("{\"store\": \"demo\", \"cameras\": ["
                   "{\"camera\": \"left\", \"floor\": \"ground\", \"frames_missed\": 7},"
                   "{\"camera\": \"right\", \"floor\": \"ground\", \"frames_missed\": 0}]}",
                   "# HELP floorfuse_camera_info What a camera works with; always 1.\n"
                   "# TYPE floorfuse_camera_info gauge\n"
                   "floorfuse_camera_info{store=\"demo\",camera=\"left\",floor=\"ground\"} 1\n"
                   "floorfuse_camera_info{store=\"demo\",camera=\"right\",floor=\"ground\"} 1\n"
                   "# HELP floorfuse_camera_frames_missed_total Frames that are lost for good: the "
                   "exposure of their time is lower.\n"
                   "# TYPE floorfuse_camera_frames_missed_total counter\n"
                   "floorfuse_camera_frames_missed_total{store=\"demo\",camera=\"left\",floor="
                   "\"ground\"} 7\n"
                   "floorfuse_camera_frames_missed_total{store=\"demo\",camera=\"right\",floor="
                   "\"ground\"} 0\n");
}

static void a_status_without_numbers_has_no_metrics(void **state)
{
    (void) state;
    assert_exposed("{\"store\": \"demo\", \"cameras\": [], \"database\": null}", "");
    assert_exposed("{}", "");
    assert_exposed("[]", "");
    /* of another shape than ours */
    assert_exposed("{\"cameras\": 3, \"floors\": {\"x\": []}, \"refused\": [1], \"database\": 1}",
                   "");
}

static void milliseconds_are_shown_in_seconds(void **state)
{
    (void) state;
    char *text = exposed("{\"store\": \"demo\", \"cameras\": [{\"camera\": \"a\", "
                         "\"detect_ms_per_frame\": 12.345, \"decode_ms_per_frame\": 250}]}");
    assert_has_line(text, "floorfuse_camera_detect_seconds{store=\"demo\",camera=\"a\"} 0.012345");
    assert_has_line(text, "floorfuse_camera_decode_seconds{store=\"demo\",camera=\"a\"} 0.25");
    free(text);
}

static void large_counts_keep_every_digit(void **state)
{
    (void) state;
    char *text = exposed("{\"store\": \"demo\", \"floors\": [{\"floor\": \"g\", "
                         "\"ticks\": 9007199254740993}]}"); /* 2^53 + 1: not a double */
    assert_has_line(text, "floorfuse_floor_ticks_total{store=\"demo\",floor=\"g\"} "
                          "9007199254740993");
    free(text);
}

/* date -u -d 2026-11-23T09:14:05.12Z +%s says 1795425245 */
static void times_are_seconds_since_1970(void **state)
{
    (void) state;
    char *text = exposed("{\"store\": \"demo\", \"floors\": [{\"floor\": \"g\", "
                         "\"to\": \"2026-11-23T09:14:05.120000Z\", \"from\": null}]}");
    assert_has_line(text, "floorfuse_floor_last_tick_timestamp_seconds{store=\"demo\",floor="
                          "\"g\"} 1795425245.1199999");
    assert_null(strstr(text, "first_tick"));
    free(text);
}

static void a_state_is_one_of_all_there_are(void **state)
{
    (void) state;
    char *text = exposed("{\"store\": \"demo\", \"cameras\": [{\"camera\": \"a\", "
                         "\"state\": \"lost\", \"picture\": \"upside-down\"}]}");
#define STATE "floorfuse_camera_state{store=\"demo\",camera=\"a\",state="
    assert_has_line(text, STATE "\"running\"} 0");
    assert_has_line(text, STATE "\"starting\"} 0");
    assert_has_line(text, STATE "\"lost\"} 1");
    assert_has_line(text, STATE "\"ended\"} 0");
    assert_has_line(text, STATE "\"never heard\"} 0");
#define PICTURE "floorfuse_camera_picture{store=\"demo\",camera=\"a\",picture="
    assert_has_line(text, PICTURE "\"good\"} 0");
    assert_has_line(text, PICTURE "\"upside-down\"} 1"); /* newer than the table */
    free(text);
}

static void an_error_is_a_zero_and_its_words_stay_out(void **state)
{
    (void) state;
    char *text = exposed("{\"store\": \"demo\", \"database\": {\"last_error\": "
                         "\"password=hunter2\", \"disk_error\": \"\"}}");
    assert_has_line(text, "floorfuse_database_up{store=\"demo\"} 0");
    assert_has_line(text, "floorfuse_spool_writable{store=\"demo\"} 1");
    assert_null(strstr(text, "hunter2"));
    free(text);
}

static void reasons_become_labels(void **state)
{
    (void) state;
    char *text = exposed("{\"store\": \"demo\", \"refused\": {\"shape\": 1, "
                         "\"unknown camera\": 2}}");
    assert_has_line(text, "floorfuse_messages_refused_total{store=\"demo\",reason=\"shape\"} 1");
    assert_has_line(text,
                    "floorfuse_messages_refused_total{store=\"demo\",reason=\"unknown camera\"} 2");
    free(text);
}

static void pairs_have_their_floor_and_both_cameras(void **state)
{
    (void) state;
    char *text = exposed("{\"store\": \"demo\", \"floors\": [{\"floor\": \"g\", \"camera_pairs\": "
                         "[{\"camera_a\": \"l\", \"camera_b\": \"r\", \"rms_m\": 0.25}]}]}");
    assert_has_line(text, "floorfuse_camera_pair_rms_metres{store=\"demo\",floor=\"g\",camera_a="
                          "\"l\",camera_b=\"r\"} 0.25");
    free(text);
}

static void what_a_camera_says_cannot_break_the_format(void **state)
{
    (void) state;
    char *text = exposed("{\"store\": \"demo\", \"cameras\": [{\"camera\": \"a\", \"model\": "
                         "\"x\\\"} 1\\nevil_total 9\\\\\"}]}");
    assert_has_line(text, "floorfuse_camera_info{store=\"demo\",camera=\"a\",model="
                          "\"x\\\"} 1\\nevil_total 9\\\\\"} 1");
    assert_null(strstr(text, "\nevil_total"));
    free(text);
}

/* prometheus.io/docs/practices/naming: a prefix, base units, _total for counters only. */
static void names_are_what_prometheus_advises(void **state)
{
    (void) state;
    for (size_t i = 0; i < metric_count; i++) {
        const char *name = metric_table[i].name;
        size_t length = strlen(name);
        bool total = length > 6 && strcmp(name + length - 6, "_total") == 0;
        assert_memory_equal(name, "floorfuse_", 10);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), length);
        assert_int_equal(total, metric_table[i].kind == METRIC_COUNTER);
        assert_null(strstr(name, "_ms"));
        assert_null(strstr(name, "milli"));
        assert_false(islower((unsigned char) metric_table[i].help[0]));
        assert_int_equal(metric_table[i].help[strlen(metric_table[i].help) - 1], '.');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(name, metric_table[j].name);
    }
}

static void the_documentation_is_the_table(void **state)
{
    (void) state;
    char *page, *text;
    size_t length, text_length;
    FILE *out = open_memstream(&page, &length);
    assert_non_null(out);
    metric_table_document(out);
    (void) fclose(out);
    assert_int_equal(file_read(SOURCE_DIR "/docs/metrics.md", 1 << 20, &text, &text_length, NULL),
                     0);
    if (strcmp(page, text) != 0)
        fail_msg("docs/metrics.md is not what `floorfuse check --metrics` prints; write it anew");
    free(page);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_of_a_metric_stand_together_under_help_and_type),
        cmocka_unit_test(a_status_without_numbers_has_no_metrics),
        cmocka_unit_test(milliseconds_are_shown_in_seconds),
        cmocka_unit_test(large_counts_keep_every_digit),
        cmocka_unit_test(times_are_seconds_since_1970),
        cmocka_unit_test(a_state_is_one_of_all_there_are),
        cmocka_unit_test(an_error_is_a_zero_and_its_words_stay_out),
        cmocka_unit_test(reasons_become_labels),
        cmocka_unit_test(pairs_have_their_floor_and_both_cameras),
        cmocka_unit_test(what_a_camera_says_cannot_break_the_format),
        cmocka_unit_test(names_are_what_prometheus_advises),
        cmocka_unit_test(the_documentation_is_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
