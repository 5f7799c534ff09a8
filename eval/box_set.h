/*
 * box_set.h - boxes in pictures: what is there, or what a detector says
 *
 * Pictures are named: by a number (frames of a video, from 0) or by a file name without folder and
 * ending, so that frame_12.jpg and frame_12.xml are one picture.
 */
#ifndef FLOORFUSE_EVAL_BOX_SET_H
#define FLOORFUSE_EVAL_BOX_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "geom/point.h"

#define BOX_NAME_SIZE 256 /* bytes of a picture's or a class's name, with its NUL */

struct scored_box {
    size_t picture;      /* number in the set */
    size_t object_class; /* likewise */
    double score;        /* of a detection */
    struct box_px box;
    bool ignored; /* of a truth: neither to be found nor wrong to find */
};

struct name_list {
    char (*names)[BOX_NAME_SIZE];
    size_t count, room;
    size_t
        *slots; /* of 2 room: numbers + 1 by the name's hash, the next free one if taken; 0: free */
};

struct box_set {
    struct name_list pictures; /* all that were looked at, those without boxes too */
    struct name_list classes;
    struct scored_box *boxes;
    size_t count, room;
};

void box_set_release(struct box_set *set);

/* The number of a name; a new one is added. Returns 0, -ENAMETOOLONG, -ENOMEM. */
MUST_CHECK int name_list_add(struct name_list *list, const char *name, size_t *ret_number);
/* Returns false when the name is not there. */
bool name_list_find(const struct name_list *list, const char *name, size_t *ret_number);

/* Returns 0 or -ENOMEM. */
MUST_CHECK int box_set_add(struct box_set *set, struct scored_box box);

/*
 * Read what people have:
 *   a folder           PASCAL VOC, one .xml for each picture (px from 1, both ends included)
 *   NAME.xml           one picture of it
 *   NAME.txt           MOTChallenge: frame, id, left, top, width, height, confidence, ...;
 *                      frames and px from 1, confidence 0: ignored; its class is "person"
 *   anything else      CSV with a header: frame or image; class (default "person"); score
 *                      (default 1); left_px, top_px, right_px, bottom_px. A row with an empty
 *                      class is a picture that was looked at
 *
 * Returns 0; -EINVAL with file and line; -errno of the file; -ENOMEM.
 */
MUST_CHECK int box_set_read(const char *path, struct box_set *ret_set, struct error *err);

/* The parts of box_set_read. */
MUST_CHECK int box_voc_read(const char *path, struct box_set *set, struct error *err);
/* The same from bytes in memory; picture is its name. */
MUST_CHECK int box_voc_parse(const char *bytes, size_t length, const char *file,
                             const char *picture, struct box_set *set, struct error *err);
MUST_CHECK int box_mot_read(const char *path, struct box_set *set, struct error *err);
MUST_CHECK int box_csv_read(const char *path, struct box_set *set, struct error *err);

/* "frame_12" of "pictures/frame_12.jpg". */
void box_picture_name(const char *path, char ret_name[static BOX_NAME_SIZE]);

#endif
