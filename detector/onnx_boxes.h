/*
 * onnx_boxes.h - from the output of an ONNX network to boxes
 *
 * The families whose exports people use differ in the shape of their one output, and that tells
 * them apart. With C classes and G = hw / 64 + hw / 256 + hw / 1024 cells of the input's w x h px:
 *   YOLOv5        1 x 3 G x (5 + C)  centre x, centre y, width, height, objectness, classes
 *   YOLOv8, 11    1 x (4 + C) x G    the same without objectness, each number a row
 *   YOLOv10       1 x N x 6          left, top, right, bottom, score, class: nothing to suppress
 * All in px of the input; scores are probabilities already. Of 6 columns only, a row for each cell
 * is YOLOX of one class or YOLOv5 with a fourth grid, which are refused: as YOLOv10 their boxes
 * would be nonsense.
 */
#ifndef FLOORFUSE_DETECTOR_ONNX_BOXES_H
#define FLOORFUSE_DETECTOR_ONNX_BOXES_H

#include "detector/candidates.h"

enum onnx_family { ONNX_YOLOV5, ONNX_YOLOV8, ONNX_YOLOV10 };

struct onnx_output {
    enum onnx_family family;
    int rows, columns; /* of the output */
    int classes;
};

/*
 * Which family an output is of.
 *   dims           of the output, dim_count of them
 *   width, height  of the network's input, px
 *   file           for sentences
 * Returns 0, or -ENOTSUP with a sentence.
 */
MUST_CHECK int onnx_output_of(const int *dims, int dim_count, int width, int height, int classes,
                              const char *file, struct onnx_output *ret_output, struct error *err);

/*
 * Add the boxes, in px of the input.
 *   values   rows x columns floats
 *   classes  what each class means; CLASS_IGNORED ones are skipped
 * Returns 0 or -ENOMEM.
 */
MUST_CHECK int onnx_boxes_decode(const struct onnx_output *output, const float *values,
                                 const enum detection_class *classes, double threshold,
                                 struct candidates *candidates);

#endif
