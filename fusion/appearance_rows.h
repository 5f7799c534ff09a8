/*
 * appearance_rows.h - the appearance vectors of one frame while its rows are read from a file
 *
 * They come as text, some rows have none, and they follow their observations when those are put in
 * order.
 */
#ifndef FLOORFUSE_FUSION_APPEARANCE_ROWS_H
#define FLOORFUSE_FUSION_APPEARANCE_ROWS_H

#include "wire/message.h"

/* Zeroed to begin with. */
struct appearance_rows {
    float *values;   /* owned; row by row, in the order of the observations */
    float *sorted;   /* owned; the other half of a sort */
    size_t room;     /* rows */
    uint32_t length; /* numbers a row, from the first vector on; 0: there was none yet */
    bool some;       /* of this frame's rows, not all are empty */
};

void appearance_rows_release(struct appearance_rows *rows);

/*
 * The row of an observation; rows are put from 0 on, none left out.
 *   text  numbers separated by blanks or semicolons; empty: not known
 * Returns 0, -EINVAL (not numbers), -E2BIG (more than MESSAGE_APPEARANCE_MAX), -EMSGSIZE (not as
 * many as before), -ENOMEM.
 */
MUST_CHECK int appearance_rows_put(struct appearance_rows *rows, size_t row, const char *text);

/*
 * Put observations in order, and their rows with them.
 *   compare  of two struct observation
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int appearance_rows_sort(struct appearance_rows *rows, struct observation *observations,
                                    size_t count, int (*compare)(const void *, const void *));

#endif
