/*
 * fuzz_fusion_frames.c - messages of two cameras as anybody may send them, fused
 *
 * The input is messages one after another, each with its length in two bytes, low byte first. What
 * the wire takes, fusion must bear; and its state after that must be one that it takes back.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fusion_state_floor.h"

/* Frames further apart make many empty ticks: slow, not wrong. */
#define SPAN_MAX_US (60 * US_PER_S)

#define STEP_NS (50 * NS_PER_MS)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The next message; false at the end. */
static bool next_message(const uint8_t **bytes, size_t *length, const uint8_t **ret_message,
                         size_t *ret_length)
{
    if (*length < 2)
        return false;
    size_t wanted = (size_t) (*bytes)[0] | (size_t) (*bytes)[1] << 8;
    *ret_message = *bytes + 2;
    *ret_length = wanted < *length - 2 ? wanted : *length - 2;
    *bytes += 2 + *ret_length;
    *length -= 2 + *ret_length;
    return true;
}

static bool is_near(const struct observation_frame *frame)
{
    return frame->capture_us > STATE_FLOOR_START_US - SPAN_MAX_US &&
           frame->capture_us < STATE_FLOOR_START_US + SPAN_MAX_US;
}

static void push(struct fusion *fusion, const uint8_t *message, size_t length, int64_t now_ns)
{
    struct observation_frame frame;
    if (observation_frame_unpack(message, length, &frame, NULL) < 0)
        return;
    if (is_near(&frame))
        (void) !fusion_push(fusion, &frame, now_ns);
    (void) !fusion_advance(fusion, now_ns);
    observation_frame_release(&frame);
}

/* Restoring looks at every number of the state. */
static void require_sound(const struct fusion *fusion, int64_t now_ns)
{
    AUTO(buffer_release) struct buffer saved = BUFFER_INIT;
    AUTO(state_floor_close) struct state_floor other;
    struct error err;
    if (state_floor_open(&other) < 0 || fusion_save(fusion, now_ns, &saved) < 0)
        return;
    if (fusion_restore(other.fusion, now_ns, saved.bytes, saved.length, &err) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    AUTO(state_floor_close) struct state_floor floor;
    const uint8_t *message;
    size_t message_length;
    int64_t now_ns = NS_PER_S;
    if (state_floor_open(&floor) < 0)
        return 0;
    for (; next_message(&bytes, &length, &message, &message_length); now_ns += STEP_NS)
        push(floor.fusion, message, message_length, now_ns);
    require_sound(floor.fusion, now_ns);
    int r = fusion_finish(floor.fusion);
    if (r < 0 && r != -ENOMEM)
        abort();
    return 0;
}
