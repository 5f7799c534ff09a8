/*
 * still_folder.h - the .png and .jpg files of one folder, in name order, as packets
 */
#ifndef FLOORFUSE_CAPTURE_STILL_FOLDER_H
#define FLOORFUSE_CAPTURE_STILL_FOLDER_H

#include <libavcodec/avcodec.h>

#include "base/error.h"

struct still_folder; /* opaque; one thread */

/*
 * List the folder; files that come later are not seen. Names are compared byte by byte.
 * Returns 0, -ENODATA when there is no such file in it, -errno.
 */
MUST_CHECK int still_folder_open(const char *path, struct still_folder **ret_folder,
                                 struct error *err);
void still_folder_destroy(struct still_folder **folder);

/*
 * The next file, whole.
 *   ret_codec  told by the content, not by the name
 * Returns 1; 0 after the last; -EBADMSG when this one cannot be read, is too large or is neither
 * PNG nor JPEG (read on); -ENOMEM.
 */
MUST_CHECK int still_folder_read(struct still_folder *folder, AVPacket *packet,
                                 enum AVCodecID *ret_codec);

#endif
