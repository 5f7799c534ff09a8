/*
 * camera_watch.h - whether what a camera program gets can be believed, and the words about it
 *
 * Holds the picture's watch (image/picture_watch.h) against the signature that lies beside the
 * camera file, and its clock against what capture makes of it; says once in the log when a state
 * changes, and keeps what health reports tell.
 */
#ifndef FLOORFUSE_PROGRAMS_CAMERA_WATCH_H
#define FLOORFUSE_PROGRAMS_CAMERA_WATCH_H

#include "calib/calibration.h"
#include "capture/capture.h"
#include "config/store_config.h"
#include "image/picture_watch.h"
#include "wire/message.h"

struct camera_watch; /* opaque; one thread */

/*
 *   camera  borrowed
 * A signature that is missing, damaged or of another calibration is told in the log, and the watch
 * goes on without it. Returns 0 or -ENOMEM.
 */
MUST_CHECK int camera_watch_create(const struct camera_config *camera,
                                   const struct calibration *calibration,
                                   struct camera_watch **ret_watch);
void camera_watch_destroy(struct camera_watch **watch);

/* The calibration or its signature may have changed: read the signature again. */
MUST_CHECK int camera_watch_reload(struct camera_watch *watch,
                                   const struct calibration *calibration);

/* Show every frame. Returns 1 when the state has changed (and was logged), 0, -ENOMEM. */
MUST_CHECK int camera_watch_see(struct camera_watch *watch, const struct frame *frame);

/* Note what capture says of clocks; news are logged. */
void camera_watch_note_clock(struct camera_watch *watch, const struct capture_status *status);

/* Whether frames of now show nothing that may be counted. */
bool camera_watch_is_suspicious(const struct camera_watch *watch);

/* What is wrong, as part of a sentence; "" when all is well. */
void camera_watch_words(const struct camera_watch *watch, size_t size, char words[static size]);

/* What health reports say of it. */
void camera_watch_fill(const struct camera_watch *watch, struct camera_health *health);

/* Where the time of all looks went, ns. */
int64_t camera_watch_total_ns(const struct camera_watch *watch);

#endif
