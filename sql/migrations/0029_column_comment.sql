-- 0029_column_comment.sql: what each view and column of 0026 and 0027 says.
-- A column of one name means the same in every view; what differs comes after.
COMMENT ON VIEW v_date IS 'Dates, one row each; joins to local_date of every fact';
COMMENT ON VIEW v_hour IS 'Hours of a day, one row each; joins to local_hour';
COMMENT ON VIEW v_store IS 'Stores';
COMMENT ON VIEW v_floor IS 'Floors of stores';
COMMENT ON VIEW v_grid IS 'Grids of cells; cell c lies in column c % columns and row c / columns';
COMMENT ON VIEW v_zone IS 'Zones and fixtures, one row a shape; drawn anew they get another row';
COMMENT ON VIEW v_line IS 'Lines whose crossings are counted, one row a shape';
COMMENT ON VIEW v_camera IS 'Cameras';
COMMENT ON VIEW v_model IS 'Networks that looked at pictures';
COMMENT ON VIEW v_definition IS 'Ways of counting; numbers of two definitions do not compare';
COMMENT ON VIEW v_opening_hours IS 'Opening hours by weekday; the latest row that has begun holds';
COMMENT ON VIEW v_opening_exception IS 'Dates on which a store''s hours are others';
COMMENT ON VIEW v_camera_set IS 'Cameras that looked at the same time, and the cells they see together';
COMMENT ON VIEW v_heat_bucket IS 'Heat as stored, one row per floor and bucket; heat_cells() opens it';
COMMENT ON VIEW v_heat_hour IS 'Heat as stored, one row per floor and local hour, an array element a cell';
COMMENT ON VIEW v_heat_day IS 'Heat as stored, one row per floor and local date, an array element a cell';
COMMENT ON VIEW v_exposure_bucket IS
    'How long exactly one camera set was looking, by bucket: keys for programs; v_exposure has the same with names';
COMMENT ON VIEW v_exposure IS
    'How long exactly which cameras were looking, per floor and bucket: names for people; v_exposure_bucket has keys';
COMMENT ON VIEW v_exposure_hour IS 'How long exactly one camera set was looking, by local hour';
COMMENT ON VIEW v_exposure_day IS 'How long exactly one camera set was looking, by local date';
COMMENT ON VIEW v_rollup_pending IS 'Local hours that are not rolled up yet';
COMMENT ON VIEW v_rollup_day_pending IS 'Local dates whose hours are rolled up but they are not';
COMMENT ON VIEW v_rollup IS 'How far roll-ups are behind, one row a floor that is';
COMMENT ON VIEW v_heat_cell IS
    'Heat, one row per store, floor, bucket and cell of the grid; NULL measures where nobody could look';
COMMENT ON VIEW v_heat_cell_hour IS
    'Heat by local hour, one row a cell of the grid; NULL measures where nobody could look';
COMMENT ON VIEW v_heat_cell_day IS
    'Heat by local date, one row a cell of the grid; NULL measures where nobody could look';
COMMENT ON VIEW v_zone_bucket IS 'What happened in each zone, by bucket';
COMMENT ON VIEW v_zone_hour IS 'What happened in each zone, by local hour';
COMMENT ON VIEW v_zone_day IS 'What happened in each zone, by local date';
COMMENT ON VIEW v_fixture_day IS 'Presence in front of each fixture, by local date';
COMMENT ON VIEW v_line_hour IS 'Crossings of each line, by local hour';
COMMENT ON VIEW v_line_day IS 'Crossings of each line, by local date';
COMMENT ON VIEW v_flow_hour IS 'People who went from one zone to the next, by local hour';
COMMENT ON VIEW v_flow_day IS 'People who went from one zone to the next, by local date';
COMMENT ON VIEW v_floor_hour IS 'People on each floor, by local hour';
COMMENT ON VIEW v_store_day IS 'People in each store, by local date';
COMMENT ON VIEW v_camera_health IS 'What each camera delivered, how long and how soon, by local hour';
COMMENT ON VIEW v_camera_day IS 'What each camera delivered, how long and how soon, by local date';
COMMENT ON VIEW v_pair_residual_day IS 'How two cameras agree about people both saw, by local date';
COMMENT ON VIEW v_inconsistency IS 'Cameras that contradict each other or physics; pairs 0.3 m or more apart in a day';
COMMENT ON VIEW v_coverage_day IS 'How much of the walkable floor some camera saw at all, by local date';
COMMENT ON VIEW v_coverage_gap IS 'Places not covered well enough; per floor also what nobody saw on the latest day';
COMMENT ON VIEW v_hot_cold IS
    'Zones and fixtures from hot to cold over the last 28 days, against the store and the chain''s others; see hot_cold()';

DO $$
DECLARE
    v record;
BEGIN
    FOR v IN
        WITH word (view, name, words) AS (VALUES
            ('*', 'store_id', 'Key of the store, unique in the chain'),
            ('*', 'chain', 'Id of the chain'),
            ('*', 'store', 'Id of the store'),
            ('*', 'timezone', 'IANA name of the store''s time zone'),
            ('*', 'floor_id', 'Key of the floor within the store'),
            ('*', 'floor', 'Id of the floor'),
            ('*', 'grid_id', 'Key of the grid within the store'),
            ('*', 'definition_id', 'Key of the way of counting within the store'),
            ('*', 'zone_id', 'Key of the zone''s or fixture''s shape within the store'),
            ('*', 'line_id', 'Key of the line''s shape within the store'),
            ('*', 'camera_id', 'Key of the camera within the store'),
            ('*', 'model_id', 'Key of the model within the store'),
            ('*', 'camera_set_id', 'Key of the camera set within the store'),
            ('*', 'camera_ids', 'Keys of the cameras in the set, ascending'),
            ('*', 'mask', 'Cells they see together: cell c is bit c % 8 (from the least) of byte c / 8'),
            ('*', 'bucket_at', 'Start of the bucket'),
            ('*', 'bucket_s', 'Length of the bucket, seconds'),
            ('*', 'visit_s', 'A stay this long is a visit, seconds'),
            ('*', 'zone_hysteresis_m', 'A zone is left this far outside it, metres'),
            ('*', 'hour_at', 'Start of the local hour'),
            ('*', 'hour_end', 'End of the local hour'),
            ('*', 'day_at', 'Start of the local date'),
            ('*', 'day_end', 'End of the local date'),
            ('*', 'local_at', 'Start of the bucket on the store''s wall clock'),
            ('*', 'local_date', 'Date on the store''s wall clock'),
            ('*', 'local_hour', 'Hour of the day, 0 to 23, on the store''s wall clock'),
            ('*', 'is_open', 'Whether the store was open; what straddles the opening has a row for either part'),
            ('*', 'is_hidden', 'Measures are NULL because so small counts are hidden from this reader'),
            ('*', 'origin_x_m', 'Left edge of cell 0, metres to the right on the plan'),
            ('*', 'origin_y_m', 'Lower edge of cell 0, metres up on the plan'),
            ('*', 'columns', 'Cells from left to right'),
            ('*', 'rows', 'Cells from bottom to top'),
            ('*', 'cell', 'Number of the cell, row by row from the lower left'),
            ('*', 'x_m', 'Centre of the cell, metres to the right on the plan'),
            ('*', 'y_m', 'Centre of the cell, metres up on the plan'),
            ('*', 'cell_m', 'Edge of the cell, metres'),
            ('*', 'dwell_s', 'Person-seconds; NULL where nobody could look, 0 where nobody came'),
            ('*', 'passes', 'How often somebody entered the cell; NULL where nobody could look'),
            ('*', 'move_x_m', 'Sum of movements to the right inside the cell, metres; NULL where nobody could look'),
            ('*', 'move_y_m', 'Sum of movements up inside the cell, metres; NULL where nobody could look'),
            ('*', 'path_m', 'Metres walked inside the cell; NULL where nobody could look'),
            ('*', 'exposure_s', 'Seconds in which a working camera could see the place'),
            ('*', 'exposure_ms', 'Milliseconds in which exactly these cameras were looking'),
            ('*', 'kind', 'zone or fixture'),
            ('*', 'zone', 'Id of the zone'),
            ('*', 'fixture', 'Id of the fixture'),
            ('*', 'area_m2', 'Area, square metres'),
            ('*', 'height_m', 'Height of a fixture, metres; NULL: not given'),
            ('*', 'valid_from', 'Start of the first bucket counted with it'),
            ('*', 'valid_to', 'When another took its place; NULL: in force'),
            ('*', 'geojson', 'Shape as GeoJSON, floor metres'),
            ('*', 'line', 'Id of the line'),
            ('*', 'inward', 'Direction in which people come in; NULL: not said'),
            ('*', 'camera', 'Id of the camera'),
            ('*', 'camera_a_id', 'Key of the first camera within the store'),
            ('*', 'camera_b_id', 'Key of the second camera within the store'),
            ('*', 'camera_a', 'Id of the first camera'),
            ('*', 'camera_b', 'Id of the second camera'),
            ('*', 'model', 'Name of the model'),
            ('*', 'input_width', 'Width of the network''s input, pixels; 0: it has none'),
            ('*', 'input_height', 'Height of the network''s input, pixels; 0: it has none'),
            ('*', 'visits', 'Stays that reached visit_s; NULL where nobody could look, 0 where nobody came'),
            ('*', 'entries', 'How often somebody came in; NULL where nobody could look'),
            ('*', 'exits', 'How often somebody went out; NULL where nobody could look'),
            ('*', 'peak_people', 'Most people at one moment; NULL where nobody could look'),
            ('*', 'mean_people', 'People there on average while it was watched: person-seconds by exposure'),
            ('*', 'people_s', 'Person-seconds on the whole floor; NULL where nobody could look'),
            ('*', 'zone_visits', 'Visits to all zones together'),
            ('*', 'crossed_in', 'Crossings inwards; NULL or 0 where no line says which way is in'),
            ('*', 'crossed_out', 'Crossings outwards; NULL or 0 where no line says which way is in'),
            ('*', 'counted_s', 'Seconds for which there are buckets at all'),
            ('*', 'left_to_right', 'Crossings from left to right along the line; NULL where nobody could look'),
            ('*', 'right_to_left', 'Crossings from right to left along the line; NULL where nobody could look'),
            ('*', 'from_zone_id', 'Key of the shape of the zone people came from, within the store'),
            ('*', 'to_zone_id', 'Key of the shape of the zone they entered next, within the store'),
            ('*', 'from_zone', 'Id of the zone people came from'),
            ('*', 'to_zone', 'Id of the zone they entered next'),
            ('*', 'people', 'How many people'),
            ('*', 'frames', 'Frames that arrived, also those with nobody in them'),
            ('*', 'observations', 'Detections in those frames'),
            ('*', 'missed', 'Numbered frames that never arrived'),
            ('*', 'missed_share', 'Missed frames of all, 0 .. 1'),
            ('*', 'frames_per_s', 'Frames a second while it was looking'),
            ('*', 'uptime_s', 'Seconds in which the camera was looking'),
            ('*', 'uptime_share', 'Uptime of the time for which there are buckets, 0 .. 1'),
            ('*', 'latency_p50_ms', 'Half of the frames were published sooner after capture, within 4.8 %'),
            ('*', 'latency_p95_ms', '95 % of the frames were published sooner after capture, within 4.8 %'),
            ('*', 'latency_p99_ms', '99 % of the frames were published sooner after capture, within 4.8 %'),
            ('*', 'matches', 'How often both saw the same person at one tick'),
            ('*', 'mean_dx_m', 'Mean of x of camera_a minus x of camera_b, metres'),
            ('*', 'mean_dy_m', 'Mean of y of camera_a minus y of camera_b, metres'),
            ('*', 'rms_m', 'Root of the mean squared distance, metres'),
            ('*', 'year', 'Year'), ('*', 'quarter', 'Quarter, 1 to 4'), ('*', 'month', 'Month, 1 to 12'),
            ('*', 'month_name', 'Name of the month'), ('*', 'day', 'Day of the month'),
            ('*', 'iso_year', 'Year the ISO week belongs to'), ('*', 'iso_week', 'ISO week, 1 to 53'),
            ('*', 'weekday', 'Day of the week, 1 is Monday'), ('*', 'weekday_name', 'Name of the weekday'),
            ('*', 'is_weekend', 'Saturday or Sunday'),
            ('*', 'hour_name', 'The hour as people write it'), ('*', 'day_part', 'night, morning, afternoon, evening'),
            ('*', 'opens_at', 'When it opens, wall clock, one element an interval; empty: closed'),
            ('*', 'closes_at', 'When it closes; not after opens_at: on the next day'),
            ('*', 'cancelled', 'The weekday''s hours hold after all'),
            ('*', 'pending_hours', 'Local hours still to be rolled up'),
            ('*', 'oldest_hour_at', 'Start of the oldest of them'),
            ('*', 'sums', 'Its sums are still to be made, not only its heat'),
            ('*', 'walkable_m2', 'Floor people can walk on, square metres'),
            ('*', 'observed_m2', 'Of that what some camera saw for a moment at least, square metres'),
            ('*', 'observed_share', 'Observed of what there was to observe, 0 .. 1'),
            ('v_heat_cell', 'is_open', 'Whether the store was open when the bucket started'),
            ('v_heat_bucket', 'is_open', 'Whether the store was open when the bucket started'),
            ('v_exposure_bucket', 'is_open', 'Whether the store was open when the bucket started'),
            ('v_exposure', 'is_open', 'Whether the store was open when the bucket started'),
            ('v_zone_bucket', 'is_open', 'Whether the store was open when the bucket started'),
            ('v_camera_bucket', 'is_open', 'Whether the store was open when the bucket started'),
            ('v_pair_residual', 'is_open', 'Whether the store was open when the bucket started'),
            ('v_heat_bucket', 'cells', 'Five bytes an entry; heat_cells(first_cell, dwell_unit_ms, cells) opens it'),
            ('v_heat_bucket', 'first_cell', 'Number of the first cell'),
            ('v_heat_bucket', 'dwell_unit_ms', 'What dwell is counted in, milliseconds'),
            ('v_heat_bucket', 'people_ms', 'Person-milliseconds on the whole floor'),
            ('v_heat_hour', 'dwell_ms', 'Person-milliseconds, one element a cell'),
            ('v_heat_day', 'packed', 'The arrays once more as big-endian bytes: n cells, n dwells of 8 bytes, n passes, ...'),
            ('v_heat_day', 'dwell_ms', 'Person-milliseconds, one element a cell'),
            ('v_inconsistency', 'kind', 'What is wrong, e.g. calibration_shift, clock_offset, ghost, pair_offset'),
            ('v_inconsistency', 'camera', 'Id of the camera that is wrong; of pair_offset the first of two'),
            ('v_inconsistency', 'other_camera', 'Id of the camera it contradicts; NULL: physics'),
            ('v_inconsistency', 'size', 'How wrong it is, in unit'),
            ('v_inconsistency', 'unit', 'Unit of size'),
            ('v_inconsistency', 'confidence', 'How sure that is, 0 .. 1; NULL: not judged'),
            ('v_inconsistency', 'evidence', 'How many observations speak for it'),
            ('v_inconsistency', 'opened_at', 'Since when'),
            ('v_inconsistency', 'closed_at', 'Until when; NULL: still so'),
            ('v_inconsistency', 'proposal', 'What to do about it'),
            ('v_coverage_gap', 'zone', 'Id of the zone most of it lies in; NULL: none'),
            ('v_coverage_gap', 'cause', 'Why: no_line_of_sight, too_few_pixels, camera_down, occluded, never_observed, poor_recall'),
            ('v_coverage_gap', 'severity', 'How bad, 0 .. 1'),
            ('v_coverage_gap', 'first_seen_at', 'Since when'),
            ('v_coverage_gap', 'last_seen_at', 'Until when at least'),
            ('v_coverage_gap', 'closed_at', 'When it was closed; NULL: still there'),
            ('v_coverage_gap', 'geojson', 'Shape as GeoJSON, floor metres; NULL: all the places nobody saw together'),
            ('v_hot_cold', 'zone', 'Id of the zone or fixture'),
            ('v_hot_cold', 'visits', 'Stays that reached visit_s; NULL of fixtures'),
            ('v_hot_cold', 'dwell_s_per_m2_h', 'Person-seconds per square metre and observed hour: how hot it is'),
            ('v_hot_cold', 'rank', '1 is the hottest of its kind in the store'),
            ('v_hot_cold', 'ranked', 'How many of its kind are ranked'),
            ('v_hot_cold', 'store_median', 'Median of its kind in the store'),
            ('v_hot_cold', 'ratio_to_store', 'Heat by that median'),
            ('v_hot_cold', 'chain_median', 'Median of those of the same kind and name in the chain''s other stores one may read; NULL: there is none'),
            ('v_hot_cold', 'chain_stores', 'How many other stores that median is of'),
            ('v_hot_cold', 'ratio_to_chain', 'Heat by that median'),
            ('v_hot_cold', 'exposure_h', 'Hours in which it was seen: how far to believe it'),
            ('v_hot_cold', 'observed_share', 'Hours seen of all hours counted, 0 .. 1')
        )
        SELECT DISTINCT ON (c.relname, a.attname) c.relname, a.attname, w.words
        FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
        JOIN word AS w ON w.name = a.attname AND w.view IN ('*', c.relname)
        WHERE c.relkind = 'v' AND c.relname LIKE 'v\_%' AND c.relnamespace = current_schema()::regnamespace
            AND col_description(c.oid, a.attnum) IS NULL
        ORDER BY c.relname, a.attname, w.view = '*'
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', v.relname, v.attname, v.words);
    END LOOP;
    -- Arrays of cells.
    FOR v IN
        SELECT t.relname, n.name, n.words
        FROM (VALUES ('v_heat_hour'), ('v_heat_day')) AS t (relname)
        CROSS JOIN (VALUES ('cell', 'Numbers of the occupied cells, ascending'),
            ('passes', 'How often somebody entered, one element a cell'),
            ('move_x_cm', 'Sum of movements to the right, centimetres, one element a cell'),
            ('move_y_cm', 'Sum of movements up, centimetres, one element a cell'),
            ('path_cm', 'Centimetres walked, one element a cell')) AS n (name, words)
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', v.relname, v.name, v.words);
    END LOOP;
END
$$;
