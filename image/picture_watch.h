/*
 * picture_watch.h - whether a camera's pictures can be believed, judged about once a second
 *
 * A camera that is covered, dark, out of focus, pushed aside or hung up goes on sending frames, and
 * each of them would say "I looked, and nobody was there". The watch measures a picture a second
 * (image/signature.h), compares it with a reference and says what is wrong. A state is entered when
 * looks have been bad for so many seconds, and left after 10 good ones; a look of the other sort
 * takes back three times its own time, so that people who walk by and single odd pictures come to
 * nothing:
 *   dark, covered      10 s   nearly nothing to be seen
 *   washed-out         20 s   glare or fog
 *   defocused, moved   20 s
 *   frozen             30 s   not one bit of any pixel has changed. A sensor's noise makes that
 *                             impossible, but not so a codec: in a still and quiet scene every
 *                             frame between two key frames can repeat the one before. Key frames
 *                             come every 1 to 10 s and differ, so one that differs takes it all
 *                             back.
 *   dirty             600 s   a part is covered or shows something else. People and goods do that
 *                             for minutes, so it takes long, and it is told but not suspicious:
 *                             most of the picture can be believed
 * Bare times of capture decide, so a recording is judged alike at every pace.
 *
 * The reference is the one that was made when the camera was calibrated. Without one, the first
 * two good minutes make it: then nothing is known of moved and dirty, which need to know what the
 * calibration was made for.
 */
#ifndef FLOORFUSE_IMAGE_PICTURE_WATCH_H
#define FLOORFUSE_IMAGE_PICTURE_WATCH_H

#include "image/signature.h"

/* The numbers travel in health reports: never renumber. */
enum picture_state {
    PICTURE_GOOD = 0,
    PICTURE_DARK = 1,
    PICTURE_COVERED = 2,
    PICTURE_WASHED_OUT = 3,
    PICTURE_DEFOCUSED = 4,
    PICTURE_MOVED = 5,
    PICTURE_FROZEN = 6,
    PICTURE_DIRTY = 7,
};
#define PICTURE_STATES 8

struct picture_watch; /* opaque; one thread */

/* Watch by what is seen in the first minutes. Returns 0 or -ENOMEM. */
MUST_CHECK int picture_watch_create(struct picture_watch **ret_watch);
void picture_watch_destroy(struct picture_watch **watch);

/* From now on compare with this reference, of pictures as they will be shown; copied. Pictures of
 * another size are then judged by the first minutes, as if there were none. */
void picture_watch_set_reference(struct picture_watch *watch, const struct signature *reference);

/*
 * Show a picture; all but one a second are passed over, which costs nothing.
 *   capture_us  UTC; one that goes back starts the second anew
 * Returns 1 when it was looked at, 0 when it was passed over, -ENOMEM.
 */
MUST_CHECK int picture_watch_see(struct picture_watch *watch, const struct image *picture,
                                 int64_t capture_us);

enum picture_state picture_watch_state(const struct picture_watch *watch);

/* Whether frames in this state show nothing that may be counted. */
bool picture_state_is_suspicious(enum picture_state state);

/* "good", "dark", ..., as signature_verdict_name has them. */
const char *picture_state_name(enum picture_state state);

/* The latest look; its figures are for log lines. */
struct picture_look {
    enum picture_state seen;      /* of this picture alone */
    double brightness, sharpness; /* as struct signature_difference; NaN: not judged */
    double shift_x_px, shift_y_px, turn_deg;
    bool by_reference; /* compared with the calibration's reference */
    bool learning;     /* there is no reference yet */
};
struct picture_look picture_watch_look(const struct picture_watch *watch);

#endif
