-- citus.sql: spread one database with the stores of a whole chain over the nodes of a Citus cluster.
--
-- UNTESTED: no Citus was at hand, only functions that do as if, which look at the order. Read it before you run it, on an empty database that floorfuse migrate has
-- made on the coordinator:
--
--     psql -v ON_ERROR_STOP=1 -f sql/citus.sql "host=coordinator dbname=floorfuse user=..."
--
-- It is for stores that write straight into one big database (database.mode = "conninfo" in every store's
-- config), not for a headquarters that subscribes: PostgreSQL's apply worker writes rows into the table
-- itself, past Citus, so a distributed table is no place for a subscription to write to (citusdata/citus issue
-- 6294; issue 3140 sketches a replica trigger that would send them on).
--
-- store_id is the first column of every primary and foreign key, so all rows of a store lie on one node and
-- every join within a store stays there.
BEGIN;

CREATE EXTENSION IF NOT EXISTS citus;

-- The triggers that refuse changes look at their own row only, which is what Citus asks us to vouch for.
SET citus.enable_unsafe_triggers TO on;

-- Citus takes no identity columns of type integer; a sequence of the coordinator gives the same numbers.
DO $$
DECLARE
    identity record;
BEGIN
    FOR identity IN
        SELECT c.relname AS table_name, a.attname AS column_name
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid
        JOIN replicated_table AS r ON r.table_name = c.relname
        WHERE a.attidentity <> '' AND NOT a.attisdropped
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I DROP IDENTITY', identity.table_name,
            identity.column_name);
        EXECUTE format('CREATE SEQUENCE %I', identity.table_name || '_key');
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET DEFAULT nextval(%L)', identity.table_name,
            identity.column_name, identity.table_name || '_key');
    END LOOP;
END
$$;

-- Small, and store has a unique key without store_id: a copy on every node.
SELECT create_reference_table('chain');
SELECT create_reference_table('store');

SELECT create_distributed_table('floor', 'store_id');

-- Dimensions, facts and everything that later migrations brought. A table comes after those its foreign keys refer to;
-- partitions follow their root.
DO $$
DECLARE
    next_table text;
BEGIN
    LOOP
        SELECT r.table_name INTO next_table
        FROM replicated_table AS r
        WHERE r.table_name NOT IN (SELECT t.table_name::text FROM citus_tables AS t)
            AND NOT EXISTS (
                SELECT FROM pg_constraint AS k
                WHERE k.contype = 'f' AND k.conrelid = r.table_name::regclass
                    AND k.confrelid NOT IN (SELECT t.table_name::oid FROM citus_tables AS t))
        ORDER BY r.table_name
        LIMIT 1;
        EXIT WHEN NOT FOUND;
        PERFORM create_distributed_table(next_table, 'store_id', colocate_with => 'floor');
    END LOOP;
END
$$;

-- A camera's position is written in the transaction of its bucket.
SELECT create_distributed_table('camera_position', 'store_id', colocate_with => 'floor');

COMMIT;
