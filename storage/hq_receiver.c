/*
 * hq_receiver.c - headquarters' side of the chain: stores join, are copied again, leave
 *
 * The first copy and the copy after a lost slot are PostgreSQL's own initial synchronisation, which
 * begins each table's stream exactly where its copy ends. Rows that are here already are no
 * trouble, because the trigger take_replicated_row lets received rows take their place.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/array_text.h"
#include "storage/hq_side.h"
#include "storage/sql_text.h"

/* What one join, resync or leave works with. */
struct member {
    struct database *hq, *store; /* store: NULL while it is not reached */
    char *store_conninfo;        /* for headquarters' server */
    int32_t store_id;
    char chain[ID_SIZE], name[ID_SIZE], origin[40];
    char subscription[64], slot[64];
};

static void member_release(struct member *m)
{
    database_close(&m->hq);
    database_close(&m->store);
    free(m->store_conninfo);
}

static void copy_string(char *to, size_t size, const char *from)
{
    (void) snprintf(to, size, "%s", from);
}

/* ---- what a server must have ---- */

int hq_check_superuser(struct database *hq, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(hq, "look up our rights", &result, err,
                     "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user");
    if (rc < 0 || sql_bool(result, 0, 1))
        return rc;
    return error_set(err, -EPERM,
                     "headquarters: %s is no superuser, and PostgreSQL 15 lets only superusers "
                     "subscribe; give database.conninfo the user postgres for floorfuse hq",
                     sql_string(result, 0, 0));
}

/* A worker and a slot a store, and two of each for copies of tables: with fewer the copy crawls. */
static int check_receiver_room(struct database *hq, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(hq, "read headquarters' settings", &result, err,
                     "SELECT least("
                     "    current_setting('max_logical_replication_workers')::integer - 2,"
                     "    current_setting('max_worker_processes')::integer - 3,"
                     "    current_setting('max_replication_slots')::integer - 2),"
                     "    count(*) FROM pg_subscription");
    if (rc < 0 || sql_integer(result, 0, 1, 0) < sql_integer(result, 0, 0, 0))
        return rc;
    return error_set(err, -EPERM,
                     "headquarters' server has room for %s stores and receives from %s; raise "
                     "max_logical_replication_workers, max_worker_processes and "
                     "max_replication_slots in its postgresql.conf and restart it",
                     sql_string(result, 0, 0), sql_string(result, 0, 1));
}

static int check_store_rights(struct database *store, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc =
        sql_run(store, "look up our rights at the store", &result, err,
                "SELECT r.rolname, r.rolsuper OR r.rolreplication, r.rolsuper OR r.rolbypassrls,"
                "    (SELECT min(table_name) FROM replicated_table"
                "    WHERE NOT has_table_privilege(quote_ident(table_name), 'SELECT')) "
                "FROM pg_roles AS r WHERE r.rolname = current_user");
    if (rc < 0)
        return rc;
    if (!sql_bool(result, 0, 1) || !sql_bool(result, 0, 2))
        return error_set(err, -EPERM,
                         "the store: the role %s may not replicate everything; a superuser there "
                         "runs ALTER ROLE %s REPLICATION BYPASSRLS",
                         sql_string(result, 0, 0), sql_string(result, 0, 0));
    if (!PQgetisnull(result, 0, 3))
        return error_set(err, -EPERM,
                         "the store: the role %s may not read the table %s; run floorfuse hq init "
                         "at the store and join as " HQ_ROLE,
                         sql_string(result, 0, 0), sql_string(result, 0, 3));
    return 0;
}

static int check_published(struct database *store, struct error *err)
{
    int missing = 0;
    int rc = hq_count_unpublished(store, &missing, err);
    if (rc < 0 || missing == 0)
        return rc;
    return error_set(err, -EPERM,
                     "the store does not publish its tables (%d of them); run floorfuse hq init at "
                     "the store",
                     missing);
}

/* ---- which store ---- */

static void set_names(struct member *m)
{
    (void) snprintf(m->subscription, sizeof m->subscription, "floorfuse_store_%d", m->store_id);
}

/* A slot is named after both ends, for a store may have two headquarters. */
static int find_slot_name(struct member *m, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    struct number_text id = integer_text(m->store_id);
    int rc = sql_run(m->hq, "name the slot", &result, err,
                     "SELECT '" HQ_ROLE "_' || abs(%L::bigint) || '_'"
                     "    || left(md5(c.system_identifier || '/' || d.oid), 8) "
                     "FROM pg_control_system() AS c, pg_database AS d "
                     "WHERE d.datname = current_database()",
                     id.bytes);
    if (rc == 0)
        copy_string(m->slot, sizeof m->slot, sql_string(result, 0, 0));
    return rc;
}

static int identify(struct member *m, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(m->store, "ask the store who it is", &result, err,
                     "SELECT store_id, chain, store, origin FROM store LIMIT 2");
    if (rc < 0)
        return rc;
    if (PQntuples(result) == 0)
        return error_set(err, -EIO,
                         "the store's database does not know its store yet; run the store once "
                         "(floorfuse up), then join");
    if (PQntuples(result) > 1)
        return error_set(err, -EIO,
                         "the store's database holds more than one store; give each a database of "
                         "its own to let it join");
    m->store_id = (int32_t) sql_integer(result, 0, 0, 0);
    copy_string(m->chain, sizeof m->chain, sql_string(result, 0, 1));
    copy_string(m->name, sizeof m->name, sql_string(result, 0, 2));
    copy_string(m->origin, sizeof m->origin, sql_string(result, 0, 3));
    set_names(m);
    return find_slot_name(m, err);
}

/* What headquarters knows under that number or that name must be this very database. */
static int check_identity(const struct member *m, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    struct number_text id = integer_text(m->store_id);
    int rc = sql_run(m->hq, "look the store up at headquarters", &result, err,
                     "SELECT k.chain || '/' || k.store, k.store_id,"
                     "    k.store_id = %L::integer AND k.chain = %L AND k.store = %L,"
                     "    coalesce(k.origin = %L::uuid, true) "
                     "FROM (SELECT store_id, chain, store, origin FROM store"
                     "    UNION ALL SELECT store_id, chain, store, NULL FROM joined_store) AS k "
                     "WHERE k.store_id = %L::integer OR (k.chain = %L AND k.store = %L)",
                     id.bytes, m->chain, m->name, m->origin, id.bytes, m->chain, m->name);
    for (int row = 0; rc == 0 && row < PQntuples(result); row++) {
        if (!sql_bool(result, row, 2))
            rc = error_set(err, -EEXIST,
                           "store %s/%s has the number %d, and headquarters has store %s with the "
                           "number %s; give one of them another id",
                           m->chain, m->name, m->store_id, sql_string(result, row, 0),
                           sql_string(result, row, 1));
        else if (!sql_bool(result, row, 3))
            rc = error_set(err, -EEXIST,
                           "headquarters has store %s/%s from another database, whose floors and "
                           "cameras are numbered otherwise; restore that database at the store "
                           "from a backup, or give the new one another store id",
                           m->chain, m->name);
    }
    return rc;
}

static int check_chain(const struct member *m, const char *chain, struct error *err)
{
    if (strcmp(m->chain, chain) == 0)
        return 0;
    return error_set(err, -EEXIST,
                     "the store at that address is %s/%s, and headquarters' config says chain = "
                     "\"%s\"",
                     m->chain, m->name, chain);
}

static int open_store(struct member *m, struct error *err)
{
    int rc = hq_open(m->store_conninfo, "the store", &m->store, err);
    return rc < 0 ? rc : identify(m, err);
}

/* A slot waits for the end of all transactions of its server, also of the one that asks for it. */
static int check_other_server(const struct member *m, struct error *err)
{
    static const char *const sql = "SELECT pg_postmaster_start_time(), system_identifier "
                                   "FROM pg_control_system()";
    AUTO(database_result_release) PGresult *here = NULL;
    AUTO(database_result_release) PGresult *there = NULL;
    int rc = sql_run(m->hq, "look at headquarters' server", &here, err, sql);
    if (rc == 0)
        rc = sql_run(m->store, "look at the store's server", &there, err, sql);
    if (rc < 0 || strcmp(sql_string(here, 0, 0), sql_string(there, 0, 0)) != 0 ||
        strcmp(sql_string(here, 0, 1), sql_string(there, 0, 1)) != 0)
        return rc;
    return error_set(err, -EPERM,
                     "the store's database and headquarters' are on one server, and a server "
                     "cannot subscribe to itself; give headquarters a server of its own");
}

/* Everything that can be found out before anything is changed. */
static int check_store(const struct member *m, const char *chain, struct error *err)
{
    int rc = check_chain(m, chain, err);
    if (rc == 0)
        rc = check_other_server(m, err);
    if (rc == 0)
        rc = check_identity(m, err);
    if (rc == 0)
        rc = check_published(m->store, err);
    if (rc == 0)
        rc = check_store_rights(m->store, err);
    return rc;
}

static int open_headquarters(const char *conninfo, struct member *m, struct error *err)
{
    int rc = hq_open(conninfo, "headquarters", &m->hq, err);
    return rc < 0 ? rc : hq_check_superuser(m->hq, err);
}

/* ---- subscribing ---- */

/* Before rows come, because a partition that is made later has to move them. */
static int make_partitions(const struct member *m, struct error *err)
{
    AUTO(database_result_release) PGresult *first = NULL;
    int rc = sql_run(m->store, "look for the store's first bucket", &first, err,
                     "SELECT greatest((min(b.bucket_at) AT TIME ZONE 'UTC')::date,"
                     "    current_date - 3600) "
                     "FROM floor AS f CROSS JOIN LATERAL (SELECT min(h.bucket_at) AS bucket_at "
                     "FROM heat_bucket AS h"
                     "    WHERE h.store_id = f.store_id AND h.floor_id = f.floor_id) AS b");
    if (rc < 0)
        return rc;
    const char *day = PQgetisnull(first, 0, 0) ? "today" : sql_string(first, 0, 0);
    return sql_run(m->hq, "make partitions at headquarters", NULL, err,
                   "SELECT ensure_partitions(least(%L::date, current_date),"
                   "    current_date + 31)",
                   day);
}

static int note_joined(const struct member *m, struct error *err)
{
    struct number_text id = integer_text(m->store_id);
    return sql_run(m->hq, "note that the store has joined", NULL, err,
                   "INSERT INTO joined_store (store_id, chain, store) VALUES (%L, %L, %L) "
                   "ON CONFLICT (store_id) DO UPDATE SET contact_at = now(), errors = 0",
                   id.bytes, m->chain, m->name);
}

/* A slot of our name that no subscription of ours uses is left over from one. */
static int subscribe(const struct member *m, struct error *err)
{
    int rc = hq_drop_slot(m->store, m->slot, err);
    if (rc == 0)
        rc = hq_check_sender(m->store, err);
    if (rc == 0)
        rc = check_receiver_room(m->hq, err);
    if (rc == 0)
        rc = sql_run(m->hq, "make headquarters ready to receive", NULL, err,
                     "SELECT receive_from_stores()");
    if (rc == 0)
        rc = make_partitions(m, err);
    if (rc == 0)
        rc = sql_run(m->hq, "subscribe to the store", NULL, err,
                     "CREATE SUBSCRIPTION %I CONNECTION %L PUBLICATION " HQ_PUBLICATION
                     " WITH (slot_name = %L)",
                     m->subscription, m->store_conninfo, m->slot);
    return rc < 0 ? rc : note_joined(m, err);
}

static int find_subscription(const struct member *m, PGresult **ret_found, struct error *err)
{
    return sql_run(m->hq, "look for the subscription", ret_found, err,
                   "SELECT s.subconninfo, s.subslotname FROM pg_subscription AS s "
                   "JOIN pg_database AS d ON d.oid = s.subdbid "
                   "WHERE d.datname = current_database() AND s.subname = %L",
                   m->subscription);
}

static int check_slot(const struct member *m, struct error *err)
{
    AUTO(database_result_release) PGresult *slot = NULL;
    int rc = sql_run(m->store, "look for the slot at the store", &slot, err,
                     "SELECT FROM pg_replication_slots WHERE slot_name = %L "
                     "AND coalesce(wal_status, '') <> 'lost'",
                     m->slot);
    if (rc < 0 || PQntuples(slot) == 1)
        return rc;
    return error_set(err, -EIO,
                     "the slot %s at store %s/%s is lost; run floorfuse hq resync --store %s/%s",
                     m->slot, m->chain, m->name, m->chain, m->name);
}

/* The store has joined already: take its address and its new tables. */
static int mend(const struct member *m, struct error *err)
{
    int rc = check_slot(m, err);
    if (rc == 0)
        rc = sql_run(m->hq, "make headquarters ready to receive", NULL, err,
                     "SELECT receive_from_stores()");
    if (rc == 0)
        rc = sql_run(m->hq, "set the store's address", NULL, err,
                     "ALTER SUBSCRIPTION %I CONNECTION %L", m->subscription, m->store_conninfo);
    if (rc == 0)
        rc = sql_run(m->hq, "switch the subscription on", NULL, err, "ALTER SUBSCRIPTION %I ENABLE",
                     m->subscription);
    if (rc == 0)
        rc = sql_run(m->hq, "take the store's new tables", NULL, err,
                     "ALTER SUBSCRIPTION %I REFRESH PUBLICATION", m->subscription);
    return rc < 0 ? rc : note_joined(m, err);
}

/* Wait until every table is there, or time is over: the copy goes on without us. */
static int wait_for_copy(const struct member *m, int wait_s, struct hq_joined *joined,
                         struct error *err)
{
    int64_t deadline_ns = clock_mono_ns() + wait_s * NS_PER_S;
    for (;;) {
        AUTO(database_result_release) PGresult *result = NULL;
        int rc = sql_run(m->hq, "see how far the copy is", &result, err,
                         "SELECT count(*), count(*) FILTER (WHERE r.srsubstate = 'r') "
                         "FROM pg_subscription_rel AS r "
                         "JOIN pg_subscription AS s ON s.oid = r.srsubid WHERE s.subname = %L",
                         m->subscription);
        if (rc < 0)
            return rc;
        joined->tables = (int) sql_integer(result, 0, 0, 0);
        joined->tables_got = (int) sql_integer(result, 0, 1, 0);
        if (joined->tables == joined->tables_got || clock_mono_ns() > deadline_ns)
            return 0;
        (void) poll(NULL, 0, HQ_POLL_MS);
    }
}

static void tell(const struct member *m, struct hq_joined *ret_joined)
{
    (void) snprintf(ret_joined->name, sizeof ret_joined->name, "%s/%s", m->chain, m->name);
    copy_string(ret_joined->slot, sizeof ret_joined->slot, m->slot);
}

static int join_with(struct member *m, const struct hq_join *options, struct hq_joined *joined,
                     struct error *err)
{
    AUTO(database_result_release) PGresult *found = NULL;
    int rc = hq_prepare_conninfo(options->store_conninfo, &m->store_conninfo, err);
    if (rc == 0)
        rc = open_headquarters(options->conninfo, m, err);
    if (rc == 0)
        rc = open_store(m, err);
    if (rc == 0)
        rc = check_store(m, options->chain, err);
    if (rc == 0)
        rc = find_subscription(m, &found, err);
    if (rc < 0)
        return rc;
    joined->was_joined = PQntuples(found) > 0;
    rc = joined->was_joined ? mend(m, err) : subscribe(m, err);
    tell(m, joined);
    return rc < 0 ? rc : wait_for_copy(m, options->wait_s, joined, err);
}

int storage_hq_join(const struct hq_join *options, struct hq_joined *ret_joined, struct error *err)
{
    AUTO(member_release) struct member m = { .hq = NULL };
    struct hq_joined joined = { .name = "" };
    int rc = join_with(&m, options, &joined, err);
    if (rc == 0)
        *ret_joined = joined;
    return hq_public_code(rc);
}

/* ---- copying again, leaving ---- */

static int find_member(struct member *m, const char *store, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(m->hq, "look the store up", &result, err,
                     "SELECT store_id, chain, store FROM joined_store "
                     "WHERE store = %L OR chain || '/' || store = %L OR store_id::text = %L",
                     store, store, store);
    if (rc < 0)
        return rc;
    if (PQntuples(result) != 1)
        return error_set(err, -ENOENT,
                         PQntuples(result) == 0
                             ? "no store %s has joined; floorfuse hq status lists those that have"
                             : "several stores are called %s; write CHAIN/STORE",
                         store);
    m->store_id = (int32_t) sql_integer(result, 0, 0, 0);
    copy_string(m->chain, sizeof m->chain, sql_string(result, 0, 1));
    copy_string(m->name, sizeof m->name, sql_string(result, 0, 2));
    set_names(m);
    return find_slot_name(m, err);
}

/* The address comes from the command line or else from the subscription. */
static int find_conninfo(struct member *m, const char *given, struct error *err)
{
    AUTO(database_result_release) PGresult *found = NULL;
    if (given)
        return hq_prepare_conninfo(given, &m->store_conninfo, err);
    int rc = find_subscription(m, &found, err);
    if (rc == 0 && PQntuples(found) == 0)
        return error_set(err, -EIO,
                         "store %s/%s has no subscription any more; give its "
                         "--store-conninfo",
                         m->chain, m->name);
    if (rc == 0 && !(m->store_conninfo = strdup(sql_string(found, 0, 0))))
        rc = -ENOMEM;
    return rc;
}

/* Without its slot, for a subscription whose store is away or has lost the slot cannot be dropped
 * otherwise. */
static int unsubscribe(const struct member *m, struct error *err)
{
    AUTO(database_result_release) PGresult *found = NULL;
    int rc = find_subscription(m, &found, err);
    if (rc < 0 || PQntuples(found) == 0)
        return rc;
    rc = sql_run(m->hq, "switch the subscription off", NULL, err, "ALTER SUBSCRIPTION %I DISABLE",
                 m->subscription);
    if (rc == 0)
        rc = sql_run(m->hq, "part the subscription from its slot", NULL, err,
                     "ALTER SUBSCRIPTION %I SET (slot_name = NONE)", m->subscription);
    if (rc == 0)
        rc = sql_run(m->hq, "drop the subscription", NULL, err, "DROP SUBSCRIPTION %I",
                     m->subscription);
    return rc;
}

/* The store that answers must be the one that was meant. */
static int check_same(const struct member *m, int32_t store_id, struct error *err)
{
    if (m->store_id == store_id)
        return 0;
    return error_set(err, -EEXIST, "at that address is store %s/%s (number %d) and not number %d",
                     m->chain, m->name, m->store_id, store_id);
}

static int resync_with(struct member *m, const struct hq_join *options, const char *store,
                       struct hq_joined *joined, struct error *err)
{
    int rc = open_headquarters(options->conninfo, m, err);
    if (rc == 0)
        rc = find_member(m, store, err);
    if (rc == 0)
        rc = find_conninfo(m, options->store_conninfo, err);
    int32_t store_id = m->store_id;
    if (rc == 0)
        rc = open_store(m, err);
    if (rc == 0)
        rc = check_same(m, store_id, err);
    if (rc == 0)
        rc = check_store(m, options->chain, err);
    if (rc == 0)
        rc = unsubscribe(m, err);
    if (rc == 0)
        rc = subscribe(m, err);
    tell(m, joined);
    return rc < 0 ? rc : wait_for_copy(m, options->wait_s, joined, err);
}

int storage_hq_resync(const struct hq_join *options, const char *store,
                      struct hq_joined *ret_joined, struct error *err)
{
    AUTO(member_release) struct member m = { .hq = NULL };
    struct hq_joined joined = { .name = "" };
    int rc = resync_with(&m, options, store, &joined, err);
    if (rc == 0)
        *ret_joined = joined;
    return hq_public_code(rc);
}

/* A store that is away keeps its slot, and with it write-ahead log up to the bound. */
static bool drop_slot_if_reached(struct member *m)
{
    return m->store_conninfo && hq_open(m->store_conninfo, "the store", &m->store, NULL) == 0 &&
           hq_drop_slot(m->store, m->slot, NULL) == 0;
}

static int leave_with(struct member *m, const char *conninfo, const char *store,
                      struct hq_joined *joined, struct error *err)
{
    int rc = open_headquarters(conninfo, m, err);
    if (rc == 0)
        rc = find_member(m, store, err);
    if (rc < 0)
        return rc;
    (void) !find_conninfo(m, NULL, NULL); /* a store that never got a subscription has no slot */
    rc = unsubscribe(m, err);
    if (rc < 0)
        return rc;
    joined->slot_left = !drop_slot_if_reached(m);
    tell(m, joined);
    struct number_text id = integer_text(m->store_id);
    return sql_run(m->hq, "strike the store off", NULL, err,
                   "DELETE FROM joined_store WHERE store_id = %L::integer", id.bytes);
}

int storage_hq_leave(const char *conninfo, const char *store, struct hq_joined *ret_joined,
                     struct error *err)
{
    AUTO(member_release) struct member m = { .hq = NULL };
    struct hq_joined joined = { .name = "" };
    int rc = leave_with(&m, conninfo, store, &joined, err);
    if (rc == 0)
        *ret_joined = joined;
    return hq_public_code(rc);
}
