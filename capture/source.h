/*
 * source.h - decoded frames, in order, out of whatever a URL names
 *
 * Damage does not stop a source: what cannot be decoded is counted, keeps its number in the order
 * of frames, and the next packet is tried.
 */
#ifndef FLOORFUSE_CAPTURE_SOURCE_H
#define FLOORFUSE_CAPTURE_SOURCE_H

#include <libavutil/frame.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "capture/stop.h"

enum source_kind {
    SOURCE_FILE,   /* a recording libavformat opens */
    SOURCE_FOLDER, /* a recording of stills */
    SOURCE_RTSP,
    SOURCE_DEVICE, /* V4L2 */
    SOURCE_STREAM, /* any other "scheme://": the network */
};

/* Told by the URL; a path is looked at on disk, to know a folder. */
enum source_kind source_kind(const char *url);
bool source_kind_is_live(enum source_kind kind);

/* The same as source_kind_is_live(source_kind(url)), without touching the disk. */
bool source_url_is_live(const char *url);

struct source; /* opaque; one thread */

/* keyframes: decode no others. stop must outlive the source. Returns 0, -ECANCELED (stop), -errno
 * with a sentence. */
MUST_CHECK int source_open(const char *url, bool keyframes, struct stop *stop,
                           struct source **ret_source, struct error *err);
void source_destroy(struct source **source);

enum source_kind source_kind_of(const struct source *source);
double source_fps(const struct source *source); /* its own; 0 when it does not say */

struct source_frame {
    const AVFrame *picture; /* valid until the next call */
    uint64_t index;         /* 0 first; frames that could not be decoded are counted in */
    int64_t pts_us;         /* its own time, from no special origin; STAMP_UNKNOWN */
    int64_t camera_us;      /* as container_camera_us; STAMP_UNKNOWN */
    int64_t decode_ns;      /* spent in the decoder since the frame before */
};

/*
 * The next frame.
 * Returns 1; 0 at the end; -ECANCELED (stop); -errno when nothing more is to be had, with a
 * sentence.
 */
MUST_CHECK int source_next(struct source *source, struct source_frame *ret_frame,
                           struct error *err);

/* Damaged packets and stills met since the last call. */
uint64_t source_take_damaged(struct source *source);

#endif
