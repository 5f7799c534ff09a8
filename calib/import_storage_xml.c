/* import_storage_xml.c - OpenCV's XML (expat) */
#include <ctype.h>
#include <errno.h>
#include <expat.h>
#include <string.h>

#include "calib/import_storage_builder.h"

/* What is being read. */
struct reader {
    XML_Parser parser;
    struct storage_builder *builder;
    size_t depth;
    char word[STORAGE_NAME_SIZE]; /* the letters since the last blank, as far as they fit */
    size_t length;
    unsigned line; /* of the word */
};

static void stop_if_failed(struct reader *reader)
{
    if (reader->builder->result < 0)
        (void) XML_StopParser(reader->parser, XML_FALSE);
}

static unsigned line_of(const struct reader *reader)
{
    return (unsigned) XML_GetCurrentLineNumber(reader->parser);
}

static void end_word(struct reader *reader)
{
    reader->word[reader->length] = '\0';
    if (reader->length > 0)
        storage_word(reader->builder, reader->word, reader->line);
    reader->length = 0;
}

static void begin(void *context, const XML_Char *element, const XML_Char **attributes)
{
    struct reader *reader = context;
    (void) attributes;
    end_word(reader);
    if (reader->depth == 0 && strcmp(element, "opencv_storage") != 0)
        reader->builder->result =
            error_set(reader->builder->err, -EINVAL,
                      "%s:%u: begins with <%.40s>; OpenCV's XML begins with <opencv_storage>",
                      reader->builder->storage->file, line_of(reader), element);
    else if (reader->depth > 0)
        storage_enter(reader->builder, element, line_of(reader));
    reader->depth++;
    stop_if_failed(reader);
}

/* Strings stand in quotes, which are no part of them. */
static void letters(void *context, const XML_Char *bytes, int count)
{
    struct reader *reader = context;
    unsigned line = line_of(reader);
    for (int i = 0; i < count; i++) {
        line += bytes[i] == '\n';
        if (isspace((unsigned char) bytes[i])) {
            end_word(reader);
            continue;
        }
        if (reader->length == 0)
            reader->line = line;
        if (bytes[i] != '"' && reader->length + 1 < sizeof(reader->word))
            reader->word[reader->length++] = bytes[i];
    }
    stop_if_failed(reader);
}

static void end(void *context, const XML_Char *element)
{
    struct reader *reader = context;
    (void) element;
    end_word(reader);
    if (--reader->depth > 0)
        storage_leave(reader->builder);
    stop_if_failed(reader);
}

int storage_parse_xml(const char *bytes, size_t length, struct storage_builder *builder)
{
    struct reader reader = { .builder = builder, .parser = XML_ParserCreate(NULL) };
    if (!reader.parser)
        return error_set(builder->err, -ENOMEM, "out of memory");
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, begin, end);
    XML_SetCharacterDataHandler(reader.parser, letters);
    enum XML_Status status = XML_Parse(reader.parser, bytes, (int) length, 1);
    int r = builder->result;
    if (r == 0 && status != XML_STATUS_OK)
        r = error_set(builder->err, -EINVAL, "%s:%u: is not whole XML: %s", builder->storage->file,
                      line_of(&reader), XML_ErrorString(XML_GetErrorCode(reader.parser)));
    XML_ParserFree(reader.parser);
    return r;
}
