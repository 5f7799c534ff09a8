/*
 * calibrate_pictures.c - what a calibration is worth, place by place, as pictures
 */
#include "programs/calibrate_pictures.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/text.h"

/* Beside what the camera sees, where no plan says what to show. */
#define ROOM_M 1.0

struct kind {
    const char *what, *detail;
    double (*value_at)(const struct view_quality *, struct floor_m);
    struct band_scale scale;
};

/* 25, 62.5, 125 and 250 px/m are the levels of EN 62676-4 (video surveillance, application
 * guidelines): detect, observe, recognise, identify. */
static const struct kind kinds[] = {
    [QUALITY_ERROR] = { "Expected error of the calibration",
                        "how far a place is from where the camera puts it, through the "
                        "calibration alone",
                        view_error_cm,
                        { .limits = { 10, 25, 50, 100 },
                          .count = 4,
                          .unit = "cm",
                          .nowhere = "not seen" } },
    [QUALITY_PIXEL] = { "Floor under one pixel",
                        "how far a place moves when its pixel is off by one",
                        view_pixel_cm,
                        { .limits = { 2, 5, 10, 25, 50 },
                          .count = 5,
                          .unit = "cm",
                          .nowhere = "not seen" } },
    [QUALITY_PERSON] = { "Height of a standing person in the picture",
                         "detectors want 40 px and more",
                         view_person_px,
                         { .limits = { 20, 40, 80, 160, 320 },
                           .count = 5,
                           .more_is_better = true,
                           .unit = "px",
                           .nowhere = "not seen" } },
    [QUALITY_DENSITY] = { "Pixels per metre",
                          "across the line of sight; levels of EN 62676-4",
                          view_px_per_m,
                          { .limits = { 25, 62.5, 125, 250 },
                            .count = 4,
                            .more_is_better = true,
                            .unit = "px/m",
                            .words = { "below 25: too coarse", "25: detect", "62.5: observe",
                                       "125: recognise", "250: identify" },
                            .nowhere = "not seen" } },
    [QUALITY_FOOTPRINT] = { "Footprint",
                            "the floor on which this camera counts people",
                            view_counts,
                            { .limits = { 0.5 },
                              .count = 1,
                              .more_is_better = true,
                              .show_no_lines = true,
                              .unit = "",
                              .words = { "in the picture, not counted", "people count here" },
                              .nowhere = "not seen" } },
};

struct context {
    const struct view_quality *quality;
    double (*value_at)(const struct view_quality *, struct floor_m);
};

static double value_at(const void *context, struct floor_m p)
{
    const struct context *c = context;
    return c->value_at(c->quality, p);
}

static const char *const footprint_notes[] = {
    "Not counted: a foot would be placed",
    "to worse than 1 m, less than half of a",
    "person is in the picture, or the place",
    "is outside the region watched.",
};

static void fill(const struct quality_request *request, enum quality_kind kind,
                 struct context *context, struct band_drawing *ret_drawing)
{
    const struct kind *k = &kinds[kind];
    *context = (struct context){ request->quality, k->value_at };
    *ret_drawing = (struct band_drawing){
        .words = { k->what, request->title, k->detail },
        .scale = k->scale,
        .value_at = value_at,
        .context = context,
    };
    if (kind == QUALITY_ERROR) {
        ret_drawing->marks = request->marks;
        ret_drawing->mark_count = request->mark_count;
    }
    if (kind == QUALITY_FOOTPRINT) {
        ret_drawing->notes = footprint_notes;
        ret_drawing->note_count = ARRAY_LENGTH(footprint_notes);
    }
}

/* What the plan shows, or what the camera sees. */
static int find_extent(const struct quality_request *request, struct extent *ret_floor,
                       struct error *err)
{
    struct floor_m low, high;
    if (request->backdrop->plan) {
        *ret_floor = request->backdrop->floor;
        return 0;
    }
    if (!view_extent(request->quality, &low, &high))
        return error_set(err, -EINVAL, "the camera sees no floor well enough to draw it");
    *ret_floor =
        (struct extent){ { low.x - ROOM_M, low.y - ROOM_M }, { high.x + ROOM_M, high.y + ROOM_M } };
    return 0;
}

int quality_draw_over_plan(const struct quality_request *request, enum quality_kind kind,
                           const char *path, struct error *err)
{
    struct context context;
    struct band_drawing drawing;
    struct extent floor;
    struct floor_m camera;
    double height_m;
    AUTO(image_unref) struct image *picture = NULL;
    fill(request, kind, &context, &drawing);
    if (calibration_position(request->quality->calibration, &camera, &height_m) == 0)
        drawing.camera = &camera;
    int r = find_extent(request, &floor, err);
    if (r == 0)
        r = band_picture_over_plan(&drawing, floor, request->backdrop->plan, &picture, err);
    return r < 0 ? r : image_write_png(picture, path, err);
}

int quality_draw_over_camera(const struct quality_request *request, enum quality_kind kind,
                             const char *path, struct error *err)
{
    struct context context;
    struct band_drawing drawing;
    AUTO(image_unref) struct image *picture = NULL;
    fill(request, kind, &context, &drawing);
    int r = band_picture_over_camera(&drawing, request->quality->calibration,
                                     request->backdrop->still, &picture, err);
    return r < 0 ? r : image_write_png(picture, path, err);
}
