/*
 * heat_field.h - sums per cell, as a smooth field that is shown
 */
#ifndef FLOORFUSE_REPORT_HEAT_FIELD_H
#define FLOORFUSE_REPORT_HEAT_FIELD_H

#include <stdbool.h>

#include "report/heat_picture.h"

/*
 * A value per cell, smoothed a little over the neighbours that a camera saw, so that single steps
 * of single people make an area; nothing flows into cells that nobody saw.
 */
struct heat_field {
    struct grid grid;
    double *value; /* per cell, in the unit below */
    bool *seen;    /* per cell */
    double scale;  /* what gets the brightest colour; 0 when nobody came */
    double peak;   /* the largest value */
    const char *unit;
    double presence_s;     /* person-seconds on seen cells; NaN when the values are not seconds */
    double unplaced_share; /* of all values, those in cells that nobody could see: not shown */
    bool any_seen;
};

/* percentile: of the occupied cells, 0..100. Returns 0 or -ENOMEM. */
MUST_CHECK int heat_field_create(const struct heat_sums *sums, enum heat_layer layer,
                                 double percentile, struct heat_field **ret_field);
void heat_field_destroy(struct heat_field **field);

/* The value at a floor point, 0..1 of the scale, mixed from the four nearest seen cells; -1 where
 * nobody looked. */
double heat_field_at(const struct heat_field *field, struct floor_m p);

#endif
