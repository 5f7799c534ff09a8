/*
 * suggest.h - how far apart two words are, to suggest the key that was meant
 */
#ifndef FLOORFUSE_CONFIG_SUGGEST_H
#define FLOORFUSE_CONFIG_SUGGEST_H

#include <stddef.h>

/* Letters to insert, delete or replace to make a out of b (Levenshtein); `limit` when it is that
 * much or more, or a word is longer than 127 letters. */
size_t suggest_distance(const char *a, const char *b, size_t limit);

#endif
