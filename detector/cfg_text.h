/*
 * cfg_text.h - the text of a Darknet .cfg: sections of key=value lines, with line numbers
 *
 * Knows nothing of layers. White space means nothing anywhere; '#' and ';' start a comment. Keys
 * that nobody asked for can be found afterwards, so that a misspelt one is not silently ignored.
 */
#ifndef FLOORFUSE_DETECTOR_CFG_TEXT_H
#define FLOORFUSE_DETECTOR_CFG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct cfg_key {
    const char *name, *value;
    int line;
    bool asked; /* somebody has read it */
};

struct cfg_section {
    const char *name; /* without the brackets */
    int line;
    struct cfg_key *keys;
    size_t key_count;
};

struct cfg_text {
    struct cfg_section *sections;
    size_t section_count;
    const char *file;     /* for sentences; borrowed */
    char *copy;           /* what names and values point into */
    struct cfg_key *keys; /* of all sections, one after another */
};

/*
 * Cut a text into sections.
 *   file      named in sentences; borrowed for the life of ret_text
 *   ret_text  filled; release it
 * Returns 0; -EINVAL for a line that is neither, a key before the first section, a key given twice,
 * a NUL byte, or no section at all; -EFBIG above CFG_TEXT_SECTIONS_MAX sections; -ENOMEM.
 */
#define CFG_TEXT_SECTIONS_MAX 4096
MUST_CHECK int cfg_text_parse(const char *bytes, size_t length, const char *file,
                              struct cfg_text *ret_text, struct error *err);
void cfg_text_release(struct cfg_text *text);

/* The key, marked as asked for; NULL when the section has none of that name. */
const struct cfg_key *cfg_text_find(const struct cfg_section *section, const char *name);

/*
 * A number of a section. The default is used where the key is missing.
 * Returns 0, or -EINVAL with file, line and bounds.
 */
MUST_CHECK int cfg_text_int(const struct cfg_text *text, const struct cfg_section *section,
                            const char *name, int default_value, int min, int max, int *ret_value,
                            struct error *err);
MUST_CHECK int cfg_text_number(const struct cfg_text *text, const struct cfg_section *section,
                               const char *name, double default_value, double *ret_value,
                               struct error *err);

/* Numbers with commas between them. Returns how many (0: no such key), or -EINVAL. */
MUST_CHECK int cfg_text_numbers(const struct cfg_text *text, const struct cfg_section *section,
                                const char *name, double *ret_values, size_t max,
                                struct error *err);
MUST_CHECK int cfg_text_ints(const struct cfg_text *text, const struct cfg_section *section,
                             const char *name, int *ret_values, size_t max, struct error *err);

#endif
