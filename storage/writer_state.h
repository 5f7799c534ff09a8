/*
 * writer_state.h - what the threads of a writer share: the caller's, the keeper and the drainer
 *
 * The caller puts records into the queue. With a spool the keeper moves them from there to the
 * spool, and the drainer from there to the database; without one the drainer takes them from the
 * queue. The mutex is never held while the disk or the database works, so the caller does not wait.
 */
#ifndef FLOORFUSE_STORAGE_WRITER_STATE_H
#define FLOORFUSE_STORAGE_WRITER_STATE_H

#include <pthread.h>

#include "storage/record_queue.h"
#include "storage/spool.h"
#include "storage/writer.h"

#define NOTICES_MAX 16

/* A file that waits until the records before it are kept. */
struct pending_file {
    char *path; /* NULL: none waits */
    uint8_t *bytes;
    size_t length;
    uint64_t after; /* number of the last record that was put before it */
};

struct writer_state {
    struct storage_writer_options options; /* strings are ours */
    int stop_fd;                           /* eventfd; readable: end whatever you wait for */
    struct spool *spool;                   /* NULL: none; it has its own lock */

    pthread_mutex_t mutex;  /* all of this */
    pthread_cond_t changed; /* any of this has changed; waits are by the monotonic clock */
    struct record_queue queue;
    uint64_t kept;                     /* records up to this number are in the spool, or dropped */
    struct pending_file file, younger; /* the younger one comes after the file is written */
    bool writes_file;                  /* the keeper is at it */
    bool begun, stop, flushing;
    bool to_roll_up;                     /* what was written is not rolled up yet */
    enum storage_drop obstacle;          /* why the queue does not get shorter */
    struct storage_writer_counts counts; /* but for what the queue and the spool tell */
    struct error notices[NOTICES_MAX];
    size_t notice_first, notice_count;
};

/* The options are copied. Returns 0, -ENOMEM or -errno; release it in both cases. */
MUST_CHECK int writer_state_init(struct writer_state *state,
                                 const struct storage_writer_options *options);
void writer_state_release(struct writer_state *state);

void writer_state_lock(struct writer_state *state);
void writer_state_unlock(struct writer_state *state);

/* Tell all who wait. With the mutex, like all below. */
void writer_state_changed(struct writer_state *state);

/* Wait until something has changed, or the monotonic clock shows until_ns. Returns whether there is
 * time left. */
bool writer_state_wait(struct writer_state *state, int64_t until_ns);

/* Records that the database does not have yet. */
uint64_t writer_state_waiting(struct writer_state *state);

/* Nothing waits, no file either, and all is rolled up. */
bool writer_state_is_idle(struct writer_state *state);

void writer_state_count_drop(struct writer_state *state, enum storage_drop reason);

/* A sentence for the log; the oldest one goes when nobody listens. */
void writer_state_notice(struct writer_state *state, const char *format, ...) PRINTF_FORMAT(2, 3);

/* Copy a sentence into one of the counts' texts. */
void writer_state_note(char ret_text[static 512], const char *text);

void pending_file_release(struct pending_file *file);

/* Start a thread that takes no signals: those are the loop's. Returns 0 or -errno with a sentence.
 */
MUST_CHECK int writer_state_start_thread(pthread_t *ret_thread, void *(*body)(void *),
                                         void *argument, struct error *err);

#endif
