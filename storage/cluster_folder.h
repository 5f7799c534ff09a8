/*
 * cluster_folder.h - where a private cluster lies, and making it
 *
 *     DIR/data/            PostgreSQL's own; made under another name and renamed when complete
 *     DIR/floorfuse.conf   our settings, written anew at each start
 *     DIR/server.log
 *     DIR/lock             held while a program starts or stops the server
 *     DIR/socket/          or RUN_DIR/pg where DIR is too long for a socket
 */
#ifndef FLOORFUSE_STORAGE_CLUSTER_FOLDER_H
#define FLOORFUSE_STORAGE_CLUSTER_FOLDER_H

#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "config/store_config.h"

#define CLUSTER_PORT     "5432" /* only part of the socket's name */
#define CLUSTER_DATABASE "floorfuse"
#define CLUSTER_USER     "floorfuse"

struct cluster_paths {
    char *dir, *data, *conf, *log, *lock; /* absolute */
    char *socket_folder;
};

/* Who the server runs as. */
struct cluster_owner {
    const char *user; /* to become; NULL: we run it ourselves */
    uid_t uid;
    gid_t gid;
};

/* Work the paths out; nothing is made. Returns 0 or -ENOMEM. */
MUST_CHECK int cluster_paths_init(const struct store_config *config,
                                  struct cluster_paths *ret_paths);
void cluster_paths_release(struct cluster_paths *paths);

/* As root the server runs as postgres. Returns 0, or -ENOENT if there is no such user. */
MUST_CHECK int cluster_owner_find(struct cluster_owner *ret_owner, struct error *err);

/* The folder of PostgreSQL's programs, borrowed, or NULL when it is not installed. */
const char *cluster_program_folder(void);

/* Run one of PostgreSQL's programs as the owner.
 *   arguments   argv without the program, NULL at the end
 *   ret_output  what it wrote
 * Returns 0 when it exited with 0, else -EIO (no sentence is written then), or -errno. */
MUST_CHECK int cluster_run(const struct cluster_owner *owner, const char *program,
                           const char *const *arguments, struct text *ret_output,
                           struct error *err);

/* Make DIR. Returns 0, -EINVAL (a name that PostgreSQL's programs do not take), -errno. */
MUST_CHECK int cluster_folder_make(const struct cluster_paths *paths, struct error *err);

/* Make data (when it is not there), settings, log and socket folder; needs the lock.
 *   hq_wal_mb  as database.hq_wal_mb
 * Returns 0, -ENAMETOOLONG, -EPROTO (made by another version), -errno. */
MUST_CHECK int cluster_folder_fill(const struct cluster_paths *paths,
                                   const struct cluster_owner *owner, int hq_wal_mb,
                                   struct error *err);

/*
 * Remove lock files of a server that was killed when their process number now belongs to another
 * program, as happens in containers, where numbers start anew. PostgreSQL would take that program
 * for a running server and refuse to start.
 */
void cluster_folder_remove_stale_locks(const struct cluster_paths *paths);

#endif
