/* box_set.c - see box_set.h */
#include "eval/box_set.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

static void name_list_release(struct name_list *list)
{
    free(list->names);
    free(list->slots);
}

void box_set_release(struct box_set *set)
{
    name_list_release(&set->pictures);
    name_list_release(&set->classes);
    free(set->boxes);
    *set = (struct box_set){ .boxes = NULL };
}

/* FNV-1a; source: draft-eastlake-fnv, section 2. */
static size_t hash_of(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char) *name) * 1099511628211u;
    return (size_t) hash;
}

/* Where a name is or would go; half of the slots are free, so there is an end. */
static size_t slot_of(const struct name_list *list, const char *name)
{
    size_t last = 2 * list->room - 1, slot = hash_of(name) & last; /* room is a power of two */
    while (list->slots[slot] && strcmp(list->names[list->slots[slot] - 1], name) != 0)
        slot = (slot + 1) & last;
    return slot;
}

bool name_list_find(const struct name_list *list, const char *name, size_t *ret_number)
{
    size_t slot = list->count ? slot_of(list, name) : 0;
    if (list->count == 0 || !list->slots[slot])
        return false;
    *ret_number = list->slots[slot] - 1;
    return true;
}

static int grow(struct name_list *list)
{
    size_t room = list->room ? 2 * list->room : 64;
    size_t *slots = calloc(2 * room, sizeof(*slots));
    void *names = slots ? reallocarray(list->names, room, sizeof(*list->names)) : NULL;
    if (!names) {
        free(slots);
        return -ENOMEM;
    }
    free(list->slots);
    list->names = names;
    list->slots = slots;
    list->room = room;
    for (size_t i = 0; i < list->count; i++)
        slots[slot_of(list, list->names[i])] = i + 1;
    return 0;
}

int name_list_add(struct name_list *list, const char *name, size_t *ret_number)
{
    if (strlen(name) >= BOX_NAME_SIZE)
        return -ENAMETOOLONG;
    if (name_list_find(list, name, ret_number))
        return 0;
    int r = list->count == list->room ? grow(list) : 0;
    if (r < 0)
        return r;
    list->slots[slot_of(list, name)] = list->count + 1;
    *ret_number = list->count;
    (void) snprintf(list->names[list->count++], BOX_NAME_SIZE, "%s", name);
    return 0;
}

int box_set_add(struct box_set *set, struct scored_box box)
{
    if (set->count == set->room) {
        size_t room = set->room ? 2 * set->room : 256;
        struct scored_box *grown = reallocarray(set->boxes, room, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        set->boxes = grown;
        set->room = room;
    }
    set->boxes[set->count++] = box;
    return 0;
}

void box_picture_name(const char *path, char ret_name[static BOX_NAME_SIZE])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    (void) snprintf(ret_name, BOX_NAME_SIZE, "%.*s",
                    dot && dot > name ? (int) (dot - name) : (int) strlen(name), name);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

static int read_folder(const char *path, struct box_set *set, struct error *err)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort), r = 0;
    bool any = false;
    if (count < 0)
        return error_set(err, -errno, "could not read %s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *file = NULL;
        if (r == 0 && ends_with(entries[i]->d_name, ".xml")) {
            any = true;
            r = asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0
                    ? -ENOMEM
                    : box_voc_read(file, set, err);
        }
        free(file);
        free(entries[i]);
    }
    free(entries);
    if (r == 0 && !any)
        return error_set(err, -EINVAL, "%s: has no .xml file of PASCAL VOC in it", path);
    return r;
}

int box_set_read(const char *path, struct box_set *ret_set, struct error *err)
{
    struct box_set set = { .boxes = NULL };
    struct stat status;
    bool folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    int r = folder                    ? read_folder(path, &set, err)
            : ends_with(path, ".xml") ? box_voc_read(path, &set, err)
            : ends_with(path, ".txt") ? box_mot_read(path, &set, err)
                                      : box_csv_read(path, &set, err);
    if (r < 0) {
        box_set_release(&set);
        return r;
    }
    *ret_set = set;
    return 0;
}
