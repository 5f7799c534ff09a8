/* fuzz_csv.c - any bytes as a CSV file, read to the end or to the first bad row */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "csv/csv.h"
#include "tests/fuzz/memory_file.h"

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
    struct memory_file file;
    if (memory_file_open(&file, data, size))
        read_all(file.path);
    memory_file_close(&file);
    return 0;
}
