/*
 * file.c - whole files in, whole files out, folders
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_CHUNK_BYTES 65536

/* Open a regular file for reading; a folder or device would surprise whoever reads it to the end.
 */
static int open_regular(const char *path, struct stat *ret_status, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return error_set(err, -errno, "could not open %s: %s", path, strerror(errno));
    if (fstat(fd, ret_status) < 0 || !S_ISREG(ret_status->st_mode)) {
        (void) close(fd);
        return error_set(err, -EINVAL, "%s is not a regular file", path);
    }
    return fd;
}

/* Read until `room` bytes are there or the file ends. */
static ssize_t read_all(int fd, char *bytes, size_t room)
{
    size_t length = 0;
    while (length < room) {
        ssize_t n = read(fd, bytes + length, room - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t) n;
    }
    return (ssize_t) length;
}

int file_read(const char *path, size_t limit_bytes, char **ret_bytes, size_t *ret_length,
              struct error *err)
{
    struct stat status;
    int fd = open_regular(path, &status, err);
    if (fd < 0)
        return fd;
    if ((size_t) status.st_size > limit_bytes) {
        (void) close(fd);
        return error_set(err, -EFBIG, "%s is larger than the %zu bytes allowed", path, limit_bytes);
    }
    size_t room = (size_t) status.st_size;
    char *bytes = malloc(room + 1);
    ssize_t length = bytes ? read_all(fd, bytes, room) : -ENOMEM;
    (void) close(fd);
    if (length < 0) {
        free(bytes);
        return error_set(err, (int) length, "could not read %s: %s", path, strerror((int) -length));
    }
    bytes[length] = '\0';
    *ret_bytes = bytes;
    *ret_length = (size_t) length;
    return 0;
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        length -= (size_t) n;
    }
    return 0;
}

int file_write(const char *path, const void *bytes, size_t length, unsigned mode, struct error *err)
{
    char *temporary;
    if (asprintf(&temporary, "%s.%d.new", path, (int) getpid()) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    int r = fd < 0 ? -errno : write_all(fd, bytes, length);
    if (fd >= 0) {
        if (r == 0 && fsync(fd) < 0)
            r = -errno;
        if (close(fd) < 0 && r == 0)
            r = -errno;
        if (r == 0 && rename(temporary, path) < 0)
            r = -errno;
        if (r < 0)
            (void) unlink(temporary);
    }
    free(temporary);
    return r < 0 ? error_set(err, r, "could not write %s: %s", path, strerror(-r)) : 0;
}

int file_make_folder(const char *path, unsigned mode, struct error *err)
{
    char *parts = strdup(path);
    if (!parts)
        return error_set(err, -ENOMEM, "out of memory");
    int r = 0;
    for (char *slash = strchr(parts + 1, '/'); r == 0; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        struct stat status;
        if (mkdir(parts, mode) < 0 && errno != EEXIST)
            r = -errno;
        else if (stat(parts, &status) < 0)
            r = -errno;
        else if (!S_ISDIR(status.st_mode))
            r = -ENOTDIR;
        if (r < 0)
            (void) error_set(err, r, "could not make the folder %s: %s", parts, strerror(-r));
        if (!slash)
            break;
        *slash = '/';
    }
    free(parts);
    return r;
}

char *file_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t) (slash - path));
}

int file_sync_folder(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        (void) close(fd);
    return r < 0 ? error_set(err, r, "could not sync the folder %s: %s", path, strerror(-r)) : 0;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

char *file_resolve(const char *beside_file, const char *path)
{
    const char *slash = strrchr(beside_file, '/');
    char *resolved;
    if (path[0] == '/' || !slash)
        return strdup(path);
    if (asprintf(&resolved, "%.*s/%s", (int) (slash - beside_file), beside_file, path) < 0)
        return NULL;
    return resolved;
}

static void sha256_hex(SHA2_CTX *context, char ret_hex[static SHA256_TEXT_SIZE])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Final(digest, context);
    for (size_t i = 0; i < sizeof(digest); i++)
        (void) snprintf(ret_hex + 2 * i, 3, "%02x", digest[i]);
}

void file_sha256_bytes(const void *bytes, size_t length, char ret_hex[static SHA256_TEXT_SIZE])
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, bytes, length);
    sha256_hex(&context, ret_hex);
}

int file_sha256(const char *path, char ret_hex[static SHA256_TEXT_SIZE], struct error *err)
{
    struct stat status;
    int fd = open_regular(path, &status, err);
    if (fd < 0)
        return fd;
    SHA2_CTX context;
    SHA256Init(&context);
    char chunk[FILE_CHUNK_BYTES];
    ssize_t n;
    while ((n = read_all(fd, chunk, sizeof(chunk))) > 0)
        SHA256Update(&context, (const uint8_t *) chunk, (size_t) n);
    (void) close(fd);
    if (n < 0)
        return error_set(err, (int) n, "could not read %s: %s", path, strerror((int) -n));
    sha256_hex(&context, ret_hex);
    return 0;
}
