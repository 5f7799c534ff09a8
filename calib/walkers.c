/*
 * walkers.c - boxes of walking people, as they say something about the camera
 *
 * Tracks are made greedily by overlap: within a second a walking person's box covers most of the
 * one before. A track that breaks becomes two, which costs a little certainty and no truth.
 */
#include "calib/walkers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"

/* A box continues the track that it overlaps by at least this. */
#define TRACK_IOU_MIN 0.3
/* A track that was not seen for so many times is over: a passer-by may hide somebody that long. */
#define TRACK_GAP_TIMES 8
/* Boxes that overlap more than this hide parts of each other. */
#define OVERLAP_MAX 0.15
/* A person is taken again after moving by this share of their height. */
#define MOVED_MIN       0.25
#define TRACK_BOXES_MIN 3

struct columns {
    int time, camera, object_class, score, left, top, right, bottom;
};

/* A track while it is being joined. */
struct open_track {
    struct box_px last, taken;
    size_t last_time; /* times are counted from 0 */
    size_t number;
};

struct joining {
    const struct walkers_options *options;
    struct walkers *walkers;
    struct columns columns;
    size_t room;
    struct open_track *tracks;
    size_t track_count, track_room, track_numbers;
    struct box_px *boxes; /* of the time that is being read, usable or not */
    bool *usable;
    size_t box_count, box_room;
};

const char *walkers_reason_text(enum walkers_reason reason)
{
    static const char *const texts[WALKERS_REASONS] = {
        [WALKERS_OTHER_CLASS] = "not of class person",
        [WALKERS_LOW_SCORE] = "with a low score",
        [WALKERS_NOT_A_BOX] = "without a proper box",
        [WALKERS_CUT] = "cut by the picture's edge",
        [WALKERS_TOO_SMALL] = "too small",
        [WALKERS_ASPECT] = "too wide or too slim for one upright person",
        [WALKERS_OVERLAP] = "half hidden by somebody else",
        [WALKERS_NOT_MOVED] = "of people who had hardly moved",
        [WALKERS_SHORT] = "of people seen only once or twice",
        [WALKERS_TOO_MANY] = "more than needed",
    };
    return texts[reason];
}

struct walkers_options walkers_defaults(double width_px, double height_px)
{
    return (struct walkers_options){
        .width_px = width_px,
        .height_px = height_px,
        .score_min = 0.5,
        .edge_px = 3 + 0.005 * height_px,
        .box_height_min_px = 24,
        .aspect_min = 0.2,
        .aspect_max = 0.6,
    };
}

/* Room for one more of an array that grows. Returns 0 or -ENOMEM. */
static int make_room(void *array, size_t *room, size_t count, size_t item_bytes)
{
    void **items = array;
    if (count < *room)
        return 0;
    size_t wanted = *room ? 2 * *room : 64;
    void *grown = reallocarray(*items, wanted, item_bytes);
    if (!grown)
        return -ENOMEM;
    *items = grown;
    *room = wanted;
    return 0;
}

/* ---- one time ---- */

static bool hidden(const struct joining *j, size_t i)
{
    for (size_t k = 0; k < j->box_count; k++)
        if (k != i && box_covered(j->boxes[i], j->boxes[k]) > OVERLAP_MAX)
            return true;
    return false;
}

static bool moved(struct box_px from, struct box_px to)
{
    double dx = (to.left + to.right - from.left - from.right) / 2, dy = to.bottom - from.bottom;
    return hypot(dx, dy) >= MOVED_MIN * (to.bottom - to.top);
}

static int take(struct joining *j, struct open_track *track, struct box_px box)
{
    struct walkers *w = j->walkers;
    int r = make_room(&w->items, &j->room, w->count, sizeof(*w->items));
    if (r < 0)
        return r;
    w->items[w->count++] = (struct walker){ box, track->number };
    track->taken = box;
    return 0;
}

/* The track that a box continues best and that no other box of this time has; NULL: none. */
static struct open_track *track_of(struct joining *j, struct box_px box, size_t time)
{
    struct open_track *best = NULL;
    double best_iou = TRACK_IOU_MIN;
    for (size_t i = 0; i < j->track_count; i++) {
        double iou = box_iou(j->tracks[i].last, box);
        if (iou > best_iou && j->tracks[i].last_time < time) {
            best = &j->tracks[i];
            best_iou = iou;
        }
    }
    return best;
}

static int join_box(struct joining *j, size_t i, size_t time)
{
    struct box_px box = j->boxes[i];
    struct open_track *track = track_of(j, box, time);
    bool fresh = !track;
    if (fresh) {
        int r = make_room(&j->tracks, &j->track_room, j->track_count, sizeof(*j->tracks));
        if (r < 0)
            return r;
        track = &j->tracks[j->track_count++];
        *track =
            (struct open_track){ .taken = { NAN, NAN, NAN, NAN }, .number = j->track_numbers++ };
    }
    track->last = box;
    track->last_time = time;
    if (!j->usable[i])
        return 0;
    if (hidden(j, i)) {
        j->walkers->left_out[WALKERS_OVERLAP]++;
        return 0;
    }
    if (!isnan(track->taken.left) && !moved(track->taken, box)) {
        j->walkers->left_out[WALKERS_NOT_MOVED]++;
        return 0;
    }
    return take(j, track, box);
}

/* All boxes of one time are there. */
static int close_time(struct joining *j)
{
    size_t time = j->walkers->times++, kept = 0;
    int r = 0;
    for (size_t i = 0; i < j->track_count; i++)
        if (j->tracks[i].last_time + TRACK_GAP_TIMES >= time)
            j->tracks[kept++] = j->tracks[i];
    j->track_count = kept;
    for (size_t i = 0; r == 0 && i < j->box_count; i++)
        r = join_box(j, i, time + 1);
    j->box_count = 0;
    return r;
}

/* ---- the rows ---- */

static int find_columns(const struct csv_reader *reader, struct columns *ret, struct error *err)
{
    *ret = (struct columns){
        .time = csv_reader_column(reader, "time_us", "frame"),
        .camera = csv_reader_column(reader, "camera", NULL),
        .object_class = csv_reader_column(reader, "class", NULL),
        .score = csv_reader_column(reader, "score", NULL),
        .left = csv_reader_column(reader, "left_px", NULL),
        .top = csv_reader_column(reader, "top_px", NULL),
        .right = csv_reader_column(reader, "right_px", NULL),
        .bottom = csv_reader_column(reader, "bottom_px", NULL),
    };
    if (ret->time >= 0 && ret->left >= 0 && ret->top >= 0 && ret->right >= 0 && ret->bottom >= 0)
        return 0;
    return error_set(err, -EINVAL,
                     "%s: boxes need the columns left_px, top_px, right_px, bottom_px and time_us "
                     "or frame, as `floorfuse detect` writes them",
                     csv_reader_name(reader));
}

/* Whether a box can be that of one whole person; counts the reason when not. */
static bool usable(struct joining *j, struct box_px box, double score)
{
    const struct walkers_options *o = j->options;
    double width = box.right - box.left, height = box.bottom - box.top;
    enum walkers_reason reason;
    if (box.left < o->edge_px || box.top < o->edge_px || box.right > o->width_px - o->edge_px ||
        box.bottom > o->height_px - o->edge_px)
        reason = WALKERS_CUT;
    else if (score < o->score_min)
        reason = WALKERS_LOW_SCORE;
    else if (height < o->box_height_min_px)
        reason = WALKERS_TOO_SMALL;
    else if (width < o->aspect_min * height || width > o->aspect_max * height)
        reason = WALKERS_ASPECT;
    else
        return true;
    j->walkers->left_out[reason]++;
    return false;
}

static int add_box(struct joining *j, struct box_px box, double score)
{
    if (!(isfinite(box.left + box.top + box.right + box.bottom + score) && box.left < box.right &&
          box.top < box.bottom)) {
        j->walkers->left_out[WALKERS_NOT_A_BOX]++;
        return 0;
    }
    size_t room = j->box_room;
    if (make_room(&j->boxes, &room, j->box_count, sizeof(*j->boxes)) < 0 ||
        make_room(&j->usable, &j->box_room, j->box_count, sizeof(*j->usable)) < 0)
        return -ENOMEM;
    j->boxes[j->box_count] = box;
    j->usable[j->box_count++] = usable(j, box, score);
    return 0;
}

static int read_row(struct joining *j, const struct csv_reader *reader, struct error *err)
{
    const struct columns *c = &j->columns;
    const char *object_class = csv_reader_text(reader, c->object_class);
    struct box_px box;
    double score = 1;
    if (c->object_class >= 0 && !*object_class)
        return 0; /* a row that says: looked, and nobody was there */
    j->walkers->rows++;
    if (c->object_class >= 0 && strcmp(object_class, "person") != 0 &&
        strcmp(object_class, "body") != 0) {
        j->walkers->left_out[WALKERS_OTHER_CLASS]++;
        return 0;
    }
    int r = csv_reader_any_number(reader, c->left, &box.left, err);
    if (r == 0)
        r = csv_reader_any_number(reader, c->top, &box.top, err);
    if (r == 0)
        r = csv_reader_any_number(reader, c->right, &box.right, err);
    if (r == 0)
        r = csv_reader_any_number(reader, c->bottom, &box.bottom, err);
    if (r == 0 && c->score >= 0)
        r = csv_reader_any_number(reader, c->score, &score, err);
    return r < 0 ? r : add_box(j, box, score);
}

/* Whether the row is of our camera. Returns 1, 0 or -EINVAL. */
static int of_camera(const struct joining *j, const struct csv_reader *reader, char **first,
                     struct error *err)
{
    const char *camera = csv_reader_text(reader, j->columns.camera);
    if (j->columns.camera < 0)
        return 1;
    if (j->options->camera)
        return strcmp(camera, j->options->camera) == 0;
    if (!*first && !(*first = strdup(camera)))
        return -ENOMEM;
    if (strcmp(camera, *first) == 0)
        return 1;
    return error_set(err, -EINVAL,
                     "%s:%ld: boxes of camera \"%s\" after those of \"%s\"; say with --camera "
                     "which one is meant",
                     csv_reader_name(reader), csv_reader_line(reader), camera, *first);
}

static int read_rows(struct joining *j, struct csv_reader *reader, char **first, struct error *err)
{
    int64_t time = 0, row_time;
    bool started = false;
    int r;
    while ((r = csv_reader_next(reader, err)) > 0) {
        if ((r = of_camera(j, reader, first, err)) < 0)
            return r;
        if (r == 0)
            continue;
        if ((r = csv_reader_integer(reader, j->columns.time, &row_time, err)) < 0)
            return r;
        if (started && row_time < time)
            return error_set(err, -EINVAL, "%s:%ld: time goes backwards; sort the file by time",
                             csv_reader_name(reader), csv_reader_line(reader));
        if (started && row_time > time && (r = close_time(j)) < 0)
            return r;
        started = true;
        time = row_time;
        if ((r = read_row(j, reader, err)) < 0)
            return r;
    }
    return r < 0 || !started ? r : close_time(j);
}

/* ---- the whole ---- */

static int by_track(const void *a, const void *b)
{
    const struct walker *x = a, *y = b;
    return (x->track > y->track) - (x->track < y->track);
}

/* Sort by track, drop the short ones, keep one in so many, and number what is left from 0. */
static void settle(struct walkers *w)
{
    size_t kept = 0, step = 1 + w->count / WALKERS_MAX;
    if (w->count)
        qsort(w->items, w->count, sizeof(*w->items), by_track);
    for (size_t first = 0, end; first < w->count; first = end) {
        for (end = first; end < w->count && w->items[end].track == w->items[first].track; end++)
            ;
        if (end - first < TRACK_BOXES_MIN) {
            w->left_out[WALKERS_SHORT] += end - first;
            continue;
        }
        for (size_t i = first; i < end; i += step) {
            struct walker item = w->items[i];
            item.track = w->tracks;
            w->items[kept++] = item;
        }
        w->left_out[WALKERS_TOO_MANY] += end - first - (end - first + step - 1) / step;
        w->tracks++;
    }
    w->count = kept;
}

int walkers_load(const char *path, const struct walkers_options *options,
                 struct walkers *ret_walkers, struct error *err)
{
    struct joining j = { .options = options, .walkers = ret_walkers };
    struct csv_reader *reader = NULL;
    char *first = NULL;
    *ret_walkers = (struct walkers){ 0 };
    int r = csv_reader_open(path, &reader, err);
    if (r == 0)
        r = find_columns(reader, &j.columns, err);
    if (r == 0)
        r = read_rows(&j, reader, &first, err);
    if (r == 0 && ret_walkers->rows == 0)
        r = options->camera
                ? error_set(err, -EINVAL, "%s has no boxes of camera \"%s\"", path, options->camera)
                : error_set(err, -EINVAL, "%s has no boxes", path);
    if (r == -ENOMEM)
        r = error_set(err, r, "%s: out of memory", path);
    if (r == 0)
        settle(ret_walkers);
    csv_reader_close(&reader);
    free(first);
    free(j.tracks);
    free(j.boxes);
    free(j.usable);
    return r;
}

void walkers_release(struct walkers *walkers)
{
    free(walkers->items);
    *walkers = (struct walkers){ 0 };
}
