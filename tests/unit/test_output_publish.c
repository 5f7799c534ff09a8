/*
 * test_output_publish.c - a simulation that is killed and resumed publishes each frame once
 */
#include "testing.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/file.h"
#include "sim/output_publish.h"
#include "wire/replay_desk.h"
#include "wire/ring.h"

#define DURATION_S 4.0
#define CAMERAS    2

static const char sim_text[] =
    "start = \"2026-01-05T09:00:00Z\";\n"
    "floor = { length_m = 20.0; width_m = 16.0; aisles = 3; };\n"
    "people = { inside = 12; };\n"
    "cameras = (\n"
    "  { id = \"a\"; position_m = [0.3, 0.3]; height_m = 4.0; yaw_deg = 35.0; },\n"
    "  { id = \"b\"; position_m = [19.7, 15.7]; height_m = 4.0; yaw_deg = -145.0; fps = 5.0; }\n"
    ");\n";

static char folder[64], endpoint[128], replay_endpoint[128];
static struct sim_config *config;
static struct floor_map *map;
static pid_t listener;

/* The last frame that its camera has published, in this boot or the one before. */
static struct wire_position last_of(const struct camera_hello *hello)
{
    if (hello->next_sequence > 0)
        return (struct wire_position){ hello->boot_id, hello->next_sequence - 1 };
    return (struct wire_position){ hello->previous_boot_id, hello->previous_next_sequence - 1 };
}

/* A child that listens for ever, and says to who ends that all has come. */
static void listen_and_confirm(void)
{
    struct subscriber *subscriber;
    struct replay_desk *desk;
    struct message message;
    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (subscriber_create(endpoint, "demo", 100000, &subscriber, NULL) < 0 ||
        replay_desk_create(replay_endpoint, "demo", &desk, NULL) < 0)
        _exit(1);
    for (;;) {
        zmq_pollitem_t items[] = {
            { .socket = subscriber_socket(subscriber), .events = ZMQ_POLLIN },
            { .socket = replay_desk_socket(desk), .events = ZMQ_POLLIN },
        };
        struct replay replay;
        (void) zmq_poll(items, 2, -1);
        while (subscriber_receive(subscriber, &message) == 1) {
            if (message.kind == MESSAGE_HELLO && message.hello.state == CAMERA_ENDED)
                (void) !replay_desk_ask(desk, message.hello.camera, last_of(&message.hello), 0);
            message_release(&message);
        }
        while (replay_desk_receive(desk, &replay) == 1)
            replay_release(&replay);
    }
}

static struct publish_options options_of(const char *ring_folder)
{
    return (struct publish_options){
        .simulation = { .config = config, .map = map, .seed = 3 },
        .endpoint = endpoint,
        .store = "demo",
        .floor = "ground",
        .replay_endpoint = replay_endpoint,
        .ring_folder = ring_folder,
        .ring_bytes_max = 16 << 20,
        .ring_age_us = 3600 * US_PER_S,
        .duration_s = DURATION_S,
        .fast = true,
        .keep_time = true,
        .high_water_mark = 10000,
        .listener_wait_ms = 20000,
    };
}

static struct publish_counts publish(const struct publish_options *options)
{
    struct publish_counts counts;
    struct error err = { "" };
    if (output_publish(options, &counts, &err) < 0)
        fail_msg("%s", err.text);
    return counts;
}

/* Of the first segment; here there is no other. */
static long ring_bytes(const char *rings, const char *camera)
{
    char path[256];
    struct stat status;
    (void) snprintf(path, sizeof(path), "%s/%s/0000000000000001.ring", rings, camera);
    return stat(path, &status) == 0 ? (long) status.st_size : 0;
}

struct death {
    const char *rings;
    long bytes;
};

/* Ends the program where it is, as kill -9 does, when a ring has become so large. */
static bool die_when_grown(void *context)
{
    const struct death *death = context;
    if (ring_bytes(death->rings, "b") >= death->bytes)
        _exit(42);
    return false;
}

static void publish_and_die(const struct publish_options *options, long at_bytes)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct death death = { options->ring_folder, at_bytes };
        struct publish_options mine = *options;
        struct publish_counts counts;
        mine.stop = (struct stop){ &death, die_when_grown };
        (void) !output_publish(&mine, &counts, NULL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
}

/* What is in one camera's ring, without what tells one run from another: capture times and what was
 * seen, as text. */
static char *describe_ring(const char *rings, const char *camera)
{
    char path[256], *text;
    size_t size;
    (void) snprintf(path, sizeof(path), "%s/%s", rings, camera);
    const struct ring_options options = { path, 16 << 20, 3600 * US_PER_S };
    struct ring *ring;
    struct ring_place place = { 0 };
    struct ring_record record;
    struct observation_frame frame;
    assert_int_equal(ring_open(&options, &ring, NULL), 0);
    FILE *out = open_memstream(&text, &size);
    while (ring_read(ring, &place, &record) == 1) {
        if (record.kind != MESSAGE_FRAME)
            continue;
        assert_int_equal(observation_frame_unpack(record.bytes, record.length, &frame, NULL), 0);
        fprintf(out, "%lld", (long long) frame.capture_us);
        for (size_t i = 0; i < frame.observation_count; i++)
            fprintf(out, " %.17g,%.17g", frame.observations[i].floor.x,
                    frame.observations[i].floor.y);
        fputc('\n', out);
        observation_frame_release(&frame);
    }
    (void) fclose(out);
    ring_close(&ring);
    return text;
}

static void what_a_killed_run_published_and_what_the_next_adds_is_one_whole_run(void **state)
{
    (void) state;
    char whole[128], pieces[128];
    (void) snprintf(whole, sizeof(whole), "%s/whole", folder);
    (void) snprintf(pieces, sizeof(pieces), "%s/pieces", folder);
    struct publish_options options = options_of(whole);
    struct publish_counts all = publish(&options);
    assert_int_equal(all.frames + all.lost_frames, (int64_t) (DURATION_S * (10 + 5)));
    long bytes = ring_bytes(whole, "b");
    options = options_of(pieces);
    options.resume = true; /* the first time there is nothing to go on from */
    publish_and_die(&options, bytes / 3);
    publish_and_die(&options, bytes * 2 / 3);
    struct publish_counts rest = publish(&options);
    assert_true(rest.known >= all.frames / 2);
    assert_true(rest.frames > 0);
    assert_int_equal(rest.known + rest.frames, all.frames);
    for (int i = 0; i < CAMERAS; i++) {
        const char *camera = i == 0 ? "a" : "b";
        char *a = describe_ring(whole, camera), *b = describe_ring(pieces, camera);
        assert_true(strlen(a) > 500);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    struct publish_counts again = publish(&options); /* nothing is left to publish */
    assert_int_equal(again.frames, 0);
    assert_int_equal(again.known, all.frames);
    assert_int_equal(again.unkept, 0);
}

static void rings_of_another_simulation_are_not_resumed_from(void **state)
{
    (void) state;
    char rings[128];
    (void) snprintf(rings, sizeof(rings), "%s/now", folder);
    struct publish_options options = options_of(rings);
    struct publish_counts counts;
    struct error err = { "" };
    options.keep_time = false; /* stamps of now */
    options.duration_s = 0.5;
    (void) publish(&options);
    options.keep_time = options.resume = true;
    assert_int_equal(output_publish(&options, &counts, &err), -EINVAL);
    assert_non_null(strstr(err.text, rings));
}

static int prepare(void **state)
{
    (void) state;
    struct problems problems = { 0 };
    char path[128];
    (void) snprintf(folder, sizeof(folder), "/tmp/test_publish.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    (void) snprintf(endpoint, sizeof(endpoint), "ipc://%s/s", folder);
    (void) snprintf(replay_endpoint, sizeof(replay_endpoint), "ipc://%s/r", folder);
    (void) snprintf(path, sizeof(path), "%s/sim.cfg", folder);
    if (file_write(path, sim_text, sizeof(sim_text) - 1, 0600, NULL) < 0 ||
        sim_config_load(path, &config, &problems) < 0 ||
        sim_config_floor_map(config, &map, NULL) < 0)
        return -1;
    problems_release(&problems);
    listener = fork();
    if (listener == 0)
        listen_and_confirm();
    return listener > 0 ? 0 : -1;
}

static int clean_up(void **state)
{
    (void) state;
    char command[128];
    if (listener > 0) {
        (void) kill(listener, SIGKILL);
        (void) waitpid(listener, NULL, 0);
    }
    floor_map_destroy(&map);
    sim_config_destroy(&config);
    (void) snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_killed_run_published_and_what_the_next_adds_is_one_whole_run),
        cmocka_unit_test(rings_of_another_simulation_are_not_resumed_from),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
