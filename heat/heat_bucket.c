/*
 * heat_bucket.c - the facts of one floor and one time bucket
 */
#include "heat/heat_bucket.h"

#include <stdlib.h>

#include "base/clock.h"

void heat_bucket_destroy(struct heat_bucket **bucket)
{
    struct heat_bucket *b = *bucket;
    if (!b)
        return;
    for (size_t i = 0; b->cameras && i < b->camera_count; i++)
        free(b->cameras[i].footprint);
    free(b->cameras);
    free(b->cells);
    free(b->exposures);
    free(b->pairs);
    free(b->zones);
    free(b->lines);
    free(b->flows);
    free(b);
    *bucket = NULL;
}

int64_t heat_bucket_start_us(int64_t wall_us, int bucket_s)
{
    int64_t bucket_us = bucket_s * US_PER_S;
    int64_t into_us = wall_us % bucket_us;
    if (into_us < 0) /* C rounds towards zero; buckets before 1970 round down too */
        into_us += bucket_us;
    return wall_us - into_us;
}
