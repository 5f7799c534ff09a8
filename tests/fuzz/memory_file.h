/*
 * memory_file.h - bytes as a file with a path, for loaders that take one
 *
 * In memory, so that a million runs leave the disk alone.
 */
#ifndef FLOORFUSE_TESTS_FUZZ_MEMORY_FILE_H
#define FLOORFUSE_TESTS_FUZZ_MEMORY_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    int fd;
    char path[64];
};

/* Close it in both cases. Returns false when there is no memory for it. */
static inline bool memory_file_open(struct memory_file *file, const void *bytes, size_t length)
{
    file->fd = memfd_create("fuzz", MFD_CLOEXEC);
    (void) snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
    return file->fd >= 0 && write(file->fd, bytes, length) == (ssize_t) length;
}

static inline void memory_file_close(struct memory_file *file)
{
    if (file->fd >= 0)
        (void) close(file->fd);
}

#endif
