/*
 * band_picture.c - a number over the floor, as bands of colour between round limits
 */
#include "report/band_picture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "report/contour.h"

/* The number is worked out at corners this far apart on the sheet. */
#define STEP_PX 3.0

/* What lies below is paler than it is, so that bands keep their colour. */
#define BAND_OPACITY       0.70
#define PLAN_OPACITY       0.70
#define STILL_BAND_OPACITY 0.50
#define STILL_OPACITY      0.80
#define HATCH_PX           7
#define MARK_PX            5.0

/* A label keeps this distance from the map's edge and from other labels. */
#define LABEL_ROOM_PX 46.0

/* The legend's rows. */
#define ROW_PX 26.0

/* Bad to good. Source: ColorBrewer 2.0, RdYlBu, 6 classes, colour-blind safe (C. Brewer, Apache
 * licence 2.0). */
static const struct colour ramp[] = {
    { 0.843, 0.188, 0.153 }, { 0.988, 0.553, 0.349 }, { 0.996, 0.878, 0.565 },
    { 0.878, 0.953, 0.973 }, { 0.569, 0.749, 0.859 }, { 0.271, 0.459, 0.706 },
};
#define RAMP_LAST (sizeof(ramp) / sizeof(ramp[0]) - 1)

static struct colour band_colour(const struct band_scale *scale, size_t band)
{
    double good = (double) band / (double) scale->count;
    double at = (scale->more_is_better ? good : 1 - good) * (double) RAMP_LAST;
    size_t i = (size_t) fmin(at, (double) RAMP_LAST - 1);
    double t = at - (double) i;
    return (struct colour){ ramp[i].red + t * (ramp[i + 1].red - ramp[i].red),
                            ramp[i].green + t * (ramp[i + 1].green - ramp[i].green),
                            ramp[i].blue + t * (ramp[i + 1].blue - ramp[i].blue) };
}

static size_t band_of(const struct band_scale *scale, double value)
{
    size_t band = 0;
    while (band < scale->count && value >= scale->limits[band])
        band++;
    return band;
}

/* ---- the bands ---- */

static void put_pixel(uint8_t *pixel, struct colour c, double opacity)
{
    pixel[0] = (uint8_t) lround(255 * c.red);
    pixel[1] = (uint8_t) lround(255 * c.green);
    pixel[2] = (uint8_t) lround(255 * c.blue);
    pixel[3] = (uint8_t) lround(255 * opacity);
}

/* The number at a place of the map, px from its top-left corner. */
struct sheet_values {
    const struct band_drawing *drawing;
    const struct map *map;                 /* of the plan; NULL: over the camera's picture */
    const struct calibration *calibration; /* of that */
    double scale;                          /* sheet px a picture px, of that */
};

static double sheet_value(const struct sheet_values *values, double x, double y)
{
    const struct covariance2 exact = { 0, 0, 0 };
    const struct map *map = values->map;
    struct floor_m p;
    if (map)
        p = (struct floor_m){ map->extent.low.x + x / map->px_per_m,
                              map->extent.high.y - y / map->px_per_m };
    else if (calibration_floor_from_image(values->calibration,
                                          (struct image_px){ x / values->scale, y / values->scale },
                                          exact, 0, &p, NULL) < 0)
        return NAN;
    return values->drawing->value_at(values->drawing->context, p);
}

static int sample_sheet(const struct sheet *sheet, const struct sheet_values *values,
                        struct samples *ret_samples)
{
    int r = samples_init(ret_samples, (size_t) ceil(sheet->map_width / STEP_PX) + 1,
                         (size_t) ceil(sheet->map_height / STEP_PX) + 1, STEP_PX);
    for (size_t i = 0; r == 0 && i < ret_samples->columns * ret_samples->rows; i++)
        ret_samples->values[i] = sheet_value(values, (double) (i % ret_samples->columns) * STEP_PX,
                                             (double) (i / ret_samples->columns) * STEP_PX);
    return r;
}

/* Bands, and hatch where there is no number, as a transparent picture of the map's size. Only
 * meshes at the border of what has a number are looked at px by px. */
static int paint_bands(const struct sheet *sheet, const struct sheet_values *values,
                       const struct samples *samples)
{
    AUTO(image_unref) struct image *image = NULL;
    const struct band_scale *scale = &values->drawing->scale;
    uint32_t width = (uint32_t) sheet->map_width, height = (uint32_t) sheet->map_height;
    double opacity = values->map ? BAND_OPACITY : STILL_BAND_OPACITY;
    int r = image_create(width, height, IMAGE_RGBA8, &image);
    if (r < 0)
        return r;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            bool border;
            double value = samples_at(samples, x + 0.5, y + 0.5, &border);
            uint8_t *pixel = image_at(image, x, y);
            if (border)
                value = sheet_value(values, x + 0.5, y + 0.5);
            if (!isnan(value))
                put_pixel(pixel, band_colour(scale, band_of(scale, value)), opacity);
            else if ((x + y) % HATCH_PX == 0)
                put_pixel(pixel, SHEET_HATCH, 0.45);
        }
    }
    canvas_image(sheet->canvas, image, sheet->map_x, sheet->map_y, width, height, 1);
    return 0;
}

/* ---- their limits ---- */

struct label {
    double x, y, room_px;
};

/* Draws a line and looks for the place with most room for its number. */
struct line_drawing {
    const struct sheet *sheet;
    const struct label *labels; /* those placed before */
    size_t label_count;
    struct label best;
};

static double room_for_label(const struct line_drawing *line, double x, double y)
{
    const struct sheet *s = line->sheet;
    double room = fmin(fmin(x - s->map_x, s->map_x + s->map_width - x),
                       2 * fmin(y - s->map_y, s->map_y + s->map_height - y));
    for (size_t i = 0; i < line->label_count; i++)
        room = fmin(room, hypot(line->labels[i].x - x, line->labels[i].y - y));
    return fmin(room, 2 * LABEL_ROOM_PX);
}

static void take_segment(void *context, struct segment segment)
{
    struct line_drawing *line = context;
    const struct sheet *s = line->sheet;
    double x = s->map_x + segment.x0, y = s->map_y + segment.y0;
    canvas_line(s->canvas, x, y, s->map_x + segment.x1, s->map_y + segment.y1, 1.4);
    double room_px = room_for_label(line, x, y);
    if (room_px > line->best.room_px)
        line->best = (struct label){ x, y, room_px };
}

static void draw_label(const struct sheet *sheet, const struct label *label, const char *words)
{
    double width = canvas_text_width(sheet->canvas, 12, true, words) + 8;
    canvas_colour(sheet->canvas, SHEET_PAPER, 0.92);
    canvas_fill_rectangle(sheet->canvas, label->x - width / 2, label->y - 9, width, 18);
    canvas_colour(sheet->canvas, SHEET_INK, 1);
    canvas_text(sheet->canvas, label->x, label->y + 4.5, 12, true, TEXT_CENTRE, words);
}

static void draw_limits(const struct band_scale *scale, const struct sheet *sheet,
                        const struct samples *samples)
{
    struct label labels[BAND_LIMITS_MAX];
    const char *words[BAND_LIMITS_MAX];
    char text[BAND_LIMITS_MAX][32];
    size_t count = 0;
    canvas_colour(sheet->canvas, SHEET_INK, 0.85);
    for (size_t i = 0; i < scale->count && !scale->show_no_lines; i++) {
        struct line_drawing line = { sheet, labels, count, { 0, 0, 0 } };
        contour_trace(samples, scale->limits[i], take_segment, &line);
        if (line.best.room_px < LABEL_ROOM_PX / 2)
            continue;
        (void) snprintf(text[count], sizeof(text[count]), "%g %s", scale->limits[i], scale->unit);
        words[count] = text[count];
        labels[count++] = line.best;
    }
    for (size_t i = 0; i < count; i++)
        draw_label(sheet, &labels[i], words[i]);
}

/* ---- marks ---- */

static void draw_mark(struct canvas *canvas, double x, double y, bool left_out)
{
    for (int stroke = 0; stroke < 2; stroke++) {
        double line_px = stroke == 0 ? 4 : 1.8;
        canvas_colour(canvas, stroke == 0 ? SHEET_PAPER : SHEET_INK, 1);
        if (left_out) {
            canvas_outline_rectangle(canvas, x - MARK_PX, y - MARK_PX, 2 * MARK_PX, 2 * MARK_PX,
                                     line_px);
            continue;
        }
        canvas_line(canvas, x - MARK_PX, y, x + MARK_PX, y, line_px);
        canvas_line(canvas, x, y - MARK_PX, x, y + MARK_PX, line_px);
    }
}

/* ---- the legend ---- */

static void describe_band(const struct band_scale *scale, size_t band, char *text, size_t size)
{
    if (scale->words[band])
        (void) snprintf(text, size, "%s", scale->words[band]);
    else if (band == 0)
        (void) snprintf(text, size, "below %g %s", scale->limits[0], scale->unit);
    else if (band == scale->count)
        (void) snprintf(text, size, "%g %s and more", scale->limits[band - 1], scale->unit);
    else
        (void) snprintf(text, size, "%g to %g %s", scale->limits[band - 1], scale->limits[band],
                        scale->unit);
}

/* The best on top, whichever way that is. */
static void draw_legend(const struct band_drawing *drawing, const struct sheet *sheet)
{
    const struct band_scale *scale = &drawing->scale;
    double y = sheet->map_y;
    char text[96];
    for (size_t row = 0; row <= scale->count; row++, y += ROW_PX) {
        size_t band = scale->more_is_better ? scale->count - row : row;
        canvas_colour(sheet->canvas, band_colour(scale, band), BAND_OPACITY);
        canvas_fill_rectangle(sheet->canvas, sheet->legend_x, y, 22, 17);
        canvas_colour(sheet->canvas, SHEET_QUIET, 1);
        canvas_outline_rectangle(sheet->canvas, sheet->legend_x + 0.5, y + 0.5, 21, 16, 1);
        describe_band(scale, band, text, sizeof(text));
        canvas_colour(sheet->canvas, SHEET_INK, 1);
        canvas_text(sheet->canvas, sheet->legend_x + 32, y + 13, 13, false, TEXT_LEFT, text);
    }
    sheet_swatch(sheet, y, true, scale->nowhere);
    y += ROW_PX;
    if (drawing->mark_count) {
        draw_mark(sheet->canvas, sheet->legend_x + 11, y + 8, false);
        canvas_colour(sheet->canvas, SHEET_INK, 1);
        canvas_text(sheet->canvas, sheet->legend_x + 32, y + 13, 13, false, TEXT_LEFT,
                    "marked point");
        y += ROW_PX;
        draw_mark(sheet->canvas, sheet->legend_x + 11, y + 8, true);
        canvas_colour(sheet->canvas, SHEET_INK, 1);
        canvas_text(sheet->canvas, sheet->legend_x + 32, y + 13, 13, false, TEXT_LEFT,
                    "marked, but left out");
        y += ROW_PX;
    }
    (void) sheet_note(sheet, y + 20, drawing->notes, drawing->note_count);
}

/* ---- over the plan ---- */

static int draw_plan_sheet(const struct band_drawing *drawing, const struct map *map,
                           const struct image *plan)
{
    const struct sheet *s = &map->sheet;
    AUTO(samples_release) struct samples samples = { 0 };
    const struct sheet_values values = { .drawing = drawing, .map = map };
    int r = sample_sheet(s, &values, &samples);
    if (r < 0)
        return r;
    canvas_clip_rectangle(s->canvas, s->map_x, s->map_y, s->map_width, s->map_height);
    if (plan)
        map_draw_plan(map, plan);
    else
        map_draw_grid(map);
    canvas_colour(s->canvas, SHEET_PAPER, 1 - PLAN_OPACITY);
    canvas_fill_rectangle(s->canvas, s->map_x, s->map_y, s->map_width, s->map_height);
    r = paint_bands(s, &values, &samples);
    draw_limits(&drawing->scale, s, &samples);
    for (size_t i = 0; i < drawing->mark_count; i++)
        draw_mark(s->canvas, map_x(map, drawing->marks[i].floor.x),
                  map_y(map, drawing->marks[i].floor.y), drawing->marks[i].left_out);
    if (drawing->camera)
        map_draw_camera(map, *drawing->camera);
    canvas_clip_end(s->canvas);
    map_draw_frame(map);
    draw_legend(drawing, s);
    return r;
}

int band_picture_over_plan(const struct band_drawing *drawing, struct extent floor,
                           const struct image *plan, struct image **ret_picture, struct error *err)
{
    struct map map;
    if (!(floor.high.x > floor.low.x && floor.high.y > floor.low.y))
        return error_set(err, -EINVAL, "there is no floor to draw");
    int r = map_open(floor, &drawing->words, &map);
    if (r < 0)
        return error_set(err, r, "out of memory");
    return sheet_close(&map.sheet, draw_plan_sheet(drawing, &map, plan), ret_picture, err);
}

/* ---- over the camera's picture ---- */

/* Sheet px a picture px. */
static double sheet_scale(const struct sheet *sheet, const struct calibration *calibration)
{
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    return sheet->map_width / width;
}

static int draw_camera_sheet(const struct band_drawing *drawing, const struct sheet *s,
                             const struct calibration *calibration, const struct image *still)
{
    double scale = sheet_scale(s, calibration);
    AUTO(samples_release) struct samples samples = { 0 };
    const struct sheet_values values = { .drawing = drawing,
                                         .calibration = calibration,
                                         .scale = scale };
    int r = sample_sheet(s, &values, &samples);
    if (r < 0)
        return r;
    if (still)
        canvas_image(s->canvas, still, s->map_x, s->map_y, s->map_width, s->map_height,
                     STILL_OPACITY);
    r = paint_bands(s, &values, &samples);
    canvas_clip_rectangle(s->canvas, s->map_x, s->map_y, s->map_width, s->map_height);
    draw_limits(&drawing->scale, s, &samples);
    for (size_t i = 0; i < drawing->mark_count; i++)
        draw_mark(s->canvas, s->map_x + scale * drawing->marks[i].px.x,
                  s->map_y + scale * drawing->marks[i].px.y, drawing->marks[i].left_out);
    canvas_clip_end(s->canvas);
    canvas_colour(s->canvas, SHEET_QUIET, 0.8);
    canvas_outline_rectangle(s->canvas, s->map_x - 0.5, s->map_y - 0.5, s->map_width + 1,
                             s->map_height + 1, 1);
    draw_legend(drawing, s);
    return r;
}

int band_picture_over_camera(const struct band_drawing *drawing,
                             const struct calibration *calibration, const struct image *still,
                             struct image **ret_picture, struct error *err)
{
    struct sheet sheet;
    uint32_t width, height;
    calibration_size(calibration, &width, &height);
    int r = sheet_open((double) width / height, &drawing->words, &sheet);
    if (r < 0)
        return error_set(err, r, "out of memory");
    return sheet_close(&sheet, draw_camera_sheet(drawing, &sheet, calibration, still), ret_picture,
                       err);
}
