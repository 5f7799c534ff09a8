/*
 * fuzz_message.c - bytes as they may come over the wire; the first one chooses the message
 */
#include <stddef.h>
#include <stdint.h>

#include "wire/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct observation_frame frame;
    struct camera_hello hello;
    struct camera_health health;
    if (length == 0)
        return 0;
    if (bytes[0] % 3 == 0 && observation_frame_unpack(bytes + 1, length - 1, &frame, NULL) == 0)
        observation_frame_release(&frame);
    if (bytes[0] % 3 == 1 && camera_hello_unpack(bytes + 1, length - 1, &hello, NULL) == 0)
        camera_hello_release(&hello);
    if (bytes[0] % 3 == 2)
        (void) !camera_health_unpack(bytes + 1, length - 1, &health, NULL);
    return 0;
}
