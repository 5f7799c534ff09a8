/*
 * key_file.h - one CURVE key pair, or the public half of one, in a file that people can read
 *
 * A folder of keys (wire.keys) holds
 *     fusion.key      the pair of the fusion program; secret
 *     fusion.pub      its public half, which everybody who talks to fusion must have
 *     camera-ID.key   the pair of one camera; secret
 *     operator.key    the pair of who may ask for the status; secret
 *     allowed.cfg     whose public keys fusion lets in, see wire/allow_list.h
 * On a camera's own machine there are its camera-ID.key and fusion.pub, and nothing else. Files are
 * libconfig; keys are 40 characters of Z85 (ZeroMQ RFC 32) for 32 bytes of Curve25519.
 */
#ifndef FLOORFUSE_WIRE_KEY_FILE_H
#define FLOORFUSE_WIRE_KEY_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Ids that are no cameras'. */
#define KEY_ID_FUSION   "fusion"
#define KEY_ID_OPERATOR "operator"

#define KEY_TEXT_SIZE  41 /* Z85 and a NUL */
#define KEY_BYTES      32
#define KEY_FILE_LIMIT ((size_t) 64 * 1024)

enum key_half { KEY_PUBLIC, KEY_SECRET };

struct key_file {
    char id[ID_SIZE]; /* a camera's, KEY_ID_FUSION or KEY_ID_OPERATOR */
    char public_key[KEY_TEXT_SIZE];
    char secret_key[KEY_TEXT_SIZE]; /* "" in a file of KEY_PUBLIC */
};

/* A new pair. Returns 0, or -ENOTSUP when this libzmq knows no CURVE, with a sentence. */
MUST_CHECK int key_file_make(const char *id, struct key_file *ret_key, struct error *err);

/*
 * Read what a file says.
 *   text   NUL-terminated
 *   name   of the file, in sentences; they never hold a key
 *   half   KEY_SECRET: both halves must be there, and belong together; KEY_PUBLIC: a file with a
 *          secret key in it is refused, as it was about to be handed around
 * Returns 0, -EINVAL with a sentence, -ENOMEM.
 */
MUST_CHECK int key_file_parse(const char *text, const char *name, enum key_half half,
                              struct key_file *ret_key, struct error *err);

/*
 * The same from a file, and by whom it could be read or changed: it must belong to this user or to
 * root; others must not be able to read a secret nor to change anything.
 * Returns also -EACCES with the chmod or chown that mends it; -errno of the file.
 */
MUST_CHECK int key_file_load(const char *path, enum key_half half, struct key_file *ret_key,
                             struct error *err);

/* Write one whole file: mode 0600 with the secret, 0644 without. Returns 0 or -errno. */
MUST_CHECK int key_file_write(const char *path, enum key_half half, const char *store,
                              const struct key_file *key, struct error *err);

/* Nothing of it stays in memory. */
void key_file_wipe(struct key_file *key);

/* Where the secret file of an id lies: FOLDER/camera-ID.key and so on. The caller's to free(); NULL
 * when out of memory. */
char *key_file_path(const char *folder, const char *id);

/* Whether it is the Z85 of 32 bytes. */
bool key_is_valid(const char *text);

/* Whether a file is still the one that was read; all zero: there is none. */
struct file_stamp {
    uint64_t device, inode;
    int64_t size, changed_ns;
};
struct file_stamp file_stamp_of(const char *path);
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);

/* Read a small file of this user or root, see key_file_load. Returns 0 and the caller's text. */
MUST_CHECK int key_file_read(const char *path, enum key_half half, char **ret_text,
                             struct error *err);

#endif
