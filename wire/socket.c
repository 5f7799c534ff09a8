/*
 * socket.c - ZeroMQ sockets opened the way all of ours are
 */
#include "wire/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include "wire/message.h"

/*
 * Whether a program answers on a Unix socket: 1, 0, -errno. Never waits: a listener too busy to
 * take us in (EAGAIN) is one, too.
 */
static int somebody_listens(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int code = connect(fd, (const struct sockaddr *) address, sizeof(*address)) < 0 ? errno : 0;
    (void) close(fd);
    if (code == ECONNREFUSED || code == ENOENT)
        return 0; /* left behind by a program that is gone; or gone meanwhile */
    return code == 0 || code == EAGAIN ? 1 : -code;
}

static int in_use(const char *endpoint, struct error *err)
{
    return error_set(err, -EADDRINUSE,
                     "%s is in use by another program; stop it or choose another endpoint",
                     endpoint);
}

/* ZeroMQ unlinks whatever is at the path before it binds: it must be nothing, or a dead socket. */
static int check_path_is_free(const struct sockaddr_un *address, const char *endpoint,
                              struct error *err)
{
    struct stat status;
    if (lstat(address->sun_path, &status) < 0)
        return 0; /* nothing there; what else is wrong with the path, bind will say */
    if (!S_ISSOCK(status.st_mode))
        return error_set(err, -EEXIST,
                         "%s: there is something at this path that is not a socket; remove it or "
                         "choose another endpoint",
                         endpoint);
    int r = somebody_listens(address);
    if (r < 0)
        return error_set(err, r, "could not find out whether %s is in use: %s", endpoint,
                         strerror(-r));
    return r == 1 ? in_use(endpoint, err) : 0;
}

static int check_ipc(const char *endpoint, bool bind, struct error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strncmp(endpoint, "ipc://", 6) != 0)
        return 0;
    const char *path = endpoint + 6;
    if (strlen(path) >= sizeof(address.sun_path))
        return error_set(err, -ENAMETOOLONG,
                         "%s: a socket's path may have %zu bytes; set a shorter run_dir", endpoint,
                         sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    return bind ? check_path_is_free(&address, endpoint, err) : 0;
}

static int set_option(void *handle, const struct socket_option *option)
{
    int64_t wide = option->value;
    int r;
    if (option->text)
        r = zmq_setsockopt(handle, option->option, option->text, strlen(option->text));
    else if (option->option == ZMQ_MAXMSGSIZE)
        r = zmq_setsockopt(handle, option->option, &wide, sizeof(wide));
    else
        r = zmq_setsockopt(handle, option->option, &option->value, sizeof(option->value));
    return r < 0 ? -errno : 0;
}

static int set_options(void *handle, const struct socket_option *options, size_t count)
{
    int64_t largest = MESSAGE_BYTES_MAX;
    int linger_ms = 0, ipv6 = 0;
    if (zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &largest, sizeof(largest)) < 0 ||
        zmq_setsockopt(handle, ZMQ_LINGER, &linger_ms, sizeof(linger_ms)) < 0 ||
        zmq_setsockopt(handle, ZMQ_IPV6, &ipv6, sizeof(ipv6)) < 0)
        return -errno;
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = set_option(handle, &options[i]);
    return r;
}

static int attach(void *handle, const char *endpoint, bool bind, struct error *err)
{
    int r = bind ? zmq_bind(handle, endpoint) : zmq_connect(handle, endpoint);
    if (r == 0)
        return 0;
    int code = errno;
    if (code == EADDRINUSE)
        return in_use(endpoint, err);
    return error_set(err, -code, "could not %s %s: %s", bind ? "listen on" : "connect to", endpoint,
                     zmq_strerror(code));
}

int socket_check_hwm(int hwm, struct error *err)
{
    if (hwm >= 1)
        return 0;
    return error_set(err, -EINVAL, "a queue of %d messages is not possible; it takes at least 1",
                     hwm);
}

/* Whoever has not shown a good key by then is cut off. Who is turned away waits for that, and then
 * tries again: a wrong key costs a handshake every few seconds. */
#define HANDSHAKE_MS 5000

/* While fusion is away, cameras try less and less often. */
#define RETRY_MOST_MS 2000

static int set_text(void *handle, int option, const char *text)
{
    return zmq_setsockopt(handle, option, text, strlen(text)) < 0 ? -errno : 0;
}

static int set_server(void *handle, const struct socket_security *security)
{
    int on = 1, handshake_ms = HANDSHAKE_MS;
    if (zmq_setsockopt(handle, ZMQ_CURVE_SERVER, &on, sizeof(on)) < 0 ||
        zmq_setsockopt(handle, ZMQ_HANDSHAKE_IVL, &handshake_ms, sizeof(handshake_ms)) < 0)
        return -errno;
    int r = set_text(handle, ZMQ_CURVE_SECRETKEY, security->secret_key);
    return r < 0 ? r : set_text(handle, ZMQ_ZAP_DOMAIN, security->domain);
}

static int set_client(void *handle, const struct socket_security *security)
{
    int most_ms = RETRY_MOST_MS;
    if (zmq_setsockopt(handle, ZMQ_RECONNECT_IVL_MAX, &most_ms, sizeof(most_ms)) < 0)
        return -errno;
    int r = set_text(handle, ZMQ_CURVE_SERVERKEY, security->server_key);
    if (r == 0)
        r = set_text(handle, ZMQ_CURVE_PUBLICKEY, security->public_key);
    return r < 0 ? r : set_text(handle, ZMQ_CURVE_SECRETKEY, security->secret_key);
}

static int set_security(void *handle, const struct socket_security *security)
{
    if (!security)
        return 0;
    return security->domain ? set_server(handle, security) : set_client(handle, security);
}

int socket_open(struct socket *socket, int type, const struct socket_option *options,
                size_t option_count, const char *endpoint, bool bind, struct error *err)
{
    return socket_open_sealed(socket, type, options, option_count, endpoint, bind, NULL, err);
}

int socket_open_sealed(struct socket *socket, int type, const struct socket_option *options,
                       size_t option_count, const char *endpoint, bool bind,
                       const struct socket_security *security, struct error *err)
{
    void *guarded = security ? security->context : NULL;
    *socket = (struct socket){ 0 };
    int r = check_ipc(endpoint, bind, err);
    if (r < 0)
        return r;
    socket->context = guarded ? NULL : zmq_ctx_new();
    if (guarded || socket->context)
        socket->handle = zmq_socket(guarded ? guarded : socket->context, type);
    r = socket->handle ? set_options(socket->handle, options, option_count) : -errno;
    if (r == 0)
        r = set_security(socket->handle, security);
    if (r < 0)
        (void) error_set(err, r, "could not make a socket: %s", zmq_strerror(-r));
    if (r == 0)
        r = attach(socket->handle, endpoint, bind, err);
    if (r < 0)
        socket_close(socket, 0);
    return r;
}

int socket_receive(const struct socket *socket, struct zmq_msg_t *const *parts, int part_count)
{
    int count = 0, more = 1;
    while (more) {
        zmq_msg_t extra;
        bool is_extra = count >= part_count;
        if (is_extra)
            (void) zmq_msg_init(&extra);
        zmq_msg_t *part = is_extra ? &extra : parts[count];
        int length = zmq_msg_recv(part, socket->handle, ZMQ_DONTWAIT), code = errno;
        more = length >= 0 && zmq_msg_more(part);
        if (is_extra)
            (void) zmq_msg_close(&extra);
        if (length < 0)
            return code == EAGAIN || code == EINTR ? 0 : -code;
        count++;
    }
    return count;
}

void socket_close(struct socket *socket, int linger_ms)
{
    if (socket->handle) {
        (void) zmq_setsockopt(socket->handle, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
        (void) zmq_close(socket->handle);
    }
    if (socket->context)
        while (zmq_ctx_term(socket->context) < 0 && errno == EINTR)
            ;
    *socket = (struct socket){ 0 };
}

int socket_renew(struct socket *socket, const char *endpoint,
                 const struct socket_security *security, struct error *err)
{
    int r = set_security(socket->handle, security);
    if (r < 0)
        return error_set(err, r, "could not take the new keys: %s", zmq_strerror(-r));
    (void) zmq_disconnect(socket->handle, endpoint); /* not connected is fine, too */
    return attach(socket->handle, endpoint, false, err);
}

void socket_security_wipe(struct socket_security *security)
{
    explicit_bzero(security, sizeof(*security));
}
