/*
 * store_check.c - what one line of the store config's table cannot say
 */
#include "config/store_check.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/loopback.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"

/* Widest side of a picture; capture and detectors refuse larger ones. */
#define PICTURE_MAX_PX 16384

/* Networks are this many pixels wide and high, in steps of their stride. */
#define NETWORK_MIN_PX  32
#define NETWORK_MAX_PX  4096
#define NETWORK_STEP_PX 32
#define TILES_MAX       8

struct check {
    const struct store_config *config;
    const char *name;
    const struct option_lines *lines;
    struct problems *problems;
};

/* Room for "cameras[999].detector.threshold". */
#define KEY_SIZE 64

/* A problem at the line of a key. */
static void problem(const struct check *c, const char *key, const char *format, ...)
    PRINTF_FORMAT(3, 4);

static void problem(const struct check *c, const char *key, const char *format, ...)
{
    va_list arguments;
    char *words;
    va_start(arguments, format);
    if (vasprintf(&words, format, arguments) < 0)
        words = NULL;
    va_end(arguments);
    if (words)
        problems_add_at(c->problems, c->name, option_lines_find(c->lines, key), "%s", words);
    free(words);
}

/* ---- numbers that must fit each other ---- */

static void check_numbers(const struct check *c)
{
    const struct store_config *config = c->config;
    if (900 % config->heat.bucket_s)
        problem(c, "heat.bucket_s",
                "heat.bucket_s is %d s but must divide 900 s, e.g. 15, 60 or 300",
                config->heat.bucket_s);
    if (1000 % config->fusion.tick_ms)
        problem(c, "fusion.tick_ms",
                "fusion.tick_ms is %d ms but must divide 1000 ms, e.g. 100 or 50",
                config->fusion.tick_ms);
}

static void check_replay(const struct check *c)
{
    const struct replay_config *replay = &c->config->replay;
    if (replay->tick_ms && 1000 % replay->tick_ms)
        problem(c, "replay.tick_ms",
                "replay.tick_ms is %d ms but must divide 1000 ms, or be 0 for the input's times",
                replay->tick_ms);
    if (replay->roi.count % 2)
        problem(c, "replay.roi",
                "replay.roi has an odd number of coordinates; write x, y of each corner");
    if (c->config->evaluate.roi.count % 2)
        problem(c, "evaluate.roi",
                "evaluate.roi has an odd number of coordinates; write x, y of each corner");
    if (replay->cameras && replay->image.count != 2)
        problem(c, "replay.cameras",
                "replay.cameras needs replay.image = [width, height] of its pictures, px");
}

static void check_database(const struct check *c)
{
    const struct store_config *config = c->config;
    bool conninfo = config->database.mode && strcmp(config->database.mode, "conninfo") == 0;
    if (conninfo && !config->database.conninfo)
        problem(c, "database.mode",
                "database.mode is \"conninfo\" but database.conninfo is missing; write e.g. "
                "\"host=db.example dbname=floorfuse\"");
    if (!conninfo && config->database.conninfo)
        problem(c, "database.conninfo",
                "database.conninfo is given but database.mode is \"embedded\"; write mode = "
                "\"conninfo\" to use it");
}

/* What is coarse is rolled up from what is fine, which has to be there so long; and who asks about
 * last year wants at least the coarse answer. */
#define BUCKET_DAYS_MIN 3
#define HOUR_DAYS_MIN   40

static void check_retention_of_buckets(const struct check *c, int bucket_days)
{
    if (bucket_days != 0 && bucket_days < BUCKET_DAYS_MIN)
        problem(c, "retention.bucket_days",
                "retention.bucket_days is %d but must be at least %d, or 0 for ever: hours are "
                "rolled up from the buckets of the last days",
                bucket_days, BUCKET_DAYS_MIN);
}

/* A key must not be shorter than the one whose facts it is rolled up from; 0 is the longest. */
static void check_retention_order(const struct check *c, const char *fine_key, int fine_days,
                                  const char *coarse_key, int coarse_days)
{
    if (coarse_days == 0 || (fine_days != 0 && coarse_days >= fine_days))
        return;
    if (fine_days == 0)
        problem(c, coarse_key,
                "%s is %d but must be 0, for ever, like %s: what is rolled up is kept at least as "
                "long as what it is rolled up from",
                coarse_key, coarse_days, fine_key);
    else
        problem(
            c, coarse_key,
            "%s is %d but must be at least %d like %s, or 0 for ever: what is rolled up is kept "
            "at least as long as what it is rolled up from",
            coarse_key, coarse_days, fine_days, fine_key);
}

static void check_retention(const struct check *c)
{
    const struct retention_config *retention = &c->config->retention;
    check_retention_of_buckets(c, retention->bucket_days);
    if (retention->hour_days != 0 && retention->hour_days < HOUR_DAYS_MIN)
        problem(c, "retention.hour_days",
                "retention.hour_days is %d but must be at least %d, or 0 for ever: days are rolled "
                "up from the hours of the last month",
                retention->hour_days, HOUR_DAYS_MIN);
    else
        check_retention_order(c, "retention.bucket_days", retention->bucket_days,
                              "retention.hour_days", retention->hour_days);
    check_retention_order(c, "retention.hour_days", retention->hour_days, "retention.day_days",
                          retention->day_days);
}

/* ---- opening hours ---- */

static void say_hours(void *context, const char *key, const char *sentence)
{
    problem(context, key, "%s", sentence);
}

static void check_hours(const struct check *c)
{
    const struct opening_sink sink = { .context = (void *) c, .problem = say_hours };
    struct opening_hours hours;
    (void) !opening_hours_parse(&c->config->store.hours, &c->config->store.exceptions, &sink,
                                &hours);
    opening_hours_release(&hours);
}

/* ---- time zones ---- */

/* A compiled time zone starts with these four letters (RFC 8536); folders and tables do not. */
static bool is_zone_file(const char *path)
{
    char magic[4] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t length = fread(magic, 1, sizeof(magic), file);
    (void) fclose(file);
    return length == sizeof(magic) && memcmp(magic, "TZif", sizeof(magic)) == 0;
}

/* A machine without the time zones' data cannot tell. */
static void check_timezone(const struct check *c)
{
    const char *zone = c->config->store.timezone;
    if (!zone)
        return;
    char path[PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", ZONE_FOLDER, zone);
    bool tricky =
        zone[0] == '/' || zone[0] == '\0' || strstr(zone, "..") || length >= (int) sizeof(path);
    if (tricky || (is_zone_file(ZONE_FOLDER "/UTC") && !is_zone_file(path)))
        problem(c, "store.timezone",
                "store.timezone \"%.100s\" is not a known time zone; write e.g. Europe/Berlin",
                zone);
}

/* ---- floors ---- */

static void check_floor(const struct check *c, size_t index)
{
    const struct floor_config *floors = store_config_floors(c->config), *floor = &floors[index];
    char key[KEY_SIZE];
    (void) snprintf(key, sizeof(key), "floors[%zu].id", index);
    if (floor->id && store_config_floor(c->config, floor->id) != floor)
        problem(c, key, "there is another floor \"%s\"; ids must be unique", floor->id);
    (void) snprintf(key, sizeof(key), "floors[%zu]", index);
    if (floor->id && !floor->plan.png && !floor->geojson)
        problem(c, key, "floor %s has neither a geojson nor a plan.png; say where people can walk",
                floor->id);
}

/* An id that was given but is not one has its sentence; what refers to it needs no second. */
static bool has_unnamed_floor(const struct store_config *config)
{
    for (size_t i = 0; i < config->floors.count; i++)
        if (!store_config_floors(config)[i].id)
            return true;
    return config->floors.count == 0;
}

/* ---- cameras ---- */

struct camera_check {
    const struct check *check;
    const struct camera_config *camera;
    size_t index;
    char label[ID_SIZE + 32]; /* how sentences call the camera */
};

static void camera_problem(const struct camera_check *cc, const char *key, const char *sentence)
{
    char path[KEY_SIZE];
    (void) snprintf(path, sizeof(path), "cameras[%zu].%s", cc->index, key);
    problem(cc->check, path, "%s: %s", cc->label, sentence);
}

static bool all_whole(const struct number_list *numbers)
{
    for (size_t i = 0; i < numbers->count; i++)
        if (numbers->values[i] != floor(numbers->values[i]))
            return false;
    return true;
}

static bool is_crop(const struct number_list *crop)
{
    const double *v = crop->values;
    return v[0] >= 0 && v[1] >= 0 && v[2] >= 1 && v[3] >= 1 && v[0] + v[2] <= PICTURE_MAX_PX &&
           v[1] + v[3] <= PICTURE_MAX_PX && all_whole(crop);
}

static bool is_network_side(double px)
{
    return px >= NETWORK_MIN_PX && px <= NETWORK_MAX_PX && fmod(px, NETWORK_STEP_PX) == 0;
}

static bool is_tile_count(double count)
{
    return count >= 1 && count <= TILES_MAX && count == floor(count);
}

static void check_picture(const struct camera_check *cc)
{
    const struct camera_config *camera = cc->camera;
    if (camera->crop.count == 4 && !is_crop(&camera->crop))
        camera_problem(cc, "crop",
                       "crop must be left, top, width, height in whole px, inside 16384 x 16384 px "
                       "and not empty");
    if (camera->roi.count % 2)
        camera_problem(cc, "roi",
                       "roi has an odd number of coordinates; write x, y of each corner");
    for (size_t i = 0; i < camera->masks.count; i++)
        if (camera->masks.items[i].count % 2)
            camera_problem(cc, "masks",
                           "a mask has an odd number of coordinates; write x, y of each corner");
    const struct number_list *tiles = &camera->detector.tiles;
    if (tiles->count == 2 && !(is_tile_count(tiles->values[0]) && is_tile_count(tiles->values[1])))
        camera_problem(cc, "detector.tiles",
                       "detector.tiles must be columns, rows in whole numbers from 1 to 8");
}

static void check_start(const struct camera_check *cc)
{
    struct error err = { "" };
    int64_t start_us;
    if (!cc->camera->start || clock_wall_parse(cc->camera->start, &start_us, &err) == 0)
        return;
    (void) error_prefix(&err, 0, "start");
    camera_problem(cc, "start", err.text);
}

/* group: "detector" or "heads" */
static void check_network(const struct camera_check *cc, const char *group,
                          const struct network_config *network)
{
    char key[KEY_SIZE], sentence[128];
    const struct number_list *size = &network->size;
    if (size->count == 2 &&
        !(is_network_side(size->values[0]) && is_network_side(size->values[1]))) {
        (void) snprintf(key, sizeof(key), "%s.size", group);
        (void) snprintf(sentence, sizeof(sentence),
                        "%s must be width, height in multiples of 32 px from 32 to 4096", key);
        camera_problem(cc, key, sentence);
    }
    const char *text = network->sha256;
    if (text && (strlen(text) != 64 || strspn(text, "0123456789abcdefABCDEF") != 64)) {
        (void) snprintf(key, sizeof(key), "%s.sha256", group);
        (void) snprintf(sentence, sizeof(sentence),
                        "%s must be 64 hexadecimal digits, as sha256sum prints them", key);
        camera_problem(cc, key, sentence);
    }
}

static void check_names(const struct camera_check *cc)
{
    const struct store_config *config = cc->check->config;
    const struct camera_config *camera = cc->camera;
    if (camera->id && store_config_camera(config, camera->id) != camera)
        camera_problem(cc, "id", "there is another camera of that id; ids must be unique");
    if (!camera->floor || has_unnamed_floor(config) || store_config_floor(config, camera->floor))
        return;
    char sentence[ID_SIZE + 64];
    (void) snprintf(sentence, sizeof(sentence), "floor \"%s\" is not in floors", camera->floor);
    camera_problem(cc, "floor", sentence);
}

static void check_camera(const struct check *c, size_t index)
{
    struct camera_check cc = { .check = c,
                               .camera = &store_config_cameras(c->config)[index],
                               .index = index };
    if (cc.camera->id)
        (void) snprintf(cc.label, sizeof(cc.label), "camera %s", cc.camera->id);
    else
        (void) snprintf(cc.label, sizeof(cc.label), "camera number %zu", index + 1);
    check_names(&cc);
    check_picture(&cc);
    check_start(&cc);
    check_network(&cc, "detector", &cc.camera->detector.network);
    check_network(&cc, "heads", &cc.camera->heads);
}

/* ---- sockets ---- */

static void check_endpoint(const struct check *c, const char *key, const char *endpoint)
{
    const size_t room = sizeof(((struct sockaddr_un *) 0)->sun_path) - 1;
    bool ipc = strncmp(endpoint, "ipc://", 6) == 0, tcp = strncmp(endpoint, "tcp://", 6) == 0;
    if (!ipc && !tcp)
        problem(c, key, "%s is \"%.100s\" but must start with ipc:// or tcp://", key, endpoint);
    else if (strlen(endpoint) == 6)
        problem(c, key, "%s is \"%s\", which names no place to meet at", key, endpoint);
    else if (ipc && strlen(endpoint + 6) > room)
        problem(c, option_lines_find(c->lines, key) ? key : "run_dir",
                "the path of %s has %zu bytes but a socket's may have %zu; write a shorter run_dir "
                "or %s",
                key, strlen(endpoint + 6), room, key);
}

static void check_wire(const struct check *c)
{
    const struct store_config *config = c->config;
    check_endpoint(c, "wire.endpoint", config->wire.endpoint);
    check_endpoint(c, "wire.status", config->wire.status);
    check_endpoint(c, "wire.replay", config->wire.replay);
    if (strcmp(config->wire.endpoint, config->wire.status) == 0)
        problem(c, "wire.status", "wire.status and wire.endpoint must not be the same");
    if (strcmp(config->wire.replay, config->wire.status) == 0 ||
        strcmp(config->wire.replay, config->wire.endpoint) == 0)
        problem(c, "wire.replay",
                "wire.replay must be another place than wire.endpoint and "
                "wire.status");
}

static void check_status(const struct check *c)
{
    const char *address = c->config->status.http;
    struct loopback where;
    struct error err = { "" };
    if (address && loopback_parse(address, &where, &err) < 0)
        problem(c, "status.http", "status.http is \"%.100s\" but %s", address, err.text);
    else if (address && where.port == 0)
        problem(c, "status.http", "status.http is \"%.100s\" but its port must be 1 to 65535",
                address);
}

void store_config_check(const struct store_config *config, const char *name,
                        const struct option_lines *lines, struct problems *problems)
{
    const struct check c = { .config = config, .name = name, .lines = lines, .problems = problems };
    check_numbers(&c);
    check_replay(&c);
    check_database(&c);
    check_retention(&c);
    check_hours(&c);
    check_timezone(&c);
    for (size_t i = 0; i < config->floors.count; i++)
        check_floor(&c, i);
    for (size_t i = 0; i < config->cameras.count; i++)
        check_camera(&c, i);
    check_wire(&c);
    check_status(&c);
}

/* Programs find out for themselves whether the keys are good; here it is whether anybody made any.
 */
void store_config_check_keys(const struct store_config *config, const char *name,
                             const struct option_lines *lines, struct problems *problems)
{
    const struct check c = { .config = config, .name = name, .lines = lines, .problems = problems };
    const struct {
        const char *key, *endpoint;
    } places[] = { { "wire.endpoint", config->wire.endpoint },
                   { "wire.replay", config->wire.replay },
                   { "wire.status", config->wire.status } };
    char public_key[PATH_MAX];
    bool told = false;
    (void) snprintf(public_key, sizeof(public_key), "%s/" FUSION_PUBLIC_FILE, config->wire.keys);
    if (file_exists(public_key))
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(places); i++)
        if (strncmp(places[i].endpoint, "tcp://", 6) == 0 &&
            !store_config_is_local(places[i].endpoint)) {
            told = true;
            problem(&c, places[i].key,
                    "%s is \"%.100s\", which other machines may reach, but there are no keys in "
                    "%.200s; make them with floorfuse keys init --config %s, or use ipc:// or "
                    "tcp://127.0.0.1",
                    places[i].key, places[i].endpoint, config->wire.keys, name);
        }
    if (!told && config->wire.encrypt && strcmp(config->wire.encrypt, "always") == 0)
        problem(&c, "wire.encrypt",
                "wire.encrypt is \"always\" but there are no keys in %.200s; make them with "
                "floorfuse keys init --config %s, or copy those of fusion's machine",
                config->wire.keys, name);
}
