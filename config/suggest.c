/*
 * suggest.c - edit distance
 */
#include "config/suggest.h"

#include <string.h>

#define WORD_MAX 127

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(const char *a, const char *b, size_t limit)
{
    size_t rows = strlen(a), columns = strlen(b), row[WORD_MAX + 1];
    if (rows > WORD_MAX || columns > WORD_MAX)
        return limit;
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return smaller(row[columns], limit);
}
