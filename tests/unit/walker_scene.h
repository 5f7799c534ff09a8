/*
 * walker_scene.h - walking people before a camera that is known exactly
 *
 * Bodies are not those of the code under test: feet are a disc of 0.12 m, shoulders one of 0.22 m
 * at 0.82 of the height, the head a ball of 0.11 m under it; the box holds points of all of them.
 */
#ifndef FLOORFUSE_TESTS_WALKER_SCENE_H
#define FLOORFUSE_TESTS_WALKER_SCENE_H

#include <stdlib.h>

#include "calib/autocalibrate.h"
#include "sim/random.h"
#include "testing.h"

struct walker_scene {
    struct auto_options options;
    struct auto_camera camera;
    size_t people, boxes_each;
    double far_m;           /* people walk up to here */
    double noise, outliers; /* of a box's edges by its height; share of boxes */
};

static inline void take_in_point(const struct projection *p, struct floor_m at, double z,
                                 struct box_px *box)
{
    struct undistorted_px u;
    if (projection_to_image(p, at, z, &u) < 0) {
        *box = (struct box_px){ NAN, NAN, NAN, NAN };
        return;
    }
    box->left = u.x < box->left ? u.x : box->left;
    box->right = u.x > box->right ? u.x : box->right;
    box->top = u.y < box->top ? u.y : box->top;
    box->bottom = u.y > box->bottom ? u.y : box->bottom;
}

static inline struct box_px body_box(const struct projection *p, struct floor_m at, double height_m)
{
    struct box_px box = { INFINITY, INFINITY, -INFINITY, -INFINITY };
    take_in_point(p, at, height_m, &box);
    for (int i = 0; i < 12; i++) {
        double c = cos(i * M_PI / 6), s = sin(i * M_PI / 6);
        take_in_point(p, (struct floor_m){ at.x + 0.12 * c, at.y + 0.12 * s }, 0, &box);
        take_in_point(p, (struct floor_m){ at.x + 0.22 * c, at.y + 0.22 * s }, 0.82 * height_m,
                      &box);
        for (int k = 1; k < 4; k++) {
            double up = sin(k * M_PI / 8) * 0.11, out = cos(k * M_PI / 8) * 0.11;
            take_in_point(p, (struct floor_m){ at.x + out * c, at.y + out * s },
                          height_m - 0.11 + up, &box);
        }
    }
    return box;
}

static inline bool box_inside(const struct auto_options *o, struct box_px b)
{
    return b.left > 3 && b.top > 3 && b.right < o->width_px - 3 && b.bottom < o->height_px - 3 &&
           b.bottom - b.top > 24;
}

/* A place of which the whole person is seen. */
static inline bool seen_place(const struct walker_scene *scene, const struct projection *p,
                              struct random *random, double height_m, struct floor_m *ret_at)
{
    for (int i = 0; i < 2000; i++) {
        struct undistorted_px u = { random_between(random, 0, scene->options.width_px),
                                    random_between(random, 0, scene->options.height_px) };
        if (projection_to_plane(p, u, 0, ret_at, NULL) == 0 &&
            hypot(ret_at->x, ret_at->y) < scene->far_m &&
            box_inside(&scene->options, body_box(p, *ret_at, height_m)))
            return true;
    }
    return false;
}

/* The boxes of one person on a straight way. */
static inline void walk(const struct walker_scene *scene, const struct projection *p,
                        struct random *random, struct walkers *w)
{
    double height_m = 1.70 + 0.10 * random_normal(random);
    struct floor_m a, b;
    size_t before = w->count;
    if (!seen_place(scene, p, random, height_m, &a) || !seen_place(scene, p, random, height_m, &b))
        return;
    for (size_t i = 0; i < scene->boxes_each; i++) {
        double share = ((double) i + 0.5) / (double) scene->boxes_each;
        struct floor_m at = { a.x + share * (b.x - a.x), a.y + share * (b.y - a.y) };
        struct box_px box = body_box(p, at, height_m);
        double h = box.bottom - box.top, sd = scene->noise * h;
        if (random_chance(random, scene->outliers))
            box.top = box.bottom - h * random_between(random, 0.4, 2);
        box.left += sd * random_normal(random);
        box.right += sd * random_normal(random);
        box.top += sd * random_normal(random);
        box.bottom += sd * random_normal(random);
        if (box_inside(&scene->options, box))
            w->items[w->count++] = (struct walker){ box, w->tracks };
    }
    w->tracks += w->count > before;
}

/* Cameras that see nobody as a whole give fewer tracks than people. */
static inline struct walkers make_walkers(const struct walker_scene *scene, struct random *random)
{
    struct walkers w = { .items = calloc(scene->people * scene->boxes_each, sizeof(*w.items)) };
    struct projection p;
    assert_non_null(w.items);
    assert_int_equal(auto_camera_projection(&scene->options, &scene->camera, &p), 0);
    for (size_t i = 0; i < scene->people; i++)
        walk(scene, &p, random, &w);
    return w;
}

#endif
