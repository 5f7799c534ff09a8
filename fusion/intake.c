/*
 * intake.c - the messages of one camera, in order and each once, whatever happened on the way
 */
#include "fusion/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/numbering.h"
#include "fusion/saved.h"

/* Messages that wait for a hole at most: minutes of a camera, some megabytes. */
#define HELD_MAX       4096
#define HELD_BYTES_MAX ((size_t) 32 * 1024 * 1024)

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

struct intake {
    struct intake_options options;
    struct numbering at; /* saved */

    struct held *held; /* in order of arrival; all of them ahead */
    size_t held_count, held_capacity, held_bytes;
    bool catching_up;
    int64_t catch_up_began_ns;
    int64_t waiting_since_ns; /* when catching up began, or a replay last brought something */

    /* What is known of the camera's ring, not saved: where it begins, as the last live hello said
     * (boot 0: there is none), and when that came; frames that were taken and are not in it lie
     * before lacks_before (boot 0: there are none). */
    struct wire_position ring_oldest, lacks_before;
    int64_t ring_heard_ns;
    bool answers;     /* it has sent something of its ring */
    bool acknowledge; /* the camera has ended and waits for a request after its last message */
    bool request_out, request_is_for_gap;
    struct wire_position request_after;
    int64_t first_request_ns; /* of those for this position: the answer to any of them counts */
    int64_t request_ns, next_request_ns;

    bool recovered;
    int64_t recovered_us;
    struct wire_position recovered_from;
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

/* ---- taking ---- */

static void note_recovered(struct intake *intake, const struct observation_frame *frame)
{
    if (!intake->recovered || frame->capture_us < intake->recovered_us) {
        intake->recovered_us = frame->capture_us;
        intake->recovered_from = (struct wire_position){ frame->boot_id, frame->sequence };
    }
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
    bool is_frame = message->kind == MESSAGE_FRAME;
    numbering_take(&intake->at, message, intake->options.since_us);
    if (!is_frame)
        intake->acknowledge |= may_be_leaving(message->hello.state);
    int r = intake->options.take(intake->options.context, message);
    if (r == -ESTALE) {
        if (is_frame && intake_has_ring(intake))
            note_recovered(intake, &message->frame);
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
            enum numbering_place place =
                r < 0 ? NUMBERING_AHEAD : numbering_place_of(&intake->at, &held->message);
            if (place == NUMBERING_AHEAD) {
                intake->held[kept++] = *held;
                continue;
            }
            struct message message = let_go(intake, held);
            if (place == NUMBERING_NEXT)
                r = take(intake, &message);
            progress |= place == NUMBERING_NEXT;
            taken += place == NUMBERING_NEXT;
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
        struct wire_position a = numbering_position_of(&intake->held[i].message);
        struct wire_position b = numbering_position_of(&intake->held[first].message);
        bool earlier_boot = a.boot_id == intake->at.boot && b.boot_id != intake->at.boot;
        if (earlier_boot || (a.boot_id == b.boot_id && a.sequence < b.sequence))
            first = i;
    }
    return first;
}

/* Go on without what is missing before the first that waits. */
static int skip(struct intake *intake, bool for_good)
{
    size_t first = first_held(intake);
    struct message message = let_go(intake, &intake->held[first]);
    memmove(&intake->held[first], &intake->held[first + 1],
            (--intake->held_count - first) * sizeof(intake->held[0]));
    if (!for_good)
        numbering_skip_to(&intake->at, numbering_position_of(&message));
    int r = take(intake, &message);
    message_release(&message);
    return r < 0 ? r : drain(intake);
}

/* ---- live ---- */

static bool is_held(const struct intake *intake, const struct message *message)
{
    for (size_t i = 0; i < intake->held_count; i++)
        if (intake->held[i].message.kind == message->kind &&
            numbering_same_position(numbering_position_of(&intake->held[i].message),
                                    numbering_position_of(message)))
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
    if (full && intake_has_ring(intake)) {
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

static void hear_of_ring(struct intake *intake, const struct camera_hello *hello, int64_t now_ns)
{
    intake->ring_oldest = hello->ring_oldest;
    intake->ring_heard_ns = now_ns;
    if (numbering_knows_more(&intake->at, hello)) /* its machine was without power */
        intake->lacks_before = (struct wire_position){ hello->boot_id, 0 };
}

int intake_live(struct intake *intake, struct message *message, int64_t now_mono_ns)
{
    enum numbering_place place = numbering_place_of(&intake->at, message);
    int r = 0;
    if (message->kind == MESSAGE_HELLO)
        hear_of_ring(intake, &message->hello, now_mono_ns);
    if (place == NUMBERING_BEHIND) {
        intake->at.counts.duplicates += message->kind == MESSAGE_FRAME;
    } else if (place == NUMBERING_AHEAD || intake->catching_up) {
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

static bool asks_for_gap(const struct intake *intake)
{
    return !is_waiting(intake) && !intake->acknowledge && intake->at.gap.open && !intake->recovered;
}

static bool has_question(const struct intake *intake)
{
    return is_waiting(intake) || intake->acknowledge || asks_for_gap(intake);
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
    if (!intake->request_out || !numbering_same_position(after, intake->request_after))
        intake->first_request_ns = now_mono_ns;
    intake->request_is_for_gap = for_gap;
    intake->request_after = after;
    intake->request_out = true;
    intake->request_ns = now_mono_ns;
}

void intake_not_asked(struct intake *intake, int64_t now_mono_ns)
{
    intake->request_out = false;
    intake->next_request_ns = now_mono_ns + (is_waiting(intake) ? RETRY_NS : GAP_NS);
    intake->acknowledge = false; /* nobody waits for it */
}

int64_t intake_since_us(const struct intake *intake)
{
    return intake->options.since_us > 0 ? intake->options.since_us : 0;
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

/* What follows the gap's beginning in the ring: something of the gap, or it is lost. */
static void judge_gap(struct intake *intake, const struct replay *replay, int64_t now_ns)
{
    intake->next_request_ns = now_ns + GAP_NS;
    for (size_t i = 0; i < replay->count; i++) {
        const struct message *message = &replay->messages[i];
        if (message->kind != MESSAGE_FRAME)
            continue;
        if (numbering_was_skipped(&intake->at, numbering_position_of(message)))
            note_recovered(intake, &message->frame);
        else
            intake->at.gap.open = false;
        return;
    }
    if (replay->complete)
        intake->at.gap.open = false;
    else
        intake->at.gap.after = replay->last;
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
        if ((!is_frame && message->kind != MESSAGE_HELLO) ||
            numbering_place_of(&intake->at, message) == NUMBERING_BEHIND)
            continue;
        if (is_before_our_time(intake, message)) {
            numbering_pass_over(&intake->at, numbering_position_of(message), false);
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
    if (!intake->request_out || !numbering_same_position(replay->after, intake->request_after))
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
    else if (!numbering_same_position(replay->last, replay->after))
        numbering_pass_over(&intake->at, replay->last, true); /* what was there had to be refused */
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
    return intake->answers || intake->ring_oldest.boot_id != 0;
}

/* Of a camera that nothing was taken of by then, all is wanted that ever came. */
static bool ring_reaches(const struct intake *present, const struct numbering *past)
{
    struct wire_position oldest = present->ring_oldest, lacks = present->lacks_before;
    if (oldest.boot_id == 0)
        return false;
    if (past->boot == 0)
        return oldest.sequence == 0 && oldest.boot_id == numbering_first_boot(&present->at) &&
               lacks.boot_id == 0;
    return numbering_is_kept(past, oldest) &&
           (lacks.boot_id == 0 || numbering_is_kept(past, lacks));
}

int intake_can_return(const struct intake *present, const struct intake *past, int64_t now_mono_ns)
{
    const struct numbering *then = &past->at;
    struct wire_position frame = present->recovered_from;
    if (present->recovered && (numbering_is_behind(then, frame) ||
                               (then->gap.open && numbering_was_skipped(then, frame))))
        return -EAGAIN;
    if (numbering_same_position(then->taken, present->at.taken))
        return 0;
    bool is_fresh = now_mono_ns - present->ring_heard_ns <= present->options.promise_ns;
    return is_fresh && ring_reaches(present, then) ? 0 : -ESTALE;
}

bool intake_recovered(const struct intake *intake, int64_t *ret_capture_us)
{
    if (intake->recovered)
        *ret_capture_us = intake->recovered_us;
    return intake->recovered;
}

void intake_postpone(struct intake *intake)
{
    intake->recovered = false;
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

void intake_save(const struct intake *intake, struct buffer *buffer)
{
    buffer_put_u32(buffer, INTAKE_STATE_VERSION);
    buffer_put_i64(buffer, intake->options.since_us);
    numbering_save(&intake->at, buffer);
}

int intake_restore(struct intake *intake, struct buffer_reader *reader)
{
    if (buffer_get_u32(reader) != INTAKE_STATE_VERSION)
        buffer_reader_fail(reader);
    int64_t since_us = saved_get_time_or_never_us(reader);
    int r = numbering_restore(&intake->at, reader);
    if (r < 0)
        return r;
    drop_held(intake);
    intake->options.since_us = since_us;
    intake->catching_up = intake->acknowledge = false;
    intake->request_out = intake->recovered = false;
    return 0;
}
