/* fuzz_observation_csv.c - any bytes as a file of observations, read to the end or the first error
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "calib/camera_table.h"
#include "fusion/observation_csv.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One camera that looks straight down from 10 m, and one of another floor. */
static const char table_text[] = "a 1000 0 -500 5000 0 -1000 -500 5000 0 0 -1 10\n";

static void read_all(const char *path, const struct calibration *calibration)
{
    const struct observation_csv_camera cameras[] = {
        { .name = "a",
          .observer = { .calibration = calibration,
                        .view = { 0, 0, 1000, 1000 },
                        .edge_sd_px = 3 } },
        { .name = "up", .elsewhere = true },
    };
    const struct observation_frame *const *frames;
    struct observation_csv *csv = NULL;
    struct error err;
    bool present[ARRAY_LENGTH(cameras)];
    int64_t time_us;
    size_t count;
    (void) !observation_csv_find_cameras(path, cameras, ARRAY_LENGTH(cameras), present, &err);
    if (observation_csv_open(path, "ground", cameras, ARRAY_LENGTH(cameras), &csv, &err) < 0)
        return;
    while (observation_csv_next(csv, &time_us, &frames, &count, &err) == 1)
        continue;
    observation_csv_close(&csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct camera_table table = { 0 };
    struct error err;
    struct memory_file file;
    if (memory_file_open(&file, data, size) &&
        camera_table_parse(table_text, strlen(table_text), "table", 1000, 1000, &table, &err) == 0)
        read_all(file.path, table.items[0].calibration);
    camera_table_release(&table);
    memory_file_close(&file);
    return 0;
}
