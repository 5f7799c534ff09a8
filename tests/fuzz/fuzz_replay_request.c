/*
 * fuzz_replay_request.c - a replay request as it may come over the wire
 *
 * What is accepted must survive the way out and in again without a change.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct replay_request request, again;
    void *first;
    size_t first_length;
    if (replay_request_unpack(bytes, length, &request, NULL) < 0)
        return 0;
    if (replay_request_pack(&request, &first, &first_length) < 0 ||
        replay_request_unpack(first, first_length, &again, NULL) < 0)
        abort();
    if (strcmp(request.store, again.store) != 0 || strcmp(request.camera, again.camera) != 0 ||
        request.request_id != again.request_id || request.after.boot_id != again.after.boot_id ||
        request.after.sequence != again.after.sequence)
        abort();
    free(first);
    return 0;
}
