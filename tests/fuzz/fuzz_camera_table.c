/* fuzz_camera_table.c - any bytes as a camera table; what loads must then answer without harm */
#include <stddef.h>
#include <stdint.h>

#include "calib/camera_table.h"
#include "calib/reach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct camera_table table = { 0 };
    struct error err;
    const struct box_px view = { 0, 0, 640, 480 }, box = { 100, 100, 140, 220 };
    if (camera_table_parse((const char *) data, size, "fuzz.txt", 640, 480, &table, &err) < 0)
        return 0;
    for (size_t i = 0; i < table.count && i < 8; i++) {
        const struct calibration *calibration = table.items[i].calibration;
        struct floor_m low, high;
        struct placement placement;
        (void) !calibration_reach(calibration, view, 3, 2, &low, &high);
        (void) !placement_of_person(calibration, box, view, 3, &placement);
    }
    camera_table_release(&table);
    return 0;
}
