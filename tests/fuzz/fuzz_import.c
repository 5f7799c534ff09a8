/*
 * fuzz_import.c - any bytes as somebody else's calibration, all the way to a camera file
 *
 * The format is found as the command finds it. What is understood is placed, written and read back.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "calib/calibration.h"
#include "calib/import_matrix.h"
#include "calib/import_opencv.h"
#include "calib/import_tsai.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns 0 when there is a camera with a pose. */
static int read_camera(const char *bytes, size_t size, struct import_camera *ret_camera)
{
    struct tsai tsai;
    struct tsai_lens_fit fit;
    struct error err = { "" };
    enum import_format format = import_format_of_bytes(bytes, size);
    if (format == IMPORT_MATRIX)
        return import_matrix_parse(bytes, size, "fuzz", size % 2 == 1, ret_camera, &err);
    if (format == IMPORT_TSAI) {
        int r = import_tsai_parse(bytes, size, "fuzz", &tsai, &err);
        if (r == 0)
            import_tsai_camera(&tsai, 0.5, ret_camera, &fit);
        return r;
    }
    int r = import_opencv_intrinsics(bytes, size, "fuzz", 0, ret_camera, &err);
    if (r < 0)
        r = import_opencv_intrinsics(bytes, size, "fuzz", 1, ret_camera, &err);
    if (r == 0)
        r = import_opencv_pose(bytes, size, "fuzz", 1, ret_camera, &err);
    return r < 0 || ret_camera->has_pose ? r : -1;
}

static void finish(struct import_camera *camera)
{
    struct import_frame frame = { .metres_per_unit = 0.01,
                                  .axes = { 0, 1, 0, 1, 0, 0, 0, 0, -1 },
                                  .rotate_rad = 0.3,
                                  .origin_m = { 3, -4 },
                                  .pixel_shift_px = 0.5 };
    AUTO(text_release) struct text text = TEXT_INIT;
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    double centre_m[3];
    if (import_place(camera, &frame, camera, NULL) < 0)
        return;
    (void) !import_position(camera, centre_m);
    if (!camera->width_px) {
        camera->width_px = 640;
        camera->height_px = 480;
    }
    struct camera_file file = import_camera_file(camera);
    camera_file_write(&file, &text);
    (void) !calibration_parse(text.bytes, "fuzz", &calibration, &problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct import_camera camera = { .width_px = 0 };
    if (size <= IMPORT_BYTES_MAX && read_camera((const char *) data, size, &camera) == 0)
        finish(&camera);
    return 0;
}
