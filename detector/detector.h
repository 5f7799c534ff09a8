/*
 * detector.h - boxes around people and heads in a picture
 *
 * One interface, several engines that give the same boxes on the same model:
 *   fast     our own runs of Darknet files on oneDNN, the default
 *   darknet  Debian's libdarknet, the reference
 *   opencv   OpenCV's dnn module on the same files (optional at build time)
 *   hog      OpenCV's built-in HOG person detector; needs no model
 * "auto" is the fastest that can run; hog when there is no model.
 *
 * A picture goes to every network whole and, where there are tiles, to each of them. What they find
 * is put together: of boxes around one person the best stays, and heads find their bodies.
 */
#ifndef FLOORFUSE_DETECTOR_DETECTOR_H
#define FLOORFUSE_DETECTOR_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "geom/point.h"
#include "image/image.h"

struct detector; /* opaque; stays in the thread that made it */

/* One model, and how to run it. */
struct network_options {
    const char *engine;     /* "auto", "fast", "opencv", "darknet", "hog"; NULL: auto */
    const char *model;      /* path of the .cfg; NULL only for hog */
    const char *weights;    /* NULL: the model's path with .weights for .cfg */
    const char *names;      /* NULL: called like the model, else the only one beside it */
    const char *sha256;     /* of the weights; NULL: not checked */
    uint32_t width, height; /* network input px, multiples of 32; 0: as in the cfg */
    bool letterbox;         /* keep the picture's shape; else stretch it to the input */
    double threshold;       /* least score, 0..1 */
};

/* Such as one for bodies and one for heads. */
#define DETECTOR_NETWORKS_MAX 2

/* Of each axis. */
#define DETECTOR_TILES_MAX 8

struct detector_options {
    struct network_options networks[DETECTOR_NETWORKS_MAX];
    size_t network_count;
    double nms_iou;            /* of two boxes of a class that overlap more, the weaker goes */
    double soft_sigma;         /* >0: soft suppression instead, see nms.h; 0: not */
    uint32_t tiles_x, tiles_y; /* 0 or 1: the whole picture only */
    double tile_overlap; /* of neighbours, by their size, 0..0.9: what is smaller is in one whole */
};

enum detection_class { DETECTION_PERSON = 1, DETECTION_HEAD = 2 };

/* A head without a body. */
#define DETECTION_ALONE (-1)

struct detection {
    enum detection_class object_class;
    float score;        /* 0..1 */
    struct box_px box;  /* px of the picture that was given; may stick out of it */
    int body;           /* of a head: its body's place in the same list, or DETECTION_ALONE */
    float feet_covered; /* of a person: the part of the feet behind a nearer person's box, 0..1 */
};

struct detections {
    struct detection *items; /* the detector's, until its next call; best score first */
    size_t count;
};

struct detector_info {
    char engine[16];
    char model_id[64];      /* the .cfg's name without its ending, or "hog" */
    uint32_t width, height; /* network input px; 0 for hog */
};

/*
 * Check the models, then hand them to their engines. Checked first: cfg readable and of known
 * layers, weights header and exact number of parameters, SHA-256, class names (person, body, head
 * and the like decide the class; others are not reported; none known is an error). Returns 0,
 * -ENOENT (file missing), -EINVAL (does not fit), -ENOTSUP (engine not built in).
 */
MUST_CHECK int detector_create(const struct detector_options *options,
                               struct detector **ret_detector, struct error *err);
void detector_destroy(struct detector **detector);

/* Find people in an RGB8 or YUV8 picture. Returns 0, -EINVAL (format), -ENOMEM, -EIO (engine). */
MUST_CHECK int detector_detect(struct detector *detector, const struct image *picture,
                               struct detections *ret_detections);

/* Where the time of all calls of detector_detect went, ns. */
struct detector_times {
    int64_t resize_ns;  /* pictures made into network inputs */
    int64_t network_ns; /* layers */
    int64_t boxes_ns;   /* numbers made into boxes, suppression, heads and bodies */
};
struct detector_times detector_times(const struct detector *detector);

/* Of the first network. */
struct detector_info detector_info(const struct detector *detector);

/* "fast darknet opencv hog": the engines built into this program. */
const char *detector_engines(void);

#endif
