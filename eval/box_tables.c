/* box_tables.c - boxes out of MOTChallenge text and CSV; see box_set.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "csv/csv.h"
#include "csv/number.h"
#include "eval/box_set.h"

#define MOT_BYTES_MAX  ((size_t) 1 << 30)
#define MOT_FIELDS_MIN 7

static int failure(struct error *err, int r)
{
    return !err || err->text[0] ? r : error_set(err, r, "%s", strerror(-r));
}

/* ---- MOTChallenge: frame, id, left, top, width, height, confidence, ... ---- */

static bool read_mot_fields(char *line, double v[static MOT_FIELDS_MIN])
{
    for (int i = 0; i < MOT_FIELDS_MIN; i++) {
        char *field = strsep(&line, ",");
        if (!field || !number_parse(field, &v[i]) || !(v[i] >= -1e9 && v[i] <= 1e9))
            return false;
    }
    return v[0] >= 1 && v[4] > 0 && v[5] > 0;
}

static int add_mot(struct box_set *set, const double *v)
{
    char name[32];
    struct scored_box box = { .score = v[6],
                              .box = { v[2] - 1, v[3] - 1, v[2] - 1 + v[4], v[3] - 1 + v[5] },
                              .ignored = v[6] == 0 };
    (void) snprintf(name, sizeof(name), "%.0f", v[0] - 1);
    int r = name_list_add(&set->pictures, name, &box.picture);
    if (r == 0)
        r = name_list_add(&set->classes, "person", &box.object_class);
    return r < 0 ? r : box_set_add(set, box);
}

int box_mot_read(const char *path, struct box_set *set, struct error *err)
{
    char *text, *rest;
    size_t file_length;
    int r = file_read(path, MOT_BYTES_MAX, &text, &file_length, err);
    if (r < 0)
        return r;
    rest = text;
    for (int line_number = 1; r == 0 && rest; line_number++) {
        char *line = strsep(&rest, "\n");
        double v[MOT_FIELDS_MIN];
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r') /* a file made on Windows */
            line[length - 1] = '\0';
        if (line[strspn(line, " \t")] == '\0')
            continue;
        if (!read_mot_fields(line, v))
            r = error_set(err, -EINVAL,
                          "%s:%d: is not a line of MOTChallenge: frame, id, left, top, width, "
                          "height, confidence, ... with frames from 1 and sizes above 0",
                          path, line_number);
        else
            r = add_mot(set, v);
    }
    free(text);
    return r < 0 ? failure(err, r) : 0;
}

/* ---- CSV ---- */

struct columns {
    int frame, image, object_class, score, edges[4];
};

static int find_columns(const struct csv_reader *csv, struct columns *ret, struct error *err)
{
    static const char *const edges[] = { "left_px", "top_px", "right_px", "bottom_px" };
    *ret = (struct columns){ .frame = csv_reader_column(csv, "frame", NULL),
                             .image = csv_reader_column(csv, "image", NULL),
                             .object_class = csv_reader_column(csv, "class", NULL),
                             .score = csv_reader_column(csv, "score", NULL) };
    if (ret->frame < 0 && ret->image < 0)
        return error_set(err, -EINVAL, "%s:1: has no column \"frame\" or \"image\"",
                         csv_reader_name(csv));
    for (int i = 0; i < 4; i++) {
        ret->edges[i] = csv_reader_column(csv, edges[i], NULL);
        if (ret->edges[i] < 0)
            return error_set(err, -EINVAL, "%s:1: has no column \"%s\"", csv_reader_name(csv),
                             edges[i]);
    }
    return 0;
}

static int read_picture(const struct csv_reader *csv, const struct columns *c, struct box_set *set,
                        size_t *ret_picture, struct error *err)
{
    char name[BOX_NAME_SIZE];
    int64_t frame;
    const char *image = csv_reader_text(csv, c->image);
    if (image[0]) {
        box_picture_name(image, name);
        return name_list_add(&set->pictures, name, ret_picture);
    }
    int r = csv_reader_integer(csv, c->frame, &frame, err);
    (void) snprintf(name, sizeof(name), "%lld", (long long) frame);
    return r < 0 ? r : name_list_add(&set->pictures, name, ret_picture);
}

static int read_box(const struct csv_reader *csv, const struct columns *c, struct scored_box *box,
                    struct error *err)
{
    double e[4];
    int r = 0;
    box->score = 1;
    if (c->score >= 0)
        r = csv_reader_number(csv, c->score, &box->score, err);
    for (int i = 0; r == 0 && i < 4; i++)
        r = csv_reader_number(csv, c->edges[i], &e[i], err);
    if (r < 0)
        return r;
    box->box = (struct box_px){ e[0], e[1], e[2], e[3] };
    if (!(e[0] < e[2] && e[1] < e[3]))
        return error_set(err, -EINVAL,
                         "%s:%ld: its box is empty; right_px must be above left_px and bottom_px "
                         "above top_px",
                         csv_reader_name(csv), csv_reader_line(csv));
    return 0;
}

static int read_row(const struct csv_reader *csv, const struct columns *c, struct box_set *set,
                    struct error *err)
{
    struct scored_box box = { .picture = 0 };
    const char *class = c->object_class < 0 ? "person" : csv_reader_text(csv, c->object_class);
    int r = read_picture(csv, c, set, &box.picture, err);
    if (r < 0 || !class[0])
        return r;
    r = name_list_add(&set->classes, class, &box.object_class);
    if (r == 0)
        r = read_box(csv, c, &box, err);
    return r < 0 ? r : box_set_add(set, box);
}

int box_csv_read(const char *path, struct box_set *set, struct error *err)
{
    struct csv_reader *csv;
    struct columns columns;
    int r = csv_reader_open(path, &csv, err);
    if (r < 0)
        return r;
    r = find_columns(csv, &columns, err);
    while (r == 0) {
        int more = csv_reader_next(csv, err);
        if (more <= 0) {
            r = more;
            break;
        }
        r = read_row(csv, &columns, set, err);
    }
    csv_reader_close(&csv);
    return r < 0 ? failure(err, r) : 0;
}
