/*
 * drawing.c - pictures of a store, from its config and database to PNG files
 */
#include "programs/drawing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "programs/floors.h"
#include "report/floor_picture.h"

static int choose_floor(const struct store_config *config, const char *id,
                        const struct floor_config **ret_floor, struct error *err)
{
    *ret_floor = id ? store_config_floor(config, id) : &store_config_floors(config)[0];
    return *ret_floor ? 0 : error_set(err, -ENOENT, "%s has no floor \"%s\"", config->path, id);
}

int draw_plan(const struct store_config *config, const char *floor_id, const char *out,
              struct error *err)
{
    const struct floor_config *floor;
    int r = choose_floor(config, floor_id, &floor, err);
    if (r < 0)
        return r;
    if (!floor->geojson)
        return error_set(err, -EINVAL, "floor %s has no geojson to draw", floor->id);
    if (!out)
        out = floor->plan.png;
    if (!out || floor->plan.metres_per_pixel <= 0)
        return error_set(err, -EINVAL, "floor %s needs plan = { png, metres_per_pixel } for this",
                         floor->id);
    AUTO(floor_map_destroy) struct floor_map *map = NULL;
    AUTO(image_unref) struct image *picture = NULL;
    r = floor_map_load(floor->geojson, &map, err);
    if (r == 0)
        r = floor_picture(map, floor->plan.metres_per_pixel, floor_plan_origin(floor), &picture,
                          err);
    return r < 0 ? r : image_write_png(picture, out, err);
}

/* "2026-11-23 09:14:05 to 09:16:00 UTC" */
static void describe_range(const struct heat_sums *sums, char *text, size_t size)
{
    char from[WALL_TEXT_SIZE], to[WALL_TEXT_SIZE];
    clock_wall_format(sums->first_us, from);
    clock_wall_format(sums->last_us, to);
    from[10] = to[10] = ' ';
    from[19] = to[19] = '\0';
    bool same_day = strncmp(from, to, 10) == 0;
    (void) snprintf(text, size, "%s to %s UTC", from, same_day ? to + 11 : to);
}

static int over_plan(const struct floor_config *floor, const struct heat_sums *sums,
                     const struct heat_picture_options *options, struct image **ret_picture,
                     struct error *err)
{
    AUTO(image_unref) struct image *plan = NULL;
    int r = floor_load_plan(floor, &plan, err);
    if (r < 0)
        return r;
    return heat_picture_over_plan(sums, plan, floor->plan.metres_per_pixel,
                                  floor_plan_origin(floor), options, ret_picture, err);
}

/* A still shows the whole frame or only the camera's crop; the calibration is for the whole frame.
 */
static int find_still_corner(const struct camera_config *camera,
                             const struct calibration *calibration, const struct image *still,
                             struct image_px *ret_corner, struct error *err)
{
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    const double *crop = camera->crop.count == 4 ? camera->crop.values : NULL;
    *ret_corner = (struct image_px){ 0, 0 };
    if (still->width == width && still->height == height)
        return 0;
    if (crop && still->width == (uint32_t) crop[2] && still->height == (uint32_t) crop[3]) {
        *ret_corner = (struct image_px){ crop[0], crop[1] };
        return 0;
    }
    return error_set(err, -EINVAL,
                     "the still of camera %s is %ux%u; it must be %ux%u like its frames%s",
                     camera->id, still->width, still->height, width, height,
                     crop ? ", or as large as its crop" : "");
}

static int over_camera(const struct store_config *config, const struct heat_request *request,
                       const struct heat_sums *sums, const struct heat_picture_options *options,
                       struct image **ret_picture, struct error *err)
{
    const struct camera_config *camera = store_config_camera(config, request->over_camera);
    if (!camera)
        return error_set(err, -ENOENT, "%s has no camera \"%s\"", config->path,
                         request->over_camera);
    const char *path = request->still ? request->still : camera->picture;
    if (!path)
        return error_set(err, -EINVAL,
                         "camera %s has no picture; give one with --still FILE.png or in its "
                         "config (floorfuse-camera --debug-still makes one)",
                         camera->id);
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    AUTO(image_unref) struct image *still = NULL;
    if (calibration_load(camera->calibration, &calibration, &problems) < 0)
        return error_set(err, -EINVAL, "%s",
                         problems.count ? problems.sentences[0] : camera->calibration);
    struct image_px corner;
    int r = image_read_png(path, &still, err);
    if (r == 0)
        r = find_still_corner(camera, calibration, still, &corner, err);
    if (r < 0)
        return r;
    return heat_picture_over_camera(sums, still, corner, calibration, options, ret_picture, err);
}

static int write_picture(const struct store_config *config, const struct floor_config *floor,
                         const struct heat_request *request, const struct heat_sums *sums,
                         struct error *err)
{
    char title[3 * ID_SIZE], range[3 * WALL_TEXT_SIZE];
    (void) snprintf(title, sizeof(title), "%s · %s", config->store.id, floor->id);
    describe_range(sums, range, sizeof(range));
    struct heat_picture_options options = { .layer = request->layer,
                                            .title = title,
                                            .time_range = range };
    AUTO(image_unref) struct image *picture = NULL;
    int r = request->over_camera ? over_camera(config, request, sums, &options, &picture, err)
                                 : over_plan(floor, sums, &options, &picture, err);
    return r < 0 ? r : image_write_png(picture, request->png, err);
}

int draw_heat(const struct store_config *config, const char *conninfo,
              const struct heat_request *request, struct error *err)
{
    const struct floor_config *floor;
    int r = choose_floor(config, request->floor_id, &floor, err);
    if (r < 0)
        return r;
    AUTO(heat_sums_destroy) struct heat_sums *sums = NULL;
    r = storage_query_heat(conninfo, config->store.id, floor->id, request->from_us, request->to_us,
                           &sums, err);
    if (r == 0 && request->png)
        r = write_picture(config, floor, request, sums, err);
    if (r == 0 && request->csv)
        r = heat_write_csv(sums, request->csv, err);
    return r;
}
