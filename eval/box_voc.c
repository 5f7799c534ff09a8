/* box_voc.c - boxes out of PASCAL VOC's XML (expat); see box_set.h */
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "csv/number.h"
#include "eval/box_set.h"

#define XML_BYTES_MAX ((size_t) 16 << 20)
#define DEPTH_MAX     64

enum { LEFT, TOP, RIGHT, BOTTOM, EDGES };

/* What is being read. */
struct voc {
    XML_Parser parser;
    struct box_set *set;
    size_t picture;
    int depth;
    bool in_object, in_box;
    char text[BOX_NAME_SIZE]; /* of the innermost element */
    size_t length;
    char name[BOX_NAME_SIZE]; /* of the object, */
    double edges[EDGES];
    unsigned edges_seen; /* bits */
    bool difficult;
    int result;
    const char *complaint;
};

static void stop(struct voc *v, int result, const char *complaint)
{
    v->result = result;
    v->complaint = complaint;
    (void) XML_StopParser(v->parser, XML_FALSE);
}

static void begin(void *context, const XML_Char *element, const XML_Char **attributes)
{
    struct voc *v = context;
    (void) attributes;
    v->length = 0;
    if (++v->depth > DEPTH_MAX)
        stop(v, -EINVAL, "is nested too deep");
    if (v->depth == 1 && strcmp(element, "annotation") != 0)
        stop(v, -EINVAL, "is not an <annotation> of PASCAL VOC");
    if (v->depth == 2 && strcmp(element, "object") == 0) {
        v->in_object = true;
        v->name[0] = '\0';
        v->edges_seen = 0;
        v->difficult = false;
    }
    v->in_box = v->in_box || (v->in_object && v->depth == 3 && strcmp(element, "bndbox") == 0);
}

static void letters(void *context, const XML_Char *letters, int count)
{
    struct voc *v = context;
    for (int i = 0; i < count && v->length + 1 < sizeof(v->text); i++)
        v->text[v->length++] = letters[i];
}

static void take_edge(struct voc *v, const char *element)
{
    static const char *const names[EDGES] = { "xmin", "ymin", "xmax", "ymax" };
    for (unsigned i = 0; i < EDGES; i++) {
        if (strcmp(element, names[i]) != 0)
            continue;
        if (!number_parse(v->text, &v->edges[i]) || !(v->edges[i] >= -1e9 && v->edges[i] <= 1e9))
            stop(v, -EINVAL, "has an edge that is no number");
        v->edges_seen |= 1u << i;
    }
}

static void take_object(struct voc *v)
{
    /* Pixels are counted from 1 there, and both ends belong to the box. */
    struct scored_box box = { .picture = v->picture,
                              .score = 1,
                              .box = { v->edges[LEFT] - 1, v->edges[TOP] - 1, v->edges[RIGHT],
                                       v->edges[BOTTOM] },
                              .ignored = v->difficult };
    if (!v->name[0] || v->edges_seen != (1u << EDGES) - 1) {
        stop(v, -EINVAL, "has an <object> without <name> or a whole <bndbox>");
        return;
    }
    if (!(box.box.left < box.box.right && box.box.top < box.box.bottom)) {
        stop(v, -EINVAL, "has an empty <bndbox>");
        return;
    }
    int r = name_list_add(&v->set->classes, v->name, &box.object_class);
    if (r == 0)
        r = box_set_add(v->set, box);
    if (r < 0)
        stop(v, r, "does not fit into memory");
}

static void end(void *context, const XML_Char *element)
{
    struct voc *v = context;
    v->text[v->length] = '\0';
    if (v->in_object && v->depth == 3 && strcmp(element, "name") == 0)
        memcpy(v->name, v->text, sizeof(v->name));
    if (v->in_object && v->depth == 3 && strcmp(element, "difficult") == 0)
        v->difficult = strcmp(v->text, "1") == 0;
    if (v->in_box && v->depth == 4)
        take_edge(v, element);
    if (v->depth == 3)
        v->in_box = false;
    if (v->in_object && v->depth == 2 && v->result == 0) {
        v->in_object = false;
        take_object(v);
    }
    v->depth--;
    v->length = 0;
}

int box_voc_parse(const char *bytes, size_t length, const char *file, const char *picture,
                  struct box_set *set, struct error *err)
{
    struct voc v = { .set = set };
    int r = name_list_add(&set->pictures, picture, &v.picture);
    if (r < 0)
        return r;
    v.parser = XML_ParserCreate(NULL);
    if (!v.parser)
        return -ENOMEM;
    XML_SetUserData(v.parser, &v);
    XML_SetElementHandler(v.parser, begin, end);
    XML_SetCharacterDataHandler(v.parser, letters);
    enum XML_Status status = XML_Parse(v.parser, bytes, (int) length, 1);
    unsigned long line = XML_GetCurrentLineNumber(v.parser);
    if (v.result < 0)
        r = error_set(err, v.result, "%s:%lu: %s", file, line, v.complaint);
    else if (status != XML_STATUS_OK)
        r = error_set(err, -EINVAL, "%s:%lu: is not XML: %s", file, line,
                      XML_ErrorString(XML_GetErrorCode(v.parser)));
    XML_ParserFree(v.parser);
    return r;
}

int box_voc_read(const char *path, struct box_set *set, struct error *err)
{
    char *bytes, picture[BOX_NAME_SIZE];
    size_t length;
    int r = file_read(path, XML_BYTES_MAX, &bytes, &length, err);
    if (r < 0)
        return r;
    box_picture_name(path, picture);
    r = box_voc_parse(bytes, length, path, picture, set, err);
    free(bytes);
    return r;
}
