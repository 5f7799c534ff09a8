/*
 * fuzz_record.c - bytes in place of a record of the spool; the first says of which kind
 *
 * Losses that are accepted must be packed as the same bytes. The seeds are what `test_record
 * FOLDER` writes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "storage/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_again(const struct record *record, const struct storage_losses *losses)
{
    struct record again = { 0 };
    if (record_of_losses(losses, &again) < 0)
        return; /* out of memory */
    if (again.length != record->length || memcmp(again.bytes, record->bytes, again.length) != 0)
        abort();
    record_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct record_content content = { 0 };
    if (length == 0)
        return 0;
    const struct record record = { .kind = bytes[0],
                                   .time_us = RECORD_NO_TIME,
                                   .bytes = (uint8_t *) bytes + 1,
                                   .length = length - 1 };
    if (record_read(&record, &content, NULL) < 0)
        return 0;
    if (content.losses)
        check_again(&record, content.losses);
    record_content_release(&content);
    return 0;
}
