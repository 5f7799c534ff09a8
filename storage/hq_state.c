/*
 * hq_state.c - how a store or a headquarters stands in its chain, and what needs a person
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/array_text.h"
#include "storage/hq_side.h"
#include "storage/migrations.h"
#include "storage/sql_text.h"

#define MB (1024 * 1024)

/* Half the bound is gone: time to look, while nothing is lost. */
static bool is_filling(int64_t kept_bytes, int64_t bound_bytes)
{
    return kept_bytes != HQ_UNKNOWN && bound_bytes != HQ_UNKNOWN && kept_bytes > bound_bytes / 2;
}

static long long megabytes(int64_t bytes)
{
    return (long long) (bytes / MB);
}

/* ---- the store's side ---- */

static int read_tables(struct database *database, struct hq_state *state, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(database, "look for the publication", &result, err,
                     "SELECT EXISTS (SELECT FROM pg_publication"
                     "    WHERE pubname = '" HQ_PUBLICATION "'), count(*) FROM replicated_table");
    if (rc < 0)
        return rc;
    state->sends = sql_bool(result, 0, 0);
    state->tables = (int) sql_integer(result, 0, 1, 0);
    return 0;
}

/* Tables that a migration added are published now; who may not do that hears of them. */
static int mend_publication(struct database *database, struct hq_state *state, struct error *err)
{
    int missing = 0;
    int rc = hq_count_unpublished(database, &missing, err);
    if (rc < 0 || missing == 0)
        return rc;
    rc = sql_run(database, "publish new tables", NULL, NULL, "SELECT publish_to_headquarters()");
    if (rc == -EIO) {
        problems_add(&state->alarms,
                     "%d tables are not published as the schema wants it; run floorfuse hq init as "
                     "the owner of the database",
                     missing);
        rc = 0;
    }
    return rc;
}

static void judge_slot(const struct hq_slot *slot, int64_t bound_bytes, struct problems *alarms)
{
    if (strcmp(slot->wal_status, "lost") == 0)
        problems_add(alarms,
                     "slot %s is lost: headquarters was away for more than the %lld MB of "
                     "write-ahead log that are kept for it; run floorfuse hq resync at "
                     "headquarters, nothing is lost in this store's database",
                     slot->name, megabytes(bound_bytes));
    else if (is_filling(slot->kept_bytes, bound_bytes))
        problems_add(alarms,
                     "slot %s keeps %lld of at most %lld MB of write-ahead log: headquarters has "
                     "not fetched for long; mend the line, or raise database.hq_wal_mb "
                     "(max_slot_wal_keep_size)",
                     slot->name, megabytes(slot->kept_bytes), megabytes(bound_bytes));
}

static int read_slots(struct database *database, struct hq_state *state, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(database, "look at the replication slots", &result, err,
                     "SELECT slot_name, active, wal_status,"
                     "    pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint "
                     "FROM pg_replication_slots WHERE database = current_database()"
                     "    AND slot_name LIKE 'floorfuse\\_hq\\_%' ORDER BY slot_name");
    if (rc < 0 || PQntuples(result) == 0)
        return rc;
    state->slots = calloc((size_t) PQntuples(result), sizeof *state->slots);
    if (!state->slots)
        return error_set(err, -ENOMEM, "out of memory");
    for (int row = 0; row < PQntuples(result); row++) {
        struct hq_slot *slot = &state->slots[state->slot_count++];
        (void) snprintf(slot->name, sizeof slot->name, "%s", sql_string(result, row, 0));
        (void) snprintf(slot->wal_status, sizeof slot->wal_status, "%s",
                        sql_string(result, row, 2));
        slot->active = sql_bool(result, row, 1);
        slot->kept_bytes = sql_integer(result, row, 3, HQ_UNKNOWN);
        judge_slot(slot, state->bound_bytes, &state->alarms);
    }
    return 0;
}

static int read_sender(struct database *database, struct hq_state *state, struct error *err)
{
    int rc = read_tables(database, state, err);
    if (rc < 0 || !state->sends)
        return rc;
    rc = hq_read_bound(database, &state->bound_bytes, err);
    if (rc == 0 && state->bound_bytes == HQ_UNKNOWN)
        problems_add(&state->alarms,
                     "nothing bounds the write-ahead log kept for an absent headquarters; set "
                     "max_slot_wal_keep_size");
    if (rc == 0)
        rc = mend_publication(database, state, err);
    return rc < 0 ? rc : read_slots(database, state, err);
}

/* ---- headquarters' side ---- */

/* What headquarters' own database says about its stores, one row each. */
static const char members_sql[] =
    "SELECT j.store_id, j.chain || '/' || j.store, s.subname, s.subconninfo, s.subenabled,"
    "    s.subslotname, w.pid IS NOT NULL,"
    "    greatest(j.contact_at, w.last_msg_receipt_time) AS contact_at,"
    "    extract(epoch FROM now() - greatest(j.contact_at, w.last_msg_receipt_time))::bigint,"
    "    t.tables, t.got, t.names,"
    "    coalesce(e.apply_error_count + e.sync_error_count, 0), j.errors,"
    "    (SELECT (extract(epoch FROM max(b.bucket_at)) * 1000000)::bigint FROM floor AS f"
    "        CROSS JOIN LATERAL (SELECT max(h.bucket_at) AS bucket_at FROM heat_bucket AS h"
    "            WHERE h.store_id = f.store_id AND h.floor_id = f.floor_id) AS b"
    "        WHERE f.store_id = j.store_id) "
    "FROM joined_store AS j "
    "LEFT JOIN pg_subscription AS s ON s.subname = 'floorfuse_store_' || j.store_id"
    "    AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "LEFT JOIN pg_stat_subscription AS w ON w.subid = s.oid AND w.relid IS NULL "
    "LEFT JOIN pg_stat_subscription_stats AS e ON e.subid = s.oid "
    "CROSS JOIN LATERAL (SELECT count(*) AS tables,"
    "    count(*) FILTER (WHERE r.srsubstate = 'r') AS got,"
    "    string_agg(c.relname, ',' ORDER BY c.relname) AS names"
    "    FROM pg_subscription_rel AS r JOIN pg_class AS c ON c.oid = r.srrelid"
    "    WHERE r.srsubid = s.oid) AS t "
    "ORDER BY j.chain, j.store";

enum member_column {
    MEMBER_ID,
    MEMBER_NAME,
    MEMBER_SUBSCRIPTION,
    MEMBER_CONNINFO,
    MEMBER_ENABLED,
    MEMBER_SLOT,
    MEMBER_RUNNING,
    MEMBER_CONTACT_AT,
    MEMBER_SILENT_S,
    MEMBER_TABLES,
    MEMBER_GOT,
    MEMBER_TABLE_NAMES,
    MEMBER_ERRORS,
    MEMBER_ERRORS_TOLD,
    MEMBER_LAST_BUCKET,
};

/* What a store says when it is asked, one row; a slot that is gone has no status. */
static const char store_sql[] =
    "SELECT s.wal_status,"
    "    pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)::bigint,"
    "    pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn)::bigint,"
    "    (SELECT max(version) FROM schema_version),"
    "    (SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_publication_tables"
    "        WHERE pubname = '" HQ_PUBLICATION "') "
    "FROM (VALUES (1)) AS one (row) LEFT JOIN pg_replication_slots AS s ON s.slot_name = %L";

struct store_answer {
    char wal_status[16]; /* "" when the slot is gone */
    int64_t schema_version;
    char *tables;    /* published, with commas */
    int unpublished; /* tables that should be and are not */
};

static int read_answer(struct database *store, const char *slot, struct hq_member *member,
                       struct store_answer *answer, struct error *err)
{
    AUTO(database_result_release) PGresult *result = NULL;
    int rc = sql_run(store, "ask the store", &result, err, store_sql, slot);
    if (rc == 0)
        rc = hq_read_bound(store, &member->bound_bytes, err);
    if (rc == 0)
        rc = hq_count_unpublished(store, &answer->unpublished, err);
    if (rc < 0)
        return rc;
    (void) snprintf(answer->wal_status, sizeof answer->wal_status, "%s", sql_string(result, 0, 0));
    member->kept_bytes = sql_integer(result, 0, 1, HQ_UNKNOWN);
    member->lag_bytes = sql_integer(result, 0, 2, HQ_UNKNOWN);
    answer->schema_version = sql_integer(result, 0, 3, 0);
    answer->tables = strdup(sql_string(result, 0, 4));
    return answer->tables ? 0 : -ENOMEM;
}

/* Returns whether the store answered; one that does not is judged by how long it has been silent.
 */
static bool ask_store(const PGresult *rows, int row, struct hq_member *member,
                      struct store_answer *answer)
{
    AUTO(database_close) struct database *store = NULL;
    return !PQgetisnull(rows, row, MEMBER_CONNINFO) &&
           database_open(sql_string(rows, row, MEMBER_CONNINFO), -1, DATABASE_TIMEOUT_MS, &store,
                         NULL) == 0 &&
           read_answer(store, sql_string(rows, row, MEMBER_SLOT), member, answer, NULL) == 0;
}

static void judge_answer(const struct hq_member *member, const struct store_answer *answer,
                         int64_t schema_version, struct problems *alarms)
{
    if (answer->wal_status[0] == '\0')
        problems_add(alarms, "store %s: its slot is gone; run floorfuse hq resync --store %s",
                     member->name, member->name);
    else if (strcmp(answer->wal_status, "lost") == 0)
        problems_add(alarms,
                     "store %s: its slot is lost, for headquarters was away for more than the "
                     "%lld MB of write-ahead log kept for it; run floorfuse hq resync --store %s",
                     member->name, megabytes(member->bound_bytes), member->name);
    else if (is_filling(member->kept_bytes, member->bound_bytes))
        problems_add(alarms,
                     "store %s: keeps %lld of at most %lld MB of write-ahead log for headquarters",
                     member->name, megabytes(member->kept_bytes), megabytes(member->bound_bytes));
    if (answer->unpublished > 0)
        problems_add(alarms,
                     "store %s: %d tables are not published as its schema wants it; run floorfuse "
                     "hq init at the store",
                     member->name, answer->unpublished);
    if (answer->schema_version > schema_version)
        problems_add(alarms,
                     "store %s: its schema version is %lld, newer than headquarters' %lld; run a "
                     "newer floorfuse migrate at headquarters",
                     member->name, (long long) answer->schema_version, (long long) schema_version);
}

static const char *state_of(const PGresult *rows, int row, const struct hq_member *member,
                            bool answered, const struct store_answer *answer)
{
    if (PQgetisnull(rows, row, MEMBER_SUBSCRIPTION))
        return "gone";
    if (!sql_bool(rows, row, MEMBER_ENABLED))
        return "stopped";
    if (answered && answer->wal_status[0] == '\0')
        return "gone";
    if (answered && strcmp(answer->wal_status, "lost") == 0)
        return "lost";
    if (!sql_bool(rows, row, MEMBER_RUNNING))
        return "away";
    return member->tables_got < member->tables ? "copying" : "streaming";
}

static void judge_member(const PGresult *rows, int row, const struct hq_member *member,
                         int silent_s, struct problems *alarms)
{
    if (PQgetisnull(rows, row, MEMBER_SUBSCRIPTION))
        problems_add(alarms,
                     "store %s: has joined and has no subscription; run floorfuse hq resync "
                     "--store %s with its --store-conninfo",
                     member->name, member->name);
    else if (!sql_bool(rows, row, MEMBER_ENABLED))
        problems_add(alarms,
                     "store %s: its subscription is switched off; ALTER SUBSCRIPTION %s ENABLE "
                     "switches it on",
                     member->name, sql_string(rows, row, MEMBER_SUBSCRIPTION));
    if (member->errors > 0)
        problems_add(alarms,
                     "store %s: %lld times a row could not be written since the last status; the "
                     "log of headquarters' server says why",
                     member->name, (long long) member->errors);
    if (member->silent_s > silent_s)
        problems_add(alarms, "store %s: no contact for %lld minutes", member->name,
                     (long long) (member->silent_s / 60));
}

/* Remember until when there was contact, and which errors were told. */
static int note_contact(struct database *hq, const PGresult *rows, int row, struct error *err)
{
    return sql_run(hq, "note the contact", NULL, err,
                   "UPDATE joined_store SET contact_at = %L::timestamptz, errors = %L::bigint "
                   "WHERE store_id = %L::integer",
                   sql_string(rows, row, MEMBER_CONTACT_AT), sql_string(rows, row, MEMBER_ERRORS),
                   sql_string(rows, row, MEMBER_ID));
}

static int take_new_tables(struct database *hq, const PGresult *rows, int row,
                           const struct store_answer *answer, struct error *err)
{
    if (strcmp(answer->tables, sql_string(rows, row, MEMBER_TABLE_NAMES)) == 0 ||
        !sql_bool(rows, row, MEMBER_ENABLED))
        return 0;
    int rc = sql_run(hq, "make headquarters ready to receive", NULL, err,
                     "SELECT receive_from_stores()");
    if (rc == 0)
        rc = sql_run(hq, "take the store's new tables", NULL, err,
                     "ALTER SUBSCRIPTION %I REFRESH PUBLICATION",
                     sql_string(rows, row, MEMBER_SUBSCRIPTION));
    return rc;
}

/* New tables of the store are copied from now on. Where headquarters does not have them yet, that
 * must not keep it from looking after the other stores. */
static int mend_member(struct database *hq, const PGresult *rows, int row,
                       const struct store_answer *answer, struct problems *alarms,
                       struct error *err)
{
    struct error why = { "" };
    int rc = take_new_tables(hq, rows, row, answer, &why);
    if (rc != -EIO)
        return rc < 0 ? error_set(err, rc, "%s", why.text) : 0;
    problems_add(alarms, "store %s: %s", sql_string(rows, row, MEMBER_NAME), why.text);
    return 0;
}

static void fill_member(const PGresult *rows, int row, struct hq_member *member)
{
    *member = (struct hq_member){
        .store_id = (int32_t) sql_integer(rows, row, MEMBER_ID, 0),
        .tables = (int) sql_integer(rows, row, MEMBER_TABLES, 0),
        .tables_got = (int) sql_integer(rows, row, MEMBER_GOT, 0),
        .silent_s = sql_integer(rows, row, MEMBER_SILENT_S, 0),
        .lag_bytes = HQ_UNKNOWN,
        .kept_bytes = HQ_UNKNOWN,
        .bound_bytes = HQ_UNKNOWN,
        .last_bucket_us = sql_integer(rows, row, MEMBER_LAST_BUCKET, HQ_UNKNOWN),
        .errors = sql_integer(rows, row, MEMBER_ERRORS, 0),
    };
    int64_t told = sql_integer(rows, row, MEMBER_ERRORS_TOLD, 0);
    if (told <= member->errors) /* else a crash made the server count anew */
        member->errors -= told;
    (void) snprintf(member->name, sizeof member->name, "%s", sql_string(rows, row, MEMBER_NAME));
}

static int read_member(struct database *hq, const PGresult *rows, int row, int silent_s,
                       struct hq_state *state, struct error *err)
{
    struct hq_member *member = &state->members[state->member_count++];
    struct store_answer answer = { .wal_status = "" };
    fill_member(rows, row, member);
    bool answered = ask_store(rows, row, member, &answer);
    member->state = state_of(rows, row, member, answered, &answer);
    judge_member(rows, row, member, silent_s, &state->alarms);
    int rc = note_contact(hq, rows, row, err);
    if (answered) {
        judge_answer(member, &answer, migration_count, &state->alarms);
        if (rc == 0)
            rc = mend_member(hq, rows, row, &answer, &state->alarms, err);
    }
    free(answer.tables);
    return rc;
}

/* While a first copy runs, rows may wait in a default partition for the rows they refer to. */
static void make_partitions(struct database *hq, const struct hq_state *state)
{
    for (size_t i = 0; i < state->member_count; i++)
        if (state->members[i].tables_got < state->members[i].tables)
            return;
    /* Somebody reads the default partition for long: the next status tries again. */
    (void) !sql_run(hq, "make partitions at headquarters", NULL, NULL,
                    "SELECT ensure_partitions(current_date, current_date + 31)");
}

static int read_receiver(struct database *database, int silent_s, struct hq_state *state,
                         struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    AUTO(database_result_release) PGresult *joined = NULL;
    int rc = sql_run(database, "look for stores that joined", &joined, err,
                     "SELECT FROM joined_store LIMIT 1");
    if (rc < 0 || PQntuples(joined) == 0)
        return rc; /* a store's database */
    rc = hq_check_superuser(database, err);
    if (rc == 0)
        rc = sql_run(database, "look at the subscriptions", &rows, err, members_sql);
    if (rc < 0)
        return rc;
    state->receives = true;
    state->members = calloc((size_t) PQntuples(rows), sizeof *state->members);
    if (!state->members)
        return error_set(err, -ENOMEM, "out of memory");
    for (int row = 0; rc == 0 && row < PQntuples(rows); row++)
        rc = read_member(database, rows, row, silent_s, state, err);
    if (rc == 0)
        make_partitions(database, state);
    return rc;
}

int storage_hq_state(const char *conninfo, int silent_s, struct hq_state *ret_state,
                     struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    struct hq_state state = { .bound_bytes = HQ_UNKNOWN };
    int rc = hq_open(conninfo, "the database", &database, err);
    if (rc == 0)
        rc = read_sender(database, &state, err);
    if (rc == 0)
        rc = read_receiver(database, silent_s, &state, err);
    if (rc < 0) {
        hq_state_release(&state);
        return hq_public_code(rc);
    }
    *ret_state = state;
    return 0;
}

void hq_state_release(struct hq_state *state)
{
    free(state->slots);
    free(state->members);
    problems_release(&state->alarms);
    *state = (struct hq_state){ .sends = false };
}
