/* fuzz_csv.c - any bytes as a CSV file, read to the end or to the first bad row */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "csv/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const char *path)
{
    struct csv_reader *reader = NULL;
    struct error err;
    if (csv_reader_open(path, &reader, &err) < 0)
        return;
    int column = csv_reader_column(reader, "x_m", "id");
    while (csv_reader_next(reader, &err) == 1) {
        double number;
        int64_t integer;
        (void) csv_reader_text(reader, column);
        (void) !csv_reader_number(reader, column, &number, &err);
        (void) !csv_reader_integer(reader, 0, &integer, &err);
    }
    csv_reader_close(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("fuzz.csv", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (write(fd, data, size) == (ssize_t) size)
        read_all(path);
    (void) close(fd);
    return 0;
}
