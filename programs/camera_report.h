/*
 * camera_report.h - what a camera program tells fusion of itself, and by what means
 *
 * Private to the camera program: camera_loop.c runs it.
 */
#ifndef FLOORFUSE_PROGRAMS_CAMERA_REPORT_H
#define FLOORFUSE_PROGRAMS_CAMERA_REPORT_H

#include <stdio.h>

#include "calib/calibration.h"
#include "capture/capture.h"
#include "programs/camera_eye.h"
#include "programs/camera_loop.h"
#include "programs/camera_watch.h"
#include "programs/seal.h"
#include "wire/publisher.h"

/* How often a camera says who and how it is. */
#define CAMERA_REPORT_INTERVAL_NS (2 * NS_PER_S)

/* How long the last messages may take to leave at the end. */
#define CAMERA_LINGER_MS 10000

struct camera_loop {
    const struct camera_loop_options *options;
    struct calibration *calibration;
    struct camera_eye *eye;
    struct camera_watch *watch;
    struct publisher *publisher; /* NULL with --no-publish */
    struct client_keys keys;     /* zeroed in plain text */
    struct capture *capture;     /* NULL until somebody listens */
    FILE *csv;
    int signal_fd;
    enum camera_state state;
    uint32_t width, height; /* full frame px; 0 before the first frame */
    struct box_px view;
    struct camera_health counts;
    int64_t detect_ns, publish_ns, next_report_ns, next_ring_trouble_ns;
    uint64_t unkept_told; /* messages that the ring did not take, as of the last line about it */
    bool still_saved, stop;
};

/* Connect to fusion, and open the ring of last messages. Returns 0 or a negative errno with a
 * sentence. */
MUST_CHECK int camera_report_open(struct camera_loop *loop, struct error *err);

/* Say who and how this camera is; a full queue is counted by the publisher. */
void camera_report_send(struct camera_loop *loop);

/* All zero before somebody listens. */
struct capture_status camera_capture_status(const struct camera_loop *loop);

#endif
