/*
 * cmd_hq.c - floorfuse hq: many stores, one headquarters
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "programs/arguments.h"
#include "programs/commands.h"
#include "programs/start.h"
#include "programs/store_database.h"
#include "storage/headquarters.h"

#define PROGRAM "floorfuse hq"

#define WAIT_DEFAULT_S     60
#define SILENT_DEFAULT_MIN 10

/* What all of them may be told. */
struct hq_words {
    const char *config, *store, *store_conninfo;
    double wait_s, silent_min;
    bool json;
};

static int fail(const struct error *err)
{
    fprintf(stderr, PROGRAM ": %s\n", err->text);
    return EXIT_FAILED;
}

/* ---- at a store ---- */

static int init(const struct hq_words *words, const struct store_config *config,
                const char *conninfo)
{
    (void) words;
    (void) config;
    struct error err = { "" };
    struct hq_published published;
    if (storage_hq_init(conninfo, &published, &err) < 0)
        return fail(&err);
    printf("%d tables go to headquarters, %d of them from now on\n", published.tables,
           published.changed);
    if (!published.has_role)
        printf("there is no role floorfuse_hq; a superuser runs CREATE ROLE floorfuse_hq LOGIN "
               "REPLICATION BYPASSRLS, then run this again\n");
    return EXIT_OK;
}

static int unpublish(const char *conninfo)
{
    struct error err = { "" };
    int slots = 0;
    if (storage_hq_unpublish(conninfo, &slots, &err) < 0)
        return fail(&err);
    printf("nothing goes to headquarters any more; %d slots dropped\n", slots);
    return EXIT_OK;
}

/* ---- at headquarters ---- */

static int print_joined(const struct hq_joined *joined, const char *verb)
{
    if (joined->tables_got == joined->tables)
        printf("store %s %s; %d tables are here\n", joined->name, verb, joined->tables);
    else
        printf("store %s %s; %d of %d tables are here and the copy goes on by itself, "
               "floorfuse hq status tells how far it is\n",
               joined->name, verb, joined->tables_got, joined->tables);
    return EXIT_OK;
}

static struct hq_join join_options(const struct hq_words *words, const struct store_config *config,
                                   const char *conninfo)
{
    return (struct hq_join){ .conninfo = conninfo,
                             .store_conninfo = words->store_conninfo,
                             .chain = config->chain,
                             .wait_s = (int) words->wait_s };
}

static int join(const struct hq_words *words, const struct store_config *config,
                const char *conninfo)
{
    struct error err = { "" };
    struct hq_joined joined;
    const struct hq_join options = join_options(words, config, conninfo);
    if (storage_hq_join(&options, &joined, &err) < 0)
        return fail(&err);
    return print_joined(&joined, joined.was_joined ? "had joined already" : "has joined");
}

static int resync(const struct hq_words *words, const struct store_config *config,
                  const char *conninfo)
{
    struct error err = { "" };
    struct hq_joined joined;
    const struct hq_join options = join_options(words, config, conninfo);
    if (storage_hq_resync(&options, words->store, &joined, &err) < 0)
        return fail(&err);
    return print_joined(&joined, "is copied again");
}

static int leave(const struct hq_words *words, const struct store_config *config,
                 const char *conninfo)
{
    (void) config;
    if (!words->store)
        return unpublish(conninfo);
    struct error err = { "" };
    struct hq_joined left;
    if (storage_hq_leave(conninfo, words->store, &left, &err) < 0)
        return fail(&err);
    printf("store %s has left; what came from it stays\n", left.name);
    if (left.slot_left)
        printf("it could not be reached, so slot %s still keeps write-ahead log there; run "
               "floorfuse hq leave at the store\n",
               left.slot);
    return EXIT_OK;
}

/* ---- status ---- */

static json_t *number_or_null(int64_t value)
{
    return value == HQ_UNKNOWN ? json_null() : json_integer(value);
}

static json_t *slot_json(const struct hq_slot *slot)
{
    return json_pack("{s:s s:b s:s s:o}", "slot", slot->name, "active", slot->active, "wal_status",
                     slot->wal_status, "kept_bytes", number_or_null(slot->kept_bytes));
}

static json_t *member_json(const struct hq_member *m)
{
    return json_pack("{s:s s:i s:s s:i s:i s:I s:o s:o s:o s:o s:I}", "store", m->name, "store_id",
                     (int) m->store_id, "state", m->state, "tables", m->tables, "tables_got",
                     m->tables_got, "silent_s", (json_int_t) m->silent_s, "lag_bytes",
                     number_or_null(m->lag_bytes), "kept_bytes", number_or_null(m->kept_bytes),
                     "bound_bytes", number_or_null(m->bound_bytes), "last_bucket_us",
                     number_or_null(m->last_bucket_us), "errors", (json_int_t) m->errors);
}

/* "sends" and "receives" are null where the database does not do that. */
static json_t *state_json(const struct hq_state *state)
{
    json_t *slots = json_array(), *members = json_array(), *alarms = json_array();
    for (size_t i = 0; i < state->slot_count; i++)
        json_array_append_new(slots, slot_json(&state->slots[i]));
    for (size_t i = 0; i < state->member_count; i++)
        json_array_append_new(members, member_json(&state->members[i]));
    for (size_t i = 0; i < state->alarms.count; i++)
        json_array_append_new(alarms, json_string(state->alarms.sentences[i]));
    json_t *sends = state->sends
                        ? json_pack("{s:i s:o s:O}", "tables", state->tables, "bound_bytes",
                                    number_or_null(state->bound_bytes), "headquarters", slots)
                        : json_null();
    json_t *receives = state->receives ? json_pack("{s:O}", "stores", members) : json_null();
    json_decref(slots);
    json_decref(members);
    return json_pack("{s:o s:o s:o}", "sends", sends, "receives", receives, "alarms", alarms);
}

static int print_json(const struct hq_state *state)
{
    json_t *object = state_json(state);
    int r = object ? json_dumpf(object, stdout, JSON_INDENT(2)) : -1;
    json_decref(object);
    return r < 0 || putchar('\n') < 0 ? EXIT_FAILED : EXIT_OK;
}

/* "12.3 MB", "-" for what nobody knows. */
static const char *size_text(int64_t bytes, char buffer[static 32])
{
    if (bytes == HQ_UNKNOWN)
        (void) snprintf(buffer, 32, "-");
    else
        (void) snprintf(buffer, 32, "%.1f MB", (double) bytes / (1024 * 1024));
    return buffer;
}

static const char *time_text(int64_t wall_us, char buffer[static 32])
{
    time_t seconds = (time_t) (wall_us / 1000000);
    struct tm utc;
    if (wall_us == HQ_UNKNOWN || !gmtime_r(&seconds, &utc))
        (void) snprintf(buffer, 32, "-");
    else
        (void) strftime(buffer, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return buffer;
}

static void print_slots(const struct hq_state *state)
{
    char kept[32], bound[32];
    printf("%d tables go to headquarters; at most %s of write-ahead log is kept for each\n",
           state->tables, size_text(state->bound_bytes, bound));
    for (size_t i = 0; i < state->slot_count; i++) {
        const struct hq_slot *slot = &state->slots[i];
        bool known = slot->kept_bytes != HQ_UNKNOWN && state->bound_bytes > 0;
        printf("%-34s %-12s %-10s keeps %s", slot->name, slot->active ? "connected" : "away",
               slot->wal_status, size_text(slot->kept_bytes, kept));
        if (known)
            printf(", %.0f %%", 100.0 * (double) slot->kept_bytes / (double) state->bound_bytes);
        putchar('\n');
    }
}

static void print_members(const struct hq_state *state)
{
    char lag[32], kept[32], bucket[32];
    printf("%-24s %-10s %7s %10s %12s %12s  %s\n", "store", "state", "tables", "silent s", "behind",
           "kept", "last bucket");
    for (size_t i = 0; i < state->member_count; i++) {
        const struct hq_member *m = &state->members[i];
        printf("%-24s %-10s %3d/%-3d %10" PRId64 " %12s %12s  %s\n", m->name, m->state,
               m->tables_got, m->tables, m->silent_s, size_text(m->lag_bytes, lag),
               size_text(m->kept_bytes, kept), time_text(m->last_bucket_us, bucket));
    }
}

static void print_state(const struct hq_state *state)
{
    if (state->sends)
        print_slots(state);
    if (state->receives)
        print_members(state);
    if (!state->sends && !state->receives)
        printf("this database is in no chain: floorfuse hq init makes a store ready, floorfuse hq "
               "join lets headquarters receive\n");
    for (size_t i = 0; i < state->alarms.count; i++)
        fprintf(stderr, PROGRAM ": %s\n", state->alarms.sentences[i]);
}

static int status(const struct hq_words *words, const struct store_config *config,
                  const char *conninfo)
{
    (void) config;
    AUTO(hq_state_release) struct hq_state state = { .sends = false };
    struct error err = { "" };
    if (storage_hq_state(conninfo, (int) (60 * words->silent_min), &state, &err) < 0)
        return fail(&err);
    if (!words->json)
        print_state(&state);
    else if (print_json(&state) != EXIT_OK)
        return EXIT_FAILED;
    return state.alarms.count > 0 ? EXIT_FAILED : EXIT_OK;
}

/* ---- the table ---- */

enum takes { TAKES_STORE = 1, TAKES_CONNINFO = 2, TAKES_WAIT = 4, TAKES_STATUS = 8 };

static const struct action {
    const char *name;
    int (*run)(const struct hq_words *words, const struct store_config *config,
               const char *conninfo);
    unsigned takes, needs; /* of enum takes */
    const char *help, *purpose;
} actions[] = {
    { "init", init, 0, 0, "at a store: make its database ready to send",
      "Make a store's database ready to send to headquarters. Doing it again mends what is "
      "missing." },
    { "join", join, TAKES_CONNINFO | TAKES_WAIT, TAKES_CONNINFO,
      "at headquarters: receive from a store, with all that it has",
      "Let headquarters receive from a store, with all that the store has. Joining again is "
      "harmless and\ntells headquarters the store's new address." },
    { "status", status, TAKES_STATUS, 0,
      "how the chain is doing, on either side; exit code 1: alarm",
      "Say how replication is doing, at a store or at headquarters. What needs a person is said "
      "on\n"
      "stderr, and the exit code is 1 then." },
    { "resync", resync, TAKES_STORE | TAKES_CONNINFO | TAKES_WAIT, TAKES_STORE,
      "at headquarters: copy a store again whose slot was lost",
      "Copy a store to headquarters again, after its slot was lost. What the store no longer keeps "
      "stays." },
    { "leave", leave, TAKES_STORE, 0,
      "at headquarters: receive no longer; at a store: send no longer",
      "Receive from a store no longer (with --store, at headquarters), or send no longer (at a "
      "store).\nData stays." },
};

static int help(FILE *out, int exit_code)
{
    fprintf(out, "usage: " PROGRAM " ACTION --config FILE [options]\n\nactions:\n");
    for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
        fprintf(out, "  %-8s %s\n", actions[i].name, actions[i].help);
    fprintf(out, "\n" PROGRAM " ACTION --help tells more; docs/chain.md tells how.\n");
    return exit_code;
}

static bool parse(const struct action *action, struct hq_words *words, int argc, char **argv,
                  int *ret_exit)
{
    const struct {
        unsigned takes;
        struct argument argument;
    } all[] = {
        { 0,
          { "--config", "FILE", &words->config, NULL, "the store's or headquarters' config",
            true } },
        { TAKES_STORE,
          { "--store", "STORE", &words->store, NULL, "its id, CHAIN/STORE or number",
            (action->needs & TAKES_STORE) != 0 } },
        { TAKES_CONNINFO,
          { "--store-conninfo", "CONNINFO", &words->store_conninfo, NULL,
            "how headquarters' server reaches the store's database; the password is in a passfile",
            (action->needs & TAKES_CONNINFO) != 0 } },
        { TAKES_WAIT,
          { .name = "--wait",
            .value = "SECONDS",
            .help = "wait this long for the copy, which goes on by itself then; default 60",
            .numbers = { &words->wait_s, 1, 0, 1000000, true } } },
        { TAKES_STATUS,
          { .name = "--silent",
            .value = "MINUTES",
            .help = "a store not heard of for longer is an alarm; default 10",
            .numbers = { &words->silent_min, 1, 0, 1000000, false } } },
        { TAKES_STATUS,
          { .name = "--json", .flag = &words->json, .help = "print everything as JSON" } },
    };
    struct argument taken[ARRAY_LENGTH(all)];
    char program[64];
    struct command_line line = { .program = program,
                                 .purpose = action->purpose,
                                 .arguments = taken };
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        if (all[i].takes == 0 || (action->takes & all[i].takes))
            taken[line.argument_count++] = all[i].argument;
    (void) snprintf(program, sizeof program, PROGRAM " %s", action->name);
    return arguments_parse(&line, argc, argv, ret_exit);
}

static int run(const struct action *action, int argc, char **argv)
{
    struct hq_words words = { .wait_s = WAIT_DEFAULT_S, .silent_min = SILENT_DEFAULT_MIN };
    int exit_code;
    if (!parse(action, &words, argc, argv, &exit_code))
        return exit_code;
    AUTO(store_config_destroy) struct store_config *config = NULL;
    if (load_chain_config(PROGRAM, words.config, &config) < 0)
        return EXIT_FAILED;
    AUTO(store_database_close) struct store_database database;
    struct error err = { "" };
    if (store_database_open(config, &database, &err) < 0)
        return fail(&err);
    exit_code = action->run(&words, config, database.conninfo);
    if (exit_code == EXIT_OK && (action->takes & TAKES_WAIT) && database.cluster &&
        !cluster_was_running(database.cluster))
        fprintf(stderr, PROGRAM ": the embedded database stops with this command, and headquarters "
                                "receives only while it runs; give it a server that runs all the "
                                "time (database.mode = \"conninfo\")\n");
    return exit_code;
}

int cmd_hq(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0)
        return help(stdout, EXIT_OK);
    for (size_t i = 0; argc >= 2 && i < ARRAY_LENGTH(actions); i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return run(&actions[i], argc - 1, argv + 1);
    return help(stderr, EXIT_USAGE);
}
