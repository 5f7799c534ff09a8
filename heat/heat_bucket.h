/*
 * heat_bucket.h - the facts of one floor and one time bucket, as structs
 *
 * What fusion counts and storage writes. All measures are sums, so that any roll-up is a SUM.
 * Dwell is person-milliseconds; a pass is a track that entered a cell; movement is the sum of
 * displacements of tracks while in the cell.
 */
#ifndef FLOORFUSE_HEAT_HEAT_BUCKET_H
#define FLOORFUSE_HEAT_HEAT_BUCKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "geom/grid.h"
#include "heat/camera_set.h"
#include "heat/latency_sketch.h"

#define SHA256_TEXT_BYTES 65

/* Cells where nothing happened have no entry. */
struct heat_cell {
    uint32_t cell; /* index in the grid */
    uint32_t passes;
    int64_t dwell_ms;
    int64_t move_x_mm, move_y_mm; /* net displacement */
    int64_t path_mm;              /* length walked; net / path tells how one-way the cell is */
};

/* For exposure_ms of this bucket exactly these cameras were looking: camera i of the set is
 * cameras[i] of the bucket. */
struct heat_exposure {
    struct camera_set camera_set;
    int64_t exposure_ms;
};

/* One camera in this bucket: what it sent and what it can see. */
struct heat_camera {
    char camera[ID_SIZE];
    char calibration_version[SHA256_TEXT_BYTES];
    uint8_t *footprint; /* mask of grid_mask_bytes; owned */
    int64_t frames, observations, missed;
    uint64_t boot_id;       /* position covered: all frames of this boot up to sequence */
    uint64_t last_sequence; /* valid when frames > 0 */
    /* What looked at the latest frame by capture time; "" and 0: no frame, or it does not say. */
    char model[ID_SIZE];
    uint32_t model_width, model_height; /* network input, px; 0 if the engine has none */
    struct latency_sketch latency;      /* from capture to publishing, of frames that say when */
};

/* How two cameras agree about people both saw: sums of (a - b), for means and spreads. */
struct heat_pair {
    uint32_t camera_a, camera_b; /* indices in cameras, a < b by name */
    int64_t count;
    double sum_dx_m, sum_dy_m;
    double sum_squared_m2; /* of dx^2 + dy^2 */
};

/* One zone in this bucket. An exit, like a person's last position, is known some seconds late and
 * is counted in the bucket that is open then; everything else in the bucket that holds its tick. */
struct heat_zone {
    char zone[ID_SIZE];
    int64_t entries, exits;
    int64_t visits; /* stays that reached visit_s in this bucket */
    int64_t
        dwell_ms; /* sum over ticks of people inside x tick length; by exposure: mean occupancy */
    int64_t peak_people;
};

/* One line: how often it was crossed, seen as one walks from its first corner to its last. */
struct heat_line {
    char line[ID_SIZE];
    int64_t left_to_right, right_to_left;
};

/* People who entered one zone next after another. */
struct heat_flow {
    uint32_t from, to; /* indices in zones */
    int64_t count;
};

/* How zones and lines were counted: two buckets can be compared when theirs are the same. */
struct heat_definition {
    int visit_s;
    double hysteresis_m;
};

struct heat_bucket {
    char store[ID_SIZE], floor[ID_SIZE];
    struct grid grid;
    int64_t start_us, end_us; /* [start, end), UTC */
    int64_t peak_people;      /* most confirmed tracks at one tick */
    int64_t people_ms;        /* sum over ticks of confirmed tracks x tick length */
    struct heat_cell *cells;  /* by cell index, ascending */
    size_t cell_count;
    struct heat_exposure *exposures;
    size_t exposure_count;
    struct heat_camera *cameras; /* by name, ascending */
    size_t camera_count;
    struct heat_pair *pairs;
    size_t pair_count;
    struct heat_definition definition;
    struct heat_zone *zones; /* all of the map, by name */
    size_t zone_count;
    struct heat_line *lines; /* all of the map, by name */
    size_t line_count;
    struct heat_flow *flows; /* by from, then to */
    size_t flow_count;
};

/* Free a bucket and everything in it; sets *bucket to NULL; NULL inside is fine. */
void heat_bucket_destroy(struct heat_bucket **bucket);

/* The start of the bucket that holds a time; bucket_s divides 900, so all buckets start on UTC
 * multiples of bucket_s. Times before 1970 round down as well. */
int64_t heat_bucket_start_us(int64_t wall_us, int bucket_s);

#endif
