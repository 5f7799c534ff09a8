/*
 * fuzz_database_rows.c - any bytes as what a database may answer: arrays, and packed heat
 *
 * The first nine bytes are the first cell, the dwell unit and what the rest is; the rest is the
 * value of the row.
 */
#include <libpq-fe.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "storage/binary_rows.h"
#include "storage/heat_pack.h"

#define HEADER_BYTES 9

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* A row of one value, whose bytes lie alone in memory. NULL when out of memory. */
static PGresult *row_of(const uint8_t *bytes, size_t length)
{
    PGresAttDesc column = { .name = (char *) "value", .format = 1 };
    PGresult *rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    if (rows && PQsetResultAttrs(rows, 1, &column) &&
        PQsetvalue(rows, 0, 0, (char *) bytes, (int) length))
        return rows;
    PQclear(rows);
    return NULL;
}

static void read_array(const PGresult *rows)
{
    struct binary_array array;
    int64_t sum = 0;
    (void) binary_integer(rows, 0, 0);
    if (binary_array_open(rows, 0, 0, &array) < 0)
        return;
    for (size_t i = 0; i < array.count; i++)
        sum ^= binary_array_at(&array, i);
    if (array.count == 0 && sum != 0)
        abort();
}

static void open_pack(const uint8_t *header, const uint8_t *planes, size_t length)
{
    size_t count = length / HEAT_PACK_PLANES;
    struct heat_entry *entries = calloc(count + 1, sizeof(*entries));
    if (entries)
        (void) !heat_pack_open(binary_int32(header), binary_int32(header + 4), planes, length,
                               entries);
    free(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < HEADER_BYTES)
        return 0;
    if (bytes[HEADER_BYTES - 1] % 2) {
        open_pack(bytes, bytes + HEADER_BYTES, length - HEADER_BYTES);
        return 0;
    }
    PGresult *rows = row_of(bytes + HEADER_BYTES, length - HEADER_BYTES);
    if (rows)
        read_array(rows);
    PQclear(rows);
    return 0;
}
