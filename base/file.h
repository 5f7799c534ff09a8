/*
 * file.h - whole files in, whole files out, folders
 */
#ifndef FLOORFUSE_BASE_FILE_H
#define FLOORFUSE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Read a regular file.
 *   limit_bytes  a larger file is refused
 *   ret_bytes    the caller's to free(); a NUL follows the content and is not counted
 * Returns 0; -errno of open or read; -EFBIG; -EINVAL if it is not a regular file. The sentence
 * names the path.
 */
MUST_CHECK int file_read(const char *path, size_t limit_bytes, char **ret_bytes, size_t *ret_length,
                         struct error *err);

/*
 * Write a file so that a reader sees the old content or the new, never half: a temporary file
 * beside it, fsync, rename. Returns 0 or -errno; on failure the old file is untouched.
 */
MUST_CHECK int file_write(const char *path, const void *bytes, size_t length, unsigned mode,
                          struct error *err);

/* Make a folder and its parents; one that is there already is fine. Returns 0 or -errno. */
MUST_CHECK int file_make_folder(const char *path, unsigned mode, struct error *err);

/* The folder in which a path lies, "." where it names none. The caller's to free(); NULL when out
 * of memory. */
char *file_folder_of(const char *path);

/* Have the disk keep the names in a folder: what file_write has put there survives a power cut
 * then. Returns 0 or -errno. */
MUST_CHECK int file_sync_folder(const char *path, struct error *err);

bool file_exists(const char *path);

/*
 * A path from a config, relative to the folder of the file it stands in: absolute paths are
 * returned as they are. The caller's to free(); NULL when out of memory.
 */
char *file_resolve(const char *beside_file, const char *path);

/* Lower-case hexadecimal SHA-256 of bytes or of a file's content. */
#define SHA256_TEXT_SIZE 65
void file_sha256_bytes(const void *bytes, size_t length, char ret_hex[static SHA256_TEXT_SIZE]);
MUST_CHECK int file_sha256(const char *path, char ret_hex[static SHA256_TEXT_SIZE],
                           struct error *err);

#endif
