-- helper.sql: stores and buckets for the tests, included by them.
-- Each store has floor 1 (grid 1) and floor 2 (grid 2), 4 x 3 cells of 1 m; camera 1 sees cells 0 .. 5, camera 2
-- cells 4 .. 9, nobody sees 10 and 11; 4 is in front of fixture 30. Camera sets of floor 1 are 1 (camera 1),
-- 2 (both), 3 (none), those of floor 2 are 11, 12, 13. Zones 1 and 2 and line 1 lie on floor 1, zone 4 and line 2 on floor 2.
CREATE SCHEMA helper;
GRANT USAGE ON SCHEMA helper TO PUBLIC;

CREATE FUNCTION helper.make_store(id integer, timezone text, bucket_s integer DEFAULT 900, chain text DEFAULT 'chain')
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    square CONSTANT jsonb := '{"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]}';
    way CONSTANT jsonb := '{"type": "LineString", "coordinates": [[0, 0], [1, 0]]}';
BEGIN
    INSERT INTO chain VALUES (make_store.chain) ON CONFLICT DO NOTHING;
    INSERT INTO store VALUES (id, make_store.chain, 'store-' || id, make_store.timezone);
    INSERT INTO floor VALUES (id, 1, 'ground'), (id, 2, 'upper');
    INSERT INTO grid (store_id, grid_id, floor_id, origin_x_m, origin_y_m, cell_m, columns, rows)
    VALUES (id, 1, 1, -1, 2, 1, 4, 3), (id, 2, 2, 0, 0, 1, 4, 3);
    INSERT INTO definition (store_id, definition_id, bucket_s, visit_s, cell_m)
    VALUES (id, 1, make_store.bucket_s, 5, 1), (id, 2, make_store.bucket_s, 10, 1);
    INSERT INTO camera VALUES (id, 1, 'left'), (id, 2, 'right');
    INSERT INTO calibration (store_id, calibration_id, camera_id, version) VALUES (id, 1, 1, 'aa'), (id, 2, 2, 'bb');
    INSERT INTO model VALUES (id, 1, 'yolo', 416, 416);
    INSERT INTO footprint (store_id, footprint_id, camera_id, grid_id, calibration_id, mask)
    VALUES (id, 1, 1, 1, 1, '\x3f00'), (id, 2, 2, 1, 2, '\xf003'),
        (id, 3, 1, 2, 1, '\x3f00'), (id, 4, 2, 2, 2, '\xf003');
    INSERT INTO camera_set VALUES (id, 1, 1, '{1}', '{1}', '\x3f00'), (id, 2, 1, '{1,2}', '{1,2}', '\xff03'),
        (id, 3, 1, '{}', '{}', '\x0000'), (id, 11, 2, '{1}', '{3}', '\x3f00'),
        (id, 12, 2, '{1,2}', '{3,4}', '\xff03'), (id, 13, 2, '{}', '{}', '\x0000');
    INSERT INTO zone (store_id, zone_id, floor_id, kind, zone, geojson, area_m2, valid_from)
    VALUES (id, 1, 1, 'zone', 'entry', square, 2, '-infinity'), (id, 2, 1, 'zone', 'till', square, 4, '-infinity'),
        (id, 30, 1, 'fixture', 'shelf', square, 1, '-infinity'), (id, 4, 2, 'zone', 'toys', square, 3, '-infinity');
    INSERT INTO zone_cells VALUES (id, 1, 1, '{0,1}'), (id, 2, 1, '{2,3,6,7}'), (id, 30, 1, '{4,8,10}');
    INSERT INTO counting_line (store_id, line_id, floor_id, line, geojson, inward, valid_from)
    VALUES (id, 1, 1, 'door', way, 'left_to_right', '-infinity'), (id, 2, 2, 'stairs', way, NULL, '-infinity');
    -- Cell 9 is a wall; 11 cells to walk on.
    INSERT INTO walkable VALUES (id, 1, '\xff0d', 11), (id, 2, '\xff0d', 11);
END
$$;

-- One bucket of heat, as the writer puts it: what is there is replaced.
CREATE FUNCTION helper.put_heat(p_store integer, p_floor integer, p_at timestamptz, p_cell integer[],
    p_dwell_ms integer[], p_passes integer[], p_people_ms bigint DEFAULT NULL, p_peak integer DEFAULT 1,
    p_move_x_mm integer[] DEFAULT NULL, p_move_y_mm integer[] DEFAULT NULL, p_path_mm integer[] DEFAULT NULL,
    p_definition integer DEFAULT 1)
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO heat_bucket (store_id, floor_id, bucket_at, grid_id, definition_id, peak_people, people_ms, first_cell,
    dwell_unit_ms, cells)
SELECT p_store, p_floor, p_at, p_floor, p_definition, p_peak,
    coalesce(p_people_ms, (SELECT sum(d) FROM unnest(p_dwell_ms) AS d), 0), k.*
FROM heat_pack(p_cell, p_dwell_ms, p_passes, coalesce(p_move_x_mm, array_fill(0, ARRAY[cardinality(p_cell)])),
    coalesce(p_move_y_mm, array_fill(0, ARRAY[cardinality(p_cell)])),
    coalesce(p_path_mm, array_fill(0, ARRAY[cardinality(p_cell)]))) AS k
ON CONFLICT (store_id, floor_id, bucket_at) DO UPDATE SET grid_id = excluded.grid_id,
    definition_id = excluded.definition_id, peak_people = excluded.peak_people, people_ms = excluded.people_ms,
    first_cell = excluded.first_cell, dwell_unit_ms = excluded.dwell_unit_ms, cells = excluded.cells
$$;

CREATE FUNCTION helper.put_exposure(p_store integer, p_floor integer, p_at timestamptz, p_set integer, p_ms bigint)
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO exposure VALUES (p_store, p_floor, p_at, p_set, p_ms)
ON CONFLICT (store_id, floor_id, bucket_at, camera_set_id) DO UPDATE SET exposure_ms = excluded.exposure_ms
$$;

CREATE FUNCTION helper.put_zone(p_store integer, p_zone integer, p_at timestamptz, p_visits integer, p_entries integer,
    p_exits integer, p_peak integer, p_dwell_ms bigint, p_exposure_ms bigint, p_definition integer DEFAULT 1)
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO zone_bucket (store_id, zone_id, bucket_at, definition_id, visits, entries, exits, peak_people, dwell_ms,
    exposure_ms)
VALUES (p_store, p_zone, p_at, p_definition, p_visits, p_entries, p_exits, p_peak, p_dwell_ms, p_exposure_ms)
ON CONFLICT (store_id, zone_id, bucket_at) DO UPDATE SET definition_id = excluded.definition_id,
    visits = excluded.visits, entries = excluded.entries, exits = excluded.exits, peak_people = excluded.peak_people,
    dwell_ms = excluded.dwell_ms, exposure_ms = excluded.exposure_ms
$$;

CREATE FUNCTION helper.put_line(p_store integer, p_line integer, p_at timestamptz, p_left integer, p_right integer)
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO line_bucket VALUES (p_store, p_line, p_at, p_left, p_right)
ON CONFLICT (store_id, line_id, bucket_at) DO UPDATE SET left_to_right = excluded.left_to_right,
    right_to_left = excluded.right_to_left
$$;

CREATE FUNCTION helper.dice(sides integer) RETURNS integer
LANGUAGE sql VOLATILE
AS $$
SELECT floor(random() * sides)::integer
$$;

-- A whole bucket of chance, one time in five an empty one; residuals are multiples of 1/64, so that their sums
-- are exact in any order.
CREATE FUNCTION helper.put_chance(p_store integer, p_floor integer, p_at timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    chosen integer[] := ARRAY(SELECT n FROM generate_series(0, 11) AS n WHERE random() < 0.4);
    n integer;
    z integer;
BEGIN
    IF random() < 0.2 THEN
        chosen := '{}';
    END IF;
    n := cardinality(chosen);
    PERFORM helper.put_heat(p_store, p_floor, p_at, chosen,
        ARRAY(SELECT 100 * helper.dice(900) FROM generate_series(1, n)),
        ARRAY(SELECT helper.dice(6) FROM generate_series(1, n)), helper.dice(1000000)::bigint, helper.dice(9),
        ARRAY(SELECT 10 * (helper.dice(700) - 350) FROM generate_series(1, n)),
        ARRAY(SELECT 10 * (helper.dice(700) - 350) FROM generate_series(1, n)),
        ARRAY(SELECT 10 * helper.dice(900) FROM generate_series(1, n)), 1 + (random() < 0.1)::integer);
    PERFORM helper.put_exposure(p_store, p_floor, p_at, s + 10 * (p_floor - 1), helper.dice(300000))
    FROM generate_series(1, 3) AS s WHERE random() < 0.7;
    FOR z IN SELECT zone_id FROM zone WHERE store_id = p_store AND floor_id = p_floor AND kind = 'zone' LOOP
        PERFORM helper.put_zone(p_store, z, p_at, helper.dice(5), helper.dice(7), helper.dice(7), helper.dice(4),
            helper.dice(100000), helper.dice(900000), 1 + (random() < 0.1)::integer);
    END LOOP;
    PERFORM helper.put_line(p_store, p_floor, p_at, helper.dice(9), helper.dice(9));
    IF p_floor = 1 THEN
        INSERT INTO flow_bucket VALUES (p_store, 1, 2, p_at, helper.dice(5)), (p_store, 2, 1, p_at, helper.dice(5))
        ON CONFLICT (store_id, from_zone_id, to_zone_id, bucket_at) DO UPDATE SET people = excluded.people;
    END IF;
    INSERT INTO camera_bucket (store_id, floor_id, bucket_at, camera_id, calibration_id, frames, observations, missed,
        model_id, uptime_ms, latency_bin, latency_frames)
    SELECT p_store, p_floor, p_at, c, c, helper.dice(900), helper.dice(900), helper.dice(9), 1, helper.dice(900000),
        helper.dice(60), ARRAY(SELECT helper.dice(50) FROM generate_series(1, helper.dice(5)))
    FROM generate_series(1, 2) AS c
    ON CONFLICT (store_id, floor_id, bucket_at, camera_id) DO UPDATE SET frames = excluded.frames,
        observations = excluded.observations, missed = excluded.missed, uptime_ms = excluded.uptime_ms,
        latency_bin = excluded.latency_bin, latency_frames = excluded.latency_frames;
    INSERT INTO pair_residual_bucket
    VALUES (p_store, p_floor, p_at, 1, 2, helper.dice(50), (helper.dice(64) - 32) / 64.0, (helper.dice(64) - 32) / 64.0,
        helper.dice(64) / 64.0)
    ON CONFLICT (store_id, floor_id, bucket_at, camera_a_id, camera_b_id) DO UPDATE SET matches = excluded.matches,
        sum_dx_m = excluded.sum_dx_m, sum_dy_m = excluded.sum_dy_m, sum_squared_m2 = excluded.sum_squared_m2;
END
$$;

-- roll_up() until nothing is left to do; says in how many calls.
CREATE FUNCTION helper.roll_up_all(p_store integer, p_now timestamptz) RETURNS integer
LANGUAGE plpgsql
AS $$
BEGIN
    FOR turn IN 1 .. 1000 LOOP
        IF roll_up(p_store, p_now) = 0 THEN
            RETURN turn;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'roll_up(%) finds work after 1000 calls', p_store;
END
$$;

-- All rows of all tables of these levels, as one text of sums.
CREATE FUNCTION helper.sum_of(levels text[], p_store integer DEFAULT NULL) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    f text;
    one text;
    sums text := '';
BEGIN
    FOR f IN SELECT fact FROM fact_table WHERE level = ANY (levels) ORDER BY fact LOOP
        EXECUTE format('SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM %I AS t '
            'WHERE $1 IS NULL OR store_id = $1', f) INTO one USING p_store;
        sums := sums || f || ' ' || coalesce(one, '-') || chr(10);
    END LOOP;
    RETURN sums;
END
$$;

-- What a statement gives, or how it fails, as somebody else: first column of its rows, comma between.
CREATE FUNCTION helper.as_role(p_role name, statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('role', p_role, true);
    IF statement ~* '^\s*SET ROLE' THEN
        -- What is allowed depends on who logged in: that is the superuser who runs the tests.
        IF NOT pg_has_role(p_role, split_part(statement, ' ', 3), 'MEMBER') THEN
            RAISE insufficient_privilege;
        END IF;
        answer := 'done';
    ELSIF statement ~* '^\s*(SELECT|TABLE|WITH)' THEN
        EXECUTE 'SELECT string_agg(a::text, '','' ORDER BY a::text) FROM (' || statement || ') AS q (a)' INTO answer;
    ELSE
        EXECUTE statement;
        answer := 'done';
    END IF;
    PERFORM set_config('role', session_user, true);
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    -- The exception took the role back.
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
