/*
 * fusion_loop.h - the life of a fusion program
 *
 * One thread, one zmq_poll over the observations' socket, the status socket and a signalfd.
 * Messages go to the fusion of their floor; finished buckets go to the storage writer, which has a
 * thread of its own.
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_LOOP_H
#define FLOORFUSE_PROGRAMS_FUSION_LOOP_H

#include <stdio.h>

#include "config/store_config.h"
#include "floor/floor_map.h"
#include "fusion/fusion.h"
#include "programs/seal.h"
#include "storage/writer.h"
#include "wire/status.h"
#include "wire/subscriber.h"

struct fusion_loop_options {
    const struct store_config *config;
    const char *summary_path; /* NULL: none */
    const char *tracks_path;  /* NULL: none */
    bool until_ended;
    bool no_database;
};

/* Run until SIGINT or SIGTERM comes or, if asked for, all recordings have ended. Closes open ticks
 * and buckets and flushes the writer before it returns. Returns 0, or a negative errno with a
 * sentence. */
MUST_CHECK int fusion_loop_run(const struct fusion_loop_options *options, struct error *err);

/* One camera of the config, as fusion knows it. */
struct fusion_camera {
    const struct camera_config *config;
    struct fusion_floor *floor;
    struct calibration *calibration; /* NULL before the first good hello */
    struct sequence_tracker sequence;
    struct camera_hello hello; /* the last one; zero before it */
    struct camera_health health;
    uint64_t published_before; /* frames of earlier boots, as far as their hellos told */
    uint64_t observations;
};

struct fusion_floor {
    const struct floor_config *config;
    struct floor_map *map;
    struct fusion *fusion;
    struct fusion_loop *loop;
};

struct fusion_loop {
    const struct fusion_loop_options *options;
    struct fusion_camera *cameras;
    size_t camera_count;
    struct fusion_floor *floors;
    size_t floor_count;
    struct gatekeeper *gatekeeper; /* NULL when all sockets are in plain text */
    struct seal_log seal_log;
    struct subscriber *subscriber;
    struct status_server *status;
    struct storage_writer *writer; /* NULL without a database */
    FILE *tracks;
    int signal_fd, lock_fd;
    int64_t started_ns;
    uint64_t buckets;
    uint64_t strangers; /* messages of cameras that the config does not name */
    bool stop;
};

#endif
