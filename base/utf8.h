/*
 * utf8.h - whether bytes are UTF-8 text, which databases insist on
 */
#ifndef FLOORFUSE_BASE_UTF8_H
#define FLOORFUSE_BASE_UTF8_H

#include <stddef.h>

/* The bytes before the first that belongs to no UTF-8 character; strlen(text) when all do.
 * Source: RFC 3629, section 4. */
size_t utf8_valid_bytes(const char *text);

#endif
