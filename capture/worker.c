/*
 * worker.c - the capture thread: open, hand over frames, open again
 */
#include "capture/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "capture/backoff.h"
#include "capture/converter.h"
#include "capture/live_clock.h"
#include "capture/rate_gate.h"
#include "capture/source.h"
#include "capture/stamp.h"

/* A source that gave frames for so long was well: the next pauses are short again. One that breaks
 * after each first frame is not hammered. */
#define STEADY_NS (30 * NS_PER_S)

/* How one playing of the source ended. */
enum outcome {
    OUTCOME_STOPPED,  /* we were asked to */
    OUTCOME_ENDED,    /* no more frames */
    OUTCOME_BROKEN,   /* could not be opened or broke off; a live source may come back */
    OUTCOME_HOPELESS, /* trying again would fail in the same way */
};

/* One playing, from an opening to its end. */
struct play {
    struct worker *worker;
    struct source *source;
    struct converter *converter;
    struct recording_clock recording;
    struct live_clock *live; /* of all playings of a live source */
    struct rate_gate gate;
    bool is_live;
    uint64_t frames;
};

static void release(struct play *play)
{
    source_destroy(&play->source);
    converter_destroy(&play->converter);
}

static enum outcome outcome_of(int code)
{
    return code == -ECANCELED ? OUTCOME_STOPPED
           : code == -ERANGE  ? OUTCOME_HOPELESS
                              : OUTCOME_BROKEN;
}

/* The frame rate a recording is played at, or an error: nothing but the rate tells its times. */
static int check_rate(const struct play *play, const struct capture_options *options,
                      struct error *err)
{
    if (play->is_live || options->fps > 0 || source_fps(play->source) > 0)
        return 0;
    return error_set(err, -EINVAL, "%s does not say how many frames a second it has; set fps",
                     options->url);
}

static int open_play(struct play *play, struct error *err)
{
    const struct capture_options *options = &play->worker->options;
    struct crop crop = { options->crop_left, options->crop_top, options->crop_width,
                         options->crop_height };
    int code =
        source_open(options->url, options->keyframes, &play->worker->stop, &play->source, err);
    if (code < 0)
        return code;
    /* Pictures of a device may lie in buffers that go with it. */
    bool as_decoded = options->as_decoded && source_kind_of(play->source) != SOURCE_DEVICE;
    code = converter_create(crop, as_decoded, &play->converter);
    if (code < 0)
        return error_set(err, code, "out of memory");
    play->is_live = source_kind_is_live(source_kind_of(play->source));
    code = check_rate(play, options, err);
    if (code < 0)
        return code;
    double own_fps = source_fps(play->source);
    double fps = play->is_live || options->fps <= 0 ? own_fps : options->fps;
    recording_clock_init(&play->recording, options->start_us, options->fps, own_fps);
    rate_gate_init(&play->gate, options->rate_hz, fps);
    return 0;
}

static void stamp_live(struct play *play, const struct source_frame *from, struct frame *frame)
{
    const struct live_arrival arrival = { .camera_us = from->camera_us,
                                          .monotonic =
                                              source_kind_of(play->source) == SOURCE_DEVICE,
                                          .pts_us = from->pts_us,
                                          .wall_us = clock_wall_us(),
                                          .mono_ns = clock_mono_ns() };
    const struct live_stamp stamp = live_clock_stamp(play->live, &arrival);
    frame->capture_us = stamp.capture_us;
    frame->receive_us = stamp.receive_us;
    frame->clock = stamp.clock;
    frame_queue_set_clock(play->worker->queue, play->live);
}

static void stamp(struct play *play, const struct source_frame *from, struct frame *frame)
{
    frame->index = from->index;
    if (play->is_live) {
        stamp_live(play, from, frame);
        return;
    }
    frame->receive_us = clock_wall_us();
    frame->clock = CAPTURE_CLOCK_FILE;
    frame->capture_us = recording_clock_capture_us(&play->recording, from->index, from->pts_us);
}

static int convert(struct play *play, const struct source_frame *from, struct frame *frame,
                   struct error *err)
{
    const struct capture_options *options = &play->worker->options;
    int code = converter_run(play->converter, from->picture, &frame->image, err);
    if (code < 0)
        return code;
    frame->width = (uint32_t) from->picture->width;
    frame->height = (uint32_t) from->picture->height;
    frame->left = options->crop_width > 0 ? options->crop_left : 0;
    frame->top = options->crop_width > 0 ? options->crop_top : 0;
    return 0;
}

/* At the recorded pace a frame waits here for its time, and is then received as if live. */
static int wait_for_time(struct play *play, struct frame *frame)
{
    if (play->is_live || play->worker->options.fast)
        return 0;
    int64_t due_mono_ns = recording_clock_due_mono_ns(&play->recording, frame->capture_us);
    if (due_mono_ns <= clock_mono_ns())
        return 0;
    if (stop_wait_until(&play->worker->stop, due_mono_ns))
        return -ECANCELED;
    frame->receive_us = clock_wall_us();
    return 0;
}

/* The first picture of this playing is there. */
static void note_running(struct play *play, bool again)
{
    if (play->frames++ > 0)
        return;
    frame_queue_set_state(play->worker->queue, CAPTURE_RUNNING, "");
    if (again)
        frame_queue_count_reconnect(play->worker->queue);
}

static int hand_over(struct play *play, const struct source_frame *from, bool again,
                     struct error *err)
{
    struct frame_queue *queue = play->worker->queue;
    struct frame frame = { 0 };
    stamp(play, from, &frame);
    if (!rate_gate_pass(&play->gate, frame.capture_us)) {
        frame_queue_count_decoded(queue, from->decode_ns);
        return 0;
    }
    int64_t begin_ns = clock_mono_ns();
    int code = convert(play, from, &frame, err);
    if (code < 0)
        return code;
    frame_queue_count_decoded(queue, from->decode_ns + clock_mono_ns() - begin_ns);
    note_running(play, again);
    code = wait_for_time(play, &frame);
    if (code < 0) {
        image_unref(&frame.image);
        return code;
    }
    return frame_queue_put(queue, &frame);
}

/* A recording without one picture has failed, however properly it ended. */
static enum outcome end_of(const struct play *play, struct error *err)
{
    if (play->is_live)
        (void) error_set(err, 0, "the stream ended");
    else if (play->frames == 0)
        (void) error_set(err, 0, "there is no picture in %s that can be decoded",
                         play->worker->options.url);
    return play->is_live || play->frames == 0 ? OUTCOME_BROKEN : OUTCOME_ENDED;
}

static enum outcome play_frames(struct play *play, bool again, struct error *err)
{
    for (;;) {
        struct source_frame from;
        int code = source_next(play->source, &from, err);
        frame_queue_count_damaged(play->worker->queue, source_take_damaged(play->source));
        if (code == 0)
            return end_of(play, err);
        if (code == 1)
            code = hand_over(play, &from, again, err);
        if (code < 0)
            return outcome_of(code);
    }
}

/*
 * Open and play once.
 *   live        of a live source
 *   again       it had been running before
 *   ret_frames  how many were handed over
 */
static enum outcome play_once(struct worker *worker, struct live_clock *live, bool again,
                              uint64_t *ret_frames, struct error *err)
{
    AUTO(release) struct play play = { .worker = worker, .live = live };
    int code = open_play(&play, err);
    enum outcome outcome = code < 0 ? outcome_of(code) : play_frames(&play, again, err);
    *ret_frames = play.frames;
    return outcome;
}

static uint64_t random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = (uint64_t) clock_mono_ns();
    return seed;
}

/* Tell why and wait. Returns true when a stop was requested. */
static bool pause_before_retry(struct worker *worker, struct backoff *backoff,
                               const struct error *why)
{
    frame_queue_set_state(worker->queue, CAPTURE_RETRYING, why->text);
    int64_t pause_ns = backoff_next_ms(backoff) * NS_PER_MS;
    return stop_wait_until(&worker->stop, clock_mono_ns() + pause_ns);
}

static void play_live(struct worker *worker)
{
    struct backoff backoff;
    backoff_init(&backoff, random_seed());
    struct live_clock live;
    live_clock_init(&live);
    bool again = false;
    for (;;) {
        struct error err = { "" };
        uint64_t frames = 0;
        int64_t begin_ns = clock_mono_ns();
        live_clock_reopen(&live);
        enum outcome outcome = play_once(worker, &live, again, &frames, &err);
        if (outcome == OUTCOME_HOPELESS)
            frame_queue_set_state(worker->queue, CAPTURE_FAILED, err.text);
        if (outcome == OUTCOME_HOPELESS || outcome == OUTCOME_STOPPED)
            return;
        again = again || frames > 0;
        if (frames > 0 && clock_mono_ns() - begin_ns > STEADY_NS)
            backoff_clear(&backoff);
        if (pause_before_retry(worker, &backoff, &err))
            return;
    }
}

static void play_recording(struct worker *worker)
{
    struct error err = { "" };
    uint64_t frames;
    enum outcome outcome = play_once(worker, NULL, false, &frames, &err);
    if (outcome == OUTCOME_ENDED)
        frame_queue_set_state(worker->queue, CAPTURE_ENDED, "");
    else if (outcome != OUTCOME_STOPPED)
        frame_queue_set_state(worker->queue, CAPTURE_FAILED, err.text);
}

void *worker_run(void *worker)
{
    struct worker *w = worker;
    if (source_url_is_live(w->options.url))
        play_live(w);
    else
        play_recording(w);
    return NULL;
}
