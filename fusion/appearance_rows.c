/*
 * appearance_rows.c - the appearance vectors of one frame while its rows are read from a file
 */
#include "fusion/appearance_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv/number.h"

#define SEPARATORS " ;"
/* No number is written with more characters. */
#define NUMBER_BYTES_MAX 63

void appearance_rows_release(struct appearance_rows *rows)
{
    free(rows->values);
    free(rows->sorted);
    *rows = (struct appearance_rows){ 0 };
}

/* Returns how many numbers there are, -EINVAL or -E2BIG. */
static int parse(const char *text, float ret_values[static MESSAGE_APPEARANCE_MAX])
{
    int count = 0;
    for (text += strspn(text, SEPARATORS); *text; text += strspn(text, SEPARATORS)) {
        char number[NUMBER_BYTES_MAX + 1];
        size_t length = strcspn(text, SEPARATORS);
        double value;
        if (length > NUMBER_BYTES_MAX)
            return -EINVAL;
        memcpy(number, text, length);
        number[length] = '\0';
        if (!number_parse(number, &value))
            return -EINVAL;
        if (count == MESSAGE_APPEARANCE_MAX)
            return -E2BIG;
        ret_values[count++] = (float) value;
        text += length;
    }
    return count;
}

/* New rows are zero: not known. */
static int reserve(struct appearance_rows *rows, size_t count)
{
    if (count <= rows->room)
        return 0;
    size_t room = 2 * count + 16, length = rows->length;
    float *values = reallocarray(rows->values, room * length, sizeof(*values));
    if (!values)
        return -ENOMEM;
    rows->values = values;
    float *sorted = reallocarray(rows->sorted, room * length, sizeof(*sorted));
    if (!sorted)
        return -ENOMEM;
    rows->sorted = sorted;
    memset(&values[rows->room * length], 0, (room - rows->room) * length * sizeof(*values));
    rows->room = room;
    return 0;
}

int appearance_rows_put(struct appearance_rows *rows, size_t row, const char *text)
{
    float values[MESSAGE_APPEARANCE_MAX];
    int count = parse(text, values);
    if (row == 0)
        rows->some = false;
    if (count < 0)
        return count;
    if (rows->length == 0)
        rows->length = (uint32_t) count;
    if (count > 0 && rows->length != (uint32_t) count)
        return -EMSGSIZE;
    if (rows->length == 0)
        return 0;
    int r = reserve(rows, row + 1);
    if (r < 0)
        return r;
    float *place = &rows->values[row * rows->length];
    if (count > 0)
        memcpy(place, values, rows->length * sizeof(*place));
    else
        memset(place, 0, rows->length * sizeof(*place));
    rows->some = rows->some || count > 0;
    return 0;
}

/* An observation with its row; the observation first, so that its comparison does. */
struct rowed {
    struct observation observation;
    const float *row;
    uint32_t length;
    int (*compare)(const void *, const void *);
};

/* Equal observations are put in order by what they look like. */
static int compare_rowed(const void *left, const void *right)
{
    const struct rowed *a = left, *b = right;
    int order = a->compare(&a->observation, &b->observation);
    for (uint32_t i = 0; order == 0 && i < a->length; i++)
        order = (a->row[i] > b->row[i]) - (a->row[i] < b->row[i]);
    return order;
}

int appearance_rows_sort(struct appearance_rows *rows, struct observation *observations,
                         size_t count, int (*compare)(const void *, const void *))
{
    size_t length = rows->length;
    struct rowed *rowed = calloc(count ? count : 1, sizeof(*rowed));
    if (!rowed)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        rowed[i] = (struct rowed){ .observation = observations[i],
                                   .row = &rows->values[i * length],
                                   .length = rows->length,
                                   .compare = compare };
    qsort(rowed, count, sizeof(*rowed), compare_rowed);
    for (size_t i = 0; i < count; i++) {
        observations[i] = rowed[i].observation;
        memcpy(&rows->sorted[i * length], rowed[i].row, length * sizeof(float));
    }
    free(rowed);
    float *values = rows->values;
    rows->values = rows->sorted;
    rows->sorted = values;
    return 0;
}
