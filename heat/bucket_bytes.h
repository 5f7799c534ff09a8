/*
 * bucket_bytes.h - a heat bucket as bytes, and back
 *
 * For buckets that must survive the program before the database has them. The bytes are those of
 * base/buffer.h: the same on every machine, doubles bit for bit. They carry a version; a program
 * that does not know it refuses them. They have no checksum: what keeps them has one.
 */
#ifndef FLOORFUSE_HEAT_BUCKET_BYTES_H
#define FLOORFUSE_HEAT_BUCKET_BYTES_H

#include "base/buffer.h"
#include "base/error.h"
#include "heat/heat_bucket.h"

/*
 * Append a bucket to a buffer, whatever it says: what contradicts itself is found on reading.
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int heat_bucket_pack(const struct heat_bucket *bucket, struct buffer *buffer);

/*
 * Read a bucket. Nothing is believed: ids are texts, indexes lie in what they point into, cells
 * ascend inside the grid, sums and times stay far from overflow, numbers are finite, and what is
 * read would be packed as the very same bytes.
 *   ret_bucket  owned by the caller; untouched on failure
 * Returns 0; -EPROTO (a version that is not known) and -EBADMSG (damaged, or a contradiction), each
 * with a sentence; -ENOMEM.
 */
MUST_CHECK int heat_bucket_unpack(const void *bytes, size_t length, struct heat_bucket **ret_bucket,
                                  struct error *err);

#endif
