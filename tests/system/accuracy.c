/*
 * accuracy.c - tracks of the demo against the ground truth of PETS 2009 S2.L1
 *
 * usage: accuracy TRUTH.txt TRANSFORM.txt CAMERA.cfg BOTH.csv LEFT.csv RIGHT.csv
 * Judges what the project promises of its demo, at 1 m: MODA of both cameras fused >= 55 % and no
 * lower than the better camera's alone, people counted twice in the overlap < 3 % of the true
 * people there.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "calib/calibration.h"
#include "eval/clear.h"

#define RADIUS_M       1.0
#define FPS            7.0
#define TOLERANCE_US   (50 * US_PER_MS) /* half a tick */
#define TRUTH_ROWS_MAX 10000

/* The demo's crops, etc/demo/store.cfg. */
#define LEFT_END_PX    461.0
#define RIGHT_START_PX 307.0

#define MODA_MIN    0.55
#define DOUBLED_MAX 0.03

struct truth {
    struct eval_point points[TRUTH_ROWS_MAX];
    double foot_x_px[TRUTH_ROWS_MAX];
    size_t count;
};

/* demo = rotation * truth + translation; the file's comments say where it comes from. */
struct rigid {
    double cosine, sine, x_m, y_m;
};

static int read_rigid(const char *path, struct rigid *ret)
{
    FILE *in = fopen(path, "re");
    char line[512];
    double degrees;
    int fields = 0;
    while (in && fgets(line, sizeof(line), in))
        if (line[0] != '#')
            fields = sscanf(line, "%lf %lf %lf", &degrees, &ret->x_m, &ret->y_m);
    if (in)
        (void) fclose(in);
    if (fields != 3)
        return -EINVAL;
    ret->cosine = cos(degrees * M_PI / 180);
    ret->sine = sin(degrees * M_PI / 180);
    return 0;
}

/* MOT15: frame (from 1), id, left, top, width, height, confidence, floor x, floor y, 0. */
static int read_truth(const char *path, const struct rigid *rigid, int64_t start_us,
                      struct truth *ret)
{
    FILE *in = fopen(path, "re");
    char line[512];
    while (in && ret->count < TRUTH_ROWS_MAX && fgets(line, sizeof(line), in)) {
        double frame, id, left, width, x, y;
        if (sscanf(line, "%lf,%lf,%lf,%*f,%lf,%*f,%*f,%lf,%lf", &frame, &id, &left, &width, &x,
                   &y) != 6)
            continue;
        ret->foot_x_px[ret->count] = left + width / 2;
        ret->points[ret->count++] = (struct eval_point){
            .time_us = start_us + llround((frame - 1) / FPS * 1e6),
            .id = (int64_t) id,
            .position = { rigid->cosine * x - rigid->sine * y + rigid->x_m,
                          rigid->sine * x + rigid->cosine * y + rigid->y_m },
        };
    }
    if (in)
        (void) fclose(in);
    return ret->count ? 0 : -EINVAL;
}

/* Truth and results whose feet lie between two picture columns; owned by the caller. */
static struct eval_points truth_between(const struct truth *truth, double from_px, double to_px)
{
    struct eval_points part = { .items = calloc(truth->count, sizeof(*part.items)) };
    for (size_t i = 0; part.items && i < truth->count; i++)
        if (truth->foot_x_px[i] >= from_px && truth->foot_x_px[i] < to_px)
            part.items[part.count++] = truth->points[i];
    return part;
}

static struct eval_points result_between(const struct eval_points *result,
                                         const struct calibration *calibration, double from_px,
                                         double to_px)
{
    struct eval_points part = { .items = calloc(result->count + 1, sizeof(*part.items)) };
    for (size_t i = 0; part.items && i < result->count; i++) {
        struct image_px p;
        if (calibration_image_from_floor(calibration, result->items[i].position, 0, &p) == 0 &&
            p.x >= from_px && p.x < to_px)
            part.items[part.count++] = result->items[i];
    }
    return part;
}

static struct clear_result judge(const char *name, const struct truth *truth,
                                 const struct eval_points *result,
                                 const struct calibration *calibration, double from_px,
                                 double to_px)
{
    struct eval_points true_part = truth_between(truth, from_px, to_px);
    struct eval_points result_part = result_between(result, calibration, from_px, to_px);
    struct clear_result r = { .moda = NAN };
    if (!true_part.items || !result_part.items ||
        clear_evaluate(&true_part, &result_part, RADIUS_M, TOLERANCE_US, &r) < 0)
        fprintf(stderr, "%s could not be evaluated\n", name);
    printf("%-28s MODA %5.1f %%  precision %5.1f %%  recall %5.1f %%  error %.2f m  doubled %lld "
           "of %lld\n",
           name, 100 * r.moda, 100 * r.precision, 100 * r.recall, r.mean_error_m,
           (long long) r.doubled, (long long) r.truth);
    free(true_part.items);
    free(result_part.items);
    return r;
}

static int expect(int ok, const char *what)
{
    if (!ok)
        fprintf(stderr, "FAILED: %s\n", what);
    return ok ? 0 : 1;
}

static int judge_all(const struct truth *truth, const struct eval_points tracks[static 3],
                     const struct calibration *calibration)
{
    struct clear_result fused =
        judge("both, whole picture", truth, &tracks[0], calibration, 0, INFINITY);
    struct clear_result left =
        judge("left alone, its own view", truth, &tracks[1], calibration, 0, LEFT_END_PX);
    struct clear_result right = judge("right alone, its own view", truth, &tracks[2], calibration,
                                      RIGHT_START_PX, INFINITY);
    struct clear_result left_whole =
        judge("left alone, whole picture", truth, &tracks[1], calibration, 0, INFINITY);
    struct clear_result right_whole =
        judge("right alone, whole picture", truth, &tracks[2], calibration, 0, INFINITY);
    struct clear_result overlap =
        judge("both, overlap", truth, &tracks[0], calibration, RIGHT_START_PX, LEFT_END_PX);
    int failures = expect(fused.moda >= MODA_MIN, "fused MODA is below 55 %");
    failures += expect(fused.moda >= fmax(left_whole.moda, right_whole.moda),
                       "one camera alone is better than both");
    failures += expect((double) overlap.doubled < DOUBLED_MAX * (double) overlap.truth,
                       "3 % or more are counted twice in the overlap");
    printf("in its own view the better camera alone has MODA %.1f %%, both together %.1f %%\n",
           100 * fmax(left.moda, right.moda), 100 * fused.moda);
    return failures ? 1 : 0;
}

int main(int argc, char **argv)
{
    static struct truth truth;
    struct rigid rigid;
    struct error err = { "" };
    int64_t start_us;
    struct calibration *calibration = NULL;
    struct eval_points tracks[3] = { 0 };
    struct problems problems = { 0 };
    if (argc != 7)
        return 2;
    int r = clock_wall_parse("2009-06-25T13:00:00Z", &start_us, &err);
    if (r == 0)
        r = read_rigid(argv[2], &rigid);
    if (r == 0)
        r = read_truth(argv[1], &rigid, start_us, &truth);
    if (r == 0)
        r = calibration_load(argv[3], &calibration, &problems);
    for (int i = 0; r == 0 && i < 3; i++)
        r = eval_points_read(argv[4 + i], &tracks[i], &err);
    if (r < 0)
        fprintf(stderr, "could not read the inputs: %s %s\n", strerror(-r), err.text);
    int failed = r < 0 ? 1 : judge_all(&truth, tracks, calibration);
    for (int i = 0; i < 3; i++)
        eval_points_release(&tracks[i]);
    calibration_destroy(&calibration);
    problems_release(&problems);
    return failed;
}
