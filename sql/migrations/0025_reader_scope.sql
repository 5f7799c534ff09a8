-- 0025_reader_scope.sql: who may read which stores.
-- Views are what people read; what they see through them is decided here, by the name of the role that asks.
CREATE TABLE reader_scope (
    reader    name NOT NULL,                 -- a role; who is a member of it may read as well
    chain     text,                          -- NULL: all chains
    store_id  integer,                       -- NULL: all stores
    min_count integer NOT NULL,              -- counts of fewer people than this are hidden; 0: none
    CONSTRAINT reader_scope_key UNIQUE NULLS NOT DISTINCT (reader, chain, store_id),
    CONSTRAINT reader_scope_min_count_check CHECK (min_count >= 0)
);

COMMENT ON TABLE reader_scope IS 'Which stores a role may read, and down to which counts';

CREATE FUNCTION allow_reader(p_reader name, p_chain text DEFAULT NULL, p_store text DEFAULT NULL,
    p_min_count integer DEFAULT 0)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    key integer;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = p_reader) THEN
        RAISE EXCEPTION 'there is no role "%"; CREATE ROLE it first', p_reader;
    ELSIF p_store IS NOT NULL THEN
        SELECT store_id INTO key FROM store
        WHERE store = p_store AND (chain = p_chain OR p_chain IS NULL AND (SELECT count(*) FROM chain) = 1);
        IF key IS NULL THEN
            RAISE EXCEPTION 'there is no store "%" in chain "%"', p_store, coalesce(p_chain, '(not given)');
        END IF;
    ELSIF p_chain IS NOT NULL AND NOT EXISTS (SELECT FROM chain WHERE chain = p_chain) THEN
        RAISE EXCEPTION 'there is no chain "%"', p_chain;
    END IF;
    INSERT INTO reader_scope (reader, chain, store_id, min_count)
    VALUES (p_reader, CASE WHEN key IS NULL THEN p_chain END, key, p_min_count)
    ON CONFLICT ON CONSTRAINT reader_scope_key DO UPDATE SET min_count = excluded.min_count;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'floorfuse_reader') THEN
        EXECUTE format('GRANT floorfuse_reader TO %I', p_reader);
    END IF;
END
$$;

COMMENT ON FUNCTION allow_reader(name, text, text, integer) IS
    'Let a role read the views: of all stores, of a chain, or of one store; hide counts below p_min_count';

CREATE FUNCTION forbid_reader(p_reader name) RETURNS void
LANGUAGE sql
AS $$
DELETE FROM reader_scope WHERE reader = p_reader
$$;

COMMENT ON FUNCTION forbid_reader(name) IS 'Take away all that allow_reader gave a role';

-- The owner of the tables and the writer read everything anyway.
CREATE FUNCTION reads_all_stores(p_role name) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
SELECT pg_has_role(p_role, (SELECT relowner FROM pg_class WHERE oid = 'store'::regclass), 'MEMBER')
    OR EXISTS (SELECT FROM pg_roles AS o
        WHERE o.rolname = 'floorfuse_writer' AND pg_has_role(p_role, o.oid, 'MEMBER'))
    OR EXISTS (SELECT FROM reader_scope AS r JOIN pg_roles AS o ON o.rolname = r.reader
        WHERE r.chain IS NULL AND r.store_id IS NULL AND pg_has_role(p_role, o.oid, 'MEMBER'))
$$;

COMMENT ON FUNCTION reads_all_stores(name) IS 'Whether a role may read every store';

CREATE FUNCTION readable_stores(p_role name) RETURNS SETOF integer
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
-- Roles are asked for once, not once a store: the policies call this for each partition of a fact table.
WITH mine AS MATERIALIZED (
    SELECT r.chain, r.store_id
    FROM reader_scope AS r JOIN pg_roles AS o ON o.rolname = r.reader
    WHERE pg_has_role(p_role, o.oid, 'MEMBER')
)
SELECT s.store_id
FROM store AS s
WHERE EXISTS (
    SELECT FROM mine AS m
    WHERE (m.chain IS NULL OR m.chain = s.chain) AND (m.store_id IS NULL OR m.store_id = s.store_id))
$$;

COMMENT ON FUNCTION readable_stores(name) IS 'The stores that a role was allowed to read';

-- For questions about one store, a row at a time: PL/pgSQL keeps its plans, SQL would make them anew each time.
CREATE FUNCTION reads_store(p_role name, p_store_id integer) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
BEGIN
    IF reads_all_stores(p_role) THEN
        RETURN true;
    END IF;
    RETURN EXISTS (
        SELECT FROM reader_scope AS r
        JOIN pg_roles AS o ON o.rolname = r.reader
        JOIN store AS s ON s.store_id = p_store_id
        WHERE (r.chain IS NULL OR r.chain = s.chain) AND (r.store_id IS NULL OR r.store_id = s.store_id)
            AND pg_has_role(p_role, o.oid, 'MEMBER'));
END
$$;

COMMENT ON FUNCTION reads_store(name, integer) IS 'Whether a role may read a store';

CREATE FUNCTION small_count_limit(p_role name) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
SELECT CASE
    WHEN pg_has_role(p_role, (SELECT relowner FROM pg_class WHERE oid = 'store'::regclass), 'MEMBER') THEN 0
    ELSE coalesce((SELECT max(r.min_count) FROM reader_scope AS r JOIN pg_roles AS o ON o.rolname = r.reader
        WHERE pg_has_role(p_role, o.oid, 'MEMBER')), 0)
END
$$;

COMMENT ON FUNCTION small_count_limit(name) IS 'Counts of 1 up to below this are hidden from a role';
