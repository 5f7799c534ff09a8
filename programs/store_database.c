/*
 * store_database.c - have a store's database at hand for the length of a command
 */
#include "programs/store_database.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

int store_database_open(const struct store_config *config, struct store_database *ret_database,
                        struct error *err)
{
    *ret_database = (struct store_database){ 0 };
    if (strcmp(config->database.mode, "embedded") == 0) {
        int r = cluster_start(config, &ret_database->cluster, err);
        if (r < 0)
            return r;
    }
    ret_database->conninfo = storage_conninfo(config);
    return ret_database->conninfo ? 0 : error_set(err, -ENOMEM, "out of memory");
}

void store_database_close(struct store_database *database)
{
    struct error err = { "" };
    if (database->cluster && !cluster_was_running(database->cluster) &&
        cluster_stop(database->cluster, &err) < 0)
        log_warning("%s", err.text);
    cluster_destroy(&database->cluster);
    free(database->conninfo);
    database->conninfo = NULL;
}
