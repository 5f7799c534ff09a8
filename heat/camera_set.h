/*
 * camera_set.h - a set of the cameras of one floor, one bit each
 *
 * A plain value of fixed size, so that sets are copied and compared without a thought for memory.
 * What bit i stands for is said where the set is kept.
 */
#ifndef FLOORFUSE_HEAT_CAMERA_SET_H
#define FLOORFUSE_HEAT_CAMERA_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cameras of one floor at most; a multiple of 64. */
#define HEAT_CAMERAS_MAX 1024

#define CAMERA_SET_WORDS (HEAT_CAMERAS_MAX / 64)

struct camera_set {
    uint64_t words[CAMERA_SET_WORDS]; /* camera i is bit i % 64 of word i / 64 */
};

/* camera: 0 .. HEAT_CAMERAS_MAX - 1 */
static inline void camera_set_add(struct camera_set *set, size_t camera)
{
    set->words[camera / 64] |= UINT64_C(1) << camera % 64;
}

static inline bool camera_set_has(const struct camera_set *set, size_t camera)
{
    return set->words[camera / 64] >> camera % 64 & 1;
}

static inline bool camera_set_is_empty(const struct camera_set *set)
{
    uint64_t any = 0;
    for (size_t i = 0; i < CAMERA_SET_WORDS; i++)
        any |= set->words[i];
    return any == 0;
}

static inline size_t camera_set_count(const struct camera_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < CAMERA_SET_WORDS; i++)
        count += (size_t) __builtin_popcountll(set->words[i]);
    return count;
}

/* Below, at or above 0. The order is that of the sets as numbers: the set with the highest camera
 * that the other does not have is the greater one. */
static inline int camera_set_compare(const struct camera_set *a, const struct camera_set *b)
{
    for (size_t i = CAMERA_SET_WORDS; i-- > 0;)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

static inline bool camera_set_equals(const struct camera_set *a, const struct camera_set *b)
{
    return camera_set_compare(a, b) == 0;
}

/* The smallest camera that is from or above and in the set, or HEAT_CAMERAS_MAX. To walk a set:
 * for (i = camera_set_next(s, 0); i < HEAT_CAMERAS_MAX; i = camera_set_next(s, i + 1)) */
static inline size_t camera_set_next(const struct camera_set *set, size_t from)
{
    for (size_t word = from / 64; word < CAMERA_SET_WORDS; word++) {
        uint64_t rest = set->words[word];
        if (word == from / 64)
            rest &= ~UINT64_C(0) << from % 64;
        if (rest)
            return word * 64 + (size_t) __builtin_ctzll(rest);
    }
    return HEAT_CAMERAS_MAX;
}

#endif
