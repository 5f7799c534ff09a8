/*
 * opencv_module.h - the module with OpenCV in it, opened when first asked for
 *
 * Internal to detector. The module lies beside the program, in lib/floorfuse of the same
 * installation, or one or two folders above (programs of the tests in a build folder).
 */
#ifndef FLOORFUSE_DETECTOR_OPENCV_MODULE_H
#define FLOORFUSE_DETECTOR_OPENCV_MODULE_H

#include "base/error.h"

struct opencv_functions;

/* ret_functions stay for ever: the module is never closed. Returns 0 or -ENOTSUP. */
MUST_CHECK int opencv_module_open(const struct opencv_functions **ret_functions, struct error *err);

#endif
