/*
 * autocalibrate_judge.c - how tall people look under a camera that is there already
 */
#include <errno.h>
#include <stdlib.h>

#include "calib/autocalibrate.h"
#include "calib/autocalibrate_residuals.h"
#include "calib/walker_box.h"

/* A person as seen. */
struct seen {
    double distance_m, height_m;
    size_t track;
};

static int by_distance(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    return (x->distance_m > y->distance_m) - (x->distance_m < y->distance_m);
}

/* The box with the lens undone along its middle line, where head and foot are. */
static int undistort(const struct lens *lens, struct box_px box, struct box_px *ret_box)
{
    const double x = (box.left + box.right) / 2, half = (box.right - box.left) / 2;
    struct undistorted_px top, bottom;
    if (lens_undistort(lens, (struct image_px){ x, box.top }, &top, NULL) < 0 ||
        lens_undistort(lens, (struct image_px){ x, box.bottom }, &bottom, NULL) < 0)
        return -ERANGE;
    const double middle = (top.x + bottom.x) / 2;
    *ret_box = (struct box_px){ middle - half, top.y, middle + half, bottom.y };
    return bottom.y > top.y ? 0 : -ERANGE;
}

static int place(const struct camera_model *camera, const struct walker *walker, double height_m,
                 struct seen *ret_seen)
{
    const struct projection *p = &camera->projection;
    struct box_px box, foretold;
    struct floor_m at;
    if (undistort(&camera->lens, walker->box, &box) < 0)
        return -ERANGE;
    double share = walker_place_share(p, box, height_m);
    if (walker_box_like(p, box, height_m, share, &foretold, &at) < 0)
        return -ERANGE;
    ret_seen->distance_m = hypot(at.x - p->centre_x_m, at.y - p->centre_y_m);
    ret_seen->height_m = height_m * (box.bottom - box.top) / (foretold.bottom - foretold.top);
    ret_seen->track = walker->track;
    return 0;
}

/* How many people are behind some boxes.
 *   met  a byte for each track */
static size_t count_tracks(const struct seen *seen, size_t count, size_t tracks, char *met)
{
    size_t people = 0;
    for (size_t i = 0; i < tracks; i++)
        met[i] = 0;
    for (size_t i = 0; i < count; i++) {
        people += !met[seen[i].track];
        met[seen[i].track] = 1;
    }
    return people;
}

/* The median height of some, and its standard deviation when each person is one draw. */
static void summarise(const struct seen *seen, size_t count, size_t tracks, double *scratch,
                      double *ret_height_m, double *ret_sd_m)
{
    size_t people = count_tracks(seen, count, tracks, (char *) (scratch + count));
    for (size_t i = 0; i < count; i++)
        scratch[i] = seen[i].height_m;
    *ret_height_m = median_of(scratch, count);
    for (size_t i = 0; i < count; i++)
        scratch[i] = fabs(seen[i].height_m - *ret_height_m);
    /* 1.4826: from the median deviation; 1.2533: a median is less exact than a mean. */
    *ret_sd_m = 1.4826 * 1.2533 * median_of(scratch, count) / sqrt((double) people);
}

int autocalibrate_judge(const struct walkers *walkers, const struct camera_model *camera,
                        const struct auto_options *options, struct auto_judgement *ret_judgement,
                        struct error *err)
{
    struct auto_judgement j = { 0 };
    struct seen *seen = calloc(walkers->count + 1, sizeof(*seen));
    double *scratch = calloc(walkers->count + walkers->tracks + 1, sizeof(*scratch));
    int r = seen && scratch ? 0 : error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; r == 0 && i < walkers->count; i++)
        if (place(camera, &walkers->items[i], options->height_m, &seen[j.boxes]) == 0)
            j.boxes++;
    if (r == 0)
        j.tracks = count_tracks(seen, j.boxes, walkers->tracks, (char *) scratch);
    if (r == 0 && (j.boxes < AUTO_BOXES_MIN || j.tracks < AUTO_TRACKS_MIN))
        r = error_set(err, -EDOM,
                      "only %zu boxes of %zu walking people can be placed on the floor; %d of %d "
                      "are needed",
                      j.boxes, j.tracks, AUTO_BOXES_MIN, AUTO_TRACKS_MIN);
    if (r == 0) {
        qsort(seen, j.boxes, sizeof(*seen), by_distance);
        summarise(seen, j.boxes, walkers->tracks, scratch, &j.height_m, &j.sd_m);
        for (size_t k = 0; k < AUTO_JUDGE_BANDS; k++) {
            size_t first = k * j.boxes / AUTO_JUDGE_BANDS;
            size_t end = (k + 1) * j.boxes / AUTO_JUDGE_BANDS;
            j.bands[k].boxes = end - first;
            j.bands[k].distance_m = seen[(first + end) / 2].distance_m;
            summarise(seen + first, end - first, walkers->tracks, scratch, &j.bands[k].height_m,
                      &j.bands[k].sd_m);
        }
        *ret_judgement = j;
    }
    free(seen);
    free(scratch);
    return r;
}
