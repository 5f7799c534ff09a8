/*
 * fusion_losses.c - all that a fusion program lost, refused or dropped, by reason
 */
#include "programs/fusion_losses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fusion/saved.h"
#include "programs/fusion_cameras.h"
#include "programs/fusion_floors.h"

#define TELL_INTERVAL_NS (60 * NS_PER_S)
#define HOUR_US          (INT64_C(3600) * US_PER_S)

/* After going back, so many hours are told anew at most: the writer takes no more at once. */
#define HOURS_BACK_MAX 48

#define WORD_SIZE 64

/* ---- what is counted ---- */

/* What a count is made of; camera is NULL where it is not of one. */
struct source {
    const struct fusion_loop *loop;
    const struct fusion_camera *camera;
};

/* Reasons of one kind, 0 .. reasons - 1. */
struct kind {
    const char *source, *unit;
    int reasons;
    const char *(*reason)(int number);
    uint64_t (*count)(struct source source, int number);
    bool of_camera; /* one of each camera */
    bool is_saved;  /* part of the saved state: it may fall when fusion goes back */
};

static const char *missed_reason(int number)
{
    (void) number;
    return "missed";
}

static uint64_t missed_count(struct source source, int number)
{
    (void) number;
    return intake_counts(source.camera->intake).missed;
}

static const char *camera_reason(int number)
{
    static const char *const reasons[CAMERA_LOSSES] = {
        [CAMERA_LOSS_PUBLISH] = "publish_queue_full",
        [CAMERA_LOSS_RING] = "ring_not_written",
    };
    return reasons[number];
}

static uint64_t camera_count(struct source source, int number)
{
    return source.camera->losses.total[number];
}

static const char *source_reason(int number)
{
    (void) number;
    return "source_queue_full";
}

static uint64_t source_count(struct source source, int number)
{
    (void) number;
    return source.camera->losses.total[CAMERA_LOSS_SOURCE];
}

static const char *frame_reason(int number)
{
    static const char *const reasons[] = { "late", "implausible_time", "view_unknown" };
    return reasons[number];
}

static uint64_t frame_count(struct source source, int number)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < source.loop->floor_count; i++) {
        struct fusion_counts c = fusion_counts(source.loop->floors[i].fusion);
        const uint64_t counts[] = { c.frames_late, c.frames_implausible, c.frames_unknown };
        sum += counts[number];
    }
    return sum;
}

static const char *observation_reason(int number)
{
    (void) number;
    return "not_usable";
}

static uint64_t observation_count(struct source source, int number)
{
    uint64_t sum = 0;
    (void) number;
    for (size_t i = 0; i < source.loop->floor_count; i++)
        sum += fusion_counts(source.loop->floors[i].fusion).observations_dropped;
    return sum;
}

static const char *refusal_reason(int number)
{
    return refusal_text((enum refusal) number);
}

static uint64_t refusal_count(struct source source, int number)
{
    enum refusal reason = (enum refusal) number;
    return subscriber_refused(source.loop->subscriber, reason) +
           replay_desk_refused(source.loop->replays, reason);
}

static const char *stranger_reason(int number)
{
    (void) number;
    return "unknown_camera";
}

static uint64_t stranger_count(struct source source, int number)
{
    (void) number;
    return source.loop->strangers;
}

/* As denial_text, in one word. */
static const char *denial_reason(int number)
{
    static const char *const reasons[DENIAL_REASONS] = {
        [DENIED_KEY] = "unknown_key",           [DENIED_GATE] = "wrong_gate",
        [DENIED_MECHANISM] = "wrong_mechanism", [DENIED_SERVER] = "wrong_server_key",
        [DENIED_MALFORMED] = "malformed",       [DENIED_BROKEN] = "broken_off",
    };
    return reasons[number];
}

static uint64_t denial_count(struct source source, int number)
{
    struct gatekeeper *gatekeeper = source.loop->gatekeeper;
    return gatekeeper ? gatekeeper_counts(gatekeeper).denied[number] : 0;
}

static const char *drop_reason(int number)
{
    return storage_drop_text((enum storage_drop) number);
}

static uint64_t drop_count(struct source source, int number)
{
    struct storage_writer *writer = source.loop->writer;
    return writer ? storage_writer_counts(writer).drops[number] : 0;
}

static const struct kind kinds[] = {
    { "wire", "frames", 1, missed_reason, missed_count, true, true },
    { "wire", "messages", REFUSAL_REASONS, refusal_reason, refusal_count, false, false },
    { "wire", "messages", 1, stranger_reason, stranger_count, false, false },
    { "gate", "connections", DENIAL_REASONS, denial_reason, denial_count, false, false },
    { "camera", "messages", CAMERA_LOSS_SOURCE, camera_reason, camera_count, true, true },
    { "camera", "frames", 1, source_reason, source_count, true, true },
    { "fusion", "frames", 3, frame_reason, frame_count, false, true },
    { "fusion", "observations", 1, observation_reason, observation_count, false, true },
    { "database", "records", STORAGE_DROP_REASONS, drop_reason, drop_count, false, false },
};

/* ---- lists of them ---- */

/* Which counts: those that are saved, those that are not, or both. */
struct choice {
    bool saved, unsaved;
};

static size_t add_reasons(const struct kind *kind, struct source source, struct storage_loss *list)
{
    for (int i = 0; i < kind->reasons && list; i++)
        list[i] = (struct storage_loss){
            .camera = source.camera ? source.camera->config->id : "",
            .source = kind->source,
            .reason = kind->reason(i),
            .unit = kind->unit,
            .count = kind->count(source, i),
        };
    return (size_t) kind->reasons;
}

/* Returns how many there are; with list NULL they are only counted. */
static size_t add_all(const struct fusion_loop *loop, struct choice choice,
                      struct storage_loss *list)
{
    size_t count = 0;
    for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
        const struct kind *kind = &kinds[k];
        if (!(kind->is_saved ? choice.saved : choice.unsaved))
            continue;
        size_t times = kind->of_camera ? loop->camera_count : 1;
        for (size_t i = 0; i < times; i++) {
            const struct source source = { loop, kind->of_camera ? &loop->cameras[i] : NULL };
            count += add_reasons(kind, source, list ? list + count : NULL);
        }
    }
    return count;
}

static int make_list(const struct fusion_loop *loop, struct choice choice,
                     struct storage_loss **ret_list, size_t *ret_count)
{
    size_t count = add_all(loop, choice, NULL);
    struct storage_loss *list = calloc(count + 1, sizeof(*list));
    if (!list)
        return -ENOMEM;
    (void) add_all(loop, choice, list);
    *ret_list = list;
    *ret_count = count;
    return 0;
}

int fusion_losses_list(const struct fusion_loop *loop, struct storage_loss **ret_list,
                       size_t *ret_count)
{
    return make_list(loop, (struct choice){ true, true }, ret_list, ret_count);
}

/* ---- hours ---- */

/* Counts that begin anew with every hour. */
struct account {
    struct choice choice;
    int64_t since_us;      /* the hour, or the start in it */
    uint64_t *base, *told; /* of each: when the hour began; of this hour, told last */
    bool went_back;        /* what was told may have been too much, also of hours since */
};

struct fusion_losses {
    struct account saved, unsaved;
    int64_t next_ns;
};

static int account_open(struct account *account, const struct fusion_loop *loop,
                        struct choice choice)
{
    size_t count = add_all(loop, choice, NULL);
    account->choice = choice;
    account->since_us = loop->run_us;
    account->base = calloc(count + 1, sizeof(*account->base));
    account->told = calloc(count + 1, sizeof(*account->told));
    return account->base && account->told ? 0 : -ENOMEM;
}

int fusion_losses_open(struct fusion_loop *loop, struct error *err)
{
    loop->losses = calloc(1, sizeof(*loop->losses));
    int r = loop->losses ? 0 : -ENOMEM;
    if (r == 0)
        r = account_open(&loop->losses->saved, loop, (struct choice){ .saved = true });
    if (r == 0)
        r = account_open(&loop->losses->unsaved, loop, (struct choice){ .unsaved = true });
    if (r == 0)
        loop->losses->next_ns = clock_mono_ns() + TELL_INTERVAL_NS;
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

static void account_close(struct account *account)
{
    free(account->base);
    free(account->told);
}

void fusion_losses_close(struct fusion_loop *loop)
{
    if (!loop->losses)
        return;
    account_close(&loop->losses->saved);
    account_close(&loop->losses->unsaved);
    free(loop->losses);
    loop->losses = NULL;
}

/* A count that is below where the hour began is none of this hour. */
static uint64_t since_base(const struct account *account, const struct storage_loss *now, size_t i)
{
    uint64_t count = now[i].count > account->base[i] ? now[i].count - account->base[i] : 0;
    return count < INT64_MAX ? count : INT64_MAX;
}

/* What the list holds of one hour. -ENOSPC: the writer has no room, which it counts. */
static int put(const struct fusion_loop *loop, int64_t since_us, int64_t now_us,
               const struct storage_loss *list, size_t count)
{
    for (size_t done = 0; done < count;) {
        size_t some = count - done < STORAGE_LOSSES_MAX ? count - done : STORAGE_LOSSES_MAX;
        const struct storage_losses losses = {
            .since_us = since_us, .told_us = now_us, .list = list + done, .count = some
        };
        int r = storage_writer_put_losses(loop->writer, &losses);
        if (r < 0)
            return r;
        done += some;
    }
    return 0;
}

/* Tell of the present hour, where something has changed. */
static int tell_hour(const struct fusion_loop *loop, struct account *account, int64_t now_us,
                     const struct storage_loss *now, size_t count)
{
    struct storage_loss *list = calloc(count + 1, sizeof(*list));
    bool changed = account->went_back;
    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        list[i] = now[i];
        list[i].count = since_base(account, now, i);
        changed |= list[i].count != account->told[i];
    }
    int r = changed ? put(loop, account->since_us, now_us, list, count) : 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        account->told[i] = list[i].count;
    free(list);
    return r;
}

/* Hours that were told of and have not been yet since we went back: nothing was lost in them. */
static int clear_hours(const struct fusion_loop *loop, int64_t first_us, int64_t end_us,
                       int64_t now_us, const struct storage_loss *now, size_t count)
{
    struct storage_loss *list = calloc(count + 1, sizeof(*list));
    int r = list ? 0 : -ENOMEM;
    if (first_us < end_us - HOURS_BACK_MAX * HOUR_US)
        first_us = end_us - HOURS_BACK_MAX * HOUR_US;
    for (size_t i = 0; r == 0 && i < count; i++) {
        list[i] = now[i];
        list[i].count = 0;
    }
    for (int64_t hour_us = first_us; r == 0 && hour_us < end_us; hour_us += HOUR_US)
        r = put(loop, hour_us, now_us, list, count);
    free(list);
    return r;
}

static int tell_account(const struct fusion_loop *loop, struct account *account, int64_t now_us)
{
    struct storage_loss *now = NULL;
    size_t count = 0;
    int64_t hour_us = now_us - now_us % HOUR_US;
    int64_t next_us = account->since_us - account->since_us % HOUR_US + HOUR_US;
    int r = make_list(loop, account->choice, &now, &count);
    if (r == 0)
        r = tell_hour(loop, account, now_us, now, count);
    if (r == 0 && next_us <= hour_us) {
        if (account->went_back)
            r = clear_hours(loop, next_us, hour_us, now_us, now, count);
        for (size_t i = 0; r == 0 && i < count; i++) {
            account->base[i] = now[i].count;
            account->told[i] = 0;
        }
        account->since_us = r == 0 ? hour_us : account->since_us;
        if (r == 0) /* of this one, too, something may have been told */
            r = tell_hour(loop, account, now_us, now, count);
    }
    if (r == 0)
        account->went_back = false;
    free(now);
    return r;
}

int fusion_losses_tell(struct fusion_loop *loop)
{
    struct fusion_losses *losses = loop->losses;
    int64_t now_us = clock_wall_us();
    losses->next_ns = clock_mono_ns() + TELL_INTERVAL_NS;
    if (!loop->writer)
        return 0;
    int r = tell_account(loop, &losses->saved, now_us);
    if (r == 0 || r == -ENOSPC)
        r = tell_account(loop, &losses->unsaved, now_us);
    return r == -ENOSPC ? 0 : r;
}

int fusion_losses_tell_if_due(struct fusion_loop *loop)
{
    return clock_mono_ns() >= loop->losses->next_ns ? fusion_losses_tell(loop) : 0;
}

/* ---- with the saved state ---- */

int fusion_losses_save(const struct fusion_loop *loop, struct buffer *buffer)
{
    const struct account *account = &loop->losses->saved;
    struct storage_loss *list = NULL;
    size_t count = 0;
    int r = make_list(loop, account->choice, &list, &count);
    if (r < 0)
        return r;
    buffer_put_i64(buffer, account->since_us);
    buffer_put_u32(buffer, (uint32_t) count);
    for (size_t i = 0; i < count; i++) {
        saved_put_text(buffer, list[i].camera);
        saved_put_text(buffer, list[i].source);
        saved_put_text(buffer, list[i].reason);
        buffer_put_u64(buffer, account->base[i]);
    }
    free(list);
    return buffer_result(buffer);
}

static void set_base(struct account *account, const struct storage_loss *list, size_t count,
                     const struct storage_loss *saved)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].camera, saved->camera) == 0 &&
            strcmp(list[i].source, saved->source) == 0 &&
            strcmp(list[i].reason, saved->reason) == 0)
            account->base[i] = saved->count;
}

/* Cameras that the config no longer has are passed over. */
static void get_base(struct buffer_reader *reader, struct account *account,
                     const struct storage_loss *list, size_t count)
{
    char camera[ID_SIZE], source[WORD_SIZE], reason[WORD_SIZE];
    saved_get_text(reader, camera, sizeof(camera));
    saved_get_text(reader, source, sizeof(source));
    saved_get_text(reader, reason, sizeof(reason));
    const struct storage_loss saved = {
        .camera = camera, .source = source, .reason = reason, .count = buffer_get_u64(reader)
    };
    if (!reader->failed)
        set_base(account, list, count, &saved);
}

int fusion_losses_restore(struct fusion_loop *loop, struct buffer_reader *reader)
{
    struct account *account = &loop->losses->saved;
    struct storage_loss *list = NULL;
    size_t count = 0;
    int r = make_list(loop, account->choice, &list, &count);
    if (r < 0)
        return r;
    account->since_us = saved_get_time_us(reader);
    account->went_back = true;
    memset(account->base, 0, count * sizeof(*account->base));
    memset(account->told, 0, count * sizeof(*account->told));
    uint32_t saved = buffer_get_u32(reader);
    for (uint32_t i = 0; i < saved && !reader->failed; i++)
        get_base(reader, account, list, count);
    free(list);
    return reader->failed || account->since_us < 0 ? -EBADMSG : 0;
}

void fusion_losses_begin(struct fusion_loop *loop)
{
    struct account *account = &loop->losses->saved;
    struct storage_loss *list = NULL;
    size_t count = 0;
    if (make_list(loop, account->choice, &list, &count) < 0)
        return; /* then they count as of now what was told before */
    for (size_t i = 0; i < count; i++)
        account->base[i] = list[i].count;
    account->since_us = loop->run_us;
    account->went_back = false;
    free(list);
}
