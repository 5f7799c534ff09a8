/*
 * fit_scene.h - a camera that is known, and marks on its floor with noise that is known
 *
 * The camera is written here in plain formulas (Hartley & Zisserman, section 6.1; Brown's radial
 * distortion), independent of calib/.
 */
#ifndef FLOORFUSE_TESTS_FIT_SCENE_H
#define FLOORFUSE_TESTS_FIT_SCENE_H

#include <math.h>

#include "calib/fit.h"
#include "sim/random.h"

struct true_camera {
    double focal_px, centre_x_px, centre_y_px, k1;
    double x_m, y_m, height_m; /* where it hangs */
    double heading_rad;        /* of the optical axis over the floor, from +x to +y */
    double tilt_rad;           /* of the optical axis below the horizon */
};

#define SCENE_WIDTH  1280
#define SCENE_HEIGHT 720

/* 4 m up in the corner of a room of 12 x 10 m, looking 35 degrees down across it. */
static const struct true_camera corner_camera = { 900, 640, 360, 0, -1, -1, 4, 0.72, 0.6 };

static struct image_px true_pixel(const struct true_camera *c, double x_m, double y_m, double z_m)
{
    double dx = x_m - c->x_m, dy = y_m - c->y_m, dz = z_m - c->height_m;
    double ahead = dx * cos(c->heading_rad) + dy * sin(c->heading_rad);
    double right = dx * sin(c->heading_rad) - dy * cos(c->heading_rad);
    double depth = ahead * cos(c->tilt_rad) - dz * sin(c->tilt_rad);
    double down = -ahead * sin(c->tilt_rad) - dz * cos(c->tilt_rad);
    double u = right / depth, v = down / depth, factor = 1 + c->k1 * (u * u + v * v);
    return (struct image_px){ c->centre_x_px + c->focal_px * factor * u,
                              c->centre_y_px + c->focal_px * factor * v };
}

static bool pixel_in_picture(struct image_px p)
{
    return p.x >= 0 && p.y >= 0 && p.x <= SCENE_WIDTH && p.y <= SCENE_HEIGHT;
}

/* `count` marks at random places of the room that the camera sees, the first `wrong` of them
 * somewhere else in the picture, at least 25 px off. */
static void mark_points(const struct true_camera *camera, struct random *random, size_t count,
                        size_t wrong, double sigma_px, double raised_share,
                        struct marked_point *ret_points)
{
    for (size_t i = 0; i < count;) {
        struct marked_point p = { .x_m = random_between(random, 0, 12),
                                  .y_m = random_between(random, 0, 10),
                                  .line = (long) i + 2 };
        p.z_m = random_chance(random, raised_share) ? random_between(random, 0.5, 2.2) : 0;
        struct image_px at = true_pixel(camera, p.x_m, p.y_m, p.z_m);
        p.px.x = at.x + sigma_px * random_normal(random);
        p.px.y = at.y + sigma_px * random_normal(random);
        if (!pixel_in_picture(p.px))
            continue;
        if (i < wrong) {
            p.px = (struct image_px){ random_between(random, 0, SCENE_WIDTH),
                                      random_between(random, 0, SCENE_HEIGHT) };
            if (hypot(p.px.x - at.x, p.px.y - at.y) < 25)
                continue;
        }
        ret_points[i++] = p;
    }
}

#endif
