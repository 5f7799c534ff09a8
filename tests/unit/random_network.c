/* random_network.c - see random_network.h */
#include "random_network.h"

#include <stdbool.h>

#include "detector_fixture.h"

#define LAYERS_MAX 64
#define DRAWN      14 /* times a layer, or a few that belong together, is drawn */
#define EDGE_MAX   40 /* no upsampling beyond */

struct shape {
    int width, height, channels;
};

struct drawing {
    struct text *out;
    struct shape shapes[LAYERS_MAX];
    int count;
    uint32_t seed;
};

static int below(struct drawing *d, int bound)
{
    return (int) (next_random(&d->seed) * (float) bound);
}

static struct shape last(const struct drawing *d)
{
    return d->shapes[d->count - 1];
}

static void note(struct drawing *d, int width, int height, int channels)
{
    d->shapes[d->count++] = (struct shape){ width, height, channels };
}

static const char *activation(struct drawing *d)
{
    static const char *const names[] = { "linear", "leaky", "leaky", "relu", "relu6",
                                         "linear", "swish", "mish",  "tanh", "logistic" };
    return names[below(d, 10)];
}

static void convolution(struct drawing *d, int filters, int size, int stride, int groups)
{
    struct shape s = last(d);
    int padding = below(d, size), normalize = below(d, 2);
    if (s.width + 2 * padding < size || s.height + 2 * padding < size)
        padding = size / 2;
    text_format(d->out,
                "[convolutional]\nbatch_normalize=%d\nfilters=%d\nsize=%d\nstride=%d\n"
                "padding=%d\ngroups=%d\nactivation=%s\n",
                normalize, filters, size, stride, padding, groups, activation(d));
    note(d, (s.width + 2 * padding - size) / stride + 1,
         (s.height + 2 * padding - size) / stride + 1, filters);
}

static void depthwise(struct drawing *d)
{
    convolution(d, last(d).channels, 1 + below(d, 5), 1 + below(d, 2), last(d).channels);
}

/* An earlier layer of the same shape; -1: there is none. */
static int twin(struct drawing *d, int but)
{
    int start = below(d, d->count);
    for (int i = 0; i < d->count; i++) {
        int at = (start + i) % d->count;
        struct shape a = d->shapes[at], b = last(d);
        if (at > 0 && at != but && a.width == b.width && a.height == b.height &&
            a.channels == b.channels)
            return at;
    }
    return -1;
}

/* Layer numbers in the .cfg begin behind the picture, which is shape 0. */
static void shortcut(struct drawing *d)
{
    int from = twin(d, below(d, 3) ? d->count - 1 : 0);
    if (from < 1)
        return;
    text_format(d->out, "[shortcut]\nfrom=%d\nactivation=%s\n", from - 1, activation(d));
    note(d, last(d).width, last(d).height, last(d).channels);
}

static void bottleneck(struct drawing *d)
{
    struct shape s = last(d);
    int before = d->count - 1, size = below(d, 3) ? 3 : 5, middle = 4 + below(d, 40);
    convolution(d, middle, 1, 1, 1);
    text_format(d->out, "[convolutional]\nfilters=%d\nsize=%d\npad=1\ngroups=%d\nactivation=%s\n",
                last(d).channels, size, last(d).channels, activation(d));
    note(d, last(d).width, last(d).height, last(d).channels);
    convolution(d, s.channels, 1, 1, 1);
    if (before < 1 || !below(d, 3))
        return;
    text_format(d->out, "[dropout]\nprobability=.2\n[shortcut]\nfrom=%d\n", before - 1);
    note(d, s.width, s.height, s.channels);
    note(d, s.width, s.height, s.channels);
}

static void route(struct drawing *d)
{
    struct shape all = d->shapes[1 + below(d, d->count - 1)];
    int channels = 0, wanted = 1 + below(d, 3);
    for (int i = d->count - 1, found = 0; i > 0 && found < wanted; i--) {
        if (d->shapes[i].width != all.width || d->shapes[i].height != all.height)
            continue;
        text_format(d->out, "%s%d", found++ ? "," : "[route]\nlayers=", i - 1);
        channels += d->shapes[i].channels;
    }
    text_append(d->out, "\n");
    note(d, all.width, all.height, channels);
}

static void group(struct drawing *d)
{
    int from = 1 + below(d, d->count - 1), groups = 2 + below(d, 3);
    struct shape s = d->shapes[from];
    if (s.channels % groups)
        return;
    text_format(d->out, "[route]\nlayers=%d\ngroups=%d\ngroup_id=%d\n", from - 1, groups,
                below(d, groups));
    note(d, s.width, s.height, s.channels / groups);
}

static void maxpool(struct drawing *d)
{
    struct shape s = last(d);
    int size = 1 + below(d, 5), stride = 1 + below(d, 2);
    text_format(d->out, "[maxpool]\nsize=%d\nstride=%d\n", size, stride);
    note(d, (s.width - 1) / stride + 1, (s.height - 1) / stride + 1, s.channels);
}

static void upsample(struct drawing *d)
{
    if (last(d).width > EDGE_MAX / 2 || last(d).height > EDGE_MAX / 2)
        return;
    text_append(d->out, "[upsample]\nstride=2\n");
    note(d, 2 * last(d).width, 2 * last(d).height, last(d).channels);
}

/* Squeeze and excitation. */
static void excite(struct drawing *d)
{
    struct shape s = last(d);
    int from = d->count - 1;
    if (from < 1)
        return;
    text_append(d->out, "[avgpool]\n");
    note(d, 1, 1, s.channels);
    convolution(d, s.channels, 1, 1, 1);
    /* A padded 1x1 would make it larger. */
    text_format(d->out, "[scale_channels]\nfrom=%d\n", from - 1);
    note(d, s.width, s.height, s.channels);
}

static void draw(struct drawing *d)
{
    switch (below(d, 12)) {
    case 0:
        convolution(d, 1 + below(d, 33), 1, 1, 1);
        break;
    case 1:
        convolution(d, 8 * (1 + below(d, 4)), 3, 1 + below(d, 2), 1);
        break;
    case 2:
    case 3:
        depthwise(d);
        break;
    case 4:
    case 5:
        bottleneck(d);
        break;
    case 6:
    case 7:
        shortcut(d);
        break;
    case 8:
        route(d);
        break;
    case 9:
        group(d);
        break;
    case 10:
        maxpool(d);
        break;
    case 11:
        if (below(d, 2))
            upsample(d);
        else
            excite(d);
        break;
    }
}

void random_network(struct text *out, uint32_t width, uint32_t height, uint32_t seed)
{
    struct drawing d = { .out = out, .seed = seed * 2654435761u };
    note(&d, (int) width, (int) height, 3);
    convolution(&d, 4 + below(&d, 30), 1 + below(&d, 4), 1 + below(&d, 2), 1);
    for (int i = 0; i < DRAWN && d.count < LAYERS_MAX - 8; i++)
        draw(&d);
    text_append(out, "[convolutional]\nfilters=6\nactivation=linear\n"
                     "[yolo]\nclasses=1\nnum=1\nanchors=9,13\n");
}
