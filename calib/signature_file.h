/*
 * signature_file.h - a picture's signature kept beside its camera file, as CAMERA.signature
 *
 * It is a file of its own because a calibration's version is the hash of its camera file: a new
 * signature (after a shelf was moved, say) must not make a new calibration. It names the version it
 * was taken under instead, so that one of an older calibration is known for what it is.
 *
 * libconfig; the numbers of image/signature.h are hexadecimal, four digits each.
 */
#ifndef FLOORFUSE_CALIB_SIGNATURE_FILE_H
#define FLOORFUSE_CALIB_SIGNATURE_FILE_H

#include "config/option.h"
#include "image/signature.h"

/* A file larger than this is not one. */
#define SIGNATURE_FILE_BYTES_MAX ((size_t) 131072)

struct signature_file {
    char *camera;      /* the camera file's name without folder and ending; NULL: not said */
    char *calibration; /* its version, SHA-256 of the camera file's text; NULL: not said */
    int stills;        /* how many were merged */
    struct signature signature;
};

/*
 * Read the text of a signature file.
 *   name      stands for the path in sentences
 *   ret_file  untouched on failure; to be released
 * Returns 0; -EINVAL with at least one problem added; -ENOMEM.
 */
MUST_CHECK int signature_file_parse(const char *text, const char *name,
                                    struct signature_file *ret_file, struct problems *problems);
void signature_file_release(struct signature_file *file);

/* Write a signature file that reads back as the same. Strings may be borrowed; they hold neither
 * quotes nor backslashes. Out of memory shows in text->failed. */
void signature_file_write(const struct signature_file *file, struct text *text);

/* Where the signature of a camera file is kept: its path with .signature for .cfg. The caller's to
 * free(); NULL when out of memory. */
char *signature_path(const char *camera_file);

#endif
