/*
 * fingerprint.h - whether a saved state belongs to this floor and these cameras
 *
 * Tracks, exposures and what was learned of cameras mean nothing on another floor or with other
 * calibrations. Fingerprints tell: SHA-256, as hexadecimal text, of all that decides.
 */
#ifndef FLOORFUSE_FUSION_FINGERPRINT_H
#define FLOORFUSE_FUSION_FINGERPRINT_H

#include "base/file.h"
#include "calib/calibration.h"
#include "floor/floor_map.h"

/* Of everything that is drawn on the map. Returns 0 or -ENOMEM. */
MUST_CHECK int fingerprint_of_floor(const struct floor_map *map,
                                    char ret_hex[static SHA256_TEXT_SIZE]);

/* Of what fusion_set_camera says of a camera; watch may be NULL. Returns 0 or -ENOMEM. */
MUST_CHECK int fingerprint_of_camera(const struct calibration *calibration, struct box_px view,
                                     const struct watch *watch, double edge_sd_px,
                                     char ret_hex[static SHA256_TEXT_SIZE]);

#endif
