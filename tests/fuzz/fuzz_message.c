/*
 * fuzz_message.c - bytes as they may come over the wire; the first one chooses the message
 *
 * What is accepted must survive the way out and in again without a change.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The bytes of two packs of one message. */
static void require_same(void *first, size_t first_length, void *second, size_t second_length)
{
    if (first_length != second_length || memcmp(first, second, first_length) != 0)
        abort();
    free(first);
    free(second);
}

static void try_frame(const uint8_t *bytes, size_t length)
{
    struct observation_frame frame, again;
    void *first, *second;
    size_t first_length, second_length;
    if (observation_frame_unpack(bytes, length, &frame, NULL) < 0)
        return;
    if (observation_frame_pack(&frame, &first, &first_length) < 0 ||
        observation_frame_unpack(first, first_length, &again, NULL) < 0 ||
        observation_frame_pack(&again, &second, &second_length) < 0)
        abort();
    require_same(first, first_length, second, second_length);
    observation_frame_release(&frame);
    observation_frame_release(&again);
}

static void try_hello(const uint8_t *bytes, size_t length)
{
    struct camera_hello hello, again;
    void *first, *second;
    size_t first_length, second_length;
    if (camera_hello_unpack(bytes, length, &hello, NULL) < 0)
        return;
    if (camera_hello_pack(&hello, &first, &first_length) < 0 ||
        camera_hello_unpack(first, first_length, &again, NULL) < 0 ||
        camera_hello_pack(&again, &second, &second_length) < 0)
        abort();
    require_same(first, first_length, second, second_length);
    camera_hello_release(&hello);
    camera_hello_release(&again);
}

static void try_health(const uint8_t *bytes, size_t length)
{
    struct camera_health health, again;
    void *first, *second;
    size_t first_length, second_length;
    if (camera_health_unpack(bytes, length, &health, NULL) < 0)
        return;
    if (camera_health_pack(&health, &first, &first_length) < 0 ||
        camera_health_unpack(first, first_length, &again, NULL) < 0 ||
        camera_health_pack(&again, &second, &second_length) < 0)
        abort();
    require_same(first, first_length, second, second_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static void (*const tries[])(const uint8_t *, size_t) = { try_frame, try_hello, try_health };
    if (length > 0)
        tries[bytes[0] % 3](bytes + 1, length - 1);
    return 0;
}
