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

int32_t binary_int32(const uint8_t bytes[static 4])
{
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return (int32_t) be32toh(value);
}

int64_t binary_int64(const uint8_t bytes[static 8])
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
        return binary_int32(bytes);
    case 8:
        return binary_int64(bytes);
    default:
        return 0;
    }
}

int binary_array_open(const PGresult *rows, int row, int column, struct binary_array *ret_array)
{
    const uint8_t *bytes = (const uint8_t *) PQgetvalue(rows, row, column);
    size_t length = (size_t) PQgetlength(rows, row, column);
    struct binary_array array = { .at = bytes, .element_bytes = 4 };
    if (length < HEADER_BYTES || binary_int32(bytes) > 1)
        return -EBADMSG;
    if (binary_int32(bytes) == 1) {
        const size_t ahead = HEADER_BYTES + DIMENSION_BYTES;
        if (length < ahead + LENGTH_BYTES)
            return -EBADMSG;
        int32_t count = binary_int32(bytes + HEADER_BYTES), element = binary_int32(bytes + ahead);
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
    return array->element_bytes == 4 ? binary_int32(element) : binary_int64(element);
}
