/*
 * columns.h - the parameters of a statement that takes columns: array literals of equal length
 */
#ifndef FLOORFUSE_STORAGE_COLUMNS_H
#define FLOORFUSE_STORAGE_COLUMNS_H

#include "storage/array_text.h"
#include "storage/database.h"

struct columns {
    struct text items[QUERY_PARAMETERS_MAX];
    size_t count;
    bool closed; /* the literals are complete */
};

/* Open as many columns as the statement has parameters after the first, which is the store. Add a
 * row by adding one element to each of items[]. */
void columns_init(struct columns *columns, enum query_id id);
void columns_release(struct columns *columns);

/* Complete the literals; columns_run does it by itself. */
void columns_close(struct columns *columns);

/* Close the columns and run the statement; several may run with the same columns. Returns 0,
 * -ENOMEM, and the codes of database_run. */
MUST_CHECK int columns_run(struct columns *columns, struct database *database, enum query_id id,
                           const char *store_id, PGresult **ret_result, struct error *err);

#endif
