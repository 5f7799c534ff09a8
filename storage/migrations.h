/*
 * migrations.h - the files of sql/migrations as they were when the program was built
 */
#ifndef FLOORFUSE_STORAGE_MIGRATIONS_H
#define FLOORFUSE_STORAGE_MIGRATIONS_H

#include <stddef.h>

struct migration {
    int version;      /* 1, 2, 3, ... without a hole */
    const char *name; /* of the file, without number and ending */
    const char *sql;  /* NUL-terminated */
    size_t length;    /* without the NUL */
};

extern const struct migration migrations[]; /* by version, ascending */
extern const int migration_count;           /* the version this program knows */

#endif
