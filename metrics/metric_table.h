/*
 * metric_table.h - which number of a store's status is which metric
 *
 * The status (docs/summary.md) is the only source of numbers: what `floorfuse status --json` shows
 * and what Prometheus reads are one JSON text, and this table says how it is read. A key that the
 * status does not have is no sample.
 *
 * Names follow Prometheus' own advice: floorfuse_*, base units (seconds, bytes, metres), _total for
 * what only grows. Every sample has the label store, and camera, floor or reason where its number
 * is one of several.
 */
#ifndef FLOORFUSE_METRICS_METRIC_TABLE_H
#define FLOORFUSE_METRICS_METRIC_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum metric_kind {
    METRIC_COUNTER,  /* a number that only grows until the program starts again */
    METRIC_GAUGE,    /* a number */
    METRIC_TIME,     /* gauge: UTC text as seconds since 1970 */
    METRIC_IS_EMPTY, /* gauge: 1 when a text (why something failed) is empty, else 0 */
    METRIC_STATE, /* gauge: a text that is one of `words`: a sample for each, 1 for the one it is */
    METRIC_INFO   /* gauge: always 1; the texts named by `words` are its labels */
};

struct metric {
    /*
     * Where it stands: keys joined by dots. "x[]" is each entry of a list, whose camera, floor,
     * camera_a, camera_b, source and reason become labels; "x.*" is each entry of a group, whose
     * key becomes the label reason.
     */
    const char *path;
    const char *name;
    enum metric_kind kind;
    double scale;      /* the number is multiplied by it; 0: taken as it is */
    const char *words; /* "a|b": of METRIC_STATE and METRIC_INFO */
    const char *help;
};

extern const struct metric metric_table[];
extern const size_t metric_count;

/* Numbers of the status that are no metrics, as paths, each with its reason. */
struct metric_left_out {
    const char *path, *reason;
};
extern const struct metric_left_out metric_left_out[];
extern const size_t metric_left_out_count;

/* The one metric that is not in the status, but about it: a gauge. */
#define METRIC_LOOP_AGE      "floorfuse_loop_age_seconds"
#define METRIC_LOOP_AGE_HELP "Since fusion's loop last told its status; it does so every second."

/* "counter" or "gauge". */
const char *metric_type_text(const struct metric *metric);

/* Print the table as Markdown: what docs/metrics.md holds. */
void metric_table_document(FILE *out);

#endif
