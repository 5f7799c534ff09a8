/*
 * seal.c - which sockets of a program are encrypted, and saying who was turned away
 */
#include "programs/seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define LOG_INTERVAL_NS (60 * NS_PER_S)

void seal_say_plain(const struct store_config *config)
{
    const struct {
        const char *name, *endpoint;
    } doors[] = { { "wire.endpoint", config->wire.endpoint },
                  { "wire.replay", config->wire.replay },
                  { "wire.status", config->wire.status } };
    char names[64] = "";
    for (size_t i = 0; i < ARRAY_LENGTH(doors); i++)
        if (!store_config_is_sealed(config, doors[i].endpoint)) {
            size_t length = strlen(names);
            (void) snprintf(names + length, sizeof(names) - length, "%s%s", length ? "," : "",
                            doors[i].name);
        }
    if (names[0])
        log_info("plain text where only this machine can reach it plain=%s", names);
    if (!store_config_is_local(config->wire.endpoint) && store_config_is_local(config->wire.replay))
        log_warning(
            "other machines reach wire.endpoint but not wire.replay, so their cameras cannot "
            "be asked for what was missed; give wire.replay an address, too replay=%s",
            config->wire.replay);
}

int seal_open_gate(const struct store_config *config, struct gatekeeper **ret_gatekeeper,
                   struct error *err)
{
    *ret_gatekeeper = NULL;
    if (!store_config_is_sealed(config, config->wire.endpoint) &&
        !store_config_is_sealed(config, config->wire.replay) &&
        !store_config_is_sealed(config, config->wire.status))
        return 0;
    return gatekeeper_create(config->wire.keys, ret_gatekeeper, err);
}

struct gatekeeper *seal_gate_of(const struct store_config *config, struct gatekeeper *gatekeeper,
                                const char *endpoint)
{
    return store_config_is_sealed(config, endpoint) ? gatekeeper : NULL;
}

static bool needs_keys(const struct store_config *config, const char *id)
{
    if (strcmp(id, KEY_ID_OPERATOR) == 0)
        return store_config_is_sealed(config, config->wire.status);
    return store_config_is_sealed(config, config->wire.endpoint) ||
           store_config_is_sealed(config, config->wire.replay);
}

int seal_load_keys(const struct store_config *config, const char *id, struct client_keys *ret_keys,
                   struct error *err)
{
    *ret_keys = (struct client_keys){ 0 };
    return needs_keys(config, id) ? client_keys_load(config->wire.keys, id, ret_keys, err) : 0;
}

const struct socket_security *seal_of(const struct store_config *config,
                                      const struct client_keys *keys, const char *endpoint)
{
    return store_config_is_sealed(config, endpoint) ? &keys->security : NULL;
}

static void log_denials(struct seal_log *log, const struct gatekeeper_counts *counts)
{
    uint64_t denied = 0;
    for (int i = 0; i < DENIAL_REASONS; i++)
        denied += counts->denied[i];
    if (denied == log->denied)
        return;
    log_warning("turned %" PRIu64 " connections away, the last: %s unknown_key=%" PRIu64
                " wrong_gate=%" PRIu64 " wrong_mechanism=%" PRIu64 " wrong_server_key=%" PRIu64
                " malformed=%" PRIu64 " broken_off=%" PRIu64,
                denied - log->denied, counts->last, counts->denied[DENIED_KEY],
                counts->denied[DENIED_GATE], counts->denied[DENIED_MECHANISM],
                counts->denied[DENIED_SERVER], counts->denied[DENIED_MALFORMED],
                counts->denied[DENIED_BROKEN]);
    log->denied = denied;
}

static void log_forgery(const char *did, struct forgery last, uint64_t count, uint64_t *logged)
{
    if (count != *logged)
        log_warning("camera \"%s\" %s as \"%s\": refused messages=%" PRIu64, last.sender, did,
                    last.camera, count - *logged);
    *logged = count;
}

static void log_messages(struct seal_log *log, const struct subscriber *subscriber,
                         const struct replay_desk *desk)
{
    uint64_t withdrawn =
        subscriber_refused(subscriber, REFUSED_KEY) + replay_desk_refused(desk, REFUSED_KEY);
    log_forgery("published", subscriber_forgery(subscriber),
                subscriber_refused(subscriber, REFUSED_IDENTITY), &log->forged);
    log_forgery("answered", replay_desk_forgery(desk), replay_desk_refused(desk, REFUSED_IDENTITY),
                &log->forged_replies);
    if (withdrawn != log->withdrawn)
        log_warning("refused what came with keys that were withdrawn messages=%" PRIu64,
                    withdrawn - log->withdrawn);
    log->withdrawn = withdrawn;
}

static uint64_t refusals(const struct seal_log *log)
{
    return log->denied + log->forged + log->forged_replies + log->withdrawn;
}

void seal_log_refusals(struct seal_log *log, struct gatekeeper *gatekeeper,
                       const struct subscriber *subscriber, const struct replay_desk *desk)
{
    int64_t now_ns = clock_mono_ns();
    if (!gatekeeper || now_ns < log->next_ns)
        return;
    struct gatekeeper_counts counts = gatekeeper_counts(gatekeeper);
    uint64_t before = refusals(log);
    log_denials(log, &counts);
    log_messages(log, subscriber, desk);
    if (strcmp(counts.trouble, log->trouble) != 0 && counts.trouble[0])
        log_error("the allow-list stays as it was: %s", counts.trouble);
    else if (strcmp(counts.trouble, log->trouble) != 0)
        log_info("the allow-list is read again");
    memcpy(log->trouble, counts.trouble, sizeof(log->trouble));
    if (refusals(log) != before)
        log->next_ns = now_ns + LOG_INTERVAL_NS;
}
