/*
 * camera_file_write.c - a camera file made of numbers
 *
 * 17 significant digits bring every double back as it was; the shortest of 15, 16 and 17 that does
 * is written, so that 0.1 stays 0.1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib/camera_file.h"

/* A list of libconfig in [] wants one type for all, so a whole number gets a decimal point. */
static void write_number(struct text *text, double value)
{
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        (void) snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_format(text, "%s%s", digits, strpbrk(digits, ".e") ? "" : ".0");
}

static void write_numbers(struct text *text, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_append(text, i ? ", " : "");
        write_number(text, values[i]);
    }
}

/* name = [a, b, c]; */
static void write_list(struct text *text, const char *indent, const char *name,
                       const struct number_list *list)
{
    if (!list->count)
        return;
    text_format(text, "%s%s = [", indent, name);
    write_numbers(text, list->values, list->count);
    text_append(text, "];\n");
}

/* name = ((a, b, c), (d, e, f)); a row a line. */
static void write_rows(struct text *text, const char *indent, const char *name,
                       const struct number_list *list, size_t columns)
{
    if (!list->count)
        return;
    text_format(text, "%s%s = (\n", indent, name);
    for (size_t i = 0; i < list->count; i += columns) {
        text_format(text, "%s    (", indent);
        write_numbers(text, list->values + i, columns);
        text_append(text, i + columns < list->count ? "),\n" : ")\n");
    }
    text_format(text, "%s);\n", indent);
}

static void write_coefficient(struct text *text, const char *name, double value)
{
    text_format(text, " %s = ", name);
    write_number(text, value);
    text_append(text, ";");
}

static void write_lens(struct text *text, const struct camera_file *file)
{
    bool bends = file->lens.k1 != 0 || file->lens.k2 != 0 || file->lens.p1 != 0 ||
                 file->lens.p2 != 0 || file->lens.k3 != 0;
    if (!bends)
        return;
    text_append(text, "lens = {");
    write_coefficient(text, "k1", file->lens.k1);
    write_coefficient(text, "k2", file->lens.k2);
    write_coefficient(text, "p1", file->lens.p1);
    write_coefficient(text, "p2", file->lens.p2);
    write_coefficient(text, "k3", file->lens.k3);
    text_append(text, file->lens.focal.count ? "\n" : " ");
    write_list(text, "    ", "focal", &file->lens.focal);
    write_list(text, "    ", "centre", &file->lens.centre);
    text_append(text, "};\n");
}

/* Quotes, backslashes and control characters as libconfig wants them. */
static void write_string(struct text *text, const char *name, const char *value)
{
    if (!value)
        return;
    text_format(text, "%s = \"", name);
    for (const char *at = value; *at; at++) {
        unsigned char c = (unsigned char) *at;
        if (c == '"' || c == '\\')
            text_format(text, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            text_format(text, "\\x%02x", c);
        else
            text_append_bytes(text, at, 1);
    }
    text_append(text, "\";\n");
}

static void write_points(struct text *text, const struct number_lists *points)
{
    if (!points->count)
        return;
    text_append(text, "points = (  # x, y (px), x, y, z on the floor (m)\n");
    for (size_t i = 0; i < points->count; i++) {
        text_append(text, "    [");
        write_numbers(text, points->items[i].values, points->items[i].count);
        text_append(text, i + 1 < points->count ? "],\n" : "]\n");
    }
    text_append(text, ");\n");
}

static void write_pinhole(struct text *text, const struct camera_file *file)
{
    if (!file->pinhole.focal.count)
        return;
    text_append(text, "pinhole = {\n");
    write_list(text, "    ", "focal", &file->pinhole.focal);
    write_list(text, "    ", "centre", &file->pinhole.centre);
    write_rows(text, "    ", "rotation", &file->pinhole.rotation, 3);
    write_list(text, "    ", "translation", &file->pinhole.translation);
    text_append(text, "};\n");
}

void camera_file_write(const struct camera_file *file, struct text *text)
{
    write_string(text, "author", file->author);
    write_string(text, "note", file->note);
    write_string(text, "valid_from", file->valid_from);
    text_format(text, "image = { width = %d; height = %d; };\n", file->width_px, file->height_px);
    write_rows(text, "", "floor_from_image", &file->floor_from_image, 3);
    write_rows(text, "", "image_from_floor", &file->image_from_floor, 4);
    write_pinhole(text, file);
    write_lens(text, file);
    if (file->fit.model) {
        text_format(text, "fit = { model = \"%s\"; sigma_px = ", file->fit.model);
        write_number(text, file->fit.sigma_px);
        text_append(text, "; };\n");
    }
    write_points(text, &file->points);
}
