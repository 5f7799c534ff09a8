/*
 * test_migrate_data.c - databases of every earlier version come along with what is in them
 *
 * A database is made as a program of version k left it: the first k migrations, and after each the
 * rows of tests/data/migrate that fit it. Then it is brought to the latest version, and readers
 * must find the same facts whatever k was. The expected values were added up by hand from those
 * files.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "storage/cluster.h"
#include "storage/cluster_folder.h"
#include "storage/database.h"
#include "storage/migrate.h"
#include "storage/migrations.h"
#include "storage_fixture.h"

/* More turns than any of these databases needs. */
#define TURNS_AT_MOST 20

/* What a reader finds. Views are asked, for tables may change their form. */
struct fact {
    int since; /* the version whose rows it is about: unknown to databases that were older */
    const char *sql, *expected;
};

static const struct fact facts[] = {
    { 1, "SELECT concat_ws(' ', version, name, applied_at) FROM schema_version WHERE version = 1",
      "1 schema_version 2026-10-01 08:00:00+00" },
    /* what foreign keys kept once */
    { 1, "SELECT count(*) FROM orphan_fact()", "0" },
    { 2,
      "SELECT string_agg(concat_ws(' ', store_id, chain, store, timezone), ', ' ORDER BY "
      "store_id) FROM store",
      "7 acme north Europe/Berlin, 8 acme south America/New_York" },
    { 3,
      "SELECT string_agg(concat_ws(' ', store_id, floor, origin_x_m, origin_y_m, cell_m, columns, "
      "rows), ', ' ORDER BY grid_id) FROM v_grid",
      "7 ground -1 2 0.5 4 3, 7 upper 0 0 1 40 10, 8 ground 0 0 1 3 2" },
    { 4,
      "SELECT string_agg(concat_ws(' ', store_id, camera_ids, mask), ', ' ORDER BY camera_set_id) "
      "FROM v_camera_set",
      "7 {1,2} \\xff03, 7 {1} \\x3f00, 7 {1,2} \\xff03, 7 {1} \\x3f00, 8 {3} \\x0f" },
    /* the calibration of November by sha256sum */
    { 4,
      "SELECT string_agg(camera || ' ' || calibration_short, ', ' ORDER BY camera, calibration) "
      "FROM v_calibration WHERE added_at IS NULL OR file IS DISTINCT FROM 'image = { };'",
      "door cccccccc, left 898a88f0, left aaaaaaaa, right bbbbbbbb" },
    /* 0.3 m is what zones were counted by before it was written down */
    { 5,
      "SELECT string_agg(concat_ws(' ', store_id, bucket_s, visit_s, cell_m, zone_hysteresis_m), "
      "', ' ORDER BY definition_id) FROM v_definition",
      "7 60 5 0.5 0.3, 7 60 5 1 0.3, 8 60 5 1 0.3" },
    { 6, "SELECT count(*) FROM heat_bucket", "6" },
    { 6, "SELECT sum(people_ms) || ' ' || max(peak_people) FROM heat_bucket", "326993 4" },
    /* every bucket has a row a cell: 4 of 12, 1 of 400, 1 of 6 */
    { 6,
      "SELECT string_agg(concat_ws(' ', store, floor, n), ', ' ORDER BY store, floor) FROM "
      "(SELECT store, floor, count(*) AS n FROM v_heat_cell GROUP BY 1, 2) AS f",
      "north ground 48, north upper 400, south ground 6" },
    /* 70 + 2.5 + 0.1 + 60 + 0.001 + 65.536 s; 5 + 1 + 1 + 2 + 1 passes */
    { 6,
      "SELECT string_agg(concat_ws(' ', store, floor, round(d::numeric, 3), p), ', ' ORDER BY "
      "store, floor) FROM (SELECT store, floor, sum(dwell_s) AS d, sum(passes) AS p FROM "
      "v_heat_cell GROUP BY 1, 2) AS f",
      "north ground 198.137 10, north upper 3.000 2, south ground 123.456 7" },
    /* x: 0.3 - 0.02 - 12.34 + 0.01 + 0.04 m; y: -0.1 + 0.03 - 2.5 - 0.04 m; 0.45 + 23 + 0.06 m */
    { 6,
      "SELECT string_agg(concat_ws(' ', store, floor, round(x::numeric, 2), round(y::numeric, "
      "2), round(p::numeric, 2)), ', ' ORDER BY store, floor) FROM (SELECT store, floor, "
      "sum(move_x_m) AS x, sum(move_y_m) AS y, sum(path_m) AS p FROM v_heat_cell GROUP BY 1, 2) "
      "AS f",
      "north ground -12.01 -2.61 23.51, north upper -0.10 0.05 0.31, south ground -0.01 -0.01 "
      "0.02" },
    /* the longest of one cell, and the two that are far apart */
    { 6,
      "SELECT string_agg(concat_ws(' ', cell, round(dwell_s::numeric, 3), passes), ', ' ORDER BY "
      "cell) FROM "
      "v_heat_cell WHERE dwell_s > 60 OR (floor = 'upper' AND dwell_s > 0)",
      "0 1.000 1, 1 70.000 5, 4 65.536 1, 5 123.456 7, 399 2.000 1" },
    /* Cell-seconds. Both cameras see 10 cells, left 6, door 4:
     * 10 x 50 + 6 x 10, 10 x 60, 10 x 30, 6 x 60; 4 x 60. */
    { 7,
      "SELECT string_agg(concat_ws(' ', store, floor, round(e::numeric)), ', ' ORDER BY store, "
      "floor) FROM "
      "(SELECT store, floor, sum(exposure_s) AS e FROM v_heat_cell GROUP BY 1, 2) AS f",
      "north ground 1820, north upper 0, south ground 240" },
    /* Not seen and nobody there: 1 + 2 + 2 + 6, 398, 1. */
    { 7, "SELECT count(*) FROM v_heat_cell WHERE dwell_s IS NULL", "410" },
    /* Seen and nobody there: 8 + 10 + 8 + 5, 0, 4. */
    { 7, "SELECT count(*) FROM v_heat_cell WHERE dwell_s = 0 AND exposure_s > 0", "35" },
    { 8,
      "SELECT string_agg(concat_ws(' ', camera, f, o, m), ', ' ORDER BY camera) FROM (SELECT "
      "camera, sum(frames) AS f, sum(observations) AS o, sum(missed) AS m FROM v_camera_bucket "
      "GROUP BY 1) AS c",
      "door 900 1200 7, left 2100 925 4, right 1400 710 0" },
    { 8,
      "SELECT string_agg(concat_ws(' ', camera_id, boot_id, last_sequence), ', ' ORDER BY "
      "camera_id) FROM camera_position",
      "1 18446744073709551615 599, 2 7 18446744073709551615, 3 1 0" },
    { 8,
      "SELECT string_agg(concat_ws(' ', camera, first_bucket_at, last_bucket_at), ', ' ORDER BY "
      "camera, first_bucket_at) FROM v_calibration WHERE first_bucket_at IS NOT NULL",
      "door 2026-11-01 00:00:00+00 2026-11-01 00:00:00+00, left 2026-10-31 23:59:00+00 "
      "2026-11-01 00:00:00+00, left 2026-11-30 12:00:00+00 2027-01-15 09:00:00+00, right "
      "2026-10-31 23:59:00+00 2026-11-30 12:00:00+00" },
    /* means weighed by matches: (0.4 + 0.5) / 6 m, (-0.8 + 0.25) / 6 m, sqrt(1.125 / 6) m */
    { 9,
      "SELECT concat_ws(' ', sum(matches), round((sum(mean_dx_m * matches) / "
      "sum(matches))::numeric, 4), round((sum(mean_dy_m * matches) / sum(matches))::numeric, 4), "
      "round(sqrt(sum(rms_m ^ 2 * matches) / sum(matches))::numeric, 4)) FROM v_pair_residual",
      "6 0.1500 -0.0917 0.4330" },
    /* Hours and days are made of buckets that were there before them. Each hour has one bucket, the
     * first at 00:59 in Berlin, the one of New York at 20:00 the day before; November 1 has three.
     */
    { 6, "SELECT count(*) FROM v_rollup_pending", "0" },
    { 6, "SELECT count(*) FROM v_rollup_day_pending", "0" },
    { 6,
      "SELECT string_agg(concat_ws(' ', store, floor, local_date, local_hour, d, p, x, y, w), ', ' "
      "ORDER BY store, floor, hour_at) FROM (SELECT store, floor, hour_at, local_date, local_hour, "
      "round(sum(dwell_s)::numeric, 3) AS d, sum(passes) AS p, round(sum(move_x_m)::numeric, 2) AS "
      "x, round(sum(move_y_m)::numeric, 2) AS y, round(sum(path_m)::numeric, 2) AS w FROM "
      "v_heat_cell_hour WHERE local_date > '2026-01-01' GROUP BY 1, 2, 3, 4, 5 HAVING sum(dwell_s) "
      "> 0) AS h",
      "north ground 2026-11-01 0 72.600 6 0.28 -0.07 0.45, "
      "north ground 2026-11-30 13 60.001 3 -12.33 -2.50 23.00, "
      "north ground 2027-01-15 10 65.536 1 0.04 -0.04 0.06, "
      "north upper 2026-11-01 1 3.000 2 -0.10 0.05 0.31, "
      "south ground 2026-10-31 20 123.456 7 -0.01 -0.01 0.02" },
    { 6,
      "SELECT string_agg(concat_ws(' ', store, floor, local_date, d, p, x, y, w), ', ' ORDER BY "
      "store, floor, local_date) FROM (SELECT store, floor, local_date, "
      "round(sum(dwell_s)::numeric, "
      "3) AS d, sum(passes) AS p, round(sum(move_x_m)::numeric, 2) AS x, "
      "round(sum(move_y_m)::numeric, 2) AS y, round(sum(path_m)::numeric, 2) AS w FROM "
      "v_heat_cell_day WHERE local_date > '2026-01-01' GROUP BY 1, 2, 3) AS h",
      "north ground 2026-11-01 72.600 6 0.28 -0.07 0.45, "
      "north ground 2026-11-30 60.001 3 -12.33 -2.50 23.00, "
      "north ground 2027-01-15 65.536 1 0.04 -0.04 0.06, "
      "north upper 2026-11-01 3.000 2 -0.10 0.05 0.31, "
      "south ground 2026-10-31 123.456 7 -0.01 -0.01 0.02" },
    /* cell-seconds: 10 x 50 + 6 x 10 + 10 x 60, 10 x 30, 6 x 60; 4 x 60 */
    { 7,
      "SELECT string_agg(concat_ws(' ', store, floor, local_date, e), ', ' ORDER BY store, floor, "
      "local_date) FROM (SELECT store, floor, local_date, round(sum(exposure_s)) AS e FROM "
      "v_heat_cell_day WHERE local_date > '2026-01-01' GROUP BY 1, 2, 3) AS h",
      "north ground 2026-11-01 1160, north ground 2026-11-30 300, north ground 2027-01-15 360, "
      "north upper 2026-11-01 0, south ground 2026-10-31 240" },
    { 7,
      "SELECT string_agg(concat_ws(' ', store, floor, local_date, local_hour, people_s, "
      "peak_people, "
      "exposure_s, counted_s), ', ' ORDER BY store, floor, hour_at) FROM v_floor_hour WHERE "
      "local_date > '2026-01-01'",
      "north ground 2026-11-01 0 75 3 60 60, north ground 2026-11-01 1 0 0 60 60, "
      "north ground 2026-11-30 13 60.001 2 30 60, north ground 2027-01-15 10 65.536 2 60 60, "
      "north upper 2026-11-01 1 3 1 0 60, south ground 2026-10-31 20 123.456 4 60 60" },
    /* people of both floors; looking and counting as long as the floor that has most of it */
    { 7,
      "SELECT string_agg(concat_ws(' ', store, local_date, p, n, e, c), ', ' ORDER BY store, "
      "local_date) FROM (SELECT store, local_date, sum(people_s) AS p, max(peak_people) AS n, "
      "sum(exposure_s) AS e, sum(counted_s) AS c FROM v_store_day WHERE local_date > '2026-01-01' "
      "GROUP BY 1, 2) AS d",
      "north 2026-11-01 78 3 120 120, north 2026-11-30 60.001 2 30 60, "
      "north 2027-01-15 65.536 2 60 60, south 2026-10-31 123.456 4 60 60" },
    { 8,
      "SELECT string_agg(concat_ws(' ', camera, local_date, f, o, m), ', ' ORDER BY camera, "
      "local_date) FROM (SELECT camera, local_date, sum(frames) AS f, sum(observations) AS o, "
      "sum(missed) AS m FROM v_camera_day WHERE local_date > '2026-01-01' GROUP BY 1, 2) AS d",
      "door 2026-10-31 900 1200 7, left 2026-11-01 1200 900 3, left 2026-11-30 300 20 1, "
      "left 2027-01-15 600 5 0, right 2026-11-01 1100 700 0, right 2026-11-30 300 10 0" },
    { 8,
      "SELECT string_agg(concat_ws(' ', camera, local_date, local_hour, frames), ', ' ORDER BY "
      "camera, hour_at) FROM v_camera_health WHERE local_date > '2026-01-01'",
      "door 2026-10-31 20 900, left 2026-11-01 0 600, left 2026-11-01 1 600, "
      "left 2026-11-30 13 300, left 2027-01-15 10 600, right 2026-11-01 0 500, "
      "right 2026-11-01 1 600, right 2026-11-30 13 300" },
    { 9,
      "SELECT string_agg(concat_ws(' ', camera_a, camera_b, local_date, matches, "
      "round(mean_dx_m::numeric, 4), round(mean_dy_m::numeric, 4), round(rms_m::numeric, 4)), ', ' "
      "ORDER BY local_date) FROM v_pair_residual_day WHERE local_date > '2026-01-01'",
      "left right 2026-11-01 4 0.1000 -0.2000 0.5000, "
      "left right 2026-11-30 2 0.2500 0.1250 0.2500" },

    /* who could read before there were scopes still can */
    { 13, "SET LOCAL ROLE analyst; SELECT string_agg(store, ' ' ORDER BY store) FROM v_store",
      "north south" },
    { 13, "SET LOCAL ROLE analyst; SELECT count(*) FROM v_heat_cell WHERE dwell_s > 0", "9" },
    { 14,
      "SELECT string_agg(concat_ws(' ', camera, author, valid_from, file), ', ' ORDER BY camera) "
      "FROM v_calibration WHERE file IS NOT NULL",
      "door 2027-01-16 10:00:00+00 image = { };, left Ada 2026-11-30 06:00:00+00 image = {};" },

    { 17,
      "SELECT string_agg(concat_ws(' ', store, weekday, valid_from, opens_at, closes_at), ', ' "
      "ORDER "
      "BY weekday, valid_from) FROM v_opening_hours",
      "north 1 -infinity {09:00:00,14:30:00} {13:30:00,20:00:00}, "
      "north 5 -infinity {09:00:00} {20:00:00}, north 5 2027-01-11 {11:00:00} {02:00:00}" },
    /* the sale and the Monday are open; 01:00 of that Sunday and 10:00 of a late Friday are not */
    { 17,
      "SELECT string_agg(DISTINCT concat_ws(' ', store, local_at, is_open), ', ') FROM v_heat_cell",
      "north 2026-11-01 00:59:00 t, north 2026-11-01 01:00:00 f, north 2026-11-30 13:00:00 t, "
      "north 2027-01-15 10:00:00 f, south 2026-10-31 20:00:00 t" },
    { 17,
      "SELECT string_agg(concat_ws(' ', store, local_date, is_open, people_s, exposure_s), ', ' "
      "ORDER BY store, local_date, is_open) FROM v_store_day WHERE local_date > '2026-01-01'",
      "north 2026-11-01 f 3 60, north 2026-11-01 t 75 60, north 2026-11-30 t 60.001 30, "
      "north 2027-01-15 f 65.536 60, south 2026-10-31 t 123.456 60" },

    { 18,
      "SELECT string_agg(concat_ws(' ', floor, zone_id, kind, zone, area_m2, height_m, valid_from, "
      "valid_to, jsonb_array_length(geojson #> '{coordinates,0,0}')), ', ' ORDER BY zone_id) FROM "
      "v_zone",
      "ground 1 zone checkout 0.5 2025-01-01 00:00:00+00 2026-11-30 12:00:00+00 5, "
      "ground 2 zone checkout 1 2026-11-30 12:00:00+00 5, "
      "ground 3 fixture shelf 0.25 1.6 2025-01-01 00:00:00+00 5, "
      "ground 4 zone entrance 0.5 2025-01-01 00:00:00+00 5" },
    { 18,
      "SELECT string_agg(concat_ws(' ', zone_id, grid_id, cells), ', ' ORDER BY zone_id) FROM "
      "zone_cells",
      "1 1 {0,1}, 2 1 {0,1,2,3}, 3 1 {1,4}, 4 1 {10,11}" },
    { 18,
      "SELECT string_agg(concat_ws(' ', store, line, coalesce(inward, '-'), valid_from, valid_to, "
      "geojson #>> '{coordinates,1}'), ', ' ORDER BY line_id) FROM v_line",
      "north door left_to_right 2025-01-01 00:00:00+00 [0, 3], "
      "north stairs - 2025-01-01 00:00:00+00 2026-11-30 12:00:00+00 [0, 3], "
      "south gate right_to_left 2026-11-01 00:00:00+00 [1, 2]" },
    /* Cells 1 and 4, which are seen equally long: 5 + 1 passes of 70 + 2.5 s in the sale, nobody at
     * 01:00 and on the 30th, cell 4 in January. */
    { 18,
      "SELECT string_agg(concat_ws(' ', fixture, local_date, is_open, passes, dwell_s, "
      "exposure_s), "
      "', ' ORDER BY local_date, is_open) FROM v_fixture_day WHERE local_date > '2026-01-01'",
      "shelf 2026-11-01 f 0 0 60, shelf 2026-11-01 t 6 72.5 60, shelf 2026-11-30 t 0 0 30, "
      "shelf 2027-01-15 f 1 65.536 60" },
    /* 11 cells of 0.25 m2, of which 10, 10 and 6 were seen */
    { 18,
      "SELECT string_agg(concat_ws(' ', floor, local_date, walkable_m2, observed_m2), ', ' ORDER "
      "BY "
      "local_date) FROM v_coverage_day WHERE local_date > '2026-01-01'",
      "ground 2026-11-01 2.75 2.5, ground 2026-11-30 2.75 2.5, ground 2027-01-15 2.75 1.5" },
    { 18,
      "SELECT string_agg(concat_ws(' ', floor, area_m2, round(severity::numeric, 4), "
      "first_seen_at), "
      "', ') FROM v_coverage_gap WHERE cause = 'never_observed'",
      "ground 1.25 0.4545 2027-01-14 23:00:00+00" },

    { 19,
      "SELECT string_agg(concat_ws(' ', zone, zone_id, bucket_at, coalesce(visits::text, '-'), "
      "entries, exits, peak_people, dwell_s, exposure_s, visit_s), ', ' ORDER BY zone_id, "
      "bucket_at) "
      "FROM v_zone_bucket",
      "checkout 1 2026-10-31 23:59:00+00 2 4 3 3 40 50 5, "
      "checkout 1 2026-11-01 00:00:00+00 0 1 2 1 0.5 60 5, "
      "checkout 2 2026-11-30 12:00:00+00 1 2 2 2 45 30 5, "
      "checkout 2 2027-01-15 09:00:00+00 - 0 5, "
      "entrance 4 2026-10-31 23:59:00+00 0 5 5 1 6 20 5, "
      "entrance 4 2027-01-15 09:00:00+00 1 1 0 1 60 0 5" },
    { 19,
      "SELECT string_agg(concat_ws(' ', zone, zone_id, local_date, is_open, coalesce(visits::text, "
      "'-'), entries, exits, peak_people, dwell_s, exposure_s), ', ' ORDER BY zone_id, local_date, "
      "is_open) FROM v_zone_day WHERE local_date > '2026-01-01'",
      "checkout 1 2026-11-01 f 0 1 2 1 0.5 60, checkout 1 2026-11-01 t 2 4 3 3 40 50, "
      "checkout 2 2026-11-30 t 1 2 2 2 45 30, checkout 2 2027-01-15 f - 0, "
      "entrance 4 2026-11-01 t 0 5 5 1 6 20, entrance 4 2027-01-15 f 1 1 0 1 60 0" },
    { 19,
      "SELECT string_agg(concat_ws(' ', line, local_date, local_hour, left_to_right, "
      "right_to_left, "
      "coalesce(crossed_in::text, '-'), crossed_out), ', ' ORDER BY line_id, hour_at) FROM "
      "v_line_hour WHERE local_date > '2026-01-01'",
      "door 2026-11-01 0 7 4 7 4, door 2026-11-30 13 2 3 2 3, stairs 2026-11-01 0 1 0 -, "
      "gate 2026-10-31 20 5 8 8 5" },
    { 19,
      "SELECT string_agg(concat_ws(' ', line, local_date, left_to_right, right_to_left), ', ' "
      "ORDER "
      "BY line_id, local_date) FROM v_line_day WHERE local_date > '2026-01-01'",
      "door 2026-11-01 7 4, door 2026-11-30 2 3, stairs 2026-11-01 1 0, gate 2026-10-31 5 8" },
    { 19,
      "SELECT string_agg(concat_ws(' ', from_zone, to_zone, local_date, is_open, people), ', ' "
      "ORDER "
      "BY local_date, from_zone) FROM v_flow_day WHERE local_date > '2026-01-01'",
      "checkout entrance 2026-11-01 t 1, entrance checkout 2026-11-01 t 3, "
      "entrance checkout 2026-11-30 t 2" },
    /* zones: 2 + 0, 0, 1, 0 + 1; of stairs nobody knows which way is in */
    { 19,
      "SELECT string_agg(concat_ws(' ', store, floor, local_date, local_hour, zone_visits, "
      "crossed_in, crossed_out), ', ' ORDER BY store, floor, hour_at) FROM v_floor_hour WHERE "
      "local_date > '2026-01-01' AND floor = 'ground'",
      "north ground 2026-11-01 0 2 7 4, north ground 2026-11-01 1 0 0 0, "
      "north ground 2026-11-30 13 1 2 3, north ground 2027-01-15 10 1 0 0, "
      "south ground 2026-10-31 20 0 8 5" },

    { 20,
      "SELECT string_agg(concat_ws(' ', store_id, model, input_width, input_height), ', ' ORDER BY "
      "model_id) FROM v_model",
      "7 person-tiny 416 416, 7 blobs 0 0, 8 person-tiny 416 416" },
    { 20,
      "SELECT string_agg(concat_ws(' ', b.camera_id, b.bucket_at, m.model), ', ' ORDER BY "
      "b.camera_id) FROM camera_bucket AS b JOIN v_model AS m USING (store_id, model_id)",
      "1 2027-01-15 09:00:00+00 person-tiny, 2 2026-11-30 12:00:00+00 blobs" },
    /* 2 x 1.1^40 / 2.1 and 2 x 1.1^41 / 2.1 ms; the 95th of a hundred of 600 is one of the slow */
    { 20,
      "SELECT string_agg(concat_ws(' ', camera, local_date, frames_per_s, uptime_s, uptime_share, "
      "round(latency_p50_ms::numeric, 3), round(latency_p95_ms::numeric, 3)), ', ' ORDER BY "
      "camera) "
      "FROM v_camera_day WHERE local_date > '2026-01-01' AND uptime_s > 0",
      "left 2027-01-15 10 60 1 43.104 47.414, right 2026-11-30 10 30 0.5 47.414 47.414" },

    /* the hour and the day that have no buckets, in each table */
    { 21,
      "SELECT concat_ws(' ', hour_at, local_hour, is_open, people_s, peak_people, zone_visits, "
      "crossed_in, crossed_out, exposure_s, counted_s) FROM v_floor_hour WHERE local_date = "
      "'2025-07-01'",
      "2025-07-01 12:00:00+00 14 t 5000001 1400 9 5 4 3600 3600" },
    { 21,
      "SELECT concat_ws(' ', is_open, people_s, peak_people, zone_visits, crossed_in, crossed_out, "
      "exposure_s, counted_s) FROM v_store_day WHERE local_date = '2025-07-01'",
      "t 5000001 1400 9 5 4 3600 3600" },
    { 21,
      "SELECT concat_ws(' ', hour_at, hour_end, is_open, local_hour, cell, dwell_ms, passes, "
      "move_x_cm, move_y_cm, path_cm) FROM v_heat_hour WHERE local_date = '2025-07-01'",
      "2025-07-01 12:00:00+00 2025-07-01 13:00:00+00 t 14 {2,3} {5000000000,1000} {40,1} "
      "{100,-200} "
      "{0,5} {300,210}" },
    { 21,
      "SELECT concat_ws(' ', day_at, day_end, is_open, cell, dwell_ms, passes, move_x_cm, "
      "move_y_cm, "
      "path_cm) FROM v_heat_day WHERE local_date = '2025-07-01'",
      "2025-06-30 22:00:00+00 2025-07-01 22:00:00+00 t {2,3} {5000000000,1000} {40,1} {100,-200} "
      "{0,5} {300,210}" },
    /* 2, 3; 5 000 000 000 is 12A05F200, 1000 is 3E8; 40, 1; 100, -200; 0, 5; 300, 210 */
    { 21, "SELECT packed FROM v_heat_day WHERE local_date = '2025-07-01'",
      "\\x0000000200000003000000012a05f20000000000000003e8000000280000000100000064ffffff38"
      "00000000000000050000012c000000d2" },
    { 21,
      "SELECT (SELECT sum(exposure_ms) FROM v_exposure_hour WHERE hour_at = '2025-07-01 12:00Z') "
      "|| "
      "' ' || (SELECT sum(exposure_ms) FROM v_exposure_day WHERE local_date = '2025-07-01')",
      "3600000 3600000" },
    { 21,
      "SELECT string_agg(concat_ws(' ', visits, entries, exits, peak_people, dwell_s, exposure_s), "
      "', ') FROM (SELECT visits, entries, exits, peak_people, dwell_s, exposure_s FROM "
      "v_zone_hour "
      "WHERE local_date = '2025-07-01' UNION ALL SELECT visits, entries, exits, peak_people, "
      "dwell_s, exposure_s FROM v_zone_day WHERE local_date = '2025-07-01') AS z",
      "9 12 11 5 900 3600, 9 12 11 5 900 3600" },
    { 21,
      "SELECT concat_ws(' ', fixture, passes, dwell_s, exposure_s) FROM v_fixture_day WHERE "
      "local_date = '2025-07-01'",
      "shelf 17 85 3600" },
    { 21,
      "SELECT string_agg(concat_ws(' ', crossed_in, crossed_out), ', ') FROM (SELECT crossed_in, "
      "crossed_out FROM v_line_hour WHERE local_date = '2025-07-01' UNION ALL SELECT crossed_in, "
      "crossed_out FROM v_line_day WHERE local_date = '2025-07-01') AS l",
      "5 4, 5 4" },
    { 21,
      "SELECT string_agg(concat_ws(' ', from_zone, to_zone, people), ', ') FROM (SELECT from_zone, "
      "to_zone, people FROM v_flow_hour WHERE local_date = '2025-07-01' UNION ALL SELECT "
      "from_zone, "
      "to_zone, people FROM v_flow_day WHERE local_date = '2025-07-01') AS f",
      "entrance checkout 6, entrance checkout 6" },
    { 21,
      "SELECT string_agg(concat_ws(' ', camera, frames, observations, missed, uptime_s, "
      "round(p::numeric, 3)), ', ') FROM (SELECT camera, frames, observations, missed, uptime_s, "
      "latency_p50_ms AS p FROM v_camera_health WHERE local_date = '2025-07-01' UNION ALL SELECT "
      "camera, frames, observations, missed, uptime_s, latency_p50_ms FROM v_camera_day WHERE "
      "local_date = '2025-07-01') AS c",
      "left 36000 50000 12 3600 43.104, left 36000 50000 12 3600 43.104" },
    { 21,
      "SELECT concat_ws(' ', matches, mean_dx_m, mean_dy_m, rms_m) FROM v_pair_residual_day WHERE "
      "local_date = '2025-07-01'",
      "100 0.3 -0.4 0.6" },
    /* no view has its hours */
    { 21,
      "SELECT concat_ws(' ', matches, sum_dx_m, sum_dy_m, sum_squared_m2) FROM pair_residual_hour "
      "WHERE local_date = '2025-07-01'",
      "100 30 -40 36" },
    { 21,
      "SELECT concat_ws(' ', camera, other_camera, size, unit, evidence, opened_at, closed_at) "
      "FROM "
      "v_inconsistency WHERE kind = 'pair_offset'",
      "left right 0.5 m 100 2025-06-30 22:00:00+00 2025-07-01 22:00:00+00" },
    { 21,
      "SELECT concat_ws(' ', walkable_m2, observed_m2) FROM v_coverage_day WHERE local_date = "
      "'2025-07-01'",
      "2.75 2.5" },

    { 24,
      "SELECT string_agg(concat_ws(' ', store, kind, camera, other_camera, size, unit, confidence, "
      "evidence, opened_at, closed_at, proposal), ', ' ORDER BY store) FROM v_inconsistency WHERE "
      "kind <> 'pair_offset'",
      "north calibration_shift left right 0.4 m 0.9 250 2026-11-29 10:00:00+00 "
      "2026-11-30 12:00:00+00 calibrate left anew, south ghost door 12 2026-11-01 00:00:00+00" },
    { 24,
      "SELECT string_agg(concat_ws(' ', floor, zone, cause, area_m2, severity, first_seen_at, "
      "last_seen_at, coalesce(closed_at::text, '-')), ', ' ORDER BY floor) FROM v_coverage_gap "
      "WHERE "
      "cause <> 'never_observed'",
      "ground entrance no_line_of_sight 0.25 0.75 2026-11-01 00:00:00+00 2026-11-30 12:00:00+00 "
      "2026-12-01 09:00:00+00, "
      "upper camera_down 400 1 2026-11-01 00:00:00+00 2027-01-15 09:00:00+00 -" },
    /* 7 passes are hidden from whom counts below 8 are */
    { 25,
      "SELECT string_agg(concat_ws(' ', reader, store_id, min_count), ', ') FROM reader_scope "
      "WHERE "
      "reader = 'planner' AND store_id = 8",
      "planner 8 8" },
    { 25,
      "SET LOCAL ROLE planner; SELECT string_agg(concat_ws(' ', coalesce(passes::text, '-'), "
      "dwell_s, exposure_s, is_hidden), ', ') FROM v_heat_cell_day WHERE store = 'south' AND cell "
      "= "
      "5",
      "- 0 t" },
    { 25, "SET LOCAL ROLE planner; SELECT string_agg(store, ' ' ORDER BY store) FROM v_store",
      "south" },
    { 31, "SELECT origin FROM store WHERE store_id = 7", "00000000-0000-4000-8000-000000000007" },
    { 31, "SELECT concat_ws(' ', store, joined_at, contact_at, errors) FROM joined_store",
      "south 2027-01-20 10:00:00+00 2027-01-21 10:00:00+00 3" },
    { 32,
      "SELECT concat_ws(' ', store_id, bucket_days, hour_days, coalesce(day_days::text, '-'), "
      "bucket_gone, hour_gone) FROM retention",
      "7 400 800 - 2025-10-27 00:00:00+00 2024-09-21 22:00:00+00" },
    /* what turned up is left out; nobody knows the camera "nobody" */
    { 34,
      "SELECT string_agg(concat_ws(' ', store, local_date, local_hour, coalesce(camera_id::text, "
      "'-'), coalesce(camera, '-'), source, reason, unit, losses, first_at, last_at), ', ' ORDER "
      "BY store, since_at) FROM v_loss",
      "north 2026-11-01 0 1 left wire missed frames 3 2026-10-31 23:59:10+00 "
      "2026-10-31 23:59:40+00, "
      "north 2026-11-01 1 - nobody wire missed frames 4 2026-11-01 00:00:10+00 "
      "2026-11-01 00:00:10+00, "
      "south 2026-10-31 20 - - database spool_full records 12 2026-11-01 00:30:00+00 "
      "2026-11-01 00:59:00+00" },
};

/* The row that a program of that time wrote. */
static void record(const char *conninfo, const struct migration *migration)
{
    char sum[SHA256_TEXT_SIZE], sql[256];
    file_sha256_bytes(migration->sql, migration->length, sum);
    (void) snprintf(sql, sizeof sql,
                    "INSERT INTO schema_version (version, name, sha256) VALUES (%d, '%s', '%s')",
                    migration->version, migration->name, sum);
    fixture_execute(conninfo, sql);
}

static void fill(const char *conninfo, int version)
{
    char path[256], *sql;
    size_t length;
    struct error error;
    (void) snprintf(path, sizeof path, TEST_DATA "/migrate/%04d.sql", version);
    if (!file_exists(path))
        return;
    assert_int_equal(file_read(path, 1 << 20, &sql, &length, &error), 0);
    fixture_execute(conninfo, sql);
    free(sql);
}

/* One of the databases of this test, and how to reach it. */
struct version_database {
    int version;
    char name[32], conninfo[256];
};

static void run_as_owner(const struct fixture *fixture, const char *sql)
{
    char *conninfo = storage_conninfo(&fixture->config);
    fixture_execute(conninfo, sql);
    free(conninfo);
}

/* What a program of the next version makes of a copy. The first begins with nothing. Files are
 * copied faster than pages through the log. */
static struct version_database next_version(const struct fixture *fixture,
                                            const struct version_database *before)
{
    struct version_database next = { .version = before->version + 1 };
    char sql[128];
    (void) snprintf(next.name, sizeof next.name, "version_%d", next.version);
    (void) snprintf(next.conninfo, sizeof next.conninfo,
                    "host='%s/socket' port=5432 dbname=%s user=%s", fixture->dir, next.name,
                    CLUSTER_USER);
    (void) snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy", next.name,
                    before->name);
    run_as_owner(fixture, sql);
    fixture_execute(next.conninfo, migrations[before->version].sql);
    record(next.conninfo, &migrations[before->version]);
    fill(next.conninfo, next.version);
    return next;
}

static void drop(const struct fixture *fixture, const struct version_database *it)
{
    char sql[64];
    (void) snprintf(sql, sizeof sql, "DROP DATABASE %s WITH (FORCE)", it->name);
    run_as_owner(fixture, sql);
}

static void check_fact(struct database *database, const struct fact *fact, int version)
{
    AUTO(database_result_release) PGresult *result = NULL;
    struct error error = { .text = "" };
    if (database_run(database, "look for a fact", fact->sql, &result, &error) < 0)
        print_error("begun at version %d: %s\n%s\n", version, fact->sql, error.text);
    assert_non_null(result);
    assert_int_equal(PQntuples(result), 1);
    if (strcmp(PQgetvalue(result, 0, 0), fact->expected) != 0)
        print_error("begun at version %d: %s\n", version, fact->sql);
    assert_string_equal(PQgetvalue(result, 0, 0), fact->expected);
}

static void check_facts(const struct version_database *it)
{
    AUTO(database_close) struct database *database = NULL;
    assert_int_equal(database_open(it->conninfo, -1, DATABASE_TIMEOUT_MS, &database, NULL), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(facts); i++)
        if (facts[i].since <= it->version)
            check_fact(database, &facts[i], it->version);
}

/* As the writers do between two buckets; by now all those hours and days are over. */
static void roll_up(const struct version_database *it)
{
    int turns = 0;
    while (strcmp(fixture_value(it->conninfo, "SELECT coalesce(sum(roll_up(store_id, "
                                              "'2027-02-01 00:00Z')), 0) FROM store"),
                  "0") != 0)
        assert_in_range(++turns, 1, TURNS_AT_MOST);
}

/* Rows of a month without a partition wait in the default one; a migration must forget neither. */
static void move_into_their_month(const struct version_database *it)
{
    fixture_execute(it->conninfo, "SELECT ensure_partitions('2026-10-01', '2027-01-31')");
    assert_string_equal(fixture_value(it->conninfo, "SELECT count(*) FROM heat_bucket_default"),
                        "0");
    assert_string_equal(fixture_value(it->conninfo, "SELECT count(*) FROM exposure_2027_01"), "1");
}

static void come_along(const struct version_database *it)
{
    struct error error = { .text = "" };
    int applied = -1;
    if (storage_migrate(it->conninfo, &applied, NULL, &error) < 0)
        print_error("begun at version %d: %s\n", it->version, error.text);
    assert_int_equal(applied, migration_count - it->version);
    roll_up(it);
    check_facts(it);
    if (it->version < 7)
        return;
    move_into_their_month(it);
    check_facts(it);
}

/* The rows fit the schema of today too, so the expected values are checked even where no migration
 * stands between. A database is copied for the next version before it comes along itself. */
static void facts_are_the_same_whatever_version_they_were_written_in(void **state)
{
    struct version_database it = { .name = "template1" };
    it = next_version(*state, &it);
    while (it.version < migration_count) {
        struct version_database next = next_version(*state, &it);
        come_along(&it);
        drop(*state, &it);
        it = next;
    }
    come_along(&it);
}

/* Thousands of tables that nobody needs after a crash. */
static int start_careless_server(void **state)
{
    int rc = fixture_start(state);
    if (rc < 0)
        return rc;
    run_as_owner(*state, "ALTER SYSTEM SET fsync TO off");
    run_as_owner(*state, "SELECT pg_reload_conf()");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_the_same_whatever_version_they_were_written_in),
    };
    return cmocka_run_group_tests(tests, start_careless_server, fixture_stop);
}
