/*
 * detector_setup.h - a camera's detector as the config describes it
 */
#ifndef FLOORFUSE_PROGRAMS_DETECTOR_SETUP_H
#define FLOORFUSE_PROGRAMS_DETECTOR_SETUP_H

#include "config/store_config.h"
#include "detector/detector.h"

/*
 * The options of detector_create.
 *   camera  its strings are borrowed
 *   engine  instead of the configured one; NULL: as configured
 */
struct detector_options detector_setup(const struct camera_config *camera, const char *engine);

#endif
