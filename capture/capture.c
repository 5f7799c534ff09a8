/*
 * capture.c - video and stills in, frames with capture times out
 */
#include "capture/capture.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "capture/source.h"
#include "capture/worker.h"

/* Faster is a typing mistake, and times are whole microseconds. */
#define FPS_MAX 1000.0

struct capture {
    struct worker worker;
    char *url;
    pthread_t thread;
};

static bool is_rate(double rate_hz)
{
    return isfinite(rate_hz) && rate_hz >= 0 && rate_hz <= FPS_MAX;
}

static int check_crop(const struct capture_options *options, struct error *err)
{
    bool whole = options->crop_width == 0;
    if (whole && (options->crop_height > 0 || options->crop_left > 0 || options->crop_top > 0))
        return error_set(err, -EINVAL, "the crop has no width");
    if (!whole && options->crop_height == 0)
        return error_set(err, -EINVAL, "the crop has no height");
    return 0;
}

static int check_options(const struct capture_options *options, struct error *err)
{
    if (!options->url || !options->url[0])
        return error_set(err, -EINVAL, "no video source is given");
    if (!is_rate(options->fps))
        return error_set(err, -EINVAL, "fps must lie between 0 and %g", FPS_MAX);
    if (!is_rate(options->rate_hz))
        return error_set(err, -EINVAL, "rate_hz must lie between 0 and %g", FPS_MAX);
    if (options->start_us < 0)
        return error_set(err, -EINVAL, "the start of a recording must not lie before 1970");
    return check_crop(options, err);
}

/* Signals are the main thread's, which reads them from a signalfd: the new thread takes none. */
static int start_thread(struct capture *capture)
{
    sigset_t all, before;
    (void) sigfillset(&all);
    int code = -pthread_sigmask(SIG_SETMASK, &all, &before);
    if (code < 0)
        return code;
    code = -pthread_create(&capture->thread, NULL, worker_run, &capture->worker);
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0)
        (void) pthread_setname_np(capture->thread, "capture");
    return code;
}

static int start(struct capture *capture, const struct capture_options *options)
{
    struct worker *worker = &capture->worker;
    capture->url = strdup(options->url);
    if (!capture->url)
        return -ENOMEM;
    worker->options = *options;
    worker->options.url = capture->url;
    int code = frame_queue_create(source_url_is_live(capture->url), &worker->queue);
    if (code < 0)
        return code;
    code = stop_init(&worker->stop);
    if (code < 0)
        return code;
    code = start_thread(capture);
    if (code < 0)
        stop_release(&worker->stop);
    return code;
}

static void free_capture(struct capture *capture)
{
    frame_queue_destroy(&capture->worker.queue);
    free(capture->url);
    free(capture);
}

int capture_create(const struct capture_options *options, struct capture **ret_capture,
                   struct error *err)
{
    int code = check_options(options, err);
    if (code < 0)
        return code;
    struct capture *capture = calloc(1, sizeof *capture);
    if (!capture)
        return error_set(err, -ENOMEM, "out of memory");
    code = start(capture, options);
    if (code < 0) {
        free_capture(capture);
        return error_set(err, code, "could not start the capture thread: %s", strerror(-code));
    }
    *ret_capture = capture;
    return 0;
}

void capture_destroy(struct capture **capture)
{
    struct capture *c = *capture;
    if (!c)
        return;
    stop_request(&c->worker.stop);
    frame_queue_close(c->worker.queue);
    (void) pthread_join(c->thread, NULL);
    stop_release(&c->worker.stop);
    free_capture(c);
    *capture = NULL;
}

int capture_fd(const struct capture *capture)
{
    return frame_queue_fd(capture->worker.queue);
}

int capture_next(struct capture *capture, struct frame *ret_frame)
{
    return frame_queue_take(capture->worker.queue, ret_frame);
}

struct capture_status capture_status(const struct capture *capture)
{
    return frame_queue_status(capture->worker.queue);
}

bool capture_is_recording(const char *url)
{
    return !source_url_is_live(url);
}
