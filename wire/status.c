/*
 * status.c - asking a running fusion program how it is
 */
#include "wire/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "wire/gatekeeper.h"

struct status_server {
    struct socket socket;
    struct gatekeeper *gatekeeper; /* borrowed; NULL: plain text */
};

/* Requests answered in one go, so that no asker can hold the loop. */
#define ANSWERS_PER_TURN 100

/* Requests of one asker, and answers to it, that may wait; an honest asker has one. */
#define STATUS_HWM 16

int status_server_create(const char *endpoint, struct status_server **ret_server, struct error *err)
{
    return status_server_create_guarded(endpoint, NULL, ret_server, err);
}

int status_server_create_guarded(const char *endpoint, struct gatekeeper *gatekeeper,
                                 struct status_server **ret_server, struct error *err)
{
    const struct socket_option options[] = { { ZMQ_RCVHWM, STATUS_HWM },
                                             { ZMQ_SNDHWM, STATUS_HWM } };
    struct status_server *server = calloc(1, sizeof(*server));
    if (!server)
        return error_set(err, -ENOMEM, "out of memory");
    server->gatekeeper = gatekeeper;
    int r = gatekeeper ? gatekeeper_open(gatekeeper, GATE_OPERATOR, &server->socket, ZMQ_REP,
                                         options, ARRAY_LENGTH(options), endpoint, err)
                       : socket_open(&server->socket, ZMQ_REP, options, ARRAY_LENGTH(options),
                                     endpoint, true, err);
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

/* Returns 1 and whether the asker may be told, 0 when nobody waits, -errno. */
static int receive_request(const struct status_server *server, bool *ret_allowed)
{
    char sender[ID_SIZE];
    zmq_msg_t request;
    (void) zmq_msg_init(&request);
    int length = zmq_msg_recv(&request, server->socket.handle, ZMQ_DONTWAIT), code = errno;
    *ret_allowed = !server->gatekeeper ||
                   (length >= 0 && gatekeeper_sender(server->gatekeeper, &request, sender) == 0);
    (void) zmq_msg_close(&request);
    if (length < 0)
        return code == EAGAIN || code == EINTR ? 0 : -code;
    return 1;
}

int status_server_answer(struct status_server *server, char *(*make_text)(void *context),
                         void *context)
{
    for (int i = 0; i < ANSWERS_PER_TURN; i++) {
        bool allowed;
        int r = receive_request(server, &allowed);
        if (r <= 0)
            return r;
        char *text = allowed ? make_text(context) : strdup("");
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
    return status_request_sealed(endpoint, NULL, timeout_ms, ret_text, err);
}

int status_request_sealed(const char *endpoint, const struct socket_security *security,
                          int timeout_ms, char **ret_text, struct error *err)
{
    const struct socket_option options[] = { { ZMQ_RCVHWM, STATUS_HWM },
                                             { ZMQ_SNDHWM, STATUS_HWM },
                                             { ZMQ_RCVTIMEO, timeout_ms },
                                             { ZMQ_SNDTIMEO, timeout_ms } };
    struct socket asker;
    int r = socket_open_sealed(&asker, ZMQ_REQ, options, ARRAY_LENGTH(options), endpoint, false,
                               security, err);
    if (r < 0)
        return r;
    r = zmq_send(asker.handle, "", 0, 0) < 0 ? -errno : receive_text(asker.handle, ret_text);
    socket_close(&asker, 0);
    if (r == -EAGAIN || r == -ETIMEDOUT)
        return error_set(
            err, -ETIMEDOUT, "nobody answered on %s within %d ms%s", endpoint, timeout_ms,
            security ? ", or fusion does not let this operator's key in; its log says" : "");
    return r < 0 ? error_set(err, r, "could not ask %s: %s", endpoint, zmq_strerror(-r)) : 0;
}
