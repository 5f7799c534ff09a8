/*
 * yolo.h - from the raw numbers of a [yolo] layer to boxes
 *
 * Engines hand out what the layer before [yolo] computed, and it is decoded here, once for all of
 * them: the libraries' own layers clip scores, know other keys, or expect letterboxed pictures.
 */
#ifndef FLOORFUSE_DETECTOR_YOLO_H
#define FLOORFUSE_DETECTOR_YOLO_H

#include "detector/candidates.h"
#include "detector/darknet_cfg.h"

/*
 * Add the boxes of one head.
 *   layer      the [yolo] layer
 *   network    its input size, px: anchors and boxes are in these
 *   raw        out.channels x out.height x out.width floats; the channels of each anchor are
 *              x, y, w, h, objectness, then one for each class
 *   classes    what each class means; CLASS_IGNORED ones are skipped
 *   threshold  least objectness times class probability
 * Returns 0 or -ENOMEM.
 * Source: Redmon & Farhadi, YOLOv3 (2018), section 2.1; scale_x_y: Bochkovskiy et al., YOLOv4
 * (2020), "eliminate grid sensitivity"; new_coords: Wang et al., Scaled-YOLOv4 (2021).
 */
MUST_CHECK int yolo_decode(const struct darknet_layer *layer, struct darknet_shape network,
                           const float *raw, const enum detection_class *classes, double threshold,
                           struct candidates *candidates);

#endif
