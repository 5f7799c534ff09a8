/* cfg_text.c - see cfg_text.h */
#include "detector/cfg_text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_comment(char c)
{
    return c == '#' || c == ';';
}

/* Drop white space and the comment, in place; Darknet's own reader drops white space likewise. */
static void squeeze(char *line)
{
    char *to = line;
    for (const char *from = line; *from && !is_comment(*from); from++) {
        if (!isspace((unsigned char) *from))
            *to++ = *from;
    }
    *to = '\0';
}

static struct cfg_key *find(const struct cfg_section *section, const char *name)
{
    for (size_t i = 0; i < section->key_count; i++) {
        if (strcmp(section->keys[i].name, name) == 0)
            return &section->keys[i];
    }
    return NULL;
}

static int add_section(struct cfg_text *text, char *line, int line_number, struct cfg_key *keys,
                       struct error *err)
{
    size_t length = strlen(line);
    if (length < 3 || line[length - 1] != ']')
        return error_set(err, -EINVAL, "%s:%d: \"%.40s\" is not a section like [convolutional]",
                         text->file, line_number, line);
    if (text->section_count == CFG_TEXT_SECTIONS_MAX)
        return error_set(err, -EFBIG, "%s:%d: more than %d sections", text->file, line_number,
                         CFG_TEXT_SECTIONS_MAX);
    line[length - 1] = '\0';
    text->sections[text->section_count++] =
        (struct cfg_section){ .name = line + 1, .line = line_number, .keys = keys };
    return 0;
}

static int add_key(struct cfg_text *text, char *line, int line_number, struct error *err)
{
    char *equals = strchr(line, '=');
    if (!equals || equals == line)
        return error_set(err, -EINVAL, "%s:%d: \"%.40s\" is neither a [section] nor key=value",
                         text->file, line_number, line);
    if (text->section_count == 0)
        return error_set(err, -EINVAL, "%s:%d: \"%.40s\" stands before the first [section]",
                         text->file, line_number, line);
    *equals = '\0';
    struct cfg_section *section = &text->sections[text->section_count - 1];
    const struct cfg_key *first = find(section, line);
    if (first)
        return error_set(err, -EINVAL, "%s:%d: \"%.40s\" was already given in line %d", text->file,
                         line_number, line, first->line);
    section->keys[section->key_count++] =
        (struct cfg_key){ .name = line, .value = equals + 1, .line = line_number };
    return 0;
}

static int cut(struct cfg_text *text, struct error *err)
{
    struct cfg_key *next_key = text->keys;
    char *rest = text->copy;
    for (int line_number = 1; rest; line_number++) {
        char *line = strsep(&rest, "\n");
        squeeze(line);
        int r = 0;
        if (line[0] == '[') {
            if (text->section_count > 0)
                next_key += text->sections[text->section_count - 1].key_count;
            r = add_section(text, line, line_number, next_key, err);
        } else if (line[0]) {
            r = add_key(text, line, line_number, err);
        }
        if (r < 0)
            return r;
    }
    if (text->section_count == 0)
        return error_set(err, -EINVAL, "%s: has no [section]; it is not a Darknet .cfg",
                         text->file);
    return 0;
}

static size_t count_lines(const char *bytes, size_t length)
{
    size_t lines = 1;
    for (size_t i = 0; i < length; i++)
        lines += bytes[i] == '\n';
    return lines;
}

int cfg_text_parse(const char *bytes, size_t length, const char *file, struct cfg_text *ret_text,
                   struct error *err)
{
    if (memchr(bytes, '\0', length))
        return error_set(err, -EINVAL, "%s: is not a text; a Darknet .cfg is", file);
    /* A line holds at most one key or one section. */
    size_t lines = count_lines(bytes, length);
    struct cfg_text text = { .file = file,
                             .copy = strndup(bytes, length),
                             .keys = calloc(lines, sizeof(*text.keys)),
                             .sections = calloc(CFG_TEXT_SECTIONS_MAX, sizeof(*text.sections)) };
    int r = -ENOMEM;
    if (text.copy && text.keys && text.sections)
        r = cut(&text, err);
    if (r < 0) {
        cfg_text_release(&text);
        return r;
    }
    *ret_text = text;
    return 0;
}

void cfg_text_release(struct cfg_text *text)
{
    free(text->sections);
    free(text->keys);
    free(text->copy);
    *text = (struct cfg_text){ 0 };
}

const struct cfg_key *cfg_text_find(const struct cfg_section *section, const char *name)
{
    struct cfg_key *key = find(section, name);
    if (key)
        key->asked = true;
    return key;
}

/* Read one number at the start of *cursor and step behind it and its comma. */
static bool take_number(const char **cursor, double *ret_value)
{
    char *end;
    double value = strtod(*cursor, &end);
    if (end == *cursor || !isfinite(value) || (*end && *end != ','))
        return false;
    *cursor = *end ? end + 1 : end;
    *ret_value = value;
    return true;
}

int cfg_text_numbers(const struct cfg_text *text, const struct cfg_section *section,
                     const char *name, double *ret_values, size_t max, struct error *err)
{
    const struct cfg_key *key = cfg_text_find(section, name);
    if (!key)
        return 0;
    size_t count = 0;
    const char *cursor = key->value;
    do {
        if (count == max)
            return error_set(err, -EINVAL, "%s:%d: \"%.40s\" has more than %zu numbers", text->file,
                             key->line, name, max);
        if (!take_number(&cursor, &ret_values[count]))
            return error_set(err, -EINVAL, "%s:%d: \"%.40s=%.40s\" is not a list of numbers",
                             text->file, key->line, name, key->value);
        count++;
    } while (*cursor);
    return (int) count;
}

int cfg_text_ints(const struct cfg_text *text, const struct cfg_section *section, const char *name,
                  int *ret_values, size_t max, struct error *err)
{
    double values[64];
    if (max > sizeof(values) / sizeof(values[0]))
        max = sizeof(values) / sizeof(values[0]);
    int count = cfg_text_numbers(text, section, name, values, max, err);
    for (int i = 0; i < count; i++) {
        if (values[i] != floor(values[i]) || fabs(values[i]) > 1e6)
            return error_set(err, -EINVAL, "%s:%d: \"%.40s\" takes whole numbers, not %g",
                             text->file, cfg_text_find(section, name)->line, name, values[i]);
        ret_values[i] = (int) values[i];
    }
    return count;
}

int cfg_text_number(const struct cfg_text *text, const struct cfg_section *section,
                    const char *name, double default_value, double *ret_value, struct error *err)
{
    *ret_value = default_value;
    int count = cfg_text_numbers(text, section, name, ret_value, 1, err);
    return count < 0 ? count : 0;
}

int cfg_text_int(const struct cfg_text *text, const struct cfg_section *section, const char *name,
                 int default_value, int min, int max, int *ret_value, struct error *err)
{
    int value = default_value;
    int count = cfg_text_ints(text, section, name, &value, 1, err);
    if (count < 0)
        return count;
    if (count > 0 && (value < min || value > max))
        return error_set(err, -EINVAL, "%s:%d: \"%s=%d\" must be from %d to %d", text->file,
                         cfg_text_find(section, name)->line, name, value, min, max);
    *ret_value = value;
    return 0;
}
