/*
 * storage_heat.c - how long reading heat takes from C, over one connection that stays open
 *
 * storage_heat CONNINFO STORE FLOOR FROM TO RUNS prints one line of JSON: the first run, and median
 * and least of RUNS more. Times are as in 2026-11-23T08:00:00Z.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "storage/query.h"

#define RUNS_MAX 1000

static double elapsed_ms(int64_t start_ns)
{
    return (double) (clock_mono_ns() - start_ns) / 1e6;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *) left, b = *(const double *) right;
    return (a > b) - (a < b);
}

static int measure(char **argv, int runs, struct error *err)
{
    static double ms[RUNS_MAX + 1];
    int64_t from_us, to_us;
    double dwell_s = 0;
    AUTO(storage_reader_close) struct storage_reader *reader = NULL;
    int rc = storage_reader_open(argv[1], &reader, err);
    if (rc == 0)
        rc = clock_wall_parse(argv[4], &from_us, err);
    if (rc == 0)
        rc = clock_wall_parse(argv[5], &to_us, err);
    for (int i = 0; rc == 0 && i <= runs; i++) {
        AUTO(heat_sums_destroy) struct heat_sums *sums = NULL;
        int64_t start_ns = clock_mono_ns();
        rc = storage_reader_heat(reader, argv[2], argv[3], from_us, to_us, &sums, err);
        ms[i] = elapsed_ms(start_ns);
        dwell_s = 0;
        for (uint32_t c = 0; rc == 0 && c < grid_cells(&sums->grid); c++)
            dwell_s += sums->dwell_s[c];
    }
    if (rc < 0)
        return rc;
    double first_ms = ms[0];
    qsort(ms + 1, (size_t) runs, sizeof *ms, by_size);
    printf("{ \"first_ms\": %.3f, \"median_ms\": %.3f, \"least_ms\": %.3f, \"dwell_s\": %.1f }\n",
           first_ms, ms[1 + runs / 2], ms[1], dwell_s);
    return 0;
}

int main(int argc, char **argv)
{
    struct error err = { "" };
    int runs = argc == 7 ? atoi(argv[6]) : 0;
    if (runs < 1 || runs > RUNS_MAX) {
        (void) fputs("Usage: storage_heat CONNINFO STORE FLOOR FROM TO RUNS\n"
                     "Time storage_reader_heat. See docs/benchmarks.md.\n",
                     stderr);
        return 2;
    }
    if (measure(argv, runs, &err) < 0) {
        (void) fprintf(stderr, "storage_heat: %s\n", err.text);
        return 1;
    }
    return 0;
}
