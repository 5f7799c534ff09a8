/*
 * spool_state.h - what a spool is made of, and its segments
 *
 * Private to spool.c (records in and out), spool_open.c (what an earlier program left) and
 * spool_segments.c. But for the status everything is guarded by the mutex.
 */
#ifndef FLOORFUSE_STORAGE_SPOOL_STATE_H
#define FLOORFUSE_STORAGE_SPOOL_STATE_H

#include <pthread.h>

#include "storage/spool.h"
#include "storage/spool_file.h"

#define SPOOL_DRAINED_MAGIC UINT32_C(0x31445046) /* FPD1 */
#define SPOOL_DRAINED_BYTES 16

#define SPOOL_SUFFIX      ".records"
#define SPOOL_NUMBER_LONG 20 /* digits of a file's name */
#define SPOOL_NAME_SIZE   (SPOOL_NUMBER_LONG + sizeof(SPOOL_SUFFIX))

struct spool_segment {
    uint64_t first; /* names the file: no record in it has a lower number */
    uint64_t last;  /* the highest number in it; 0: none */
    uint64_t bytes; /* sound or damaged, but kept */
};

struct spool {
    char *folder;
    uint64_t max_bytes, segment_bytes;
    int folder_fd, lock_fd, drained_fd;

    pthread_mutex_t mutex;          /* all of this */
    struct spool_segment *segments; /* oldest first; room for one more */
    size_t segment_count;
    int read_fd;      /* of the oldest segment; -1: not open */
    int write_fd;     /* of the newest segment; -1: the next record begins another */
    uint64_t front;   /* in the oldest segment */
    uint64_t drained; /* records up to this number have been dropped */
    uint64_t next;    /* number of the next record */
    uint64_t waiting; /* records */
    uint64_t damaged; /* places */
    uint64_t total;   /* bytes of all segments */

    pthread_mutex_t status_mutex;
    struct spool_status status;
};

/* A sentence with errno's words. Returns code. */
int spool_fail(struct error *err, const struct spool *spool, int code, const char *what);

void spool_segment_name(uint64_t first, char ret_name[static SPOOL_NAME_SIZE]);

/* A file descriptor, or -1 with errno. */
int spool_open_segment(const struct spool *spool, const struct spool_segment *segment, int flags);
void spool_close_fd(int *fd);

/* Returns 0 or -ENOMEM. */
MUST_CHECK int spool_add_segment(struct spool *spool, uint64_t first);

/* Remove the oldest segment; not to be undone by a power cut once younger records are dropped.
 * spool_remove_drained: all that lie before the front. */
void spool_remove_oldest(struct spool *spool);
void spool_remove_drained(struct spool *spool);

/* What is left of the oldest segment. Returns 0 or -errno. */
MUST_CHECK int spool_front_stretch(struct spool *spool, struct spool_stretch *ret_stretch);

/* Remember how far records have been dropped. */
void spool_write_drained(const struct spool *spool);

/* Take a new picture of the status. */
void spool_note_status(struct spool *spool);

#endif
