/*
 * calibration_write.c - one version of a camera's calibration into the database
 */
#include "storage/calibration_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/array_text.h"
#include "storage/keys.h"

/* The strings in the order of the struct. */
enum { STRINGS = 5 };

static void list_strings(struct storage_calibration *c, const char **ret_strings[static STRINGS])
{
    const char **strings[STRINGS] = { &c->camera, &c->version, &c->text, &c->author, &c->note };
    memcpy(ret_strings, strings, sizeof(strings));
}

struct storage_calibration *storage_calibration_copy(const struct storage_calibration *calibration)
{
    const char **strings[STRINGS];
    bool failed = false;
    struct storage_calibration *copy = malloc(sizeof(*copy));
    if (!copy)
        return NULL;
    *copy = *calibration;
    list_strings(copy, strings);
    for (int i = 0; i < STRINGS; i++) {
        const char *string = *strings[i];
        *strings[i] = string ? strdup(string) : NULL;
        failed = failed || (string && !*strings[i]);
    }
    if (failed)
        storage_calibration_destroy(&copy);
    return copy;
}

void storage_calibration_destroy(struct storage_calibration **calibration)
{
    const char **strings[STRINGS];
    if (!*calibration)
        return;
    list_strings(*calibration, strings);
    for (int i = 0; i < STRINGS; i++)
        free((char *) *strings[i]);
    free(*calibration);
    *calibration = NULL;
}

static int find_camera(struct database *database, const char *store_id, const char *camera,
                       int32_t *ret_key, struct error *err)
{
    AUTO(text_release) struct text names = TEXT_INIT;
    array_open(&names);
    array_add_string(&names, camera);
    array_close(&names);
    if (names.failed)
        return error_set(err, -ENOMEM, "out of memory writing a calibration");
    const char *const values[] = { store_id, names.bytes };
    return keys_find(database, QUERY_CAMERA_KEYS, values, 1, ret_key, err);
}

int calibration_write(struct database *database, int32_t store_id,
                      const struct storage_calibration *c, struct error *err)
{
    struct number_text store = integer_text(store_id);
    char valid_from[WALL_TEXT_SIZE];
    int32_t camera_id;
    int rc = find_camera(database, store.bytes, c->camera, &camera_id, err);
    if (rc < 0)
        return rc;
    struct number_text camera = integer_text(camera_id);
    const char *since =
        c->valid_from_us == INT64_MIN ? NULL : clock_wall_format(c->valid_from_us, valid_from);
    const char *const values[] = { store.bytes, camera.bytes, c->version, c->text,
                                   c->author,   c->note,      since };
    return database_query(database, QUERY_CALIBRATION_PUT, values, NULL, err);
}
