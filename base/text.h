/*
 * text.h - a string that grows
 *
 * `struct text` is storage the caller has: start with TEXT_INIT, end with text_release (which
 * AUTO takes as well). `bytes` is always a NUL-terminated string, "" when nothing was added. Out of
 * memory sets `failed` and drops what is added later; look once at the end.
 */
#ifndef FLOORFUSE_BASE_TEXT_H
#define FLOORFUSE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

struct text {
    char *bytes;     /* NUL-terminated; not to be freed by the caller */
    size_t length;   /* without the NUL */
    size_t capacity; /* 0 while bytes is the shared empty string */
    bool failed;     /* out of memory happened; the content is not complete */
};

extern char text_empty[1];

#define TEXT_INIT           \
    {                       \
        .bytes = text_empty \
    }

void text_release(struct text *text);

/* Back to "", keeping the memory. */
void text_clear(struct text *text);

void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const void *bytes, size_t length);
void text_format(struct text *text, const char *format, ...) PRINTF_FORMAT(2, 3);

/* The string becomes the caller's to free(); text is "" again. NULL when out of memory. */
char *text_take(struct text *text);

#endif
