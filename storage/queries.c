/*
 * queries.c - every statement that storage/ sends after the migrations
 *
 * Key statements look first and insert only what is missing, since an insert that meets a conflict
 * would still use up a number of the identity. When another writer inserts the same row at the same
 * moment the key comes back NULL, and the statement, run again, finds it.
 */
#include "storage/queries.h"

#include <assert.h>

static const struct query queries[QUERY_COUNT] = {
    [QUERY_TIMEZONE_CHECK] = { "timezone_check", "look up the time zone", 1,
                               "SELECT now() AT TIME ZONE $1::text" },

    [QUERY_CHAIN_PUT] = { "chain_put", "write the chain", 1,
                          "INSERT INTO chain (chain) VALUES ($1) ON CONFLICT (chain) DO NOTHING" },

    /* The key is a hash or was allotted by hand: both can go wrong. */
    [QUERY_STORE_CLASH] = { "store_clash", "look up the store", 3,
                            "SELECT store_id, chain, store FROM store "
                            "WHERE (store_id = $1::integer) <> (chain = $2 AND store = $3)" },

    [QUERY_STORE_PUT] = { "store_put", "write the store", 4,
                          "INSERT INTO store (store_id, chain, store, timezone) "
                          "VALUES ($1::integer, $2, $3, $4) ON CONFLICT (store_id) DO NOTHING" },

    [QUERY_TIMEZONE_SET] = { "timezone_set", "write the store's time zone", 2,
                             "SELECT set_timezone($1::integer, $2)" },

    [QUERY_DEFINITION_KEY] = { "definition_key", "write the definition", 5,
                               "WITH wanted AS ("
                               "    SELECT $1::integer AS store_id, $2::integer AS bucket_s,"
                               "        $3::integer AS visit_s, $4::double precision AS cell_m,"
                               "        $5::double precision AS zone_hysteresis_m), "
                               "found AS ("
                               "    SELECT definition_id FROM definition JOIN wanted"
                               "    USING (store_id, bucket_s, visit_s, cell_m,"
                               "        zone_hysteresis_m)), "
                               "made AS ("
                               "    INSERT INTO definition (store_id, bucket_s, visit_s, cell_m,"
                               "        zone_hysteresis_m)"
                               "    SELECT store_id, bucket_s, visit_s, cell_m, zone_hysteresis_m"
                               "    FROM wanted WHERE NOT EXISTS (SELECT FROM found)"
                               "    ON CONFLICT DO NOTHING RETURNING definition_id) "
                               "SELECT coalesce((SELECT definition_id FROM found),"
                               "    (SELECT definition_id FROM made))" },

    [QUERY_OPENING_PUT] = { "opening_put", "write the opening hours", 3,
                            "SELECT put_opening($1::integer, $2::jsonb, $3::jsonb)" },

    [QUERY_RETENTION_SET] = { "retention_set", "write how long facts are kept", 4,
                              "SELECT set_retention($1::integer, nullif($2::integer, 0),"
                              "    nullif($3::integer, 0), nullif($4::integer, 0))" },

    [QUERY_PARTITIONS_ENSURE] = { "partitions_ensure", "make partitions", 1,
                                  "SELECT ensure_partitions(d.day, (d.day + interval '1 "
                                  "month')::date) "
                                  "FROM (SELECT ($1::timestamptz AT TIME ZONE 'UTC')::date AS day) "
                                  "AS d" },

    [QUERY_FLOOR_KEY] = { "floor_key", "write the floor", 2,
                          "WITH found AS ("
                          "    SELECT floor_id FROM floor WHERE store_id = $1::integer AND floor = "
                          "$2), "
                          "made AS ("
                          "    INSERT INTO floor (store_id, floor) SELECT $1::integer, $2"
                          "    WHERE NOT EXISTS (SELECT FROM found) ON CONFLICT DO NOTHING "
                          "RETURNING floor_id) "
                          "SELECT coalesce((SELECT floor_id FROM found), (SELECT floor_id FROM "
                          "made))" },

    [QUERY_GRID_KEY] = { "grid_key", "write the grid", 7,
                         "WITH wanted AS ("
                         "    SELECT $1::integer AS store_id, $2::integer AS floor_id,"
                         "        $3::double precision AS origin_x_m, $4::double precision AS "
                         "origin_y_m,"
                         "        $5::double precision AS cell_m, $6::integer AS columns, "
                         "$7::integer AS rows), "
                         "found AS ("
                         "    SELECT grid_id FROM grid JOIN wanted"
                         "    USING (store_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, "
                         "rows)), "
                         "made AS ("
                         "    INSERT INTO grid (store_id, floor_id, origin_x_m, origin_y_m, "
                         "cell_m, columns, rows)"
                         "    SELECT store_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, "
                         "rows FROM wanted"
                         "    WHERE NOT EXISTS (SELECT FROM found) ON CONFLICT DO NOTHING "
                         "RETURNING grid_id) "
                         "SELECT coalesce((SELECT grid_id FROM found), (SELECT grid_id FROM "
                         "made))" },

    [QUERY_CAMERA_KEYS] = { "camera_keys", "write the cameras", 2,
                            "WITH wanted AS ("
                            "    SELECT w.camera, w.n FROM unnest($2::text[]) WITH ORDINALITY AS w "
                            "(camera, n)), "
                            "made AS ("
                            "    INSERT INTO camera (store_id, camera)"
                            "    SELECT $1::integer, w.camera FROM wanted AS w WHERE NOT EXISTS ("
                            "        SELECT FROM camera AS c WHERE c.store_id = $1::integer AND "
                            "c.camera = w.camera)"
                            "    ON CONFLICT DO NOTHING RETURNING camera, camera_id) "
                            "SELECT coalesce(c.camera_id, m.camera_id) FROM wanted AS w "
                            "LEFT JOIN camera AS c ON c.store_id = $1::integer AND c.camera = "
                            "w.camera "
                            "LEFT JOIN made AS m ON m.camera = w.camera ORDER BY w.n" },

    [QUERY_CALIBRATION_KEYS] = { "calibration_keys", "write the calibrations", 4,
                                 "WITH wanted AS ("
                                 "    SELECT w.camera_id, w.version, w.n"
                                 "    FROM unnest($2::integer[], $3::text[]) WITH ORDINALITY AS w "
                                 "(camera_id, version, n)), "
                                 "used AS ("
                                 "    UPDATE calibration AS k SET first_used_at = $4::timestamptz"
                                 "    FROM wanted AS w WHERE k.store_id = $1::integer"
                                 "        AND k.camera_id = w.camera_id AND k.version = w.version"
                                 "        AND k.first_used_at IS NULL), "
                                 "made AS ("
                                 "    INSERT INTO calibration (store_id, camera_id, version, "
                                 "first_used_at)"
                                 "    SELECT $1::integer, w.camera_id, w.version, $4::timestamptz "
                                 "FROM wanted AS w"
                                 "    WHERE NOT EXISTS ("
                                 "        SELECT FROM calibration AS k WHERE k.store_id = "
                                 "$1::integer"
                                 "            AND k.camera_id = w.camera_id AND k.version = "
                                 "w.version)"
                                 "    ON CONFLICT DO NOTHING RETURNING camera_id, version, "
                                 "calibration_id) "
                                 "SELECT coalesce(k.calibration_id, m.calibration_id) FROM wanted "
                                 "AS w "
                                 "LEFT JOIN calibration AS k ON k.store_id = $1::integer"
                                 "    AND k.camera_id = w.camera_id AND k.version = w.version "
                                 "LEFT JOIN made AS m ON m.camera_id = w.camera_id AND m.version = "
                                 "w.version "
                                 "ORDER BY w.n" },

    /* A version that is known with its text stays as it is. */
    [QUERY_CALIBRATION_PUT] = { "calibration_put", "write a calibration", 7,
                                "WITH known AS ("
                                "    UPDATE calibration SET text = $4, author = $5, note = $6,"
                                "        valid_from = $7::timestamptz"
                                "    WHERE store_id = $1::integer AND camera_id = $2::integer"
                                "        AND version = $3 AND text IS NULL) "
                                "INSERT INTO calibration (store_id, camera_id, version, text, "
                                "author, note, valid_from) "
                                "SELECT $1::integer, $2::integer, $3, $4, $5, $6, $7::timestamptz "
                                "WHERE NOT EXISTS (SELECT FROM calibration"
                                "    WHERE store_id = $1::integer AND camera_id = $2::integer"
                                "        AND version = $3) ON CONFLICT DO NOTHING" },

    [QUERY_MODEL_KEYS] = { "model_keys", "write the models", 4,
                           "WITH wanted AS ("
                           "    SELECT w.model, w.input_width, w.input_height, w.n"
                           "    FROM unnest($2::text[], $3::integer[], $4::integer[])"
                           "        WITH ORDINALITY AS w (model, input_width, input_height, n)), "
                           "made AS ("
                           "    INSERT INTO model (store_id, model, input_width, input_height)"
                           "    SELECT DISTINCT $1::integer, w.model, w.input_width,"
                           "        w.input_height "
                           "    FROM wanted AS w WHERE NOT EXISTS ("
                           "        SELECT FROM model AS m WHERE m.store_id = $1::integer"
                           "            AND m.model = w.model AND m.input_width = w.input_width"
                           "            AND m.input_height = w.input_height)"
                           "    ON CONFLICT DO NOTHING"
                           "    RETURNING model, input_width, input_height, model_id) "
                           "SELECT coalesce(k.model_id, m.model_id) FROM wanted AS w "
                           "LEFT JOIN model AS k ON k.store_id = $1::integer"
                           "    AND k.model = w.model AND k.input_width = w.input_width"
                           "    AND k.input_height = w.input_height "
                           "LEFT JOIN made AS m ON m.model = w.model"
                           "    AND m.input_width = w.input_width"
                           "    AND m.input_height = w.input_height "
                           "ORDER BY w.n" },

    [QUERY_FOOTPRINT_KEYS] = { "footprint_keys", "write the footprints", 5,
                               "WITH wanted AS ("
                               "    SELECT w.camera_id, w.calibration_id, w.mask, sha256(w.mask) "
                               "AS mask_sha256, w.n"
                               "    FROM unnest($3::integer[], $4::integer[], $5::bytea[])"
                               "        WITH ORDINALITY AS w (camera_id, calibration_id, mask, "
                               "n)), "
                               "made AS ("
                               "    INSERT INTO footprint (store_id, grid_id, camera_id, "
                               "calibration_id, mask)"
                               "    SELECT $1::integer, $2::integer, w.camera_id, "
                               "w.calibration_id, w.mask"
                               "    FROM wanted AS w WHERE NOT EXISTS ("
                               "        SELECT FROM footprint AS p WHERE p.store_id = $1::integer"
                               "            AND p.grid_id = $2::integer AND p.camera_id = "
                               "w.camera_id"
                               "            AND p.calibration_id = w.calibration_id AND "
                               "p.mask_sha256 = w.mask_sha256)"
                               "    ON CONFLICT DO NOTHING RETURNING camera_id, calibration_id, "
                               "footprint_id) "
                               "SELECT coalesce(p.footprint_id, m.footprint_id) FROM wanted AS w "
                               "LEFT JOIN footprint AS p ON p.store_id = $1::integer AND p.grid_id "
                               "= $2::integer"
                               "    AND p.camera_id = w.camera_id AND p.calibration_id = "
                               "w.calibration_id"
                               "    AND p.mask_sha256 = w.mask_sha256 "
                               "LEFT JOIN made AS m"
                               "    ON m.camera_id = w.camera_id AND m.calibration_id = "
                               "w.calibration_id "
                               "ORDER BY w.n" },

    /* A set comes as the text of an array, for SQL's arrays of arrays must be rectangular. */
    [QUERY_CAMERA_SET_KEYS] = { "camera_set_keys", "write the camera sets", 5,
                                "WITH wanted AS ("
                                "    SELECT w.camera_ids::integer[] AS camera_ids,"
                                "        w.footprint_ids::integer[] AS footprint_ids, w.mask, w.n"
                                "    FROM unnest($3::text[], $4::text[], $5::bytea[])"
                                "        WITH ORDINALITY AS w (camera_ids, footprint_ids, mask, "
                                "n)), "
                                "made AS ("
                                "    INSERT INTO camera_set (store_id, grid_id, camera_ids, "
                                "footprint_ids, mask)"
                                "    SELECT $1::integer, $2::integer, w.camera_ids, "
                                "w.footprint_ids, w.mask"
                                "    FROM wanted AS w WHERE NOT EXISTS ("
                                "        SELECT FROM camera_set AS k WHERE k.store_id = $1::integer"
                                "            AND k.grid_id = $2::integer AND k.footprint_ids = "
                                "w.footprint_ids)"
                                "    ON CONFLICT DO NOTHING RETURNING footprint_ids, "
                                "camera_set_id) "
                                "SELECT coalesce(k.camera_set_id, m.camera_set_id) FROM wanted AS "
                                "w "
                                "LEFT JOIN camera_set AS k ON k.store_id = $1::integer AND "
                                "k.grid_id = $2::integer"
                                "    AND k.footprint_ids = w.footprint_ids "
                                "LEFT JOIN made AS m ON m.footprint_ids = w.footprint_ids ORDER BY "
                                "w.n" },

    /* All places of a floor; docs in sql/migrations/0018_place.sql. */
    [QUERY_PLACES_PUT] = { "places_put", "write the places of a floor", 6,
                           "SELECT id, (extract(epoch FROM since) * 1000000)::bigint, is_same "
                           "FROM put_places($1::integer, $2::integer, $3::integer,"
                           "    $4::timestamptz, $5::jsonb, $6::bytea)" },

    /* Facts of several buckets at once: $1 is the store, the others are columns. The heat row comes
     * first, so that two writers of one bucket queue up there; which buckets are new it tells. */
    [QUERY_HEAT_BUCKET_ADD] = { "heat_bucket_add", "write the buckets", 10,
                                "INSERT INTO heat_bucket (store_id, floor_id, bucket_at, grid_id,"
                                "    definition_id, peak_people, people_ms, first_cell,"
                                "    dwell_unit_ms, cells) "
                                "SELECT $1::integer, w.* FROM unnest($2::integer[],"
                                "    $3::timestamptz[], $4::integer[], $5::integer[],"
                                "    $6::integer[], $7::bigint[], $8::integer[], $9::integer[],"
                                "    $10::bytea[]) AS w "
                                "ON CONFLICT (store_id, floor_id, bucket_at) DO NOTHING "
                                "RETURNING floor_id" },

    [QUERY_HEAT_BUCKET_CHANGE] = { "heat_bucket_change", "replace the buckets", 10,
                                   "UPDATE heat_bucket AS b SET grid_id = w.grid_id,"
                                   "    definition_id = w.definition_id,"
                                   "    peak_people = w.peak_people, people_ms = w.people_ms,"
                                   "    first_cell = w.first_cell,"
                                   "    dwell_unit_ms = w.dwell_unit_ms, cells = w.cells "
                                   "FROM unnest($2::integer[], $3::timestamptz[], $4::integer[],"
                                   "    $5::integer[], $6::integer[], $7::bigint[],"
                                   "    $8::integer[], $9::integer[], $10::bytea[])"
                                   "    AS w (floor_id, bucket_at, grid_id, definition_id,"
                                   "    peak_people, people_ms, first_cell, dwell_unit_ms, cells) "
                                   "WHERE b.store_id = $1::integer AND b.floor_id = w.floor_id"
                                   "    AND b.bucket_at = w.bucket_at" },

    /* Rows that are as they should be are left alone, so writing a bucket again costs little. */
    [QUERY_EXPOSURE_PUT] = { "exposure_put", "write the exposure", 5,
                             "INSERT INTO exposure (store_id, floor_id, bucket_at, camera_set_id,"
                             "    exposure_ms) "
                             "SELECT $1::integer, w.floor_id, w.bucket_at, w.camera_set_id,"
                             "    sum(w.exposure_ms) "
                             "FROM unnest($2::integer[], $3::timestamptz[], $4::integer[],"
                             "    $5::bigint[])"
                             "    AS w (floor_id, bucket_at, camera_set_id, exposure_ms) "
                             "GROUP BY w.floor_id, w.bucket_at, w.camera_set_id "
                             "ON CONFLICT (store_id, floor_id, bucket_at, camera_set_id)"
                             "    DO UPDATE SET exposure_ms = excluded.exposure_ms "
                             "WHERE exposure.exposure_ms <> excluded.exposure_ms" },

    /* Of buckets ($2, $3) that were there before, what is no more ($4 .. are the keys of what is)
     * becomes zero; nothing is deleted, because headquarters learns of inserts and updates only. */
    [QUERY_EXPOSURE_BLANK] = { "exposure_blank", "replace the exposure", 6,
                               "UPDATE exposure AS e SET exposure_ms = 0 "
                               "FROM unnest($2::integer[], $3::timestamptz[])"
                               "    AS w (floor_id, bucket_at) "
                               "WHERE e.store_id = $1::integer AND e.floor_id = w.floor_id"
                               "    AND e.bucket_at = w.bucket_at AND e.exposure_ms <> 0"
                               "    AND (e.floor_id, e.bucket_at, e.camera_set_id) NOT IN ("
                               "        SELECT * FROM unnest($4::integer[], $5::timestamptz[],"
                               "            $6::integer[]))" },

    [QUERY_CAMERA_BUCKET_PUT] = { "camera_bucket_put", "write the camera counts", 12,
                                  "INSERT INTO camera_bucket (store_id, floor_id, bucket_at,"
                                  "    camera_id, calibration_id, model_id, frames, observations,"
                                  "    missed, uptime_ms, latency_bin, latency_frames) "
                                  "SELECT $1::integer, w.floor_id, w.bucket_at, w.camera_id,"
                                  "    w.calibration_id, nullif(w.model_id, 0), w.frames,"
                                  "    w.observations, w.missed, w.uptime_ms, w.latency_bin,"
                                  "    w.latency_frames::integer[] "
                                  "FROM unnest($2::integer[], $3::timestamptz[], $4::integer[],"
                                  "    $5::integer[], $6::integer[], $7::bigint[], $8::bigint[],"
                                  "    $9::bigint[], $10::bigint[], $11::integer[], $12::text[])"
                                  "    AS w (floor_id, bucket_at, camera_id, calibration_id,"
                                  "    model_id, frames, observations, missed, uptime_ms,"
                                  "    latency_bin, latency_frames) "
                                  "ON CONFLICT (store_id, floor_id, bucket_at, camera_id)"
                                  "    DO UPDATE SET calibration_id = excluded.calibration_id,"
                                  "    model_id = excluded.model_id, frames = excluded.frames,"
                                  "    observations = excluded.observations,"
                                  "    missed = excluded.missed, uptime_ms = excluded.uptime_ms,"
                                  "    latency_bin = excluded.latency_bin,"
                                  "    latency_frames = excluded.latency_frames "
                                  "WHERE (camera_bucket.calibration_id, camera_bucket.model_id,"
                                  "    camera_bucket.frames, camera_bucket.observations,"
                                  "    camera_bucket.missed, camera_bucket.uptime_ms,"
                                  "    camera_bucket.latency_bin, camera_bucket.latency_frames)"
                                  "    IS DISTINCT FROM (excluded.calibration_id,"
                                  "    excluded.model_id, excluded.frames, excluded.observations,"
                                  "    excluded.missed, excluded.uptime_ms, excluded.latency_bin,"
                                  "    excluded.latency_frames)" },

    [QUERY_CAMERA_BUCKET_BLANK] = { "camera_bucket_blank", "replace the camera counts", 6,
                                    "UPDATE camera_bucket AS c SET frames = 0, observations = 0,"
                                    "    missed = 0, uptime_ms = 0, latency_bin = 0,"
                                    "    latency_frames = '{}' "
                                    "FROM unnest($2::integer[], $3::timestamptz[])"
                                    "    AS w (floor_id, bucket_at) "
                                    "WHERE c.store_id = $1::integer AND c.floor_id = w.floor_id"
                                    "    AND c.bucket_at = w.bucket_at"
                                    "    AND (c.floor_id, c.bucket_at, c.camera_id) NOT IN ("
                                    "        SELECT * FROM unnest($4::integer[],"
                                    "            $5::timestamptz[], $6::integer[]))" },

    [QUERY_PAIR_RESIDUAL_PUT] = { "pair_residual_put", "write the residuals", 9,
                                  "INSERT INTO pair_residual_bucket (store_id, floor_id,"
                                  "    bucket_at, camera_a_id, camera_b_id, matches, sum_dx_m,"
                                  "    sum_dy_m, sum_squared_m2) "
                                  "SELECT $1::integer, w.* FROM unnest($2::integer[],"
                                  "    $3::timestamptz[], $4::integer[], $5::integer[],"
                                  "    $6::bigint[], $7::double precision[],"
                                  "    $8::double precision[], $9::double precision[]) AS w "
                                  "ON CONFLICT (store_id, floor_id, bucket_at, camera_a_id,"
                                  "    camera_b_id) DO UPDATE SET matches = excluded.matches,"
                                  "    sum_dx_m = excluded.sum_dx_m,"
                                  "    sum_dy_m = excluded.sum_dy_m,"
                                  "    sum_squared_m2 = excluded.sum_squared_m2 "
                                  "WHERE (pair_residual_bucket.matches,"
                                  "    pair_residual_bucket.sum_dx_m,"
                                  "    pair_residual_bucket.sum_dy_m,"
                                  "    pair_residual_bucket.sum_squared_m2) IS DISTINCT FROM"
                                  "    (excluded.matches, excluded.sum_dx_m, excluded.sum_dy_m,"
                                  "    excluded.sum_squared_m2)" },

    [QUERY_PAIR_RESIDUAL_BLANK] = { "pair_residual_blank", "replace the residuals", 7,
                                    "UPDATE pair_residual_bucket AS p SET matches = 0,"
                                    "    sum_dx_m = 0, sum_dy_m = 0, sum_squared_m2 = 0 "
                                    "FROM unnest($2::integer[], $3::timestamptz[])"
                                    "    AS w (floor_id, bucket_at) "
                                    "WHERE p.store_id = $1::integer AND p.floor_id = w.floor_id"
                                    "    AND p.bucket_at = w.bucket_at"
                                    "    AND (p.floor_id, p.bucket_at, p.camera_a_id,"
                                    "        p.camera_b_id) NOT IN ("
                                    "        SELECT * FROM unnest($4::integer[],"
                                    "            $5::timestamptz[], $6::integer[],"
                                    "            $7::integer[]))" },

    [QUERY_ZONE_BUCKET_PUT] = { "zone_bucket_put", "write the zones", 10,
                                "INSERT INTO zone_bucket (store_id, zone_id, bucket_at,"
                                "    definition_id, visits, entries, exits, peak_people,"
                                "    dwell_ms, exposure_ms) "
                                "SELECT $1::integer, w.* FROM unnest($2::integer[],"
                                "    $3::timestamptz[], $4::integer[], $5::integer[],"
                                "    $6::integer[], $7::integer[], $8::integer[], $9::bigint[],"
                                "    $10::bigint[]) AS w "
                                "ON CONFLICT (store_id, zone_id, bucket_at) DO UPDATE SET"
                                "    definition_id = excluded.definition_id,"
                                "    visits = excluded.visits, entries = excluded.entries,"
                                "    exits = excluded.exits, peak_people = excluded.peak_people,"
                                "    dwell_ms = excluded.dwell_ms,"
                                "    exposure_ms = excluded.exposure_ms "
                                "WHERE (zone_bucket.definition_id, zone_bucket.visits,"
                                "    zone_bucket.entries, zone_bucket.exits,"
                                "    zone_bucket.peak_people, zone_bucket.dwell_ms,"
                                "    zone_bucket.exposure_ms) IS DISTINCT FROM"
                                "    (excluded.definition_id, excluded.visits, excluded.entries,"
                                "    excluded.exits, excluded.peak_people, excluded.dwell_ms,"
                                "    excluded.exposure_ms)" },

    [QUERY_ZONE_BUCKET_BLANK] = { "zone_bucket_blank", "replace the zones", 5,
                                  "UPDATE zone_bucket AS b SET visits = 0, entries = 0, exits = 0,"
                                  "    peak_people = 0, dwell_ms = 0, exposure_ms = 0 "
                                  "WHERE b.store_id = $1::integer AND (b.zone_id, b.bucket_at) IN ("
                                  "    SELECT z.zone_id, w.bucket_at"
                                  "    FROM unnest($2::integer[], $3::timestamptz[])"
                                  "        AS w (floor_id, bucket_at)"
                                  "    JOIN zone AS z ON z.store_id = $1::integer"
                                  "        AND z.floor_id = w.floor_id AND z.kind = 'zone'"
                                  "    EXCEPT SELECT * FROM unnest($4::integer[],"
                                  "        $5::timestamptz[]))" },

    [QUERY_LINE_BUCKET_PUT] = { "line_bucket_put", "write the lines", 5,
                                "INSERT INTO line_bucket (store_id, line_id, bucket_at,"
                                "    left_to_right, right_to_left) "
                                "SELECT $1::integer, w.* FROM unnest($2::integer[],"
                                "    $3::timestamptz[], $4::integer[], $5::integer[]) AS w "
                                "ON CONFLICT (store_id, line_id, bucket_at) DO UPDATE SET"
                                "    left_to_right = excluded.left_to_right,"
                                "    right_to_left = excluded.right_to_left "
                                "WHERE (line_bucket.left_to_right, line_bucket.right_to_left)"
                                "    IS DISTINCT FROM (excluded.left_to_right,"
                                "    excluded.right_to_left)" },

    [QUERY_LINE_BUCKET_BLANK] = { "line_bucket_blank", "replace the lines", 5,
                                  "UPDATE line_bucket AS b SET left_to_right = 0,"
                                  "    right_to_left = 0 "
                                  "WHERE b.store_id = $1::integer AND (b.line_id, b.bucket_at) IN ("
                                  "    SELECT l.line_id, w.bucket_at"
                                  "    FROM unnest($2::integer[], $3::timestamptz[])"
                                  "        AS w (floor_id, bucket_at)"
                                  "    JOIN counting_line AS l ON l.store_id = $1::integer"
                                  "        AND l.floor_id = w.floor_id"
                                  "    EXCEPT SELECT * FROM unnest($4::integer[],"
                                  "        $5::timestamptz[]))" },

    [QUERY_FLOW_BUCKET_PUT] = { "flow_bucket_put", "write the flows", 5,
                                "INSERT INTO flow_bucket (store_id, from_zone_id, to_zone_id,"
                                "    bucket_at, people) "
                                "SELECT $1::integer, w.from_zone_id, w.to_zone_id, w.bucket_at,"
                                "    w.people "
                                "FROM unnest($2::integer[], $3::integer[], $4::timestamptz[],"
                                "    $5::integer[])"
                                "    AS w (from_zone_id, to_zone_id, bucket_at, people) "
                                "ON CONFLICT (store_id, from_zone_id, to_zone_id, bucket_at)"
                                "    DO UPDATE SET people = excluded.people "
                                "WHERE flow_bucket.people <> excluded.people" },

    [QUERY_FLOW_BUCKET_BLANK] = { "flow_bucket_blank", "replace the flows", 6,
                                  "UPDATE flow_bucket AS b SET people = 0 "
                                  "WHERE b.store_id = $1::integer AND b.people <> 0"
                                  "    AND (b.from_zone_id, b.to_zone_id, b.bucket_at) IN ("
                                  "    SELECT y.zone_id, z.zone_id, w.bucket_at"
                                  "    FROM unnest($2::integer[], $3::timestamptz[])"
                                  "        AS w (floor_id, bucket_at)"
                                  "    JOIN zone AS y ON y.store_id = $1::integer"
                                  "        AND y.floor_id = w.floor_id AND y.kind = 'zone'"
                                  "    JOIN zone AS z ON z.store_id = $1::integer"
                                  "        AND z.floor_id = w.floor_id AND z.kind = 'zone'"
                                  "    EXCEPT SELECT * FROM unnest($4::integer[], $5::integer[],"
                                  "        $6::timestamptz[]))" },

    /* An old bucket written again does not move a position back. */
    [QUERY_CAMERA_POSITION_PUT] = { "camera_position_put", "write the camera positions", 5,
                                    "INSERT INTO camera_position (store_id, camera_id, bucket_at,"
                                    "    boot_id, last_sequence) "
                                    "SELECT DISTINCT ON (w.camera_id) $1::integer, w.* "
                                    "FROM unnest($2::integer[], $3::timestamptz[],"
                                    "    $4::numeric[], $5::numeric[])"
                                    "    AS w (camera_id, bucket_at, boot_id, last_sequence) "
                                    "ORDER BY w.camera_id, w.bucket_at DESC "
                                    "ON CONFLICT (store_id, camera_id) DO UPDATE SET"
                                    "    bucket_at = excluded.bucket_at,"
                                    "    boot_id = excluded.boot_id,"
                                    "    last_sequence = excluded.last_sequence "
                                    "WHERE camera_position.bucket_at <= excluded.bucket_at" },

    [QUERY_ROLL_UP] = { "roll_up", "roll buckets up", 1, "SELECT roll_up($1::integer)" },

    [QUERY_RETENTION_APPLY] = { "retention_apply", "delete what is kept no longer", 1,
                                "SELECT apply_retention($1::integer)" },

    /* A store may be given as "chain/store" where the id alone does not say which. */
    [QUERY_STORE_FIND] = { "store_find", "look up the store", 1,
                           "SELECT store_id, chain || '/' || store FROM store "
                           "WHERE store = $1 OR chain || '/' || store = $1 ORDER BY chain" },

    [QUERY_FLOOR_FIND] = { "floor_find", "look up the floor", 2,
                           "SELECT floor_id FROM floor WHERE store_id = $1::integer AND floor = "
                           "$2" },

    /* Everything there is, for ranges without an end. */
    [QUERY_HEAT_SPAN] = { "heat_span", "read the heat", 2,
                          "SELECT (extract(epoch FROM least("
                          "        (SELECT min(bucket_at) FROM heat_bucket"
                          "            WHERE store_id = $1::integer AND floor_id = $2::integer),"
                          "        (SELECT min(first_bucket_at) FROM heat_hour"
                          "            WHERE store_id = $1::integer AND floor_id = $2::integer),"
                          "        (SELECT min(first_bucket_at) FROM heat_day"
                          "            WHERE store_id = $1::integer AND floor_id = $2::integer)"
                          "        )) * 1000000)::bigint,"
                          "    (extract(epoch FROM greatest("
                          "        (SELECT max(bucket_at + d.bucket_s * interval '1 second')"
                          "            FROM heat_bucket JOIN definition AS d"
                          "            USING (store_id, definition_id)"
                          "            WHERE store_id = $1::integer AND floor_id = $2::integer),"
                          "        (SELECT max(last_bucket_end) FROM heat_hour"
                          "            WHERE store_id = $1::integer AND floor_id = $2::integer),"
                          "        (SELECT max(last_bucket_end) FROM heat_day"
                          "            WHERE store_id = $1::integer AND floor_id = $2::integer)"
                          "        )) * 1000000)::bigint" },

    [QUERY_HEAT_PIECES] = { "heat_pieces", "read the heat", 4,
                            "SELECT level, lower(piece), upper(piece) FROM heat_piece($1::integer,"
                            "    $2::integer, $3::timestamptz, $4::timestamptz)" },

    /* The rows of one level in some ranges of time: arrays of their starts and ends. */
    [QUERY_HEAT_DAYS] = { "heat_days", "read the heat", 4,
                          "SELECT d.grid_id, (extract(epoch FROM d.first_bucket_at) * "
                          "1000000)::bigint,"
                          "    (extract(epoch FROM d.last_bucket_end) * 1000000)::bigint,"
                          "    d.packed "
                          "FROM unnest($3::timestamptz[], $4::timestamptz[]) AS p (low, high) "
                          "JOIN heat_day AS d ON d.store_id = $1::integer"
                          "    AND d.floor_id = $2::integer"
                          "    AND d.local_date >= (p.low AT TIME ZONE 'UTC')::date - 1"
                          "    AND d.local_date <= (p.high AT TIME ZONE 'UTC')::date + 1"
                          "    AND d.day_at >= p.low AND d.day_end <= p.high"
                          "    AND d.first_bucket_at IS NOT NULL" },

    [QUERY_HEAT_HOURS] = { "heat_hours", "read the heat", 4,
                           "SELECT h.grid_id, (extract(epoch FROM h.first_bucket_at) * "
                           "1000000)::bigint,"
                           "    (extract(epoch FROM h.last_bucket_end) * 1000000)::bigint,"
                           "    h.cell, h.dwell_ms, h.passes, h.move_x_cm, h.move_y_cm, h.path_cm "
                           "FROM unnest($3::timestamptz[], $4::timestamptz[]) AS p (low, high) "
                           "JOIN heat_hour AS h ON h.store_id = $1::integer"
                           "    AND h.floor_id = $2::integer"
                           "    AND h.hour_at >= p.low AND h.hour_at < p.high"
                           "    AND h.first_bucket_at IS NOT NULL" },

    [QUERY_HEAT_BUCKETS] = { "heat_buckets", "read the heat", 4,
                             "SELECT b.grid_id, (extract(epoch FROM b.bucket_at)"
                             "        * 1000000)::bigint,"
                             "    (extract(epoch FROM b.bucket_at) * 1000000)::bigint"
                             "        + d.bucket_s * 1000000::bigint,"
                             "    b.first_cell, b.dwell_unit_ms, b.cells "
                             "FROM unnest($3::timestamptz[], $4::timestamptz[]) AS p (low, high) "
                             "JOIN heat_bucket AS b ON b.store_id = $1::integer"
                             "    AND b.floor_id = $2::integer"
                             "    AND b.bucket_at >= p.low AND b.bucket_at < p.high "
                             "JOIN definition AS d ON d.store_id = b.store_id"
                             "    AND d.definition_id = b.definition_id" },

    /* How long there are buckets for and how many people were on the floor; $3 .. $8 are starts and
     * ends of the days, hours and ranges of buckets. */
    [QUERY_HEAT_COUNTS] = { "heat_counts", "read the heat", 8,
                            "SELECT coalesce(sum(n.people_ms), 0), coalesce(sum(n.counted_ms), 0) "
                            "FROM ("
                            "    SELECT f.people_ms, f.counted_ms FROM floor_day AS f"
                            "    WHERE f.store_id = $1::integer AND f.floor_id = $2::integer"
                            "        AND f.local_date IN (SELECT d.local_date"
                            "            FROM unnest($3::timestamptz[], $4::timestamptz[])"
                            "                AS p (low, high)"
                            "            JOIN heat_day AS d ON d.store_id = $1::integer"
                            "                AND d.floor_id = $2::integer"
                            "                AND d.local_date >="
                            "                    (p.low AT TIME ZONE 'UTC')::date - 1"
                            "                AND d.local_date <="
                            "                    (p.high AT TIME ZONE 'UTC')::date + 1"
                            "                AND d.day_at >= p.low AND d.day_end <= p.high)"
                            "    UNION ALL"
                            "    SELECT f.people_ms, f.counted_ms"
                            "    FROM unnest($5::timestamptz[], $6::timestamptz[]) AS p (low, high)"
                            "    JOIN floor_hour AS f ON f.store_id = $1::integer"
                            "        AND f.floor_id = $2::integer"
                            "        AND f.hour_at >= p.low AND f.hour_at < p.high"
                            "    UNION ALL"
                            "    SELECT b.people_ms, d.bucket_s * 1000"
                            "    FROM unnest($7::timestamptz[], $8::timestamptz[]) AS p (low, high)"
                            "    JOIN heat_bucket AS b ON b.store_id = $1::integer"
                            "        AND b.floor_id = $2::integer"
                            "        AND b.bucket_at >= p.low AND b.bucket_at < p.high"
                            "    JOIN definition AS d ON d.store_id = b.store_id"
                            "        AND d.definition_id = b.definition_id) AS n" },

    [QUERY_GRID_FIND] = { "grid_find", "read the grid", 2,
                          "SELECT origin_x_m, origin_y_m, cell_m, columns, rows FROM grid "
                          "WHERE store_id = $1::integer AND grid_id = $2::integer" },

    [QUERY_HEAT_EXPOSURE] = { "heat_exposure", "read the exposure", 8,
                              "SELECT k.mask, e.exposure_ms FROM ("
                              "    SELECT n.camera_set_id, sum(n.exposure_ms) AS exposure_ms FROM ("
                              "        SELECT e.camera_set_id, e.exposure_ms"
                              "        FROM exposure_day AS e"
                              "        WHERE e.store_id = $1::integer AND e.floor_id = $2::integer"
                              "            AND e.local_date IN (SELECT d.local_date"
                              "                FROM unnest($3::timestamptz[], $4::timestamptz[])"
                              "                    AS p (low, high)"
                              "                JOIN heat_day AS d ON d.store_id = $1::integer"
                              "                    AND d.floor_id = $2::integer"
                              "                    AND d.local_date >="
                              "                        (p.low AT TIME ZONE 'UTC')::date - 1"
                              "                    AND d.local_date <="
                              "                        (p.high AT TIME ZONE 'UTC')::date + 1"
                              "                    AND d.day_at >= p.low AND d.day_end <= p.high)"
                              "        UNION ALL"
                              "        SELECT e.camera_set_id, e.exposure_ms"
                              "        FROM unnest($5::timestamptz[], $6::timestamptz[])"
                              "            AS p (low, high)"
                              "        JOIN exposure_hour AS e ON e.store_id = $1::integer"
                              "            AND e.floor_id = $2::integer"
                              "            AND e.hour_at >= p.low AND e.hour_at < p.high"
                              "        UNION ALL"
                              "        SELECT e.camera_set_id, e.exposure_ms"
                              "        FROM unnest($7::timestamptz[], $8::timestamptz[])"
                              "            AS p (low, high)"
                              "        JOIN exposure AS e ON e.store_id = $1::integer"
                              "            AND e.floor_id = $2::integer"
                              "            AND e.bucket_at >= p.low AND e.bucket_at < p.high) AS n"
                              "    GROUP BY n.camera_set_id) AS e "
                              "JOIN camera_set AS k ON k.store_id = $1::integer"
                              "    AND k.camera_set_id = e.camera_set_id" },

    [QUERY_BUCKET_COUNT] = { "bucket_count", "count the buckets", 1,
                             "SELECT count(*) FROM heat_bucket WHERE store_id = $1::integer" },

    /* Views for people begin with v_; what else a database has is none of ours. */
    [QUERY_VIEW_LIST] = { "view_list", "list the views", 0,
                          "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class "
                          "WHERE relkind = 'v' AND starts_with(relname, 'v_')"
                          "    AND pg_table_is_visible(oid) ORDER BY relname" },

    [QUERY_VIEW_COLUMNS] = { "view_columns", "look up the view", 1,
                             "SELECT a.attname, col_description(c.oid, a.attnum),"
                             "    a.atttypid::regtype, n.nspname "
                             "FROM pg_class AS c "
                             "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                             "JOIN pg_attribute AS a ON a.attrelid = c.oid "
                             "WHERE c.relname = $1 AND c.relkind = 'v'"
                             "    AND starts_with(c.relname, 'v_') AND pg_table_is_visible(c.oid)"
                             "    AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum" },
};

const struct query *query_find(enum query_id id)
{
    assert(id >= 0 && id < QUERY_COUNT);
    static_assert(QUERY_COUNT <= 64, "struct database keeps one bit a statement");
    return &queries[id];
}
