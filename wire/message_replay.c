/*
 * message_replay.c - asking for what was missed, and the answer, to bytes and back
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/floorfuse.pb-c.h"
#include "wire/message.h"
#include "wire/message_check.h"

int replay_request_pack(const struct replay_request *request, void **ret_bytes, size_t *ret_length)
{
    Floorfuse__ReplayRequest m = FLOORFUSE__REPLAY_REQUEST__INIT;
    m.schema_version = MESSAGE_SCHEMA_VERSION;
    m.store = (char *) request->store;
    m.camera = (char *) request->camera;
    m.request_id = request->request_id;
    m.after_boot_id = request->after.boot_id;
    m.after_sequence = request->after.sequence;
    m.not_before_us = request->not_before_us;
    void *bytes = malloc(floorfuse__replay_request__get_packed_size(&m) + 1);
    if (!bytes)
        return -ENOMEM;
    *ret_length = floorfuse__replay_request__pack(&m, bytes);
    *ret_bytes = bytes;
    return 0;
}

static int take_request(const Floorfuse__ReplayRequest *m, struct replay_request *request,
                        struct error *err)
{
    int r = message_check_version(m->schema_version, err);
    if (r == 0)
        r = message_take_id(m->store, "store", request->store, err);
    if (r == 0)
        r = message_take_id(m->camera, "camera", request->camera, err);
    request->request_id = m->request_id;
    request->after = (struct wire_position){ m->after_boot_id, m->after_sequence };
    request->not_before_us = m->not_before_us;
    if (r == 0 && !message_is_time(m->not_before_us))
        r = error_set(err, -EBADMSG, "not_before_us is beyond its bounds");
    return r;
}

int replay_request_unpack(const void *bytes, size_t length, struct replay_request *ret_request,
                          struct error *err)
{
    struct replay_request request = { 0 };
    int r = message_peek_version(bytes, length, err);
    if (r < 0)
        return r;
    Floorfuse__ReplayRequest *m =
        length > MESSAGE_BYTES_MAX ? NULL : floorfuse__replay_request__unpack(NULL, length, bytes);
    if (!m)
        return error_set(err, -EBADMSG, "the bytes are not a replay request");
    r = take_request(m, &request, err);
    floorfuse__replay_request__free_unpacked(m, NULL);
    if (r == 0)
        *ret_request = request;
    return r;
}

static bool item_is_good(enum message_kind kind, size_t length)
{
    return (kind == MESSAGE_FRAME || kind == MESSAGE_HELLO) && length > 0 &&
           length <= MESSAGE_BYTES_MAX;
}

/* The items as protobuf wants them: an array of pointers to messages that borrow the bytes. */
struct packed_items {
    Floorfuse__ReplayMessage **pointers;
    Floorfuse__ReplayMessage *messages;
};

static void packed_items_release(struct packed_items *items)
{
    free(items->pointers);
    free(items->messages);
}

static int fill_items(const struct replay_reply *reply, struct packed_items *items)
{
    size_t n = reply->item_count;
    if (n > REPLAY_MESSAGES_MAX)
        return -EINVAL;
    items->pointers = calloc(n + 1, sizeof(*items->pointers));
    items->messages = calloc(n + 1, sizeof(*items->messages));
    if (!items->pointers || !items->messages)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct replay_item *item = &reply->items[i];
        if (!item_is_good(item->kind, item->length))
            return -EINVAL;
        Floorfuse__ReplayMessage *m = &items->messages[i];
        floorfuse__replay_message__init(m);
        m->kind = item->kind;
        m->content = (ProtobufCBinaryData){ item->length, (uint8_t *) item->bytes };
        items->pointers[i] = m;
    }
    return 0;
}

int replay_reply_pack(const struct replay_reply *reply, void **ret_bytes, size_t *ret_length)
{
    AUTO(packed_items_release) struct packed_items items = { 0 };
    int r = fill_items(reply, &items);
    if (r < 0)
        return r;
    Floorfuse__ReplayReply m = FLOORFUSE__REPLAY_REPLY__INIT;
    m.schema_version = MESSAGE_SCHEMA_VERSION;
    m.store = (char *) reply->store;
    m.camera = (char *) reply->camera;
    m.request_id = reply->request_id;
    m.after_boot_id = reply->after.boot_id;
    m.after_sequence = reply->after.sequence;
    m.last_boot_id = reply->last.boot_id;
    m.last_sequence = reply->last.sequence;
    m.found = reply->found;
    m.complete = reply->complete;
    m.n_messages = reply->item_count;
    m.messages = items.pointers;
    size_t length = floorfuse__replay_reply__get_packed_size(&m);
    if (length > REPLAY_BYTES_MAX)
        return -EINVAL;
    void *bytes = malloc(length + 1);
    if (!bytes)
        return -ENOMEM;
    *ret_length = floorfuse__replay_reply__pack(&m, bytes);
    *ret_bytes = bytes;
    return 0;
}

static int take_reply_header(const Floorfuse__ReplayReply *m, struct replay_reply *reply,
                             struct error *err)
{
    int r = message_check_version(m->schema_version, err);
    if (r == 0)
        r = message_take_id(m->store, "store", reply->store, err);
    if (r == 0)
        r = message_take_id(m->camera, "camera", reply->camera, err);
    reply->request_id = m->request_id;
    if (!message_is_sequence(m->last_sequence))
        return error_set(err, -EBADMSG, "last_sequence is beyond its bounds");
    reply->after = (struct wire_position){ m->after_boot_id, m->after_sequence };
    reply->last = (struct wire_position){ m->last_boot_id, m->last_sequence };
    reply->found = m->found;
    reply->complete = m->complete;
    return r;
}

/* Protobuf keeps the items' bytes; we keep protobuf's memory and point into it. */
static int take_items(Floorfuse__ReplayReply *m, struct replay_reply *reply, struct error *err)
{
    size_t n = m->n_messages;
    if (n > REPLAY_MESSAGES_MAX)
        return error_set(err, -EBADMSG, "a replay of more than %d messages", REPLAY_MESSAGES_MAX);
    for (size_t i = 0; i < n; i++)
        if (!item_is_good((enum message_kind) m->messages[i]->kind, m->messages[i]->content.len))
            return error_set(err, -EBADMSG, "replayed message %zu has an impossible kind or length",
                             i);
    reply->items = calloc(n + 1, sizeof(*reply->items));
    if (!reply->items)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        reply->items[i] =
            (struct replay_item){ (enum message_kind) m->messages[i]->kind,
                                  m->messages[i]->content.data, m->messages[i]->content.len };
    reply->item_count = n;
    return 0;
}

int replay_reply_unpack(const void *bytes, size_t length, struct replay_reply *ret_reply,
                        struct error *err)
{
    struct replay_reply reply = { 0 };
    int r = message_peek_version(bytes, length, err);
    if (r < 0)
        return r;
    Floorfuse__ReplayReply *m =
        length > REPLAY_BYTES_MAX ? NULL : floorfuse__replay_reply__unpack(NULL, length, bytes);
    if (!m)
        return error_set(err, -EBADMSG, "the bytes are not a replay");
    r = take_reply_header(m, &reply, err);
    if (r == 0)
        r = take_items(m, &reply, err);
    reply.memory = m;
    if (r < 0)
        replay_reply_release(&reply);
    else
        *ret_reply = reply;
    return r;
}

void replay_reply_release(struct replay_reply *reply)
{
    free(reply->items);
    if (reply->memory)
        floorfuse__replay_reply__free_unpacked(reply->memory, NULL);
    *reply = (struct replay_reply){ 0 };
}
