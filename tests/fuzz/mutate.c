/*
 * mutate.c - see mutate.h
 */
#include "tests/fuzz/mutate.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_MAX 4

/* A change adds at most so many bytes. */
#define PIECE_MAX ((size_t) 64)

struct mutation {
    uint8_t *bytes;
    size_t length, room;
    const struct seed *seeds;
    size_t seed_count;
    uint64_t state;
};

/* Steele, Lea & Flood, Fast Splittable Pseudorandom Number Generators (2014): SplitMix64. */
static uint64_t next(struct mutation *m)
{
    uint64_t z = m->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 .. end - 1; 0 for an empty range. */
static size_t below(struct mutation *m, size_t end)
{
    return end ? (size_t) (next(m) % end) : 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Put `added` bytes in place of `removed` ones; what would not fit is cut off at the end. */
static void replace(struct mutation *m, size_t at, size_t removed, const void *bytes, size_t added)
{
    uint8_t piece[PIECE_MAX];
    removed = smaller(removed, m->length - at);
    added = smaller(smaller(added, PIECE_MAX), m->room - at);
    memcpy(piece, bytes, added); /* they may be our own */
    size_t tail = smaller(m->length - at - removed, m->room - at - added);
    memmove(m->bytes + at + added, m->bytes + at + removed, tail);
    memcpy(m->bytes + at, piece, added);
    m->length = at + added + tail;
}

/* ---- the changes ---- */

static void flip_bit(struct mutation *m)
{
    if (m->length)
        m->bytes[below(m, m->length)] ^= (uint8_t) (1u << below(m, 8));
}

static void set_byte(struct mutation *m)
{
    if (m->length)
        m->bytes[below(m, m->length)] = (uint8_t) next(m);
}

static void insert_bytes(struct mutation *m)
{
    uint8_t bytes[8];
    size_t count = 1 + below(m, sizeof(bytes));
    bool same = next(m) % 2;
    for (size_t i = 0; i < count; i++)
        bytes[i] = same && i > 0 ? bytes[0] : (uint8_t) next(m);
    replace(m, below(m, m->length + 1), 0, bytes, count);
}

static void cut_piece(struct mutation *m)
{
    size_t at = below(m, m->length);
    replace(m, at, 1 + below(m, smaller(m->length - at, PIECE_MAX)), "", 0);
}

static void cut_end(struct mutation *m)
{
    m->length = below(m, m->length);
}

static void double_piece(struct mutation *m)
{
    size_t from = below(m, m->length), count = below(m, smaller(m->length - from, PIECE_MAX) + 1);
    replace(m, below(m, m->length + 1), 0, m->bytes + from, count);
}

static void overwrite_piece(struct mutation *m)
{
    size_t from = below(m, m->length), count = below(m, smaller(m->length - from, PIECE_MAX) + 1);
    size_t to = below(m, m->length - count + 1);
    memmove(m->bytes + to, m->bytes + from, count);
}

static void take_from_another(struct mutation *m)
{
    const struct seed *other = &m->seeds[below(m, m->seed_count)];
    size_t from = below(m, other->length), at = below(m, m->length + 1);
    size_t count = below(m, smaller(other->length - from, PIECE_MAX) + 1);
    size_t removed = next(m) % 2 ? smaller(count, m->length - at) : 0;
    replace(m, at, removed, other->bytes + from, count);
}

/* Lengths, counts and bounds where arithmetic goes wrong, of 1, 2, 4 or 8 bytes, either end first.
 */
static void set_number(struct mutation *m)
{
    static const uint64_t numbers[] = { 0,
                                        1,
                                        0x7f,
                                        0x80,
                                        0xff,
                                        0x7fff,
                                        0x8000,
                                        0xffff,
                                        0x7fffffff,
                                        0x80000000,
                                        0xffffffff,
                                        INT64_MAX,
                                        (uint64_t) INT64_MAX + 1,
                                        UINT64_MAX,
                                        0x7fc00000,                   /* NaN as a float, */
                                        0x7f800000,                   /* infinity, */
                                        UINT64_C(0x7ff8000000000000), /* and as a double */
                                        UINT64_C(0x7ff0000000000000) };
    uint64_t number = numbers[below(m, ARRAY_LENGTH(numbers))];
    size_t size = (size_t) 1 << below(m, 4);
    bool big_end_first = next(m) % 2;
    if (m->length < size)
        return;
    uint8_t *at = m->bytes + below(m, m->length - size + 1);
    for (size_t i = 0; i < size; i++)
        at[big_end_first ? size - 1 - i : i] = (uint8_t) (number >> 8 * i);
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* The first run of digits from a place on, or an empty one. */
static void find_number(const struct mutation *m, size_t *at, size_t *ret_length)
{
    while (*at < m->length && !is_digit(m->bytes[*at]))
        ++*at;
    *ret_length = 0;
    while (*at + *ret_length < m->length && is_digit(m->bytes[*at + *ret_length]))
        ++*ret_length;
}

static void set_word(struct mutation *m)
{
    static const char *const words[] = { "0",
                                         "-1",
                                         "-0",
                                         "1e999",
                                         "-1e308",
                                         "1e-320",
                                         "nan",
                                         "inf",
                                         "0x7f",
                                         "2147483648",
                                         "-2147483649",
                                         "4294967296",
                                         "9223372036854775807",
                                         "9223372036854775808",
                                         "1e18",
                                         "0.1",
                                         "",
                                         "\"",
                                         "'",
                                         "\\",
                                         "\n",
                                         "\r\n",
                                         ",",
                                         ";",
                                         "{",
                                         "}",
                                         "[",
                                         "(",
                                         "<",
                                         ">",
                                         "&#0;",
                                         "\xff",
                                         "\xef\xbb\xbf",
                                         "\xed\xa0\x80",
                                         "%s%n",
                                         "../",
                                         "@include \"/dev/zero\"\n" };
    const char *word = words[below(m, ARRAY_LENGTH(words))];
    size_t at = below(m, m->length + 1), removed = 0;
    if (next(m) % 2)
        find_number(m, &at, &removed);
    replace(m, at, removed, word, strlen(word));
}

typedef void change(struct mutation *m);

int mutate(const struct seed *seeds, size_t count, uint64_t number, struct seed *ret_seed)
{
    static change *const changes[] = { flip_bit,        set_byte,          insert_bytes, cut_piece,
                                       cut_end,         double_piece,      set_number,   set_word,
                                       overwrite_piece, take_from_another, set_number,   set_word };
    struct mutation m = { .seeds = seeds, .seed_count = count, .state = number };
    const struct seed *from = &seeds[below(&m, count)];
    m.room = from->length + CHANGES_MAX * PIECE_MAX;
    m.length = from->length;
    m.bytes = malloc(m.room);
    if (!m.bytes)
        return -ENOMEM;
    memcpy(m.bytes, from->bytes, from->length);
    for (size_t left = 1 + below(&m, CHANGES_MAX); left > 0; left--)
        changes[below(&m, ARRAY_LENGTH(changes))](&m);
    const struct seed mutated = { m.bytes, m.length };
    int r = seed_copy(&mutated, ret_seed);
    free(m.bytes);
    return r;
}

int seed_copy(const struct seed *seed, struct seed *ret_seed)
{
    uint8_t *bytes = malloc(seed->length ? seed->length : 1);
    if (!bytes)
        return -ENOMEM;
    memcpy(bytes, seed->bytes, seed->length);
    *ret_seed = (struct seed){ bytes, seed->length };
    return 0;
}
