/*
 * still_folder.c - the .png and .jpg files of one folder, in name order, as packets
 */
#include "capture/still_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* A 16-bit RGBA PNG of the largest edges hardly reaches this. */
#define STILL_BYTES_MAX ((size_t) 256 << 20)

struct still_folder {
    char *path;
    struct dirent **entries;
    int count, next;
};

static int is_still(const struct dirent *entry)
{
    static const char *const endings[] = { ".png", ".jpg", ".jpeg" };
    const char *ending = strrchr(entry->d_name, '.');
    if (!ending || ending == entry->d_name)
        return 0;
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++) {
        if (strcasecmp(ending, endings[i]) == 0)
            return 1;
    }
    return 0;
}

/* alphasort would go by the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int still_folder_open(const char *path, struct still_folder **ret_folder, struct error *err)
{
    AUTO(still_folder_destroy) struct still_folder *folder = calloc(1, sizeof *folder);
    if (!folder || !(folder->path = strdup(path)))
        return error_set(err, -ENOMEM, "out of memory");
    folder->count = scandir(path, &folder->entries, is_still, by_name);
    if (folder->count < 0) {
        int code = -errno;
        folder->count = 0;
        return error_set(err, code, "could not open folder %s: %s", path, strerror(-code));
    }
    if (folder->count == 0)
        return error_set(
            err, -ENODATA,
            "there is no .png or .jpg file in folder %s; put stills there or check the path", path);
    *ret_folder = folder;
    folder = NULL;
    return 0;
}

void still_folder_destroy(struct still_folder **folder)
{
    if (!*folder)
        return;
    for (int i = 0; i < (*folder)->count; i++)
        free((*folder)->entries[i]);
    free((*folder)->entries);
    free((*folder)->path);
    free(*folder);
    *folder = NULL;
}

static enum AVCodecID codec_of(const char *bytes, size_t length)
{
    static const char png[] = "\x89PNG\r\n\x1a\n", jpeg[] = "\xff\xd8\xff";
    if (length > strlen(png) && memcmp(bytes, png, strlen(png)) == 0)
        return AV_CODEC_ID_PNG;
    if (length > strlen(jpeg) && memcmp(bytes, jpeg, strlen(jpeg)) == 0)
        return AV_CODEC_ID_MJPEG;
    return AV_CODEC_ID_NONE;
}

static int read_still(const char *path, AVPacket *packet, enum AVCodecID *ret_codec)
{
    char *bytes;
    size_t length;
    int code = file_read(path, STILL_BYTES_MAX, &bytes, &length, NULL);
    if (code < 0)
        return code == -ENOMEM ? -ENOMEM : -EBADMSG;
    enum AVCodecID codec = codec_of(bytes, length);
    code = codec == AV_CODEC_ID_NONE ? -EBADMSG : av_new_packet(packet, (int) length);
    if (code == 0) {
        memcpy(packet->data, bytes, length);
        packet->flags |= AV_PKT_FLAG_KEY; /* or a PNG is added to the one before */
        *ret_codec = codec;
    }
    free(bytes);
    return code < 0 ? code : 1;
}

int still_folder_read(struct still_folder *folder, AVPacket *packet, enum AVCodecID *ret_codec)
{
    if (folder->next == folder->count)
        return 0;
    char *path;
    if (asprintf(&path, "%s/%s", folder->path, folder->entries[folder->next++]->d_name) < 0)
        return -ENOMEM;
    int code = read_still(path, packet, ret_codec);
    free(path);
    return code;
}
