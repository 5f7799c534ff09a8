/*
 * colour_map.h - numbers to colours that people can compare
 */
#ifndef FLOORFUSE_IMAGE_COLOUR_MAP_H
#define FLOORFUSE_IMAGE_COLOUR_MAP_H

#include <stdint.h>

struct colour {
    double red, green, blue; /* 0..1, sRGB */
};

/*
 * Inferno: lightness grows evenly from black over purple and orange to pale yellow, so that equal
 * steps look equal, in grey print and to colour-blind people as well.
 *   value  0..1; outside it is held at the ends, NaN is 0
 * Why this one: people read red to yellow as heat; viridis and cividis run through greens and
 * blues, the tints of zones on a plan, and viridis' middle is close to a light plan's own grey. On
 * white its pale end is safe only because it is always ringed by darker colours: draw no lone pixel
 * of it. Source: Smith & van der Walt, "A Better Default Colormap for Matplotlib", SciPy 2015
 * (CC0); 17 of its 256 colours, between which lightness is linear to within what can be seen.
 */
struct colour colour_map_inferno(double value);

#endif
