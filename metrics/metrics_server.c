/*
 * metrics_server.c - /metrics, /healthz and /readyz over HTTP
 */
#include "metrics/metrics_server.h"

#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/loopback.h"
#include "base/text.h"
#include "metrics/exposition.h"
#include "metrics/metric_table.h"
#include "metrics/readiness.h"

/* Prometheus has one connection, a probe another, a person a third. */
#define CONNECTIONS_MAX 16

/* Of one connection: the request's line and headers have to fit. */
#define CONNECTION_BYTES ((size_t) 16 * 1024)

/* A connection on which nothing moves for so long is closed. */
#define IDLE_TIMEOUT_S 10

#define PUBLISH_INTERVAL_NS NS_PER_S

/* One status, seen by the loop's thread and the HTTP thread; the last to leave frees it. */
struct snapshot {
    char *json;
    int64_t made_ns;
    int references;
};

struct metrics_server {
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock; /* held for a few instructions only */
    struct snapshot *snapshot;
    int64_t next_publish_ns;
    uint16_t port;
};

/* Called with the lock held. */
static struct snapshot *drop(struct snapshot *snapshot)
{
    return snapshot && --snapshot->references == 0 ? snapshot : NULL;
}

static void free_snapshot(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    free(snapshot->json);
    free(snapshot);
}

static struct snapshot *borrow(struct metrics_server *server)
{
    (void) pthread_mutex_lock(&server->lock);
    struct snapshot *snapshot = server->snapshot;
    if (snapshot)
        snapshot->references++;
    (void) pthread_mutex_unlock(&server->lock);
    return snapshot;
}

static void give_back(struct metrics_server *server, struct snapshot *snapshot)
{
    (void) pthread_mutex_lock(&server->lock);
    struct snapshot *last = drop(snapshot);
    (void) pthread_mutex_unlock(&server->lock);
    free_snapshot(last);
}

static void replace(struct metrics_server *server, struct snapshot *snapshot)
{
    (void) pthread_mutex_lock(&server->lock);
    struct snapshot *last = drop(server->snapshot);
    server->snapshot = snapshot;
    (void) pthread_mutex_unlock(&server->lock);
    free_snapshot(last);
}

/* ---- answers, on the HTTP thread ---- */

struct answer {
    unsigned code;
    const char *type;
    struct text text;
};

static void say(struct answer *answer, unsigned code, const char *sentence)
{
    answer->code = code;
    text_format(&answer->text, "%s\n", sentence);
}

static void answer_metrics(const json_t *status, int64_t age_ns, struct answer *answer)
{
    if (!status) {
        say(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "fusion is starting");
        return;
    }
    answer->type = EXPOSITION_CONTENT_TYPE;
    exposition_write(status, &answer->text);
    exposition_write_gauge(METRIC_LOOP_AGE, METRIC_LOOP_AGE_HELP,
                           (double) age_ns / (double) NS_PER_S, &answer->text);
}

static void answer_probe(int r, const struct error *err, const char *good, struct answer *answer)
{
    say(answer, r < 0 ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, r < 0 ? err->text : good);
}

static void answer_path(const char *path, const struct snapshot *snapshot, struct answer *answer)
{
    struct error err = { "" };
    int64_t age_ns = snapshot ? clock_mono_ns() - snapshot->made_ns : -1;
    if (snapshot && age_ns < 0)
        age_ns = 0; /* made after a clock that this thread read */
    json_t *status = snapshot ? json_loads(snapshot->json, 0, NULL) : NULL;
    if (strcmp(path, "/metrics") == 0)
        answer_metrics(status, age_ns, answer);
    else if (strcmp(path, "/healthz") == 0)
        answer_probe(readiness_alive(age_ns, &err), &err, "alive", answer);
    else if (strcmp(path, "/readyz") == 0)
        answer_probe(readiness_ready(status, age_ns, &err), &err, "ready", answer);
    else
        say(answer, MHD_HTTP_NOT_FOUND, "there are /metrics, /healthz and /readyz");
    json_decref(status);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer)
{
    size_t length = answer->text.length;
    char *bytes = text_take(&answer->text);
    if (!bytes)
        return MHD_NO; /* out of memory: the connection is closed */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, bytes, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(bytes);
        return MHD_NO;
    }
    (void) MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
    (void) MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    (void) MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (answer->code == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result r = MHD_queue_response(connection, answer->code, response);
    MHD_destroy_response(response);
    return r;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *body,
                              size_t *body_length, void **connection_context)
{
    struct metrics_server *server = context;
    struct answer answer = { .code = MHD_HTTP_OK,
                             .type = "text/plain; charset=utf-8",
                             .text = TEXT_INIT };
    (void) version, (void) body, (void) body_length, (void) connection_context;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        say(&answer, MHD_HTTP_METHOD_NOT_ALLOWED, "this can be read, not written");
        return send_answer(connection, &answer);
    }
    struct snapshot *snapshot = borrow(server);
    answer_path(path, snapshot, &answer);
    give_back(server, snapshot);
    return send_answer(connection, &answer);
}

/* Clients' mistakes are no events of ours; the client is told. */
static void stay_quiet(void *context, const char *format, va_list arguments)
{
    (void) context, (void) format, (void) arguments;
}

/* ---- the loop's side ---- */

static int start(struct metrics_server *server, const struct loopback *where, struct error *err)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ERROR_LOG;
    if (where->address.ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    errno = 0;
    server->daemon = MHD_start_daemon(
        flags, where->port, NULL, NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER, stay_quiet,
        NULL, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *) &where->address,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned) CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned) IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
        MHD_OPTION_END);
    if (server->daemon) {
        server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
        return 0;
    }
    int code = errno ? errno : EIO;
    return error_set(err, -code, "could not listen on port %u of this machine: %s", where->port,
                     strerror(code));
}

int metrics_server_create(const char *address, struct metrics_server **ret_server,
                          struct error *err)
{
    struct loopback where;
    int r = loopback_parse(address, &where, err);
    if (r < 0)
        return error_prefix(err, r, "the address \"%.100s\"", address);
    struct metrics_server *server = calloc(1, sizeof(*server));
    if (!server)
        return error_set(err, -ENOMEM, "out of memory");
    (void) pthread_mutex_init(&server->lock, NULL);
    r = start(server, &where, err);
    if (r < 0)
        metrics_server_destroy(&server);
    else
        *ret_server = server;
    return r;
}

void metrics_server_destroy(struct metrics_server **server)
{
    if (!*server)
        return;
    if ((*server)->daemon)
        MHD_stop_daemon((*server)->daemon); /* joins its thread, so that nobody borrows any more */
    free_snapshot((*server)->snapshot);
    (void) pthread_mutex_destroy(&(*server)->lock);
    free(*server);
    *server = NULL;
}

uint16_t metrics_server_port(const struct metrics_server *server)
{
    return server->port;
}

void metrics_server_turn(struct metrics_server *server, int64_t now_mono_ns,
                         char *(*make_text)(void *context), void *context)
{
    if (!server || now_mono_ns < server->next_publish_ns)
        return;
    server->next_publish_ns = now_mono_ns + PUBLISH_INTERVAL_NS;
    struct snapshot *snapshot = malloc(sizeof(*snapshot));
    if (!snapshot)
        return; /* the old one ages, and that is seen */
    *snapshot =
        (struct snapshot){ .json = make_text(context), .made_ns = now_mono_ns, .references = 1 };
    if (!snapshot->json) {
        free(snapshot);
        return;
    }
    replace(server, snapshot);
}
