/*
 * replay_cameras.h - the cameras of a replay: of a store's config or of a table, as far as the file
 * of observations names them
 */
#ifndef FLOORFUSE_PROGRAMS_REPLAY_CAMERAS_H
#define FLOORFUSE_PROGRAMS_REPLAY_CAMERAS_H

#include "calib/camera_table.h"
#include "floor/floor_map.h"
#include "fusion/observation_csv.h"
#include "programs/replay.h"

/* Storage the caller has; zeroed means: none. */
struct replay_cameras {
    struct observation_csv_camera *items; /* of other floors too: their rows are no strangers */
    size_t count;
    size_t here_count;           /* those of this floor */
    struct camera_table table;   /* what the items point to: either this ... */
    struct calibration **loaded; /* ... or these, one for each camera of the config; NULLs inside */
    size_t loaded_count;
};

/*
 * A regular file is read once to find out who is in it; of a stream, every camera that could be is.
 *   floor  NULL when there is no config
 * Returns 0, or a negative errno with a sentence.
 */
MUST_CHECK int replay_cameras_open(const struct replay_options *options,
                                   const struct floor_config *floor,
                                   struct replay_cameras *ret_cameras, struct error *err);
void replay_cameras_release(struct replay_cameras *cameras);

/*
 * Where people can walk when nobody has drawn it: a rectangle around all places where the cameras
 * can locate people well enough to tell.
 *   ret_cell_m  cell_m, or a larger one when a floor of that size would have too many cells
 * Returns 0, or a negative errno with a sentence.
 */
MUST_CHECK int replay_cameras_floor(const struct replay_cameras *cameras, double cell_m,
                                    struct floor_map **ret_map, double *ret_cell_m,
                                    struct error *err);

#endif
