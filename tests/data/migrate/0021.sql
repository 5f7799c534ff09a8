-- Tuesday 2025-07-01, 14:00 to 15:00 in Berlin: an hour and its day, the buckets of which are gone. One dwell has
-- more milliseconds than fit into 32 bits.
INSERT INTO floor_hour (store_id, floor_id, hour_at, is_open, local_hour, local_date, peak_people, zone_visits,
    crossed_in, crossed_out, people_ms, counted_ms, exposure_ms)
VALUES (7, 1, '2025-07-01 12:00Z', true, 14, '2025-07-01', 1400, 9, 5, 4, 5000001000, 3600000, 3600000);
INSERT INTO floor_day (store_id, floor_id, local_date, is_open, peak_people, zone_visits, crossed_in, crossed_out,
    people_ms, counted_ms, exposure_ms)
VALUES (7, 1, '2025-07-01', true, 1400, 9, 5, 4, 5000001000, 3600000, 3600000);
INSERT INTO heat_hour (store_id, floor_id, hour_at, is_open, grid_id, definition_id, local_date, local_hour, hour_end,
    first_bucket_at, last_bucket_end, cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm)
VALUES (7, 1, '2025-07-01 12:00Z', true, 1, 1, '2025-07-01', 14, '2025-07-01 13:00Z', '2025-07-01 12:00Z',
    '2025-07-01 13:00Z', '{2,3}', '{5000000000,1000}', '{40,1}', '{100,-200}', '{0,5}', '{300,210}');
INSERT INTO heat_day (store_id, floor_id, local_date, is_open, grid_id, definition_id, day_at, day_end,
    first_bucket_at, last_bucket_end, cell, dwell_ms, passes, move_x_cm, move_y_cm, path_cm)
VALUES (7, 1, '2025-07-01', true, 1, 1, '2025-06-30 22:00Z', '2025-07-01 22:00Z', '2025-07-01 12:00Z',
    '2025-07-01 13:00Z', '{2,3}', '{5000000000,1000}', '{40,1}', '{100,-200}', '{0,5}', '{300,210}');
INSERT INTO exposure_hour (store_id, floor_id, hour_at, is_open, camera_set_id, exposure_ms)
VALUES (7, 1, '2025-07-01 12:00Z', true, 1, 3600000);
INSERT INTO exposure_day (store_id, floor_id, local_date, is_open, camera_set_id, exposure_ms)
VALUES (7, 1, '2025-07-01', true, 1, 3600000);
INSERT INTO zone_hour (store_id, zone_id, hour_at, is_open, local_hour, definition_id, local_date, peak_people, visits,
    entries, exits, dwell_ms, exposure_ms)
VALUES (7, 1, '2025-07-01 12:00Z', true, 14, 1, '2025-07-01', 5, 9, 12, 11, 900000, 3600000);
INSERT INTO zone_day (store_id, zone_id, local_date, is_open, definition_id, peak_people, visits, entries, exits,
    dwell_ms, exposure_ms)
VALUES (7, 1, '2025-07-01', true, 1, 5, 9, 12, 11, 900000, 3600000);
INSERT INTO fixture_day (store_id, zone_id, local_date, is_open, passes, dwell_ms, exposure_ms)
VALUES (7, 3, '2025-07-01', true, 17, 85000, 3600000);
INSERT INTO line_hour (store_id, line_id, hour_at, is_open, local_hour, local_date, left_to_right, right_to_left)
VALUES (7, 1, '2025-07-01 12:00Z', true, 14, '2025-07-01', 5, 4);
INSERT INTO line_day (store_id, line_id, local_date, is_open, left_to_right, right_to_left)
VALUES (7, 1, '2025-07-01', true, 5, 4);
INSERT INTO flow_hour (store_id, from_zone_id, to_zone_id, hour_at, is_open, local_hour, local_date, people)
VALUES (7, 4, 1, '2025-07-01 12:00Z', true, 14, '2025-07-01', 6);
INSERT INTO flow_day (store_id, from_zone_id, to_zone_id, local_date, is_open, people)
VALUES (7, 4, 1, '2025-07-01', true, 6);
INSERT INTO camera_hour (store_id, floor_id, camera_id, hour_at, is_open, local_hour, local_date, latency_bin, frames,
    observations, missed, uptime_ms, latency_frames)
VALUES (7, 1, 1, '2025-07-01 12:00Z', true, 14, '2025-07-01', 40, 36000, 50000, 12, 3600000, '{36000}');
INSERT INTO camera_day (store_id, floor_id, camera_id, local_date, is_open, latency_bin, frames, observations, missed,
    uptime_ms, latency_frames)
VALUES (7, 1, 1, '2025-07-01', true, 40, 36000, 50000, 12, 3600000, '{36000}');
-- So many matches so far apart are a finding.
INSERT INTO pair_residual_hour (store_id, floor_id, camera_a_id, camera_b_id, hour_at, is_open, local_hour, local_date,
    matches, sum_dx_m, sum_dy_m, sum_squared_m2)
VALUES (7, 1, 1, 2, '2025-07-01 12:00Z', true, 14, '2025-07-01', 100, 30, -40, 36);
INSERT INTO pair_residual_day (store_id, floor_id, camera_a_id, camera_b_id, local_date, is_open, matches, sum_dx_m,
    sum_dy_m, sum_squared_m2)
VALUES (7, 1, 1, 2, '2025-07-01', true, 100, 30, -40, 36);
INSERT INTO coverage_day (store_id, floor_id, grid_id, local_date, walkable_cells, observed_cells, unobserved)
VALUES (7, 1, 1, '2025-07-01', 11, 10, '\x0004');
