/*
 * camera_loop.h - the life of a camera program
 *
 * One thread, one zmq_poll over the capture's eventfd, the publisher's socket and a signalfd. A
 * frame goes straight through: take, detect, place on the floor, publish.
 */
#ifndef FLOORFUSE_PROGRAMS_CAMERA_LOOP_H
#define FLOORFUSE_PROGRAMS_CAMERA_LOOP_H

#include "config/store_config.h"

struct camera_loop_options {
    const struct store_config *config;
    const struct camera_config *camera;
    const char *csv_path;   /* NULL: no CSV file */
    const char *engine;     /* NULL: as in the config */
    const char *still_path; /* debug: save one frame; NULL: never */
    int64_t start_us;       /* of a recording; 0: as in the config */
    bool no_publish;
};

/*
 * Run until a recording ends or SIGINT or SIGTERM comes. Returns 0, or a negative errno with a
 * sentence.
 */
MUST_CHECK int camera_loop_run(const struct camera_loop_options *options, struct error *err);

#endif
