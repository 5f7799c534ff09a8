/*
 * engine_fixture.h - one network run on several engines, number by number
 */
#ifndef FLOORFUSE_TESTS_UNIT_ENGINE_FIXTURE_H
#define FLOORFUSE_TESTS_UNIT_ENGINE_FIXTURE_H

#include "detector/darknet_cfg.h"
#include "detector/detector.h"
#include "detector/engine.h"

/* A network with its weights and something to look at. */
struct bench_net {
    struct darknet_cfg *cfg;
    char *weights;
    size_t weights_length;
    float *input;
};

/* From text, with weights by chance. layers: what follows [net]. */
struct bench_net net_of_text(const char *layers, uint32_t width, uint32_t height, uint32_t seed);
/* From files; no weights: by chance. width, height 0: the file's. */
struct bench_net net_of_files(const char *cfg, const char *weights, uint32_t width,
                              uint32_t height);
void net_release(struct bench_net *net);

/* Whether it was built in. */
bool engine_is_there(const char *name);

/* "fast", "opencv" or "darknet"; "fast onednn", "fast avx2" and "fast avx512" are fast with certain
 * kernels. Returns the code of the engine's create. */
int engine_of(const char *name, const struct bench_net *net, struct engine *ret_engine,
              struct error *err);

/* All heads one behind the other; the caller's to free(). Fails the test on an error. */
float *engine_run(const struct engine *engine, const struct bench_net *net, size_t *ret_count);

/* Over every anchor of every cell and every class, nothing left out: a and b are heads as from
 * engine_run. */
void compare_boxes(const struct bench_net *net, const float *a, const float *b,
                   double *ret_mean_iou, double *ret_score_difference, size_t *ret_boxes);

#endif
