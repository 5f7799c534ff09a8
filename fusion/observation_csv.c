/*
 * observation_csv.c - detections that were written down, as the frames that fusion takes
 *
 * The CSV reader always stands on the first row that belongs to the next call: a time is over only
 * when a row of another time has been read.
 */
#include "fusion/observation_csv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"
#include "fusion/align.h"
#include "fusion/appearance_rows.h"

struct columns {
    int time_us, camera, object_class, score, floor;
    int left, top, right, bottom; /* -1: floor points */
    int x, y, var_xx, var_xy, var_yy;
    int appearance;
};

/* What one camera has shown at the time that is being read. */
struct view {
    struct observation_frame frame;
    size_t room; /* of frame.observations */
    struct appearance_rows rows;
    uint64_t next_sequence;
    bool looked;
};

struct observation_csv {
    struct csv_reader *reader;
    struct columns columns;
    const char *floor; /* borrowed; NULL: any */
    struct observation_csv_camera *cameras;
    size_t camera_count;
    size_t *by_name; /* indices of cameras, sorted by name */
    size_t recent;   /* the camera of the row before: rows of one camera often stand together */
    struct view *views;
    const struct observation_frame **frames; /* handed out */
    bool started, ended;
    int64_t time_us; /* of the row that the reader stands on */
    struct observation_csv_counts counts;
};

const char *observation_csv_reason_text(enum observation_csv_reason reason)
{
    static const char *const texts[OBSERVATION_CSV_REASONS] = {
        [OBSERVATION_CSV_UNKNOWN_CAMERA] = "of an unknown camera",
        [OBSERVATION_CSV_OTHER_FLOOR] = "of another floor",
        [OBSERVATION_CSV_OTHER_CLASS] = "neither person nor head",
        [OBSERVATION_CSV_NOT_FINITE] = "with a number that is not finite",
        [OBSERVATION_CSV_EMPTY_BOX] = "with right <= left or bottom <= top",
        [OBSERVATION_CSV_BAD_COVARIANCE] = "with a covariance that is not positive definite",
        [OBSERVATION_CSV_NO_FLOOR_POINT] = "without a floor point (horizon, or cut at both ends)",
        [OBSERVATION_CSV_UNSURE] = "too far away to place",
        [OBSERVATION_CSV_OUTSIDE_ROI] = "with feet where the camera does not watch",
    };
    return texts[reason];
}

/* ---- the header ---- */

static int missing(const struct csv_reader *reader, const char *what, struct error *err)
{
    return error_set(err, -EINVAL,
                     "%s:%ld: %s; the columns must be time_us, camera, class, score and either "
                     "left_px, top_px, right_px, bottom_px or floor_x_m, floor_y_m "
                     "(and var_xx, var_xy, var_yy if known)",
                     csv_reader_name(reader), csv_reader_line(reader), what);
}

static int need_column(const struct csv_reader *reader, const char *name, int *ret_column,
                       struct error *err)
{
    char what[64];
    *ret_column = csv_reader_column(reader, name, NULL);
    (void) snprintf(what, sizeof(what), "there is no column %s", name);
    return *ret_column < 0 ? missing(reader, what, err) : 0;
}

static int find_place_columns(const struct csv_reader *reader, struct columns *c, struct error *err)
{
    c->left = csv_reader_column(reader, "left_px", NULL);
    c->top = csv_reader_column(reader, "top_px", NULL);
    c->right = csv_reader_column(reader, "right_px", NULL);
    c->bottom = csv_reader_column(reader, "bottom_px", NULL);
    if (c->left >= 0 && c->top >= 0 && c->right >= 0 && c->bottom >= 0)
        return 0;
    c->x = csv_reader_column(reader, "floor_x_m", NULL);
    c->y = csv_reader_column(reader, "floor_y_m", NULL);
    c->var_xx = csv_reader_column(reader, "var_xx", NULL);
    c->var_xy = csv_reader_column(reader, "var_xy", NULL);
    c->var_yy = csv_reader_column(reader, "var_yy", NULL);
    c->left = -1;
    if (c->x < 0 || c->y < 0)
        return missing(reader, "neither a box nor a floor point is complete", err);
    int variances = (c->var_xx >= 0) + (c->var_xy >= 0) + (c->var_yy >= 0);
    return variances % 3 ? missing(reader, "a covariance is not complete", err) : 0;
}

static int find_columns(const struct csv_reader *reader, struct columns *c, struct error *err)
{
    int r = need_column(reader, "time_us", &c->time_us, err);
    if (r == 0)
        r = need_column(reader, "camera", &c->camera, err);
    if (r == 0)
        r = need_column(reader, "class", &c->object_class, err);
    if (r == 0)
        r = need_column(reader, "score", &c->score, err);
    c->floor = csv_reader_column(reader, "floor", NULL);
    c->appearance = csv_reader_column(reader, "appearance", NULL);
    return r < 0 ? r : find_place_columns(reader, c, err);
}

/* ---- cameras by name ---- */

static int compare_names(const void *left, const void *right, void *context)
{
    const struct observation_csv_camera *cameras = context;
    return strcmp(cameras[*(const size_t *) left].name, cameras[*(const size_t *) right].name);
}

/* Returns the index, or camera_count when there is none of that name. */
static size_t find_camera(struct observation_csv *csv, const char *name)
{
    size_t low = 0, high = csv->camera_count;
    if (csv->recent < high && strcmp(csv->cameras[csv->recent].name, name) == 0)
        return csv->recent;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(csv->cameras[csv->by_name[middle]].name, name);
        if (order == 0)
            return csv->recent = csv->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return csv->camera_count;
}

/* ---- opening ---- */

static int copy_cameras(struct observation_csv *csv, const struct observation_csv_camera *cameras,
                        size_t camera_count)
{
    size_t room = camera_count + 1; /* never of zero bytes */
    csv->cameras = calloc(room, sizeof(*csv->cameras));
    csv->by_name = calloc(room, sizeof(*csv->by_name));
    csv->views = calloc(room, sizeof(*csv->views));
    csv->frames = calloc(room, sizeof(const struct observation_frame *));
    if (!csv->cameras || !csv->by_name || !csv->views || !csv->frames)
        return -ENOMEM;
    csv->camera_count = camera_count;
    for (size_t i = 0; i < camera_count; i++) {
        csv->cameras[i] = cameras[i];
        csv->by_name[i] = i;
    }
    qsort_r(csv->by_name, camera_count, sizeof(*csv->by_name), compare_names, csv->cameras);
    return 0;
}

/* What all frames of a camera have in common. */
static void prepare_frames(struct observation_csv *csv)
{
    for (size_t i = 0; i < csv->camera_count; i++) {
        struct observation_frame *frame = &csv->views[i].frame;
        if (csv->cameras[i].elsewhere)
            continue;
        const struct calibration *calibration = csv->cameras[i].observer.calibration;
        calibration_size(calibration, &frame->width, &frame->height);
        (void) snprintf(frame->calibration_version, sizeof(frame->calibration_version), "%s",
                        calibration_version(calibration));
        memcpy(frame->camera, csv->cameras[i].name, sizeof(frame->camera));
        (void) snprintf(frame->floor, sizeof(frame->floor), "%s", csv->floor ? csv->floor : "");
        frame->boot_id = 1;
        frame->clock_source = CLOCK_SOURCE_FILE;
    }
}

int observation_csv_open(const char *path, const char *floor,
                         const struct observation_csv_camera *cameras, size_t camera_count,
                         struct observation_csv **ret_csv, struct error *err)
{
    AUTO(observation_csv_close) struct observation_csv *csv = calloc(1, sizeof(*csv));
    if (!csv || copy_cameras(csv, cameras, camera_count) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    csv->floor = floor;
    prepare_frames(csv);
    int r = csv_reader_open(path, &csv->reader, err);
    if (r == 0)
        r = find_columns(csv->reader, &csv->columns, err);
    if (r < 0)
        return r;
    *ret_csv = csv;
    csv = NULL;
    return 0;
}

void observation_csv_close(struct observation_csv **csv)
{
    struct observation_csv *c = *csv;
    if (!c)
        return;
    for (size_t i = 0; i < c->camera_count; i++) {
        free(c->views[i].frame.observations);
        appearance_rows_release(&c->views[i].rows);
    }
    csv_reader_close(&c->reader);
    free(c->views);
    free(c->frames);
    free(c->by_name);
    free(c->cameras);
    free(c);
    *csv = NULL;
}

/* ---- rows ---- */

/* Go to the next row and read its time. Returns 1, 0 at the end, or an error. */
static int next_row(struct observation_csv *csv, int64_t *ret_time_us, struct error *err)
{
    int r = csv_reader_next(csv->reader, err);
    if (r <= 0)
        return r;
    r = csv_reader_integer(csv->reader, csv->columns.time_us, ret_time_us, err);
    if (r < 0)
        return r;
    if (*ret_time_us > ALIGN_CAPTURE_MAX_US || *ret_time_us < -ALIGN_CAPTURE_MAX_US)
        return error_set(err, -EINVAL,
                         "%s:%ld: time_us %lld is no time between the years 1684 and 2255; it must "
                         "be microseconds",
                         csv_reader_name(csv->reader), csv_reader_line(csv->reader),
                         (long long) *ret_time_us);
    csv->counts.rows++;
    return 1;
}

static int mark_cameras(struct observation_csv *csv, bool *present, struct error *err)
{
    struct error first = { "" };
    bool some = false;
    int64_t time_us;
    int r;
    while ((r = next_row(csv, &time_us, err)) == 1) {
        const char *name = csv_reader_text(csv->reader, csv->columns.camera);
        size_t camera = find_camera(csv, name);
        if (camera < csv->camera_count)
            some = present[camera] = true;
        else if (!first.text[0])
            (void) error_set(&first, 0,
                             "%s:%ld: camera \"%.64s\" is unknown, and so are all others in the "
                             "file; the names must be those of the cameras given",
                             csv_reader_name(csv->reader), csv_reader_line(csv->reader), name);
    }
    if (r == 0 && !some && first.text[0])
        return error_set(err, -EINVAL, "%s", first.text);
    return r;
}

int observation_csv_find_cameras(const char *path, const struct observation_csv_camera *cameras,
                                 size_t camera_count, bool *ret_present, struct error *err)
{
    AUTO(observation_csv_close) struct observation_csv *csv = calloc(1, sizeof(*csv));
    if (!csv || copy_cameras(csv, cameras, camera_count) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    memset(ret_present, 0, camera_count * sizeof(*ret_present));
    int r = csv_reader_open(path, &csv->reader, err);
    if (r == 0)
        r = find_columns(csv->reader, &csv->columns, err);
    return r < 0 ? r : mark_cameras(csv, ret_present, err);
}

static void leave_out(struct observation_csv *csv, enum observation_csv_reason reason)
{
    if (csv->counts.left_out[reason].rows++ == 0)
        csv->counts.left_out[reason].first_line = csv_reader_line(csv->reader);
}

/* Room for one more observation of a camera at this time. */
static int reserve(struct observation_csv *csv, struct view *view, struct error *err)
{
    struct observation_frame *frame = &view->frame;
    if (frame->observation_count == MESSAGE_OBSERVATIONS_MAX)
        return error_set(err, -EINVAL,
                         "%s:%ld: camera %s has more than %d observations at time_us %lld; is "
                         "time_us in microseconds?",
                         csv_reader_name(csv->reader), csv_reader_line(csv->reader), frame->camera,
                         MESSAGE_OBSERVATIONS_MAX, (long long) csv->time_us);
    if (frame->observation_count < view->room)
        return 0;
    size_t room = view->room ? 2 * view->room : 16;
    struct observation *grown = reallocarray(frame->observations, room, sizeof(*grown));
    if (!grown)
        return error_set(err, -ENOMEM, "out of memory");
    frame->observations = grown;
    view->room = room;
    return 0;
}

/* Read numbers of a row until one is no number. Returns 0 or -EINVAL. */
static int read_numbers(const struct observation_csv *csv, const int *columns, int count,
                        double *ret_values, struct error *err)
{
    int r = 0;
    for (int i = 0; r == 0 && i < count; i++)
        r = csv_reader_any_number(csv->reader, columns[i], &ret_values[i], err);
    return r;
}

static bool all_finite(const double *values, int count)
{
    for (int i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static enum observation_csv_reason reason_of(int code)
{
    return code == -ENOENT ? OBSERVATION_CSV_OUTSIDE_ROI
           : code == -EDOM ? OBSERVATION_CSV_UNSURE
                           : OBSERVATION_CSV_NO_FLOOR_POINT;
}

/* The three below return 1 when the observation is there, 0 when it was left out, or -EINVAL. */

static int observe_box(struct observation_csv *csv, const struct observer *observer,
                       struct observation *observation, struct error *err)
{
    const struct columns *c = &csv->columns;
    const int columns[] = { c->score, c->left, c->top, c->right, c->bottom };
    double v[ARRAY_LENGTH(columns)];
    int r = read_numbers(csv, columns, ARRAY_LENGTH(columns), v, err);
    if (r < 0)
        return r;
    if (!all_finite(v, ARRAY_LENGTH(columns))) {
        leave_out(csv, OBSERVATION_CSV_NOT_FINITE);
        return 0;
    }
    struct box_px box = { v[1], v[2], v[3], v[4] };
    if (!(box.left < box.right && box.top < box.bottom)) {
        leave_out(csv, OBSERVATION_CSV_EMPTY_BOX);
        return 0;
    }
    struct finding finding = { .object_class = observation->object_class,
                               .score = (float) fmin(fmax(v[0], 0), 1),
                               .box = box };
    r = observe(observer, &finding, observation);
    if (r < 0)
        leave_out(csv, reason_of(r));
    return r == 0;
}

static int observe_point(struct observation_csv *csv, struct observation *observation,
                         struct error *err)
{
    const struct columns *c = &csv->columns;
    const int columns[] = { c->score, c->x, c->y, c->var_xx, c->var_xy, c->var_yy };
    double v[] = { 0, 0, 0, OBSERVATION_CSV_VARIANCE_M2, 0, OBSERVATION_CSV_VARIANCE_M2 };
    int count = c->var_xx < 0 ? 3 : ARRAY_LENGTH(columns);
    int r = read_numbers(csv, columns, count, v, err);
    if (r < 0)
        return r;
    if (!all_finite(v, count)) {
        leave_out(csv, OBSERVATION_CSV_NOT_FINITE);
        return 0;
    }
    struct covariance2 covariance = { v[3], v[4], v[5] };
    bool valid = covariance2_valid(covariance);
    if (!valid || covariance2_max_sd(covariance) > OBSERVATION_MAX_SD_M) {
        leave_out(csv, valid ? OBSERVATION_CSV_UNSURE : OBSERVATION_CSV_BAD_COVARIANCE);
        return 0;
    }
    *observation = (struct observation){ .object_class = observation->object_class,
                                         .score = (float) fmin(fmax(v[0], 0), 1),
                                         .floor = { v[1], v[2] },
                                         .covariance = covariance,
                                         .height_m = NAN,
                                         .body_index = -1 };
    return 1;
}

/* What the observation that comes next looks like, where the file says so. */
static int take_appearance(struct observation_csv *csv, struct view *view, struct error *err)
{
    if (csv->columns.appearance < 0)
        return 0;
    int r = appearance_rows_put(&view->rows, view->frame.observation_count,
                                csv_reader_text(csv->reader, csv->columns.appearance));
    if (r == 0)
        return 0;
    if (r == -ENOMEM)
        return error_set(err, r, "out of memory");
    const char *what = r == -E2BIG      ? "has too many numbers"
                       : r == -EMSGSIZE ? "has another length than the camera's vectors before"
                                        : "is not numbers with blanks or semicolons between them";
    return error_set(err, -EINVAL, "%s:%ld: appearance %s", csv_reader_name(csv->reader),
                     csv_reader_line(csv->reader), what);
}

/* A row with a class. */
static int take_observation(struct observation_csv *csv, size_t camera, const char *class_text,
                            struct error *err)
{
    struct view *view = &csv->views[camera];
    struct observation observation = { .object_class = OBSERVATION_PERSON };
    int r = reserve(csv, view, err);
    if (r < 0)
        return r;
    if (strcmp(class_text, "head") == 0) {
        observation.object_class = OBSERVATION_HEAD;
    } else if (strcmp(class_text, "person") != 0 && strcmp(class_text, "body") != 0) {
        leave_out(csv, OBSERVATION_CSV_OTHER_CLASS);
        return 0;
    }
    r = csv->columns.left >= 0 ? observe_box(csv, &csv->cameras[camera].observer, &observation, err)
                               : observe_point(csv, &observation, err);
    if (r <= 0)
        return r;
    r = take_appearance(csv, view, err);
    if (r == 0)
        view->frame.observations[view->frame.observation_count++] = observation;
    return r;
}

/* Take the row that the reader stands on. */
static int take_row(struct observation_csv *csv, struct error *err)
{
    const char *floor = csv_reader_text(csv->reader, csv->columns.floor);
    const char *class_text = csv_reader_text(csv->reader, csv->columns.object_class);
    size_t camera = find_camera(csv, csv_reader_text(csv->reader, csv->columns.camera));
    if (camera == csv->camera_count) {
        leave_out(csv, OBSERVATION_CSV_UNKNOWN_CAMERA);
        return 0;
    }
    bool other_floor = csv->floor && floor[0] && strcmp(floor, csv->floor) != 0;
    if (csv->cameras[camera].elsewhere || other_floor) {
        leave_out(csv, OBSERVATION_CSV_OTHER_FLOOR);
        return 0;
    }
    if (class_text[0])
        return take_observation(csv, camera, class_text, err);
    csv->views[camera].looked = false;
    return 0;
}

/* ---- frames ---- */

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

/* By everything that a row can say, so that equal ones may change places. */
static int compare_observations(const void *left, const void *right)
{
    const struct observation *a = left, *b = right;
    const double pairs[][2] = {
        { a->box.left, b->box.left },
        { a->floor.x, b->floor.x },
        { a->floor.y, b->floor.y },
        { a->box.top, b->box.top },
        { a->box.right, b->box.right },
        { a->box.bottom, b->box.bottom },
        { a->object_class, b->object_class },
        { (double) a->score, (double) b->score },
        { a->covariance.xx, b->covariance.xx },
        { a->covariance.xy, b->covariance.xy },
        { a->covariance.yy, b->covariance.yy },
    };
    int order = 0;
    for (size_t i = 0; order == 0 && i < ARRAY_LENGTH(pairs); i++)
        order = compare_numbers(pairs[i][0], pairs[i][1]);
    return order;
}

static void begin_time(struct observation_csv *csv)
{
    for (size_t i = 0; i < csv->camera_count; i++) {
        csv->views[i].frame.observation_count = 0;
        csv->views[i].looked = !csv->cameras[i].elsewhere;
    }
}

/* Observations in an order of their own, whatever the order of the rows. */
static int put_in_order(struct view *view)
{
    struct observation_frame *frame = &view->frame;
    frame->appearance = NULL;
    frame->appearance_length = 0;
    if (frame->observation_count == 0 || !view->rows.some) {
        if (frame->observation_count > 1)
            qsort(frame->observations, frame->observation_count, sizeof(*frame->observations),
                  compare_observations);
        return 0;
    }
    int r = appearance_rows_sort(&view->rows, frame->observations, frame->observation_count,
                                 compare_observations);
    frame->appearance = view->rows.values;
    frame->appearance_length = view->rows.length;
    return r;
}

/* The frames of the time that was read; how many, or -ENOMEM. An observation is proof of looking,
 * whatever a row says. */
static int64_t end_time(struct observation_csv *csv, int64_t time_us)
{
    size_t count = 0;
    for (size_t i = 0; i < csv->camera_count; i++) {
        struct observation_frame *frame = &csv->views[i].frame;
        if (!csv->views[i].looked && frame->observation_count == 0)
            continue;
        frame->capture_us = frame->receive_us = frame->publish_us = time_us;
        if (put_in_order(&csv->views[i]) < 0)
            return -ENOMEM;
        csv->counts.observations += frame->observation_count;
        frame->sequence = csv->views[i].next_sequence++;
        csv->frames[count++] = frame;
    }
    csv->counts.times++;
    csv->counts.frames += count;
    return (int64_t) count;
}

static int backwards(const struct observation_csv *csv, int64_t time_us, struct error *err)
{
    return error_set(err, -EINVAL,
                     "%s:%ld: time_us goes back from %lld to %lld; sort the rows by time_us",
                     csv_reader_name(csv->reader), csv_reader_line(csv->reader),
                     (long long) csv->time_us, (long long) time_us);
}

/* Take rows until one has another time. */
static int take_time(struct observation_csv *csv, struct error *err)
{
    int64_t time_us = csv->time_us;
    while (time_us == csv->time_us) {
        int r = take_row(csv, err);
        if (r == 0)
            r = next_row(csv, &time_us, err);
        if (r < 0)
            return r;
        if (r == 0) {
            csv->ended = true;
            return 0;
        }
    }
    if (time_us < csv->time_us)
        return backwards(csv, time_us, err);
    csv->time_us = time_us;
    return 0;
}

int observation_csv_next(struct observation_csv *csv, int64_t *ret_time_us,
                         const struct observation_frame *const **ret_frames, size_t *ret_count,
                         struct error *err)
{
    if (!csv->started) {
        int r = next_row(csv, &csv->time_us, err);
        if (r < 0)
            return r;
        csv->started = true;
        csv->ended = r == 0;
    }
    if (csv->ended)
        return 0;
    int64_t time_us = csv->time_us;
    begin_time(csv);
    int r = take_time(csv, err);
    if (r < 0)
        return r;
    int64_t count = end_time(csv, time_us);
    if (count < 0)
        return error_set(err, -ENOMEM, "out of memory");
    *ret_time_us = time_us;
    *ret_count = (size_t) count;
    *ret_frames = csv->frames;
    return 1;
}

const struct observation_csv_counts *observation_csv_counts(const struct observation_csv *csv)
{
    return &csv->counts;
}
