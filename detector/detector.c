/*
 * detector.c - see detector.h
 *
 * Every network looks at every view of the picture; then what they found is put together.
 */
#include "detector/detector.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "detector/bodies.h"
#include "detector/candidates.h"
#include "detector/network.h"
#include "detector/nms.h"

#define SCRATCH_BLOCK_BYTES ((size_t) 64 << 10)

/* A box this near to the edge of a tile, by the tile's size, ends there because of it. */
#define CUT_MARGIN 0.01

/* More boxes than people fit into a picture are noise; a head search is cubic in them. */
#define DETECTIONS_MAX 4096

struct detector {
    struct detector_options options; /* its strings are not looked at again */
    struct network *networks[DETECTOR_NETWORKS_MAX];
    struct candidates candidates; /* of the whole picture */
    struct candidates in_view;    /* of one view, in its own px */
    bool *is_cut;                 /* one a candidate, where there are tiles */
    size_t is_cut_room;
    struct arena *scratch;
    struct detector_times times;
};

/* A part of the picture. */
struct view {
    uint32_t left, top, width, height;
};

static bool is_fraction(double value)
{
    return value >= 0 && value <= 1;
}

static int check_options(const struct detector_options *o, struct error *err)
{
    if (!is_fraction(o->nms_iou))
        return error_set(err, -EINVAL, "detector nms_iou %g is not from 0 to 1", o->nms_iou);
    if (!(o->soft_sigma >= 0 && isfinite(o->soft_sigma)))
        return error_set(err, -EINVAL, "detector nms_soft_sigma %g is below 0", o->soft_sigma);
    if (o->tiles_x > DETECTOR_TILES_MAX || o->tiles_y > DETECTOR_TILES_MAX)
        return error_set(err, -EINVAL, "%u x %u tiles are too many; up to %d x %d are possible",
                         o->tiles_x, o->tiles_y, DETECTOR_TILES_MAX, DETECTOR_TILES_MAX);
    if (!(o->tile_overlap >= 0 && o->tile_overlap <= 0.9))
        return error_set(err, -EINVAL, "tiles cannot overlap by %g of their size; 0 to 0.9 can be",
                         o->tile_overlap);
    if (o->network_count == 0 || o->network_count > DETECTOR_NETWORKS_MAX)
        return error_set(err, -EINVAL, "a detector has 1 to %d networks, not %zu",
                         DETECTOR_NETWORKS_MAX, o->network_count);
    return 0;
}

int detector_create(const struct detector_options *options, struct detector **ret_detector,
                    struct error *err)
{
    int r = check_options(options, err);
    if (r < 0)
        return r;
    AUTO(detector_destroy) struct detector *detector = calloc(1, sizeof(*detector));
    if (!detector)
        return -ENOMEM;
    detector->options = *options;
    r = arena_create(SCRATCH_BLOCK_BYTES, &detector->scratch);
    for (size_t i = 0; r == 0 && i < options->network_count; i++)
        r = network_create(&options->networks[i], &detector->networks[i], err);
    if (r < 0)
        return r;
    *ret_detector = detector;
    detector = NULL;
    return 0;
}

void detector_destroy(struct detector **detector)
{
    struct detector *d = *detector;
    if (!d)
        return;
    for (size_t i = 0; i < DETECTOR_NETWORKS_MAX; i++)
        network_destroy(&d->networks[i]);
    candidates_release(&d->candidates);
    candidates_release(&d->in_view);
    arena_destroy(&d->scratch);
    free(d->is_cut);
    free(d);
    *detector = NULL;
}

/* ---- what each network sees in each view ---- */

/* Whether a box ends at an edge of the view that is not one of the picture. */
static bool ends_inside(const struct view *v, const struct image *picture, struct box_px b)
{
    double x = CUT_MARGIN * v->width, y = CUT_MARGIN * v->height;
    return (v->left > 0 && b.left < x) || (v->top > 0 && b.top < y) ||
           (v->left + v->width < picture->width && b.right > v->width - x) ||
           (v->top + v->height < picture->height && b.bottom > v->height - y);
}

static int reserve_cuts(struct detector *d, size_t count)
{
    if (count <= d->is_cut_room)
        return 0;
    bool *grown = realloc(d->is_cut, 2 * count * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    d->is_cut = grown;
    d->is_cut_room = 2 * count;
    return 0;
}

/* Take over what was found in a view, in px of the picture. */
static int take_view(struct detector *d, const struct view *view, const struct image *picture)
{
    int r = reserve_cuts(d, d->candidates.count + d->in_view.count);
    for (size_t i = 0; r == 0 && i < d->in_view.count; i++) {
        struct detection item = d->in_view.items[i];
        size_t at = d->candidates.count;
        d->is_cut[at] = ends_inside(view, picture, item.box);
        item.box.left += view->left;
        item.box.right += view->left;
        item.box.top += view->top;
        item.box.bottom += view->top;
        r = candidates_add(&d->candidates, item);
    }
    return r;
}

static int look_at(struct detector *d, const struct view *view, const struct image *picture)
{
    struct image window = image_window(picture, view->left, view->top, view->width, view->height);
    int r = 0;
    for (size_t i = 0; r == 0 && i < d->options.network_count; i++) {
        candidates_clear(&d->in_view);
        r = network_look(d->networks[i], &window, &d->in_view, &d->times);
        if (r == 0)
            r = take_view(d, view, picture);
    }
    return r;
}

/* Tile number `at` of `count` along an edge: all of one size, the first and the last at the ends.
 */
static void cut_edge(uint32_t edge, uint32_t at, uint32_t count, double overlap,
                     uint32_t *ret_first, uint32_t *ret_size)
{
    double size = ceil(edge / (count - (count - 1) * overlap));
    uint32_t whole = size < edge ? (uint32_t) size : edge;
    *ret_size = whole;
    *ret_first = count > 1 ? (uint32_t) ((uint64_t) (edge - whole) * at / (count - 1)) : 0;
}

static int look_at_tiles(struct detector *d, const struct image *picture)
{
    uint32_t columns = d->options.tiles_x > 1 ? d->options.tiles_x : 1;
    uint32_t rows = d->options.tiles_y > 1 ? d->options.tiles_y : 1;
    struct view view;
    int r = 0;
    for (uint32_t i = 0; r == 0 && columns * rows > 1 && i < columns * rows; i++) {
        cut_edge(picture->width, i % columns, columns, d->options.tile_overlap, &view.left,
                 &view.width);
        cut_edge(picture->height, i / columns, rows, d->options.tile_overlap, &view.top,
                 &view.height);
        r = look_at(d, &view, picture);
    }
    return r;
}

/* ---- what they found, put together ---- */

static size_t suppress(struct detector *d)
{
    struct detection *items = d->candidates.items;
    size_t count = nms_parts(items, d->is_cut, d->candidates.count);
    if (d->options.soft_sigma > 0)
        return nms_soft(items, count, d->options.soft_sigma, d->options.networks[0].threshold);
    return nms(items, count, d->options.nms_iou);
}

int detector_detect(struct detector *d, const struct image *picture,
                    struct detections *ret_detections)
{
    if ((picture->format != IMAGE_RGB8 && picture->format != IMAGE_YUV8) || picture->width == 0 ||
        picture->height == 0)
        return -EINVAL;
    arena_reset(d->scratch);
    candidates_clear(&d->candidates);
    struct view whole = { 0, 0, picture->width, picture->height };
    int r = look_at(d, &whole, picture);
    if (r == 0)
        r = look_at_tiles(d, picture);
    if (r < 0)
        return r;
    int64_t begin_ns = clock_mono_ns();
    struct detections found = { .items = d->candidates.items, .count = suppress(d) };
    if (found.count > DETECTIONS_MAX)
        found.count = DETECTIONS_MAX;
    r = bodies_find_heads(found.items, found.count, d->scratch);
    if (r < 0)
        return r;
    bodies_cover_feet(found.items, found.count);
    d->times.boxes_ns += clock_mono_ns() - begin_ns;
    *ret_detections = found;
    return 0;
}

struct detector_times detector_times(const struct detector *detector)
{
    return detector->times;
}

struct detector_info detector_info(const struct detector *detector)
{
    return network_info(detector->networks[0]);
}
