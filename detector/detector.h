/*
 * detector.h - boxes around people and heads in a picture
 *
 * One interface, several engines that give the same boxes on the same model:
 *   darknet  Debian's libdarknet, the reference
 *   opencv   OpenCV's dnn module on the same Darknet files (optional at build time)
 *   hog      OpenCV's built-in HOG person detector; needs no model
 * "auto" is the fastest that can run: opencv, else darknet; hog when there is no model.
 * The network sees the picture stretched to its input, not letterboxed.
 */
#ifndef FLOORFUSE_DETECTOR_DETECTOR_H
#define FLOORFUSE_DETECTOR_DETECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "geom/point.h"
#include "image/image.h"

struct detector; /* opaque; stays in the thread that made it */

struct detector_options {
    const char *engine;     /* "auto", "opencv", "darknet", "hog"; NULL: auto */
    const char *model;      /* path of the .cfg; NULL only for hog */
    const char *weights;    /* NULL: the model's path with .weights for .cfg */
    const char *names;      /* NULL: the only .names file beside the model */
    const char *sha256;     /* of the weights; NULL: not checked */
    uint32_t width, height; /* network input px, multiples of 32; 0: as in the cfg */
    double threshold;       /* least score, 0..1 */
    double nms_iou;         /* of two boxes of a class that overlap more, the weaker goes */
};

enum detection_class { DETECTION_PERSON = 1, DETECTION_HEAD = 2 };

struct detection {
    enum detection_class object_class;
    float score;       /* 0..1 */
    struct box_px box; /* px of the picture that was given; may stick out of it */
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
 * Check the model, then hand it to the engine. Checked first: cfg readable and of known layers,
 * weights header and exact number of parameters, SHA-256, class names (person, body, head and the
 * like decide the class; others are not reported; none known is an error). Returns 0, -ENOENT (file
 * missing), -EINVAL (does not fit), -ENOTSUP (engine not built in).
 */
MUST_CHECK int detector_create(const struct detector_options *options,
                               struct detector **ret_detector, struct error *err);
void detector_destroy(struct detector **detector);

/* Find people in an RGB8 picture. Returns 0, -EINVAL (format), -ENOMEM, -EIO (engine). */
MUST_CHECK int detector_detect(struct detector *detector, const struct image *picture,
                               struct detections *ret_detections);

struct detector_info detector_info(const struct detector *detector);

/* "darknet opencv hog": the engines built into this program. */
const char *detector_engines(void);

#endif
