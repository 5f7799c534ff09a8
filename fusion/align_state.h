/*
 * align_state.h - what align keeps: a queue of frames for each camera, and how far time has come
 *
 * Private to align.c and align_save.c.
 */
#ifndef FLOORFUSE_FUSION_ALIGN_STATE_H
#define FLOORFUSE_FUSION_ALIGN_STATE_H

#include "fusion/align.h"
#include "heat/heat_bucket.h"

struct queue {
    struct aligned_frame *head, *tail;
    bool known, heard, ended;
    bool catching_up;         /* what it sent long ago is on its way; not saved */
    int64_t current_us;       /* capture time of the frame that came last */
    int64_t progress_mono_ns; /* when current_us last changed: a frozen clock is silence */
    int astray;               /* frames in a row that were more than a day ahead */
    int heap_place;           /* in the heap, when head is there */
    struct joint_counts joints;
};

/* The camera that holds back a tick longest. */
struct hold {
    bool known;
    int64_t tick_us;
    const struct queue *by; /* NULL: nobody */
    int64_t until_mono_ns;  /* INT64_MIN: nobody */
};

struct align {
    struct queue queues[HEAT_CAMERAS_MAX];
    int camera_end;                       /* no camera from here on has been spoken of */
    struct queue *heap[HEAT_CAMERAS_MAX]; /* of those with frames; the oldest head first */
    int heap_count;
    size_t waiting; /* frames in all queues */
    struct hold hold;
    struct aligned_frame **taken; /* handed out by the last take */
    size_t taken_count, taken_capacity;
    size_t bytes; /* in all queues */
    int64_t tick_us, lateness_ns;
    double people_height_m;
    bool started;                  /* a tick has been closed */
    int64_t closed_us;             /* the last one */
    bool heard;                    /* a frame has come */
    int64_t first_arrival_mono_ns; /* of any frame */
    struct align_counts counts;
};

/* Whether a frame comes before another of the same camera. */
bool align_goes_before(const struct aligned_frame *a, const struct aligned_frame *b);

/* Put a frame, which becomes the queue's, where it belongs. */
void align_enqueue(struct align *align, struct queue *q, struct aligned_frame *frame);

#endif
