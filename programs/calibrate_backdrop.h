/*
 * calibrate_backdrop.h - the plan and the camera's still that a calibration is drawn over
 */
#ifndef FLOORFUSE_PROGRAMS_CALIBRATE_BACKDROP_H
#define FLOORFUSE_PROGRAMS_CALIBRATE_BACKDROP_H

#include "config/store_config.h"
#include "image/image.h"
#include "report/map.h"

/* As the command line has it; all may be missing. */
struct backdrop_words {
    const char *config; /* a store's config: the camera's floor has the plan */
    const char *plan;   /* or a PNG */
    double metres_per_pixel, origin[2];
    const char *still;
};

/* Rows of an argument table that fill backdrop_words. */
#define BACKDROP_ARGUMENTS(words)                                                                 \
    { "--config", "STORE.cfg", &(words).config, NULL, "take plan and crop from a store's config", \
      false },                                                                                    \
        { "--plan", "FILE.png", &(words).plan, NULL, "or the plan by itself, with the next two",  \
          false },                                                                                \
        { "--metres-per-pixel",                                                                   \
          "M",                                                                                    \
          NULL,                                                                                   \
          NULL,                                                                                   \
          "of the plan",                                                                          \
          false,                                                                                  \
          { &(words).metres_per_pixel, 1, 1e-5, 100 } },                                          \
        { "--origin",                                                                             \
          "X Y",                                                                                  \
          NULL,                                                                                   \
          NULL,                                                                                   \
          "floor metres of the plan's lower-left corner (0 0)",                                   \
          false,                                                                                  \
          { (words).origin, 2, -10000, 10000 } },                                                 \
    {                                                                                             \
        "--still", "FILE.png", &(words).still, NULL, "a picture of the camera", false             \
    }

struct backdrop {
    struct store_config *config;        /* NULL: none */
    const struct camera_config *camera; /* of the config; NULL: none */
    struct image *plan;                 /* NULL: none */
    const char *plan_path;              /* its file; borrowed from the words or the config */
    struct extent floor;                /* that the plan shows */
    struct image *still;                /* NULL: none */
};

/*
 *   camera_id      looked for in the config, if there is one; NULL: the plan of the first floor
 *   width, height  of the camera's frame, which a still must have the shape of, px
 *   ret_backdrop     to be released in any case
 * Returns 0; -EINVAL with a sentence (a plan without its scale, no such camera, a still of another
 * shape); -errno of a file. A bad config prints its problems.
 */
MUST_CHECK int backdrop_load(const char *program, const struct backdrop_words *words,
                             const char *camera_id, uint32_t width, uint32_t height,
                             struct backdrop *ret_backdrop, struct error *err);
void backdrop_release(struct backdrop *backdrop);

/* The part of the frame that the camera looks at: its crop, or all. */
struct box_px backdrop_view(const struct backdrop *backdrop, uint32_t width, uint32_t height);

#endif
