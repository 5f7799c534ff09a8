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
#include "wire/message_check.h"
#include "wire/socket.h"

/* Requests to one camera, and replies of it, that may wait. */
#define DESK_HWM 4

/* Replies passed over in one call; one may hold two megabytes. */
#define REFUSED_PER_CALL 16

/* What a camera was asked last. */
struct question {
    char camera[ID_SIZE];
    uint64_t request_id; /* 0: it has been answered */
    struct wire_position after;
};

struct replay_desk {
    struct socket socket;
    char store[ID_SIZE];
    uint64_t last_request_id;
    struct question *questions; /* one a camera that was ever asked */
    size_t count, capacity;
    uint64_t refused[REFUSAL_REASONS], late;
};

/* Not from 1: what a camera answered the program before this one is not an answer to us. */
static uint64_t first_request_id(void)
{
    uint64_t id;
    if (getrandom(&id, sizeof(id), 0) != (ssize_t) sizeof(id))
        id = (uint64_t) clock_wall_us() ^ (uint64_t) clock_mono_ns() << 20;
    return id;
}

int replay_desk_create(const char *endpoint, const char *store, struct replay_desk **ret_desk,
                       struct error *err)
{
    /* HANDOVER: who connects again is known before the connection that broke is given up */
    const struct socket_option options[] = { { ZMQ_RCVHWM, DESK_HWM },
                                             { ZMQ_SNDHWM, DESK_HWM },
                                             { ZMQ_MAXMSGSIZE, REPLAY_BYTES_MAX },
                                             { ZMQ_ROUTER_MANDATORY, 1 },
                                             { ZMQ_ROUTER_HANDOVER, 1 } };
    if (!message_is_id(store))
        return error_set(err, -EINVAL, "store \"%s\" must be an id of a-z, 0-9 and -", store);
    struct replay_desk *desk = calloc(1, sizeof(*desk));
    if (!desk)
        return error_set(err, -ENOMEM, "out of memory");
    (void) snprintf(desk->store, sizeof(desk->store), "%s", store);
    desk->last_request_id = first_request_id();
    int r =
        socket_open(&desk->socket, ZMQ_ROUTER, options, ARRAY_LENGTH(options), endpoint, true, err);
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
    free((*desk)->questions);
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

static struct question *find_question(const struct replay_desk *desk, const char *camera)
{
    for (size_t i = 0; i < desk->count; i++)
        if (strcmp(desk->questions[i].camera, camera) == 0)
            return &desk->questions[i];
    return NULL;
}

static struct question *add_question(struct replay_desk *desk, const char *camera)
{
    if (desk->count == desk->capacity) {
        size_t capacity = desk->capacity ? 2 * desk->capacity : 16;
        struct question *questions = realloc(desk->questions, capacity * sizeof(*questions));
        if (!questions)
            return NULL;
        desk->questions = questions;
        desk->capacity = capacity;
    }
    struct question *question = &desk->questions[desk->count++];
    *question = (struct question){ 0 };
    (void) snprintf(question->camera, sizeof(question->camera), "%s", camera);
    return question;
}

/* Routing id and request, or neither: a camera that is away or slow refuses the first part. */
static int send_to(struct replay_desk *desk, const char *camera, const void *bytes, size_t length)
{
    void *handle = desk->socket.handle;
    if (zmq_send(handle, camera, strlen(camera), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    while (zmq_send(handle, bytes, length, ZMQ_DONTWAIT) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

int replay_desk_ask(struct replay_desk *desk, const char *camera, struct wire_position after)
{
    if (!message_is_id(camera))
        return -EINVAL;
    struct question *question = find_question(desk, camera);
    if (!question)
        question = add_question(desk, camera);
    if (!question)
        return -ENOMEM;
    if (++desk->last_request_id == 0)
        desk->last_request_id++;
    struct replay_request request = { .request_id = desk->last_request_id, .after = after };
    memcpy(request.store, desk->store, sizeof(request.store));
    memcpy(request.camera, question->camera, sizeof(request.camera));
    void *bytes;
    size_t length;
    int r = replay_request_pack(&request, &bytes, &length);
    if (r < 0)
        return r;
    r = send_to(desk, camera, bytes, length);
    free(bytes);
    if (r < 0)
        return r;
    question->request_id = request.request_id;
    question->after = after;
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

/* Take one message whole, whatever number of parts it has. Returns their number; 0 when none waits;
 * -errno. */
static int receive_letter(void *handle, struct letter *letter)
{
    zmq_msg_t *into[] = { &letter->sender, &letter->body };
    int count = 0, more = 1;
    while (more) {
        zmq_msg_t extra;
        zmq_msg_t *part = count < 2 ? into[count] : &extra;
        if (count >= 2)
            (void) zmq_msg_init(&extra);
        int length = zmq_msg_recv(part, handle, ZMQ_DONTWAIT), code = errno;
        more = length >= 0 && zmq_msg_more(part);
        if (count >= 2)
            (void) zmq_msg_close(&extra);
        if (length < 0)
            return code == EAGAIN || code == EINTR ? 0 : -code;
        count++;
    }
    return count;
}

static bool is_sender(const struct letter *letter, const char *camera)
{
    return zmq_msg_size(&letter->sender) == strlen(camera) &&
           memcmp(zmq_msg_data((zmq_msg_t *) &letter->sender), camera, strlen(camera)) == 0;
}

static enum refusal refusal_of(int code)
{
    return code == -EPROTO ? REFUSED_VERSION : REFUSED_CONTENT;
}

static bool is_of(const char *store, const char *camera, const struct replay_desk *desk,
                  const char *sender)
{
    return strcmp(store, desk->store) == 0 && strcmp(camera, sender) == 0;
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
        ours = r == 0 && is_of(message->frame.store, message->frame.camera, desk, reply->camera);
    } else {
        r = camera_hello_unpack(item->bytes, item->length, &message->hello, NULL);
        ours = r == 0 && is_of(message->hello.store, message->hello.camera, desk, reply->camera);
    }
    if (r == -ENOMEM || ours)
        return ours ? 1 : r;
    desk->refused[r == 0 ? REFUSED_TOPIC : refusal_of(r)]++;
    if (r == 0)
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

static bool same_position(struct wire_position a, struct wire_position b)
{
    return a.boot_id == b.boot_id && a.sequence == b.sequence;
}

/* A reply to our last question, or one that is refused. Returns 1, 0, -ENOMEM. */
static int take_reply(struct replay_desk *desk, const struct letter *letter,
                      const struct replay_reply *reply, struct replay *replay)
{
    if (strcmp(reply->store, desk->store) != 0 || !is_sender(letter, reply->camera)) {
        desk->refused[REFUSED_TOPIC]++;
        return 0;
    }
    struct question *question = find_question(desk, reply->camera);
    if (!question || question->request_id == 0 || question->request_id != reply->request_id ||
        !same_position(question->after, reply->after)) {
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
    question->request_id = 0;
    return 1;
}

static int take(struct replay_desk *desk, const struct letter *letter, int count,
                struct replay *replay)
{
    struct replay_reply reply;
    if (count != 2) {
        desk->refused[REFUSED_SHAPE]++;
        return 0;
    }
    int r = replay_reply_unpack(zmq_msg_data((zmq_msg_t *) &letter->body),
                                zmq_msg_size(&letter->body), &reply, NULL);
    if (r < 0) {
        if (r != -ENOMEM)
            desk->refused[refusal_of(r)]++;
        return r == -ENOMEM ? r : 0;
    }
    r = take_reply(desk, letter, &reply, replay);
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
        int count = receive_letter(desk->socket.handle, &letter);
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
