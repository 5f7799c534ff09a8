/*
 * test_store_config.c - the one config of a store
 *
 * Expected values are read off the texts; the store key is that of coreutils' sha256sum.
 */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "config/store_config.h"

/* Between these lines tests put their own; line numbers below count from here. */
#define FLOORS "floors = ( { id = \"ground\"; geojson = \"g.geojson\"; } );\n"
#define CAMERA "id = \"left\"; floor = \"ground\"; url = \"a.avi\"; calibration = \"left.cfg\";"

struct fixture {
    char folder[32], path[64];
    struct store_config *config;
    struct problems problems;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    (void) snprintf(f->folder, sizeof(f->folder), "/tmp/test_store.XXXXXX");
    *state = f;
    if (!mkdtemp(f->folder))
        return -1;
    (void) snprintf(f->path, sizeof(f->path), "%s/store.cfg", f->folder);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_config_destroy(&f->config);
    problems_release(&f->problems);
    (void) unlink(f->path);
    (void) rmdir(f->folder);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *text)
{
    store_config_destroy(&f->config);
    problems_release(&f->problems);
    assert_int_equal(file_write(f->path, text, strlen(text), 0600, NULL), 0);
    return store_config_load(f->path, &f->config, &f->problems);
}

static void assert_loads(void **state, const char *text)
{
    struct fixture *f = *state;
    int r = load(f, text);
    for (size_t i = 0; i < f->problems.count; i++)
        print_message("%s\n", f->problems.sentences[i]);
    assert_int_equal(r, 0);
    assert_int_equal(f->problems.count, 0);
}

/* The only problem of a text, given from the line number on. */
static void assert_problem(void **state, const char *text, const char *expected)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, text), -EINVAL);
    assert_null(f->config);
    if (f->problems.count != 1)
        for (size_t i = 0; i < f->problems.count; i++)
            print_message("%s\n", f->problems.sentences[i]);
    assert_int_equal(f->problems.count, 1);
    assert_memory_equal(f->problems.sentences[0], f->path, strlen(f->path));
    assert_string_equal(f->problems.sentences[0] + strlen(f->path) + 1, expected);
}

/* A whole config: line 1 is the store, 2 `top`, 3 the floors, 4 the camera with `more` in it. */
static char *config_with(const char *top, const char *more)
{
    static char text[4096];
    (void) snprintf(text, sizeof(text),
                    "store = { id = \"demo\"; };\n%s\n" FLOORS "cameras = ( { " CAMERA " %s } );\n",
                    top, more);
    return text;
}

static void a_headquarters_needs_neither_store_nor_cameras(void **state)
{
    struct fixture *f = *state;
    const char *text =
        "chain = \"acme\"; database = { mode = \"conninfo\"; conninfo = \"host=db\"; };\n";
    assert_int_equal(load(f, text), -EINVAL);
    problems_release(&f->problems);
    assert_int_equal(store_config_load_chain(f->path, &f->config, &f->problems), 0);
    assert_string_equal(f->config->chain, "acme");
    assert_string_equal(f->config->database.conninfo, "host=db");
    assert_int_equal(f->config->database.hq_wal_mb, 4096);
    assert_int_equal(f->config->cameras.count, 0);
}

static void a_short_config_has_all_defaults(void **state)
{
    struct fixture *f = *state;
    assert_loads(state, config_with("", ""));
    const struct store_config *c = f->config;
    assert_string_equal(c->path, f->path);
    assert_string_equal(c->chain, "default");
    assert_string_equal(c->store.timezone, "UTC");
    assert_string_equal(c->database.mode, "embedded");
    assert_int_equal(c->fusion.tick_ms, 100);
    assert_int_equal(c->fusion.lateness_ms, 1000);
    assert_int_equal(c->fusion.frame_valid_ms, 1000);
    assert_true(c->fusion.gate_sigma == 5 && c->fusion.position_sd_m == 0.2);
    assert_true(c->fusion.acceleration_sd_m_s2 == 0.4 && c->fusion.max_speed_m_s == 4);
    assert_true(c->fusion.merge_m == 0.8);
    assert_int_equal(c->fusion.max_gap_ms, 2000);
    assert_int_equal(c->fusion.settle_ms, 2000);
    assert_true(c->heat.cell_m == 0.25);
    assert_int_equal(c->heat.bucket_s, 60);
    assert_int_equal(c->heat.visit_s, 5);
    assert_int_equal(c->wire.high_water_mark, 1000);
    assert_int_equal(c->retention.bucket_days, 400);
    assert_int_equal(c->retention.hour_days, 1200);
    assert_int_equal(c->retention.day_days, 0);
    assert_true(c->store.opening.always);
    const struct camera_config *camera = store_config_camera(c, "left");
    assert_non_null(camera);
    assert_string_equal(camera->pace, "recorded");
    assert_string_equal(camera->detector.engine, "auto");
    assert_true(camera->detector.nms_iou == 0.45 && camera->foot_sd_px == 3);
    assert_true(store_config_floor(c, "ground")->ceiling_m == 3);
    assert_null(store_config_camera(c, "lef"));
    assert_null(store_config_floor(c, "roof"));
}

static void paths_are_beside_the_config_and_streams_stay(void **state)
{
    struct fixture *f = *state;
    char expected[64];
    assert_loads(state, config_with("", ""));
    (void) snprintf(expected, sizeof(expected), "%s/left.cfg", f->folder);
    assert_string_equal(store_config_cameras(f->config)[0].calibration, expected);
    (void) snprintf(expected, sizeof(expected), "%s/a.avi", f->folder);
    assert_string_equal(store_config_cameras(f->config)[0].url, expected);
    (void) snprintf(expected, sizeof(expected), "%s/g.geojson", f->folder);
    assert_string_equal(store_config_floors(f->config)[0].geojson, expected);
    static const char *const urls[] = { "rtsp://user@10.0.0.1:554/a?b=c", "/dev/video0",
                                        "file:///a.avi" };
    for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
        char text[512];
        (void) snprintf(text, sizeof(text),
                        "store = { id = \"demo\"; };\n" FLOORS
                        "cameras = ( { id = \"left\"; floor = \"ground\"; url = \"%s\"; "
                        "calibration = \"left.cfg\"; } );\n",
                        urls[i]);
        assert_loads(state, text);
        assert_string_equal(store_config_cameras(f->config)[0].url, urls[i]);
    }
}

static void sockets_are_in_the_run_folder(void **state)
{
    struct fixture *f = *state;
    char expected[128];
    assert_loads(state, config_with("run_dir = \"run\";", ""));
    (void) snprintf(expected, sizeof(expected), "%s/run", f->folder);
    assert_string_equal(f->config->run_dir, expected);
    (void) snprintf(expected, sizeof(expected), "ipc://%s/run/observations", f->folder);
    assert_string_equal(f->config->wire.endpoint, expected);
    (void) snprintf(expected, sizeof(expected), "ipc://%s/run/status", f->folder);
    assert_string_equal(f->config->wire.status, expected);
    assert_loads(state, config_with("wire = { endpoint = \"tcp://127.0.0.1:5571\"; };", ""));
    assert_string_equal(f->config->wire.endpoint, "tcp://127.0.0.1:5571");
}

static void a_service_has_the_folders_its_manager_made(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(setenv("RUNTIME_DIRECTORY", "/run/floorfuse/market", 1), 0);
    assert_int_equal(setenv("STATE_DIRECTORY", "/var/lib/floorfuse/market", 1), 0);
    assert_loads(state, config_with("", ""));
    assert_string_equal(f->config->run_dir, "/run/floorfuse/market");
    assert_string_equal(f->config->wire.status, "ipc:///run/floorfuse/market/status");
    assert_string_equal(f->config->state_dir, "/var/lib/floorfuse/market/state");
    assert_loads(state, config_with("run_dir = \"/a\"; state_dir = \"/b\";", ""));
    assert_string_equal(f->config->run_dir, "/a");
    assert_string_equal(f->config->state_dir, "/b");
    assert_int_equal(unsetenv("RUNTIME_DIRECTORY"), 0);
    assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
}

static void the_run_folder_follows_the_user(void **state)
{
    struct fixture *f = *state;
    char *before = getenv("XDG_RUNTIME_DIR"), expected[64];
    char *kept = before ? strdup(before) : NULL;
    assert_int_equal(setenv("XDG_RUNTIME_DIR", "/run/user/7", 1), 0);
    assert_loads(state, config_with("", ""));
    assert_string_equal(f->config->run_dir,
                        geteuid() == 0 ? "/run/floorfuse/demo" : "/run/user/7/floorfuse/demo");
    assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
    assert_loads(state, config_with("", ""));
    (void) snprintf(expected, sizeof(expected), "/tmp/floorfuse-%u/demo", (unsigned) geteuid());
    assert_string_equal(f->config->run_dir, geteuid() == 0 ? "/run/floorfuse/demo" : expected);
    if (kept)
        assert_int_equal(setenv("XDG_RUNTIME_DIR", kept, 1), 0);
    free(kept);
}

static void only_addresses_of_this_machine_are_local(void **state)
{
    (void) state;
    static const char *const local[] = { "ipc:///run/x", "tcp://127.0.0.1:5571",
                                         "tcp://127.9.8.7:1", "tcp://localhost:5571",
                                         "tcp://[::1]:5571" };
    static const char *const reached[] = {
        "tcp://*:5571",           "tcp://0.0.0.0:5571",   "tcp://10.0.0.5:5571",
        "tcp://eth0:5571",        "tcp://lo:5571",        "tcp://127.0.0.1.example:5571",
        "tcp://localhost.x:5571", "tcp://[::]:5571",      "tcp://127.0.0.1;10.0.0.5:5571",
        "tcp://1270.0.1:5571",    "tcp://128.0.0.1:5571", "tcp://127.0.0.1",
        "udp://127.0.0.1:1",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(local); i++)
        assert_true(store_config_is_local(local[i]));
    for (size_t i = 0; i < ARRAY_LENGTH(reached); i++)
        assert_false(store_config_is_local(reached[i]));
}

static void sockets_that_other_machines_reach_need_keys(void **state)
{
    struct fixture *f = *state;
    static const char *const doors[] = { "status", "replay", "endpoint" };
    char open_to_all[96], expected[512], folder[64], path[96];
    (void) snprintf(folder, sizeof(folder), "%s/keys", f->folder);
    (void) snprintf(path, sizeof(path), "%s/" FUSION_PUBLIC_FILE, folder);
    for (size_t i = 0; i < ARRAY_LENGTH(doors); i++) {
        (void) snprintf(open_to_all, sizeof(open_to_all),
                        "wire = { keys = \"keys\"; %s = \"tcp://0.0.0.0:5571\"; };", doors[i]);
        (void) snprintf(
            expected, sizeof(expected),
            "2: wire.%s is \"tcp://0.0.0.0:5571\", which other machines may reach, but "
            "there are no keys in %s; make them with floorfuse keys init --config %s, or use "
            "ipc:// or tcp://127.0.0.1",
            doors[i], folder, f->path);
        assert_problem(state, config_with(open_to_all, ""), expected);
        problems_release(&f->problems);
    }
    assert_int_equal(store_config_load_keyless(f->path, &f->config, &f->problems), 0);
    assert_string_equal(f->config->wire.keys, folder);
    assert_int_equal(file_make_folder(folder, 0755, NULL), 0);
    assert_int_equal(file_write(path, "", 0, 0644, NULL), 0);
    assert_loads(state, config_with(open_to_all, ""));
    assert_true(store_config_is_sealed(f->config, f->config->wire.endpoint));
    assert_false(store_config_is_sealed(f->config, f->config->wire.replay));
    assert_false(store_config_is_sealed(f->config, f->config->wire.status));
    const char *always = "wire = { keys = \"keys\"; encrypt = \"always\"; };";
    assert_loads(state, config_with(always, ""));
    assert_true(store_config_is_sealed(f->config, f->config->wire.endpoint));
    assert_true(store_config_is_sealed(f->config, f->config->wire.replay));
    assert_true(store_config_is_sealed(f->config, f->config->wire.status));
    assert_int_equal(unlink(path) + rmdir(folder), 0);
    (void) snprintf(expected, sizeof(expected),
                    "2: wire.encrypt is \"always\" but there are no keys in %s; make them with "
                    "floorfuse keys init --config %s, or copy those of fusion's machine",
                    folder, f->path);
    assert_problem(state, config_with(always, ""), expected);
    assert_loads(state, config_with("", ""));
    assert_false(store_config_is_sealed(f->config, f->config->wire.endpoint));
}

/* A socket's path has 108 bytes with its NUL: 107 fit. "/observations" has 13. */
static void socket_paths_of_107_bytes_fit_and_108_do_not(void **state)
{
    char top[256], name[128];
    memset(name, 'r', sizeof(name));
    (void) snprintf(top, sizeof(top), "run_dir = \"/%.*s\";", 107 - 13 - 1, name);
    assert_loads(state, config_with(top, ""));
    (void) snprintf(top, sizeof(top), "run_dir = \"/%.*s\";", 108 - 13 - 1, name);
    assert_problem(state, config_with(top, ""),
                   "2: the path of wire.endpoint has 108 bytes but a socket's may have 107; write "
                   "a shorter run_dir or wire.endpoint");
}

static void options_are_checked_against_each_other(void **state)
{
    static const struct {
        const char *top, *more, *sentence;
    } cases[] = {
        { "heat = { bucket_s = 7; };", "",
          "2: heat.bucket_s is 7 s but must divide 900 s, e.g. 15, 60 or 300" },
        { "fusion = { tick_ms = 30; };", "",
          "2: fusion.tick_ms is 30 ms but must divide 1000 ms, e.g. 100 or 50" },
        { "database = { mode = \"conninfo\"; };", "",
          "2: database.mode is \"conninfo\" but database.conninfo is missing; write e.g. "
          "\"host=db.example dbname=floorfuse\"" },
        { "status = { http = \"0.0.0.0:9464\"; };", "",
          "2: status.http is \"0.0.0.0:9464\" but must not be reached by other machines; write "
          "127.0.0.1:9464 and put a reverse proxy before it that asks who they are" },
        { "status = { http = \"127.0.0.1:0\"; };", "",
          "2: status.http is \"127.0.0.1:0\" but its port must be 1 to 65535" },
        { "database = { conninfo = \"host=x\"; };", "",
          "2: database.conninfo is given but database.mode is \"embedded\"; write mode = "
          "\"conninfo\" to use it" },
        { "retention = {\nbucket_days = 2; };", "",
          "3: retention.bucket_days is 2 but must be at least 3, or 0 for ever: hours are rolled "
          "up "
          "from the buckets of the last days" },
        { "retention = { bucket_days = 14;\nhour_days = 39; };", "",
          "3: retention.hour_days is 39 but must be at least 40, or 0 for ever: days are rolled up "
          "from the hours of the last month" },
        { "retention = { bucket_days = 1201; };", "",
          "2: retention.hour_days is 1200 but must be at least 1201 like retention.bucket_days, or "
          "0 "
          "for ever: what is rolled up is kept at least as long as what it is rolled up from" },
        { "retention = { bucket_days = 0; };", "",
          "2: retention.hour_days is 1200 but must be 0, for ever, like retention.bucket_days: "
          "what "
          "is rolled up is kept at least as long as what it is rolled up from" },
        { "retention = { day_days = 1199; };", "",
          "2: retention.day_days is 1199 but must be at least 1200 like retention.hour_days, or 0 "
          "for ever: what is rolled up is kept at least as long as what it is rolled up from" },
        { "retention = { hour_days = 0; day_days = 5000; };", "",
          "2: retention.day_days is 5000 but must be 0, for ever, like retention.hour_days: what "
          "is "
          "rolled up is kept at least as long as what it is rolled up from" },
        { "retention = { bucket_days = -1; };", "",
          "2: retention.bucket_days is -1 days but must be from 0 to 36500 days (heat buckets are "
          "kept so many days; 0: for ever)" },
        { "wire = { endpoint = \"udp://x\"; };", "",
          "2: wire.endpoint is \"udp://x\" but must start with ipc:// or tcp://" },
        { "wire = { endpoint = \"ipc://a\"; status = \"ipc://a\"; };", "",
          "2: wire.status and wire.endpoint must not be the same" },
        { "", "roi = [1, 2, 3, 4, 5, 6, 7];",
          "4: camera left: roi has an odd number of coordinates; write x, y of each corner" },
        { "", "roi = [1, 2, 3, 4];",
          "4: cameras[].roi has 4 numbers but needs at least 6 (polygon x, y, ... in full-frame "
          "px; "
          "feet outside are dropped)" },
        { "", "crop = [0, 0, 0, 10];",
          "4: camera left: crop must be left, top, width, height in whole px, inside 16384 x 16384 "
          "px and not empty" },
        { "", "start = \"yesterday\";",
          "4: camera left: start: \"yesterday\" is not a time; write it as 2026-11-23T09:14:05Z" },
        { "", "detector = { size = [320, 321]; };",
          "4: camera left: detector.size must be width, height in multiples of 32 px from 32 to "
          "4096" },
        { "", "detector = {\nsha256 = \"12\"; };",
          "5: camera left: detector.sha256 must be 64 hexadecimal digits, as sha256sum prints "
          "them" },
        { "", "detector = { engine = \"tpu\"; };",
          "4: cameras[].detector.engine is \"tpu\" but must be one of "
          "auto|fast|opencv|darknet|hog" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_problem(state, config_with(cases[i].top, cases[i].more), cases[i].sentence);
}

static void what_refers_to_each_other_is_checked(void **state)
{
    assert_problem(state,
                   "store = { id = \"demo\"; };\n" FLOORS "cameras = ( { " CAMERA " },\n{ " CAMERA
                   " } );\n",
                   "4: camera left: there is another camera of that id; ids must be unique");
    assert_problem(
        state,
        "store = { id = \"demo\"; };\nfloors = ( { id = \"ground\"; geojson = \"g\"; },\n"
        "{ id = \"ground\"; geojson = \"h\"; } );\ncameras = ( { " CAMERA " } );\n",
        "3: there is another floor \"ground\"; ids must be unique");
    assert_problem(
        state,
        "store = { id = \"demo\"; };\nfloors = ( { id = \"roof\"; geojson = \"g\"; } );\n"
        "cameras = ( { " CAMERA " } );\n",
        "3: camera left: floor \"ground\" is not in floors");
    assert_problem(state,
                   "store = { id = \"demo\"; };\nfloors = ( { id = \"ground\"; } );\n"
                   "cameras = ( { " CAMERA " } );\n",
                   "2: floor ground has neither a geojson nor a plan.png; say where people can "
                   "walk");
    assert_problem(state,
                   "store = { id = \"demo\"; };\nfloors = ();\ncameras = ( { " CAMERA " } );\n",
                   "2: floors[] has 0 entries but must have 1 to 1000 (the store's floors)");
}

/* A config whose store has these lines besides its id: they begin in line 2. */
static char *store_with(const char *lines)
{
    static char text[4096];
    (void) snprintf(text, sizeof(text),
                    "store = { id = \"demo\";\n%s\n};\n" FLOORS "cameras = ( { " CAMERA " } );\n",
                    lines);
    return text;
}

/* The words are those of test_opening_hours.c; here it is the lines that count. */
static void opening_hours_are_checked_where_they_stand(void **state)
{
    struct fixture *f = *state;
    assert_loads(state,
                 store_with("hours = ( { days = \"mon-fri\"; open = \"08:00\"; close = "
                            "\"20:00\"; } );\nexceptions = ( { date = \"2026-12-25\"; } );"));
    const struct opening_hours *opening = &f->config->store.opening;
    assert_false(opening->always);
    assert_int_equal(opening->weekdays[5].intervals[0].closes_min, 1200);
    assert_int_equal(opening->weekdays[6].count, 0);
    assert_int_equal(opening->exception_count, 1);
    static const struct {
        const char *lines, *sentence;
    } cases[] = {
        { "hours = (\n{ days = \"mon\";\nopen = \"08:00\";\nclose = \"25:00\"; } );",
          "5: store.hours: close is \"25:00\" but must be a time from 00:00 to 24:00, such as "
          "08:00" },
        { "hours = (\n{ days = \"mon\"; open = \"08:00\"; close = \"12:00\"; },\n{ days = \"mon\"; "
          "open = \"11:00\"; close = \"18:00\"; } );",
          "4: store.hours: monday is open from 08:00 to 12:00 and from 11:00 to 18:00, which "
          "overlap; write them as one" },
        { "hours = ( { days = \"mon\"; open = \"08:00\"; } );",
          "2: store.hours[].close is missing (local time, 00:00 to 24:00; before open: on the next "
          "day)" },
        { "hours = ( { day = \"mon\"; days = \"mon\"; open = \"08:00\"; close = \"09:00\"; } );",
          "2: unknown key store.hours[].day; did you mean store.hours[].days?" },
        { "exceptions = (\n{ date = \"2026-02-30\"; } );",
          "3: store.exceptions: date is \"2026-02-30\" but must be a day of the calendar, such as "
          "2026-12-24" },
        { "hours = \"08:00\";", "2: store.hours[] must be a list of groups, ( { ... }, { ... } ), "
                                "not a string (when it is "
                                "open in a usual week; none: always)" },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        assert_problem(state, store_with(cases[i].lines), cases[i].sentence);
}

static void facts_may_be_kept_for_ever(void **state)
{
    struct fixture *f = *state;
    assert_loads(state, config_with("retention = { bucket_days = 0; hour_days = 0; };", ""));
    assert_loads(state, config_with("retention = { bucket_days = 3; hour_days = 40; day_days = 40; "
                                    "};",
                                    ""));
    assert_int_equal(f->config->retention.bucket_days, 3);
    assert_int_equal(f->config->retention.day_days, 40);
}

static void defaults_without_a_store_are_always_open(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_config_defaults(&f->config), 0);
    assert_true(f->config->store.opening.always);
    assert_int_equal(f->config->store.opening.weekdays[7].count, 1);
}

/* An id that is none has its sentence; what refers to it must not crash and needs no second. */
static void one_mistake_is_said_once(void **state)
{
    assert_problem(
        state,
        "store = { id = \"demo\"; };\nfloors = ( { id = \"GROUND\"; geojson = \"g\"; } );\n"
        "cameras = ( { " CAMERA " } );\n",
        "2: floors[].id is \"GROUND\" but an id has only a-z, 0-9 and -, at most 63 of "
        "them");
    assert_problem(state,
                   "store = { id = \"demo\"; };\n" FLOORS
                   "cameras = ( { floor = \"ground\"; url = \"a\"; calibration = \"b\"; } );",
                   "3: cameras[].id is missing (unique in the store)");
    assert_problem(state, "store = { id = \"demo\"; };\nheat = { cell_m = ; };\n",
                   "2: syntax error; look for a missing ; , = \" or bracket here or on the line "
                   "before");
}

static void time_zones_are_those_of_the_machine(void **state)
{
    if (!file_exists("/usr/share/zoneinfo/Europe/Berlin"))
        skip();
    static const char *const bad[] = {
        "Europe/Berlyn", "Europe", "zone.tab", "../zoneinfo/UTC", "/usr/share/zoneinfo/UTC", ""
    };
    assert_loads(state, "store = { id = \"demo\"; timezone = \"Europe/Berlin\"; };\n" FLOORS
                        "cameras = ( { " CAMERA " } );\n");
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        char text[512], expected[128];
        (void) snprintf(text, sizeof(text),
                        "store = { id = \"demo\"; timezone = \"%s\"; };\n" FLOORS
                        "cameras = ( { " CAMERA " } );\n",
                        bad[i]);
        (void) snprintf(expected, sizeof(expected),
                        "1: store.timezone \"%s\" is not a known time zone; write e.g. "
                        "Europe/Berlin",
                        bad[i]);
        assert_problem(state, text, expected);
    }
}

static void all_problems_are_said_in_the_order_of_their_lines(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f, "store = { id = \"demo\"; };\n"
                             "fusion = { tick_ms = 30; };\n"
                             "heat = { cell_m = 9.0; };\n"
                             "floors = ( { id = \"ground\"; geojson = \"g\"; } );\n"
                             "cameras = ( { id = \"left\"; floor = \"roof\"; url = \"a\";\n"
                             "calibraton = \"b\"; } );\n"),
                     -EINVAL);
    static const char *const names[] = { "2: fusion.tick_ms", "3: heat.cell_m",
                                         "5: cameras[].calibration is missing",
                                         "5: camera left: floor \"roof\"",
                                         "6: unknown key cameras[].calibraton; did you mean" };
    assert_int_equal(f->problems.count, ARRAY_LENGTH(names));
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        assert_memory_equal(f->problems.sentences[i] + strlen(f->path) + 1, names[i],
                            strlen(names[i]));
}

static void a_missing_file_is_named(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_config_load("/nonexistent/store.cfg", &f->config, &f->problems),
                     -ENOENT);
    assert_int_equal(f->problems.count, 1);
    assert_string_equal(f->problems.sentences[0],
                        "could not open /nonexistent/store.cfg: No such file or directory");
}

static void digests_are_kept_in_lower_case(void **state)
{
    struct fixture *f = *state;
    assert_loads(state, config_with("", "detector = { sha256 = "
                                        "\"ABCDEFabcdef0123456789012345678901234567890123456789"
                                        "012345678901\"; };"));
    assert_string_equal(store_config_cameras(f->config)[0].detector.network.sha256,
                        "abcdefabcdef0123456789012345678901234567890123456789012345678901");
}

/* printf corner-shops/market-street | sha256sum: the first 32 bits, halved. */
static void the_store_key_is_from_sha256_of_chain_and_store(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_config_load(SOURCE_DIR "/etc/store.cfg", &f->config, &f->problems), 0);
    assert_int_equal(store_config_key(f->config), 1599846715);
}

static void the_documented_example_loads(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_config_load(SOURCE_DIR "/etc/store.cfg", &f->config, &f->problems), 0);
    assert_int_equal(f->config->floors.count, 2);
    assert_int_equal(f->config->cameras.count, 3);
    assert_string_equal(store_config_camera(f->config, "entrance")->url,
                        "rtsp://10.0.0.11/stream1");
    assert_string_equal(store_config_camera(f->config, "stairs")->floor, "upper");
    assert_true(store_config_floor(f->config, "upper")->plan.origin_m.values[0] == -1.5);
    assert_int_equal(f->config->store.opening.weekdays[6].count, 2); /* saturdays have a break */
    assert_int_equal(f->config->store.opening.exceptions[0].hours.count, 1);
    assert_int_equal(f->config->store.opening.exceptions[1].hours.count, 0);
}

static void the_demos_config_loads(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_config_load(SOURCE_DIR "/etc/demo/store.cfg", &f->config, &f->problems),
                     0);
}

static char *dump(const struct store_config *config)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    store_config_dump(config, out);
    (void) fclose(out);
    return text;
}

static void a_dump_is_a_config_that_loads_to_the_same(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(store_config_load(SOURCE_DIR "/etc/store.cfg", &f->config, &f->problems), 0);
    char *first = dump(f->config);
    assert_loads(state, first);
    char *second = dump(f->config);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void the_documentation_is_the_tables(void **state)
{
    (void) state;
    char *page, *text;
    size_t length, text_length;
    FILE *out = open_memstream(&page, &length);
    assert_non_null(out);
    store_config_document(out);
    (void) fclose(out);
    assert_int_equal(
        file_read(SOURCE_DIR "/docs/configuration.md", 1 << 20, &text, &text_length, NULL), 0);
    if (strcmp(page, text) != 0)
        fail_msg("docs/configuration.md is not what `floorfuse check --options` prints; write it "
                 "anew");
    free(page);
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_headquarters_needs_neither_store_nor_cameras),
        TEST(a_short_config_has_all_defaults),
        TEST(paths_are_beside_the_config_and_streams_stay),
        TEST(sockets_are_in_the_run_folder),
        TEST(the_run_folder_follows_the_user),
        TEST(only_addresses_of_this_machine_are_local),
        TEST(sockets_that_other_machines_reach_need_keys),
        TEST(a_service_has_the_folders_its_manager_made),
        TEST(socket_paths_of_107_bytes_fit_and_108_do_not),
        TEST(options_are_checked_against_each_other),
        TEST(what_refers_to_each_other_is_checked),
        TEST(opening_hours_are_checked_where_they_stand),
        TEST(facts_may_be_kept_for_ever),
        TEST(defaults_without_a_store_are_always_open),
        TEST(one_mistake_is_said_once),
        TEST(time_zones_are_those_of_the_machine),
        TEST(all_problems_are_said_in_the_order_of_their_lines),
        TEST(a_missing_file_is_named),
        TEST(digests_are_kept_in_lower_case),
        TEST(the_store_key_is_from_sha256_of_chain_and_store),
        TEST(the_documented_example_loads),
        TEST(the_demos_config_loads),
        TEST(a_dump_is_a_config_that_loads_to_the_same),
        TEST(the_documentation_is_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
