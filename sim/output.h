/*
 * output.h - a simulation as files: what the cameras said, and what was true
 *
 *   observations.csv   time_us,camera,class,score,left_px,top_px,right_px,bottom_px,id
 *   truth.csv          time_us,id,x_m,y_m at each time of observations.csv
 *   visible.csv        time_us,id,camera,visible,foot,head
 *   heat_truth.csv     bucket_us,cell,column,row,x_m,y_m,dwell_ms,passes,exposure_ms
 *   exposure_truth.csv bucket_us,people_ms,exposure_ms,cameras
 * and what output_store.h lists. docs/simulate.md says what each means.
 */
#ifndef FLOORFUSE_SIM_OUTPUT_H
#define FLOORFUSE_SIM_OUTPUT_H

#include <stdbool.h>

#include "sim/simulation.h"

struct output_options {
    struct simulation_options simulation;
    const char *folder;     /* made when it is not there */
    const char *floor_text; /* the map's GeoJSON */
    size_t floor_length;
    double duration_s; /* of the simulation, from its first moment */
    bool no_visible;   /* leave visible.csv out, which is the largest */
    struct stop stop;  /* gives up with -EINTR */
};

/* What was written. */
struct output_counts {
    int64_t moments, frames, lost_frames, boxes, false_boxes, head_boxes;
    int64_t person_moments;       /* rows of truth.csv */
    int64_t seen;                 /* people a camera could see, summed over frames */
    double person_camera_seconds; /* simulated */
};

/*
 * Simulate and write. Files appear when all are complete; on failure none does.
 * Returns 0; -EINVAL with a sentence; -ENOTSUP for more than HEAT_CAMERAS_MAX cameras; -errno.
 */
MUST_CHECK int output_write(const struct output_options *options, struct output_counts *ret_counts,
                            struct error *err);

#endif
