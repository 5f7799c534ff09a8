/*
 * evidence.h - what the cameras said in one tick, before fusion corrects and combines it
 *
 * For whoever judges the cameras (consistency/): each box as its camera placed it, who looked at
 * whom and whether they found them, and the tracks that all this has moved. Everything is borrowed
 * for the call, and belongs to the live picture: a track may turn out to be nobody.
 *
 * Frame: floor metres. Times: capture time, UTC us.
 */
#ifndef FLOORFUSE_FUSION_EVIDENCE_H
#define FLOORFUSE_FUSION_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geom/point.h"

/* One box. */
struct evidence_sighting {
    int camera;     /* slot */
    uint64_t track; /* whom fusion takes it for; 0: nobody who was known */
    int64_t capture_us;
    struct floor_m foot;           /* as the camera's calibration puts its lower edge */
    struct covariance2 covariance; /* m^2, of that place, by the camera */
    double height_m;               /* of the upper edge over it; NaN: not known */
    struct box_px box;
    float score;
    uint32_t reasons; /* enum observation_reason */
    bool feet_seen;   /* surely enough: nothing hides the lower edge */
    bool is_part;     /* of somebody whom another box of the frame shows whole */
};

/* A camera whose frame shows a track's place. */
struct evidence_look {
    int camera; /* slot */
    uint64_t track;
    bool found;     /* one of its boxes is the track's */
    double visible; /* share of the person in plain sight as far as is known, 0..1; NaN: unknown */
};

struct evidence_track {
    uint64_t number;
    bool confirmed, lost;    /* neither: tentative */
    struct floor_m position; /* at the tick's end */
    double velocity_x_m_s, velocity_y_m_s;
    double height_m, height_sd_m; /* as learned from boxes whose feet are seen */
    int64_t born_us, seen_us;     /* first and last sighting */
    uint32_t cameras;             /* that found it in this tick */
};

struct evidence {
    int64_t tick_us, duration_us;              /* its end; its length */
    const struct evidence_sighting *sightings; /* in order of capture time and camera name */
    size_t sighting_count;
    const struct evidence_look *looks; /* at tracks that are not lost, by track */
    size_t look_count;
    const struct evidence_track *tracks; /* by number, ascending; who ended in this tick is gone */
    size_t track_count;
    const int64_t *look_us; /* by slot: the last frame of the tick in which it looked; INT64_MIN */
    int camera_count;       /* slots; fusion_camera_name says whose they are */
};

#endif
