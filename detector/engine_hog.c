/*
 * engine_hog.c - OpenCV's built-in person detector: no model, fewer people
 *
 * Histograms of oriented gradients and a linear support vector machine (Dalal & Triggs, CVPR 2005).
 * It slides a window of 64 x 128 px in which a standing person is 96 px high, and sees nobody
 * smaller.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "detector/candidates.h"
#include "detector/engine.h"
#include "detector/opencv_module.h"
#include "detector/opencv_shim.h"

/*
 * Pictures are scaled to this height, so that people a ninth of the picture high are just found and
 * the time per frame does not depend on the camera. On PETS 2009 S2.L1 (576 rows, people of 60 to
 * 100 px) the average precision at IoU 0.4 is 0.89; 1152 rows give 0.91 in twice the time.
 */
#define LOOK_HEIGHT_PX 864.0
#define SCALE_MAX      4.0 /* more would only invent pixels */

/*
 * The window has a margin around the person, because the training pictures had. A box that kept it
 * would put the feet a seventh of the window too low, and so the person up to metres nearer. These
 * parts of the window's edges are the medians over PETS 2009 S2.L1, every 25th frame, against its
 * ground truth; the paper's 16 of 64 and of 128 px would be 0.25 and 0.125.
 */
#define MARGIN_SIDE   0.24
#define MARGIN_TOP    0.12
#define MARGIN_BOTTOM 0.145

/*
 * The score is about how often a window with such a margin of the support vector machine was a
 * person in the same frames: of margins 0.6 to 1.2 31 %, 1.2 to 1.5 56 %, 1.5 and more 95 %.
 */
#define SCORE_SLOPE 4.0
#define MARGIN_HALF 1.25 /* margin with score 0.5 */

struct hog {
    const struct opencv_functions *functions;
    struct opencv_hog *descriptor;
};

static double score_of(double margin)
{
    return 1 / (1 + exp(-SCORE_SLOPE * (margin - MARGIN_HALF)));
}

static double margin_of(double score)
{
    double bounded = fmin(fmax(score, 0.01), 0.99);
    return MARGIN_HALF + log(bounded / (1 - bounded)) / SCORE_SLOPE;
}

static struct box_px body_of(const struct opencv_hog_window *w)
{
    return (struct box_px){ .left = w->left + MARGIN_SIDE * w->width,
                            .top = w->top + MARGIN_TOP * w->height,
                            .right = w->left + (1 - MARGIN_SIDE) * w->width,
                            .bottom = w->top + (1 - MARGIN_BOTTOM) * w->height };
}

static int look(void *state, const struct image *picture, double threshold,
                struct candidates *candidates)
{
    struct hog *hog = state;
    const struct opencv_hog_window *windows;
    size_t count;
    int r = hog->functions->hog_look(
        hog->descriptor, picture->pixels, picture->width, picture->height, picture->stride_bytes,
        fmin(LOOK_HEIGHT_PX / picture->height, SCALE_MAX), margin_of(threshold), &windows, &count);
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct detection detection = { .object_class = DETECTION_PERSON,
                                       .score = (float) score_of(windows[i].margin),
                                       .box = body_of(&windows[i]) };
        r = candidates_add(candidates, detection);
    }
    return r;
}

static void destroy(void *state)
{
    struct hog *hog = state;
    if (hog->descriptor)
        hog->functions->hog_destroy(hog->descriptor);
    free(hog);
}

static const struct engine_methods methods = { .name = "hog", .look = look, .destroy = destroy };

int engine_hog_create(struct engine *ret_engine, struct error *err)
{
    struct hog *hog = calloc(1, sizeof(*hog));
    if (!hog)
        return -ENOMEM;
    int r = opencv_module_open(&hog->functions, err);
    if (r == 0)
        r = hog->functions->hog_create(&hog->descriptor, err);
    if (r < 0) {
        destroy(hog);
        return r;
    }
    *ret_engine = (struct engine){ .methods = &methods, .state = hog };
    return 0;
}
