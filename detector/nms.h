/*
 * nms.h - non-maximum suppression: of boxes around one person, the best stays
 */
#ifndef FLOORFUSE_DETECTOR_NMS_H
#define FLOORFUSE_DETECTOR_NMS_H

#include <stddef.h>

#include "detector/detector.h"

/*
 * Greedy, each class by itself: walk from the best score down and drop every box that overlaps one
 * that stays by more than iou.
 *   items  in any order; the ones that stay are moved to the front, best score first. Equal scores
 *          are ordered by class and edges, so that the order of the input never matters.
 * Returns how many stay.
 */
size_t nms(struct detection *items, size_t count, double iou);

#endif
