/*
 * heat_legend.h - the colours of heat and what they mean
 */
#ifndef FLOORFUSE_REPORT_HEAT_LEGEND_H
#define FLOORFUSE_REPORT_HEAT_LEGEND_H

#include "report/heat_field.h"
#include "report/sheet.h"

/* Colour and opacity of a value 0..1 of the scale: more is brighter and covers more of the plan. */
struct colour heat_colour(double value, double *ret_opacity);

/* The colour bar with its numbers, and what hatch and plain floor mean. */
void heat_legend_draw(const struct sheet *sheet, const struct heat_field *field, double percentile);

#endif
