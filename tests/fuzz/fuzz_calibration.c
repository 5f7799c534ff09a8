/* fuzz_calibration.c - any text as a camera file; what loads must then answer without harm */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "calib/calibration.h"
#include "calib/fit_error.h"
#include "calib/fit_file.h"
#include "calib/fit_reliability.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every question there is, at a few places of the picture and beyond it. */
static void ask(const struct calibration *calibration)
{
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    for (int i = -1; i <= 5; i++) {
        double x = (double) width * i / 4, y = (double) height * i / 4;
        struct box_px box = { x, y, x + 20, y + 60 }, view = { 0, 0, width, height };
        struct covariance2 noise = { 1, 0, 1 }, covariance;
        struct placement placement;
        struct floor_m point;
        struct image_px back;
        if (calibration_floor_from_image(calibration, (struct image_px){ x, y }, noise, 0, &point,
                                         &covariance) == 0)
            (void) !calibration_image_from_floor(calibration, point, 0, &back);
        (void) !placement_of_person(calibration, box, view, 2, &placement);
        (void) !placement_of_head(calibration, box, 2, &placement);
    }
    struct grid grid = { .origin = { -4, -4 }, .cell_m = 1, .columns = 8, .rows = 8 };
    uint8_t mask[8] = { 0 };
    calibration_footprint(calibration, (struct box_px){ 0, 0, width, height }, NULL, 2, &grid,
                          mask);
}

/* The fit that the file may hold, and what it is worth. */
static void ask_fit(const char *text)
{
    struct problems problems = { 0 };
    struct camera_file file = { 0 };
    struct marked_points points = { 0 };
    struct fit fit = { 0 };
    struct fit_error *error = NULL;
    struct reliability reliability;
    struct covariance2 covariance;
    if (camera_file_read(text, "fuzz.cfg", &file, &problems) == 0 &&
        fit_read(&file, &points, &fit) == 0 && fit_error_create(&fit, &error) == 0) {
        (void) !fit_error_at(error, (struct floor_m){ 1, 2 }, 0, &covariance);
        (void) !fit_find_reliability(&fit, &reliability);
    }
    fit_error_destroy(&error);
    fit_release(&fit);
    marked_points_release(&points);
    camera_file_release(&file);
    problems_release(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct calibration *calibration = NULL;
    struct problems problems = { 0 };
    char *text = strndup((const char *) data, size);
    if (text && calibration_parse(text, "fuzz.cfg", &calibration, &problems) == 0)
        ask(calibration);
    if (text)
        ask_fit(text);
    calibration_destroy(&calibration);
    problems_release(&problems);
    free(text);
    return 0;
}
