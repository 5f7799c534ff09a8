/* fuzz_key_file.c - any text as a key file and as an allow-list; what is one holds what it promises
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/allow_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_key(const char *text, enum key_half half)
{
    struct key_file key;
    struct error err = { "" };
    if (key_file_parse(text, "fuzz.key", half, &key, &err) < 0)
        return;
    if (!key_is_valid(key.public_key) || key_is_valid(key.secret_key) != (half == KEY_SECRET))
        abort();
    key_file_wipe(&key);
}

static void read_list(const char *text)
{
    struct allow_list list = { 0 };
    struct error err = { "" };
    if (allow_list_parse(text, "allowed.cfg", &list, &err) < 0)
        return;
    for (size_t i = 0; i < list.count; i++) {
        const struct allowed_key *key = &list.items[i];
        int64_t now_us = key->until_us > 0 ? key->until_us - 1 : 0;
        if (key->until_us >= 0 && allow_list_find(&list, key->public_key, now_us) != key)
            abort();
    }
    allow_list_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *) data, size);
    if (text) {
        read_key(text, KEY_SECRET);
        read_key(text, KEY_PUBLIC);
        read_list(text);
    }
    free(text);
    return 0;
}
