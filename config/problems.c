/*
 * problems.c - sentences about everything wrong with a file
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/option_lines.h"

/* Takes the sentence, which may be NULL when there was no memory for it. */
static void add_take(struct problems *problems, char *sentence)
{
    char **grown =
        sentence ? realloc(problems->sentences, (problems->count + 1) * sizeof(*grown)) : NULL;
    if (!grown) {
        free(sentence);
        return;
    }
    problems->sentences = grown;
    grown[problems->count++] = sentence;
}

void problems_add(struct problems *problems, const char *format, ...)
{
    char *sentence;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&sentence, format, arguments) < 0)
        sentence = NULL;
    va_end(arguments);
    add_take(problems, sentence);
}

void problems_add_at(struct problems *problems, const char *name, unsigned line, const char *format,
                     ...)
{
    char *sentence;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&sentence, format, arguments) < 0)
        sentence = NULL;
    va_end(arguments);
    if (sentence && line)
        problems_add(problems, "%s:%u: %s", name, line, sentence);
    else if (sentence)
        problems_add(problems, "%s: %s", name, sentence);
    free(sentence);
}

void problems_release(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->sentences[i]);
    free(problems->sentences);
    *problems = (struct problems){ 0 };
}

/* What names no line concerns the whole file and comes last. */
static unsigned long line_of(const char *sentence, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(sentence, name, length) != 0 || sentence[length] != ':')
        return ~0ul;
    char *end;
    unsigned long line = strtoul(sentence + length + 1, &end, 10);
    return *end == ':' && end != sentence + length + 1 ? line : ~0ul;
}

void problems_sort(struct problems *problems, size_t first, const char *name)
{
    /* By insertion: stable, and there are few, in order for the most part. */
    for (size_t i = first + 1; i < problems->count; i++) {
        char *sentence = problems->sentences[i];
        unsigned long line = line_of(sentence, name);
        size_t to = i;
        for (; to > first && line_of(problems->sentences[to - 1], name) > line; to--)
            problems->sentences[to] = problems->sentences[to - 1];
        problems->sentences[to] = sentence;
    }
}
