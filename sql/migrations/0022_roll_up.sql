-- 0022_roll_up.sql: buckets to hours, hours to days; again whenever a bucket comes or changes.
-- What has to be made anew stands in two lists. A trigger on heat_bucket, which is part of every bucket,
-- puts a bucket's hour on the first; rolling an hour puts its day on the second. An hour is always made from
-- all of its buckets, so doing it twice changes nothing and late buckets need no care.
--
-- Two passes: sums are small and follow every bucket, so that today's zones are in the views; heat cells
-- are large and are made once, when the hour or the day is over. Whoever reads heat takes the buckets of
-- what is on the lists (heat_piece in 0027).
CREATE TABLE rollup_hour_pending (
    store_id integer NOT NULL,
    floor_id integer NOT NULL,
    hour_at  timestamptz NOT NULL,
    hour_end timestamptz NOT NULL,
    sums     boolean NOT NULL DEFAULT true,  -- still to be made; heat is, while there is a row
    CONSTRAINT rollup_hour_pending_pkey PRIMARY KEY (store_id, floor_id, hour_at)
);

COMMENT ON TABLE rollup_hour_pending IS 'Local hours whose buckets are not in the hour tables yet';

CREATE TABLE rollup_day_pending (
    store_id   integer NOT NULL,
    floor_id   integer NOT NULL,
    local_date date NOT NULL,
    sums       boolean NOT NULL,
    heat       boolean NOT NULL,
    CONSTRAINT rollup_day_pending_pkey PRIMARY KEY (store_id, floor_id, local_date)
);

COMMENT ON TABLE rollup_day_pending IS 'Local dates whose hours are not in the day tables yet';

CREATE FUNCTION note_changed_buckets() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    INSERT INTO rollup_hour_pending AS p (store_id, floor_id, hour_at, hour_end)
    SELECT DISTINCT q.store_id, q.floor_id, h.hour_at, h.hour_end
    FROM (
        SELECT DISTINCT store_id, floor_id, date_bin('15 minutes', bucket_at, 'epoch') AS at
        FROM changed
    ) AS q
    JOIN store AS s USING (store_id)
    CROSS JOIN LATERAL local_hour(q.at, s.timezone) AS h
    ORDER BY 1, 2, 3
    -- Locks the row even where it stays as it is: a roll-up that is at it is waited for, and one that
    -- comes now waits until our buckets can be seen.
    ON CONFLICT (store_id, floor_id, hour_at) DO UPDATE SET sums = true WHERE NOT p.sums;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION note_changed_buckets() IS 'Trigger of heat_bucket: put the hours of changed buckets on the list';

CREATE TRIGGER heat_bucket_inserted AFTER INSERT ON heat_bucket
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changed_buckets();
CREATE TRIGGER heat_bucket_updated AFTER UPDATE ON heat_bucket
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_changed_buckets();

-- The buckets of some hours of a floor, with the hour each belongs to. VOLATILE keeps it a step of its own:
-- opened up into the statements below, it was worked out anew for every cell.
CREATE FUNCTION rollup_bucket(p_store_id integer, p_floor_id integer, p_hours timestamptz[])
RETURNS TABLE (bucket_at timestamptz, bucket_s integer, hour_at timestamptz, hour_end timestamptz,
    local_date date, local_hour integer, is_open boolean)
LANGUAGE sql VOLATILE
ROWS 60
AS $$
WITH hour AS MATERIALIZED (
    SELECT h.*, opening_ranges(p_store_id, h.hour_at, h.hour_end) AS opening
    FROM store AS s
    CROSS JOIN unnest(p_hours) AS p (at)
    CROSS JOIN LATERAL local_hour(p.at, s.timezone) AS h
    WHERE s.store_id = p_store_id
)
SELECT b.bucket_at, d.bucket_s, h.hour_at, h.hour_end, h.local_date, h.local_hour, h.opening @> b.bucket_at
FROM hour AS h
JOIN heat_bucket AS b ON b.store_id = p_store_id AND b.floor_id = p_floor_id
    AND b.bucket_at >= h.hour_at AND b.bucket_at < h.hour_end
JOIN definition AS d ON d.store_id = b.store_id AND d.definition_id = b.definition_id
$$;

COMMENT ON FUNCTION rollup_bucket(integer, integer, timestamptz[]) IS
    'The buckets of some local hours of a floor';

-- In each statement the rows that are there already take part with zeros: what is no more becomes zero, and
-- nothing is ever deleted, since headquarters learns of inserts and updates only.
CREATE FUNCTION rollup_hour_sums(p_store_id integer, p_floor_id integer, p_hours timestamptz[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO exposure_hour AS t (store_id, floor_id, hour_at, is_open, camera_set_id, exposure_ms)
    SELECT p_store_id, p_floor_id, n.hour_at, n.is_open, n.camera_set_id, sum(n.exposure_ms)
    FROM (
        SELECT w.hour_at, w.is_open, e.camera_set_id, e.exposure_ms
        FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
        JOIN exposure AS e ON e.store_id = p_store_id AND e.floor_id = p_floor_id
            AND e.bucket_at = w.bucket_at
        UNION ALL
        SELECT hour_at, is_open, camera_set_id, 0 FROM exposure_hour
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND hour_at = ANY (p_hours)
    ) AS n
    GROUP BY n.hour_at, n.is_open, n.camera_set_id
    ON CONFLICT (store_id, floor_id, hour_at, is_open, camera_set_id)
        DO UPDATE SET exposure_ms = excluded.exposure_ms
    WHERE t.exposure_ms <> excluded.exposure_ms;

    INSERT INTO zone_hour AS t (store_id, zone_id, hour_at, is_open, definition_id, local_date, local_hour,
        peak_people, visits, entries, exits, dwell_ms, exposure_ms)
    SELECT p_store_id, n.zone_id, n.hour_at, n.is_open, n.definition_id, n.local_date, n.local_hour,
        max(n.peak_people), sum(n.visits), sum(n.entries), sum(n.exits), sum(n.dwell_ms), sum(n.exposure_ms)
    FROM (
        SELECT z.zone_id, w.hour_at, w.is_open, z.definition_id, w.local_date, w.local_hour, z.peak_people,
            z.visits, z.entries, z.exits, z.dwell_ms, z.exposure_ms
        FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
        JOIN zone AS d ON d.store_id = p_store_id AND d.floor_id = p_floor_id
        JOIN zone_bucket AS z ON z.store_id = p_store_id AND z.zone_id = d.zone_id
            AND z.bucket_at = w.bucket_at
        UNION ALL
        SELECT h.zone_id, h.hour_at, h.is_open, h.definition_id, h.local_date, h.local_hour, 0, 0, 0, 0, 0, 0
        FROM zone_hour AS h JOIN zone AS d USING (store_id, zone_id)
        WHERE h.store_id = p_store_id AND d.floor_id = p_floor_id AND h.hour_at = ANY (p_hours)
    ) AS n
    GROUP BY n.zone_id, n.hour_at, n.is_open, n.definition_id, n.local_date, n.local_hour
    ON CONFLICT (store_id, zone_id, hour_at, is_open, definition_id) DO UPDATE SET
        peak_people = excluded.peak_people, visits = excluded.visits, entries = excluded.entries,
        exits = excluded.exits, dwell_ms = excluded.dwell_ms, exposure_ms = excluded.exposure_ms
    WHERE (t.peak_people, t.visits, t.entries, t.exits, t.dwell_ms, t.exposure_ms) IS DISTINCT FROM
        (excluded.peak_people, excluded.visits, excluded.entries, excluded.exits, excluded.dwell_ms,
        excluded.exposure_ms);

    INSERT INTO line_hour AS t (store_id, line_id, hour_at, is_open, local_date, local_hour, left_to_right,
        right_to_left)
    SELECT p_store_id, n.line_id, n.hour_at, n.is_open, n.local_date, n.local_hour, sum(n.left_to_right),
        sum(n.right_to_left)
    FROM (
        SELECT l.line_id, w.hour_at, w.is_open, w.local_date, w.local_hour, l.left_to_right, l.right_to_left
        FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
        JOIN counting_line AS d ON d.store_id = p_store_id AND d.floor_id = p_floor_id
        JOIN line_bucket AS l ON l.store_id = p_store_id AND l.line_id = d.line_id
            AND l.bucket_at = w.bucket_at
        UNION ALL
        SELECT h.line_id, h.hour_at, h.is_open, h.local_date, h.local_hour, 0, 0
        FROM line_hour AS h JOIN counting_line AS d USING (store_id, line_id)
        WHERE h.store_id = p_store_id AND d.floor_id = p_floor_id AND h.hour_at = ANY (p_hours)
    ) AS n
    GROUP BY n.line_id, n.hour_at, n.is_open, n.local_date, n.local_hour
    ON CONFLICT (store_id, line_id, hour_at, is_open) DO UPDATE SET
        left_to_right = excluded.left_to_right, right_to_left = excluded.right_to_left
    WHERE (t.left_to_right, t.right_to_left)
        IS DISTINCT FROM (excluded.left_to_right, excluded.right_to_left);

    INSERT INTO flow_hour AS t (store_id, from_zone_id, to_zone_id, hour_at, is_open, local_date, local_hour,
        people)
    SELECT p_store_id, n.from_zone_id, n.to_zone_id, n.hour_at, n.is_open, n.local_date, n.local_hour,
        sum(n.people)
    FROM (
        SELECT f.from_zone_id, f.to_zone_id, w.hour_at, w.is_open, w.local_date, w.local_hour, f.people
        FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
        JOIN zone AS d ON d.store_id = p_store_id AND d.floor_id = p_floor_id
        JOIN flow_bucket AS f ON f.store_id = p_store_id AND f.from_zone_id = d.zone_id
            AND f.bucket_at = w.bucket_at
        UNION ALL
        SELECT h.from_zone_id, h.to_zone_id, h.hour_at, h.is_open, h.local_date, h.local_hour, 0
        FROM flow_hour AS h JOIN zone AS d ON d.store_id = h.store_id AND d.zone_id = h.from_zone_id
        WHERE h.store_id = p_store_id AND d.floor_id = p_floor_id AND h.hour_at = ANY (p_hours)
    ) AS n
    GROUP BY n.from_zone_id, n.to_zone_id, n.hour_at, n.is_open, n.local_date, n.local_hour
    ON CONFLICT (store_id, from_zone_id, to_zone_id, hour_at, is_open) DO UPDATE SET people = excluded.people
    WHERE t.people <> excluded.people;

    INSERT INTO camera_hour AS t (store_id, floor_id, camera_id, hour_at, is_open, local_date, local_hour,
        frames, observations, missed, uptime_ms, latency_bin, latency_frames)
    SELECT p_store_id, p_floor_id, n.camera_id, n.hour_at, n.is_open, n.local_date, n.local_hour,
        sum(n.frames), sum(n.observations), sum(n.missed), sum(n.uptime_ms), 0,
        latency_sum(n.latency_bin, n.latency_frames)
    FROM (
        SELECT c.camera_id, w.hour_at, w.is_open, w.local_date, w.local_hour, c.frames, c.observations,
            c.missed, c.uptime_ms, c.latency_bin, c.latency_frames::bigint[] AS latency_frames
        FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
        JOIN camera_bucket AS c ON c.store_id = p_store_id AND c.floor_id = p_floor_id
            AND c.bucket_at = w.bucket_at
        UNION ALL
        SELECT camera_id, hour_at, is_open, local_date, local_hour, 0, 0, 0, 0, 0, '{}'::bigint[]
        FROM camera_hour
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND hour_at = ANY (p_hours)
    ) AS n
    GROUP BY n.camera_id, n.hour_at, n.is_open, n.local_date, n.local_hour
    ON CONFLICT (store_id, floor_id, camera_id, hour_at, is_open) DO UPDATE SET frames = excluded.frames,
        observations = excluded.observations, missed = excluded.missed, uptime_ms = excluded.uptime_ms,
        latency_bin = excluded.latency_bin, latency_frames = excluded.latency_frames
    WHERE (t.frames, t.observations, t.missed, t.uptime_ms, t.latency_frames) IS DISTINCT FROM
        (excluded.frames, excluded.observations, excluded.missed, excluded.uptime_ms, excluded.latency_frames);

    INSERT INTO pair_residual_hour AS t (store_id, floor_id, camera_a_id, camera_b_id, hour_at, is_open,
        local_date, local_hour, matches, sum_dx_m, sum_dy_m, sum_squared_m2)
    SELECT p_store_id, p_floor_id, n.camera_a_id, n.camera_b_id, n.hour_at, n.is_open, n.local_date,
        n.local_hour, sum(n.matches), sum(n.sum_dx_m), sum(n.sum_dy_m), sum(n.sum_squared_m2)
    FROM (
        SELECT r.camera_a_id, r.camera_b_id, w.hour_at, w.is_open, w.local_date, w.local_hour, r.matches,
            r.sum_dx_m, r.sum_dy_m, r.sum_squared_m2
        FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
        JOIN pair_residual_bucket AS r ON r.store_id = p_store_id AND r.floor_id = p_floor_id
            AND r.bucket_at = w.bucket_at
        UNION ALL
        SELECT camera_a_id, camera_b_id, hour_at, is_open, local_date, local_hour, 0, 0, 0, 0
        FROM pair_residual_hour
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND hour_at = ANY (p_hours)
    ) AS n
    GROUP BY n.camera_a_id, n.camera_b_id, n.hour_at, n.is_open, n.local_date, n.local_hour
    ON CONFLICT (store_id, floor_id, camera_a_id, camera_b_id, hour_at, is_open) DO UPDATE SET
        matches = excluded.matches, sum_dx_m = excluded.sum_dx_m, sum_dy_m = excluded.sum_dy_m,
        sum_squared_m2 = excluded.sum_squared_m2
    WHERE (t.matches, t.sum_dx_m, t.sum_dy_m, t.sum_squared_m2) IS DISTINCT FROM
        (excluded.matches, excluded.sum_dx_m, excluded.sum_dy_m, excluded.sum_squared_m2);

    -- Last, for it has sums of the others.
    INSERT INTO floor_hour AS t (store_id, floor_id, hour_at, is_open, local_date, local_hour, peak_people,
        zone_visits, crossed_in, crossed_out, people_ms, counted_ms, exposure_ms)
    SELECT p_store_id, p_floor_id, n.hour_at, n.is_open, n.local_date, n.local_hour, max(n.peak_people),
        sum(n.zone_visits), sum(n.crossed_in), sum(n.crossed_out), sum(n.people_ms), sum(n.counted_ms),
        sum(n.exposure_ms)
    FROM (
        SELECT w.hour_at, w.is_open, w.local_date, w.local_hour, b.peak_people, 0 AS zone_visits,
            0 AS crossed_in, 0 AS crossed_out, b.people_ms, w.bucket_s * 1000 AS counted_ms,
            0::bigint AS exposure_ms
        FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
        JOIN heat_bucket AS b ON b.store_id = p_store_id AND b.floor_id = p_floor_id
            AND b.bucket_at = w.bucket_at
        UNION ALL
        SELECT h.hour_at, h.is_open, h.local_date, h.local_hour, 0, h.visits, 0, 0, 0, 0, 0
        FROM zone_hour AS h JOIN zone AS d USING (store_id, zone_id)
        WHERE h.store_id = p_store_id AND d.floor_id = p_floor_id AND h.hour_at = ANY (p_hours)
        UNION ALL
        SELECT h.hour_at, h.is_open, h.local_date, h.local_hour, 0, 0,
            CASE d.inward WHEN 'left_to_right' THEN h.left_to_right WHEN 'right_to_left' THEN h.right_to_left
                ELSE 0 END,
            CASE d.inward WHEN 'left_to_right' THEN h.right_to_left WHEN 'right_to_left' THEN h.left_to_right
                ELSE 0 END, 0, 0, 0
        FROM line_hour AS h JOIN counting_line AS d USING (store_id, line_id)
        WHERE h.store_id = p_store_id AND d.floor_id = p_floor_id AND h.hour_at = ANY (p_hours)
        UNION ALL
        SELECT h.hour_at, h.is_open, f.local_date, f.local_hour, 0, 0, 0, 0, 0, 0, h.exposure_ms
        FROM exposure_hour AS h
        JOIN camera_set AS k USING (store_id, camera_set_id)
        JOIN store AS s USING (store_id)
        CROSS JOIN LATERAL local_hour(h.hour_at, s.timezone) AS f
        WHERE h.store_id = p_store_id AND h.floor_id = p_floor_id AND h.hour_at = ANY (p_hours)
            AND cardinality(k.camera_ids) > 0
        UNION ALL
        SELECT hour_at, is_open, local_date, local_hour, 0, 0, 0, 0, 0, 0, 0 FROM floor_hour
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND hour_at = ANY (p_hours)
    ) AS n
    GROUP BY n.hour_at, n.is_open, n.local_date, n.local_hour
    ON CONFLICT (store_id, floor_id, hour_at, is_open) DO UPDATE SET peak_people = excluded.peak_people,
        zone_visits = excluded.zone_visits, crossed_in = excluded.crossed_in,
        crossed_out = excluded.crossed_out, people_ms = excluded.people_ms,
        counted_ms = excluded.counted_ms, exposure_ms = excluded.exposure_ms
    WHERE (t.peak_people, t.zone_visits, t.crossed_in, t.crossed_out, t.people_ms, t.counted_ms, t.exposure_ms)
        IS DISTINCT FROM (excluded.peak_people, excluded.zone_visits, excluded.crossed_in,
        excluded.crossed_out, excluded.people_ms, excluded.counted_ms, excluded.exposure_ms);
END
$$;

COMMENT ON FUNCTION rollup_hour_sums(integer, integer, timestamptz[]) IS
    'Make the sums of local hours anew from their buckets';

CREATE FUNCTION rollup_hour_heat(p_store_id integer, p_floor_id integer, p_hours timestamptz[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO heat_hour AS t (store_id, floor_id, hour_at, is_open, grid_id, definition_id, local_date,
        local_hour, hour_end, first_bucket_at, last_bucket_end, cell, dwell_ms, passes, move_x_cm, move_y_cm,
        path_cm)
    SELECT p_store_id, p_floor_id, k.hour_at, k.is_open, k.grid_id, k.definition_id, k.local_date,
        k.local_hour, k.hour_end, k.first_bucket_at, k.last_bucket_end, coalesce(a.cell, '{}'), coalesce(a.dwell_ms, '{}'),
        coalesce(a.passes, '{}'), coalesce(a.move_x_cm, '{}'), coalesce(a.move_y_cm, '{}'),
        coalesce(a.path_cm, '{}')
    FROM (
        SELECT n.hour_at, n.is_open, n.grid_id, n.definition_id, n.local_date, n.local_hour, n.hour_end,
            min(n.bucket_at) AS first_bucket_at, max(n.bucket_end) AS last_bucket_end
        FROM (
            SELECT w.hour_at, w.is_open, b.grid_id, b.definition_id, w.local_date, w.local_hour, w.hour_end,
                w.bucket_at, w.bucket_at + w.bucket_s * interval '1 second' AS bucket_end
            FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
            JOIN heat_bucket AS b ON b.store_id = p_store_id AND b.floor_id = p_floor_id
                AND b.bucket_at = w.bucket_at
            UNION ALL
            SELECT hour_at, is_open, grid_id, definition_id, local_date, local_hour, hour_end, NULL, NULL
            FROM heat_hour
            WHERE store_id = p_store_id AND floor_id = p_floor_id AND hour_at = ANY (p_hours)
        ) AS n
        GROUP BY n.hour_at, n.is_open, n.grid_id, n.definition_id, n.local_date, n.local_hour, n.hour_end
    ) AS k
    LEFT JOIN (
        SELECT c.hour_at, c.is_open, c.grid_id, c.definition_id, array_agg(c.cell) AS cell,
            array_agg(c.dwell_ms) AS dwell_ms, array_agg(c.passes) AS passes,
            array_agg(c.move_x_cm) AS move_x_cm, array_agg(c.move_y_cm) AS move_y_cm,
            array_agg(c.path_cm) AS path_cm
        FROM (
            SELECT w.hour_at, w.is_open, b.grid_id, b.definition_id, e.cell,
                sum(e.dwell_ms)::bigint AS dwell_ms, sum(e.passes)::integer AS passes,
                sum(e.move_x_cm)::integer AS move_x_cm, sum(e.move_y_cm)::integer AS move_y_cm,
                sum(e.path_cm)::integer AS path_cm
            FROM rollup_bucket(p_store_id, p_floor_id, p_hours) AS w
            JOIN heat_bucket AS b ON b.store_id = p_store_id AND b.floor_id = p_floor_id
                AND b.bucket_at = w.bucket_at
            CROSS JOIN LATERAL heat_cells(b.first_cell, b.dwell_unit_ms, b.cells) AS e
            GROUP BY w.hour_at, w.is_open, b.grid_id, b.definition_id, e.cell
            HAVING sum(e.dwell_ms) > 0 OR sum(e.passes) > 0 OR sum(e.path_cm) <> 0
                OR sum(e.move_x_cm) <> 0 OR sum(e.move_y_cm) <> 0
            -- One sort for all arrays: array_agg takes its input as it comes.
            ORDER BY w.hour_at, w.is_open, b.grid_id, b.definition_id, e.cell
        ) AS c
        GROUP BY c.hour_at, c.is_open, c.grid_id, c.definition_id
    ) AS a USING (hour_at, is_open, grid_id, definition_id)
    ON CONFLICT (store_id, floor_id, hour_at, is_open, grid_id, definition_id) DO UPDATE SET
        local_date = excluded.local_date, local_hour = excluded.local_hour, hour_end = excluded.hour_end,
        first_bucket_at = excluded.first_bucket_at, last_bucket_end = excluded.last_bucket_end,
        cell = excluded.cell, dwell_ms = excluded.dwell_ms, passes = excluded.passes,
        move_x_cm = excluded.move_x_cm, move_y_cm = excluded.move_y_cm, path_cm = excluded.path_cm;
END
$$;

COMMENT ON FUNCTION rollup_hour_heat(integer, integer, timestamptz[]) IS
    'Make the heat of local hours anew from their buckets';

-- One turn of work, the oldest first. Each call does a bounded piece of one floor, so that the writer, which
-- calls it between two buckets, is never held up for long. Returns how much it did: 0 means nothing is left to
-- do now.
CREATE FUNCTION roll_up(p_store_id integer, p_now timestamptz DEFAULT now(), p_hours_at_most integer DEFAULT 4)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    horizon timestamptz;
    f record;
    done integer := 0;
BEGIN
    -- Retention waits for us and we for it: it must not take the buckets of an hour that we are about to add up.
    PERFORM FROM retention WHERE store_id = p_store_id FOR SHARE;
    horizon := rollup_horizon(p_store_id);
    FOR f IN SELECT floor_id FROM floor WHERE store_id = p_store_id ORDER BY floor_id LOOP
        done := roll_up_hours(p_store_id, f.floor_id, horizon, p_now, p_hours_at_most)
            + roll_up_days(p_store_id, f.floor_id, horizon, p_now);
        EXIT WHEN done > 0;
    END LOOP;
    RETURN done;
END
$$;

COMMENT ON FUNCTION roll_up(integer, timestamptz, integer) IS
    'Bring hour and day tables of a store up to date, a bounded piece of it; returns how much was done';

-- Taking a row off the list comes first and in a statement of its own: it waits for whoever is writing a
-- bucket of that hour, and what comes after sees that bucket.
CREATE FUNCTION roll_up_hours(p_store_id integer, p_floor_id integer, p_horizon timestamptz, p_now timestamptz,
    p_hours_at_most integer)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    -- A bucket is written some seconds after it is over.
    grace CONSTANT interval := '5 minutes';
    hours timestamptz[];
    done integer := 0;
BEGIN
    WITH taken AS (
        UPDATE rollup_hour_pending SET sums = false
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND hour_at IN (
            SELECT hour_at FROM rollup_hour_pending
            WHERE store_id = p_store_id AND floor_id = p_floor_id AND sums AND hour_at >= p_horizon
            ORDER BY hour_at LIMIT p_hours_at_most)
        RETURNING hour_at
    )
    SELECT array_agg(hour_at) INTO hours FROM taken;
    IF hours IS NOT NULL THEN
        PERFORM rollup_hour_sums(p_store_id, p_floor_id, hours);
        PERFORM note_changed_days(p_store_id, p_floor_id, hours, false);
        done := done + cardinality(hours);
    END IF;

    WITH taken AS (
        DELETE FROM rollup_hour_pending
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND NOT sums AND hour_at IN (
            SELECT hour_at FROM rollup_hour_pending
            WHERE store_id = p_store_id AND floor_id = p_floor_id AND NOT sums AND hour_at >= p_horizon
                AND hour_end + grace <= p_now
            ORDER BY hour_at LIMIT p_hours_at_most)
        RETURNING hour_at
    )
    SELECT array_agg(hour_at) INTO hours FROM taken;
    IF hours IS NOT NULL THEN
        PERFORM rollup_hour_heat(p_store_id, p_floor_id, hours);
        PERFORM note_changed_days(p_store_id, p_floor_id, hours, true);
        done := done + cardinality(hours);
    END IF;
    RETURN done;
END
$$;

COMMENT ON FUNCTION roll_up_hours(integer, integer, timestamptz, timestamptz, integer) IS
    'A bounded number of hours of one floor, for roll_up()';

CREATE FUNCTION roll_up_days(p_store_id integer, p_floor_id integer, p_horizon timestamptz, p_now timestamptz)
RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    grace CONSTANT interval := '5 minutes';
    dates date[];
    done integer := 0;
BEGIN
    WITH taken AS (
        UPDATE rollup_day_pending SET sums = false
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND sums
        RETURNING local_date
    )
    SELECT array_agg(local_date) INTO dates FROM taken;
    IF dates IS NOT NULL THEN
        PERFORM rollup_day_sums(p_store_id, p_floor_id, dates);
        done := done + cardinality(dates);
    END IF;

    -- Heat of a day once all its hours are in.
    WITH taken AS (
        UPDATE rollup_day_pending SET heat = false
        WHERE store_id = p_store_id AND floor_id = p_floor_id AND heat AND local_date IN (
            SELECT d.local_date FROM rollup_day_pending AS d
            JOIN store AS s USING (store_id)
            CROSS JOIN LATERAL local_day(d.local_date, s.timezone) AS y
            WHERE d.store_id = p_store_id AND d.floor_id = p_floor_id AND d.heat
                AND y.day_end + grace <= p_now
                AND NOT EXISTS (SELECT FROM rollup_hour_pending AS h
                    WHERE h.store_id = d.store_id AND h.floor_id = d.floor_id AND h.hour_at >= p_horizon
                        AND h.hour_at >= y.day_at AND h.hour_at < y.day_end)
            ORDER BY d.local_date LIMIT 2)
        RETURNING local_date
    )
    SELECT array_agg(local_date) INTO dates FROM taken;
    IF dates IS NOT NULL THEN
        PERFORM rollup_day_heat(p_store_id, p_floor_id, dates);
        done := done + cardinality(dates);
    END IF;

    DELETE FROM rollup_day_pending
    WHERE store_id = p_store_id AND floor_id = p_floor_id AND NOT sums AND NOT heat;
    RETURN done;
END
$$;

COMMENT ON FUNCTION roll_up_days(integer, integer, timestamptz, timestamptz) IS
    'Days of one floor whose hours have changed, for roll_up()';

CREATE FUNCTION note_changed_days(p_store_id integer, p_floor_id integer, p_hours timestamptz[], p_heat boolean)
RETURNS void
LANGUAGE sql
AS $$
INSERT INTO rollup_day_pending AS d (store_id, floor_id, local_date, sums, heat)
SELECT DISTINCT p_store_id, p_floor_id, l.local_date, NOT p_heat, p_heat
FROM store AS s
CROSS JOIN unnest(p_hours) AS h (at)
CROSS JOIN LATERAL local_hour(h.at, s.timezone) AS l
WHERE s.store_id = p_store_id
ON CONFLICT (store_id, floor_id, local_date) DO UPDATE SET sums = d.sums OR excluded.sums,
    heat = d.heat OR excluded.heat
$$;

COMMENT ON FUNCTION note_changed_days(integer, integer, timestamptz[], boolean) IS
    'Put the days of changed hours on the list';

-- Hours changed, or a date got other hours: what was rolled up by the old ones is made anew where its buckets are
-- still there.
CREATE FUNCTION roll_up_again(p_store_id integer, p_from timestamptz, p_to timestamptz) RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
INSERT INTO rollup_hour_pending AS p (store_id, floor_id, hour_at, hour_end)
SELECT DISTINCT q.store_id, q.floor_id, h.hour_at, h.hour_end
FROM (
    SELECT DISTINCT store_id, floor_id, date_bin('15 minutes', bucket_at, 'epoch') AS at
    FROM heat_bucket
    WHERE store_id = p_store_id AND bucket_at >= p_from AND bucket_at < p_to
) AS q
JOIN store AS s USING (store_id)
CROSS JOIN LATERAL local_hour(q.at, s.timezone) AS h
ON CONFLICT (store_id, floor_id, hour_at) DO UPDATE SET sums = true
$$;

COMMENT ON FUNCTION roll_up_again(integer, timestamptz, timestamptz) IS
    'Have a range of time rolled up once more, e.g. because opening hours were entered late';

-- Buckets that were there before this migration.
DO $$
DECLARE
    s integer;
BEGIN
    FOR s IN SELECT store_id FROM store LOOP
        PERFORM roll_up_again(s, '-infinity', 'infinity');
    END LOOP;
END
$$;
