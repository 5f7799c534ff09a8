/*
 * fuzz_point_stream.c - any bytes as a file of tracks or of the truth, read to the end or the first
 * error
 *
 * What comes out is in order of time and of ids, in and out of a region.
 */
#include <stdint.h>
#include <stdlib.h>

#include "eval/point_stream.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require_order(const struct point_moment *m, int64_t before_us)
{
    if (m->time_us < before_us)
        abort();
    for (size_t i = 1; i < m->count; i++)
        if (m->points[i].id < m->points[i - 1].id)
            abort();
}

static void read_all(const char *path, const struct region *region, bool one_floor)
{
    const struct point_moment *moment;
    struct point_stream *stream = NULL;
    struct error err;
    int64_t before_us = INT64_MIN;
    if (point_stream_open(path, region, &stream, &err) < 0)
        return;
    if (one_floor && point_stream_has_floors(stream))
        point_stream_ignore_floors(stream);
    while (point_stream_next(stream, &moment, &err) == 1) {
        require_order(moment, before_us);
        before_us = moment->time_us;
    }
    point_stream_close(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const double triangle[] = { 0, 0, 4, 0, 0, 4 };
    const struct region all = { .numbers = NULL }, some = { triangle, 6 };
    struct memory_file file;
    if (memory_file_open(&file, bytes, length)) {
        read_all(file.path, &all, false);
        read_all(file.path, &some, true);
    }
    memory_file_close(&file);
    return 0;
}
