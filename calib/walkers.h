/*
 * walkers.h - boxes of walking people, as they say something about the camera
 *
 * From a CSV file of boxes: those of persons who are wholly in the picture, joined to tracks, and
 * thinned so that a person is taken once for every quarter of their height that they move. All
 * boxes of a track share one body height; a person who stands still says one thing and not a
 * thousand.
 */
#ifndef FLOORFUSE_CALIB_WALKERS_H
#define FLOORFUSE_CALIB_WALKERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "geom/point.h"

/* One box that is used. */
struct walker {
    struct box_px box; /* image px */
    size_t track;      /* tracks are numbered from 0; boxes stand sorted by track */
};

/* Why boxes were left out. */
enum walkers_reason {
    WALKERS_OTHER_CLASS,
    WALKERS_LOW_SCORE,
    WALKERS_NOT_A_BOX, /* a number that is not finite, right <= left, bottom <= top */
    WALKERS_CUT,       /* touches the picture's edge */
    WALKERS_TOO_SMALL, /* px */
    WALKERS_ASPECT,    /* not that of one upright person */
    WALKERS_OVERLAP,   /* two people who hide each other */
    WALKERS_NOT_MOVED, /* stands where the person was taken before */
    WALKERS_SHORT,     /* of a track of one or two boxes: often no person at all */
    WALKERS_TOO_MANY,  /* beyond WALKERS_MAX; every so many is taken */
    WALKERS_REASONS
};
/* In words, to stand behind a number: "cut by the picture's edge". */
const char *walkers_reason_text(enum walkers_reason reason);

/* More boxes than this make nothing better but slower. */
#define WALKERS_MAX 3000

/* What is taken. */
struct walkers_options {
    const char *camera;            /* only its rows; NULL: the file has one camera */
    double width_px, height_px;    /* of the full frame */
    double score_min;              /* 0..1 */
    double edge_px;                /* a box nearer to the picture's edge counts as cut */
    double box_height_min_px;      /* smaller boxes are too rough */
    double aspect_min, aspect_max; /* width by height */
};
struct walkers_options walkers_defaults(double width_px, double height_px);

struct walkers {
    struct walker *items; /* owned */
    size_t count, tracks;
    size_t rows, times; /* of the camera, in the file */
    size_t left_out[WALKERS_REASONS];
};

/*
 * Read a file with columns left_px, top_px, right_px, bottom_px, a time (time_us or frame), and
 * perhaps class, score, camera: what `floorfuse detect` and `floorfuse simulate` write and
 * `floorfuse replay` reads (docs/replay.md). Rows stand in order of time.
 *   ret_walkers  to be released in any case
 * Returns 0; -EINVAL with a sentence naming file and line (a column is missing, text where a number
 * must be, several cameras and none named, no row of that camera, time going backwards); -errno of
 * the file; -ENOMEM.
 */
MUST_CHECK int walkers_load(const char *path, const struct walkers_options *options,
                            struct walkers *ret_walkers, struct error *err);
void walkers_release(struct walkers *walkers);

#endif
