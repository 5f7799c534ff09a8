/*
 * class_names.h - what the classes of a network mean to us
 *
 * Names decide, not numbers: person, people, pedestrian, human and body are a person, head is a
 * head, upper or lower case. A face is not a head: its box covers half of one. Others are ignored.
 */
#ifndef FLOORFUSE_DETECTOR_CLASS_NAMES_H
#define FLOORFUSE_DETECTOR_CLASS_NAMES_H

#include "base/error.h"
#include "detector/detector.h"

#define CLASS_IGNORED ((enum detection_class) 0)

/*
 * Read a .names file, one name a line, empty lines skipped.
 *   count        classes of the network; the file must have as many names
 *   ret_classes  count entries, CLASS_IGNORED for those that mean nothing to us; the caller's to
 *                free()
 * Returns 0; -errno of the file; -EINVAL when the number differs or none is known; -ENOMEM.
 */
MUST_CHECK int class_names_load(const char *path, int count, enum detection_class **ret_classes,
                                struct error *err);

/*
 * The .names file of a model: the one that is called like it, else the only one in its folder.
 *   ret_path  the caller's to free()
 * Returns 0; -ENOENT when there is none; -EINVAL when there are several; -errno; -ENOMEM.
 */
MUST_CHECK int class_names_find(const char *model, char **ret_path, struct error *err);

enum detection_class class_of_name(const char *name);

#endif
