/*
 * refused.h - records that cannot be written are put aside, for a person to look at
 *
 * Each becomes a file of the record's bytes, TIME-FLOOR.record, and one with the reason, .why, both
 * with mode 0600. What is refused again replaces what was there. The folder is bounded: it is for
 * the odd bucket, and not for a database that refuses all of them.
 */
#ifndef FLOORFUSE_STORAGE_REFUSED_H
#define FLOORFUSE_STORAGE_REFUSED_H

#include "storage/record.h"

#define REFUSED_BYTES_MAX (UINT64_C(64) * 1024 * 1024)

/*
 * Put a record aside.
 *   content   what it holds; NULL when it could not be read
 *   ret_path  where it lies; the caller's to free()
 * Returns 0; -ENOSPC when the folder is full, -errno, with a sentence.
 */
MUST_CHECK int refused_keep(const char *folder, const struct record *record,
                            const struct record_content *content, const char *why, char **ret_path,
                            struct error *err);

#endif
