/* import_folder.c - the calibration folders of WILDTRACK and MultiviewX */
#include "calib/import_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define EXTRINSIC_PREFIX "extr_"
#define FILE_SUFFIX      ".xml"

/* Both data sets have pictures of one size. */
#define DATA_SET_WIDTH_PX  1920
#define DATA_SET_HEIGHT_PX 1080

static int out_of_memory(struct error *err)
{
    return error_set(err, -ENOMEM, "out of memory");
}

/* "a/b", or NULL. */
static char *join(const char *folder, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static bool has_entry(const char *folder, const char *name)
{
    char *path = join(folder, name);
    bool there = path && file_exists(path);
    free(path);
    return there;
}

/* The NAME of extr_NAME.xml; false for another file. */
static bool camera_name(const char *entry, char ret_name[static ID_SIZE])
{
    size_t before = strlen(EXTRINSIC_PREFIX), after = strlen(FILE_SUFFIX), length = strlen(entry);
    if (length <= before + after || strncmp(entry, EXTRINSIC_PREFIX, before) != 0 ||
        strcmp(entry + length - after, FILE_SUFFIX) != 0)
        return false;
    return snprintf(ret_name, ID_SIZE, "%.*s", (int) (length - before - after), entry + before) <
           ID_SIZE;
}

static int add_camera(const char *root, const char *intrinsics_folder, const char *name,
                      struct import_folder *folder, struct error *err)
{
    if (folder->count == IMPORT_FOLDER_CAMERAS_MAX)
        return error_set(err, -EINVAL, "%s: more than %d cameras", root, IMPORT_FOLDER_CAMERAS_MAX);
    struct import_folder_camera *grown =
        realloc(folder->cameras, (folder->count + 1) * sizeof(*grown));
    if (!grown)
        return out_of_memory(err);
    folder->cameras = grown;
    struct import_folder_camera *camera = &grown[folder->count++];
    *camera = (struct import_folder_camera){ .name = "" };
    (void) snprintf(camera->name, sizeof(camera->name), "%s", name);
    if (asprintf(&camera->intrinsics, "%s/%s/intr_%s" FILE_SUFFIX, root, intrinsics_folder, name) <
        0)
        camera->intrinsics = NULL;
    if (asprintf(&camera->extrinsics, "%s/extrinsic/" EXTRINSIC_PREFIX "%s" FILE_SUFFIX, root,
                 name) < 0)
        camera->extrinsics = NULL;
    if (!camera->intrinsics || !camera->extrinsics)
        return out_of_memory(err);
    if (!file_exists(camera->intrinsics))
        return error_set(err, -EINVAL, "%s belongs to %s and is not there", camera->intrinsics,
                         camera->extrinsics);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct import_folder_camera *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int list_cameras(const char *root, const char *intrinsics_folder,
                        struct import_folder *folder, struct error *err)
{
    char *path = join(root, "extrinsic"), name[ID_SIZE];
    DIR *entries = path ? opendir(path) : NULL;
    int r = 0;
    if (!entries)
        r = error_set(err, path ? -errno : -ENOMEM, "could not list %s: %s", path ? path : root,
                      strerror(path ? errno : ENOMEM));
    for (struct dirent *entry; r == 0 && entries && (entry = readdir(entries));) {
        if (camera_name(entry->d_name, name))
            r = add_camera(root, intrinsics_folder, name, folder, err);
    }
    if (entries)
        (void) closedir(entries);
    if (r == 0 && folder->count == 0)
        r = error_set(err, -EINVAL, "%s: there is no " EXTRINSIC_PREFIX "NAME" FILE_SUFFIX, path);
    free(path);
    if (r == 0)
        qsort(folder->cameras, folder->count, sizeof(*folder->cameras), by_name);
    return r;
}

static bool all_begin_with(const struct import_folder *folder, const char *first,
                           const char *second)
{
    for (size_t i = 0; i < folder->count; i++) {
        const char *name = folder->cameras[i].name;
        if (strncmp(name, first, strlen(first)) != 0 && strncmp(name, second, strlen(second)) != 0)
            return false;
    }
    return true;
}

/* What the data sets' own papers say and their files do not. */
static void add_known(struct import_folder *folder)
{
    if (all_begin_with(folder, "CVLab", "IDIAP"))
        folder->metres_per_unit = 0.01; /* WILDTRACK */
    else if (all_begin_with(folder, "Camera", "Camera"))
        folder->metres_per_unit = 1; /* MultiviewX */
    if (folder->metres_per_unit > 0) {
        folder->width_px = DATA_SET_WIDTH_PX;
        folder->height_px = DATA_SET_HEIGHT_PX;
    }
}

/* intrinsic_zero and so on if it is there, else MultiviewX's only one, else NULL. */
static const char *intrinsics_folder(const char *root, const char *kind)
{
    const char *wanted = strcmp(kind, "original") == 0 ? "intrinsic_original" : "intrinsic_zero";
    if (has_entry(root, wanted))
        return wanted;
    return has_entry(root, "intrinsic") ? "intrinsic" : NULL;
}

int import_folder_list(const char *path, const char *kind, struct import_folder *ret_folder,
                       struct error *err)
{
    if (strcmp(kind, "zero") != 0 && strcmp(kind, "original") != 0)
        return error_set(err, -EINVAL, "intrinsics \"%s\" are not known; zero or original", kind);
    char *root = has_entry(path, "extrinsic") ? strdup(path) : join(path, "calibrations");
    if (!root)
        return out_of_memory(err);
    const char *intrinsics = intrinsics_folder(root, kind);
    int r;
    if (!has_entry(root, "extrinsic"))
        r = error_set(err, -EINVAL,
                      "%s: not a calibration folder of WILDTRACK or MultiviewX: there is no "
                      "extrinsic/ in it",
                      path);
    else if (!intrinsics)
        r = error_set(err, -EINVAL, "%s: there is neither intrinsic_%s/ nor intrinsic/ in it", root,
                      kind);
    else
        r = list_cameras(root, intrinsics, ret_folder, err);
    free(root);
    if (r == 0)
        add_known(ret_folder);
    return r;
}

void import_folder_release(struct import_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++) {
        free(folder->cameras[i].intrinsics);
        free(folder->cameras[i].extrinsics);
    }
    free(folder->cameras);
    *folder = (struct import_folder){ 0 };
}
