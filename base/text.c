/*
 * text.c - a string that grows
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char text_empty[1]; /* shared and never written to */

void text_release(struct text *text)
{
    if (text->capacity)
        free(text->bytes);
    *text = (struct text) TEXT_INIT;
}

void text_clear(struct text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->capacity)
        text->bytes[0] = '\0';
}

/* Make room for `more` bytes and a NUL. */
static bool text_reserve(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    size_t need = text->length + more + 1;
    if (need <= text->capacity)
        return true;
    size_t capacity = need < 64 ? 64 : need + need / 2;
    char *bytes = realloc(text->capacity ? text->bytes : NULL, capacity);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void text_append_bytes(struct text *text, const void *bytes, size_t length)
{
    if (!text_reserve(text, length))
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_append(struct text *text, const char *string)
{
    text_append_bytes(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0)
        text->failed = true;
    else if (text_reserve(text, (size_t) length)) {
        (void) vsnprintf(text->bytes + text->length, (size_t) length + 1, format, again);
        text->length += (size_t) length;
    }
    va_end(again);
    va_end(arguments);
}

char *text_take(struct text *text)
{
    if (!text_reserve(text, 0)) {
        text_release(text);
        return NULL;
    }
    char *bytes = text->bytes;
    bytes[text->length] = '\0';
    *text = (struct text) TEXT_INIT;
    return bytes;
}
