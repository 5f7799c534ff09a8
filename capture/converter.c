/*
 * converter.c - the crop of a decoded picture, as RGB or as it was decoded
 */
#include "capture/converter.h"

#include <errno.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What is converted starts at multiples of these. 32 px: whole chroma samples, whole bytes of every
 * pixel format, and addresses as well aligned as the picture's own; 4 rows: the coarsest chroma
 * (4:1:0). It ends at even rows where the picture does, or swscale takes another, blurring, way. */
#define ALIGN_X 32U
#define ALIGN_Y 4U

/* Rows of the scratch picture have room for what vector code writes past their end. */
#define SCRATCH_ALIGN 64
#define SCRATCH_SPARE 64

/* One image waits, one is being filled and the taker may hold a few; more come from the heap. */
#define POOL_IMAGES 8

/* What the context and the scratch picture were made for. */
struct shape {
    int format;
    enum AVColorSpace colorspace;
    bool full_range;
    struct crop region; /* converted, px of the picture */
    struct crop crop;   /* wanted, px of the picture */
};

struct converter {
    struct crop crop;
    bool as_decoded;
    struct shape shape;
    struct SwsContext *scaler;
    uint8_t *scratch;
    int scratch_stride_bytes;
    struct image_pool *pool;
};

int converter_create(struct crop crop, bool as_decoded, struct converter **ret_converter)
{
    struct converter *converter = calloc(1, sizeof *converter);
    if (!converter)
        return -ENOMEM;
    converter->crop = crop;
    converter->as_decoded = as_decoded;
    converter->shape.format = AV_PIX_FMT_NONE;
    *ret_converter = converter;
    return 0;
}

static void forget_shape(struct converter *converter)
{
    sws_freeContext(converter->scaler);
    converter->scaler = NULL;
    av_freep(&converter->scratch);
    image_pool_destroy(&converter->pool);
    converter->shape.format = AV_PIX_FMT_NONE;
}

void converter_destroy(struct converter **converter)
{
    if (!*converter)
        return;
    forget_shape(*converter);
    free(*converter);
    *converter = NULL;
}

/* The crop in a picture of width x height, or -ERANGE. */
static int fit_crop(struct crop wanted, uint32_t width, uint32_t height, struct crop *ret_crop,
                    struct error *err)
{
    if (wanted.width == 0) {
        *ret_crop = (struct crop){ 0, 0, width, height };
        return 0;
    }
    if (wanted.width > width || wanted.left > width - wanted.width || wanted.height > height ||
        wanted.top > height - wanted.height)
        return error_set(err, -ERANGE,
                         "the crop of %ux%u px at (%u, %u) does not fit the picture of %ux%u px; "
                         "make it smaller or move it",
                         wanted.width, wanted.height, wanted.left, wanted.top, width, height);
    *ret_crop = wanted;
    return 0;
}

static uint32_t round_up(uint32_t value, uint32_t multiple, uint32_t limit)
{
    uint32_t up = (value + multiple - 1) / multiple * multiple;
    return up < limit ? up : limit;
}

static struct crop region_around(struct crop crop, uint32_t width, uint32_t height)
{
    uint32_t left = crop.left / ALIGN_X * ALIGN_X, top = crop.top / ALIGN_Y * ALIGN_Y;
    return (struct crop){
        .left = left,
        .top = top,
        .width = round_up(crop.left + crop.width, ALIGN_X, width) - left,
        .height = round_up(crop.top + crop.height, ALIGN_Y, height) - top,
    };
}

static bool same_crop(struct crop a, struct crop b)
{
    return a.left == b.left && a.top == b.top && a.width == b.width && a.height == b.height;
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
    return a->format == b->format && a->colorspace == b->colorspace &&
           a->full_range == b->full_range && same_crop(a->region, b->region) &&
           same_crop(a->crop, b->crop);
}

/* Without this a picture's tags are ignored and everything is BT.601 in studio range. Fails for
 * sources that are RGB, which need no telling. */
static void tell_colours(struct SwsContext *scaler, const struct shape *shape)
{
    int colorspace =
        shape->colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : (int) shape->colorspace;
    const int *to_rgb = sws_getCoefficients(colorspace);
    const int *unused = sws_getCoefficients(SWS_CS_DEFAULT);
    (void) sws_setColorspaceDetails(scaler, to_rgb, shape->full_range, unused, 1, 0, 1 << 16,
                                    1 << 16);
}

static int take_shape(struct converter *converter, const struct shape *shape, struct error *err)
{
    forget_shape(converter);
    int width = (int) shape->region.width, height = (int) shape->region.height;
    if (!sws_isSupportedInput((enum AVPixelFormat) shape->format))
        return error_set(err, -EINVAL, "pixel format %s cannot be converted",
                         av_get_pix_fmt_name((enum AVPixelFormat) shape->format));
    converter->scaler = sws_getContext(width, height, (enum AVPixelFormat) shape->format, width,
                                       height, AV_PIX_FMT_RGB24, SWS_BILINEAR, NULL, NULL, NULL);
    converter->scratch_stride_bytes = FFALIGN(width * 3 + SCRATCH_SPARE, SCRATCH_ALIGN);
    converter->scratch = av_malloc((size_t) converter->scratch_stride_bytes * (size_t) height);
    int code = image_pool_create(POOL_IMAGES, shape->crop.width, shape->crop.height, IMAGE_RGB8,
                                 &converter->pool);
    if (!converter->scaler || !converter->scratch || code < 0)
        return error_set(err, -ENOMEM, "out of memory for pictures of %dx%d px", width, height);
    tell_colours(converter->scaler, shape);
    converter->shape = *shape;
    return 0;
}

/* Where the region begins in each plane. */
static void point_into(const AVFrame *picture, struct crop region, const uint8_t *ret_planes[4])
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat) picture->format);
    for (int plane = 0; plane < 4; plane++) {
        ret_planes[plane] = picture->data[plane];
        bool palette = plane == 1 && (format->flags & AV_PIX_FMT_FLAG_PAL);
        if (!picture->data[plane] || palette)
            continue;
        bool chroma = (plane == 1 || plane == 2) && !(format->flags & AV_PIX_FMT_FLAG_RGB);
        int row = (int) region.top >> (chroma ? format->log2_chroma_h : 0);
        int left_bytes = region.left == 0
                             ? 0
                             : av_image_get_linesize((enum AVPixelFormat) picture->format,
                                                     (int) region.left, plane);
        ret_planes[plane] += (ptrdiff_t) row * picture->linesize[plane] + left_bytes;
    }
}

static void cut(const struct converter *converter, struct image *image)
{
    const struct shape *shape = &converter->shape;
    size_t skip_rows = shape->crop.top - shape->region.top;
    size_t skip_bytes = (size_t) (shape->crop.left - shape->region.left) * IMAGE_RGB8;
    for (uint32_t y = 0; y < image->height; y++)
        memcpy(image_at(image, 0, y),
               converter->scratch + (skip_rows + y) * (size_t) converter->scratch_stride_bytes +
                   skip_bytes,
               (size_t) image->width * IMAGE_RGB8);
}

/* A taker that holds more images than the pool has must not make a recording drop any. */
static struct image *new_image(const struct converter *converter)
{
    struct image *image = image_pool_take(converter->pool);
    const struct crop *crop = &converter->shape.crop;
    if (!image && image_create(crop->width, crop->height, IMAGE_RGB8, &image) < 0)
        return NULL;
    return image;
}

/* Whether black is 0, not 16. Grey pictures that do not say are stills, and those are full. */
static bool is_full_range(const AVFrame *picture)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat) picture->format);
    bool grey = format && format->nb_components <= 2;
    if (picture->color_range != AVCOL_RANGE_UNSPECIFIED)
        return picture->color_range == AVCOL_RANGE_JPEG;
    return grey || (format && strncmp(format->name, "yuvj", 4) == 0);
}

/* Whether brightness and colour differences have 8 bits and planes of their own. */
static bool is_planar_yuv(const AVFrame *picture)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat) picture->format);
    const uint64_t other = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                           AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_ALPHA;
    if (!format || (format->flags & other) ||
        (format->nb_components != 1 && format->nb_components != 3))
        return false;
    for (int i = 0; i < format->nb_components; i++)
        if (format->comp[i].plane != i || format->comp[i].step != 1 || format->comp[i].depth != 8 ||
            format->comp[i].offset != 0 || picture->linesize[i] < 0)
            return false;
    return format->nb_components == 1 || picture->linesize[1] == picture->linesize[2];
}

/* Weights of red and blue in brightness; what does not say is BT.601, as everywhere. Source: ITU-T
 * H.273, table 4. */
static struct yuv_matrix matrix_of(const struct shape *shape)
{
    switch (shape->colorspace) {
    case AVCOL_SPC_BT709:
        return yuv_matrix_of(0.2126, 0.0722, shape->full_range);
    case AVCOL_SPC_FCC:
        return yuv_matrix_of(0.30, 0.11, shape->full_range);
    case AVCOL_SPC_SMPTE240M:
        return yuv_matrix_of(0.212, 0.087, shape->full_range);
    case AVCOL_SPC_BT2020_NCL:
        return yuv_matrix_of(0.2627, 0.0593, shape->full_range);
    default:
        return yuv_matrix_of(0.299, 0.114, shape->full_range);
    }
}

static bool has_centred_colour(const AVFrame *picture)
{
    return picture->chroma_location == AVCHROMA_LOC_CENTER ||
           picture->chroma_location == AVCHROMA_LOC_TOP ||
           picture->chroma_location == AVCHROMA_LOC_BOTTOM;
}

/* The first sample of colour is in the middle of the pixels it covers; across, it is with the first
 * of them unless the stream says otherwise. */
static struct image_chroma chroma_of(const AVFrame *picture, const struct shape *shape)
{
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat) picture->format);
    struct image_chroma chroma = { .left = shape->crop.left,
                                   .top = shape->crop.top,
                                   .matrix = matrix_of(shape) };
    if (format->nb_components == 1)
        return chroma;
    chroma.u = picture->data[1];
    chroma.v = picture->data[2];
    chroma.stride_bytes = (size_t) picture->linesize[1];
    chroma.shift_x = format->log2_chroma_w;
    chroma.shift_y = format->log2_chroma_h;
    chroma.site_x = has_centred_colour(picture) ? (float) (1 << chroma.shift_x) / 2 : 0.5f;
    chroma.site_y = (float) (1 << chroma.shift_y) / 2;
    return chroma;
}

static void release_picture(void *owner)
{
    AVFrame *picture = owner;
    av_frame_free(&picture);
}

/* The decoder's own buffers, held for as long as anybody looks at them. */
static int wrap(const AVFrame *picture, const struct shape *shape, struct image **ret_image)
{
    AVFrame *held = av_frame_clone(picture);
    if (!held)
        return -ENOMEM;
    size_t stride_bytes = (size_t) held->linesize[0];
    struct image view = { .pixels =
                              held->data[0] + shape->crop.top * stride_bytes + shape->crop.left,
                          .width = shape->crop.width,
                          .height = shape->crop.height,
                          .stride_bytes = stride_bytes,
                          .format = IMAGE_YUV8,
                          .chroma = chroma_of(held, shape) };
    int code = image_wrap(view, held, release_picture, ret_image);
    if (code < 0)
        av_frame_free(&held);
    return code;
}

/* As RGB, through swscale. */
static int convert(struct converter *converter, const AVFrame *picture, struct shape *shape,
                   struct image **ret_image, struct error *err)
{
    shape->region =
        region_around(shape->crop, (uint32_t) picture->width, (uint32_t) picture->height);
    int code = same_shape(shape, &converter->shape) ? 0 : take_shape(converter, shape, err);
    if (code < 0)
        return code;
    struct image *image = new_image(converter);
    if (!image)
        return -ENOMEM;
    const uint8_t *planes[4];
    point_into(picture, shape->region, planes);
    (void) sws_scale(converter->scaler, planes, picture->linesize, 0, (int) shape->region.height,
                     &converter->scratch, &converter->scratch_stride_bytes);
    cut(converter, image);
    *ret_image = image;
    return 0;
}

int converter_run(struct converter *converter, const AVFrame *picture, struct image **ret_image,
                  struct error *err)
{
    if (picture->width <= 0 || picture->height <= 0 || picture->width > IMAGE_EDGE_MAX ||
        picture->height > IMAGE_EDGE_MAX)
        return error_set(err, -EINVAL, "a picture of %dx%d px is too large; an edge may have %d px",
                         picture->width, picture->height, IMAGE_EDGE_MAX);
    uint32_t width = (uint32_t) picture->width, height = (uint32_t) picture->height;
    struct shape shape = { .format = picture->format,
                           .colorspace = picture->colorspace,
                           .full_range = is_full_range(picture) };
    int code = fit_crop(converter->crop, width, height, &shape.crop, err);
    if (code < 0)
        return code;
    code = converter->as_decoded && is_planar_yuv(picture)
               ? wrap(picture, &shape, ret_image)
               : convert(converter, picture, &shape, ret_image, err);
    return code == -ENOMEM
               ? error_set(err, -ENOMEM, "out of memory for pictures of %ux%u px", width, height)
               : code;
}
