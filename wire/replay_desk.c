/*
 * replay_desk.c - where the fusion program asks cameras for what it missed
 */
#include "wire/replay_desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/gatekeeper.h"
#include "wire/message_check.h"

/* Requests to one camera, and replies of it, that may wait. */
#define DESK_HWM 4

/* Replies passed over in one call; one may hold two megabytes. */
#define REFUSED_PER_CALL 16

/* Most bytes of a routing id. */
#define ADDRESS_MAX 255

/* A camera: where it is reached, and what it was asked last. */
struct client {
    char camera[ID_SIZE];
    uint8_t address[ADDRESS_MAX]; /* a routing id */
    size_t address_length;        /* 0: it has not connected yet */
    uint64_t request_id;          /* 0: it has been answered */
    struct wire_position after;
};

struct replay_desk {
    struct socket socket;
    char store[ID_SIZE];
    struct gatekeeper *gatekeeper; /* borrowed; NULL: plain text */
    uint64_t last_request_id;
    struct client *clients; /* who was ever asked, or has connected with a key */
    size_t count, capacity;
    uint64_t refused[REFUSAL_REASONS], late;
    struct forgery forgery; /* the last */
};

/* Not from 1: what a camera answered the program before this one is not an answer to us. */
static uint64_t first_request_id(void)
{
    uint64_t id;
    if (getrandom(&id, sizeof(id), 0) != (ssize_t) sizeof(id))
        id = (uint64_t) clock_wall_us() ^ (uint64_t) clock_mono_ns() << 20;
    return id;
}

static int open_socket(struct replay_desk *desk, const char *endpoint, struct error *err)
{
    /* HANDOVER: who connects again is known before the connection that broke is given up. With
     * keys that is by the newest connection; a routing id must not be taken from anybody. */
    const struct socket_option options[] = { { ZMQ_RCVHWM, DESK_HWM },
                                             { ZMQ_SNDHWM, DESK_HWM },
                                             { ZMQ_MAXMSGSIZE, REPLAY_BYTES_MAX },
                                             { ZMQ_ROUTER_MANDATORY, 1 },
                                             { ZMQ_ROUTER_HANDOVER, desk->gatekeeper ? 0 : 1 } };
    if (desk->gatekeeper)
        return gatekeeper_open(desk->gatekeeper, GATE_CAMERAS, &desk->socket, ZMQ_ROUTER, options,
                               ARRAY_LENGTH(options), endpoint, err);
    return socket_open(&desk->socket, ZMQ_ROUTER, options, ARRAY_LENGTH(options), endpoint, true,
                       err);
}

int replay_desk_create(const char *endpoint, const char *store, struct replay_desk **ret_desk,
                       struct error *err)
{
    return replay_desk_create_guarded(endpoint, store, NULL, ret_desk, err);
}

int replay_desk_create_guarded(const char *endpoint, const char *store,
                               struct gatekeeper *gatekeeper, struct replay_desk **ret_desk,
                               struct error *err)
{
    if (!message_is_id(store))
        return error_set(err, -EINVAL, "store \"%s\" must be an id of a-z, 0-9 and -", store);
    struct replay_desk *desk = calloc(1, sizeof(*desk));
    if (!desk)
        return error_set(err, -ENOMEM, "out of memory");
    (void) snprintf(desk->store, sizeof(desk->store), "%s", store);
    desk->gatekeeper = gatekeeper;
    desk->last_request_id = first_request_id();
    int r = open_socket(desk, endpoint, err);
    if (r < 0)
        replay_desk_destroy(&desk);
    else
        *ret_desk = desk;
    return r;
}

void replay_desk_destroy(struct replay_desk **desk)
{
    if (!*desk)
        return;
    socket_close(&(*desk)->socket, 0);
    free((*desk)->clients);
    free(*desk);
    *desk = NULL;
}

void *replay_desk_socket(const struct replay_desk *desk)
{
    return desk->socket.handle;
}

uint64_t replay_desk_refused(const struct replay_desk *desk, enum refusal reason)
{
    return desk->refused[reason];
}

uint64_t replay_desk_late(const struct replay_desk *desk)
{
    return desk->late;
}

struct forgery replay_desk_forgery(const struct replay_desk *desk)
{
    return desk->forgery;
}

static struct client *find_client(const struct replay_desk *desk, const char *camera)
{
    for (size_t i = 0; i < desk->count; i++)
        if (strcmp(desk->clients[i].camera, camera) == 0)
            return &desk->clients[i];
    return NULL;
}

static void set_address(struct client *client, const void *address, size_t length)
{
    client->address_length = length < ADDRESS_MAX ? length : ADDRESS_MAX;
    memcpy(client->address, address, client->address_length);
}

/* In plain text a camera's address is its id; with keys it is known when it connects. NULL: out of
 * memory. */
static struct client *add_client(struct replay_desk *desk, const char *camera)
{
    if (desk->count == desk->capacity) {
        size_t capacity = desk->capacity ? 2 * desk->capacity : 16;
        struct client *clients = realloc(desk->clients, capacity * sizeof(*clients));
        if (!clients)
            return NULL;
        desk->clients = clients;
        desk->capacity = capacity;
    }
    struct client *client = &desk->clients[desk->count++];
    *client = (struct client){ 0 };
    (void) snprintf(client->camera, sizeof(client->camera), "%s", camera);
    if (!desk->gatekeeper)
        set_address(client, camera, strlen(camera));
    return client;
}

static struct client *find_or_add_client(struct replay_desk *desk, const char *camera)
{
    struct client *client = find_client(desk, camera);
    return client ? client : add_client(desk, camera);
}

/* Routing id and request, or neither: a camera that is away or slow refuses the first part. */
static int send_to(struct replay_desk *desk, const struct client *client, const void *bytes,
                   size_t length)
{
    void *handle = desk->socket.handle;
    if (zmq_send(handle, client->address, client->address_length, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    while (zmq_send(handle, bytes, length, ZMQ_DONTWAIT) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

static bool same_position(struct wire_position a, struct wire_position b)
{
    return a.boot_id == b.boot_id && a.sequence == b.sequence;
}

int replay_desk_ask(struct replay_desk *desk, const char *camera, struct wire_position after,
                    int64_t not_before_us)
{
    if (!message_is_id(camera))
        return -EINVAL;
    struct client *client = find_or_add_client(desk, camera);
    if (!client)
        return -ENOMEM;
    if (client->address_length == 0)
        return -EHOSTUNREACH;
    bool again = client->request_id != 0 && same_position(client->after, after);
    if (!again && ++desk->last_request_id == 0)
        desk->last_request_id++;
    struct replay_request request = { .request_id =
                                          again ? client->request_id : desk->last_request_id,
                                      .after = after,
                                      .not_before_us = not_before_us };
    memcpy(request.store, desk->store, sizeof(request.store));
    memcpy(request.camera, client->camera, sizeof(request.camera));
    void *bytes;
    size_t length;
    int r = replay_request_pack(&request, &bytes, &length);
    if (r < 0)
        return r;
    r = send_to(desk, client, bytes, length);
    free(bytes);
    if (r < 0)
        return r;
    client->request_id = request.request_id;
    client->after = after;
    return 0;
}

/* Who sent it, and the reply. */
struct letter {
    zmq_msg_t sender, body;
};

static void letter_close(struct letter *letter)
{
    (void) zmq_msg_close(&letter->sender);
    (void) zmq_msg_close(&letter->body);
}

/* The routing id as text; "?" when it is no id. Begun by a zero it is one that ZeroMQ has given. */
static void routing_name(const struct letter *letter, char ret_name[static ID_SIZE])
{
    size_t length = zmq_msg_size(&letter->sender);
    const char *bytes = zmq_msg_data((zmq_msg_t *) &letter->sender);
    char name[ID_SIZE] = "";
    if (length < sizeof(name))
        memcpy(name, bytes, length);
    bool is_text = length < sizeof(name) && strlen(name) == length && message_is_id(name);
    (void) snprintf(ret_name, ID_SIZE, "%s", is_text ? name : "?");
}

static bool routing_id_is_given(const struct letter *letter)
{
    return zmq_msg_size(&letter->sender) > 0 &&
           *(const char *) zmq_msg_data((zmq_msg_t *) &letter->sender) == '\0';
}

/* Whether who sent something may send it in the name of a camera. */
static bool may_speak_as(struct replay_desk *desk, const char *sender, const char *camera)
{
    if (strcmp(sender, camera) == 0)
        return true;
    desk->refused[desk->gatekeeper ? REFUSED_IDENTITY : REFUSED_TOPIC]++;
    if (desk->gatekeeper) {
        (void) snprintf(desk->forgery.sender, ID_SIZE, "%s", sender);
        (void) snprintf(desk->forgery.camera, ID_SIZE, "%s", camera);
    }
    return false;
}

/* Whose letter it is: whose key it came with, else what the routing id says. Returns false when it
 * was refused. */
static bool find_sender(struct replay_desk *desk, struct letter *letter,
                        char ret_sender[static ID_SIZE])
{
    char name[ID_SIZE];
    routing_name(letter, name);
    if (!desk->gatekeeper) {
        memcpy(ret_sender, name, ID_SIZE);
        return true;
    }
    if (gatekeeper_sender(desk->gatekeeper, &letter->body, ret_sender) < 0) {
        desk->refused[REFUSED_KEY]++;
        return false;
    }
    return routing_id_is_given(letter) || may_speak_as(desk, ret_sender, name);
}

/* A camera has connected, and is asked over this connection from now on. Returns 0, -ENOMEM. */
static int meet(struct replay_desk *desk, const struct letter *letter, const char *sender)
{
    struct client *client = find_or_add_client(desk, sender);
    if (!client)
        return -ENOMEM;
    set_address(client, zmq_msg_data((zmq_msg_t *) &letter->sender), zmq_msg_size(&letter->sender));
    return 0;
}

static enum refusal refusal_of(int code)
{
    return code == -EPROTO ? REFUSED_VERSION : REFUSED_CONTENT;
}

/* A good message that is of our store and of who sent it; else its refusal is counted. */
static bool is_ours(struct replay_desk *desk, const char *store, const char *camera,
                    const char *sender)
{
    if (strcmp(store, desk->store) == 0)
        return may_speak_as(desk, sender, camera);
    desk->refused[REFUSED_TOPIC]++;
    return false;
}

/* Returns 1 for a good message, 0 for one that was refused, -ENOMEM. */
static int take_item(struct replay_desk *desk, const struct replay_reply *reply,
                     const struct replay_item *item, struct message *message)
{
    bool ours = false;
    int r;
    *message = (struct message){ .kind = item->kind };
    if (item->kind == MESSAGE_FRAME) {
        r = observation_frame_unpack(item->bytes, item->length, &message->frame, NULL);
        ours = r == 0 && is_ours(desk, message->frame.store, message->frame.camera, reply->camera);
    } else {
        r = camera_hello_unpack(item->bytes, item->length, &message->hello, NULL);
        ours = r == 0 && is_ours(desk, message->hello.store, message->hello.camera, reply->camera);
    }
    if (r == -ENOMEM || ours)
        return ours ? 1 : r;
    if (r < 0)
        desk->refused[refusal_of(r)]++;
    else
        message_release(message);
    return 0;
}

static int take_items(struct replay_desk *desk, const struct replay_reply *reply,
                      struct replay *replay)
{
    replay->messages = calloc(reply->item_count + 1, sizeof(*replay->messages));
    if (!replay->messages)
        return -ENOMEM;
    for (size_t i = 0; i < reply->item_count; i++) {
        int r = take_item(desk, reply, &reply->items[i], &replay->messages[replay->count]);
        if (r < 0)
            return r;
        replay->count += (size_t) r;
    }
    return 0;
}

/* A reply to our last question, or one that is refused. Returns 1, 0, -ENOMEM. */
static int take_reply(struct replay_desk *desk, const char *sender,
                      const struct replay_reply *reply, struct replay *replay)
{
    if (!is_ours(desk, reply->store, reply->camera, sender))
        return 0;
    struct client *client = find_client(desk, reply->camera);
    if (!client || client->request_id == 0 || client->request_id != reply->request_id ||
        !same_position(client->after, reply->after)) {
        desk->late++;
        return 0;
    }
    if (!reply->complete &&
        (reply->last.boot_id == 0 || same_position(reply->last, reply->after))) {
        desk->refused[REFUSED_CONTENT]++; /* to ask on would lead nowhere */
        return 0;
    }
    *replay = (struct replay){ .after = reply->after,
                               .last = reply->last.boot_id ? reply->last : reply->after,
                               .found = reply->found,
                               .complete = reply->complete };
    memcpy(replay->camera, reply->camera, sizeof(replay->camera));
    int r = take_items(desk, reply, replay);
    if (r < 0) {
        replay_release(replay);
        return r;
    }
    client->request_id = 0;
    return 1;
}

static int take(struct replay_desk *desk, struct letter *letter, int count, struct replay *replay)
{
    struct replay_reply reply;
    char sender[ID_SIZE];
    if (!find_sender(desk, letter, sender))
        return 0;
    if (count != 2) {
        desk->refused[REFUSED_SHAPE]++;
        return 0;
    }
    if (desk->gatekeeper && zmq_msg_size(&letter->body) == 0)
        return meet(desk, letter, sender);
    int r = replay_reply_unpack(zmq_msg_data((zmq_msg_t *) &letter->body),
                                zmq_msg_size(&letter->body), &reply, NULL);
    if (r < 0) {
        if (r != -ENOMEM)
            desk->refused[refusal_of(r)]++;
        return r == -ENOMEM ? r : 0;
    }
    r = take_reply(desk, sender, &reply, replay);
    replay_reply_release(&reply);
    return r;
}

int replay_desk_receive(struct replay_desk *desk, struct replay *ret_replay)
{
    for (int i = 0; i < REFUSED_PER_CALL; i++) {
        struct letter letter;
        struct replay replay;
        (void) zmq_msg_init(&letter.sender);
        (void) zmq_msg_init(&letter.body);
        int count =
            socket_receive(&desk->socket, (zmq_msg_t *const[]){ &letter.sender, &letter.body }, 2);
        int r = count > 0 ? take(desk, &letter, count, &replay) : count;
        letter_close(&letter);
        if (r == 1)
            *ret_replay = replay;
        if (count <= 0 || r != 0)
            return r;
    }
    return 0;
}

void replay_release(struct replay *replay)
{
    for (size_t i = 0; i < replay->count; i++)
        message_release(&replay->messages[i]);
    free(replay->messages);
    *replay = (struct replay){ 0 };
}
