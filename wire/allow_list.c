/*
 * allow_list.c - whose public keys fusion lets in
 */
#include "wire/allow_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "config/option.h"

struct raw_entry {
    char *id, *public_key, *added, *until;
};

struct raw_list {
    struct option_list keys; /* of struct raw_entry */
};

#define ENTRY(member) offsetof(struct raw_entry, member)

/* clang-format off: one line an option reads best */
static const struct option list_options[] = {
    { "keys[]", OPTION_LIST, offsetof(struct raw_list, keys), sizeof(struct raw_entry),
      .max = ALLOW_LIST_MAX, .help = "who may come in" },
    { "keys[].id", OPTION_ID, ENTRY(id), .required = true, .help = "a camera's id, or operator" },
    { "keys[].public_key", OPTION_STRING, ENTRY(public_key), .required = true,
      .help = "40 characters of Z85" },
    { "keys[].added", OPTION_STRING, ENTRY(added), .help = "UTC time" },
    { "keys[].until", OPTION_STRING, ENTRY(until), .help = "UTC time from which on it is refused" },
};
/* clang-format on */

static int by_key(const void *a, const void *b)
{
    const struct allowed_key *x = a, *y = b;
    return strcmp(x->public_key, y->public_key);
}

static int take_entry(const struct raw_entry *raw, const char *name, size_t index,
                      struct allowed_key *key, struct error *err)
{
    if (!key_is_valid(raw->public_key))
        return error_set(err, -EINVAL,
                         "%s: public_key of entry %zu (%s) is not a key: 40 "
                         "characters of Z85",
                         name, index + 1, raw->id);
    (void) snprintf(key->id, sizeof(key->id), "%s", raw->id);
    memcpy(key->public_key, raw->public_key, KEY_TEXT_SIZE);
    int r = raw->added ? clock_wall_parse(raw->added, &key->added_us, err) : 0;
    if (r == 0 && raw->until)
        r = clock_wall_parse(raw->until, &key->until_us, err);
    return r < 0 ? error_prefix(err, r, "%s: entry %zu (%s)", name, index + 1, raw->id) : 0;
}

static int take_entries(const struct raw_list *raw, const char *name, struct allow_list *list,
                        struct error *err)
{
    const struct raw_entry *entries = raw->keys.items;
    list->items = calloc(raw->keys.count + 1, sizeof(*list->items));
    if (!list->items)
        return error_set(err, -ENOMEM, "out of memory");
    for (; list->count < raw->keys.count; list->count++) {
        int r =
            take_entry(&entries[list->count], name, list->count, &list->items[list->count], err);
        if (r < 0)
            return r;
    }
    qsort(list->items, list->count, sizeof(*list->items), by_key);
    for (size_t i = 1; i < list->count; i++)
        if (by_key(&list->items[i - 1], &list->items[i]) == 0)
            return error_set(err, -EINVAL,
                             "%s: one key is there twice, for %s and for %s; each needs its own",
                             name, list->items[i - 1].id, list->items[i].id);
    return 0;
}

int allow_list_parse(const char *text, const char *name, struct allow_list *ret_list,
                     struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(allow_list_release) struct allow_list list = { 0 };
    struct raw_list raw = { { 0 } };
    int r = options_parse(text, name, list_options, ARRAY_LENGTH(list_options), &raw, &problems);
    if (r < 0)
        (void) error_set(err, r, "%s", problems.count ? problems.sentences[0] : "out of memory");
    else
        r = take_entries(&raw, name, &list, err);
    options_release(list_options, ARRAY_LENGTH(list_options), &raw);
    if (r < 0)
        return r;
    *ret_list = list;
    list = (struct allow_list){ 0 };
    return 0;
}

/* FOLDER/allowed.cfg; NULL when out of memory. */
static char *path_in(const char *folder)
{
    char *path;
    return asprintf(&path, "%s/" ALLOW_LIST_FILE, folder) < 0 ? NULL : path;
}

int allow_list_load(const char *folder, struct allow_list *ret_list, struct error *err)
{
    char *path = path_in(folder), *text = NULL;
    int r = path ? key_file_read(path, KEY_PUBLIC, &text, err)
                 : error_set(err, -ENOMEM, "out of memory");
    if (r == 0)
        r = allow_list_parse(text, path, ret_list, err);
    free(text);
    free(path);
    return r;
}

static void write_entry(struct text *text, const struct allowed_key *key, bool last)
{
    char time[WALL_TEXT_SIZE];
    text_format(text, "    { id = \"%s\"; public_key = \"%s\"; added = \"%s\"; ", key->id,
                key->public_key, clock_wall_format(key->added_us, time));
    if (key->until_us)
        text_format(text, "until = \"%s\"; ", clock_wall_format(key->until_us, time));
    text_format(text, "}%s\n", last ? "" : ",");
}

int allow_list_write(const char *folder, const char *store, const struct allow_list *list,
                     struct error *err)
{
    AUTO(text_release) struct text text = TEXT_INIT;
    text_format(
        &text,
        "# Whose keys the fusion program of store %s lets in; written by floorfuse keys.\n"
        "# Public keys only. Fusion reads it again within a second of a change.\nkeys = (\n",
        store);
    for (size_t i = 0; i < list->count; i++)
        write_entry(&text, &list->items[i], i + 1 == list->count);
    text_append(&text, ");\n");
    char *path = path_in(folder);
    int r = text.failed || !path ? error_set(err, -ENOMEM, "out of memory")
                                 : file_write(path, text.bytes, text.length, 0644, err);
    free(path);
    return r;
}

int allow_list_add(struct allow_list *list, const struct allowed_key *key)
{
    if (list->count >= ALLOW_LIST_MAX)
        return -ENOSPC;
    struct allowed_key *grown = realloc(list->items, (list->count + 1) * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    list->items = grown;
    list->items[list->count++] = *key;
    qsort(list->items, list->count, sizeof(*list->items), by_key);
    return 0;
}

const struct allowed_key *allow_list_find(const struct allow_list *list, const char *public_key,
                                          int64_t now_us)
{
    struct allowed_key wanted = { .id = "" };
    if (list->count == 0 || strlen(public_key) != KEY_TEXT_SIZE - 1)
        return NULL;
    memcpy(wanted.public_key, public_key, KEY_TEXT_SIZE);
    const struct allowed_key *found =
        bsearch(&wanted, list->items, list->count, sizeof(*list->items), by_key);
    return found && (found->until_us == 0 || now_us < found->until_us) ? found : NULL;
}

void allow_list_release(struct allow_list *list)
{
    free(list->items);
    *list = (struct allow_list){ 0 };
}
