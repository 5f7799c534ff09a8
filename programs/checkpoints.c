/*
 * checkpoints.c - saved states of a store in a folder, the newer the closer together
 */
#include "programs/checkpoints.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32.h"
#include "base/file.h"

#define MAGIC        UINT32_C(0x50434646) /* "FFCP" */
#define HEADER_BYTES ((size_t) 4 + 4 + 8 + 8)
#define STATE_MAX    ((size_t) 1 << 30)

/* A checkpoint is kept while at most so many times its spacing lie behind it. */
#define SPACINGS 2

/* Far more than are ever kept: a folder with more of them is not ours. */
#define LIST_MAX 256

struct checkpoints {
    char folder[400];
    int64_t keep_us;
    struct checkpoint list[LIST_MAX]; /* the newest first */
    size_t count;
    uint64_t last_number;
};

static void path_of(const struct checkpoints *checkpoints, uint64_t number, char path[static 512])
{
    (void) snprintf(path, 512, "%s/%020" PRIu64 ".checkpoint", checkpoints->folder, number);
}

/* ---- files ---- */

static void put_header(struct buffer *bytes, int64_t closed_us, const struct buffer *state)
{
    buffer_put_u32(bytes, MAGIC);
    buffer_put_u32(bytes, crc32_of(state->bytes, state->length));
    buffer_put_i64(bytes, closed_us);
    buffer_put_u64(bytes, state->length);
}

/* Returns 0, or -EBADMSG. */
static int check_file(const char *bytes, size_t length, int64_t *ret_closed_us)
{
    struct buffer_reader reader = buffer_reader_of(bytes, length);
    uint32_t magic = buffer_get_u32(&reader), crc = buffer_get_u32(&reader);
    *ret_closed_us = buffer_get_i64(&reader);
    uint64_t state_length = buffer_get_u64(&reader);
    if (reader.failed || magic != MAGIC || state_length != length - HEADER_BYTES ||
        crc32_of(bytes + HEADER_BYTES, length - HEADER_BYTES) != crc)
        return -EBADMSG;
    return 0;
}

static int read_file(const char *path, char **ret_bytes, size_t *ret_length, int64_t *ret_closed_us,
                     struct error *err)
{
    char *bytes;
    size_t length;
    int r = file_read(path, STATE_MAX + HEADER_BYTES, &bytes, &length, err);
    if (r < 0)
        return r;
    r = check_file(bytes, length, ret_closed_us);
    if (r < 0) {
        free(bytes);
        return error_set(err, r, "%s is damaged; an older state is used", path);
    }
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}

/* ---- the list ---- */

static int newest_first(const void *left, const void *right)
{
    const struct checkpoint *a = left, *b = right;
    return a->number < b->number ? 1 : a->number > b->number ? -1 : 0;
}

/* What a program that was killed was writing, see file_write(). */
static bool is_unfinished(const char *name)
{
    size_t digits = strspn(name, "0123456789"), length = strlen(name);
    return digits == 20 && strncmp(name + digits, ".checkpoint.", 12) == 0 && length > 4 &&
           strcmp(name + length - 4, ".new") == 0;
}

/* Files of this name are ours, whole or not; others are left alone. */
static void find_file(struct checkpoints *c, const char *name)
{
    char path[512], expected[512], *bytes;
    size_t length;
    struct checkpoint found = { .number = strtoull(name, NULL, 10) };
    path_of(c, found.number, expected);
    (void) snprintf(path, sizeof(path), "%.300s/%.100s", c->folder, name);
    if (is_unfinished(name))
        (void) unlink(path);
    if (found.number == 0 || strcmp(path, expected) != 0 || c->count == LIST_MAX)
        return;
    if (found.number > c->last_number)
        c->last_number = found.number;
    if (read_file(path, &bytes, &length, &found.closed_us, NULL) < 0)
        return;
    free(bytes);
    c->list[c->count++] = found;
}

int checkpoints_open(const char *folder, int64_t keep_us, struct checkpoints **ret_checkpoints,
                     struct error *err)
{
    int r = file_make_folder(folder, 0700, err);
    if (r < 0)
        return r;
    if (strlen(folder) > 300)
        return error_set(err, -ENAMETOOLONG, "%s: the path is too long; choose a shorter state_dir",
                         folder);
    DIR *dir = opendir(folder);
    if (!dir)
        return error_set(err, -errno, "could not read %s: %s", folder, strerror(errno));
    struct checkpoints *c = calloc(1, sizeof(*c));
    if (c) {
        (void) snprintf(c->folder, sizeof(c->folder), "%s", folder);
        c->keep_us = keep_us;
        for (struct dirent *entry; (entry = readdir(dir));)
            find_file(c, entry->d_name);
        qsort(c->list, c->count, sizeof(c->list[0]), newest_first);
    }
    (void) closedir(dir);
    if (!c)
        return error_set(err, -ENOMEM, "out of memory");
    *ret_checkpoints = c;
    return 0;
}

void checkpoints_destroy(struct checkpoints **checkpoints)
{
    free(*checkpoints);
    *checkpoints = NULL;
}

size_t checkpoints_list(const struct checkpoints *checkpoints, const struct checkpoint **ret_list)
{
    *ret_list = checkpoints->list;
    return checkpoints->count;
}

int checkpoints_read(const struct checkpoints *checkpoints, uint64_t number, char **ret_state,
                     size_t *ret_length, struct error *err)
{
    char path[512], *bytes;
    size_t length;
    int64_t closed_us;
    path_of(checkpoints, number, path);
    int r = read_file(path, &bytes, &length, &closed_us, err);
    if (r < 0)
        return r;
    memmove(bytes, bytes + HEADER_BYTES, length - HEADER_BYTES);
    *ret_state = bytes;
    *ret_length = length - HEADER_BYTES;
    return 0;
}

/* ---- adding and dropping ---- */

static void drop_at(struct checkpoints *c, size_t i)
{
    char path[512];
    path_of(c, c->list[i].number, path);
    (void) unlink(path);
    memmove(&c->list[i], &c->list[i + 1], (--c->count - i) * sizeof(c->list[0]));
}

void checkpoints_drop_after(struct checkpoints *checkpoints, uint64_t number)
{
    while (checkpoints->count > 0 && checkpoints->list[0].number > number)
        drop_at(checkpoints, 0);
}

void checkpoints_drop(struct checkpoints *checkpoints, uint64_t number)
{
    for (size_t i = 0; i < checkpoints->count; i++)
        if (checkpoints->list[i].number == number)
            drop_at(checkpoints, i--);
}

static bool is_needed(const struct checkpoints *c, const struct checkpoint *checkpoint)
{
    const struct checkpoint *newest = &c->list[0];
    uint64_t spacing = checkpoint->number & (~checkpoint->number + 1); /* its lowest bit */
    bool is_old = newest->closed_us != INT64_MIN && checkpoint->closed_us != INT64_MIN &&
                  newest->closed_us - checkpoint->closed_us > c->keep_us;
    return newest->number - checkpoint->number <= SPACINGS * spacing && !is_old;
}

static void thin_out(struct checkpoints *c)
{
    for (size_t i = c->count; i-- > 1;)
        if (!is_needed(c, &c->list[i]))
            drop_at(c, i);
}

int checkpoints_add(struct checkpoints *checkpoints, int64_t closed_us, const struct buffer *state,
                    struct checkpoint_file *ret_file)
{
    struct checkpoints *c = checkpoints;
    struct buffer bytes = BUFFER_INIT;
    put_header(&bytes, closed_us, state);
    buffer_put_bytes(&bytes, state->bytes, state->length);
    if (buffer_result(&bytes) < 0) {
        buffer_release(&bytes);
        return -ENOMEM;
    }
    if (c->count == LIST_MAX)
        drop_at(c, c->count - 1);
    memmove(&c->list[1], &c->list[0], c->count * sizeof(c->list[0]));
    c->list[0] = (struct checkpoint){ ++c->last_number, closed_us };
    c->count++;
    thin_out(c);
    path_of(c, c->last_number, ret_file->path);
    ret_file->bytes = bytes;
    return 0;
}
