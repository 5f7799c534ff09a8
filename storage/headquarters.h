/*
 * headquarters.h - many stores, one headquarters, by PostgreSQL's logical replication
 *
 * A store's database publishes its tables (publication floorfuse_hq); the headquarters' database
 * subscribes to each store. The line is opened by headquarters' server. A replication slot at the
 * store keeps what headquarters has not got yet, up to max_slot_wal_keep_size; when that is passed
 * the slot is lost and everything is copied again (resync), which loses nothing and doubles nothing
 * because a received row takes the place of the one with its key. docs/chain.md tells admins.
 *
 * All functions open their own connections and end after a while when a server does not answer.
 * Codes, where nothing else is said: 0; -ECONNREFUSED (no connection), -EPROTO (schema version),
 * -EPERM (rights or settings of a server), -EIO; err has the sentence and the remedy.
 */
#ifndef FLOORFUSE_STORAGE_HEADQUARTERS_H
#define FLOORFUSE_STORAGE_HEADQUARTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "config/option.h"

/* ---- at a store ---- */

struct hq_published {
    int tables;    /* that go to headquarters */
    int changed;   /* of them, came or went just now */
    bool has_role; /* floorfuse_hq may read them */
};

/* Make the store's database ready to send: publication, role, rights. Doing it again mends what a
 * migration has added. The server's settings are checked first. */
MUST_CHECK int storage_hq_init(const char *conninfo, struct hq_published *ret_published,
                               struct error *err);

/* Take the store out of the chain: its slots and its publication go, data stays. -EBUSY: some
 * headquarters still receives; ret_slots is how many slots went. */
MUST_CHECK int storage_hq_unpublish(const char *conninfo, int *ret_slots, struct error *err);

/* ---- at headquarters ---- */

struct hq_join {
    const char *conninfo; /* of headquarters' database, as a superuser */
    const char
        *store_conninfo; /* how headquarters' server reaches the store's; holds no password */
    const char *chain;   /* headquarters' own; stores of another are refused */
    int wait_s;          /* wait this long for the first copy */
};

struct hq_joined {
    char name[160];         /* CHAIN/STORE */
    bool was_joined;        /* before; then only what was missing is mended */
    int tables, tables_got; /* of the first copy, which goes on by itself */
    bool slot_left;         /* leave: the store was away, its slot is still there */
    char slot[64];
};

/* Let headquarters receive from a store, with all that the store has. Joining again is harmless and
 * tells headquarters the store's new address. -EEXIST: not that store, or another of that name. */
MUST_CHECK int storage_hq_join(const struct hq_join *options, struct hq_joined *ret_joined,
                               struct error *err);

/* Copy a store again, after its slot was lost.
 *   options  store_conninfo may be NULL: as it was when it joined
 *   store    its id, CHAIN/STORE, or the number
 * -ENOENT: no such store has joined. */
MUST_CHECK int storage_hq_resync(const struct hq_join *options, const char *store,
                                 struct hq_joined *ret_joined, struct error *err);

/* Receive no longer; what came stays. -ENOENT as above. */
MUST_CHECK int storage_hq_leave(const char *conninfo, const char *store,
                                struct hq_joined *ret_joined, struct error *err);

/* ---- how it goes, on either side ---- */

#define HQ_UNKNOWN (-1)

/* One headquarters as the store sees it. */
struct hq_slot {
    char name[64];
    bool active;         /* headquarters is connected */
    char wal_status[16]; /* PostgreSQL's: reserved, extended, unreserved, lost */
    int64_t kept_bytes;  /* write-ahead log kept for it; HQ_UNKNOWN when lost */
};

/* One store as headquarters sees it. What the store itself would have to say is HQ_UNKNOWN while it
 * cannot be reached. */
struct hq_member {
    int32_t store_id;
    char name[160];    /* CHAIN/STORE */
    const char *state; /* streaming, copying, away, stopped, lost, gone; static */
    int tables, tables_got;
    int64_t silent_s;                /* since headquarters heard of it */
    int64_t lag_bytes;               /* written at the store and not yet here */
    int64_t kept_bytes, bound_bytes; /* kept at the store, and how much it may be */
    int64_t last_bucket_us;          /* start of its latest bucket here; HQ_UNKNOWN: none */
    int64_t errors;                  /* rows that could not be written since the last status */
};

struct hq_state {
    bool sends;          /* the database is a store's that was made ready */
    int tables;          /* that go to headquarters */
    int64_t bound_bytes; /* of the write-ahead log kept for one headquarters; HQ_UNKNOWN: none */
    struct hq_slot *slots;
    size_t slot_count;
    bool receives; /* the database is a headquarters' */
    struct hq_member *members;
    size_t member_count;
    struct problems alarms; /* what needs a person, one sentence each */
};

/*
 * How a database stands in its chain; each side is filled in as far as it applies. Tables that a
 * migration added are published and received from now on, and headquarters' partitions are made
 * ahead, so this should run now and then.
 *   silent_s    a store not heard of for longer is an alarm
 *   ret_state   the caller's, to hq_state_release
 */
MUST_CHECK int storage_hq_state(const char *conninfo, int silent_s, struct hq_state *ret_state,
                                struct error *err);
void hq_state_release(struct hq_state *state);

#endif
