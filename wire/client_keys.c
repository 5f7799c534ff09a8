/*
 * client_keys.c - the keys of who connects to fusion
 */
#include "wire/client_keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/store_config.h"

static int read_files(const struct client_keys *keys, struct socket_security *ret_security,
                      struct error *err)
{
    struct key_file own, fusion;
    int r = key_file_load(keys->fusion_path, KEY_PUBLIC, &fusion, err);
    if (r == 0)
        r = key_file_load(keys->own_path, KEY_SECRET, &own, err);
    if (r == 0 && strcmp(own.id, keys->id) != 0) {
        r = error_set(err, -EINVAL, "%s holds the key of %s, not of %s; each has its own",
                      keys->own_path, own.id, keys->id);
        key_file_wipe(&own);
    }
    if (r < 0)
        return error_prefix(err, r, "no connection without keys (see floorfuse keys)");
    *ret_security = (struct socket_security){ .context = NULL };
    memcpy(ret_security->public_key, own.public_key, KEY_TEXT_SIZE);
    memcpy(ret_security->secret_key, own.secret_key, KEY_TEXT_SIZE);
    memcpy(ret_security->server_key, fusion.public_key, KEY_TEXT_SIZE);
    key_file_wipe(&own);
    return 0;
}

/* Stamps come first: a change between them and the reading is found the next time. */
static void take_stamps(struct client_keys *keys)
{
    keys->own = file_stamp_of(keys->own_path);
    keys->fusion = file_stamp_of(keys->fusion_path);
}

int client_keys_load(const char *folder, const char *id, struct client_keys *ret_keys,
                     struct error *err)
{
    struct client_keys keys = { .own_path = key_file_path(folder, id) };
    if (!keys.own_path || asprintf(&keys.fusion_path, "%s/" FUSION_PUBLIC_FILE, folder) < 0) {
        free(keys.own_path);
        return error_set(err, -ENOMEM, "out of memory");
    }
    (void) snprintf(keys.id, sizeof(keys.id), "%s", id);
    take_stamps(&keys);
    int r = read_files(&keys, &keys.security, err);
    if (r == 0)
        *ret_keys = keys;
    else
        client_keys_release(&keys);
    return r;
}

int client_keys_refresh(struct client_keys *keys, struct error *err)
{
    struct file_stamp own = keys->own, fusion = keys->fusion;
    struct socket_security fresh;
    take_stamps(keys);
    if (file_stamp_equal(&own, &keys->own) && file_stamp_equal(&fusion, &keys->fusion))
        return 0;
    int r = read_files(keys, &fresh, err);
    if (r < 0)
        return r;
    bool same = strcmp(fresh.secret_key, keys->security.secret_key) == 0 &&
                strcmp(fresh.server_key, keys->security.server_key) == 0;
    keys->security = fresh;
    socket_security_wipe(&fresh);
    return !same;
}

void client_keys_release(struct client_keys *keys)
{
    free(keys->own_path);
    free(keys->fusion_path);
    socket_security_wipe(&keys->security);
    *keys = (struct client_keys){ 0 };
}
