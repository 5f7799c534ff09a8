/*
 * camera_eye.h - what one camera makes of a frame: who is in it, and where on the floor
 *
 * The whole way from a picture to observations: whether the network need look at all, what it
 * finds, what is left out by masks, and where on the floor it is.
 */
#ifndef FLOORFUSE_PROGRAMS_CAMERA_EYE_H
#define FLOORFUSE_PROGRAMS_CAMERA_EYE_H

#include "calib/calibration.h"
#include "capture/capture.h"
#include "config/store_config.h"
#include "detector/detector.h"
#include "wire/message.h"

struct camera_eye; /* opaque; one thread */

/*
 *   camera       borrowed, as the calibration is
 *   engine       instead of the configured one; NULL: as configured
 * Returns 0, or a negative errno with a sentence.
 */
MUST_CHECK int camera_eye_create(const struct camera_config *camera,
                                 const struct calibration *calibration, const char *engine,
                                 struct camera_eye **ret_eye, struct error *err);
void camera_eye_destroy(struct camera_eye **eye);

/* Look with another calibration from the next frame on; borrowed as the first was. */
void camera_eye_set_calibration(struct camera_eye *eye, const struct calibration *calibration);

/* What was seen in a frame; all of it the eye's, until its next look. */
struct sight {
    uint32_t flags; /* enum frame_flag */
    struct observation *observations;
    size_t observation_count;
    struct detections found; /* boxes in full-frame px; none where the network rested */
};

/* Returns 0, -ENOMEM, -EIO (engine). */
MUST_CHECK int camera_eye_look(struct camera_eye *eye, const struct frame *frame,
                               struct sight *ret_sight);

/* Where the time of all looks went, ns. */
struct eye_times {
    int64_t gate_ns;
    struct detector_times detector;
    int64_t floor_ns; /* boxes put on the floor */
};
struct eye_times camera_eye_times(const struct camera_eye *eye);

struct detector_info camera_eye_info(const struct camera_eye *eye);

#endif
