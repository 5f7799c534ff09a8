/*
 * event_csv.h - what happened in zones and on lines as rows of a CSV file
 *
 * time_us,event,track,place,direction,stay_ms,x_m,y_m; docs/zones.md tells what each means.
 */
#ifndef FLOORFUSE_PROGRAMS_EVENT_CSV_H
#define FLOORFUSE_PROGRAMS_EVENT_CSV_H

#include <stdio.h>

#include "fusion/zones.h"

/* Whole lines. Failures stay in the stream (ferror). */
void event_csv_write_header(FILE *out);
void event_csv_write(FILE *out, const struct zone_event *event);

#endif
