/*
 * numbering.c - how far the numbered messages of one camera are taken, and what is missing
 */
#include "fusion/numbering.h"

#include <errno.h>
#include <string.h>

#include "fusion/saved.h"

/* Frames that one hole counts for at most: more than a year. */
#define HOLE_MAX (UINT64_C(1) << 32)

bool numbering_same_position(struct wire_position a, struct wire_position b)
{
    return a.boot_id == b.boot_id && a.sequence == b.sequence;
}

struct wire_position numbering_position_of(const struct message *message)
{
    return message->kind == MESSAGE_FRAME
               ? (struct wire_position){ message->frame.boot_id, message->frame.sequence }
               : (struct wire_position){ message->hello.boot_id, message->hello.next_sequence };
}

static bool is_past(const struct numbering *at, uint64_t boot)
{
    for (int i = 0; i < NUMBERING_PAST_BOOTS; i++)
        if (at->past[i] == boot)
            return true;
    return false;
}

/* Whether a hello opens a boot before which nothing is missing. */
static bool follows_on(const struct numbering *at, const struct camera_hello *hello)
{
    if (hello->next_sequence != 0)
        return false;
    if (hello->previous_boot_id == at->boot && hello->previous_next_sequence == at->next)
        return true;
    return at->boot && hello->previous_boot_id == at->taken.boot_id &&
           hello->previous_next_sequence == at->taken.sequence + 1;
}

/* A hello that comes again, from a replay, is none of news. */
static bool is_old_hello(const struct numbering *at, const struct camera_hello *hello)
{
    if (hello->next_sequence != at->hello_next)
        return hello->next_sequence < at->hello_next;
    return hello->publish_us <= at->hello_us;
}

enum numbering_place numbering_place_of(const struct numbering *at, const struct message *message)
{
    bool is_hello = message->kind == MESSAGE_HELLO;
    struct wire_position p = numbering_position_of(message);
    if (at->boot && p.boot_id == at->boot) {
        if (p.sequence > at->next)
            return NUMBERING_AHEAD;
        if (is_hello)
            return is_old_hello(at, &message->hello) ? NUMBERING_BEHIND : NUMBERING_NEXT;
        return p.sequence == at->next ? NUMBERING_NEXT : NUMBERING_BEHIND;
    }
    if (is_past(at, p.boot_id))
        return NUMBERING_BEHIND;
    return is_hello && follows_on(at, &message->hello) ? NUMBERING_NEXT : NUMBERING_AHEAD;
}

static void meet_boot(struct numbering *at, uint64_t boot)
{
    if (at->boot == boot)
        return;
    memmove(&at->past[1], &at->past[0], sizeof(at->past) - sizeof(at->past[0]));
    at->past[0] = at->boot;
    at->past_next = at->next;
    at->boot = boot;
    at->next = at->hello_next = 0;
    at->hello_us = INT64_MIN;
    at->counts.boots++;
}

/* Frames from one number up to another that are not there. One lie must not spoil a sum for ever.
 */
static void count_missed(struct numbering *at, uint64_t from, uint64_t to)
{
    uint64_t missed = to > from ? to - from : 0;
    at->counts.missed += missed < HOLE_MAX ? missed : HOLE_MAX;
}

/* A hello tells how far the boot before its own had come. */
static void count_tail(struct numbering *at, const struct camera_hello *hello)
{
    uint64_t next = hello->previous_next_sequence;
    if (hello->previous_boot_id == 0 || hello->previous_boot_id != at->past[0] ||
        next <= at->past_next)
        return;
    count_missed(at, at->past_next, next);
    at->past_next = next;
}

void numbering_take(struct numbering *at, const struct message *message, int64_t since_us)
{
    struct wire_position p = numbering_position_of(message);
    meet_boot(at, p.boot_id);
    if (p.sequence > at->next) {
        if (at->taken.boot_id || at->hello_us >= since_us)
            count_missed(at, at->next, p.sequence);
        at->next = p.sequence;
    }
    if (message->kind == MESSAGE_FRAME) {
        at->next = p.sequence + 1;
        at->taken = p;
        at->counts.received++;
    } else {
        count_tail(at, &message->hello);
        at->hello_next = message->hello.next_sequence;
        at->hello_us = message->hello.publish_us;
    }
}

void numbering_pass_over(struct numbering *at, struct wire_position last, bool is_missed)
{
    if (is_past(at, last.boot_id) || (last.boot_id == at->boot && last.sequence < at->next))
        return;
    meet_boot(at, last.boot_id);
    if (is_missed)
        count_missed(at, at->next, last.sequence + 1);
    at->next = last.sequence + 1;
    at->taken = last;
}

void numbering_skip_to(struct numbering *at, struct wire_position until)
{
    if (!at->gap.open)
        at->gap.after = at->taken;
    at->gap.until = until;
    at->gap.open = true;
}

bool numbering_was_skipped(const struct numbering *at, struct wire_position p)
{
    const struct numbering_gap *gap = &at->gap;
    if (p.boot_id == gap->until.boot_id)
        return p.sequence < gap->until.sequence &&
               (p.boot_id != gap->after.boot_id || p.sequence > gap->after.sequence);
    if (p.boot_id == gap->after.boot_id)
        return p.sequence > gap->after.sequence;
    return gap->after.boot_id != gap->until.boot_id && p.boot_id != at->boot &&
           !is_past(at, p.boot_id);
}

/* A boot that is not known here began later than all that are. */
bool numbering_is_kept(const struct numbering *at, struct wire_position oldest)
{
    if (oldest.boot_id == at->boot)
        return oldest.sequence <= at->next;
    return is_past(at, oldest.boot_id);
}

bool numbering_is_behind(const struct numbering *at, struct wire_position frame)
{
    return frame.boot_id == at->boot ? frame.sequence < at->next : is_past(at, frame.boot_id);
}

uint64_t numbering_first_boot(const struct numbering *at)
{
    for (int i = NUMBERING_PAST_BOOTS; i-- > 0;)
        if (at->past[i])
            return at->past[i];
    return at->boot;
}

bool numbering_knows_more(const struct numbering *at, const struct camera_hello *hello)
{
    uint64_t next = hello->previous_next_sequence;
    if (hello->previous_boot_id == 0)
        return false;
    return (hello->previous_boot_id == at->boot && at->next > next) ||
           (hello->previous_boot_id == at->past[0] && at->past_next > next);
}

SAVED_STRUCT_HAS_BYTES(struct numbering, 16 + 16 + 8 * NUMBERING_PAST_BOOTS + 8 + 16 + 40 + 40);

static void put_position(struct buffer *buffer, struct wire_position position)
{
    buffer_put_u64(buffer, position.boot_id);
    buffer_put_u64(buffer, position.sequence);
}

static struct wire_position get_position(struct buffer_reader *reader)
{
    uint64_t boot_id = buffer_get_u64(reader);
    return (struct wire_position){ boot_id, buffer_get_u64(reader) };
}

void numbering_save(const struct numbering *at, struct buffer *buffer)
{
    buffer_put_u64(buffer, at->boot);
    buffer_put_u64(buffer, at->next);
    put_position(buffer, at->taken);
    for (int i = 0; i < NUMBERING_PAST_BOOTS; i++)
        buffer_put_u64(buffer, at->past[i]);
    buffer_put_u64(buffer, at->past_next);
    buffer_put_u64(buffer, at->hello_next);
    buffer_put_i64(buffer, at->hello_us);
    saved_put_flag(buffer, at->gap.open);
    put_position(buffer, at->gap.after);
    put_position(buffer, at->gap.until);
    buffer_put_u64(buffer, at->counts.received);
    buffer_put_u64(buffer, at->counts.missed);
    buffer_put_u64(buffer, at->counts.replayed);
    buffer_put_u64(buffer, at->counts.duplicates);
    buffer_put_u64(buffer, at->counts.boots);
}

int numbering_restore(struct numbering *ret_at, struct buffer_reader *reader)
{
    struct numbering at = { 0 };
    at.boot = buffer_get_u64(reader);
    at.next = buffer_get_u64(reader);
    at.taken = get_position(reader);
    for (int i = 0; i < NUMBERING_PAST_BOOTS; i++)
        at.past[i] = buffer_get_u64(reader);
    at.past_next = buffer_get_u64(reader);
    at.hello_next = buffer_get_u64(reader);
    at.hello_us = saved_get_time_or_never_us(reader);
    at.gap.open = saved_get_flag(reader);
    at.gap.after = get_position(reader);
    at.gap.until = get_position(reader);
    at.counts.received = buffer_get_u64(reader);
    at.counts.missed = buffer_get_u64(reader);
    at.counts.replayed = buffer_get_u64(reader);
    at.counts.duplicates = buffer_get_u64(reader);
    at.counts.boots = buffer_get_u64(reader);
    if (reader->failed)
        return -EBADMSG;
    *ret_at = at;
    return 0;
}
