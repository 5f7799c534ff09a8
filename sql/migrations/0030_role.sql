-- 0030_role.sql: who owns, who writes, who reads.
-- Roles belong to the whole server, and not everybody may make them, so this is a function that may be called
-- as often as one likes; floorfuse migrate calls it each time. What it makes:
--
--   floorfuse_writer  what a fusion program needs: it adds facts and dimensions, changes facts, deletes nothing,
--                     owns nothing. Logins of fusion programs are members.
--   floorfuse_reader  SELECT on the views; which stores, reader_scope says. Members by allow_reader().
--   floorfuse_view    owns the views and nothing else. What a view shows is decided by the rights of its owner
--                     and by row-level security; as this role owns no table and has no BYPASSRLS, no view gets
--                     round it.
--
-- The tables belong to whoever migrates.
CREATE FUNCTION apply_roles() RETURNS void
LANGUAGE plpgsql
SET client_min_messages TO warning
AS $$
DECLARE
    role_name text;
    t record;
BEGIN
    PERFORM look_into_temporary_tables_last();
    PERFORM keep_changes_private();
    FOREACH role_name IN ARRAY ARRAY['floorfuse_writer', 'floorfuse_reader', 'floorfuse_view'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role_name);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE WARNING 'no right to make the role %; have the server''s owner CREATE ROLE % NOLOGIN, '
                    'GRANT it to % WITH ADMIN OPTION and run floorfuse migrate again', role_name, role_name,
                    current_user;
                PERFORM keep_readers_out();
                RETURN;
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server made it just now
        END;
    END LOOP;

    FOR t IN
        SELECT c.relname,
            EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'store_id') AS by_store
        FROM pg_class AS c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname NOT IN ('reader_scope', 'schema_version', 'fact_table')
            AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
        ORDER BY c.relname
    LOOP
        EXECUTE format('GRANT SELECT ON %I TO floorfuse_view', t.relname);
        EXECUTE format('GRANT SELECT ON %I TO floorfuse_writer', t.relname);
        IF writer_fills(t.relname) THEN
            EXECUTE format('GRANT INSERT, UPDATE ON %I TO floorfuse_writer', t.relname);
        END IF;
        -- Policies are made once: making them locks the table.
        CONTINUE WHEN NOT t.by_store OR EXISTS (SELECT FROM pg_policy WHERE polrelid = t.relname::regclass
            AND polname = 'readable');
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t.relname);
        EXECUTE format('CREATE POLICY readable ON %I FOR SELECT TO floorfuse_view USING '
            '((SELECT reads_all_stores(current_user)) OR store_id IN (SELECT readable_stores(current_user)))',
            t.relname);
        EXECUTE format('CREATE POLICY writable ON %I TO floorfuse_writer USING (true) WITH CHECK (true)',
            t.relname);
    END LOOP;
    GRANT SELECT ON schema_version, fact_table TO floorfuse_writer;
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO floorfuse_writer', current_schema());
    GRANT EXECUTE ON FUNCTION put_zone(integer, integer, timestamptz, boolean, jsonb),
        put_line(integer, integer, timestamptz, boolean, jsonb),
        put_places(integer, integer, integer, timestamptz, jsonb, bytea), put_opening(integer, jsonb, jsonb),
        set_timezone(integer, text), set_retention(integer, integer, integer, integer),
        ensure_partitions(date, date), roll_up(integer, timestamptz, integer),
        roll_up_again(integer, timestamptz, timestamptz), apply_retention(integer) TO floorfuse_writer;

    IF NOT join_view_role() THEN
        RAISE WARNING 'no right to give the views to floorfuse_view, so readers are not let in; have the server''s '
            'owner GRANT floorfuse_view TO % and run floorfuse migrate again', current_user;
        PERFORM keep_readers_out();
        RETURN;
    END IF;
    FOR t IN
        SELECT c.relname, pg_get_userbyid(c.relowner) AS owner
        FROM pg_class AS c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'v\_%'
        ORDER BY c.relname
    LOOP
        IF t.owner <> 'floorfuse_view' THEN
            PERFORM give_to_view_role(t.relname);
        END IF;
        EXECUTE format('GRANT SELECT ON %I TO floorfuse_reader, floorfuse_writer', t.relname);
    END LOOP;
END
$$;

COMMENT ON FUNCTION apply_roles() IS 'Make the roles and give each its rights; floorfuse migrate calls it';

-- Dimensions, facts of buckets, and where cameras go on. What is rolled up, kept and partitioned is so by
-- functions that have their owner's rights.
CREATE FUNCTION writer_fills(p_table text) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN p_table IN ('chain', 'camera_position')
        OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = p_table::regclass AND attname = 'store_id')
            AND NOT EXISTS (SELECT FROM fact_table WHERE fact = p_table AND level <> 'bucket')
            AND NOT EXISTS (SELECT FROM local_table WHERE table_name = p_table);
END
$$;

COMMENT ON FUNCTION writer_fills(text) IS 'Whether floorfuse_writer may add and change rows of a table';

-- What may change something is VOLATILE and nobody's who is not given it. That goes for trigger functions as
-- well: one with its owner's rights, as the trigger of a table of a reader's own, would read what that likes.
CREATE FUNCTION keep_changes_private() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT p.oid::regprocedure AS name FROM pg_proc AS p
        WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind = 'f' AND p.provolatile = 'v'
            AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
            AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.name);
    END LOOP;
END
$$;

COMMENT ON FUNCTION keep_changes_private() IS 'Take functions that may change something from PUBLIC';

-- A function with its owner's rights must not take a caller's temporary table for the real one: those come first
-- in a search path that does not name them.
CREATE FUNCTION look_into_temporary_tables_last() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    f record;
BEGIN
    FOR f IN
        SELECT p.oid::regprocedure AS name FROM pg_proc AS p
        WHERE p.pronamespace = current_schema()::regnamespace AND p.prosecdef
            AND NOT 'search_path=' || quote_ident(current_schema()) || ', pg_temp' = ANY (coalesce(p.proconfig, '{}'))
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path TO %I, pg_temp', f.name, current_schema());
    END LOOP;
END
$$;

COMMENT ON FUNCTION look_into_temporary_tables_last() IS
    'Set the search path of functions that run with their owner''s rights';

-- To give something to a role one has to be its member.
CREATE FUNCTION join_view_role() RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT pg_has_role(current_user, 'floorfuse_view', 'MEMBER') THEN
        EXECUTE format('GRANT floorfuse_view TO %I', current_user);
    END IF;
    RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN false;
END
$$;

COMMENT ON FUNCTION join_view_role() IS 'Become a member of floorfuse_view; says whether we are';

-- Views that belong to the owner of the tables would show each reader every store.
CREATE FUNCTION keep_readers_out() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'floorfuse_reader') THEN
        RETURN;
    END IF;
    FOR v IN
        SELECT c.relname FROM pg_class AS c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'v\_%'
            AND pg_get_userbyid(c.relowner) <> 'floorfuse_view'
    LOOP
        EXECUTE format('REVOKE ALL ON %I FROM floorfuse_reader', v.relname);
    END LOOP;
END
$$;

COMMENT ON FUNCTION keep_readers_out() IS 'Take views that are not floorfuse_view''s from readers';

-- The new owner has to be allowed to create in the schema for a moment.
CREATE FUNCTION give_to_view_role(p_view text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO floorfuse_view', current_schema());
    EXECUTE format('ALTER VIEW %I OWNER TO floorfuse_view', p_view);
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM floorfuse_view', current_schema());
END
$$;

COMMENT ON FUNCTION give_to_view_role(text) IS 'Make floorfuse_view the owner of a view';

-- Readers from before there were scopes keep what they had.
INSERT INTO reader_scope (reader, chain, store_id, min_count)
SELECT m.rolname, NULL, NULL, 0
FROM pg_auth_members AS a
JOIN pg_roles AS g ON g.oid = a.roleid
JOIN pg_roles AS m ON m.oid = a.member
WHERE g.rolname = 'floorfuse_reader' AND NOT m.rolsuper
    AND EXISTS (SELECT FROM store)
    AND NOT EXISTS (SELECT FROM reader_scope AS s WHERE s.reader = m.rolname);
