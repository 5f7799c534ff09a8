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

static void release_list(struct name_list *list)
{
    free(list->names);
    free(list->table);
}

void box_set_release(struct box_set *set)
{
    release_list(&set->pictures);
    release_list(&set->classes);
    free(set->boxes);
    *set = (struct box_set){ .boxes = NULL };
}

/* FNV-1a (Fowler, Noll, Vo). */
static size_t hash(const char *name)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *name; name++)
        h = (h ^ (uint8_t) *name) * UINT64_C(1099511628211);
    return (size_t) h;
}

/* Where a name is in the table, or the free place where it would be. The table is half empty. */
static size_t place_of(const struct name_list *list, const char *name)
{
    size_t places = 2 * list->room, at = hash(name) % places;
    while (list->table[at] && strcmp(list->names[list->table[at] - 1], name) != 0)
        at = (at + 1) % places;
    return at;
}

bool name_list_find(const struct name_list *list, const char *name, size_t *ret_number)
{
    size_t entry = list->room ? list->table[place_of(list, name)] : 0;
    if (entry)
        *ret_number = entry - 1;
    return entry != 0;
}

static int grow_list(struct name_list *list)
{
    size_t room = list->room ? 2 * list->room : 64;
    void *names = reallocarray(list->names, room, sizeof(*list->names));
    if (names)
        list->names = names;
    size_t *table = calloc(2 * room, sizeof(*table));
    if (!names || !table) {
        free(table);
        return -ENOMEM;
    }
    free(list->table);
    list->table = table;
    list->room = room;
    for (size_t i = 0; i < list->count; i++)
        table[place_of(list, list->names[i])] = i + 1;
    return 0;
}

int name_list_add(struct name_list *list, const char *name, size_t *ret_number)
{
    if (strlen(name) >= BOX_NAME_SIZE)
        return -ENAMETOOLONG;
    if (name_list_find(list, name, ret_number))
        return 0;
    if (list->count == list->room && grow_list(list) < 0)
        return -ENOMEM;
    *ret_number = list->count;
    (void) snprintf(list->names[list->count++], BOX_NAME_SIZE, "%s", name);
    list->table[place_of(list, name)] = list->count;
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
