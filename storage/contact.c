/*
 * contact.c - what a writer says about its store when it connects
 */
#include "storage/contact.h"

#include <errno.h>
#include <string.h>

#include "storage/array_text.h"
#include "storage/keys.h"
#include "storage/record.h"
#include "storage/writer.h"

static int run(struct database *database, enum query_id id, const char *const *values,
               struct error *err)
{
    return database_query(database, id, values, NULL, err);
}

static int check_timezone(struct database *database, const char *timezone, struct error *err)
{
    const char *const values[] = { timezone };
    int rc = run(database, QUERY_TIMEZONE_CHECK, values, err);
    if (rc == -EIO && strncmp(database->sqlstate, "22", 2) == 0)
        return error_set(err, -EINVAL,
                         "the time zone \"%s\" of the store is not known; use a name such as "
                         "Europe/Berlin",
                         timezone);
    return rc;
}

static int check_clash(struct database *database, const struct storage_writer_options *options,
                       struct error *err)
{
    struct number_text store_id = integer_text(options->store_key);
    const char *const values[] = { store_id.bytes, options->chain, options->store };
    AUTO(database_result_release) PGresult *rows = NULL;
    int rc = database_query(database, QUERY_STORE_CLASH, values, &rows, err);
    if (rc < 0 || PQntuples(rows) == 0)
        return rc;
    return error_set(
        err, -EEXIST,
        "store %s/%s has the key %s, but in the database the key of store %s/%s is %s; "
        "every store of a chain needs its own",
        options->chain, options->store, store_id.bytes, PQgetvalue(rows, 0, 1),
        PQgetvalue(rows, 0, 2), PQgetvalue(rows, 0, 0));
}

static int put_store(struct database *database, const struct storage_writer_options *options,
                     const char *timezone, struct error *err)
{
    struct number_text store_id = integer_text(options->store_key);
    const char *const chain[] = { options->chain };
    const char *const store[] = { store_id.bytes, options->chain, options->store, timezone };
    const char *const zone[] = { store_id.bytes, timezone };
    int rc = run(database, QUERY_CHAIN_PUT, chain, err);
    if (rc == 0)
        rc = run(database, QUERY_STORE_PUT, store, err);
    return rc < 0 ? rc : run(database, QUERY_TIMEZONE_SET, zone, err);
}

/* ["08:00", ...]: the opening or the closing times of a day. */
static void add_times(struct text *json, const struct opening_day *day, bool closing)
{
    text_append(json, "[");
    for (size_t i = 0; i < day->count; i++) {
        int min = closing ? day->intervals[i].closes_min : day->intervals[i].opens_min;
        text_format(json, "%s\"%02d:%02d\"", i ? "," : "", min / 60, min % 60);
    }
    text_append(json, "]");
}

static void add_day(struct text *json, const struct opening_day *day)
{
    text_append(json, "\"opens\":");
    add_times(json, day, false);
    text_append(json, ",\"closes\":");
    add_times(json, day, true);
    text_append(json, "}");
}

/* A store that never said when it is open has no rows, and is always open. */
static void add_weekdays(struct text *json, const struct opening_hours *hours)
{
    text_append(json, "{");
    for (int weekday = 1; !hours->always && weekday <= WEEKDAYS; weekday++) {
        text_format(json, "%s\"%d\":{", weekday > 1 ? "," : "", weekday);
        add_day(json, &hours->weekdays[weekday]);
    }
    text_append(json, "}");
}

static void add_exceptions(struct text *json, const struct opening_hours *hours)
{
    text_append(json, "[");
    for (size_t i = 0; i < hours->exception_count; i++) {
        const struct opening_exception *e = &hours->exceptions[i];
        text_format(json, "%s{\"date\":\"%04d-%02d-%02d\",", i ? "," : "", e->year, e->month,
                    e->day);
        add_day(json, &e->hours);
    }
    text_append(json, "]");
}

static int put_opening(struct database *database, const struct storage_writer_options *options,
                       struct error *err)
{
    AUTO(text_release) struct text weekdays = TEXT_INIT;
    AUTO(text_release) struct text exceptions = TEXT_INIT;
    struct number_text store_id = integer_text(options->store_key);
    if (!options->opening)
        return 0;
    add_weekdays(&weekdays, options->opening);
    add_exceptions(&exceptions, options->opening);
    if (weekdays.failed || exceptions.failed)
        return error_set(err, -ENOMEM, "out of memory writing the opening hours");
    const char *const values[] = { store_id.bytes, weekdays.bytes, exceptions.bytes };
    return run(database, QUERY_OPENING_PUT, values, err);
}

static int put_retention(struct database *database, const struct storage_writer_options *options,
                         struct error *err)
{
    const struct storage_retention *retention = &options->retention;
    struct number_text store_id = integer_text(options->store_key),
                       buckets = integer_text(retention->bucket_days),
                       hours = integer_text(retention->hour_days),
                       days = integer_text(retention->day_days);
    const char *const values[] = { store_id.bytes, buckets.bytes, hours.bytes, days.bytes };
    return run(database, QUERY_RETENTION_SET, values, err);
}

int contact_store(struct database *database, const struct storage_writer_options *options,
                  struct error *err)
{
    const char *timezone = options->timezone ? options->timezone : "UTC";
    int rc = check_timezone(database, timezone, err);
    if (rc == 0)
        rc = check_clash(database, options, err);
    if (rc == 0)
        rc = put_store(database, options, timezone, err);
    if (rc == 0)
        rc = put_opening(database, options, err);
    return rc < 0 ? rc : put_retention(database, options, err);
}

int contact_definition(struct database *database, int32_t store_id,
                       const struct storage_definition *definition, int32_t *ret_key,
                       struct error *err)
{
    struct number_text store = integer_text(store_id),
                       bucket_s = integer_text(definition->bucket_s),
                       visit_s = integer_text(definition->visit_s),
                       cell_m = double_text(definition->cell_m),
                       hysteresis_m = double_text(definition->zone_hysteresis_m);
    const char *const values[] = { store.bytes, bucket_s.bytes, visit_s.bytes, cell_m.bytes,
                                   hysteresis_m.bytes };
    return keys_find(database, QUERY_DEFINITION_KEY, values, 1, ret_key, err);
}
