/*
 * drawing.h - pictures of a store, from its config and database to PNG files
 */
#ifndef FLOORFUSE_PROGRAMS_DRAWING_H
#define FLOORFUSE_PROGRAMS_DRAWING_H

#include <stdint.h>

#include "config/store_config.h"
#include "report/heat_picture.h"

/*
 * Draw a floor's GeoJSON to scale.
 *   floor_id  NULL: the first floor
 *   out       NULL: the floor's plan.png
 */
MUST_CHECK int draw_plan(const struct store_config *config, const char *floor_id, const char *out,
                         struct error *err);

struct heat_request {
    const char *floor_id;   /* NULL: the first floor */
    int64_t from_us, to_us; /* [from, to); INT64_MIN and INT64_MAX: all there is */
    enum heat_layer layer;
    const char *over_camera; /* draw over this camera's still; NULL: over the plan */
    const char *still;       /* PNG instead of the camera's picture; NULL: the config's */
    const char *png;         /* NULL: no picture */
    const char *csv;         /* NULL: no table */
};

/* Read the sums of a floor from the database behind conninfo and write what is asked for. */
MUST_CHECK int draw_heat(const struct store_config *config, const char *conninfo,
                         const struct heat_request *request, struct error *err);

#endif
