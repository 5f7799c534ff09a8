/*
 * darknet_layers.h - one section of a Darknet .cfg at a time
 *
 * Internal to darknet_cfg: what a section says goes into one struct darknet_layer; what it says
 * that nobody asked for is refused.
 */
#ifndef FLOORFUSE_DETECTOR_DARKNET_LAYERS_H
#define FLOORFUSE_DETECTOR_DARKNET_LAYERS_H

#include "detector/cfg_text.h"
#include "detector/darknet_cfg.h"

/* What is at hand while one section is read. */
struct reading {
    const struct cfg_text *text;
    const struct cfg_section *section;
    struct darknet_cfg *cfg;
    struct darknet_layer *layer; /* being filled; its number is cfg->layer_count */
    struct error *err;
};

/* Understand in->section as the next layer of in->cfg. Returns 0 or -EINVAL. */
MUST_CHECK int darknet_layer_read(struct reading *in);

/* -EINVAL and a sentence with file, line and section before it. */
int reading_refuse(const struct reading *in, int line, const char *format, ...) PRINTF_FORMAT(3, 4);

/* A number of the section; the default where it is missing. Returns 0 or -EINVAL. */
MUST_CHECK int reading_int(const struct reading *in, const char *name, int default_value, int min,
                           int max, int *ret_value);

/* A key that may be written down but must have the one value that changes nothing. */
MUST_CHECK int reading_only(const struct reading *in, const char *name, double neutral);

/* Keys that were not asked for must be in the list of those that only training reads, in which each
 * stands between two spaces. */
MUST_CHECK int reading_refuse_unknown_keys(const struct reading *in, const char *training);

#endif
