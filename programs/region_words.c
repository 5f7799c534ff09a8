/*
 * region_words.c - a part of the floor as people type it
 */
#include "programs/region_words.h"

#include <math.h>
#include <string.h>

#include "csv/number.h"

bool region_words_parse(const char *text, double numbers[static REGION_NUMBERS_MAX],
                        size_t *ret_count)
{
    size_t count = 0;
    char word[64];
    for (const char *at = text;; at++) {
        size_t length = strcspn(at, ",");
        if (count == REGION_NUMBERS_MAX || length >= sizeof(word))
            return false;
        memcpy(word, at, length);
        word[length] = '\0';
        if (!number_parse(word, &numbers[count]) || !isfinite(numbers[count]))
            return false;
        count++;
        at += length;
        if (!*at)
            break;
    }
    *ret_count = count;
    return count >= 4 && count % 2 == 0;
}

bool region_words_has_inside(const double *numbers, size_t count)
{
    return count != 4 || (numbers[0] < numbers[2] && numbers[1] < numbers[3]);
}
