/*
 * store_config.h - the one config that every program of a store reads
 *
 * etc/store.cfg is the documented example. Paths are absolute after loading. Optional strings are
 * NULL when not given.
 */
#ifndef FLOORFUSE_CONFIG_STORE_CONFIG_H
#define FLOORFUSE_CONFIG_STORE_CONFIG_H

#include <stdint.h>

#include "config/opening_hours.h"
#include "config/option.h"

/* Default of cameras[].foot_sd_px; what detectors of today reach: a box edge is off by two or three
 * px. */
#define FOOT_SD_PX 3.0

/* Default of database.hq_wal_mb: weeks of a line that is down, on any disk of today. */
#define DATABASE_HQ_WAL_MB 4096

/* In wire.keys: the public key of fusion, which every program that talks to it has. */
#define FUSION_PUBLIC_FILE "fusion.pub"

struct plan_config {
    char *png;                   /* path */
    double metres_per_pixel;     /* m/px */
    struct number_list origin_m; /* floor position of the PNG's lower-left corner, x y */
};

struct floor_config {
    char *id;
    struct plan_config plan;
    char *geojson;    /* path; NULL: the plan's rectangle is walkable */
    double ceiling_m; /* m */
};

/* One network that looks at a camera's pictures. */
struct network_config {
    char *model;   /* path of the .cfg; the .weights and .names lie beside it, see below */
    char *weights; /* NULL: model with .weights instead of .cfg */
    char *names;   /* NULL: the only .names beside the model */
    char *sha256;  /* of the weights; NULL: not checked */
    struct number_list size; /* network width height px; none: as in the cfg */
    bool letterbox;          /* keep the picture's shape; else stretch it to the input */
    double threshold;        /* score, 0..1 */
};

struct detector_config {
    char *engine; /* "auto", "fast", "opencv", "darknet", "hog" */
    struct network_config network;
    double nms_iou;        /* boxes of one class that overlap more are one */
    double nms_soft_sigma; /* >0: soft suppression of this width instead; 0: not */
    struct number_list
        tiles;           /* columns rows that are looked at besides the whole; none: no tiles */
    double tile_overlap; /* of neighbours, by their size */
    double rate_hz;      /* detections per second at most; 0: every frame */
    bool keyframes;      /* decode key frames only */
};

/* When a frame need not be looked at. */
struct gate_config {
    bool enabled;
    double refresh_s; /* the network looks at least this often */
    double hold_s;    /* and at every frame for so long after it last saw anybody */
};

struct camera_config {
    char *id;
    char *floor;
    char *url;               /* file, folder of images, rtsp://, /dev/video0 */
    char *calibration;       /* path of the camera file */
    struct number_list crop; /* left top width height in px; none: the whole frame */
    struct number_list roi;  /* polygon x y ... in full-frame px; feet outside are dropped */
    double fps;              /* overrides a recording's own; 0: its own */
    char *pace;              /* of recordings: "recorded" (as they were filmed) or "fast" */
    char *start;   /* UTC time of a recording's first frame; NULL: when the program starts */
    char *picture; /* PNG of the empty scene, for floorfuse heatmap --over-camera */
    struct number_lists masks; /* polygons x y ... in full-frame px in which nobody is seen */
    double foot_sd_px;         /* how exactly a detector places a box's edge, px */
    double min_person_px;      /* where a person would be lower in the picture, nobody is seen */
    struct detector_config detector;
    struct network_config heads; /* a second network, such as one for heads; no model: none */
    struct gate_config gate;
    bool confine; /* the program gives up what it does not need before it sees a picture */
};

/* How tall the people of a store are: what places heads on the floor. */
struct people_config {
    double height_m, height_sd_m;
};

struct fusion_config {
    int tick_ms;
    int lateness_ms;      /* how long a tick waits for a silent camera */
    int frame_valid_ms;   /* a frame shows that its camera is looking for this long */
    double gate_sigma;    /* association gate, standard deviations */
    double position_sd_m; /* what calibration and detectors get wrong beyond pixel noise */
    double acceleration_sd_m_s2;
    double max_speed_m_s;
    double merge_m;              /* leftovers of different cameras this close are one person */
    int max_gap_ms;              /* a person who is hidden this long is lost */
    int settle_ms;               /* results wait this long for what comes after */
    struct people_config people; /* people.* in the file, for all programs */
};

struct heat_config {
    double cell_m;
    int bucket_s;
    int visit_s;
    double zone_hysteresis_m;
};

/* Of floorfuse replay; its flags come before these. */
struct replay_config {
    char *observations, *out, *out_detections, *events; /* paths */
    char *cameras;            /* path of a camera table; NULL: the config's own */
    struct number_list image; /* width height of all pictures of the table, px */
    double foot_sd_px;        /* of the table's cameras */
    char *floor;              /* id; NULL: the first */
    int tick_ms;              /* 0: a tick at each time of the input */
    struct number_list roi;   /* rectangle (4 numbers) or polygon, floor m; none: everywhere */
};

/* Of floorfuse evaluate; its flags come before these. */
struct evaluate_config {
    char *truth, *result;   /* CSV files */
    double radius_m;        /* a match is at most this far */
    int tolerance_ms;       /* a result this near in time is of that time */
    double cell_m;          /* edge of a heat cell */
    struct number_list roi; /* as of replay */
};

/* How many days facts are kept, by how long a time each of them is about; 0: for ever. */
struct retention_config {
    int bucket_days; /* buckets of heat.bucket_s */
    int hour_days, day_days;
};

struct store_config {
    char *path; /* the file itself; NULL: there is none, see store_config_defaults */
    char *chain;
    char *run_dir;
    char *state_dir;
    struct {
        char *id;
        char *timezone;
        struct option_list hours;      /* of struct hours_config */
        struct option_list exceptions; /* of struct exception_config */
        struct opening_hours opening;  /* what these two say */
    } store;
    struct {
        char *mode; /* "embedded" or "conninfo" */
        char *conninfo;
        char *dir;     /* of the embedded cluster */
        int hq_wal_mb; /* write-ahead log that it keeps for an absent headquarters, MB */
    } database;
    struct option_list floors;  /* of struct floor_config */
    struct option_list cameras; /* of struct camera_config */
    struct fusion_config fusion;
    struct heat_config heat;
    struct retention_config retention;
    struct replay_config replay;
    struct evaluate_config evaluate;
    struct {
        char *endpoint; /* where fusion binds and cameras connect */
        char *status;   /* where fusion answers floorfuse status */
        char *replay;   /* where fusion binds and cameras wait to be asked for what was missed */
        char *keys;     /* folder of keys, see wire/key_file.h */
        char *encrypt;  /* "remote" or "always" */
        int high_water_mark;
        int ring_mb, ring_minutes; /* what a camera keeps for a replay */
    } wire;
    struct {
        int max_mb;
    } spool;
    struct {
        char *http; /* where /metrics, /healthz and /readyz are; NULL: nowhere */
    } status;
};

/*
 * Load and check, across options too: ids are unique, a camera's floor exists, bucket_s divides 900
 * and so on.
 *   ret_config  the caller's, to destroy; set only when the return value is 0
 *   problems    everything found; may be printed in order
 * Returns 0, -EINVAL, or -errno of the file.
 */
MUST_CHECK int store_config_load(const char *path, struct store_config **ret_config,
                                 struct problems *problems);

/* The same for tools that only need the database: a headquarters has a chain and a database, but no
 * store, floors or cameras of its own. */
MUST_CHECK int store_config_load_chain(const char *path, struct store_config **ret_config,
                                       struct problems *problems);

/* The same for floorfuse keys, which makes the keys that sockets for other machines must have. */
MUST_CHECK int store_config_load_keyless(const char *path, struct store_config **ret_config,
                                         struct problems *problems);

/* The defaults of every option, for tools that also work without a store: no floors, no cameras, no
 * store id. Returns 0 or -ENOMEM. */
MUST_CHECK int store_config_defaults(struct store_config **ret_config);
void store_config_destroy(struct store_config **config);

void store_config_dump(const struct store_config *config, FILE *out);

/* Print what docs/configuration.md holds: every option there is. */
void store_config_document(FILE *out);

/* NULL when there is none of that id. */
const struct camera_config *store_config_camera(const struct store_config *config, const char *id);
const struct floor_config *store_config_floor(const struct store_config *config, const char *id);

static inline const struct camera_config *store_config_cameras(const struct store_config *config)
{
    return config->cameras.items;
}

static inline const struct floor_config *store_config_floors(const struct store_config *config)
{
    return config->floors.items;
}

/* Whether only programs of this machine reach an endpoint: ipc://, or tcp:// on a loopback address.
 * Names of interfaces and wildcards are not looked into: they may be anything. */
bool store_config_is_local(const char *endpoint);

/* Whether what goes over an endpoint is encrypted and both ends show their keys: wherever another
 * machine could reach it, and everywhere with wire.encrypt = "always". */
bool store_config_is_sealed(const struct store_config *config, const char *endpoint);

/* An integer key for a store that no other store of any chain is likely to have: the first 31 bits
 * of SHA-256 of "chain/store", never 0. */
int32_t store_config_key(const struct store_config *config);

#endif
