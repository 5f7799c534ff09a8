/*
 * binary_rows.c - numbers and arrays of numbers out of results in PostgreSQL's binary format
 */
#include "storage/binary_rows.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define HEADER_BYTES    12 /* dimensions, flags, element type */
#define DIMENSION_BYTES 8
#define LENGTH_BYTES    4

static int32_t int32_at(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return (int32_t) be32toh(value);
}

static int64_t int64_at(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return (int64_t) be64toh(value);
}

int64_t binary_integer(const PGresult *rows, int row, int column)
{
    const uint8_t *bytes = (const uint8_t *) PQgetvalue(rows, row, column);
    switch (PQgetlength(rows, row, column)) {
    case 4:
        return int32_at(bytes);
    case 8:
        return int64_at(bytes);
    default:
        return 0;
    }
}

int binary_array_open(const PGresult *rows, int row, int column, struct binary_array *ret_array)
{
    const uint8_t *bytes = (const uint8_t *) PQgetvalue(rows, row, column);
    size_t length = (size_t) PQgetlength(rows, row, column);
    struct binary_array array = { .at = bytes, .element_bytes = 4 };
    if (length < HEADER_BYTES || int32_at(bytes) > 1)
        return -EBADMSG;
    if (int32_at(bytes) == 1) {
        const size_t ahead = HEADER_BYTES + DIMENSION_BYTES;
        if (length < ahead + LENGTH_BYTES)
            return -EBADMSG;
        int32_t count = int32_at(bytes + HEADER_BYTES), element = int32_at(bytes + ahead);
        if (count < 1 || (element != 4 && element != 8) ||
            length != ahead + (size_t) count * (LENGTH_BYTES + (size_t) element))
            return -EBADMSG;
        array = (struct binary_array){ .at = bytes + ahead,
                                       .count = (size_t) count,
                                       .element_bytes = (size_t) element };
    }
    *ret_array = array;
    return 0;
}

int64_t binary_array_at(const struct binary_array *array, size_t i)
{
    const uint8_t *element = array->at + i * (LENGTH_BYTES + array->element_bytes) + LENGTH_BYTES;
    return array->element_bytes == 4 ? int32_at(element) : int64_at(element);
}
