/*
 * store_config.c - the one config that every program of a store reads
 *
 * The table is the truth: loading, checking, printing and docs/configuration.md follow it. What one
 * line cannot say (ids are unique, floors exist) is in store_check.c.
 */
#include "config/store_config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notify.h"
#include "config/option_lines.h"
#include "config/store_check.h"

#define STORE(member)     offsetof(struct store_config, member)
#define FLOOR(member)     offsetof(struct floor_config, member)
#define CAMERA(member)    offsetof(struct camera_config, member)
#define HOURS(member)     offsetof(struct hours_config, member)
#define EXCEPTION(member) offsetof(struct exception_config, member)

/* clang-format off: one line an option reads best */
static const struct option store_options[] = {
    { "chain", OPTION_ID, STORE(chain), .default_string = "default",
      .help = "the chain the store belongs to" },
    { "run_dir", OPTION_PATH, STORE(run_dir),
      .help = "sockets and locks; default $RUNTIME_DIRECTORY in a service, /run/floorfuse/STORE as "
              "root, else below $XDG_RUNTIME_DIR or /tmp" },
    { "state_dir", OPTION_PATH, STORE(state_dir),
      .help =
          "what a program knows when it starts again: rings of messages, spool, checkpoint; "
          "default $STATE_DIRECTORY/state in a service, /var/lib/floorfuse/STORE/state as root, "
          "else var/state beside this file" },
    { "store.id", OPTION_ID, STORE(store.id), .required = true,
      .help = "the store, unique in the chain" },
    { "store.timezone", OPTION_STRING, STORE(store.timezone), .default_string = "UTC",
      .help = "IANA time zone, e.g. Europe/Berlin" },
    { "store.hours[]", OPTION_LIST, STORE(store.hours), sizeof(struct hours_config), .max = 100,
      .help = "when it is open in a usual week; none: always" },
    { "store.hours[].days", OPTION_STRING, HOURS(days), .required = true,
      .help = "mon, tue, wed, thu, fri, sat, sun: \"mon-fri\" or \"mon,wed\"" },
    { "store.hours[].open", OPTION_STRING, HOURS(open), .required = true,
      .help = "local time, 00:00 to 23:59; another entry of the day is another interval" },
    { "store.hours[].close", OPTION_STRING, HOURS(close), .required = true,
      .help = "local time, 00:00 to 24:00; before open: on the next day" },
    { "store.exceptions[]", OPTION_LIST, STORE(store.exceptions), sizeof(struct exception_config),
      .max = 1000, .help = "dates with hours of their own, in place of those of the weekday" },
    { "store.exceptions[].date", OPTION_STRING, EXCEPTION(date), .required = true,
      .help = "such as 2026-12-24" },
    { "store.exceptions[].open", OPTION_STRING, EXCEPTION(open),
      .help = "as store.hours[].open; without open and close: closed all day" },
    { "store.exceptions[].close", OPTION_STRING, EXCEPTION(close),
      .help = "as store.hours[].close" },
    { "database.mode", OPTION_STRING, STORE(database.mode), .default_string = "embedded",
      .choices = "embedded|conninfo", .help = "a private PostgreSQL, or a server of yours" },
    { "database.conninfo", OPTION_STRING, STORE(database.conninfo),
      .help = "libpq connection string, for mode conninfo; passwords belong in ~/.pgpass" },
    { "database.dir", OPTION_PATH, STORE(database.dir),
      .help = "folder of the private PostgreSQL; default $STATE_DIRECTORY/pg in a service, "
              "/var/lib/floorfuse/STORE/pg as root, else var/pg beside this file" },
    { "database.hq_wal_mb", OPTION_INT, STORE(database.hq_wal_mb),
      .default_number = DATABASE_HQ_WAL_MB, .min = 64, .max = 1000000,
      .help =
          "what the private PostgreSQL keeps for an absent headquarters, MB; see docs/chain.md" },
    { "floors[]", OPTION_LIST, STORE(floors), sizeof(struct floor_config), .required = true,
      .min = 1, .max = 1000, .help = "the store's floors" },
    { "floors[].id", OPTION_ID, FLOOR(id), .required = true, .help = "unique in the store" },
    { "floors[].plan.png", OPTION_PATH, FLOOR(plan.png), .help = "picture of the floor plan" },
    { "floors[].plan.metres_per_pixel", OPTION_DOUBLE, FLOOR(plan.metres_per_pixel),
      .default_number = 0.02, .min = 0.0005, .max = 10,
      .help = "scale of the plan's picture, m/px" },
    { "floors[].plan.origin_m", OPTION_NUMBERS, FLOOR(plan.origin_m), .min = 2, .max = 2,
      .help = "floor position x, y of the picture's lower-left corner, m" },
    { "floors[].geojson", OPTION_PATH, FLOOR(geojson),
      .help =
          "where people can walk, walls, shelves; without it the plan's rectangle is walkable" },
    { "floors[].ceiling_m", OPTION_DOUBLE, FLOOR(ceiling_m), .default_number = 3, .min = 1.8,
      .max = 100, .help = "height of the ceiling, m" },
    { "cameras[]", OPTION_LIST, STORE(cameras), sizeof(struct camera_config), .required = true,
      .min = 1, .max = 1000, .help = "the store's cameras" },
    { "cameras[].id", OPTION_ID, CAMERA(id), .required = true, .help = "unique in the store" },
    { "cameras[].floor", OPTION_ID, CAMERA(floor), .required = true,
      .help = "the floor it looks at" },
    { "cameras[].url", OPTION_STRING, CAMERA(url), .required = true,
      .help = "file, folder of stills, rtsp://..., /dev/video0" },
    { "cameras[].calibration", OPTION_PATH, CAMERA(calibration), .required = true,
      .help = "camera file, see docs/calibration.md" },
    { "cameras[].crop", OPTION_NUMBERS, CAMERA(crop), .min = 4, .max = 4,
      .help = "part of the picture to look at: left, top, width, height, px" },
    { "cameras[].roi", OPTION_NUMBERS, CAMERA(roi), .min = 6, .max = 2000,
      .help = "polygon x, y, ... in full-frame px; feet outside are dropped" },
    { "cameras[].masks", OPTION_NUMBER_LISTS, CAMERA(masks), .min = 6, .max = 2000,
      .help = "polygons [x, y, ...] in full-frame px; nobody is seen in them: posters, screens" },
    { "cameras[].min_person_px", OPTION_DOUBLE, CAMERA(min_person_px), .default_number = 0,
      .min = 0, .max = 1000,
      .help = "places where a person would be lower than this in the picture count as not seen; "
              "0: all count" },
    { "cameras[].fps", OPTION_DOUBLE, CAMERA(fps), .min = 0, .max = 1000,
      .help = "frames a second, instead of a recording's own; 0: its own" },
    { "cameras[].pace", OPTION_STRING, CAMERA(pace), .default_string = "recorded",
      .choices = "recorded|fast",
      .help = "play a recording as it was filmed, or as fast as it goes" },
    { "cameras[].start", OPTION_STRING, CAMERA(start),
      .help = "UTC time of a recording's first frame; default: when the store starts" },
    { "cameras[].picture", OPTION_PATH, CAMERA(picture),
      .help = "PNG of the scene without people, for heatmap --over-camera" },
    { "cameras[].foot_sd_px", OPTION_DOUBLE, CAMERA(foot_sd_px), .default_number = FOOT_SD_PX,
      .min = 0.1, .max = 100,
      .help = "how exactly the detector places a box's edge, standard deviation, px" },
    { "cameras[].detector.engine", OPTION_STRING, CAMERA(detector.engine), .default_string = "auto",
      .choices = "auto|fast|opencv|darknet|hog", .help = "auto takes the fastest that can run" },
    { "cameras[].detector.model", OPTION_PATH, CAMERA(detector.network.model),
      .help = "Darknet .cfg; .weights and .names lie beside it; none: HOG" },
    { "cameras[].detector.weights", OPTION_PATH, CAMERA(detector.network.weights),
      .help = "default: the model with .weights for .cfg" },
    { "cameras[].detector.names", OPTION_PATH, CAMERA(detector.network.names),
      .help = "class names; default: called like the model, else the only .names beside it" },
    { "cameras[].detector.sha256", OPTION_STRING, CAMERA(detector.network.sha256),
      .help = "of the weights, 64 hexadecimal digits; default: not checked" },
    { "cameras[].detector.size", OPTION_NUMBERS, CAMERA(detector.network.size), .min = 2, .max = 2,
      .help = "network input width, height, px, multiples of 32; default: as in the .cfg" },
    { "cameras[].detector.threshold", OPTION_DOUBLE, CAMERA(detector.network.threshold),
      .default_number = 0.5, .min = 0.001, .max = 1, .help = "least score of a detection" },
    { "cameras[].detector.letterbox", OPTION_BOOL, CAMERA(detector.network.letterbox),
      .help =
          "keep the picture's shape and pad it, as some networks were trained; else stretch it" },
    { "cameras[].detector.nms_iou", OPTION_DOUBLE, CAMERA(detector.nms_iou), .default_number = 0.45,
      .min = 0.01, .max = 1, .help = "boxes that overlap more are one" },
    { "cameras[].detector.rate_hz", OPTION_DOUBLE, CAMERA(detector.rate_hz), .min = 0, .max = 1000,
      .help = "detections a second at most; 0: every frame" },
    { "cameras[].detector.nms_soft_sigma", OPTION_DOUBLE, CAMERA(detector.nms_soft_sigma), .min = 0,
      .max = 10,
      .help = "weaken boxes that overlap instead (soft-NMS); 0.5 is usual; 0: nms_iou decides" },
    { "cameras[].detector.tiles", OPTION_NUMBERS, CAMERA(detector.tiles), .min = 2, .max = 2,
      .help = "columns, rows: look at these parts of a wide picture too, for small people" },
    { "cameras[].detector.tile_overlap", OPTION_DOUBLE, CAMERA(detector.tile_overlap),
      .default_number = 0.2, .min = 0, .max = 0.9, .help = "of neighbouring tiles, by their size" },
    { "cameras[].detector.keyframes", OPTION_BOOL, CAMERA(detector.keyframes),
      .help = "decode only frames that need no others: little work, few frames" },
    { "cameras[].heads.model", OPTION_PATH, CAMERA(heads.model),
      .help = "a second network on the same pictures, such as one for heads; default: none" },
    { "cameras[].heads.weights", OPTION_PATH, CAMERA(heads.weights),
      .help = "as detector.weights" },
    { "cameras[].heads.names", OPTION_PATH, CAMERA(heads.names), .help = "as detector.names" },
    { "cameras[].heads.sha256", OPTION_STRING, CAMERA(heads.sha256), .help = "as detector.sha256" },
    { "cameras[].heads.size", OPTION_NUMBERS, CAMERA(heads.size), .min = 2, .max = 2,
      .help = "as detector.size" },
    { "cameras[].heads.letterbox", OPTION_BOOL, CAMERA(heads.letterbox),
      .help = "as detector.letterbox" },
    { "cameras[].heads.threshold", OPTION_DOUBLE, CAMERA(heads.threshold), .default_number = 0.5,
      .min = 0.001, .max = 1, .help = "least score of its detections" },
    { "cameras[].gate.enabled", OPTION_BOOL, CAMERA(gate.enabled), .default_number = 1,
      .help = "let the network rest while nothing moves and nobody is there" },
    { "cameras[].gate.refresh_s", OPTION_DOUBLE, CAMERA(gate.refresh_s), .default_number = 2,
      .min = 0.1, .max = 3600, .help = "look at least this often" },
    { "cameras[].gate.hold_s", OPTION_DOUBLE, CAMERA(gate.hold_s), .default_number = 10, .min = 0,
      .max = 3600, .help = "look at every frame for so long after anybody was seen" },
    { "cameras[].confine", OPTION_BOOL, CAMERA(confine), .default_number = 1,
      .help = "the program may only do what a camera has to; false, for debugging and for engines "
              "on a GPU: whatever its user may" },
    { "fusion.tick_ms", OPTION_INT, STORE(fusion.tick_ms), .default_number = 100, .min = 10,
      .max = 1000, .help = "length of a tick of capture time; divides 1000" },
    { "fusion.lateness_ms", OPTION_INT, STORE(fusion.lateness_ms), .default_number = 1000, .min = 0,
      .max = 60000, .help = "how long a tick waits for a silent camera" },
    { "fusion.frame_valid_ms", OPTION_INT, STORE(fusion.frame_valid_ms), .default_number = 1000,
      .min = 10, .max = 60000, .help = "a frame shows that its camera is looking for this long" },
    { "fusion.gate_sigma", OPTION_DOUBLE, STORE(fusion.gate_sigma), .default_number = 5, .min = 1,
      .max = 10, .help = "association gate, standard deviations" },
    { "fusion.position_sd_m", OPTION_DOUBLE, STORE(fusion.position_sd_m), .default_number = 0.2,
      .min = 0.01, .max = 2,
      .help = "what calibration and detectors get wrong beyond pixel noise, m" },
    { "fusion.acceleration_sd_m_s2", OPTION_DOUBLE, STORE(fusion.acceleration_sd_m_s2),
      .default_number = 0.4, .min = 0.01, .max = 20,
      .help = "how suddenly people change their walk, m/s^2" },
    { "fusion.max_speed_m_s", OPTION_DOUBLE, STORE(fusion.max_speed_m_s), .default_number = 4,
      .min = 0.5, .max = 20, .help = "nobody is faster, m/s" },
    { "fusion.merge_m", OPTION_DOUBLE, STORE(fusion.merge_m), .default_number = 0.8, .min = 0.1,
      .max = 5, .help = "observations of two cameras this close may be one person, m" },
    { "fusion.max_gap_ms", OPTION_INT, STORE(fusion.max_gap_ms), .default_number = 2000, .min = 0,
      .max = 60000, .help = "a person who is hidden this long is lost" },
    { "fusion.settle_ms", OPTION_INT, STORE(fusion.settle_ms), .default_number = 2000, .min = 0,
      .max = 10000, .help = "heat and tracks wait this long for what comes after" },
    { "people.height_m", OPTION_DOUBLE, STORE(fusion.people.height_m), .default_number = 1.7,
      .min = 1, .max = 2.2, .help = "mean height of standing people, m: where heads are" },
    { "people.height_sd_m", OPTION_DOUBLE, STORE(fusion.people.height_sd_m), .default_number = 0.1,
      .min = 0.01, .max = 0.5, .help = "standard deviation of their heights, m" },
    { "heat.cell_m", OPTION_DOUBLE, STORE(heat.cell_m), .default_number = 0.25, .min = 0.05,
      .max = 5, .help = "edge of a heat cell, m" },
    { "heat.bucket_s", OPTION_INT, STORE(heat.bucket_s), .default_number = 60, .min = 1, .max = 900,
      .help = "length of a heat bucket, s; divides 900" },
    { "heat.visit_s", OPTION_INT, STORE(heat.visit_s), .default_number = 5, .min = 0, .max = 3600,
      .help = "a stay this long is a visit, s" },
    { "heat.zone_hysteresis_m", OPTION_DOUBLE, STORE(heat.zone_hysteresis_m), .default_number = 0.3,
      .min = 0, .max = 5, .help = "a zone is left, and a line crossed, this far beyond it, m" },
    { "retention.bucket_days", OPTION_INT, STORE(retention.bucket_days), .default_number = 400,
      .min = 0, .max = 36500, .help = "heat buckets are kept so many days; 0: for ever" },
    { "retention.hour_days", OPTION_INT, STORE(retention.hour_days), .default_number = 1200,
      .min = 0, .max = 36500, .help = "hours that were rolled up from them; 0: for ever" },
    { "retention.day_days", OPTION_INT, STORE(retention.day_days), .default_number = 0, .min = 0,
      .max = 36500, .help = "days that were rolled up from hours; 0: for ever" },
    { "replay.observations", OPTION_PATH, STORE(replay.observations),
      .help = "CSV file of detections to replay, see docs/replay.md" },
    { "replay.out", OPTION_PATH, STORE(replay.out), .help = "where replay writes tracks, CSV" },
    { "replay.out_detections", OPTION_PATH, STORE(replay.out_detections),
      .help = "where replay writes the fused positions of single ticks, CSV; default: nowhere" },
    { "replay.events", OPTION_PATH, STORE(replay.events),
      .help = "where replay writes who entered zones and crossed lines, CSV, see docs/zones.md" },
    { "replay.cameras", OPTION_PATH, STORE(replay.cameras),
      .help = "table of names and 3x4 matrices that stands for cameras[] in replay" },
    { "replay.image", OPTION_NUMBERS, STORE(replay.image), .min = 2, .max = 2,
      .help = "width, height of the pictures of replay.cameras, px" },
    { "replay.foot_sd_px", OPTION_DOUBLE, STORE(replay.foot_sd_px), .default_number = FOOT_SD_PX,
      .min = 0.1, .max = 100, .help = "as cameras[].foot_sd_px, of replay.cameras" },
    { "replay.floor", OPTION_ID, STORE(replay.floor),
      .help = "the floor to replay; default: the first" },
    { "replay.tick_ms", OPTION_INT, STORE(replay.tick_ms), .min = 0, .max = 1000,
      .help = "length of a tick of replay; divides 1000; 0: a tick at each time of the input" },
    { "replay.roi", OPTION_NUMBERS, STORE(replay.roi), .min = 4, .max = 2000,
      .help = "replay writes only what lies in it: xmin, ymin, xmax, ymax or polygon x, y, ..., "
              "m" },
    { "evaluate.truth", OPTION_PATH, STORE(evaluate.truth),
      .help = "CSV file with the truth, see docs/evaluation.md" },
    { "evaluate.result", OPTION_PATH, STORE(evaluate.result),
      .help = "CSV file of tracks to compare with the truth" },
    { "evaluate.radius_m", OPTION_DOUBLE, STORE(evaluate.radius_m), .default_number = 0.5,
      .min = 0.01, .max = 1000, .help = "a match is at most this far, m" },
    { "evaluate.tolerance_ms", OPTION_INT, STORE(evaluate.tolerance_ms), .default_number = 50,
      .min = 0, .max = 60000, .help = "a result this near in time is of that time" },
    { "evaluate.cell_m", OPTION_DOUBLE, STORE(evaluate.cell_m), .default_number = 0.25, .min = 0.01,
      .max = 1000, .help = "edge of a heat cell of the heat error, m" },
    { "evaluate.roi", OPTION_NUMBERS, STORE(evaluate.roi), .min = 4, .max = 2000,
      .help = "evaluate scores only what lies in it, as replay.roi" },
    { "wire.endpoint", OPTION_STRING, STORE(wire.endpoint),
      .help = "where fusion binds and cameras connect; default ipc://RUN_DIR/observations" },
    { "wire.status", OPTION_STRING, STORE(wire.status),
      .help = "where fusion answers floorfuse status; default ipc://RUN_DIR/status" },
    { "wire.replay", OPTION_STRING, STORE(wire.replay),
      .help = "where fusion asks cameras for what it missed; default ipc://RUN_DIR/replay" },
    { "wire.keys", OPTION_PATH, STORE(wire.keys),
      .help =
          "folder of keys, see docs/security.md; default /var/lib/floorfuse/STORE/keys as root, "
          "else var/keys beside this file" },
    { "wire.encrypt", OPTION_STRING, STORE(wire.encrypt), .default_string = "remote",
      .choices = "remote|always",
      .help =
          "encrypt, and ask for keys, where another machine could reach a socket, or everywhere" },
    { "wire.high_water_mark", OPTION_INT, STORE(wire.high_water_mark), .default_number = 1000,
      .min = 1, .max = 1000000,
      .help = "messages queued at most before they are dropped and counted" },
    { "wire.ring_mb", OPTION_INT, STORE(wire.ring_mb), .default_number = 256, .min = 0,
      .max = 1000000,
      .help = "last messages that a camera keeps on disk for a replay, MB; 0: none" },
    { "wire.ring_minutes", OPTION_INT, STORE(wire.ring_minutes), .default_number = 240, .min = 1,
      .max = 100000, .help = "and for how long" },
    { "spool.max_mb", OPTION_INT, STORE(spool.max_mb), .default_number = 1024, .min = 1,
      .max = 1000000, .help = "finished buckets that wait on disk for the database, MB" },
    { "status.http", OPTION_STRING, STORE(status.http),
      .help = "where fusion serves /metrics, /healthz and /readyz: a loopback address and a port, "
              "such as 127.0.0.1:9464; default: nowhere; see docs/operations.md" },
};
/* clang-format on */

#define OPTION_COUNT ARRAY_LENGTH(store_options)

/* What is wrong with them is told by store_check.c. */
static bool fill_hours(struct store_config *config)
{
    return opening_hours_parse(&config->store.hours, &config->store.exceptions, NULL,
                               &config->store.opening) != -ENOMEM;
}

/* Missing floors and the like are problems of a store, not of the defaults. */
int store_config_defaults(struct store_config **ret_config)
{
    AUTO(problems_release) struct problems problems = { 0 };
    struct store_config *config = calloc(1, sizeof(*config));
    if (!config)
        return -ENOMEM;
    if (options_parse("", "defaults", store_options, OPTION_COUNT, config, &problems) == -ENOMEM ||
        !fill_hours(config)) {
        store_config_destroy(&config);
        return -ENOMEM;
    }
    *ret_config = config;
    return 0;
}

void store_config_destroy(struct store_config **config)
{
    if (!*config)
        return;
    options_release(store_options, OPTION_COUNT, *config);
    opening_hours_release(&(*config)->store.opening);
    free((*config)->path);
    free(*config);
    *config = NULL;
}

void store_config_dump(const struct store_config *config, FILE *out)
{
    options_dump(store_options, OPTION_COUNT, config, out);
}

void store_config_document(FILE *out)
{
    fputs("# Every option of a store config\n\n"
          "Written by `floorfuse check --options` from the option table in config/store_config.c; "
          "a test holds the two\ntogether. Files are libconfig: `heat = { cell_m = 0.25; "
          "bucket_s = 60; };`. Paths are relative to the file.\n`[]` marks the entries of a list. "
          "An unknown key is an error.\n\n",
          out);
    options_document(store_options, OPTION_COUNT, out);
}

const struct camera_config *store_config_camera(const struct store_config *config, const char *id)
{
    const struct camera_config *cameras = store_config_cameras(config);
    for (size_t i = 0; i < config->cameras.count; i++)
        if (cameras[i].id && strcmp(cameras[i].id, id) == 0) /* none: while it is being checked */
            return &cameras[i];
    return NULL;
}

const struct floor_config *store_config_floor(const struct store_config *config, const char *id)
{
    const struct floor_config *floors = store_config_floors(config);
    for (size_t i = 0; i < config->floors.count; i++)
        if (floors[i].id && strcmp(floors[i].id, id) == 0)
            return &floors[i];
    return NULL;
}

bool store_config_is_local(const char *endpoint)
{
    char host[64];
    struct in_addr address;
    if (strncmp(endpoint, "ipc://", 6) == 0)
        return true;
    const char *port = strrchr(endpoint, ':');
    if (strncmp(endpoint, "tcp://", 6) != 0 || !port || port < endpoint + 6)
        return false;
    size_t length = (size_t) (port - (endpoint + 6));
    if (length >= sizeof(host))
        return false;
    memcpy(host, endpoint + 6, length);
    host[length] = '\0';
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

bool store_config_is_sealed(const struct store_config *config, const char *endpoint)
{
    bool always = config->wire.encrypt && strcmp(config->wire.encrypt, "always") == 0;
    return always || !store_config_is_local(endpoint);
}

int32_t store_config_key(const struct store_config *config)
{
    char name[2 * ID_SIZE + 2], hex[SHA256_TEXT_SIZE];
    int length = snprintf(name, sizeof(name), "%s/%s", config->chain, config->store.id);
    file_sha256_bytes(name, (size_t) length, hex);
    hex[8] = '\0';
    int32_t key = (int32_t) (strtoul(hex, NULL, 16) >> 1);
    return key ? key : 1;
}

/* ---- defaults that follow from others ---- */

static char *default_run_dir(const char *store)
{
    const char *service = notify_folder("RUNTIME_DIRECTORY");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char *path;
    int r;
    if (service)
        r = asprintf(&path, "%s", service);
    else if (geteuid() == 0)
        r = asprintf(&path, "/run/floorfuse/%s", store);
    else if (runtime && runtime[0] == '/')
        r = asprintf(&path, "%s/floorfuse/%s", runtime, store);
    else
        r = asprintf(&path, "/tmp/floorfuse-%u/%s", (unsigned) geteuid(), store);
    return r < 0 ? NULL : path;
}

/* name: "state" or "keys" */
static char *default_folder(const struct store_config *c, const char *name)
{
    const char *service = notify_folder("STATE_DIRECTORY");
    char *path, beside[32];
    if (service)
        return asprintf(&path, "%s/%s", service, name) < 0 ? NULL : path;
    if (geteuid() == 0)
        return asprintf(&path, "/var/lib/floorfuse/%s/%s", c->store.id ? c->store.id : "store",
                        name) < 0
                   ? NULL
                   : path;
    (void) snprintf(beside, sizeof(beside), "var/%s", name);
    return file_resolve(c->path ? c->path : ".", beside);
}

static char *default_endpoint(const char *run_dir, const char *name)
{
    char *endpoint;
    return asprintf(&endpoint, "ipc://%s/%s", run_dir, name) < 0 ? NULL : endpoint;
}

/* A recording beside the config; streams and devices stay as they are. */
static void resolve_url(struct camera_config *camera, const char *config_path)
{
    if (!camera->url || strstr(camera->url, "://") || camera->url[0] == '/')
        return;
    char *resolved = file_resolve(config_path, camera->url);
    if (resolved) {
        free(camera->url);
        camera->url = resolved;
    }
}

/* Digests are compared letter by letter with ours, which are lower-case. */
static void lower_case(char *text)
{
    for (; text && *text; text++)
        *text = (char) tolower((unsigned char) *text);
}

static bool fill_defaults(struct store_config *c)
{
    if (!c->run_dir)
        c->run_dir = default_run_dir(c->store.id ? c->store.id : "store");
    if (c->run_dir && !c->wire.endpoint)
        c->wire.endpoint = default_endpoint(c->run_dir, "observations");
    if (c->run_dir && !c->wire.status)
        c->wire.status = default_endpoint(c->run_dir, "status");
    if (c->run_dir && !c->wire.replay)
        c->wire.replay = default_endpoint(c->run_dir, "replay");
    if (!c->state_dir)
        c->state_dir = default_folder(c, "state");
    if (!c->wire.keys)
        c->wire.keys = default_folder(c, "keys");
    struct camera_config *cameras = c->cameras.items;
    for (size_t i = 0; i < c->cameras.count; i++) {
        resolve_url(&cameras[i], c->path);
        lower_case(cameras[i].detector.network.sha256);
        lower_case(cameras[i].heads.sha256);
    }
    return fill_hours(c) && c->run_dir && c->state_dir && c->wire.endpoint && c->wire.status &&
           c->wire.replay && c->wire.keys;
}

/* A file that could be read at all: what its keys mean together. */
static int check_config(struct store_config *config, const char *path,
                        const struct option_lines *lines, bool keyless, size_t first,
                        struct problems *problems)
{
    if (!fill_defaults(config))
        return -ENOMEM;
    if (lines->count == 0 && problems->count > first)
        return -EINVAL; /* it was no config; every other sentence would follow from that */
    store_config_check(config, path, lines, problems);
    if (!keyless)
        store_config_check_keys(config, path, lines, problems);
    problems_sort(problems, first, path);
    return problems->count > first ? -EINVAL : 0;
}

static int load_by(const struct option *options, const char *path, bool keyless,
                   struct store_config **ret_config, struct problems *problems)
{
    AUTO(store_config_destroy) struct store_config *config = calloc(1, sizeof(*config));
    AUTO(option_lines_release) struct option_lines lines = { 0 };
    if (!config || !(config->path = path_absolute(path)))
        return -ENOMEM;
    size_t first = problems->count;
    int r = options_load_lines(path, options, OPTION_COUNT, config, problems, &lines);
    if (r == 0 || r == -EINVAL) {
        int checked = check_config(config, path, &lines, keyless, first, problems);
        r = checked < 0 ? checked : r;
    }
    if (r < 0)
        return r;
    *ret_config = config;
    config = NULL;
    return 0;
}

int store_config_load(const char *path, struct store_config **ret_config, struct problems *problems)
{
    return load_by(store_options, path, false, ret_config, problems);
}

int store_config_load_keyless(const char *path, struct store_config **ret_config,
                              struct problems *problems)
{
    return load_by(store_options, path, true, ret_config, problems);
}

/* What is missing inside a floor or camera that is there stays a problem. */
int store_config_load_chain(const char *path, struct store_config **ret_config,
                            struct problems *problems)
{
    struct option options[OPTION_COUNT];
    memcpy(options, store_options, sizeof(options));
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        bool in_list = strstr(options[i].path, "[].") != NULL;
        options[i].required = options[i].required && in_list;
        if (options[i].offset == STORE(store.id) && !in_list)
            options[i].default_string = "headquarters"; /* names run_dir and database.dir */
    }
    return load_by(options, path, true, ret_config, problems);
}
