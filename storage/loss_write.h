/*
 * loss_write.h - what did not get through into the database
 */
#ifndef FLOORFUSE_STORAGE_LOSS_WRITE_H
#define FLOORFUSE_STORAGE_LOSS_WRITE_H

#include "storage/database.h"
#include "storage/writer.h"

/* For losses that were read from bytes: the list and its strings are ours. NULL inside is fine. */
void storage_losses_destroy(struct storage_losses **losses);

/* Write them; told again they replace what was told of the same hour. Returns 0, and the codes of
 * database_run. */
MUST_CHECK int loss_write(struct database *database, int32_t store_id,
                          const struct storage_losses *losses, struct error *err);

#endif
