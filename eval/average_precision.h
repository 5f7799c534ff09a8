/*
 * average_precision.h - how good boxes are, at every score one may ask for
 *
 * Detections of a class are taken from the best score down. Each is compared with the truth of its
 * picture that it overlaps most; by at least the IoU asked for, it is right the first time that
 * truth is met and wrong afterwards. Precision is the share of detections that are right, recall
 * the share of truths that were met. AP is the area under precision over recall, where precision is
 * made to never rise with recall, summed at every recall that occurs ("all-point"). Detections of
 * one score are one step of the curve, so that the order of a file means nothing. Source:
 * Everingham et al., "The PASCAL Visual Object Classes Challenge 2010 (VOC2010) development kit",
 * section 3.4.1; COCO's AP is the mean over IoU 0.50, 0.55, ... 0.95 (Lin et al. 2014).
 */
#ifndef FLOORFUSE_EVAL_AVERAGE_PRECISION_H
#define FLOORFUSE_EVAL_AVERAGE_PRECISION_H

#include "eval/box_set.h"

/* A step of the curve: all detections with at least this score. */
struct precision_step {
    double score, precision, recall;
};

struct precision_curve {
    struct precision_step *steps; /* best score first */
    size_t count;
    double average_precision;
    size_t truths, found, false_positives; /* of all detections, at the lowest score */
};

struct box_evaluation {
    size_t pictures;              /* scored: those that the result has */
    size_t pictures_left_out;     /* of the truth */
    struct precision_curve curve; /* at the IoU asked for */
    double average_precision_50, average_precision_coco;
    struct precision_step best_f1;
    double f1;
};

/*
 * Compare one class of a result with one of a truth; pictures that the result has not looked at are
 * left out.
 *   truth_class, result_class  numbers in the sets; BOX_ANY_CLASS: all as one
 *   iou                        0..1
 *   ret_evaluation             release it
 * Returns 0 or -ENOMEM. Without truths AP is NAN.
 */
#define BOX_ANY_CLASS ((size_t) -1)
MUST_CHECK int box_evaluate(const struct box_set *truth, size_t truth_class,
                            const struct box_set *result, size_t result_class, double iou,
                            struct box_evaluation *ret_evaluation);
/* Of all detections with at least this score; without any the precision is NAN and the recall 0. */
struct precision_step precision_curve_at(const struct precision_curve *curve, double score);

/* 2 precision recall / (precision + recall); 0 where nothing is right. */
double precision_step_f1(struct precision_step step);

void box_evaluation_release(struct box_evaluation *evaluation);

#endif
