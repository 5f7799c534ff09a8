/*
 * calibration_write.h - one version of a camera's calibration into the database
 */
#ifndef FLOORFUSE_STORAGE_CALIBRATION_WRITE_H
#define FLOORFUSE_STORAGE_CALIBRATION_WRITE_H

#include "storage/database.h"
#include "storage/writer.h"

/* A copy with a life of its own; NULL when out of memory. */
struct storage_calibration *storage_calibration_copy(const struct storage_calibration *calibration);
void storage_calibration_destroy(struct storage_calibration **calibration);

/* Write it, with its camera's row where that is missing; a version that is there with its text
 * stays as it is. Returns 0, and the codes of database_run. */
MUST_CHECK int calibration_write(struct database *database, int32_t store_id,
                                 const struct storage_calibration *calibration, struct error *err);

#endif
