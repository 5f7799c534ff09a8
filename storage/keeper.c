/*
 * keeper.c - the thread that has the disk keep what was handed over: records, then files
 *
 * Records stay at the head of the queue until they are kept. Where the spool is full or the disk
 * refuses they wait there, and are tried again when the drainer has made room and each second: a
 * disk that is full for a minute loses nothing. What waits longer than the queue is long is refused
 * when it is put, so whoever hands it over knows.
 */
#include "storage/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

/* Records that share one sync at most. */
#define KEEP_MAX ((size_t) 64)

#define RETRY_NS NS_PER_S

struct keeper {
    struct writer_state *state;
    pthread_t thread;
    size_t most; /* one record at a time once something did not fit */
};

/* ---- records; all with the mutex, which is given back for the disk ---- */

static void note_failure(struct writer_state *state, enum storage_drop obstacle,
                         const struct error *error)
{
    if (!state->counts.disk_error[0])
        writer_state_notice(state, "%s; the next %zu buckets wait in memory", error->text,
                            state->queue.capacity);
    writer_state_note(state->counts.disk_error, error->text);
    state->obstacle = obstacle;
}

static void drop_first(struct writer_state *state, const struct error *error)
{
    writer_state_notice(state, "dropped a bucket: %s", error->text);
    writer_state_count_drop(state, STORAGE_DROP_SPOOL_FULL);
    record_queue_drop(&state->queue, 1);
    state->kept++;
}

static void note_kept(struct writer_state *state, size_t count)
{
    record_queue_drop(&state->queue, count);
    state->kept += count;
    state->obstacle = STORAGE_DROP_QUEUE_FULL;
    state->counts.disk_error[0] = '\0';
}

/* Returns whether the queue got shorter. */
static bool keep_records(struct keeper *keeper)
{
    struct writer_state *state = keeper->state;
    struct record records[KEEP_MAX]; /* borrowed: only we drop them */
    struct error error = { "" };
    size_t count = state->queue.count < keeper->most ? state->queue.count : keeper->most;
    for (size_t i = 0; i < count; i++)
        records[i] = *record_queue_at(&state->queue, i);
    writer_state_unlock(state);
    int r = spool_append(state->spool, records, count, &error);
    writer_state_lock(state);
    keeper->most = r < 0 || (size_t) r < count ? 1 : KEEP_MAX;
    if (r > 0)
        note_kept(state, (size_t) r);
    else if (r == -EMSGSIZE)
        drop_first(state, &error);
    else
        note_failure(state, r == -ENOSPC ? STORAGE_DROP_SPOOL_FULL : STORAGE_DROP_DISK_ERROR,
                     &error);
    writer_state_changed(state);
    return r > 0 || r == -EMSGSIZE;
}

/* ---- files ---- */

static int write_file(const struct pending_file *file, struct error *err)
{
    char *folder = file_folder_of(file->path);
    int r = folder ? file_write(file->path, file->bytes, file->length, 0600, err)
                   : error_set(err, -ENOMEM, "out of memory writing %s", file->path);
    if (r == 0)
        r = file_sync_folder(folder, err);
    free(folder);
    return r;
}

static bool is_ready(const struct writer_state *state, const struct pending_file *file)
{
    return file->path && file->after <= state->kept;
}

/* The one that is to be written next, which leaves its place. */
static struct pending_file take_file(struct writer_state *state)
{
    if (is_ready(state, &state->younger)) {
        pending_file_release(&state->file);
        state->file = state->younger;
        state->younger = (struct pending_file){ 0 };
    }
    struct pending_file file = state->file;
    state->file = state->younger;
    state->younger = (struct pending_file){ 0 };
    return file;
}

static void write_ready_file(struct writer_state *state)
{
    struct error error = { "" };
    struct pending_file file = take_file(state);
    state->writes_file = true;
    writer_state_unlock(state);
    int r = write_file(&file, &error);
    pending_file_release(&file);
    writer_state_lock(state);
    state->writes_file = false;
    state->counts.files_written += r == 0;
    if (r < 0) {
        if (!state->counts.disk_error[0])
            writer_state_notice(state, "%s", error.text);
        writer_state_note(state->counts.disk_error, error.text);
    } else if (state->obstacle == STORAGE_DROP_QUEUE_FULL) {
        state->counts.disk_error[0] = '\0';
    }
    writer_state_changed(state);
}

/* ---- the thread ---- */

/* Until the drainer has made room, or for a second. */
static void wait_for_room(struct writer_state *state)
{
    uint64_t bytes = spool_status(state->spool).bytes;
    int64_t until_ns = clock_mono_ns() + RETRY_NS;
    while (!state->stop && spool_status(state->spool).bytes >= bytes &&
           writer_state_wait(state, until_ns))
        ;
}

static bool has_work(const struct writer_state *state)
{
    return state->queue.count > 0 || is_ready(state, &state->file);
}

static void *keeper_thread(void *argument)
{
    struct keeper *keeper = argument;
    struct writer_state *state = keeper->state;
    writer_state_lock(state);
    for (;;) {
        while (!state->stop && !has_work(state))
            (void) pthread_cond_wait(&state->changed, &state->mutex);
        if (!has_work(state))
            break;
        bool done = state->queue.count == 0 || keep_records(keeper);
        if (is_ready(state, &state->file))
            write_ready_file(state);
        if (!done && state->stop)
            break;
        if (!done)
            wait_for_room(state);
    }
    writer_state_unlock(state);
    return NULL;
}

int keeper_start(struct writer_state *state, struct keeper **ret_keeper, struct error *err)
{
    struct keeper *keeper = calloc(1, sizeof(*keeper));
    if (!keeper)
        return error_set(err, -ENOMEM, "out of memory starting the database writer");
    *keeper = (struct keeper){ .state = state, .most = KEEP_MAX };
    int r = writer_state_start_thread(&keeper->thread, keeper_thread, keeper, err);
    if (r < 0) {
        free(keeper);
        return r;
    }
    *ret_keeper = keeper;
    return 0;
}

void keeper_join(struct keeper **keeper)
{
    if (!*keeper)
        return;
    (void) pthread_join((*keeper)->thread, NULL);
    free(*keeper);
    *keeper = NULL;
}
