-- citus.sql: the order in which sql/citus.sql distributes tables, told by functions that stand in for those of Citus.
\ir helper.sql
CREATE EXTENSION dblink SCHEMA helper;
SELECT no_plan();

CREATE DATABASE spread;
\set said `for m in "$MIGRATIONS"/*.sql; do psql -qX1 -v ON_ERROR_STOP=1 -d spread -o /dev/null -f "$m" 2>&1; done`
SELECT is(:'said'::text, '', 'all migrations');
SELECT helper.dblink_connect('spread', format('host=%s dbname=spread user=%s', current_setting('unix_socket_directories'), current_user));

-- Citus refuses a table that refers to one which is not distributed yet, and the second time.
SELECT helper.dblink_exec('spread', $sql$
    CREATE TABLE citus_tables (table_name regclass PRIMARY KEY, colocate_with text);
    CREATE FUNCTION create_reference_table(name text) RETURNS void LANGUAGE sql AS
        'INSERT INTO citus_tables VALUES (name::regclass)';
    CREATE FUNCTION create_distributed_table(name text, key text, colocate_with text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        missing regclass := (SELECT c.confrelid FROM pg_constraint AS c WHERE c.contype = 'f' AND c.conrelid = name::regclass
            AND c.confrelid NOT IN (SELECT t.table_name::oid FROM citus_tables AS t) LIMIT 1);
    BEGIN
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION '% refers to %, which is not distributed', name, missing;
        END IF;
        INSERT INTO citus_tables VALUES (name::regclass, colocate_with);
    END
    $$;
$sql$);
\set said `sed '/CREATE EXTENSION/d' "$MIGRATIONS/../citus.sql" | psql -qX -v ON_ERROR_STOP=1 -d spread -o /dev/null 2>&1`
SELECT is(:'said'::text, '', 'what others refer to comes first');
SELECT is_empty($$ SELECT name FROM helper.dblink('spread', 'SELECT table_name FROM replicated_table EXCEPT SELECT table_name::text FROM citus_tables') AS t (name text) $$,
    'every table of stores is distributed');
SELECT set_eq($$ SELECT name FROM helper.dblink('spread', 'SELECT table_name FROM citus_tables WHERE colocate_with IS DISTINCT FROM ''floor''') AS t (name text) $$,
    ARRAY['chain', 'store', 'floor'], 'all but the first with the floors');
SELECT helper.dblink_disconnect('spread');

SELECT * FROM finish();
