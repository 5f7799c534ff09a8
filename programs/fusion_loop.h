/*
 * fusion_loop.h - the life of a fusion program
 *
 * One thread, one zmq_poll over the sockets of observations, replays and status, and a signalfd.
 * Messages go to the fusion of their floor; finished buckets and saved states go to the storage
 * writer, which has threads of its own.
 */
#ifndef FLOORFUSE_PROGRAMS_FUSION_LOOP_H
#define FLOORFUSE_PROGRAMS_FUSION_LOOP_H

#include <stdio.h>

#include "config/store_config.h"
#include "metrics/metrics_server.h"
#include "programs/seal.h"
#include "storage/writer.h"
#include "wire/replay_desk.h"
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

struct fusion_loop {
    const struct fusion_loop_options *options;
    struct fusion_camera *cameras; /* fusion_cameras.h */
    size_t camera_count;
    struct fusion_floor *floors; /* fusion_floors.h */
    size_t floor_count;
    struct gatekeeper *gatekeeper; /* NULL when all sockets are in plain text */
    struct seal_log seal_log;
    struct subscriber *subscriber;
    struct replay_desk *replays;
    struct status_server *status;
    struct metrics_server *metrics; /* NULL without status.http */
    struct storage_writer *writer;  /* NULL without a database */
    FILE *tracks;
    int signal_fd, lock_fd;
    int64_t started_ns, run_us; /* when this run began: monotonic, UTC */
    uint64_t buckets;
    int64_t expect_until_ns; /* ticks wait for cameras that nothing is known of */
    bool flooded;            /* more waits than one turn takes: arrival says nothing of clocks */
    int64_t clocks_due_ns;
    int64_t clock_fast_us; /* ours, by the one that counts */
    uint64_t strangers;    /* messages of cameras that the config does not name */
    int64_t ask_after_ns;  /* no camera is asked for replays before */
    bool stop;

    /* fusion_recovery.h */
    struct checkpoints *checkpoints; /* NULL: nothing is saved */
    int64_t save_due_ns;             /* INT64_MAX: nothing to save */
    int64_t first_bucket_us;         /* buckets that begin earlier are not made again */
    int64_t dropped_us;              /* the first bucket that waits to be made again; INT64_MAX */
    int64_t kept_before_us;          /* buckets that begin earlier are kept as they are */
    int64_t went_back_ns, back_pause_ns;
    uint64_t times_back;

    struct fusion_losses *losses; /* fusion_losses.h */
};

#endif
