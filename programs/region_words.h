/*
 * region_words.h - a part of the floor as people type it: numbers between commas
 */
#ifndef FLOORFUSE_PROGRAMS_REGION_WORDS_H
#define FLOORFUSE_PROGRAMS_REGION_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"

/* Numbers of a polygon at most, as in the config. */
#define REGION_NUMBERS_MAX 2000

#define REGION_WORDS_FORM \
    "--roi must be xmin,ymin,xmax,ymax or the corners x,y,x,y,... of a polygon, m"
#define REGION_WORDS_EMPTY "the roi is empty: xmin must be below xmax and ymin below ymax"

/* Finite numbers, at least 4, an even number of them: REGION_WORDS_FORM says so to people. */
MUST_CHECK bool region_words_parse(const char *text, double numbers[static REGION_NUMBERS_MAX],
                                   size_t *ret_count);

/* A rectangle must have an inside: REGION_WORDS_EMPTY. */
MUST_CHECK bool region_words_has_inside(const double *numbers, size_t count);

#endif
