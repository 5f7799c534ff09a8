/*
 * exposition.h - a store's status as Prometheus reads it
 *
 * Text format 0.0.4: HELP, TYPE and the samples of each metric together, in the order of the table.
 * Source: prometheus.io/docs/instrumenting/exposition_formats.
 */
#ifndef FLOORFUSE_METRICS_EXPOSITION_H
#define FLOORFUSE_METRICS_EXPOSITION_H

#include <jansson.h>

#include "base/text.h"

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Add all metrics of a status. Out of memory is told by out->failed. */
void exposition_write(const json_t *status, struct text *out);

/* Add one that is not in the status: HELP, TYPE and a gauge without labels. */
void exposition_write_gauge(const char *name, const char *help, double value, struct text *out);

#endif
