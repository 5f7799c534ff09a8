/*
 * fuzz_replay_reply.c - a replay as it may come over the wire
 *
 * What is accepted must survive the way out and in again without a change.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require_same(const struct replay_reply *a, const struct replay_reply *b)
{
    if (strcmp(a->store, b->store) != 0 || strcmp(a->camera, b->camera) != 0 ||
        a->request_id != b->request_id || a->after.boot_id != b->after.boot_id ||
        a->after.sequence != b->after.sequence || a->found != b->found ||
        a->last.boot_id != b->last.boot_id || a->last.sequence != b->last.sequence ||
        a->complete != b->complete || a->item_count != b->item_count)
        abort();
    for (size_t i = 0; i < a->item_count; i++)
        if (a->items[i].kind != b->items[i].kind || a->items[i].length != b->items[i].length ||
            memcmp(a->items[i].bytes, b->items[i].bytes, a->items[i].length) != 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct replay_reply reply, again;
    void *first;
    size_t first_length;
    if (replay_reply_unpack(bytes, length, &reply, NULL) < 0)
        return 0;
    if (replay_reply_pack(&reply, &first, &first_length) < 0 ||
        replay_reply_unpack(first, first_length, &again, NULL) < 0)
        abort();
    require_same(&reply, &again);
    free(first);
    replay_reply_release(&reply);
    replay_reply_release(&again);
    return 0;
}
