/*
 * fuzz_spool.c - bytes in place of a segment of a spool
 *
 * Whatever they are, the spool opens, gives what is sound, ascending, and keeps what is appended
 * then. The seeds are what `test_spool FOLDER` writes.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "storage/spool.h"

#define SPOOL_BYTES_MAX (UINT64_C(1) << 30)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static char folder[64];

static void remove_folder(void)
{
    char command[128];
    (void) snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    (void) !system(command);
}

/* In memory where there is such a place: syncs are free there. */
static void make_folder(void)
{
    if (folder[0])
        return;
    (void) snprintf(folder, sizeof(folder), "%s/floorfuse-test.spool-XXXXXX",
                    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder))
        abort();
    (void) atexit(remove_folder);
}

static struct spool *open_spool(void)
{
    struct spool *spool = NULL;
    if (spool_open(folder, SPOOL_BYTES_MAX, &spool, NULL, NULL) < 0)
        abort();
    return spool;
}

/* Returns the number of the last record. */
static uint64_t drain(struct spool *spool)
{
    struct record records[3];
    uint64_t number = 0;
    for (int count; (count = spool_front(spool, 3, records, NULL)) != 0;) {
        if (count < 0)
            abort();
        for (int i = 0; i < count; i++) {
            if (records[i].number <= number)
                abort();
            number = records[i].number;
            struct record_content content = { 0 };
            if (record_read(&records[i], &content, NULL) == 0)
                record_content_release(&content);
            record_release(&records[i]);
        }
        spool_drop(spool, number);
    }
    struct spool_status status = spool_status(spool);
    if (status.records != 0 || status.bytes != 0)
        abort();
    return number;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char path[128];
    uint8_t text[] = "one more";
    const struct record more = { .kind = 7, .bytes = text, .length = sizeof(text) };
    make_folder();
    (void) snprintf(path, sizeof(path), "%s/drained", folder);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/%020d.records", folder, 1);
    if (file_write(path, bytes, length, 0600, NULL) < 0)
        abort();
    struct spool *spool = open_spool();
    if (spool_append(spool, &more, 1, NULL) != 1)
        abort();
    spool_close(&spool);
    spool = open_spool();
    if (drain(spool) == 0)
        abort(); /* at least the one that was appended */
    spool_close(&spool);
    return 0;
}
