/*
 * drainer.c - the thread that writes what waits to the database, oldest first
 *
 * Records being written stay where they wait until they are committed, so a crash of the connection
 * or of this program at any point, even during COMMIT, ends in writing them again, and writing
 * replaces. Several buckets that wait are written in one transaction; if the database refuses one
 * of them they are written one by one, so that only that one is put aside.
 */
#include "storage/drainer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/array_text.h"
#include "storage/bucket_write.h"
#include "storage/calibration_write.h"
#include "storage/contact.h"
#include "storage/database.h"
#include "storage/dimensions.h"
#include "storage/loss_write.h"
#include "storage/refused.h"
#include "storage/schema.h"

/* Pauses double from the first to the longest; while somebody waits in flush they stay short. */
#define PAUSE_FIRST_MS   250
#define PAUSE_LONGEST_MS 15000
#define PAUSE_FLUSH_MS   250

/* What the server refuses for the bucket's own sake it refuses again; once more rules out a race.
 */
#define REFUSED_ATTEMPTS 3

/* With nothing to write the thread looks this often whether an hour is over. */
#define IDLE_MS 60000

#define RETENTION_INTERVAL_NS (INT64_C(3600) * NS_PER_S)

struct drainer {
    struct writer_state *state;
    pthread_t thread;
    bool runs;
    pthread_mutex_t floors_mutex; /* guards the floors of dimensions */

    /* the thread's own */
    struct database *database; /* NULL: not connected */
    struct bucket_context context;
    struct storage_definition definition; /* that context.definition_id stands for; 0: none yet */
    struct dimensions *dimensions;
    bool is_away; /* it has been said that the database does not take buckets */
    int pause_ms;
    int refused;          /* times the record at the head was refused */
    size_t one_by_one;    /* so many records are written singly */
    uint64_t damaged;     /* places of the spool that have been told of */
    int64_t retention_ns; /* when facts were last deleted; 0: not yet */
};

/* ---- the connection ---- */

static int connect_database(struct drainer *drainer, struct database **database, struct error *err)
{
    const struct storage_writer_options *options = &drainer->state->options;
    int rc = database_open(options->conninfo, drainer->state->stop_fd, DATABASE_TIMEOUT_MS,
                           database, err);
    drainer->context = (struct bucket_context){ .store_id = options->store_key,
                                                .dimensions = drainer->dimensions };
    drainer->definition = (struct storage_definition){ 0 };
    if (rc == 0)
        rc = schema_check(*database, err);
    return rc < 0 ? rc : contact_store(*database, options, err);
}

int drainer_connect(struct drainer *drainer, bool *ret_may_pass, struct error *err)
{
    AUTO(database_close) struct database *database = NULL;
    int rc = connect_database(drainer, &database, err);
    if (rc < 0) {
        *ret_may_pass = database_can_recover(database, rc);
        return rc;
    }
    dimensions_forget(drainer->dimensions);
    drainer->database = database;
    database = NULL;
    return 0;
}

/* Nothing of an unfinished transaction stays, neither there nor in memory. */
static void undo(struct drainer *drainer)
{
    database_rollback(drainer->database);
    dimensions_forget(drainer->dimensions);
    drainer->definition = (struct storage_definition){ 0 };
    if (!drainer->database->connection)
        database_close(&drainer->database);
}

/* ---- what waits ---- */

/* Records at the head, of which the first ones go into one transaction. */
struct batch {
    struct record records[BUCKET_BATCH_MAX];
    size_t read; /* records */
    bool is_borrowed;
    struct record_content contents[BUCKET_BATCH_MAX];
    size_t count;     /* contents: those that go together */
    bool is_readable; /* otherwise the first record is not, and error says why */
};

static void batch_release(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        record_content_release(&batch->contents[i]);
    for (size_t i = 0; i < batch->read && !batch->is_borrowed; i++)
        record_release(&batch->records[i]);
}

static void borrow_from_queue(struct writer_state *state, size_t most, struct batch *batch)
{
    writer_state_lock(state);
    batch->is_borrowed = true;
    for (; batch->read < state->queue.count && batch->read < most; batch->read++)
        batch->records[batch->read] = *record_queue_at(&state->queue, batch->read);
    writer_state_unlock(state);
}

static void tell_of_damage(struct drainer *drainer)
{
    struct writer_state *state = drainer->state;
    uint64_t damaged = spool_status(state->spool).damaged;
    if (damaged == drainer->damaged)
        return;
    writer_state_lock(state);
    for (uint64_t more = damaged - drainer->damaged; more > 0; more--)
        writer_state_count_drop(state, STORAGE_DROP_DAMAGED);
    writer_state_notice(state, "the spool %s is damaged in %llu places, which were skipped",
                        state->options.spool_folder,
                        (unsigned long long) (damaged - drainer->damaged));
    writer_state_changed(state);
    writer_state_unlock(state);
    drainer->damaged = damaged;
}

static int read_spool(struct drainer *drainer, size_t most, struct batch *batch, struct error *err)
{
    int count = spool_front(drainer->state->spool, most, batch->records, err);
    tell_of_damage(drainer);
    if (count < 0)
        return count;
    batch->read = (size_t) count;
    return 0;
}

static bool same_bucket(const struct heat_bucket *a, const struct heat_bucket *b)
{
    return a->start_us == b->start_us && strcmp(a->floor, b->floor) == 0;
}

static bool same_definition(const struct storage_definition *a, const struct storage_definition *b)
{
    return a->bucket_s == b->bucket_s && a->visit_s == b->visit_s && a->cell_m == b->cell_m &&
           a->zone_hysteresis_m == b->zone_hysteresis_m;
}

/* A calibration or losses go alone; buckets go together that were counted alike and are not the
 * same. */
static bool fits(const struct batch *batch, const struct record_content *content)
{
    if (batch->count == 0)
        return true;
    if (!content->bucket || !batch->contents[0].bucket ||
        !same_definition(&batch->contents[0].definition, &content->definition))
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (same_bucket(batch->contents[i].bucket, content->bucket))
            return false;
    return true;
}

/* A record that cannot be read ends the batch, or is alone in it. */
static int read_contents(struct batch *batch, struct error *err)
{
    batch->is_readable = true;
    for (size_t i = 0; i < batch->read; i++) {
        int r = record_read(&batch->records[i], &batch->contents[i], i == 0 ? err : NULL);
        if (r == -ENOMEM && i == 0)
            return r;
        if (r < 0) {
            batch->is_readable = i > 0;
            break;
        }
        if (!fits(batch, &batch->contents[i])) {
            record_content_release(&batch->contents[i]);
            break;
        }
        batch->count++;
    }
    return 0;
}

static int take_batch(struct drainer *drainer, struct batch *batch, struct error *err)
{
    size_t most = drainer->one_by_one ? 1 : BUCKET_BATCH_MAX;
    int r = 0;
    if (drainer->state->spool)
        r = read_spool(drainer, most, batch, err);
    else
        borrow_from_queue(drainer->state, most, batch);
    return r < 0 ? r : read_contents(batch, err);
}

/* Records are done with. What they were counted as is counted before, so that nobody who waits
 * sees nothing waiting and nothing done. */
static void drop_records(struct drainer *drainer, const struct batch *batch, size_t count)
{
    struct writer_state *state = drainer->state;
    if (state->spool)
        spool_drop(state->spool, batch->records[count - 1].number);
    writer_state_lock(state);
    if (!state->spool)
        record_queue_drop(&state->queue, count);
    writer_state_changed(state);
    writer_state_unlock(state);
    drainer->refused = 0;
    drainer->one_by_one -= count < drainer->one_by_one ? count : drainer->one_by_one;
    drainer->pause_ms = PAUSE_FIRST_MS;
}

/* ---- writing ---- */

/* What became of one try to write. */
enum outcome { OUTCOME_WRITTEN, OUTCOME_LATER, OUTCOME_REFUSED };

static int use_definition(struct drainer *drainer, const struct storage_definition *definition,
                          struct error *err)
{
    if (same_definition(&drainer->definition, definition))
        return 0;
    int rc = contact_definition(drainer->database, drainer->context.store_id, definition,
                                &drainer->context.definition_id, err);
    if (rc == 0)
        drainer->definition = *definition;
    return rc;
}

/* Records of another store come from a state_dir that was copied or shared. */
static int check_store(const struct drainer *drainer, const struct heat_bucket *bucket,
                       struct error *err)
{
    const char *store = drainer->state->options.store;
    if (!drainer->state->spool || strcmp(bucket->store, store) == 0)
        return 0;
    return error_set(err, -EINVAL, "the spool holds a bucket of store %s, and this is store %s",
                     bucket->store, store);
}

static int write_buckets(struct drainer *drainer, const struct batch *batch, struct error *err)
{
    const struct heat_bucket *buckets[BUCKET_BATCH_MAX];
    int rc = use_definition(drainer, &batch->contents[0].definition, err);
    for (size_t i = 0; rc == 0 && i < batch->count; i++) {
        buckets[i] = batch->contents[i].bucket;
        rc = check_store(drainer, buckets[i], err);
    }
    if (rc < 0)
        return rc;
    (void) pthread_mutex_lock(&drainer->floors_mutex);
    rc = bucket_write(drainer->database, &drainer->context, buckets, batch->count, err);
    (void) pthread_mutex_unlock(&drainer->floors_mutex);
    return rc;
}

static enum outcome failed_outcome(struct drainer *drainer, int rc)
{
    if (rc == -EINVAL)
        return OUTCOME_REFUSED;
    if (database_can_recover(drainer->database, rc))
        return OUTCOME_LATER;
    return ++drainer->refused < REFUSED_ATTEMPTS ? OUTCOME_LATER : OUTCOME_REFUSED;
}

static int write_batch(struct drainer *drainer, const struct batch *batch, struct error *err)
{
    const struct record_content *first = &batch->contents[0];
    int32_t store_id = drainer->context.store_id;
    if (first->bucket)
        return write_buckets(drainer, batch, err);
    if (first->calibration)
        return calibration_write(drainer->database, store_id, first->calibration, err);
    return loss_write(drainer->database, store_id, first->losses, err);
}

static enum outcome try_write(struct drainer *drainer, const struct batch *batch, struct error *err)
{
    bool may_pass;
    if (!batch->is_readable)
        return OUTCOME_REFUSED;
    if (!drainer->database && drainer_connect(drainer, &may_pass, err) < 0)
        return OUTCOME_LATER;
    int rc = write_batch(drainer, batch, err);
    if (rc == 0)
        return OUTCOME_WRITTEN;
    enum outcome outcome = failed_outcome(drainer, rc);
    undo(drainer);
    return outcome;
}

/* ---- what became of it ---- */

/* Pause before the next try; stop ends it, and flush shortens it. Called with the mutex. */
static void pause_thread(struct drainer *drainer)
{
    struct writer_state *state = drainer->state;
    int64_t began_ns = clock_mono_ns();
    for (;;) {
        int pause_ms = state->flushing && drainer->pause_ms > PAUSE_FLUSH_MS ? PAUSE_FLUSH_MS
                                                                             : drainer->pause_ms;
        int64_t until_ns = began_ns + pause_ms * NS_PER_MS;
        if (state->stop || clock_mono_ns() >= until_ns)
            break;
        (void) writer_state_wait(state, until_ns);
    }
    drainer->pause_ms *= 2;
    if (drainer->pause_ms > PAUSE_LONGEST_MS)
        drainer->pause_ms = PAUSE_LONGEST_MS;
}

void drainer_note_away(struct drainer *drainer, const struct error *error)
{
    struct writer_state *state = drainer->state;
    writer_state_note(state->counts.last_error, error->text);
    if (!drainer->is_away)
        writer_state_notice(state, "the database takes no buckets, they wait%s%s: %s",
                            state->spool ? " in " : "",
                            state->spool ? state->options.spool_folder : "", error->text);
    drainer->is_away = true;
}

static void note_written(struct drainer *drainer, const struct batch *batch)
{
    struct writer_state *state = drainer->state;
    writer_state_lock(state);
    state->counts.last_error[0] = '\0';
    for (size_t i = 0; i < batch->count; i++) {
        bool is_bucket = batch->contents[i].bucket != NULL;
        state->counts.written += is_bucket;
        state->to_roll_up |= is_bucket;
    }
    if (drainer->is_away)
        writer_state_notice(state, "the database takes buckets again");
    drainer->is_away = false;
    writer_state_unlock(state);
    drop_records(drainer, batch, batch->count);
}

static void put_aside(struct drainer *drainer, const struct batch *batch, const char *why)
{
    struct writer_state *state = drainer->state;
    struct error error = { "no folder is named for it" };
    char *path = NULL;
    int r = -ENOENT;
    if (state->options.refused_folder)
        r = refused_keep(state->options.refused_folder, &batch->records[0],
                         batch->is_readable ? &batch->contents[0] : NULL, why, &path, &error);
    writer_state_lock(state);
    writer_state_note(state->counts.last_error, why);
    writer_state_count_drop(state,
                            batch->is_readable ? STORAGE_DROP_REFUSED : STORAGE_DROP_DAMAGED);
    if (r == 0)
        writer_state_notice(state, "%s; what it was is in %s", why, path);
    else
        writer_state_notice(state, "%s; it is not put aside: %s", why, error.text);
    writer_state_unlock(state);
    free(path);
}

static void note_refused(struct drainer *drainer, const struct batch *batch, const char *why)
{
    if (batch->count > 1) {
        drainer->one_by_one = batch->count;
        drainer->refused = 0;
        return;
    }
    put_aside(drainer, batch, why);
    drop_records(drainer, batch, 1);
}

static void note_later(struct drainer *drainer, const struct error *error)
{
    struct writer_state *state = drainer->state;
    writer_state_lock(state);
    if (!state->stop) {
        drainer_note_away(drainer, error);
        state->counts.retries++;
        pause_thread(drainer);
    }
    writer_state_unlock(state);
}

static void take_outcome(struct drainer *drainer, const struct batch *batch, enum outcome outcome,
                         const struct error *error)
{
    switch (outcome) {
    case OUTCOME_WRITTEN:
        note_written(drainer, batch);
        break;
    case OUTCOME_REFUSED:
        note_refused(drainer, batch, error->text);
        break;
    case OUTCOME_LATER:
        note_later(drainer, error);
        break;
    }
}

static void write_some(struct drainer *drainer)
{
    struct error error = { "" };
    struct batch *batch = calloc(1, sizeof(*batch));
    int r = batch ? take_batch(drainer, batch, &error)
                  : error_set(&error, -ENOMEM, "out of memory writing buckets");
    if (r < 0)
        note_later(drainer, &error);
    else if (batch->read > 0)
        take_outcome(drainer, batch, try_write(drainer, batch, &error), &error);
    if (batch)
        batch_release(batch);
    free(batch);
}

/* ---- with nothing to write ---- */

static int apply_retention(struct drainer *drainer, const char *store_id, struct error *err)
{
    const char *const values[] = { store_id };
    int64_t now_ns = clock_mono_ns();
    if (drainer->retention_ns && now_ns < drainer->retention_ns + RETENTION_INTERVAL_NS)
        return 0;
    drainer->retention_ns = now_ns;
    return database_query(drainer->database, QUERY_RETENTION_APPLY, values, NULL, err);
}

/* A piece of the roll-up. Returns how much was done, 0 when all is, or a code of database_run. */
static int roll_up(struct drainer *drainer, struct error *err)
{
    AUTO(database_result_release) PGresult *rows = NULL;
    struct number_text store_id = integer_text(drainer->state->options.store_key);
    const char *const values[] = { store_id.bytes };
    if (!drainer->database)
        return 0; /* it comes back with the next bucket */
    int rc = database_query(drainer->database, QUERY_ROLL_UP, values, &rows, err);
    if (rc == 0)
        rc = atoi(PQgetvalue(rows, 0, 0));
    if (rc == 0)
        rc = apply_retention(drainer, store_id.bytes, err);
    if (rc < 0 && !drainer->database->connection)
        database_close(&drainer->database);
    return rc;
}

/* A roll-up that fails loses nothing: it is tried again after the next bucket. */
static void roll_up_some(struct drainer *drainer)
{
    struct writer_state *state = drainer->state;
    struct error error = { "" };
    int rc = roll_up(drainer, &error);
    writer_state_lock(state);
    if (!state->stop) {
        state->counts.roll_ups_failed += rc < 0;
        writer_state_note(state->counts.roll_up_error, rc < 0 ? error.text : "");
    }
    state->to_roll_up = rc > 0;
    writer_state_changed(state);
    writer_state_unlock(state);
}

/* ---- the thread ---- */

enum work { WORK_STOP, WORK_WRITE, WORK_ROLL_UP };

static enum work next_work(struct writer_state *state)
{
    int64_t idle_until_ns = clock_mono_ns() + IDLE_MS * NS_PER_MS;
    enum work work = WORK_ROLL_UP;
    writer_state_lock(state);
    while (!state->stop && !state->to_roll_up &&
           !(state->begun && writer_state_waiting(state) > 0) &&
           writer_state_wait(state, idle_until_ns))
        ;
    if (state->stop)
        work = WORK_STOP;
    else if (state->begun && writer_state_waiting(state) > 0)
        work = WORK_WRITE;
    writer_state_unlock(state);
    return work;
}

static void *drainer_thread(void *argument)
{
    struct drainer *drainer = argument;
    enum work work;
    while ((work = next_work(drainer->state)) != WORK_STOP)
        (work == WORK_WRITE ? write_some : roll_up_some)(drainer);
    return NULL;
}

int drainer_create(struct writer_state *state, struct drainer **ret_drainer, struct error *err)
{
    struct drainer *drainer = calloc(1, sizeof(*drainer));
    int r = drainer ? dimensions_create(state->options.store_key, &drainer->dimensions) : -ENOMEM;
    if (r < 0) {
        free(drainer);
        return error_set(err, r, "out of memory starting the database writer");
    }
    drainer->state = state;
    drainer->pause_ms = PAUSE_FIRST_MS;
    (void) pthread_mutex_init(&drainer->floors_mutex, NULL);
    *ret_drainer = drainer;
    return 0;
}

int drainer_start(struct drainer *drainer, struct error *err)
{
    int r = writer_state_start_thread(&drainer->thread, drainer_thread, drainer, err);
    drainer->runs = r == 0;
    return r;
}

int drainer_set_floor(struct drainer *drainer, const char *floor, const struct floor_map *map,
                      struct error *err)
{
    (void) pthread_mutex_lock(&drainer->floors_mutex);
    int rc = dimensions_set_floor(drainer->dimensions, floor, map, err);
    (void) pthread_mutex_unlock(&drainer->floors_mutex);
    return rc;
}

void drainer_destroy(struct drainer **drainer)
{
    struct drainer *d = *drainer;
    if (!d)
        return;
    if (d->runs)
        (void) pthread_join(d->thread, NULL);
    dimensions_destroy(&d->dimensions);
    database_close(&d->database);
    (void) pthread_mutex_destroy(&d->floors_mutex);
    free(d);
    *drainer = NULL;
}
