/*
 * seal.h - which sockets of a program are encrypted, and saying who was turned away
 */
#ifndef FLOORFUSE_PROGRAMS_SEAL_H
#define FLOORFUSE_PROGRAMS_SEAL_H

#include "config/store_config.h"
#include "wire/client_keys.h"
#include "wire/gatekeeper.h"
#include "wire/replay_desk.h"

/* Log, once at start, which endpoints are in plain text because only this machine reaches them; and
 * warn of cameras that could not be asked. */
void seal_say_plain(const struct store_config *config);

/* The gatekeeper that fusion's sockets need: NULL when all of them are in plain text. Returns 0, or
 * a negative errno with a sentence. */
MUST_CHECK int seal_open_gate(const struct store_config *config, struct gatekeeper **ret_gatekeeper,
                              struct error *err);

/* The gatekeeper where an endpoint is sealed, else NULL. */
struct gatekeeper *seal_gate_of(const struct store_config *config, struct gatekeeper *gatekeeper,
                                const char *endpoint);

/* The keys with which a camera, or the operator, connects to fusion. They stay zeroed where all it
 * connects to is in plain text. */
MUST_CHECK int seal_load_keys(const struct store_config *config, const char *id,
                              struct client_keys *ret_keys, struct error *err);

/* What they show at an endpoint; NULL where that is in plain text. */
const struct socket_security *seal_of(const struct store_config *config,
                                      const struct client_keys *keys, const char *endpoint);

/* What has been logged; starts zeroed. */
struct seal_log {
    int64_t next_ns;
    uint64_t denied, forged, forged_replies, withdrawn;
    char trouble[512];
};

/* Log what was turned away since the last time; does so once a minute, so call it often.
 * gatekeeper NULL: nothing. */
void seal_log_refusals(struct seal_log *log, struct gatekeeper *gatekeeper,
                       const struct subscriber *subscriber, const struct replay_desk *desk);

#endif
