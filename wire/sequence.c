/*
 * sequence.c - what came of a camera's numbers, and what did not
 */
#include <string.h>

#include "wire/subscriber.h"

#define SEEN_NUMBERS (8 * sizeof(((struct sequence_tracker *) 0)->seen))

static void set_seen(struct sequence_tracker *t, uint64_t number, bool seen)
{
    uint8_t bit = (uint8_t) (1u << (number % 8));
    uint8_t *byte = &t->seen[number % SEEN_NUMBERS / 8];
    *byte = (uint8_t) (seen ? *byte | bit : *byte & ~bit);
}

static bool was_seen(const struct sequence_tracker *t, uint64_t number)
{
    return (t->seen[number % SEEN_NUMBERS / 8] >> (number % 8)) & 1;
}

static void meet_boot(struct sequence_tracker *t, uint64_t boot_id)
{
    if (t->boot_id == boot_id)
        return;
    t->boot_id = boot_id;
    t->next = 0;
    t->boots++;
    memset(t->seen, 0, sizeof(t->seen));
}

/* Numbers from next up to number have not come (yet). */
static void skip_to(struct sequence_tracker *t, uint64_t number)
{
    t->missed += number - t->next;
    if (number - t->next >= SEEN_NUMBERS)
        memset(t->seen, 0, sizeof(t->seen));
    else
        for (uint64_t n = t->next; n < number; n++)
            set_seen(t, n, false);
    t->next = number;
}

enum sequence_verdict sequence_tracker_note(struct sequence_tracker *tracker, uint64_t boot_id,
                                            uint64_t sequence)
{
    meet_boot(tracker, boot_id);
    if (sequence >= tracker->next) {
        skip_to(tracker, sequence);
        set_seen(tracker, sequence, true);
        tracker->next = sequence + 1;
        tracker->received++;
        return SEQUENCE_NEW;
    }
    if (tracker->next - sequence > SEEN_NUMBERS || was_seen(tracker, sequence)) {
        tracker->duplicates++;
        return SEQUENCE_DUPLICATE;
    }
    set_seen(tracker, sequence, true);
    tracker->missed--;
    tracker->late++;
    tracker->received++;
    return SEQUENCE_LATE;
}

void sequence_tracker_note_tail(struct sequence_tracker *tracker, uint64_t boot_id, uint64_t next)
{
    meet_boot(tracker, boot_id);
    if (next > tracker->next)
        skip_to(tracker, next);
}
