/*
 * model_catalogue.h - networks that are known: where they come from, what they must be
 */
#ifndef FLOORFUSE_DETECTOR_MODEL_CATALOGUE_H
#define FLOORFUSE_DETECTOR_MODEL_CATALOGUE_H

#include "config/option.h"

/* Optional strings are NULL when not given. */
struct model_entry {
    char *name, *licence, *note;
    char *classes;           /* names with | between them, in the order of the network */
    struct number_list size; /* input width height px */
    char *address, *mirror;  /* folders, with a / at the end; the mirror is optional */
    char *cfg, *cfg_sha256, *weights, *weights_sha256; /* file names in them; or */
    char *onnx, *onnx_sha256;
};

struct model_catalogue {
    struct option_list models; /* of struct model_entry */
};

/*
 * Read a catalogue, etc/models.cfg is an example.
 *   path      NULL: the one that is built in
 *   problems  sentences with file and line of all that is wrong
 * Returns 0, -EINVAL, -errno of the file, -ENOMEM.
 */
MUST_CHECK int model_catalogue_load(const char *path, struct model_catalogue *ret_catalogue,
                                    struct problems *problems);
void model_catalogue_release(struct model_catalogue *catalogue);

/* NULL when there is none of that name. */
const struct model_entry *model_catalogue_find(const struct model_catalogue *catalogue,
                                               const char *name);

static inline const struct model_entry *
model_catalogue_entries(const struct model_catalogue *catalogue)
{
    return catalogue->models.items;
}

#endif
