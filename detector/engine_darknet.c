/*
 * engine_darknet.c - Debian's libdarknet as a network engine
 *
 * The library (of 2018) was written for a program that trains at a desk: it prints, it ends the
 * process on what it does not like, and on layers that came later it crashes. So it gets only a
 * text that we wrote ourselves, of layers it has, with weights that were measured, through files in
 * memory. It is opened when first needed, because it brings two hundred libraries along, among them
 * Qt.
 */
#include <darknet.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "detector/engine.h"

#if defined(__SANITIZE_ADDRESS__)
#define LEAKS_ARE_REPORTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAKS_ARE_REPORTED 1
#endif
#endif

/* The library's loader never frees its lists; that is not ours to mend or to report. */
#ifdef LEAKS_ARE_REPORTED
#include <sanitizer/lsan_interface.h>
#define LEAKS_OF_OTHERS_BEGIN() __lsan_disable()
#define LEAKS_OF_OTHERS_END()   __lsan_enable()
#else
#define LEAKS_OF_OTHERS_BEGIN() ((void) 0)
#define LEAKS_OF_OTHERS_END()   ((void) 0)
#endif

struct library {
    __typeof__(parse_network_cfg) *parse_network_cfg;
    __typeof__(load_weights) *load_weights;
    __typeof__(set_batch_network) *set_batch_network;
    __typeof__(network_predict) *network_predict;
    __typeof__(free_network) *free_network;
};

struct darknet {
    struct library library;
    network *net;
    int *heads; /* layer numbers */
    int head_count;
};

static int find_symbol(void *handle, const char *name, void *ret_function, struct error *err)
{
    void *symbol = dlsym(handle, name);
    if (!symbol)
        return error_set(err, -ENOTSUP, "%s has no %s; install Debian's package darknet",
                         DARKNET_LIBRARY, name);
    memcpy(ret_function, &symbol,
           sizeof(symbol)); /* POSIX's way around ISO C's function pointers */
    return 0;
}

/* Never closed again: libraries behind it do not survive that. */
static int open_library(struct library *ret_library, struct error *err)
{
    void *handle = dlopen(DARKNET_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return error_set(err, -ENOTSUP,
                         "could not open libdarknet; install Debian's package darknet: %s",
                         dlerror());
    const struct {
        const char *name;
        void *function;
    } symbols[] = {
        { "parse_network_cfg", &ret_library->parse_network_cfg },
        { "load_weights", &ret_library->load_weights },
        { "set_batch_network", &ret_library->set_batch_network },
        { "network_predict", &ret_library->network_predict },
        { "free_network", &ret_library->free_network },
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(symbols); i++)
        r = find_symbol(handle, symbols[i].name, symbols[i].function, err);
    (void) dlclose(handle);
    return r;
}

/* Layers that came after 2018. */
const char *engine_darknet_lack(const struct darknet_layer *l)
{
    if (l->activation == DARKNET_SWISH || l->activation == DARKNET_MISH ||
        l->activation == DARKNET_RELU6)
        return darknet_activation_name(l->activation);
    if (l->type == DARKNET_SCALE_CHANNELS)
        return "[scale_channels]";
    if (l->type == DARKNET_SHORTCUT && l->from_count > 1)
        return "[shortcut] from several layers";
    if (l->type == DARKNET_ROUTE && l->groups > 1)
        return "[route] with groups";
    /* Its shortcut for 1x1 windows forgets both. */
    if (l->type == DARKNET_CONVOLUTIONAL && l->size == 1 && (l->stride > 1 || l->padding > 0))
        return "size=1 with a stride or padding";
    return NULL;
}

#define MEMORY_PATH_SIZE 64

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0)
            return -errno;
        bytes += written;
        length -= (size_t) written;
    }
    return 0;
}

/* A file in memory, because the library reads only files. Returns its descriptor. */
static int memory_file(const char *bytes, size_t length, char ret_path[static MEMORY_PATH_SIZE])
{
    int fd = memfd_create("floorfuse-model", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    (void) snprintf(ret_path, MEMORY_PATH_SIZE, "/proc/self/fd/%d", fd);
    int r = write_all(fd, bytes, length);
    if (r == 0 && access(ret_path, R_OK) < 0) /* no /proc: the library would exit */
        r = -errno;
    if (r < 0) {
        (void) close(fd);
        return r;
    }
    return fd;
}

/* The program's own stdout and stderr while the library prints its tables. */
struct silence {
    int out, err;
};

static struct silence silence_begin(void)
{
    (void) fflush(NULL);
    struct silence s = { .out = dup(STDOUT_FILENO), .err = dup(STDERR_FILENO) };
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0 && s.out >= 0)
        (void) dup2(nowhere, STDOUT_FILENO);
    if (nowhere >= 0 && s.err >= 0)
        (void) dup2(nowhere, STDERR_FILENO);
    if (nowhere >= 0)
        (void) close(nowhere);
    return s;
}

static void silence_end(struct silence s)
{
    (void) fflush(NULL);
    if (s.out >= 0) {
        (void) dup2(s.out, STDOUT_FILENO);
        (void) close(s.out);
    }
    if (s.err >= 0) {
        (void) dup2(s.err, STDERR_FILENO);
        (void) close(s.err);
    }
}

static network *load_quietly(const struct library *library, char *cfg_path, char *weights_path)
{
    struct silence silence = silence_begin();
    LEAKS_OF_OTHERS_BEGIN();
    network *net = library->parse_network_cfg(cfg_path);
    if (net) {
        library->load_weights(net, weights_path);
        library->set_batch_network(net, 1);
    }
    LEAKS_OF_OTHERS_END();
    silence_end(silence);
    return net;
}

static int load(struct darknet *darknet, const struct engine_model *model, struct error *err)
{
    char cfg_path[MEMORY_PATH_SIZE], weights_path[MEMORY_PATH_SIZE];
    int cfg_fd = memory_file(model->canonical->bytes, model->canonical->length, cfg_path);
    int weights_fd = memory_file(model->weights, model->weights_length, weights_path);
    int r = cfg_fd < 0 ? cfg_fd : weights_fd < 0 ? weights_fd : 0;
    if (r == 0)
        darknet->net = load_quietly(&darknet->library, cfg_path, weights_path);
    else
        (void) error_set(err, r, "%s: could not hand it to libdarknet: %s", model->cfg->file,
                         strerror(-r));
    if (r == 0 && !darknet->net)
        r = error_set(err, -EIO, "%s: libdarknet could not load it", model->cfg->file);
    if (cfg_fd >= 0)
        (void) close(cfg_fd);
    if (weights_fd >= 0)
        (void) close(weights_fd);
    return r;
}

/* The library's shapes must be ours, or we would read beyond its arrays. */
static int check_shapes(const struct darknet *darknet, const struct darknet_cfg *cfg,
                        struct error *err)
{
    if (darknet->net->n != cfg->layer_count)
        return error_set(err, -EIO, "%s: libdarknet sees %d layers instead of %d", cfg->file,
                         darknet->net->n, cfg->layer_count);
    for (int i = 0; i < cfg->layer_count; i++) {
        const struct darknet_layer *l = &cfg->layers[i];
        if (darknet->net->layers[i].outputs != darknet_shape_values(l->out))
            return error_set(err, -ENOTSUP,
                             "%s:%d: libdarknet computes another shape here; use engine \"fast\"",
                             cfg->file, l->line);
    }
    return 0;
}

static int note_heads(struct darknet *darknet, const struct darknet_cfg *cfg)
{
    darknet->heads = calloc((size_t) cfg->heads, sizeof(*darknet->heads));
    if (!darknet->heads)
        return -ENOMEM;
    for (int i = 0; i < cfg->layer_count; i++) {
        if (cfg->layers[i].type == DARKNET_YOLO)
            darknet->heads[darknet->head_count++] = i;
    }
    return 0;
}

static int forward(void *state, const float *input, const float **ret_outputs)
{
    struct darknet *darknet = state;
    darknet->library.network_predict(darknet->net, (float *) (uintptr_t) input); /* reads it only */
    for (int i = 0; i < darknet->head_count; i++)
        ret_outputs[i] = darknet->net->layers[darknet->heads[i]].output;
    return 0;
}

static void destroy(void *state)
{
    struct darknet *darknet = state;
    if (darknet->net)
        darknet->library.free_network(darknet->net);
    free(darknet->heads);
    free(darknet);
}

static const struct engine_methods methods = { .name = "darknet",
                                               .forward = forward,
                                               .destroy = destroy };

int engine_darknet_create(const struct engine_model *model, struct engine *ret_engine,
                          struct error *err)
{
    int r = engine_check_layers(model->cfg, "darknet", engine_darknet_lack, "fast", err);
    if (r < 0)
        return r;
    struct darknet *darknet = calloc(1, sizeof(*darknet));
    if (!darknet)
        return -ENOMEM;
    r = open_library(&darknet->library, err);
    if (r == 0)
        r = load(darknet, model, err);
    if (r == 0)
        r = check_shapes(darknet, model->cfg, err);
    if (r == 0)
        r = note_heads(darknet, model->cfg);
    if (r < 0) {
        destroy(darknet);
        return r;
    }
    *ret_engine = (struct engine){ .methods = &methods, .state = darknet };
    return 0;
}
