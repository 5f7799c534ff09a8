/*
 * resize_rows.h - the inner loops of the resizer
 *
 * Internal to resize.c. Rows first: the two source rows around an output row are blended over the
 * whole source width, which is contiguous; then the columns are picked out of that one row.
 */
#ifndef FLOORFUSE_DETECTOR_RESIZE_ROWS_H
#define FLOORFUSE_DETECTOR_RESIZE_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* Between which two neighbours of a source row each output column lies. */
struct columns {
    uint32_t *low; /* and the next; a blended row has one value more than the source */
    float *weight; /* 0..1, of the next one */
};

/* How Y, U and V of 0..255 make colours of 0..1: colour = y y_scale + u .. + v .. + bias. */
struct row_matrix {
    float y_scale, red_of_v, green_of_u, green_of_v, blue_of_u;
    float red_bias, green_bias, blue_bias;
};

struct row_methods {
    /* ret_row[i] = low[i] + (high[i] - low[i]) weight, for i of 0 .. count - 1 */
    void (*blend)(const uint8_t *low, const uint8_t *high, float weight, size_t count,
                  float *ret_row);
    /* The columns of a blended row of RGB triples, as 0..1. */
    void (*pick_rgb)(const float *row, const struct columns *columns, uint32_t width, float *red,
                     float *green, float *blue);
    /* The columns of three blended rows, as colours of 0..1. */
    void (*pick_yuv)(const float *y_row, const float *u_row, const float *v_row,
                     const struct columns *brightness, const struct columns *chroma,
                     const struct row_matrix *matrix, uint32_t width, float *red, float *green,
                     float *blue);
};

/* The fastest that this processor can run. */
const struct row_methods *row_methods(void);

/* What any processor can run; tests compare. */
const struct row_methods *row_methods_plain(void);

#endif
