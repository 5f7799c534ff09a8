/*
 * device.h - cameras that are devices of this machine
 */
#ifndef FLOORFUSE_CAPTURE_DEVICE_H
#define FLOORFUSE_CAPTURE_DEVICE_H

#include "base/error.h"

/*
 * Make libavformat know V4L2. libavdevice brings eighty libraries along, for screens and sound too,
 * so it is opened only when a device is. Returns 0, or -ENOTSUP with a sentence.
 */
MUST_CHECK int device_prepare(struct error *err);

#endif
