/*
 * signature.h - what a camera's picture is like, in few numbers, to notice when it is no longer so
 *
 * A camera that was pushed, wiped, covered or put out of focus goes on sending pictures, and its
 * calibration goes on placing people, wrongly. A signature is taken of some stills when the camera
 * is calibrated; pictures taken later are measured likewise and compared. It holds
 *   blocks    of a 16 x 9 grid: mean brightness, how strong edges are, how fine, and which way
 *             they run
 *   profiles  how strong upright edges are column by column, in three bands one below the other;
 *             and level edges row by row, in four bands side by side. They slide with the picture.
 * No person can be seen in it, nor can a picture be made of it: a number of a profile is a mean
 * over a third of a column or a quarter of a row, without sign, and the blocks of a picture of 1920
 * x 1080 are 120 px wide. What passes by drops out: a signature of several stills is their median,
 * number by number.
 *
 * The picture is halved until it is at most 960 x 720, its "reduced" size.
 */
#ifndef FLOORFUSE_IMAGE_SIGNATURE_H
#define FLOORFUSE_IMAGE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

#define SIGNATURE_COLUMNS      16
#define SIGNATURE_ROWS         9
#define SIGNATURE_BLOCKS       (SIGNATURE_COLUMNS * SIGNATURE_ROWS)
#define SIGNATURE_DIRECTIONS   4
#define SIGNATURE_COLUMN_BANDS 3
#define SIGNATURE_ROW_BANDS    4
#define SIGNATURE_WIDTH_MAX    960
#define SIGNATURE_HEIGHT_MAX   720

/* Smaller pictures, each edge, say too little. */
#define SIGNATURE_EDGE_MIN 128

/* More stills than this are not merged. */
#define SIGNATURE_STILLS_MAX 64

/* Numbers are grey levels of 0..255 in steps of 1 / SIGNATURE_UNITS. */
#define SIGNATURE_UNITS 64

/* One part of the picture; means over its reduced px. */
struct signature_block {
    uint16_t brightness;
    uint16_t edges;    /* |I(x+1) - I(x-1)| + |I(y+1) - I(y-1)| */
    uint16_t fineness; /* |Laplacian| / 4: falls faster than the edges when the focus is lost */
    uint16_t directions[SIGNATURE_DIRECTIONS]; /* the edges, by where the brightness rises: across,
                                                  down, right and down, left and down */
};

/* A plain value. The profiles beyond the reduced size are 0. */
struct signature {
    uint32_t width, height;                          /* of the full picture, px */
    struct signature_block blocks[SIGNATURE_BLOCKS]; /* row-major */
    uint16_t columns[SIGNATURE_COLUMN_BANDS][SIGNATURE_WIDTH_MAX];
    uint16_t rows[SIGNATURE_ROW_BANDS][SIGNATURE_HEIGHT_MAX];
};

/* How many px of the picture, each way, one reduced px covers; and the reduced size. */
uint32_t signature_step(uint32_t width, uint32_t height);
uint32_t signature_reduced(uint32_t edge_px, uint32_t step);

/*
 * Measure a picture, of any format: a decoder's IMAGE_YUV8 is read in place.
 *   picture  the whole frame as the camera sends it, not a crop of it
 * Returns 0, -EINVAL (smaller than SIGNATURE_EDGE_MIN), -ENOMEM.
 */
MUST_CHECK int signature_measure(const struct image *picture, struct signature *ret_signature);

/*
 * One signature of several: each number is the median, so what is in less than half of them is
 * gone. count  1..SIGNATURE_STILLS_MAX Returns 0, or -EINVAL when they are not of one size, or too
 * many, or none.
 */
MUST_CHECK int signature_merge(const struct signature *signatures, size_t count,
                               struct signature *ret_merged);

enum signature_verdict {
    SIGNATURE_SAME,
    SIGNATURE_MOVED,      /* shift and turn say how far */
    SIGNATURE_DIFFERENT,  /* no part of the picture is found again: moved far, or another scene */
    SIGNATURE_DEFOCUSED,  /* the edges are where they were, and soft */
    SIGNATURE_DIRTY,      /* a part is covered or smeared: the blocks say where */
    SIGNATURE_COVERED,    /* nearly nothing to be seen, neither dark nor bright */
    SIGNATURE_DARK,       /* nearly nothing to be seen, for want of light or by a dark cover */
    SIGNATURE_WASHED_OUT, /* bright and without contrast: glare, fog, a white cover */
};

/* What a verdict rests on. Figures that were not found are NaN. */
struct signature_difference {
    enum signature_verdict verdict;
    double confidence;     /* 0.5: on the threshold; towards 1: far from it */
    double shift_x_px;     /* where the picture's middle went, px of the full picture; x right, */
    double shift_y_px;     /* y down */
    double turn_deg;       /* of the picture's content, clockwise */
    double likeness;       /* -1..1: correlation of the profiles where they fit best */
    double edges_ratio;    /* strength of edges, now / then; median over blocks that had any */
    double sharpness;      /* fineness by edges, now / then; the same */
    double brightness;     /* mean now, grey levels 0..255 */
    double brightness_ref; /* and then */
    size_t judged;         /* blocks that had edges then */
    size_t lost;           /* of these, those without them now */
    size_t changed;        /* of these, those of which the edges run otherwise now */
    bool lost_blocks[SIGNATURE_BLOCKS];
    bool changed_blocks[SIGNATURE_BLOCKS];
};

/*
 * What has become of the picture since the reference was taken.
 * The light may change by a factor of about 0.4 to 2, and people may walk. One picture with a
 * person right before the lens looks covered: who watches a camera should ask for the same verdict
 * of several pictures some seconds apart, or merge them first. Shifts of up to an eighth of the
 * picture's edges are measured. A reference without edges (a bare wall) tells only dark and washed
 * out. Returns 0, -EINVAL when the sizes differ.
 */
MUST_CHECK int signature_compare(const struct signature *reference, const struct signature *now,
                                 struct signature_difference *ret_difference);

/* How many of SIGNATURE_BLOCKS have edges by which they can be known again, and not by noise. */
size_t signature_structure(const struct signature *signature);

/* "same", "moved", "different", "defocused", "dirty", "covered", "dark", "washed-out". */
const char *signature_verdict_name(enum signature_verdict verdict);

#endif
