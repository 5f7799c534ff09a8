/*
 * clock_watch.c - how far the clock of a camera's computer is from ours, and what to add to its
 * times
 */
#include "fusion/clock_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/saved.h"

/* 2026-01-01: no clock that runs says less. */
#define SANE_AFTER_US INT64_C(1767225600000000)

void clock_watch_note(struct clock_watch *watch, int64_t publish_us, int64_t arrival_us)
{
    int64_t difference_us = arrival_us - publish_us;
    bool over = arrival_us - watch->window_began_us >= CLOCK_WATCH_WINDOW_US ||
                arrival_us < watch->window_began_us; /* our clock was set back */
    if (watch->window_began_us != 0 && !over) {
        if (difference_us < watch->least_us)
            watch->least_us = difference_us;
        return;
    }
    watch->has_before = watch->window_began_us != 0;
    watch->before_us = watch->least_us;
    watch->least_us = difference_us;
    watch->window_began_us = arrival_us;
}

bool clock_watch_least(const struct clock_watch *watch, int64_t *ret_difference_us)
{
    if (watch->window_began_us == 0)
        return false;
    bool before = watch->has_before && watch->before_us < watch->least_us;
    *ret_difference_us = before ? watch->before_us : watch->least_us;
    return true;
}

bool clock_watch_difference(const struct clock_watch *watch, int64_t *ret_difference_us)
{
    return watch->has_before && clock_watch_least(watch, ret_difference_us);
}

/* The last step, if it is of this boot. */
static const struct clock_step *step_of(const struct clock_watch *watch, uint64_t boot_id)
{
    if (watch->step_count == 0)
        return NULL;
    const struct clock_step *last = &watch->steps[watch->step_count - 1];
    return last->from.boot_id == boot_id ? last : NULL;
}

bool clock_watch_decide(struct clock_watch *watch, struct wire_position from, int64_t difference_us)
{
    const struct clock_step *step = step_of(watch, from.boot_id);
    int64_t present_us = step ? step->shift_us : 0;
    int64_t wanted_us = llabs(difference_us) >= CLOCK_WATCH_BOUND_US ? difference_us : 0;
    if (llabs(wanted_us - present_us) < CLOCK_WATCH_CHANGE_US)
        return false;
    if (!step)
        from.sequence = 0;
    if (watch->step_count == CLOCK_WATCH_STEPS)
        memmove(&watch->steps[0], &watch->steps[1],
                (size_t) --watch->step_count * sizeof(watch->steps[0]));
    watch->steps[watch->step_count++] = (struct clock_step){ from, wanted_us };
    return true;
}

int64_t clock_watch_shift_us(const struct clock_watch *watch, struct wire_position frame)
{
    for (int i = watch->step_count; i-- > 0;) {
        const struct clock_step *step = &watch->steps[i];
        if (step->from.boot_id == frame.boot_id && step->from.sequence <= frame.sequence)
            return step->shift_us;
    }
    return 0;
}

SAVED_STRUCT_HAS_BYTES(struct clock_step, 24);

void clock_watch_save(const struct clock_watch *watch, struct buffer *buffer)
{
    buffer_put_u32(buffer, (uint32_t) watch->step_count);
    for (int i = 0; i < watch->step_count; i++) {
        buffer_put_u64(buffer, watch->steps[i].from.boot_id);
        buffer_put_u64(buffer, watch->steps[i].from.sequence);
        buffer_put_i64(buffer, watch->steps[i].shift_us);
    }
}

int clock_watch_restore(struct clock_watch *watch, struct buffer_reader *reader)
{
    struct clock_watch fresh = { 0 };
    uint32_t count = buffer_get_u32(reader);
    if (count > CLOCK_WATCH_STEPS)
        buffer_reader_fail(reader);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct clock_step *step = &fresh.steps[fresh.step_count++];
        step->from.boot_id = buffer_get_u64(reader);
        step->from.sequence = buffer_get_u64(reader);
        step->shift_us = saved_get_time_us(reader);
    }
    if (reader->failed)
        return -EBADMSG;
    *watch = fresh;
    return 0;
}

static int ascending(const void *left, const void *right)
{
    int64_t a = *(const int64_t *) left, b = *(const int64_t *) right;
    return (a > b) - (a < b);
}

int64_t clock_watch_middle(int64_t *differences_us, int count, int64_t now_us)
{
    int sane = 0, middle;
    for (int i = 0; i < count; i++)
        if (now_us - differences_us[i] >= SANE_AFTER_US)
            differences_us[sane++] = differences_us[i];
    qsort(differences_us, (size_t) sane, sizeof(differences_us[0]), ascending);
    /* ours, 0, belongs in between: where it would stand, and who is in the middle then */
    int below = 0;
    while (below < sane && differences_us[below] < 0)
        below++;
    bool ours_counts = now_us >= SANE_AFTER_US;
    int all = sane + ours_counts;
    if (all == 0)
        return 0;
    middle = all / 2;
    int64_t chosen_us[2];
    for (int k = 0; k < 2; k++) {
        int place = all % 2 ? middle : middle - 1 + k;
        if (!ours_counts)
            chosen_us[k] = differences_us[place];
        else if (place == below)
            chosen_us[k] = 0;
        else
            chosen_us[k] = differences_us[place < below ? place : place - 1];
    }
    return llabs(chosen_us[0]) <= llabs(chosen_us[1]) ? chosen_us[0] : chosen_us[1];
}
