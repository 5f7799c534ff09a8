/*
 * confine.c - give up for good what a process will not need
 */
#include "programs/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "programs/confine_calls.h"
#include "programs/confine_files.h"

static int set_capabilities(uint64_t permitted, uint64_t effective)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = {
        { .permitted = (uint32_t) permitted, .effective = (uint32_t) effective },
        { .permitted = (uint32_t) (permitted >> 32), .effective = (uint32_t) (effective >> 32) },
    };
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* A service manager may have taken them already, and the call that takes them as well. */
static int drop_all_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { { 0 } };
    int r = set_capabilities(0, 0);
    if (r < 0 && syscall(SYS_capget, &header, data) == 0 &&
        (data[0].permitted | data[1].permitted) == 0)
        return 0;
    return r;
}

static bool can_read_all(const char *const *paths)
{
    for (; *paths; paths++)
        if (eaccess(*paths, R_OK) < 0 && errno == EACCES)
            return false;
    return true;
}

/*
 * None; but who starts a store of another user as root (sudo, a home folder that is closed to
 * others) has files that only this capability can read. Landlock still says which.
 */
static int drop_capabilities(const char *const *readable, bool *ret_kept)
{
    const uint64_t reading = UINT64_C(1) << CAP_DAC_READ_SEARCH;
    *ret_kept = false;
    for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
        (void) prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* not ours to drop without CAP_SETPCAP */
    (void) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (geteuid() != 0 || set_capabilities(reading, 0) < 0 || can_read_all(readable))
        return drop_all_capabilities();
    *ret_kept = true;
    return set_capabilities(reading, reading);
}

static int drop_rights(const struct confine_options *options, struct text *ret_words,
                       struct error *err)
{
    bool kept;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return error_set(err, -errno, "could not give up new privileges: %s", strerror(errno));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    (void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    int r = drop_capabilities(options->readable, &kept);
    if (r < 0)
        return error_set(err, r, "could not give up capabilities: %s", strerror(-r));
    text_format(ret_words, "capabilities=%s", kept ? "dac_read_search" : "none");
    return 0;
}

int confine_process(const struct confine_options *options, struct text *ret_words,
                    struct error *err)
{
    int version = 0, count = 0, missing = 0;
    int r = drop_rights(options, ret_words, err);
    if (r < 0)
        return r;
    r = confine_files(options->readable, options->writable, &version, err);
    if (r < 0 && r != -EOPNOTSUPP)
        return r;
    missing += r < 0;
    text_format(ret_words, version ? " landlock=%d" : " landlock=none", version);
    r = confine_calls(options->video_devices, &count, err);
    if (r == -ENOMEM)
        return r;
    missing += r < 0;
    text_format(ret_words, count ? " system_calls=%d" : " system_calls=all", count);
    return missing ? 1 : 0;
}
