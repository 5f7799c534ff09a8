/*
 * align.c - frames of many cameras, put in order and cut into ticks of capture time
 *
 * One queue a camera, by capture time. Cameras send in order, so a frame nearly always goes to the
 * tail; a replayed one is put where it belongs. A heap over the cameras knows the oldest frame of
 * all, and the camera that holds back the next tick longest is remembered, so that with a thousand
 * cameras a frame costs hardly more than with ten.
 */
#include "fusion/align_state.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fusion/people.h"

int64_t align_tick_of(int64_t capture_us, int64_t tick_us)
{
    if (tick_us == 0)
        return capture_us;
    int64_t whole = capture_us / tick_us * tick_us; /* rounds towards zero */
    return whole < capture_us ? whole + tick_us : whole;
}

int align_create(int tick_ms, int lateness_ms, double people_height_m, struct align **ret_align)
{
    struct align *align = calloc(1, sizeof(*align));
    if (!align)
        return -ENOMEM;
    align->tick_us = tick_ms * US_PER_MS;
    align->lateness_ns = lateness_ms * NS_PER_MS;
    align->people_height_m = people_height_m;
    *ret_align = align;
    return 0;
}

static void free_taken(struct align *align)
{
    for (size_t i = 0; i < align->taken_count; i++)
        free(align->taken[i]);
    align->taken_count = 0;
}

static void free_queue(struct queue *q)
{
    while (q->head) {
        struct aligned_frame *frame = q->head;
        q->head = frame->next;
        free(frame);
    }
}

void align_destroy(struct align **align)
{
    if (!*align)
        return;
    for (int i = 0; i < (*align)->camera_end; i++)
        free_queue(&(*align)->queues[i]);
    free_taken(*align);
    free((*align)->taken);
    free(*align);
    *align = NULL;
}

static struct queue *queue_of(struct align *align, int camera)
{
    if (camera >= align->camera_end)
        align->camera_end = camera + 1;
    return &align->queues[camera];
}

void align_know_camera(struct align *align, int camera)
{
    queue_of(align, camera)->known = true;
    align->hold.known = false;
}

void align_camera_ended(struct align *align, int camera)
{
    queue_of(align, camera)->ended = true;
    align->hold.known = false;
}

void align_camera_catching_up(struct align *align, int camera, bool catching_up)
{
    struct queue *q = queue_of(align, camera);
    if (q->catching_up != catching_up)
        align->hold.known = false;
    q->catching_up = catching_up;
}

static void heap_put(struct align *align, struct queue *q, int place)
{
    align->heap[place] = q;
    q->heap_place = place;
}

static void heap_rise(struct align *align, struct queue *q)
{
    int place = q->heap_place;
    for (; place > 0; place = (place - 1) / 2) {
        struct queue *above = align->heap[(place - 1) / 2];
        if (above->head->capture_us <= q->head->capture_us)
            break;
        heap_put(align, above, place);
    }
    heap_put(align, q, place);
}

static void heap_sink(struct align *align, struct queue *q)
{
    int place = q->heap_place;
    for (int below; (below = 2 * place + 1) < align->heap_count; place = below) {
        if (below + 1 < align->heap_count &&
            align->heap[below + 1]->head->capture_us < align->heap[below]->head->capture_us)
            below++;
        if (align->heap[below]->head->capture_us >= q->head->capture_us)
            break;
        heap_put(align, align->heap[below], place);
    }
    heap_put(align, q, place);
}

/* The oldest frame that waits; NULL when none does. */
static const struct aligned_frame *oldest_waiting(const struct align *align)
{
    return align->heap_count > 0 ? align->heap[0]->head : NULL;
}

/* Whether a camera's clock can be set beside the ticks at all. */
static bool is_in_time(const struct align *align, const struct queue *q)
{
    if (!q->heard || q->ended || q->astray > 0)
        return false;
    return !align->started || q->current_us >= align->closed_us - ALIGN_BEHIND_US;
}

/* Whether a time is too far ahead of what came before it. */
static bool is_jump(const struct align *align, int64_t capture_us)
{
    const struct aligned_frame *oldest = oldest_waiting(align);
    if (align->started)
        return capture_us > align->closed_us + ALIGN_JUMP_US;
    return oldest && capture_us > oldest->capture_us + ALIGN_JUMP_US;
}

static bool is_contradicted(const struct align *align, const struct queue *jumper,
                            int64_t now_mono_ns)
{
    for (int i = 0; i < align->camera_end; i++) {
        const struct queue *q = &align->queues[i];
        if (q != jumper && is_in_time(align, q) &&
            now_mono_ns - q->progress_mono_ns < align->lateness_ns)
            return true;
    }
    return false;
}

/*
 * One frame from the far future would take all ticks there, and everything after it would be late.
 * So a jump is believed only from a camera that insists, and only while no other camera that is
 * awake contradicts it.
 */
static bool is_implausible(const struct align *align, struct queue *q, int64_t capture_us,
                           int64_t now_mono_ns)
{
    if (capture_us > ALIGN_CAPTURE_MAX_US || capture_us < -ALIGN_CAPTURE_MAX_US)
        return true;
    if (!is_jump(align, capture_us)) {
        q->astray = 0;
        return false;
    }
    if (q->astray < ALIGN_JUMP_FRAMES)
        q->astray++;
    if (q->astray < ALIGN_JUMP_FRAMES || is_contradicted(align, q, now_mono_ns))
        return true;
    q->astray = 0;
    return false;
}

bool align_goes_before(const struct aligned_frame *a, const struct aligned_frame *b)
{
    if (a->capture_us != b->capture_us)
        return a->capture_us < b->capture_us;
    if (a->boot_id != b->boot_id)
        return a->boot_id < b->boot_id;
    return a->sequence < b->sequence;
}

static void put_in_order(struct queue *q, struct aligned_frame *frame)
{
    if (!q->tail || !align_goes_before(frame, q->tail)) {
        *(q->tail ? &q->tail->next : &q->head) = frame;
        q->tail = frame;
        return;
    }
    struct aligned_frame **place = &q->head;
    while (!align_goes_before(frame, *place))
        place = &(*place)->next;
    frame->next = *place;
    *place = frame;
}

/* That something came counts even when it is late: the camera is not silent. */
static void note_arrival(struct align *align, struct queue *q, int64_t capture_us,
                         int64_t arrival_mono_ns)
{
    if (!align->heard)
        align->first_arrival_mono_ns = arrival_mono_ns;
    align->heard = true;
    if (!q->heard || q->ended || q->current_us != capture_us)
        q->progress_mono_ns = arrival_mono_ns;
    q->known = q->heard = true;
    q->ended = false;
    q->current_us = capture_us;
}

/*
 * Until when a camera holds back a tick; INT64_MIN: it does not. Before the first tick every known
 * camera does, so that the one that starts first does not close the door on the others.
 */
static int64_t holds_until_mono_ns(const struct align *align, const struct queue *q,
                                   int64_t tick_us)
{
    if (q->catching_up && (!q->heard || q->current_us < tick_us))
        return INT64_MAX;
    if (q->known && !q->heard && !q->ended && !align->started)
        return align->first_arrival_mono_ns + align->lateness_ns;
    if (!is_in_time(align, q) || q->current_us >= tick_us)
        return INT64_MIN;
    return q->progress_mono_ns + align->lateness_ns;
}

/* A camera has changed: it may hold back the tick now, or no longer. */
static void renew_hold(struct align *align, const struct queue *q)
{
    struct hold *hold = &align->hold;
    if (!hold->known)
        return;
    int64_t until_ns = holds_until_mono_ns(align, q, hold->tick_us);
    if (until_ns > hold->until_mono_ns) {
        hold->until_mono_ns = until_ns;
        hold->by = q;
    } else if (hold->by == q && until_ns < hold->until_mono_ns) {
        hold->known = false; /* somebody else, perhaps */
    }
}

/* Cameras send in turn, so the one heard last is mostly the last that a tick waits for: all are
 * looked at about once a tick. */
static struct hold longest_hold(const struct align *align, int64_t tick_us)
{
    struct hold hold = { .known = true, .tick_us = tick_us, .until_mono_ns = INT64_MIN };
    for (int i = 0; i < align->camera_end; i++) {
        int64_t until_ns = holds_until_mono_ns(align, &align->queues[i], tick_us);
        if (until_ns > hold.until_mono_ns) {
            hold.until_mono_ns = until_ns;
            hold.by = &align->queues[i];
        }
    }
    return hold;
}

void align_enqueue(struct align *align, struct queue *q, struct aligned_frame *frame)
{
    bool was_empty = !q->head;
    put_in_order(q, frame);
    if (was_empty)
        q->heap_place = align->heap_count++;
    if (q->head == frame)
        heap_rise(align, q);
    align->waiting++;
    align->bytes += people_frame_bytes(frame->observation_count, frame->appearance_length);
}

/* Take a frame, as far as this camera's queue is concerned. */
static int push(struct align *align, struct queue *q, int camera,
                const struct observation_frame *frame, int64_t arrival_mono_ns)
{
    if (is_implausible(align, q, frame->capture_us, arrival_mono_ns)) {
        align->counts.implausible++;
        return -EDOM;
    }
    note_arrival(align, q, frame->capture_us, arrival_mono_ns);
    if (align->started && frame->capture_us <= align->closed_us) {
        align->counts.late++;
        return -ESTALE;
    }
    struct aligned_frame *copy;
    int r =
        people_copy_frame(camera, frame, align->people_height_m, &align->counts, &q->joints, &copy);
    if (r == 0)
        align_enqueue(align, q, copy);
    return r;
}

int align_push(struct align *align, int camera, const struct observation_frame *frame,
               int64_t arrival_mono_ns)
{
    struct queue *q = queue_of(align, camera);
    bool first = !align->heard;
    int r = push(align, q, camera, frame, arrival_mono_ns);
    if (first)
        align->hold.known = false; /* how long those wait who were never heard follows from it */
    renew_hold(align, q);
    return r;
}

bool align_has_closed(const struct align *align)
{
    return align->started;
}

int64_t align_following_tick_us(const struct align *align)
{
    int64_t step_us = align->tick_us > 0 ? align->tick_us : 1;
    return align->started ? align->closed_us + step_us : INT64_MIN;
}

/* The tick that is next in line, given the oldest frame that waits. */
static int64_t candidate_us(const struct align *align, const struct aligned_frame *oldest,
                            bool idle)
{
    return align->started && !idle && align->tick_us > 0
               ? align_following_tick_us(align)
               : align_tick_of(oldest->capture_us, align->tick_us);
}

int64_t align_deadline_mono_ns(struct align *align, bool idle)
{
    const struct aligned_frame *oldest = oldest_waiting(align);
    if (!oldest)
        return INT64_MAX;
    if (align->bytes > ALIGN_BYTES_MAX)
        return INT64_MIN;
    int64_t tick_us = candidate_us(align, oldest, idle);
    if (!align->hold.known || align->hold.tick_us != tick_us)
        align->hold = longest_hold(align, tick_us);
    return align->hold.until_mono_ns;
}

bool align_next(struct align *align, int64_t now_mono_ns, bool idle, bool no_waiting,
                int64_t *ret_tick_us)
{
    const struct aligned_frame *oldest = oldest_waiting(align);
    if (!oldest)
        return false;
    *ret_tick_us = candidate_us(align, oldest, idle);
    return no_waiting || align_deadline_mono_ns(align, idle) <= now_mono_ns;
}

static int reserve_taken(struct align *align, size_t count)
{
    if (count <= align->taken_capacity)
        return 0;
    struct aligned_frame **taken = realloc(align->taken, 2 * count * sizeof(*taken));
    if (!taken)
        return -ENOMEM;
    align->taken = taken;
    align->taken_capacity = 2 * count;
    return 0;
}

static int compare_frames(const void *left, const void *right, void *context)
{
    const struct aligned_frame *a = *(struct aligned_frame *const *) left;
    const struct aligned_frame *b = *(struct aligned_frame *const *) right;
    const int *name_rank = context;
    if (a->capture_us == b->capture_us && a->camera != b->camera)
        return name_rank[a->camera] < name_rank[b->camera] ? -1 : 1;
    return align_goes_before(a, b) ? -1 : align_goes_before(b, a);
}

/* Take the oldest frame out of its queue. */
static struct aligned_frame *dequeue(struct align *align)
{
    struct queue *q = align->heap[0];
    struct aligned_frame *frame = q->head;
    q->head = frame->next;
    if (!q->head) {
        q->tail = NULL;
        q = align->heap[--align->heap_count];
    }
    if (align->heap_count > 0) {
        q->heap_place = 0;
        heap_sink(align, q);
    }
    align->waiting--;
    align->bytes -= people_frame_bytes(frame->observation_count, frame->appearance_length);
    return frame;
}

/* They come out by time; those of one time may need to be put in order. */
static void sort_taken(struct align *align, const int *name_rank)
{
    bool sorted = true;
    for (size_t i = 1; i < align->taken_count && sorted; i++)
        sorted = compare_frames(&align->taken[i - 1], &align->taken[i], (void *) name_rank) <= 0;
    if (!sorted)
        qsort_r(align->taken, align->taken_count, sizeof(struct aligned_frame *), compare_frames,
                (void *) name_rank);
}

int64_t align_take(struct align *align, int64_t tick_us, const int name_rank[static 1],
                   struct aligned_frame *const **ret_frames)
{
    free_taken(align);
    int r = reserve_taken(align, align->waiting);
    if (r < 0)
        return r;
    while (align->heap_count > 0 && align->heap[0]->head->capture_us <= tick_us)
        align->taken[align->taken_count++] = dequeue(align);
    sort_taken(align, name_rank);
    align->started = true;
    align->closed_us = tick_us;
    align->hold.known = false;
    *ret_frames = align->taken;
    return (int64_t) align->taken_count;
}

struct align_counts align_counts(const struct align *align)
{
    return align->counts;
}

struct joint_counts align_joints(const struct align *align, int camera)
{
    return align->queues[camera].joints;
}
