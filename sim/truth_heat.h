/*
 * truth_heat.h - what should be in each heat bucket: dwell, passes and exposure of the true people
 *
 * Counted by the definitions of fusion/README.md: a tick T adds its length to the cell of each
 * person at T and lies in the bucket that holds T - tick; a pass is counted when a person is a
 * tenth of a cell beyond the border of the cell they were in, and when they appear; a camera looks
 * while it has a frame in the last second.
 */
#ifndef FLOORFUSE_SIM_TRUTH_HEAT_H
#define FLOORFUSE_SIM_TRUTH_HEAT_H

#include "geom/grid.h"
#include "sim/simulation.h"

struct truth_heat; /* opaque */

struct truth_cell {
    uint32_t cell, passes;
    int64_t dwell_ms;
    int64_t exposure_ms; /* how long some camera could see the cell */
};

struct truth_exposure {
    uint64_t camera_set; /* bit i: camera i of the config */
    int64_t exposure_ms;
};

/* A bucket that is over; everything is borrowed for the call. */
struct truth_bucket {
    int64_t start_us;
    int64_t people_ms;              /* all dwell, also outside the grid */
    const struct truth_cell *cells; /* where somebody was, by cell */
    size_t cell_count;
    const struct truth_exposure *exposures; /* by set */
    size_t exposure_count;
};

struct truth_heat_sink {
    void *context;
    /* Returns 0, or a negative errno that ends the counting. */
    int (*bucket)(void *context, const struct truth_bucket *bucket);
};

/*
 *   grid        of the cells
 *   footprints  one mask a camera (HEAT_CAMERAS_MAX at most), borrowed
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int truth_heat_create(const struct grid *grid, int tick_ms, int bucket_s,
                                 uint8_t *const *footprints, size_t camera_count,
                                 struct truth_heat_sink sink, struct truth_heat **ret_heat);
void truth_heat_destroy(struct truth_heat **heat);

/*
 * Close a tick.
 *   tick_us  a multiple of the tick's length, later than the last one
 *   people   by id
 *   looking  the cameras that look
 * Returns 0, -ENOMEM, or what the sink returned.
 */
MUST_CHECK int truth_heat_tick(struct truth_heat *heat, int64_t tick_us,
                               const struct simulated_person *people, size_t count,
                               uint64_t looking);

/* Hand out the open bucket. Returns as above. */
MUST_CHECK int truth_heat_finish(struct truth_heat *heat);

#endif
