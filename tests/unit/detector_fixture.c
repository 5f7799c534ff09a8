/* detector_fixture.c - see detector_fixture.h */
#include "detector_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "testing.h"

static void put(const char *path, const void *bytes, size_t length)
{
    struct error err = { "" };
    if (file_write(path, bytes, length, 0600, &err) < 0)
        fail_msg("%s", err.text);
}

struct model model_create(const char *cfg, const float *parameters, size_t count, const char *names)
{
    struct model m = { .folder = "/tmp/floorfuse-test-model-XXXXXX" };
    const int32_t header[5] = { 0, 2, 0, 0, 0 };
    struct text weights = TEXT_INIT;
    assert_non_null(mkdtemp(m.folder));
    (void) snprintf(m.cfg, sizeof(m.cfg), "%s/model.cfg", m.folder);
    (void) snprintf(m.weights, sizeof(m.weights), "%s/model.weights", m.folder);
    (void) snprintf(m.names, sizeof(m.names), "%s/model.names", m.folder);
    text_append_bytes(&weights, header, sizeof(header));
    text_append_bytes(&weights, parameters, count * sizeof(*parameters));
    put(m.cfg, cfg, strlen(cfg));
    put(m.weights, weights.bytes, weights.length);
    put(m.names, names, strlen(names));
    text_release(&weights);
    return m;
}

void model_destroy(const struct model *model)
{
    (void) unlink(model->cfg);
    (void) unlink(model->weights);
    (void) unlink(model->names);
    (void) rmdir(model->folder);
}

/* Numerical Recipes' quick generator. */
float next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float) (*seed >> 8) / 16777216.0f;
}

struct detector *detector_of(const struct detector_options *options)
{
    struct detector *detector = NULL;
    struct error err = { "" };
    if (detector_create(options, &detector, &err) < 0)
        fail_msg("%s", err.text);
    return detector;
}

struct detections find(struct detector *detector, const struct image *picture)
{
    struct detections found;
    assert_int_equal(detector_detect(detector, picture, &found), 0);
    struct detections copy = { .items = calloc(found.count + 1, sizeof(*copy.items)),
                               .count = found.count };
    assert_non_null(copy.items);
    if (found.count > 0)
        memcpy(copy.items, found.items, found.count * sizeof(*copy.items));
    return copy;
}

static const struct detection *likest(struct detections in, const struct detection *to)
{
    const struct detection *best = NULL;
    double best_iou = -1;
    for (size_t i = 0; i < in.count; i++) {
        double iou = box_iou(in.items[i].box, to->box);
        if (in.items[i].object_class == to->object_class && iou > best_iou) {
            best_iou = iou;
            best = &in.items[i];
        }
    }
    return best;
}

void compare_detections(struct detections a, struct detections b, double *ret_mean_iou,
                        double *ret_score_difference)
{
    double sum = 0;
    *ret_score_difference = 0;
    for (size_t i = 0; i < a.count; i++) {
        const struct detection *twin = likest(b, &a.items[i]);
        assert_non_null(twin);
        sum += box_iou(a.items[i].box, twin->box);
        *ret_score_difference =
            fmax(*ret_score_difference, fabs((double) a.items[i].score - (double) twin->score));
    }
    *ret_mean_iou = a.count ? sum / (double) a.count : 1;
}
