/*
 * writer.c - finished buckets, calibrations and losses into PostgreSQL, on threads, exactly once
 *
 * This is the caller's side: what is handed over becomes a record in the queue. The keeper moves it
 * to the spool, the drainer to the database; see writer_state.h.
 */
#include "storage/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "storage/drainer.h"
#include "storage/keeper.h"
#include "storage/writer_state.h"

struct storage_writer {
    struct writer_state state;
    struct keeper *keeper; /* NULL without a spool */
    struct drainer *drainer;
};

const char *storage_drop_text(enum storage_drop reason)
{
    static const char *const texts[STORAGE_DROP_REASONS] = {
        [STORAGE_DROP_QUEUE_FULL] = "queue_full",  [STORAGE_DROP_SPOOL_FULL] = "spool_full",
        [STORAGE_DROP_DISK_ERROR] = "disk_error",  [STORAGE_DROP_REFUSED] = "refused_by_database",
        [STORAGE_DROP_DAMAGED] = "damaged_record",
    };
    return texts[reason];
}

/* ---- begin and end ---- */

static int open_spool(struct writer_state *state, struct error *err)
{
    struct error repair;
    if (!state->options.spool_folder)
        return 0;
    int r = spool_open(state->options.spool_folder,
                       (uint64_t) state->options.spool_max_mb * 1024 * 1024, &state->spool, &repair,
                       err);
    if (r == 0 && repair.text[0])
        writer_state_notice(state, "%s", repair.text);
    return r;
}

/* With a spool, what may pass is no reason not to start. */
static int first_contact(struct storage_writer *writer, struct error *err)
{
    struct error error = { "" };
    bool may_pass = false;
    int r = drainer_connect(writer->drainer, &may_pass, &error);
    if (r < 0 && writer->state.spool && may_pass) {
        drainer_note_away(writer->drainer, &error);
        return 0;
    }
    return r < 0 ? error_set(err, r, "%s", error.text) : 0;
}

static int start(struct storage_writer *writer, struct error *err)
{
    struct writer_state *state = &writer->state;
    int r = open_spool(state, err);
    if (r == 0)
        r = drainer_create(state, &writer->drainer, err);
    if (r == 0)
        r = first_contact(writer, err);
    if (r == 0)
        r = drainer_start(writer->drainer, err);
    if (r == 0 && state->spool)
        r = keeper_start(state, &writer->keeper, err);
    return r;
}

int storage_writer_create(const struct storage_writer_options *options,
                          struct storage_writer **ret_writer, struct error *err)
{
    AUTO(storage_writer_destroy) struct storage_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return error_set(err, -ENOMEM, "out of memory starting the database writer");
    int r = writer_state_init(&writer->state, options);
    if (r < 0)
        return error_set(err, r, "could not start the database writer: %s", strerror(-r));
    r = start(writer, err);
    if (r < 0)
        return r;
    *ret_writer = writer;
    writer = NULL;
    return 0;
}

static void tell_threads_to_stop(struct writer_state *state)
{
    writer_state_lock(state);
    state->stop = true;
    writer_state_changed(state);
    writer_state_unlock(state);
    if (state->stop_fd >= 0)
        (void) eventfd_write(state->stop_fd, 1);
}

void storage_writer_destroy(struct storage_writer **writer)
{
    if (!*writer)
        return;
    tell_threads_to_stop(&(*writer)->state);
    keeper_join(&(*writer)->keeper);
    drainer_destroy(&(*writer)->drainer);
    writer_state_release(&(*writer)->state);
    free(*writer);
    *writer = NULL;
}

void storage_writer_begin(struct storage_writer *writer)
{
    writer_state_lock(&writer->state);
    writer->state.begun = true;
    writer_state_changed(&writer->state);
    writer_state_unlock(&writer->state);
}

int storage_writer_set_floor(struct storage_writer *writer, const char *floor,
                             const struct floor_map *map, struct error *err)
{
    return drainer_set_floor(writer->drainer, floor, map, err);
}

/* ---- handing over ---- */

/*
 * The record becomes the writer's, or is dropped. That is counted, unless whoever hands it over
 * says it again next time: losses are.
 *   packed  0, or why there is no record
 */
static int put_record(struct writer_state *state, int packed, struct record *record)
{
    writer_state_lock(state);
    int r = packed < 0 ? packed : record_queue_put_take(&state->queue, record);
    if (r < 0 && record->kind != RECORD_LOSSES)
        writer_state_count_drop(state, state->obstacle);
    state->begun = true;
    writer_state_changed(state);
    writer_state_unlock(state);
    record_release(record);
    return r;
}

int storage_writer_put_take(struct storage_writer *writer, struct heat_bucket **bucket)
{
    const struct storage_writer_options *options = &writer->state.options;
    const struct storage_definition definition = { .bucket_s = options->bucket_s,
                                                   .visit_s = options->visit_s,
                                                   .cell_m = options->cell_m,
                                                   .zone_hysteresis_m =
                                                       options->zone_hysteresis_m };
    struct record record = { 0 };
    int r = record_of_bucket(*bucket, &definition, &record);
    heat_bucket_destroy(bucket);
    return put_record(&writer->state, r, &record);
}

int storage_writer_put_calibration(struct storage_writer *writer,
                                   const struct storage_calibration *calibration)
{
    struct record record = { 0 };
    int r = record_of_calibration(calibration, &record);
    return put_record(&writer->state, r, &record);
}

int storage_writer_put_losses(struct storage_writer *writer, const struct storage_losses *losses)
{
    struct record record = { 0 };
    int r = record_of_losses(losses, &record);
    return put_record(&writer->state, r, &record);
}

/* The oldest that waits keeps its place, so that a quick caller does not put it off for ever. */
static void put_file(struct writer_state *state, struct pending_file file)
{
    writer_state_lock(state);
    file.after = state->queue.put;
    struct pending_file *place = state->file.path ? &state->younger : &state->file;
    pending_file_release(place);
    *place = file;
    state->begun = true;
    writer_state_changed(state);
    writer_state_unlock(state);
}

int storage_writer_put_file_take(struct storage_writer *writer, const char *path, uint8_t **bytes,
                                 size_t length)
{
    struct pending_file file = { .path = strdup(path), .bytes = *bytes, .length = length };
    int r = !writer->state.spool ? -ENOTSUP : file.path ? 0 : -ENOMEM;
    *bytes = NULL;
    if (r < 0)
        pending_file_release(&file);
    else
        put_file(&writer->state, file);
    return r;
}

/* ---- waiting and asking ---- */

int storage_writer_flush(struct storage_writer *writer, int timeout_ms)
{
    struct writer_state *state = &writer->state;
    int64_t until_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    writer_state_lock(state);
    state->begun = state->flushing = true;
    writer_state_changed(state);
    while (!writer_state_is_idle(state) && writer_state_wait(state, until_ns))
        ;
    bool is_written = writer_state_waiting(state) == 0 && !state->file.path && !state->writes_file;
    state->flushing = false;
    writer_state_unlock(state);
    return is_written ? 0 : -ETIMEDOUT;
}

static int64_t oldest_queued_us(const struct writer_state *state)
{
    for (size_t i = 0; i < state->queue.count; i++)
        if (record_queue_at(&state->queue, i)->time_us != RECORD_NO_TIME)
            return record_queue_at(&state->queue, i)->time_us;
    return RECORD_NO_TIME;
}

struct storage_writer_counts storage_writer_counts(struct storage_writer *writer)
{
    struct writer_state *state = &writer->state;
    struct spool_status spool = { .oldest_us = RECORD_NO_TIME };
    writer_state_lock(state);
    if (state->spool)
        spool = spool_status(state->spool);
    struct storage_writer_counts counts = state->counts;
    counts.queued = state->queue.count;
    counts.spooled = spool.records;
    counts.spool_bytes = spool.bytes;
    counts.oldest_us =
        spool.oldest_us != RECORD_NO_TIME ? spool.oldest_us : oldest_queued_us(state);
    writer_state_unlock(state);
    return counts;
}

bool storage_writer_next_notice(struct storage_writer *writer, struct error *ret_notice)
{
    struct writer_state *state = &writer->state;
    writer_state_lock(state);
    bool is_there = state->notice_count > 0;
    if (is_there) {
        *ret_notice = state->notices[state->notice_first];
        state->notice_first = (state->notice_first + 1) % NOTICES_MAX;
        state->notice_count--;
    }
    writer_state_unlock(state);
    return is_there;
}
