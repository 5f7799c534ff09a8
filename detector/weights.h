/*
 * weights.h - the .weights of a Darknet network, checked before any engine sees them
 *
 * The file is a header of three int32 (major, minor, revision) and the number of pictures seen in
 * training (int32 up to version 0.1, int64 from 0.2), then little-endian 32-bit floats in the order
 * of the layers. Nothing in it says how many: only the .cfg does, and the size must fit exactly.
 */
#ifndef FLOORFUSE_DETECTOR_WEIGHTS_H
#define FLOORFUSE_DETECTOR_WEIGHTS_H

#include <stddef.h>

#include "base/error.h"
#include "detector/darknet_cfg.h"

/*
 * Read and check.
 *   sha256     64 hexadecimal digits the file must have; NULL: not checked
 *   ret_bytes  the whole file, header included; the caller's to free()
 * Returns 0; -errno of the file; -EINVAL: not Darknet's, truncated, too long, not the SHA-256, a
 * parameter that is not a number, a variance below 0.
 */
MUST_CHECK int weights_load(const char *path, const struct darknet_cfg *cfg, const char *sha256,
                            char **ret_bytes, size_t *ret_length, struct error *err);

/* The same for bytes that are in memory. */
MUST_CHECK int weights_check(const char *bytes, size_t length, const char *path,
                             const struct darknet_cfg *cfg, struct error *err);

#endif
