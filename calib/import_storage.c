/* import_storage.c - the named numbers of an OpenCV FileStorage */
#include "calib/import_storage.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calib/import_storage_builder.h"
#include "csv/number.h"

/* A node to fill; NULL when a bound was met. */
static struct storage_node *add_node(struct storage_builder *builder,
                                     const struct storage_level *level)
{
    struct storage *storage = builder->storage;
    if (storage->count == STORAGE_NODES_MAX) {
        builder->result =
            error_set(builder->err, -EINVAL, "%s:%u: more than %d names: not a calibration",
                      storage->file, level->line, STORAGE_NODES_MAX);
        return NULL;
    }
    if (storage->count == builder->capacity) {
        size_t capacity = builder->capacity ? 2 * builder->capacity : 16;
        struct storage_node *grown = realloc(storage->nodes, capacity * sizeof(*grown));
        if (!grown) {
            builder->result = error_set(builder->err, -ENOMEM, "out of memory");
            return NULL;
        }
        storage->nodes = grown;
        builder->capacity = capacity;
    }
    struct storage_node *node = &storage->nodes[storage->count++];
    *node = (struct storage_node){ .line = level->line };
    memcpy(node->name, level->name, sizeof(node->name));
    return node;
}

/* What a word means inside of a matrix. */
static enum storage_field field_of(const char *name)
{
    static const struct {
        const char *name;
        enum storage_field field;
    } fields[] = { { "rows", FIELD_ROWS },
                   { "cols", FIELD_COLS },
                   { "dt", FIELD_TYPE },
                   { "data", FIELD_VALUES },
                   { "type_id", FIELD_IGNORED } };
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        if (strcmp(name, fields[i].name) == 0)
            return fields[i].field;
    return FIELD_VALUES;
}

static bool is_field(const char *name)
{
    return field_of(name) != FIELD_VALUES || strcmp(name, "data") == 0;
}

void storage_enter(struct storage_builder *builder, const char *name, unsigned line)
{
    if (builder->result < 0)
        return;
    if (builder->depth == STORAGE_DEPTH_MAX) {
        builder->result = error_set(builder->err, -EINVAL, "%s:%u: nested too deep",
                                    builder->storage->file, line);
        return;
    }
    const struct storage_level *around = &builder->levels[builder->depth];
    struct storage_level *level = &builder->levels[++builder->depth];
    *level = (struct storage_level){ .line = line, .owner = builder->depth };
    if (!*name || strcmp(name, "_") == 0) {
        level->owner = around->owner;
        level->field = around->field;
    } else if (around->owner > 0 && is_field(name)) {
        level->owner = around->owner;
        level->field = field_of(name);
    }
    (void) snprintf(level->name, sizeof(level->name), "%s", name);
}

void storage_leave(struct storage_builder *builder)
{
    if (builder->result == 0 && builder->depth > 0)
        builder->depth--;
}

/* OpenCV writes .Nan, .Inf and -.Inf. */
static bool parse_value(const char *word, double *ret_value)
{
    if (strcasecmp(word, ".nan") == 0) {
        *ret_value = NAN;
        return true;
    }
    const char *magnitude = word + (*word == '-' || *word == '+');
    if (strcasecmp(magnitude, ".inf") == 0) {
        *ret_value = *word == '-' ? -INFINITY : INFINITY;
        return true;
    }
    return *word && number_parse(word, ret_value);
}

static void add_value(struct storage_node *node, const char *word, unsigned line)
{
    double value = 0;
    if (!parse_value(word, &value) && node->word_line == 0) {
        node->word_line = line;
        (void) snprintf(node->word, sizeof(node->word), "%s", word);
    }
    if (node->count < STORAGE_VALUES_MAX)
        node->values[node->count] = value;
    node->count++;
}

/* Rows and columns of something that is not a matrix of ours may be anything. */
static long whole_number(const char *word)
{
    int64_t value;
    return integer_parse(word, &value) && value >= 0 && value <= 1000000 ? (long) value : -1;
}

/* "d" is one number an entry, "3f" are three. */
static long channels_of(const char *type)
{
    return *type >= '1' && *type <= '9' ? strtol(type, NULL, 10) : 1;
}

void storage_word(struct storage_builder *builder, const char *word, unsigned line)
{
    const struct storage_level *level = &builder->levels[builder->depth];
    struct storage_level *owner = &builder->levels[level->owner];
    if (builder->result < 0 || level->owner == 0)
        return;
    struct storage_node *node =
        owner->node ? &builder->storage->nodes[owner->node - 1] : add_node(builder, owner);
    if (!node)
        return;
    owner->node = (size_t) (node - builder->storage->nodes) + 1;
    if (level->field == FIELD_ROWS)
        node->rows = whole_number(word);
    else if (level->field == FIELD_COLS)
        node->cols = whole_number(word);
    else if (level->field == FIELD_TYPE)
        node->channels = channels_of(word);
    else if (level->field == FIELD_VALUES)
        add_value(node, word, line);
}

/* Where the text begins: some editors put a byte order mark before it. */
static const char *first_letter(const char *bytes, const char *end)
{
    if (end - bytes >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        bytes += 3;
    while (bytes < end && isspace((unsigned char) *bytes))
        bytes++;
    return bytes;
}

int storage_parse(const char *bytes, size_t length, const char *file, struct storage *ret_storage,
                  struct error *err)
{
    struct storage_builder builder = { .storage = ret_storage, .err = err };
    const char *end = bytes + length, *first = first_letter(bytes, end);
    ret_storage->file = strdup(file);
    if (!ret_storage->file)
        return error_set(err, -ENOMEM, "out of memory");
    if (first == end)
        return error_set(err, -EINVAL, "%s: the file is empty", file);
    return *first == '<' ? storage_parse_xml(bytes, length, &builder)
                         : storage_parse_yaml(bytes, length, &builder);
}

void storage_release(struct storage *storage)
{
    free(storage->file);
    free(storage->nodes);
    *storage = (struct storage){ 0 };
}

/* Whether `name`, simplified, is `wanted` and then `suffix`. */
static bool same_name(const char *name, const char *wanted, const char *suffix)
{
    for (; *name; name++) {
        if (*name == '_' || *name == '-')
            continue;
        if (!*wanted) {
            wanted = suffix;
            suffix = "";
        }
        if (tolower((unsigned char) *name) != *wanted || !*wanted)
            return false;
        wanted++;
    }
    return !*wanted && !*suffix;
}

static bool has_name(const struct storage_node *node, const char *const *names, const char *suffix)
{
    for (; *names; names++)
        if (same_name(node->name, *names, suffix))
            return true;
    return false;
}

static bool same_values(const struct storage_node *a, const struct storage_node *b)
{
    bool same = a->count == b->count && a->word_line == 0 && b->word_line == 0;
    for (size_t i = 0; i < STORAGE_VALUES_MAX; i++)
        same = same && a->values[i] == b->values[i];
    return same;
}

int storage_find(const struct storage *storage, const char *const *names, const char *suffix,
                 const struct storage_node **ret, struct error *err)
{
    const struct storage_node *found = NULL;
    for (size_t i = 0; i < storage->count; i++) {
        const struct storage_node *node = &storage->nodes[i];
        if (!has_name(node, names, suffix))
            continue;
        if (found && !same_values(found, node))
            return error_set(err, -EINVAL,
                             "%s:%u: %s says something else than %s in line %u; leave one of them",
                             storage->file, node->line, node->name, found->name, found->line);
        found = found ? found : node;
    }
    *ret = found;
    return 0;
}

int storage_check(const struct storage *storage, const struct storage_node *node, struct error *err)
{
    if (node->word_line)
        return error_set(err, -EINVAL, "%s:%u: %s: \"%s\" is not a number", storage->file,
                         node->word_line, node->name, node->word);
    for (size_t i = 0; i < node->count && i < STORAGE_VALUES_MAX; i++) {
        if (!isfinite(node->values[i]))
            return error_set(err, -EINVAL, "%s:%u: %s: number %zu is not finite", storage->file,
                             node->line, node->name, i + 1);
    }
    if (node->rows == 0 && node->cols == 0)
        return 0;
    long channels = node->channels ? node->channels : 1;
    if (node->rows < 1 || node->cols < 1 || channels > 512 ||
        (size_t) node->rows * (size_t) node->cols * (size_t) channels != node->count)
        return error_set(err, -EINVAL,
                         "%s:%u: %s: its rows and cols do not multiply to the %zu numbers that "
                         "follow",
                         storage->file, node->line, node->name, node->count);
    return 0;
}
