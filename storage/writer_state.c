/* writer_state.c - what the threads of a writer share: the caller's, the keeper and the drainer */
#include "storage/writer_state.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Without a spool: a day of one-minute buckets of one floor. */
#define QUEUE_RECORDS 1440

/* With one: a disk that is slower than this for long is not a disk. */
#define KEEPER_RECORDS 64
#define KEEPER_BYTES   ((size_t) 64 * 1024 * 1024)

static int copy_string(const char *string, const char **ret_copy)
{
    *ret_copy = string ? strdup(string) : NULL;
    return string && !*ret_copy ? -ENOMEM : 0;
}

static int copy_options(const struct storage_writer_options *options,
                        struct storage_writer_options *ret_copy)
{
    *ret_copy = *options;
    int rc = 0;
    rc |= copy_string(options->conninfo, &ret_copy->conninfo);
    rc |= copy_string(options->chain, &ret_copy->chain);
    rc |= copy_string(options->store, &ret_copy->store);
    rc |= copy_string(options->timezone, &ret_copy->timezone);
    rc |= copy_string(options->spool_folder, &ret_copy->spool_folder);
    rc |= copy_string(options->refused_folder, &ret_copy->refused_folder);
    return rc ? -ENOMEM : 0;
}

static void release_options(struct storage_writer_options *options)
{
    free((char *) options->conninfo);
    free((char *) options->chain);
    free((char *) options->store);
    free((char *) options->timezone);
    free((char *) options->spool_folder);
    free((char *) options->refused_folder);
}

static int make_queue(struct writer_state *state)
{
    bool has_spool = state->options.spool_folder != NULL;
    size_t records = has_spool ? KEEPER_RECORDS : QUEUE_RECORDS;
    if (state->options.queue_buckets > 0)
        records = (size_t) state->options.queue_buckets;
    return record_queue_init(records, has_spool ? KEEPER_BYTES : SIZE_MAX, &state->queue);
}

int writer_state_init(struct writer_state *state, const struct storage_writer_options *options)
{
    pthread_condattr_t attributes;
    *state = (struct writer_state){ .stop_fd = -1 };
    (void) pthread_condattr_init(&attributes);
    (void) pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void) pthread_mutex_init(&state->mutex, NULL);
    (void) pthread_cond_init(&state->changed, &attributes);
    (void) pthread_condattr_destroy(&attributes);
    if (copy_options(options, &state->options) < 0 || make_queue(state) < 0)
        return -ENOMEM;
    state->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return state->stop_fd < 0 ? -errno : 0;
}

void writer_state_release(struct writer_state *state)
{
    spool_close(&state->spool);
    record_queue_release(&state->queue);
    pending_file_release(&state->file);
    pending_file_release(&state->younger);
    if (state->stop_fd >= 0)
        (void) close(state->stop_fd);
    release_options(&state->options);
    (void) pthread_cond_destroy(&state->changed);
    (void) pthread_mutex_destroy(&state->mutex);
}

void writer_state_lock(struct writer_state *state)
{
    (void) pthread_mutex_lock(&state->mutex);
}

void writer_state_unlock(struct writer_state *state)
{
    (void) pthread_mutex_unlock(&state->mutex);
}

void writer_state_changed(struct writer_state *state)
{
    (void) pthread_cond_broadcast(&state->changed);
}

bool writer_state_wait(struct writer_state *state, int64_t until_ns)
{
    const struct timespec at = { .tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S };
    return pthread_cond_timedwait(&state->changed, &state->mutex, &at) != ETIMEDOUT &&
           clock_mono_ns() < until_ns;
}

uint64_t writer_state_waiting(struct writer_state *state)
{
    return state->queue.count + (state->spool ? spool_status(state->spool).records : 0);
}

bool writer_state_is_idle(struct writer_state *state)
{
    return !state->to_roll_up && !state->file.path && !state->writes_file &&
           writer_state_waiting(state) == 0;
}

void writer_state_count_drop(struct writer_state *state, enum storage_drop reason)
{
    state->counts.drops[reason]++;
    state->counts.dropped++;
}

void writer_state_notice(struct writer_state *state, const char *format, ...)
{
    if (state->notice_count == NOTICES_MAX) {
        state->notice_first = (state->notice_first + 1) % NOTICES_MAX;
        state->notice_count--;
    }
    struct error *notice =
        &state->notices[(state->notice_first + state->notice_count++) % NOTICES_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void) vsnprintf(notice->text, sizeof(notice->text), format, arguments);
    va_end(arguments);
}

void writer_state_note(char ret_text[static 512], const char *text)
{
    (void) snprintf(ret_text, 512, "%.511s", text);
}

void pending_file_release(struct pending_file *file)
{
    free(file->path);
    free(file->bytes);
    *file = (struct pending_file){ 0 };
}

int writer_state_start_thread(pthread_t *ret_thread, void *(*body)(void *), void *argument,
                              struct error *err)
{
    sigset_t all, before;
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(ret_thread, NULL, body, argument);
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc ? error_set(err, -rc, "could not start the database writer: %s", strerror(rc)) : 0;
}
