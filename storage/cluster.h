/*
 * cluster.h - a private PostgreSQL for one store, so that the first run needs no administrator
 *
 * The cluster listens on a Unix socket only, in a folder of its own that nobody else may enter. It
 * runs as the user who starts it; as root, which PostgreSQL refuses, as the user postgres.
 */
#ifndef FLOORFUSE_STORAGE_CLUSTER_H
#define FLOORFUSE_STORAGE_CLUSTER_H

#include <stdbool.h>

#include "base/error.h"
#include "config/store_config.h"

struct cluster; /* opaque */

/*
 * Make the cluster if it is not there, start it if it is not running, make the database.
 *   config  database.mode must be "embedded"
 * Returns 0; -ENOENT (PostgreSQL 15 not installed), -ENAMETOOLONG (socket path over 107 bytes),
 * -EIO (the server did not come up; the sentence ends with the last line of its log), -errno.
 */
MUST_CHECK int cluster_start(const struct store_config *config, struct cluster **ret_cluster,
                             struct error *err);

/* Whether there is a cluster already, for those who only look: cluster_start makes one. */
bool cluster_is_made(const struct store_config *config);

/* Whether cluster_start found it running: then somebody else will stop it. */
bool cluster_was_running(const struct cluster *cluster);

/* Stop the server (fast shutdown) and wait for it. */
MUST_CHECK int cluster_stop(struct cluster *cluster, struct error *err);
void cluster_destroy(struct cluster **cluster); /* frees; does not stop the server */

/*
 * The libpq connection string of a store's database, embedded or not. The caller's to free(). NULL
 * when out of memory. For the embedded one: "host=SOCKET_FOLDER port=... dbname=floorfuse
 * user=...".
 */
char *storage_conninfo(const struct store_config *config);

#endif
