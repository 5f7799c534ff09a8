/*
 * finding.h - a proposed correction of a camera, as a file
 *
 * Something has noticed that what a camera puts on the floor lies beside where it should: other
 * cameras that see the same people, known paths, a person with a tape. The finding says which
 * version of the calibration it was judged against, and how to move its floor points:
 *
 *   kind = "calibration-shift";
 *   camera = "left";
 *   calibration = "5de34e20...";   # the version, at least 8 digits of it
 *   correction = { dx_m = 0.12; dy_m = -0.03; rotation_deg = 0.4; about = [12.0, 5.0]; };
 *
 * The correction turns floor points by rotation_deg (x towards y) about a point, then moves them.
 * Instead floor_from_floor = ((...), (...), (...)) may be given, a 3x3 homography of floor metres.
 */
#ifndef FLOORFUSE_CALIB_FINDING_H
#define FLOORFUSE_CALIB_FINDING_H

#include "calib/camera_file.h"
#include "geom/matrix3.h"

struct finding {
    char *kind, *camera;
    char *calibration; /* version, or its beginning */
    struct {
        double dx_m, dy_m, rotation_deg;
        struct number_list about;            /* x y, m; none: (0, 0) */
        struct number_list floor_from_floor; /* 9 numbers instead; none: the above */
    } correction;
    double confidence; /* 0..1; 0: not said */
    char *evidence, *note;
};

/*
 * Read a finding and check that it can be one.
 *   ret_finding  zeroed by the caller; to be released in any case
 * Returns 0; -EINVAL with at least one problem added (other kind, version too short, both or no
 * correction, a singular or mirrored map).
 */
MUST_CHECK int finding_read(const char *text, const char *name, struct finding *ret_finding,
                            struct problems *problems);
void finding_release(struct finding *finding);

/* Whether it was judged against this version. */
bool finding_is_about(const struct finding *finding, const char *version);

/* Where the correction puts floor points. */
struct matrix3 finding_floor_from_floor(const struct finding *finding);

/*
 * Move a camera: what it put at p it puts at the corrected p now. Cameras that know heights keep
 * them, so only a rigid correction can be applied to those. Marked points move along: they were
 * measured in the floor's old frame, and say the same about the camera in the new one.
 *   file  changed in place
 * Returns 0, or -EDOM for a homography that is not rigid and a camera that knows heights.
 */
MUST_CHECK int finding_apply(const struct finding *finding, struct camera_file *file);

#endif
