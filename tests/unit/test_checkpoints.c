/* test_checkpoints.c - which saved states are kept, and that a damaged one is none */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "programs/checkpoints.h"
#include "testing.h"

#define MINUTE_US INT64_C(60000000)
#define T0_US     INT64_C(1767225600000000)

struct fixture {
    char folder[64];
    struct checkpoints *checkpoints;
};

static void reopen(struct fixture *f)
{
    checkpoints_destroy(&f->checkpoints);
    assert_int_equal(checkpoints_open(f->folder, 240 * MINUTE_US, &f->checkpoints, NULL), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    (void) snprintf(f->folder, sizeof(f->folder), "/tmp/ff-checkpoints-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    reopen(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    checkpoints_drop_after(f->checkpoints, 0);
    checkpoints_destroy(&f->checkpoints);
    (void) rmdir(f->folder);
    free(f);
    return 0;
}

/* A state that says its minute, written at once. */
static void add(struct fixture *f, int64_t minute)
{
    struct buffer state = BUFFER_INIT;
    struct checkpoint_file file;
    buffer_put_i64(&state, minute);
    assert_int_equal(checkpoints_add(f->checkpoints, T0_US + minute * MINUTE_US, &state, &file), 0);
    assert_int_equal(file_write(file.path, file.bytes.bytes, file.bytes.length, 0600, NULL), 0);
    buffer_release(&file.bytes);
    buffer_release(&state);
}

static size_t minutes(const struct fixture *f, int64_t ret_minutes[static 256])
{
    const struct checkpoint *list;
    size_t count = checkpoints_list(f->checkpoints, &list);
    for (size_t i = 0; i < count; i++)
        ret_minutes[i] = (list[i].closed_us - T0_US) / MINUTE_US;
    return count;
}

static void they_lie_closer_together_the_newer_they_are(void **state)
{
    struct fixture *f = *state;
    int64_t minute[256], before[256];
    for (int64_t m = 1; m <= 500; m++) {
        add(f, m);
        size_t count = minutes(f, minute);
        assert_true(count <= 2 * 10);
        assert_int_equal(minute[0], m);
        /* How far apart two neighbours are is at most twice how old the newer one is, and some. */
        for (size_t i = 1; i < count; i++)
            assert_true(minute[i - 1] - minute[i] <= 2 * (m - minute[i - 1]) + 2);
        assert_true(m < 240 || m - minute[count - 1] <= 240);
        assert_true(m < 240 || m - minute[count - 1] >= 100);
    }
    size_t count = minutes(f, before);
    reopen(f);
    assert_int_equal(minutes(f, minute), count);
    assert_memory_equal(minute, before, count * sizeof(minute[0]));
}

static void what_is_read_is_what_was_saved(void **state)
{
    struct fixture *f = *state;
    const struct checkpoint *list;
    add(f, 7);
    assert_int_equal(checkpoints_list(f->checkpoints, &list), 1);
    char *bytes;
    size_t length;
    assert_int_equal(checkpoints_read(f->checkpoints, list[0].number, &bytes, &length, NULL), 0);
    struct buffer_reader reader = buffer_reader_of(bytes, length);
    assert_int_equal(buffer_get_i64(&reader), 7);
    assert_int_equal(length, 8);
    free(bytes);
}

static void a_damaged_or_cut_file_is_no_checkpoint(void **state)
{
    struct fixture *f = *state;
    const struct checkpoint *list;
    char path[128], *bytes, *state_bytes;
    size_t length, state_length;
    add(f, 1);
    (void) snprintf(path, sizeof(path), "%s/%020d.checkpoint", f->folder, 1);
    assert_int_equal(file_read(path, 1 << 20, &bytes, &length, NULL), 0);
    for (size_t cut = 0; cut < length; cut++) {
        assert_int_equal(file_write(path, bytes, cut, 0600, NULL), 0);
        assert_int_equal(checkpoints_read(f->checkpoints, 1, &state_bytes, &state_length, NULL),
                         -EBADMSG);
    }
    bytes[length - 1] ^= 1;
    assert_int_equal(file_write(path, bytes, length, 0600, NULL), 0);
    free(bytes);
    reopen(f);
    assert_int_equal(checkpoints_list(f->checkpoints, &list), 0);
    add(f, 2); /* under a number of its own */
    assert_int_equal(checkpoints_list(f->checkpoints, &list), 1);
    assert_int_equal(list[0].number, 2);
    (void) unlink(path);
}

static void what_a_killed_program_left_unfinished_goes(void **state)
{
    struct fixture *f = *state;
    char unfinished[256], others[256];
    add(f, 1);
    (void) snprintf(unfinished, sizeof(unfinished), "%s/00000000000000000002.checkpoint.77.new",
                    f->folder);
    (void) snprintf(others, sizeof(others), "%s/notes.new", f->folder);
    assert_int_equal(file_write(unfinished, "half", 4, 0600, NULL), 0);
    assert_int_equal(file_write(others, "mine", 4, 0600, NULL), 0);
    reopen(f);
    int64_t minute[256];
    assert_int_equal(minutes(f, minute), 1);
    assert_int_equal(access(unfinished, F_OK), -1);
    assert_int_equal(unlink(others), 0);
}

static void what_is_not_written_yet_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    struct buffer state_bytes = BUFFER_INIT;
    struct checkpoint_file file;
    char *bytes;
    size_t length;
    buffer_put_u8(&state_bytes, 1);
    assert_int_equal(checkpoints_add(f->checkpoints, T0_US, &state_bytes, &file), 0);
    assert_int_equal(checkpoints_read(f->checkpoints, 1, &bytes, &length, NULL), -ENOENT);
    buffer_release(&file.bytes);
    buffer_release(&state_bytes);
}

static void going_back_drops_what_came_after(void **state)
{
    struct fixture *f = *state;
    int64_t minute[256];
    for (int64_t m = 1; m <= 8; m++)
        add(f, m);
    checkpoints_drop_after(f->checkpoints, 6);
    assert_true(minutes(f, minute) > 0);
    assert_int_equal(minute[0], 6);
    reopen(f);
    (void) minutes(f, minute);
    assert_int_equal(minute[0], 6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(they_lie_closer_together_the_newer_they_are),
        TEST(what_is_read_is_what_was_saved),
        TEST(a_damaged_or_cut_file_is_no_checkpoint),
        TEST(what_a_killed_program_left_unfinished_goes),
        TEST(what_is_not_written_yet_cannot_be_read),
        TEST(going_back_drops_what_came_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
