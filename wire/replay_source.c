/*
 * replay_source.c - the camera program answers what fusion asks for
 */
#include "wire/replay_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "wire/socket.h"

/* Requests answered in one go; fusion has one on its way at a time. */
#define ANSWERS_PER_TURN 4

/* Requests and replies that may wait. */
#define REPLAY_HWM 8

struct replay_source {
    struct socket socket;
    char *endpoint;
    bool sealed;
    char store[ID_SIZE], camera[ID_SIZE];
    struct ring *ring; /* may be NULL */
    struct wire_position taken;
    uint64_t replays, replayed;
};

static int open_plain(struct replay_source *s, struct error *err)
{
    const struct socket_option options[] = { { ZMQ_RCVHWM, REPLAY_HWM },
                                             { ZMQ_SNDHWM, REPLAY_HWM },
                                             { ZMQ_ROUTING_ID, .text = s->camera } };
    return socket_open(&s->socket, ZMQ_DEALER, options, ARRAY_LENGTH(options), s->endpoint, false,
                       err);
}

/* IMMEDIATE makes the empty message that PROBE_ROUTER sends the first of each connection: else it
 * would be sent once in a socket's life, and a fusion program that was started again would not know
 * who we are. */
static int open_sealed(struct replay_source *s, const struct socket_security *security,
                       struct error *err)
{
    const struct socket_option options[] = { { ZMQ_RCVHWM, REPLAY_HWM },
                                             { ZMQ_SNDHWM, REPLAY_HWM },
                                             { ZMQ_IMMEDIATE, 1 },
                                             { ZMQ_PROBE_ROUTER, 1 } };
    return socket_open_sealed(&s->socket, ZMQ_DEALER, options, ARRAY_LENGTH(options), s->endpoint,
                              false, security, err);
}

int replay_source_create(const char *endpoint, const char *store, const char *camera,
                         struct ring *ring, const struct socket_security *security,
                         struct replay_source **ret_source, struct error *err)
{
    struct replay_source *s = calloc(1, sizeof(*s));
    if (s)
        s->endpoint = strdup(endpoint);
    if (!s || !s->endpoint) {
        free(s);
        return error_set(err, -ENOMEM, "out of memory");
    }
    (void) snprintf(s->store, sizeof(s->store), "%s", store);
    (void) snprintf(s->camera, sizeof(s->camera), "%s", camera);
    s->ring = ring;
    s->sealed = security != NULL;
    int r = security ? open_sealed(s, security, err) : open_plain(s, err);
    if (r < 0)
        replay_source_destroy(&s, 0);
    else
        *ret_source = s;
    return r;
}

void replay_source_destroy(struct replay_source **source, int linger_ms)
{
    if (!*source)
        return;
    socket_close(&(*source)->socket, linger_ms);
    free((*source)->endpoint);
    free(*source);
    *source = NULL;
}

int replay_source_renew(struct replay_source *source, const struct socket_security *security,
                        struct error *err)
{
    return source->sealed ? socket_renew(&source->socket, source->endpoint, security, err) : 0;
}

void *replay_source_socket(const struct replay_source *source)
{
    return source->socket.handle;
}

struct wire_position replay_source_taken(const struct replay_source *source)
{
    return source->taken;
}

void replay_source_counts(const struct replay_source *source, uint64_t *ret_replays,
                          uint64_t *ret_replayed)
{
    *ret_replays = source->replays;
    *ret_replayed = source->replayed;
}

/* A reply as it grows: lengths first, as the bytes move while there come more. */
struct draft {
    struct replay_item *items;
    size_t count, capacity;
    struct buffer bytes;
    struct wire_position last;
    bool complete;
};

static void draft_release(struct draft *draft)
{
    free(draft->items);
    buffer_release(&draft->bytes);
}

static bool ends_with_hello(const struct draft *draft)
{
    return draft->count > 0 && draft->items[draft->count - 1].kind == MESSAGE_HELLO;
}

static int add_item(struct draft *draft, const struct ring_record *record)
{
    if (record->kind == MESSAGE_HELLO && ends_with_hello(draft))
        draft->bytes.length -= draft->items[--draft->count].length; /* no frame needs that one */
    if (draft->count == draft->capacity) {
        size_t capacity = draft->capacity ? 2 * draft->capacity : 256;
        struct replay_item *items = realloc(draft->items, capacity * sizeof(*items));
        if (!items)
            return -ENOMEM;
        draft->items = items;
        draft->capacity = capacity;
    }
    buffer_put_bytes(&draft->bytes, record->bytes, record->length);
    draft->items[draft->count++] = (struct replay_item){ record->kind, NULL, record->length };
    if (record->kind == MESSAGE_FRAME)
        draft->last = record->at;
    return buffer_result(&draft->bytes);
}

/* Only behind a frame, so that a reply always leads further. */
static bool is_full(const struct draft *draft, size_t more)
{
    return draft->count > 0 && !ends_with_hello(draft) &&
           (draft->bytes.length + more > REPLAY_CUT_BYTES ||
            draft->count + 2 > REPLAY_MESSAGES_MAX);
}

static int read_ring(struct ring *ring, struct ring_place place, struct draft *draft)
{
    struct ring_record record;
    int r;
    while ((r = ring_read(ring, &place, &record)) == 1) {
        if (is_full(draft, record.length))
            return 0;
        r = add_item(draft, &record);
        if (r < 0)
            return r;
    }
    draft->complete = r == 0;
    return r;
}

static int send_reply(struct replay_source *s, const struct replay_reply *reply)
{
    void *bytes;
    size_t length;
    int r = replay_reply_pack(reply, &bytes, &length);
    if (r < 0)
        return r;
    if (zmq_send(s->socket.handle, bytes, length, ZMQ_DONTWAIT) < 0)
        r = errno == EAGAIN || errno == EINTR ? 0 : -errno;
    free(bytes);
    s->replays++;
    s->replayed += reply->item_count;
    return r;
}

static int answer(struct replay_source *s, const struct replay_request *request)
{
    AUTO(draft_release) struct draft draft = { .last = request->after, .complete = !s->ring };
    struct ring_place place;
    s->taken = request->after;
    int found = s->ring ? ring_find(s->ring, request->after, &place) : 0;
    if (found == 1 && request->after.boot_id == 0)
        ring_pass_before(s->ring, request->not_before_us, &place);
    int r = found < 0 ? found : s->ring ? read_ring(s->ring, place, &draft) : 0;
    if (r < 0)
        return r;
    size_t offset = 0;
    for (size_t i = 0; i < draft.count; offset += draft.items[i++].length)
        draft.items[i].bytes = draft.bytes.bytes + offset;
    struct replay_reply reply = { .request_id = request->request_id,
                                  .after = request->after,
                                  .last = draft.last,
                                  .found = found == 1,
                                  .complete = draft.complete,
                                  .items = draft.items,
                                  .item_count = draft.count };
    memcpy(reply.store, s->store, sizeof(reply.store));
    memcpy(reply.camera, s->camera, sizeof(reply.camera));
    return send_reply(s, &reply);
}

int replay_source_answer(struct replay_source *source)
{
    int r = 1;
    for (int i = 0; i < ANSWERS_PER_TURN && r > 0; i++) {
        zmq_msg_t part;
        struct replay_request request;
        (void) zmq_msg_init(&part);
        r = socket_receive(&source->socket, (zmq_msg_t *const[]){ &part }, 1);
        bool ours =
            r == 1 &&
            replay_request_unpack(zmq_msg_data(&part), zmq_msg_size(&part), &request, NULL) == 0 &&
            strcmp(request.store, source->store) == 0 &&
            strcmp(request.camera, source->camera) == 0;
        (void) zmq_msg_close(&part);
        if (ours) {
            int answered = answer(source, &request);
            if (answered < 0)
                return answered;
        }
    }
    return r < 0 ? r : 0;
}
