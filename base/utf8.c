/* utf8.c - whether bytes are UTF-8 text */
#include "base/utf8.h"

#include <stdint.h>

/* What may follow a first byte: how many bytes, and the range of the second. */
struct lead {
    uint8_t first, last, more, low, high;
};

static const struct lead leads[] = {
    { 0x01, 0x7f, 0, 0, 0 },       { 0xc2, 0xdf, 1, 0x80, 0xbf }, { 0xe0, 0xe0, 2, 0xa0, 0xbf },
    { 0xe1, 0xec, 2, 0x80, 0xbf }, { 0xed, 0xed, 2, 0x80, 0x9f }, { 0xee, 0xef, 2, 0x80, 0xbf },
    { 0xf0, 0xf0, 3, 0x90, 0xbf }, { 0xf1, 0xf3, 3, 0x80, 0xbf }, { 0xf4, 0xf4, 3, 0x80, 0x8f },
};

/* Bytes of the character that begins here; 0: none does. */
static size_t character_bytes(const unsigned char *at)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
        const struct lead *lead = &leads[i];
        if (at[0] < lead->first || at[0] > lead->last)
            continue;
        if (lead->more && (at[1] < lead->low || at[1] > lead->high))
            return 0;
        for (int k = 2; k <= lead->more; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        return (size_t) lead->more + 1;
    }
    return 0;
}

size_t utf8_valid_bytes(const char *text)
{
    const unsigned char *start = (const unsigned char *) text, *at = start;
    for (size_t bytes; *at && (bytes = character_bytes(at)) > 0;)
        at += bytes;
    return (size_t) (at - start);
}
