/*
 * error.c - the sentence a person needs when a code cannot say it
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, const char *format, ...)
{
    if (err) {
        va_list arguments;
        va_start(arguments, format);
        (void) vsnprintf(err->text, sizeof(err->text), format, arguments);
        va_end(arguments);
    }
    return code;
}

int error_prefix(struct error *err, int code, const char *format, ...)
{
    if (err) {
        struct error old = *err;
        va_list arguments;
        va_start(arguments, format);
        (void) vsnprintf(err->text, sizeof(err->text), format, arguments);
        va_end(arguments);
        size_t used = strlen(err->text);
        (void) snprintf(err->text + used, sizeof(err->text) - used, ": %s", old.text);
    }
    return code;
}
