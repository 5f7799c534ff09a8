/*
 * fuzz_bucket_bytes.c - bytes in place of a heat bucket
 *
 * What is accepted must be packed as the same bytes. The seeds are what `test_bucket_bytes FOLDER`
 * writes.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "heat/bucket_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    AUTO(heat_bucket_destroy) struct heat_bucket *bucket = NULL;
    AUTO(buffer_release) struct buffer again = BUFFER_INIT;
    if (heat_bucket_unpack(bytes, length, &bucket, NULL) < 0)
        return 0;
    if (heat_bucket_pack(bucket, &again) < 0)
        return 0; /* out of memory */
    if (again.length != length || memcmp(again.bytes, bytes, length) != 0)
        abort();
    return 0;
}
