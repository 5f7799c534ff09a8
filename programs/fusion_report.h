/*
 * fusion_report.h - the state of a fusion program as JSON: what `floorfuse status` shows and what
 * is written as summary at the end
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_REPORT_H
#define FLOORFUSE_PROGRAMS_FUSION_REPORT_H

#include "programs/fusion_loop.h"

/* JSON text, the caller's to free(); NULL when out of memory. docs/summary.md names the keys. */
char *fusion_report(const struct fusion_loop *loop);

/* Log the findings: walkable floor that no camera sees, and how camera pairs agree. */
void fusion_report_findings(const struct fusion_loop *loop);

#endif
