/* onnx_file.c - see onnx_file.h */
#include "detector/onnx_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Field numbers of onnx.proto3. */
#define MODEL_GRAPH        7
#define MODEL_METADATA     14
#define METADATA_KEY       1
#define METADATA_VALUE     2
#define GRAPH_INITIALIZER  5
#define GRAPH_INPUT        11
#define INITIALIZER_NAME   8
#define INPUT_NAME         1
#define INPUT_TYPE         2
#define TYPE_TENSOR        1
#define TENSOR_SHAPE       2
#define SHAPE_DIMENSION    1
#define DIMENSION_VALUE    1
#define PICTURE_DIMENSIONS 4
#define EDGE_MAX           4096
#define NAMES_MAX          10000

struct bytes {
    const uint8_t *at, *end;
};

struct field {
    uint32_t number;
    uint64_t value;     /* of a number */
    struct bytes bytes; /* of anything with a length */
};

static bool take_number(struct bytes *b, uint64_t *ret)
{
    *ret = 0;
    for (int shift = 0; shift < 64 && b->at < b->end; shift += 7) {
        uint8_t byte = *b->at++;
        *ret |= (uint64_t) (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool skip(struct bytes *b, uint64_t count)
{
    if (count > (uint64_t) (b->end - b->at))
        return false;
    b->at += count;
    return true;
}

/* Returns 1, 0 at the end, -EINVAL when the bytes are no protobuf. */
static int next_field(struct bytes *b, struct field *ret)
{
    uint64_t key, length;
    if (b->at == b->end)
        return 0;
    if (!take_number(b, &key) || key >> 3 == 0 || key >> 3 > 536870911)
        return -EINVAL;
    *ret = (struct field){ .number = (uint32_t) (key >> 3) };
    switch (key & 7) {
    case 0:
        return take_number(b, &ret->value) ? 1 : -EINVAL;
    case 1:
        return skip(b, 8) ? 1 : -EINVAL;
    case 2:
        if (!take_number(b, &length))
            return -EINVAL;
        ret->bytes.at = b->at;
        if (!skip(b, length))
            return -EINVAL;
        ret->bytes.end = b->at;
        return 1;
    case 5:
        return skip(b, 4) ? 1 : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* The first field of that number; false: there is none. */
static bool find(struct bytes in, uint32_t number, struct field *ret)
{
    while (next_field(&in, ret) > 0) {
        if (ret->number == number)
            return true;
    }
    return false;
}

static bool same_bytes(struct bytes a, struct bytes b)
{
    size_t length = (size_t) (a.end - a.at); /* of none, at may be NULL */
    return length == (size_t) (b.end - b.at) && (length == 0 || memcmp(a.at, b.at, length) == 0);
}

/* ---- the input ---- */

/* Old exporters list the weights as inputs too. */
static bool is_weight(struct bytes graph, struct bytes name)
{
    struct field field, own;
    while (next_field(&graph, &field) > 0) {
        if (field.number == GRAPH_INITIALIZER && find(field.bytes, INITIALIZER_NAME, &own) &&
            same_bytes(own.bytes, name))
            return true;
    }
    return false;
}

/* Fixed dimensions; 0 for those with a name. Returns how many. */
static int read_dimensions(struct bytes input, uint64_t ret[static PICTURE_DIMENSIONS])
{
    struct field type, tensor, shape, dimension, value;
    int count = 0;
    if (!find(input, INPUT_TYPE, &type) || !find(type.bytes, TYPE_TENSOR, &tensor) ||
        !find(tensor.bytes, TENSOR_SHAPE, &shape))
        return 0;
    while (next_field(&shape.bytes, &dimension) > 0) {
        if (dimension.number != SHAPE_DIMENSION)
            continue;
        if (count < PICTURE_DIMENSIONS)
            ret[count] = find(dimension.bytes, DIMENSION_VALUE, &value) ? value.value : 0;
        count++;
    }
    return count;
}

static int take_input(struct bytes input, const char *file, struct onnx_file *ret,
                      struct error *err)
{
    uint64_t d[PICTURE_DIMENSIONS];
    int count = read_dimensions(input, d);
    if (count != PICTURE_DIMENSIONS || d[0] > 1 || (d[1] != 3 && d[1] != 0) || d[2] > EDGE_MAX ||
        d[3] > EDGE_MAX)
        return error_set(
            err, -EINVAL,
            "%s: its input is not one picture, 1 x 3 x height x width with edges up to "
            "%d px",
            file, EDGE_MAX);
    ret->height = (int) d[2];
    ret->width = (int) d[3];
    return 0;
}

static int read_graph(struct bytes graph, const char *file, struct onnx_file *ret,
                      struct error *err)
{
    struct bytes rest = graph;
    struct field field, name;
    int r;
    while ((r = next_field(&rest, &field)) > 0) {
        if (field.number != GRAPH_INPUT || !find(field.bytes, INPUT_NAME, &name) ||
            is_weight(graph, name.bytes))
            continue;
        return take_input(field.bytes, file, ret, err);
    }
    if (r < 0)
        return error_set(err, r, "%s: is damaged or cut short", file);
    return error_set(err, -EINVAL, "%s: its graph has no input", file);
}

/* ---- class names: "{0: 'person', 1: 'head'}" ---- */

/* The text between the quotes that open at *cursor; steps behind it. */
static bool take_quoted(const char **cursor, const char *end, struct text *out)
{
    char quote = **cursor;
    for (const char *c = *cursor + 1; c < end; c++) {
        if (*c == quote) {
            *cursor = c + 1;
            return true;
        }
        text_append_bytes(out, *c == '\n' ? " " : c, 1);
    }
    return false;
}

/* Names in the order they stand in, which is that of their numbers. NULL when it is no such list.
 */
static char *read_names(struct bytes value)
{
    AUTO(text_release) struct text out = TEXT_INIT;
    const char *c = (const char *) value.at, *end = (const char *) value.end;
    int count = 0;
    while (c < end && count < NAMES_MAX) {
        if (*c != '\'' && *c != '"') {
            c++;
            continue;
        }
        if (!take_quoted(&c, end, &out))
            return NULL;
        text_append(&out, "\n");
        count++;
    }
    return out.failed || count == 0 ? NULL : strndup(out.bytes, out.length);
}

static void take_metadata(struct bytes entry, struct onnx_file *ret)
{
    static const uint8_t key[] = "names";
    struct field own, value;
    if (!ret->names && find(entry, METADATA_KEY, &own) &&
        same_bytes(own.bytes, (struct bytes){ key, key + sizeof(key) - 1 }) &&
        find(entry, METADATA_VALUE, &value))
        ret->names = read_names(value.bytes);
}

/* ---- the whole ---- */

int onnx_file_parse(const void *bytes, size_t length, const char *file, struct onnx_file *ret_file,
                    struct error *err)
{
    struct bytes rest = { bytes, (const uint8_t *) bytes + length };
    struct onnx_file result = { .names = NULL };
    struct field field;
    bool has_graph = false;
    int r, found = 0;
    while (found == 0 && (r = next_field(&rest, &field)) > 0) {
        if (field.number == MODEL_METADATA && field.bytes.at)
            take_metadata(field.bytes, &result);
        if (field.number == MODEL_GRAPH && field.bytes.at && !has_graph) {
            has_graph = true;
            found = read_graph(field.bytes, file, &result, err);
        }
    }
    if (found == 0 && r < 0)
        found = error_set(err, -EINVAL, "%s: is not an ONNX file, or damaged or cut short", file);
    if (found == 0 && !has_graph)
        found = error_set(err, -EINVAL, "%s: is not an ONNX file: it has no graph", file);
    if (found < 0) {
        onnx_file_release(&result);
        return found;
    }
    *ret_file = result;
    return 0;
}

void onnx_file_release(struct onnx_file *file)
{
    free(file->names);
    file->names = NULL;
}
