/*
 * calibrate_versions.c - the versions of a camera file that are kept beside it
 */
#include "programs/calibrate_versions.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define ENDING      ".cfg"
#define SHORT_BYTES 8

/* The length of a path without its ending. */
static int stem_length(const char *path)
{
    size_t length = strlen(path), ending = strlen(ENDING);
    bool ends = length > ending && strcmp(path + length - ending, ENDING) == 0;
    return (int) (ends ? length - ending : length);
}

/* With the date of the file it is a copy of: history tells when a version was written. What lies
 * there already is the same version, or something that nobody may lose. */
static int keep_version(const char *path, const char *kept_path, const char *text,
                        struct error *err)
{
    struct stat status;
    char sha256[SHA256_TEXT_SIZE], kept_sha256[SHA256_TEXT_SIZE];
    if (file_exists(kept_path)) {
        int r = file_sha256(kept_path, kept_sha256, err);
        file_sha256_bytes(text, strlen(text), sha256);
        if (r == 0 && strcmp(sha256, kept_sha256) != 0)
            r = error_set(err, -EEXIST,
                          "could not keep the present version of %s: %s is there already and holds "
                          "something else; move that file away first",
                          path, kept_path);
        return r;
    }
    bool dated = stat(path, &status) == 0;
    int r = file_write(kept_path, text, strlen(text), 0644, err);
    if (r == 0 && dated) {
        const struct timespec times[2] = { status.st_atim, status.st_mtim };
        (void) utimensat(AT_FDCWD, kept_path, times, 0); /* a wrong date loses nothing */
    }
    return r;
}

int versions_replace(const char *path, const char *old_text, const char *new_text,
                     struct text *kept_path, struct error *err)
{
    char sha256[SHA256_TEXT_SIZE];
    file_sha256_bytes(old_text, strlen(old_text), sha256);
    text_format(kept_path, "%.*s.%.*s" ENDING, stem_length(path), path, SHORT_BYTES, sha256);
    if (kept_path->failed)
        return error_set(err, -ENOMEM, "out of memory");
    int r = keep_version(path, kept_path->bytes, old_text, err);
    return r < 0 ? r : file_write(path, new_text, strlen(new_text), 0644, err);
}

static int64_t changed_us(const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return 0;
    return status.st_mtim.tv_sec * US_PER_S + status.st_mtim.tv_nsec / NS_PER_US;
}

/* Returns 1 when it is a camera file and was added, 0 when it is none, or a negative errno. */
static int add_version(struct versions *versions, const char *path, bool in_use, struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct version version = { .changed_us = changed_us(path), .in_use = in_use };
    char *text = NULL;
    size_t length;
    int r = file_read(path, CAMERA_FILE_BYTES_MAX, &text, &length, err);
    if (r < 0)
        return r;
    file_sha256_bytes(text, length, version.sha256);
    bool good = camera_file_read(text, path, &version.file, &problems) == 0;
    free(text);
    version.path = good ? strdup(path) : NULL;
    struct version *items =
        good ? reallocarray(versions->items, versions->count + 1, sizeof(*items)) : NULL;
    if (items)
        versions->items = items;
    if (items && version.path) {
        versions->items[versions->count++] = version;
        return 1;
    }
    free(version.path);
    camera_file_release(&version.file);
    return good ? error_set(err, -ENOMEM, "out of memory") : 0;
}

static int newest_first(const void *left, const void *right)
{
    const struct version *a = left, *b = right;
    if (a->in_use != b->in_use)
        return a->in_use ? -1 : 1;
    return (a->changed_us < b->changed_us) - (a->changed_us > b->changed_us);
}

static int add_kept(struct versions *versions, const char *path, struct error *err)
{
    AUTO(text_release) struct text pattern = TEXT_INIT;
    glob_t found;
    int r = 0;
    /* Eight hexadecimal digits. */
    text_format(&pattern, "%.*s.", stem_length(path), path);
    for (int i = 0; i < SHORT_BYTES; i++)
        text_append(&pattern, "[0-9a-f]");
    text_append(&pattern, ENDING);
    if (pattern.failed)
        return error_set(err, -ENOMEM, "out of memory");
    if (glob(pattern.bytes, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; r >= 0 && i < found.gl_pathc; i++)
        r = add_version(versions, found.gl_pathv[i], false, err);
    globfree(&found);
    return r;
}

int versions_list(const char *path, struct versions *ret_versions, struct error *err)
{
    struct versions versions = { 0 };
    int r = add_version(&versions, path, true, err);
    if (r == 0)
        r = error_set(err, -EINVAL, "%s is no camera file; floorfuse calibrate check says why",
                      path);
    if (r > 0)
        r = add_kept(&versions, path, err);
    if (r < 0) {
        versions_release(&versions);
        return r;
    }
    qsort(versions.items, versions.count, sizeof(*versions.items), newest_first);
    *ret_versions = versions;
    return 0;
}

void versions_release(struct versions *versions)
{
    for (size_t i = 0; i < versions->count; i++) {
        free(versions->items[i].path);
        camera_file_release(&versions->items[i].file);
    }
    free(versions->items);
    *versions = (struct versions){ 0 };
}
