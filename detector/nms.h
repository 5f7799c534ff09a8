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

/*
 * Soft: the best stays, every other one of its class loses score by exp(-IoU^2 / sigma), and so on
 * with those that are left; what falls below the threshold goes. Two people side by side keep both
 * their boxes where the greedy kind would drop one; a second box around one person is weakened.
 * Order as above. Returns how many stay.
 * Source: Bodla et al., "Soft-NMS - improving object detection with one line of code", ICCV 2017.
 */
size_t nms_soft(struct detection *items, size_t count, double sigma, double threshold);

/*
 * Of people and heads that were found in several tiles of a picture: a box that ends at an edge
 * inside the picture is a part of somebody, and goes when a box that is whole covers most of it.
 *   is_cut  one for each item, whether it ends at such an edge; moves with the items
 * Returns how many stay, in their order.
 */
size_t nms_parts(struct detection *items, bool *is_cut, size_t count);

#endif
