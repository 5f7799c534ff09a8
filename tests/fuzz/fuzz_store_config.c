/*
 * fuzz_store_config.c - configs as people may write them; what loads must load again from its dump
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/store_config.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* NULL when the text is no config. */
static struct store_config *load(const uint8_t *bytes, size_t length)
{
    struct memory_file file;
    struct problems problems = { 0 };
    struct store_config *config = NULL;
    if (memory_file_open(&file, bytes, length))
        (void) !store_config_load(file.path, &config, &problems);
    memory_file_close(&file);
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
