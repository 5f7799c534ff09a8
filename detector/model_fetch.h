/*
 * model_fetch.h - get the files of a model and trust none of them before its SHA-256 is right
 */
#ifndef FLOORFUSE_DETECTOR_MODEL_FETCH_H
#define FLOORFUSE_DETECTOR_MODEL_FETCH_H

#include "detector/model_catalogue.h"

struct model_fetch_options {
    const char *folder; /* where models are kept; this one gets a folder in it */
    const char *const
        *look_in; /* folders that may have it in a folder of its name; NULL at the end */
    void (*say)(const char *sentence, void *context); /* what is being done; may be NULL */
    void *context;
};

/*
 * Have the model's files in its folder: those that are there and right stay, others are copied from
 * one of look_in, else downloaded from the address, else from the mirror. A file gets its name only
 * when it is whole and its SHA-256 is right; a .names file of the classes is written.
 *   ret_model  path of the .cfg or .onnx; the caller's to free()
 * Returns 0; -EHOSTUNREACH when a file can be had from nowhere; -EINVAL when what came is not what
 * it should be; -errno; -ENOMEM; with a sentence.
 */
MUST_CHECK int model_fetch(const struct model_entry *entry,
                           const struct model_fetch_options *options, char **ret_model,
                           struct error *err);

/* Whether all files of a model are in its folder and right. */
bool model_is_there(const struct model_entry *entry, const char *folder);

/* The folder models are kept in: $XDG_CACHE_HOME/floorfuse/models or ~/.cache/floorfuse/models. The
 * caller's to free(); NULL when there is neither, or out of memory. */
char *model_default_folder(void);

#endif
