/* replay_cameras.c - the cameras of a replay */
#include "programs/replay_cameras.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calib/reach.h"

/* People are also placed a little beyond what a camera sees of the floor: by their heads, or where
 * a box is cut by the picture's edge. */
#define MARGIN_M 2.0

/* What is farther than this from the middle of what the cameras see is cut off: no shop is larger,
 * and one wrong matrix must not make all cells huge. */
#define REACH_MAX_M 250.0

/* Each cell is looked at once for every camera before the replay starts. */
#define CELLS_MAX 250000.0

static struct box_px whole_frame(const struct calibration *calibration)
{
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    return (struct box_px){ 0, 0, width, height };
}

static int reserve_items(struct replay_cameras *cameras, size_t count, struct error *err)
{
    cameras->items = calloc(count + 1, sizeof(*cameras->items));
    return cameras->items ? 0 : error_set(err, -ENOMEM, "out of memory");
}

/* Of the table, all are on the floor. */
static int list_table(const struct replay_options *options, struct replay_cameras *cameras,
                      struct error *err)
{
    int r =
        camera_table_load(options->cameras, options->width, options->height, &cameras->table, err);
    if (r == 0)
        r = reserve_items(cameras, cameras->table.count, err);
    for (size_t i = 0; r == 0 && i < cameras->table.count; i++) {
        const struct camera_table_entry *entry = &cameras->table.items[i];
        struct observation_csv_camera *item = &cameras->items[cameras->count++];
        memcpy(item->name, entry->name, sizeof(item->name));
        calibration_expect_people(entry->calibration, people_of(options->config));
        item->observer = (struct observer){ .calibration = entry->calibration,
                                            .view = whole_frame(entry->calibration),
                                            .edge_sd_px = options->config->replay.foot_sd_px };
    }
    return r;
}

/* Names and floors; calibrations are loaded when it is known which are needed. */
static int list_config(const struct replay_options *options, const struct floor_config *floor,
                       struct replay_cameras *cameras, struct error *err)
{
    const struct store_config *config = options->config;
    int r = reserve_items(cameras, config->cameras.count, err);
    for (size_t i = 0; r == 0 && i < config->cameras.count; i++) {
        const struct camera_config *camera = &store_config_cameras(config)[i];
        struct observation_csv_camera *item = &cameras->items[cameras->count++];
        (void) snprintf(item->name, sizeof(item->name), "%s", camera->id);
        item->elsewhere = strcmp(camera->floor, floor->id) != 0;
    }
    return r;
}

static bool is_regular(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* Who is not in the file has not looked at its times. */
static int keep_present(struct replay_cameras *cameras, const char *path, struct error *err)
{
    bool *present = calloc(cameras->count + 1, sizeof(*present));
    if (!present)
        return error_set(err, -ENOMEM, "out of memory");
    int r = observation_csv_find_cameras(path, cameras->items, cameras->count, present, err);
    size_t kept = 0;
    for (size_t i = 0; r == 0 && i < cameras->count; i++)
        if (present[i])
            cameras->items[kept++] = cameras->items[i];
    if (r == 0)
        cameras->count = kept;
    free(present);
    return r;
}

static struct box_px view_of(const struct camera_config *camera,
                             const struct calibration *calibration)
{
    const double *crop = camera->crop.values;
    return camera->crop.count == 4
               ? (struct box_px){ crop[0], crop[1], crop[0] + crop[2], crop[1] + crop[3] }
               : whole_frame(calibration);
}

static int load_calibration(const struct camera_config *camera, struct person_height people,
                            struct observation_csv_camera *item, struct calibration **ret,
                            struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    int r = calibration_load(camera->calibration, ret, &problems);
    if (r < 0)
        return error_set(err, r, "camera %s: %s", camera->id,
                         problems.count ? problems.sentences[0] : strerror(-r));
    calibration_expect_people(*ret, people);
    item->observer = (struct observer){ .calibration = *ret,
                                        .view = view_of(camera, *ret),
                                        .watch = watch_of(camera),
                                        .edge_sd_px = camera->foot_sd_px };
    return 0;
}

static int load_calibrations(struct replay_cameras *cameras, const struct store_config *config,
                             struct error *err)
{
    cameras->loaded = calloc(cameras->count + 1, sizeof(*cameras->loaded));
    if (!cameras->loaded)
        return error_set(err, -ENOMEM, "out of memory");
    cameras->loaded_count = cameras->count;
    for (size_t i = 0; i < cameras->count; i++) {
        struct observation_csv_camera *item = &cameras->items[i];
        if (item->elsewhere)
            continue;
        int r = load_calibration(store_config_camera(config, item->name), people_of(config), item,
                                 &cameras->loaded[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

int replay_cameras_open(const struct replay_options *options, const struct floor_config *floor,
                        struct replay_cameras *ret_cameras, struct error *err)
{
    AUTO(replay_cameras_release) struct replay_cameras cameras = { 0 };
    int r = options->cameras ? list_table(options, &cameras, err)
                             : list_config(options, floor, &cameras, err);
    if (r == 0 && is_regular(options->observations))
        r = keep_present(&cameras, options->observations, err);
    if (r == 0 && !options->cameras)
        r = load_calibrations(&cameras, options->config, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < cameras.count; i++)
        cameras.here_count += !cameras.items[i].elsewhere;
    *ret_cameras = cameras;
    cameras = (struct replay_cameras){ 0 };
    return 0;
}

void replay_cameras_release(struct replay_cameras *cameras)
{
    for (size_t i = 0; i < cameras->loaded_count; i++)
        calibration_destroy(&cameras->loaded[i]);
    free(cameras->loaded);
    camera_table_release(&cameras->table);
    free(cameras->items);
    *cameras = (struct replay_cameras){ 0 };
}

struct rectangle {
    struct floor_m low, high;
};

/* The rectangle around all reaches, and the mean of their middles. Returns how many there are. */
static size_t join_reaches(const struct replay_cameras *cameras, struct rectangle *ret_all,
                           struct floor_m *ret_middle)
{
    struct rectangle all = { { INFINITY, INFINITY }, { -INFINITY, -INFINITY } }, one;
    struct floor_m sum = { 0, 0 };
    size_t count = 0;
    for (size_t i = 0; i < cameras->count; i++) {
        const struct observer *o = &cameras->items[i].observer;
        if (calibration_reach(o->calibration, o->view, o->edge_sd_px, OBSERVATION_MAX_SD_M,
                              &one.low, &one.high) < 0)
            continue;
        all.low = (struct floor_m){ fmin(all.low.x, one.low.x), fmin(all.low.y, one.low.y) };
        all.high = (struct floor_m){ fmax(all.high.x, one.high.x), fmax(all.high.y, one.high.y) };
        sum.x += (one.low.x + one.high.x) / 2;
        sum.y += (one.low.y + one.high.y) / 2;
        count++;
    }
    *ret_all = count ? all : (struct rectangle){ { 0, 0 }, { 0, 0 } };
    double n = count ? (double) count : 1;
    *ret_middle = (struct floor_m){ sum.x / n, sum.y / n };
    return count;
}

/* Between `reach` before and behind the middle. */
static double limited(double value, double middle)
{
    return fmin(fmax(value, middle - REACH_MAX_M), middle + REACH_MAX_M);
}

int replay_cameras_floor(const struct replay_cameras *cameras, double cell_m,
                         struct floor_map **ret_map, double *ret_cell_m, struct error *err)
{
    struct rectangle all;
    struct floor_m middle;
    if (join_reaches(cameras, &all, &middle) == 0 && cameras->count > 0)
        return error_set(err, -EINVAL,
                         "no camera sees the floor well enough to place anybody on it; check the "
                         "matrices and the size of the pictures");
    struct floor_m low = { limited(all.low.x - MARGIN_M, middle.x),
                           limited(all.low.y - MARGIN_M, middle.y) };
    struct floor_m high = { limited(all.high.x + MARGIN_M, middle.x),
                            limited(all.high.y + MARGIN_M, middle.y) };
    *ret_cell_m = fmax(cell_m, sqrt((high.x - low.x) * (high.y - low.y) / CELLS_MAX));
    if (floor_map_rectangle(low, high, ret_map) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    return 0;
}
