/*
 * readiness.c - whether a store does its work
 */
#include "metrics/readiness.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"

int readiness_alive(int64_t age_ns, struct error *err)
{
    if (age_ns < 0)
        return error_set(err, -ETIMEDOUT, "fusion is starting");
    if (age_ns > LOOP_SILENCE_MAX_S * NS_PER_S)
        return error_set(err, -ETIMEDOUT, "fusion's loop has not turned for %lld s",
                         (long long) (age_ns / NS_PER_S));
    return 0;
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

/* Where finished buckets go. */
static int check_database(const json_t *database, struct error *err)
{
    const char *away = text_of(database, "last_error"), *disk = text_of(database, "disk_error");
    const json_t *limit = json_object_get(database, "spool_max_bytes");
    if (!json_is_object(database) || !away[0])
        return 0;
    if (!json_is_number(limit) || json_number_value(limit) <= 0)
        return error_set(err, -EAGAIN, "the database is away, and there is no spool: %s", away);
    if (disk[0])
        return error_set(err, -EAGAIN, "the database is away, and the spool cannot be written: %s",
                         disk);
    if (json_number_value(json_object_get(database, "spool_bytes")) >= json_number_value(limit))
        return error_set(err, -EAGAIN, "the database is away, and the spool is full: %s", away);
    return 0;
}

static bool somebody_runs(const json_t *cameras)
{
    size_t i;
    json_t *camera;
    json_array_foreach(cameras, i,
                       camera) if (strcmp(text_of(camera, "state"), "running") == 0) return true;
    return false;
}

int readiness_ready(const json_t *status, int64_t age_ns, struct error *err)
{
    if (readiness_alive(age_ns, err) < 0)
        return -EAGAIN;
    if (!status)
        return error_set(err, -EAGAIN, "fusion's status cannot be read");
    int r = check_database(json_object_get(status, "database"), err);
    if (r == 0 && !somebody_runs(json_object_get(status, "cameras")))
        r = error_set(err, -EAGAIN, "no camera is running");
    return r;
}
