/*
 * store_database.h - have a store's database at hand for the length of a command
 */
#ifndef FLOORFUSE_PROGRAMS_STORE_DATABASE_H
#define FLOORFUSE_PROGRAMS_STORE_DATABASE_H

#include "config/store_config.h"
#include "storage/cluster.h"

struct store_database {
    struct cluster *cluster; /* NULL for a server that is not ours */
    char *conninfo;
};

/* Start the embedded database if it is not running. Close it even when this fails. */
MUST_CHECK int store_database_open(const struct store_config *config,
                                   struct store_database *ret_database, struct error *err);

/* Stop the embedded database if database_open started it. */
void store_database_close(struct store_database *database);

#endif
