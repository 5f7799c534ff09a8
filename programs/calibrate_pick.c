/*
 * calibrate_pick.c - floorfuse calibrate pick: mark points in a page; draw what came of them
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "calib/calibration.h"
#include "calib/marked_points.h"
#include "programs/arguments.h"
#include "programs/calibrate.h"
#include "programs/calibrate_backdrop.h"
#include "programs/pick/page.h"
#include "programs/start.h"
#include "report/warp_picture.h"

#define PROGRAM "floorfuse calibrate pick"

/* Pictures larger than this are not for a page. */
#define PICTURE_BYTES_MAX ((size_t) 64 << 20)

/* Without a plan there is paper of this many metres a side, and this fine. */
#define PAPER_M         40.0
#define PAPER_M_A_PIXEL 0.02

struct pick_request {
    const char *camera, *points, *out, *draw;
    struct backdrop_words backdrop;
};

static bool parse(int argc, char **argv, struct pick_request *r, int *ret_exit)
{
    *r = (struct pick_request){ .camera = "camera" };
    const struct argument arguments[] = {
        { "--out", "FILE", &r->out, NULL, "the page to write (.html), or with --draw a PNG", true },
        { "--camera", "ID", &r->camera, NULL, "which camera, for titles and --config", false },
        { "--points", "FILE.csv", &r->points, NULL, "points that were marked before", false },
        { "--draw", "CAMERA.cfg", &r->draw, NULL,
          "instead of the page: the camera's picture laid over the plan", false },
        BACKDROP_ARGUMENTS(r->backdrop),
    };
    const struct command_line line = {
        .program = PROGRAM,
        .purpose =
            "Make a page, one file that needs no other, in which a person marks points in a still\n"
            "of the camera and on the plan, and saves them as points.csv for floorfuse calibrate\n"
            "fit. The page holds the still. With --draw: lay the still over the plan as a camera\n"
            "file says, to see whether it is right.",
        .arguments = arguments,
        .argument_count = ARRAY_LENGTH(arguments),
    };
    if (!arguments_parse(&line, argc, argv, ret_exit))
        return false;
    if (r->backdrop.still)
        return true;
    fprintf(stderr, PROGRAM ": needed and not given: --still; see " PROGRAM " --help\n");
    *ret_exit = EXIT_USAGE;
    return false;
}

/* ---- the page ---- */

/* Source: RFC 4648, section 4. */
static void append_base64(struct text *text, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned group = (unsigned) bytes[i] << 16 | (left > 1 ? (unsigned) bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        const char four[4] = { digits[group >> 18], digits[group >> 12 & 63],
                               left > 1 ? digits[group >> 6 & 63] : '=',
                               left > 2 ? digits[group & 63] : '=' };
        text_append_bytes(text, four, sizeof(four));
    }
}

/* A PNG as a data: URL; null when there is no path. NULL with a sentence. */
static json_t *picture_url(const char *path, struct error *err)
{
    AUTO(text_release) struct text url = TEXT_INIT;
    char *bytes = NULL;
    size_t length;
    if (!path)
        return json_null();
    if (file_read(path, PICTURE_BYTES_MAX, &bytes, &length, err) < 0)
        return NULL;
    text_append(&url, "data:image/png;base64,");
    append_base64(&url, (const unsigned char *) bytes, length);
    free(bytes);
    json_t *string = url.failed ? NULL : json_string(url.bytes);
    if (!string)
        (void) !error_set(err, -ENOMEM, "out of memory");
    return string;
}

static json_t *points_json(const struct marked_points *points)
{
    json_t *list = json_array();
    for (size_t i = 0; i < points->count; i++) {
        const struct marked_point *p = &points->items[i];
        json_array_append_new(
            list, json_pack("[fffffs]", p->px.x, p->px.y, p->x_m, p->y_m, p->z_m, p->name));
    }
    return list;
}

/* What the script of the page reads. */
static int make_data(const struct pick_request *request, const struct backdrop *backdrop,
                     const struct marked_points *points, struct text *ret_data, struct error *err)
{
    bool plan = backdrop->plan != NULL;
    json_t *still_url = picture_url(request->backdrop.still, err);
    json_t *plan_url = picture_url(plan ? backdrop->plan_path : NULL, err);
    double metres_per_pixel =
        plan ? (backdrop->floor.high.x - backdrop->floor.low.x) / backdrop->plan->width
             : PAPER_M_A_PIXEL;
    double x = plan ? backdrop->floor.low.x : -PAPER_M / 2;
    double y = plan ? backdrop->floor.low.y : -PAPER_M / 2;
    int side = (int) (PAPER_M / PAPER_M_A_PIXEL);
    json_t *data = still_url && plan_url
                       ? json_pack("{s:s, s:O, s:O, s:[ii], s:f, s:[ff], s:o}", "camera",
                                   request->camera, "still", still_url, "plan", plan_url,
                                   "planSize", plan ? (int) backdrop->plan->width : side,
                                   plan ? (int) backdrop->plan->height : side, "metresPerPixel",
                                   metres_per_pixel, "origin", x, y, "points", points_json(points))
                       : NULL;
    /* A slash is written \/ so that no string can end the script element. */
    char *dump = data ? json_dumps(data, JSON_COMPACT | JSON_ESCAPE_SLASH) : NULL;
    int r = !still_url || !plan_url ? -EIO : dump ? 0 : error_set(err, -ENOMEM, "out of memory");
    if (dump)
        text_append(ret_data, dump);
    free(dump);
    json_decref(data);
    json_decref(still_url);
    json_decref(plan_url);
    return r;
}

/* The template with its placeholders filled. */
static void make_page(const char *data, struct text *page)
{
    const struct {
        const char *name, *content;
    } parts[] = {
        { "@STYLE@", (const char *) pick_page_css },
        { "@DATA@", data },
        { "@SCRIPT@", (const char *) pick_page_js },
    };
    const char *at = (const char *) pick_page_html;
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        const char *place = strstr(at, parts[i].name);
        if (!place)
            continue; /* does not happen: the template is built in */
        text_append_bytes(page, at, (size_t) (place - at));
        text_append(page, parts[i].content);
        at = place + strlen(parts[i].name);
    }
    text_append(page, at);
}

static int write_page(const struct pick_request *request, const struct backdrop *backdrop,
                      uint32_t width, uint32_t height, struct error *err)
{
    AUTO(text_release) struct text data = TEXT_INIT, page = TEXT_INIT;
    AUTO(marked_points_release) struct marked_points points = { 0 };
    int r = 0;
    if (request->points)
        r = marked_points_load(request->points, width, height, &points, err);
    if (r == 0)
        r = make_data(request, backdrop, &points, &data, err);
    if (r < 0)
        return r;
    make_page(data.bytes, &page);
    if (data.failed || page.failed)
        return error_set(err, -ENOMEM, "out of memory");
    r = file_write(request->out, page.bytes, page.length, 0600, err);
    if (r == 0)
        printf("open %s in a browser, mark points, save points.csv\n"
               "(the page holds the camera's picture: keep it where such pictures may be kept)\n",
               request->out);
    return r;
}

/* ---- what came of it ---- */

static int draw(const struct pick_request *request, const struct backdrop *backdrop,
                struct error *err)
{
    AUTO(problems_release) struct problems problems = { 0 };
    AUTO(calibration_destroy) struct calibration *calibration = NULL;
    AUTO(image_unref) struct image *picture = NULL;
    char title[ID_SIZE + 16];
    int r = calibration_load(request->draw, &calibration, &problems);
    if (r < 0)
        return error_set(err, r, "%s",
                         problems.count ? problems.sentences[0] : "the camera file is no good");
    (void) snprintf(title, sizeof(title), "camera %.64s", request->camera);
    r = warp_picture(calibration, backdrop->still, title, backdrop->floor, backdrop->plan, &picture,
                     err);
    return r < 0 ? r : image_write_png(picture, request->out, err);
}

int calibrate_pick(int argc, char **argv)
{
    struct pick_request request;
    struct error err = { "" };
    int exit_code;
    if (!parse(argc, argv, &request, &exit_code))
        return exit_code;
    AUTO(backdrop_release) struct backdrop backdrop = { 0 };
    AUTO(image_unref) struct image *still = NULL;
    int r = image_read_png(request.backdrop.still, &still, &err);
    if (r == 0)
        r = backdrop_load(PROGRAM, &request.backdrop,
                          request.backdrop.config ? request.camera : NULL, still->width,
                          still->height, &backdrop, &err);
    if (r == 0)
        r = request.draw ? draw(&request, &backdrop, &err)
                         : write_page(&request, &backdrop, still->width, still->height, &err);
    if (r < 0)
        fprintf(stderr, PROGRAM ": %s\n", err.text);
    return r < 0 ? EXIT_FAILED : EXIT_OK;
}
