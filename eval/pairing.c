/*
 * pairing.c - truth and result of the same times, side by side
 */
#include "eval/pairing.h"

#include <errno.h>
#include <stdlib.h>

struct pairing {
    struct point_stream *truth, *result;
    int64_t tolerance_us;
    const struct point_moment *following; /* the truth time to come; NULL: none */
    const struct point_moment *ahead;     /* the result that nobody has taken; NULL: none */
};

static int advance(struct point_stream *stream, const struct point_moment **moment,
                   struct error *err)
{
    int r = point_stream_next(stream, moment, err);
    if (r == 0)
        *moment = NULL;
    return r < 0 ? r : 0;
}

int pairing_open(const char *truth, const char *result, const struct region *region,
                 int64_t tolerance_us, struct pairing **ret_pairing, struct error *err)
{
    struct pairing *p = calloc(1, sizeof(*p));
    if (!p)
        return error_set(err, -ENOMEM, "out of memory");
    p->tolerance_us = tolerance_us;
    int r = point_stream_open(truth, region, &p->truth, err);
    if (r == 0)
        r = point_stream_open(result, region, &p->result, err);
    /* Who leaves the column out has one floor and means any. */
    if (r == 0 && point_stream_has_floors(p->truth) != point_stream_has_floors(p->result)) {
        point_stream_ignore_floors(p->truth);
        point_stream_ignore_floors(p->result);
    }
    if (r == 0)
        r = advance(p->truth, &p->following, err);
    if (r == 0)
        r = advance(p->result, &p->ahead, err);
    if (r < 0) {
        pairing_close(&p);
        return r;
    }
    *ret_pairing = p;
    return 0;
}

void pairing_close(struct pairing **pairing)
{
    if (!*pairing)
        return;
    point_stream_close(&(*pairing)->truth);
    point_stream_close(&(*pairing)->result);
    free(*pairing);
    *pairing = NULL;
}

/* Without overflow for any two times. */
static uint64_t apart_us(int64_t a, int64_t b)
{
    return a > b ? (uint64_t) a - (uint64_t) b : (uint64_t) b - (uint64_t) a;
}

/* The result nearest to a truth time, of those that are not nearer to the following one. */
static int take_nearest(struct pairing *p, int64_t time_us, const struct point_moment **ret_nearest,
                        struct error *err)
{
    const struct point_moment *nearest = NULL;
    int r = 0;
    while (r == 0 && p->ahead) {
        uint64_t distance_us = apart_us(p->ahead->time_us, time_us);
        bool later = p->ahead->time_us > time_us;
        if (later && nearest && apart_us(nearest->time_us, time_us) <= distance_us)
            break;
        if (later &&
            (distance_us > (uint64_t) p->tolerance_us ||
             (p->following && apart_us(p->ahead->time_us, p->following->time_us) < distance_us)))
            break;
        nearest = p->ahead;
        r = advance(p->result, &p->ahead, err);
        if (later)
            break;
    }
    bool near = nearest && apart_us(nearest->time_us, time_us) <= (uint64_t) p->tolerance_us;
    *ret_nearest = near ? nearest : NULL;
    return r;
}

int pairing_next(struct pairing *p, struct paired_moment *ret_moment, struct error *err)
{
    if (!p->following)
        return 0;
    struct paired_moment moment = { .truth = p->following };
    int r = advance(p->truth, &p->following, err);
    if (r == 0)
        r = take_nearest(p, moment.truth->time_us, &moment.result, err);
    if (r < 0)
        return r;
    moment.until_us = p->following ? p->following->time_us : INT64_MAX;
    *ret_moment = moment;
    return 1;
}
