/*
 * sensor_config.c - what one line of the cameras' option table cannot say
 */
#include "sim/sensor_config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* As wide as a camera file may be (docs/calibration.md). */
#define PICTURE_MAX_PX 16384

/* Room for "cameras[999].position_m". */
#define KEY_SIZE 64

struct check {
    const char *name;
    const struct option_lines *lines;
    struct problems *problems;
    size_t camera;
};

static void problem(const struct check *c, const char *key, const char *format, ...)
    PRINTF_FORMAT(3, 4);

/* A problem at the line of a camera's key. */
static void problem(const struct check *c, const char *key, const char *format, ...)
{
    char path[KEY_SIZE], sentence[512];
    va_list arguments;
    va_start(arguments, format);
    (void) vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    (void) snprintf(path, sizeof(path), "cameras[%zu].%s", c->camera, key);
    problems_add_at(c->problems, c->name, c->lines ? option_lines_find(c->lines, path) : 0, "%s",
                    sentence);
}

static void check_image(const struct check *c, const struct sim_camera_config *camera)
{
    for (size_t i = 0; i < camera->image.count; i++) {
        double side = camera->image.values[i];
        if (!(side >= 1 && side <= PICTURE_MAX_PX && side == floor(side)))
            problem(c, "image",
                    "camera %s: image is width, height in whole pixels from 1 to %d, not %g",
                    camera->id, PICTURE_MAX_PX, side);
    }
}

static void check_down(const struct check *c, const struct sim_camera_config *camera)
{
    const struct number_list *down = &camera->down_s;
    bool fine = down->count % 2 == 0;
    for (size_t i = 1; i < down->count; i++)
        fine &= down->values[i - 1] <= down->values[i];
    if (!fine)
        problem(c, "down_s",
                "camera %s: down_s must be pairs of times that rise: from, to, from, to",
                camera->id);
}

static void check_place(const struct check *c, const struct sim_camera_config *camera)
{
    if (!camera->calibration && camera->position_m.count != 2)
        problem(c, "id", "camera %s: where does it hang? Give position_m = [x, y] or a calibration",
                camera->id);
    if (camera->calibration && camera->position_m.count)
        problem(
            c, "position_m",
            "camera %s: it has position_m and a calibration, which says it already; leave one out",
            camera->id);
}

void sim_cameras_check(const struct option_list *cameras, const char *name,
                       const struct option_lines *lines, struct problems *problems)
{
    struct check c = { .name = name, .lines = lines, .problems = problems };
    const struct sim_camera_config *items = cameras->items;
    for (c.camera = 0; c.camera < cameras->count; c.camera++) {
        const struct sim_camera_config *camera = &items[c.camera];
        if (!camera->id)
            continue; /* a problem of its own */
        for (size_t i = 0; i < c.camera; i++)
            if (items[i].id && strcmp(items[i].id, camera->id) == 0)
                problem(&c, "id", "camera %s: another camera has this id; rename one", camera->id);
        check_place(&c, camera);
        check_image(&c, camera);
        check_down(&c, camera);
    }
}
