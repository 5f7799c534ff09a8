/* device.c - see device.h */
#include "capture/device.h"

#include <dlfcn.h>
#include <errno.h>
#include <libavdevice/version_major.h>
#include <libavutil/macros.h>
#include <pthread.h>
#include <string.h>

#define LIBRARY "libavdevice.so." AV_STRINGIFY(LIBAVDEVICE_VERSION_MAJOR)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the list of devices is libav's */
static void *library;

static int open_library(struct error *err)
{
    void (*register_all)(void) = NULL;
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void *symbol = library ? dlsym(library, "avdevice_register_all") : NULL;
    if (!symbol)
        return error_set(err, -ENOTSUP,
                         "could not open " LIBRARY ", which cameras under /dev need; install "
                         "Debian's package libavdevice" AV_STRINGIFY(LIBAVDEVICE_VERSION_MAJOR));
    memcpy(&register_all, &symbol,
           sizeof(symbol)); /* POSIX's way around ISO C's function pointers */
    register_all();
    return 0;
}

int device_prepare(struct error *err)
{
    (void) pthread_mutex_lock(&lock);
    int code = library ? 0 : open_library(err);
    (void) pthread_mutex_unlock(&lock);
    return code;
}
