-- 0017_calendar.sql: dates, hours, and when a store is open.
-- Facts are kept in UTC. A store's day and hour are those on its wall clock: 23, 24 or 25 hours a day, and
-- where clocks go back the same local hour twice. So a local hour is known by the UTC time at which it
-- starts. Clocks of all zones change on quarter hours, and buckets divide quarter hours: a local hour, like
-- a local day, is made of whole buckets.
CREATE TABLE calendar_date (
    local_date   date NOT NULL,
    year         integer NOT NULL,
    quarter      integer NOT NULL,
    month        integer NOT NULL,
    month_name   text NOT NULL,
    day          integer NOT NULL,
    iso_year     integer NOT NULL,           -- of the ISO week
    iso_week     integer NOT NULL,
    weekday      integer NOT NULL,           -- 1 is Monday
    weekday_name text NOT NULL,
    is_weekend   boolean NOT NULL,           -- Saturday or Sunday
    CONSTRAINT calendar_date_pkey PRIMARY KEY (local_date)
);

COMMENT ON TABLE calendar_date IS 'Dates from 2020 to 2049';

INSERT INTO calendar_date
SELECT d::date, extract(year FROM d), extract(quarter FROM d), extract(month FROM d),
    to_char(d, 'FMMonth'), extract(day FROM d), extract(isoyear FROM d), extract(week FROM d),
    extract(isodow FROM d), to_char(d, 'FMDay'), extract(isodow FROM d) >= 6
FROM generate_series(timestamp '2020-01-01', timestamp '2049-12-31', interval '1 day') AS d;

CREATE TABLE calendar_hour (
    local_hour integer NOT NULL,
    hour_name  text NOT NULL,                -- 08:00
    day_part   text NOT NULL,
    CONSTRAINT calendar_hour_pkey PRIMARY KEY (local_hour),
    CONSTRAINT calendar_hour_local_hour_check CHECK (local_hour BETWEEN 0 AND 23)
);

COMMENT ON TABLE calendar_hour IS 'Hours of a day on the wall clock';

INSERT INTO calendar_hour
SELECT h, lpad(h::text, 2, '0') || ':00',
    CASE WHEN h < 6 THEN 'night' WHEN h < 12 THEN 'morning' WHEN h < 18 THEN 'afternoon' ELSE 'evening' END
FROM generate_series(0, 23) AS h;

-- The hour on a wall clock that holds a time.
CREATE FUNCTION local_hour(at timestamptz, timezone text, OUT hour_at timestamptz,
    OUT hour_end timestamptz, OUT local_date date, OUT local_hour integer)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT min(q), max(q) + interval '15 minutes', (at AT TIME ZONE timezone)::date,
    extract(hour FROM at AT TIME ZONE timezone)::integer
FROM generate_series(date_bin('15 minutes', at, 'epoch') - interval '45 minutes',
    date_bin('15 minutes', at, 'epoch') + interval '45 minutes', interval '15 minutes') AS q
WHERE date_trunc('hour', q AT TIME ZONE timezone) = date_trunc('hour', at AT TIME ZONE timezone)
    -- The same clock: not the hour before or after clocks were changed.
    AND (q AT TIME ZONE timezone) - (q AT TIME ZONE 'UTC')
        = (at AT TIME ZONE timezone) - (at AT TIME ZONE 'UTC')
$$;

COMMENT ON FUNCTION local_hour(timestamptz, text) IS
    'The hour of a wall clock that holds a time: start and end (UTC), local date, hour of the day';

-- The day on a wall clock. Clocks may change at midnight, so the quarter hours themselves are asked.
CREATE FUNCTION local_day(local_date date, timezone text, OUT day_at timestamptz, OUT day_end timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT min(q), max(q) + interval '15 minutes'
FROM generate_series((local_date::timestamp AT TIME ZONE 'UTC') - interval '16 hours',
    (local_date::timestamp AT TIME ZONE 'UTC') + interval '42 hours', interval '15 minutes') AS q
WHERE (q AT TIME ZONE timezone)::date = local_date
$$;

COMMENT ON FUNCTION local_day(date, text) IS 'Start and end (UTC) of a local date';

-- Opening hours of a weekday from a date on; the latest that has begun holds. Arrays, one element an
-- interval: rows are changed but never deleted, since headquarters learns of inserts and updates only.
CREATE TABLE opening_hours (
    store_id   integer NOT NULL,
    weekday    integer NOT NULL,             -- 1 is Monday
    valid_from date NOT NULL,
    opens_at   time[] NOT NULL,              -- on the wall clock; empty: closed
    closes_at  time[] NOT NULL,              -- not after opens_at: on the next day
    CONSTRAINT opening_hours_pkey PRIMARY KEY (store_id, weekday, valid_from),
    CONSTRAINT opening_hours_store_id_fkey FOREIGN KEY (store_id) REFERENCES store (store_id),
    CONSTRAINT opening_hours_weekday_check CHECK (weekday BETWEEN 1 AND 7),
    CONSTRAINT opening_hours_length_check CHECK (cardinality(opens_at) = cardinality(closes_at))
);

COMMENT ON TABLE opening_hours IS 'When a store is open on a weekday; a store without any is always open';

CREATE TABLE opening_exception (
    store_id   integer NOT NULL,
    local_date date NOT NULL,
    opens_at   time[] NOT NULL,              -- as above; empty: closed all day
    closes_at  time[] NOT NULL,
    cancelled  boolean NOT NULL DEFAULT false, -- the weekday's hours hold after all
    CONSTRAINT opening_exception_pkey PRIMARY KEY (store_id, local_date),
    CONSTRAINT opening_exception_store_id_fkey FOREIGN KEY (store_id) REFERENCES store (store_id),
    CONSTRAINT opening_exception_length_check CHECK (cardinality(opens_at) = cardinality(closes_at))
);

COMMENT ON TABLE opening_exception IS 'Dates on which a store''s hours are others';

-- The intervals that begin on a date; no row: nothing is known about any date. As a set of at most one, so that the
-- planner makes it a part of opening_ranges() and does not plan it anew a call.
CREATE FUNCTION opening_of(p_store_id integer, p_date date) RETURNS TABLE (opens_at time[], closes_at time[])
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
SELECT o.opens_at, o.closes_at
FROM (
    SELECT e.opens_at, e.closes_at, 0 AS rank
    FROM opening_exception AS e
    WHERE e.store_id = p_store_id AND e.local_date = p_date AND NOT e.cancelled
    UNION ALL
    (SELECT h.opens_at, h.closes_at, 1
    FROM opening_hours AS h
    WHERE h.store_id = p_store_id AND h.weekday = extract(isodow FROM p_date) AND h.valid_from <= p_date
    ORDER BY h.valid_from DESC
    LIMIT 1)
) AS o
ORDER BY o.rank
LIMIT 1
$$;

COMMENT ON FUNCTION opening_of(integer, date) IS 'The opening intervals of a store that begin on a local date';

-- When a store is open, as ranges of time: worked out once for many buckets. Local times are turned into UTC
-- one by one, so an interval over the night of the clock change is an hour shorter or longer.
CREATE FUNCTION opening_ranges(p_store_id integer, p_from timestamptz, p_to timestamptz)
RETURNS tstzmultirange
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT coalesce(range_agg(tstzrange(t.opens_at, greatest(t.opens_at, t.closes_at))), '{}')
FROM store AS s
-- As timestamp: of dates this makes timestamptz, in the time zone of the session.
CROSS JOIN LATERAL generate_series(date_trunc('day', p_from AT TIME ZONE s.timezone) - interval '1 day',
    p_to AT TIME ZONE s.timezone, interval '1 day') AS d (day)
LEFT JOIN LATERAL opening_of(s.store_id, d.day::date) AS o ON true
CROSS JOIN LATERAL unnest(
    CASE WHEN o.opens_at IS NULL AND NOT EXISTS (SELECT FROM opening_hours AS h WHERE h.store_id = s.store_id)
        THEN ARRAY[time '00:00'] ELSE o.opens_at END,
    CASE WHEN o.opens_at IS NULL AND NOT EXISTS (SELECT FROM opening_hours AS h WHERE h.store_id = s.store_id)
        THEN ARRAY[time '24:00'] ELSE o.closes_at END) AS i (opens, closes)
-- What clocks jump over moves: an interval may then end before it begins, and is empty.
CROSS JOIN LATERAL (
    SELECT (d.day + i.opens) AT TIME ZONE s.timezone AS opens_at,
        (d.day + i.closes + CASE WHEN i.closes <= i.opens THEN interval '1 day' ELSE interval '0' END)
            AT TIME ZONE s.timezone AS closes_at
) AS t
WHERE s.store_id = p_store_id
$$;

COMMENT ON FUNCTION opening_ranges(integer, timestamptz, timestamptz) IS
    'When a store is open, at least within a range of time; everything outside the range may be missing';

-- For readers of the views, who may not look into the tables themselves, so only of stores they may read. Inside a
-- function with its owner's rights current_user is the owner: who asks is the role that was set, or who logged in.
-- It costs some statements a call, so other conditions come first.
CREATE FUNCTION is_open(p_store_id integer, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    reader name := coalesce(nullif(current_setting('role'), 'none'), session_user);
BEGIN
    IF reads_store(reader, p_store_id) THEN
        RETURN opening_ranges(p_store_id, p_at, p_at) @> p_at;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION is_open(integer, timestamptz) IS
    'Whether a store is open at a time, by the hours of its weekday and their exceptions; NULL: not for the reader';

-- What a config says about opening hours:
--   p_weekdays    {"1": {"opens": ["08:00"], "closes": ["20:00"]}, ... "7": ...}
--   p_exceptions  [{"date": "2026-12-24", "opens": [], "closes": []}, ...]
-- Hours that are new hold from today on. A weekday that is no more listed, or a store that lists none, is open
-- all day: its rows stay, for the hours of the past were those. Exceptions that are no more listed are cancelled,
-- but those of the past stay, for they happened. What changes about days that were counted already is rolled up
-- again.
CREATE FUNCTION put_opening(p_store_id integer, p_weekdays jsonb, p_exceptions jsonb) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    tz text := (SELECT timezone FROM store WHERE store_id = p_store_id);
    today date := (now() AT TIME ZONE tz)::date;
    d record;
    changed integer;
BEGIN
    FOR d IN
        SELECT w.key::integer AS weekday,
            ARRAY(SELECT e::time FROM jsonb_array_elements_text(w.value -> 'opens') AS e) AS opens_at,
            ARRAY(SELECT e::time FROM jsonb_array_elements_text(w.value -> 'closes') AS e) AS closes_at
        FROM jsonb_each(p_weekdays) AS w
        UNION ALL
        SELECT DISTINCT h.weekday, ARRAY[time '00:00'], ARRAY[time '24:00']
        FROM opening_hours AS h
        WHERE h.store_id = p_store_id AND NOT p_weekdays ? h.weekday::text
    LOOP
        CONTINUE WHEN EXISTS (
            SELECT FROM (
                SELECT h.opens_at, h.closes_at FROM opening_hours AS h
                WHERE h.store_id = p_store_id AND h.weekday = d.weekday AND h.valid_from <= today
                ORDER BY h.valid_from DESC LIMIT 1) AS latest
            WHERE latest.opens_at = d.opens_at AND latest.closes_at = d.closes_at);
        INSERT INTO opening_hours (store_id, weekday, valid_from, opens_at, closes_at)
        VALUES (p_store_id, d.weekday,
            CASE WHEN EXISTS (SELECT FROM opening_hours AS h WHERE h.store_id = p_store_id
                AND h.weekday = d.weekday) THEN today ELSE '-infinity' END, d.opens_at, d.closes_at)
        ON CONFLICT (store_id, weekday, valid_from) DO UPDATE SET opens_at = excluded.opens_at,
            closes_at = excluded.closes_at;
        IF d.weekday = extract(isodow FROM today) THEN
            PERFORM roll_up_again(p_store_id, y.day_at, y.day_end) FROM local_day(today, tz) AS y;
        END IF;
    END LOOP;

    FOR d IN
        SELECT (e ->> 'date')::date AS local_date,
            ARRAY(SELECT t::time FROM jsonb_array_elements_text(e -> 'opens') AS t) AS opens_at,
            ARRAY(SELECT t::time FROM jsonb_array_elements_text(e -> 'closes') AS t) AS closes_at, false AS cancelled
        FROM jsonb_array_elements(p_exceptions) AS e
        UNION ALL
        SELECT x.local_date, x.opens_at, x.closes_at, true
        FROM opening_exception AS x
        WHERE x.store_id = p_store_id AND x.local_date >= today AND NOT EXISTS (
            SELECT FROM jsonb_array_elements(p_exceptions) AS e WHERE (e ->> 'date')::date = x.local_date)
    LOOP
        INSERT INTO opening_exception AS x (store_id, local_date, opens_at, closes_at, cancelled)
        VALUES (p_store_id, d.local_date, d.opens_at, d.closes_at, d.cancelled)
        ON CONFLICT (store_id, local_date) DO UPDATE SET opens_at = excluded.opens_at,
            closes_at = excluded.closes_at, cancelled = excluded.cancelled
        WHERE (x.opens_at, x.closes_at, x.cancelled)
            IS DISTINCT FROM (excluded.opens_at, excluded.closes_at, excluded.cancelled);
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed > 0 AND d.local_date <= today THEN
            PERFORM roll_up_again(p_store_id, y.day_at, y.day_end) FROM local_day(d.local_date, tz) AS y;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION put_opening(integer, jsonb, jsonb) IS
    'Write a store''s opening hours and exceptions; what changed about past days is rolled up again';
