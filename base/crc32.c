/*
 * crc32.c - a checksum that finds damage, not malice
 */
#include "base/crc32.h"

#include <zlib.h>

uint32_t crc32_of(const void *bytes, size_t length)
{
    return (uint32_t) crc32_z(0, bytes, length);
}
