/*
 * worker.h - the capture thread: open, hand over frames, open again
 */
#ifndef FLOORFUSE_CAPTURE_WORKER_H
#define FLOORFUSE_CAPTURE_WORKER_H

#include "capture/capture.h"
#include "capture/frame_queue.h"
#include "capture/stop.h"

/* Everything the thread needs; borrowed until it has ended. */
struct worker {
    struct capture_options options;
    struct frame_queue *queue;
    struct stop stop;
};

/* Runs until the recording ends, the source has failed for good or a stop is requested. For
 * pthread_create; `worker` is a struct worker. */
void *worker_run(void *worker);

#endif
