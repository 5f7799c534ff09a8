/* refused.c - records that cannot be written are put aside, for a person to look at */
#include "storage/refused.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define NAME_SIZE 160

/* Ids have been read from bytes that something is wrong with. */
static void make_harmless(char *name)
{
    static const char harmless[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-";
    for (char *at = name; *(at += strspn(at, harmless));)
        *at = '_';
}

static void name_of(const struct record *record, const struct record_content *content,
                    char ret_name[static NAME_SIZE])
{
    char time[WALL_TEXT_SIZE];
    if (content && content->bucket)
        (void) snprintf(ret_name, NAME_SIZE, "%s-%s",
                        clock_wall_format(content->bucket->start_us, time), content->bucket->floor);
    else if (content && content->calibration)
        (void) snprintf(ret_name, NAME_SIZE, "calibration-%.63s-%.12s",
                        content->calibration->camera, content->calibration->version);
    else if (content && content->losses)
        (void) snprintf(ret_name, NAME_SIZE, "losses-%s",
                        clock_wall_format(content->losses->since_us, time));
    else
        (void) snprintf(ret_name, NAME_SIZE, "record-%" PRIu64, record->number);
    make_harmless(ret_name);
}

static uint64_t bytes_in(const char *path)
{
    uint64_t bytes = 0;
    struct stat status;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode))
            bytes += (uint64_t) status.st_size;
    if (folder)
        (void) closedir(folder);
    return bytes;
}

static int write_both(const char *stem, const struct record *record, const char *why,
                      struct error *err)
{
    AUTO(text_release) struct text path = TEXT_INIT;
    text_format(&path, "%s.why", stem);
    if (path.failed)
        return error_set(err, -ENOMEM, "out of memory");
    int r = file_write(path.bytes, why, strlen(why), 0600, err);
    text_clear(&path);
    text_format(&path, "%s.record", stem);
    if (r < 0 || path.failed)
        return r < 0 ? r : error_set(err, -ENOMEM, "out of memory");
    return file_write(path.bytes, record->bytes, record->length, 0600, err);
}

int refused_keep(const char *folder, const struct record *record,
                 const struct record_content *content, const char *why, char **ret_path,
                 struct error *err)
{
    AUTO(text_release) struct text stem = TEXT_INIT;
    char name[NAME_SIZE];
    int r = file_make_folder(folder, 0700, err);
    if (r < 0)
        return r;
    if (bytes_in(folder) + record->length > REFUSED_BYTES_MAX)
        return error_set(err, -ENOSPC, "%s holds %" PRIu64 " MB already; look at what is there",
                         folder, REFUSED_BYTES_MAX / 1024 / 1024);
    name_of(record, content, name);
    text_format(&stem, "%s/%s", folder, name);
    r = stem.failed ? error_set(err, -ENOMEM, "out of memory") : 0;
    if (r == 0)
        r = write_both(stem.bytes, record, why, err);
    if (r < 0)
        return r;
    text_append(&stem, ".record");
    *ret_path = text_take(&stem);
    return *ret_path ? file_sync_folder(folder, err) : error_set(err, -ENOMEM, "out of memory");
}
