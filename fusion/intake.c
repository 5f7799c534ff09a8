/*
 * intake.c - the messages of one camera, in order and each once, whatever happened on the way
 */
#include "fusion/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/saved.h"

/* Messages that wait for a hole at most: minutes of a camera, some megabytes. */
#define HELD_MAX       4096
#define HELD_BYTES_MAX ((size_t) 32 * 1024 * 1024)

/* Frames that one hole counts for at most: more than a year. */
#define HOLE_MAX (UINT64_C(1) << 32)

/* Boots before the present one whose stragglers are known as such. */
#define PAST_BOOTS 64

/* A camera that has not answered for so long is asked again. */
#define REPLY_TIMEOUT_NS (2 * NS_PER_S)
/* A request that could not be sent is tried again after, and a hole that was given up is asked for
 * again every. */
#define RETRY_NS (100 * NS_PER_MS)
#define GAP_NS   NS_PER_S

/* Nobody is waited for longer than this, however much of it comes. */
#define CATCH_UP_MOST_NS (600 * NS_PER_S)

#define INTAKE_STATE_VERSION 1

struct held {
    struct message message;
    int64_t arrival_ns;
};

/* What was skipped: after one message, until another that was taken. */
struct gap {
    bool open;
    struct wire_position after, until;
};

/* What is saved. */
struct standing {
    uint64_t boot, next;        /* the number expected next; boot 0: nothing has come yet */
    struct wire_position taken; /* the last frame taken or passed over; boot 0: none */
    uint64_t past[PAST_BOOTS];  /* the newest first; 0: none */
    uint64_t past_next;         /* the numbers of past[0] below are taken or counted as missed */
    uint64_t hello_next;        /* of the last hello of this boot that was taken */
    int64_t hello_us;           /* when it was published; INT64_MIN: none was */
    struct gap gap;
    struct intake_counts counts;
};

struct intake {
    struct intake_options options;
    struct standing at;

    struct held *held; /* in order of arrival; all of them ahead */
    size_t held_count, held_capacity, held_bytes;
    bool catching_up;
    int64_t catch_up_began_ns;
    int64_t waiting_since_ns; /* when catching up began, or a replay last brought something */

    bool answers;     /* the camera has a ring: it has sent something of it */
    bool probed;      /* it was asked whether it has */
    bool acknowledge; /* the camera has ended and waits for a request after its last message */
    bool request_out, request_is_for_gap;
    struct wire_position request_after;
    int64_t first_request_ns; /* of those for this position: the answer to any of them counts */
    int64_t request_ns, next_request_ns;

    bool recovered;
    int64_t recovered_us;
};

int intake_create(const struct intake_options *options, struct intake **ret_intake)
{
    struct intake *intake = calloc(1, sizeof(*intake));
    if (!intake)
        return -ENOMEM;
    intake->options = *options;
    *ret_intake = intake;
    return 0;
}

/* Of the memory it takes, about. */
static size_t message_bytes(const struct message *message)
{
    if (message->kind != MESSAGE_FRAME)
        return sizeof(*message) + MESSAGE_CALIBRATION_MAX;
    const struct observation_frame *frame = &message->frame;
    return sizeof(*message) +
           frame->observation_count * (sizeof(frame->observations[0]) +
                                       frame->appearance_length * sizeof(frame->appearance[0]));
}

/* Another's now, or nobody's. */
static struct message let_go(struct intake *intake, const struct held *held)
{
    intake->held_bytes -= message_bytes(&held->message);
    return held->message;
}

static void drop_held(struct intake *intake)
{
    for (size_t i = 0; i < intake->held_count; i++)
        message_release(&intake->held[i].message);
    intake->held_count = intake->held_bytes = 0;
}

void intake_destroy(struct intake **intake)
{
    if (!*intake)
        return;
    drop_held(*intake);
    free((*intake)->held);
    free(*intake);
    *intake = NULL;
}

/* ---- where a message belongs ---- */

enum place { BEHIND, NEXT, AHEAD };

static bool same_position(struct wire_position a, struct wire_position b)
{
    return a.boot_id == b.boot_id && a.sequence == b.sequence;
}

/* A frame's own position; a hello stands before the frame it will be followed by. */
static struct wire_position position_of(const struct message *message)
{
    return message->kind == MESSAGE_FRAME
               ? (struct wire_position){ message->frame.boot_id, message->frame.sequence }
               : (struct wire_position){ message->hello.boot_id, message->hello.next_sequence };
}

static bool is_past(const struct standing *at, uint64_t boot)
{
    for (int i = 0; i < PAST_BOOTS; i++)
        if (at->past[i] == boot)
            return true;
    return false;
}

/* Whether a hello opens a boot before which nothing is missing. */
static bool follows_on(const struct standing *at, const struct camera_hello *hello)
{
    if (hello->next_sequence != 0)
        return false;
    if (hello->previous_boot_id == at->boot && hello->previous_next_sequence == at->next)
        return true;
    return at->boot && hello->previous_boot_id == at->taken.boot_id &&
           hello->previous_next_sequence == at->taken.sequence + 1;
}

/* A hello that comes again, from a replay, is none of news. */
static bool is_old_hello(const struct standing *at, const struct camera_hello *hello)
{
    if (hello->next_sequence != at->hello_next)
        return hello->next_sequence < at->hello_next;
    return hello->publish_us <= at->hello_us;
}

static enum place place_of(const struct intake *intake, const struct message *message)
{
    const struct standing *at = &intake->at;
    bool is_hello = message->kind == MESSAGE_HELLO;
    struct wire_position p = position_of(message);
    if (at->boot && p.boot_id == at->boot) {
        if (p.sequence > at->next)
            return AHEAD;
        if (is_hello)
            return is_old_hello(at, &message->hello) ? BEHIND : NEXT;
        return p.sequence == at->next ? NEXT : BEHIND;
    }
    if (is_past(at, p.boot_id))
        return BEHIND;
    return is_hello && follows_on(at, &message->hello) ? NEXT : AHEAD;
}

/* ---- taking ---- */

static void meet_boot(struct standing *at, uint64_t boot)
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
static void count_missed(struct standing *at, uint64_t from, uint64_t to)
{
    uint64_t missed = to > from ? to - from : 0;
    at->counts.missed += missed < HOLE_MAX ? missed : HOLE_MAX;
}

/* A hello tells how far the boot before its own had come. */
static void count_tail(struct standing *at, const struct camera_hello *hello)
{
    uint64_t next = hello->previous_next_sequence;
    if (hello->previous_boot_id == 0 || hello->previous_boot_id != at->past[0] ||
        next <= at->past_next)
        return;
    count_missed(at, at->past_next, next);
    at->past_next = next;
}

static void note_recovered(struct intake *intake, int64_t capture_us)
{
    if (!intake->recovered || capture_us < intake->recovered_us)
        intake->recovered_us = capture_us;
    intake->recovered = true;
}

/* A camera program that ends waits until it is asked for what follows its last frame. */
static bool may_be_leaving(enum camera_state state)
{
    return state == CAMERA_ENDED || state == CAMERA_LOST;
}

/* Take a message although numbers may be missing before it. */
static int take(struct intake *intake, const struct message *message)
{
    struct standing *at = &intake->at;
    struct wire_position p = position_of(message);
    bool is_frame = message->kind == MESSAGE_FRAME;
    meet_boot(at, p.boot_id);
    if (p.sequence > at->next) {
        if (at->taken.boot_id || at->hello_us >= intake->options.since_us)
            count_missed(at, at->next, p.sequence);
        at->next = p.sequence;
    }
    if (is_frame) {
        at->next = p.sequence + 1;
        at->taken = p;
        at->counts.received++;
    } else {
        count_tail(at, &message->hello);
        at->hello_next = message->hello.next_sequence;
        at->hello_us = message->hello.publish_us;
        intake->acknowledge |= may_be_leaving(message->hello.state);
    }
    int r = intake->options.take(intake->options.context, message);
    if (r == -ESTALE) {
        if (is_frame && intake->answers)
            note_recovered(intake, message->frame.capture_us);
        return 0;
    }
    return r;
}

/* Take what waited and is next now. Returns how many, or a negative code. */
static int drain(struct intake *intake)
{
    int taken = 0, r = 0;
    for (bool progress = true; progress && r >= 0;) {
        size_t kept = 0;
        progress = false;
        for (size_t i = 0; i < intake->held_count; i++) {
            struct held *held = &intake->held[i];
            enum place place = r < 0 ? AHEAD : place_of(intake, &held->message);
            if (place == AHEAD) {
                intake->held[kept++] = *held;
                continue;
            }
            struct message message = let_go(intake, held);
            if (place == NEXT)
                r = take(intake, &message);
            progress |= place == NEXT;
            taken += place == NEXT;
            message_release(&message);
        }
        intake->held_count = kept;
    }
    return r < 0 ? r : taken;
}

/* The one that waits and comes before all others that wait. */
static size_t first_held(const struct intake *intake)
{
    size_t first = 0;
    for (size_t i = 1; i < intake->held_count; i++) {
        struct wire_position a = position_of(&intake->held[i].message);
        struct wire_position b = position_of(&intake->held[first].message);
        bool earlier_boot = a.boot_id == intake->at.boot && b.boot_id != intake->at.boot;
        if (earlier_boot || (a.boot_id == b.boot_id && a.sequence < b.sequence))
            first = i;
    }
    return first;
}

/* Go on without what is missing before the first that waits. */
static int skip(struct intake *intake, bool for_good)
{
    struct standing *at = &intake->at;
    size_t first = first_held(intake);
    struct message message = let_go(intake, &intake->held[first]);
    memmove(&intake->held[first], &intake->held[first + 1],
            (--intake->held_count - first) * sizeof(intake->held[0]));
    if (!for_good) {
        if (!at->gap.open)
            at->gap.after = at->taken;
        at->gap.until = position_of(&message);
        at->gap.open = true;
    }
    int r = take(intake, &message);
    message_release(&message);
    return r < 0 ? r : drain(intake);
}

/* ---- live ---- */

static bool is_held(const struct intake *intake, const struct message *message)
{
    for (size_t i = 0; i < intake->held_count; i++)
        if (intake->held[i].message.kind == message->kind &&
            same_position(position_of(&intake->held[i].message), position_of(message)))
            return true;
    return false;
}

static int hold(struct intake *intake, struct message *message, int64_t now_ns)
{
    if (message->kind == MESSAGE_FRAME && is_held(intake, message)) {
        intake->at.counts.duplicates++;
        return 0;
    }
    bool full = intake->held_count >= HELD_MAX || intake->held_bytes >= HELD_BYTES_MAX;
    if (full && intake->answers) {
        message_release(message); /* the camera's ring has it */
        return 0;
    }
    if (intake->held_count == intake->held_capacity) {
        size_t capacity = intake->held_capacity ? 2 * intake->held_capacity : 16;
        struct held *held = realloc(intake->held, capacity * sizeof(*held));
        if (!held)
            return -ENOMEM;
        intake->held = held;
        intake->held_capacity = capacity;
    }
    intake->held[intake->held_count++] = (struct held){ *message, now_ns };
    intake->held_bytes += message_bytes(message);
    message->kind = MESSAGE_NONE;
    return full ? skip(intake, false) : 0;
}

int intake_live(struct intake *intake, struct message *message, int64_t now_mono_ns)
{
    enum place place = place_of(intake, message);
    int r = 0;
    if (place == BEHIND) {
        intake->at.counts.duplicates += message->kind == MESSAGE_FRAME;
    } else if (place == AHEAD || intake->catching_up) {
        r = hold(intake, message, now_mono_ns);
    } else {
        r = take(intake, message);
        if (r >= 0 && intake->held_count > 0)
            r = drain(intake);
    }
    message_release(message);
    return r < 0 ? r : 0;
}

/* Since when the first that waits has waited; while replays come, since the last of them. */
static int64_t hole_since_ns(const struct intake *intake)
{
    int64_t arrival_ns = intake->held[first_held(intake)].arrival_ns;
    return arrival_ns > intake->waiting_since_ns ? arrival_ns : intake->waiting_since_ns;
}

int intake_advance(struct intake *intake, int64_t now_mono_ns)
{
    const struct intake_options *options = &intake->options;
    int r = 0;
    if (intake->catching_up) {
        if (now_mono_ns - intake->waiting_since_ns < options->catch_up_patience_ns &&
            now_mono_ns - intake->catch_up_began_ns < CATCH_UP_MOST_NS)
            return 0;
        intake->catching_up = false;
        intake->waiting_since_ns = now_mono_ns;
        r = drain(intake);
    }
    while (r >= 0 && intake->held_count > 0 &&
           now_mono_ns - hole_since_ns(intake) >= options->patience_ns)
        r = skip(intake, false);
    return r < 0 ? r : 0;
}

/* ---- replays ---- */

static bool is_waiting(const struct intake *intake)
{
    return intake->catching_up || intake->held_count > 0;
}

/* A late frame can be had again from a camera that has a ring: so it is asked once, before any is.
 */
static bool should_probe(const struct intake *intake)
{
    return !intake->answers && !intake->probed && intake->at.boot != 0;
}

static bool asks_for_gap(const struct intake *intake)
{
    return !is_waiting(intake) && !intake->acknowledge && !should_probe(intake) &&
           intake->at.gap.open && !intake->recovered;
}

static bool has_question(const struct intake *intake)
{
    return is_waiting(intake) || intake->acknowledge || should_probe(intake) ||
           asks_for_gap(intake);
}

static int64_t next_question_ns(const struct intake *intake)
{
    return intake->request_out ? intake->request_ns + REPLY_TIMEOUT_NS : intake->next_request_ns;
}

bool intake_wants_replay(const struct intake *intake, int64_t now_mono_ns,
                         struct wire_position *ret_after)
{
    if (!has_question(intake) || now_mono_ns < next_question_ns(intake))
        return false;
    *ret_after = asks_for_gap(intake) ? intake->at.gap.after : intake->at.taken;
    return true;
}

void intake_asked(struct intake *intake, int64_t now_mono_ns)
{
    bool for_gap = asks_for_gap(intake);
    struct wire_position after = for_gap ? intake->at.gap.after : intake->at.taken;
    if (!intake->request_out || !same_position(after, intake->request_after))
        intake->first_request_ns = now_mono_ns;
    intake->request_is_for_gap = for_gap;
    intake->request_after = after;
    intake->request_out = intake->probed = true;
    intake->request_ns = now_mono_ns;
}

void intake_not_asked(struct intake *intake, int64_t now_mono_ns)
{
    intake->request_out = false;
    intake->next_request_ns = now_mono_ns + (is_waiting(intake) ? RETRY_NS : GAP_NS);
    intake->acknowledge = false; /* nobody waits for it */
}

int64_t intake_deadline_mono_ns(const struct intake *intake)
{
    const struct intake_options *options = &intake->options;
    int64_t at_ns = has_question(intake) ? next_question_ns(intake) : INT64_MAX;
    int64_t until_ns = INT64_MAX;
    if (intake->catching_up)
        until_ns = intake->waiting_since_ns + options->catch_up_patience_ns;
    else if (intake->held_count > 0)
        until_ns = hole_since_ns(intake) + options->patience_ns;
    if (until_ns < at_ns)
        at_ns = until_ns;
    return at_ns;
}

static bool lies_in(const struct standing *at, struct wire_position p)
{
    const struct gap *gap = &at->gap;
    if (p.boot_id == gap->until.boot_id)
        return p.sequence < gap->until.sequence &&
               (p.boot_id != gap->after.boot_id || p.sequence > gap->after.sequence);
    if (p.boot_id == gap->after.boot_id)
        return p.sequence > gap->after.sequence;
    return p.boot_id != at->boot && !is_past(at, p.boot_id);
}

/* What follows the gap's beginning in the ring: something of the gap, or it is lost. */
static void judge_gap(struct intake *intake, const struct replay *replay, int64_t now_ns)
{
    intake->next_request_ns = now_ns + GAP_NS;
    for (size_t i = 0; i < replay->count; i++) {
        const struct message *message = &replay->messages[i];
        if (message->kind != MESSAGE_FRAME)
            continue;
        if (lies_in(&intake->at, position_of(message)))
            note_recovered(intake, message->frame.capture_us);
        else
            intake->at.gap.open = false;
        return;
    }
    if (replay->complete)
        intake->at.gap.open = false;
    else
        intake->at.gap.after = replay->last;
}

/* Go on behind a position without what lies up to there. Nothing changes where that is behind us.
 */
static void pass_over(struct intake *intake, struct wire_position last, bool is_missed)
{
    struct standing *at = &intake->at;
    if (is_past(at, last.boot_id) || (last.boot_id == at->boot && last.sequence < at->next))
        return;
    meet_boot(at, last.boot_id);
    if (is_missed)
        count_missed(at, at->next, last.sequence + 1);
    at->next = last.sequence + 1;
    at->taken = last;
}

/* What a ring holds from before the store was first run. After the first frame all are ours,
 * whatever a clock over there says. */
static bool is_before_our_time(const struct intake *intake, const struct message *message)
{
    return message->kind == MESSAGE_FRAME && intake->at.counts.received == 0 &&
           message->frame.publish_us < intake->options.since_us;
}

/* Returns how many were taken, or a negative code. */
static int take_replayed(struct intake *intake, const struct replay *replay)
{
    int taken = 0;
    for (size_t i = 0; i < replay->count; i++) {
        const struct message *message = &replay->messages[i];
        bool is_frame = message->kind == MESSAGE_FRAME;
        if ((!is_frame && message->kind != MESSAGE_HELLO) || place_of(intake, message) == BEHIND)
            continue;
        if (is_before_our_time(intake, message)) {
            pass_over(intake, position_of(message), false);
            continue;
        }
        int r = take(intake, message);
        if (r < 0)
            return r;
        intake->at.counts.replayed += is_frame;
        taken++;
    }
    return taken;
}

/* Whether what waits was here when the camera was asked: then it has said all it knows of it. */
static bool asked_about_held(const struct intake *intake)
{
    return intake->held_count > 0 &&
           intake->held[first_held(intake)].arrival_ns <= intake->first_request_ns;
}

int intake_replay(struct intake *intake, struct replay *replay, int64_t now_mono_ns)
{
    if (!intake->request_out || !same_position(replay->after, intake->request_after))
        return 0;
    intake->answers |= replay->found || replay->count > 0;
    intake->request_out = false;
    intake->next_request_ns = now_mono_ns;
    if (intake->request_is_for_gap) {
        judge_gap(intake, replay, now_mono_ns);
        return 0;
    }
    int r = take_replayed(intake, replay);
    if (r < 0)
        return r;
    bool progress = r > 0;
    if (progress)
        intake->waiting_since_ns = now_mono_ns;
    else if (!same_position(replay->last, replay->after))
        pass_over(intake, replay->last, true); /* what was there had to be refused */
    if (!replay->complete)
        return 0;
    intake->acknowledge = false;
    intake->catching_up = false;
    r = drain(intake);
    if (r == 0 && !progress && asked_about_held(intake))
        r = skip(intake, true);
    return r < 0 ? r : 0;
}

/* ---- going back ---- */

void intake_catch_up(struct intake *intake, int64_t now_mono_ns)
{
    intake->catching_up = true;
    intake->request_out = false;
    intake->next_request_ns = intake->waiting_since_ns = now_mono_ns;
    intake->catch_up_began_ns = now_mono_ns;
}

bool intake_is_catching_up(const struct intake *intake)
{
    return intake->catching_up;
}

void intake_wait(struct intake *intake, int64_t now_mono_ns)
{
    intake->waiting_since_ns = now_mono_ns;
    intake->next_request_ns = now_mono_ns + RETRY_NS;
}

bool intake_has_ring(const struct intake *intake)
{
    return intake->answers;
}

bool intake_recovered(const struct intake *intake, int64_t *ret_capture_us)
{
    if (intake->recovered)
        *ret_capture_us = intake->recovered_us;
    return intake->recovered;
}

void intake_give_up(struct intake *intake)
{
    intake->recovered = false;
    intake->at.gap.open = false;
}

void intake_forget_missed(struct intake *intake)
{
    intake->at.counts.missed = 0;
}

struct intake_counts intake_counts(const struct intake *intake)
{
    return intake->at.counts;
}

struct wire_position intake_position(const struct intake *intake)
{
    return intake->at.taken;
}

/* ---- saving ---- */

SAVED_STRUCT_HAS_BYTES(struct standing, 16 + 16 + 8 * PAST_BOOTS + 8 + 16 + 40 + 40);

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

void intake_save(const struct intake *intake, struct buffer *buffer)
{
    const struct standing *at = &intake->at;
    buffer_put_u32(buffer, INTAKE_STATE_VERSION);
    buffer_put_i64(buffer, intake->options.since_us);
    buffer_put_u64(buffer, at->boot);
    buffer_put_u64(buffer, at->next);
    put_position(buffer, at->taken);
    for (int i = 0; i < PAST_BOOTS; i++)
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

int intake_restore(struct intake *intake, struct buffer_reader *reader)
{
    struct standing at = { 0 };
    if (buffer_get_u32(reader) != INTAKE_STATE_VERSION)
        buffer_reader_fail(reader);
    int64_t since_us = saved_get_time_or_never_us(reader);
    at.boot = buffer_get_u64(reader);
    at.next = buffer_get_u64(reader);
    at.taken = get_position(reader);
    for (int i = 0; i < PAST_BOOTS; i++)
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
    drop_held(intake);
    intake->at = at;
    intake->options.since_us = since_us;
    intake->catching_up = intake->acknowledge = false;
    intake->request_out = intake->recovered = false;
    return 0;
}
