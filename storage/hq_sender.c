/*
 * hq_sender.c - a store's side of the chain: publication, role, slots
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "storage/hq_side.h"
#include "storage/schema.h"
#include "storage/sql_text.h"

/* One for the headquarters, two for the copies of tables that run at a time. */
#define SLOTS_NEEDED 3

/* A server notices after wal_sender_timeout, a minute, that a line is dead. */
#define DROP_TIMEOUT_S 90

int hq_public_code(int rc)
{
    return rc == -ETIMEDOUT || rc == -ECANCELED ? -EIO : rc;
}

int hq_open(const char *conninfo, const char *side, struct database **ret_database,
            struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = database_open(conninfo, -1, HQ_TIMEOUT_MS, &database, err);
    if (rc == 0)
        rc = schema_check(database, err);
    if (rc < 0)
        return error_prefix(err, rc, "%s", side);
    *ret_database = database;
    database = NULL;
    return 0;
}

int hq_read_bound(struct database *database, int64_t *ret_bytes, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(database, "read the server's settings", &result, err,
                     "SELECT nullif(setting::bigint, -1) * 1048576 FROM pg_settings "
                     "WHERE name = 'max_slot_wal_keep_size'"); /* in MB; -1 is no bound */
    if (rc == 0)
        *ret_bytes = sql_integer(result, 0, 0, HQ_UNKNOWN);
    return rc;
}

static int check_bound(struct database *store, struct error *err)
{
    int64_t bound_bytes = HQ_UNKNOWN;
    int rc = hq_read_bound(store, &bound_bytes, err);
    if (rc < 0 || bound_bytes != HQ_UNKNOWN)
        return rc;
    return error_set(err, -EPERM,
                     "the store's server would keep write-ahead log for an absent headquarters "
                     "until its disk is full; run ALTER SYSTEM SET max_slot_wal_keep_size = '4GB' "
                     "and SELECT pg_reload_conf() there (the embedded database has a bound from "
                     "its next start)");
}

int hq_check_sender(struct database *store, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(store, "read the server's settings", &result, err,
                     "SELECT current_setting('wal_level'),"
                     "    current_setting('max_replication_slots')::integer"
                     "        - (SELECT count(*) FROM pg_replication_slots)");
    if (rc < 0)
        return rc;
    if (strcmp(sql_string(result, 0, 0), "logical") != 0)
        return error_set(err, -EPERM,
                         "the store's server has wal_level = %s; set wal_level = logical in its "
                         "postgresql.conf and restart it (the embedded database has it from its "
                         "next start)",
                         sql_string(result, 0, 0));
    if (sql_integer(result, 0, 1, 0) < SLOTS_NEEDED)
        return error_set(err, -EPERM,
                         "the store's server has %lld replication slots left and needs %d; raise "
                         "max_replication_slots in its postgresql.conf and restart it",
                         (long long) sql_integer(result, 0, 1, 0), SLOTS_NEEDED);
    return check_bound(store, err);
}

int hq_count_unpublished(struct database *store, int *ret_count, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(store, "compare the publication with the schema", &result, err,
                     "SELECT count(*) FROM replicated_table AS r FULL JOIN (SELECT tablename "
                     "FROM pg_publication_tables WHERE pubname = '" HQ_PUBLICATION "') AS p "
                     "ON p.tablename = r.table_name "
                     "WHERE r.table_name IS NULL OR p.tablename IS NULL");
    if (rc == 0)
        *ret_count = (int) sql_integer(result, 0, 0, 0);
    return rc;
}

/* Where we may not make roles a person must; then the rights follow when init runs again. */
static int make_role(struct database *store, bool *ret_has_role, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(store, "look for the role " HQ_ROLE, &result, err,
                     "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '" HQ_ROLE "'),"
                     "    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)");
    if (rc < 0)
        return rc;
    *ret_has_role = sql_bool(result, 0, 0);
    if (*ret_has_role || !sql_bool(result, 0, 1))
        return 0;
    rc = sql_run(store, "make the role " HQ_ROLE, NULL, err,
                 "CREATE ROLE " HQ_ROLE " LOGIN REPLICATION BYPASSRLS");
    *ret_has_role = rc == 0;
    return rc;
}

static int publish(struct database *store, struct hq_published *published, struct error *err)
{
    AUTO(database_result_release) PGresult *changed = NULL;
    AUTO(database_result_release) PGresult *tables = NULL;
    int rc =
        sql_run(store, "publish the tables", &changed, err, "SELECT publish_to_headquarters()");
    if (rc == 0)
        rc = sql_run(store, "count the tables", &tables, err,
                     "SELECT count(*) FROM replicated_table");
    if (rc < 0)
        return rc;
    published->changed = (int) sql_integer(changed, 0, 0, 0);
    published->tables = (int) sql_integer(tables, 0, 0, 0);
    return 0;
}

int storage_hq_init(const char *conninfo, struct hq_published *ret_published, struct error *err)
{
    AUTO(database_close) struct database *store = NULL;
    struct hq_published published = { .tables = 0 };
    int rc = hq_open(conninfo, "the store", &store, err);
    if (rc == 0)
        rc = hq_check_sender(store, err);
    if (rc == 0)
        rc = make_role(store, &published.has_role, err);
    if (rc == 0)
        rc = publish(store, &published, err);
    if (rc == 0)
        *ret_published = published;
    return hq_public_code(rc);
}

int hq_drop_slot(struct database *store, const char *slot, struct error *err)
{
    int64_t deadline_ns = clock_mono_ns() + DROP_TIMEOUT_S * NS_PER_S;
    for (;;) {
        int rc = sql_run(store, "drop the replication slot at the store", NULL, err,
                         "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                         "WHERE slot_name = %L",
                         slot);
        bool in_use = rc == -EIO && strcmp(store->sqlstate, "55006") == 0;
        if (!in_use || clock_mono_ns() > deadline_ns)
            return rc;
        (void) poll(NULL, 0, HQ_POLL_MS);
    }
}

static int check_nobody_receives(const PGresult *slots, struct error *err)
{
    for (int row = 0; row < PQntuples(slots); row++)
        if (sql_bool(slots, row, 1))
            return error_set(err, -EBUSY,
                             "a headquarters is receiving through slot %s; run floorfuse hq leave "
                             "there first",
                             sql_string(slots, row, 0));
    return 0;
}

int storage_hq_unpublish(const char *conninfo, int *ret_slots, struct error *err)
{
    AUTO(database_close) struct database *store = NULL;
    AUTO(database_result_release) PGresult *slots = NULL;
    int rc = hq_open(conninfo, "the store", &store, err);
    if (rc == 0)
        rc = sql_run(store, "look for replication slots", &slots, err,
                     "SELECT slot_name, active FROM pg_replication_slots "
                     "WHERE database = current_database() AND slot_name LIKE 'floorfuse\\_hq\\_%'");
    if (rc == 0)
        rc = check_nobody_receives(slots, err);
    for (int row = 0; rc == 0 && row < PQntuples(slots); row++)
        rc = hq_drop_slot(store, sql_string(slots, row, 0), err);
    if (rc == 0)
        rc = sql_run(store, "drop the publication", NULL, err,
                     "DROP PUBLICATION IF EXISTS " HQ_PUBLICATION);
    if (rc == 0)
        *ret_slots = PQntuples(slots);
    return hq_public_code(rc);
}
