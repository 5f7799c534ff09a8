/*
 * mutate.h - seeds damaged a little, the same way on every machine
 *
 * A fuzzer that is steered by coverage finds more (tools/fuzz), but not the same in every run.
 * These mutations depend on their number alone, so that a failure of a test comes back.
 */
#ifndef FLOORFUSE_TESTS_FUZZ_MUTATE_H
#define FLOORFUSE_TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

struct seed {
    uint8_t *bytes;
    size_t length;
};

/*
 * Mutation `number` of some seeds: one of them with up to four changes, each of bits, bytes,
 * numbers in binary or decimal, pieces cut, doubled, moved or taken from another seed. seeds, count
 * at least one ret_seed      its bytes are the caller's to free(), and no longer than they say, so
 * that a sanitizer sees who reads beyond Returns 0 or -ENOMEM.
 */
MUST_CHECK int mutate(const struct seed *seeds, size_t count, uint64_t number,
                      struct seed *ret_seed);

/* A copy as above. */
MUST_CHECK int seed_copy(const struct seed *seed, struct seed *ret_seed);

#endif
