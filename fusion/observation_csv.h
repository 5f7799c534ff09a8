/*
 * observation_csv.h - detections that were written down, as the frames that fusion takes
 *
 * A CSV file with a header, columns in any order, rows in order of time:
 *   time_us, camera, class, score  class is person (or body) or head; a score beyond 0..1 is cut
 *   left_px, top_px, right_px, bottom_px
 *                                  a box, placed on the floor by the camera's calibration; or
 *   floor_x_m, floor_y_m [, var_xx, var_xy, var_yy]
 *                                  a floor point and its covariance, m^2
 *   floor                          may be there: of the store's config
 *   appearance                     may be there: what the person looks like, numbers with blanks or
 *                                  semicolons between them; equally many in all rows of a camera,
 *                                  or none
 *   id                             may be there and is not looked at, like any other column
 * Where a file has both boxes and floor points the boxes are taken: they say more.
 *
 * Every camera has looked at every time in the file, and a frame without a row is an empty frame,
 * which is evidence too; unless a row with an empty class says that the camera did not look then.
 *
 * The file is streamed: what is held is the observations of one time. Rows of one time may come in
 * any order; the frames are the same to the last bit.
 */
#ifndef FLOORFUSE_FUSION_OBSERVATION_CSV_H
#define FLOORFUSE_FUSION_OBSERVATION_CSV_H

#include "fusion/observe.h"

struct observation_csv; /* opaque */

/* Of a floor point that comes without a covariance: a standard deviation of 0.1 m, what 3 px of a
 * 1,000 px focal length are at 6 m under a ceiling camera. What calibration and detectors get wrong
 * beyond pixel noise is added by fusion (fusion.position_sd_m). */
#define OBSERVATION_CSV_VARIANCE_M2 0.01

struct observation_csv_camera {
    char name[ID_SIZE];
    bool elsewhere;           /* on another floor: its rows are counted and left out */
    struct observer observer; /* not looked at when elsewhere */
};

/* Why a row was left out. */
enum observation_csv_reason {
    OBSERVATION_CSV_UNKNOWN_CAMERA,
    OBSERVATION_CSV_OTHER_FLOOR,
    OBSERVATION_CSV_OTHER_CLASS,
    OBSERVATION_CSV_NOT_FINITE,
    OBSERVATION_CSV_EMPTY_BOX,      /* right <= left or bottom <= top */
    OBSERVATION_CSV_BAD_COVARIANCE, /* not positive definite */
    OBSERVATION_CSV_NO_FLOOR_POINT,
    OBSERVATION_CSV_UNSURE,      /* beyond OBSERVATION_MAX_SD_M */
    OBSERVATION_CSV_OUTSIDE_ROI, /* of the camera */
    OBSERVATION_CSV_REASONS
};

/* In words, to stand behind a number: "of an unknown camera". */
const char *observation_csv_reason_text(enum observation_csv_reason reason);

struct observation_csv_counts {
    uint64_t rows, times, frames, observations;
    struct {
        uint64_t rows;
        long first_line; /* of the first such row; 0: none */
    } left_out[OBSERVATION_CSV_REASONS];
};

/*
 * Go through the whole file and find out which cameras it names.
 *   cameras      only the names are looked at
 *   ret_present  camera_count of them
 * Returns 0; -EINVAL with a sentence (a row is malformed, or there are rows and all cameras in them
 * are unknown) or -errno of the file.
 */
MUST_CHECK int observation_csv_find_cameras(const char *path,
                                            const struct observation_csv_camera *cameras,
                                            size_t camera_count, bool *ret_present,
                                            struct error *err);

/*
 *   path     "-" is the standard input
 *   floor    its id; rows of other floors are left out. NULL: the column is not looked at
 *   cameras  those that have looked at every time; copied, but what observers point to is borrowed
 *            until close
 * Returns 0; -EINVAL (a column is missing, the file is empty, ...) or -errno with a sentence.
 */
MUST_CHECK int observation_csv_open(const char *path, const char *floor,
                                    const struct observation_csv_camera *cameras,
                                    size_t camera_count, struct observation_csv **ret_csv,
                                    struct error *err);
void observation_csv_close(struct observation_csv **csv);

/*
 * The frames of the next time in the file, one for each camera that looked, in the order of the
 * cameras. `store` is empty, boot_id 1, the clock that of a file.
 *   ret_time_us  the time
 *   ret_frames   borrowed until the next call
 *   ret_count    0 is possible: nobody looked
 * Returns 1; 0 at the end; -EINVAL with a sentence naming file and line (text where a number must
 * be, time going backwards, MESSAGE_OBSERVATIONS_MAX exceeded, ...); -errno; -ENOMEM.
 */
MUST_CHECK int observation_csv_next(struct observation_csv *csv, int64_t *ret_time_us,
                                    const struct observation_frame *const **ret_frames,
                                    size_t *ret_count, struct error *err);

/* Everything so far. */
const struct observation_csv_counts *observation_csv_counts(const struct observation_csv *csv);

#endif
