/* output_file.c - a file written piece by piece that nobody sees half */
#include "base/output_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_replaceable(const char *path)
{
    struct stat status;
    return stat(path, &status) < 0 || S_ISREG(status.st_mode);
}

/* A link's own name must stay a link, so its target is what is replaced. */
static char *target_of(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : strdup(path);
}

static int open_target(struct output_file *file, const char *path)
{
    if (strcmp(path, "-") == 0) {
        int fd = dup(STDOUT_FILENO);
        file->stream = fd < 0 ? NULL : fdopen(fd, "w");
        return file->stream ? 0 : -errno;
    }
    const char *name = file->path;
    if (is_replaceable(path)) {
        if (asprintf(&file->temporary, "%s.%d.new", file->path, (int) getpid()) < 0) {
            file->temporary = NULL;
            return -ENOMEM;
        }
        name = file->temporary;
    }
    file->stream = fopen(name, "we");
    return file->stream ? 0 : -errno;
}

int output_file_open(const char *path, struct output_file *ret_file, struct error *err)
{
    struct output_file file = { .path = target_of(path) };
    int r = file.path ? open_target(&file, path) : -ENOMEM;
    if (r < 0) {
        free(file.path);
        free(file.temporary);
        return error_set(err, r, "could not write %s: %s", path, strerror(-r));
    }
    *ret_file = file;
    return 0;
}

void output_file_abandon(struct output_file *file)
{
    if (file->stream)
        (void) fclose(file->stream);
    if (file->temporary)
        (void) unlink(file->temporary);
    free(file->path);
    free(file->temporary);
    *file = (struct output_file){ 0 };
}

/* Pipes have nothing to bring to a disk. */
static int flush_to_disk(struct output_file *file)
{
    if (ferror(file->stream) || fflush(file->stream) != 0)
        return errno ? -errno : -EIO;
    return file->temporary && fsync(fileno(file->stream)) < 0 ? -errno : 0;
}

int output_file_commit(struct output_file *file, struct error *err)
{
    errno = 0; /* an earlier failure is kept by the stream without its reason */
    int r = flush_to_disk(file);
    if (fclose(file->stream) != 0 && r == 0)
        r = -errno;
    file->stream = NULL;
    if (r == 0 && file->temporary && rename(file->temporary, file->path) < 0)
        r = -errno;
    if (r < 0)
        r = error_set(err, r, "could not write %s: %s", file->path, strerror(-r));
    if (r == 0) {
        free(file->temporary); /* it is the target now */
        file->temporary = NULL;
    }
    output_file_abandon(file);
    return r;
}
