/*
 * option_text.h - what is done to a config's text before libconfig reads it
 */
#ifndef FLOORFUSE_CONFIG_OPTION_TEXT_H
#define FLOORFUSE_CONFIG_OPTION_TEXT_H

#include "base/text.h"

/* The line of an @include, or 0. libconfig would open the file it names, and text may come from the
 * wire. */
unsigned option_text_include(const char *text);

/*
 * Copy the text, mending what libconfig 1.5 would get wrong in silence or refuse without need:
 *   a byte order mark, which some editors write, is left out
 *   a comment at the very end gets the newline without which it would be a syntax error
 *   whole numbers that do not fit an int become 64 bits wide ("L"), or libconfig takes the lower 32
 *     bits and a wrong number may pass for a right one
 *   whole numbers inside [ ] become fractional, so that [0, 0.5] is not a mismatch of types
 * Lines stay where they are.
 *   ret_line  where a problem is found: a comment or string that never ends; or more nesting or
 * keys in a group than libconfig, which compares each key with all before, reads in good time
 * Returns NULL, or the sentence about the problem.
 */
const char *option_text_mend(const char *text, struct text *ret_text, unsigned *ret_line);

#endif
