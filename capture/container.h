/*
 * container.h - packets of one video stream out of a file, a network stream or a device
 *
 * Every blocking call ends when a stop is requested, or after a bounded time without data.
 */
#ifndef FLOORFUSE_CAPTURE_CONTAINER_H
#define FLOORFUSE_CAPTURE_CONTAINER_H

#include <libavcodec/avcodec.h>

#include "base/error.h"
#include "capture/source.h"
#include "capture/stop.h"

struct container; /* opaque; one thread */

/*
 * Open and find the video stream. stop must outlive the container.
 * Returns 0, -ECANCELED (stop), -errno; the sentence names the URL without its password.
 */
MUST_CHECK int container_open(const char *url, enum source_kind kind, struct stop *stop,
                              struct container **ret_container, struct error *err);
/* Packets of a device live in its buffers: they, and frames decoded from them, must be gone. */
void container_destroy(struct container **container);

const AVCodecParameters *container_codec(const struct container *container);
AVRational container_time_base(const struct container *container);

/* What the container says; 0 when it says nothing. */
double container_fps(const struct container *container);

/*
 * The next packet of the video.
 * Returns 1; 0 at the end; -ECANCELED (stop); -EBADMSG (damaged here, read on); -errno.
 */
MUST_CHECK int container_read(struct container *container, AVPacket *packet, struct error *err);

/* Capture time by the camera's clock of what has the time stamp pts_us, UTC us, or by our monotonic
 * clock when it is a device; STAMP_UNKNOWN when the stream has not said. */
int64_t container_camera_us(const struct container *container, int64_t pts_us);

#endif
