/*
 * import_storage_yaml.c - OpenCV's YAML and JSON (libyaml)
 *
 * JSON is a part of YAML, and libyaml tells lines. The one thing that OpenCV writes and YAML does
 * not know is the directive "%YAML:1.0", which becomes a comment here. Aliases are taken for words,
 * so that no file grows while it is read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "calib/import_storage_builder.h"

/* What is open: a map, of which a key may be open too, or a list. */
struct opening {
    bool map, in_value;
};

struct reader {
    struct storage_builder *builder;
    struct opening open[STORAGE_DEPTH_MAX];
    size_t depth;
};

static unsigned line_of(const yaml_event_t *event)
{
    return (unsigned) event->start_mark.line + 1;
}

/* A value has ended: the key before it too. */
static void value_ended(struct reader *reader)
{
    struct opening *around = reader->depth ? &reader->open[reader->depth - 1] : NULL;
    if (!around || !around->map)
        return;
    storage_leave(reader->builder);
    around->in_value = false;
}

/* A scalar or an alias. */
static void word(struct reader *reader, const yaml_event_t *event, const char *text)
{
    struct opening *around = reader->depth ? &reader->open[reader->depth - 1] : NULL;
    if (around && around->map && !around->in_value) {
        storage_enter(reader->builder, text, line_of(event));
        around->in_value = true;
        return;
    }
    if (*text) /* else a name with nothing behind it */
        storage_word(reader->builder, text, line_of(event));
    value_ended(reader);
}

static void open_value(struct reader *reader, const yaml_event_t *event, bool map)
{
    struct opening *around = reader->depth ? &reader->open[reader->depth - 1] : NULL;
    if (reader->depth == STORAGE_DEPTH_MAX || (around && around->map && !around->in_value)) {
        reader->builder->result = error_set(
            reader->builder->err, -EINVAL, "%s:%u: %s", reader->builder->storage->file,
            line_of(event),
            reader->depth == STORAGE_DEPTH_MAX ? "nested too deep" : "a name is not a single word");
        return;
    }
    reader->open[reader->depth++] = (struct opening){ .map = map };
}

static void close_value(struct reader *reader)
{
    if (reader->depth > 0)
        reader->depth--;
    value_ended(reader);
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        word(reader, event, (const char *) event->data.scalar.value);
        break;
    case YAML_ALIAS_EVENT:
        word(reader, event, (const char *) event->data.alias.anchor);
        break;
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        open_value(reader, event, event->type == YAML_MAPPING_START_EVENT);
        break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        close_value(reader);
        break;
    default:
        break;
    }
}

static int read_events(struct reader *reader, yaml_parser_t *parser)
{
    struct storage_builder *builder = reader->builder;
    for (bool more = true; more && builder->result == 0;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event))
            return error_set(builder->err, parser->error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL,
                             "%s:%zu: is not whole YAML or JSON: %s", builder->storage->file,
                             parser->problem_mark.line + 1,
                             parser->problem ? parser->problem : "out of memory");
        take_event(reader, &event);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    return builder->result;
}

/* libyaml wants "%YAML 1.1" or 1.2. The lines stay where they are. */
static void hide_directive(char *bytes, size_t length)
{
    size_t at = length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (length - at >= 5 && memcmp(bytes + at, "%YAML", 5) == 0)
        bytes[at] = '#';
}

int storage_parse_yaml(const char *bytes, size_t length, struct storage_builder *builder)
{
    struct reader reader = { .builder = builder };
    yaml_parser_t parser;
    char *copy = malloc(length ? length : 1);
    if (!copy || !yaml_parser_initialize(&parser)) {
        free(copy);
        return error_set(builder->err, -ENOMEM, "out of memory");
    }
    memcpy(copy, bytes, length);
    hide_directive(copy, length);
    yaml_parser_set_input_string(&parser, (const unsigned char *) copy, length);
    int r = read_events(&reader, &parser);
    yaml_parser_delete(&parser);
    free(copy);
    return r;
}
