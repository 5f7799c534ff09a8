/*
 * writer.c - finished buckets and calibrations into PostgreSQL, on a thread, exactly once
 *
 * The item being written stays at the head of the queue until it is committed, so a crash of the
 * connection at any point, even during COMMIT, ends in writing it again, and writing replaces.
 *
 * The mutex guards everything under "shared" below; the thread does not hold it while it talks to
 * the database.
 */
#include "storage/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/bucket_write.h"
#include "storage/calibration_write.h"
#include "storage/database.h"
#include "storage/schema.h"

#define QUEUE_BUCKETS_DEFAULT 1440 /* a day of one-minute buckets of one floor */

/* Pauses double from the first to the longest; while somebody waits in flush they stay short. */
#define PAUSE_FIRST_MS   250
#define PAUSE_LONGEST_MS 15000
#define PAUSE_FLUSH_MS   250

/* What the server refuses for the bucket's own sake it refuses again; once more rules out a race.
 */
#define REFUSED_ATTEMPTS 3

/* One of both. */
struct item {
    struct heat_bucket *bucket;
    struct storage_calibration *calibration;
};

struct storage_writer {
    struct storage_writer_options options; /* strings are ours */
    pthread_t thread;
    bool thread_runs;
    int stop_fd; /* eventfd; readable: end whatever you wait for */

    /* shared */
    pthread_mutex_t mutex;
    pthread_cond_t work;  /* something was put, flush began, or stop */
    pthread_cond_t empty; /* the queue ran empty */
    struct item *ring;
    size_t capacity, head, count;
    bool stop, flushing;
    struct storage_writer_counts counts;

    /* the thread's own */
    struct database *database; /* NULL: not connected */
    struct bucket_context context;
    int pause_ms;
    int refused; /* times the bucket at the head was refused */
};

/* The instant on the conditions' clock, also in nanoseconds. */
static int64_t deadline_after(struct timespec *ret_at, int timeout_ms)
{
    int64_t at_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    *ret_at = (struct timespec){ .tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S };
    return at_ns;
}

/* Connect, check the schema, write the store's row. */
static int connect_database(struct storage_writer *writer, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = database_open(writer->options.conninfo, writer->stop_fd, DATABASE_TIMEOUT_MS,
                           &database, err);
    if (rc == 0)
        rc = schema_check(database, err);
    if (rc == 0)
        rc = bucket_contact(database, &writer->options, &writer->context, err);
    if (rc < 0)
        return rc;
    writer->database = database;
    database = NULL;
    return 0;
}

/* What became of one try to write a bucket. */
enum outcome { OUTCOME_WRITTEN, OUTCOME_LATER, OUTCOME_REFUSED };

static enum outcome failed_outcome(struct storage_writer *writer, int rc)
{
    if (rc == -EINVAL)
        return OUTCOME_REFUSED;
    if (database_can_recover(writer->database, rc))
        return OUTCOME_LATER;
    return ++writer->refused < REFUSED_ATTEMPTS ? OUTCOME_LATER : OUTCOME_REFUSED;
}

static enum outcome try_write(struct storage_writer *writer, struct item item, struct error *err)
{
    if (!writer->database && connect_database(writer, err) < 0)
        return OUTCOME_LATER;
    int rc = item.bucket ? bucket_write(writer->database, &writer->context, item.bucket, err)
                         : calibration_write(writer->database, writer->context.store_id,
                                             item.calibration, err);
    if (rc == 0)
        return OUTCOME_WRITTEN;
    enum outcome outcome = failed_outcome(writer, rc);
    database_rollback(writer->database);
    if (!writer->database->connection)
        database_close(&writer->database);
    return outcome;
}

/* Wait until there is something to write. Returns false to stop. Called with the mutex. */
static bool next_item(struct storage_writer *writer, struct item *ret_item)
{
    while (!writer->stop && writer->count == 0)
        (void) pthread_cond_wait(&writer->work, &writer->mutex);
    if (!writer->stop)
        *ret_item = writer->ring[writer->head];
    return !writer->stop;
}

static void item_destroy(struct item *item)
{
    heat_bucket_destroy(&item->bucket);
    storage_calibration_destroy(&item->calibration);
}

static void pop_item(struct storage_writer *writer)
{
    item_destroy(&writer->ring[writer->head]);
    writer->head = (writer->head + 1) % writer->capacity;
    writer->count--;
    writer->refused = 0;
    writer->pause_ms = PAUSE_FIRST_MS;
    if (writer->count == 0)
        (void) pthread_cond_broadcast(&writer->empty);
}

/* Pause before the next try; stop ends it, and flush shortens it. Called with the mutex. */
static void pause_thread(struct storage_writer *writer)
{
    struct timespec at;
    int64_t began_ns = clock_mono_ns();
    int64_t longest_ns = deadline_after(&at, writer->pause_ms);
    while (!writer->stop && clock_mono_ns() < longest_ns) {
        if (writer->flushing) {
            int64_t flush_ns = began_ns + PAUSE_FLUSH_MS * NS_PER_MS;
            if (clock_mono_ns() >= flush_ns)
                break;
            (void) deadline_after(&at, 1 + (int) ((flush_ns - clock_mono_ns()) / NS_PER_MS));
        }
        (void) pthread_cond_timedwait(&writer->work, &writer->mutex, &at);
    }
    writer->pause_ms *= 2;
    if (writer->pause_ms > PAUSE_LONGEST_MS)
        writer->pause_ms = PAUSE_LONGEST_MS;
}

static void take_outcome(struct storage_writer *writer, enum outcome outcome,
                         const struct error *error)
{
    struct storage_writer_counts *counts = &writer->counts;
    (void) snprintf(counts->last_error, sizeof counts->last_error, "%.*s",
                    (int) sizeof counts->last_error - 1,
                    outcome == OUTCOME_WRITTEN ? "" : error->text);
    switch (outcome) {
    case OUTCOME_WRITTEN:
        counts->written += writer->ring[writer->head].bucket != NULL;
        pop_item(writer);
        break;
    case OUTCOME_REFUSED:
        counts->dropped++;
        pop_item(writer);
        break;
    case OUTCOME_LATER:
        counts->retries++;
        pause_thread(writer);
        break;
    }
}

static void *writer_thread(void *argument)
{
    struct storage_writer *writer = argument;
    struct item item;
    (void) pthread_mutex_lock(&writer->mutex);
    while (next_item(writer, &item)) {
        struct error error = { .text = "" };
        (void) pthread_mutex_unlock(&writer->mutex);
        enum outcome outcome = try_write(writer, item, &error);
        (void) pthread_mutex_lock(&writer->mutex);
        if (!writer->stop || outcome == OUTCOME_WRITTEN)
            take_outcome(writer, outcome, &error);
    }
    (void) pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

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
    return rc ? -ENOMEM : 0;
}

static int make_parts(struct storage_writer *writer, const struct storage_writer_options *options)
{
    writer->capacity =
        options->queue_buckets > 0 ? (size_t) options->queue_buckets : QUEUE_BUCKETS_DEFAULT;
    writer->ring = calloc(writer->capacity, sizeof(*writer->ring));
    if (copy_options(options, &writer->options) < 0 || !writer->ring)
        return -ENOMEM;
    writer->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return writer->stop_fd < 0 ? -errno : 0;
}

static void make_locks(struct storage_writer *writer)
{
    pthread_condattr_t attributes;
    (void) pthread_condattr_init(&attributes);
    (void) pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void) pthread_mutex_init(&writer->mutex, NULL);
    (void) pthread_cond_init(&writer->work, &attributes);
    (void) pthread_cond_init(&writer->empty, &attributes);
    (void) pthread_condattr_destroy(&attributes);
}

/* Signals are the loop's: the thread takes none. */
static int start_thread(struct storage_writer *writer, struct error *err)
{
    sigset_t all, before;
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&writer->thread, NULL, writer_thread, writer);
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return error_set(err, -rc, "could not start the database writer: %s", strerror(rc));
    writer->thread_runs = true;
    return 0;
}

int storage_writer_create(const struct storage_writer_options *options,
                          struct storage_writer **ret_writer, struct error *err)
{
    AUTO(storage_writer_destroy) struct storage_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return error_set(err, -ENOMEM, "out of memory starting the database writer");
    writer->stop_fd = -1;
    writer->pause_ms = PAUSE_FIRST_MS;
    make_locks(writer);
    int rc = make_parts(writer, options);
    if (rc < 0)
        return error_set(err, rc, "could not start the database writer: %s", strerror(-rc));
    rc = connect_database(writer, err);
    if (rc == 0)
        rc = start_thread(writer, err);
    if (rc < 0)
        return rc;
    *ret_writer = writer;
    writer = NULL;
    return 0;
}

static void stop_thread(struct storage_writer *writer)
{
    if (!writer->thread_runs)
        return;
    (void) pthread_mutex_lock(&writer->mutex);
    writer->stop = true;
    (void) pthread_cond_broadcast(&writer->work);
    (void) pthread_mutex_unlock(&writer->mutex);
    (void) eventfd_write(writer->stop_fd, 1);
    (void) pthread_join(writer->thread, NULL);
}

static void release_parts(struct storage_writer *writer)
{
    for (size_t i = 0; i < writer->count; i++)
        item_destroy(&writer->ring[(writer->head + i) % writer->capacity]);
    free(writer->ring);
    database_close(&writer->database);
    if (writer->stop_fd >= 0)
        (void) close(writer->stop_fd);
    free((char *) writer->options.conninfo);
    free((char *) writer->options.chain);
    free((char *) writer->options.store);
    free((char *) writer->options.timezone);
    (void) pthread_cond_destroy(&writer->work);
    (void) pthread_cond_destroy(&writer->empty);
    (void) pthread_mutex_destroy(&writer->mutex);
}

void storage_writer_destroy(struct storage_writer **writer)
{
    if (!*writer)
        return;
    stop_thread(*writer);
    release_parts(*writer);
    free(*writer);
    *writer = NULL;
}

/* The item becomes the writer's, or is dropped. */
static int put_item(struct storage_writer *writer, struct item item)
{
    int rc = 0;
    (void) pthread_mutex_lock(&writer->mutex);
    if (writer->count < writer->capacity) {
        writer->ring[(writer->head + writer->count++) % writer->capacity] = item;
        (void) pthread_cond_broadcast(&writer->work);
    } else {
        item_destroy(&item);
        writer->counts.dropped++;
        rc = -ENOSPC;
    }
    (void) pthread_mutex_unlock(&writer->mutex);
    return rc;
}

int storage_writer_put_take(struct storage_writer *writer, struct heat_bucket **bucket)
{
    int rc = put_item(writer, (struct item){ .bucket = *bucket });
    *bucket = NULL;
    return rc;
}

int storage_writer_put_calibration(struct storage_writer *writer,
                                   const struct storage_calibration *calibration)
{
    struct storage_calibration *copy = storage_calibration_copy(calibration);
    return copy ? put_item(writer, (struct item){ .calibration = copy }) : -ENOMEM;
}

int storage_writer_flush(struct storage_writer *writer, int timeout_ms)
{
    struct timespec at;
    (void) deadline_after(&at, timeout_ms);
    (void) pthread_mutex_lock(&writer->mutex);
    writer->flushing = true;
    (void) pthread_cond_broadcast(&writer->work);
    int rc = 0;
    while (writer->count > 0 && rc == 0)
        rc = pthread_cond_timedwait(&writer->empty, &writer->mutex, &at);
    rc = writer->count > 0 ? -ETIMEDOUT : 0;
    writer->flushing = false;
    (void) pthread_mutex_unlock(&writer->mutex);
    return rc;
}

struct storage_writer_counts storage_writer_counts(struct storage_writer *writer)
{
    (void) pthread_mutex_lock(&writer->mutex);
    struct storage_writer_counts counts = writer->counts;
    counts.queued = writer->count;
    (void) pthread_mutex_unlock(&writer->mutex);
    return counts;
}
