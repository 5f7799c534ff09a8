-- role.sql: what the writer and the readers can do, and what they cannot.
\ir helper.sql
SELECT no_plan();

SELECT helper.make_store(1, 'Europe/Berlin'), helper.make_store(2, 'Europe/Berlin'),
    helper.make_store(3, 'Asia/Kathmandu', 900, 'other');
SELECT setseed(0.30);
SELECT ensure_partitions('2026-01-01', '2026-02-01');
SELECT helper.put_chance(s, f, at)
FROM generate_series(1, 3) AS s CROSS JOIN generate_series(1, 2) AS f
CROSS JOIN generate_series(timestamptz '2026-01-05 00:00+00', '2026-01-07 23:59+00', '15 minutes') AS at;
SELECT helper.roll_up_all(s, '2026-01-07 12:00+00') FROM generate_series(1, 3) AS s;
INSERT INTO opening_hours (store_id, weekday, valid_from, opens_at, closes_at)
SELECT s, d, '2026-01-01', '{09:00}', '{18:00}' FROM generate_series(1, 3) AS s CROSS JOIN generate_series(1, 7) AS d;
INSERT INTO opening_exception (store_id, local_date, opens_at, closes_at)
SELECT s, '2026-01-06', '{}', '{}' FROM generate_series(1, 3) AS s;
INSERT INTO finding (store_id, floor_id, kind, camera_id, evidence, opened_at)
SELECT s, 1, 'ghost', 1, 5, '2026-01-05 00:00+00' FROM generate_series(1, 3) AS s;
INSERT INTO coverage_gap (store_id, floor_id, cause, geojson, area_m2, severity, first_seen_at, last_seen_at)
SELECT s, 1, 'occluded', '{}', 1, 0.5, '2026-01-05 00:00+00', '2026-01-05 00:00+00' FROM generate_series(1, 3) AS s;
INSERT INTO loss (store_id, since_at, camera, source, reason, unit, losses, first_at, last_at)
SELECT s, '2026-01-05 00:00+00', '', 'wire', 'version', 'messages', 1, '2026-01-05 00:00+00', '2026-01-05 00:00+00'
FROM generate_series(1, 3) AS s;

CREATE ROLE one_store;
CREATE ROLE one_chain;
CREATE ROLE everything;
CREATE ROLE planners;
CREATE ROLE planner IN ROLE planners;
CREATE ROLE careful;
CREATE ROLE nobody;
CREATE ROLE fusion IN ROLE floorfuse_writer;
SELECT allow_reader('one_store', 'chain', 'store-1'), allow_reader('one_chain', 'chain'), allow_reader('everything'),
    allow_reader('planners', 'other', 'store-3'), allow_reader('careful', 'chain', 'store-1', 4),
    allow_reader('nobody');
SELECT forbid_reader('nobody');

-- ---- readers: which stores ----

CREATE TEMP TABLE store_view AS
SELECT c.relname::text AS view
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'store_id'
WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'v\_%';

GRANT SELECT ON store_view TO PUBLIC;
SELECT cmp_ok(count(*), '>=', 35::bigint, 'there are views by store') FROM store_view;

SELECT is_empty($$
    SELECT view, r.role, helper.as_role(r.role, format('SELECT DISTINCT store_id FROM %I', view)) AS seen
    FROM store_view CROSS JOIN (VALUES ('one_store', '1'), ('careful', '1'), ('one_chain', '1,2'), ('planner', '3'),
        ('planners', '3'), ('everything', '1,2,3'), ('nobody', NULL)) AS r (role, stores)
    WHERE coalesce(helper.as_role(r.role, format('SELECT DISTINCT store_id FROM %I', view)), '')
            <> coalesce(r.stores, '')
        -- The 28 days of this one end today. Raw heat is not for those from whom small counts are hidden.
        AND view <> 'v_hot_cold' AND NOT (r.role = 'careful' AND view IN ('v_heat_bucket', 'v_heat_hour', 'v_heat_day')) $$, 'each view shows each reader its stores and no others');

SELECT is_empty($$
    SELECT view FROM store_view WHERE view <> 'v_hot_cold'
        AND helper.as_role('everything', format('SELECT count(*) FROM %I', view))
            IS DISTINCT FROM helper.as_role(session_user, format('SELECT count(*) FROM %I', view)) $$,
    'who may read everything sees as many rows as the owner');

SELECT is(helper.as_role('one_store', 'SELECT count(*) FROM v_date') || ' ' || helper.as_role('nobody', 'SELECT count(*) FROM v_hour'),
    '10958 24', 'calendars are for everybody');

SELECT allow_reader('one_store', 'other');
SELECT is(helper.as_role('one_store', 'SELECT store_id FROM v_store'), '1,3', 'scopes add up');
SELECT forbid_reader('one_store'), allow_reader('one_store', 'chain', 'store-1');
SELECT is(helper.as_role('one_store', 'SELECT store_id FROM v_store'), '1', 'and are taken away');
SELECT throws_like($$ SELECT allow_reader('nosuch') $$, '%no role "nosuch"%', 'a reader must be a role');
SELECT throws_like($$ SELECT allow_reader('nobody', 'chain', 'store-9') $$, '%no store "store-9" in chain "chain"%', 'its store must be');
SELECT throws_like($$ SELECT allow_reader('nobody', 'nosuch') $$, '%no chain "nosuch"%', 'its chain must be');
SELECT throws_like($$ SELECT allow_reader('nobody', NULL, 'store-1') $$, '%no store "store-1" in chain "(not given)"%',
    'where there are two chains one must be named');

-- ---- readers: functions ----

SELECT is(helper.as_role('one_store', format('SELECT count(*) FROM heat_sum(%s, 1, ''2026-01-05 00:00+00'', ''2026-01-08 00:00+00'')', s)) <> '0',
    s = 1, format('heat_sum of store %s', s)) FROM generate_series(1, 3) AS s;
SELECT is(helper.as_role('one_store', format('SELECT count(*) FROM exposure_sum(%s, 1, ''2026-01-05 00:00+00'', ''2026-01-08 00:00+00'')', s)) <> '0',
    s = 1, format('exposure_sum of store %s', s)) FROM generate_series(1, 3) AS s;
SELECT is(helper.as_role('one_store', format('SELECT count(*) FROM zone_difference(%s, ''2026-01-05'', ''2026-01-06'', ''2026-01-06'', ''2026-01-07'')', s)) <> '0',
    s = 1, format('zone_difference of store %s', s)) FROM generate_series(1, 3) AS s;
SELECT is(helper.as_role('one_store', format('SELECT count(*) FROM heat_difference(%s, 1, ''2026-01-05 00:00+00'', ''2026-01-06 00:00+00'', ''2026-01-06 00:00+00'', ''2026-01-07 00:00+00'')', s)) <> '0',
    s = 1, format('heat_difference of store %s', s)) FROM generate_series(1, 3) AS s;
SELECT is(helper.as_role('one_store', 'SELECT DISTINCT store_id FROM hot_cold(''2026-01-05'', ''2026-01-07'')'), '1', 'hot_cold');
SELECT is(helper.as_role('one_store', 'SELECT DISTINCT chain_stores FROM hot_cold(''2026-01-05'', ''2026-01-07'')'), '0',
    'the chain''s median is that of the stores one may read');
SELECT is(helper.as_role('one_store', $$ SELECT is_open FROM v_heat_cell WHERE floor = 'ground' AND cell = 0
    AND bucket_at IN ('2026-01-05 07:45+00', '2026-01-05 08:00+00') $$), 'false,true', 'a reader is told when the store was open');
-- 10:00 in Berlin, 14:45 in Kathmandu.
SELECT is(helper.as_role(r, 'SELECT s || coalesce(is_open(s, ''2026-01-05 09:00+00'')::text, ''-'') FROM generate_series(1, 3) AS s'), told,
    'is_open tells ' || r || ' of its stores only')
FROM (VALUES ('one_store', '1true,2-,3-'), ('one_chain', '1true,2true,3-'), ('planner', '1-,2-,3true'), ('nobody', '1-,2-,3-'),
    ('everything', '1true,2true,3true'), ('fusion', '1true,2true,3true'), (session_user, '1true,2true,3true')) AS t (r, told);

-- ---- readers: nothing else ----

SELECT is_empty($$
    SELECT c.relname, r.role, p.privilege
    FROM pg_class AS c CROSS JOIN (VALUES ('one_store'), ('floorfuse_reader'), ('everything')) AS r (role)
    CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p (privilege)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        AND (p.privilege <> 'SELECT' OR c.relkind <> 'v')
        AND has_table_privilege(r.role, c.oid, p.privilege) $$, 'no reader has a right on a table, nor to change a view');
SELECT is(helper.as_role('one_store', 'TABLE store'), '42501 permission denied for table store', 'tables are refused');
SELECT is(helper.as_role('one_store', 'TABLE heat_bucket_2026_01'), '42501 permission denied for table heat_bucket_2026_01', 'so are partitions');
SELECT matches(helper.as_role('one_store', f), '^42501', 'a reader may not ' || f)
FROM (VALUES ('SELECT roll_up(1)'), ('SELECT apply_retention(1)'), ('SELECT set_retention(1, 3, 40, 40)'),
    ('SELECT ensure_partitions(''2026-01-01'', ''2026-01-01'')'), ('SELECT allow_reader(''one_store'')'),
    ('SELECT forbid_reader(''one_store'')'), ('SELECT apply_roles()'), ('SET ROLE floorfuse_view'), ('SET ROLE fusion'),
    ('CREATE TABLE public.mine (i integer)'), ('CREATE VIEW public.mine AS SELECT 1'),
    ('INSERT INTO v_store VALUES (9, ''chain'', ''x'', ''UTC'')'),
    ('SELECT delete_facts(''heat_bucket'', 1, ''2027-01-01'')')) AS t (f);

-- A function that costs nothing is tried before dearer conditions: it must not get to see rows of others.
CREATE FUNCTION pg_temp.spy(p_role name, view text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM set_config('role', p_role, true);
    CREATE TEMP TABLE caught (store_id integer);
    CREATE FUNCTION pg_temp.peek(store_id integer) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
        'BEGIN INSERT INTO pg_temp.caught VALUES ($1); RETURN false; END';
    EXECUTE format('SELECT count(*) FROM %I WHERE pg_temp.peek(store_id)', view);
    RAISE EXCEPTION '%', (SELECT string_agg(DISTINCT c.store_id::text, ',') FROM pg_temp.caught AS c) USING ERRCODE = 'ZZ001';
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
    RETURN SQLERRM;
END
$$;

SELECT is_empty($$ SELECT view, pg_temp.spy('one_store', view) FROM store_view
    WHERE view <> 'v_hot_cold' AND pg_temp.spy('one_store', view) IS DISTINCT FROM '1' $$,
    'a function in WHERE sees the rows of the reader''s store alone');

-- Temporary tables of one's own come first in most search paths: functions with their owner's rights must not
-- take them for the real ones.
CREATE FUNCTION pg_temp.pretend(p_role name, statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('role', p_role, true);
    CREATE TEMP TABLE reader_scope AS SELECT p_role AS reader, NULL::text AS chain, NULL::integer AS store_id, 0 AS min_count;
    CREATE TEMP TABLE store AS SELECT i AS store_id, 'chain' AS chain, 's' AS store, 'UTC' AS timezone FROM generate_series(1, 3) AS i;
    GRANT SELECT ON pg_temp.reader_scope, pg_temp.store TO PUBLIC;
    EXECUTE statement INTO answer;
    RAISE EXCEPTION '%', answer USING ERRCODE = 'ZZ001';
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
    RETURN SQLERRM;
END
$$;

SELECT is(pg_temp.pretend('one_store', 'SELECT string_agg(store_id::text, '','') FROM v_store'), '1', 'a reader cannot bring a scope of its own');
SELECT is(pg_temp.pretend('careful', 'SELECT small_count_limit(''careful'')'), '4', 'nor a limit');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
        AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c WHERE c ~ '^search_path=.*pg_temp"?$') $$,
    'every function with its owner''s rights looks into temporary tables last');

-- ---- the role of the views ----

SELECT is_empty($$
    SELECT relname FROM pg_class WHERE relkind = 'v' AND relname LIKE 'v\_%' AND relnamespace = 'public'::regnamespace
        AND pg_get_userbyid(relowner) <> 'floorfuse_view' $$, 'floorfuse_view owns all views');
SELECT is_empty($$
    SELECT relname FROM pg_class WHERE relkind <> 'v' AND pg_get_userbyid(relowner) = 'floorfuse_view' $$, 'and nothing else');
SELECT results_eq($$ SELECT rolsuper, rolbypassrls, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = 'floorfuse_view' $$,
    'VALUES (false, false, false, false)', 'and is not above row-level security');
SELECT is(has_schema_privilege('floorfuse_view', 'public', 'CREATE'), false, 'and may not make more');
SELECT is_empty($$
    SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity
        AND has_table_privilege('floorfuse_view', c.oid, 'SELECT')
        AND c.relname NOT IN ('chain', 'calendar_date', 'calendar_hour', 'local_table') $$, 'what it reads has row-level security');

-- ---- small counts ----

SELECT helper.put_zone(1, 1, '2026-01-05 00:00+00', 3, 3, 3, 3, 9000, 900000),
    helper.put_zone(1, 1, '2026-01-05 00:15+00', 4, 4, 4, 4, 9000, 900000),
    helper.put_zone(1, 1, '2026-01-05 00:30+00', 0, 0, 0, 0, 0, 900000),
    helper.put_zone(1, 1, '2026-01-05 00:45+00', 0, 0, 0, 0, 0, 0);

CREATE FUNCTION pg_temp.zone_rows(p_role name) RETURNS text
LANGUAGE sql
AS $$
SELECT helper.as_role(p_role, $s$ SELECT concat_ws(' ', to_char(bucket_at AT TIME ZONE 'UTC', 'MI'), coalesce(visits::text, '-'),
    coalesce(dwell_s::text, '-'), is_hidden) FROM v_zone_bucket
    WHERE zone = 'entry' AND store_id = 1 AND bucket_at >= '2026-01-05 00:00+00' AND bucket_at < '2026-01-05 01:00+00' $s$)
$$;

SELECT is(pg_temp.zone_rows('careful'), '00 - - t,15 4 9 f,30 0 0 f,45 - - f', 'counts below four are hidden and marked');
SELECT is(pg_temp.zone_rows(r), '00 3 9 f,15 4 9 f,30 0 0 f,45 - - f', 'not from ' || r)
FROM (VALUES ('one_store'::name), (session_user)) AS t (r);

-- One small count is enough: who reads that nine were there and one stayed knows of the one.
CREATE FUNCTION pg_temp.hidden(p_view text, p_keys text) RETURNS text
LANGUAGE sql
AS $$
SELECT helper.as_role('careful', format('SELECT is_hidden FROM %I WHERE %s', p_view, p_keys))
$$;
UPDATE zone_day SET visits = 1, entries = 9, exits = 9, peak_people = 9 WHERE store_id = 1 AND zone_id = 1 AND local_date = '2026-01-05';
UPDATE zone_day SET visits = 0, entries = 9, exits = 3, peak_people = 9 WHERE store_id = 1 AND zone_id = 2 AND local_date = '2026-01-05';
UPDATE zone_day SET visits = 0, entries = 4, exits = 0, peak_people = 4 WHERE store_id = 1 AND zone_id = 4 AND local_date = '2026-01-05';
SELECT is(pg_temp.hidden('v_zone_day', format('zone = %L AND local_date = ''2026-01-05'' LIMIT 1', zone)), hidden, what)
FROM (VALUES ('entry', 'true', 'nine people and one visit are hidden'), ('till', 'true', 'nine and three that went out are hidden'),
    ('toys', 'false', 'zeros beside four are not')) AS t (zone, hidden, what);
UPDATE line_day SET left_to_right = 9, right_to_left = 3 WHERE store_id = 1 AND line_id = 1;
SELECT is(pg_temp.hidden('v_line_day', 'line = ''door'' AND local_date = ''2026-01-05'' LIMIT 1'), 'true', 'so is a line that three crossed back');
UPDATE floor_hour SET peak_people = 9, zone_visits = 9, crossed_in = 9, crossed_out = 1 WHERE store_id = 1;
UPDATE floor_day SET peak_people = 9, zone_visits = 2, crossed_in = 9, crossed_out = 0 WHERE store_id = 1 AND floor_id = 1;
UPDATE floor_day SET peak_people = 9, zone_visits = 1, crossed_in = 0, crossed_out = 0 WHERE store_id = 1 AND floor_id = 2;
SELECT is(pg_temp.hidden(v, 'local_date = ''2026-01-05'' LIMIT 1'), 'true', v || ' by any of its counts') FROM unnest(ARRAY['v_floor_hour', 'v_store_day']) AS v;

-- Hidden means hidden in every view: nothing that depends on people is left where a row says it is hidden.
CREATE FUNCTION pg_temp.shown_though_hidden(view text) RETURNS text
LANGUAGE sql
AS $$
SELECT helper.as_role('careful', format('SELECT count(*) FROM %I WHERE is_hidden AND num_nonnulls(%s) > 0', view,
    (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute AS a
    WHERE a.attrelid = view::regclass AND a.attnum > 0 AND a.attname IN ('visits', 'entries', 'exits', 'peak_people', 'dwell_s',
        'mean_people', 'passes', 'move_x_m', 'move_y_m', 'path_m', 'left_to_right', 'right_to_left', 'crossed_in',
        'crossed_out', 'people', 'people_s', 'zone_visits'))))
$$;
SELECT is_empty($$
    SELECT attrelid::regclass, pg_temp.shown_though_hidden(attrelid::regclass::text) FROM pg_attribute
    WHERE attname = 'is_hidden' AND attrelid::regclass::text LIKE 'v\_%'
        AND pg_temp.shown_though_hidden(attrelid::regclass::text) <> '0' $$, 'what is hidden is NULL in every view');
SELECT is_empty($$
    SELECT attrelid::regclass FROM pg_attribute
    WHERE attname = 'is_hidden' AND attrelid::regclass::text LIKE 'v\_%'
        AND attrelid::regclass::text NOT IN ('v_store_day', 'v_floor_hour', 'v_zone_day', 'v_fixture_day', 'v_line_hour', 'v_line_day', 'v_flow_day', 'v_heat_cell_day')
        AND helper.as_role('careful', format('SELECT count(*) > 0 FROM %s WHERE is_hidden', attrelid::regclass)) <> 'true' $$,
    'and there is something to hide');
UPDATE fixture_day SET passes = 0, dwell_ms = 5000 WHERE store_id = 1;
SELECT is(helper.as_role('careful', 'SELECT count(*) FROM v_fixture_day WHERE dwell_s > 0 AND passes = 0'), '0',
    'who only stands before a fixture is somebody');
SELECT is(helper.as_role('careful', format('SELECT count(*) FROM %I', v)), '0', v || ' does not show what is hidden elsewhere')
FROM unnest(ARRAY['v_heat_bucket', 'v_heat_hour', 'v_heat_day']) AS v;
SELECT matches(helper.as_role('careful', $$ SELECT count(*) FROM heat_sum(1, 1, '2026-01-05 00:00+00', '2026-01-06 00:00+00') $$),
    'small counts are hidden', 'nor does heat_sum, and says so');

-- Two days of an hour each, ten visits and one: whoever does not get the one must not divide by its hour. 36000 s on 2 m2.
INSERT INTO zone_day (store_id, zone_id, local_date, is_open, definition_id, peak_people, visits, entries, exits, dwell_ms, exposure_ms)
VALUES (1, 1, '2026-02-02', true, 1, 10, 10, 10, 10, 36000000, 3600000), (1, 1, '2026-02-03', true, 1, 10, 1, 10, 10, 3600000, 3600000);
SELECT is(helper.as_role(r, $$ SELECT concat_ws(' ', a_exposure_s, a_visits_per_h) FROM zone_difference(1, '2026-02-02', '2026-02-04', '2026-02-04', '2026-02-05') $$),
    difference, 'zone_difference divides by the time of what is shown: ' || r)
FROM (VALUES ('careful', '3600 10'), ('one_store', '7200 5.5')) AS t (r, difference);
SELECT is(helper.as_role(r, $$ SELECT concat_ws(' ', visits, dwell_s_per_m2_h, exposure_h) FROM hot_cold('2026-02-02', '2026-02-04') $$), heat,
    'so does hot_cold: ' || r)
FROM (VALUES ('careful', '10 18000 1'), ('one_store', '11 9900 2')) AS t (r, heat);

-- Who has a schema of his own can put operators there and in front: what views work with must not find them.
CREATE SCHEMA own AUTHORIZATION careful;
SET ROLE careful;
CREATE TABLE own.caught (n bigint);
CREATE FUNCTION own.less(a bigint, b integer) RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO own.caught VALUES (a); RETURN false; END $$;
CREATE FUNCTION own.less(a integer, b integer) RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO own.caught VALUES (a); RETURN false; END $$;
CREATE FUNCTION own.cut(a integer, b integer) RETURNS integer LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO own.caught VALUES (a); RETURN a OPERATOR(pg_catalog.&) b; END $$;
CREATE OPERATOR own.< (FUNCTION = own.less, LEFTARG = bigint, RIGHTARG = integer);
CREATE OPERATOR own.< (FUNCTION = own.less, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR own.& (FUNCTION = own.cut, LEFTARG = integer, RIGHTARG = integer);
SET search_path TO own, pg_catalog, public;
SELECT count(*) FROM v_zone_bucket;
SELECT count(*) FROM v_line_day;
SELECT count(passes) FROM v_heat_cell WHERE bucket_at = '2026-01-05 00:00+00';
SELECT count(passes) FROM v_heat_cell_day;
RESET search_path;
RESET ROLE;
SELECT is_empty('TABLE own.caught', 'a reader''s operators do not see what is hidden from him');

-- ---- the writer ----

SELECT is(helper.as_role('fusion', f), 'done', 'the writer may ' || f)
FROM (VALUES
    ('INSERT INTO chain VALUES (''new'') ON CONFLICT DO NOTHING'),
    ('INSERT INTO store VALUES (9, ''new'', ''s'', ''UTC'') ON CONFLICT (store_id) DO UPDATE SET timezone = excluded.timezone'),
    ('INSERT INTO floor (store_id, floor) VALUES (9, ''f'')'),
    ('INSERT INTO camera (store_id, camera) VALUES (9, ''c'')'),
    ('INSERT INTO opening_hours VALUES (9, 1, ''2026-01-01'', ''{09:00}'', ''{10:00}'')'),
    ('UPDATE opening_hours SET closes_at = ''{11:00}'' WHERE store_id = 9'),
    ('UPDATE zone SET valid_to = now() WHERE store_id = 1 AND zone_id = 2'),
    ('INSERT INTO finding (store_id, floor_id, kind, camera_id, evidence, opened_at) VALUES (1, 1, ''ghost'', 1, 1, now())'),
    ('UPDATE finding SET closed_at = now()'),
    ('INSERT INTO loss VALUES (1, now(), ''left'', ''wire'', ''missed'', ''frames'', 1, now(), now()) ON CONFLICT DO NOTHING'),
    ('UPDATE loss SET losses = 2'),
    ('SELECT helper.put_chance(1, 1, ''2026-01-08 00:00+00'')'),
    ('SELECT helper.put_chance(1, 1, ''2026-01-08 00:00+00'')'),
    ('INSERT INTO camera_position VALUES (1, 1, ''2026-01-05 00:00+00'', 1, 2)'),
    ('UPDATE camera_position SET last_sequence = 3')) AS t (f)
WHERE f NOT LIKE 'SELECT%';
SELECT isnt(helper.as_role('fusion', f), NULL, 'the writer may ' || f)
FROM (VALUES ('SELECT 1 FROM (SELECT helper.put_chance(1, 1, ''2026-01-08 00:00+00'')) AS c'),
    ('SELECT 2 FROM (SELECT helper.put_chance(1, 1, ''2026-01-08 00:00+00'')) AS c'),
    ('SELECT ensure_partitions(''2026-03-01'', ''2026-03-01'')'), ('SELECT roll_up(1)'), ('SELECT apply_retention(1)'),
    ('SELECT version FROM schema_version UNION SELECT 1'), ('SELECT count(*) FROM heat_bucket')) AS t (f);
SELECT unalike(helper.as_role('fusion', f), '42501%', 'and is not refused ' || f)
FROM (VALUES ('SELECT ensure_partitions(''2026-04-01'', ''2026-04-01'')'), ('SELECT roll_up(1)'), ('SELECT apply_retention(1)'),
    ('SELECT helper.put_chance(1, 2, ''2026-01-08 00:00+00'')::text'), ('SELECT fact FROM fact_table')) AS t (f);
SELECT is(helper.as_role('fusion', 'SELECT DISTINCT store_id FROM v_heat_bucket'), '1,2,3', 'the writer sees through the views what is in the tables');

SELECT matches(helper.as_role('fusion', f), '^42501', 'the writer may not ' || f)
FROM (VALUES ('DELETE FROM heat_bucket'), ('TRUNCATE heat_bucket'), ('DROP TABLE heat_bucket'), ('DELETE FROM store'),
    ('ALTER TABLE store ADD COLUMN x integer'), ('CREATE TABLE public.mine (i integer)'), ('TABLE reader_scope'),
    ('INSERT INTO reader_scope VALUES (''fusion'', NULL, NULL, 0)'), ('SELECT allow_reader(''fusion'')'),
    ('UPDATE retention SET bucket_days = 3'), ('DELETE FROM rollup_hour_pending'), ('UPDATE rollup_hour_pending SET sums = false'),
    ('SELECT delete_facts(''heat_bucket'', 1, now())'), ('SELECT apply_roles()'), ('SELECT register_fact(''x'', ''day'', ''y'', 1)'),
    ('INSERT INTO schema_version VALUES (99, ''x'', ''y'')'), ('UPDATE fact_table SET months = 12'),
    ('ALTER TABLE heat_bucket DISABLE ROW LEVEL SECURITY'), ('UPDATE calendar_date SET year = 1'), ('SET ROLE floorfuse_view')) AS t (f);

-- ---- apply_roles() ----

CREATE FUNCTION pg_temp.rights() RETURNS text
LANGUAGE sql
AS $$
SELECT md5(string_agg(concat_ws(' ', relname, relowner::regrole, relrowsecurity,
        (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(relacl) AS a),
        (SELECT string_agg(polname, ',' ORDER BY polname) FROM pg_policy WHERE polrelid = c.oid)), chr(10) ORDER BY relname))
FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace
$$;
SELECT pg_temp.rights() AS before \gset
SELECT apply_roles();
SELECT is(pg_temp.rights(), :'before'::text, 'apply_roles() again changes nothing');

-- An owner of a database who may not make roles. First there are none, then there are some that he may not give
-- views to, then he may.
CREATE ROLE plain LOGIN;
CREATE DATABASE plain OWNER plain;
ALTER ROLE floorfuse_view RENAME TO hidden_view;
ALTER ROLE floorfuse_writer RENAME TO hidden_writer;
\set migrated `for m in "$MIGRATIONS"/*.sql; do psql -qX1 -v ON_ERROR_STOP=1 -U plain -d plain -o /dev/null -f "$m" 2>&1; done`
SELECT is(:'migrated'::text, '', 'migrations work for an owner who may not make roles');
\set said `psql -qXAt -U plain -d plain -c 'SELECT apply_roles()' 2>&1; true`
SELECT matches(:'said'::text, 'WARNING:  no right to make the role floorfuse_writer', 'he is warned');
SELECT unalike(:'said'::text, '%ERROR%', 'and no more');
ALTER ROLE hidden_view RENAME TO floorfuse_view;
ALTER ROLE hidden_writer RENAME TO floorfuse_writer;
\set said `psql -qXAt -U plain -d plain -c 'SELECT apply_roles()' 2>&1; true`
SELECT matches(:'said'::text, 'WARNING:  no right to give the views to floorfuse_view', 'he is warned that readers must wait');
SELECT unalike(:'said'::text, '%ERROR%', 'and no more');
\set works `psql -qXAt -U plain -d plain -v ON_ERROR_STOP=1 -c "INSERT INTO chain VALUES ('c'); INSERT INTO store VALUES (1, 'c', 's', 'UTC')" -c 'SELECT roll_up(1)' -c 'SELECT count(*) FROM v_store' -c 'SELECT ensure_partitions(current_date, current_date) > 0' 2>&1; true`
SELECT is(:'works'::text, E'0\n1\nt', 'what he owns works');
\set said `psql -qXAt -U plain -d plain -c "SELECT string_agg(relname, ',') FROM pg_class WHERE relkind = 'v' AND has_table_privilege('floorfuse_reader', oid, 'SELECT') AND relnamespace = 'public'::regnamespace"`
SELECT is(:'said'::text, '', 'readers are not let in while the views are his');
GRANT floorfuse_view TO plain;
\set said `psql -qXAt -U plain -d plain -c 'SELECT apply_roles()' 2>&1; true`
SELECT is(:'said'::text, '', 'then all is well');
\set said `psql -qXAt -U plain -d plain -c 'SELECT count(*) FROM v_store' -c "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relname LIKE 'v\\_%' AND relkind = 'v' AND relnamespace = 'public'::regnamespace" 2>&1; true`
SELECT is(:'said'::text, E'1\nfloorfuse_view', 'the views belong to floorfuse_view, and he still reads all');

SELECT * FROM finish();
