/*
 * fuzz_store_config.c - configs as people may write them; what loads must load again from its dump
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/store_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* A file in memory, so that a million runs leave the disk alone. NULL when the text is no config.
 */
static struct store_config *load(const uint8_t *bytes, size_t length)
{
    char path[64];
    struct problems problems = { 0 };
    struct store_config *config = NULL;
    int fd = memfd_create("fuzz.cfg", MFD_CLOEXEC);
    if (fd < 0)
        return NULL;
    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (write(fd, bytes, length) == (ssize_t) length)
        (void) !store_config_load(path, &config, &problems);
    (void) close(fd);
    problems_release(&problems);
    return config;
}

static void load_dump_of(const struct store_config *config)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        abort();
    store_config_dump(config, out);
    (void) fclose(out);
    struct store_config *again = load((const uint8_t *) text, length);
    if (!again)
        abort();
    store_config_destroy(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct store_config *config = load(bytes, length);
    if (config)
        load_dump_of(config);
    store_config_destroy(&config);
    return 0;
}
