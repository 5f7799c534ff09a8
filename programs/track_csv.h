/*
 * track_csv.h - tracks as rows of a CSV file, the same from every program
 */
#ifndef FLOORFUSE_PROGRAMS_TRACK_CSV_H
#define FLOORFUSE_PROGRAMS_TRACK_CSV_H

#include <stdio.h>

#include "fusion/fusion.h"

/* Whatever follows (",floor" or nothing) and the line's end are the caller's to write. Failures
 * stay in the stream (ferror). */
void track_csv_write_header(FILE *out);
void track_csv_write(FILE *out, int64_t tick_us, const struct track_report *track);

#endif
