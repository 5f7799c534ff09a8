/*
 * exposition.c - a store's status as Prometheus reads it
 */
#include "metrics/exposition.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "metrics/metric_table.h"

/* What is being written: one metric, and the labels of the way to its number. */
struct walk {
    const struct metric *metric;
    bool begun; /* HELP and TYPE are written: only where there is a sample */
    struct text *out;
};

static void add_escaped(struct text *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            text_append(out, "\\n");
        else if (*text == '\\' || *text == '"')
            text_format(out, "\\%c", *text);
        else
            text_append_bytes(out, text, 1);
    }
}

static void add_label(struct text *labels, const char *name, const char *value)
{
    text_format(labels, "%s%s=\"", labels->length ? "," : "", name);
    add_escaped(labels, value);
    text_append(labels, "\"");
}

/* The texts of a group under these names. */
static void add_labels_of(struct text *labels, const json_t *group, const char *const names[],
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = json_string_value(json_object_get(group, names[i]));
        if (value)
            add_label(labels, names[i], value);
    }
}

static void begin(const char *name, const char *help, const char *type, struct text *out)
{
    text_format(out, "# HELP %s ", name);
    for (const char *c = help; *c; c++) /* quotes stay as they are in a help */
        if (*c == '\\')
            text_append(out, "\\\\");
        else
            text_append_bytes(out, c, 1);
    text_format(out, "\n# TYPE %s %s\n", name, type);
}

static void add_sample(struct walk *walk, const struct text *labels, const char *value)
{
    const struct metric *m = walk->metric;
    if (!walk->begun)
        begin(m->name, m->help, metric_type_text(m), walk->out);
    walk->begun = true;
    text_format(walk->out, "%s{%s} %s\n", m->name, labels->bytes, value);
}

/* Numbers keep all their digits: what is scaled is rounded only beyond them. */
static void add_number(struct walk *walk, const struct text *labels, const json_t *node)
{
    char value[64];
    double scale = walk->metric->scale;
    if (json_is_integer(node) && scale == 0)
        (void) snprintf(value, sizeof(value), "%lld", (long long) json_integer_value(node));
    else if (json_is_number(node))
        (void) snprintf(value, sizeof(value), "%.15g",
                        json_number_value(node) * (scale == 0 ? 1 : scale));
    else
        return; /* null: not known */
    add_sample(walk, labels, value);
}

static void add_time(struct walk *walk, const struct text *labels, const json_t *node)
{
    char value[64];
    int64_t wall_us;
    const char *text = json_string_value(node);
    if (!text || clock_wall_parse(text, &wall_us, NULL) < 0)
        return;
    (void) snprintf(value, sizeof(value), "%.17g", (double) wall_us / (double) US_PER_S);
    add_sample(walk, labels, value);
}

/* The next word of "a|b"; false when there is none. */
static bool next_word(const char **words, char *ret_word, size_t size)
{
    if (!**words)
        return false;
    size_t length = strcspn(*words, "|");
    (void) snprintf(ret_word, size, "%.*s", (int) length, *words);
    *words += length + ((*words)[length] == '|');
    return true;
}

static void add_word(struct walk *walk, const struct text *labels, const char *word, bool is_it)
{
    AUTO(text_release) struct text more = TEXT_INIT;
    const char *key = strrchr(walk->metric->path, '.');
    text_append(&more, labels->bytes);
    add_label(&more, key ? key + 1 : "state", word);
    add_sample(walk, &more, is_it ? "1" : "0");
}

/* A word that is not in the table is still the state that it is in. */
static void add_state(struct walk *walk, const struct text *labels, const json_t *node)
{
    char word[64];
    bool known = false;
    const char *text = json_string_value(node);
    if (!text)
        return;
    for (const char *words = walk->metric->words; next_word(&words, word, sizeof(word));) {
        bool is_it = strcmp(word, text) == 0;
        known |= is_it;
        add_word(walk, labels, word, is_it);
    }
    if (!known)
        add_word(walk, labels, text, true);
}

static void add_info(struct walk *walk, const struct text *labels, const json_t *node)
{
    AUTO(text_release) struct text more = TEXT_INIT;
    char word[64];
    text_append(&more, labels->bytes);
    for (const char *words = walk->metric->words; next_word(&words, word, sizeof(word));) {
        const char *const names[] = { word };
        add_labels_of(&more, node, names, 1);
    }
    add_sample(walk, &more, "1");
}

static void add_node(struct walk *walk, const struct text *labels, const json_t *node)
{
    switch (walk->metric->kind) {
    case METRIC_COUNTER:
    case METRIC_GAUGE:
        add_number(walk, labels, node);
        break;
    case METRIC_TIME:
        add_time(walk, labels, node);
        break;
    case METRIC_IS_EMPTY:
        if (json_is_string(node))
            add_sample(walk, labels, json_string_length(node) == 0 ? "1" : "0");
        break;
    case METRIC_STATE:
        add_state(walk, labels, node);
        break;
    case METRIC_INFO:
        add_info(walk, labels, node);
        break;
    }
}

static void follow(struct walk *walk, const struct text *labels, const json_t *node,
                   const char *path);

static void follow_list(struct walk *walk, const struct text *labels, const json_t *list,
                        const char *path)
{
    static const char *const names[] = { "camera",   "floor",  "camera_a",
                                         "camera_b", "source", "reason" };
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        AUTO(text_release) struct text more = TEXT_INIT;
        text_append(&more, labels->bytes);
        add_labels_of(&more, entry, names, ARRAY_LENGTH(names));
        follow(walk, &more, entry, path);
    }
}

static void follow_group(struct walk *walk, const struct text *labels, const json_t *group,
                         const char *path)
{
    for (void *at = json_object_iter((json_t *) group); at;
         at = json_object_iter_next((json_t *) group, at)) {
        AUTO(text_release) struct text more = TEXT_INIT;
        text_append(&more, labels->bytes);
        add_label(&more, "reason", json_object_iter_key(at));
        follow(walk, &more, json_object_iter_value(at), path);
    }
}

/* As deep as the path is long, and the table is ours. */
static void follow(struct walk *walk, const struct text *labels, const json_t *node,
                   const char *path)
{
    char key[64];
    if (!node)
        return;
    if (!*path) {
        add_node(walk, labels, node);
        return;
    }
    size_t length = strcspn(path, ".");
    const char *rest = path + length + (path[length] == '.');
    bool list = length > 2 && memcmp(path + length - 2, "[]", 2) == 0;
    (void) snprintf(key, sizeof(key), "%.*s", (int) (list ? length - 2 : length), path);
    if (strcmp(key, "*") == 0)
        follow_group(walk, labels, node, rest);
    else if (list)
        follow_list(walk, labels, json_object_get(node, key), rest);
    else
        follow(walk, labels, json_object_get(node, key), rest);
}

void exposition_write(const json_t *status, struct text *out)
{
    static const char *const names[] = { "store" };
    AUTO(text_release) struct text labels = TEXT_INIT;
    add_labels_of(&labels, status, names, ARRAY_LENGTH(names));
    for (size_t i = 0; i < metric_count; i++) {
        struct walk walk = { .metric = &metric_table[i], .out = out };
        follow(&walk, &labels, status, metric_table[i].path);
    }
}

void exposition_write_gauge(const char *name, const char *help, double value, struct text *out)
{
    begin(name, help, "gauge", out);
    text_format(out, "%s %.15g\n", name, value);
}
