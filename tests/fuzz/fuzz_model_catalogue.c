/*
 * fuzz_model_catalogue.c - any text as a catalogue of models; no name in it may leave our folder
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "detector/model_catalogue.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require_file_name(const char *name)
{
    if (name && (!name[0] || name[0] == '.' || strchr(name, '/')))
        abort();
}

static void require_safe(const struct model_entry *e)
{
    require_file_name(e->name);
    require_file_name(e->onnx ? e->onnx : e->cfg);
    require_file_name(e->onnx ? NULL : e->weights);
    if (e->onnx ? !e->onnx_sha256 : !e->cfg || !e->weights || !e->cfg_sha256 || !e->weights_sha256)
        abort();
}

static void load(const char *path)
{
    struct model_catalogue catalogue = { .models = { NULL, 0 } };
    struct problems problems = { 0 };
    int r = model_catalogue_load(path, &catalogue, &problems);
    if (r == -EINVAL && problems.count == 0)
        abort(); /* refused, and nobody is told why */
    for (size_t i = 0; r == 0 && i < catalogue.models.count; i++) {
        const struct model_entry *e = &model_catalogue_entries(&catalogue)[i];
        require_safe(e);
        if (model_catalogue_find(&catalogue, e->name) != e)
            abort();
    }
    if (r == 0)
        model_catalogue_release(&catalogue);
    problems_release(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct memory_file file;
    if (memory_file_open(&file, bytes, length))
        load(file.path);
    memory_file_close(&file);
    return 0;
}
