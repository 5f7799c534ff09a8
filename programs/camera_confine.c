/*
 * camera_confine.c - what a camera program may do
 *
 * The detector is loaded after this on purpose: it makes threads, and those must be confined, too.
 */
#include "programs/camera_confine.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "capture/capture.h"
#include "programs/confine.h"

/* The system's, for libraries, names of hosts, certificates, time zones, the processor's cores. */
static const char *const system_places[] = {
    "/usr",
    "/lib",
    "/lib64",
    "/etc",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/crypto",
    "/proc/sys/vm",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/sys/class/video4linux",
    "/run/systemd/resolve",
};

#define PLACES_MAX 40

/* Paths that are ours, NULL at the end. */
struct places {
    char *paths[PLACES_MAX];
    size_t count;
    bool failed;
};

static void places_release(struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        free(places->paths[i]);
}

static void places_add(struct places *places, const char *format, ...) PRINTF_FORMAT(2, 3);

static void places_add(struct places *places, const char *format, ...)
{
    char *path;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&path, format, arguments);
    va_end(arguments);
    if (length < 0 || places->count == PLACES_MAX - 1) {
        if (length >= 0)
            free(path);
        places->failed = true;
        return;
    }
    places->paths[places->count++] = path;
}

/* The folder that a file is in, as editors replace files; NULL: none. */
static void places_add_folder(struct places *places, const char *file)
{
    const char *slash = file ? strrchr(file, '/') : NULL;
    if (slash)
        places_add(places, "%.*s", slash == file ? 1 : (int) (slash - file), file);
    else if (file)
        places_add(places, ".");
}

/* The same, and that of the file it is a link to. */
static void places_add_beside(struct places *places, const char *file)
{
    char *real = file ? realpath(file, NULL) : NULL;
    places_add_folder(places, file);
    if (real && strcmp(real, file) != 0)
        places_add_folder(places, real);
    free(real);
}

/* Weights and names lie beside the model unless they are named; either may be a link. */
static void add_network(struct places *places, const struct network_config *network)
{
    const char *dot = network->model ? strrchr(network->model, '.') : NULL;
    char weights[PATH_MAX];
    if (dot) {
        (void) snprintf(weights, sizeof(weights), "%.*s.weights", (int) (dot - network->model),
                        network->model);
        places_add_beside(places, weights);
    }
    places_add_beside(places, network->model);
    places_add_beside(places, network->weights);
    places_add_beside(places, network->names);
}

static void add_program(struct places *places)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length <= 0)
        return;
    path[length] = '\0';
    places_add_beside(places, path);
    /* detector/opencv_module.c looks there for what is loaded later */
    char *slash = strrchr(path, '/');
    *slash = '\0';
    places_add(places, "%s/../lib/floorfuse", path);
    places_add(places, "%s/../floorfuse-opencv.so", path);
}

static void add_readable(struct places *places, const struct camera_loop_options *options)
{
    const struct camera_config *camera = options->camera;
    for (size_t i = 0; i < ARRAY_LENGTH(system_places); i++)
        places_add(places, "%s", system_places[i]);
    add_program(places);
    places_add_beside(places, camera->calibration);
    places_add(places, "%s", options->config->wire.keys);
    add_network(places, &camera->detector.network);
    add_network(places, &camera->heads);
    if (capture_is_recording(camera->url))
        places_add(places, "%s",
                   strncmp(camera->url, "file://", 7) == 0 ? camera->url + 7 : camera->url);
}

/* The ring's folder has to be there to be allowed. */
static int add_writable(struct places *places, const struct camera_loop_options *options,
                        bool device, struct error *err)
{
    const struct store_config *config = options->config;
    char path[PATH_MAX];
    (void) snprintf(path, sizeof(path), "%s/ring/%s", config->state_dir, options->camera->id);
    int r = 0;
    if (!options->no_publish && config->wire.ring_mb > 0)
        r = file_make_folder(path, 0700, err);
    places_add(places, "%s", path);
    places_add(places, "/dev/null");
    places_add_beside(places, options->still_path);
    if (device)
        places_add(places, "/dev"); /* one that is plugged in again is a new file */
    return r;
}

int camera_confine(const struct camera_loop_options *options, struct error *err)
{
    if (!options->camera->confine) {
        log_warning("NOT CONFINED: cameras[].confine is false, so who takes over the decoder by a "
                    "hostile stream can do whatever this user can");
        return 0;
    }
    AUTO(places_release) struct places readable = { 0 };
    AUTO(places_release) struct places writable = { 0 };
    AUTO(text_release) struct text words = TEXT_INIT;
    const char *url = options->camera->url;
    bool device = !capture_is_recording(url) && !strstr(url, "://");
    add_readable(&readable, options);
    int r = add_writable(&writable, options, device, err);
    if (r < 0)
        return r;
    if (readable.failed || writable.failed)
        return error_set(err, -ENOMEM, "out of memory");
    const struct confine_options limits = { .readable = (const char *const *) readable.paths,
                                            .writable = (const char *const *) writable.paths,
                                            .video_devices = device };
    r = confine_process(&limits, &words, err);
    if (r < 0)
        return error_prefix(err, r, "could not confine the camera program");
    if (r == 0)
        log_info("confined %s", words.bytes);
    else
        log_warning("confined only in part, the kernel lacks the rest %s", words.bytes);
    return 0;
}
