/*
 * confine_files.c - the files of a confined process, by Landlock
 *
 * Source: docs.kernel.org/userspace-api/landlock.html. glibc has no wrappers.
 */
#include "programs/confine_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of version 3; older headers lack it. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)
#endif

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILE_RIGHTS \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define WRITE_RIGHTS                                                                         \
    (READ_RIGHTS | FILE_RIGHTS | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER)

/* Every right that a version knows: what a ruleset does not name is not watched. */
static uint64_t rights_of(int version)
{
    int bits = version == 1 ? 13 : version == 2 ? 14 : 15;
    return (UINT64_C(1) << bits) - 1;
}

/* What is not there need not be allowed. */
static int allow(int ruleset, const char *path, uint64_t rights)
{
    struct stat status;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -errno;
    int r = fstat(fd, &status) < 0 ? -errno : 0;
    if (r == 0 && !S_ISDIR(status.st_mode))
        rights &= FILE_RIGHTS; /* others are refused on files */
    const struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };
    if (r == 0 && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        r = -errno;
    (void) close(fd);
    return r;
}

static int allow_all(int ruleset, const char *const *paths, uint64_t rights, struct error *err)
{
    for (; *paths; paths++) {
        int r = allow(ruleset, *paths, rights);
        if (r < 0)
            return error_set(err, r, "could not allow %s: %s", *paths, strerror(-r));
    }
    return 0;
}

int confine_files(const char *const *readable, const char *const *writable, int *ret_version,
                  struct error *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return error_set(err, -EOPNOTSUPP, "this kernel has no Landlock");
    const struct landlock_ruleset_attr attributes = { .handled_access_fs =
                                                          rights_of((int) version) };
    /* its first member is all that the first version knows */
    int ruleset = (int) syscall(SYS_landlock_create_ruleset, &attributes,
                                sizeof(attributes.handled_access_fs), 0);
    if (ruleset < 0)
        return error_set(err, -errno, "could not limit the files: %s", strerror(errno));
    int r = allow_all(ruleset, readable, READ_RIGHTS & attributes.handled_access_fs, err);
    if (r == 0)
        r = allow_all(ruleset, writable, WRITE_RIGHTS & attributes.handled_access_fs, err);
    if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        r = error_set(err, -errno, "could not limit the files: %s", strerror(errno));
    (void) close(ruleset);
    if (r == 0)
        *ret_version = (int) version;
    return r;
}
