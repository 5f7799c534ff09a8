/*
 * warp_picture.c - a camera's picture laid over the plan
 */
#include "report/warp_picture.h"

#include <errno.h>
#include <math.h>

#include "calib/view_quality.h"
#include "calib/warp.h"

#define PICTURE_OPACITY 0.72
#define ROOM_M          1.0

static const char *const notes[] = {
    "What is painted on the floor must",
    "lie where the plan has it. What",
    "stands on the floor is smeared",
    "away from the camera.",
};

/* The still at the size of the calibration's pictures. */
static int scale_still(const struct calibration *calibration, const struct image *still,
                       struct image **ret_still)
{
    struct canvas *canvas = NULL;
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    int r = canvas_create(width, height, SHEET_PAPER, &canvas);
    if (r < 0)
        return r;
    canvas_image(canvas, still, 0, 0, width, height, 1);
    r = canvas_finish(canvas, ret_still);
    canvas_destroy(&canvas);
    return r;
}

/* The still on the map, a pixel a pixel. */
static int lay_still(const struct map *map, const struct calibration *calibration,
                     const struct image *still)
{
    const struct sheet *s = &map->sheet;
    AUTO(image_unref) struct image *frame = NULL, *laid = NULL;
    AUTO(warp_destroy) struct warp *warp = NULL;
    const struct warp_target target = {
        .width = (uint32_t) s->map_width,
        .height = (uint32_t) s->map_height,
        .metres_per_pixel = 1 / map->px_per_m,
        .origin = { map->extent.low.x,
                    map->extent.high.y - (uint32_t) s->map_height / map->px_per_m },
    };
    int r = scale_still(calibration, still, &frame);
    if (r == 0)
        r = image_create(target.width, target.height, IMAGE_RGBA8, &laid);
    if (r == 0)
        r = warp_create(calibration, &target, &warp);
    if (r == 0)
        r = warp_frame(warp, frame, laid);
    if (r == 0)
        canvas_image(s->canvas, laid, s->map_x, s->map_y, target.width, target.height,
                     PICTURE_OPACITY);
    return r;
}

static int draw_sheet(const struct map *map, const struct calibration *calibration,
                      const struct image *still, const struct image *plan)
{
    const struct sheet *s = &map->sheet;
    struct floor_m camera;
    double height_m;
    canvas_clip_rectangle(s->canvas, s->map_x, s->map_y, s->map_width, s->map_height);
    if (plan)
        map_draw_plan(map, plan);
    int r = lay_still(map, calibration, still);
    map_draw_grid(map);
    if (calibration_position(calibration, &camera, &height_m) == 0)
        map_draw_camera(map, camera);
    canvas_clip_end(s->canvas);
    map_draw_frame(map);
    (void) sheet_note(s, s->map_y + 12, notes, sizeof(notes) / sizeof(notes[0]));
    return r;
}

/* What the camera sees well. */
static int seen_floor(const struct calibration *calibration, struct extent *ret_floor,
                      struct error *err)
{
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    const struct view_quality quality = { .calibration = calibration,
                                          .view = { 0, 0, width, height },
                                          .edge_sd_px = FOOT_SD_PX };
    if (!view_extent(&quality, &ret_floor->low, &ret_floor->high))
        return error_set(err, -EINVAL, "the camera sees no floor well enough to draw it");
    ret_floor->low.x -= ROOM_M;
    ret_floor->low.y -= ROOM_M;
    ret_floor->high.x += ROOM_M;
    ret_floor->high.y += ROOM_M;
    return 0;
}

int warp_picture(const struct calibration *calibration, const struct image *still,
                 const char *title, struct extent floor, const struct image *plan,
                 struct image **ret_picture, struct error *err)
{
    static const char what[] = "Picture on the plan", detail[] = "the floor as the camera sees it";
    struct map map;
    int r = plan ? 0 : seen_floor(calibration, &floor, err);
    if (r < 0)
        return r;
    r = map_open(floor, &(struct sheet_words){ what, title, detail }, &map);
    if (r < 0)
        return error_set(err, r, "out of memory");
    return sheet_close(&map.sheet, draw_sheet(&map, calibration, still, plan), ret_picture, err);
}
