/*
 * camera_confine.h - what a camera program may do, from before its first picture to its end
 */
#ifndef FLOORFUSE_PROGRAMS_CAMERA_CONFINE_H
#define FLOORFUSE_PROGRAMS_CAMERA_CONFINE_H

#include "programs/camera_loop.h"

/*
 * Confine this process (programs/confine.h) to one camera's work: it reads the system's libraries,
 * the camera's calibration, models and recording; it writes its ring and the files of its flags.
 * Call it before anything makes a thread. Says in the log what is in force, or that nothing is.
 * Returns 0 or a negative errno with a sentence.
 */
MUST_CHECK int camera_confine(const struct camera_loop_options *options, struct error *err);

#endif
