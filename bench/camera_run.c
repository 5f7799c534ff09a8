/*
 * camera_run.c - run one camera program to the end of its recording, as fusion would, and measure
 * it
 *
 * Usage: camera_run PROGRAM CONFIG CAMERA LOG
 * Binds the store's endpoint, starts the program, takes all it publishes, and prints one JSON
 * object: what it cost on the processor, its memory, and how long the first answer took. The
 * program's log goes to LOG.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/process.h"
#include "config/store_config.h"
#include "wire/replay_desk.h"

#define WAIT_MS 20

struct run {
    struct subscriber *subscriber;
    struct replay_desk *desk;
    pid_t pid;
    int64_t begin_ns, first_frame_ns, first_person_ns;
    uint64_t frames, rested, observations;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "camera_run: %s: %s\n", what, why);
    exit(1);
}

/* Who has ended waits until somebody says that all has come. */
static void take_hello(const struct run *run, const struct camera_hello *hello)
{
    if (hello->state != CAMERA_ENDED || hello->next_sequence == 0)
        return;
    struct wire_position last = { hello->boot_id, hello->next_sequence - 1 };
    int r = replay_desk_ask(run->desk, hello->camera, last, 0);
    if (r < 0)
        fail("could not say that all frames have come", strerror(-r));
}

static void take(struct run *run, const struct message *message)
{
    if (message->kind == MESSAGE_HELLO)
        take_hello(run, &message->hello);
    if (message->kind != MESSAGE_FRAME)
        return;
    const struct observation_frame *frame = &message->frame;
    if (run->frames++ == 0)
        run->first_frame_ns = clock_mono_ns();
    if (run->observations == 0 && frame->observation_count > 0)
        run->first_person_ns = clock_mono_ns();
    run->rested += (frame->flags & FRAME_SKIPPED_BY_GATE) != 0;
    run->observations += frame->observation_count;
}

static void take_all(struct run *run)
{
    struct message message;
    int r;
    while ((r = subscriber_receive(run->subscriber, &message)) > 0) {
        take(run, &message);
        message_release(&message);
    }
    if (r < 0)
        fail("could not receive", strerror(-r));
}

/* Until the program has ended and nothing more waits. */
static void follow(struct run *run, struct rusage *ret_usage)
{
    zmq_pollitem_t item = { .socket = subscriber_socket(run->subscriber), .events = ZMQ_POLLIN };
    int status;
    while (wait4(run->pid, &status, WNOHANG, ret_usage) == 0) {
        if (zmq_poll(&item, 1, WAIT_MS) > 0)
            take_all(run);
    }
    take_all(run);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("the camera program failed", "see its log");
}

static double seconds(struct timeval t)
{
    return (double) t.tv_sec + (double) t.tv_usec / 1e6;
}

static void print(const struct run *run, const struct rusage *usage)
{
    double cpu_s = seconds(usage->ru_utime) + seconds(usage->ru_stime);
    printf(
        "{\"frames\": %llu, \"rested\": %llu, \"observations\": %llu, \"cpu_ms_per_frame\": %.4f, "
        "\"frames_per_core_s\": %.2f, \"peak_rss_mb\": %.1f, \"first_frame_ms\": %.1f, "
        "\"first_person_ms\": %.1f}\n",
        (unsigned long long) run->frames, (unsigned long long) run->rested,
        (unsigned long long) run->observations, cpu_s * 1000 / (double) run->frames,
        (double) run->frames / cpu_s, (double) usage->ru_maxrss / 1024,
        (double) (run->first_frame_ns - run->begin_ns) / NS_PER_MS,
        run->observations ? (double) (run->first_person_ns - run->begin_ns) / NS_PER_MS : -1);
}

int main(int argc, char **argv)
{
    struct problems problems = { 0 };
    struct store_config *config = NULL;
    struct error err = { "" };
    struct run run = { 0 };
    struct rusage usage;
    if (argc != 5)
        fail("usage", "camera_run PROGRAM CONFIG CAMERA LOG");
    if (store_config_load(argv[2], &config, &problems) < 0)
        fail(argv[2], problems.count ? problems.sentences[0] : "cannot be read");
    problems_release(&problems);
    if (subscriber_create(config->wire.endpoint, config->store.id, 100000, &run.subscriber, &err) <
        0)
        fail(config->wire.endpoint, err.text);
    if (replay_desk_create(config->wire.replay, config->store.id, &run.desk, &err) < 0)
        fail(config->wire.replay, err.text);
    const char *const arguments[] = { argv[1], "--config", argv[2], "--camera", argv[3], NULL };
    const struct process_options options = { .arguments = arguments,
                                             .output_path = argv[4],
                                             .die_with_parent = true };
    run.begin_ns = clock_mono_ns();
    if (process_start(&options, &run.pid, &err) < 0)
        fail(argv[1], err.text);
    follow(&run, &usage);
    if (run.frames == 0)
        fail("the camera program published nothing", "see its log");
    print(&run, &usage);
    replay_desk_destroy(&run.desk);
    subscriber_destroy(&run.subscriber);
    store_config_destroy(&config);
    return 0;
}
