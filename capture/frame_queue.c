/*
 * frame_queue.c - between the capture thread and the thread that takes frames
 */
#include "capture/frame_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/live_clock.h"

struct frame_queue {
    pthread_mutex_t mutex; /* guards all but fd, live and capacity */
    pthread_cond_t room;
    int fd;
    bool live;
    size_t capacity;
    struct frame ring[FRAME_QUEUE_RECORDING];
    size_t first, waiting;
    bool closed;
    bool state_unseen; /* the state changed and nobody has come since to find no frame */
    struct capture_status status;
    int64_t decode_ns;
};

static int initialise(struct frame_queue *queue)
{
    int code = -pthread_mutex_init(&queue->mutex, NULL);
    if (code < 0)
        return code;
    code = -pthread_cond_init(&queue->room, NULL);
    if (code < 0)
        goto no_condition;
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->fd >= 0)
        return 0;
    code = -errno;
    (void) pthread_cond_destroy(&queue->room);
no_condition:
    (void) pthread_mutex_destroy(&queue->mutex);
    return code;
}

int frame_queue_create(bool live, struct frame_queue **ret_queue)
{
    struct frame_queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return -ENOMEM;
    queue->live = live;
    queue->capacity = live ? FRAME_QUEUE_LIVE : FRAME_QUEUE_RECORDING;
    queue->status.state = CAPTURE_OPENING;
    int code = initialise(queue);
    if (code < 0) {
        free(queue);
        return code;
    }
    *ret_queue = queue;
    return 0;
}

static struct frame pop(struct frame_queue *queue)
{
    struct frame frame = queue->ring[queue->first];
    queue->first = (queue->first + 1) % queue->capacity;
    queue->waiting--;
    return frame;
}

void frame_queue_destroy(struct frame_queue **queue)
{
    struct frame_queue *q = *queue;
    if (!q)
        return;
    while (q->waiting > 0) {
        struct frame frame = pop(q);
        image_unref(&frame.image);
    }
    (void) close(q->fd);
    (void) pthread_cond_destroy(&q->room);
    (void) pthread_mutex_destroy(&q->mutex);
    free(q);
    *queue = NULL;
}

static void lock(struct frame_queue *queue)
{
    (void) pthread_mutex_lock(&queue->mutex);
}

static void unlock(struct frame_queue *queue)
{
    (void) pthread_mutex_unlock(&queue->mutex);
}

/* The counter of an eventfd only fills up after 2^64 - 2 calls, so writing cannot block or fail. */
static void ring_bell(const struct frame_queue *queue)
{
    (void) eventfd_write(queue->fd, 1);
}

static void silence_bell(const struct frame_queue *queue)
{
    eventfd_t count;
    (void) eventfd_read(queue->fd, &count);
}

/* With the lock held: room for one more, or the queue is closed. */
static void make_room(struct frame_queue *queue)
{
    if (queue->live && queue->waiting == queue->capacity) {
        struct frame old = pop(queue);
        image_unref(&old.image);
        queue->status.dropped++;
    }
    while (!queue->closed && queue->waiting == queue->capacity)
        (void) pthread_cond_wait(&queue->room, &queue->mutex);
}

int frame_queue_put(struct frame_queue *queue, const struct frame *frame)
{
    lock(queue);
    make_room(queue);
    bool closed = queue->closed;
    if (!closed) {
        queue->ring[(queue->first + queue->waiting) % queue->capacity] = *frame;
        queue->waiting++;
        ring_bell(queue);
    }
    unlock(queue);
    if (!closed)
        return 0;
    struct image *image = frame->image;
    image_unref(&image);
    return -ECANCELED;
}

void frame_queue_close(struct frame_queue *queue)
{
    lock(queue);
    queue->closed = true;
    (void) pthread_cond_broadcast(&queue->room);
    unlock(queue);
}

/* What capture_next answers when no frame waits. */
static int answer_without_frame(enum capture_state state)
{
    return state == CAPTURE_ENDED ? -ENODATA : state == CAPTURE_FAILED ? -EIO : 0;
}

int frame_queue_take(struct frame_queue *queue, struct frame *ret_frame)
{
    int answer = 1;
    lock(queue);
    if (queue->waiting > 0) {
        *ret_frame = pop(queue);
        (void) pthread_cond_signal(&queue->room);
    } else {
        answer = answer_without_frame(queue->status.state);
        queue->state_unseen = false;
    }
    if (queue->waiting == 0 && !queue->state_unseen)
        silence_bell(queue);
    unlock(queue);
    return answer;
}

int frame_queue_fd(const struct frame_queue *queue)
{
    return queue->fd;
}

void frame_queue_set_state(struct frame_queue *queue, enum capture_state state, const char *detail)
{
    struct capture_status *status = &queue->status;
    lock(queue);
    if (status->state != state) {
        queue->state_unseen = true;
        ring_bell(queue);
    }
    status->state = state;
    (void) snprintf(status->detail, sizeof status->detail, "%s", detail);
    unlock(queue);
}

void frame_queue_count_decoded(struct frame_queue *queue, int64_t decode_ns)
{
    lock(queue);
    queue->status.frames++;
    queue->decode_ns += decode_ns;
    unlock(queue);
}

void frame_queue_count_damaged(struct frame_queue *queue, uint64_t packets)
{
    lock(queue);
    queue->status.damaged += packets;
    unlock(queue);
}

void frame_queue_count_reconnect(struct frame_queue *queue)
{
    lock(queue);
    queue->status.reconnects++;
    unlock(queue);
}

void frame_queue_set_clock(struct frame_queue *queue, const struct live_clock *clock)
{
    lock(queue);
    queue->status.clock_offset_us = clock->offset_us;
    queue->status.clock_off = clock->off;
    queue->status.wall_steps = clock->own.steps;
    queue->status.wall_step_us = clock->own.last_step_us;
    unlock(queue);
}

struct capture_status frame_queue_status(struct frame_queue *queue)
{
    lock(queue);
    struct capture_status status = queue->status;
    if (status.frames > 0)
        status.decode_ms = (double) queue->decode_ns / (double) NS_PER_MS / (double) status.frames;
    unlock(queue);
    return status;
}
