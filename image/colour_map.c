/*
 * colour_map.c - numbers to colours that people can compare
 */
#include "image/colour_map.h"

#include <math.h>

/* Every 16th colour of inferno. */
static const uint8_t inferno[17][3] = {
    { 0, 0, 4 },       { 10, 7, 34 },     { 31, 12, 72 },   { 60, 9, 101 },   { 85, 15, 109 },
    { 110, 25, 110 },  { 135, 33, 107 },  { 160, 42, 99 },  { 187, 55, 84 },  { 208, 72, 67 },
    { 227, 89, 51 },   { 241, 113, 31 },  { 249, 140, 10 }, { 252, 173, 18 }, { 246, 208, 67 },
    { 241, 239, 117 }, { 252, 255, 164 },
};

static double mix(double a, double b, double t)
{
    return (a + (b - a) * t) / 255;
}

struct colour colour_map_inferno(double value)
{
    double at = 16 * fmin(fmax(value, 0), 1);
    int low = at >= 16 ? 15 : (int) at;
    double t = at - low;
    const uint8_t *a = inferno[low], *b = inferno[low + 1];
    return (struct colour){ mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t) };
}
