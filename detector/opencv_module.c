/* opencv_module.c - see opencv_module.h */
#include "detector/opencv_module.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "detector/opencv_shim.h"

#define MODULE "floorfuse-opencv.so"

/* The folder of the running program. */
static int program_folder(char ret_folder[static PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", ret_folder, PATH_MAX - 1);
    if (length < 0)
        return -errno;
    ret_folder[length] = '\0';
    char *slash = strrchr(ret_folder, '/');
    if (!slash)
        return -ENOENT;
    *slash = '\0';
    return 0;
}

static int find_module(char ret_path[static 2 * PATH_MAX])
{
    static const char *const places[] = { "", "/../lib/floorfuse", "/..", "/../.." };
    char folder[PATH_MAX];
    int r = program_folder(folder);
    for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(places); i++) {
        (void) snprintf(ret_path, 2 * PATH_MAX, "%s%s/" MODULE, folder, places[i]);
        if (access(ret_path, R_OK) == 0)
            return 0;
    }
    return r < 0 ? r : -ENOENT;
}

int opencv_module_open(const struct opencv_functions **ret_functions, struct error *err)
{
    char path[2 * PATH_MAX];
    if (find_module(path) < 0)
        return error_set(err, -ENOTSUP,
                         "%s is not beside this program nor in ../lib/floorfuse; install it, or "
                         "use detector engine \"fast\"",
                         MODULE);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle)
        return error_set(err, -ENOTSUP,
                         "could not open OpenCV; install Debian's packages libopencv-dnn406 and "
                         "libopencv-objdetect406: %s",
                         dlerror());
    void *symbol = dlsym(handle, OPENCV_MODULE_SYMBOL);
    (void) dlclose(handle); /* stays, RTLD_NODELETE */
    if (!symbol)
        return error_set(err, -ENOTSUP, "%s belongs to another version of this program", path);
    const struct opencv_functions *(*functions)(void);
    memcpy(&functions, &symbol, sizeof(symbol)); /* POSIX's way around ISO C's function pointers */
    *ret_functions = functions();
    return 0;
}
