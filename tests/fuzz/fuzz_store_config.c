/*
 * fuzz_store_config.c - configs as people may write them
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "config/store_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char path[64];
    struct problems problems = { 0 };
    struct store_config *config = NULL;
    (void) snprintf(path, sizeof(path), "/tmp/fuzz_store_config.%d", (int) getpid());
    if (file_write(path, bytes, length, 0600, NULL) < 0)
        return 0;
    (void) !store_config_load(path, &config, &problems);
    store_config_destroy(&config);
    problems_release(&problems);
    (void) unlink(path);
    return 0;
}
