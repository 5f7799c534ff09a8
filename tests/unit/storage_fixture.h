/*
 * storage_fixture.h - a throw-away PostgreSQL for the tests of storage/, and a bucket made by hand
 *
 * The cluster lies in a folder under /tmp. A guardian process, which outlives the test, stops every
 * server in it and removes the folder, also when the test crashed or was killed with all its
 * descendants. A test that ends by itself waits until that is done.
 */
#ifndef FLOORFUSE_TESTS_UNIT_STORAGE_FIXTURE_H
#define FLOORFUSE_TESTS_UNIT_STORAGE_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/store_config.h"
#include "heat/heat_bucket.h"
#include "storage/cluster.h"
#include "storage/writer.h"

struct fixture {
    char folder[32];
    char dir[64], run_dir[64], path[64]; /* what config points at */
    struct store_config config;
    struct cluster *cluster;
};

/* Make the folder and its guardian; nothing is started. */
void fixture_make_folder(struct fixture *fixture);

/* cmocka's group set-up and tear-down: *state is a struct fixture with a running cluster. Ends the
 * program with 77 where PostgreSQL is not installed. */
int fixture_start(void **state);
int fixture_stop(void **state);

/* The guardian's process number. */
int fixture_guardian(void);

/* Stop without checkpoint, as a crash does, and start again. */
void fixture_crash_server(const struct fixture *fixture);
void fixture_start_server(const struct fixture *fixture);

/* Make an empty database and give its connection string, valid until the next call. */
const char *fixture_database(const struct fixture *fixture);

/* Run SQL; the test fails when the database does not take it. */
void fixture_execute(const char *conninfo, const char *sql);

/* First value of SQL's result as text, "NULL" for NULL; valid until the next call. */
const char *fixture_value(const char *conninfo, const char *sql);

/* 2026-11-23T09:14:00Z, by `date -u -d 2026-11-23T09:14:00Z +%s`. */
#define FIXTURE_START_US  (INT64_C(1795425240) * 1000000)
#define FIXTURE_MINUTE_US (INT64_C(60) * 1000000)

/*
 * A bucket of one minute on a grid of 4 x 3 cells of 0.5 m with its origin at (-1, 2), made by
 * hand. left sees cells 0 to 5, right sees cells 4 to 9, nobody sees 10 and 11 both looked for 50
 * s, left alone for 10 s: exposure is 60 s in 0 to 5, 50 s in 6 to 9 cell 1: 2 passes, 1500 ms,
 * moved (300, -100) mm on 400 mm cell 4: 1 pass, 2500 ms, moved (-20, 30) mm on 50 mm cell 11: a
 * track coasted through for 100 ms people_ms 5000, peak 2; four matches of the pair with mean (0.1,
 * -0.2) m and rms 0.5 m
 */
struct heat_bucket *fixture_bucket(int64_t start_us);

/* Options that fit the bucket, for a store of its own in the database. */
struct storage_writer_options fixture_writer_options(const char *conninfo);

#endif
