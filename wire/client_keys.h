/*
 * client_keys.h - the keys of who connects to fusion: a camera, or who asks for the status
 */
#ifndef FLOORFUSE_WIRE_CLIENT_KEYS_H
#define FLOORFUSE_WIRE_CLIENT_KEYS_H

#include "wire/socket.h"

/* Storage the caller has; zeroed means: none. */
struct client_keys {
    char id[ID_SIZE];
    char *own_path, *fusion_path; /* owned */
    struct file_stamp own, fusion;
    struct socket_security security;
};

/*
 * Read the secret file of an id and the public key of fusion.
 *   folder  wire.keys
 *   id      a camera's or KEY_ID_OPERATOR
 * Returns 0; -EINVAL (also when it is another one's file), -EACCES, -errno with a sentence naming
 * the file and what mends it.
 */
MUST_CHECK int client_keys_load(const char *folder, const char *id, struct client_keys *ret_keys,
                                struct error *err);

/* Read them again when a file has changed. Returns 1 when there are new ones, 0 when not; a
 * negative errno once when the new files are no good: the old keys stay. */
MUST_CHECK int client_keys_refresh(struct client_keys *keys, struct error *err);

void client_keys_release(struct client_keys *keys);

#endif
