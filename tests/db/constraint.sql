-- constraint.sql: what the schema promises about its tables and refuses to take.
\ir helper.sql
SELECT no_plan();
SELECT helper.make_store(1, 'Europe/Berlin'), helper.make_store(2, 'UTC');

CREATE TEMP VIEW own_table AS
SELECT c.oid, c.relname::text AS name FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e');
CREATE TEMP VIEW own_column AS
SELECT t.name AS table_name, a.attname::text AS name, a.attnotnull AS is_not_null, a.atttypid::regtype::text AS type
FROM own_table AS t JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped;

-- ---- keys and comments ----

-- Of no store: calendars, chains and lists. reader_scope has NULLs in what is unique.
SELECT set_eq($$
    SELECT t.name FROM own_table AS t
    WHERE NOT EXISTS (SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = t.oid AND i.indisprimary AND a.attname = 'store_id') $$,
    ARRAY['schema_version', 'chain', 'fact_table', 'calendar_date', 'calendar_hour', 'reader_scope', 'local_table'],
    'every other table has a primary key that starts with store_id');
SELECT is_empty($$ SELECT name FROM own_table WHERE name <> 'reader_scope'
    AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = oid AND i.indisprimary) $$, 'all but one have one at all');
SELECT is_empty($$ SELECT name FROM own_table WHERE obj_description(oid, 'pg_class') IS NULL $$, 'every table has a comment');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL $$, 'every function has a comment');
SELECT is_empty($$
    SELECT c.relname, a.attname FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
        AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL) $$, 'every view and column of one has a comment');
SELECT is_empty($$ SELECT attname FROM pg_attribute WHERE attrelid = 'loss'::regclass AND attnum > 0
    AND col_description(attrelid, attnum) IS NULL $$, 'so has every column of loss');
SELECT is_empty($$ SELECT conrelid::regclass, conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND NOT convalidated $$,
    'every constraint is valid');
SELECT is_empty($$ SELECT table_name, name FROM own_column WHERE type = 'timestamp without time zone' $$, 'times have time zones');
SELECT is_empty($$ SELECT table_name, name FROM own_column WHERE name ~ '_(ms|at|end|gone)$' AND type NOT IN ('bigint', 'integer', 'bigint[]', 'timestamp with time zone', 'time without time zone[]') $$,
    'what is called ms is a number, what is called at a time');

-- ---- facts ----

SELECT is_empty($$
    SELECT c.table_name, c.name FROM own_column AS c JOIN fact_table AS f ON f.fact = c.table_name
    WHERE NOT c.is_not_null AND (c.table_name, c.name) NOT IN (('camera_bucket', 'model_id'), ('heat_hour', 'first_bucket_at'),
        ('heat_hour', 'last_bucket_end'), ('heat_day', 'first_bucket_at'), ('heat_day', 'last_bucket_end')) $$, 'measures are never NULL');
SELECT set_eq('SELECT fact FROM fact_table', $$ SELECT name FROM own_table WHERE name ~ '_(bucket|hour|day)$' AND name NOT IN ('calendar_hour') OR name = 'exposure' $$,
    'every table of facts is listed');
SELECT is_empty($$
    SELECT f.fact FROM fact_table AS f LEFT JOIN pg_partitioned_table AS p ON p.partrelid = f.fact::regclass
    LEFT JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
    WHERE p.partstrat IS DISTINCT FROM 'r' OR a.attname <> f.time_column OR p.partdefid <> (f.fact || '_default')::regclass $$,
    'each is partitioned by its time and has a default partition');
SELECT is_empty($$
    SELECT f.fact FROM fact_table AS f
    WHERE f.time_column <> CASE f.level WHEN 'bucket' THEN 'bucket_at' WHEN 'hour' THEN 'hour_at' ELSE 'local_date' END
        OR f.months <> CASE f.level WHEN 'day' THEN 12 ELSE 1 END $$, 'levels have the same time everywhere');
SELECT set_eq($$ SELECT regexp_replace(fact, '_hour$', '') FROM fact_table WHERE level = 'hour' $$,
    $$ SELECT regexp_replace(fact, '_day$', '') FROM fact_table WHERE level = 'day' AND fact NOT IN ('fixture_day', 'coverage_day') $$,
    'what has hours has days');

-- ---- what is refused ----

CREATE FUNCTION pg_temp.refusal(statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
    name text;
BEGIN
    EXECUTE statement;
    RETURN 'taken';
EXCEPTION
    WHEN integrity_constraint_violation OR raise_exception THEN
        GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
        RETURN coalesce(nullif(name, ''), SQLERRM);
END
$$;

SELECT is(pg_temp.refusal('INSERT INTO ' || statement), expected, statement)
FROM (VALUES
    ('store VALUES (3, ''nosuch'', ''s'', ''UTC'')', 'store_chain_fkey'),
    ('store VALUES (3, ''chain'', ''store-1'', ''UTC'')', 'store_chain_store_key'),
    ('floor VALUES (1, 9, ''ground'')', 'floor_floor_key'),
    ('floor VALUES (9, 1, ''ground'')', 'floor_store_id_fkey'),
    ('grid VALUES (1, 9, 1, 0, 0, 0, 4, 3)', 'grid_cell_m_check'),
    ('grid VALUES (1, 9, 1, 0, 0, 1, 0, 3)', 'grid_cells_check'),
    ('definition VALUES (1, 9, 7, 5, 1)', 'definition_bucket_s_check'),
    ('definition VALUES (1, 9, 900, 5, 1)', 'definition_values_key'),
    ('camera_set VALUES (1, 9, 1, ''{1}'', ''{}'', '''')', 'camera_set_length_check'),
    ('heat_bucket VALUES (1, 1, now(), 1, 1, 0, 0, 0, 1, ''\x010203'')', 'heat_bucket_cells_check'),
    ('heat_bucket VALUES (1, 1, now(), 1, 1, 0, 0, -1, 1, '''')', 'heat_bucket_cells_check'),
    ('heat_bucket VALUES (1, 1, now(), 1, 1, 0, 0, 0, 0, '''')', 'heat_bucket_dwell_unit_ms_check'),
    ('heat_day VALUES (1, 1, now(), true, 1, 1, now(), now(), NULL, NULL, ''{1}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'')', 'heat_day_length_check'),
    ('opening_hours VALUES (1, 8, now(), ''{}'', ''{}'')', 'opening_hours_weekday_check'),
    ('opening_hours VALUES (1, 1, now(), ''{08:00}'', ''{}'')', 'opening_hours_length_check'),
    ('opening_exception VALUES (1, now(), ''{}'', ''{08:00}'')', 'opening_exception_length_check'),
    ('zone VALUES (1, 9, 1, ''shelf'', ''x'', ''{"type": "MultiPolygon"}'', 1, NULL, now())', 'zone_kind_check'),
    ('zone VALUES (1, 9, 1, ''zone'', ''x'', ''{"type": "Polygon"}'', 1, NULL, now())', 'zone_geojson_check'),
    ('zone VALUES (1, 9, 1, ''zone'', ''x'', ''{}'', 1, NULL, now())', 'zone_geojson_check'),
    ('zone VALUES (1, 9, 1, ''zone'', ''x'', ''{"type": "MultiPolygon"}'', -1, NULL, now())', 'zone_area_m2_check'),
    ('zone VALUES (1, 9, 1, ''zone'', ''x'', ''{"type": "MultiPolygon"}'', 1, NULL, now(), now() - interval ''1 s'')', 'zone_valid_to_check'),
    ('zone_cells VALUES (1, 1, 9, ''{}'')', 'zone_cells_grid_id_fkey'),
    ('counting_line VALUES (1, 9, 1, ''x'', ''{"type": "LineString"}'', ''up'', now())', 'counting_line_inward_check'),
    ('counting_line VALUES (1, 9, 1, ''x'', ''{}'', NULL, now())', 'counting_line_geojson_check'),
    ('finding VALUES (1, 1, 1, ''No Words'', 1, NULL, NULL, NULL, NULL, 1, NULL, now())', 'finding_kind_check'),
    ('finding VALUES (1, 1, 1, ''ghost'', 1, NULL, 1, NULL, NULL, 1, NULL, now())', 'finding_unit_check'),
    ('finding VALUES (1, 1, 1, ''ghost'', 1, NULL, NULL, NULL, 1.1, 1, NULL, now())', 'finding_confidence_check'),
    ('finding VALUES (1, 1, 1, ''ghost'', 1, NULL, NULL, NULL, NULL, 1, NULL, now(), now() - interval ''1 s'')', 'finding_closed_at_check'),
    ('finding VALUES (1, 1, 1, ''ghost'', 1, 77, NULL, NULL, NULL, 1, NULL, now())', 'finding_other_camera_id_fkey'),
    ('coverage_gap VALUES (1, 1, 1, NULL, ''because'', ''{}'', 1, 1, now(), now())', 'coverage_gap_cause_check'),
    ('coverage_gap VALUES (1, 1, 1, NULL, ''occluded'', ''{}'', 0, 1, now(), now())', 'coverage_gap_area_m2_check'),
    ('coverage_gap VALUES (1, 1, 1, NULL, ''occluded'', ''{}'', 1, 1.5, now(), now())', 'coverage_gap_severity_check'),
    ('coverage_gap VALUES (1, 1, 1, NULL, ''occluded'', ''{}'', 1, 1, now(), now() - interval ''1 s'')', 'coverage_gap_last_seen_at_check'),
    ('retention VALUES (1, 2, 40, 40)', 'retention_bucket_days_check'),
    ('retention VALUES (1, 3, 39, 40)', 'retention_hour_days_check'),
    ('retention VALUES (1, 3, 40, 39)', 'retention_day_days_check'),
    ('loss VALUES (1, now(), ''Left'', ''wire'', ''missed'', ''frames'', 1, now(), now())', 'loss_camera_check'),
    ('loss VALUES (1, now(), ''left'', ''the wire'', ''missed'', ''frames'', 1, now(), now())', 'loss_source_check'),
    ('loss VALUES (1, now(), ''left'', ''wire'', '''', ''frames'', 1, now(), now())', 'loss_reason_check'),
    ('loss VALUES (1, now(), ''left'', ''wire'', ''missed'', ''10 frames'', 1, now(), now())', 'loss_unit_check'),
    ('loss VALUES (1, now(), ''left'', ''wire'', ''missed'', ''frames'', -1, now(), now())', 'loss_losses_check'),
    ('loss VALUES (1, now(), ''left'', ''wire'', ''missed'', ''frames'', 1, now(), now() - interval ''1 s'')', 'loss_last_at_check'),
    ('loss VALUES (99, now(), ''left'', ''wire'', ''missed'', ''frames'', 1, now(), now())', 'loss_store_id_fkey'),
    ('reader_scope VALUES (''x'', NULL, NULL, -1)', 'reader_scope_min_count_check'),
    ('fact_table VALUES (''x'', ''week'', ''y'', 1)', 'fact_table_level_check'),
    ('calendar_hour VALUES (24, '''', '''')', 'calendar_hour_local_hour_check')
) AS t (statement, expected);
INSERT INTO reader_scope VALUES ('x', NULL, NULL, 0);
SELECT is(pg_temp.refusal($$ INSERT INTO reader_scope VALUES ('x', NULL, NULL, 1) $$), 'reader_scope_key', 'one scope of all stores a reader');

SELECT matches(pg_temp.refusal(format('UPDATE %I SET store_id = store_id', t)), 'a row of ' || t || ' never changes', t || ' never changes')
FROM unnest(ARRAY['grid', 'footprint', 'camera_set', 'definition']) AS t;
UPDATE calibration SET text = 'a = 1;' WHERE store_id = 1 AND calibration_id = 1;
SELECT is(pg_temp.refusal($$ UPDATE calibration SET text = 'a = 2;' WHERE store_id = 1 AND calibration_id = 1 $$),
    'the text of calibration aa never changes', 'nor does the text of a calibration');

-- Every table that others refer to, by foreign key or by the name of a fact's column.
SELECT is_empty($$
    SELECT name, pg_temp.refusal(format('DELETE FROM %I', name)) FROM own_table
    WHERE name NOT IN (SELECT fact FROM fact_table)
        AND name NOT IN ('schema_version', 'fact_table', 'calendar_date', 'calendar_hour', 'camera_position', 'rollup_hour_pending',
            'rollup_day_pending', 'retention', 'finding', 'coverage_gap', 'loss', 'reader_scope', 'local_table', 'joined_store')
        AND pg_temp.refusal(format('DELETE FROM %I', name)) <> 'rows of ' || name || ' are never deleted, because facts refer to them' $$,
    'dimensions refuse DELETE');

-- ---- orphans ----

SELECT helper.put_chance(s, f, '2026-01-05 10:00+00') FROM generate_series(1, 2) AS s CROSS JOIN generate_series(1, 2) AS f;
SELECT helper.roll_up_all(s, '2026-02-01 00:00+00') FROM generate_series(1, 2) AS s;
SELECT is_empty('SELECT * FROM orphan_fact()', 'what was written properly has no orphans');

-- One row of each fact gets a key that nobody has, one key after the other.
CREATE FUNCTION pg_temp.unseen_orphans() RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
    k record;
    found bigint;
BEGIN
    FOR k IN
        SELECT c.table_name, c.name FROM own_column AS c JOIN fact_table AS f ON f.fact = c.table_name
        WHERE c.name LIKE '%\_id' AND c.name <> 'store_id'
    LOOP
        BEGIN
            EXECUTE format('UPDATE %1$I SET %2$I = 7777 WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM %1$I LIMIT 1)', k.table_name, k.name);
            SELECT sum(orphans) INTO found FROM orphan_fact() AS o WHERE o.fact = k.table_name AND o.key = k.name;
            IF found IS DISTINCT FROM 1 THEN
                RETURN NEXT k.table_name || '.' || k.name || ' ' || coalesce(found, 0);
            END IF;
            RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ001';
        EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
            NULL;
        END;
    END LOOP;
END
$$;
SELECT is_empty('SELECT pg_temp.unseen_orphans()', 'an orphan of every kind is found');
UPDATE zone_bucket SET store_id = 3 WHERE store_id = 2 AND zone_id = 1;
SELECT results_eq('SELECT fact, key, orphans FROM orphan_fact()', $$ VALUES ('zone_bucket', 'definition_id', 1::bigint), ('zone_bucket', 'zone_id', 1) $$,
    'also of a store that is not there');

SELECT * FROM finish();
