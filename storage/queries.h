/*
 * queries.h - every statement that storage/ sends after the migrations
 *
 * Their SQL lies in storage/queries, one file a group below, under their names in lower case; the
 * build makes the table of it (embed_queries.cmake) and fails where enum and files differ.
 *
 * They are prepared under their names at first use on a connection. Values are parameters, as text;
 * lists are array literals, so that a bucket with thirty cameras takes as many round trips as one
 * with a single camera.
 */
#ifndef FLOORFUSE_STORAGE_QUERIES_H
#define FLOORFUSE_STORAGE_QUERIES_H

enum query_id {
    /* contact.sql: the writer's first contact */
    QUERY_TIMEZONE_CHECK,
    QUERY_CHAIN_PUT,
    QUERY_STORE_CLASH,
    QUERY_STORE_PUT,
    QUERY_TIMEZONE_SET,
    QUERY_DEFINITION_KEY,
    QUERY_OPENING_PUT,
    QUERY_RETENTION_SET,
    /* dimension.sql: keys of one bucket's dimensions, rows made at need */
    QUERY_FLOOR_KEY,
    QUERY_GRID_KEY,
    QUERY_CAMERA_KEYS,
    QUERY_CALIBRATION_KEYS,
    QUERY_CALIBRATION_PUT,
    QUERY_MODEL_KEYS,
    QUERY_FOOTPRINT_KEYS,
    QUERY_CAMERA_SET_KEYS,
    QUERY_PLACES_PUT,
    /* bucket.sql: facts of several buckets */
    QUERY_HEAT_BUCKET_ADD,
    QUERY_HEAT_BUCKET_CHANGE,
    QUERY_EXPOSURE_BLANK,
    QUERY_EXPOSURE_PUT,
    QUERY_CAMERA_BUCKET_BLANK,
    QUERY_CAMERA_BUCKET_PUT,
    QUERY_PAIR_RESIDUAL_BLANK,
    QUERY_PAIR_RESIDUAL_PUT,
    QUERY_ZONE_BUCKET_BLANK,
    QUERY_ZONE_BUCKET_PUT,
    QUERY_LINE_BUCKET_BLANK,
    QUERY_LINE_BUCKET_PUT,
    QUERY_FLOW_BUCKET_BLANK,
    QUERY_FLOW_BUCKET_PUT,
    QUERY_CAMERA_POSITION_PUT,
    /* loss.sql: what did not get through */
    QUERY_LOSSES_PUT,
    /* maintenance.sql: what the writer has done once a month, or with nothing to write */
    QUERY_PARTITIONS_ENSURE,
    QUERY_ROLL_UP,
    QUERY_RETENTION_APPLY,
    /* heat.sql: reading heat, and finding the store */
    QUERY_STORE_FIND,
    QUERY_FLOOR_FIND,
    QUERY_HEAT_SPAN,
    QUERY_HEAT_PIECES,
    QUERY_HEAT_DAYS,
    QUERY_HEAT_HOURS,
    QUERY_HEAT_BUCKETS,
    QUERY_HEAT_COUNTS,
    QUERY_GRID_FIND,
    QUERY_HEAT_EXPOSURE,
    /* view.sql: any view */
    QUERY_VIEW_LIST,
    QUERY_VIEW_COLUMNS,
    QUERY_COUNT
};

/* Of one statement at most. */
#define QUERY_PARAMETERS_MAX 13

struct query {
    const char *name;
    const char *what; /* what it is for, after "could not" */
    int parameters;   /* $1 .. */
    const char *sql;
};

extern const struct query queries[QUERY_COUNT]; /* by enum query_id */

#endif
