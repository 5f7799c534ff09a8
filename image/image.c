/*
 * image.c - counted pixel buffers, and pools of them
 *
 * A pool outlives its images: each image in use holds the pool, so that a pool may be destroyed
 * while frames are still on their way through another thread.
 */
#include "image/image.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Rows start on a cache line, so that vector code never straddles two. */
#define ROW_ALIGNMENT 64

struct counted_image {
    struct image image; /* first: the public part */
    atomic_int holders;
    struct image_pool *pool;    /* NULL: on its own */
    void *owner;                /* of pixels that are not ours, */
    void (*release)(void *);    /* if not NULL */
    struct counted_image *next; /* in the pool's free list */
};

struct image_pool {
    pthread_mutex_t lock;
    struct counted_image *free_list;
    size_t images_alive; /* free and in use */
    bool destroyed;
};

static struct counted_image *counted(struct image *image)
{
    return (struct counted_image *) image;
}

static void counted_free(struct counted_image *image)
{
    if (image->release)
        image->release(image->owner);
    else
        free(image->image.pixels);
    free(image);
}

static bool is_size(uint32_t width, uint32_t height)
{
    return width > 0 && height > 0 && width <= IMAGE_EDGE_MAX && height <= IMAGE_EDGE_MAX;
}

static int counted_create(uint32_t width, uint32_t height, enum image_format format,
                          struct counted_image **ret_image)
{
    if (!is_size(width, height) || format == IMAGE_YUV8)
        return -EINVAL;
    struct counted_image *image = calloc(1, sizeof(*image));
    if (!image)
        return -ENOMEM;
    size_t stride = ((size_t) width * format + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
    image->image = (struct image){
        .pixels = aligned_alloc(ROW_ALIGNMENT, stride * height),
        .width = width,
        .height = height,
        .stride_bytes = stride,
        .format = format,
    };
    atomic_init(&image->holders, 1);
    if (!image->image.pixels) {
        free(image);
        return -ENOMEM;
    }
    memset(image->image.pixels, 0, stride * height);
    *ret_image = image;
    return 0;
}

int image_create(uint32_t width, uint32_t height, enum image_format format,
                 struct image **ret_image)
{
    struct counted_image *image;
    int r = counted_create(width, height, format, &image);
    if (r == 0)
        *ret_image = &image->image;
    return r;
}

int image_wrap(struct image view, void *owner, void (*release)(void *owner),
               struct image **ret_image)
{
    if (!is_size(view.width, view.height))
        return -EINVAL;
    struct counted_image *image = calloc(1, sizeof(*image));
    if (!image)
        return -ENOMEM;
    image->image = view;
    image->owner = owner;
    image->release = release;
    atomic_init(&image->holders, 1);
    *ret_image = &image->image;
    return 0;
}

struct image *image_ref(struct image *image)
{
    atomic_fetch_add(&counted(image)->holders, 1);
    return image;
}

static void pool_free(struct image_pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* Give an image back, or free it when the pool is gone; the last one frees the pool's memory. */
static void pool_return(struct image_pool *pool, struct counted_image *image)
{
    pthread_mutex_lock(&pool->lock);
    bool gone = pool->destroyed;
    if (!gone) {
        image->next = pool->free_list;
        pool->free_list = image;
    }
    bool last = gone && --pool->images_alive == 0;
    pthread_mutex_unlock(&pool->lock);
    if (gone)
        counted_free(image);
    if (last)
        pool_free(pool);
}

void image_unref(struct image **image)
{
    struct image *held = *image;
    *image = NULL;
    if (!held || atomic_fetch_sub(&counted(held)->holders, 1) != 1)
        return;
    if (counted(held)->pool)
        pool_return(counted(held)->pool, counted(held));
    else
        counted_free(counted(held));
}

int image_pool_create(size_t images, uint32_t width, uint32_t height, enum image_format format,
                      struct image_pool **ret_pool)
{
    struct image_pool *pool = calloc(1, sizeof(*pool));
    if (!pool)
        return -ENOMEM;
    pthread_mutex_init(&pool->lock, NULL);
    for (size_t i = 0; i < images; i++) {
        struct counted_image *image;
        int r = counted_create(width, height, format, &image);
        if (r < 0) {
            image_pool_destroy(&pool);
            return r;
        }
        image->pool = pool;
        image->next = pool->free_list;
        pool->free_list = image;
        pool->images_alive++;
    }
    *ret_pool = pool;
    return 0;
}

void image_pool_destroy(struct image_pool **pool)
{
    struct image_pool *held = *pool;
    *pool = NULL;
    if (!held)
        return;
    pthread_mutex_lock(&held->lock);
    held->destroyed = true;
    struct counted_image *list = held->free_list;
    held->free_list = NULL;
    for (struct counted_image *image = list; image; image = image->next)
        held->images_alive--;
    bool last = held->images_alive == 0;
    pthread_mutex_unlock(&held->lock);
    while (list) {
        struct counted_image *next = list->next;
        counted_free(list);
        list = next;
    }
    if (last)
        pool_free(held);
}

struct image *image_pool_take(struct image_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct counted_image *image = pool->free_list;
    if (image) {
        pool->free_list = image->next;
        atomic_store(&image->holders, 1);
    }
    pthread_mutex_unlock(&pool->lock);
    return image ? &image->image : NULL;
}

struct image image_window(const struct image *image, uint32_t left, uint32_t top, uint32_t width,
                          uint32_t height)
{
    struct image window = *image;
    window.pixels = image_at(image, left, top);
    window.width = width;
    window.height = height;
    window.chroma.left += left;
    window.chroma.top += top;
    return window;
}
