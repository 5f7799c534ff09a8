/*
 * allow_list.h - whose public keys fusion lets in
 *
 * The file allowed.cfg of the folder of keys, written by floorfuse keys:
 *     keys = ( { id = "till"; public_key = "..."; added = "2026-11-30T12:00:00Z"; }, ... );
 * One id may have several keys, while a new one is being carried to its machine; the old one ends
 * at its `until`.
 */
#ifndef FLOORFUSE_WIRE_ALLOW_LIST_H
#define FLOORFUSE_WIRE_ALLOW_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "wire/key_file.h"

#define ALLOW_LIST_FILE "allowed.cfg"
#define ALLOW_LIST_MAX  4000

struct allowed_key {
    char id[ID_SIZE];
    char public_key[KEY_TEXT_SIZE];
    int64_t added_us; /* UTC */
    int64_t until_us; /* UTC; 0: no end */
};

/* Zeroed is empty. */
struct allow_list {
    struct allowed_key *items; /* in the order of their keys */
    size_t count;
};

/*
 * Read what the file says; no key may be there twice.
 *   text, name  as of key_file_parse
 *   ret_list    release it
 * Returns 0, -EINVAL with a sentence, -ENOMEM. Loading also refuses a file that others could change
 * (-EACCES), and returns -errno of the file.
 */
MUST_CHECK int allow_list_parse(const char *text, const char *name, struct allow_list *ret_list,
                                struct error *err);
MUST_CHECK int allow_list_load(const char *folder, struct allow_list *ret_list, struct error *err);

/* Replace the file in one piece. Returns 0 or -errno. */
MUST_CHECK int allow_list_write(const char *folder, const char *store,
                                const struct allow_list *list, struct error *err);

/* Returns 0, -ENOSPC beyond ALLOW_LIST_MAX, -ENOMEM. */
MUST_CHECK int allow_list_add(struct allow_list *list, const struct allowed_key *key);

/* Who has a key, as of now; NULL: nobody, or no longer. */
const struct allowed_key *allow_list_find(const struct allow_list *list, const char *public_key,
                                          int64_t now_us);

void allow_list_release(struct allow_list *list);

#endif
