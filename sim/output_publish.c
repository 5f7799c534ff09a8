/*
 * output_publish.c - a simulation sent as real messages
 */
#include "sim/output_publish.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "config/store_config.h"
#include "wire/client_keys.h"
#include "wire/publisher.h"

/* As camera programs do (programs/camera_loop.c): what is placed more vaguely is not told. */
#define OBSERVATION_MAX_SD_M 2.0

/* How often a camera says who it is. */
#define REPORT_INTERVAL_NS (2 * NS_PER_S)

/* How long a send may wait when the simulation goes as fast as the receiver takes it. */
#define PATIENCE_MS 10000

/* How long the last messages may take to leave. */
#define LINGER_MS 10000

/* How long fusion is given at the end to ask for what it missed, and after each answer. */
#define LAST_REPLAY_WAIT_NS (10 * NS_PER_S)

/* Whoever waits looks this often for replays that are asked for, and listeners. */
#define SERVE_INTERVAL_NS (5 * NS_PER_MS)

struct outlet {
    struct publisher *publisher;
    const struct sensor *sensor;
    uint32_t width, height;
    int64_t known_us; /* capture time of the last frame of an earlier run; INT64_MIN: none */
};

struct publish {
    const struct publish_options *options;
    struct simulation *simulation;
    struct outlet *outlets;
    size_t outlet_count;
    struct observation *observations; /* scratch */
    float *appearance;
    size_t capacity;
    int64_t begin_mono_ns; /* when the first moment was published; 0: not yet */
    int64_t first_us;      /* that moment */
    int64_t shift_us, next_report_ns, next_serve_ns;
    struct publish_counts *counts;
};

static void wait_until_ns(int64_t mono_ns)
{
    struct timespec at = { .tv_sec = mono_ns / NS_PER_S, .tv_nsec = mono_ns % NS_PER_S };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* Answer what fusion has missed, every few milliseconds. What goes wrong with it costs only the
 * answer, and fusion asks again. */
static void serve(void *context)
{
    struct publish *p = context;
    int64_t now_ns = clock_mono_ns();
    if (now_ns < p->next_serve_ns)
        return;
    for (size_t i = 0; i < p->outlet_count; i++)
        (void) !publisher_answer_replays(p->outlets[i].publisher);
    p->next_serve_ns = now_ns + SERVE_INTERVAL_NS;
}

static void serve_until_ns(struct publish *p, int64_t mono_ns)
{
    for (int64_t now_ns; (now_ns = clock_mono_ns()) < mono_ns;) {
        serve(p);
        wait_until_ns(mono_ns - now_ns < SERVE_INTERVAL_NS ? mono_ns : now_ns + SERVE_INTERVAL_NS);
    }
}

static void send_hello(struct publish *p, struct outlet *outlet, enum camera_state state)
{
    const struct calibration *calibration = sensor_calibration(outlet->sensor);
    struct camera_hello hello = {
        .state = state,
        .width = outlet->width,
        .height = outlet->height,
        .view = { 0, 0, outlet->width, outlet->height },
        .calibration_text = (char *) calibration_text(calibration), /* borrowed */
    };
    (void) snprintf(hello.store, ID_SIZE, "%s", p->options->store);
    (void) snprintf(hello.floor, ID_SIZE, "%s", p->options->floor);
    (void) snprintf(hello.camera, ID_SIZE, "%s", sensor_id(outlet->sensor));
    (void) snprintf(hello.calibration_version, sizeof(hello.calibration_version), "%s",
                    calibration_version(calibration));
    (void) snprintf(hello.engine, ID_SIZE, "simulated");
    (void) snprintf(hello.model_id, ID_SIZE, "simulated");
    (void) !publisher_send_hello(outlet->publisher, &hello); /* a full queue counts it */
}

/* Greet who has come to listen. Returns whether somebody listens to this camera. */
static int read_events(struct publish *p, struct outlet *outlet)
{
    bool joined = false;
    int r = publisher_read_events(outlet->publisher, &joined);
    if (r == 0 && joined)
        send_hello(p, outlet, CAMERA_RUNNING);
    return r;
}

static int read_all_events(struct publish *p, size_t *ret_listening, struct error *err)
{
    *ret_listening = 0;
    for (size_t i = 0; i < p->outlet_count; i++) {
        int r = read_events(p, &p->outlets[i]);
        if (r < 0)
            return error_set(err, r, "could not read who listens: %s", strerror(-r));
        *ret_listening += publisher_has_subscriber(p->outlets[i].publisher);
    }
    return 0;
}

static int wait_for_listener(struct publish *p, struct error *err)
{
    int64_t give_up_ns = clock_mono_ns() + p->options->listener_wait_ms * NS_PER_MS;
    size_t listening = 0;
    int r = read_all_events(p, &listening, err);
    while (r == 0 && listening < p->outlet_count && !stop_asked(p->options->stop)) {
        int64_t now_ns = clock_mono_ns();
        if (now_ns >= give_up_ns)
            return error_set(err, -ETIMEDOUT,
                             "nobody listens on %s; start floorfuse-fusion with the store.cfg that "
                             "this simulation writes, or raise --wait-s",
                             p->options->endpoint);
        serve_until_ns(p, now_ns + SERVE_INTERVAL_NS);
        r = read_all_events(p, &listening, err);
    }
    return r;
}

static int reserve(struct publish *p, size_t count)
{
    if (count <= p->capacity)
        return 0;
    struct observation *observations = realloc(p->observations, 2 * count * sizeof(*observations));
    if (observations)
        p->observations = observations;
    float *appearance = realloc(p->appearance, 2 * count * SIM_APPEARANCE * sizeof(*appearance));
    if (appearance)
        p->appearance = appearance;
    if (!observations || !appearance)
        return -ENOMEM;
    p->capacity = 2 * count;
    return 0;
}

/* From box to floor, as a camera program does it. */
static bool place(const struct outlet *outlet, const struct sensor_box *box,
                  struct observation *ret)
{
    const struct calibration *calibration = sensor_calibration(outlet->sensor);
    struct box_px view = { 0, 0, outlet->width, outlet->height };
    struct placement placement;
    bool head = box->object_class == OBSERVATION_HEAD;
    int r = head ? placement_of_head(calibration, box->box, FOOT_SD_PX, &placement)
                 : placement_of_person(calibration, box->box, view, FOOT_SD_PX, &placement);
    if (r < 0 || covariance2_max_sd(placement.covariance) > OBSERVATION_MAX_SD_M)
        return false;
    *ret = (struct observation){ .object_class = box->object_class,
                                 .score = box->score,
                                 .floor = placement.floor,
                                 .covariance = placement.covariance,
                                 .box = box->box,
                                 .height_m = placement.height_m,
                                 .reasons = placement.reasons,
                                 .body_index = -1 };
    return true;
}

static int send_frame(struct publish *p, struct outlet *outlet, int64_t capture_us,
                      const struct sensor_picture *picture)
{
    int r = reserve(p, picture->box_count);
    if (r < 0)
        return r;
    size_t count = 0;
    for (size_t i = 0; i < picture->box_count; i++) {
        if (!place(outlet, &picture->boxes[i], &p->observations[count])) {
            p->counts->unplaced++;
            continue;
        }
        memcpy(p->appearance + SIM_APPEARANCE * count, picture->boxes[i].appearance,
               sizeof(picture->boxes[i].appearance));
        count++;
    }
    bool appearance = p->options->simulation.config->sensors.appearance;
    struct observation_frame frame = {
        .capture_us = capture_us,
        .receive_us = clock_wall_us(),
        .clock_source = CLOCK_SOURCE_STREAM,
        .width = outlet->width,
        .height = outlet->height,
        .observations = p->observations,
        .observation_count = count,
        .appearance = appearance ? p->appearance : NULL,
        .appearance_length = appearance ? SIM_APPEARANCE : 0,
    };
    (void) snprintf(frame.store, ID_SIZE, "%s", p->options->store);
    (void) snprintf(frame.floor, ID_SIZE, "%s", p->options->floor);
    (void) snprintf(frame.camera, ID_SIZE, "%s", sensor_id(outlet->sensor));
    (void) snprintf(frame.model_id, ID_SIZE, "simulated");
    (void) snprintf(frame.calibration_version, sizeof(frame.calibration_version), "%s",
                    calibration_version(sensor_calibration(outlet->sensor)));
    r = publisher_send_frame(outlet->publisher, &frame);
    p->counts->frames++;
    p->counts->observations += (int64_t) count;
    return r == -EAGAIN ? 0 : r; /* counted by the publisher */
}

/* An earlier run has this frame in its ring. */
static bool is_known(const struct publish *p, const struct outlet *outlet, int64_t moment_us)
{
    return moment_us + p->shift_us <= outlet->known_us;
}

static int send_moment(struct publish *p, const struct moment *moment)
{
    for (size_t i = 0; i < moment->frame_count; i++) {
        const struct simulated_frame *frame = &moment->frames[i];
        if (is_known(p, &p->outlets[i], moment->time_us)) {
            p->counts->known += frame->picture.taken;
            continue;
        }
        if (!frame->picture.taken) {
            p->counts->lost_frames += frame->due;
            continue;
        }
        int r = send_frame(p, &p->outlets[i], moment->time_us + p->shift_us, &frame->picture);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool all_known(const struct publish *p, const struct moment *moment)
{
    for (size_t i = 0; i < moment->frame_count; i++)
        if (moment->frames[i].picture.taken && !is_known(p, &p->outlets[i], moment->time_us))
            return false;
    return true;
}

/* In real time a frame leaves when its moment has come; what is known takes no time. */
static void keep_pace(struct publish *p, const struct moment *moment)
{
    serve(p);
    if (p->begin_mono_ns == 0 && all_known(p, moment))
        return;
    int64_t now_ns = clock_mono_ns();
    if (p->begin_mono_ns == 0) {
        p->begin_mono_ns = now_ns;
        p->first_us = moment->time_us;
    }
    int64_t due_ns = p->begin_mono_ns + (moment->time_us - p->first_us) * NS_PER_US;
    if (p->options->fast)
        return;
    serve_until_ns(p, due_ns);
    p->counts->behind_s = due_ns < now_ns ? (double) (now_ns - due_ns) / NS_PER_S : 0;
}

/* Rings to go on from end within the simulation. */
static int check_known(const struct publish *p, int64_t first_us, int64_t end_us, struct error *err)
{
    for (size_t i = 0; i < p->outlet_count; i++) {
        int64_t known_us = p->outlets[i].known_us;
        char text[WALL_TEXT_SIZE];
        if (known_us == INT64_MIN || (known_us >= first_us && known_us < end_us))
            continue;
        return error_set(
            err, -EINVAL,
            "the last frame of camera %s in %s was taken at %s, which is no time of "
            "this simulation; resume with what it was begun with, or remove the folder",
            sensor_id(p->outlets[i].sensor), p->options->ring_folder,
            clock_wall_format(known_us, text));
    }
    return 0;
}

static void send_hellos(struct publish *p, enum camera_state state)
{
    for (size_t i = 0; i < p->outlet_count; i++)
        send_hello(p, &p->outlets[i], state);
    p->next_report_ns = clock_mono_ns() + REPORT_INTERVAL_NS;
}

static int report(struct publish *p, struct error *err)
{
    size_t listening;
    if (clock_mono_ns() < p->next_report_ns)
        return 0;
    int r = read_all_events(p, &listening, err);
    if (r == 0)
        send_hellos(p, CAMERA_RUNNING);
    return r;
}

static int run(struct publish *p, struct error *err)
{
    struct moment moment;
    int r = simulation_next(p->simulation, &moment);
    if (r < 0)
        return error_set(err, r, "the simulation stopped: %s", strerror(-r));
    p->shift_us = p->options->keep_time ? 0 : clock_wall_us() - moment.time_us;
    int64_t end_us = moment.time_us + (int64_t) (p->options->duration_s * US_PER_S);
    r = check_known(p, moment.time_us, end_us, err);
    if (r < 0)
        return r;
    while (r == 0 && moment.time_us < end_us && !stop_asked(p->options->stop)) {
        keep_pace(p, &moment);
        r = send_moment(p, &moment);
        if (r < 0)
            return error_set(err, r, "could not send a frame: %s", strerror(-r));
        r = report(p, err);
        if (r < 0)
            return r;
        r = simulation_next(p->simulation, &moment);
    }
    return r < 0 ? error_set(err, r, "the simulation stopped: %s", strerror(-r)) : 0;
}

static int load_keys(const struct publish_options *options, const char *camera,
                     struct client_keys *ret_keys, struct error *err)
{
    const char *folder = options->keys ? options->keys : options->replay_keys;
    return folder ? client_keys_load(folder, camera, ret_keys, err) : 0;
}

static int open_publisher(const struct publish *p, struct outlet *outlet, struct error *err)
{
    const struct publish_options *options = p->options;
    AUTO(client_keys_release) struct client_keys keys = { 0 };
    char *folder = NULL;
    int r = load_keys(options, sensor_id(outlet->sensor), &keys, err);
    if (r < 0)
        return r;
    if (options->ring_folder &&
        asprintf(&folder, "%s/%s", options->ring_folder, sensor_id(outlet->sensor)) < 0)
        return error_set(err, -ENOMEM, "out of memory");
    const struct publisher_options all = {
        .endpoint = options->endpoint,
        .store = options->store,
        .camera = sensor_id(outlet->sensor),
        .send_hwm = options->high_water_mark,
        .replay_endpoint = options->replay_endpoint,
        .ring_folder = folder,
        .ring_bytes_max = options->ring_bytes_max,
        .ring_age_us = options->ring_age_us,
        .security = options->keys ? &keys.security : NULL,
        .replay_security = options->replay_keys ? &keys.security : NULL,
    };
    r = publisher_create(&all, &outlet->publisher, err);
    free(folder);
    return r;
}

/* What an earlier run has published already. */
static int find_known(const struct publish *p, struct outlet *outlet, struct error *err)
{
    outlet->known_us = INT64_MIN;
    if (!p->options->resume)
        return 0;
    int r = publisher_last_capture_us(outlet->publisher, &outlet->known_us);
    return r < 0 ? error_set(err, r, "could not read the ring of camera %s: %s",
                             sensor_id(outlet->sensor), strerror(-r))
                 : 0;
}

static int open_outlets(struct publish *p, struct error *err)
{
    size_t count = simulation_camera_count(p->simulation);
    if (count == 0)
        return error_set(err, -EINVAL, "the config has no cameras: there is nobody to publish");
    p->outlets = calloc(count, sizeof(*p->outlets));
    if (!p->outlets)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct outlet *outlet = &p->outlets[i];
        outlet->sensor = simulation_camera(p->simulation, i);
        calibration_size(sensor_calibration(outlet->sensor), &outlet->width, &outlet->height);
        int r = open_publisher(p, outlet, err);
        if (r < 0)
            return r;
        p->outlet_count++;
        publisher_while_waiting(outlet->publisher, serve, p);
        if (p->options->fast)
            publisher_set_patience_ms(outlet->publisher, PATIENCE_MS);
        r = find_known(p, outlet, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool all_taken(const struct publish *p)
{
    for (size_t i = 0; i < p->outlet_count; i++)
        if (!publisher_all_taken(p->outlets[i].publisher))
            return false;
    return true;
}

static uint64_t replays_answered(const struct publish *p)
{
    uint64_t replays = 0;
    for (size_t i = 0; i < p->outlet_count; i++)
        replays += publisher_counts(p->outlets[i].publisher).replays;
    return replays;
}

/* Until fusion has asked for what it may have missed of the last frames, as cameras do. */
static void wait_for_last_replay(struct publish *p)
{
    int64_t give_up_ns = clock_mono_ns() + LAST_REPLAY_WAIT_NS, now_ns;
    uint64_t replays = replays_answered(p);
    while (!all_taken(p) && (now_ns = clock_mono_ns()) < give_up_ns &&
           !stop_asked(p->options->stop)) {
        serve_until_ns(p, now_ns + SERVE_INTERVAL_NS);
        if (clock_mono_ns() >= p->next_report_ns)
            send_hellos(p, CAMERA_ENDED); /* the one before may have been lost */
        if (replays_answered(p) != replays)
            give_up_ns = clock_mono_ns() + LAST_REPLAY_WAIT_NS;
        replays = replays_answered(p);
    }
}

static void close_all(struct publish *p, int r)
{
    send_hellos(p, r == 0 ? CAMERA_ENDED : CAMERA_LOST);
    if (r == 0)
        wait_for_last_replay(p);
    for (size_t i = 0; i < p->outlet_count; i++) {
        const struct publisher_counts counts = publisher_counts(p->outlets[i].publisher);
        p->counts->dropped += counts.dropped;
        p->counts->unkept += counts.unkept;
    }
    for (size_t i = 0; i < p->outlet_count; i++)
        publisher_destroy(&p->outlets[i].publisher, r < 0 ? 100 : LINGER_MS);
    free(p->outlets);
    free(p->observations);
    free(p->appearance);
    simulation_destroy(&p->simulation);
}

int output_publish(const struct publish_options *options, struct publish_counts *ret_counts,
                   struct error *err)
{
    *ret_counts = (struct publish_counts){ 0 };
    struct publish p = { .options = options, .counts = ret_counts };
    int r = simulation_create(&options->simulation, &p.simulation, err);
    if (r == 0)
        r = open_outlets(&p, err);
    if (r == 0)
        r = wait_for_listener(&p, err);
    if (r == 0)
        r = run(&p, err);
    close_all(&p, r);
    return r;
}
