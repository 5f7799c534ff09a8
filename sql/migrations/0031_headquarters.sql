-- 0031_headquarters.sql: what a store sends to the headquarters of its chain, and how that is taken there.
-- Logical replication sends rows of tables as they are written. Which tables is told by the schema itself,
-- so that a later migration's table is found without being named: all that have a store_id, and chain.

-- The number of a floor or camera means something in one database only. Where a store's database is made
-- anew, numbers begin anew, and headquarters must not mix the two.
ALTER TABLE store ADD COLUMN origin uuid NOT NULL DEFAULT gen_random_uuid();

CREATE TABLE local_table (
    table_name text NOT NULL,
    why        text NOT NULL,
    CONSTRAINT local_table_pkey PRIMARY KEY (table_name)
);

COMMENT ON TABLE local_table IS 'Tables that stay in their database although they have a store_id';

INSERT INTO local_table (table_name, why) VALUES
    ('camera_position', 'where a store''s own cameras go on after a crash'),
    ('joined_store', 'headquarters'' own notes'),
    ('rollup_hour_pending', 'work that a store does itself'),
    ('rollup_day_pending', 'work that a store does itself'),
    ('retention', 'each database keeps data as long as it wants'),
    ('reader_scope', 'who may read what is a matter of one database');

CREATE VIEW replicated_table AS
SELECT c.relname::text AS table_name
FROM pg_class AS c
WHERE c.relnamespace = (SELECT s.relnamespace FROM pg_class AS s WHERE s.oid = 'store'::regclass)
    AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
    AND (c.oid = 'chain'::regclass OR EXISTS (
        SELECT FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attname = 'store_id' AND NOT a.attisdropped))
    -- Without a key PostgreSQL would refuse the store's own updates once the table is published.
    AND EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary)
    AND NOT EXISTS (SELECT FROM local_table AS l WHERE l.table_name = c.relname);

COMMENT ON VIEW replicated_table IS 'Tables that stores send to headquarters';
COMMENT ON COLUMN replicated_table.table_name IS 'A table, or the root of a partitioned one';

-- Deletes are not sent: what a store no longer keeps stays at headquarters. Partitions are sent as rows of
-- their root, for headquarters has partitions of its own.
CREATE FUNCTION publish_to_headquarters() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    name text;
    changed integer := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'floorfuse_hq') THEN
        CREATE PUBLICATION floorfuse_hq
            WITH (publish = 'insert, update', publish_via_partition_root = true);
    END IF;
    FOR name IN
        SELECT r.table_name FROM replicated_table AS r
        EXCEPT SELECT p.tablename FROM pg_publication_tables AS p WHERE p.pubname = 'floorfuse_hq'
        ORDER BY 1
    LOOP
        EXECUTE format('ALTER PUBLICATION floorfuse_hq ADD TABLE %I', name);
        changed := changed + 1;
    END LOOP;
    FOR name IN
        SELECT p.tablename FROM pg_publication_tables AS p WHERE p.pubname = 'floorfuse_hq'
        EXCEPT SELECT r.table_name FROM replicated_table AS r
        ORDER BY 1
    LOOP
        EXECUTE format('ALTER PUBLICATION floorfuse_hq DROP TABLE %I', name);
        changed := changed + 1;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'floorfuse_hq') THEN
        FOR name IN
            SELECT r.table_name FROM replicated_table AS r
            UNION ALL VALUES ('replicated_table'), ('schema_version')
        LOOP
            EXECUTE format('GRANT SELECT ON %I TO floorfuse_hq', name);
            -- Row-level security would copy nothing, and say nothing.
            IF (SELECT relkind <> 'v' FROM pg_class WHERE oid = name::regclass) AND NOT EXISTS (
                SELECT FROM pg_policy WHERE polrelid = name::regclass AND polname = 'sendable')
            THEN
                EXECUTE format('CREATE POLICY sendable ON %I FOR SELECT TO floorfuse_hq USING (true)', name);
            END IF;
        END LOOP;
    END IF;
    RETURN changed;
END
$$;

COMMENT ON FUNCTION publish_to_headquarters() IS
    'At a store: make or mend the publication floorfuse_hq and the rights of the role floorfuse_hq; returns '
    'how many tables came or went';

-- Replication stops for good at a row that is there already, and rows come twice: two stores both write
-- their chain, a store's database is restored from a backup, all is copied again after a slot was lost.
-- So an insert that headquarters receives takes the place of the row with its key. The row that is equal
-- already is left alone, or a second copy would bloat every table.
CREATE FUNCTION take_replicated_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    equal boolean;
BEGIN
    -- Replication runs with an empty search_path: regclass then writes names in full. Generated columns are not
    -- made yet and are left out. Rows come out of subqueries, for two ROW() are compared column by column.
    EXECUTE format('SELECT (SELECT ROW(o.*) FROM (SELECT %s) AS o) OPERATOR(pg_catalog.*=) '
        '(SELECT ROW(o.*) FROM (SELECT %s) AS o) '
        'FROM %s AS t WHERE %s', tg_argv[1], tg_argv[2], tg_relid::regclass, tg_argv[0]) INTO equal USING new;
    IF equal THEN
        RETURN NULL;
    END IF;
    IF equal IS NOT NULL THEN
        EXECUTE format('DELETE FROM %s AS t WHERE %s', tg_relid::regclass, tg_argv[0]) USING new;
    END IF;
    RETURN new;
END
$$;

COMMENT ON FUNCTION take_replicated_row() IS
    'Trigger at headquarters: a received row takes the place of the one with its key';

CREATE FUNCTION receive_from_stores() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    receiver record;
    changed integer := 0;
BEGIN
    FOR receiver IN
        SELECT r.table_name, string_agg(format('t.%1$I = ($1).%1$I', a.attname), ' AND ' ORDER BY k.n) AS key,
            (SELECT string_agg(format('t.%I', e.attname), ', ' ORDER BY e.attnum) FROM pg_attribute AS e
            WHERE e.attrelid = c.oid AND e.attnum > 0 AND NOT e.attisdropped AND e.attgenerated = '') AS old_row,
            (SELECT string_agg(format('($1).%I', e.attname), ', ' ORDER BY e.attnum) FROM pg_attribute AS e
            WHERE e.attrelid = c.oid AND e.attnum > 0 AND NOT e.attisdropped AND e.attgenerated = '') AS new_row
        FROM replicated_table AS r
        JOIN pg_class AS c ON c.relname = r.table_name
            AND c.relnamespace = (SELECT s.relnamespace FROM pg_class AS s WHERE s.oid = 'store'::regclass)
        JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname = 'take_replicated_row')
        GROUP BY r.table_name, c.oid
        ORDER BY r.table_name
    LOOP
        EXECUTE format(
            'CREATE TRIGGER take_replicated_row BEFORE INSERT ON %I FOR EACH ROW '
            'EXECUTE FUNCTION take_replicated_row(%L, %L, %L)', receiver.table_name, receiver.key,
            receiver.old_row, receiver.new_row);
        EXECUTE format('ALTER TABLE %I ENABLE REPLICA TRIGGER take_replicated_row',
            receiver.table_name);
        changed := changed + 1;
    END LOOP;
    RETURN changed;
END
$$;

COMMENT ON FUNCTION receive_from_stores() IS
    'At headquarters: make the tables ready to receive; returns how many were not';

-- What PostgreSQL forgets when a line is down: since when, and which errors somebody was told already.
CREATE TABLE joined_store (
    store_id   integer NOT NULL,
    chain      text NOT NULL,                -- the store's own row may not have come yet
    store      text NOT NULL,
    joined_at  timestamptz NOT NULL DEFAULT now(),
    contact_at timestamptz NOT NULL DEFAULT now(), -- the latest that floorfuse hq status knew of
    errors     bigint NOT NULL DEFAULT 0,    -- failed applies that it has told of
    CONSTRAINT joined_store_pkey PRIMARY KEY (store_id)
);

COMMENT ON TABLE joined_store IS 'At headquarters: stores that send to it';
