/*
 * capture.h - video and stills in, frames with capture times out
 *
 * A thread of its own opens the source, decodes, converts to RGB and hands frames over. A source
 * that is not there yet or breaks is retried for ever with growing pauses; a recording ends.
 *   recordings ("fast", or paced by an option)  every frame is handed over, none is dropped
 *   live sources                                a queue of one: the newest frame replaces an older
 *                                               one that nobody took, and the drop is counted
 * Source kinds, told by the URL: rtsp:// (over TCP), /dev/video* and /dev/v4l/ (V4L2), any other
 * scheme:// but file:// (a live stream), a folder (its .png and .jpg files in name order), anything
 * else libavformat opens, files above all.
 */
#ifndef FLOORFUSE_CAPTURE_CAPTURE_H
#define FLOORFUSE_CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "image/image.h"

struct capture; /* opaque; create, next and destroy in one thread */

struct capture_options {
    const char *url;
    double fps;       /* recordings: frame n was taken n / fps after the first; 0: as the file's
                       * own time stamps say (a folder has none and needs fps) */
    bool fast;        /* recordings: as fast as they are taken; else at the recorded pace */
    int64_t start_us; /* recordings: UTC capture time of the first frame; 0: the time of opening.
                       * At the recorded pace, frame n is not handed over before its time. */
    uint32_t crop_left, crop_top, crop_width, crop_height; /* px; width 0: the whole frame */
    bool
        as_decoded; /* pictures may be IMAGE_YUV8, as most decoders leave them; else all are RGB8 */
    bool keyframes; /* decode only frames that need no other one: little work, few frames */
    double rate_hz; /* hand over at most so many frames a second, chosen by capture time; 0: all */
};

enum capture_clock { CAPTURE_CLOCK_ARRIVAL = 1, CAPTURE_CLOCK_STREAM = 2, CAPTURE_CLOCK_FILE = 3 };

struct frame {
    struct image *image; /* the crop only; one reference, the receiver's */
    uint64_t index;      /* of the source's frames since it was opened, 0 first; those that could
                          * not be decoded or that rate_hz left out are counted in */
    int64_t capture_us;  /* UTC; of a live source it rises from frame to frame */
    int64_t receive_us;  /* UTC, when it was decoded; at the recorded pace, when it was due */
    enum capture_clock clock;
    uint32_t width, height; /* the full frame, px */
    uint32_t left, top;     /* where the crop lies in it, px */
};

enum capture_state {
    CAPTURE_OPENING,
    CAPTURE_RUNNING,
    CAPTURE_RETRYING,
    CAPTURE_ENDED,
    CAPTURE_FAILED
};

struct capture_status {
    enum capture_state state;
    uint64_t frames;     /* decoded, also those that rate_hz left out */
    uint64_t dropped;    /* of a live source: replaced by a newer one before anybody took them */
    uint64_t damaged;    /* packets and stills that could not be decoded */
    uint64_t reconnects; /* a live source that had been lost gave frames again */
    double decode_ms;    /* mean per frame, decoding and conversion */
    int64_t clock_offset_us; /* the clock of a live camera less ours, where it cannot be right; its
                              * times are corrected by it. 0: it is believed, or not known */
    bool clock_off;          /* that is worth an alarm: a second or more */
    uint64_t wall_steps;     /* how often this machine's clock was found set, live sources */
    int64_t wall_step_us;    /* by how much, the last time */
    char detail[512];        /* why it is retrying or has failed; "" otherwise */
};

/*
 * Start. Returns at once, before the source is open: 0, -EINVAL (options), -errno (thread).
 * A recording that cannot be read is CAPTURE_FAILED (a sentence in the status); a stream or device
 * is CAPTURE_RETRYING. A crop that does not fit the picture is CAPTURE_FAILED.
 */
MUST_CHECK int capture_create(const struct capture_options *options, struct capture **ret_capture,
                              struct error *err);
/* Stops the thread, also in the middle of a blocking read. */
void capture_destroy(struct capture **capture);

/* An eventfd that is readable (POLLIN) while a frame waits or the state has changed. */
int capture_fd(const struct capture *capture);

/*
 * Take the next frame without waiting. Returns 1 and fills *ret_frame (image_unref its image when
 * done), 0 when none is waiting, -ENODATA after the last frame of a recording, -EIO when the source
 * has failed for good.
 */
MUST_CHECK int capture_next(struct capture *capture, struct frame *ret_frame);

/* Whether a URL names a recording, which ends, and not a stream or device, which does not. */
bool capture_is_recording(const char *url);

struct capture_status capture_status(const struct capture *capture);

#endif
