/*
 * gatekeeper.c - who may talk to fusion
 *
 * Two sources say who is turned away: ZAP requests (the key is not on the list) and monitors of the
 * guarded sockets (plain text and wrong server keys end before ZAP is asked). A monitor that nobody
 * reads would stop ZeroMQ's own thread; the thread here does nothing else.
 */
#include "wire/gatekeeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/allow_list.h"

#define ZAP_ENDPOINT     "inproc://zeromq.zap.01"
#define CONTROL_ENDPOINT "inproc://gatekeeper"

/* A connection brings its key along with every message under this name. */
#define KEY_PROPERTY "X-Key"

/* How long a change of the list may go unseen while nobody knocks. */
#define LOOK_MS 1000

/* Handshakes that fail before ZAP is asked. */
#define MONITORED (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)

/* What ZAP calls a failure for now: the connection ends with the time for a handshake, and the
 * client tries again. After a failure for good ("400") a ZeroMQ client never does, though its key
 * may be allowed a moment later. */
#define ZAP_NO  "300"
#define ZAP_YES "200"

#define GUARDED_MAX 8
#define FRAMES_MAX  16

struct gatekeeper {
    void *context;
    void *control;          /* the owner's end: names of monitors to read, "" to end */
    void *zap, *controlled; /* the thread's */
    void *monitors[GUARDED_MAX];
    size_t guarded; /* of the owner */
    char *folder, *list_path;
    struct key_file key;
    pthread_t thread;
    bool running;
    struct file_stamp stamp; /* of the list that was read; the thread's */
    pthread_mutex_t lock;    /* of what follows */
    struct allow_list list;
    struct gatekeeper_counts counts;
};

static const char *const gate_names[] = {
    [GATE_CAMERAS] = "cameras", [GATE_OPERATOR] = "operator"
};

const char *denial_text(enum denial reason)
{
    static const char *const texts[DENIAL_REASONS] = {
        [DENIED_KEY] = "unknown key",           [DENIED_GATE] = "wrong gate",
        [DENIED_MECHANISM] = "wrong mechanism", [DENIED_SERVER] = "wrong server key",
        [DENIED_MALFORMED] = "malformed",       [DENIED_BROKEN] = "broken off",
    };
    return texts[reason];
}

static void deny(struct gatekeeper *g, enum denial reason, const char *words)
{
    (void) pthread_mutex_lock(&g->lock);
    g->counts.denied[reason]++;
    (void) snprintf(g->counts.last, sizeof(g->counts.last), "%s", words);
    (void) pthread_mutex_unlock(&g->lock);
}

/* ---- the allow-list ---- */

/* Take the list as it is now, if it has changed. A bad one, or none, leaves the old in force. */
static void refresh_list(struct gatekeeper *g)
{
    struct file_stamp now = file_stamp_of(g->list_path);
    struct allow_list fresh = { 0 };
    struct error err = { "" };
    if (file_stamp_equal(&now, &g->stamp))
        return;
    g->stamp = now;
    int r = allow_list_load(g->folder, &fresh, &err);
    (void) pthread_mutex_lock(&g->lock);
    if (r == 0) {
        struct allow_list old = g->list;
        g->list = fresh;
        fresh = old; /* goes */
    }
    (void) snprintf(g->counts.trouble, sizeof(g->counts.trouble), "%.500s", err.text);
    (void) pthread_mutex_unlock(&g->lock);
    allow_list_release(&fresh);
}

/* Whose key it is; "" nobody's. */
static void find_owner(struct gatekeeper *g, const char *public_key, char id[static ID_SIZE])
{
    (void) pthread_mutex_lock(&g->lock);
    const struct allowed_key *found = allow_list_find(&g->list, public_key, clock_wall_us());
    (void) snprintf(id, ID_SIZE, "%s", found ? found->id : "");
    (void) pthread_mutex_unlock(&g->lock);
}

int gatekeeper_sender(struct gatekeeper *gatekeeper, struct zmq_msg_t *message,
                      char ret_id[static ID_SIZE])
{
    const char *user = zmq_msg_gets(message, "User-Id");
    const char *key = zmq_msg_gets(message, KEY_PROPERTY);
    char owner[ID_SIZE] = "";
    (void) snprintf(ret_id, ID_SIZE, "%s", user ? user : "");
    if (key)
        find_owner(gatekeeper, key, owner);
    return owner[0] && strcmp(owner, ret_id) == 0 ? 0 : -EACCES;
}

/* ---- ZAP requests: version, request id, domain, address, routing id, mechanism, credentials ----
 */

enum zap_frame {
    ZAP_VERSION,
    ZAP_REQUEST,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_ROUTING,
    ZAP_MECHANISM,
    ZAP_KEY,
    ZAP_FRAMES
};

struct zap_request {
    zmq_msg_t frames[FRAMES_MAX];
    size_t count;
};

static bool frame_is(zmq_msg_t *frame, const char *text)
{
    return zmq_msg_size(frame) == strlen(text) &&
           memcmp(zmq_msg_data(frame), text, strlen(text)) == 0;
}

/* Returns false when there is none. */
static bool receive_request(void *zap, struct zap_request *request)
{
    request->count = 0;
    for (int more = 1; more; request->count++) {
        zmq_msg_t *frame =
            &request->frames[request->count < FRAMES_MAX ? request->count : FRAMES_MAX - 1];
        if (request->count >= FRAMES_MAX)
            (void) zmq_msg_close(frame);
        (void) zmq_msg_init(frame);
        if (zmq_msg_recv(frame, zap, ZMQ_DONTWAIT) < 0) {
            (void) zmq_msg_close(frame);
            return false; /* parts come together, so this was the first */
        }
        more = zmq_msg_more(frame);
    }
    return true;
}

static void release_request(struct zap_request *request)
{
    for (size_t i = 0; i < request->count && i < FRAMES_MAX; i++)
        (void) zmq_msg_close(&request->frames[i]);
}

static void send_frame(void *zap, const void *bytes, size_t length, bool more)
{
    while (zmq_send(zap, bytes, length, more ? ZMQ_SNDMORE : 0) < 0 && errno == EINTR)
        ;
}

/* One property of a connection, as in a ZMTP READY command. Returns its length. */
static size_t write_property(uint8_t *bytes, const char *name, const char *value)
{
    size_t name_length = strlen(name), value_length = strlen(value);
    bytes[0] = (uint8_t) name_length;
    memcpy(bytes + 1, name, name_length);
    uint8_t *rest = bytes + 1 + name_length;
    memcpy(rest, (const uint8_t[]){ 0, 0, 0, (uint8_t) value_length }, 4);
    memcpy(rest + 4, value, value_length);
    return 1 + name_length + 4 + value_length;
}

/* id "": no. */
static void answer(void *zap, struct zap_request *request, const char *id, const char *key)
{
    uint8_t properties[128];
    bool yes = id[0] != '\0';
    size_t length = yes ? write_property(properties, KEY_PROPERTY, key) : 0;
    const char *code = yes ? ZAP_YES : ZAP_NO, *words = yes ? "OK" : "no";
    send_frame(zap, "1.0", 3, true);
    if (request->count > ZAP_REQUEST)
        send_frame(zap, zmq_msg_data(&request->frames[ZAP_REQUEST]),
                   zmq_msg_size(&request->frames[ZAP_REQUEST]), true);
    else
        send_frame(zap, "", 0, true);
    send_frame(zap, code, strlen(code), true);
    send_frame(zap, words, strlen(words), true);
    send_frame(zap, id, strlen(id), true);
    send_frame(zap, properties, length, false);
}

static void deny_key(struct gatekeeper *g, struct zap_request *request, enum denial reason,
                     const char *key, const char *id)
{
    char words[160];
    int gate_length = (int) zmq_msg_size(&request->frames[ZAP_DOMAIN]);
    int address_length = (int) zmq_msg_size(&request->frames[ZAP_ADDRESS]);
    (void) snprintf(words, sizeof(words), "%s %.8s...%s%s at the gate for %.*s from %.*s",
                    denial_text(reason), key, id[0] ? " of " : "", id,
                    gate_length > 16 ? 16 : gate_length,
                    (const char *) zmq_msg_data(&request->frames[ZAP_DOMAIN]),
                    address_length > 45 ? 45 : address_length,
                    (const char *) zmq_msg_data(&request->frames[ZAP_ADDRESS]));
    deny(g, reason, words);
}

/* Whom to let in, and with which key; id "" when nobody. */
static void judge(struct gatekeeper *g, struct zap_request *request, char id[static ID_SIZE],
                  char key[static KEY_TEXT_SIZE])
{
    zmq_msg_t *frames = request->frames;
    id[0] = key[0] = '\0';
    if (request->count < ZAP_KEY || !frame_is(&frames[ZAP_VERSION], "1.0")) {
        deny(g, DENIED_MALFORMED, "malformed ZAP request");
        return;
    }
    if (!frame_is(&frames[ZAP_MECHANISM], "CURVE")) {
        deny(g, DENIED_MECHANISM, "wrong mechanism");
        return;
    }
    if (request->count != ZAP_FRAMES || zmq_msg_size(&frames[ZAP_KEY]) != KEY_BYTES ||
        !zmq_z85_encode(key, zmq_msg_data(&frames[ZAP_KEY]), KEY_BYTES)) {
        deny(g, DENIED_MALFORMED, "malformed credentials");
        return;
    }
    find_owner(g, key, id);
    bool is_operator = strcmp(id, KEY_ID_OPERATOR) == 0;
    if (!id[0]) {
        deny_key(g, request, DENIED_KEY, key, id);
    } else if (!frame_is(&frames[ZAP_DOMAIN],
                         gate_names[is_operator ? GATE_OPERATOR : GATE_CAMERAS])) {
        deny_key(g, request, DENIED_GATE, key, id);
        id[0] = '\0';
    }
}

static void answer_requests(struct gatekeeper *g)
{
    struct zap_request request;
    while (receive_request(g->zap, &request)) {
        char id[ID_SIZE], key[KEY_TEXT_SIZE];
        refresh_list(g);
        judge(g, &request, id, key);
        if (id[0]) {
            (void) pthread_mutex_lock(&g->lock);
            g->counts.admitted++;
            (void) pthread_mutex_unlock(&g->lock);
        }
        answer(g->zap, &request, id, key);
        release_request(&request);
    }
}

/* ---- monitors: who fails before ZAP is asked ---- */

static enum denial denial_of(uint16_t event, uint32_t value)
{
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
        return DENIED_BROKEN;
    return value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH ? DENIED_MECHANISM
           : value == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC    ? DENIED_SERVER
                                                               : DENIED_MALFORMED;
}

/* An event is two parts: its number (16 bits) and value (32), and the endpoint. */
static void read_monitor(struct gatekeeper *g, void *monitor)
{
    uint8_t event[6];
    char endpoint[128], words[160];
    while (zmq_recv(monitor, event, sizeof(event), ZMQ_DONTWAIT) == (int) sizeof(event)) {
        uint16_t number;
        uint32_t value;
        int length = zmq_recv(monitor, endpoint, sizeof(endpoint) - 1, ZMQ_DONTWAIT);
        endpoint[length < 0                        ? 0
                 : length < (int) sizeof(endpoint) ? length
                                                   : (int) sizeof(endpoint) - 1] = '\0';
        memcpy(&number, event, sizeof(number));
        memcpy(&value, event + sizeof(number), sizeof(value));
        enum denial reason = denial_of(number, value);
        (void) snprintf(words, sizeof(words), "%s at %s", denial_text(reason), endpoint);
        deny(g, reason, words);
    }
}

/* Handshakes, events of connections and orders that may wait, within this program. What is beyond
 * it of events is not counted as denied; handshakes wait. */
#define INPROC_HWM 1000

static int set_bounds(void *handle)
{
    int hwm = INPROC_HWM;
    return zmq_setsockopt(handle, ZMQ_SNDHWM, &hwm, sizeof(hwm)) |
           zmq_setsockopt(handle, ZMQ_RCVHWM, &hwm, sizeof(hwm));
}

/* ---- the thread ---- */

/* Returns false at the end. */
static bool take_order(struct gatekeeper *g)
{
    char order[64];
    int length = zmq_recv(g->controlled, order, sizeof(order) - 1, ZMQ_DONTWAIT);
    if (length < 0)
        return true;
    order[length] = '\0';
    if (length == 0)
        return false;
    size_t i = 0;
    while (g->monitors[i])
        i++; /* gatekeeper_open has counted them */
    g->monitors[i] = zmq_socket(g->context, ZMQ_PAIR);
    if (g->monitors[i] && set_bounds(g->monitors[i]) == 0)
        (void) zmq_connect(g->monitors[i], order);
    return true;
}

static void *serve(void *context)
{
    struct gatekeeper *g = context;
    for (bool go_on = true; go_on;) {
        zmq_pollitem_t items[2 + GUARDED_MAX] = {
            { .socket = g->zap, .events = ZMQ_POLLIN },
            { .socket = g->controlled, .events = ZMQ_POLLIN },
        };
        int count = 2;
        for (size_t i = 0; i < GUARDED_MAX && g->monitors[i]; i++)
            items[count++] = (zmq_pollitem_t){ .socket = g->monitors[i], .events = ZMQ_POLLIN };
        (void) zmq_poll(items, count, LOOK_MS);
        refresh_list(g);
        answer_requests(g);
        for (size_t i = 0; i < GUARDED_MAX && g->monitors[i]; i++)
            read_monitor(g, g->monitors[i]);
        go_on = take_order(g);
    }
    return NULL;
}

/* ---- open and close ---- */

static void *open_inproc(void *context, int type, const char *endpoint, bool bind)
{
    int linger_ms = 0;
    void *handle = zmq_socket(context, type);
    if (!handle)
        return NULL;
    (void) zmq_setsockopt(handle, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
    if (set_bounds(handle) == 0 &&
        (bind ? zmq_bind(handle, endpoint) : zmq_connect(handle, endpoint)) == 0)
        return handle;
    (void) zmq_close(handle);
    return NULL;
}

/* The thread's sockets are made here and handed over; making a thread is the fence that takes. */
static int start_thread(struct gatekeeper *g, struct error *err)
{
    g->context = zmq_ctx_new();
    if (g->context) {
        g->zap = open_inproc(g->context, ZMQ_REP, ZAP_ENDPOINT, true);
        g->control = open_inproc(g->context, ZMQ_PAIR, CONTROL_ENDPOINT, true);
        g->controlled = open_inproc(g->context, ZMQ_PAIR, CONTROL_ENDPOINT, false);
    }
    if (!g->zap || !g->control || !g->controlled)
        return error_set(err, -errno, "could not make the gatekeeper's sockets: %s",
                         zmq_strerror(errno));
    int code = pthread_create(&g->thread, NULL, serve, g);
    if (code != 0)
        return error_set(err, -code, "could not start the gatekeeper: %s", strerror(code));
    g->running = true;
    return 0;
}

static int read_folder(struct gatekeeper *g, const char *folder, struct error *err)
{
    char *key_path = key_file_path(folder, KEY_ID_FUSION);
    g->folder = strdup(folder);
    if (asprintf(&g->list_path, "%s/" ALLOW_LIST_FILE, folder) < 0)
        g->list_path = NULL;
    int r = key_path && g->folder && g->list_path
                ? key_file_load(key_path, KEY_SECRET, &g->key, err)
                : error_set(err, -ENOMEM, "out of memory");
    free(key_path);
    if (r < 0)
        return r;
    g->stamp = file_stamp_of(g->list_path);
    return allow_list_load(folder, &g->list, err);
}

int gatekeeper_create(const char *folder, struct gatekeeper **ret_gatekeeper, struct error *err)
{
    struct gatekeeper *g = calloc(1, sizeof(*g));
    if (!g)
        return error_set(err, -ENOMEM, "out of memory");
    (void) pthread_mutex_init(&g->lock, NULL);
    int r = read_folder(g, folder, err);
    if (r < 0)
        (void) error_prefix(err, r, "no sockets without keys (see floorfuse keys)");
    else
        r = start_thread(g, err);
    if (r < 0)
        gatekeeper_destroy(&g);
    else
        *ret_gatekeeper = g;
    return r;
}

static void close_sockets(struct gatekeeper *g)
{
    void *const handles[] = { g->zap, g->control, g->controlled };
    for (size_t i = 0; i < ARRAY_LENGTH(handles); i++)
        if (handles[i])
            (void) zmq_close(handles[i]);
    for (size_t i = 0; i < GUARDED_MAX && g->monitors[i]; i++)
        (void) zmq_close(g->monitors[i]);
    while (g->context && zmq_ctx_term(g->context) < 0 && errno == EINTR)
        ;
}

void gatekeeper_destroy(struct gatekeeper **gatekeeper)
{
    struct gatekeeper *g = *gatekeeper;
    if (!g)
        return;
    if (g->running) {
        send_frame(g->control, "", 0, false);
        (void) pthread_join(g->thread, NULL);
    }
    close_sockets(g);
    allow_list_release(&g->list);
    key_file_wipe(&g->key);
    (void) pthread_mutex_destroy(&g->lock);
    free(g->folder);
    free(g->list_path);
    free(g);
    *gatekeeper = NULL;
}

int gatekeeper_open(struct gatekeeper *gatekeeper, enum gate gate, struct socket *socket, int type,
                    const struct socket_option *options, size_t option_count, const char *endpoint,
                    struct error *err)
{
    struct gatekeeper *g = gatekeeper;
    struct socket_security security = { .context = g->context, .domain = gate_names[gate] };
    char monitor[64];
    if (g->guarded == GUARDED_MAX)
        return error_set(err, -ENOSPC, "too many guarded sockets");
    memcpy(security.secret_key, g->key.secret_key, KEY_TEXT_SIZE);
    int r = socket_open_sealed(socket, type, options, option_count, endpoint, true, &security, err);
    socket_security_wipe(&security);
    if (r < 0)
        return r;
    int length = snprintf(monitor, sizeof(monitor), "inproc://monitor-%zu", g->guarded++);
    if (zmq_socket_monitor(socket->handle, monitor, MONITORED) < 0) {
        r = error_set(err, -errno, "could not watch %s: %s", endpoint, zmq_strerror(errno));
        socket_close(socket, 0);
        return r;
    }
    send_frame(g->control, monitor, (size_t) length, false);
    return 0;
}

struct gatekeeper_counts gatekeeper_counts(struct gatekeeper *gatekeeper)
{
    (void) pthread_mutex_lock(&gatekeeper->lock);
    struct gatekeeper_counts counts = gatekeeper->counts;
    (void) pthread_mutex_unlock(&gatekeeper->lock);
    return counts;
}
