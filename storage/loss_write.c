/*
 * loss_write.c - what did not get through into the database
 */
#include "storage/loss_write.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "storage/array_text.h"

void storage_losses_destroy(struct storage_losses **losses)
{
    if (!*losses)
        return;
    for (size_t i = 0; i < (*losses)->count; i++) {
        const struct storage_loss *loss = &(*losses)->list[i];
        free((char *) loss->camera);
        free((char *) loss->source);
        free((char *) loss->reason);
        free((char *) loss->unit);
    }
    free((struct storage_loss *) (*losses)->list);
    free(*losses);
    *losses = NULL;
}

enum column { CAMERA, SOURCE, REASON, UNIT, LOSSES, COLUMNS };

static bool fill(struct text columns[static COLUMNS], const struct storage_losses *losses)
{
    bool failed = false;
    for (int c = 0; c < COLUMNS; c++)
        array_open(&columns[c]);
    for (size_t i = 0; i < losses->count; i++) {
        const struct storage_loss *loss = &losses->list[i];
        array_add_string(&columns[CAMERA], loss->camera);
        array_add_string(&columns[SOURCE], loss->source);
        array_add_string(&columns[REASON], loss->reason);
        array_add_string(&columns[UNIT], loss->unit);
        array_add_unsigned(&columns[LOSSES], loss->count);
    }
    for (int c = 0; c < COLUMNS; c++) {
        array_close(&columns[c]);
        failed |= columns[c].failed;
    }
    return !failed;
}

int loss_write(struct database *database, int32_t store_id, const struct storage_losses *losses,
               struct error *err)
{
    struct text columns[COLUMNS];
    char since[WALL_TEXT_SIZE], told[WALL_TEXT_SIZE];
    struct number_text store = integer_text(store_id);
    for (int c = 0; c < COLUMNS; c++)
        columns[c] = (struct text) TEXT_INIT;
    int rc = fill(columns, losses) ? 0 : -ENOMEM;
    const char *const values[] = {
        store.bytes,
        clock_wall_format(losses->since_us, since),
        clock_wall_format(losses->told_us, told),
        columns[CAMERA].bytes,
        columns[SOURCE].bytes,
        columns[REASON].bytes,
        columns[UNIT].bytes,
        columns[LOSSES].bytes,
    };
    if (rc == 0)
        rc = database_query(database, QUERY_LOSSES_PUT, values, NULL, err);
    else
        (void) error_set(err, rc, "out of memory writing what was lost");
    for (int c = 0; c < COLUMNS; c++)
        text_release(&columns[c]);
    return rc;
}
