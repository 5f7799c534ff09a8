/*
 * detector_fixture.h - models written by the test itself, and two engines compared
 */
#ifndef FLOORFUSE_TESTS_UNIT_DETECTOR_FIXTURE_H
#define FLOORFUSE_TESTS_UNIT_DETECTOR_FIXTURE_H

#include "detector/detector.h"

/* A real network, which is not part of the source: tests that want it skip where it is missing. */
#define MODEL_WITH_BODY SHARED_DIR "/models/yolo-fastest-1.1_body/yolo-fastest-1.1_body.cfg"

/* A folder with model.cfg, model.weights and model.names. */
struct model {
    char folder[64], cfg[96], weights[96], names[96];
};

/* Parameters behind a header of version 0.2. */
struct model model_create(const char *cfg, const float *parameters, size_t count,
                          const char *names);
void model_destroy(const struct model *model);

/* A number in [0, 1) that is the same in every run. */
float next_random(uint32_t *seed);

/* Fails with the detector's sentence. */
struct detector *detector_of(const struct detector_options *options);

/* A copy of what the detector found; the caller's to free(). */
struct detections find(struct detector *detector, const struct image *picture);

/*
 * Match each box of a with its likest of b.
 *   ret_mean_iou          1 where both are empty
 *   ret_score_difference  the largest
 */
void compare_detections(struct detections a, struct detections b, double *ret_mean_iou,
                        double *ret_score_difference);

#endif
