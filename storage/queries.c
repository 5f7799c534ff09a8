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
                          "VALUES ($1::integer, $2, $3, $4) "
                          "ON CONFLICT (store_id) DO UPDATE SET timezone = excluded.timezone "
                          "WHERE store.timezone <> excluded.timezone" },

    [QUERY_DEFINITION_KEY] = { "definition_key", "write the definition", 4,
                               "WITH found AS ("
                               "    SELECT definition_id FROM definition"
                               "    WHERE store_id = $1::integer AND bucket_s = $2::integer AND "
                               "visit_s = $3::integer"
                               "        AND cell_m = $4::double precision), "
                               "made AS ("
                               "    INSERT INTO definition (store_id, bucket_s, visit_s, cell_m)"
                               "    SELECT $1::integer, $2::integer, $3::integer, $4::double "
                               "precision"
                               "    WHERE NOT EXISTS (SELECT FROM found) ON CONFLICT DO NOTHING "
                               "RETURNING definition_id) "
                               "SELECT coalesce((SELECT definition_id FROM found), (SELECT "
                               "definition_id FROM made))" },

    [QUERY_PARTITIONS_ENSURE] = { "partitions_ensure", "make partitions", 1,
                                  "SELECT ensure_heat_partitions(d.day, (d.day + interval '1 "
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

    /* First of a bucket's facts: two writers of one bucket queue up at this row. */
    [QUERY_HEAT_BUCKET_PUT] = { "heat_bucket_put", "write the bucket", 13,
                                "INSERT INTO heat_bucket (store_id, floor_id, bucket_at, grid_id, "
                                "definition_id, people_ms,"
                                "    peak_people, cell, dwell_ms, passes, move_x_mm, move_y_mm, "
                                "path_mm) "
                                "VALUES ($1::integer, $2::integer, $3::timestamptz, $4::integer, "
                                "$5::integer, $6::bigint,"
                                "    $7::integer, $8::integer[], $9::integer[], $10::integer[], "
                                "$11::integer[],"
                                "    $12::integer[], $13::integer[]) "
                                "ON CONFLICT (store_id, floor_id, bucket_at) DO UPDATE SET grid_id "
                                "= excluded.grid_id,"
                                "    definition_id = excluded.definition_id, people_ms = "
                                "excluded.people_ms,"
                                "    peak_people = excluded.peak_people, cell = excluded.cell,"
                                "    dwell_ms = excluded.dwell_ms, passes = excluded.passes,"
                                "    move_x_mm = excluded.move_x_mm, move_y_mm = "
                                "excluded.move_y_mm,"
                                "    path_mm = excluded.path_mm" },

    [QUERY_EXPOSURE_DELETE] = { "exposure_delete", "replace the exposure", 3,
                                "DELETE FROM exposure WHERE store_id = $1::integer"
                                "    AND floor_id = $2::integer AND bucket_at = $3::timestamptz" },

    [QUERY_EXPOSURE_PUT] = { "exposure_put", "write the exposure", 5,
                             "INSERT INTO exposure (store_id, floor_id, bucket_at, camera_set_id, "
                             "exposure_ms) "
                             "SELECT $1::integer, $2::integer, $3::timestamptz, w.camera_set_id, "
                             "sum(w.exposure_ms) "
                             "FROM unnest($4::integer[], $5::bigint[]) AS w (camera_set_id, "
                             "exposure_ms) "
                             "GROUP BY w.camera_set_id" },

    [QUERY_CAMERA_BUCKET_DELETE] = { "camera_bucket_delete", "replace the camera counts", 3,
                                     "DELETE FROM camera_bucket WHERE store_id = $1::integer"
                                     "    AND floor_id = $2::integer"
                                     "    AND bucket_at = $3::timestamptz" },

    [QUERY_CAMERA_BUCKET_PUT] = { "camera_bucket_put", "write the camera counts", 8,
                                  "INSERT INTO camera_bucket (store_id, floor_id, bucket_at, "
                                  "camera_id, calibration_id, frames,"
                                  "    observations, missed) "
                                  "SELECT $1::integer, $2::integer, $3::timestamptz, w.camera_id, "
                                  "w.calibration_id,"
                                  "    w.frames, w.observations, w.missed "
                                  "FROM unnest($4::integer[], $5::integer[], $6::bigint[], "
                                  "$7::bigint[], $8::bigint[])"
                                  "    AS w (camera_id, calibration_id, frames, observations, "
                                  "missed)" },

    [QUERY_PAIR_RESIDUAL_DELETE] = { "pair_residual_delete", "replace the residuals", 3,
                                     "DELETE FROM pair_residual_bucket"
                                     " WHERE store_id = $1::integer AND floor_id = $2::integer"
                                     "    AND bucket_at = $3::timestamptz" },

    [QUERY_PAIR_RESIDUAL_PUT] = { "pair_residual_put", "write the residuals", 9,
                                  "INSERT INTO pair_residual_bucket (store_id, floor_id, "
                                  "bucket_at, camera_a_id, camera_b_id,"
                                  "    matches, sum_dx_m, sum_dy_m, sum_squared_m2) "
                                  "SELECT $1::integer, $2::integer, $3::timestamptz, "
                                  "w.camera_a_id, w.camera_b_id,"
                                  "    w.matches, w.sum_dx_m, w.sum_dy_m, w.sum_squared_m2 "
                                  "FROM unnest($4::integer[], $5::integer[], $6::bigint[], "
                                  "$7::double precision[],"
                                  "    $8::double precision[], $9::double precision[])"
                                  "    AS w (camera_a_id, camera_b_id, matches, sum_dx_m, "
                                  "sum_dy_m, sum_squared_m2)" },

    /* An old bucket written again does not move a position back. */
    [QUERY_CAMERA_POSITION_PUT] = { "camera_position_put", "write the camera positions", 5,
                                    "INSERT INTO camera_position (store_id, camera_id, bucket_at, "
                                    "boot_id, last_sequence) "
                                    "SELECT $1::integer, w.camera_id, $2::timestamptz, w.boot_id, "
                                    "w.last_sequence "
                                    "FROM unnest($3::integer[], $4::numeric[], $5::numeric[])"
                                    "    AS w (camera_id, boot_id, last_sequence) "
                                    "ON CONFLICT (store_id, camera_id) DO UPDATE SET bucket_at = "
                                    "excluded.bucket_at,"
                                    "    boot_id = excluded.boot_id, last_sequence = "
                                    "excluded.last_sequence "
                                    "WHERE camera_position.bucket_at <= excluded.bucket_at" },

    /* A store may be given as "chain/store" where the id alone does not say which. */
    [QUERY_STORE_FIND] = { "store_find", "look up the store", 1,
                           "SELECT store_id, chain || '/' || store FROM store "
                           "WHERE store = $1 OR chain || '/' || store = $1 ORDER BY chain" },

    [QUERY_FLOOR_FIND] = { "floor_find", "look up the floor", 2,
                           "SELECT floor_id FROM floor WHERE store_id = $1::integer AND floor = "
                           "$2" },

    /* The number of grids is known before sums are made over cells that do not fit together. */
    [QUERY_HEAT_RANGE] = { "heat_range", "read the heat", 4,
                           "SELECT count(*), count(DISTINCT b.grid_id), min(b.grid_id),"
                           "    (extract(epoch FROM min(b.bucket_at)) * 1000000)::bigint,"
                           "    (extract(epoch FROM max(b.bucket_at + d.bucket_s * interval '1 "
                           "second')) * 1000000)"
                           "        ::bigint,"
                           "    coalesce(sum(b.people_ms), 0) "
                           "FROM heat_bucket AS b JOIN definition AS d USING (store_id, "
                           "definition_id) "
                           "WHERE b.store_id = $1::integer AND b.floor_id = $2::integer"
                           "    AND b.bucket_at >= $3::timestamptz AND b.bucket_at < "
                           "$4::timestamptz" },

    [QUERY_HEAT_SPAN] = { "heat_span", "read the heat", 2,
                          "SELECT (extract(epoch FROM min(bucket_at)) * 1000000)::bigint,"
                          "    (extract(epoch FROM max(bucket_at)) * 1000000)::bigint "
                          "FROM heat_bucket WHERE store_id = $1::integer AND floor_id = "
                          "$2::integer" },

    [QUERY_HEAT_GRIDS] = { "heat_grids", "read the grid", 4,
                           "SELECT g.origin_x_m, g.origin_y_m, g.cell_m, g.columns, g.rows,"
                           "    (extract(epoch FROM u.first_at) * 1000000)::bigint "
                           "FROM (SELECT grid_id, min(bucket_at) AS first_at FROM heat_bucket"
                           "    WHERE store_id = $1::integer AND floor_id = $2::integer"
                           "        AND bucket_at >= $3::timestamptz AND bucket_at < "
                           "$4::timestamptz"
                           "    GROUP BY grid_id) AS u "
                           "JOIN grid AS g ON g.store_id = $1::integer AND g.grid_id = u.grid_id "
                           "ORDER BY u.first_at" },

    /* unnest in the list of columns goes in step, the arrays being of one length. Over 43 200
     * buckets of 240 cells it took 2.4 s, unnest in FROM 3.0 s, and sending the arrays alone 2.0 s.
     */
    [QUERY_HEAT_CELLS] = { "heat_cells", "read the heat", 4,
                           "SELECT u.cell, sum(u.dwell_ms), sum(u.passes), sum(u.move_x_mm), "
                           "sum(u.move_y_mm),"
                           "    sum(u.path_mm) "
                           "FROM (SELECT unnest(cell) AS cell, unnest(dwell_ms) AS dwell_ms, "
                           "unnest(passes) AS passes,"
                           "        unnest(move_x_mm) AS move_x_mm, unnest(move_y_mm) AS move_y_mm,"
                           "        unnest(path_mm) AS path_mm"
                           "    FROM heat_bucket"
                           "    WHERE store_id = $1::integer AND floor_id = $2::integer"
                           "        AND bucket_at >= $3::timestamptz AND bucket_at < "
                           "$4::timestamptz) AS u "
                           "GROUP BY u.cell" },

    [QUERY_HEAT_EXPOSURE] = { "heat_exposure", "read the exposure", 4,
                              "SELECT k.mask, e.exposure_ms FROM ("
                              "    SELECT store_id, camera_set_id, sum(exposure_ms) AS exposure_ms "
                              "FROM exposure"
                              "    WHERE store_id = $1::integer AND floor_id = $2::integer"
                              "        AND bucket_at >= $3::timestamptz AND bucket_at < "
                              "$4::timestamptz"
                              "    GROUP BY store_id, camera_set_id) AS e "
                              "JOIN camera_set AS k USING (store_id, camera_set_id)" },

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
