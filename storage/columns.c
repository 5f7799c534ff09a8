/*
 * columns.c - the parameters of a statement that takes columns
 */
#include "storage/columns.h"

#include <errno.h>

void columns_init(struct columns *columns, enum query_id id)
{
    columns->count = (size_t) queries[id].parameters - 1;
    columns->closed = false;
    for (size_t i = 0; i < columns->count; i++) {
        columns->items[i] = (struct text) TEXT_INIT;
        array_open(&columns->items[i]);
    }
}

void columns_release(struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        text_release(&columns->items[i]);
    columns->count = 0;
}

void columns_close(struct columns *columns)
{
    for (size_t i = 0; !columns->closed && i < columns->count; i++)
        array_close(&columns->items[i]);
    columns->closed = true;
}

int columns_run(struct columns *columns, struct database *database, enum query_id id,
                const char *store_id, PGresult **ret_result, struct error *err)
{
    const char *values[QUERY_PARAMETERS_MAX] = { store_id };
    bool failed = false;
    columns_close(columns);
    for (size_t i = 0; i < columns->count; i++) {
        failed |= columns->items[i].failed;
        values[i + 1] = columns->items[i].bytes;
    }
    if (failed)
        return error_set(err, -ENOMEM, "out of memory writing buckets");
    return database_query(database, id, values, ret_result, err);
}
