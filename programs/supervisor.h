/*
 * supervisor.h - run a store: database, fusion, cameras; restart what dies, stop all in order
 */
#ifndef FLOORFUSE_PROGRAMS_SUPERVISOR_H
#define FLOORFUSE_PROGRAMS_SUPERVISOR_H

#include "config/store_config.h"

struct supervisor_options {
    const struct store_config *config;
    const char *engine;       /* for all cameras instead of the config's; NULL: the config's */
    const char *summary_path; /* fusion's summary; NULL: none */
    const char *tracks_path;  /* fusion's tracks; NULL: none */
    bool until_ended; /* end when all recordings have ended; a program that fails ends all */
    bool repeat;      /* play recordings again when all have ended */
    void (*progress)(void *context); /* called every two seconds; NULL: never */
    void *context;
};

/*
 * Run until SIGINT or SIGTERM, or as until_ended says. All recordings without a start of their own
 * get the same one, so that cameras that filmed together are played together. Cameras stop first,
 * then fusion, then the database if we started it. Returns 0; -EBUSY when the store is running
 * already; -ECANCELED when until_ended was asked for and a signal came; -EIO when a program failed;
 * -errno, each with a sentence.
 */
MUST_CHECK int supervisor_run(const struct supervisor_options *options, struct error *err);

/* Ask the supervisor of a store to stop and wait until it has. Returns 0, -ESRCH when none runs,
 * -ETIMEDOUT. */
MUST_CHECK int supervisor_stop(const struct store_config *config, struct error *err);

/* Ask the supervisor of a store to have its cameras read their calibrations again; it does so a
 * moment later. Returns 0, -ESRCH when none runs. */
MUST_CHECK int supervisor_reload(const struct store_config *config, struct error *err);

#endif
