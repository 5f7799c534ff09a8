/* model_catalogue.c - see model_catalogue.h */
#include "detector/model_catalogue.h"

#include <errno.h>
#include <string.h>

/* etc/models.cfg, of the build. */
extern const char model_catalogue_text[];

#define ENTRY(member) offsetof(struct model_entry, member)

/* clang-format off: one line an option reads best */
static const struct option options[] = {
    { "models[]", OPTION_LIST, offsetof(struct model_catalogue, models), sizeof(struct model_entry),
      .min = 0, .max = 1000, .help = "networks that are known" },
    { "models[].name", OPTION_STRING, ENTRY(name), .required = true,
      .help = "what it is called, and its folder" },
    { "models[].licence", OPTION_STRING, ENTRY(licence), .required = true,
      .help = "what one may do with it" },
    { "models[].note", OPTION_STRING, ENTRY(note), .help = "what it is good for" },
    { "models[].classes", OPTION_STRING, ENTRY(classes), .required = true,
      .help = "class names with | between them, in the order of the network" },
    { "models[].size", OPTION_NUMBERS, ENTRY(size), .min = 2, .max = 2,
      .help = "input width, height, px" },
    { "models[].address", OPTION_STRING, ENTRY(address), .required = true,
      .help = "folder of its files, https:// or file://, with a / at the end" },
    { "models[].mirror", OPTION_STRING, ENTRY(mirror), .help = "another folder of the same files" },
    { "models[].cfg", OPTION_STRING, ENTRY(cfg), .help = "name of the Darknet .cfg" },
    { "models[].cfg_sha256", OPTION_STRING, ENTRY(cfg_sha256), .help = "what it must have" },
    { "models[].weights", OPTION_STRING, ENTRY(weights), .help = "name of the .weights" },
    { "models[].weights_sha256", OPTION_STRING, ENTRY(weights_sha256),
      .help = "what they must have" },
    { "models[].onnx", OPTION_STRING, ENTRY(onnx),
      .help = "name of the .onnx, instead of the two" },
    { "models[].onnx_sha256", OPTION_STRING, ENTRY(onnx_sha256), .help = "what it must have" },
};
/* clang-format on */
#define OPTION_COUNT ARRAY_LENGTH(options)

/* A name is a folder of ours, so it must stay below it. */
static bool is_file_name(const char *name)
{
    return name[0] && name[0] != '.' && !strchr(name, '/');
}

static bool is_sha256(const char *text)
{
    return text && strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64;
}

static bool ends_with_slash(const char *text)
{
    return text[0] && text[strlen(text) - 1] == '/';
}

/* What is wrong with an entry; NULL: nothing. */
static const char *complaint(const struct model_entry *e)
{
    bool darknet = e->cfg && e->weights;
    if (!e->name || !e->classes || !e->address || !e->licence)
        return NULL; /* said already */
    if (!is_file_name(e->name))
        return "its name must be a file name";
    if (darknet == (e->onnx != NULL))
        return "it needs cfg and weights, or else onnx";
    if ((darknet && !(is_file_name(e->cfg) && is_file_name(e->weights))) ||
        (e->onnx && !is_file_name(e->onnx)))
        return "its files must be file names, without folders";
    if (darknet ? !(is_sha256(e->cfg_sha256) && is_sha256(e->weights_sha256))
                : !is_sha256(e->onnx_sha256))
        return "each of its files needs a SHA-256, 64 hexadecimal digits as sha256sum prints them";
    if (!ends_with_slash(e->address) || (e->mirror && !ends_with_slash(e->mirror)))
        return "address and mirror must be folders, with a / at the end";
    return NULL;
}

static int check(const struct model_catalogue *catalogue, const char *file,
                 struct problems *problems)
{
    int r = 0;
    for (size_t i = 0; i < catalogue->models.count; i++) {
        const struct model_entry *e = &model_catalogue_entries(catalogue)[i];
        const char *what = complaint(e);
        if (what)
            problems_add(problems, "%s: model %s: %s", file, e->name, what);
        if (e->name && model_catalogue_find(catalogue, e->name) != e)
            problems_add(problems, "%s: there are two models called %s", file, e->name);
        if (what || (e->name && model_catalogue_find(catalogue, e->name) != e))
            r = -EINVAL;
    }
    return r;
}

int model_catalogue_load(const char *path, struct model_catalogue *ret_catalogue,
                         struct problems *problems)
{
    struct model_catalogue catalogue = { .models = { NULL, 0 } };
    int r = path ? options_load(path, options, OPTION_COUNT, &catalogue, problems)
                 : options_parse(model_catalogue_text, "models.cfg", options, OPTION_COUNT,
                                 &catalogue, problems);
    if (r == 0)
        r = check(&catalogue, path ? path : "models.cfg", problems);
    if (r < 0) {
        model_catalogue_release(&catalogue);
        return r;
    }
    *ret_catalogue = catalogue;
    return 0;
}

void model_catalogue_release(struct model_catalogue *catalogue)
{
    options_release(options, OPTION_COUNT, catalogue);
}

const struct model_entry *model_catalogue_find(const struct model_catalogue *catalogue,
                                               const char *name)
{
    for (size_t i = 0; i < catalogue->models.count; i++) {
        const struct model_entry *e = &model_catalogue_entries(catalogue)[i];
        if (e->name && strcmp(e->name, name) == 0)
            return e;
    }
    return NULL;
}
