/*
 * macros.h - the few compiler words every folder uses
 */
#ifndef FLOORFUSE_BASE_MACROS_H
#define FLOORFUSE_BASE_MACROS_H

/* The result carries an error and must be looked at; drop one on purpose with (void). */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Run destroy(&variable) when the variable goes out of scope: AUTO(image_unref) struct image *a. */
#define AUTO(destroy) __attribute__((cleanup(destroy)))

#define PRINTF_FORMAT(format_index, first_argument) \
    __attribute__((format(printf, format_index, first_argument)))

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Longest text id of a store, floor or camera ([a-z0-9-]+), with its closing NUL. */
#define ID_SIZE 64

#endif
