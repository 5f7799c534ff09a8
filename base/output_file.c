/* output_file.c - a file written piece by piece that nobody sees half */
#include "base/output_file.h"

#include <errno.h>
#include <fcntl.h>
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

/* What a system call gave: itself, or -errno. */
static int descriptor(int fd)
{
    return fd < 0 ? -errno : fd;
}

/* A file without a name, in the folder of the target: gone when the program is killed. Not every
 * file system has them. Returns -errno then. */
static int open_unnamed(const char *target)
{
    const char *slash = strrchr(target, '/');
    char *folder = slash ? strndup(target, (size_t) (slash - target) + 1) : strdup(".");
    if (!folder)
        return -ENOMEM;
    int fd = descriptor(open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
    free(folder);
    return fd;
}

static int open_temporary(struct output_file *file)
{
    if (asprintf(&file->temporary, "%s.%d.new", file->path, (int) getpid()) < 0) {
        file->temporary = NULL;
        return -ENOMEM;
    }
    int fd = open_unnamed(file->path);
    file->unnamed = fd >= 0;
    if (fd < 0)
        fd = descriptor(open(file->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    return fd;
}

static int open_target(struct output_file *file, const char *path)
{
    int fd = strcmp(path, "-") == 0 ? descriptor(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0))
             : is_replaceable(path) ? open_temporary(file)
                                    : descriptor(open(path, O_WRONLY | O_CLOEXEC));
    if (fd < 0)
        return fd;
    file->stream = fdopen(fd, "w");
    if (file->stream)
        return 0;
    int r = -errno;
    (void) close(fd);
    return r;
}

void output_file_abandon(struct output_file *file)
{
    if (file->stream)
        (void) fclose(file->stream);
    if (file->temporary && !file->unnamed)
        (void) unlink(file->temporary);
    free(file->path);
    free(file->temporary);
    *file = (struct output_file){ 0 };
}

int output_file_open(const char *path, struct output_file *ret_file, struct error *err)
{
    struct output_file file = { .path = target_of(path) };
    int r = file.path ? open_target(&file, path) : -ENOMEM;
    if (r < 0) {
        output_file_abandon(&file);
        return error_set(err, r, "could not write %s: %s", path, strerror(-r));
    }
    *ret_file = file;
    return 0;
}

/* Pipes have nothing to bring to a disk. */
static int flush_to_disk(struct output_file *file)
{
    if (ferror(file->stream) || fflush(file->stream) != 0)
        return errno ? -errno : -EIO;
    return file->temporary && fsync(fileno(file->stream)) < 0 ? -errno : 0;
}

/* Give an unnamed file the temporary name; only renaming can replace the target. */
static int name_file(struct output_file *file)
{
    char self[64];
    if (!file->unnamed)
        return 0;
    (void) snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(file->stream));
    (void) unlink(file->temporary); /* of a program with our number that was killed just here */
    if (linkat(AT_FDCWD, self, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW) < 0)
        return -errno;
    file->unnamed = false;
    return 0;
}

int output_file_commit(struct output_file *file, struct error *err)
{
    errno = 0; /* an earlier failure is kept by the stream without its reason */
    int r = flush_to_disk(file);
    if (r == 0)
        r = name_file(file);
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
