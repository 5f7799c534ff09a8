/* fuzz_marked_points.c - any bytes as a CSV of marked points; what loads is fitted and judged */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "calib/fit_advice.h"
#include "calib/fit_file.h"
#include "tests/fuzz/memory_file.h"

/* More take long, and go the same ways. */
#define POINTS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fit(const struct marked_points *points)
{
    const struct fit_options options = { .width = 1280, .height = 720 };
    struct problems warnings = { 0 }, refusals = { 0 };
    struct text text = TEXT_INIT;
    struct fit result;
    struct error err;
    if (fit_points(points, &options, &result, &err) == 0 &&
        fit_advise(points, &result, 50, &warnings, &refusals) == 0)
        (void) !fit_write(&result, &(struct fit_words){ 0 }, &text);
    text_release(&text);
    problems_release(&warnings);
    problems_release(&refusals);
    fit_release(&result);
}

static void load(const char *path)
{
    struct marked_points points = { 0 };
    struct error err;
    if (marked_points_load(path, 1280, 720, &points, &err) == 0 && points.count <= POINTS_MAX)
        fit(&points);
    marked_points_release(&points);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    if (memory_file_open(&file, data, size))
        load(file.path);
    memory_file_close(&file);
    return 0;
}
