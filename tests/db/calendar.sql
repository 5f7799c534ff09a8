-- calendar.sql: local hours and dates, opening hours.
-- Expected times are those of Python's zoneinfo, the days of Apia those of zdump.
\ir helper.sql
SELECT no_plan();

-- ---- local_hour ----

CREATE FUNCTION pg_temp.hour(at timestamptz, zone text) RETURNS text
LANGUAGE sql
AS $$
SELECT to_char(hour_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI') || ' .. ' || to_char(hour_end AT TIME ZONE 'UTC', 'MM-DD HH24:MI')
    || ' is ' || local_date || ' ' || local_hour
FROM local_hour(at, zone)
$$;

SELECT is(pg_temp.hour(at::timestamptz, zone), expected, format('hour of %s in %s', at, zone))
FROM (VALUES
    ('2026-07-01 10:20+00', 'UTC', '07-01 10:00 .. 07-01 11:00 is 2026-07-01 10'),
    ('2026-07-01 10:59:59.999999+00', 'UTC', '07-01 10:00 .. 07-01 11:00 is 2026-07-01 10'),
    ('2026-07-01 11:00+00', 'UTC', '07-01 11:00 .. 07-01 12:00 is 2026-07-01 11'),
    ('2026-03-29 00:30+00', 'Europe/Berlin', '03-29 00:00 .. 03-29 01:00 is 2026-03-29 1'),
    ('2026-03-29 01:00+00', 'Europe/Berlin', '03-29 01:00 .. 03-29 02:00 is 2026-03-29 3'),
    ('2026-10-25 00:45+00', 'Europe/Berlin', '10-25 00:00 .. 10-25 01:00 is 2026-10-25 2'),
    ('2026-10-25 01:15+00', 'Europe/Berlin', '10-25 01:00 .. 10-25 02:00 is 2026-10-25 2'),
    ('2026-03-08 07:10+00', 'America/New_York', '03-08 07:00 .. 03-08 08:00 is 2026-03-08 3'),
    ('2026-11-01 05:10+00', 'America/New_York', '11-01 05:00 .. 11-01 06:00 is 2026-11-01 1'),
    ('2026-11-01 06:10+00', 'America/New_York', '11-01 06:00 .. 11-01 07:00 is 2026-11-01 1'),
    ('2026-04-04 14:50+00', 'Australia/Lord_Howe', '04-04 14:00 .. 04-04 15:00 is 2026-04-05 1'),
    ('2026-04-04 15:10+00', 'Australia/Lord_Howe', '04-04 15:00 .. 04-04 15:30 is 2026-04-05 1'),
    ('2026-04-04 15:30+00', 'Australia/Lord_Howe', '04-04 15:30 .. 04-04 16:30 is 2026-04-05 2'),
    ('2026-10-03 15:40+00', 'Australia/Lord_Howe', '10-03 15:30 .. 10-03 16:00 is 2026-10-04 2'),
    ('2026-01-15 00:10+00', 'Australia/Adelaide', '01-14 23:30 .. 01-15 00:30 is 2026-01-15 10'),
    ('2026-04-04 16:40+00', 'Australia/Adelaide', '04-04 16:30 .. 04-04 17:30 is 2026-04-05 2'),
    ('2026-01-15 00:10+00', 'Asia/Kathmandu', '01-14 23:15 .. 01-15 00:15 is 2026-01-15 5'),
    ('2026-03-08 05:10+00', 'America/Havana', '03-08 05:00 .. 03-08 06:00 is 2026-03-08 1'),
    ('2026-11-01 04:10+00', 'America/Havana', '11-01 04:00 .. 11-01 05:00 is 2026-11-01 0'),
    ('2026-11-01 05:10+00', 'America/Havana', '11-01 05:00 .. 11-01 06:00 is 2026-11-01 0'),
    ('2011-12-30 09:50+00', 'Pacific/Apia', '12-30 09:00 .. 12-30 10:00 is 2011-12-29 23'),
    ('2011-12-30 10:00+00', 'Pacific/Apia', '12-30 10:00 .. 12-30 11:00 is 2011-12-31 0')
) AS t (at, zone, expected);

-- ---- local_day ----

SELECT is((SELECT tstzrange(day_at, day_end) FROM local_day(day::date, zone)), tstzrange(low::timestamptz, high::timestamptz),
    format('%s in %s', day, zone))
FROM (VALUES
    ('2026-03-29', 'Europe/Berlin', '2026-03-28 23:00+00', '2026-03-29 22:00+00'),
    ('2026-10-25', 'Europe/Berlin', '2026-10-24 22:00+00', '2026-10-25 23:00+00'),
    ('2026-03-08', 'America/New_York', '2026-03-08 05:00+00', '2026-03-09 04:00+00'),
    ('2026-11-01', 'America/New_York', '2026-11-01 04:00+00', '2026-11-02 05:00+00'),
    ('2026-04-05', 'Australia/Lord_Howe', '2026-04-04 13:00+00', '2026-04-05 13:30+00'),
    ('2026-10-04', 'Australia/Lord_Howe', '2026-10-03 13:30+00', '2026-10-04 13:00+00'),
    ('2026-04-05', 'Australia/Adelaide', '2026-04-04 13:30+00', '2026-04-05 14:30+00'),
    ('2026-10-04', 'Australia/Adelaide', '2026-10-03 14:30+00', '2026-10-04 13:30+00'),
    ('2026-01-15', 'Asia/Kathmandu', '2026-01-14 18:15+00', '2026-01-15 18:15+00'),
    ('2026-03-08', 'America/Havana', '2026-03-08 05:00+00', '2026-03-09 04:00+00'),
    ('2026-11-01', 'America/Havana', '2026-11-01 04:00+00', '2026-11-02 05:00+00'),
    ('2011-12-29', 'Pacific/Apia', '2011-12-29 10:00+00', '2011-12-30 10:00+00'),
    ('2011-12-31', 'Pacific/Apia', '2011-12-30 10:00+00', '2011-12-31 10:00+00'),
    ('2026-07-01', 'Pacific/Kiritimati', '2026-06-30 10:00+00', '2026-07-01 10:00+00'),
    ('2026-07-01', 'Etc/GMT+12', '2026-07-01 12:00+00', '2026-07-02 12:00+00')
) AS t (day, zone, low, high);

SELECT is((SELECT day_at FROM local_day('2011-12-30', 'Pacific/Apia')), NULL, 'Apia had no 2011-12-30');

-- ---- hours cut a year without gap and overlap ----

-- Says what is wrong first, or nothing.
CREATE FUNCTION pg_temp.flaw_of_year(zone text, year integer) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    at timestamptz := make_timestamptz(year, 1, 1, 0, 0, 0, zone);
    year_end CONSTANT timestamptz := make_timestamptz(year + 1, 1, 1, 0, 0, 0, zone);
    h record;
    day_at timestamptz;
    day_end timestamptz := '-infinity';
    quarter timestamptz;
    n integer := 0;
BEGIN
    WHILE at < year_end LOOP
        SELECT * INTO h FROM local_hour(at, zone);
        n := n + 1;
        IF h.hour_at <> at THEN
            RETURN format('the hour of %s starts at %s', at, h.hour_at);
        ELSIF h.hour_end <= h.hour_at OR h.hour_end > h.hour_at + interval '1 hour' THEN
            RETURN format('the hour of %s ends at %s', at, h.hour_end);
        ELSIF date_bin('15 minutes', h.hour_end, 'epoch') <> h.hour_end THEN
            RETURN format('the hour of %s ends within a quarter hour', at);
        END IF;
        -- Another look into the same hour: whenever clocks were changed, else now and then.
        IF n % 12 = 0 OR h.hour_end < h.hour_at + interval '1 hour' THEN
            quarter := h.hour_end - interval '15 minutes';
            IF (SELECT f IS DISTINCT FROM h FROM local_hour(quarter, zone) AS f) THEN
                RETURN format('%s and %s are not in one hour', at, quarter);
            END IF;
        END IF;
        IF day_end <= at THEN
            SELECT d.day_at, d.day_end INTO day_at, day_end FROM local_day(h.local_date, zone) AS d;
            IF day_at <> at THEN
                RETURN format('%s begins at %s, its first hour at %s', h.local_date, day_at, at);
            END IF;
        END IF;
        IF h.hour_end > day_end OR h.local_date <> (at AT TIME ZONE zone)::date
            OR h.local_hour <> extract(hour FROM at AT TIME ZONE zone) THEN
            RETURN format('the hour of %s has a wrong name or lies in two dates', at);
        END IF;
        at := h.hour_end;
    END LOOP;
    IF at <> year_end THEN
        RETURN 'the last hour runs into the next year';
    END IF;
    RETURN NULL;
END
$$;

SELECT is(pg_temp.flaw_of_year(zone, year), NULL, format('local hours cut %s of %s', year, zone))
FROM (VALUES ('Europe/Berlin', 2026), ('America/New_York', 2026), ('Australia/Lord_Howe', 2026),
    ('Australia/Adelaide', 2026), ('Asia/Kathmandu', 2026), ('America/Havana', 2026), ('Pacific/Apia', 2011))
    AS t (zone, year);

-- ---- opening hours ----
-- 2026-01-05 is a Monday (date -d 2026-01-05 +%A).

SELECT helper.make_store(1, 'Europe/Berlin'), helper.make_store(2, 'Europe/Berlin'), helper.make_store(3, 'America/Havana');

INSERT INTO opening_hours (store_id, weekday, valid_from, opens_at, closes_at) VALUES
    (1, 1, '2026-01-01', '{09:00,14:00}', '{12:00,18:00}'),
    (1, 1, '2026-06-01', '{10:00}', '{20:00}'),
    (1, 2, '2026-01-01', '{}', '{}'),
    (1, 4, '2026-01-01', '{00:00}', '{24:00}'),
    (1, 5, '2026-01-01', '{20:00}', '{02:00}'),
    (1, 6, '2026-01-01', '{00:00}', '{00:00}'),
    (1, 7, '2026-01-01', '{01:00}', '{04:00}'),
    (3, 7, '2026-01-01', '{00:00}', '{00:00}');
INSERT INTO opening_exception (store_id, local_date, opens_at, closes_at, cancelled) VALUES
    (1, '2026-01-12', '{}', '{}', false),
    (1, '2026-01-19', '{11:00}', '{13:00}', false),
    (1, '2026-01-26', '{}', '{}', true),
    (1, '2026-01-21', '{08:00}', '{09:30}', false),
    (2, '2026-12-24', '{08:00}', '{14:00}', false);

CREATE FUNCTION pg_temp.opening(p_store integer, day date) RETURNS tstzmultirange
LANGUAGE sql
AS $$
SELECT opening_ranges(p_store, y.day_at, y.day_end) * tstzmultirange(tstzrange(y.day_at, y.day_end))
FROM store AS s CROSS JOIN LATERAL local_day(day, s.timezone) AS y WHERE s.store_id = p_store
$$;

SELECT is(pg_temp.opening(store, day::date), opening::tstzmultirange, what)
FROM (VALUES
    (1, '2026-01-05', '{[2026-01-05 08:00+00,2026-01-05 11:00+00),[2026-01-05 13:00+00,2026-01-05 17:00+00)}',
        'a weekday with a lunch break, winter'),
    (1, '2026-04-06', '{[2026-04-06 07:00+00,2026-04-06 10:00+00),[2026-04-06 12:00+00,2026-04-06 16:00+00)}',
        'the same in summer'),
    (1, '2026-05-25', '{[2026-05-25 07:00+00,2026-05-25 10:00+00),[2026-05-25 12:00+00,2026-05-25 16:00+00)}',
        'the last Monday of the first version'),
    (1, '2026-06-01', '{[2026-06-01 08:00+00,2026-06-01 18:00+00)}', 'the first Monday of the second'),
    (1, '2026-01-06', '{}', 'a day that is closed'),
    (1, '2026-01-07', '{}', 'a weekday without hours, where others have some'),
    (1, '2026-01-08', '{[2026-01-07 23:00+00,2026-01-08 23:00+00)}', '00:00 to 24:00 is all day'),
    (1, '2026-01-09', '{[2026-01-09 19:00+00,2026-01-09 23:00+00)}', 'an evening that ends tomorrow'),
    (1, '2026-01-10', '{[2026-01-09 23:00+00,2026-01-10 23:00+00)}', '00:00 to 00:00 is all day, after a late evening'),
    (1, '2026-01-12', '{}', 'closed by exception'),
    (1, '2026-01-19', '{[2026-01-19 10:00+00,2026-01-19 12:00+00)}', 'other hours by exception'),
    (1, '2026-01-26', '{[2026-01-26 08:00+00,2026-01-26 11:00+00),[2026-01-26 13:00+00,2026-01-26 17:00+00)}',
        'an exception that was cancelled'),
    (1, '2026-01-21', '{[2026-01-21 07:00+00,2026-01-21 08:30+00)}', 'an exception on a weekday without hours'),
    (1, '2026-01-04', '{[2026-01-04 00:00+00,2026-01-04 03:00+00)}', 'a night of three hours'),
    (1, '2026-03-29', '{[2026-03-29 00:00+00,2026-03-29 02:00+00)}', 'has two when clocks go forward'),
    (1, '2026-10-25', '{[2026-10-24 23:00+00,2026-10-25 03:00+00)}', 'and four when they go back'),
    (3, '2026-03-08', '{[2026-03-08 05:00+00,2026-03-09 04:00+00)}', 'all day of 23 hours, clocks change at midnight'),
    (2, '2026-01-07', '{[2026-01-06 23:00+00,2026-01-07 23:00+00)}', 'a store without hours is always open'),
    (2, '2026-12-24', '{[2026-12-24 07:00+00,2026-12-24 13:00+00)}', 'but for its exceptions'),
    (2, '2026-12-25', '{[2026-12-24 23:00+00,2026-12-25 23:00+00)}', 'and is open again after them')
) AS t (store, day, opening, what);

-- Friday's evening reaches into a Saturday that is closed.
INSERT INTO opening_exception (store_id, local_date, opens_at, closes_at) VALUES (1, '2026-01-17', '{}', '{}');
SELECT is(pg_temp.opening(1, '2026-01-17'), '{[2026-01-16 23:00+00,2026-01-17 01:00+00)}'::tstzmultirange,
    'after midnight the hours of the evening before hold');

-- From 02:30 to 03:00 there was nothing to open that night.
INSERT INTO opening_exception (store_id, local_date, opens_at, closes_at) VALUES (1, '2026-03-29', '{02:30,10:00}', '{03:00,11:00}');
SELECT is(pg_temp.opening(1, '2026-03-29'), '{[2026-03-29 08:00+00,2026-03-29 09:00+00)}'::tstzmultirange,
    'an interval that clocks jumped over is empty');

SELECT is(is_open(1, at::timestamptz), expected, 'is_open at ' || at)
FROM (VALUES ('2026-01-05 07:59:59+00', false), ('2026-01-05 08:00+00', true), ('2026-01-05 11:00+00', false),
    ('2026-01-05 13:00+00', true), ('2026-01-05 16:59:59+00', true), ('2026-01-05 17:00+00', false),
    ('2026-01-10 00:59+00', true), ('2026-01-16 18:59+00', false)) AS t (at, expected);

-- It says the same whatever range it is asked for.
SELECT is((SELECT count(*) FROM generate_series(timestamptz '2026-03-20 00:00+00', '2026-04-10 00:00+00', '15 minutes') AS q
        WHERE is_open(1, q) <> (opening_ranges(1, '2026-03-20 00:00+00', '2026-04-10 00:00+00') @> q)),
    0::bigint, 'a quarter hour asked for alone and three weeks at once agree');

-- ---- what a config says ----

CREATE FUNCTION pg_temp.rows_of(p_store integer) RETURNS text
LANGUAGE sql
AS $$
SELECT md5(string_agg(h::text, ',' ORDER BY h::text)) FROM opening_hours AS h WHERE store_id = p_store
$$;

SELECT helper.make_store(4, 'UTC');
SELECT put_opening(4, (SELECT jsonb_object_agg(d::text, '{"opens": ["09:00"], "closes": ["18:00"]}'::jsonb) FROM generate_series(1, 7) AS d), '[]');
SELECT is(pg_temp.opening(4, (now() AT TIME ZONE 'UTC')::date - 1), tstzmultirange(tstzrange(((now() AT TIME ZONE 'UTC')::date - 1 + time '09:00') AT TIME ZONE 'UTC',
    ((now() AT TIME ZONE 'UTC')::date - 1 + time '18:00') AT TIME ZONE 'UTC')), 'hours from a config');
SELECT put_opening(4, '{}', '[]');
SELECT is(pg_temp.opening(4, day), tstzmultirange(tstzrange((day + opens) AT TIME ZONE 'UTC', (day + closes) AT TIME ZONE 'UTC')), what)
FROM (SELECT (now() AT TIME ZONE 'UTC')::date AS today) AS t
CROSS JOIN LATERAL (VALUES (today - 1, time '09:00', time '18:00', 'a store that becomes always open keeps its hours of yesterday'),
    (today, '00:00', '24:00', 'and is open all of today'), (today + 1, '00:00', '24:00', 'and tomorrow'),
    (today + 6, '00:00', '24:00', 'and on the weekday that yesterday was')) AS d (day, opens, closes, what);
SELECT pg_temp.rows_of(4) AS before \gset
SELECT put_opening(4, '{}', '[]');
SELECT is(pg_temp.rows_of(4), :'before'::text, 'said again it changes nothing');
SELECT put_opening(4, '{"1": {"opens": ["10:00"], "closes": ["11:00"]}}', '[]');
SELECT results_eq($$ SELECT opens_at, closes_at FROM opening_hours WHERE store_id = 4 AND weekday = 1 ORDER BY valid_from DESC LIMIT 1 $$,
    $$ VALUES ('{10:00}'::time[], '{11:00}'::time[]) $$, 'and can have hours again');

-- ---- calendar tables ----

SELECT is((SELECT count(*) FROM calendar_date), 10958::bigint, '2020 to 2049 has 10958 days');
SELECT results_eq(
    $$ SELECT year, quarter, month, month_name, day, iso_year, iso_week, weekday, weekday_name, is_weekend
        FROM v_date WHERE local_date IN ('2026-01-01', '2027-01-02') ORDER BY local_date $$,
    $$ VALUES (2026, 1, 1, 'January', 1, 2026, 1, 4, 'Thursday', false),
        (2027, 1, 1, 'January', 2, 2026, 53, 6, 'Saturday', true) $$, 'dates and ISO weeks');
SELECT results_eq('SELECT local_hour, hour_name, day_part FROM v_hour WHERE local_hour IN (0, 9, 18) ORDER BY 1',
    $$ VALUES (0, '00:00', 'night'), (9, '09:00', 'morning'), (18, '18:00', 'evening') $$, 'hours');

SELECT * FROM finish();
