/*
 * test_message_replay.c - replay requests and replies to bytes and back
 */
#include "testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wire/message.h"

static const struct replay_request request = { "demo", "cam-10", 77, { 7, 300 }, 12345 };

/* Put together by hand after the protobuf wire format: tag = field << 3 | type. */
static const uint8_t request_bytes[] = {
    0x08, 1,                                      /* schema_version */
    0x12, 4,    'd',  'e', 'm', 'o',              /* store */
    0x1a, 6,    'c',  'a', 'm', '-', '1', '0',    /* camera */
    0x21, 77,   0,    0,   0,   0,   0,   0,   0, /* request_id */
    0x29, 7,    0,    0,   0,   0,   0,   0,   0, /* after_boot_id */
    0x30, 0xac, 0x02,                             /* after_sequence 300 */
    0x38, 0xb9, 0x60,                             /* not_before_us 12345 */
};

static void a_request_is_the_bytes_that_protobuf_says(void **state)
{
    (void) state;
    struct replay_request back;
    void *bytes;
    size_t length;
    assert_int_equal(replay_request_pack(&request, &bytes, &length), 0);
    assert_int_equal(length, sizeof(request_bytes));
    assert_memory_equal(bytes, request_bytes, length);
    assert_int_equal(replay_request_unpack(bytes, length, &back, NULL), 0);
    assert_string_equal(back.store, "demo");
    assert_string_equal(back.camera, "cam-10");
    assert_int_equal(back.request_id, 77);
    assert_int_equal(back.after.boot_id, 7);
    assert_int_equal(back.after.sequence, 300);
    assert_int_equal(back.not_before_us, 12345);
    free(bytes);
}

static void a_request_cut_short_or_of_another_version_is_refused(void **state)
{
    (void) state;
    uint8_t bytes[sizeof(request_bytes)];
    struct replay_request back;
    struct error err = { "" };
    memcpy(bytes, request_bytes, sizeof(bytes));
    assert_int_equal(replay_request_unpack(bytes, sizeof(bytes) - 1, &back, &err), -EBADMSG);
    assert_int_equal(replay_request_unpack(bytes, 8, &back, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "camera"));
    bytes[4] = '/';
    assert_int_equal(replay_request_unpack(bytes, sizeof(bytes), &back, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "store"));
    bytes[1] = 2;
    assert_int_equal(replay_request_unpack(bytes, sizeof(bytes), &back, &err), -EPROTO);
}

static struct replay_reply reply_of(struct replay_item *items, size_t count)
{
    return (struct replay_reply){ .store = "demo",
                                  .camera = "cam-10",
                                  .request_id = 77,
                                  .after = { 7, 300 },
                                  .last = { 8, 2 },
                                  .found = true,
                                  .items = items,
                                  .item_count = count };
}

static void every_field_of_a_reply_comes_back(void **state)
{
    (void) state;
    struct replay_item items[] = { { MESSAGE_HELLO, "hello", 5 }, { MESSAGE_FRAME, "f\0a", 3 } };
    struct replay_reply reply = reply_of(items, 2), back;
    void *bytes;
    size_t length;
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), 0);
    assert_int_equal(replay_reply_unpack(bytes, length, &back, NULL), 0);
    memset(bytes, 0, length); /* nothing points into it */
    free(bytes);
    assert_string_equal(back.store, "demo");
    assert_string_equal(back.camera, "cam-10");
    assert_int_equal(back.request_id, 77);
    assert_int_equal(back.after.boot_id, 7);
    assert_int_equal(back.after.sequence, 300);
    assert_int_equal(back.last.boot_id, 8);
    assert_int_equal(back.last.sequence, 2);
    assert_true(back.found);
    assert_false(back.complete);
    assert_int_equal(back.item_count, 2);
    assert_int_equal(back.items[0].kind, MESSAGE_HELLO);
    assert_int_equal(back.items[0].length, 5);
    assert_memory_equal(back.items[0].bytes, "hello", 5);
    assert_int_equal(back.items[1].kind, MESSAGE_FRAME);
    assert_int_equal(back.items[1].length, 3);
    assert_memory_equal(back.items[1].bytes, "f\0a", 3);
    replay_reply_release(&back);
    assert_null(back.items);
}

static void items_beyond_a_bound_are_neither_packed_nor_unpacked(void **state)
{
    (void) state;
    struct replay_item *items = calloc(REPLAY_MESSAGES_MAX + 1, sizeof(*items));
    char *large = calloc(1, MESSAGE_BYTES_MAX + 1);
    struct replay_reply reply = reply_of(items, REPLAY_MESSAGES_MAX + 1), back;
    void *bytes;
    size_t length;
    for (size_t i = 0; i <= REPLAY_MESSAGES_MAX; i++)
        items[i] = (struct replay_item){ MESSAGE_FRAME, large, 1 };
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), -EINVAL);
    reply.item_count--;
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), 0);
    assert_int_equal(replay_reply_unpack(bytes, length, &back, NULL), 0);
    assert_int_equal(back.item_count, REPLAY_MESSAGES_MAX);
    replay_reply_release(&back);
    /* the same, and one more of the items put behind it by hand */
    uint8_t *more = malloc(length + 7);
    memcpy(more, bytes, length);
    memcpy(more + length, "\x4a\x05\x08\x01\x12\x01\x00", 7);
    assert_int_equal(replay_reply_unpack(more, length + 7, &back, NULL), -EBADMSG);
    free(more);
    free(bytes);
    reply.item_count = 1;
    items[0].length = MESSAGE_BYTES_MAX + 1;
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), -EINVAL);
    items[0].length = 0;
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), -EINVAL);
    items[0] = (struct replay_item){ MESSAGE_HEALTH, large, 1 };
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), -EINVAL);
    reply.item_count = 2; /* each is good, together they are not */
    items[0] = items[1] = (struct replay_item){ MESSAGE_FRAME, large, MESSAGE_BYTES_MAX };
    assert_int_equal(replay_reply_pack(&reply, &bytes, &length), -EINVAL);
    free(large);
    free(items);
}

static void a_reply_with_an_item_of_no_kind_is_refused(void **state)
{
    (void) state;
    const uint8_t health[] = { 0x4a, 5, 0x08, 3, 0x12, 1, 'x' }, empty[] = { 0x4a, 2, 0x08, 1 };
    uint8_t bytes[sizeof(request_bytes) + 8]; /* a reply begins as its request does */
    struct replay_reply back;
    struct error err = { "" };
    memcpy(bytes, request_bytes, sizeof(request_bytes));
    memcpy(bytes + sizeof(request_bytes), health, sizeof(health));
    assert_int_equal(
        replay_reply_unpack(bytes, sizeof(request_bytes) + sizeof(health), &back, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "message 0"));
    memcpy(bytes + sizeof(request_bytes), empty, sizeof(empty));
    assert_int_equal(replay_reply_unpack(bytes, sizeof(request_bytes) + sizeof(empty), &back, NULL),
                     -EBADMSG);
    assert_int_equal(replay_reply_unpack(bytes, sizeof(request_bytes), &back, NULL), 0);
    replay_reply_release(&back);
    bytes[1] = 2;
    assert_int_equal(replay_reply_unpack(bytes, sizeof(request_bytes), &back, NULL), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_the_bytes_that_protobuf_says),
        cmocka_unit_test(a_request_cut_short_or_of_another_version_is_refused),
        cmocka_unit_test(every_field_of_a_reply_comes_back),
        cmocka_unit_test(items_beyond_a_bound_are_neither_packed_nor_unpacked),
        cmocka_unit_test(a_reply_with_an_item_of_no_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
