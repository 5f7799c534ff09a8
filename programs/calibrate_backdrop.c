/*
 * calibrate_backdrop.c - the plan and the camera's still that a calibration is drawn over
 */
#include "programs/calibrate_backdrop.h"

#include <errno.h>
#include <math.h>

#include "programs/floors.h"
#include "programs/start.h"

/* Stills are a frame's size or an even reduction of it; a shape this far off is another picture. */
#define SHAPE_TOLERANCE 0.01

static void set_extent(struct backdrop *backdrop, struct floor_m origin, double metres_per_pixel)
{
    backdrop->floor = (struct extent){ origin,
                                       { origin.x + backdrop->plan->width * metres_per_pixel,
                                         origin.y + backdrop->plan->height * metres_per_pixel } };
}

static int load_from_config(const char *program, const char *path, const char *camera_id,
                            struct backdrop *backdrop, struct error *err)
{
    int r = load_config(program, path, &backdrop->config);
    if (r < 0)
        return error_set(err, r, "%s cannot be used", path);
    const struct floor_config *floor = &store_config_floors(backdrop->config)[0];
    if (camera_id) {
        backdrop->camera = store_config_camera(backdrop->config, camera_id);
        if (!backdrop->camera)
            return error_set(err, -EINVAL, "%s has no camera \"%s\"", path, camera_id);
        floor = store_config_floor(backdrop->config, backdrop->camera->floor);
    }
    backdrop->plan_path = floor->plan.png;
    r = floor_load_plan(floor, &backdrop->plan, err);
    if (r == 0 && backdrop->plan)
        set_extent(backdrop, floor_plan_origin(floor), floor->plan.metres_per_pixel);
    return r;
}

static int load_plan(const struct backdrop_words *words, struct backdrop *backdrop,
                     struct error *err)
{
    if (!(words->metres_per_pixel > 0))
        return error_set(err, -EINVAL, "--plan %s needs its scale, --metres-per-pixel",
                         words->plan);
    backdrop->plan_path = words->plan;
    int r = image_read_png(words->plan, &backdrop->plan, err);
    if (r == 0)
        set_extent(backdrop, (struct floor_m){ words->origin[0], words->origin[1] },
                   words->metres_per_pixel);
    return r;
}

static int load_still(const char *path, uint32_t width, uint32_t height, struct backdrop *backdrop,
                      struct error *err)
{
    int r = image_read_png(path, &backdrop->still, err);
    if (r < 0)
        return r;
    double shape = (double) backdrop->still->width / backdrop->still->height;
    if (fabs(shape * height / width - 1) <= SHAPE_TOLERANCE)
        return 0;
    return error_set(err, -EINVAL,
                     "%s is %ux%u, but the camera's pictures are %ux%u; take a still of the whole "
                     "frame",
                     path, backdrop->still->width, backdrop->still->height, width, height);
}

int backdrop_load(const char *program, const struct backdrop_words *words, const char *camera_id,
                  uint32_t width, uint32_t height, struct backdrop *ret_backdrop, struct error *err)
{
    *ret_backdrop = (struct backdrop){ 0 };
    int r = 0;
    if (words->config && words->plan)
        return error_set(err, -EINVAL, "give either --config or --plan");
    if (words->config)
        r = load_from_config(program, words->config, camera_id, ret_backdrop, err);
    else if (words->plan)
        r = load_plan(words, ret_backdrop, err);
    if (r == 0 && words->still)
        r = load_still(words->still, width, height, ret_backdrop, err);
    return r;
}

void backdrop_release(struct backdrop *backdrop)
{
    store_config_destroy(&backdrop->config);
    image_unref(&backdrop->plan);
    image_unref(&backdrop->still);
    *backdrop = (struct backdrop){ 0 };
}

struct box_px backdrop_view(const struct backdrop *backdrop, uint32_t width, uint32_t height)
{
    if (!backdrop->camera || backdrop->camera->crop.count != 4)
        return (struct box_px){ 0, 0, width, height };
    const double *crop = backdrop->camera->crop.values;
    return (struct box_px){ crop[0], crop[1], crop[0] + crop[2], crop[1] + crop[3] };
}
