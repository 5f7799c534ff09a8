/*
 * status.c - asking a running fusion program how it is
 */
#include "wire/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "wire/socket.h"

struct status_server {
    struct socket socket;
};

/* Requests answered in one go, so that no asker can hold the loop. */
#define ANSWERS_PER_TURN 100

/* Requests of one asker, and answers to it, that may wait; an honest asker has one. */
#define STATUS_HWM 16

int status_server_create(const char *endpoint, struct status_server **ret_server, struct error *err)
{
    const struct socket_option options[] = { { ZMQ_RCVHWM, STATUS_HWM },
                                             { ZMQ_SNDHWM, STATUS_HWM } };
    struct status_server *server = calloc(1, sizeof(*server));
    if (!server)
        return error_set(err, -ENOMEM, "out of memory");
    int r =
        socket_open(&server->socket, ZMQ_REP, options, ARRAY_LENGTH(options), endpoint, true, err);
    if (r < 0)
        free(server);
    else
        *ret_server = server;
    return r;
}

void status_server_destroy(struct status_server **server)
{
    if (!*server)
        return;
    socket_close(&(*server)->socket, 0);
    free(*server);
    *server = NULL;
}

void *status_server_socket(const struct status_server *server)
{
    return server->socket.handle;
}

int status_server_answer(struct status_server *server, char *(*make_text)(void *context),
                         void *context)
{
    for (int i = 0; i < ANSWERS_PER_TURN; i++) {
        char request[1];
        if (zmq_recv(server->socket.handle, request, sizeof(request), ZMQ_DONTWAIT) < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        char *text = make_text(context);
        /* an asker who has left is no trouble of ours; without an answer, even an empty one, the
         * socket would take no other request */
        (void) zmq_send(server->socket.handle, text ? text : "", text ? strlen(text) : 0,
                        ZMQ_DONTWAIT);
        free(text);
        if (!text)
            return -ENOMEM;
    }
    return 0;
}

static int receive_text(void *handle, char **ret_text)
{
    zmq_msg_t answer;
    (void) zmq_msg_init(&answer);
    int length = zmq_msg_recv(&answer, handle, 0);
    int r = length < 0 ? -errno : 0;
    if (r == 0) {
        *ret_text = strndup(zmq_msg_data(&answer), (size_t) length);
        r = *ret_text ? 0 : -ENOMEM;
    }
    (void) zmq_msg_close(&answer);
    return r;
}

int status_request(const char *endpoint, int timeout_ms, char **ret_text, struct error *err)
{
    const struct socket_option options[] = { { ZMQ_RCVTIMEO, timeout_ms },
                                             { ZMQ_SNDTIMEO, timeout_ms } };
    struct socket asker;
    int r = socket_open(&asker, ZMQ_REQ, options, ARRAY_LENGTH(options), endpoint, false, err);
    if (r < 0)
        return r;
    r = zmq_send(asker.handle, "", 0, 0) < 0 ? -errno : receive_text(asker.handle, ret_text);
    socket_close(&asker, 0);
    if (r == -EAGAIN || r == -ETIMEDOUT)
        return error_set(err, -ETIMEDOUT, "nobody answered on %s within %d ms", endpoint,
                         timeout_ms);
    return r < 0 ? error_set(err, r, "could not ask %s: %s", endpoint, zmq_strerror(-r)) : 0;
}
