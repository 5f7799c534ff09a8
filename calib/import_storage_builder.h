/*
 * import_storage_builder.h - how the readers of the notations hand over a tree; for this folder
 *
 * A tree is told as it is read: enter a name, words, leave. Errors stick: what comes later is
 * passed over, and the reader looks at `result` when it can stop.
 */
#ifndef FLOORFUSE_CALIB_IMPORT_STORAGE_BUILDER_H
#define FLOORFUSE_CALIB_IMPORT_STORAGE_BUILDER_H

#include "calib/import_storage.h"

#define STORAGE_DEPTH_MAX 32

enum storage_field { FIELD_VALUES, FIELD_ROWS, FIELD_COLS, FIELD_TYPE, FIELD_IGNORED };

/* A name that is open. */
struct storage_level {
    char name[STORAGE_NAME_SIZE];
    unsigned line;
    size_t owner;             /* the level whose node takes the words */
    size_t node;              /* of an owner: index of its node plus 1; 0: none yet */
    enum storage_field field; /* what its words are */
};

struct storage_builder {
    struct storage *storage;
    size_t capacity;
    struct storage_level levels[STORAGE_DEPTH_MAX + 1]; /* [0]: outside of any name */
    size_t depth;
    int result;
    struct error *err;
};

/* "" and "_" are entries of a list: their words belong to the name around them. */
void storage_enter(struct storage_builder *builder, const char *name, unsigned line);
void storage_word(struct storage_builder *builder, const char *word, unsigned line);
void storage_leave(struct storage_builder *builder);

MUST_CHECK int storage_parse_xml(const char *bytes, size_t length, struct storage_builder *builder);
MUST_CHECK int storage_parse_yaml(const char *bytes, size_t length,
                                  struct storage_builder *builder);

#endif
