/*
 * writer.c - finished buckets and calibrations into PostgreSQL, on a thread, exactly once
 *
 * Items being written stay at the head of the queue until they are committed, so a crash of the
 * connection at any point, even during COMMIT, ends in writing them again, and writing replaces.
 * Several buckets that wait are written in one transaction; if the database refuses one of them
 * they are written one by one, so that only that one is dropped.
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
#include "storage/array_text.h"
#include "storage/bucket_write.h"
#include "storage/calibration_write.h"
#include "storage/contact.h"
#include "storage/database.h"
#include "storage/dimensions.h"
#include "storage/schema.h"

#define QUEUE_BUCKETS_DEFAULT 1440 /* a day of one-minute buckets of one floor */

/* Pauses double from the first to the longest; while somebody waits in flush they stay short. */
#define PAUSE_FIRST_MS   250
#define PAUSE_LONGEST_MS 15000
#define PAUSE_FLUSH_MS   250

/* What the server refuses for the bucket's own sake it refuses again; once more rules out a race.
 */
#define REFUSED_ATTEMPTS 3

/* With nothing to write the thread looks this often whether an hour is over. */
#define IDLE_MS 60000

#define RETENTION_INTERVAL_NS (INT64_C(3600) * NS_PER_S)

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
    bool to_roll_up; /* what was written is not rolled up yet */
    struct storage_writer_counts counts;

    pthread_mutex_t floors_mutex; /* guards the floors of dimensions */

    /* the thread's own */
    struct database *database; /* NULL: not connected */
    struct bucket_context context;
    struct dimensions *dimensions;
    int pause_ms;
    int refused;          /* times the item at the head was refused */
    size_t one_by_one;    /* so many items are written singly */
    int64_t retention_ns; /* when facts were last deleted; 0: not yet */
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
    writer->context = (struct bucket_context){ .store_id = writer->options.store_key,
                                               .dimensions = writer->dimensions };
    if (rc == 0)
        rc = schema_check(database, err);
    if (rc == 0)
        rc = contact_store(database, &writer->options, &writer->context.definition_id, err);
    if (rc < 0)
        return rc;
    dimensions_forget(writer->dimensions);
    writer->database = database;
    database = NULL;
    return 0;
}

/* What became of one try to write. */
enum outcome { OUTCOME_WRITTEN, OUTCOME_LATER, OUTCOME_REFUSED };

/* Items at the head that go into one transaction. */
struct batch {
    struct item items[BUCKET_BATCH_MAX];
    size_t count;
};

static bool same_bucket(const struct heat_bucket *a, const struct heat_bucket *b)
{
    return a->start_us == b->start_us && strcmp(a->floor, b->floor) == 0;
}

static bool fits(const struct batch *batch, const struct item *item)
{
    if (!item->bucket)
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (same_bucket(batch->items[i].bucket, item->bucket))
            return false;
    return true;
}

/* A calibration alone, or as many buckets as there are. Called with the mutex. */
static void take_batch(const struct storage_writer *writer, struct batch *ret_batch)
{
    size_t most = writer->one_by_one ? 1 : BUCKET_BATCH_MAX;
    ret_batch->items[0] = writer->ring[writer->head];
    ret_batch->count = 1;
    for (size_t i = 1; ret_batch->items[0].bucket && i < writer->count && i < most; i++) {
        const struct item *item = &writer->ring[(writer->head + i) % writer->capacity];
        if (!fits(ret_batch, item))
            break;
        ret_batch->items[ret_batch->count++] = *item;
    }
}

static int write_batch(struct storage_writer *writer, const struct batch *batch, struct error *err)
{
    const struct heat_bucket *buckets[BUCKET_BATCH_MAX];
    if (batch->items[0].calibration)
        return calibration_write(writer->database, writer->context.store_id,
                                 batch->items[0].calibration, err);
    for (size_t i = 0; i < batch->count; i++)
        buckets[i] = batch->items[i].bucket;
    (void) pthread_mutex_lock(&writer->floors_mutex);
    int rc = bucket_write(writer->database, &writer->context, buckets, batch->count, err);
    (void) pthread_mutex_unlock(&writer->floors_mutex);
    return rc;
}

static enum outcome failed_outcome(struct storage_writer *writer, int rc)
{
    if (rc == -EINVAL)
        return OUTCOME_REFUSED;
    if (database_can_recover(writer->database, rc))
        return OUTCOME_LATER;
    return ++writer->refused < REFUSED_ATTEMPTS ? OUTCOME_LATER : OUTCOME_REFUSED;
}

/* Nothing of an unfinished transaction stays, neither there nor in memory. */
static void undo(struct storage_writer *writer)
{
    database_rollback(writer->database);
    dimensions_forget(writer->dimensions);
    if (!writer->database->connection)
        database_close(&writer->database);
}

static enum outcome try_write(struct storage_writer *writer, const struct batch *batch,
                              struct error *err)
{
    if (!writer->database && connect_database(writer, err) < 0)
        return OUTCOME_LATER;
    int rc = write_batch(writer, batch, err);
    if (rc == 0)
        return OUTCOME_WRITTEN;
    enum outcome outcome = failed_outcome(writer, rc);
    undo(writer);
    return outcome;
}

/* ---- with nothing to write ---- */

static int apply_retention(struct storage_writer *writer, const char *store_id, struct error *err)
{
    const char *const values[] = { store_id };
    int64_t now_ns = clock_mono_ns();
    if (writer->retention_ns && now_ns < writer->retention_ns + RETENTION_INTERVAL_NS)
        return 0;
    writer->retention_ns = now_ns;
    return database_query(writer->database, QUERY_RETENTION_APPLY, values, NULL, err);
}

/* A piece of the roll-up. Returns how much was done, 0 when all is, or a code of database_run. */
static int roll_up(struct storage_writer *writer, struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    struct number_text store_id = integer_text(writer->options.store_key);
    const char *const values[] = { store_id.bytes };
    if (!writer->database)
        return 0; /* it comes back with the next bucket */
    int rc = database_query(writer->database, QUERY_ROLL_UP, values, &rows, err);
    if (rc == 0)
        rc = atoi(PQgetvalue(rows, 0, 0));
    if (rc == 0)
        rc = apply_retention(writer, store_id.bytes, err);
    if (rc < 0 && !writer->database->connection)
        database_close(&writer->database);
    return rc;
}

enum work { WORK_STOP, WORK_WRITE, WORK_ROLL_UP };

/* Wait until there is something to do. Called with the mutex. */
static enum work next_work(struct storage_writer *writer)
{
    struct timespec at;
    int64_t idle_until_ns = deadline_after(&at, IDLE_MS);
    while (!writer->stop && writer->count == 0 && !writer->to_roll_up &&
           clock_mono_ns() < idle_until_ns)
        (void) pthread_cond_timedwait(&writer->work, &writer->mutex, &at);
    if (writer->stop)
        return WORK_STOP;
    return writer->count ? WORK_WRITE : WORK_ROLL_UP;
}

static void item_destroy(struct item *item)
{
    heat_bucket_destroy(&item->bucket);
    storage_calibration_destroy(&item->calibration);
}

static bool is_idle(const struct storage_writer *writer)
{
    return writer->count == 0 && !writer->to_roll_up;
}

static void pop_item(struct storage_writer *writer)
{
    item_destroy(&writer->ring[writer->head]);
    writer->head = (writer->head + 1) % writer->capacity;
    writer->count--;
    writer->refused = 0;
    writer->one_by_one -= writer->one_by_one > 0;
    writer->pause_ms = PAUSE_FIRST_MS;
    if (is_idle(writer))
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

static void note_error(char error[static 512], const char *text)
{
    (void) snprintf(error, 512, "%.511s", text);
}

/* Called with the mutex. */
static void take_outcome(struct storage_writer *writer, enum outcome outcome, size_t items,
                         const struct error *error)
{
    struct storage_writer_counts *counts = &writer->counts;
    note_error(counts->last_error, outcome == OUTCOME_WRITTEN ? "" : error->text);
    switch (outcome) {
    case OUTCOME_WRITTEN:
        for (; items > 0; items--) {
            bool is_bucket = writer->ring[writer->head].bucket != NULL;
            counts->written += is_bucket;
            writer->to_roll_up |= is_bucket;
            pop_item(writer);
        }
        break;
    case OUTCOME_REFUSED:
        if (items > 1) {
            writer->one_by_one = items;
            writer->refused = 0;
            break;
        }
        counts->dropped++;
        pop_item(writer);
        break;
    case OUTCOME_LATER:
        counts->retries++;
        pause_thread(writer);
        break;
    }
}

/* Called with the mutex, which is given back for the time it takes. */
static void do_write(struct storage_writer *writer)
{
    struct error error = { .text = "" };
    struct batch batch;
    take_batch(writer, &batch);
    (void) pthread_mutex_unlock(&writer->mutex);
    enum outcome outcome = try_write(writer, &batch, &error);
    (void) pthread_mutex_lock(&writer->mutex);
    if (!writer->stop || outcome == OUTCOME_WRITTEN)
        take_outcome(writer, outcome, batch.count, &error);
}

/* A roll-up that fails loses nothing: it is tried again after the next bucket. */
static void do_roll_up(struct storage_writer *writer)
{
    struct error error = { .text = "" };
    (void) pthread_mutex_unlock(&writer->mutex);
    int rc = roll_up(writer, &error);
    (void) pthread_mutex_lock(&writer->mutex);
    if (!writer->stop) {
        writer->counts.roll_ups_failed += rc < 0;
        note_error(writer->counts.roll_up_error, rc < 0 ? error.text : "");
    }
    writer->to_roll_up = rc > 0;
    if (is_idle(writer))
        (void) pthread_cond_broadcast(&writer->empty);
}

static void *writer_thread(void *argument)
{
    struct storage_writer *writer = argument;
    enum work work;
    (void) pthread_mutex_lock(&writer->mutex);
    while ((work = next_work(writer)) != WORK_STOP)
        (work == WORK_WRITE ? do_write : do_roll_up)(writer);
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
    if (dimensions_create(options->store_key, &writer->dimensions) < 0)
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
    (void) pthread_mutex_init(&writer->floors_mutex, NULL);
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
    dimensions_destroy(&writer->dimensions);
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
    (void) pthread_mutex_destroy(&writer->floors_mutex);
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

/* Waits for buckets of other floors that are being written. */
int storage_writer_set_floor(struct storage_writer *writer, const char *floor,
                             const struct floor_map *map, struct error *err)
{
    (void) pthread_mutex_lock(&writer->floors_mutex);
    int rc = dimensions_set_floor(writer->dimensions, floor, map, err);
    (void) pthread_mutex_unlock(&writer->floors_mutex);
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
    while (!is_idle(writer) && rc == 0)
        rc = pthread_cond_timedwait(&writer->empty, &writer->mutex, &at);
    rc = writer->count == 0 ? 0 : -ETIMEDOUT;
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
